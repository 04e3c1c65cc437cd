"""How a line was observed, kept from start to start, and what share of a time it was heard.

A row says from when to when a line was heard, silent, or not yet heard. It grows while the station
runs, at most once a minute, so that what lies between two rows is time in which the station did not
run. "Heard" needs an echo of what we sent, so the share holds for both directions at once.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.station import Station

GROWS_S = 60.0
KEPT_S = 40 * 86_400.0
ROWS_MAX = 4_000  # looked at for one figure: a line that flaps every ten minutes for a month
STRETCHES_MAX = 240  # drawn; the shortest of more are joined with what stands before them
DAY_S = 86_400.0

Stretch = tuple[float, float, str]  # from, to, how it was observed


class Observations:
    """What is being observed of each line now."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._now: dict[bytes, Stretch] = {}

    def load(self) -> None:
        """Go on with what is durable of this start."""
        self._now.clear()
        for open_line in self._station.lines:
            rows = self._station.store.sql(
                "SELECT since, upto, state FROM observations WHERE line_id = ? AND since >= ?"
                " ORDER BY since DESC LIMIT 1",
                (open_line.id, self._station.started.wall),
            )
            for row in rows:
                self._now[open_line.id] = (row["since"], row["upto"], row["state"])

    def look(self, open_line: OpenLine) -> None:
        """Take down how a line is observed; within the transaction of a step."""
        at, state = self._station.steady(), open_line.observed
        since, upto, before = self._now.get(open_line.id, (at, 0.0, ""))
        if state == before and at - upto < GROWS_S:
            return
        if before:
            self._station.store.sql(
                "UPDATE observations SET upto = ? WHERE line_id = ? AND since = ?",
                (at, open_line.id, since),
            )
        if state != before:
            since = at
            self._station.store.sql(
                "DELETE FROM observations WHERE line_id = ? AND upto < ?",
                (open_line.id, at - KEPT_S),
            )
            self._station.store.sql(
                "INSERT OR REPLACE INTO observations VALUES (?, ?, ?, ?)",
                (open_line.id, at, at, state),
            )
        self._now[open_line.id] = (since, at, state)


def observed(station: Station, open_line: OpenLine, window_s: float) -> dict[str, Any]:
    """How a line was observed over the last so many seconds, or since it was first."""
    now = station.steady()
    rows = station.store.sql(
        "SELECT since, upto, state FROM observations WHERE line_id = ? AND upto > ?"
        " ORDER BY since DESC LIMIT ?",
        (open_line.id, now - window_s, ROWS_MAX),
    )
    rows.reverse()
    begins = max(now - window_s, rows[0]["since"]) if rows else now
    stretches = [(max(row["since"], begins), row["upto"], row["state"]) for row in rows]
    if stretches and stretches[-1][0] >= station.started.wall:  # it goes on now
        stretches[-1] = (stretches[-1][0], now, stretches[-1][2])
    spent = {"heard": 0.0, "silent": 0.0, "not yet": 0.0}
    for since, upto, state in stretches:
        spent[state] = spent.get(state, 0.0) + upto - since
    span = now - begins
    return {
        "from": begins,
        "to": now,
        "availability": spent["heard"] / span if span > 0 else None,
        "heard_s": spent["heard"],
        "silent_s": spent["silent"],
        "not_running_s": max(span - sum(spent.values()), 0.0),
        "stretches": _drawn(stretches, now),
        "days": _days(stretches, begins, now) if window_s > DAY_S else [],
    }


def _drawn(stretches: list[Stretch], now: float) -> list[dict[str, Any]]:
    """Every stretch, with those between in which the station did not run."""
    found: list[Stretch] = []
    for one, next in pairwise([*stretches, (now, now, "")]):
        found.append(one)
        if next[0] - one[1] > 1.0:
            found.append((one[1], next[0], "not running"))
    while len(found) > STRETCHES_MAX:
        short = min(range(1, len(found)), key=lambda at: found[at][1] - found[at][0])
        found[short - 1] = (found[short - 1][0], found[short][1], found[short - 1][2])
        del found[short]
    return [{"from": since, "to": upto, "state": state} for since, upto, state in found]


def _days(stretches: list[Stretch], begins: float, now: float) -> list[dict[str, Any]]:
    """The share of each day of UTC in which the line was heard."""
    days = []
    day = begins // DAY_S * DAY_S
    while day < now:
        least, most = max(day, begins), min(day + DAY_S, now)
        heard = sum(
            max(min(upto, most) - max(since, least), 0.0)
            for since, upto, state in stretches
            if state == "heard"
        )
        if most > least:
            days.append({"day": day, "availability": heard / (most - least)})
        day += DAY_S
    return days
