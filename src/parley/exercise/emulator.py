"""A link as bad as one likes: delay, jitter, loss, a rate with a queue in front of it, a cut.

Sans-I/O and driven by whoever has the time: with simulated time and a seed it is the same each
time; `exercise/relays.py` puts it between real sockets. Built here, because the kernels that
exercises run on have no netem.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

IP_UDP_BYTES: Final = 28


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one way of a link is like."""

    delay_ms: float = 0.0
    jitter_ms: float = 0.0  # up to so much more, evenly
    loss: float = 0.0  # a share, each packet by itself
    kbps: float = 0.0  # 0 for as fast as it comes
    queue_ms: float = 400.0  # what does not fit is dropped at its tail
    overtakes: bool = False  # whether jitter lets a later packet come before an earlier
    cut: bool = False


class Way:
    """One way of a link: packets go in, and come out later or never."""

    def __init__(self, conditions: Conditions, chance: random.Random) -> None:
        self.conditions = conditions
        self.packets_in = self.packets_out = self.packets_lost = self.packets_dropped = 0
        self.bytes_in = self.bytes_out = 0
        self._chance = chance
        self._under_way: list[tuple[float, int, bytes]] = []
        self._free_at = 0.0  # when the last of the queue has left
        self._last_due = 0.0

    def put(self, packet: bytes, now: float, header_bytes: int = IP_UDP_BYTES) -> float | None:
        """A packet is sent; when it arrives, if it does."""
        like = self.conditions
        self.packets_in += 1
        size = len(packet) + header_bytes
        self.bytes_in += size
        if like.cut or self._chance.random() < like.loss:
            self.packets_lost += 1
            return None
        leaves_at = now
        if like.kbps:
            begins_at = max(now, self._free_at)
            if begins_at - now > like.queue_ms / 1000:
                self.packets_dropped += 1
                return None
            leaves_at = self._free_at = begins_at + size * 8 / 1000 / like.kbps
        due = leaves_at + (like.delay_ms + self._chance.random() * like.jitter_ms) / 1000
        if not like.overtakes:
            due = self._last_due = max(due, self._last_due)
        heappush(self._under_way, (due, self.packets_in, packet))
        return due

    def due(self, now: float) -> list[bytes]:
        """Packets that arrive by now, in their order."""
        arrived: list[bytes] = []
        while self._under_way and self._under_way[0][0] <= now:
            packet = heappop(self._under_way)[2]
            if self.conditions.cut:
                self.packets_lost += 1
                continue
            self.packets_out += 1
            self.bytes_out += len(packet)
            arrived.append(packet)
        return arrived

    def next_at(self) -> float | None:
        """When the next one arrives."""
        return self._under_way[0][0] if self._under_way else None
