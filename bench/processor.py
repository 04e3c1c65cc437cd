"""How much processor time others have used, from /proc (proc(5))."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

TICKS_S: Final = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Of one process with all its threads, since it started."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S


def halves() -> tuple[set[int], set[int]]:
    """The processors there are, for two who are to take no time from each other; both get the
    only one."""
    every = sorted(os.sched_getaffinity(0))
    half = len(every) // 2
    return (set(every[:half]), set(every[half:])) if half else (set(every), set(every))


class Idleness:
    """Which share of all processors had nothing to do since this was made."""

    def __init__(self) -> None:
        self._at, self._before_s = time.monotonic(), _idle_s()

    def share(self) -> float:
        """From 0 to 1."""
        looked_s = (time.monotonic() - self._at) * (os.cpu_count() or 1)
        return min(1.0, (_idle_s() - self._before_s) / looked_s)


def _idle_s() -> float:
    with open("/proc/stat", encoding="ascii") as stat:
        return int(stat.readline().split()[4]) / TICKS_S
