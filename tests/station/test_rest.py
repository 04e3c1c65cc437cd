"""A moment of rest: when the journal is made ready, and when that would be in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from parley.core.terms import Instant
from parley.station.machine.clock import Alarm
from parley.station.machine.rest import REST_S, Rest
from parley.store.sqlite import ROOM_BYTES, SqliteStore


class _Hand:
    """A clock that is set by hand, with one call to come."""

    def __init__(self) -> None:
        self.mono = 100.0
        self.due: tuple[float, Callable[[], None]] | None = None

    def now(self) -> Instant:
        return Instant(0.0, self.mono)

    def call_at(self, mono: float, call: Callable[[], None]) -> Alarm:
        self.due = (mono, call)
        return self

    def cancel(self) -> None:
        self.due = None

    def to(self, mono: float) -> None:
        """Let so much time pass, and call who is due by then."""
        self.mono = mono
        while self.due is not None and self.due[0] <= mono:
            _, call = self.due
            self.due = None
            call()


def test_the_journal_is_made_ready_once_no_step_is_at_work_or_due(tmp_path: Path) -> None:
    clock, store = _Hand(), SqliteStore(tmp_path / "database")
    journal = tmp_path / "database-wal"
    due = True
    rest = Rest(store, clock, lambda: due)

    def is_ready() -> bool:
        return journal.stat().st_size == ROOM_BYTES

    clock.mono += 1.0  # a step that took a second: that was no rest
    rest.after()
    clock.to(101.0 + REST_S / 2)
    assert not is_ready()
    clock.to(101.0 + REST_S)  # a frame came in this very moment
    assert not is_ready()
    due = False
    clock.to(101.0 + 2 * REST_S)
    assert is_ready()
    assert clock.due is None
    store.close()


def test_each_step_puts_the_rest_off(tmp_path: Path) -> None:
    clock, store = _Hand(), SqliteStore(tmp_path / "database")
    rest = Rest(store, clock, lambda: False)
    for _ in range(5):
        rest.after()
        clock.to(clock.mono + REST_S * 0.75)
    assert (tmp_path / "database-wal").stat().st_size == 0
    clock.to(clock.mono + REST_S * 0.25)
    assert (tmp_path / "database-wal").stat().st_size == ROOM_BYTES
    rest.after()
    rest.stop()
    assert clock.due is None
    store.close()
