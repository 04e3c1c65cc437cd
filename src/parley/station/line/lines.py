"""A line as a station works it: what was agreed, the state machine, and the paths that carry it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parley.bearers import Path
from parley.bearers.streams import Limits
from parley.core.agreement import Agreement
from parley.core.effects import LineState
from parley.core.entry import EPOCH_2020, Precedence, Status
from parley.core.errors import Halted, Misused, Refused
from parley.core.kept import Kept
from parley.core.life import Life
from parley.core.line import Line
from parley.core.terms import Instant, Terms
from parley.core.wire import Value
from parley.station.line.declared import Declared
from parley.station.line.distrust import Claims

if TYPE_CHECKING:
    from parley.station.alarms.tested import Tested
    from parley.station.call import held
    from parley.station.call.calls import Calls
    from parley.station.call.minutes import Minutes
    from parley.station.call.openings import Openings
    from parley.station.parties.supplying import Upload

# What may wait in a path's buffer before ROUTINE gets no more room: with what the kernel keeps
# unsent, about two of the largest envelopes, and no FLASH waits behind more.
AHEAD_BYTES_MAX = Limits().write_low
BUFFER_BYTES_MAX = Limits().write_high
# STATUS goes out once a heartbeat, and so does their echo of it: in a quiet hour our newest echoed
# one is up to two heartbeats old. Half of one more is for the way.
SILENT_AFTER_HEARTBEATS = 2.5


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a line stands still (spec/succession.md): people stopped it, its keys were revoked, or
    another agreement replaced it. Only what people stopped can go on."""

    kind: str  # "person", "revoked" or "replaced"
    why: str  # a sentence without its stop
    at: float  # POSIX seconds
    person: int | None = None

    @property
    def over(self) -> bool:
        """Whether this life of the line is over, and only its record stays."""
        return self.kind == "replaced"

    @property
    def final(self) -> bool:
        """Whether its keys are gone."""
        return self.kind != "person"

    @property
    def hint(self) -> str:
        """What to do."""
        return {
            "person": "Another person than the one who stopped it lets it go on, once both have"
            " spoken: `parley stop --undo`.",
            "revoked": "Call them by another way, accept the letter of the station that follows,"
            " and agree anew: `parley agree propose --replaces LINE`.",
            "replaced": "Its record can be read and exported; write on the line that replaced it.",
        }[self.kind]


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
    suspending: tuple[bool, int] = (False, 0)  # whether FLASH passes in suspension; notice, seconds
    psk0: bool = False  # a secret of the meeting is used
    provisional: int = 0  # least precedence that is shown across a gap; 0 for none
    calls_s: tuple[int, int] = (172_800, 600)  # to answer a request for a call; one that is FLASH
    their_address: str = ""  # how they are to be addressed
    test_s: int = 86_400  # the longest time between two human tests; 0 for none
    made: int = 0  # when it was agreed, POSIX seconds
    testing: tuple[int, int, int] = (0, 0, 0)  # tests by the clock: every, within, answered in

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
            psk0=agreement.psk0,
            terms=terms,
            suspending=agreement.suspending,
            provisional=agreement.provisional,
            calls_s=agreement.calls,
            their_address=agreement.address[theirs],
            test_s=agreement.test_s,
            made=agreement.made,
            testing=agreement.testing,
        )

    @property
    def policy(self) -> str:
        """To whom the record can be proved: deniable is to each other only."""
        return "deniable" if self.terms.deniable else "attributable"

    @property
    def hex(self) -> str:
        """The line's number as people see it."""
        return self.terms.line_id.hex()


