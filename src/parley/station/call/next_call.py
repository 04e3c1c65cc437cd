"""The next call that was agreed and may be rehearsed now. Source: spec/rehearsal.md P2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.station.call.calls import Call, Calls
from parley.station.call.course import NEAR_S
from parley.station.call.openings import Openings
from parley.station.call.rehearsed import AHEAD_S, LATE_S, of_time, rehearsals
from parley.station.call.series import occurrences
from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.station import Station


def ahead(station: Station, open_line: OpenLine) -> tuple[int, Call] | None:
    """The next agreed call that may be rehearsed now, and its time (P2)."""
    now, openings = station.now.wall, Openings.of(station, open_line).newest_first()
    found = []
    for order, call in enumerate(Calls.of(station, open_line)):
        named = [each.at for each in openings if each.request == call.place]
        for each in occurrences(call, openings, now):
            opened = any(abs(at - each.at) <= NEAR_S for at in named)
            near = each.at - AHEAD_S <= now < each.at + LATE_S
            if near and not opened and each.state in ("to come", "now"):
                found.append((each.at, order, call))
    return min(found)[::2] if found else None


def view(station: Station, open_line: OpenLine) -> dict[str, Any] | None:
    """The same for people, and how it was rehearsed until now."""
    found = ahead(station, open_line)
    if found is None:
        return None
    at, call = found
    how = of_time(rehearsals(station, open_line), call.place, at)
    return {**how, "time": at, "purpose": call.request.purpose}
