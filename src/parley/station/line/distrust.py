"""What is known against the clocks: our own, and the times the other side claims.

Nothing is ever refused for a time. A jump of our own clock is told to the other side by a flag; a
claim earlier than the one before it, and a clock that must differ from ours, are told to people.
Of this start only. Source: spec/display.md G6 to G9.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.core.effects import LineState
from parley.core.entry import EPOCH_2020
from parley.core.kept import EntryRow
from parley.core.terms import Instant
from parley.station.acts.own_acts import TRUSTED, Own
from parley.station.machine.clock import SKEW_S_MAX, stamp

if TYPE_CHECKING:
    from parley.station.line.lines import OpenLine
    from parley.station.station import Station

JUMP_S_MAX = 60.0  # of the wall clock against the monotonic one; what sets it smoothly stays below
OLDEST_CLOCK = EPOCH_2020 + 6 * 366 * 86_400  # this program is younger than 2026
TOLD_EVERY_S = 3_600.0  # how often a claim that goes back is written into the audit trail


def doubt_of(now: Instant, started: Instant) -> str | None:
    """Why our own wall clock may be wrong, in a sentence; None while nothing speaks for it (G6)."""
    if now.wall < OLDEST_CLOCK:
        return f"our clock shows {stamp(now.wall)}, before this program was made"
    jumped = (now.wall - started.wall) - (now.mono - started.mono)
    if abs(jumped) > JUMP_S_MAX:
        span = words(abs(jumped))
        if jumped > 0:
            return f"our clock was moved {span} ahead while the station ran"
        return f"our clock was moved {span} back while the station ran"
    return None


_SPANS = (
    (86_400, "1 day", "%(count)s days"),
    (3_600, "1 hour", "%(count)s hours"),
    (60, "1 minute", "%(count)s minutes"),
)


def words(seconds: float) -> str:
    """A length of time, to the larger unit: 2 hours."""
    for unit, one, many in _SPANS:
        count = round(seconds / unit)
        if seconds >= 0.99 * unit:  # a clock that was put an hour ahead has since lost a moment
            return one if count == 1 else many % {"count": f"{count:,}"}
    return f"{seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class Skew:
    """How far their clock is ahead of ours, at least and at most, as one entry of theirs shows."""

    low_s: float
    high_s: float
    n: int

    @property
    def in_doubt(self) -> bool:
        """Whether the two clocks differ by more than five minutes for sure."""
        return self.low_s > SKEW_S_MAX or self.high_s < -SKEW_S_MAX

    @property
    def sentence(self) -> str:
        """What it says."""
        if self.low_s > 0:
            return f"is at least {words(self.low_s)} ahead of ours"
        return f"is at least {words(-self.high_s)} behind ours"


@dataclass(slots=True)
class Claims:
    """What the times in one line's entries have told since the station started."""

    newest: dict[int, int]  # the time of the last entry, by direction
    backward: dict[int, tuple[int, int, int]]  # how often it went back; at which entry, by how much
    skew: Skew | None = None
    they_doubt: bool = False
    # As the line stood after the last step: its incarnation, their size as stated, and when (mono)
    # our newest STATUS left that they had heard by then.
    inc: int = 0
    announced: int = 0
    heard_at: float | None = None
    told_at: float = float("-inf")

    @classmethod
    def none(cls) -> Claims:
        """Nothing was heard yet."""
        return cls({}, {})

    def copy(self) -> Claims:
        """The same, for a step that may be undone."""
        return replace(self, newest=dict(self.newest), backward=dict(self.backward))

    def takes(self, entry: EntryRow) -> int:
        """Note the claim of an entry; by how many seconds it is earlier than the one before."""
        back = self.newest.get(entry.dir, 0) - entry.time
        self.newest[entry.dir] = entry.time
        if back <= 0:
            return 0
        count = self.backward.get(entry.dir, (0, 0, 0))[0]
        self.backward[entry.dir] = (count + 1, entry.n, back)
        return back

    def measures(self, entry: EntryRow, now: Instant) -> None:
        """Compare their clock with ours, where the path proves when the entry was written (G8).

        They had stated a smaller log when they had heard our STATUS of `heard_at`: so the entry
        was written after that moment, and before now.
        """
        if self.heard_at is None or entry.n < self.announced:
            return
        claim = entry.time + EPOCH_2020
        self.skew = Skew(claim - now.wall, claim - now.wall + now.mono - self.heard_at, entry.n)


def find(station: Station, open_line: OpenLine) -> None:
    """Go on after the newest entries of both logs."""
    for dir in (0, 1):
        rows = station.store.sql(
            "SELECT time FROM entries WHERE line_id = ? AND inc = ? AND dir = ?"
            " ORDER BY n DESC LIMIT 1",
            (*open_line.key, dir),
        )
        open_line.claims.newest[dir] = rows[0]["time"] if rows else 0


