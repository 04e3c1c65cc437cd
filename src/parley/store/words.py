"""Where words stand in the record: an index in a file of its own, beside the database.

An entry is found by its own words, and by texts that stand beside it and may come later: its
translations, names and texts of its attachments. Each is a row of its own with the marks of its
entry, so that all conditions hold for it; its number says of which entry it is and which of its
places (`station/texts/places.py`).

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from parley.core.errors import Unavailable
from parley.store.trouble import in_words

NAME = "find.db"
MADE_BY = 2  # of this module's tables and foldings; an index of another number is made anew
BUSY_S = 5.0  # another search may be letting it catch up
GRAM = 3  # what the index knows are groups of three signs

_PLACE_BITS = 31  # of a row's number; what is before them is the entry
_ENTRY_MAX = (1 << 32) - 1  # with its place it is a number that SQLite knows
File = tuple[bytes, int, bytes]  # line, direction, SHA-256

_TABLES = (
    "CREATE VIRTUAL TABLE words USING fts5(text, tokenize='trigram case_sensitive 1')",
    # One row a text that people may look for; its words are in the row of the same number.
    "CREATE TABLE about (id INTEGER PRIMARY KEY, entry INTEGER, leaf BLOB, line_id BLOB,"
    " inc INTEGER, dir INTEGER, n INTEGER, type INTEGER, precedence INTEGER, status INTEGER,"
    " wall REAL, message INTEGER) STRICT",
    "CREATE INDEX about_wall ON about (wall)",
    "CREATE TABLE persons (entry INTEGER, person INTEGER, PRIMARY KEY (entry, person))"
    " STRICT, WITHOUT ROWID",
    # Texts that go with messages: the first that names each, and which are to be looked at again.
    "CREATE TABLE files (line_id BLOB, dir INTEGER, sha256 BLOB, entry INTEGER, place INTEGER,"
    " PRIMARY KEY (line_id, dir, sha256)) STRICT, WITHOUT ROWID",
    "CREATE TABLE files_due (line_id BLOB, dir INTEGER, sha256 BLOB,"
    " PRIMARY KEY (line_id, dir, sha256)) STRICT, WITHOUT ROWID",
    # Translations of messages that have not joined the record.
    "CREATE TABLE early (translation INTEGER PRIMARY KEY) STRICT",
    # How far it has come: the last entry it looked at, with its leaf; the last translation, with
    # its time.
    "CREATE TABLE upto (entry INTEGER NOT NULL, leaf BLOB NOT NULL, translation INTEGER NOT NULL,"
    " at REAL NOT NULL) STRICT",
    "INSERT INTO upto VALUES (0, x'', 0, 0)",
    f"PRAGMA user_version = {MADE_BY}",
)


@dataclass(frozen=True, slots=True)
class Indexed:
    """One text of an entry as the index keeps it; `text` is folded."""

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
    place: int = 0  # 0: its own words; else what stands beside it

    @property
    def id(self) -> int:
        """The number of its row."""
        return row_of(self.entry, self.place)


def row_of(entry: int, place: int) -> int:
    """The number of the row that a text of an entry has."""
    return entry << _PLACE_BITS | place


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


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found, with its leaf, and in which of its places."""

    entry: int
    leaf: bytes
    places: list[int]


