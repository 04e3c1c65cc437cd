"""What is inside a sealed datagram (X10): a kind, a number, a time, and a body by its kind."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from parley.conference.frame import Header
from parley.conference.pictures import Piece
from parley.conference.report import Report
from parley.conference.sound import unpack
from parley.conference.wanted import Wanted
from parley.core.errors import Malformed

_HEAD: Final = struct.Struct(">BII")
HEAD_BYTES: Final = _HEAD.size


class Kind(IntEnum):
    """Kinds of datagram; sound and pieces are numbered."""

    SOUND = 1
    PIECE = 2
    REPORT = 3
    WANTED = 4
    SHOWN = 5  # a piece of what is shown (B8)


Body = list[tuple[Header, bytes]] | Piece | Report | Wanted


@dataclass(frozen=True, slots=True)
class Inside:
    """One datagram, opened and read."""

    kind: Kind
    number: int
    sent_ms: int
    body: Body

    @classmethod
    def parse(cls, plain: bytes) -> Inside:
        """Read it; Malformed, with the rule of its part, when it has another form."""
        if len(plain) < HEAD_BYTES:
            raise Malformed("a datagram that breaks off", rule="X10")
        first, number, sent_ms = _HEAD.unpack_from(plain)
        body = plain[HEAD_BYTES:]
        if first in (Kind.REPORT, Kind.WANTED) and number:
            raise Malformed("a report with a number", rule="X10")
        read: Body
        if first == Kind.SOUND:
            read = unpack(body)
        elif first in (Kind.PIECE, Kind.SHOWN):
            read = Piece.parse(body)
        elif first == Kind.REPORT:
            read = Report.parse(body)
        elif first == Kind.WANTED:
            read = Wanted.parse(body)
        else:
            raise Malformed("a datagram of a kind that is none of ours", rule="X10")
        return cls(Kind(first), number, sent_ms, read)


def inside(kind: Kind, number: int, sent_ms: int, body: bytes) -> bytes:
    """As it is sealed."""
    return _HEAD.pack(kind, number, sent_ms) + body
