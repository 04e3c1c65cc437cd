"""Frames on a stream: three bytes of length, then that many bytes.

"Frame and envelope" in `spec/wire.md`. A length of 0 or above 70,000 cannot come from a station,
and behind it nothing can be found again (W11): the stream has a fault and says nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable

from parley.bearers import FRAME_BYTES_MAX
from parley.core.errors import Misused

LENGTH_BYTES = 3


class FrameReader:
    """Takes a stream in pieces of any size and gives its frames back.

    Each byte is copied a fixed number of times however the stream was cut, and never more than
    one unfinished frame is held.
    """

    __slots__ = ("_held", "_wanted", "fault")

    def __init__(self) -> None:
        self.fault = ""  # "", "empty" or "oversize"; once it is set, nothing more is taken
        self._held = bytearray()
        self._wanted = LENGTH_BYTES  # as many bytes must be held before it is worth looking

    @property
    def held(self) -> int:
        """Bytes of a frame that has not come to its end."""
        return len(self._held)

    def take(self, piece: bytes) -> list[bytes]:
        """The frames that this piece completes, in order; those before a fault are among them."""
        if self.fault:
            return []
        held = self._held
        if held:
            held += piece
            if len(held) < self._wanted:
                return []
            piece = bytes(held)
            held.clear()
        frames: list[bytes] = []
        at, end = 0, len(piece)
        self._wanted = LENGTH_BYTES
        while (start := at + LENGTH_BYTES) <= end:
            size = int.from_bytes(piece[at:start], "big")
            if not 0 < size <= FRAME_BYTES_MAX:
                self.fault = "oversize" if size else "empty"
                return frames
            stop = start + size
            if stop > end:
                self._wanted = stop - at
                break
            frames.append(piece[start:stop])
            at = stop
        if at < end:
            held += piece[at:] if at else piece
        return frames


def framed(frame: bytes) -> bytes:
    """One frame as it goes onto the stream."""
    size = len(frame)
    if not 0 < size <= FRAME_BYTES_MAX:
        raise Misused(f"A frame of {size} bytes cannot be sent; 1 to {FRAME_BYTES_MAX} can.")
    return size.to_bytes(LENGTH_BYTES, "big") + frame


def framed_all(frames: Iterable[bytes]) -> bytes:
    """Several frames, one behind the other."""
    return b"".join([framed(frame) for frame in frames])
