"""Messages a second, durable at both, one direction, 60 bytes, 64 without a receipt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from bench.driver import Crew, cpu_s, text_of
from bench.table import Figure

MESSAGES = 4000
OUTSTANDING = 64


async def measure(here: Crew, there: Crew) -> list[Figure]:
    """Drafts that wait, released; then drafted and released."""
    waiting: list[dict[str, Any]] = []
    for first in range(0, MESSAGES, 256):
        some = range(first, min(first + 256, MESSAGES))
        waiting += await asyncio.gather(*(here.draft(text_of(60, each)) for each in some))
    return [
        *await _run("messages/s, released", waiting, here, there, "1000"),
        *await _run("messages/s, drafted and released", [None] * MESSAGES, here, there, ""),
    ]


async def _run(
    name: str, drafts: Sequence[dict[str, Any] | None], here: Crew, there: Crew, aim: str
) -> list[Figure]:
    """Keep OUTSTANDING without a receipt until all have theirs."""
    base = (await here.line())["our_size"]
    total, begun = len(drafts), 0
    more, done = asyncio.Event(), asyncio.Event()

    def receipted() -> None:
        more.set()
        if here.receipted >= base + total:
            done.set()

    async def send(number: int, draft: dict[str, Any] | None) -> None:
        if draft is None:
            draft = await here.draft(text_of(60, number))
        await here.release(draft)

    here.on_receipt = receipted
    processes = [here.post.pid, there.post.pid]
    before = [cpu_s(pid) for pid in processes]
    driver, began = time.process_time(), time.monotonic()
    under_way: set[asyncio.Task[None]] = set()
    while begun < total:
        while begun < total and base + begun - here.receipted < OUTSTANDING:
            task = asyncio.create_task(send(begun, drafts[begun]))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            begun += 1
        more.clear()
        await more.wait()
    await done.wait()
    took = time.monotonic() - began
    used = [cpu_s(pid) - was for pid, was in zip(processes, before, strict=True)]
    note = (
        f"{OUTSTANDING} outstanding; cpu: driver {(time.process_time() - driver) / took:.0%},"
        f" sender {used[0] / took:.0%}, receiver {used[1] / took:.0%}"
    )
    here.on_receipt = lambda: None
    return [Figure(name, total / took, "1/s", aim, note)]
