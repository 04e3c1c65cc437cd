"""Named values that can be made to disappear: the place for keys.

SQLite's secure_delete zeroes what is deleted, but when rows of different sizes come and go it
moves their neighbours within and between pages and leaves old copies in the unused space (seen
with 3.40, by search for erased values in the raw file). So values lie in pieces of one size that
are only ever added at the end or overwritten in place; nothing in that table ever moves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

SLOT_BYTES = 256  # the schema says so too
VALUE_BYTES = SLOT_BYTES - 2  # after two bytes of length: a ratchet's state fits one slot
_ERASED = bytes(SLOT_BYTES)

Key = tuple[bytes, int]  # line and incarnation


def put(connection: sqlite3.Connection, key: Key, cells: Mapping[str, bytes | None]) -> None:
    """Write values by name; None erases. Inside a transaction."""
    for name, value in cells.items():
        _put(connection, (*key, name), [] if value is None else _cut(value))


def get(connection: sqlite3.Connection, key: Key) -> dict[str, bytes]:
    """All values of one line and incarnation."""
    found: dict[str, bytes] = {}
    for name, content in connection.execute(
        "SELECT name, content FROM cells JOIN slots ON slots.id = slot"
        " WHERE line_id = ? AND inc = ? ORDER BY name, part",
        key,
    ).fetchall():
        length = int.from_bytes(content[:2])
        found[name] = found.get(name, b"") + content[2 : 2 + length]
    return found


def _cut(value: bytes) -> list[bytes]:
    pieces = [value[at : at + VALUE_BYTES] for at in range(0, len(value), VALUE_BYTES)] or [b""]
    return [(len(piece).to_bytes(2) + piece).ljust(SLOT_BYTES, b"\x00") for piece in pieces]


def _put(connection: sqlite3.Connection, cell: tuple[bytes, int, str], new: list[bytes]) -> None:
    run = connection.execute
    slots = [
        slot
        for (slot,) in run(
            "SELECT slot FROM cells WHERE line_id = ? AND inc = ? AND name = ? ORDER BY part", cell
        ).fetchall()
    ]
    for slot, content in zip(slots, new, strict=False):
        run("UPDATE slots SET content = ? WHERE id = ?", (content, slot))
    for part in range(len(slots), len(new)):
        run("INSERT INTO cells VALUES (?, ?, ?, ?, ?)", (*cell, part, _take(connection, new[part])))
    for part in range(len(new), len(slots)):
        run(
            "DELETE FROM cells WHERE line_id = ? AND inc = ? AND name = ? AND part = ?",
            (*cell, part),
        )
        run("UPDATE slots SET content = ? WHERE id = ?", (_ERASED, slots[part]))
        run("INSERT INTO slots_free VALUES (?)", (slots[part],))


def _take(connection: sqlite3.Connection, content: bytes) -> int:
    """A free slot, or a new one at the end, with `content` in it."""
    run = connection.execute
    free = run("SELECT id FROM slots_free LIMIT 1").fetchone()
    if free is None:
        added = run("INSERT INTO slots (content) VALUES (?)", (content,)).lastrowid
        assert added is not None
        return added
    run("DELETE FROM slots_free WHERE id = ?", free)
    run("UPDATE slots SET content = ? WHERE id = ?", (content, *free))
    return int(free[0])
