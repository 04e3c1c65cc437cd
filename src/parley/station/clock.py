"""The only reader of time. Everything else is handed an `Instant`.

`wall` may jump and only ever stands in records as a claim; `mono` never goes back and decides
when something is done. Tests hand in a clock they can set.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from parley.core.terms import Instant

SKEW_S_MAX = 300.0  # above it both screens say that a clock is in doubt


class Alarm(Protocol):
    """A call that was asked for and has not come yet."""

    def cancel(self) -> None:
        """Do not call."""


class Clock(Protocol):
    """What tells a station the time, and calls it when some time has come."""

    def now(self) -> Instant:
        """This moment, on both clocks."""

    def call_at(self, mono: float, call: Callable[[], None]) -> Alarm:
        """Call once the monotonic clock shows `mono`; from the event loop."""


class SystemClock:
    """This machine's clocks. The event loop's time is the monotonic one, so alarms are its own."""

    def now(self) -> Instant:
        """This moment, on both clocks."""
        return Instant(time.time(), time.monotonic())

    def call_at(self, mono: float, call: Callable[[], None]) -> Alarm:
        """Call once the monotonic clock shows `mono`."""
        loop = asyncio.get_running_loop()
        return loop.call_at(loop.time() + mono - time.monotonic(), call)


def stamp(wall: float) -> str:
    """A moment as it is shown and kept: UTC, to the millisecond."""
    moment = datetime.fromtimestamp(wall, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
