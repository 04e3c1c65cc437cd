"""Which calls of a line were opened, when, for which request, and who of each side came.

Little is kept of each, so that far more are known than `held` can show in full: the history of a
line is counted from it, at both stations from the same entries. Source: spec/calls.md Q11.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from parley.catalogue.call_events import TITLE, Happened
from parley.core.kept import EntryRow
from parley.core.record import joint_key
from parley.station.call import held
from parley.station.line.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station

Place = held.Place
OPENINGS_MAX: Final = 500  # of a line, the newest; a call a day for more than a year
READ_MAX: Final = 8 * OPENINGS_MAX  # entries that are read when a station starts
_COUNTED: Final = (Happened.OPENED, Happened.JOINED, Happened.ENDED)
Order = tuple[int, tuple[int, int]]  # a place in the joint order


@dataclass(slots=True)
class Opening:
    """A call that was opened."""

    life: OpenLine  # its incarnation
    entry: EntryRow
    request: Place | None
    joined: dict[int, Order] = field(default_factory=dict)  # by side, when somebody first came
    ended: Order | None = None

    @property
    def at(self) -> float:
        """When, by the clock of the side that opened it, in POSIX seconds."""
        return posix(self.entry.time)

    @property
    def met(self) -> Order | None:
        """Since when somebody of each side has been in it; nothing where it ended before (V8)."""
        if len(self.joined) < 2:
            return None
        both = max(self.joined.values())
        return both if self.ended is None or both < self.ended else None

    @property
    def held(self) -> bool:
        """Whether somebody of each side was in it, before it ended (V8)."""
        return self.met is not None

    @property
    def order(self) -> Order:
        """Its place in the joint order."""
        return _place(self.life, self.entry)

    def add(self, kind: Happened, life: OpenLine, entry: EntryRow) -> None:
        """Somebody has joined, or ended it. What crossed may come in any order."""
        place = _place(life, entry)
        if kind is Happened.ENDED:
            self.ended = min(place, self.ended or place)
        else:
            self.joined[entry.dir] = min(place, self.joined.get(entry.dir, place))


class Openings:
    """Those of a line, in all its incarnations."""

    def __init__(self) -> None:
        self._openings: dict[Place, Opening] = {}
        self._named: dict[Place, list[Opening]] = {}  # by the request

    @classmethod
    def of(cls, station: Station, open_line: OpenLine) -> Openings:
        """Those of a line, read from the record the first time."""
        open_line = open_line.current
        if open_line.openings is None:
            open_line.openings = cls()
            rows = station.store.sql(
                "SELECT inc, dir, n, seen FROM entries INDEXED BY entries_of_calls"
                " WHERE line_id = ? AND type = 50"
                " AND (instr(body, ?) OR instr(body, ?) OR instr(body, ?))"
                " ORDER BY inc DESC, n + seen DESC, dir DESC LIMIT ?",
                (
                    open_line.id,
                    *(f"{TITLE}\nEvent: {kind}".encode() for kind in _COUNTED),
                    READ_MAX,
                ),
            )
            for row in sorted(rows, key=_order):
                life = open_line.life(row["inc"])
                if life is not None:
                    open_line.openings.add(life, station.entry(life, row["dir"], row["n"]))
        return open_line.openings

    def newest_first(self) -> list[Opening]:
        """All of them."""
        return sorted(self._openings.values(), key=lambda each: each.order, reverse=True)

    def named(self, request: Place) -> list[Opening]:
        """Those that were opened for a request."""
        return self._named.get(request, [])

    def add(self, life: OpenLine, entry: EntryRow) -> None:
        """An entry has joined the record; what it says of who came is remembered."""
        event = held.event_in(entry)
        if event is None or event.event not in _COUNTED:
            return
        named = held.named_in(life, entry)
        if event.event is Happened.OPENED:
            opening = Opening(life, entry, named)
            self._openings[life.inc, entry.dir, entry.n] = opening
            if named is not None:
                self._named.setdefault(named, []).append(opening)
            if len(self._openings) > OPENINGS_MAX:
                place, oldest = min(self._openings.items(), key=lambda each: each[1].order)
                del self._openings[place]
                if oldest.request is not None:
                    self._named[oldest.request].remove(oldest)
                    if not self._named[oldest.request]:
                        del self._named[oldest.request]
        elif named is not None and (begun := self._openings.get(named)) is not None:
            begun.add(event.event, life, entry)


def took(open_line: OpenLine, entry: EntryRow) -> None:
    """An entry has joined the record; if it is of a call, what is known of those grows."""
    if open_line.current.openings is not None:
        open_line.current.openings.add(open_line, entry)


def _place(life: OpenLine, entry: EntryRow) -> Order:
    return life.inc, joint_key(entry.dir, entry.n, entry.seen)


def _order(row: Any) -> Order:
    return row["inc"], joint_key(row["dir"], row["n"], row["seen"])
