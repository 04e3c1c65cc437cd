"""The record: one Merkle log per speaker, the leaves in it, and the heads both sides sign.

Two single-writer logs (RFC 6962 trees) are joined by each entry naming how much of the other log
its speaker had accepted, and the root of that log at that size. Nobody votes on an order, and
none can be changed afterwards. Sources: RFC 6962 section 2.1, C2SP tlog-checkpoint, signed-note
and tlog-cosignature, spec/record.md.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

from parley.core.errors import Malformed, Misused
from parley.core.kept import EntryRow
from parley.core.keys import COSIGN_ED25519, ED25519, VerifyKey, sha256
from parley.core.wire import u8, u64

EMPTY_ROOT = sha256(b"")
Place = tuple[bytes, int, int]  # line, incarnation, direction: which log it is
ROOTS_REMEMBERED = 4096  # more than the usual window, so that the past is rarely asked for


@dataclass(frozen=True, slots=True)
class Leaf:
    """The fields one entry commits its speaker to (R1)."""

    line_id: bytes
    inc: int
    dir: int
    n: int
    type: int
    marks: int
    time: int
    seen: int
    seen_root: bytes  # root of the other log at `seen`
    et: bytes
    blind: bytes
    body: bytes

    def hash(self) -> bytes:
        """The leaf hash: RFC 6962 over 140 bytes."""
        *shown, blind, body = (getattr(self, field.name) for field in fields(self))
        return leaf_hash(*shown, commitment(blind, body))


def commitment(blind: bytes, body: bytes) -> bytes:
    """What hides a body in its leaf: nobody can guess it from a proof about its neighbour (R2)."""
    return sha256(b"\x02" + blind + body)


def leaf_hash(*values: int | bytes) -> bytes:
    """The leaf hash from the fields of a `Leaf` up to `et`, and the body only as committed."""
    return sha256(_LEAF.pack(1, *values))


_LEAF = struct.Struct(">xB16sIBQBBIQ32s32s32s")  # RFC 6962's 00, then the 140 bytes


def check_group(leaf: bytes) -> str:
    """Six digits that are right only for these words at this place in this record (E9)."""
    return f"{int.from_bytes(sha256(b'pl1 check' + leaf)[:4], 'big') % 1_000_000:06d}"


class Tree:
    """An append-only Merkle tree kept as its frontier, so that it costs the same at any size."""

    __slots__ = ("_frontier", "size")

    def __init__(self, size: int = 0, frontier: Iterable[bytes] = ()) -> None:
        self.size = size
        self._frontier = list(frontier)
        if len(self._frontier) != size.bit_count():
            raise Malformed(f"{len(self._frontier)} hashes cannot be the frontier of size {size}")

    def grow(self, *leaves: bytes) -> None:
        """Add leaf hashes (R4)."""
        frontier = self._frontier
        for node in leaves:
            size = self.size
            while size & 1:
                node = hashlib.sha256(b"\x01" + frontier.pop() + node).digest()
                size >>= 1
            frontier.append(node)
            self.size += 1

    @property
    def frontier(self) -> list[bytes]:
        """The roots of the full subtrees, largest first: all that is needed to go on."""
        return list(self._frontier)

    def fold(self) -> bytes:
        """The root at the present size, 32 bytes."""
        if not self._frontier:
            return EMPTY_ROOT
        root = self._frontier[-1]
        for node in self._frontier[-2::-1]:
            root = sha256(b"\x01" + node + root)
        return root


class Log(Tree):
    """A tree that knows its roots at earlier sizes: those of late itself, the others by `past`."""

    __slots__ = ("_oldest", "_past", "_roots")

    def __init__(
        self,
        size: int = 0,
        frontier: Iterable[bytes] = (),
        past: Callable[[int], bytes] | None = None,
    ) -> None:
        super().__init__(size, frontier)
        self._past = past
        self._roots = {size: self.fold()}
        self._oldest = size

    def append(self, leaf: bytes) -> bytes:
        """Add a leaf hash; return the new root."""
        self.grow(leaf)
        root = self._roots[self.size] = self.fold()
        return root

    def join(
        self,
        place: Place,
        n: int,
        fixed: tuple[int, int, int],  # type, marks, time
        seen: int,
        other: Log,
        said: tuple[bytes, bytes, bytes],  # transcript, blinding value, body
        wall: float,
    ) -> EntryRow:
        """Append an entry whose speaker had accepted `seen` of the other log; the row to keep."""
        et, blind, body = said
        root_seen = other.root_at(seen)
        leaf = leaf_hash(*place, n, *fixed, seen, root_seen, et, commitment(blind, body))
        root = self.append(leaf)
        return EntryRow(place[2], n, *fixed, seen, et, blind, body, leaf, root, wall)

    def forget(self) -> None:
        """Let go of roots of long ago; only once they are durable and `past` knows them."""
        while len(self._roots) > ROOTS_REMEMBERED:
            del self._roots[self._oldest]
            self._oldest += 1

    @property
    def root(self) -> bytes:
        """The root at the present size, 32 bytes."""
        return self._roots[self.size]

    def root_at(self, size: int) -> bytes:
        """The root at an earlier size: what was appended stays (R5)."""
        if size in self._roots:
            return self._roots[size]
        if size == 0:
            return EMPTY_ROOT
        if size > self.size or self._past is None:
            raise Misused(f"there is no root at size {size}")
        return self._past(size)


def joint_key(dir: int, n: int, seen: int) -> tuple[int, int]:
    """Sort key of the joint order: rises along causality, equal on both sides (R6)."""
    return (n + 1 + seen, dir)


# --- heads


def key_name(line_id: bytes, side: int, key: str) -> str:
    """The name a station's key bears on a line; `side` 0 is A, `key` station, log or cosigner."""
    return f"parley.invalid/{line_id.hex()}/{'AB'[side]}/{key}"


