"""What one station wants of the other: datagrams again, and key frames (X14)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from parley.core.errors import Malformed

Stream = tuple[int, int]  # sender and track

MISSING_MAX: Final = 20
KEYS_MAX: Final = 8
_NUMBER: Final = struct.Struct(">I")
_STREAM: Final = struct.Struct(">HB")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Numbers that did not come, and streams whose next picture is to be a key frame."""

    missing: tuple[int, ...] = ()
    keys: tuple[Stream, ...] = ()

    def to_bytes(self) -> bytes:
        """As it is sent."""
        missing = b"".join(map(_NUMBER.pack, self.missing))
        keys = b"".join(_STREAM.pack(*each) for each in self.keys)
        return bytes((len(self.missing), len(self.keys))) + missing + keys

    @classmethod
    def parse(cls, body: bytes) -> Wanted:
        """Read one; Malformed when it has another form."""
        missing, keys = body[:1], body[1:2]
        if not keys or missing[0] > MISSING_MAX or keys[0] > KEYS_MAX:
            raise Malformed("more is wanted than may be", rule="X14")
        keys_at = 2 + missing[0] * _NUMBER.size
        if len(body) != keys_at + keys[0] * _STREAM.size:
            raise Malformed("what is wanted has another length than it says", rule="X14")
        return cls(
            tuple(number for (number,) in _NUMBER.iter_unpack(body[2:keys_at])),
            tuple(_STREAM.iter_unpack(body[keys_at:])),
        )
