"""What is shown before its turn: an urgent message that came while earlier entries are missing.

Its row stands among `messages` from the moment it is shown, so that alarms, clocks and deputies
treat it as any other; it is provisional while its number is not below the size of their log. What
a person does with it waits until it has joined the record. Source: spec/display.md G1 to G5.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence, read_body
from parley.core.kept import EntryRow, HeldRow
from parley.station.acts.control import Answer
from parley.station.acts.operations import find
from parley.station.acts.own_acts import BEFORE, FOR_GOOD, OUTSTANDING, Own
from parley.station.acts.person import Person
from parley.station.entries import messages
from parley.station.line.declared import ORDERS
from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.station import Station

OPENED = "opened provisionally"
# Where such an act stands among `acts`: no entry of ours has a number so far below zero.
_NO_ENTRY = -(1 << 53)
RANGES_MAX = 4  # of outstanding numbers, one by one


def found(station: Station, open_line: OpenLine) -> None:
    """What was shown before this start (G5)."""
    size = open_line.their_size
    open_line.shown_upto = size
    open_line.shown_early = frozenset(row["n"] for row in _provisional(station, open_line, size))


def nothing_shown(open_line: OpenLine) -> None:
    """A new incarnation has begun: nothing of it was shown before."""
    open_line.shown_upto, open_line.shown_early = 0, frozenset()


def _provisional(station: Station, open_line: OpenLine, size: int) -> list[Any]:
    return station.store.sql(
        "SELECT n, precedence FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND n >= ?",
        (*open_line.key, open_line.theirs, size),
    )


def came(station: Station, open_line: OpenLine, row: HeldRow) -> None:
    """An entry of theirs is held. Where it was agreed, it is shown and rings at once (G1, G2)."""
    precedence = Precedence(row.marks >> 6)
    least = open_line.agreed.provisional
    if not least or precedence < least or row.type not in messages.CLOCKED_TYPES:
        return
    if row.type in ORDERS:  # the declared state is read from the record, where it does not stand
        return
    entry = _entry(open_line, row, station.now.wall)
    messages.remember(station, open_line, entry, read_body(row.type, row.marks, row.body))
    missing = outstanding(station, open_line, row.n)
    _note(station, open_line, Own.SHOWN, row.n, precedence, OUTSTANDING, numbers=missing)
    messages.ring(station, open_line, row.n, precedence, provisional=missing)


def joined(station: Station, open_line: OpenLine, entry: EntryRow) -> None:
    """It has joined the record: no second alarm, and what waited is said (G2, G3)."""
    precedence = Precedence(entry.marks >> 6)
    _note(station, open_line, Own.JOINED, entry.n, precedence, BEFORE)
    station.after_commit(partial(say_what_waits, station, open_line))


def say_what_waits(station: Station, open_line: OpenLine) -> None:
    """Say OPENED for whoever opened what has joined since, or was of a halted line that has begun
    anew; also after a restart between (G3, G11)."""
    state = station.state(open_line.current)
    if state.halted is not None or state.closed:
        return
    for life in open_line.current.lives:
        _say_what_waits(station, life)


def _say_what_waits(station: Station, open_line: OpenLine) -> None:
    rows = station.store.sql(
        "SELECT a.about, a.person FROM acts a WHERE a.line_id = ? AND a.inc = ?"
        " AND a.about_dir = ? AND a.act = ? AND a.about < ? AND NOT EXISTS (SELECT 1 FROM acts b"
        " WHERE b.line_id = a.line_id AND b.inc = a.inc AND b.about_dir = a.about_dir"
        " AND b.about = a.about AND b.act = 'opened' AND b.person = a.person)",
        (*open_line.key, open_line.theirs, OPENED, open_line.their_size),
    )
    people = {person.id: person for person in station.people.everybody()}
    for row in rows:
        arguments = {"n": row["about"], "line": open_line.address}
        station.submit(find("open"), people[row["person"]], arguments, _nobody_waits)


def _nobody_waits(answer: Answer) -> None:
    """Whatever became of it stands in the audit trail."""
    del answer


def opens(station: Station, open_line: OpenLine, who: Person, n: int) -> str:
    """A person has opened it: its alarm stops, and OPENED waits. Which numbers it waits for; for
    none where a halted line is to begin anew first."""
    act: messages.Act = (open_line.theirs, n, OPENED, who.id, "")
    by = (open_line.inc, open_line.ours, _NO_ENTRY - who.id)
    messages.note_act(station, open_line, act, by, station.now.wall)
    messages.acknowledge(station, open_line, open_line.theirs, n)
    return outstanding(station, open_line, n)


def halted(station: Station, open_line: OpenLine) -> None:
    """The line has stopped itself or ended: what was provisional stays so for good (G4)."""
    for row in _provisional(station, open_line, open_line.their_size):
        precedence = Precedence(row["precedence"])
        _note(station, open_line, Own.NEVER_JOINED, row["n"], precedence, FOR_GOOD)


# --- what is known of it


def view(station: Station, open_line: OpenLine, n: int) -> dict[str, Any] | None:
    """How far a message of theirs is from joining the record; None once it has."""
    if n < open_line.their_size:
        return None
    state = station.state(open_line)
    return {
        "outstanding": outstanding(station, open_line, n),
        "never": state.halted is not None or state.closed or open_line.current is not open_line,
        "again": open_line.shown_before(n),
    }


def entry_of(station: Station, open_line: OpenLine, row: Any) -> EntryRow:
    """The entry as it is held: what its place in the record will give it is empty."""
    (held,) = station.store.sql(
        "SELECT n, type, marks, time, seen16, et, blind, body FROM held"
        " WHERE line_id = ? AND inc = ? AND n = ?",
        (*open_line.key, row["n"]),
    )
    return _entry(open_line, HeldRow(*held), row["kept"])


def _entry(open_line: OpenLine, row: HeldRow, wall: float) -> EntryRow:
    return EntryRow(
        open_line.theirs, row.n, row.type, row.marks, row.time, 0, row.et, row.blind, row.body,
        leaf=b"", root=b"", wall=wall,
    )  # fmt: skip


def outstanding(station: Station, open_line: OpenLine, n: int) -> str:
    """The numbers below `n` that have not come, as they are read in every language: 15–16; where
    there are many gaps, the last between their ends: 8 … 20."""
    size = open_line.their_size
    rows = station.store.sql(
        "SELECT n FROM held WHERE line_id = ? AND inc = ? AND n < ? ORDER BY n",
        (*open_line.key, n),
    )
    gaps: list[tuple[int, int]] = []
    for there in [*(row["n"] for row in rows), n]:
        if there > size:
            gaps.append((size, there - 1))
        size = there + 1
    said = [str(begin) if begin == end else f"{begin}–{end}" for begin, end in gaps]
    if len(gaps) > RANGES_MAX + 1:
        said[RANGES_MAX:] = [f"{gaps[RANGES_MAX][0]} … {gaps[-1][1]}"]
    return ", ".join(said)


def _note(
    station: Station,
    open_line: OpenLine,
    act: Own,
    n: int,
    precedence: Precedence,
    told: str,
    **more: str,
) -> None:
    values = {"n": n, "precedence": precedence.name, **more}
    station.trail.happened(station.now.wall, act, told % values, open_line.agreed.name)
