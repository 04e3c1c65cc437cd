"""Datagrams of calls, beside the line that they belong to: by which path, and for whom.

Who holds a call asks `send` and opens a sink under the call's tag. All of it is from within the
event loop and outside of any step: nothing here is kept, and what is lost stays lost
(spec/media-link.md X1 to X5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeGuard

from parley.bearers import DATAGRAM_BYTES_MAX, DatagramPath, Path
from parley.core.errors import Misused
from parley.station.line.lines import OpenLine

Sink = Callable[[bytes], None]

ASKED: Final = 0x13  # the form of a datagram that asks to be given back
FORM_BYTES: Final = 1  # which form of datagram it is: the sink's to look at
TAG_BYTES: Final = 4
TAG_ENDS: Final = FORM_BYTES + TAG_BYTES
DATAGRAM_BYTES_MIN: Final = TAG_ENDS + 17  # something sealed, and its tag


def tag_of(datagram: bytes) -> bytes:
    """Which call a datagram says it is of."""
    return datagram[FORM_BYTES:TAG_ENDS]


class Media:
    """The door between calls and the paths of their lines."""

    def __init__(self) -> None:
        self.counts = Counter[str]()  # sent, shed, came, strange, malformed
        # What is to be given back, as whoever sent it asks; nobody does that by default.
        self.on_asked: Callable[[OpenLine, bytes], None] | None = None
        self._sinks: dict[tuple[bytes, bytes], Sink] = {}

    # For those who hold a call.

    def open(self, open_line: OpenLine, tag: bytes, sink: Sink) -> None:
        """Give what comes for a call on this line to `sink`, whole datagrams, until `close`. They
        may be anybody's: the sink opens them, and counts what does not open."""
        if len(tag) != TAG_BYTES or (open_line.id, tag) in self._sinks:
            raise Misused("This call has no tag of its own.")
        self._sinks[open_line.id, tag] = sink

    def close(self, open_line: OpenLine, tag: bytes) -> None:
        """The call is over."""
        self._sinks.pop((open_line.id, tag), None)

    def send(self, open_line: OpenLine, datagram: bytes) -> bool:
        """Send a datagram soon or not at all; whether it left. At most DATAGRAM_BYTES_MAX, with
        the call's tag where `tag_of` finds it."""
        return not self.send_all(open_line, [datagram])

    def send_all(self, open_line: OpenLine, datagrams: Sequence[bytes]) -> int:
        """The same with several; how many did not leave."""
        shed, path = 0, _best(open_line) if datagrams else None
        for datagram in datagrams:
            if not DATAGRAM_BYTES_MIN <= len(datagram) <= DATAGRAM_BYTES_MAX:
                raise Misused(f"A datagram of {len(datagram)} bytes cannot be one of a call.")
            shed += path is None or not path.send_datagram(datagram)
        self.counts["sent"] += len(datagrams) - shed
        self.counts["shed"] += shed
        return shed

    def room(self, open_line: OpenLine) -> int:
        """Bytes of datagrams that would leave now rather than wait; 0 while no path takes any."""
        path = _best(open_line)
        return path.datagram_room() if path is not None else 0

    def carried_by(self, open_line: OpenLine) -> DatagramPath | None:
        """The path that media goes by now; nothing while no path is known to take it."""
        path = _best(open_line)
        return path if path is not None and path.takes_datagrams else None

    # For those who bring paths.

    def bind(self, path: Path, open_line: OpenLine) -> None:
        """The path carries this line: datagrams that come by it are for its calls."""
        if _takes_datagrams(path):
            path.on_datagram = lambda datagram: self._came(open_line, datagram)

    def unbind(self, path: Path) -> None:
        """The path carries it no more."""
        if _takes_datagrams(path):
            path.on_datagram = None

    def describe(self) -> dict[str, Any]:
        """What the engineer wants to know."""
        return dict(sorted(self.counts.items()))

    def _came(self, open_line: OpenLine, datagram: bytes) -> None:
        if not DATAGRAM_BYTES_MIN <= len(datagram) <= DATAGRAM_BYTES_MAX:
            self.counts["malformed"] += 1
            return
        if datagram[0] == ASKED and self.on_asked is not None:
            self.on_asked(open_line, datagram)
            return
        sink = self._sinks.get((open_line.id, tag_of(datagram)))
        if sink is None or open_line.stop is not None:
            self.counts["strange"] += 1
            return
        self.counts["came"] += 1
        sink(datagram)


def _best(open_line: OpenLine) -> DatagramPath | None:
    """Of the paths that proved to lead to the other side: one that takes datagrams before one that
    is not known to, one where a late one holds up nothing before another, the newest (X1)."""
    if open_line.stop is not None:
        return None
    paths = [each for each in open_line.paths if each.vouched and _takes_datagrams(each)]
    if not paths:
        return None
    return max(enumerate(paths), key=lambda each: (*_worth(each[1]), each[0]))[1]


def _takes_datagrams(path: Path) -> TypeGuard[DatagramPath]:
    # Asked some 300 times a second, in which `isinstance` would look for each part of the protocol.
    return hasattr(path, "send_datagram")


def _worth(path: DatagramPath) -> tuple[bool, bool]:
    return path.takes_datagrams, path.unordered