def origin(line_id: bytes, dir: int, inc: int) -> str:
    """The first line of a checkpoint: which log this is (R7)."""
    return f"parley.invalid/{line_id.hex()}/{'AB'[dir]}/{inc}"


def note_text(line_id: bytes, dir: int, inc: int, size: int, root: bytes) -> bytes:
    """A checkpoint's text (C2SP tlog-checkpoint)."""
    encoded = base64.b64encode(root).decode()
    return f"{origin(line_id, dir, inc)}\n{size}\n{encoded}\n".encode()


def subtree_message(name: str, time: int, log: str, size: int, root: bytes) -> bytes:
    """What an ML-DSA cosignature covers (C2SP tlog-cosignature, type 06; U5)."""
    names = u8(len(name)) + name.encode() + u64(time) + u8(len(log)) + log.encode()
    return b"subtree/v1\n\x00" + names + u64(0) + u64(size) + root


@dataclass(frozen=True, slots=True)
class Head:
    """One log at one size: what a checkpoint and a cosignature speak of."""

    line_id: bytes
    inc: int
    dir: int
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """The checkpoint's text."""
        return note_text(self.line_id, self.dir, self.inc, self.size, self.root)

    def checkpoint(self, key: VerifyKey) -> tuple[tuple[int, bytes], tuple[int, bytes]]:
        """(required, optional) signatures by a log key (R8)."""
        log = origin(self.line_id, self.dir, self.inc)
        return (
            (ED25519, self.text),
            (key.cosigns, subtree_message(key.name, 0, log, self.size, self.root)),
        )

    def cosignature(self, key: VerifyKey, time: int) -> tuple[tuple[int, bytes], tuple[int, bytes]]:
        """(required, optional) signatures by a cosigner key (R9)."""
        log = origin(self.line_id, self.dir, self.inc)
        return (
            (COSIGN_ED25519, b"cosignature/v1\ntime %d\n" % time + self.text),
            (key.cosigns, subtree_message(key.name, time, log, self.size, self.root)),
        )
