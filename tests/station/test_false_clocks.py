"""A counterpart whose clock is wrong, or lies, changes no alarm and no figure of tests."""

from __future__ import annotations

from pathlib import Path

from parley.station.alarms.tested import MISSES_MAX
from tests.playbook import HOUR_S, hourly, two_stations
from tests.station.test_scheduled_tests import asks, of, shows

DECADES_S = 100 * 366 * 86_400


def test_T2_an_answer_that_says_it_is_of_a_later_century_puts_no_test_off(tmp_path: Path) -> None:
    with two_stations(tmp_path, mark="ACTUAL", test_s=HOUR_S) as (north, south):
        called = south.watch.asks("test.call")["n"]
        north.hears(called)
        north.clock.set_wrong(DECADES_S)
        answer = north.watch.asks("test.answer", n=called, good=True)["n"]
        south.hears(answer)
        now = south.watch.asks("status")["now"]
        assert asks(south)["due"]["until"] <= now + HOUR_S
        assert shows(south)["figures"]["month"]["missed_by_either"] == 0
        south.clock.skip(HOUR_S + 60)
        south.event("overdue", state="test missed")
        assert shows(south)["figures"]["month"]["missed_by_either"] == 1


def test_T9_a_test_that_says_it_is_of_a_later_century_silences_no_alarm(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, b):
        a.clock.set_wrong(DECADES_S)
        called = a.watch.asks("test.call")["n"]
        b.hears(called)
        assert asks(b)["due"]["by"] == "theirs"  # what it says of itself is no test of this hour
        b.clock.skip(901)
        b.event("overdue", state="test missed")
        assert of(b)[1]["missed"] == 1
        b.clock.skip(2 * HOUR_S)
        b.event("overdue", state="test missed")
        assert of(b)[1]["missed"] == 2


def test_T8_a_schedule_of_seconds_costs_no_more_than_one_of_minutes(tmp_path: Path) -> None:
    with two_stations(tmp_path, mark="ACTUAL", test_s=1) as (north, _):
        north.clock.skip(40 * 86_400)
        assert shows(north)["figures"]["month"]["missed_by_either"] <= MISSES_MAX
