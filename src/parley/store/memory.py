"""A store in memory, for tests of the core and for exercises: the same contract, nothing durable.

Every write leaves behind how it is undone, so that a transaction costs what it changes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from parley.core.errors import Misused
from parley.core.kept import Change, EntryRow, HeadRow, HeldRow, Kept, QueueRow
from parley.core.record import EMPTY_ROOT, joint_key
from parley.store import Enrolled
from parley.store.rules import check_side, fit, joint_split, not_enrolled

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Record:
    side: int
    logs: tuple[list[EntryRow], list[EntryRow]] = field(default_factory=lambda: ([], []))
    heads: list[HeadRow] = field(default_factory=list)
    held: dict[int, HeldRow] = field(default_factory=dict)
    queue: dict[int, QueueRow] = field(default_factory=dict)
    outbox: dict[int, bytes] = field(default_factory=dict)
    cells: dict[str, bytes] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, int]:
        return len(self.logs[0]), len(self.logs[1])


class MemoryStore:
    """Keeps records in dictionaries, with transactions and savepoints that undo."""

    def __init__(self) -> None:
        self._records: dict[tuple[bytes, int], _Record] = {}
        self._secrets: dict[str, bytes] = {}
        self._undo: list[Callable[[], object]] | None = None  # None: outside a transaction

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; on any exception the store is as before."""
        if self._undo is not None:
            raise Misused("a transaction is already open")
        self._undo = []
        try:
            with self.savepoint():
                yield
        finally:
            self._undo = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """One operation's own writes within a transaction, undone if it raises."""
        undo = self._writing()
        mark = len(undo)
        try:
            yield
        except BaseException:
            while len(undo) > mark:
                undo.pop()()
            raise

    def enrol(self, line_id: bytes, inc: int, side: int) -> None:
        """Begin the record of a line; again with the same side changes nothing."""
        self._writing()
        record = self._records.get((line_id, inc))
        check_side(line_id, side, record.side if record else None)
        if record is None:
            self._set(self._records, (line_id, inc), _Record(side))

    def enrolled(self) -> list[Enrolled]:
        """All lines and incarnations that have a record, oldest first."""
        return [
            Enrolled(line_id, inc, r.side, r.sizes[r.side], r.sizes[1 - r.side])
            for (line_id, inc), r in self._records.items()
        ]

    def keep(self, change: Change) -> None:
        """Write all of `change`, or raise Conflict when the sizes are not `before`."""
        self._writing()
        record = self._records.get((change.line_id, change.inc))
        if record is None:
            raise not_enrolled(change.line_id)
        fitted = fit(change, record.side, record.sizes)
        if any(record.outbox.get(n, frame) != frame for n, frame in fitted.outbox):
            raise Misused("another sealed frame stands under one of these numbers")
        for entry in change.entries:
            self._append(record.logs[entry.dir], entry)
        for held in fitted.held:
            self._set(record.held, held.n, held)
        for row in fitted.queue:
            self._set(record.queue, row.id, row)
        for n, frame in fitted.outbox:
            self._set(record.outbox, n, frame)
        for n in change.held_drop:
            self._set(record.held, n, None)
        for id in change.queue_drop:
            self._set(record.queue, id, None)
        for n in [n for n in record.outbox if n < change.outbox_drop_below]:
            self._set(record.outbox, n, None)
        for head in change.heads:
            self._append(record.heads, head)
        for name, value in change.cells.items():
            self._set(record.cells, name, value)

    def load(self, line_id: bytes, inc: int, side: int) -> Kept:
        """Everything a line needs to go on; empty for a line that is not enrolled."""
        check_side(line_id, side)
        record = self._records.get((line_id, inc))
        if record is None:
            return Kept(side=side)
        check_side(line_id, side, record.side)
        return Kept(
            side=side,
            sizes=(record.sizes[side], record.sizes[1 - side]),
            cells=dict(record.cells),
            held=[row for _, row in sorted(record.held.items())],
            queue=[row for _, row in sorted(record.queue.items())],
            outbox=sorted(record.outbox.items()),
        )

    def root_at(self, line_id: bytes, inc: int, dir: int, size: int) -> bytes:
        """The root of one log at an earlier size."""
        if size == 0:
            return EMPTY_ROOT
        record = self._records.get((line_id, inc))
        if record is None or not 0 < size <= record.sizes[dir]:
            raise Misused(f"log {dir} of line {line_id.hex()} has never had size {size}")
        return record.logs[dir][size - 1].root

    def entries(
        self,
        line_id: bytes,
        inc: int,
        dir: int | None = None,
        start: int = 0,
        limit: int | None = None,
    ) -> list[EntryRow]:
        """Entries of one log from number `start`, or of both from position `start` of the joint
        order."""
        record = self._records.get((line_id, inc))
        if record is None:
            return []
        if dir is not None:
            return record.logs[dir][start : None if limit is None else start + limit]
        logs = record.logs
        split = joint_split(record.sizes, lambda d, n: logs[d][n].seen, start)
        both = [self.entries(line_id, inc, d, split[d], limit) for d in (0, 1)]
        return list(heapq.merge(*both, key=lambda row: joint_key(row.dir, row.n, row.seen)))[:limit]

    def heads(
        self,
        line_id: bytes,
        inc: int,
        dir: int | None = None,
        kind: str | None = None,
        newest: int | None = None,
    ) -> list[HeadRow]:
        """Signed heads in the order they were kept; `newest` keeps only the last so many."""
        record = self._records.get((line_id, inc))
        found = [
            head
            for head in (record.heads if record else [])
            if dir in (None, head.dir) and kind in (None, head.kind)
        ]
        return found if newest is None else found[max(0, len(found) - newest) :]

    def put_secret(self, name: str, value: bytes | None) -> None:
        """Keep a key of the station's own; None erases it."""
        self._writing()
        self._set(self._secrets, name, value)

    def secret(self, name: str) -> bytes | None:
        """A key of the station's own, or None."""
        return self._secrets.get(name)

    def scrub(self) -> None:
        """There are no files to clear."""
        if self._undo is not None:
            raise Misused("a scrub inside a transaction")

    def close(self) -> None:
        """Nothing to let go of."""

    def _writing(self) -> list[Callable[[], object]]:
        if self._undo is None:
            raise Misused("a write outside a transaction")
        return self._undo

    def _append(self, rows: list[V], row: V) -> None:
        rows.append(row)
        self._writing().append(rows.pop)

    def _set(self, table: dict[K, V], key: K, value: V | None) -> None:
        """Set, or delete for None, and remember what stood there."""
        undo = self._writing()
        if key in table:
            before = table[key]
            undo.append(lambda: table.__setitem__(key, before))
        else:
            undo.append(lambda: table.pop(key, None))
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
