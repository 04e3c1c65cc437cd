"""Media on a connection that carries a line, where nothing may be lost: TCP.

What the kernel has taken cannot be called back, and a link that narrows would deliver it seconds
late, the line's frames behind it. So each end says how many bytes of media it has taken, and the
other keeps under way no more than its window, which lets go when that answer takes longer
(spec/media-link.md X2, X3).
"""

from __future__ import annotations

import struct
from collections import deque
from typing import Final

from parley.bearers.least import Least

FRAME: Final = 0x34  # version 1, kind 5 (spec/wire.md W12)
CREDIT: Final = bytes((FRAME, 0))
MEDIA: Final = bytes((FRAME, 1))
HEAD_BYTES: Final = len(MEDIA)
CREDIT_BYTES: Final = HEAD_BYTES + 8

WINDOW_FIRST: Final = 12_000  # 600 kbit/s on a way of 160 ms there and back
WINDOW_MIN: Final = 2_400  # two datagrams: voice, at 64 kbit/s, with 300 ms of it under way
WINDOW_MAX: Final = 262_144  # 1.5 Mbit/s over a satellite, twice
GROWTH: Final = 8  # a window that was full grows by an eighth of what arrived
RECENT_S: Final = 0.25
MEMORY_S: Final = 10.0
QUEUE_S_MAX: Final = 0.15
SHRINKS_TO: Final = 0.7


class Credit:
    """What is under way of our media on one connection, and how much of theirs came."""

    def __init__(self) -> None:
        self.offered = False  # we have said what we take
        self.known = False  # they have: they are of a build that takes media
        self.window = WINDOW_FIRST
        self.rtt_s: float | None = None
        self.rtt_least_s: float | None = None
        self._taken = self._told = 0  # bytes of theirs: come, and said so
        self._sent = self._arrived = 0  # of ours
        self._marks: deque[tuple[int, float]] = deque()  # what was sent by when
        self._least, self._recent = Least(MEMORY_S), Least(RECENT_S)
        self._shrunk_at = 0.0

    @property
    def under_way(self) -> int:
        """Bytes that they have not told us of."""
        return self._sent - self._arrived

    @property
    def room(self) -> int:
        """Bytes that may be sent now."""
        return max(0, self.window - self.under_way) if self.known else 0

    @property
    def answer_due(self) -> bool:
        """Whether they wait for our credit: the first, or one that tells of more."""
        return (self.known and not self.offered) or self._taken > self._told

    def frame(self) -> bytes:
        """What we have taken, for them."""
        self.offered = True
        self._told = self._taken
        return CREDIT + struct.pack(">Q", self._taken)

    def took(self, size: int) -> None:
        """A datagram of theirs came."""
        self._taken += size

    def sent(self, size: int, now: float) -> None:
        """A datagram of ours leaves."""
        self._sent += size
        self._marks.append((self._sent, now))

    def hear(self, frame: bytes, now: float) -> bool:
        """They say what they have taken; whether it can be so."""
        if len(frame) != CREDIT_BYTES:
            return False
        (taken,) = struct.unpack_from(">Q", frame, HEAD_BYTES)
        if not self._arrived <= taken <= self._sent:
            return False
        self.known = True
        arrived, full = taken - self._arrived, self.under_way > self.window // 2
        self._arrived = taken
        sent_at = None
        while self._marks and self._marks[0][0] <= taken:
            sent_at = self._marks.popleft()[1]
        if sent_at is not None:
            self._measured(now, now - sent_at, arrived if full else 0)
        return True

    def _measured(self, now: float, rtt_s: float, grown: int) -> None:
        self.rtt_s = rtt_s
        self.rtt_least_s = self._least.add(now, rtt_s)
        if self._recent.add(now, rtt_s) - self.rtt_least_s > QUEUE_S_MAX:
            if now - self._shrunk_at > max(rtt_s, RECENT_S):
                self._shrunk_at = now
                self.window = max(WINDOW_MIN, int(self.window * SHRINKS_TO))
        else:
            self.window = min(WINDOW_MAX, self.window + grown // GROWTH)
