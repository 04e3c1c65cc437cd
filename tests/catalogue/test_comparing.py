"""Two readouts beside the minute: what differs is marked, in any pair of languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from parley.catalogue.comparing import IN_WORDS, Mark, Row, compare
from parley.catalogue.elements import elements
from parley.catalogue.form import read_moment
from parley.catalogue.minutes import Attendee, Facts, Minute, Readout
from parley.catalogue.prepared import PREPARED, blanks

BEGAN = read_moment("2024-09-09 12:00Z")
MINUTE = Minute(
    Facts(
        "North 2",
        "video",
        BEGAN,
        BEGAN + 5_400,
        (
            Attendee("North", "Commander", "Samuel Brown"),
            Attendee("South", "Commander", "Wu Yanan"),
        ),
        ("Meetings at sea",),
        ("The next call", "Strait"),
    ),
    ("Twelve ships, and 12 hours.",),
)
FIRST = Readout(
    "North 2",
    "Command",
    date(2024, 9, 9),
    "General Wu Yanan",
    ("1. Meetings at sea",),
    "Brown spoke.",
)
SECOND = Readout(
    "North 2", "国防部", date(2024, 9, 10), "Samuel Brown", ("1. 海上会晤",), "9月10日，通话。"
)


def rows(minute: Minute | None, first: Readout, second: Readout | None) -> dict[str, Row]:
    return {row.what: row for row in compare(minute, first, second)}


def test_Y8_the_call_of_september_2024_has_two_dates() -> None:
    found = rows(MINUTE, FIRST, SECOND)
    day = found["Date of the call"]
    assert (day.minute, day.first, day.second) == ("2024-09-09", "2024-09-09", "2024-09-10")
    assert day.mark is Mark.DIFFER
    assert found["2024-09-10"].mark is Mark.SECOND_ONLY
    assert rows(MINUTE, FIRST, FIRST)["Date of the call"].mark is Mark.SAME
    # Both may say the same, and the minute another.
    late = replace(SECOND, day=date(2024, 9, 11))
    assert rows(MINUTE, late, late)["Date of the call"].mark is Mark.DIFFER
    assert rows(None, late, late)["Date of the call"].mark is Mark.SAME


def test_Y8_topics_are_found_by_number_by_the_same_words_and_in_the_words() -> None:
    other = replace(
        SECOND,
        topics=("the  NEXT call", "4. Дети", "Rescue at sea"),
        words="On the strait, not on straits. Meetings at sea.",
    )
    found = rows(MINUTE, FIRST, other)
    assert found["1. Meetings at sea"].mark is Mark.SAME
    assert found["1. Meetings at sea"].minute == "touched"
    assert found["1. Meetings at sea"].second == IN_WORDS
    assert found["2. The next call"].second == "the  NEXT call"
    assert found["2. The next call"].minute == "not touched"
    assert (found["3. Strait"].second, found["3. Strait"].mark) == (IN_WORDS, Mark.SECOND_ONLY)
    assert found["4. Дети"].mark is Mark.SECOND_ONLY
    assert found["Rescue at sea"].minute == ""
    assert rows(MINUTE, FIRST, SECOND)["3. Strait"].mark is Mark.FITS  # not touched, nor named
    silent = [replace(each, topics=(), words="We spoke.") for each in (FIRST, SECOND)]
    assert rows(MINUTE, silent[0], silent[1])["1. Meetings at sea"].mark is Mark.NEITHER
    assert rows(MINUTE, FIRST, SECOND)["1. Meetings at sea"].second == "1. 海上会晤"
    whole = rows(MINUTE, FIRST, replace(other, words="Straits only."))
    assert whole["3. Strait"].second == ""  # part of a word is another word
    chinese = replace(MINUTE, facts=replace(MINUTE.facts, touched=("海上会晤",)))
    assert (
        rows(chinese, FIRST, replace(SECOND, topics=(), words="讨论海上会晤等"))[
            "1. 海上会晤"
        ].second
        == IN_WORDS
    )


def test_Y8_figures_and_names_of_the_words_are_laid_side_by_side() -> None:
    first = replace(FIRST, words="At 12:00 Brown named 12 ships and 1,200 sailors.")
    second = replace(SECOND, words="12:30，Wu Yanan 说 12 艘船和 1200 人。")
    found = rows(MINUTE, first, second)
    assert found["12"].mark is found["1200"].mark is Mark.SAME
    assert found["12"].minute == "12"
    assert found["1200"].minute == ""
    assert (found["12:00"].mark, found["12:00"].minute) == (Mark.FIRST_ONLY, "12:00")
    assert (found["12:30"].mark, found["12:30"].minute) == (Mark.SECOND_ONLY, "")
    assert (found["Samuel Brown"].minute, found["Samuel Brown"].mark) == ("North", Mark.SAME)
    assert found["Wu Yanan"].mark is Mark.SAME


def test_Y8_with_whom_is_held_against_the_minute_alone() -> None:
    assert rows(MINUTE, FIRST, SECOND)["With whom"].mark is Mark.FITS
    strange = replace(SECOND, with_whom="Somebody")
    assert rows(MINUTE, FIRST, strange)["With whom"].mark is Mark.DIFFER
    assert rows(None, FIRST, strange)["With whom"].mark is Mark.APART


def test_Y8_one_readout_alone_differs_from_nothing() -> None:
    marks = {row.mark for row in compare(MINUTE, FIRST, None)}
    assert marks == {Mark.ALONE, Mark.FITS}
    assert rows(None, FIRST, None)["1. Meetings at sea"].first == "1. Meetings at sea"


@given(some.text(), some.text())
def test_Y8_no_words_break_it(one: str, other: str) -> None:
    found = compare(MINUTE, replace(FIRST, words=one), replace(SECOND, words=other, topics=(one,)))
    assert found[0].what == "Date of the call"


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("on 2024-09-09", {"2024-09-09"}),
        ("am 9.9.2024 und am 10. September", {"2024-09-09", "2024-09-10"}),
        ("9 September 2024; September 9, 2023; the 9th of September", {"2024-09-09", "2023-09-09"}),
        ("9 сентября 2024 года", {"2024-09-09"}),
        ("le 1er août, el 9 de septiembre de 2024", {"2024-08-01", "2024-09-09"}),
        ("2024年9月9日 과 9월 10일", {"2024-09-09", "2024-09-10"}),
        ("091200Z SEP 24", {"2024-09-09"}),
        ("13/9/2024, 9/13/2024, 9/9/2024", {"2024-09-13", "2024-09-09"}),
        ("9/10/2024", {"9/10/2024"}),  # of whom? It is not guessed.
        ("99/99/2024, 31 June, 2024-13-01, 310000Z JUN 24", set()),
        ("they may 9 times march 10 miles", set()),
    ],
)
def test_Y8_dates_are_read_in_the_ways_that_are_listed(text: str, dates: set[str]) -> None:
    assert elements(text, 2024).dates == dates


def test_Y8_times_and_numbers_are_read_in_the_ways_that_are_listed() -> None:
    found = elements(
        "8:05, 0805Z, 091207Z SEP 24, 25:00, ١٢ or 007; 1,200 1\u202f200 12,5 and 1.5", 2024
    )
    assert found.times == {"08:05", "12:07"}
    assert found.numbers == {"25", "0", "12", "7", "1200", "12.5", "1.5"}


def test_a_prepared_text_says_what_it_does_not_know() -> None:
    for each in PREPARED.values():
        _, text = each.fill({})
        assert blanks(text)
        people = ("our_principal", "their_principal", "their_address")
        _, known = each.fill(dict.fromkeys(people, "General [North]"))
        assert "General [North],\n" in known
        assert len(blanks(known)) < len(blanks(text))
        assert "{" not in text


def test_Y8_two_topics_under_one_number_both_stand() -> None:
    both = replace(FIRST, topics=("1. Meetings at sea", "1. Fishing"))
    found = compare(MINUTE, both, SECOND)
    said = [(row.what, row.first) for row in found if row.kind == "topic"]
    assert ("1. Meetings at sea", "1. Meetings at sea") in said
    assert ("1. Fishing", "1. Fishing") in said
