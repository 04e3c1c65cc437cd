"""To lend a role, and to act by it: checked by the station at the moment of the act.

    lent = authority(station, who, "releaser", open_line, precedence)   None: the role is their own

A delegation begins and ends by itself. It ends by the latest moment this station has known: its
wall clock, its steady clock and what it has written, so that a clock set back revives none. Who
lends keeps the role, has it of their own, and still works here; otherwise nothing was lent. Choice:
docs/decisions/0046.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence
from parley.core.errors import Misused, Refused
from parley.station.acts.fields import field
from parley.station.acts.operations import operation
from parley.station.acts.own_acts import BEGAN, ENDED, Own
from parley.station.acts.person import HANDLERS, Person
from parley.station.line.delegation import (
    IN_FORCE,
    OVER,
    TAKEN_BACK,
    WAITS,
    Delegation,
    acting,
    find,
    read,
    scope,
)
from parley.station.line.delegation import view as one
from parley.station.line.lines import OpenLine
from parley.station.machine.clock import moment
from parley.station.staff.duty import typed_end, typed_moment

if TYPE_CHECKING:
    from parley.station.station import Station

NEVER = float("inf")
# Roles that can be lent, each by who has the role after it: a reviewer reviews and sends back, and
# does not release. Why no other, and not the watch: docs/decisions/0057.
LENT = {"releaser": "releaser", "reviewer": "releaser"}
ALSO = {"reviewer": ("reviewer", "releaser")}  # who was lent all of a role has a part of it
DAYS_MAX = 31  # who is away for longer is followed by somebody with the role
LIVE_MAX = 64
LISTED_MAX = 200
WRITTEN_ROWS = 1000  # of the trail, looked through at a start for the latest moment
DAY_S = 86_400


class Delegations:
    """When the next one begins or ends, and the latest moment that this station has known."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._latest = 0.0
        self._begins = NEVER  # by the clock of now, which may be set back
        self._ends = NEVER  # by the latest moment known
        self.load()

    def load(self) -> None:
        """Go on with what is durable."""
        store = self._station.store
        rows = store.sql(
            "SELECT max(at) AS at FROM (SELECT at FROM trail ORDER BY id DESC LIMIT ?)",
            (WRITTEN_ROWS,),
        )
        self._latest = max(self._latest, rows[0]["at"] or 0.0)
        self.changed()

    def changed(self) -> None:
        """One was set or has ended: find out anew what is next."""
        rows = self._station.store.sql(
            "SELECT min(CASE WHEN began IS NULL THEN since END) AS begins, min(until) AS ends"
            " FROM delegations WHERE ended IS NULL"
        )
        begins, ends = rows[0]["begins"], rows[0]["ends"]
        self._begins = NEVER if begins is None else begins
        self._ends = NEVER if ends is None else ends

    def latest(self) -> float:
        """The latest moment known, now."""
        station = self._station
        self._latest = max(self._latest, station.now.wall, station.steady())
        return self._latest

    def wake_at(self) -> float:
        """The monotonic second at which one begins or ends."""
        now = self._station.now
        waits = min(self._begins - now.wall, self._ends - self.latest())
        return NEVER if waits == NEVER else now.mono + max(waits, 0.0) + 0.01

    def look(self) -> None:
        """Note what has begun and what is over; within the transaction of a step."""
        station, now, latest = self._station, self._station.now.wall, self.latest()
        if self._begins > now and self._ends > latest:
            return
        for row in station.store.sql(
            "SELECT * FROM delegations WHERE ended IS NULL"
            " AND (until <= ? OR began IS NULL AND since <= ?)",
            (latest, now),
        ):
            each = read(row)
            if latest >= each.until:
                _end(station, each, None)
                _happened(station, each, Own.DELEGATION_ENDED, ENDED)
            else:
                station.store.sql("UPDATE delegations SET began = ? WHERE id = ?", (now, each.id))
                _happened(station, each, Own.DELEGATION_BEGAN, BEGAN)
        self.changed()


def authority(
    station: Station, who: Person, role: str, open_line: OpenLine, precedence: Precedence
) -> Delegation | None:
    """By which delegation somebody acts in a role at this moment; None where it is their own."""
    if LENT[role] in who.roles:
        return None
    theirs = _to(station, who, role)
    found = [each for each in theirs if why_not(station, each) is None]
    for each in found:
        if each.covers(open_line, precedence):
            return each
    if found:
        name = station.people.name(found[0].lender)
        raise Refused(
            f"The delegation of {name} to {who.name} does not cover this:"
            f" {precedence.name} on {open_line.agreed.name}.",
            "Ask a person with the role, or for another delegation.",
        )
    if theirs and (why := why_not(station, theirs[0])) is not None:
        raise why
    raise Refused(
        f"{who.name} does not have the role {role}.",
        "Ask a person with the role, or for another delegation.",
    )


