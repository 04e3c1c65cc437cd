"""Who did what, in a chain of hashes: each row covers the one before, so none is lost unseen.

A row is SHA-256(hash before ‖ CBOR[milliseconds, person, name, act, arguments, outcome]), and the
first follows 32 zero bytes. Whoever writes down the newest hash can later show that nothing before
it was changed. Refusals stand in it too. What people wrote does not: texts stand in the record,
and here only as their hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.core.errors import ParleyError, Refused
from parley.core.wire import encode
from parley.station.acts.operations import (
    Beside,
    Result,
    for_the_trail,
    operation,
    refused_for_the_trail,
)
from parley.station.acts.own_acts import DONE, Own
from parley.station.acts.person import Person
from parley.store.reading import Reading
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

PAGE_ROWS = 1000
_STATION = Person(0, "the station", "")


class Trail:
    """The audit trail of one station; writes happen inside the station's step."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.head = bytes(32)
        self.load()

    def load(self) -> None:
        """Go on after the newest row that is durable."""
        rows = self._store.sql("SELECT hash FROM trail ORDER BY id DESC LIMIT 1")
        self.head = bytes(rows[0]["hash"]) if rows else bytes(32)

    def write(
        self, at: float, who: Person, act: str, arguments: Mapping[str, Any], outcome: str
    ) -> None:
        """Add one row."""
        kept = json.dumps(for_the_trail(act, arguments, _digest), separators=(",", ":"))
        row = (round(at * 1000), who.id, who.name, str(act), kept, outcome)
        self.head = link(self.head, row)
        self._store.sql(
            "INSERT INTO trail (at, person, name, act, arguments, outcome, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row[0] / 1000, *row[1:], self.head),
        )

    def asked(
        self,
        at: float,
        who: Person,
        act: str,
        arguments: Mapping[str, Any],
        answer: Result | ParleyError,
    ) -> None:
        """Add what a person asked for and what became of it."""
        outcome = DONE
        if isinstance(answer, Beside):
            if answer.noted is None:
                return
            arguments = {**arguments, **answer.noted}
        if isinstance(answer, ParleyError):
            outcome = refused_for_the_trail(answer, _digest)
        self.write(at, who, act, arguments, outcome)

    def happened(self, at: float, act: Own, outcome: str, line: str = "") -> None:
        """Add what the station itself found: a clock that ran out, a line that fell silent."""
        self.write(at, _STATION, f"{act} ({line})" if line else act, {}, outcome)


def link(before: bytes, row: tuple[int, int, str, str, str, str]) -> bytes:
    """The hash of a row that follows `before`."""
    return sha256(before + encode(list(row))).digest()


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


@operation("audit", roles=("auditor", "operator", "engineer"), reads=True, setup=True)
def audit(
    station: Station, who: Person, *, start: int | None = None, limit: int = PAGE_ROWS
) -> dict[str, Any]:
    """Who did what: rows from number `start`, or the newest; with their hashes checked."""
    limit = max(1, min(limit, PAGE_ROWS))
    if start is None:
        newest = station.store.sql("SELECT coalesce(max(id), 0) AS id FROM trail")[0]["id"]
        start = max(1, newest - limit + 1)
    rows = station.store.sql(
        "SELECT id, at, person, name, act, arguments, outcome, hash FROM trail"
        " WHERE id >= ? ORDER BY id LIMIT ?",
        (start, limit),
    )
    return {"rows": checked(station.store, rows), "head": station.trail.head.hex()}


def checked(store: Reading, rows: list[Any]) -> list[dict[str, Any]]:
    """Rows as plain JSON; Refused names the first that does not fit the chain."""
    found: list[dict[str, Any]] = []
    before: bytes | None = None
    for row in rows:
        if before is None:
            last = store.sql("SELECT hash FROM trail WHERE id = ?", (row["id"] - 1,))
            before = bytes(last[0]["hash"]) if last else bytes(32)
        fields = (row["person"], row["name"], row["act"], row["arguments"], row["outcome"])
        if link(before, (round(row["at"] * 1000), *fields)) != row["hash"]:
            raise Refused(
                f"Row {row['id']} of the audit trail is not the one that was written.",
                "Somebody changed the database; keep a copy and call the duty officer.",
            )
        before = row["hash"]
        found.append(
            {
                "id": row["id"],
                "at": row["at"],
                "person": row["person"],
                "name": row["name"],
                "act": row["act"],
                "arguments": json.loads(row["arguments"]),
                "outcome": row["outcome"],
                "hash": row["hash"].hex(),
            }
        )
    return found
