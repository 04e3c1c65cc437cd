"""The schema grows by numbered files: each is applied once, in order, in a transaction of its own.

What was applied is kept with its hash, so that an old file changed afterwards is found, and so is
a database that a newer Parley has already moved on.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from parley.core.errors import Misused, Unavailable

NAME = re.compile(r"([0-9]{4})_[a-z_]+\.sql")

_TABLE = """
CREATE TABLE IF NOT EXISTS migrations (
  number INTEGER PRIMARY KEY,
  name   TEXT NOT NULL,
  hash   BLOB NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    name: str
    text: str

    @property
    def hash(self) -> bytes:
        """What tells an edited file from the one that was applied."""
        return sha256(self.text.encode()).digest()


@cache
def migrations_of_this_version() -> tuple[Migration, ...]:
    """The files beside this module, in order, read once in a process."""
    found = [
        Migration(int(match[1]), file.name, file.read_text(encoding="utf-8"))
        for file in files("parley.store").joinpath("schema").iterdir()
        if (match := NAME.fullmatch(file.name))
    ]
    return tuple(sorted(found, key=lambda migration: migration.number))


def migrate(connection: sqlite3.Connection, path: Path, known: Sequence[Migration]) -> None:
    """Bring the schema up to date, or refuse a database whose past is not ours."""
    has_table = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'")
    applied: dict[int, tuple[str, bytes]] = {}
    if has_table.fetchone():
        rows = connection.execute("SELECT number, name, hash FROM migrations").fetchall()
        applied = {number: (name, bytes(hash)) for number, name, hash in rows}
    by_number = {migration.number: migration for migration in known}
    newest = max(applied, default=0)
    if newest > max(by_number, default=0):
        raise Unavailable(
            f"The database {path} was written by a newer Parley ({applied[newest][0]}).",
            "Start the newer version again; this one would not understand what it kept.",
        )
    for number, (name, hash) in sorted(applied.items()):
        if number not in by_number or by_number[number].hash != hash:
            raise Unavailable(
                f"The database {path} was made with another {name} than this version's.",
                "Start the version that made it; a schema file is never changed once it was used.",
            )
    for migration in known:
        if migration.number in applied:
            continue
        if migration.number < newest:
            raise Unavailable(
                f"The database {path} went past {migration.name} without it.",
                "Start the version that made it; a new schema file takes the next free number.",
            )
        _apply(connection, migration)


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        for statement in _statements(migration):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO migrations (number, name, hash) VALUES (?, ?, ?)",
            (migration.number, migration.name, migration.hash),
        )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(migration: Migration) -> list[str]:
    """The file's statements; executescript would commit behind our back."""
    found, text = [], ""
    for line in migration.text.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            found.append(text)
            text = ""
    if any(line.strip() and not line.startswith("--") for line in text.splitlines()):
        raise Misused(f"{migration.name} does not end with a whole statement")
    return found
