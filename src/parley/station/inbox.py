"""Messages in lists and one by one, for those who may read them."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence
from parley.core.errors import Misused, ParleyError
from parley.station import glossary, messages
from parley.station.acknowledgements import DISPLAY_MAX
from parley.station.control import Answer
from parley.station.critical import critical
from parley.station.lines import OpenLine
from parley.station.operations import InTurns, find, operation
from parley.station.person import LOOKERS, Person
from parley.station.views import Viewer

if TYPE_CHECKING:
    from parley.station.station import Station

NEWEST = 50  # shown beside those that wait
LISTED_MAX = 1000
VIEWS_A_TURN = 16  # some two milliseconds


@operation("inbox", roles=LOOKERS, reads=True)
def inbox(station: Station, who: Person, *, all: bool = False, line: str | None = None) -> InTurns:
    """Their messages: those nobody has dealt with and the newest others, FLASH first, newest last
    within a precedence. When a watch officer looks, they count as displayed."""
    listed: list[tuple[OpenLine, Any]] = []
    for open_line in _lines(station, line):
        rows = _rows(station, open_line, open_line.theirs, LISTED_MAX if all else NEWEST)
        if not all:
            waiting = station.store.sql(
                "SELECT * FROM messages WHERE line_id = ?1 AND inc = ?2 AND dir = ?3"
                " AND (due IS NOT NULL OR missed IS NOT NULL) AND acknowledged IS NULL"
                " AND n < ?4 ORDER BY n LIMIT ?5",
                (*open_line.key, open_line.theirs, rows[0]["n"] if rows else 0, LISTED_MAX),
            )
            rows = waiting + rows
        listed += [(open_line, row) for row in rows]
        if "watch" in who.roles:
            _displayed_to(station, who, open_line, rows)
    listed.sort(key=lambda item: (-item[1]["precedence"], item[1]["kept"], item[1]["n"]))
    return InTurns(_views(station, listed))


@operation("outbox", roles=LOOKERS, reads=True)
def outbox(station: Station, who: Person, *, all: bool = False, line: str | None = None) -> InTurns:
    """Our messages with what became of them, oldest first, and those that have no number yet."""
    listed: list[tuple[OpenLine, Any]] = []
    waiting: list[dict[str, Any]] = []
    for open_line in _lines(station, line):
        rows = _rows(station, open_line, open_line.ours, LISTED_MAX if all else NEWEST)
        listed += [(open_line, row) for row in rows]
        waiting += _unnumbered(station, open_line)
    listed.sort(key=lambda item: (item[1]["kept"], item[1]["n"]))
    return InTurns(_views(station, listed, waiting=waiting))


@operation("message", roles=LOOKERS, reads=True)
def message(
    station: Station,
    who: Person,
    *,
    n: int,
    dir: str = "theirs",
    line: str | None = None,
) -> dict[str, Any]:
    """One message with every stage and both clocks."""
    open_line = station.line(line)
    if dir not in ("ours", "theirs"):
        raise Misused(f"There is no direction {dir!r:.20}.", "ours or theirs.")
    side = open_line.ours if dir == "ours" else open_line.theirs
    row = messages.must_find(station, open_line, side, n, early_too=True)
    view = Viewer(station, open_line).message(row)
    text = view["text"] or ""
    return {
        **view,
        "elements": critical(view["text"], view["composed"], view["protected"]),
        "glossary": glossary.found_in(station, open_line, text, ours=dir == "ours"),
    }


def _lines(station: Station, name: str | None) -> list[OpenLine]:
    """All incarnations of the lines asked for."""
    lines = list(station.lines) if name is None else [station.line(name)]
    return [life for each in lines for life in each.lives]


def _rows(station: Station, open_line: OpenLine, dir: int, newest: int) -> list[Any]:
    rows = station.store.sql(
        "SELECT * FROM messages WHERE line_id = ? AND inc = ? AND dir = ? ORDER BY n DESC LIMIT ?",
        (*open_line.key, dir, newest),
    )
    return rows[::-1]


def _views(
    station: Station, listed: list[tuple[OpenLine, Any]], **more: Any
) -> Generator[None, None, dict[str, Any]]:
    viewers: dict[tuple[bytes, int], Viewer] = {}
    views: list[dict[str, Any]] = []
    for open_line, row in listed:
        if open_line.key not in viewers:
            viewers[open_line.key] = Viewer(station, open_line)
        views.append(viewers[open_line.key].message(row))
        if len(views) % VIEWS_A_TURN == 0:
            yield
    return {"messages": views, **more}


def _unnumbered(station: Station, open_line: OpenLine) -> list[dict[str, Any]]:
    rows = station.store.sql(
        "SELECT r.draft, r.at, r.person, d.precedence FROM releases r JOIN drafts d"
        " ON d.id = r.draft WHERE r.line_id = ? AND r.inc = ? AND r.n IS NULL"
        " ORDER BY d.precedence DESC, r.queue_id LIMIT ?",
        (*open_line.key, LISTED_MAX),
    )
    why = open_line.why_waiting(station.state(open_line))
    return [
        {
            "line": open_line.agreed.hex,
            "draft": row["draft"],
            "precedence": Precedence(row["precedence"]).name,
            "released_at": row["at"],
            "releaser": station.people.name(row["person"]),
            "waiting": why,
        }
        for row in rows
    ]


def _displayed_to(station: Station, who: Person, open_line: OpenLine, rows: list[Any]) -> None:
    """Write DISPLAYED in the next step for what this officer is about to see."""
    state = station.state(open_line)
    new = [row["n"] for row in rows if not row["displayed"] and row["n"] < state.their_size]
    if not new or station.state(open_line.current).halted is not None:
        return
    for first in range(new[0], new[-1] + 1, DISPLAY_MAX):
        count = min(DISPLAY_MAX, new[-1] - first + 1)
        arguments = {"n": first, "count": count, "line": open_line.address}
        station.submit(find("display"), who, arguments, _nobody_waits)


def _nobody_waits(answer: Answer) -> None:
    """Whatever became of it stands in the audit trail."""
    assert isinstance(answer, dict | ParleyError)
