"""A call is rehearsed by the duty officers of both sides before it; both say how it went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.call_events import CallEvent, Happened, Result
from parley.catalogue.calls import Medium
from parley.cli import holding, shown
from parley.cli import rehearsed as told
from parley.core.errors import Misused, Refused
from parley.station.call.held import Calls
from parley.station.call.held_facts import calls_held
from tests.playbook import Post, Posts, two_stations
from tests.station.test_call_requests import HOUR_S, answered, asked, at
from tests.station.test_held import call, person, sees
from tests.station.test_held_hostile import Log


def agreed(north: Post, south: Post, in_s: float = 2 * HOUR_S, **given: Any) -> int:
    """A call for so many seconds from now, that South accepted."""
    n = asked(north, south, earliest=at(north, 0), latest=at(north, 90 * HOUR_S), **given)
    answered(south, north, n, "accept", time=at(north, in_s))
    return n


def rehearses(north: Post, south: Post, medium: str = "voice") -> None:
    """Both duty officers are in the room, with a page each."""
    north.watch.asks("call.rehearse")
    sees(south, "rehearsal opened")
    for post in (north, south):
        post.watch.asks("call.join", medium=medium, rehearsal=True)
    for post in (north, south):
        sees(post, "joined", 2)


def ahead(post: Post) -> dict[str, Any]:
    view: dict[str, Any] = post.watch.asks("call.show")["ahead"]
    return view


def test_P5_two_duty_officers_rehearse_and_both_sides_read_how_it_went(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        agreed(north, south, medium="voice")
        assert ahead(north)["state"] == "not rehearsed"
        assert told.in_short(ahead(north)) == "not rehearsed."
        rehearses(north, south)
        assert ahead(south)["state"] == "open"
        for post in (north, south):
            view = call(post)
            assert (view["rehearsal"], view["medium"], view["verdict"]) == (
                True,
                "voice",
                "unfinished",
            )
            assert [each["item"] for each in view["checks"]] == [
                "sound",
                "channel",
                "text",
                "digits",
            ]
        north.watch.asks("call.say", text="One, two, three.")
        for item in ("sound", "text"):
            for post in (north, south):
                post.watch.asks("call.check", item=item, result="good")
        for post in (north, south):
            post.watch.asks("call.check", item="channel", result="not-needed")
        with pytest.raises(Refused, match="no check digits yet"):
            north.watch.asks("call.check", item="digits", result="good")
        with pytest.raises(Refused, match="Say in words what failed"):
            north.watch.asks("call.check", item="sound", result="failed", words=" ")
        with pytest.raises(Refused, match="Only the interpretation channel"):
            north.watch.asks("call.check", item="sound", result="not needed")
        with pytest.raises(Misused, match="'picture' is not tried here"):
            north.watch.asks("call.check", item="picture", result="good")
        with pytest.raises(Misused, match="A result is not 'fine'"):
            north.watch.asks("call.check", item="sound", result="fine")
        south.watch.asks("call.check", item="sound", result="failed", words="It howls.")
        sees(north, "checked", 7)
        sees(south, "checked", 7)
        for post, other in ((north, "theirs"), (south, "ours")):
            view = call(post)
            assert view["verdict"] == "failed"
            sound = view["checks"][0]
            assert sound[other]["words"] == "It howls."
            assert f"{other}: FAILED (It howls.)" in "\n".join(told.checks_in_words(view))
            assert ahead(post)["faults"][0] == {
                "item": "sound",
                "dir": other,
                "state": "failed",
                "words": "It howls.",
            }
        south.watch.asks("call.check", item="sound", result="good")
        assert call(south)["verdict"] == "unfinished"  # the digits
        south.watch.asks("call.end")
        sees(north, "ended")
        said = told.in_short(ahead(north))
        assert said.startswith("rehearsed")
        assert "digits (theirs) unfinished" in said
        south.stops()
        south.starts()
        assert ahead(south) == {
            **ahead(north),
            "faults": [
                {**each, "dir": {"ours": "theirs", "theirs": "ours"}[each["dir"]]}
                for each in ahead(north)["faults"]
            ],
        }


def test_P5_all_good_is_said_with_its_time_in_lists_and_to_who_joins_the_call(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        n = agreed(north, south, medium="text")
        rehearses(north, south, "text")
        for post in (north, south):
            post.watch.asks("call.check", item="text", result="good")
        sees(north, "checked", 2)
        north.watch.asks("call.end")
        sees(south, "ended")
        for post in (north, south):
            (listed,) = post.watch.asks("call.list")["calls"]
            assert listed["next"]["rehearsed"]["state"] == ahead(post)["state"] == "good"
            assert told.in_short(ahead(post)).endswith(", all good.")
        chief = person(north, "Chief", "principal")
        south.watch.asks("call.begin")
        sees(north, "opened")
        shown_to = chief.asks("call.show")
        chief.hangs_up()
        assert shown_to["rehearsed"]["state"] == "good"
        assert (shown_to["ahead"], shown_to["call"]["request"]["n"]) == (None, n)


def test_P3_only_duty_officers_and_interpreters_come_into_a_rehearsal(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        agreed(north, south)
        chief, voice = person(north, "Chief", "principal"), person(north, "Irina", "interpreter")
        north.watch.asks("call.rehearse")
        assert north.line()["call"]["rehearsal"]
        assert "call join --rehearsal" in shown.held(north.line()["call"])
        for who in (chief, voice, north.watch):
            with pytest.raises(Refused, match="a rehearsal, and no call"):
                who.asks("call.join")
        with pytest.raises(Refused, match="Only duty officers and interpreters"):
            chief.asks("call.join", rehearsal=True)
        voice.asks("call.join", rehearsal=True)
        chief.hangs_up()
        with pytest.raises(Refused, match="Only a watch officer"):
            voice.asks("call.check", item="text", result="good")
        voice.hangs_up()
        north.watch.asks("call.join", rehearsal=True)
        north.watch.asks("call.check", item="text", result="good")
        roles = {each["role"] for each in call(north)["attendees"]}
        assert roles == {"interpreter", "duty officer"}


def test_P2_what_is_rehearsed_was_agreed_for_the_coming_day(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        with pytest.raises(Refused, match="No call is agreed for the next 24 hours"):
            north.watch.asks("call.rehearse")
        agreed(north, south, 30 * HOUR_S)
        with pytest.raises(Refused, match="No call is agreed for the next 24 hours"):
            north.watch.asks("call.rehearse")
        (listed,) = north.watch.asks("call.list")["calls"]
        assert listed["next"]["rehearsed"] is None  # a day and more ahead nobody is blamed
        agreed(north, south, 3 * HOUR_S, purpose="Sooner")
        assert north.watch.asks("call.rehearse")["request"]["purpose"] == "Sooner"
        with pytest.raises(Refused, match=r"A rehearsal on the line .* is open"):
            north.watch.asks("call.rehearse")


def test_P7_a_rehearsal_is_no_call_and_nobody_slips_from_it_into_one(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        agreed(north, south)
        rehearses(north, south)
        first = Calls.of(north.station, north.station.lines[0]).at_work()
        assert first is not None
        for post in (north, south):
            with pytest.raises(Refused, match=r"A rehearsal on the line .* is open"):
                post.watch.asks("call.begin")
        for op, given in (
            ("call.agenda", {"items": ["Ships"]}),
            ("call.touch", {"item": "Ships"}),
            ("call.record", {"how": "ask"}),
        ):
            with pytest.raises(Refused, match="this is a rehearsal"):
                north.watch.asks(op, **given)
        north.watch.asks("call.end")
        north.watch.asks("call.begin")
        sees(south, "opened")
        second = Calls.of(north.station, north.station.lines[0]).at_work()
        assert second is not None
        assert not second.rehearsal
        # P8: other keys of the link, and of the pages.
        assert first.secret != second.secret
        assert first.round() != second.round()
        with pytest.raises(Refused, match="the call itself is open"):
            south.watch.asks("call.join", rehearsal=True)
        south.watch.asks("call.join")
        with pytest.raises(Refused, match="no rehearsal"):
            south.watch.asks("call.check", item="sound", result="good")
        sees(north, "joined", 3)
        north.watch.asks("call.join")
        north.watch.asks("call.end")
        sees(south, "ended", 2)
        # P6: neither minute nor history know of the rehearsal.
        parties = ("North", "South")
        (fact,) = calls_held(north.station, north.station.lines[0], parties)
        assert fact[1].began == second.opened
        for post in (north, south):
            assert post.watch.asks("call.history")["held"] == 1


def test_P9_a_call_at_once_ends_the_rehearsal_in_one_act(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        agreed(north, south, 3 * HOUR_S, medium="voice")
        rehearses(north, south)
        first = Calls.of(south.station, south.station.lines[0]).at_work()
        assert first is not None
        with pytest.raises(Refused, match="A rehearsal on the line"):
            south.watch.asks("call.begin")
        size = south.line()["our_size"]
        result = south.watch.asks("call.begin", at_once=True)
        assert result["ends_rehearsal"] is True
        assert any("ended with it" in each for each in holding.in_words_of(result))
        sees(north, "opened")
        assert south.line()["our_size"] == size + 1  # one entry says both
        for post in (north, south):
            view = post.watch.asks("call.show")
            assert not view["call"]["rehearsal"]
            assert view["call"]["medium"] == "voice"  # as it was tried
            assert view["call"]["attendees"] == []  # nobody slipped into it
            assert view["over_rehearsal"] == first.opened
            assert post.line()["call"]["over_rehearsal"] == first.opened
            assert "A REHEARSAL ENDED WITH IT" in shown.held(post.line()["call"])
            # What was agreed for later is still to come.
            assert view["call"]["request"] is None
            assert view["ahead"]["purpose"] == "Open lines"
        with pytest.raises(Refused, match="is open already"):
            north.watch.asks("call.begin", at_once=True)
        south.stops()
        south.starts()
        assert south.watch.asks("call.show")["over_rehearsal"] == first.opened
        south.watch.asks("call.end")
        sees(north, "ended")
        # It is rehearsed again, ended by a person, and opened: that call ended no rehearsal.
        north.watch.asks("call.rehearse")
        north.watch.asks("call.end")
        north.watch.asks("call.begin", at_once=True)
        assert north.watch.asks("call.show")["over_rehearsal"] is None
        assert north.watch.asks("call.show")["call"]["medium"] == "video"


def test_P9_what_was_agreed_for_now_is_answered_by_a_call_at_once(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        agreed(north, south, 600)
        rehearses(north, south)
        north.watch.asks("call.begin", at_once=True)
        view = north.watch.asks("call.show")
        assert view["call"]["request"] is not None
        assert view["over_rehearsal"] is not None


@pytest.fixture
def log(shared: Posts) -> Log:
    return Log(shared[0].station.lines[0])


def opened(log: Log, dir: int = 0) -> list[int]:
    event = CallEvent(Happened.REHEARSING, 1, "Wanda", "Watch", medium=Medium.VOICE, link=bytes(32))
    entry = log.says(dir, event, [0, 0])
    return [entry.dir, entry.n]


def came(person: int, role: str = "duty officer") -> CallEvent:
    return CallEvent(Happened.JOINED, person, "Wen", "Watch", role=role, medium=Medium.VOICE)


def found(person: int, item: str, result: Result, words: str = "") -> CallEvent:
    return CallEvent(Happened.CHECKED, person, item=item, result=result, words=words)


def test_P4_what_others_say_and_what_is_not_tried_changes_nothing(log: Log) -> None:
    room = opened(log)
    log.says(0, came(1), room)
    log.says(1, came(1), room)
    log.says(1, came(2, "interpreter"), room)
    log.says(1, came(3, "principal"), room)  # P3
    log.says(1, CallEvent(Happened.PLANNED, 1, plan=((0, "Ships"),)), room)  # P6
    assert {each.role for each in log.held.standing.attendees} == {"duty officer", "interpreter"}
    assert log.held.standing.parts.plan == ()
    checks = log.held.standing.checks
    for dir, event in (
        (1, found(2, "sound", Result.GOOD)),  # an interpreter
        (1, found(3, "sound", Result.GOOD)),  # who never came in
        (1, found(1, "smell", Result.GOOD)),
        (1, found(1, "sound", Result.NOT_NEEDED)),
    ):
        log.says(dir, event, room)
        assert log.held.standing.checks.found == checks.found == {}
    for item in ("sound", "text", "digits"):
        for dir in (0, 1):
            log.says(dir, found(1, item, Result.GOOD), room)
    assert log.held.standing.checks.verdict(Medium.VOICE) == "unfinished"
    for dir in (0, 1):
        log.says(dir, found(1, "channel", Result.NOT_NEEDED), room)
    assert log.held.standing.checks.verdict(Medium.VOICE) == "good"
    log.says(1, found(1, "text", Result.FAILED, "Nothing came."), room)
    assert log.held.standing.checks.verdict(Medium.VOICE) == "failed"


def test_P7_a_call_that_an_earlier_station_opens_ends_the_rehearsal(log: Log) -> None:
    room = opened(log)
    log.says(0, came(1), room)
    first = log.held
    assert first.rehearsal
    call = log.opens(1)
    assert not log.held.rehearsal
    assert first.standing.ended is not None
    assert first.standing.here == {}
    log.says(0, found(1, "sound", Result.GOOD), room)
    assert first.standing.checks.found == {}
    log.says(1, CallEvent(Happened.ENDED, 1, "Wen", "Watch"), call)
    assert log.calls.at_work() is None


def test_P7_openings_that_crossed_are_read_alike_whichever_came_first(shared: Posts) -> None:
    life = shared[0].station.lines[0]
    rows = []
    for dir, kind in ((0, Happened.REHEARSING), (1, Happened.OPENED)):  # neither saw the other's
        event = CallEvent(kind, 1, "Wen", "Watch", medium=Medium.TEXT, link=bytes(32))
        rows.append(Log(life).says(dir, event, [0, 9]))
    seen = []
    for order in (rows, rows[::-1]):
        calls = Calls()
        for entry in order:
            calls.add(life, entry)
        at_work = calls.at_work()
        assert at_work is not None
        assert not at_work.rehearsal
        seen.append([(each.rehearsal, each.standing.ended is None) for each in calls])
    assert seen[0] == seen[1]


def test_P1_a_failure_without_a_word_is_no_event() -> None:
    bare = CallEvent(Happened.CHECKED, 1, item="sound", result=Result.FAILED)
    assert CallEvent.parse(bare.text()) is None
    for event in (found(1, "sound", Result.FAILED, "Hum."), found(1, "channel", Result.NOT_NEEDED)):
        assert CallEvent.parse(event.text()) == event
    assert CallEvent.parse(found(1, "sound", Result.GOOD).text().replace("good", "fine")) is None
