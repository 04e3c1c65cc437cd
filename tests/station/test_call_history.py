"""What became of the calls of a line, counted from the record: both stations count the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.call_events import CallEvent, Happened
from parley.catalogue.calls import Medium
from parley.core.entry import Type, body_of
from parley.station.call import call_history, openings
from tests.playbook import Post, two_stations
from tests.station.test_call_requests import HOUR_S, answered, asked, at
from tests.station.test_standing_calls import WEEK_S, agree, level, meet


def history(post: Post) -> dict[str, Any]:
    view = post.watch.asks("call.history")
    del view["line"]
    return view


def turned(view: dict[str, Any]) -> dict[str, Any]:
    """What the other side has to count."""
    return {**view, "ours": view["theirs"], "theirs": view["ours"]}


def test_Q11_both_stations_count_the_same_even_when_one_clock_is_wrong(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.clock.set_wrong(40)
        n = asked(north, south)
        north.clock.skip(2 * HOUR_S)
        answered(south, north, n, "accept", time=at(south, 60 * HOUR_S))
        asked(north, south, within_s=HOUR_S)
        north.clock.skip(2 * HOUR_S)
        m = asked(south, north)
        k = answered(north, south, m, "propose", time=at(north, 100 * HOUR_S))
        answered(south, north, k, "decline", reason="No")
        north.clock.skip(56 * HOUR_S)
        meet(north, south)
        agree(south, north)
        north.clock.skip(WEEK_S)
        meet(south, north)
        south.clock.set_wrong(0)
        for _ in range(2):
            ours, theirs = history(north), history(south)
            assert turned(theirs) == ours
            south.stops()
            south.starts()
        assert (ours["ours"]["asked"], ours["ours"]["accepted"], ours["ours"]["held"]) == (2, 1, 1)
        assert ours["ours"]["nobody_answered"] == 1
        assert 2 * HOUR_S <= ours["ours"]["answered_s_max"] <= 2 * HOUR_S + 60
        assert (ours["theirs"]["asked"], ours["theirs"]["declined"]) == (2, 1)
        assert (ours["theirs"]["missed"], ours["missed"]) == (1, 1)
        assert (ours["held"], ours["held_unasked"], ours["days_since"]) == (2, 1, 0)
        assert ours["whole"]


def test_Q11_of_very_many_the_newest_are_counted_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openings, "OPENINGS_MAX", 2)
    monkeypatch.setattr(call_history, "OPENINGS_MAX", 2)
    with two_stations(tmp_path) as (north, south):
        assert (history(north)["days_since"], history(north)["held"]) == (None, 0)
        for _ in range(3):
            meet(north, south)
        assert (history(south)["held"], history(south)["whole"]) == (2, False)


def test_Q11_an_opening_that_names_no_agreed_request_stands_for_itself(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)  # which nobody has answered
        event = CallEvent(Happened.OPENED, 1, "Dahl", "Watch", medium=Medium.TEXT, link=bytes(32))
        body = body_of(Type.CALL_EVENT, {8: [north.station.lines[0].ours, n]}, event.text())
        k = north.utters(Type.CALL_EVENT, body)
        level(north, south)
        for post in (north, south):
            post.watch.asks("call.join")
        level(north, south)
        south.watch.asks("call.end")
        level(north, south)
        for post in (north, south):
            assert (history(post)["held"], history(post)["held_unasked"]) == (1, 1)
            (talk,) = post.watch.asks("minute.list")["calls"]
            assert talk["call"] == f"North {k}"


def test_Q11_who_joins_a_call_that_is_over_was_not_in_it(tmp_path: Path) -> None:
    """A side that did not come could make a missed call a held one, weeks after."""
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin", medium="text")
        n = north.line()["call"]["n"]
        north.watch.asks("call.join")
        north.watch.asks("call.end")
        level(north, south)
        event = CallEvent(
            Happened.JOINED, 4, "Blanc", "Watch", role="duty officer", medium=Medium.TEXT
        )
        body = body_of(Type.CALL_EVENT, {8: [north.station.lines[0].ours, n]}, event.text())
        k = south.utters(Type.CALL_EVENT, body)
        north.until(lambda: north.line()["their_size"] > k)
        for _ in range(2):
            for post in (north, south):
                assert history(post)["held"] == 0
            south.stops()
            south.starts()
