"""The only reader of time. Everything else is handed an `Instant`.

`wall` may jump and only ever stands in records as a claim; `mono` never goes back and decides
when something is done. Tests hand in a clock they can set.
"""

from __future__ import annotations

import asyncio
import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from parley.core.terms import Instant

_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux
_TIME_ERROR = 5  # what adjtimex answers while the clock is not synchronised
SKEW_S_MAX = 300.0  # above it both screens say that a clock is in doubt


# What is said of it. It is no fault: a clock may be kept right by hand, or by the machine beneath.
SYNCHRONISED = {
    True: "The system says that it is synchronised.",
    False: "The system does not say that it is synchronised; compare it with another one.",
    None: "The system cannot say whether it is synchronised.",
}


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


def synchronised() -> bool | None:
    """Whether something keeps this machine's clock right, as far as its kernel was told; None where
    it cannot be asked. Source: adjtimex(2); with no mode set it only reads."""
    try:
        return _says(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):  # not Linux
        return None


def _says(state: int) -> bool | None:
    return None if state < 0 else state != _TIME_ERROR


class SystemClock:
    """This machine's clocks. The event loop's time is the monotonic one, so alarms are its own."""

    def now(self) -> Instant:
        """This moment, on both clocks."""
        return Instant(time.time(), time.monotonic())

    def call_at(self, mono: float, call: Callable[[], None]) -> Alarm:
        """Call once the monotonic clock shows `mono`."""
        loop = asyncio.get_running_loop()
        return loop.call_at(loop.time() + mono - time.monotonic(), call)


def moment(wall: float) -> str:
    """A moment in a sentence, UTC."""
    return f"{stamp(wall)[:19].replace('T', ' ')}Z"


def stamp(wall: float) -> str:
    """A moment as it is shown and kept: UTC, to the millisecond."""
    moment = datetime.fromtimestamp(wall, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
