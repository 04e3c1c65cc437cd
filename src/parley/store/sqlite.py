"""The station's store: one SQLite file, durable before anything is sent or shown.

Write-ahead log with full sync: a commit is one append and one fsync, many changes may share it,
and a transaction that wrote nothing costs neither. Readers never block the writer. One station
writes; the folder's lock sees to that, and compare-and-swap notices if it did not.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from parley.core.errors import Misused, ParleyError, Unavailable
from parley.core.kept import Change, EntryRow
from parley.store import NotYetScrubbed, slots
from parley.store.migrations import Migration, migrate, migrations_of_this_version
from parley.store.reading import Reader, Reading, connect
from parley.store.rules import Fitted, check_side, fit, not_enrolled
from parley.store.trouble import damaged, foreign, not_openable

APPLICATION_ID = 0x50524C59  # "PRLY" in the file's header says whose database it is
BUSY_MS = 100  # nobody else should be there; a reader's page takes a few
CHECKED_BYTES_MAX = 32 << 20  # every page of a file up to this size is checked at opening
SQLITE_OLDEST = (3, 37, 0)  # STRICT tables
ROOM_BYTES = 64 << 10  # what a message and its receipts take of the journal, and more

_READS = ("SELECT", "PRAGMA", "EXPLAIN", "WITH", "VALUES")


class SqliteStore(Reading):
    """Keeps a station's record in one file, with its WAL beside it."""

    def __init__(
        self,
        path: Path,
        *,
        migrations: Sequence[Migration] | None = None,
        checked_bytes_max: int = CHECKED_BYTES_MAX,
    ) -> None:
        """Open or make the database, check it in proportion to its size, bring it up to date."""
        self.path = path
        self._wal = path.with_name(path.name + "-wal")
        self._in_transaction = False
        self._savepoints = 0
        self._failed: Unavailable | None = None
        self._emptied = False  # the WAL is empty, and its emptiness is on the disk
        self._ready_at = -1  # rows changed before `make_ready`; as many now is nothing since
        if sqlite3.sqlite_version_info < SQLITE_OLDEST:
            raise Unavailable(
                f"The SQLite library here is {sqlite3.sqlite_version}; Parley needs 3.37.",
                "Use a Python that was built with a newer SQLite.",
            )
        _make_file(path)
        self._connection = connect(path, "rw", BUSY_MS)
        self._slots = slots.Slots(self._connection)
        try:
            self._set_up(checked_bytes_max)
            migrate(self._connection, path, migrations or migrations_of_this_version())
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.Error):
                self._explain(error)
            raise
        # A station that was killed left its last keys in the WAL. If this fails, the first
        # receipt finds out.
        with suppress(ParleyError):
            self.scrub()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable on return; on any exception the store is as before."""
        if self._in_transaction:
            raise Misused("a transaction is already open")
        self._rows("BEGIN IMMEDIATE")
        self._in_transaction = True
        try:
            yield
            self._commit()
        except BaseException:
            self._undoing()
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
            raise
        finally:
            self._in_transaction = False
            self._failed = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """One operation's own writes within a transaction, undone if it raises."""
        self._writing()
        name = f"s{self._savepoints}"
        self._rows(f"SAVEPOINT {name}")
        self._savepoints += 1
        try:
            yield
        except BaseException:
            self._undoing()
            # After a failure of the world SQLite may have undone everything already.
            if self._failed is None:
                self._rows(f"ROLLBACK TO {name}")
                self._rows(f"RELEASE {name}")
            raise
        else:
            self._rows(f"RELEASE {name}")
        finally:
            self._savepoints -= 1

    def enrol(self, line_id: bytes, inc: int, side: int) -> None:
        """Begin the record of a line; again with the same side changes nothing."""
        self._writing()
        record = self._record(line_id, inc)
        check_side(line_id, side, record[0] if record else None)
        if record is None:
            self._rows(
                "INSERT INTO records (line_id, inc, side) VALUES (?, ?, ?)", (line_id, inc, side)
            )

    def keep(self, change: Change) -> None:
        """Write all of `change`, or raise Conflict when the durable sizes are not `before`."""
        self._writing()
        key = (change.line_id, change.inc)
        record = self._record(*key)
        if record is None:
            raise not_enrolled(change.line_id)
        fitted = fit(change, *record)
        with self.savepoint():
            self._write(key, change, fitted)

    def put_secret(self, name: str, value: bytes | None) -> None:
        """Keep a key of the station's own; None erases it, and `scrub` clears what it was."""
        self._writing()
        self._put_cells((b"", 0), {name: value})

    def sql(self, query: str, params: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Plain SQL for the station's own tables; writes only inside a transaction."""
        if not self._in_transaction and not query.lstrip().upper().startswith(_READS):
            raise Misused("a write outside a transaction")
        if self._failed is not None:
            raise self._failed
        return super().sql(query, params)

    def scrub(self) -> None:
        """Move the WAL into the database and empty it, durably; NotYetScrubbed when it cannot.

        Three things are looked at: what SQLite says, the file's length, and that the emptied file
        is on the disk, since a WAL that came back after a power cut would bring its keys.
        """
        if self._in_transaction:
            raise Misused("a scrub inside a transaction")
        if self._emptied and (self._unused() or not self._wal_bytes()):
            return
        self._emptied = False
        busy, _, _ = self._rows("PRAGMA wal_checkpoint(TRUNCATE)")[0]
        if busy or self._wal_bytes():
            raise NotYetScrubbed(
                f"A reader of {self.path} keeps retired keys in its journal from being erased.",
                "Receipts wait; close the program that reads the database.",
            )
        self._sync_wal()
        self._emptied = True

    def make_ready(self) -> None:
        """Begin an emptied WAL and give it room, in a moment of rest, or do nothing.

        The next commit then costs one sync that changes no file's size, instead of two that do:
        SQLite syncs the header of a WAL that begins by itself. Zeros are no frames to it, whatever
        happens next (sqlite.org/fileformat2.html, 4.1), and the one frame that is written here is
        the file's first page, in which no key ever stands.
        """
        if self._in_transaction or not self._emptied or self._wal_bytes():
            return
        with suppress(OSError, ParleyError):  # the next commit finds out by itself
            with open(self._wal, "r+b", buffering=0) as journal:
                journal.write(bytes(ROOM_BYTES))
            self._rows(f"PRAGMA application_id = {APPLICATION_ID}")
            self._ready_at = self._connection.total_changes

    def reader(self) -> Reader:
        """A read-only connection for long reads in another thread; close it after use."""
        return Reader(self.path)

    def close(self) -> None:
        """Scrub if possible and let go of the files."""
        with suppress(ParleyError):
            self.scrub()
        self._connection.close()

    def _commit(self) -> None:
        self._rows("COMMIT")

    def _write(self, key: slots.Key, change: Change, fitted: Fitted) -> None:
        if change.entries:
            self._insert("entries", key, [_entry_values(row) for row in change.entries])
            self._rows(
                "UPDATE records SET size_0 = ?, size_1 = ? WHERE line_id = ? AND inc = ?",
                (*fitted.sizes, *key),
            )
        self._insert(
            "held",
            key,
            [(r.n, r.type, r.marks, r.time, r.seen16, r.et, r.blind, r.body) for r in fitted.held],
        )
        self._insert(
            "queue", key, [(r.id, r.precedence, r.type, r.marks, r.body) for r in fitted.queue]
        )
        # One number, one sealed frame: putting the same again changes nothing, another never fits.
        put = self._insert("outbox", key, fitted.outbox)
        if put != len(fitted.outbox):
            raise Misused("another sealed frame stands under one of these numbers")
        self._drop("held", "n", key, change.held_drop)
        self._drop("queue", "id", key, change.queue_drop)
        if change.outbox_drop_below:
            self._rows(
                "DELETE FROM outbox WHERE line_id = ? AND inc = ? AND n < ?",
                (*key, change.outbox_drop_below),
            )
        self._insert(
            "heads",
            key,
            [(r.dir, r.size, r.root, r.kind, r.time, r.block, r.wall) for r in change.heads],
        )
        self._put_cells(key, change.cells)

    def _set_up(self, checked_bytes_max: int) -> None:
        owner = self._rows("PRAGMA application_id")[0][0]
        empty = not self._rows("SELECT 1 FROM sqlite_schema LIMIT 1")
        if owner != APPLICATION_ID and not (owner == 0 and empty):
            raise foreign(self.path)
        self._rows("PRAGMA secure_delete = ON")
        # Savepoints spill old pages, keys among them, to files in /tmp if they may.
        self._rows("PRAGMA temp_store = MEMORY")
        self._rows("PRAGMA foreign_keys = ON")
        self._rows("PRAGMA trusted_schema = OFF")
        self._rows("PRAGMA cell_size_check = ON")
        self._rows("PRAGMA synchronous = FULL")
        if self._rows("PRAGMA journal_mode = WAL")[0][0] != "wal":
            raise Unavailable(
                f"The folder of {self.path} cannot hold a write-ahead log.",
                "Put the station's folder on a disk of this machine, not on a network share.",
            )
        if owner == 0:
            self._rows(f"PRAGMA application_id = {APPLICATION_ID}")
        elif self.path.stat().st_size <= checked_bytes_max:
            found = self._rows("PRAGMA quick_check(1)")[0][0]
            if found != "ok":
                raise damaged(self.path, found.strip().splitlines()[-1])

    def _writing(self) -> None:
        if not self._in_transaction:
            raise Misused("a write outside a transaction")
        if self._failed is not None:
            raise self._failed

    def _insert(self, table: str, key: slots.Key, rows: Sequence[tuple[Any, ...]]) -> int:
        """Put rows; how many were written."""
        if not rows:
            return 0
        try:
            return self._connection.executemany(
                _INSERT[table], [(*key, *row) for row in rows]
            ).rowcount
        except sqlite3.Error as error:
            self._explain(error)
            raise

    def _drop(self, table: str, column: str, key: slots.Key, ids: Sequence[int]) -> None:
        for id in ids:
            self._rows(
                f"DELETE FROM {table} WHERE line_id = ? AND inc = ? AND {column} = ?", (*key, id)
            )

    def _put_cells(self, key: slots.Key, cells: dict[str, bytes | None]) -> None:
        try:
            self._slots.put(key, cells)
        except sqlite3.Error as error:
            self._explain(error)
            raise

    def _explain(self, error: sqlite3.Error) -> None:
        """As in Reading; and what fails inside a transaction fails all of it.

        SQLite undoes the whole transaction on some of these. What came next would then be written
        by itself, so nothing may come next, even when an operation swallowed the exception.
        """
        try:
            super()._explain(error)
        except Unavailable as trouble:
            if self._in_transaction:
                self._failed = trouble
            raise

    def _rows(self, query: str, params: Sequence[Any] = ()) -> list[Any]:
        if self._failed is not None:
            raise self._failed
        return super()._rows(query, params)

    def _undoing(self) -> None:
        self._ready_at = -1  # what is undone may stand in the WAL, and counts no row
        self._slots.forget()

    def _unused(self) -> bool:
        return self._ready_at == self._connection.total_changes

    def _wal_bytes(self) -> int:
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    def _sync_wal(self) -> None:
        try:
            _sync(self._wal)
        except FileNotFoundError:
            return
        except OSError as error:
            raise NotYetScrubbed(
                f"The disk that holds {self.path} failed to empty the journal: {error.strerror}.",
                "Receipts wait; look at the disk and at the system's messages.",
            ) from error


def _entry_values(r: EntryRow) -> tuple[Any, ...]:
    return (
        r.dir, r.n, r.type, r.marks, r.time, r.seen, r.et, r.blind, r.body, r.leaf, r.root, r.wall
    )  # fmt: skip


def _put(verb: str, table: str, columns: str, then: str = "") -> str:
    marks = ", ".join("?" for _ in columns.split(","))
    return f"{verb} INTO {table} (line_id, inc, {columns}) VALUES (?, ?, {marks}) {then}"


_INSERT = {
    "entries": _put(
        "INSERT",
        "entries",
        "dir, n, type, marks, time, seen, et, blind, body, leaf, root, wall",
    ),
    "held": _put("REPLACE", "held", "n, type, marks, time, seen16, et, blind, body"),
    "queue": _put("REPLACE", "queue", "id, precedence, type, marks, body"),
    "outbox": _put(
        "INSERT",
        "outbox",
        "n, frame",
        "ON CONFLICT DO UPDATE SET frame = frame WHERE frame = excluded.frame",
    ),
    "heads": _put("INSERT", "heads", "dir, size, root, kind, time, block, wall"),
}


def _make_file(path: Path) -> None:
    """Make the file, for its owner only, and its name durable; leave one that exists alone."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        _sync(path.parent)
    except FileExistsError:
        return
    except OSError as error:
        raise not_openable(error, path) from error


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
