"""One message at a time, from the release request to the durable receipt, without a browser."""

from __future__ import annotations

import asyncio
import random
import time

from bench.driver import Crew, text_of
from bench.table import Figure, spread

MESSAGES = 200
PAUSE_S = (0.03, 0.07)


async def measure(here: Crew, there: Crew) -> list[Figure]:
    """Release to: answer, arrival announced there, receipt here."""
    chance = random.Random(1)
    answered, arrived, receipted = [], [], []
    for number in range(MESSAGES):
        draft = await here.draft(text_of(60, number))
        await asyncio.sleep(chance.uniform(*PAUSE_S))
        began = time.monotonic()
        n = (await here.release(draft))["n"]
        answered.append((time.monotonic() - began) * 1e3)
        await here.until_receipted(n + 1)
        receipted.append((here.receipted_at - began) * 1e3)
        await there.until_arrived(n)
        arrived.append((there.arrived[n] - began) * 1e3)
    return [
        *spread("release to its answer", answered, "ms", ("", "")),
        *spread("release to arrival on the socket there", arrived, "ms", ("1", "5")),
        *spread("release to receipt", receipted, "ms", ("", "")),
    ]
