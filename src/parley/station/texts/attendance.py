"""The presence statement: whether the principal of a side is at the terminal, as that side says.

One watch officer states it, and the newest statement of a side is what holds. It stands in the
record as an entry of type 21 and is no message: it asks nothing of anybody and rings nowhere. It
proves nothing, so that every screen shows who stated it and how long ago. Source: spec/entry.md
E20 to E22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.attendance import Presence
from parley.core.effects import Saying
from parley.core.entry import Key, Marks, Precedence, Type, body_of, read_body
from parley.core.errors import Misused, Refused
from parley.core.kept import EntryRow
from parley.station.acts.operations import operation
from parley.station.acts.person import HANDLERS, Person
from parley.station.line import roster
from parley.station.line.lines import OpenLine, posix, since_2020
from parley.station.texts.views import names_of

if TYPE_CHECKING:
    from parley.station.station import Station

WAITING_MAX = 8  # only the newest holds: more of them tell nobody anything
PRINCIPAL = "principal"


@operation("presence.state", roles=("watch",))
def state(
    station: Station, who: Person, *, here: bool, person: int | None = None, line: str | None = None
) -> dict[str, Any]:
    """State that our principal is at the terminal, or has left; alone, and at once."""
    open_line = station.line(line).current
    about = _about(station, open_line, here, person)
    if len(_waiting(station, open_line)) >= WAITING_MAX:
        raise Refused(
            f"{WAITING_MAX} statements wait to be sent on this line.",
            "They go out with the next path, and the newest of them holds.",
            "E22",
        )
    if not about.roles.intersection(HANDLERS):
        roster.name_too(station, open_line, about)
    now = station.now.wall
    header: dict[int, Any] = {Key.COMPOSED: since_2020(now), Key.DRAFTER: who.id}
    body = body_of(Type.PRESENCE, header, Presence(about.id, here).payload())
    mark = open_line.agreed.mark
    result: dict[str, Any] = {
        "line": open_line.agreed.hex,
        "status": mark.name,
        "here": here,
        "person": station.people.view(about.id),
        "by": station.people.view(who.id),
        "at": now,
        "n": None,
        "waiting": None,
    }
    queue_id = station.say(open_line, Saying(Type.PRESENCE, Precedence.ROUTINE, mark, body))
    station.await_number(open_line, queue_id, result)
    return result


def took(station: Station, open_line: OpenLine, entry: EntryRow) -> None:
    """A statement has joined the record: pages renew themselves, and nothing rings (E21)."""
    if entry.type == Type.PRESENCE:
        station.publish("presence", open_line, dir=open_line.side(entry.dir), n=entry.n)


def status_view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """What holds of both sides, and who of ours can be stated to be there."""
    over = bool(open_line.declared.closes()) or open_line.declared.closing
    return {
        "ours": None if over else _ours(station, open_line),
        "theirs": None if over else _newest(station, open_line, open_line.theirs),
        "principals": [station.people.view(each.id) for each in _principals(station)],
    }


def _about(station: Station, open_line: OpenLine, here: bool, person: int | None) -> Person:
    """Whom a statement is about: the only principal, unless another is named."""
    if person is not None:
        found = station.people.must_be_here(person)
        if PRINCIPAL not in found.roles:
            raise Refused(
                f"{found.name} has not the role of principal.",
                "`parley person list` shows who has it.",
                "E20",
            )
        return found
    if not here and (last := _ours(station, open_line)) and last["here"]:
        stated = station.people.person(last["person"]["id"])
        if stated is not None:
            return stated
    principals = _principals(station)
    if not principals:
        raise Refused(
            "Nobody at this station has the role of principal.",
            "The operator adds the person: `parley person add NAME principal`.",
            "E20",
        )
    if len(principals) > 1:
        numbers = ", ".join(f"{each.id} {each.name}" for each in principals)
        raise Misused("There are several principals.", f"Say which by number: {numbers}.")
    return principals[0]


def _principals(station: Station) -> list[Person]:
    return [each for each in station.people.here() if PRINCIPAL in each.roles]


def _ours(station: Station, open_line: OpenLine) -> dict[str, Any] | None:
    """Our newest statement, one that waits to be sent before all that were."""
    waiting = _waiting(station, open_line)
    if not waiting:
        return _newest(station, open_line, open_line.ours)
    marks, body = waiting[-1]["marks"], waiting[-1]["body"]
    return {**_view(station, open_line, open_line.ours, marks, body, None), "waiting": True}


def _newest(station: Station, open_line: OpenLine, dir: int) -> dict[str, Any] | None:
    """The newest statement of a side in this incarnation."""
    rows = station.store.sql(
        "SELECT n FROM entries WHERE line_id = ? AND inc = ? AND dir = ? AND type = 33"
        " ORDER BY n DESC LIMIT 1",
        (*open_line.key, dir),
    )
    if not rows:
        return None
    entry = station.entry(open_line, dir, rows[0]["n"])
    return _view(station, open_line, dir, entry.marks, entry.body, entry)


def _waiting(station: Station, open_line: OpenLine) -> list[Any]:
    """Statements of ours that have no number yet, in their order."""
    return station.store.sql(
        "SELECT marks, body FROM queue WHERE line_id = ? AND inc = ? AND type = 33 ORDER BY id",
        open_line.key,
    )


def _view(
    station: Station,
    open_line: OpenLine,
    dir: int,
    mark_byte: int,
    body: bytes,
    entry: EntryRow | None,
) -> dict[str, Any]:
    content = read_body(Type.PRESENCE, mark_byte, body)
    stated = Presence.parse(content.payload) if content else None
    header = content.header if content else {}
    names, marks = names_of(station, open_line, dir), Marks.parse(mark_byte)
    otherwise = station.now.wall if entry is None else posix(entry.time)
    composed = header.get(Key.COMPOSED)
    is_time = type(composed) is int and 0 <= composed < 1 << 32
    at = posix(composed) if isinstance(composed, int) and is_time else otherwise
    return {
        "here": None if stated is None else stated.here,  # None: it cannot be read
        "person": None if stated is None else names.person(stated.person),
        "by": names.person(header.get(Key.DRAFTER)),
        "status": marks.status.name if marks else "UNKNOWN",
        "at": at,
        # The earlier of two clocks: one that goes fast makes no statement fresh (E22).
        "since": at if entry is None else min(at, entry.wall),
        "n": None if entry is None else entry.n,
        "waiting": False,
    }
