"""The clocks of a simulated station: one that only goes on, and one that people can set wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parley.core.terms import Instant

if TYPE_CHECKING:
    from parley.exercise.world import World

WALL = 1_800_000_000.0  # POSIX seconds at which every world begins


class SimClock:
    """Both clocks of a station, one of which can be set wrong."""

    def __init__(self, world: World, begins: float) -> None:
        self._world = world
        self._begins = begins  # a monotonic clock begins anywhere
        self.ahead_s = 0.0
        self.stopped_at: float | None = None

    @property
    def now(self) -> Instant:
        """This moment, as the station sees it."""
        at = self._world.now
        wall = WALL + at + self.ahead_s if self.stopped_at is None else self.stopped_at
        return Instant(wall, self._begins + at)

    def restarts(self, begins: float) -> None:
        """The machine was off: the monotonic clock begins anew."""
        self._begins = begins - self._world.now
