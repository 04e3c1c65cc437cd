"""The roster: how the other side learns the names behind the small numbers in our entries.

An entry of type 20 (ROSTER) carries, with an empty header map, the payload

    {1: {person: [name, office] or null}, 2: {desk: [name, [holders], [deputies]] or null}}

with what is new or changed since the last one; null is somebody or something no longer here. Either
key may be absent. Persons are those who may draft, release or stand watch, and who has spoken in
the chat of the line; holders and deputies are numbers of persons. What a later version adds to a
list is passed over. Numbers are never used again, so a name once learnt stands for old entries too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from parley.core.effects import Saying
from parley.core.entry import BODY_PARTS_MAX, Content, Precedence, Status, Type, body_of
from parley.core.wire import Value, decode, encode
from parley.station.acts.person import HANDLERS, Person
from parley.station.line.lines import OpenLine
from parley.station.staff.desks import desks_of
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

PERSONS, DESKS = 1, 2
ITEMS_A_ENTRY = 128
BYTES_A_ENTRY = BODY_PARTS_MAX - 64  # one item, the largest desk, has 3,100
THEIRS_MAX = 4096  # names kept of one other side
ID_MAX = 1 << 32
NAME_BYTES_MAX = 256
HOLDERS_MAX = 256  # of one desk, and as many deputies

Roster = dict[int, dict[int, Value]]


def ours(station: Station, open_line: OpenLine) -> Roster:
    """What there is to tell now."""
    rows = station.store.sql("SELECT person FROM named_persons WHERE line_id = ?", (open_line.id,))
    named = {row["person"] for row in rows}
    persons: dict[int, Value] = {
        person.id: [person.name, person.office]
        for person in station.people.here()
        if person.roles.intersection(HANDLERS) or person.id in named
    }
    desks: dict[int, Value] = {
        desk["desk"]: [desk["name"], desk["holders"], desk["deputies"]]
        for desk in desks_of(station.store)
    }
    return {PERSONS: persons, DESKS: desks}


def name_too(station: Station, open_line: OpenLine, who: Person) -> None:
    """Tell the other side of a person too who handles no messages and has spoken (spec/chat.md O4).
    The roster goes before what was said."""
    new = station.store.sql(
        "INSERT OR IGNORE INTO named_persons VALUES (?, ?) RETURNING person", (open_line.id, who.id)
    )
    station.roster_changed |= bool(new)


def tell_all(station: Station) -> None:
    """Tell every line that can be told what is new or changed."""
    for open_line in station.lines:
        state = station.state(open_line)
        if state.halted is None and not state.closed:
            tell(station, open_line)
    station.after_commit(partial(setattr, station, "roster_changed", False))


def tell(station: Station, open_line: OpenLine) -> None:
    """Say what has changed since the other side was last told, if anything has."""
    key = open_line.key
    rows = station.store.sql("SELECT told FROM roster_told WHERE line_id = ? AND inc = ?", key)
    told: Roster = decode(rows[0]["told"]) if rows else {PERSONS: {}, DESKS: {}}
    now = ours(station, open_line)
    changed: list[tuple[int, int, Value]] = []
    for what in (PERSONS, DESKS):
        changed += [
            (what, id, value) for id, value in now[what].items() if told[what].get(id) != value
        ]
        changed += [(what, id, None) for id in told[what] if id not in now[what]]
    for payload in _portions(changed):
        body = body_of(Type.ROSTER, {}, payload)
        station.say(open_line, Saying(Type.ROSTER, Precedence.PRIORITY, Status.SERVICE, body))
    if changed:
        station.store.sql("REPLACE INTO roster_told VALUES (?, ?, ?)", (*key, encode(now)))


def _portions(changed: list[tuple[int, int, Value]]) -> Iterator[Roster]:
    """So much of it as one entry may have; a part has a byte, so its parts are few enough too."""
    portion, items, size = Roster(), 0, 0
    for what, id, value in changed:
        more = len(encode([id, value]))
        if items == ITEMS_A_ENTRY or size + more > BYTES_A_ENTRY:
            yield portion
            portion, items, size = Roster(), 0, 0
        portion.setdefault(what, {})[id] = value
        items, size = items + 1, size + more
    if portion:
        yield portion


def hear(store: SqliteStore, open_line: OpenLine, content: Content) -> None:
    """Remember what they told; what does not have the form is passed over."""
    if not isinstance(content.payload, dict):
        return
    known = store.sql(
        "SELECT count(*) AS n FROM roster_theirs WHERE line_id = ? AND inc = ?", open_line.key
    )[0]["n"]
    for what in (PERSONS, DESKS):
        items = content.payload.get(what)
        if not isinstance(items, dict):
            continue
        for id, value in islice(items.items(), ITEMS_A_ENTRY):
            if type(id) is not int or not 0 <= id < ID_MAX or known >= THEIRS_MAX:
                continue
            if value is None:
                store.sql(
                    "UPDATE roster_theirs SET here = 0"
                    " WHERE line_id = ? AND inc = ? AND what = ? AND id = ?",
                    (*open_line.key, what, id),
                )
            elif _is_desk(value) if what == DESKS else _is_person(value):
                known += 1
                store.sql(
                    "REPLACE INTO roster_theirs VALUES (?, ?, ?, ?, ?, ?)",
                    (*open_line.key, what, id, 1, encode(value[: 3 if what == DESKS else 2])),
                )


def theirs(store: SqliteStore, open_line: OpenLine, *, gone: bool = True) -> Roster:
    """All names they told us, those no longer there too unless `gone` is False."""
    found: Roster = {PERSONS: {}, DESKS: {}}
    for row in store.sql(
        "SELECT what, id, value FROM roster_theirs"
        " WHERE line_id = ? AND inc = ? AND here >= ? ORDER BY id",
        (*open_line.key, 0 if gone else 1),
    ):
        found[row["what"]][row["id"]] = decode(row["value"])
    return found


def their_desks(store: SqliteStore, open_line: OpenLine) -> list[dict[str, Any]]:
    """Their desks with names, as they told."""
    names = theirs(store, open_line)[PERSONS]

    def person(id: int) -> dict[str, Any]:
        known = names.get(id)
        return {"id": id, "name": known[0] if known else f"person {id}"}

    return [
        {
            "desk": id,
            "name": value[0],
            "holders": [person(each) for each in value[1]],
            "deputies": [person(each) for each in value[2]],
        }
        for id, value in theirs(store, open_line, gone=False)[DESKS].items()
    ]


def _is_person(value: Value) -> bool:
    return isinstance(value, list) and len(value) >= 2 and all(map(_is_name, value[:2]))


def _is_desk(value: Value) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 3
        and _is_name(value[0])
        and all(
            isinstance(ids, list)
            and len(ids) <= HOLDERS_MAX
            and all(type(id) is int and 0 <= id < ID_MAX for id in ids)
            for ids in value[1:3]
        )
    )


def _is_name(value: Value) -> bool:
    return isinstance(value, str) and len(value.encode()) <= NAME_BYTES_MAX