def _of_this_step(station: Station, open_line: OpenLine) -> Claims:
    """The claims as this step leaves them. What was known before stays until it is durable: what a
    step that was undone has found is found again."""
    if open_line.claims is open_line.claims_kept:
        open_line.claims = open_line.claims.copy()
        station.after_commit(partial(setattr, open_line, "claims_kept", open_line.claims))
    return open_line.claims


def undone(open_line: OpenLine) -> None:
    """A step was undone: what it found was not found."""
    open_line.claims = open_line.claims_kept


def claimed(station: Station, open_line: OpenLine, entry: EntryRow) -> None:
    """An entry of either side has joined the record: look at its time (G7, G8)."""
    claims, theirs = _of_this_step(station, open_line), entry.dir == open_line.theirs
    back, before = claims.takes(entry), claims.skew
    if theirs:
        claims.measures(entry, station.now)
    if back and station.now.mono - claims.told_at > TOLD_EVERY_S:
        claims.told_at = station.now.mono
        _told(station, open_line, Own.WENT_BACK, _went_back(open_line, entry.dir))
    was, skew = bool(before and before.in_doubt), claims.skew
    if skew is not None and skew.in_doubt != was:
        act, who = (Own.CLOCKS_DIFFER, Own.CLOCKS_AGREE)[was], open_line.agreed.counterpart
        _told(station, open_line, act, f"the clock of {who} {skew.sentence}" if not was else who)


def look(station: Station) -> None:
    """Look at our own clock, and let every line tell the other side (G6)."""
    doubt = doubt_of(station.now, station.started)
    if bool(doubt) != bool(station.clock_doubt):
        act = Own.CLOCK_IN_DOUBT if doubt else Own.CLOCK_TRUSTED
        station.trail.happened(station.now.wall, act, doubt or TRUSTED)
        station.publish("clock", None, doubt=doubt)
    station.after_commit(partial(_known, station, doubt))  # what is undone is told once more
    for open_line in station.lines:
        open_line.line.line.doubt_clock(doubt is not None, station.now)


def _known(station: Station, doubt: str | None) -> None:
    station.clock_doubt = doubt


def observe(station: Station, open_line: OpenLine, state: LineState) -> None:
    """Remember how a line stands after this step, and whether they doubt their clock."""
    claims = _of_this_step(station, open_line)
    claims.inc, claims.announced = open_line.inc, state.their_announced
    heard_s = state.last_heard_s
    claims.heard_at = None if heard_s is None else station.now.mono - heard_s
    if state.they_doubt != claims.they_doubt:
        claims.they_doubt = state.they_doubt
        act = (Own.THEIR_CLOCK_TRUSTED, Own.THEIR_CLOCK_IN_DOUBT)[state.they_doubt]
        _told(station, open_line, act, f"{open_line.agreed.counterpart} says so")


def _told(station: Station, open_line: OpenLine, act: Own, outcome: str) -> None:
    station.trail.happened(station.now.wall, act, outcome, open_line.agreed.name)
    station.publish("line", open_line, state=act)


_WENT_BACK = (
    "Our times went back once since this station started, last at entry %(n)s by %(span)s; the"
    " order of the record is right all the same.",
    "Our times went back %(count)s times since this station started, last at entry %(n)s by"
    " %(span)s; the order of the record is right all the same.",
    "%(who)s's times went back once since this station started, last at entry %(n)s by %(span)s;"
    " the order of the record is right all the same.",
    "%(who)s's times went back %(count)s times since this station started, last at entry %(n)s by"
    " %(span)s; the order of the record is right all the same.",
)


def _went_back(open_line: OpenLine, dir: int) -> str:
    count, n, back = open_line.claims.backward[dir]
    told = _WENT_BACK[2 * (dir != open_line.ours) + (count > 1)]
    values = {"count": f"{count:,}", "n": n, "span": words(back)}
    return told % {**values, "who": open_line.agreed.counterpart}


def view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """What people must know of both clocks; sentences, none while nothing speaks against them."""
    claims, who = open_line.claims, open_line.agreed.counterpart
    skew = claims.skew
    doubts = []
    if station.clock_doubt:
        doubts.append(f"{station.clock_doubt[0].upper()}{station.clock_doubt[1:]}; {who} is told.")
    if claims.they_doubt:
        doubts.append(f"{who} says that its own clock is in doubt.")
    if skew is not None and skew.in_doubt:
        doubts.append(
            f"The clock of {who} {skew.sentence}, by its entry {skew.n}; one of the two is wrong."
        )
    doubts += [_went_back(open_line, dir) for dir in sorted(claims.backward)]
    return {
        "ours_in_doubt": station.clock_doubt is not None,
        "theirs_in_doubt": claims.they_doubt,
        "ahead_s": None if skew is None else [skew.low_s, skew.high_s],
        "doubts": doubts,
    }
