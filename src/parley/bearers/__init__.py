"""The paths by which frames travel between stations.

A bearer carries frames and knows nothing of what is in them: no keys, no numbers, no precedence.
It may lose, repeat and reorder; the line above it puts that right. What it must do is find a path
again quickly, keep strangers small, and never bring the station down. Reading order: this page,
`framing` (bytes to frames), `dialling` (how a path is found again), `streams` (what a bearer with a
stream does, whatever carries it), `tcp` with `credit`, `quic` with `congestion`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

DATAGRAM_BYTES_MAX = 1_150  # fits beside its headers into the 1,200 bytes that every path carries
FRAME_BYTES_MAX = 70_000  # W11: a text of 65,536 bytes, its header map and seal, room to spare


class Path(Protocol):
    """One way to the other station that is up now, such as one TCP connection."""

    vouched: bool  # the carrier sets it True once a fresh frame from this path proved authentic

    @property
    def dialled(self) -> bool:
        """We called; whoever calls speaks first."""

    @property
    def name(self) -> str:
        """Which path this is, for the engineer: unique while the station runs."""

    @property
    def peer(self) -> str:
        """Who is at the other end, as far as the bearer can say: an address, not an identity."""

    def send(self, frame: bytes) -> None:
        """Hand over one frame. On a path that has gone it is lost without a word; it comes again
        when the line finds out."""

    def send_all(self, frames: Sequence[bytes]) -> None:
        """Hand over several at once: one system call, and one packet when they fit."""

    def room(self) -> int:
        """Bytes this path can take now. Where it is less than the largest frame, `path_room` or
        `path_down` is sure to follow."""

    def pause(self) -> None:
        """Read nothing more from this path until `resume`: the station has enough to do."""

    def resume(self) -> None:
        """Read again."""

    def close(self, why: str) -> None:
        """Give the path up at once. `path_down` follows, with this reason."""


class DatagramPath(Path, Protocol):
    """A path that also takes what may be lost, such as media, beside the line's frames."""

    datagram_bytes_max: int
    unordered: bool  # one that is late holds up none behind it
    on_datagram: (
        Callable[[bytes], None] | None
    )  # who takes what comes, once the path is vouched for

    @property
    def takes_datagrams(self) -> bool:
        """Whether the other end is known to take them. Where that must be asked for, the first
        `send_datagram` asks."""

    def send_datagram(self, datagram: bytes) -> bool:
        """Send it soon or not at all. False when it was shed at once, because the link takes less
        than is sent, or the other end is not known to take any."""

    def datagram_room(self) -> int:
        """Bytes of datagrams that leave now rather than wait."""

    def conditions(self) -> dict[str, Any]:
        """`rtt_ms`, `rtt_least_ms`, `window_bytes`, `in_flight_bytes`, and where it is known
        `lost`, a share."""


class Carrier(Protocol):
    """The station, as a bearer sees it. All calls come from the event loop, never from within a
    call to a `Path`; between `path_up` and `path_down` of a path, and each of these once."""

    def path_up(self, path: Path) -> None:
        """A way is open. Who dialled must speak first: an incoming connection is shown only when
        its first whole frame is here, so that a stranger who says nothing learns nothing."""

    def path_frames(self, path: Path, frames: list[bytes]) -> None:
        """What came in one reading, in order; at least one frame."""

    def path_room(self, path: Path) -> None:
        """The path can take more again."""

    def path_down(self, path: Path, why: str) -> None:
        """The way is closed, and why, in words for the engineer."""


class Bearer(Protocol):
    """A kind of path: keeps one up, or takes in those who call."""

    async def start(self) -> None:
        """Begin. Raises Unavailable when this machine does not allow it; it may be tried again."""

    async def stop(self) -> None:
        """Close every path; when it returns, each `path_down` has been told."""

    def describe(self) -> dict[str, Any]:
        """What the engineer wants to know, as plain JSON."""
