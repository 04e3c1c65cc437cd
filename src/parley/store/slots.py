"""Named values that can be made to disappear: the place for keys.

SQLite's secure_delete zeroes what is deleted, but when rows of different sizes come and go it
moves their neighbours within and between pages and leaves old copies in the unused space (seen
with 3.40, by search for erased values in the raw file). So values lie in pieces of one size that
are only ever added at the end or overwritten in place; nothing in that table ever moves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from parley.core.errors import Misused

SLOT_BYTES = 256  # the schema says so too
VALUE_BYTES = SLOT_BYTES - 2  # after two bytes of length: a ratchet's state fits one slot
_ERASED = bytes(SLOT_BYTES)

Key = tuple[bytes, int]  # line and incarnation


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


class Slots:
    """Writes values by name, inside a transaction. Where they lie is looked up once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[bytes, int, str], list[int]] = {}

    def forget(self) -> None:
        """What was written is undone: look everything up anew."""
        self._known.clear()

    def put(self, key: Key, cells: Mapping[str, bytes | None]) -> None:
        """Write these values; None erases."""
        run = self._connection.execute
        over: list[tuple[bytes, int]] = []
        for name, value in cells.items():
            cell = (*key, name)
            slots, new = self._slots(cell), [] if value is None else _cut(value)
            over += zip(new, slots, strict=False)
            for part in range(len(slots), len(new)):
                slots.append(self._take(new[part]))
                run("INSERT INTO cells VALUES (?, ?, ?, ?, ?)", (*cell, part, slots[part]))
            for part in range(len(new), len(slots)):
                self._give_up(cell, part, slots[part])
            del slots[len(new) :]
        done = self._connection.executemany("UPDATE slots SET content = ? WHERE id = ?", over)
        if over and done.rowcount != len(over):
            raise Misused("a value does not lie where it lay; the step is undone")

    def _slots(self, cell: tuple[bytes, int, str]) -> list[int]:
        known = self._known.get(cell)
        if known is None:
            rows = self._connection.execute(
                "SELECT slot FROM cells WHERE line_id = ? AND inc = ? AND name = ? ORDER BY part",
                cell,
            )
            known = self._known[cell] = [slot for (slot,) in rows.fetchall()]
        return known

    def _take(self, content: bytes) -> int:
        """A free slot, or a new one at the end, with `content` in it."""
        run = self._connection.execute
        free = run("SELECT id FROM slots_free LIMIT 1").fetchone()
        if free is None:
            added = run("INSERT INTO slots (content) VALUES (?)", (content,)).lastrowid
            assert added is not None
            return added
        run("DELETE FROM slots_free WHERE id = ?", free)
        run("UPDATE slots SET content = ? WHERE id = ?", (content, *free))
        return int(free[0])

    def _give_up(self, cell: tuple[bytes, int, str], part: int, slot: int) -> None:
        run = self._connection.execute
        run(
            "DELETE FROM cells WHERE line_id = ? AND inc = ? AND name = ? AND part = ?",
            (*cell, part),
        )
        run("UPDATE slots SET content = ? WHERE id = ?", (_ERASED, slot))
        run("INSERT INTO slots_free VALUES (?)", (slot,))
