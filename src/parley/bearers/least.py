"""The least of what was measured lately: the part of a round trip that no queue is to blame for."""

from __future__ import annotations

from collections import deque


class Least:
    """The least value of the last so many seconds, in constant time."""

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._rising: deque[tuple[float, float]] = deque()  # each greater than those before

    def add(self, now: float, value: float) -> float:
        """Take a value; the least with it."""
        kept = self._rising
        while kept and kept[-1][1] >= value:
            kept.pop()
        kept.append((now, value))
        while now - kept[0][0] > self._span_s:
            kept.popleft()
        return kept[0][1]
