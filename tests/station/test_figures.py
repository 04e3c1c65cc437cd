"""The figures of the wall: kept through restarts, of both directions, the same in `status`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.console.words import answers
from parley.core.errors import Misused, Refused
from parley.station.line.figures import figures
from tests.playbook import Post, two_stations

DAY_S = 86_400


def of(post: Post) -> dict[str, Any]:
    view: dict[str, Any] = post.watch.asks("status", figures=True)["lines"][0]["figures"]
    return view


def stretches(post: Post) -> list[str]:
    return [each["state"] for each in of(post)["day"]["observed"]["stretches"]]


def test_silence_and_a_stopped_station_show_in_the_share_that_was_heard(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for post in (north, south):
            post.event("line", state="heard")
        assert "figures" not in north.line()  # pages that do not show them do not pay for them
        # These stations are copies of some that ran when the tests began.
        before_s = of(north)["day"]["observed"]["not_running_s"]
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        north.clock.skip(1_000)
        north.event("line", state="silent")
        north.until(lambda: "silent" in stretches(north))
        north.clock.skip(3_000)
        view = of(north)["day"]["observed"]
        assert stretches(north)[-2:] == ["heard", "silent"]
        assert 2_990 < view["silent_s"] < 3_300
        ran_s = before_s + 4_000
        assert view["availability"] == pytest.approx(view["heard_s"] / ran_s, rel=0.2)
        assert view["not_running_s"] - before_s < 2
        north.stops()
        north.clock.skip(6_000)
        north.starts()
        view = of(north)["day"]["observed"]
        assert "not running" in stretches(north)
        stood_s = view["not_running_s"] - before_s
        assert 5_900 < stood_s < 9_100  # with at most what was not yet taken down
        assert view["availability"] < 0.2
        days = of(north)["month"]["observed"]["days"]
        assert 1 <= len(days) <= 2
        assert all(0 <= each["availability"] <= 1 for each in days)


def test_what_is_older_than_the_window_is_no_part_of_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        north.until(lambda: north.line()["observed"] == "heard")
        north.clock.skip(3 * DAY_S)
        view = of(north)
        assert view["day"]["observed"]["to"] - view["day"]["observed"]["from"] <= DAY_S + 1
        assert view["month"]["observed"]["to"] - view["month"]["observed"]["from"] > 2.9 * DAY_S


def test_answers_are_counted_in_both_directions(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("How long?", "FLASH")
        south.hears(n)
        north.clock.skip(100)
        south.watch.asks("open", n=n)
        late = north.sends("And now?", "FLASH")
        south.hears(late)
        north.clock.skip(700)
        south.watch.asks("open", n=late)
        waits = north.sends("Nobody opens this.")
        south.hears(waits)
        north.until(lambda: of(north)["day"]["answered_there"]["answered"] == 2)
        for view in (of(north)["day"]["answered_there"], of(south)["month"]["answered_here"]):
            assert (view["messages"], view["answered"], view["late"]) == (3, 2, 1)
            assert view["waiting"] == 1
            assert 400 <= view["median_s"] < 520
            assert 700 <= view["slowest_s"] < 820
            assert [point["late"] for point in view["points"]] == [True, False]
        assert of(south)["day"]["answered_there"]["messages"] == 0
        there = north.line()["oldest_unanswered_there"]
        assert there["n"] == waits
        assert 21_300 < there["clock"]["left_s"] <= 21_600
        before = of(south)
        south.stops()
        south.starts()
        assert of(south)["day"]["answered_here"] == before["day"]["answered_here"]
        assert south.stage.do(lambda: figures(south.station, south.station.lines[0])).keys() == {
            "day",
            "month",
        }


def test_what_still_has_its_time_is_waited_for_and_not_unanswered(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        deputies = [south.people["deputy"].id]
        south.operator.asks("desk.deputies", desk=1, persons=deputies)
        south.hears(north.sends("Where?", "FLASH"))

        def told() -> list[tuple[int, int, int]]:
            views = [of(north)["day"]["answered_there"], of(south)["day"]["answered_here"]]
            return [(view["messages"], view["answered"], view["waiting"]) for view in views]

        assert told() == [(1, 0, 1), (1, 0, 1)]
        assert answers(of(north)["day"]["answered_there"]) == "1 still waiting"
        north.clock.skip(601)
        # From now on it is unanswered, whatever time a deputy has.
        north.until(lambda: told() == [(1, 0, 0), (1, 0, 0)])
        assert answers(of(south)["day"]["answered_here"]) == "0 of 1"
        south.hears(north.sends("And now?", "FLASH"))
        assert told() == [(2, 0, 1), (2, 0, 1)]
        assert answers(of(north)["month"]["answered_there"]) == "0 of 1; 1 still waiting"


def test_both_sides_say_until_when_the_next_test_is_due(tmp_path: Path) -> None:
    with two_stations(tmp_path, test_s=3_600, mark="ACTUAL") as (north, south):
        made = north.line()["next_test"]
        assert made == south.line()["next_test"]
        north.clock.skip(50)
        n = north.watch.asks("test.call")["n"]
        south.hears(n)
        assert north.line()["next_test"] == made  # it counts once somebody has answered
        answer = south.watch.asks("test.answer", n=n, text="Heard.")["n"]
        north.hears(answer)
        for post in (north, south):
            assert 3_300 < post.line()["next_test"] - post.watch.asks("status")["now"] <= 3_600
        assert abs(north.line()["next_test"] - south.line()["next_test"]) <= 1


def test_no_test_is_due_where_none_was_agreed(tmp_path: Path) -> None:
    with two_stations(tmp_path, test_s=0, mark="ACTUAL") as (north, _):
        assert north.line()["next_test"] is None


def test_a_place_has_the_time_zone_that_was_set(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        assert north.line()["places"] == {"ours": None, "theirs": None}
        north.operator.asks("place.set", zone="Europe/Oslo")
        shown = north.operator.asks("place.set", zone="Asia/Shanghai", line="Blue Line")
        assert [each["zone"] for each in (shown["ours"], *shown["theirs"])] == [
            "Europe/Oslo",
            "Asia/Shanghai",
        ]
        assert north.line()["places"] == {"ours": "Europe/Oslo", "theirs": "Asia/Shanghai"}
        for wrong in ("Mars/Olympus", "../../etc/passwd", "/etc/localtime"):
            with pytest.raises(Misused):
                north.operator.asks("place.set", zone=wrong)
        with pytest.raises(Refused):
            north.watch.asks("place.set", zone="UTC")
        assert north.operator.asks("place.set", zone="")["ours"]["zone"] is None
        assert north.watch.asks("place.list")["ours"]["zone"] is None
