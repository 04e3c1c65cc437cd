"""Interpreters and channels, hand-over to the principal, captions, agenda: both sides agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.call_events import CallEvent, Channel, Happened, Mode
from parley.catalogue.calls import Medium
from parley.catalogue.minutes import Minute
from parley.core.errors import Misused, Refused
from parley.station.call import held
from tests.playbook import Post, two_stations
from tests.station.test_call_requests import answered, asked, at
from tests.station.test_held import call, person, sees
from tests.station.test_held_hostile import Log


def parts(post: Post, *names: str) -> list[Any]:
    """Without what differs by who looks at it."""
    view = call(post)
    return [[{**row, "dir": None} for row in view[name]] for name in names]


def test_V13_V14_an_interpreter_has_a_channel_and_hands_it_to_the_other(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        irina, igor, third = (
            person(south, name, "interpreter") for name in ("Irina", "Igor", "Ida")
        )
        chief = person(south, "Chief", "principal")
        north.watch.asks("call.begin")
        sees(south, "opened")
        with pytest.raises(Refused, match="not in the call"):
            south.watch.asks("call.mode", mode="simultaneous")
        for each in (irina, igor, chief, south.watch):
            each.asks("call.join")
        with pytest.raises(Refused, match="2 interpreters"):
            third.asks("call.join")
        with pytest.raises(Refused, match="Only a watch officer"):
            irina.asks("call.mode", mode="simultaneous")
        with pytest.raises(Misused, match="no mode"):
            south.watch.asks("call.mode", mode="loud")
        south.watch.asks("call.mode", mode="simultaneous")
        with pytest.raises(Refused, match="already"):
            south.watch.asks("call.mode", mode="simultaneous")
        with pytest.raises(Refused, match="speaks on the floor"):
            irina.asks("call.floor")
        irina.asks("call.interpret", language="English")
        sees(north, "interpreting")
        assert call(north)["mode"] == "simultaneous"
        assert parts(north, "interpreting") == parts(south, "interpreting")
        with pytest.raises(Refused, match="Irina interprets into English already"):
            igor.asks("call.interpret", language="English")
        with pytest.raises(Refused, match="Irina has the microphone"):
            igor.asks("call.relieve", person=igor.id)
        with pytest.raises(Refused, match="Only"):
            chief.asks("call.relieve", person=igor.id)
        with pytest.raises(Refused, match="not in the call as interpreter"):
            irina.asks("call.relieve", person=chief.id)
        irina.asks("call.relieve", person=igor.id)
        with pytest.raises(Refused, match="has the microphone already"):
            south.watch.asks("call.relieve", person=igor.id)
        south.watch.asks("call.relieve", person=irina.id, language="English")
        sees(north, "relieved", 2)
        (channel,) = call(north)["interpreting"]
        assert (channel["name"], channel["dir"], channel["language"]) == (
            *("Irina", "theirs"),
            "English",
        )
        irina.asks("call.leave")
        sees(north, "left")
        assert call(north)["interpreting"] == []
        with pytest.raises(Refused, match="Nobody of this side"):
            south.watch.asks("call.relieve", person=igor.id, language="English")
        for each in (irina, igor, third, chief):
            each.hangs_up()


def test_V15_the_principal_has_the_call_once_both_duty_officers_said_so(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        chief = person(north, "Chief", "principal")
        north.watch.asks("call.begin")
        sees(south, "opened")
        for each in (north.watch, south.watch):
            each.asks("call.join")
        with pytest.raises(Refused, match="No principal"):
            north.watch.asks("call.hand")
        chief.asks("call.join")
        with pytest.raises(Refused, match="Only a watch officer"):
            chief.asks("call.hand", person=chief.id)
        with pytest.raises(Refused, match="handed over nothing"):
            south.watch.asks("call.acknowledge")
        north.watch.asks("call.hand")
        with pytest.raises(Refused, match="handed to Chief already"):
            north.watch.asks("call.hand", person=chief.id)
        sees(south, "handed over")
        assert call(south)["hands"][0]["acknowledged"] is None
        south.watch.asks("call.acknowledge")
        sees(north, "acknowledged")
        (hand,) = call(north)["hands"]
        assert (hand["dir"], hand["to"]["name"]) == ("ours", "Chief")
        assert hand["acknowledged"] is not None
        assert parts(north, "hands") == parts(south, "hands")
        north.watch.asks("call.take_back")
        with pytest.raises(Refused, match="not handed over"):
            north.watch.asks("call.take_back")
        sees(south, "taken back")
        assert call(south)["hands"] == []
        chief.hangs_up()


def test_V16_what_an_interpreter_types_is_interpreted_into_the_own_channel(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        irina = person(south, "Irina", "interpreter")
        north.watch.asks("call.begin")
        sees(south, "opened")
        for each in (north.watch, south.watch, irina):
            each.asks("call.join")
        with pytest.raises(Refused, match="in which language"):
            irina.asks("call.caption", text="Good day.")
        irina.asks("call.caption", text="Good day.", language="English")
        irina.asks("call.interpret", language="English")
        irina.asks("call.caption", text="We hear you well.")
        irina.asks("call.caption", text="Слышим.", language="Русский", channel="original")
        south.watch.asks("call.caption", text="Да.", language="Русский")
        sees(north, "captioned", 4)
        shown = [(each["channel"], each["language"]) for each in call(north)["captions"]]
        assert shown == [
            ("interpreted", "English"),
            ("interpreted", "English"),
            ("original", "Русский"),
            ("original", "Русский"),
        ]
        irina.hangs_up()


def test_V16_V17_captions_and_marks_stand_in_both_records_and_the_minute_begins_with_them(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        given = {"agenda": ["Meetings at sea", "The next call"]}
        n = asked(north, south, earliest=at(north, 0), latest=at(north, 7_200), **given)
        answered(south, north, n, "accept", time=at(north, 60))
        clerk = person(north, "Clerk", "note-taker", "watch")
        north.watch.asks("call.begin")
        sees(south, "opened")
        for each in (north.watch, clerk, south.watch):
            each.asks("call.join")
        assert [each["item"] for each in call(north)["agenda"]] == given["agenda"]
        with pytest.raises(Refused, match="1 to 20 items"):
            north.watch.asks("call.agenda", items=[])
        items = ["20 min Meetings at sea", "21 December", "The next call"]
        north.watch.asks("call.agenda", items=items)
        with pytest.raises(Refused, match="in the call as note-taker"):
            clerk.asks("call.agenda", items=["Something else"])  # a duty officer, and not as one
        with pytest.raises(Refused, match="has 3 items"):
            clerk.asks("call.touch", item="4")
        clerk.asks("call.touch", item="1")
        clerk.asks("call.touch", item="A thing besides")
        with pytest.raises(Refused, match="marked already"):
            clerk.asks("call.touch", item="Meetings at sea")
        with pytest.raises(Misused, match="no channel"):
            clerk.asks("call.caption", text="Good day.", language="English", channel="own")
        clerk.asks("call.caption", text="Good day.", language="English")
        text = {"text": "Добрый день.", "language": "Русский", "channel": "interpreted"}
        clerk.asks("call.caption", **text)
        sees(south, "captioned", 2)
        assert parts(south, "captions", "agenda") == parts(north, "captions", "agenda")
        assert [each["text"] for each in call(south)["captions"]] == ["Good day.", "Добрый день."]
        assert [each["minutes"] for each in call(south)["agenda"]] == [20, None, None, None]
        north.watch.asks("call.end")
        sees(south, "ended")
        (talk,) = north.drafter.asks("minute.list")["calls"]
        text = north.drafter.asks("minute.draft", call=talk["call"])["text"]
        minute = Minute.parse(text)
        assert minute is not None
        assert minute.facts.touched == ("Meetings at sea", "A thing besides")
        assert set(minute.facts.not_touched) == {"21 December", "The next call"}
        clerk.hangs_up()


def joins(person: int, role: str) -> CallEvent:
    return CallEvent(Happened.JOINED, person, f"P{person}", "Desk", role=role, medium=Medium.TEXT)


CAPTION = CallEvent(
    Happened.CAPTIONED, 1, words="Good day.", language="English", channel=Channel.ORIGINAL
)


@pytest.fixture
def log(tmp_path: Path) -> Any:
    with two_stations(tmp_path) as (north, _):
        yield Log(north.station.lines[0])


def test_what_a_counterpart_may_not_say_changes_nothing(log: Log) -> None:
    place = log.opens()
    for who, role in ((1, "duty officer"), (2, "principal"), (3, "interpreter")):
        log.says(0, joins(who, role), place)
        log.says(1, joins(who, role), place)
    log.says(0, CallEvent(Happened.INTERPRETING, 3, language="English"), place)
    before = log.held.standing.parts
    for event in (
        CallEvent(Happened.MODE, 2, mode=Mode.SIMULTANEOUS),
        CallEvent(Happened.INTERPRETING, 2, language="English"),
        CallEvent(Happened.RELIEVED, 1, to=3, language="English"),  # of the other side
        CallEvent(Happened.RELIEVED, 2, to=3, language="English"),
        CallEvent(Happened.HANDED_OVER, 1, to=3),
        CallEvent(Happened.HANDED_OVER, 2, to=2),
        CallEvent(Happened.ACKNOWLEDGED, 1, to=2),
        CallEvent(Happened.TAKEN_BACK, 3),
        CallEvent(Happened.PLANNED, 3, plan=((0, "Ours alone"),)),
        CallEvent(Happened.TOUCHED, 2, item="Ours alone"),
        CallEvent(Happened.CAPTIONED, 9, words="Boo", language="English", channel=Channel.ORIGINAL),
    ):
        log.says(1, event, place)
        assert log.held.standing.parts == before


def test_V14_who_joins_again_in_another_role_gives_up_the_channel(log: Log) -> None:
    place = log.opens()
    log.says(0, joins(3, "interpreter"), place)
    log.says(0, CallEvent(Happened.INTERPRETING, 3, language="English"), place)
    log.says(0, joins(3, "interpreter"), place)
    assert log.held.standing.parts.interpreter(0, "English") == (0, 3)
    log.says(0, joins(3, "adviser"), place)
    assert log.held.standing.parts.interpreter(0, "English") is None


def test_V16_the_newest_captions_are_kept(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "CAPTIONS_KEPT", 3)
    place = log.opens()
    log.says(0, joins(1, "adviser"), place)
    for n in range(5):
        words = f"Word {n}"
        log.says(0, replace(CAPTION, words=words), place)
    texts = [event.words for _, _, event in log.held.standing.parts.captions]
    assert texts == ["Word 2", "Word 3", "Word 4"]
