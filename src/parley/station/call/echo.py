"""Datagrams of a rehearsal, given back to the station that sent them.

Before a call a person of the other side tries the way to us and back. What comes is sealed by that
person's own page for itself; we send it back as it came, and no more of it than a call would bring
(spec/media-link.md X20).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from parley.station.call import holding
from parley.station.call.held import Calls
from parley.station.line.lines import OpenLine
from parley.station.line.media import FORM_BYTES

if TYPE_CHECKING:
    from parley.station.station import Station

BACK: Final = 0x14
BYTES_S: Final = 250_000  # two megabits, for each line
BURST_BYTES: Final = 65_536
LOOK_S: Final = 0.5
DATAGRAM_COST_BYTES: Final = 60


class Echo:
    """What this station gives back on its lines."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._left: dict[bytes, tuple[float, float]] = {}  # of each line: bytes, and when counted
        self._free: dict[bytes, tuple[bool, float]] = {}  # and what was found lately

    def attach(self) -> None:
        """Answer from now on."""
        self._station.carrying.media.on_asked = self.asked

    def asked(self, open_line: OpenLine, datagram: bytes) -> None:
        """A datagram asks to be given back. While a call is open on the line, it has the line."""
        counts = self._station.carrying.media.counts
        if not self.gives(open_line):
            counts["not given back"] += 1
            return
        now, size = self._station.clock.now().mono, len(datagram) + DATAGRAM_COST_BYTES
        left, counted_at = self._left.get(open_line.id, (float(BURST_BYTES), now))
        left = min(BURST_BYTES, left + (now - counted_at) * BYTES_S)
        self._left[open_line.id] = (left - size if left >= size else left, now)
        if left < size:
            counts["not given back"] += 1
            return
        counts["given back"] += 1
        self._station.carrying.media.send(open_line, bytes((BACK,)) + datagram[FORM_BYTES:])

    def gives(self, open_line: OpenLine) -> bool:
        """Whether this line may be rehearsed on now, or half a second ago."""
        now = self._station.clock.now().mono
        free, looked_at = self._free.get(open_line.id, (False, now - LOOK_S))
        if now - looked_at >= LOOK_S:
            free = not holding.silenced(self._station, open_line)
            free = free and Calls.of(self._station, open_line).at_work() is None
            self._free[open_line.id] = (free, now)
        return free
