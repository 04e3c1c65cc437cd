"""A line as a station works it: what was agreed, the state machine, and the paths that carry it."""

from __future__ import annotations

from dataclasses import dataclass

from parley.bearers import Path
from parley.bearers.tcp import Limits
from parley.core.agreement import Agreement
from parley.core.effects import LineState
from parley.core.entry import EPOCH_2020, Precedence, Status
from parley.core.line import Line
from parley.core.terms import Terms

# What may wait in a path's buffer before ROUTINE gets no more room: with what the kernel keeps
# unsent, about two of the largest envelopes, and no FLASH waits behind more.
AHEAD_BYTES_MAX = Limits().write_low
BUFFER_BYTES_MAX = Limits().write_high
# STATUS goes out once a heartbeat, and so does their echo of it: in a quiet hour our newest echoed
# one is up to two heartbeats old. Half of one more is for the way.
SILENT_AFTER_HEARTBEATS = 2.5


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the agreement and the letters say of a line, as the station needs it."""

    name: str  # what we call the line
    counterpart: str  # the other party
    level: str
    mark: Status  # ACTUAL or EXERCISE, for every entry
    verified: bool  # both letters were compared by persons
    our_language: str  # the first of each party: what is left out of a header
    their_language: str
    clocks_s: tuple[float, float, float, float]  # by precedence, ROUTINE first
    terms: Terms

    @classmethod
    def of(cls, agreement: Agreement, terms: Terms) -> Agreed:
        """What a verified agreement says to the side that `terms` were made for."""
        ours, theirs = terms.side, terms.theirs
        routine, priority, immediate, flash = map(float, agreement.clocks)
        return cls(
            name=agreement.name,
            counterpart=agreement.parties[theirs],
            level=agreement.level,
            mark=agreement.mark,
            verified=all(agreement.compared),
            our_language=agreement.languages[ours][0],
            their_language=agreement.languages[theirs][0],
            clocks_s=(routine, priority, immediate, flash),
            terms=terms,
        )

    @property
    def hex(self) -> str:
        """The line's number as people see it."""
        return self.terms.line_id.hex()


class OpenLine:
    """One line while the station runs."""

    def __init__(self, agreed: Agreed, line: Line) -> None:
        self.agreed = agreed
        self.line = line
        self.paths: list[Path] = []  # that carry it; the last one is used
        self.observed = "not yet"

    @property
    def id(self) -> bytes:
        """The line's number."""
        return self.agreed.terms.line_id

    @property
    def inc(self) -> int:
        """The incarnation."""
        return self.agreed.terms.inc

    @property
    def key(self) -> tuple[bytes, int]:
        """What its rows are found by."""
        return (self.agreed.terms.line_id, self.agreed.terms.inc)

    @property
    def ours(self) -> int:
        """The direction we speak in."""
        return self.agreed.terms.side

    @property
    def theirs(self) -> int:
        """The direction they speak in."""
        return self.agreed.terms.theirs

    def side(self, dir: int) -> str:
        """A direction in words."""
        return "ours" if dir == self.ours else "theirs"

    def room(self) -> int:
        """Bytes of ROUTINE that may be handed over now."""
        if not self.paths:
            return 0
        return self.paths[-1].room() - (BUFFER_BYTES_MAX - AHEAD_BYTES_MAX)

    def send(self, frames: list[bytes]) -> None:
        """Hand frames to the path in use; without one they are lost, and come again."""
        if self.paths:
            self.paths[-1].send_all(frames)

    def silent_after_s(self) -> float:
        """When a line that was heard counts as silent."""
        return SILENT_AFTER_HEARTBEATS * self.agreed.terms.heartbeat_s

    def observe(self, state: LineState) -> str:
        """Whether the other side was heard: our newest STATUS that it has echoed says so."""
        if state.last_heard_s is None:
            return "not yet"
        return "heard" if state.last_heard_s <= self.silent_after_s() else "silent"

    def clock_s(self, precedence: int) -> float:
        """The time in which a message of this precedence must be acknowledged."""
        return self.agreed.clocks_s[Precedence(precedence)]


def since_2020(wall: float) -> int:
    """A moment as entries bear it: whole seconds since the beginning of 2020."""
    return max(int(wall) - EPOCH_2020, 0)


def posix(time: int) -> float:
    """A time of an entry, as POSIX seconds."""
    return float(time + EPOCH_2020)
