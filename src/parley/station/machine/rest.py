"""A moment of rest, in which the store is made ready for what comes next."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from parley.core.errors import ParleyError
from parley.station.machine.clock import Alarm, Clock
from parley.store.sqlite import SqliteStore

REST_S = 0.02


class Rest:
    """Waits until no step was at work for REST_S and none is due; clears the journal then and
    begins it anew, so that a message that comes out of the silence, a FLASH above all, is durable
    sooner. A disk that takes longer than REST_S for each step is no moment of rest."""

    def __init__(self, store: SqliteStore, clock: Clock, busy: Callable[[], bool]) -> None:
        """`busy` says whether a step is due."""
        self._store = store
        self._clock = clock
        self._busy = busy
        self._begins = 0.0
        self._alarm: Alarm | None = None

    def after(self) -> None:
        """A step has just been made."""
        self._begins = self._clock.now().mono + REST_S
        if self._alarm is None:
            self._alarm = self._clock.call_at(self._begins, self._look)

    def stop(self) -> None:
        """The station stops."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _look(self) -> None:
        self._alarm = None
        if self._busy():
            return self.after()
        if self._clock.now().mono < self._begins:
            self._alarm = self._clock.call_at(self._begins, self._look)
            return
        with suppress(ParleyError):  # a receipt that waits for a scrub says so by itself
            self._store.scrub()
            self._store.make_ready()
