"""A hundred messages released during a cut of thirty seconds, once the path is back."""

from __future__ import annotations

import asyncio
import time

from bench.driver import Crew, text_of
from bench.proxy import Wire
from bench.table import Figure

CUT_S = 30.0
QUEUED = 100


async def measure(here: Crew, there: Crew, wire: Wire) -> list[Figure]:
    """Cut, release, restore; seconds from the path's return to the first and the last arrival."""
    drafts = [await here.draft(text_of(60, each)) for each in range(QUEUED)]
    base = (await here.line())["our_size"]
    await wire.cut()
    cut_at = time.monotonic()
    await asyncio.gather(*(here.release(draft) for draft in drafts))
    await asyncio.sleep(cut_at + CUT_S - time.monotonic())
    await wire.start()
    back = time.monotonic()
    await there.until_arrived(base + QUEUED - 1)
    arrivals = [there.arrived[base + each] - back for each in range(QUEUED)]
    await here.until_receipted(base + QUEUED)
    note = f"after {CUT_S:g} s without a path"
    return [
        Figure("first of 100 queued messages arrives", min(arrivals), "s", "0.4", note),
        Figure("all 100 have arrived", max(arrivals), "s", "1", note),
        Figure("all 100 are receipted", here.receipted_at - back, "s", "", note),
    ]
