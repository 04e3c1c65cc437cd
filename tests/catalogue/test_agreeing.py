"""Which minute is agreed, whatever order entries come in, and whatever crosses on the way."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as some

from parley.catalogue.agreeing import Outcome, Saying, by_call, outcome
from parley.catalogue.form import read_moment
from parley.catalogue.minutes import Facts, Minute

EIGHT = read_moment("2026-12-03 08:00Z")
A, B = 0, 1
TEXTS = [
    Minute(Facts("A 0", "voice", EIGHT, EIGHT), (each,)) for each in ("One.", "Two.", "Three.")
]
ONE, TWO, THREE = TEXTS


def said(dir: int, n: int, seen: int, minute: Minute, inc: int = 1) -> Saying:
    return Saying(dir, inc, n, seen, minute)


def agreed(found: Outcome) -> Minute | None:
    return found.agreed[0].minute if found.agreed else None


def open_texts(found: Outcome) -> list[Minute]:
    return [each.minute for each in found.open]


def test_Y5_a_proposal_is_agreed_once_the_other_has_said_it() -> None:
    first = said(A, 0, 0, ONE)
    assert outcome([first]) == Outcome(None, (), (first,))
    accepted = outcome([first, said(B, 0, 1, ONE)])
    assert accepted.agreed == (first, said(B, 0, 1, ONE))
    assert accepted.open == ()


def test_Y5_a_counter_proposal_takes_the_place_of_what_it_answers() -> None:
    talk = [said(A, 0, 0, ONE), said(B, 0, 1, TWO)]
    assert open_texts(outcome(talk)) == [ONE, TWO]
    assert agreed(outcome([*talk, said(A, 1, 1, TWO)])) == TWO


def test_Y5_who_has_gone_on_is_not_held_to_what_was_before() -> None:
    gone_on = [said(A, 0, 0, ONE), said(A, 1, 0, TWO)]
    assert agreed(outcome([*gone_on, said(B, 0, 2, ONE)])) is None
    # One who had not seen that is taken at the word of the other.
    assert agreed(outcome([*gone_on, said(B, 0, 1, ONE)])) == ONE
    assert open_texts(outcome([*gone_on, said(B, 0, 1, ONE)])) == [TWO]


def test_Y5_the_same_text_from_both_at_once_is_agreed() -> None:
    assert agreed(outcome([said(A, 3, 5, ONE), said(B, 7, 2, ONE)])) == ONE


def test_Y6_two_acceptances_that_cross_end_with_one_minute() -> None:
    talk = [said(A, 0, 0, ONE), said(B, 0, 0, TWO), said(A, 1, 1, TWO), said(B, 1, 1, ONE)]
    found = outcome(talk)
    assert found.open == ()
    assert agreed(found) == ONE  # in the joint order B's comes last
    assert [first.minute for first, _ in found.replaced] == [TWO]


def test_Y6_a_minute_is_changed_by_agreeing_on_another_and_back() -> None:
    talk = [said(A, 0, 0, ONE), said(B, 0, 1, ONE), said(A, 1, 1, TWO)]
    assert (agreed(outcome(talk)), open_texts(outcome(talk))) == (ONE, [TWO])
    talk.append(said(B, 1, 2, TWO))
    assert agreed(outcome(talk)) == TWO
    talk.append(said(A, 2, 2, ONE))
    assert (agreed(outcome(talk)), open_texts(outcome(talk))) == (TWO, [ONE])
    talk.append(said(B, 2, 3, ONE))
    assert agreed(outcome(talk)) == ONE
    assert open_texts(outcome([*talk, said(B, 3, 3, ONE)])) == []  # said again, it stands anyway


def test_Y5_a_new_beginning_of_the_line_has_seen_all_before() -> None:
    talk = [said(A, 9, 0, ONE), said(B, 0, 0, ONE, inc=2)]
    assert agreed(outcome(talk)) == ONE
    assert agreed(outcome([*talk[:1], said(A, 11, 0, TWO), *talk[1:]])) is None


@some.composite
def talks(draw: some.DrawFn) -> list[Saying]:
    """What two sides say, each knowing what had come to it by then."""
    sizes, known, found = [0, 0], [0, 0], []
    for dir in draw(some.lists(some.integers(0, 1), max_size=12)):
        known[dir] = draw(some.integers(known[dir], sizes[1 - dir]))
        found.append(said(dir, sizes[dir], known[dir], draw(some.sampled_from(TEXTS))))
        sizes[dir] += 1
    return found


@given(talks(), some.randoms())
def test_Y6_it_is_the_same_in_whatever_order_entries_came(
    talk: list[Saying], order: Random
) -> None:
    mixed = list(talk)
    order.shuffle(mixed)
    assert outcome(mixed) == outcome(talk)


@given(talks())
def test_Y5_what_was_agreed_once_is_not_taken_back(talk: list[Saying]) -> None:
    ever: set[str] = set()
    for upto in range(len(talk) + 1):
        found = outcome(talk[:upto])
        pairs = [*found.replaced, *([found.agreed] if found.agreed else [])]
        texts = {first.minute.text() for first, _ in pairs}
        assert ever <= texts
        ever = texts
        sides = [{each.minute.text() for each in talk[:upto] if each.dir == dir} for dir in (A, B)]
        assert texts <= sides[A] & sides[B]  # nobody is held to what they did not say


def test_Y4_minutes_are_of_one_call_by_its_name_or_its_time() -> None:
    def of(call: str, began: int, ended: int, n: int, dir: int = A) -> Saying:
        facts = Facts(call, "telephone", EIGHT + began, EIGHT + ended)
        return said(dir, n, 0, Minute(facts))

    named = of("A 7", 0, 600, 0)
    talk = [
        named,
        of("by telephone", 0, 600, 1),
        of("another name", 500, 700, 2),
        of("later", 900, 1_000, 3),
        replace(named, n=4),
        of("by telephone", 5_000, 6_000, 5),
    ]
    found = by_call(reversed(talk), ("A", "B"))
    assert [[each.n for each in group] for group in found] == [[0, 4], [1, 2, 5], [3]]


def test_Y4_calls_that_only_touch_are_two_and_a_whole_day_bridges_none() -> None:
    times = [(0, 600), (600, 900), (300, 86_400), (950, 980), (990, 990), (990, 990), (600, 900)]
    talk = [
        said(A, n, 0, Minute(Facts(f"by telephone {n}", "telephone", EIGHT + a, EIGHT + b)))
        for n, (a, b) in enumerate(times)
    ]
    found = by_call(talk, ("A", "B"))
    assert [[each.n for each in group] for group in found] == [[0, 2], [1, 6], [3], [4, 5]]
