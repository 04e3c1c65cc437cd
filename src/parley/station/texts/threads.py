"""What belongs together: a message, what it answers, corrects or retracts, and what came of it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from parley.core.entry import read_body
from parley.core.errors import Misused
from parley.station.acts.operations import InTurns, operation
from parley.station.acts.person import READERS, Person
from parley.station.entries import early, messages
from parley.station.line.lines import OpenLine
from parley.station.texts.views import Viewer

if TYPE_CHECKING:
    from parley.station.station import Station

THREAD_MAX = 200  # messages; who writes more of them has them cut, and is told
_CAME = ("answered", "corrected by", "retracted by")

_Place = tuple[int, int, int]  # incarnation, direction, number: a thread stays on its line
_At = tuple[OpenLine, tuple[int, int]]  # the incarnation, and direction and number in it


@operation("thread", roles=READERS, reads=True)
def thread(
    station: Station, who: Person, *, n: int, dir: str = "theirs", line: str | None = None
) -> InTurns:
    """The messages that answer, correct or retract one another, with the one asked for among them,
    in the order in which they were kept here."""
    open_line = station.line(line)
    if dir not in ("ours", "theirs"):
        raise Misused(f"There is no direction {dir!r:.20}.", "ours or theirs.")
    side = open_line.ours if dir == "ours" else open_line.theirs
    messages.must_find(station, open_line, side, n, early_too=True)
    return InTurns(_thread(station, open_line, side, n))


def _thread(
    station: Station, open_line: OpenLine, dir: int, n: int
) -> Generator[None, None, dict[str, Any]]:
    found: dict[_Place, Any] = {}
    about: dict[_Place, list[_Place]] = {}
    coming: list[_At] = [(open_line, (dir, n))]
    while coming and len(found) < THREAD_MAX:
        life, (dir, n) = coming.pop()
        place = (life.inc, dir, n)
        row = messages.find(station, life, dir, n) if place not in found else None
        if row is None:
            continue
        found[place] = row
        before = _before(station, life, row)
        about[place] = [(each.inc, *there) for each, there in before]
        coming += [*before, *_after(station, life, dir, n)]
        yield
    depth = _depths(about, found)
    order = sorted(found, key=lambda place: (found[place]["kept"], place))
    viewers: dict[int, Viewer] = {}
    listed: list[dict[str, Any]] = []
    for place in order:
        life = station.line_of(open_line.id, place[0])
        viewer = viewers.setdefault(place[0], Viewer(station, life))
        listed.append({**viewer.message(found[place]), "depth": depth[place]})
        yield
    return {"line": open_line.address, "messages": listed, "more": bool(coming)}


def _before(station: Station, life: OpenLine, row: Any) -> list[_At]:
    """What it answers, corrects or retracts."""
    if messages.is_early(station, life, row["dir"], row["n"]):
        entry = early.entry_of(station, life, row)
    else:
        entry = station.entry(life, row["dir"], row["n"])
    content = read_body(entry.type, entry.marks, entry.body)
    if content is None:
        return []
    named = messages.references(life, entry.dir, entry.type, content)
    return [(each, (act[0], act[1])) for each, act in named if act[0] in (0, 1)]


def _after(station: Station, life: OpenLine, dir: int, n: int) -> list[_At]:
    """What answers, corrects or retracts it; what has no number yet is not among it."""
    rows = station.store.sql(
        "SELECT by_inc, dir, n FROM acts WHERE line_id = ? AND inc = ? AND about_dir = ?"
        " AND about = ? AND n >= 0 AND act IN (?, ?, ?) ORDER BY at_ours DESC LIMIT ?",
        (*life.key, dir, n, *_CAME, THREAD_MAX),
    )
    return [(station.line_of(life.id, row["by_inc"]), (row["dir"], row["n"])) for row in rows]


def _depths(about: dict[_Place, list[_Place]], found: dict[_Place, Any]) -> dict[_Place, int]:
    """How far each stands from the beginning of its thread. A liar's circle ends where it was."""
    depth: dict[_Place, int] = {}
    for place in sorted(found, key=lambda each: (found[each]["kept"], each)):
        parents = [depth[each] for each in about[place] if each in depth]
        depth[place] = 1 + max(parents) if parents else 0
    return depth
