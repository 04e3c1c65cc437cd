"""What did not come in its time, for people: in a sentence, in a list, and taken in hand by one.

It rings on the pages of the watch until it comes, or until a person of the watch takes it in hand
(docs/decisions/0045). Source: spec/testing.md T9, T10, T11 and T12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence
from parley.core.errors import Refused
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.alarms import escalation, tested
from parley.station.entries import messages
from parley.station.line.lines import OpenLine
from parley.station.line.schedule import schedule_of
from parley.station.machine.clock import stamp
from parley.station.staff.desks import desk_for

if TYPE_CHECKING:
    from parley.station.station import Station

SHOWN_MAX = 50
TAKEN_MAX = 12  # shown of what is in somebody's hands, the newest
TEST, ANSWER, REPLY, OFFICE = "test", "answer", "reply", "office"


def desk_of(station: Station, open_line: OpenLine, row: Any) -> dict[str, Any]:
    """The desk that is to act on the message it is about."""
    message = messages.find(station, open_line, row["dir"], row["n"])
    return desk_for(station, message["desk"] if message else None) or {}


def sounds_at(station: Station, desk: dict[str, Any], called: int) -> list[int] | None:
    """Whose tabs knock: of who holds that desk, and of the deputies that were called until now.
    None for every watch officer's, where none of theirs rings (T12)."""
    persons = [*desk.get("holders", []), *desk.get("deputies", [])[:called]]
    return persons if set(persons).intersection(station.hears()) else None


def sounds_for(view: dict[str, Any], person: int) -> bool:
    """Whether what is overdue sounds where that person sits: at the desk, at every one while none
    of that desk's tabs rings, and at every one once everyone is called (T12)."""
    return bool(view["escalation"]) or view["sounds_at"] is None or person in view["sounds_at"]


def sentence(station: Station, row: Any) -> str:
    """What did not come."""
    open_line = station.line_of(bytes(row["line_id"]), row["inc"])
    by, n = f"{stamp(row['due'])[:16].replace('T', ' ')}Z", row["n"]
    ours, them = row["dir"] == open_line.ours, open_line.agreed.counterpart
    if row["kind"] == TEST and not schedule_of(station, open_line).turns:
        return f"No human test was answered by {by}."
    if row["kind"] == TEST:
        late = f"Their human test was not called by {by}."
        return f"Our human test was not called by {by}." if ours else late
    if row["kind"] == ANSWER and ours:
        return f"Test {n} of ours was not answered by {them} by {by}."
    if row["kind"] == ANSWER:
        return f"Test {n} of theirs was not answered here by {by}."
    if row["kind"] == REPLY and ours:
        return f"Message {n} of ours asked for a reply by {by}; {them} gave none."
    if row["kind"] == REPLY:
        return f"Message {n} of theirs asked for a reply by {by}; none was given here."
    return f"{office_of(station, row)} has not said by {by} that it has message {n} in hand."


def office_of(station: Station, row: Any) -> str:
    """The office that a distribution went to."""
    found = station.store.sql("SELECT office FROM distribution WHERE id = ?", (row["passing"],))
    return str(found[0]["office"]) if found else ""


def oldest_owed(station: Station, open_line: OpenLine, ours: bool = False) -> dict[str, Any] | None:
    """Their oldest message that asked for a reply by a time and has none, be it acknowledged; or
    that of ours. Its clock is that of the reply."""
    rows = station.store.sql(
        "SELECT e.n, e.precedence, e.due, m.kept FROM expected e"
        " JOIN messages m ON m.line_id = e.line_id AND m.inc = e.inc AND m.dir = e.dir"
        " AND m.n = e.n"
        " WHERE e.line_id = ? AND e.dir = ? AND e.kind = 'reply' AND e.came IS NULL"
        " ORDER BY m.kept LIMIT 1",
        (open_line.id, open_line.ours if ours else open_line.theirs),
    )
    if not rows:
        return None
    left = rows[0]["due"] - station.now.wall
    return {
        "n": rows[0]["n"],
        "precedence": Precedence(rows[0]["precedence"]).name,
        "at": rows[0]["kept"],
        "clock": {"due": rows[0]["due"], "left_s": left, "overdue": left < 0},
    }


