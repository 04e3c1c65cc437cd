"""A FLASH behind a hundred queued ROUTINE of 64 KiB each."""

from __future__ import annotations

import asyncio
import time

from bench.driver import Crew, text_of
from bench.table import Figure

QUEUED = 100
TEXT_BYTES = 65_536
REPEATS = 5


async def measure(here: Crew, there: Crew) -> list[Figure]:
    """Release the hundred, then the FLASH; how long until it is announced there."""
    waits, behind = [], []
    for number in range(REPEATS):
        routine = [await here.draft(text_of(TEXT_BYTES, each)) for each in range(QUEUED)]
        flash = await here.draft(text_of(78, number), "FLASH")
        base = (await here.line())["our_size"]
        await asyncio.gather(*(here.release(draft) for draft in routine))
        began = time.monotonic()
        await here.release(flash)
        await there.until_flashes(number + 1)
        n = there.flashes[-1]
        waits.append((there.arrived[n] - began) * 1e3)
        behind.append(n - base)
        await here.until_receipted(base + QUEUED + 1)
    note = f"of {REPEATS}; numbered before it: {min(behind)} to {max(behind)} of {QUEUED}"
    return [
        Figure("FLASH behind 100 x 64 KiB, median", sorted(waits)[REPEATS // 2], "ms", "", note),
        Figure("FLASH behind 100 x 64 KiB, worst", max(waits), "ms", "", f"of {REPEATS}"),
    ]
