"""Where words stand in the record: an index in a file of its own, beside the database.

It is derived. It may be behind, and whoever searches lets it catch up first; it may be missing or
damaged, and then it is made anew. It is written and read in threads beside the station's loop, so
that no text of a counterpart, however long, keeps a FLASH waiting (docs/decisions/0029).

SQLite's FTS5 with trigrams finds any three signs in a row, in every language and without knowing
where words begin. A word of one or two signs, as most are in Chinese, is looked for in the folded
text itself.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from parley.core.errors import Unavailable
from parley.store.trouble import in_words

NAME = "find.db"
MADE_BY = 1  # of this module's tables and foldings; an index of another number is made anew
BUSY_S = 5.0  # another search may be letting it catch up
GRAM = 3  # what the index knows are groups of three signs

_TABLES = (
    "CREATE VIRTUAL TABLE words USING fts5(text, tokenize='trigram case_sensitive 1')",
    # One row an entry that people may look for; its words are in the row of the same number.
    "CREATE TABLE about (entry INTEGER PRIMARY KEY, leaf BLOB, line_id BLOB, inc INTEGER,"
    " dir INTEGER, n INTEGER, type INTEGER, precedence INTEGER, status INTEGER, wall REAL,"
    " message INTEGER) STRICT",
    "CREATE INDEX about_wall ON about (wall)",
    "CREATE TABLE persons (entry INTEGER, person INTEGER, PRIMARY KEY (entry, person))"
    " STRICT, WITHOUT ROWID",
    # How far it has come: the last entry it looked at, with its leaf.
    "CREATE TABLE upto (entry INTEGER NOT NULL, leaf BLOB NOT NULL) STRICT",
    "INSERT INTO upto VALUES (0, x'')",
    f"PRAGMA user_version = {MADE_BY}",
)


@dataclass(frozen=True, slots=True)
class Indexed:
    """One entry as the index keeps it; `text` is folded."""

    entry: int
    leaf: bytes
    line_id: bytes
    inc: int
    dir: int
    n: int
    type: int
    precedence: int
    status: int
    wall: float
    message: bool
    persons: frozenset[int]
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. None and empty ask for nothing; times are our clock's, `until` excluded."""

    words: tuple[str, ...] = ()  # folded; all of them
    lines: tuple[tuple[bytes, int], ...] | None = None
    sides: tuple[tuple[bytes, int, int], ...] | None = None  # line, incarnation, direction
    precedence: int | None = None
    status: int | None = None
    types: tuple[int, ...] = ()
    since: float | None = None
    until: float | None = None
    persons: tuple[tuple[bytes, int, int, int], ...] | None = None  # one of these, in a direction
    messages: bool = False  # no acknowledgements, no events of calls
    before: int | None = None  # older than this entry
    after: int | None = None  # newer than this one; then the oldest come first


