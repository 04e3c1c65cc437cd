"""Questions to the record, asked by the station itself or by a reader beside its loop."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parley.core.errors import Misused
from parley.core.kept import EntryRow, HeadRow, HeldRow, Kept, QueueRow
from parley.core.record import EMPTY_ROOT, joint_key
from parley.store import Enrolled, slots
from parley.store.rules import check_side, joint_split
from parley.store.trouble import damaged, in_words

PAGE_ROWS = 128  # of one walk: at most 8 MiB of bodies, and some milliseconds of a lock
SLICE_ROWS = 8192  # of a count, which reads no bodies

_ENTRY = "dir, n, type, marks, time, seen, et, blind, body, leaf, root, wall"
_ENTRIES = f"SELECT {_ENTRY} FROM entries WHERE line_id = ? AND inc = ? AND dir = ?"


class Reading:
    """What writer and reader have in common: one connection, and questions that change nothing.

    Every answer is read to its end before it is given, so no read lock outlives a call.
    """

    path: Path
    _connection: sqlite3.Connection

    def sql(self, query: str, params: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Plain SQL; rows answer to index and to column name."""
        cursor = self._connection.cursor()
        cursor.row_factory = sqlite3.Row
        try:
            rows: list[sqlite3.Row] = cursor.execute(query, params).fetchall()
            return rows
        except sqlite3.Error as error:
            self._explain(error)
            raise

    def enrolled(self) -> list[Enrolled]:
        """All lines and incarnations that have a record, oldest first."""
        return [
            Enrolled(line_id, inc, side, sizes[side], sizes[1 - side])
            for line_id, inc, side, *sizes in self._rows(
                "SELECT line_id, inc, side, size_0, size_1 FROM records ORDER BY id"
            )
        ]

    def load(self, line_id: bytes, inc: int, side: int) -> Kept:
        """Everything a line needs to go on; the logs themselves are not read."""
        check_side(line_id, side)
        key = (line_id, inc)
        record = self._record(line_id, inc)
        if record is None:
            return Kept(side=side)
        known, sizes = record
        check_side(line_id, side, known)
        for dir in (0, 1):
            self._check_end(line_id, inc, dir, sizes[dir])
        of_line = "WHERE line_id = ? AND inc = ?"
        return Kept(
            side=side,
            sizes=(sizes[side], sizes[1 - side]),
            cells=self._cells(key),
            held=[
                HeldRow(*row)
                for row in self._rows(
                    "SELECT n, type, marks, time, seen16, et, blind, body"
                    f" FROM held {of_line} ORDER BY n",
                    key,
                )
            ],
            queue=[
                QueueRow(*row)
                for row in self._rows(
                    f"SELECT id, precedence, type, marks, body FROM queue {of_line} ORDER BY id",
                    key,
                )
            ],
            outbox=self._rows(f"SELECT n, frame FROM outbox {of_line} ORDER BY n", key),
        )

    def root_at(self, line_id: bytes, inc: int, dir: int, size: int) -> bytes:
        """The root of one log at an earlier size (RFC 6962 section 2.1 for size 0)."""
        if size == 0:
            return EMPTY_ROOT
        rows = self._rows(
            "SELECT root FROM entries WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
            (line_id, inc, dir, size - 1),
        )
        if not rows:
            raise Misused(f"log {dir} of line {line_id.hex()} has never had size {size}")
        root: bytes = rows[0][0]
        return root

    def entries(
        self,
        line_id: bytes,
        inc: int,
        dir: int | None = None,
        start: int = 0,
        limit: int | None = None,
    ) -> list[EntryRow]:
        """Entries of one log from number `start`, or of both from position `start` of the joint
        order. For a whole long record use `walk`."""
        if dir is not None:
            return [
                EntryRow(*row)
                for row in self._rows(
                    f"{_ENTRIES} AND n >= ? ORDER BY n LIMIT ?",
                    (line_id, inc, dir, start, -1 if limit is None else limit),
                )
            ]
        split = joint_split(self._sizes(line_id, inc), self._seen_of(line_id, inc), start)
        both = [self.entries(line_id, inc, d, split[d], limit) for d in (0, 1)]
        joint = list(heapq.merge(*both, key=_in_joint_order))
        return joint if limit is None else joint[:limit]

    def walk(
        self,
        line_id: bytes,
        inc: int,
        upto: tuple[int, int] | None = None,
        since: tuple[int, int] = (0, 0),
    ) -> Iterator[EntryRow]:
        """The whole record in joint order, a page at a time, up to the sizes (by direction) given
        or those of now. Entries never change, so the pages fit together whatever comes in between;
        `since` goes on where another walk had come to.
        """
        sizes = self._sizes(line_id, inc) if upto is None else upto
        return heapq.merge(
            *(self._log(line_id, inc, dir, since[dir], sizes[dir]) for dir in (0, 1)),
            key=_in_joint_order,
        )

    def marks(
        self, line_id: bytes, inc: int, upto: tuple[int, int]
    ) -> Iterator[tuple[int, int, int, int, int]]:
        """(direction, marks, earliest time, latest, how many) of the entries, a slice at a time."""
        for dir in (0, 1):
            for start in range(0, upto[dir], SLICE_ROWS):
                for row in self._rows(
                    "SELECT marks, min(time), max(time), count(*) FROM entries WHERE line_id = ?"
                    " AND inc = ? AND dir = ? AND n >= ? AND n < ? GROUP BY marks",
                    (line_id, inc, dir, start, min(start + SLICE_ROWS, upto[dir])),
                ):
                    yield (dir, *row)

    def leaves(self, line_id: bytes, inc: int, dir: int, upto: int) -> Iterator[bytes]:
        """The leaf hashes of one log below a size, a slice at a time."""
        for start in range(0, upto, SLICE_ROWS):
            for (leaf,) in self._rows(
                "SELECT leaf FROM entries WHERE line_id = ? AND inc = ? AND dir = ?"
                " AND n >= ? AND n < ? ORDER BY n",
                (line_id, inc, dir, start, min(start + SLICE_ROWS, upto)),
            ):
                yield leaf

    def heads_between(
        self, line_id: bytes, inc: int, dir: int, sizes: tuple[int, int]
    ) -> list[HeadRow]:
        """Signed heads of one log from one size up to below another."""
        rows = self._rows(
            "SELECT dir, size, root, kind, time, block, wall FROM heads WHERE line_id = ?"
            " AND inc = ? AND dir = ? AND kind IN ('checkpoint', 'cosign')"
            " AND size >= ? AND size < ? ORDER BY size",
            (line_id, inc, dir, *sizes),
        )
        return [HeadRow(*row) for row in rows]

    def joined(self, after: int, limit: int) -> list[tuple[int, slots.Key, EntryRow]]:
        """Entries of all lines in the order in which they joined our record, after a place of it;
        with place, line and incarnation."""
        rows = self._rows(
            f"SELECT id, line_id, inc, {_ENTRY} FROM entries WHERE id > ? ORDER BY id LIMIT ?",
            (after, limit),
        )
        return [(id, (line_id, inc), EntryRow(*row)) for id, line_id, inc, *row in rows]

    def heads(
        self,
        line_id: bytes,
        inc: int,
        dir: int | None = None,
        kind: str | None = None,
        newest: int | None = None,
    ) -> list[HeadRow]:
        """Signed heads in the order they were kept; `newest` keeps only the last so many."""
        rows = self._rows(
            "SELECT dir, size, root, kind, time, block, wall FROM heads"
            " WHERE line_id = ?1 AND inc = ?2 AND (?3 IS NULL OR dir = ?3)"
            " AND (?4 IS NULL OR kind = ?4) ORDER BY id DESC LIMIT ?5",
            (line_id, inc, dir, kind, -1 if newest is None else newest),
        )
        return [HeadRow(*row) for row in reversed(rows)]

    def secret(self, name: str) -> bytes | None:
        """A key of the station's own, or None."""
        return self._cells((b"", 0)).get(name)

    def _rows(self, query: str, params: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._connection.execute(query, params).fetchall()
        except sqlite3.Error as error:
            self._explain(error)
            raise

    def _cells(self, key: slots.Key) -> dict[str, bytes]:
        try:
            return slots.get(self._connection, key)
        except sqlite3.Error as error:
            self._explain(error)
            raise

    def _explain(self, error: sqlite3.Error) -> None:
        """Raise Unavailable when it was the world; return when the mistake is our own."""
        trouble = in_words(error, self.path)
        if trouble is not None:
            raise trouble from error

    def _record(self, line_id: bytes, inc: int) -> tuple[int, tuple[int, int]] | None:
        """Our side and the sizes by direction."""
        rows = self._rows(
            "SELECT side, size_0, size_1 FROM records WHERE line_id = ? AND inc = ?",
            (line_id, inc),
        )
        return (rows[0][0], (rows[0][1], rows[0][2])) if rows else None

    def _sizes(self, line_id: bytes, inc: int) -> tuple[int, int]:
        record = self._record(line_id, inc)
        return record[1] if record else (0, 0)

    def _seen_of(self, line_id: bytes, inc: int) -> Any:
        def seen(dir: int, n: int) -> int:
            found: int = self._rows(
                "SELECT seen FROM entries WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
                (line_id, inc, dir, n),
            )[0][0]
            return found

        return seen

    def _log(self, line_id: bytes, inc: int, dir: int, since: int, upto: int) -> Iterator[EntryRow]:
        for start in range(since, upto, PAGE_ROWS):
            yield from self.entries(line_id, inc, dir, start, min(PAGE_ROWS, upto - start))

    def _check_end(self, line_id: bytes, inc: int, dir: int, size: int) -> None:
        """The last entry is where the size says: one look into the index."""
        last = self._rows(
            "SELECT max(n) FROM entries WHERE line_id = ? AND inc = ? AND dir = ?",
            (line_id, inc, dir),
        )[0][0]
        kept = 0 if last is None else last + 1
        if kept != size:
            raise damaged(self.path, f"{size} entries were counted and {kept} are there")


class Reader(Reading):
    """A second, read-only connection for long reads beside the loop; use it in one thread.

    Each question is a read transaction of its own, so that a reader never stands in the way of a
    scrub for longer than one page takes. A long `sql` would.
    """

    def __init__(self, path: Path, busy_ms: int = 1000) -> None:
        self.path = path
        self._connection = connect(path, "ro", busy_ms)
        self._rows("PRAGMA query_only = ON")

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def connect(path: Path, mode: str, busy_ms: int) -> sqlite3.Connection:
    """A connection that begins no transaction by itself; any one thread at a time may use it."""
    try:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=busy_ms / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
    except sqlite3.Error as error:
        raise in_words(error, path) or error from error


def _in_joint_order(row: EntryRow) -> tuple[int, int]:
    return joint_key(row.dir, row.n, row.seen)
