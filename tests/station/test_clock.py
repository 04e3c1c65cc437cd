"""The machine's clocks, read in one place."""

from __future__ import annotations

import asyncio
import time

from parley.station.machine.clock import SystemClock, _says, stamp, synchronised


def test_a_moment_is_shown_in_utc_to_the_millisecond() -> None:
    assert stamp(0.0) == "1970-01-01T00:00:00.000Z"
    assert stamp(1_700_000_000.1239) == "2023-11-14T22:13:20.123Z"


async def test_the_clock_calls_when_its_time_has_come() -> None:
    clock = SystemClock()
    called: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    at = clock.now().mono + 0.02
    clock.call_at(at, lambda: called.set_result(clock.now().mono))
    assert await called >= at - 0.002


async def test_a_call_that_was_cancelled_does_not_come() -> None:
    clock = SystemClock()
    called: list[None] = []
    clock.call_at(clock.now().mono, lambda: called.append(None)).cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert called == []


def test_now_is_now() -> None:
    now = SystemClock().now()
    assert abs(now.wall - time.time()) < 5
    assert abs(now.mono - time.monotonic()) < 5


def test_the_kernel_is_asked_whether_its_clock_is_synchronised() -> None:
    assert synchronised() in (True, False)  # on Linux it can always be asked
    assert [_says(state) for state in (0, 1, 4, 5, -1)] == [True, True, True, False, None]