def may(
    station: Station, who: Person, role: str, open_line: OpenLine, precedence: Precedence
) -> Delegation | None:
    """The delegation by which somebody could act now; None when none covers it, or none is
    needed."""
    try:
        return authority(station, who, role, open_line, precedence)
    except Refused:
        return None


def is_meant(station: Station, who: Person, roles: tuple[str, ...]) -> bool:
    """Whether one of these roles was ever lent to that person: then the act says what became of
    it."""
    return any(_to(station, who, role) for role, own in LENT.items() if own in roles)


def why_not(station: Station, each: Delegation) -> Refused | None:
    """Why nobody acts by it at this moment; None when it is in force."""
    name, hint = station.people.name, "Ask a person with the role, or for another delegation."
    lender, borrower = name(each.lender), name(each.borrower)
    state = each.state(station.now.wall, station.watch.delegations.latest())
    if state == TAKEN_BACK:
        at, by = moment(each.ended or each.until), acting(station, each.ended_by)["name"]
        return Refused(
            f"The delegation of {lender} to {borrower} was taken back at {at} by {by}.", hint
        )
    if state == OVER:
        at = moment(each.until)
        return Refused(f"The delegation of {lender} to {borrower} ended at {at}.", hint)
    if state == WAITS:
        at = moment(each.since)
        return Refused(f"The delegation of {lender} to {borrower} begins at {at}.", hint)
    here = {person.id: person for person in station.people.here()}
    if each.lender not in here or LENT[each.role] not in here[each.lender].roles:
        return Refused(f"{lender}, who lent the role, has it no more.", hint)
    return None


def _to(station: Station, who: Person, role: str) -> list[Delegation]:
    """What was lent to somebody, what ends last first."""
    roles = ALSO.get(role, (role,))
    rows = station.store.sql(
        "SELECT * FROM delegations WHERE borrower = ? AND role IN (?, ?)"
        " ORDER BY ended IS NOT NULL, until DESC, id DESC LIMIT ?",
        (who.id, roles[0], roles[-1], LISTED_MAX),
    )
    return [read(row) for row in rows]


@operation("delegation.give", roles=("operator", "releaser"), setup=True)
def delegation_give(
    station: Station,
    who: Person,
    *,
    role: str,
    to: int,
    until: str | None = None,
    for_s: int | None = None,
    since: str | None = None,
    line: str | None = None,
    level: str | None = None,
    precedences: list[str] | None = None,
    by: int | None = None,
) -> dict[str, Any]:
    """Lend another person a role you have, for some of the work, from a start to an end. The
    operator may do it for who has the role (`by`)."""
    lender = _lender(station, who, by, role)
    with field("to"):
        borrower = _borrower(station, who, lender, to, role)
    now = station.watch.delegations.latest()
    with field("since"):
        begins = now if since is None else typed_moment(since)
    with field("until"):
        ends = typed_end(begins, until, for_s)
        _check_times(begins, ends, now)
    named = sorted({_precedence(each) for each in precedences or Precedence.__members__})
    if line is not None and level is not None:
        raise Misused("A delegation is for one line or for one level.", "Name one of the two.")
    lines = station.lines
    if level is not None and level not in {each.agreed.level for each in lines}:
        raise Refused(
            f"No line has the level {level!r:.40}.", "`parley status` shows the lines and levels."
        )
    line_id = None if line is None else station.line(line).id
    live = station.store.sql("SELECT count(*) AS n FROM delegations WHERE ended IS NULL")
    if live[0]["n"] >= LIVE_MAX:
        raise Refused(
            f"{LIVE_MAX} delegations stand already.", "Take back those that nobody needs."
        )
    station.store.sql(
        "INSERT INTO delegations"
        " (role, lender, borrower, line_id, level, precedences, since, until, set_by, set_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(role, lender.id, borrower.id, line_id, level),
            ",".join(each.name for each in reversed(named)),
            *(begins, ends, who.id, station.now.wall),
        ),
    )
    id = station.store.sql("SELECT last_insert_rowid() AS id")[0]["id"]
    return _changed(station, id, "set")


