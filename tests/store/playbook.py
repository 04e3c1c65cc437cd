"""Rows to keep, made so that any one of them can be checked by itself."""

from collections.abc import Iterable
from hashlib import sha256

from parley.core.kept import Change, EntryRow, HeadRow, HeldRow, QueueRow
from parley.core.record import EMPTY_ROOT
from parley.store import Store

LINE = b"\x11" * 16
OTHER_LINE = b"\x22" * 16


def root_after(dir: int, size: int) -> bytes:
    """Stands for the root of log `dir`: 32 bytes nobody mistakes for another's."""
    return sha256(b"root %d %d" % (dir, size)).digest() if size else EMPTY_ROOT


def an_entry(dir: int, n: int, seen: int = 0, body: bytes = b"") -> EntryRow:
    return EntryRow(
        dir=dir,
        n=n,
        type=1,
        marks=0x48,
        time=200_000_000 + n,
        seen=seen,
        et=bytes([dir]) * 32,
        blind=sha256(b"blind %d %d" % (dir, n)).digest(),
        body=body or b"entry %d of log %d" % (n, dir),
        leaf=sha256(b"leaf %d %d" % (dir, n)).digest(),
        root=root_after(dir, n + 1),
        wall=1_800_000_000.25 + n,
    )


def some_entries(dir: int, numbers: Iterable[int], seen: int = 0) -> list[EntryRow]:
    return [an_entry(dir, n, seen) for n in numbers]


def a_held_row(n: int) -> HeldRow:
    return HeldRow(n, 1, 0, 200_000_000, 7, b"e" * 32, b"b" * 32, b"held %d" % n)


def a_queue_row(id: int, precedence: int = 0) -> QueueRow:
    return QueueRow(id, precedence, 1, precedence << 6, b"queued %d" % id)


def a_head(dir: int, size: int, kind: str = "checkpoint") -> HeadRow:
    return HeadRow(dir, size, root_after(dir, size), kind, 0, b"block %d" % size, 1.5)


def keep(store: Store, change: Change) -> None:
    with store.transaction():
        store.keep(change)


def enrol(store: Store, line_id: bytes = LINE, inc: int = 1, side: int = 0) -> None:
    with store.transaction():
        store.enrol(line_id, inc, side)
