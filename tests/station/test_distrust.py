"""Clocks that jump, differ or go back are told to people, and never refuse anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.core.entry import EPOCH_2020
from parley.core.errors import Unavailable
from parley.core.kept import EntryRow
from parley.core.terms import Instant
from parley.station.line.distrust import JUMP_S_MAX, OLDEST_CLOCK, Claims, Skew, doubt_of, words
from tests.playbook import Post, two_stations

START = Instant(1_793_000_000.0, 500.0)


def entry(n: int, time: float, dir: int = 1) -> EntryRow:
    return EntryRow(dir, n, 1, 8, int(time) - EPOCH_2020, 0, b"", b"", b"", b"", b"", time)


def acts(post: Post) -> list[str]:
    return [row["act"].partition(" (")[0] for row in post.auditor.asks("audit")["rows"]]


def doubts(post: Post) -> str:
    return " ".join(post.line()["clock"]["doubts"])


@pytest.mark.parametrize(
    ("wall_s", "mono_s", "why"),
    [
        (1000, 1000, None),
        (1000 + JUMP_S_MAX, 1000, None),
        (1001 + JUMP_S_MAX, 1000, "moved 1 minute ahead"),
        (-7200, 0, "moved 2 hours back"),
        (5 * 86_400, 0, "moved 5 days ahead"),
        (OLDEST_CLOCK - START.wall - 1, 0, "before this program was made"),
    ],
)
def test_G6_a_wall_clock_that_moved_alone_is_in_doubt(
    wall_s: float, mono_s: float, why: str | None
) -> None:
    doubt = doubt_of(Instant(START.wall + wall_s, START.mono + mono_s), START)
    assert doubt is None if why is None else why in (doubt or "")


def test_G8_a_fresh_path_measures_and_a_stale_one_does_not() -> None:
    claims, now = Claims.none(), Instant(START.wall, START.mono)

    def measured(n: int, claim_s: float) -> Skew | None:
        claims.measures(entry(n, START.wall + claim_s), now)
        return claims.skew

    assert measured(0, 900) is None  # nothing of ours was echoed yet
    claims.announced, claims.heard_at = 5, START.mono - 12
    assert measured(4, -900) is None  # they had written it before; nobody knows how long
    assert measured(5, -900) == Skew(-900.0, -888.0, 5)
    claims.heard_at = START.mono - 3600
    assert measured(6, -900) == Skew(-900.0, 2700.0, 6)
    assert measured(7, 301) == Skew(301.0, 3901.0, 7)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-900.0, -888.0, "is at least 15 minutes behind ours"),
        (301.0, 3901.0, "is at least 5 minutes ahead of ours"),
        (-900.0, 2700.0, None),
        (-300.0, -300.0, None),
        (300.0, 300.0, None),
    ],
)
def test_G8_people_are_told_where_both_bounds_lie_beyond_five_minutes(
    low: float, high: float, said: str | None
) -> None:
    skew = Skew(low, high, 1)
    assert skew.in_doubt is (said is not None)
    assert said is None or skew.sentence == said


def test_G7_a_time_before_the_one_before_it_is_counted() -> None:
    claims = Claims.none()
    assert [claims.takes(entry(n, START.wall + s)) for n, s in enumerate((0, 5, 5, 2, 4))] == [
        0, 0, 0, 3, 0,
    ]  # fmt: skip
    assert claims.takes(entry(0, START.wall - 9, dir=0)) == 0  # each log by itself
    assert claims.backward == {1: (1, 3, 3)}


@pytest.mark.parametrize(("seconds", "said"), [(2, "2 s"), (60, "1 minute"), (7300, "2 hours")])
def test_lengths_are_said_in_the_larger_unit(seconds: float, said: str) -> None:
    assert words(seconds) == said


def test_G6_G9_a_clock_that_was_set_is_told_to_the_other_side(tmp_path: Path) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        assert doubts(north) == doubts(south) == ""
        north.clock.set_wrong(3600)
        south.until(lambda: "North says that its own clock is in doubt" in doubts(south))
        assert "was moved 1 hour ahead while the station ran; South is told." in doubts(north)
        north.hears(south.sends("Still understood."))
        north.clock.set_wrong(0)
        south.until(lambda: not south.line()["clock"]["theirs_in_doubt"])
        assert not north.line()["clock"]["ours_in_doubt"]
        assert [act for act in acts(north) if "doubt" in act or "trusted" in act] == [
            "clock in doubt",
            "clock trusted again",
        ]
        assert [act for act in acts(south) if "doubt" in act or "trusted" in act] == [
            "their clock in doubt",
            "their clock trusted again",
        ]


def test_G7_G8_G9_claims_are_shown_for_what_they_are(tmp_path: Path) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        south.until(lambda: south.line()["observed"] == "heard")
        north.clock.set_wrong(7200)
        first = north.sends("From the future.")
        assert south.hears(first)["went_back_s"] == 0
        assert "The clock of North is at least 2 hours ahead of ours" in doubts(south)
        low, high = south.line()["clock"]["ahead_s"]
        assert 7100 < low <= high < 7300
        north.clock.set_wrong(0)
        second = north.sends("And back.")
        assert 7100 < south.hears(second)["went_back_s"] <= 7200
        assert "North's times went back once" in doubts(south)
        assert "Our times went back once" in doubts(north)
        assert north.reads(second, "ours")["went_back_s"] > 7100
        assert not south.operator.asks("doctor")["ok"]
        for act in ("clocks differ", "clocks agree", "time went back"):
            assert acts(south).count(act) == 1
        texts = [each["text"] for each in south.watch.asks("inbox", all=True)["messages"]]
        assert texts == ["From the future.", "And back."]


def test_G6_a_doubt_that_could_not_be_kept_is_told_once_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[bool] = []
    with two_stations(tmp_path) as (north, _):
        look = north.station.watch.look

        def fails_once() -> None:
            if not failed:
                failed.append(True)
                raise Unavailable("The disk is full.", "Make room.")
            look()

        def moves() -> None:
            monkeypatch.setattr(north.station.watch, "look", fails_once)
            north.clock.set_wrong(3600)
            north.station.in_next_step(lambda: None)

        north.stage.do(moves)
        north.until(lambda: failed)
        north.until(lambda: "clock in doubt" in acts(north))
        assert acts(north).count("clock in doubt") == 1
        assert "was moved 1 hour ahead" in doubts(north)
