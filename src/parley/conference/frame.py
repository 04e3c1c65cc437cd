"""The clear header of a frame of sound or picture (spec/media.md): all that a station reads of it.

What follows the header is sealed from page to page under a key that no station has.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from parley.core.errors import Malformed, Refused

VERSION: Final = 1
HEADER_BYTES: Final = 24
TAG_BYTES: Final = 16  # of AES-GCM, at the end of each frame
SOUND_BYTES_MAX: Final = 4_096  # three Opus packets of their greatest length, and the header
PICTURE_BYTES_MAX: Final = 262_144  # a key frame of a hard picture, 1280x720, with room
SOUND_MS: Final = frozenset((10, 20, 40, 60))
KEY: Final = 1  # the one flag there is: a picture that can be decoded without those before it
SHOWN_TRACK: Final = 32  # of what is shown; 16 is the camera

_HEADER: Final = struct.Struct(">BBBBIQHHBBBB")


class Kind(IntEnum):
    """What a frame carries. Numbers 3 (captions) and 4 (control) are reserved."""

    SOUND = 1
    PICTURE = 2
    SHOWN = 5  # a document or a screen, each a picture by itself (spec/showing.md B7)


_KINDS: Final = {each.value: each for each in Kind}


class Oversized(Refused):
    """Longer than any frame of its kind."""

    kind = "oversized"


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the sealed part; there is one spelling of each header."""

    kind: Kind
    track: int
    sequence: int
    captured_us: int  # by the sender's clock, microseconds since 1970
    key: bool = False
    length_ms: int = 0  # of sound
    party: int = 0
    sender: int = 0
    epoch: int = 0
    width: int = 0
    height: int = 0

    @classmethod
    def parse(cls, frame: bytes) -> Header:
        """Read the header of a whole frame. Raises Malformed or Oversized, and nothing else."""
        if len(frame) <= HEADER_BYTES + TAG_BYTES:
            raise Malformed("a frame without anything sealed", rule="M1")
        first, track, flags, length_ms, sequence, captured, party, sender, epoch, zero, w, h = (
            _HEADER.unpack_from(frame)
        )
        kind = _KINDS.get(first & 15)
        if kind is None or first >> 4 != VERSION:
            raise Malformed("a frame of another version or kind", rule="M2")
        if kind is Kind.SOUND:
            right = length_ms in SOUND_MS and not (flags or w or h)
        else:
            right = flags <= KEY and length_ms == 0 and w > 0 and h > 0
        if kind is Kind.SHOWN:
            right = right and flags == KEY
        if zero or not right:
            raise Malformed("a header that is spelt in no way of ours", rule="M3")
        if len(frame) > (SOUND_BYTES_MAX if kind is Kind.SOUND else PICTURE_BYTES_MAX):
            raise Oversized("a frame longer than any of its kind", rule="M4")
        return cls(
            kind,
            track,
            sequence,
            captured,
            flags == KEY,
            length_ms,
            party,
            sender,
            epoch,
            8 * w,
            8 * h,
        )
