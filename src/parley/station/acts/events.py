"""What happened at this station, numbered, for those who watch: pages and `events` callers.

An event is published only when what it tells is durable. The newest are kept in a ring, so that a
page that lost its connection for a moment goes on where it was; one that was away for longer is
told so and loads afresh. Numbers rise across restarts too.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

KEPT_MAX = 4096

_log = logging.getLogger("parley.station")

Event = dict[str, Any]
Listener = Callable[[list[Event]], None]


class Events:
    """One station's events and those who listen to them."""

    def __init__(self, started_s: float) -> None:
        # A start takes numbers from its own moment on: above all of an earlier start, and exact
        # in a browser's numbers until the year 2255.
        self.seq = int(started_s * 1000) * 1000
        self._first = self.seq
        self._ring: deque[Event] = deque(maxlen=KEPT_MAX)
        self._listeners: dict[int, Listener] = {}
        self._next_listener = 0

    def publish(self, happened: list[Event]) -> None:
        """Number what happened and tell every listener, at once and in order."""
        for event in happened:
            self.seq += 1
            event["seq"] = self.seq
            self._ring.append(event)
        for listener in list(self._listeners.values()):
            try:
                listener(happened)
            except Exception:  # one page's mistake is nobody else's trouble
                _log.exception("a listener failed")

    def since(self, seq: int) -> list[Event]:
        """All events after `seq`; begins with a "gap" when some of them are gone."""
        oldest = self._ring[0]["seq"] if self._ring else self.seq + 1
        missed = seq < oldest - 1 or seq > self.seq
        kept = [event for event in self._ring if event["seq"] > seq or missed]
        return [{"kind": "gap", "seq": oldest - 1}, *kept] if missed else kept

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each batch from now on; returns how to stop.

        It is called from within the station's step and must not wait.
        """
        number, self._next_listener = self._next_listener, self._next_listener + 1
        self._listeners[number] = listener

        def stop() -> None:
            self._listeners.pop(number, None)

        return stop
