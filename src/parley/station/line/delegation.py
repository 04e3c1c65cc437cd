"""A delegation: one person lends another a role, for some of the work, from a start to an end.

It is a thing of this station alone. What the other side is told is who acted; for whom stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence
from parley.station.acts.own_acts import (
    OF_LEVEL,
    OF_LEVEL_ONLY,
    ON_EVERY_LINE,
    ON_EVERY_LINE_ONLY,
    ON_LINE,
    ON_LINE_ONLY,
)
from parley.station.acts.person import AT_THE_MACHINE, called
from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.station import Station

WAITS, IN_FORCE, OVER, TAKEN_BACK = "waits", "in force", "over", "taken back"


@dataclass(frozen=True, slots=True)
class Delegation:
    """One, as the database has it."""

    id: int
    role: str
    lender: int
    borrower: int
    line_id: bytes | None
    level: str | None
    precedences: tuple[Precedence, ...]
    since: float
    until: float
    set_by: int
    set_at: float
    began: float | None
    ended: float | None
    ended_by: int | None

    def covers(self, open_line: OpenLine, precedence: Precedence) -> bool:
        """Whether such a message on this line is within what was lent."""
        return (
            self.line_id in (None, open_line.id)
            and self.level in (None, open_line.agreed.level)
            and precedence in self.precedences
        )

    def state(self, now: float, latest: float) -> str:
        """Where it stands: it begins by the clock of now, and ends by the latest moment that the
        station has known, which no clock takes back."""
        if self.ended_by is not None:
            return TAKEN_BACK
        if self.ended is not None or latest >= self.until:
            return OVER
        return IN_FORCE if now >= self.since else WAITS


def read(row: Any) -> Delegation:
    """A row of the table."""
    return Delegation(
        row["id"],
        row["role"],
        row["lender"],
        row["borrower"],
        None if row["line_id"] is None else bytes(row["line_id"]),
        row["level"],
        tuple(Precedence[name] for name in row["precedences"].split(",")),
        row["since"],
        row["until"],
        row["set_by"],
        row["set_at"],
        row["began"],
        row["ended"],
        row["ended_by"],
    )


def find(station: Station, id: int | None) -> Delegation | None:
    """The one of that number."""
    rows = station.store.sql("SELECT * FROM delegations WHERE id = ?", (id,))
    return read(rows[0]) if rows else None


def short(station: Station, id: int | None) -> dict[str, Any] | None:
    """What stands beside an act that was done by it: for whom, and until when it was lent."""
    found = None if id is None else find(station, id)
    if found is None:
        return None
    return {"id": found.id, "for": station.people.view(found.lender), "until": found.until}


def view(station: Station, each: Delegation, latest: float) -> dict[str, Any]:
    """One as plain JSON."""
    people = station.people
    return {
        "delegation": each.id,
        "role": each.role,
        "by": people.view(each.lender),
        "to": people.view(each.borrower),
        "line": None if each.line_id is None else each.line_id.hex(),
        "line_name": None if each.line_id is None else line_name(station, each.line_id),
        "level": each.level,
        "precedences": [precedence.name for precedence in each.precedences],
        "since": each.since,
        "until": each.until,
        "set_by": acting(station, each.set_by),
        "set_at": each.set_at,
        "state": each.state(station.now.wall, latest),
        "ended": each.ended,
        "ended_by": None if each.ended_by is None else acting(station, each.ended_by),
        "scope": scope(station, each),
    }


def acting(station: Station, person: int | None) -> dict[str, Any]:
    """Who set one, or took one back: a person, or whoever set the folder up."""
    return station.people.view(person) if person else AT_THE_MACHINE.view()


def line_name(station: Station, line_id: bytes) -> str:
    """A line's name; its number when it is here no more."""
    for open_line in (*station.lines, *station.earlier_lines):
        if open_line.id == line_id:
            return open_line.agreed.name
    return line_id.hex()[:8]


def scope(station: Station, each: Delegation) -> str:
    """What it covers, in words."""
    only = " and ".join(precedence.name for precedence in each.precedences)
    values = {"role": called(each.role), "precedences": only}
    every = len(each.precedences) == len(Precedence)
    if each.line_id is not None:
        values["line"] = line_name(station, each.line_id)
        told = ON_LINE if every else ON_LINE_ONLY
    elif each.level is not None:
        values["level"] = each.level
        told = OF_LEVEL if every else OF_LEVEL_ONLY
    else:
        told = ON_EVERY_LINE if every else ON_EVERY_LINE_ONLY
    return told % values
