"""How long a start takes, and how much memory a station has needed."""

from __future__ import annotations

import statistics
import time

from bench.driver import Crew, peak_mb
from bench.table import Figure
from parley.exercise.post import Post
from parley.exercise.torture import until_serving

STARTS = 5


async def start_up(post: Post) -> list[Figure]:
    """From the start of the process to its first answer; the record of the run is loaded."""
    took = []
    for _ in range(STARTS):
        post.stop()
        began = time.monotonic()
        post.start()
        await until_serving(post)
        took.append(time.monotonic() - began)
    return [Figure("start-up", statistics.median(took), "s", "", f"median of {STARTS}")]


def memory(here: Crew, there: Crew) -> list[Figure]:
    """The peak since each station started."""
    return [
        Figure(f"peak memory, {name}", peak_mb(crew.post.pid), "MB", "90", "after the runs above")
        for name, crew in (("sender", here), ("receiver", there))
    ]