class WordIndex:
    """One connection to the index; use it in one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    def upto(self) -> tuple[int, bytes]:
        """The last entry it looked at, and that entry's leaf."""
        entry, leaf = self._connection.execute("SELECT entry, leaf FROM upto").fetchone()
        return entry, leaf

    def add(self, after: int, rows: Sequence[Indexed], last: int, leaf: bytes) -> bool:
        """Take entries in, up to `last`; False when another search has been here meanwhile."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        try:
            if self.upto()[0] != after:
                run("ROLLBACK")
                return False
            for row in rows:
                run("INSERT INTO words (rowid, text) VALUES (?, ?)", (row.entry, row.text))
                run(
                    "INSERT INTO about VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (row.entry, row.leaf, row.line_id, row.inc, row.dir, row.n, row.type,
                     row.precedence, row.status, row.wall, int(row.message)),
                )  # fmt: skip
                for person in row.persons:
                    run("INSERT INTO persons VALUES (?, ?)", (row.entry, person))
            run("UPDATE upto SET entry = ?, leaf = ?", (last, leaf))
            run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                run("ROLLBACK")
            raise
        return True

    def begin_anew(self) -> None:
        """Forget all: the record is not the one that this was made from."""
        self._connection.execute("BEGIN IMMEDIATE")
        _fill(self._connection)
        self._connection.execute("COMMIT")

    def find(self, query: Query, limit: int) -> list[tuple[int, bytes]]:
        """Entries that have it all, newest first unless `after` is given; each with its leaf."""
        where, values = _conditions(query)
        order = "ASC" if query.after is not None else "DESC"
        rows = self._connection.execute(
            "SELECT about.entry, about.leaf FROM about JOIN words ON words.rowid = about.entry"
            f" WHERE {' AND '.join(where) or '1'} ORDER BY about.entry {order} LIMIT ?",
            (*values, limit),
        )
        return [(entry, leaf) for entry, leaf in rows]


def _conditions(query: Query) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []

    def when(condition: str, *given: Any) -> None:
        where.append(condition)
        values.extend(given)

    long = [word for word in query.words if len(word) >= GRAM]
    if long:
        quoted = ('"' + word.replace('"', '""') + '"' for word in long)
        when("words MATCH ?", " AND ".join(quoted))
    for word in query.words:
        if len(word) < GRAM:
            when("instr(words.text, ?) > 0", word)
    for column, value in (("precedence", query.precedence), ("status", query.status)):
        if value is not None:
            when(f"about.{column} = ?", value)
    for columns, several in (
        ("about.line_id, about.inc", query.lines),
        ("about.line_id, about.inc, about.dir", query.sides),
    ):
        if several is not None:
            when(*_among(columns, several))
    if query.types:
        when(f"about.type IN ({', '.join('?' * len(query.types))})", *query.types)
    if query.since is not None:
        when("about.wall >= ?", query.since)
    if query.until is not None:
        when("about.wall < ?", query.until)
    if query.persons is not None:
        among, *given = _among("about.line_id, about.inc, about.dir, persons.person", query.persons)
        when(
            "EXISTS (SELECT 1 FROM persons WHERE persons.entry = about.entry AND " + among + ")",
            *given,
        )
    if query.messages:
        when("about.message = 1")
    if query.before is not None:
        when("about.entry < ?", query.before)
    if query.after is not None:
        when("about.entry > ?", query.after)
    return where, values


def _among(columns: str, several: Sequence[tuple[Any, ...]]) -> list[Any]:
    """A condition that a row of columns is one of several, and its values."""
    if not several:
        return ["0"]
    each = "(" + ", ".join("?" * len(several[0])) + ")"
    values = ", ".join([each] * len(several))
    return [f"({columns}) IN (VALUES {values})", *(value for row in several for value in row)]


@contextmanager
def word_index(folder: Path) -> Iterator[WordIndex]:
    """The index of a station's folder, made anew when it is not one that we made."""
    path = folder / NAME
    try:
        with closing(_open(path)) as connection:
            yield WordIndex(path, connection)
    except sqlite3.Error as error:
        if not _is_damage(error):
            raise in_words(error, path) or error from error
        forget(folder)
        raise Unavailable(
            "The index of words was damaged and is made anew; the record is as it was.",
            "Ask again.",
        ) from error
    except OSError as error:
        raise Unavailable(
            f"The index of words {path} cannot be opened: {error.strerror or error}.",
            "Look whether the station may write there and the disk has room.",
        ) from error


def forget(folder: Path) -> None:
    """Remove the index; the next search makes it anew."""
    for name in (NAME, f"{NAME}-wal", f"{NAME}-shm"):
        (folder / name).unlink(missing_ok=True)


def check_can_search() -> None:
    """Unavailable, in a sentence, where SQLite was built without what searching needs."""
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(_TABLES[0])
    except sqlite3.Error as error:
        raise Unavailable(
            f"The SQLite library here ({sqlite3.sqlite_version}) cannot search for words: it was"
            " built without FTS5 and its trigrams.",
            "Use a Python whose SQLite has them (3.34 or newer); all else works without.",
        ) from error


def _open(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] != MADE_BY:
            _make(connection)
        return connection
    except BaseException:
        connection.close()
        raise


def _make(connection: sqlite3.Connection) -> None:
    check_can_search()
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = NORMAL")  # after a power cut it may be behind
    connection.execute("BEGIN EXCLUSIVE")
    if connection.execute("PRAGMA user_version").fetchone()[0] != MADE_BY:
        _fill(connection)
    connection.execute("COMMIT")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have it write ahead. SQLite does not wait here for who does the same at this moment."""
    until = monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() >= until:
                raise
            sleep(0.01)
        else:
            return


def _fill(connection: sqlite3.Connection) -> None:
    for name in ("words", "about", "persons", "upto"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in _TABLES:
        connection.execute(statement)


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "")[:14] in ("SQLITE_CORRUPT", "SQLITE_NOTADB")
