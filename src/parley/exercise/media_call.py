"""A call in simulated time: two pages, two media links, and a link between them as bad as one
likes. From a seed it is the same each time, and an hour of it takes no hour."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from parley.bearers import DATAGRAM_BYTES_MAX
from parley.conference.link import TICK_S, MediaLink
from parley.exercise.emulator import Conditions, Way
from parley.exercise.media_page import MediaPage

QUIC_BYTES: Final = 28 + 30  # IP, UDP, a short header, a frame header and a tag
IN_FLIGHT_MAX: Final = 64  # datagrams that a bearer takes before it says no


@dataclass(slots=True)
class End:
    """One station, and its page."""

    link: MediaLink
    page: MediaPage
    out: Way


class MediaCall:
    """Two ends, and time."""

    def __init__(self, seed: int, conditions: Conditions, *, kbps: float = 600.0) -> None:
        self.now = 0.0
        self._chance = random.Random(seed)
        self.secret = self._chance.randbytes(32)
        self.kbps = kbps
        self.ends = [self._end(side, conditions) for side in (0, 1)]

    def _end(self, side: int, conditions: Conditions) -> End:
        chance = random.Random(self._chance.random())
        return End(self.fresh_link(side), MediaPage(side, chance), Way(conditions, chance))

    def fresh_link(self, side: int) -> MediaLink:
        """A station's link as it is when it starts."""
        return MediaLink(
            self.secret,
            side,
            self.now,
            entropy=self._chance.randbytes,
            kbps_first=self.kbps,
            kbps_max=self.kbps,
        )

    def becomes(self, conditions: Conditions) -> None:
        """From now on the link is like this, both ways."""
        for end in self.ends:
            end.out.conditions = conditions

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while self.now < until:
            self.now += TICK_S
            for end, other in (self.ends, reversed(self.ends)):
                for packet in other.out.due(self.now):
                    end.link.receive(packet, self.now)
            for end in self.ends:
                self._works(end)

    def _works(self, end: End) -> None:
        link, page, now = end.link, end.page, self.now
        for frame in page.frames(now, link.budget()):
            link.send(frame, now)
        for datagram in link.datagrams(now, DATAGRAM_BYTES_MAX * IN_FLIGHT_MAX):
            end.out.put(datagram, now, QUIC_BYTES)
        for frame in link.frames():
            page.take(frame, now)
        if page.wants_key:
            page.wants_key = False
            link.ask_key(1 - page.sender, 16)
        if link.key_requests():
            page.ask_key()
