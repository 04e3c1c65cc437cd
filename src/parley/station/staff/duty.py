"""A duty: who is due at a desk, from when until when; and what is wrong with several of them.

Plain values and plain reckoning, in POSIX seconds. Gaps and double bookings are said ahead of time,
in words; they bar nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from parley.catalogue.form import read_moment
from parley.core.errors import Misused, Refused
from parley.station.machine.clock import moment

AHEAD_S = 14 * 86_400  # how far ahead gaps and double bookings are looked for
END_AHEAD_S = 86_400  # how long before the last duty ends it is said that nobody follows
GAP, TWO, TWICE = "gap", "two", "twice"
LATEST = 253_370_764_800  # 9999-01-01: what is typed, and some weeks after it, has a date


@dataclass(frozen=True, slots=True)
class Duty:
    """One, as the database has it."""

    id: int
    desk: int
    person: int
    since: float
    until: float
    came: float | None
    came_by: int | None
    late: float | None
    called: int
    look: float | None

    def is_now(self, now: float) -> bool:
        """Whether it has begun and is not over."""
        return self.since <= now < self.until


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that somebody should see to before it comes."""

    kind: str
    desk: int
    since: float
    until: float | None  # None: nobody is due after it
    persons: tuple[int, ...] = ()
    other: int | None = None  # the other desk


def now_and_next(duties: list[Duty], now: float) -> tuple[Duty | None, Duty | None]:
    """Of one desk, who is due now and who comes after; whoever has been due longest goes first."""
    due = next((each for each in duties if each.is_now(now)), None)
    after = [each for each in duties if each.since > now]
    if due is not None:  # who is due beside, and stays longer, comes next too
        beside = [each for each in duties if each.is_now(now) and each.until > due.until]
        after = [*beside, *after]
    return due, after[0] if after else None


def faults(duties: list[Duty], now: float) -> list[Fault]:
    """Gaps and double bookings from now on, the first first; `duties` in the order they begin."""
    found: list[Fault] = []
    for desk in dict.fromkeys(each.desk for each in duties):
        found += _gaps([each for each in duties if each.desk == desk], desk, now)
    soon = [each for each in duties if each.until > now and each.since < now + AHEAD_S]
    for one, other in _beside(soon):
        since, until = max(one.since, other.since), min(one.until, other.until)
        if max(since, now) >= until:
            continue
        if one.person == other.person and one.desk != other.desk:
            found.append(Fault(TWICE, one.desk, since, until, (one.person,), other.desk))
        elif one.desk == other.desk:
            persons = tuple(dict.fromkeys((one.person, other.person)))
            found.append(Fault(TWO, one.desk, since, until, persons))
    return sorted(found, key=lambda each: (each.since, each.desk, each.kind))


def _beside(duties: list[Duty]) -> Iterator[tuple[Duty, Duty]]:
    """Two of which the second begins before the first ends."""
    for at, one in enumerate(duties):
        for other in duties[at + 1 :]:
            if other.since >= one.until:
                break
            yield one, other


def _gaps(duties: list[Duty], desk: int, now: float) -> list[Fault]:
    """A desk has gaps once somebody was ever due there: before, nobody keeps a roster for it."""
    found: list[Fault] = []
    covered = now
    for each in duties:
        if each.until <= covered:
            continue
        if each.since > covered and each.since < now + AHEAD_S:
            found.append(Fault(GAP, desk, covered, each.since))
        covered = max(covered, each.until)
    if covered < now + END_AHEAD_S:
        found.append(Fault(GAP, desk, covered, None))
    return found


def said(
    fault: Fault, desks: dict[int, str], names: list[str], now: float
) -> tuple[str, dict[str, str]]:
    """Which fact of `catalogue/facts.py` a fault is, and its values: none is the time of now."""
    desk, since = {"desk": desks[fault.desk]}, {"since": moment(fault.since)}
    begun = fault.kind == GAP and fault.since <= now
    if fault.until is None:
        return ("roster.nobody", desk) if begun else ("roster.nobody-from", desk | since)
    until = {"until": moment(fault.until)}
    if fault.kind == GAP:
        return ("roster.gap-until", desk | until) if begun else ("roster.gap", desk | since | until)
    values = {"person": names[0]} | desk | since | until
    if fault.kind == TWICE:
        return "roster.two-desks", values | {"other": desks[fault.other or 0]}
    if len(names) == 1:
        return "roster.twice", values
    return "roster.two-persons", values | {"second": names[1]}


def read(row: Any) -> Duty:
    """A row of the table."""
    return Duty(
        *(row["id"], row["desk"], row["person"], row["since"], row["until"]),
        *(row["came"], row["came_by"], row["late"], row["called"], row["look"]),
    )


def typed_end(begins: float, until: str | None, for_s: int | None) -> float:
    """The end of something, as people type it: a moment, or how long after it begins."""
    if (until is None) == (for_s is None):
        raise Misused("Until when?", "Name the end, or for how long.")
    if for_s is not None and for_s < 0:
        raise Refused("The end is not after the start.", "Name a later end.")
    return typed_moment(until) if until is not None else begins + (for_s or 0)


def typed_moment(text: str) -> float:
    """A moment as people type it, in POSIX seconds."""
    try:
        at = float(read_moment(text))
        if at > LATEST:
            raise ValueError
        return at
    except ValueError as error:
        raise Misused(
            f"{text!r:.40} is no time.", "Write UTC to the minute: 2026-12-01 08:00Z."
        ) from error
