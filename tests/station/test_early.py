"""A FLASH behind a gap: shown and opened at once, confirmed without a second alarm, or never."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import body_of
from parley.core.errors import Refused, Unavailable
from parley.core.kept import HeldRow
from parley.core.speaking import ENVELOPE, frame_kind
from parley.station.entries import early
from tests.playbook import Post, two_stations
from tests.station.test_resuming import resume

LONG = "The bridge is open again. " * 100


class Gap:
    """A way on which entries above a size are lost, until it is mended."""

    def __init__(self, post: Post) -> None:
        self.mended = False
        self._hear = post.station.carrying.hear
        post.stage.do(lambda: setattr(post.station.carrying, "hear", self.hear))

    def hear(self, path: Any, frames: Sequence[bytes], now: Any) -> Any:
        entries = [each for each in frames if frame_kind(each) == ENVELOPE and not self.mended]
        passed = [each for each in frames if each not in entries or len(each) < len(LONG)]
        return self._hear(path, passed, now)


@contextmanager
def across_a_gap(
    tmp_path: Path, provisional: str = "FLASH", lost: int = 2, precedence: str = "FLASH"
) -> Iterator[tuple[Post, Post, Gap, int]]:
    """Some long messages are lost on their way to South, and a short one behind them arrives."""
    with two_stations(tmp_path, provisional=provisional, flash_s=60) as (north, south):
        gap = Gap(south)
        for _ in range(lost):
            north.says(LONG)
        n = north.sends("Hold your fire.", precedence)
        yield north, south, gap, n


def mended(south: Post, gap: Gap, n: int) -> None:
    """The way is whole again, and what was lost comes again."""
    gap.mended = True
    south.until(lambda: south.line()["their_size"] > n)


def rings(south: Post) -> list[dict[str, Any]]:
    """All alarms that were told so far."""
    found = []
    while not south.happened.empty():
        event = south.happened.get()
        found += [event] if event["kind"] == "alarm" and event["dir"] == "theirs" else []
    return found


def acts(post: Post) -> list[str]:
    rows = post.auditor.asks("audit")["rows"]
    return [f"{row['act']}: {row['outcome']}" for row in rows if "deputy" not in row["act"]]


def test_G2_a_flash_behind_a_gap_rings_at_once_and_never_again(tmp_path: Path) -> None:
    with across_a_gap(tmp_path) as (_, south, gap, n):
        event = south.event("alarm", n=n)
        outstanding = f"{n - 2}–{n - 1}"
        assert (event["precedence"], event["provisional"]) == ("FLASH", outstanding)
        (alarm,) = south.watch.asks("status")["alarms"]
        assert (alarm["n"], alarm["again"]) == (n, False)
        assert alarm["provisional"] == {
            "outstanding": outstanding,
            "never": False,
            "again": False,
        }
        view = south.reads(n)
        assert view["text"] == "Hold your fire."
        assert (view["leaf"], view["check_group"]) == ("", "")
        assert [stage["stage"] for stage in view["stages"]][-1] == "shown provisionally"
        (listed,) = south.watch.asks("inbox")["messages"]
        assert listed["provisional"]["outstanding"] == outstanding
        mended(south, gap, n)
        south.event("message", n=n, state="joined")
        assert [each["n"] for each in rings(south)] == []
        # The two that were late have rung in their turn, before it joined.
        view = south.reads(n)
        assert view["provisional"] is None
        assert len(view["check_group"]) == 6
        names = [stage["stage"] for stage in view["stages"]]
        assert names[-2:] == ["shown provisionally", "received"]
        assert any(
            f"message {n} of theirs (FLASH), {outstanding} out" in act for act in acts(south)
        )
        assert any("joined the record" in act for act in acts(south))


def test_G3_opened_before_its_turn_it_is_said_when_it_has_joined(tmp_path: Path) -> None:
    with across_a_gap(tmp_path) as (north, south, gap, n):
        south.event("alarm", n=n)
        opened = south.watch.asks("open", n=n)
        assert (opened["stage"], opened["outstanding"]) == (
            "opened provisionally",
            f"{n - 2}–{n - 1}",
        )
        assert south.watch.asks("open", n=n)["stage"] == "opened provisionally"
        assert south.watch.asks("status")["alarms"] == []
        for verb, more in (
            ("pass", {"office": "Staff"}),
            ("readback", {"group": "123456"}),
            ("unable", {"reason": "No."}),
            ("wait", {"minutes": 5}),
        ):
            with pytest.raises(Refused, match=f"Message {n} is provisional"):
                south.watch.asks(verb, n=n, **more)
        with pytest.raises(Refused, match="is provisional"):
            south.drafts("We hold.", "FLASH", answers=n)
        south.says("Something else.")  # a draft does not wait for what is provisional
        mended(south, gap, n)
        north.until(lambda: "opened" in north.stages(n))
        names = south.stages(n, "theirs")
        assert names[3:] == [
            "shown provisionally",
            "opened provisionally",
            "received",
            "displayed",
            "opened",
        ]
        assert [stage for stage in north.stages(n) if stage == "opened"] == ["opened"]
        south.watch.asks("pass", n=n, office="Staff")


def test_G3_G5_a_restart_in_between_loses_nothing_and_says_that_it_is_no_second_one(
    tmp_path: Path,
) -> None:
    with across_a_gap(tmp_path) as (north, south, _, n):
        south.event("alarm", n=n)
        north.stops()
        south.stops()
        while not south.happened.empty():
            south.happened.get()
        south.starts()
        (alarm,) = south.watch.asks("status")["alarms"]
        assert (alarm["n"], alarm["again"], alarm["state"]) == (n, True, "ringing")
        assert south.reads(n)["provisional"]["again"]
        south.watch.asks("open", n=n)
        north.starts()
        south.until(lambda: south.line()["their_size"] > n)
        north.until(lambda: "opened" in north.stages(n))
        assert n not in [each["n"] for each in rings(south)]


def test_G5_a_new_beginning_that_was_undone_makes_no_second_alarm_of_what_was_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with across_a_gap(tmp_path) as (north, south, _, n):
        south.event("alarm", n=n)
        north.stops()
        south.stops()
        south.starts()
        look, full = south.station.watch.look, [False]

        def looks() -> None:
            look()
            begun = any(each.get("state") == "begun anew" for each in south.station._happened)
            full[0] |= begun
            if full[0]:
                raise Unavailable("The disk is full.") from sqlite3.OperationalError("full")

        monkeypatch.setattr(south.station.watch, "look", looks)
        Gap(south)
        north.starts()
        north.watch.asks("line.resume", reason="A machine was changed.")
        south.until(lambda: south.line()["resumption"]["theirs"])
        south.watch.asks("line.resume", reason="Agreed.")
        south.until(lambda: full[0])
        (alarm,) = south.watch.asks("status")["alarms"]
        assert (alarm["inc"], alarm["n"], alarm["again"]) == (1, n, True)
        monkeypatch.setattr(south.station.watch, "look", look)
        south.until(lambda: south.line()["inc"] == 2)


def test_G3_what_joined_just_before_the_power_failed_is_said_after_it(tmp_path: Path) -> None:
    with across_a_gap(tmp_path) as (north, south, gap, n):
        south.event("alarm", n=n)
        south.watch.asks("open", n=n)
        # The step that lets it join is kept; what was to follow it never comes.
        submit = south.station.submit
        south.stage.do(lambda: setattr(south.station, "submit", lambda *_: None))
        gap.mended = True
        south.until(lambda: south.station.lines[0].line.state(south.station.now).their_size > n)
        south.stage.do(lambda: setattr(south.station, "submit", submit))
        assert "opened" not in north.stages(n)
        south.stops()
        south.starts()
        north.until(lambda: "opened" in north.stages(n))


def test_G4_where_the_line_halts_first_it_never_joined(tmp_path: Path) -> None:
    with across_a_gap(tmp_path) as (_, south, _, n):
        south.event("alarm", n=n)

        def halt() -> None:
            station = south.station
            line = station.lines[0].line.line
            station.in_next_step(lambda: line._halt("our copies of the record differ", station.now))

        south.stage.do(halt)
        south.until(lambda: south.line()["halted"])
        view = south.reads(n)
        assert view["provisional"]["never"]
        assert view["text"] == "Hold your fire."
        assert south.watch.asks("open", n=n)["stage"] == "opened provisionally"
        assert any(act.startswith("never joined the record") for act in acts(south))
        with pytest.raises(Refused):
            south.auditor.asks("prove", n=n)


@pytest.mark.parametrize(
    ("provisional", "precedence", "shown"),
    [
        ("NONE", "FLASH", False),
        ("FLASH", "IMMEDIATE", False),
        ("IMMEDIATE", "IMMEDIATE", True),
        ("IMMEDIATE", "PRIORITY", False),
    ],
)
def test_G1_only_what_was_agreed_is_shown_before_its_turn(
    tmp_path: Path, provisional: str, precedence: str, shown: bool
) -> None:
    with across_a_gap(tmp_path, provisional, 1, precedence) as (_, south, gap, n):
        station = south.station

        def held() -> bool:
            return station.lines[0].line.state(station.now).held > 0

        south.until(lambda: south.stage.do(held))
        assert bool(south.watch.asks("inbox")["messages"]) is shown
        mended(south, gap, n)
        assert len(south.watch.asks("inbox")["messages"]) == 2


def test_G2_the_outstanding_numbers_are_said_shortly(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        north.starts()

        def words(*held: int) -> str:
            station = north.station
            (line,) = station.lines
            with station.store.transaction():
                for n in held:
                    station.store.sql(
                        "INSERT INTO held VALUES (?, ?, ?, 1, 0, 0, 0, x'', x'', x'')",
                        (*line.key, n),
                    )
                said = early.outstanding(station, line, held[-1])
                station.store.sql("DELETE FROM held")
            return said

        assert north.stage.do(lambda: words(1)) == "0"
        assert north.stage.do(lambda: words(4)) == "0–3"
        assert north.stage.do(lambda: words(1, 2, 5)) == "0, 3–4"
        assert north.stage.do(lambda: words(*range(1, 11, 2))) == "0, 2, 4, 6, 8"
        assert north.stage.do(lambda: words(*range(1, 13, 2))) == "0, 2, 4, 6, 8 … 10"


def test_G2_an_order_that_came_before_its_turn_is_none_yet_and_a_restart_survives_it(
    tmp_path: Path,
) -> None:
    """A counterpart may write a SUSPEND of any precedence behind a gap it never closes."""
    with across_a_gap(tmp_path, provisional="IMMEDIATE") as (north, south, gap, n):
        south.event("alarm", n=n)
        order = north.releases(north.drafter.asks("suspend", reason="Manoeuvres."))["n"]
        later = north.sends("Said behind it.", "FLASH", rescue=True)
        south.event("alarm", n=later)
        assert south.line()["declared"] == "open"
        north.stops()  # or what was lost comes again as soon as South runs
        south.stops()
        south.starts()
        assert south.line()["declared"] == "open"
        north.starts()
        mended(south, gap, later)
        assert south.line()["declared"] == "suspended"
        assert south.reads(order)["kind"] == "suspend"


def test_G4_what_never_joined_stays_readable_when_the_line_begins_anew(tmp_path: Path) -> None:
    """It rang and was read. That its speaker says it again, or not, takes nothing back."""
    with across_a_gap(tmp_path) as (north, south, gap, n):
        south.event("alarm", n=n)
        opened = south.watch.asks("open", n=n)
        assert opened["outstanding"]
        later = north.sends("And hold the bridge.", "FLASH")
        south.event("alarm", n=later)
        resume(north, south)
        gap.mended = True
        old = f"{south.line()['line']}@1"
        for at, text in ((n, "Hold your fire."), (later, "And hold the bridge.")):
            view = south.watch.asks("message", n=at, line=old)
            assert (view["text"], view["provisional"]["never"]) == (text, True)
        assert sum(act.startswith("never joined the record") for act in acts(south)) == 2
        # Nobody has opened the second one: it rings on until somebody has.
        assert south.watch.asks("open", n=later, line=old)["stage"] == "opened provisionally"
        south.until(lambda: len(south.watch.asks("inbox", all=True)["messages"]) == 6)
        texts = [m["text"] for m in south.watch.asks("inbox", all=True)["messages"]]
        assert texts.count("Hold your fire.") == 2
        with pytest.raises(Refused):
            south.auditor.asks("prove", n=n, line=old)
        for _ in range(2):
            south.stops()
            south.starts()
        assert south.watch.asks("message", n=n, line=old)["text"] == "Hold your fire."


def test_G4_what_never_joined_stays_readable_when_the_line_is_closed(tmp_path: Path) -> None:
    """A counterpart closes with a number it had not come to, and a FLASH beyond it."""
    with two_stations(tmp_path, provisional="FLASH") as (north, south):
        station = south.station
        open_line = station.lines[0]
        size = south.line()["their_size"]
        row = HeldRow(size + 100, 1, 0xC0, 0, 0, bytes(32), bytes(32), body_of(1, {}, "Too late?"))

        def hears() -> None:
            ears = open_line.line.line._ears
            ears.held[row.n], ears.moved = row, True

        south.stage.do(lambda: station.in_next_step(hears))
        south.event("alarm", n=row.n)
        north.releases(north.drafter.asks("close", reason="For good."))

        def is_over() -> bool:
            south.clock.skip(10)
            return bool(south.line()["observed"] == "over")

        south.until(is_over)
        for _ in range(2):
            (told,) = [m for m in south.watch.asks("inbox")["messages"] if m["n"] == row.n]
            assert (told["text"], told["provisional"]["never"]) == ("Too late?", True)
            south.stops()
            south.starts()
