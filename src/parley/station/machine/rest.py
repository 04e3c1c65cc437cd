"""A moment of rest, in which the store is made ready for what comes next."""

from __future__ import annotations

from contextlib import suppress

from parley.core.errors import ParleyError
from parley.core.terms import Instant
from parley.station.machine.clock import Alarm, Clock
from parley.store.sqlite import SqliteStore

REST_S = 0.02


class Rest:
    """Waits until no step was made for REST_S; clears the journal then and begins it anew, so that
    a message that comes out of the silence, a FLASH above all, is durable sooner."""

    def __init__(self, store: SqliteStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._begins = 0.0
        self._alarm: Alarm | None = None

    def after(self, now: Instant) -> None:
        """A step was made."""
        self._begins = now.mono + REST_S
        if self._alarm is None:
            self._alarm = self._clock.call_at(self._begins, self._look)

    def stop(self) -> None:
        """The station stops."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _look(self) -> None:
        self._alarm = None
        if self._clock.now().mono < self._begins:
            self._alarm = self._clock.call_at(self._begins, self._look)
            return
        with suppress(ParleyError):  # a receipt that waits for a scrub says so by itself
            self._store.scrub()
            self._store.make_ready()