@operation("delegation.end", roles=("operator", *HANDLERS), setup=True)
def delegation_end(station: Station, who: Person, *, delegation: int) -> dict[str, Any]:
    """Take a delegation back at once: who lent it, who was lent it, or the operator."""
    found = find(station, delegation)
    if found is None:
        raise Refused(f"There is no delegation {delegation}.", "`parley delegate list` shows them.")
    if who.id not in (found.lender, found.borrower) and "operator" not in who.roles:
        raise Refused(
            f"Delegation {delegation} is between two others.",
            "Who lent it, who was lent it, or the operator takes it back.",
        )
    state = found.state(station.now.wall, station.watch.delegations.latest())
    if state not in (WAITS, IN_FORCE):
        raise Refused(f"Delegation {delegation} has ended already.", "Nothing is left to do.")
    _end(station, found, who)
    return _changed(station, delegation, "taken back")


@operation("delegation.list", roles=("operator", "auditor", *HANDLERS), reads=True, setup=True)
def delegation_list(station: Station, who: Person, *, all: bool = False) -> dict[str, Any]:
    """Roles that are lent, or will be, what ends first first; with `all` those that ended too."""
    rows = station.store.sql(
        "SELECT * FROM delegations WHERE ended IS NULL OR ? ORDER BY ended IS NOT NULL,"
        " CASE WHEN ended IS NULL THEN until ELSE -ended END, id LIMIT ?",
        (all, LISTED_MAX),
    )
    latest = station.watch.delegations.latest()
    found = [one(station, read(row), latest) for row in rows]
    return {"delegations": [each for each in found if all or each["state"] in (WAITS, IN_FORCE)]}


def _lender(station: Station, who: Person, by: int | None, role: str) -> Person:
    if role not in LENT:
        raise Refused(
            f"The role {role!r:.40} is not lent.",
            f"What can be lent: {', '.join(LENT)}. The watch is handed over.",
        )
    lender = who if by is None else station.people.must_be_here(by)
    if lender.id != who.id and "operator" not in who.roles:
        raise Refused(
            f"{who.name} cannot lend a role of {lender.name}.", "They do, or the operator for them."
        )
    own = LENT[role]
    if own not in lender.roles:
        raise Refused(
            f"{lender.name} does not have the role {own} of their own, so it is not lent.",
            "A role that was lent is not lent on: ask a person who has it.",
        )
    return lender


def _borrower(station: Station, who: Person, lender: Person, to: int, role: str) -> Person:
    borrower = station.people.must_be_here(to)
    if borrower.id == lender.id:
        raise Refused("A delegation is to another person.", "Name somebody else.")
    if borrower.id == who.id:
        raise Refused("Nobody lends a role to themselves.", "Another operator sets it.")
    if LENT[role] in borrower.roles:
        raise Refused(f"{borrower.name} has the role {LENT[role]}.", "Nothing needs to be lent.")
    if not borrower.roles.intersection(HANDLERS):
        raise Refused(
            f"{borrower.name} may not read what goes out, and cannot release it.",
            "Name a drafter or a watch officer.",
        )
    return borrower


def _check_times(begins: float, ends: float, now: float) -> None:
    if ends <= now:
        raise Refused(f"{moment(ends)} is over.", "Name an end that is to come, UTC.")
    if ends <= begins:
        raise Refused("The end is not after the start.", "Name a later end.")
    if ends - max(begins, now) > DAYS_MAX * DAY_S:
        raise Refused(
            f"A role is lent for {DAYS_MAX} days at most.",
            "Set it anew then, or ask the operator to give the role.",
        )


def _precedence(name: str) -> Precedence:
    found = Precedence.__members__.get(name.upper())
    if found is None:
        raise Misused(
            f"There is no precedence {name!r:.40}.", "FLASH, IMMEDIATE, PRIORITY or ROUTINE."
        )
    return found


def _end(station: Station, each: Delegation, who: Person | None) -> None:
    station.store.sql(
        "UPDATE delegations SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL",
        (station.now.wall if who else each.until, who.id if who else None, each.id),
    )


def _happened(station: Station, each: Delegation, act: Own, told: str) -> None:
    name, state = station.people.name, act.removeprefix("delegation ")
    values = {"id": each.id, "lender": name(each.lender), "borrower": name(each.borrower)}
    values |= {"scope": scope(station, each), "until": moment(each.until)}
    station.trail.happened(station.now.wall, act, told % values)
    station.publish("delegation", None, state=state, delegation=each.id)


def _changed(station: Station, id: int, state: str) -> dict[str, Any]:
    station.watch.delegations.changed()
    station.publish("delegation", None, state=state, delegation=id)
    found = find(station, id)
    assert found is not None
    return one(station, found, station.watch.delegations.latest())
