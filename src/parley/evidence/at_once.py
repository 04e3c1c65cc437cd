"""Signatures of heads, checked a batch at a time, beside each other where the caller has the means.

They are half of what verifying a long record takes, and each stands by itself. What is told is the
same as if they were checked one after another: the first that fails in the order of the heads
(spec/record.md R12).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from parley.core.keys import VerifyKey
from parley.core.record import Head
from parley.evidence.sections import check_head

BATCH = 64  # heads; some ten milliseconds
WAITING_MAX = 8  # batches, so that memory stays the same for any record

Given = tuple[str, VerifyKey, Head, str, int, bytes]  # what `check_head` is given
Work = Callable[[], None]
Beside = Callable[[Work], Work]  # begins a work; what it returns waits for it, and raises its fault


def alone(work: Work) -> Work:
    """Nothing goes on beside: the work is done when it is waited for."""
    return work


class Signatures:
    """Those given so far; `add` or `hold` raises NotWhole for the first that fails, every time."""

    def __init__(self, beside: Beside = alone) -> None:
        self._beside = beside
        self._batch: list[Given] = []
        self._waiting: deque[Work] = deque()

    def add(self, given: Given) -> None:
        """One more, of a head at or above the last one."""
        self._batch.append(given)
        if len(self._batch) == BATCH:
            self._send()
            self._settle(WAITING_MAX)

    def hold(self) -> None:
        """All of them, now."""
        if self._batch:
            self._send()
        self._settle(0)

    def _send(self) -> None:
        batch, self._batch = self._batch, []
        self._waiting.append(self._beside(lambda: _check(batch)))

    def _settle(self, left: int) -> None:
        while len(self._waiting) > left:
            self._waiting[0]()  # one that fails stays, so that no later one is told instead
            self._waiting.popleft()


def _check(batch: list[Given]) -> None:
    for given in batch:
        check_head(*given)
