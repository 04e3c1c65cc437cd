"""A time for what has to end: no clock that is set back makes it last longer.

It follows the wall clock ahead, since the monotonic one stands still while a machine sleeps, and
goes on by the monotonic one where the wall clock is set back. Over a start it goes on from the
newest time that the station had written. People are shown its moments by the clock on the wall.
"""

from __future__ import annotations

from parley.core.terms import Instant


class Onward:
    """The one such time of a station."""

    def __init__(self, newest: float, now: Instant) -> None:
        """Go on from the newest time that is known."""
        self._time = max(newest, now.wall)
        self._mono = now.mono

    def at(self, now: Instant) -> float:
        """The time at that moment, or at the newest that it was asked for."""
        passed_s = max(now.mono - self._mono, 0.0)
        self._mono += passed_s
        self._time = max(self._time + passed_s, now.wall)
        return self._time

    def shown(self, time: float, now: Instant) -> float:
        """The moment that the wall clock shows then, as it is set now."""
        return time - self.at(now) + now.wall
