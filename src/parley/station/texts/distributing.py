"""Where a message of theirs went on to, from the watch desk to the last office, and who took it.

In January 1995 a notice of a rocket had gone to thirty states and to nobody who watched the radar.
PASSED tells the other side of the first office (spec/entry.md); what happens beyond it is ours
alone and stands here, each office with an acknowledgement of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence, check_text
from parley.core.errors import Refused
from parley.station.acts.fields import field
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import READERS, Person
from parley.station.alarms.overdue import OFFICE
from parley.station.entries import messages
from parley.station.line.lines import OpenLine
from parley.station.staff.people import OFFICE_BYTES_MAX, check_name

if TYPE_CHECKING:
    from parley.station.station import Station

REMARK_BYTES_MAX = 2_000
OFFICES_MAX = 200  # of one message


def passed_on(
    station: Station,
    open_line: OpenLine,
    who: Person,
    n: int,
    office: str,
    onward_from: int | None = None,
) -> None:
    """A message of theirs is on its way to an office."""
    rows = station.store.sql(
        "SELECT count(*) AS n FROM distribution WHERE line_id = ? AND inc = ? AND n = ?",
        (*open_line.key, n),
    )
    if rows[0]["n"] >= OFFICES_MAX:
        raise Refused(f"Message {n} went to {OFFICES_MAX} offices.", "That is all this page holds.")
    now = station.now.wall
    passing = station.store.sql(
        "INSERT INTO distribution (line_id, inc, n, office, onward_from, person, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (*open_line.key, n, office, onward_from, who.id, now),
    )[0]["id"]
    row = messages.must_find(station, open_line, open_line.theirs, n)
    precedence = Precedence(row["precedence"])
    place = (OFFICE, open_line.theirs, n, precedence, now + open_line.clock_s(precedence), passing)
    station.watch.expecting.expect(open_line, *place)
    station.publish("distribution", open_line, dir="theirs", n=n)


@operation("distribution.list", roles=READERS, reads=True)
def distribution_list(
    station: Station, who: Person, *, n: int, line: str | None = None
) -> dict[str, Any]:
    """All offices that a message of theirs went to, each below the one that passed it on."""
    open_line = station.line(line)
    messages.must_find(station, open_line, open_line.theirs, n)
    return view(station, open_line, n)


@operation("distribution.onward", roles=("watch",))
def distribution_onward(
    station: Station, who: Person, *, passing: int, office: str
) -> dict[str, Any]:
    """Say that an office passed it on to another one. The other side is not told."""
    row, open_line = _load(station, passing)
    check_name(office, "An office", OFFICE_BYTES_MAX)
    passed_on(station, open_line, who, row["n"], office, passing)
    return view(station, open_line, row["n"])


@operation("distribution.acknowledge", roles=("watch",))
def distribution_acknowledge(
    station: Station, who: Person, *, passing: int, by: str, text: Words | None = None
) -> dict[str, Any]:
    """Note that somebody at the office, by name, has it in hand; with what they said to it."""
    row, open_line = _load(station, passing)
    if row["acknowledged"] is not None:
        raise Refused(
            f"{row['office']} has acknowledged it: {row['by_name']}.", "Nothing more is to be done."
        )
    with field("by"):
        check_name(by, "A name")
    if text:
        _check_remark(text)
    station.store.sql(
        "UPDATE distribution SET acknowledged = ?, by_name = ?, noted_by = ?, remark = ?"
        " WHERE id = ?",
        (station.now.wall, by, who.id, text or "", passing),
    )
    station.watch.expecting.came(open_line, OFFICE, open_line.theirs, row["n"], passing)
    station.publish("distribution", open_line, dir="theirs", n=row["n"])
    return view(station, open_line, row["n"])


@field("text")
def _check_remark(text: str) -> None:
    check_text(text)
    if len(text.encode()) > REMARK_BYTES_MAX:
        raise Refused(f"A remark has {REMARK_BYTES_MAX:,} bytes at most.", "Write it shorter.")


def view(station: Station, open_line: OpenLine, n: int) -> dict[str, Any]:
    """The offices in the order of the way, with how deep each stands and how long it has waited."""
    rows = station.store.sql(
        "SELECT * FROM distribution WHERE line_id = ? AND inc = ? AND n = ? ORDER BY id",
        (*open_line.key, n),
    )
    below: dict[int | None, list[Any]] = {}
    for row in rows:
        below.setdefault(row["onward_from"], []).append(row)
    found: list[dict[str, Any]] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        found.append(_one(station, row, depth, last=row["id"] not in below))
        waiting += [(each, depth + 1) for each in reversed(below.get(row["id"], []))]
    return {
        "line": open_line.address,
        "n": n,
        "offices": found,
        "unacknowledged": sum(each["acknowledged"] is None for each in found),
    }


def _one(station: Station, row: Any, depth: int, *, last: bool) -> dict[str, Any]:
    taken = row["acknowledged"]
    return {
        "passing": row["id"],
        "office": row["office"],
        "depth": depth,
        "last": last,
        "passed_by": station.people.view(row["person"]),
        "at": row["at"],
        "acknowledged": taken,
        "after_s": (station.now.wall if taken is None else taken) - row["at"],
        "by": row["by_name"],
        "noted_by": None if row["noted_by"] is None else station.people.view(row["noted_by"]),
        "remark": row["remark"],
    }


def _load(station: Station, passing: int) -> tuple[Any, OpenLine]:
    rows = station.store.sql("SELECT * FROM distribution WHERE id = ?", (passing,))
    if not rows:
        raise Refused(f"There is no passing {passing}.", "`parley distribution list N` shows them.")
    return rows[0], station.line_of(bytes(rows[0]["line_id"]), rows[0]["inc"])
