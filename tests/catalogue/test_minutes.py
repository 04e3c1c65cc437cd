"""The forms of a minute and of a readout: one text, read back exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from parley.catalogue.call_events import Shown
from parley.catalogue.comparing import compare
from parley.catalogue.form import read_moment
from parley.catalogue.forms import check_form, gist
from parley.catalogue.minutes import (
    ITEMS_MAX,
    Attendee,
    Consented,
    Facts,
    Minute,
    Readout,
    call_name,
    place_of,
)
from parley.core.entry import Type
from parley.core.errors import Refused

EIGHT = read_moment("2026-12-03 08:00Z")
MINUTE = Minute(
    Facts(
        "North 2",
        "video",
        EIGHT,
        EIGHT + 2_400,
        (Attendee("North", "Chairman", "General North"), Attendee("South", "interpreter")),
        ("Meetings at sea",),
        ("The next call",),
        ((EIGHT + 600, EIGHT + 660),),
    ),
    ("Both sides keep the rules: of 1972.",),
)
WANDA = Attendee("North", "Watch desk", "Wanda")
CHART = Consented((EIGHT + 600, EIGHT + 720), WANDA, Shown.DOCUMENT, "Chart of the strait")
RECORDED = Consented((EIGHT + 300, EIGHT + 720), WANDA)
READOUT = Readout(
    "North 2", "Ministry", date(2026, 12, 3), "General Yug", ("1. Meetings at sea",), "We\n\nspoke."
)
# A party and two of these fit into one line of the form, whatever is written in them.
LINE = some.text(
    some.characters(exclude_categories=["C", "Z"], exclude_characters=";"), min_size=1, max_size=20
)


def test_Y1_a_minute_is_read_back() -> None:
    assert Minute.parse(MINUTE.text()) == MINUTE
    assert MINUTE.text().split("\n") == [
        "CALL MINUTE",
        "Call: North 2",
        "Held by: video",
        "Began: 2026-12-03 08:00Z",
        "Ended: 2026-12-03 08:40Z",
        "Present: North; Chairman; General North",
        "Present: South; interpreter",
        "Touched: Meetings at sea",
        "Not touched: The next call",
        "Interrupted: 2026-12-03 08:10Z to 2026-12-03 08:11Z",
        "Agreed: Both sides keep the rules: of 1972.",
    ]


def test_Y1_what_was_recorded_and_shown_is_read_back() -> None:
    facts = replace(MINUTE.facts, recorded=(RECORDED,), shown=(CHART,))
    minute = replace(MINUTE, facts=facts)
    assert Minute.parse(minute.text()) == minute
    assert minute.text().split("\n")[-3:-1] == [
        "Recorded: 2026-12-03 08:05Z to 2026-12-03 08:12Z; North; Watch desk; Wanda",
        "Shown: 2026-12-03 08:10Z to 2026-12-03 08:12Z; document; Chart of the strait;"
        " North; Watch desk; Wanda",
    ]


def test_Y8_when_something_was_shown_stands_in_the_minute_too() -> None:
    facts = replace(MINUTE.facts, shown=(replace(CHART, item="Chart 17"),))
    said = replace(READOUT, words="At 08:12Z we saw chart 17.")
    rows = {row.what: row.minute for row in compare(replace(MINUTE, facts=facts), said, None)}
    assert (rows["08:12"], rows["17"]) == ("08:12", "17")
    rows = {row.what: row.minute for row in compare(MINUTE, said, None)}
    assert (rows["08:12"], rows["17"]) == ("", "")


@given(LINE, LINE, some.sampled_from([None, *Shown]), LINE, some.integers(0, 40))
def test_Y1_whoever_consented_to_whatever_is_read_back(
    office: str, name: str, shown: Shown | None, item: str, minutes: int
) -> None:
    by, span = Attendee("A", office, name), (EIGHT, EIGHT + 60 * minutes)
    done = Consented(span, by, shown, item if shown else "")
    more = {"recorded": (done,)} if shown is None else {"shown": (done, done)}
    minute = replace(MINUTE, facts=replace(MINUTE.facts, **more))
    minute.check()
    assert Minute.parse(minute.text()) == minute


@given(LINE, LINE, LINE, some.lists(LINE, max_size=3), some.integers(0, 86_400))
def test_Y1_whatever_may_be_proposed_is_read_back(
    call: str, office: str, name: str, items: list[str], lasted: int
) -> None:
    facts = Facts(call, "voice", EIGHT, EIGHT + lasted // 60 * 60, (Attendee("A", office, name),))
    minute = Minute(replace(facts, touched=tuple(items)), tuple(items))
    minute.check()
    assert Minute.parse(minute.text()) == minute


@given(some.text(), some.text())
def test_Y3_no_text_breaks_a_reader(lines: str, words: str) -> None:
    for title, parse in (("CALL MINUTE", Minute.parse), ("CALL READOUT", Readout.parse)):
        found = parse(f"{title}\n{lines}\n\n{words}")
        assert found is None or found.text() == f"{title}\n{lines}\n\n{words}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CALL MINUTE", "Call minute"),
        ("Call: North 2\nHeld by: video", "Held by: video\nCall: North 2"),
        ("Call: North 2", "Call: North 2\nCall: North 2"),
        ("08:00Z", "8:00Z"),
        ("08:40Z", "07:40Z"),
        ("South; interpreter", "South"),
        ("South; interpreter", "South; interpreter; Yug; more"),
        ("South; interpreter", "South; interpreter; "),
        ("Touched: Meetings at sea", "Touched:  Meetings at sea"),
        (" to ", " until "),
        ("08:10Z to", "07:10Z to"),
        ("of 1972.", "of 1972.\n\nAnd more."),
        ("of 1972.", "of 1972.\n"),
        ("of 1972.", "of 1972.\nRemark: none"),
    ],
)
def test_Y3_a_text_with_another_form_is_no_minute(before: str, after: str) -> None:
    text = MINUTE.text()
    assert before in text
    assert Minute.parse(text.replace(before, after)) is None


CHINESE = "驻联合国代表团军事参谋长兼海上事务联络"  # 19 characters, 57 bytes
ARABIC = "وزارة الخارجية والتعاون الدولي وشؤون البحار"  # 43 characters


@pytest.mark.parametrize("party", ["North", CHINESE * 2, ARABIC])
@pytest.mark.parametrize("office", ["Watch desk", CHINESE * 2, ARABIC + " - ١"])
@pytest.mark.parametrize("name", ["", "Wen", CHINESE[:14], ARABIC[:34]])
def test_Y9_whoever_has_long_names_has_a_line_that_can_be_signed(
    party: str, office: str, name: str
) -> None:
    whole = Attendee(party, office, name)
    fitted = whole.fitted()
    facts = replace(MINUTE.facts, present=(fitted,), recorded=(replace(RECORDED, by=fitted),))
    text = replace(MINUTE, facts=facts).text()
    assert Minute.parse(text) == replace(MINUTE, facts=facts)
    assert fitted.party == party
    if len(whole.text().encode()) <= 200:
        assert fitted == whole
        return
    # It uses the room there is, and says where it was cut; nobody stands there without a name.
    assert len(fitted.text().encode()) > 200 - len("…".encode()) - 2 * 4
    for cut, full in ((fitted.office, office), (fitted.name, name)):
        assert cut == full or (cut.endswith("…") and full.startswith(cut[:-1]) and len(cut) > 7)


def test_Y2_a_line_that_is_too_long_is_named() -> None:
    long = Attendee("North", "Chairman", "欧阳" * 50)
    with pytest.raises(Refused, match=r"'North; Chairman; 欧阳欧.* has 317 bytes; .* 200 at most"):
        replace(MINUTE, facts=replace(MINUTE.facts, present=(long,))).check()


@pytest.mark.parametrize(
    ("facts", "agreed"),
    [
        ({"call": ""}, ()),
        ({"call": "x" * 201}, ()),
        ({"held_by": "a\nb"}, ()),
        ({"ended": EIGHT - 60}, ()),
        ({"ended": EIGHT + 86_460}, ()),
        ({"present": (Attendee("North", ""),)}, ()),
        ({"present": (Attendee("", "Chairman"),)}, ()),
        ({"present": (Attendee("North", " ", "General North"),)}, ()),
        ({"present": (Attendee("North", "Chairman ", "General North"),)}, ()),
        ({"present": (Attendee("North", "Chairman; more"),)}, ()),
        ({"interruptions": ((EIGHT + 120, EIGHT + 60),)}, ()),
        ({"interruptions": ((EIGHT + 120, EIGHT + 180), (EIGHT, EIGHT + 60))}, ()),
        ({"interruptions": ((EIGHT, EIGHT + 2_460),)}, ()),
        ({"recorded": (replace(RECORDED, span=(EIGHT - 60, EIGHT)),)}, ()),
        ({"recorded": (replace(RECORDED, by=Attendee("North", "")),)}, ()),
        ({"recorded": (RECORDED,) * (ITEMS_MAX + 1)}, ()),
        ({"shown": (replace(CHART, span=(EIGHT, EIGHT + 2_460)),)}, ()),
        ({"shown": (replace(CHART, item=""),)}, ()),
        ({"shown": (replace(CHART, item="x" * 201),)}, ()),
        ({"shown": (replace(CHART, item="one;two"),)}, ()),
        ({"shown": (replace(CHART, by=Attendee("North", "Chairman; more")),)}, ()),
        ({"shown": (CHART,) * (ITEMS_MAX + 1)}, ()),
        ({"touched": ("x",) * (ITEMS_MAX + 1)}, ()),
        ({}, ("x" * 1_001,)),
        ({}, ("two\nlines",)),
    ],
)
def test_Y2_nobody_proposes_what_cannot_be_signed(
    facts: dict[str, Any], agreed: tuple[str, ...]
) -> None:
    minute = Minute(replace(MINUTE.facts, **facts), agreed)
    with pytest.raises(Refused) as refusal:
        minute.check()
    assert refusal.value.rule == "Y2"


def test_Y4_a_call_is_named_by_an_entry_or_by_words() -> None:
    parties = ("North", "South Sea 4")
    for place in ((1, 0, 0), (1, 1, 17), (3, 1, 2)):
        inc, dir, n = place
        assert place_of(call_name(parties[dir], n, inc), parties) == place
    assert call_name("North", 2, 1) == "North 2"
    for words in ("North", "North two", "North 02", "East 2", "North 2, incarnation 1", "North 2 "):
        assert place_of(words, parties) is None


def test_Y7_a_readout_is_read_back_and_says_something() -> None:
    assert Readout.parse(READOUT.text()) == READOUT
    for changed in (
        replace(READOUT, words=" \n"),
        replace(READOUT, by=""),
        replace(READOUT, topics=("x",) * (ITEMS_MAX + 1)),
    ):
        with pytest.raises(Refused) as refusal:
            changed.check()
        assert refusal.value.rule == "Y7"
        assert Readout.parse(changed.text()) is None
    for before, after in (
        ("2026-12-03", "3 December"),
        ("2026-12-03", "20261203"),
        ("By: ", "by: "),
    ):
        assert Readout.parse(READOUT.text().replace(before, after)) is None


def test_a_list_shows_what_they_come_to() -> None:
    assert gist(Type.MINUTE, MINUTE.text()) == "Minute: call North 2, 2026-12-03 08:00Z"
    assert gist(Type.READOUT, READOUT.text()) == "Readout: call North 2, 2026-12-03"
    assert gist(Type.TEXT, MINUTE.text()) is gist(Type.MINUTE, "We spoke.") is None
    check_form(Type.TEXT, "We spoke.")
    check_form(Type.READOUT, READOUT.text())
    with pytest.raises(Refused, match="not the form") as refusal:
        check_form(Type.READOUT, MINUTE.text())
    assert refusal.value.rule == "Y3"
