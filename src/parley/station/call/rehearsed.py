"""Whether a call was rehearsed, and how that went: read from the record, at both stations alike.

A rehearsal names the request as the call does, and belongs to the time that was agreed and is less
than a day ahead. Source: spec/rehearsal.md P2, P5.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from parley.catalogue.call_events import Result
from parley.station.call.calls import DAY_S
from parley.station.call.course import AT_ONCE_S
from parley.station.call.held import Calls, Held, Place
from parley.station.call.held_checks import LISTS
from parley.station.call.held_parts import DUTY
from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.station import Station

AHEAD_S: Final = DAY_S  # how long before its time a call may be rehearsed
LATE_S: Final = AT_ONCE_S  # and how long after, while it was not opened


def rehearsals(station: Station, open_line: OpenLine) -> list[Held]:
    """Those of a line, oldest first."""
    return [each for each in Calls.of(station, open_line) if each.rehearsal]


def of_time(found: Iterable[Held], request: Place, at: float) -> dict[str, Any]:
    """How the call was rehearsed that was asked for there and agreed for that time."""
    return _newest(
        each
        for each in found
        if each.request == request and at - AHEAD_S <= each.opened <= at + LATE_S
    )


def of_call(station: Station, open_line: OpenLine, held: Held) -> dict[str, Any]:
    """How a call was rehearsed that was opened."""
    return _newest(
        each
        for each in rehearsals(station, open_line)
        if each.request is not None
        and each.request == held.request
        and each.key < held.key
        and held.opened - each.opened <= AHEAD_S + LATE_S
    )


def _newest(found: Iterable[Held]) -> dict[str, Any]:
    """The newest to which a duty officer of each side came; of others it is only said that one is
    open."""
    several = list(found)
    whole = [each for each in several if _met(each)]
    if not whole:
        is_open = any(each.standing.ended is None for each in several)
        return {"state": "open" if is_open else "not rehearsed", "at": None, "faults": []}
    newest = whole[-1]
    checks, side = newest.standing.checks, newest.life.side
    faults = []
    for item in LISTS[newest.medium]:
        for dir in (0, 1):
            check = checks.found.get((dir, item))
            if check is None or check.result is Result.FAILED:
                words = check.words if check else ""
                state = "failed" if check else "unfinished"
                faults.append({"item": item, "dir": side(dir), "state": state, "words": words})
    is_open = newest.standing.ended is None
    state = checks.verdict(newest.medium)
    return {
        "state": "open" if is_open and state == "unfinished" else state,
        "at": newest.opened,
        "faults": faults,
    }


def _met(held: Held) -> bool:
    """Whether a duty officer of each side was in it."""
    return {each.dir for each in held.standing.attendees if each.role == DUTY} == {0, 1}