def view(station: Station) -> list[dict[str, Any]]:
    """All that did not come and that nobody has taken in hand, the oldest first."""
    rows = station.store.sql(
        "SELECT * FROM expected WHERE missed IS NOT NULL AND came IS NULL AND taken IS NULL"
        " ORDER BY due LIMIT ?",
        (SHOWN_MAX,),
    )
    found = []
    for row in rows:
        open_line = station.line_of(bytes(row["line_id"]), row["inc"])
        if row["kind"] in (TEST, ANSWER) and tested.asks_none(station, open_line):
            continue
        desk = desk_of(station, open_line, row)
        found.append(
            _about(station, open_line, row)
            | {
                "late_s": station.now.wall - row["due"],
                "desk_name": desk.get("name"),
                "sounds_at": sounds_at(station, desk, row["called"]),
                "calls": row["called"],
                "called": [
                    station.people.view(id) for id in desk.get("deputies", [])[: row["called"]][-1:]
                ],
                "escalation": escalation.steps_of(station, open_line, -row["id"]),
            }
        )
    return found


def _about(station: Station, open_line: OpenLine, row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "line": open_line.address,
        "line_name": open_line.agreed.name,
        "counterpart": open_line.agreed.counterpart,
        "kind": row["kind"],
        "turns": schedule_of(station, open_line).turns,
        "dir": open_line.side(row["dir"]),
        "n": None if row["kind"] == TEST else row["n"],
        "office": office_of(station, row) if row["kind"] == OFFICE else None,
        "precedence": Precedence(row["precedence"]).name,
        "due": row["due"],
        "sentence": sentence(station, row),
    }


def in_hand(station: Station) -> list[dict[str, Any]]:
    """What has not come and is in somebody's hands, the newest first."""
    rows = station.store.sql(
        "SELECT * FROM expected WHERE taken IS NOT NULL AND came IS NULL"
        " ORDER BY taken DESC LIMIT ?",
        (TAKEN_MAX,),
    )
    return [
        _about(station, station.line_of(bytes(row["line_id"]), row["inc"]), row)
        | {"taken": row["taken"], "by": station.people.view(row["person"])}
        for row in rows
    ]


@operation("overdue.list", reads=True)
def overdue_list(station: Station, who: Person) -> dict[str, Any]:
    """What was expected by a time and did not come: in nobody's hands, and in somebody's; and
    whether it sounds where whoever asks sits."""
    found = [{**each, "sounds": sounds_for(each, who.id)} for each in view(station)]
    return {"overdue": found, "in_hand": in_hand(station)}


@operation("overdue.take", roles=("watch",))
def overdue_take(station: Station, who: Person, *, id: int) -> dict[str, Any]:
    """Take in hand what did not come: it rings no more, and the trail says by whom."""
    rows = station.store.sql("SELECT * FROM expected WHERE id = ? AND missed IS NOT NULL", (id,))
    if not rows:
        raise Refused(f"Nothing overdue has the number {id}.", "`parley overdue` shows it.")
    row = rows[0]
    if row["came"] is not None:
        raise Refused("It has come since.", "Nothing more is to be done.")
    if row["taken"] is not None:
        name = station.people.name(row["person"])
        raise Refused(f"{name} has taken it in hand.", "Nothing more is to be done.")
    station.store.sql(
        "UPDATE expected SET taken = ?, person = ?, look = NULL WHERE id = ?",
        (station.now.wall, who.id, id),
    )
    open_line = station.line_of(bytes(row["line_id"]), row["inc"])
    station.publish("overdue", open_line, state="taken", what=row["kind"], n=row["n"])
    return {"id": id, "sentence": sentence(station, row), "by": who.view()}