class OpenLine:
    """One line while the station runs: the incarnation at work, and those that have ended."""

    def __init__(self, agreed: Agreed, line: Life, past: Sequence[PastLine] = ()) -> None:
        self.current: OpenLine = self  # the incarnation in which something can be said
        self._begin(agreed)
        self.take_up(agreed, line, past)

    def _begin(self, agreed: Agreed) -> None:
        """What a line bears while the station runs, in whatever incarnation."""
        self.base = agreed  # as agreed; what is at work may have begun by RESUME
        self.past: list[PastLine] = []
        self.paths: list[Path] = []  # that carry it, oldest first; `in_use` says which do
        self.observed = "not yet"
        self.observed_told = "not yet"  # what people were last told of that
        self.agree_told = False  # that both records agree: until more is said
        self.calls: Calls | None = None  # once somebody has asked for them
        self.minutes: Minutes | None = None  # as are these
        self.held: held.Calls | None = None  # the same
        self.tested: list[Tested] | None = None  # the same, of human tests
        self.openings: Openings | None = None  # the same
        self.upload: Upload | None = None  # evidence that is being taken in
        self.declared = Declared(agreed.terms.side, *agreed.suspending)
        self.declared_told = ""  # the state that people were last told of
        self.stop: Stop | None = None
        self.claims = self.claims_kept = Claims.none()  # as this step has them; as durable
        self.files_wait = self.files_soon = False  # files of ours have pieces to be said; next step
        self.judging = False  # a file is being looked into, beside the loop
        self.newer_at: float | None = None  # when (mono) a frame last claimed a newer version
        # What this start found shown already: the size of their log, and beyond it (G5).
        self.shown_upto = 0
        self.shown_early: frozenset[int] = frozenset()

    def take_up(self, agreed: Agreed, line: Life, past: Sequence[PastLine]) -> None:
        """Go on in the incarnation that is at work now."""
        self.line = line
        self.calls = self.minutes = self.held = self.tested = None
        self.openings = None
        self.base, self.agreed = agreed, replace(agreed, terms=line.line.terms)
        self.past = list(past)
        for each in past:
            each.current, each.line = self, line

    @property
    def lives(self) -> list[OpenLine]:
        """All incarnations, oldest first."""
        return [*self.past, self]

    def life(self, inc: int) -> OpenLine | None:
        """One incarnation of the line."""
        return next((each for each in self.current.lives if each.inc == inc), None)

    def passed_over(self, inc: int) -> OpenLine | None:
        """An incarnation that the other side alone began: of it there are two RESUMEs and no entry
        (N10)."""
        life = self.current.line
        if inc >= life.inc or not life.resumes(inc):
            return None
        found = PastLine(self.base, life.line_of(inc, Kept(side=self.ours)))
        found.current, found.line = self.current, life
        return found

    @property
    def address(self) -> str:
        """How the line is named in an answer; an incarnation that has ended bears its number."""
        hex = self.agreed.hex
        return hex if self.current is self else f"{hex}@{self.inc}"

    @property
    def older(self) -> list[int]:
        """What a reference from the incarnation at work adds to be to this one: nothing, or its
        number (N8)."""
        return [] if self.current is self else [self.inc]

    def mention(self, n: int) -> Value:
        """The number of an entry of this incarnation, as one of the incarnation at work says it."""
        return [n, *self.older] if self.older else n

    def state(self, now: Instant) -> LineState:
        """What may be known of it now. That they heard us stays known when a step is undone and
        the line is loaded anew: else it would never fall silent."""
        state, claims = self.line.state(now), self.claims
        if state.last_heard_s is None and claims.heard_at is not None and claims.inc == self.inc:
            return state._replace(last_heard_s=now.mono - claims.heard_at)
        return state

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
    def base_key(self) -> tuple[bytes, int]:
        """What its agreement is found by: the incarnation that the agreement began."""
        return (self.base.terms.line_id, self.base.terms.inc)

    @property
    def their_size(self) -> int:
        """How many of their entries have joined the record."""
        return self.line.their_size

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

    def shown_before(self, n: int) -> bool:
        """Whether their message was shown before this start (spec/display.md G5)."""
        return n < self.shown_upto or n in self.shown_early

    def room(self) -> int:
        """Bytes of ROUTINE that may be handed over now."""
        if not self.paths:
            return 0
        return self.in_use()[0].room() - (BUFFER_BYTES_MAX - AHEAD_BYTES_MAX)

    def in_use(self) -> list[Path]:
        """The newest path that proved to lead to the other side, and beside it the newer ones
        until one of them has done so too: the older may be dead, and a newer may swallow everything
        (docs/decisions/0017). All are in use while nothing is heard, since the newest may swallow
        what it once carried, and until the line begins anew, because a RESUME does not show who
        brings it."""
        proved = [at for at, path in enumerate(self.paths) if path.vouched]
        if not proved or self.line.resting or self.observed == "silent":
            return list(self.paths)
        return self.paths[proved[-1] :]

    def send(self, frames: list[bytes], probes: Sequence[bytes] = ()) -> None:
        """Hand frames to the paths in use, and probes to the newest of them; without one they are
        lost, and come again. One that has proved nothing and takes no more is passed over."""
        paths = self.in_use()
        for path in paths:
            load = [*frames, *probes] if path is paths[-1] else frames
            if path is paths[0] or path.vouched or sum(map(len, load)) < path.room():
                path.send_all(load)

    def silent_after_s(self) -> float:
        """When a line that was heard counts as silent."""
        return SILENT_AFTER_HEARTBEATS * self.agreed.terms.heartbeat_s

    def check_not_halted(self, state: LineState) -> None:
        """Refuse what cannot be said, before anything is noted of it."""
        if self.stop is not None:
            raise Halted(f"{self.stop.why}.", self.stop.hint, rule="C13")
        if state.halted is not None:
            raise Halted(
                f"The line {self.agreed.name} is halted: {state.halted}.",
                "Call them by another way; a watch officer of each side begins the line anew:"
                " `parley resume`.",
                rule="L18",
            )

    def why_waiting(self, state: LineState) -> str:
        """Why a released entry has no number yet."""
        if not state.in_service:
            return "released, waiting for the line to open"
        if not state.path_up:
            return "released, waiting for a path to the other side"
        return "released, waiting behind what was released before"

    def why_no_keys(self, state: LineState) -> str:
        """Why no fresh keys can be made yet."""
        if not state.in_service:
            return "They come once the line is open."
        return "They come with the next path to the other side."

    def numbers_at_once(self, state: LineState) -> bool:
        """Whether an entry said now is sure to be numbered in this step."""
        return (
            state.in_service
            and state.path_up
            and state.halted is None
            and state.queued == 0
            and state.our_size - state.receipted < 3
            and self.room() > 0
        )

    def observe(self, state: LineState) -> str:
        """Whether the other side was heard: our newest STATUS that it has echoed says so."""
        if state.erased:
            return "over"
        if state.last_heard_s is None:
            return "not yet"
        return "heard" if state.last_heard_s <= self.silent_after_s() else "silent"

    def records_agree(self, state: LineState) -> bool | None:
        """True once they signed for all we wrote and we for all they say they wrote. A root that
        differs halts the line; what is not signed for yet is not known (spec/record.md). On a
        deniable line nobody signs, and STATUS compares whole roots (spec/deniable.md, H6)."""
        if state.halted is not None:
            return False if "differ" in state.halted else None
        if not state.our_size and not state.their_size:
            return None
        if self.agreed.terms.deniable:
            all_ours = state.receipted == state.our_size
            all_theirs = state.their_size == state.their_announced
        else:
            all_ours = state.they_cosigned == state.our_size
            all_theirs = state.we_cosigned == state.their_size == state.their_announced
        return True if all_ours and all_theirs else None

    def clock_s(self, precedence: int) -> float:
        """The time in which a message of this precedence must be acknowledged."""
        return self.agreed.clocks_s[Precedence(precedence)]