class WordIndex:
    """One connection to the index; use it in one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    def upto(self) -> tuple[int, bytes]:
        """The last entry it looked at, and that entry's leaf."""
        entry, leaf = self._connection.execute("SELECT entry, leaf FROM upto").fetchone()
        return entry, leaf

    def translations(self) -> tuple[int, float]:
        """The last translation that it took in, and that one's time."""
        id, at = self._connection.execute("SELECT translation, at FROM upto").fetchone()
        return id, at

    def add(
        self,
        after: int,
        rows: Sequence[Indexed],
        last: int,
        leaf: bytes,
        files: Sequence[tuple[File, int, int]] = (),
        files_due: Iterable[File] = (),
    ) -> bool:
        """Take entries in, up to `last`, with the files that they name in entry and place, and
        those that are to be looked at; False when another search has been here meanwhile."""
        with self._writing() as run:
            if self.upto()[0] != after:
                return False
            for row in rows:
                self._insert(row)
                for person in row.persons:
                    run("INSERT OR IGNORE INTO persons VALUES (?, ?)", (row.entry, person))
            for file, entry, place in files:
                run("INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?, ?)", (*file, entry, place))
            for file in files_due:
                run(  # pictures have no words
                    "INSERT OR IGNORE INTO files_due SELECT line_id, dir, sha256 FROM files"
                    " WHERE line_id = ? AND dir = ? AND sha256 = ?",
                    file,
                )
            run("UPDATE upto SET entry = ?, leaf = ?", (last, leaf))
        return True

    def early(self) -> list[int]:
        """Translations of messages that had not joined the record."""
        return [id for (id,) in self._connection.execute("SELECT translation FROM early")]

    def add_translations(
        self,
        rows: Sequence[Indexed],
        gone: Sequence[int],
        early: Iterable[int],
        upto: tuple[int, float] | None = None,
    ) -> None:
        """Take translations in instead of the rows that they amend; all that are early are given.
        Twice does no harm."""
        with self._writing() as run:
            for id in gone:
                self._remove(id)
            for row in rows:
                self._put(row)
            run("DELETE FROM early")
            for translation in early:
                run("INSERT INTO early VALUES (?)", (translation,))
            if upto is not None:
                run("UPDATE upto SET translation = ?, at = ?", upto)

    def files_due(self) -> list[tuple[File, int, int]]:
        """Texts that have come whole and are to be looked at, with entry and place of each."""
        return [
            ((line_id, dir, hash), entry, place)
            for line_id, dir, hash, entry, place in self._connection.execute(
                "SELECT line_id, dir, sha256, entry, place FROM files_due"
                " JOIN files USING (line_id, dir, sha256)"
            )
        ]

    def add_files(self, rows: Sequence[Indexed], done: Iterable[File]) -> None:
        """Take texts of files in; those that are `done` need no second look."""
        with self._writing() as run:
            for row in rows:
                self._put(row)
            for file in done:
                run("DELETE FROM files_due WHERE line_id = ? AND dir = ? AND sha256 = ?", file)

    @contextmanager
    def _writing(self) -> Iterator[Callable[..., Any]]:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        try:
            yield run
            run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                run("ROLLBACK")
            raise

    def _put(self, row: Indexed) -> None:
        self._remove(row.id)
        self._insert(row)

    def _insert(self, row: Indexed) -> None:
        run = self._connection.execute
        run("INSERT INTO words (rowid, text) VALUES (?, ?)", (row.id, row.text))
        run(
            "INSERT INTO about VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row.id, row.entry, row.leaf, row.line_id, row.inc, row.dir, row.n, row.type,
             row.precedence, row.status, row.wall, int(row.message)),
        )  # fmt: skip

    def _remove(self, id: int) -> None:
        run = self._connection.execute
        if run("SELECT 1 FROM about WHERE id = ?", (id,)).fetchone():
            run("DELETE FROM words WHERE rowid = ?", (id,))
            run("DELETE FROM about WHERE id = ?", (id,))

    def begin_anew(self) -> None:
        """Forget all: the record is not the one that this was made from."""
        self._connection.execute("BEGIN IMMEDIATE")
        _fill(self._connection)
        self._connection.execute("COMMIT")

    def find(self, query: Query, limit: int) -> list[Hit]:
        """Entries one of whose texts has it all, newest first unless `after` is given."""
        where, values = _conditions(query)
        order = "ASC" if query.after is not None else "DESC"
        # In the order of the index of words, which then gives them one after the other.
        table, id = ("about", "about.id")
        if query.words:
            table, id = ("words CROSS JOIN about ON about.id = words.rowid", "words.rowid")
        rows = self._connection.execute(
            f"SELECT {id}, about.leaf FROM {table}"
            f" WHERE {' AND '.join(where) or '1'} ORDER BY {id} {order}",
            values,
        )
        found: list[Hit] = []
        with closing(rows):
            for id, leaf in rows:
                entry, place = id >> _PLACE_BITS, id & (1 << _PLACE_BITS) - 1
                if found and found[-1].entry == entry:
                    found[-1].places.append(place)
                elif len(found) == limit:
                    break
                else:
                    found.append(Hit(entry, leaf, [place]))
        return found


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
    if not query.words:
        when(f"about.id & {(1 << _PLACE_BITS) - 1} = 0")  # one row an entry
    if query.before is not None:
        when("about.id < ?", row_of(min(query.before, _ENTRY_MAX), 0))
    if query.after is not None:
        when("about.id >= ?", row_of(min(query.after + 1, _ENTRY_MAX), 0))
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
    for name in ("words", "about", "persons", "files", "files_due", "early", "upto"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in _TABLES:
        connection.execute(statement)


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "")[:14] in ("SQLITE_CORRUPT", "SQLITE_NOTADB")
