"""Heads of a deniable line: checked with the record key, or without it looked at only.

Both parties hold that key, so what it vouches for convinces them and nobody else; a reader without
it can find that a text contradicts itself, and never that it is true. The key is in no evidence.
Source: spec/deniable.md H8 to H10.
"""

from __future__ import annotations

from dataclasses import dataclass

from parley.core.agreement import Agreement
from parley.core.errors import Malformed, Misused, Refused
from parley.core.record import Head
from parley.core.vouching import check_code, code_of
from parley.core.wire import decode, encode
from parley.evidence.sections import NotWhole

KEY_VERSION = 1


@dataclass(frozen=True, slots=True)
class RecordKeyFile:
    """The record key of one line and incarnation, as a party's own verifier is given it (H10)."""

    line_id: bytes
    inc: int
    key: bytes

    def to_bytes(self) -> bytes:
        """What the file carries."""
        return encode([KEY_VERSION, self.line_id, self.inc, self.key])

    @classmethod
    def parse(cls, data: bytes) -> RecordKeyFile:
        """Read it; Malformed for everything else."""
        match decode(data):
            case [int(version), bytes(line_id), int(inc), bytes(key)] if (
                type(version) is type(inc) is int
                and version == KEY_VERSION
                and (len(line_id), len(key)) == (16, 32)
            ):
                return cls(line_id, inc, key)
        raise Malformed("this is not a record key that this version knows", rule="H10")

    def check_for(self, agreement: Agreement) -> None:
        """Refuse a key for anything but the line of this agreement (H10)."""
        if not agreement.deniable:
            raise Misused(
                "This line is attributable: its heads are signed, and no key is needed.",
                "Leave the key out.",
            )
        if (self.line_id, self.inc) != (agreement.line_id, agreement.inc):
            raise Refused(
                "this is the record key of another line or incarnation",
                f"give the key of line {agreement.line_id.hex()[:8]}, incarnation {agreement.inc}",
                "H10",
            )


def check_vouched(
    where: str, head: Head, kind: str, time: int, block: bytes, given: RecordKeyFile | None
) -> None:
    """Check the code of a head, or without a key the form of it (H8)."""
    if kind != "checkpoint":
        raise NotWhole(where, "nobody signs a receipt on a deniable line")
    if time != 0:
        raise NotWhole(where, "a checkpoint bears no time")
    try:
        if given is None:
            code_of(head.line_id, block)
        else:
            check_code(given.key, head.line_id, head.text, block)
    except Refused as error:
        raise NotWhole(where, error.sentence) from error
