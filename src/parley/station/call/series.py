"""A standing call, week by week: which occurrence is to come, which was held, skipped or missed.

Nothing is written when an occurrence comes or goes. What both agreed on once names them all, and
what was said about one, or that nobody came, is read from the record. Source: spec/calls.md Q7 to
Q9, Q11; decision 0019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.station.call.calls import DAY_S, Call
from parley.station.call.course import AT_ONCE_S, MINUTE_S, NEAR_S, Answer
from parley.station.call.openings import Opening, Openings
from parley.station.call.rehearsed import AHEAD_S, of_time, rehearsals
from parley.station.line.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station

WEEK_S = 7 * DAY_S
REMIND_S = 15 * MINUTE_S  # before a call, every page says that it is near
SHOWN = 4  # occurrences to come, and as many that were
COUNTED_MAX = 520  # occurrences that are counted: ten years


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One call that is agreed, alone or as one of a standing call."""

    at: int  # POSIX seconds
    state: str  # "to come", "now", "held", "skipped" or "missed"
    opening: Opening | None = None
    skip: Answer | None = None


def occurrences(call: Call, openings: list[Opening], now: float) -> list[Occurrence]:
    """What was agreed by that call until `now`, and what comes next; oldest first."""
    first = call.agreed()
    if first is None:
        return []
    named = [each for each in openings if _names(call, each, first)]
    if call.request.weekly_min is None:
        near = [each for each in named if abs(each.at - first) <= NEAR_S]
        return [_occurrence(call, first, near, now, None)]
    accepted = call.accepted()
    since = posix(accepted[1].time) if accepted else 0.0
    until = min((posix(each[1].time) for each in call.ends), default=float("inf"))
    skips = {each[2].time: each for each in reversed(call.skips) if _in_time(each)}
    # The first is never before it was agreed on, the last never after it was ended.
    begin = first if first >= since else first + -(-(since - first) // WEEK_S) * WEEK_S
    end = min(now + SHOWN * WEEK_S, until)
    begin = max(begin, first + (end - first) // WEEK_S * WEEK_S - COUNTED_MAX * WEEK_S)
    found = []
    at = int(begin)
    while at < end:
        near = [each for each in named if abs(each.at - at) <= NEAR_S]
        found.append(_occurrence(call, at, near, now, skips.get(at)))
        at += WEEK_S
    return found


def _occurrence(
    call: Call, at: int, near: list[Opening], now: float, skip: Answer | None
) -> Occurrence:
    opening = next((each for each in near if each.held), None)
    length_s = max(AT_ONCE_S, (call.request.weekly_min or 0) * MINUTE_S)
    if opening is not None:
        return Occurrence(at, "held", opening)
    if skip is not None:
        return Occurrence(at, "skipped", skip=skip)
    state = "to come" if now < at else "now" if now < at + length_s else "missed"
    return Occurrence(at, state)


def _names(call: Call, opening: Opening, first: int) -> bool:
    """Whether a call was opened for that request; or named none, and began at its time: so does
    one that was opened by a station which does not know standing calls."""
    if opening.request is not None:
        return opening.request == call.place
    off = (opening.at - first + WEEK_S / 2) % WEEK_S - WEEK_S / 2
    return call.request.weekly_min is not None and abs(off) <= AT_ONCE_S


def _in_time(skip: Answer) -> bool:
    """What is skipped is skipped before it begins: later it was missed."""
    _, entry, said = skip
    return said.time is not None and posix(entry.time) < said.time


def nearest(call: Call, openings: list[Opening], now: float) -> int | None:
    """The time of an occurrence that a call opened now would be, if there is one (V4)."""
    named = [each.at for each in openings if each.request == call.place]
    times = [
        each.at
        for each in occurrences(call, openings, now)
        if each.state != "skipped"
        and abs(each.at - now) <= NEAR_S
        and not any(abs(at - each.at) <= NEAR_S for at in named)
    ]
    return min(times, key=lambda at: abs(at - now), default=None)


# --- as people see them


def view(
    station: Station, open_line: OpenLine, call: Call, openings: list[Opening] | None = None
) -> dict[str, Any]:
    """A call with what became of it once it was agreed: each occurrence, and which is next."""
    now = station.now.wall
    if openings is None:
        openings = Openings.of(station, open_line).newest_first()
    found = occurrences(call, openings, now)
    past = [each for each in found if each.state in ("held", "skipped", "missed")]
    past = [each for each in past if each.at <= now or each.state == "held"]
    coming = [each for each in found if each not in past]
    following = next((each for each in coming if each.state != "skipped"), None)
    end = next(iter(call.ends), None)
    rehearsed = rehearsals(station, open_line) if found else []

    def seen(each: Occurrence) -> dict[str, Any]:
        how = of_time(rehearsed, call.place, each.at)
        # Long before its time it is not said of a call that it was not rehearsed.
        early = each.at - now > AHEAD_S and how["state"] == "not rehearsed"
        return {**_view(call, each), "rehearsed": None if early else how}

    return {
        **call.view(now),
        "asks": open_line.side(call.asks()[-1].dir),
        "standing": call.request.weekly_min is not None,
        "ended": end and _said_view(end),
        "held": sum(each.state == "held" for each in past),
        "missed": sum(each.state == "missed" for each in past),
        "skipped": sum(each.state == "skipped" for each in past),
        "next": following
        and {
            "at": following.at,
            "left_s": following.at - now,
            "rehearsed": seen(following)["rehearsed"],
        },
        "coming": [seen(each) for each in coming[:SHOWN]],
        "past": [seen(each) for each in past[-SHOWN:]],
        "outcome": _outcome(call, past, end),
    }


def _outcome(call: Call, past: list[Occurrence], end: Answer | None) -> str:
    """What became of what was agreed, in words that both sides read alike."""
    if call.request.weekly_min is None:
        return {"held": "The call was held.", "missed": "The call was missed."}.get(
            past[-1].state if past else "", ""
        )
    if end is None:
        return ""
    open_line, entry, said = end
    if entry.dir == open_line.ours:
        return f"We ended the standing call: {said.reason}."
    return f"{open_line.agreed.counterpart} ended the standing call: {said.reason}."


def _view(call: Call, each: Occurrence) -> dict[str, Any]:
    return {
        "at": each.at,
        "state": each.state,
        "opened": each.opening.at if each.opening else None,
        **({"by": None, "reason": None} if each.skip is None else _said_view(each.skip)),
    }


def _said_view(answer: Answer) -> dict[str, Any]:
    open_line, entry, said = answer
    return {"by": open_line.side(entry.dir), "reason": said.reason}
