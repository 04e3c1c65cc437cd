"""Desks: what messages are addressed to, who holds one now, and who is called after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.staff import officer
from parley.station.staff.people import check_name
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

DEPUTIES_MAX = 8


def desks_of(store: SqliteStore) -> list[dict[str, Any]]:
    """All desks with the numbers of holders and deputies; the first is the default."""
    desks: dict[int, dict[str, Any]] = {
        row["id"]: {"desk": row["id"], "name": row["name"], "holders": [], "deputies": []}
        for row in store.sql("SELECT id, name FROM desks ORDER BY id")
    }
    for row in store.sql("SELECT desk, person FROM holders ORDER BY since, person"):
        desks[row["desk"]]["holders"].append(row["person"])
    for row in store.sql("SELECT desk, person FROM deputies ORDER BY desk, place"):
        desks[row["desk"]]["deputies"].append(row["person"])
    return list(desks.values())


def desk_of(store: SqliteStore, id: int) -> dict[str, Any]:
    """One desk; Refused when there is none of this number."""
    for desk in desks_of(store):
        if desk["desk"] == id:
            return desk
    raise Refused(f"There is no desk {id} here.", "`parley desk list` shows the desks.")


def desk_view(station: Station, desk: dict[str, Any]) -> dict[str, Any]:
    """A desk with names, for people."""
    name = station.people.name
    return {
        "desk": desk["desk"],
        "name": desk["name"],
        "holders": [{"id": id, "name": name(id)} for id in desk["holders"]],
        "deputies": [{"id": id, "name": name(id)} for id in desk["deputies"]],
    }


@operation("desk.add", roles=("operator",), setup=True)
def desk_add(station: Station, who: Person, *, name: str) -> dict[str, Any]:
    """Set up a desk; the first one receives what names none."""
    check_name(name, "A desk's name")
    if any(desk["name"] == name for desk in desks_of(station.store)):
        raise Refused(f"There is a desk {name} already.", "Give this one another name.")
    station.store.sql("INSERT INTO desks (name, since) VALUES (?, ?)", (name, station.now.wall))
    id = station.store.sql("SELECT last_insert_rowid() AS id")[0]["id"]
    station.roster_changed = True
    return {"desk": id, "name": name}


@operation("desk.list", reads=True, setup=True)
def desk_list(station: Station, who: Person) -> dict[str, Any]:
    """The desks, who holds each, and who is called after them."""
    return {"desks": [desk_view(station, desk) for desk in desks_of(station.store)]}


@operation("desk.hold", roles=("watch",), setup=True)
def desk_hold(station: Station, who: Person, *, desk: int) -> dict[str, Any]:
    """Sit at a desk; others who hold it stay until they leave. Who is the first ever at the first
    desk takes the watch up."""
    desk_of(station.store, desk)
    station.store.sql(
        "INSERT OR IGNORE INTO holders (desk, person, since) VALUES (?, ?, ?)",
        (desk, who.id, station.now.wall),
    )
    if officer.officer(station.store) is None and desk == desks_of(station.store)[0]["desk"]:
        officer.note(station, officer.TAKEN_UP, who)
    station.roster_changed = True
    return desk_view(station, desk_of(station.store, desk))


@operation("desk.leave", roles=("watch",), setup=True)
def desk_leave(station: Station, who: Person, *, desk: int) -> dict[str, Any]:
    """Hold a desk no longer. Who has the watch hands it over instead."""
    if who.id not in desk_of(station.store, desk)["holders"]:
        raise Refused(f"You do not hold desk {desk}.", "`parley desk list` shows who does.")
    first = desks_of(station.store)[0]["desk"]
    if desk == first and officer.officer(station.store) == who.id:
        raise Refused(
            "You have the watch, and it is handed over before you leave.",
            "Sign it away by `parley watch hand-over`; it is yours until another person accepts.",
        )
    station.store.sql("DELETE FROM holders WHERE desk = ? AND person = ?", (desk, who.id))
    station.roster_changed = True
    return desk_view(station, desk_of(station.store, desk))


@operation("desk.deputies", roles=("operator",), setup=True)
def desk_deputies(
    station: Station, who: Person, *, desk: int, persons: list[int]
) -> dict[str, Any]:
    """Say who is called, in this order, when a clock runs out at a desk."""
    desk_of(station.store, desk)
    if len(persons) > DEPUTIES_MAX or len(set(persons)) != len(persons):
        raise Refused(f"Name at most {DEPUTIES_MAX} deputies, each once.", "The first comes first.")
    for person in persons:
        found = station.people.must_be_here(person)
        if "watch" not in found.roles:
            raise Refused(
                f"A deputy is a watch officer, and {found.name} is none.",
                "Name somebody who has the role watch.",
            )
    station.store.sql("DELETE FROM deputies WHERE desk = ?", (desk,))
    for place, person in enumerate(persons):
        station.store.sql(
            "INSERT INTO deputies (desk, place, person) VALUES (?, ?, ?)", (desk, place, person)
        )
    station.roster_changed = True
    return desk_view(station, desk_of(station.store, desk))


def desk_for(station: Station, wanted: int | None) -> dict[str, Any] | None:
    """The desk a message is for: the one it names, else our first."""
    return meant(desks_of(station.store), wanted)


def meant(desks: list[dict[str, Any]], wanted: int | None) -> dict[str, Any] | None:
    """The same, of desks at hand."""
    for desk in desks:
        if desk["desk"] == wanted:
            return desk
    return desks[0] if desks else None
