"""Clocks that run, deputies who are called, and what is recorded when nobody answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parley.cli.status import in_words
from tests.playbook import Post, two_stations


def acts(post: Post) -> list[str]:
    """What the audit trail says the station itself found."""
    return [row["act"] for row in post.auditor.asks("audit")["rows"] if row["person"] == 0]


def alarm(post: Post) -> dict[str, Any] | None:
    """The first alarm of `status`."""
    alarms = post.watch.asks("status")["alarms"]
    return alarms[0] if alarms else None


def test_a_deputy_is_called_and_then_it_is_recorded_that_nobody_answered(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Answer at once.", "FLASH")
        south.event("alarm", state="ringing", n=n)
        ringing = alarm(south)
        assert ringing is not None
        assert (ringing["state"], ringing["desk"]) == ("ringing", "watch desk")
        assert [each["name"] for each in ringing["called"]] == [south.watch.name]
        assert 595 < ringing["clock"]["left_s"] <= 600

        north.clock.skip(601)
        called = south.event("alarm", state="deputy", n=n)
        assert called["called"]["name"] == south.deputy.name
        ringing = alarm(south)
        assert ringing is not None
        assert [each["name"] for each in ringing["called"]] == [south.deputy.name]
        assert ringing["clock"]["overdue"]
        # The clock that ran out is shown as overdue; the deputy's time stands beside it.
        assert -30 < ringing["clock"]["left_s"] <= -1
        assert called["due"] == ringing["clock"]["due"]
        assert south.reads(n)["clock"]["left_s"] <= -1
        assert 570 < ringing["until"] - south.station.now.wall <= 600
        missed = north.event("alarm", state="nobody answered", n=n)
        assert missed["dir"] == "ours"

        north.clock.skip(601)
        south.event("alarm", state="nobody answered", n=n, dir="theirs")
        assert "deputy called (Blue Line)" in acts(south)
        assert "nobody answered (Blue Line)" in acts(south)
        assert "nobody answered (Blue Line)" in acts(north)
        still = alarm(south)
        assert still is not None
        assert still["state"] == "nobody answered"
        assert still["until"] is None
        assert -640 < still["clock"]["left_s"] <= -602  # since the first clock, not the deputy's

        south.watch.asks("open", n=n)
        south.until(lambda: alarm(south) is None)
        north.until(lambda: alarm(north) is None)
        assert south.reads(n)["clock"] is None


def test_what_ran_out_while_the_station_stood_still_is_overdue_since_then(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.operator.asks("desk.deputies", desk=1, persons=[])
        n = north.sends("Answer at once.", "FLASH")
        south.hears(n)
        south.stops()
        north.clock.skip(600 + 25 * 60)
        south.starts()
        south.until(lambda: (alarm(south) or {}).get("state") == "nobody answered")
        still = alarm(south)
        assert still is not None
        assert still["clock"]["overdue"]
        assert -26 * 60 < still["clock"]["left_s"] <= -25 * 60
        assert south.reads(n)["clock"]["left_s"] <= -25 * 60


def test_a_deputy_who_is_called_at_the_start_has_a_time_beside_the_clock_that_ran(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Answer at once.", "FLASH")
        south.hears(n)
        south.stops()
        north.clock.skip(600 + 25 * 60)
        south.starts()
        south.until(lambda: (alarm(south) or {}).get("state") == "deputy")
        ringing = alarm(south)
        assert ringing is not None
        assert -26 * 60 < ringing["clock"]["left_s"] <= -25 * 60
        assert 570 < ringing["until"] - south.station.now.wall <= 600
        (said,) = [each for each in in_words(south.watch.asks("status")) if "deputy at" in each]
        assert f"deputy at watch desk for {south.deputy.name} until " in said
        assert ", OVERDUE by 25:" in said
        south.clock.set_wrong(-3_600)  # a wall clock that is set back makes nothing early
        assert south.reads(n)["clock"]["left_s"] <= 0


def test_who_opens_in_time_stops_the_clock_on_both_sides(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Answer at once.", "FLASH")
        south.hears(n)
        south.watch.asks("open", n=n)
        north.until(lambda: north.reads(n, "ours")["acknowledged"])
        north.clock.skip(700)
        later = north.sends("And another.", "ROUTINE")
        south.hears(later)
        for post in (north, south):
            assert not [act for act in acts(post) if "answered" in act or "deputy" in act]


def test_an_answer_is_an_acknowledgement_too(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Answer at once.", "FLASH")
        south.hears(n)
        south.says("At once.", "FLASH", answers=n)
        assert south.reads(n)["clock"] is None
        north.until(lambda: north.reads(n, "ours")["acknowledged"])


def test_each_precedence_has_the_clock_that_was_agreed(tmp_path: Path) -> None:
    with two_stations(tmp_path, flash_s=60, immediate_s=120) as (north, south):
        for precedence, clock_s in (("FLASH", 60), ("IMMEDIATE", 120), ("ROUTINE", 21_600)):
            n = north.sends("How long?", precedence)
            clock = south.hears(n)["clock"]
            assert clock_s - 5 < clock["left_s"] <= clock_s


def test_clocks_go_on_after_a_restart(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Answer at once.", "FLASH")
        south.hears(n)
        south.stops()
        north.clock.skip(601)
        south.starts()
        south.event("alarm", state="deputy", n=n)


def test_a_wall_clock_that_is_set_neither_hurries_nor_holds_an_alarm(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Answer at once.", "FLASH")
        south.hears(n)
        south.clock.set_wrong(-7200)
        clock = south.reads(n)["clock"]
        assert 590 < clock["left_s"] <= 600
        south.clock.set_wrong(7200)
        assert 590 < south.reads(n)["clock"]["left_s"] <= 600
        north.clock.skip(601)
        south.event("alarm", state="deputy", n=n)


def test_without_deputies_it_is_recorded_when_the_first_clock_runs_out(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.operator.asks("desk.deputies", desk=1, persons=[])
        n = north.sends("Answer at once.", "FLASH")
        south.hears(n)
        north.clock.skip(601)
        south.event("alarm", state="nobody answered", n=n)


def test_a_test_answer_rings_nobody(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.watch.asks("test.call")["n"]
        south.hears(n)
        m = south.watch.asks("test.answer", n=n, text="Heard.")["n"]
        assert north.hears(m)["clock"] is None


def test_a_line_that_falls_silent_is_told_and_recorded(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.until(lambda: north.line()["observed"] == "heard")
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        north.clock.skip(26)
        north.event("line", state="silent")
        view = north.line()
        assert (view["observed"], view["declared"]) == ("silent", "open")
        assert view["last_heard_s"] > 25
        south.starts()
        north.event("line", state="heard")
        assert [act for act in acts(north) if act.startswith("line ")][-2:] == [
            "line silent (Blue Line)",
            "line heard (Blue Line)",
        ]


def test_a_line_is_not_yet_heard_until_this_start_was_echoed(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stops()
        north.stops()
        north.starts()
        assert north.line()["observed"] == "not yet"
        assert north.line()["last_heard_s"] is None
        south.starts()
        north.event("line", state="heard")