class PastLine(OpenLine):
    """An incarnation that has ended: it is read, and no more said in it."""

    def __init__(self, agreed: Agreed, ended: Line) -> None:
        self._begin(agreed)
        self.agreed, self._ended = replace(agreed, terms=ended.terms), ended

    @property
    def their_size(self) -> int:
        """As it was when it ended."""
        return self._ended.their_size

    def state(self, now: Instant) -> LineState:
        """As it was when it ended."""
        return self._ended.state(now)


class Lines:
    """All lines of a station, by number and the incarnation their agreement began.

    `NAME@1` is the first incarnation of that line; those that are over are found in no other way.
    """

    def __init__(self) -> None:
        self._lines: dict[tuple[bytes, int], OpenLine] = {}

    def __iter__(self) -> Iterator[OpenLine]:
        return iter([each for each in self._lines.values() if not (each.stop and each.stop.over)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, key: object) -> bool:
        return key in self._lines

    def add(self, open_line: OpenLine) -> None:
        """Take a line up."""
        self._lines[open_line.base_key] = open_line

    def named(self, name: str | None) -> OpenLine:
        """A line by its name or the beginning of its number; the only open one needs neither.
        Behind an @ may stand the number of an incarnation, also of one that has ended or was
        replaced."""
        lines = list(self)
        stem, at, inc = (name or "").rpartition("@")
        if at and inc.isdecimal() and len(inc) < 11 and not _called(name, lines):
            return self._incarnation(stem, int(inc))
        if not lines:
            raise Refused(
                "This station has no line yet.", "Introduce yourselves, then agree on one."
            )
        found = _called(name, lines)
        if len(found) > 1 and not name:
            found = self.open() or found
        if len(found) == 1:
            return found[0]
        raise self._not_one(name, found)

    def _incarnation(self, name: str, inc: int) -> OpenLine:
        """One incarnation of a line, by what the line is called and its number."""
        lines = _called(name, self._lines.values())
        found = [life for each in lines for life in each.lives if life.inc == inc]
        if len(found) > 1:  # another line took over the name; it is found by the name alone
            found = [each for each in found if each not in list(self)]
        if len(found) == 1:
            return found[0]
        if found or not lines:
            raise self._not_one(name, found)
        if len(lines) == 1 and (empty := lines[0].passed_over(inc)) is not None:
            return empty
        raise Refused(
            f"The line {lines[0].agreed.name} has no incarnation {inc}.",
            f"It is in incarnation {max(each.inc for each in lines)}.",
        )

    def _not_one(self, name: str | None, found: Sequence[OpenLine]) -> Refused | Misused:
        known = ", ".join(each.agreed.name for each in self)
        if not found:
            return Refused(f"There is no line {name!r:.60}.", f"There is: {known}.")
        return Misused("Say which line you mean.", f"With --line; there is: {known}.")

    def open(self) -> list[OpenLine]:
        """Lines that are not closed for good; one that is is meant only by its name."""
        return [each for each in self if not each.line.erased]

    def moving(self) -> list[OpenLine]:
        """Lines that nobody has stopped."""
        return [each for each in self._lines.values() if each.stop is None]

    def earlier(self) -> list[OpenLine]:
        """Lines that are over, oldest first."""
        return [each for each in self._lines.values() if each.stop and each.stop.over]

    def of(self, line_id: bytes, inc: int) -> OpenLine:
        """The line that a row belongs to."""
        lines = (each for each in self._lines.values() if each.id == line_id)
        found = next((life for each in lines for life in each.lives if life.inc == inc), None)
        if found is None:
            raise Refused(
                "This belongs to a line that is not open here.", "`parley status` lists the lines."
            )
        return found


def _called(name: str | None, lines: Iterable[OpenLine]) -> list[OpenLine]:
    """Those of a name, or else whose number begins so; all when there is no name."""
    lines = list(lines)
    if not name:
        return lines
    return [each for each in lines if each.agreed.name == name] or [
        each for each in lines if each.agreed.hex.startswith(name.lower())
    ]


def since_2020(wall: float) -> int:
    """A moment as entries bear it: whole seconds since the beginning of 2020."""
    return max(int(wall) - EPOCH_2020, 0)


def posix(time: int) -> float:
    """A time of an entry, as POSIX seconds."""
    return float(time + EPOCH_2020)
