"""Deniable lines: what the two stations prove to each other, and to nobody else.

Where the agreement says so, a head bears no signature but a code under one key that both stations
make from the first secrets of both directions. Each knows which codes it did not make; an outsider
cannot, for either could have written everything (H11). What is still signed covers keys only (H7).
Source: spec/deniable.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from parley.core.errors import Misused, Refused
from parley.core.kept import Change
from parley.core.keys import hkdf32, hmac_sha256, same, sha256
from parley.core.terms import Terms
from parley.core.wire import Value, encode, u8, u32, u64

CODE = 0x10  # the algorithm of a block: HMAC-SHA-256 under the record key
CODE_BYTES = 32


def record_key(line_id: bytes, inc: int, share_a: bytes, share_b: bytes) -> bytes:
    """K_rec, from what the first secret of either direction leaves for it (H1)."""
    return hkdf32(bytes(32), share_a + share_b, b"pl1 rec" + line_id + u32(inc))


def code_name(line_id: bytes) -> str:
    """The name of the record key of a line."""
    return f"parley.invalid/{line_id.hex()}/record"


def code_block(key: bytes, line_id: bytes, text: bytes) -> bytes:
    """A block with the one code over the text of a head (H2)."""
    return _lead(line_id) + hmac_sha256(key, text)


def code_of(line_id: bytes, block: bytes) -> bytes:
    """The code in a block of the one form; Refused for every other (H2)."""
    lead = _lead(line_id)
    if not block.startswith(lead) or len(block) != len(lead) + CODE_BYTES:
        raise Refused("a head does not bear the one code of a deniable line", rule="H2")
    return block[len(lead) :]


def check_code(key: bytes, line_id: bytes, text: bytes, block: bytes) -> None:
    """Refuse a head whose code the record key does not give (H2)."""
    if not same(code_of(line_id, block), hmac_sha256(key, text)):
        raise Refused("the code of a head does not stand", rule="H2")


def _lead(line_id: bytes) -> bytes:
    # A key id as C2SP signed-note has it; where a public key would stand, nothing does.
    return u8(1) + u8(CODE) + sha256(code_name(line_id).encode() + b"\n" + u8(CODE))[:4]


class RecordKey:
    """The record key of one line as a station comes by it; on an attributable line there is none.

    The root key of an epoch is never kept (decision 0001), so each first epoch leaves a share of
    the record key, and with the second one the shares are gone (H1).
    """

    def __init__(self, terms: Terms, cells: Mapping[str, Value]) -> None:
        self._terms = terms
        self._shares: dict[int, bytes] = cells.get("record shares", {})
        self.key: bytes | None = cells.get("record key")

    def take(self, dir: int, share: bytes, change: Change) -> None:
        """The first epoch of a direction has begun."""
        terms = self._terms
        if not terms.deniable:
            return
        self._shares[dir] = share
        if len(self._shares) < 2:
            change.cells["record shares"] = encode(self._shares)
            return
        self.key = record_key(terms.line_id, terms.inc, self._shares[0], self._shares[1])
        change.cells["record shares"] = None
        change.cells["record key"] = encode(self.key)

    def block(self, text: bytes) -> bytes:
        """The block of a head of ours."""
        return code_block(self._whole, self._terms.line_id, text)

    def check(self, text: bytes, block: bytes) -> None:
        """Refuse a head of theirs whose code does not stand."""
        check_code(self._whole, self._terms.line_id, text, block)

    def base_code(self, dir: int, e: int, base: int) -> bytes:
        """What stands by the base of a REKEY, which no signature covers (H5)."""
        return hmac_sha256(self._whole, b"base" + u8(dir) + u32(e) + u64(base))

    @property
    def _whole(self) -> bytes:
        if self.key is None:
            raise Misused("there is no record key before both directions are open")
        return self.key
