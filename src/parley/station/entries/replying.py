"""By when a reply is expected (header key 17), and whether it has come (spec/entry.md E18)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from parley.catalogue.form import moment, read_moment
from parley.core.entry import Key
from parley.core.errors import Misused, Refused
from parley.core.wire import Value
from parley.station.line.lines import posix, since_2020

SPAN = re.compile(r"([0-9]{1,5})([mhd]?)", re.ASCII)
MINUTES = {"": 1, "m": 1, "h": 60, "d": 24 * 60}
MINUTES_MAX = 14 * 24 * 60


def read_reply_by(given: str, now: float) -> int:
    """A time as a drafter gives it, from now (90, 90m, 3h, 2d) or in full; seconds since 2020."""
    if span := SPAN.fullmatch(given):
        at = now + 60 * int(span[1]) * MINUTES[span[2]]
    else:
        try:
            at = float(read_moment(given))
        except ValueError as error:
            raise Misused(
                f"{given!r:.40} is no time by which a reply can be expected.",
                f"Minutes from now, 3h or 2d, or a time such as {moment(now + 3600)}.",
            ) from error
    if not now < at <= now + 60 * MINUTES_MAX:
        raise Refused(
            "A reply is expected within 14 days from now.", "Give a time that is still to come."
        )
    return since_2020(at)


def reply_by(header: Mapping[Value, Value]) -> float | None:
    """The time of a header, of whoever wrote it; None where there is none, or no time."""
    value = header.get(Key.REPLY_BY)
    return posix(value) if type(value) is int and 0 <= value < 1 << 32 else None


def reply_view(header: Mapping[Value, Value], answered: bool, now: float) -> dict[str, Any] | None:
    """The clock of a reply as people see it; it stops with an answer."""
    due = reply_by(header)
    if due is None:
        return None
    left = due - now
    return {"due": due, "left_s": left, "overdue": left < 0 and not answered, "answered": answered}
