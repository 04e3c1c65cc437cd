"""How much longer the way is than at its best, from when datagrams were sent and came.

The clocks of two stations differ by an unknown amount, which the least of ten seconds takes away.
A busy machine delays some datagrams and a queue all of them, so it is a low percentile that counts.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from parley.bearers.least import Least

MEMORY_S: Final = 10.0
RECENT_S: Final = 0.25
PERCENTILE: Final = 5  # the fifth part of them was faster
SAMPLES_MAX: Final = 512
_WRAP: Final = 1 << 32


def ms_of(now: float) -> int:
    """Milliseconds as datagrams bear them."""
    return int(now * 1000) % _WRAP


def apart_ms(later: int, earlier: int) -> int:
    """How far two such times are apart, also across their wrap."""
    return (later - earlier + _WRAP // 2) % _WRAP - _WRAP // 2


class Delay:
    """The one-way delay of what comes."""

    def __init__(self) -> None:
        self._least = Least(MEMORY_S)
        self._least_ms = 0.0
        self._recent: deque[tuple[float, int]] = deque(maxlen=SAMPLES_MAX)

    def take(self, sent_ms: int, now: float) -> None:
        """A datagram that was never sent before came."""
        ms = apart_ms(ms_of(now), sent_ms)
        self._least_ms = self._least.add(now, ms)
        self._recent.append((now, ms))

    def queue_ms(self, now: float) -> int:
        """By how much what came lately was later than the earliest."""
        while self._recent and now - self._recent[0][0] > RECENT_S:
            self._recent.popleft()
        if not self._recent:
            return 0
        lately = sorted(ms for _, ms in self._recent)
        return max(0, int(lately[len(lately) // PERCENTILE] - self._least_ms))
