"""What became of the calls of a line: asked for, answered, withdrawn, held, missed, and how long
answers took, for both directions.

It is counted from the entries of the record and their times alone, so both stations count the same;
no clock of a station enters but the present. Source: spec/calls.md Q11.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from parley.station.acts.operations import operation
from parley.station.acts.person import READERS, Person
from parley.station.call.calls import DAY_S, KEPT_MAX, OFF, OUTCOMES, Call, Calls
from parley.station.call.openings import OPENINGS_MAX, Openings
from parley.station.call.series import Occurrence, occurrences
from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.station import Station

Counted = list[tuple[Call, list[Occurrence]]]


@operation("call.history", roles=READERS, reads=True)
def call_history(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """What became of calls in either direction, in numbers; the same at both stations."""
    open_line = station.line(line).current
    return {"line": open_line.agreed.hex, **history(station, open_line)}


def history(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """Of the newest calls of a line that are known here: 500 asked for, 500 opened."""
    now = station.now.wall
    openings = Openings.of(station, open_line).newest_first()
    counted = [(call, occurrences(call, openings, now)) for call in Calls.of(station, open_line)]
    held = [each for each in openings if each.held]
    of_requests = {id(each.opening) for _, found in counted for each in found if each.opening}
    asked = [call for call, _ in counted]
    return {
        **{
            open_line.side(dir): _of_side(
                [each for each in counted if each[0].entry.dir == dir], now
            )
            | _took(asked, dir)
            for dir in (open_line.ours, open_line.theirs)
        },
        "held": len(held),
        "held_unasked": sum(id(each) not in of_requests for each in held),
        "missed": _count(counted, "missed"),
        "last_held": held[0].at if held else None,
        "days_since": _days(now, max((each.at for each in held), default=None)),
        "days_since_asked": _days(now, max((call.asks()[0].at for call in asked), default=None)),
        "whole": len(asked) < KEPT_MAX and len(openings) < OPENINGS_MAX,
    }


def _of_side(counted: Counted, now: float) -> dict[str, Any]:
    """What one side asked for, and what became of it."""
    states = [call.state(now) for call, _ in counted]
    return {
        "asked": len(counted),
        "answered": sum(call.asks()[0].answered is not None for call, _ in counted),
        **{name.replace(" ", "_"): states.count(name) for name in OUTCOMES.values()},
        "nobody_answered": states.count("nobody answered"),
        **{name.replace(" ", "_"): states.count(name) for name in OFF},
        "late": sum(any(ask.late for ask in call.asks()) for call, _ in counted),
        "waiting": states.count("waiting"),
        "standing": sum(call.accepted() is not None and not call.ends for call, _ in counted),
        **{name: _count(counted, name) for name in ("held", "missed", "skipped")},
    }


def _took(asked: list[Call], dir: int) -> dict[str, Any]:
    """How long the other side took to answer what this one asked, other times included."""
    took = [
        ask.took_s
        for call in asked
        for ask in call.asks()
        if ask.dir == dir and ask.took_s is not None
    ]
    return {"answered_s": median(took) if took else None, "answered_s_max": max(took, default=None)}


def _count(counted: Counted, state: str) -> int:
    return sum(each.state == state for _, found in counted for each in found)


def _days(now: float, at: float | None) -> int | None:
    return None if at is None else int(max(now - at, 0) // DAY_S)
