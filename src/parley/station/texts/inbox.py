"""Messages in lists and one by one, for those who may read them."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence, Type
from parley.core.errors import Misused, ParleyError
from parley.station.acts import operations
from parley.station.acts.control import Answer
from parley.station.acts.operations import InTurns, find, operation
from parley.station.acts.person import LOOKERS, Person
from parley.station.alarms.tested import came_through
from parley.station.entries import messages
from parley.station.line.delegation import short
from parley.station.line.lines import OpenLine
from parley.station.texts import read_backs
from parley.station.texts.acknowledgements import DISPLAY_MAX
from parley.station.texts.beside import Beside
from parley.station.texts.views import Viewer

if TYPE_CHECKING:
    from parley.station.station import Station

NEWEST = 50  # shown with those that wait among them
NEWEST_LEAST = 10  # beside those that wait, however many they are
LISTED_MAX = 1000  # at once, in the hand of whoever reads the command line
AT_ONCE_MAX = 2_000  # characters; to look through ten pages of numbers takes some 0.2 s
PLACE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?(?:e\d{1,2})?),(\d{1,18}),([0-9a-f]{32}),(\d{1,9})")

Item = tuple[OpenLine, Any]  # a line and the row of a message


@operation("inbox", roles=LOOKERS, reads=True)
def inbox(
    station: Station,
    who: Person,
    *,
    all: bool = False,
    before: str | None = None,
    most: int = LISTED_MAX,
    line: str | None = None,
) -> InTurns:
    """Their messages: those nobody has dealt with and the newest others, FLASH first, newest last
    within a precedence. When a watch officer looks, they count as displayed. Of `all` a page of
    `most` comes, and where the next begins; of those that wait, the gravest, and whether there are
    more."""
    lives = _lines(station, line)
    waiting: list[Item] = []
    if not all and before is None:
        waiting = [item for life in lives for item in _waiting(station, life, most)]
        waiting.sort(key=_gravest_first)
    gravest = {_place_of(item): item for item in waiting[:most]}
    beside = _most(most) if all else max(NEWEST_LEAST, NEWEST - len(gravest))
    newest, older = _page(station, lives, "theirs", beside, before)
    shown = gravest | {_place_of(item): item for item in newest}
    more = any(_place_of(item) not in shown for item in waiting)
    listed = list(shown.values())
    listed.sort(key=_gravest_first)

    def pieces() -> Generator[None, None, dict[str, Any]]:
        found = yield from _views(station, listed, lines=_count(lives), older=older, more=more)
        if "watch" in who.roles:  # once the list is made, which then says how it stood before
            for life in lives:
                _displayed_to(station, who, life, [row for at, row in listed if at is life])
        return found

    return InTurns(pieces())


@operation("outbox", roles=LOOKERS, reads=True)
def outbox(
    station: Station,
    who: Person,
    *,
    all: bool = False,
    before: str | None = None,
    most: int = LISTED_MAX,
    line: str | None = None,
) -> InTurns:
    """Our messages with what became of them, oldest first, and those that have no number yet. Of
    `all` a page of `most` comes, and where the next begins."""
    lives = _lines(station, line)
    listed, older = _page(station, lives, "ours", _most(most) if all else NEWEST, before)
    waiting = [] if before else [each for life in lives for each in _unnumbered(station, life)]
    listed.sort(key=lambda item: (item[1]["kept"], item[1]["n"]))
    return InTurns(_views(station, listed, lines=_count(lives), waiting=waiting, older=older))


@operation("message", roles=LOOKERS, reads=True)
def message(
    station: Station,
    who: Person,
    *,
    n: int,
    dir: str = "theirs",
    line: str | None = None,
) -> operations.Result:
    """One message with every stage and both clocks."""
    open_line = station.line(line)
    if dir not in ("ours", "theirs"):
        raise Misused(f"There is no direction {dir!r:.20}.", "ours or theirs.")
    side = open_line.ours if dir == "ours" else open_line.theirs
    row = messages.must_find(station, open_line, side, n, early_too=True)
    view = Viewer(station, open_line).message(row)
    beside = Beside(station, open_line, view)
    tested = came_through(station, open_line, side, n) if row["type"] == Type.TEST else None

    def look() -> dict[str, Any]:
        read_backs.compare(beside, view["stages"])
        return {
            **view,
            "tested": tested,
            "elements": beside.elements,
            "glossary": beside.glossary,
        }

    return look() if len(view["text"] or "") <= AT_ONCE_MAX else operations.Beside(look)


def _lines(station: Station, name: str | None) -> list[OpenLine]:
    """All incarnations of the lines asked for."""
    lines = list(station.lines) if name is None else [station.line(name)]
    return [life for each in lines for life in each.lives]


def _count(lives: list[OpenLine]) -> int:
    """Of how many lines something is listed: of several, a number alone says too little."""
    return len({life.id for life in lives})


def _most(most: int) -> int:
    if not 1 <= most <= LISTED_MAX:
        raise Misused(f"From 1 to {LISTED_MAX} messages are listed at once.")
    return most


def _page(
    station: Station, lives: list[OpenLine], side: str, most: int, before: str | None
) -> tuple[list[Item], str | None]:
    """The newest messages of one side, or the newest before a place; and the place before which
    there are more. A place is told by time, number and line: many may be kept at one moment."""
    kept, number, key = _place(before)
    found: list[Item] = []
    for life in lives:
        dir = life.ours if side == "ours" else life.theirs
        at = number if (life.id.hex(), life.inc) >= key else number + 1
        rows = station.store.sql(
            "SELECT * FROM messages WHERE line_id = ? AND inc = ? AND dir = ?"
            " AND (kept, n) < (?, ?) ORDER BY kept DESC, n DESC LIMIT ?",
            (*life.key, dir, kept, at, most + 1),
        )
        found += [(life, row) for row in rows]
    found.sort(key=_newest_last)
    page = found[-most:]
    if len(found) == len(page):
        return page, None
    life, row = page[0]
    return page, f"{row['kept']!r},{row['n']},{life.id.hex()},{life.inc}"


def _place(before: str | None) -> tuple[float, int, tuple[str, int]]:
    if before is None:
        return inf, 0, ("", 0)
    found = PLACE.fullmatch(before)
    if found is None:
        raise Misused(f"{before!r:.40} is no place in a list.", "Begin with the newest.")
    return float(found[1]), int(found[2]), (found[3], int(found[4]))


def _place_of(item: Item) -> tuple[tuple[bytes, int], int]:
    return item[0].key, item[1]["n"]


def _newest_last(item: Item) -> tuple[float, int, str, int]:
    life, row = item
    return row["kept"], row["n"], life.id.hex(), life.inc


def _gravest_first(item: Item) -> tuple[int, float, int]:
    return -item[1]["precedence"], item[1]["kept"], item[1]["n"]


def _waiting(station: Station, life: OpenLine, most: int) -> list[Item]:
    """Those of theirs that nobody has dealt with, the gravest and among them the oldest."""
    rows = station.store.sql(
        "SELECT * FROM messages WHERE line_id = ? AND inc = ? AND dir = ?"
        " AND (due IS NOT NULL OR missed IS NOT NULL) AND acknowledged IS NULL"
        " ORDER BY precedence DESC, n LIMIT ?",
        (*life.key, life.theirs, most + NEWEST + 1),
    )
    return [(life, row) for row in rows]


def _views(
    station: Station, listed: list[Item], **more: Any
) -> Generator[None, None, dict[str, Any]]:
    viewers: dict[tuple[bytes, int], Viewer] = {}
    views: list[dict[str, Any]] = []
    for open_line, row in listed:
        if open_line.key not in viewers:
            viewers[open_line.key] = Viewer(station, open_line)
        views.append(viewers[open_line.key].message(row))
        yield
    return {"messages": views, **more}


def _unnumbered(station: Station, open_line: OpenLine) -> list[dict[str, Any]]:
    rows = station.store.sql(
        "SELECT r.draft, r.at, r.person, r.delegation, d.precedence FROM releases r JOIN drafts d"
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
            "delegation": short(station, row["delegation"]),
            "waiting": why,
        }
        for row in rows
    ]


def _displayed_to(station: Station, who: Person, open_line: OpenLine, rows: list[Any]) -> None:
    """Write DISPLAYED in the next step for what this officer is about to see."""
    state = station.state(open_line)
    new = sorted(row["n"] for row in rows if not row["displayed"] and row["n"] < state.their_size)
    if not new or station.state(open_line.current).halted is not None:
        return
    for first, last in _runs(station, open_line, new):
        for start in range(first, last + 1, DISPLAY_MAX):
            count = min(DISPLAY_MAX, last - start + 1)
            arguments = {"n": start, "count": count, "line": open_line.address}
            station.submit(find("display"), who, arguments, _nobody_waits)


def _runs(station: Station, open_line: OpenLine, new: list[int]) -> Iterator[tuple[int, int]]:
    """Numbers as stretches in which no message lies that is on no screen."""
    hidden = station.store.sql(
        "SELECT n FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND displayed = 0"
        " AND n BETWEEN ? AND ? ORDER BY n",
        (*open_line.key, open_line.theirs, new[0], new[-1]),
    )
    shown = set(new)
    for on_screen, stretch in groupby((row["n"] for row in hidden), shown.__contains__):
        if on_screen:
            numbers = list(stretch)
            yield numbers[0], numbers[-1]


def _nobody_waits(answer: Answer) -> None:
    """Whatever became of it stands in the audit trail."""
    assert isinstance(answer, dict | ParleyError)
