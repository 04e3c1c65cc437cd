"""A report: what one station measured of what came, some times a second (X13)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from parley.core.errors import Malformed

NEVER_MS: Final = 0xFFFF  # no report of theirs has come yet
_FORM: Final = struct.Struct(">IIHIHBH")


@dataclass(frozen=True, slots=True)
class Report:
    """What came since the report before."""

    sent_ms: int  # by the clock of who reports, modulo 2^32
    echo_ms: int  # `sent_ms` of the newest report of theirs
    held_ms: int  # since that came; NEVER_MS when none did
    newest: int  # number
    received_kbps: int
    lost: float  # a share
    queue_ms: int  # by how much the way is longer than at its best

    def to_bytes(self) -> bytes:
        """As it is sent."""
        return _FORM.pack(
            self.sent_ms,
            self.echo_ms,
            self.held_ms,
            self.newest,
            min(self.received_kbps, 0xFFFF),
            round(self.lost * 255),
            min(self.queue_ms, 0xFFFF),
        )

    @classmethod
    def parse(cls, body: bytes) -> Report:
        """Read one; Malformed when it has another length."""
        if len(body) != _FORM.size:
            raise Malformed("a report of another length", rule="X13")
        sent, echo, held, newest, kbps, lost, queue = _FORM.unpack(body)
        return cls(sent, echo, held, newest, kbps, lost / 255, queue)
