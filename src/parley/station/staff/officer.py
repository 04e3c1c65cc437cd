"""Who has the watch: always one named person, from when somebody takes it up for the first time.

A desk may have several holders; the watch of the station has one officer. It passes in one
transaction, by the signature of who accepts it, so that there is no moment in which nobody or two
have it. Choice: docs/decisions/0038.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.acts.person import Person
    from parley.station.station import Station

TAKEN_UP, HANDED, ACCEPTED, TAKEN_OVER = "taken up", "handed over", "accepted", "taken over"


def newest(store: SqliteStore) -> Any | None:
    """The row by which somebody got the watch."""
    rows = store.sql("SELECT * FROM watch_log WHERE act <> 'handed over' ORDER BY id DESC LIMIT 1")
    return rows[0] if rows else None


def officer(store: SqliteStore) -> int | None:
    """The number of who has the watch; None while nobody ever took it up."""
    row = newest(store)
    return None if row is None else int(row["person"])


def waiting(store: SqliteStore) -> Any | None:
    """The hand-over that was signed and waits for who accepts it."""
    rows = store.sql("SELECT * FROM watch_log ORDER BY id DESC LIMIT 1")
    return rows[0] if rows and rows[0]["act"] == HANDED else None


def note(station: Station, act: str, who: Person, **more: Any) -> int:
    """Add a row; its number. `more` is what was signed, where something was."""
    given = {"meant": None, "answers": None, "note": "", "items": "[]", "sheet": "", "sha256": ""}
    station.store.sql(
        "INSERT INTO watch_log"
        " (act, person, at, before, meant, answers, note, items, sheet, sha256)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (act, who.id, station.now.wall, officer(station.store), *(given | more).values()),
    )
    id: int = station.store.sql("SELECT last_insert_rowid() AS id")[0]["id"]
    station.publish("watch", None, state=act, person=who.id)
    return id


def view(station: Station) -> dict[str, Any]:
    """Who has the watch, for every page: by name, since when, and what waits."""
    row, waits = newest(station.store), waiting(station.store)
    here = {person.id for person in station.people.here()}
    return {
        "officer": None if row is None else station.people.view(row["person"]),
        "since": None if row is None else row["at"],
        "here": row is not None and row["person"] in here,
        "desk": station.store.sql("SELECT min(id) AS id FROM desks")[0][
            "id"
        ],  # at which it is held
        "handing_over": None
        if waits is None
        else {
            "sheet": waits["id"],
            "at": waits["at"],
            "by": station.people.view(waits["person"]),
            "to": None if waits["meant"] is None else station.people.view(waits["meant"]),
        },
    }
