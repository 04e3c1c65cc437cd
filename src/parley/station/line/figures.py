"""What the wall says of a line over a day and a month: how it was heard, and how long answers took.

All of it is counted from facts that are kept: the stretches of `observing.py`, and the messages of
the record with the moment each was first acknowledged. Answers of theirs are counted when their
acknowledgement reached us. Whose clock still runs is waited for, and not yet unanswered.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence
from parley.station.line.lines import OpenLine
from parley.station.line.observing import DAY_S, observed

if TYPE_CHECKING:
    from parley.station.station import Station

WINDOWS = {"day": DAY_S, "month": 30 * DAY_S}
MESSAGES_MAX = 1_000  # of a direction, the newest; more of them would hold a page up
POINTS_MAX = 200


def figures(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """Both windows, both directions."""
    ours = _messages(station, open_line, open_line.ours)
    theirs = _messages(station, open_line, open_line.theirs)
    now, steady = station.now.wall, station.steady()
    return {
        name: {
            "observed": observed(station, open_line, window_s),
            "answered_here": _answers(open_line, theirs, now - window_s, steady),
            "answered_there": _answers(open_line, ours, now - window_s, steady),
        }
        for name, window_s in WINDOWS.items()
    }


def _messages(station: Station, open_line: OpenLine, dir: int) -> list[Any]:
    """Messages of the last month that had a clock, newest first."""
    return station.store.sql(
        "SELECT kept, acknowledged, precedence, due, called FROM messages"
        " WHERE line_id = ? AND inc = ? AND dir = ? AND kept > ?"
        " AND (acknowledged IS NOT NULL OR due IS NOT NULL OR missed IS NOT NULL)"
        " ORDER BY kept DESC LIMIT ?",
        (*open_line.key, dir, station.now.wall - WINDOWS["month"], MESSAGES_MAX),
    )


def _answers(open_line: OpenLine, rows: list[Any], since: float, steady: float) -> dict[str, Any]:
    found = [row for row in rows if row["kept"] > since]
    answered = [row for row in found if row["acknowledged"] is not None]
    took = [max(row["acknowledged"] - row["kept"], 0.0) for row in answered]
    allowed = [open_line.clock_s(Precedence(row["precedence"])) for row in answered]
    return {
        "messages": len(found),
        "answered": len(answered),
        "waiting": sum(_runs(row, steady) for row in found),
        "late": sum(s > most for s, most in zip(took, allowed, strict=True)),
        "median_s": median(took) if took else None,
        "slowest_s": max(took, default=None),
        "points": [
            {
                "at": row["kept"],
                "took_s": s,
                "precedence": Precedence(row["precedence"]).name,
                "late": s > most,
            }
            for row, s, most in zip(answered, took, allowed, strict=True)
        ][:POINTS_MAX],
    }


def _runs(row: Any, steady: float) -> bool:
    """Whether the clock of a message still runs: a deputy's begins when it has run out."""
    running = row["acknowledged"] is None and row["due"] is not None and not row["called"]
    return running and row["due"] > steady
