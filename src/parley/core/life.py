"""A line through its incarnations: the one at work, and the way from it to the next.

`Life` is to a station what `Line` is, and holds one. When people of both sides ask for it, or
answer, each station makes one RESUME, and from then on says and accepts nothing more in the old
incarnation. Both open the next, and the old one ends when their OPEN of the next is accepted: not
before, because only it shows that they hold the same two RESUMEs. Source: spec/resume.md.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parley.core.effects import (
    Begun,
    Effect,
    Enrol,
    Keep,
    LineState,
    Noticed,
    Outcome,
    Saying,
    Transmit,
)
from parley.core.entry import Precedence, Status, Type, body_of
from parley.core.errors import Malformed, Refused
from parley.core.greeting import CARRIED
from parley.core.kept import Change, Kept
from parley.core.keys import Entropy, Prekey
from parley.core.line import Line
from parley.core.opening import Patience, document_of, names
from parley.core.resuming import INC_AHEAD_MAX, End, Resume, beginning, in_order, terms_after
from parley.core.speaking import RESEND_FIRST_S, RESEND_MAX_S, RESUME, frame
from parley.core.terms import Instant, Terms
from parley.core.wire import decode, encode

MADE, HELD, OTHER = "resume", "their resume", "other resume"
SUPPLIED, PUT_ASIDE = "supplied", "resume put aside"  # of an incarnation that was lost here (N12)
_HEADER = frame(RESUME, b"")
# What opens or seals anything of an incarnation that has ended.
_KEYS = ("prekey", "prekeys", "their prekeys", "out", "in", "past", "rekey", "open", CARRIED)


@dataclass(frozen=True, slots=True)
class Resumption:
    """What is asked for and not yet done."""

    ours: Resume | None = None  # the newest we made for an incarnation to come
    theirs: Resume | None = None  # theirs of that one, or one that is to be answered with the next


class Life:
    """One line of one station, in all its incarnations."""

    def __init__(
        self,
        terms: Terms,
        kept: Mapping[int, Kept],
        entropy: Entropy,
        past: Callable[[int, int, int], bytes] | None = None,
    ) -> None:
        """Go on from what was kept of each incarnation; `terms` are the agreement's, and
        `past(inc, dir, size)` is asked for roots of long ago."""
        self.terms = terms
        self._entropy, self._past = entropy, past
        self._made: dict[int, Resume] = {}
        self._held: dict[int, Resume] = {}
        begun = terms.inc
        self.past: list[int] = []  # incarnations that were at work and have ended
        for inc, each in sorted(kept.items()):
            for name, found, side in (
                (MADE, self._made, terms.side),
                (HELD, self._held, terms.theirs),
            ):
                if name in each.cells:
                    found[inc] = Resume.parse(decode(each.cells[name]), terms, side)
            if not each.cells.keys().isdisjoint(("heard open", SUPPLIED)) and inc != begun:
                self.past.append(begun)
                begun = inc
        self.line = self.line_of(begun, kept.get(begun, Kept(side=terms.side)))
        self.next: Line | None = None
        self._stale: Resume | None = None
        self._looked_at: deque[bytes] = deque(maxlen=INC_AHEAD_MAX)  # and people were told of them
        self._two_resumes = begun in kept and OTHER in kept[begun].cells
        self._patience = Patience()
        self._counts: Counter[str] = Counter()
        self._path_up = False
        self._resume_at = self._resume_after_s = 0.0
        self._enrolled = set(kept)
        self._new: dict[int, dict[str, bytes | None]] = {}  # cells by incarnation, of this step
        self._told: list[Effect] = []
        # Of our newest RESUME, until the incarnation that it begins is opened: nowhere else is one.
        self._seed = kept[max(self._made)].cells["prekey"] if self.resting else b""
        self._ended: Line | None = None
        self._make_ready(Instant(0.0, 0.0), kept.get(self.newest))
        self.terms = terms.without_secret()  # later incarnations have another (N3)

    def line_of(self, inc: int, kept: Kept) -> Line:
        """One incarnation as it was kept."""
        terms, past = self.terms, self._past
        if inc != terms.inc:
            terms = terms_after(terms, self._made[inc], self._held[inc])
        return Line(terms, kept, self._entropy, past and (lambda dir, size: past(inc, dir, size)))

    # --- where it stands

    @property
    def inc(self) -> int:
        """The incarnation at work."""
        return self.line.terms.inc

    @property
    def newest(self) -> int:
        """The newest incarnation that a RESUME was made or held for, or the one at work."""
        return max((self.inc, *self._made, *self._held))

    @property
    def pending(self) -> list[int]:
        """Incarnations that a RESUME was made or held for, and that have not begun."""
        return sorted(inc for inc in {*self._made, *self._held} if inc > self.inc)

    @property
    def resting(self) -> bool:
        """Whether we have stated what we hold: nothing more is said or accepted in this one."""
        return max(self._made, default=0) > self.inc

    @property
    def erased(self) -> bool:
        """Whether both have closed the line and its keys are gone."""
        return bool(self.line._closing.erased)

    @property
    def _is_ready(self) -> bool:
        newest = self.newest
        return newest > self.inc and newest in self._made and newest in self._held

    @property
    def resumption(self) -> Resumption:
        """What a person may know of the way to the next incarnation."""
        newest = self.newest
        if newest == self.inc:
            return Resumption(theirs=self._stale)
        return Resumption(self._made.get(newest), self._held.get(newest))

    def is_whole(self, whole: bool) -> None:
        """Whether nothing is missing here of what ended: until then nothing is cosigned (N9)."""
        self.line._heads.cosigns = whole

    def resumes(self, inc: int) -> tuple[Resume, ...]:
        """The RESUMEs of A and B that began an incarnation; none for the agreement's own, and where
        one of them was never here."""
        if inc not in self._made or inc not in self._held:
            return ()
        return in_order(self.terms, self._made[inc], self._held[inc])

    def take_in(self, ours: Resume, theirs: Resume) -> dict[str, bytes | None]:
        """The two RESUMEs that began an incarnation which was lost here: it is one of the past, and
        what the station must keep of it comes back. One that we made for it since, knowing nothing
        of that, is put aside (N12)."""
        inc, since = ours.inc, self._made.get(ours.inc)
        cells: dict[str, bytes | None] = {
            MADE: encode(ours.to_bytes()), HELD: encode(theirs.to_bytes()), SUPPLIED: encode(1)
        }  # fmt: skip
        if since is not None and since.document != ours.document:
            cells[PUT_ASIDE] = encode(since.to_bytes())
        self._made[inc], self._held[inc] = ours, theirs
        self._enrolled.add(inc)
        self.past = sorted({*self.past, inc})
        return cells

    # --- what the station tells us

    def path_up(self, now: Instant) -> None:
        """A bearer can carry frames."""
        self._path_up = True
        self._soon(now)
        for line in self._speaking():
            line.path_up(now)

    def probe(self) -> None:
        """A bearer has come up beside others."""
        for line in self._speaking():
            line.probe()

    def path_down(self, now: Instant) -> None:
        """No bearer is left."""
        self._path_up = False
        for line in (self.line, self.next):
            if line is not None:
                line.path_down(now)

    def _speaking(self) -> list[Line]:
        """Who is on the wire: the old incarnation no more once it rests."""
        if self.resting:
            return [] if self.next is None else [self.next]
        return [self.line]

    def say(self, saying: Saying, now: Instant) -> int:
        """Queue a released entry in the incarnation at work."""
        return self.line.say(saying, now)

    def resume(self, reason: str, now: Instant) -> Resume:
        """People ask for the next incarnation, or agree to the one that is asked for (N2)."""
        newest = self.newest
        if newest in self._made and newest > self.inc:
            return self._made[newest]
        return self._make(newest if newest > self.inc else newest + 1, reason, now)

    def _make(self, inc: int, reason: str, now: Instant) -> Resume:
        """State what we hold, durably before it is sent; one for each incarnation."""
        prekey = Prekey(self._entropy(32), self.terms.suite.kem)
        made = Resume.make(self.terms, inc, self.inc, ends_of(self.line), prekey, reason)
        self.line.path_down(now)  # from now on it only keeps what is released
        for given_up in (each for each in self._made if each > self.inc):
            self._new.setdefault(given_up, {}).update(dict.fromkeys(_KEYS))
        self._made[inc], self._stale, self.next = made, None, None
        self._seed = encode(prekey.seed)
        cells = {MADE: encode(made.to_bytes()), "prekey": self._seed}
        self._new.setdefault(inc, {}).update(cells)
        self._soon(now)
        self._make_ready(now)
        return made

    def _soon(self, now: Instant) -> None:
        self._resume_at, self._resume_after_s = now.mono, RESEND_FIRST_S

    def _make_ready(self, now: Instant, kept: Kept | None = None) -> None:
        """Both are there: open the next incarnation."""
        if not self._is_ready or self.next is not None:
            return
        inc = self.newest
        kept = kept or Kept(side=self.terms.side, cells={"prekey": self._seed})
        self.next, self._seed = self.line_of(inc, kept), b""
        if self.next.is_new:  # as FLASH it gets its number before anything else that is released
            body = self._beginning(inc)
            self.next.say(Saying(Type.SERVICE, Precedence.FLASH, Status.SERVICE, body), now)
        if self._path_up:
            self.next.path_up(now)

    def _beginning(self, inc: int) -> bytes:
        """Entry 0 of either side (N6)."""
        return body_of(Type.SERVICE, {}, beginning(*self.resumes(inc)))

    # --- hearing

    def hear(self, data: bytes, now: Instant, source: str = "") -> Outcome:
        """Take in one frame, whatever it is; a peer's bytes never raise."""
        if data[:1] == _HEADER:
            try:
                outcome = self._hear_resume(data[1:], now, source)
            except (Refused, Malformed):
                outcome = Outcome.REFUSED
            self._counts[outcome.value] += 1
            return outcome
        if not self.resting:
            return self.line.hear(data, now, source)
        if self.next is None:
            self._counts[Outcome.STALE.value] += 1
            return Outcome.STALE
        outcome = self.next.hear(data, now, source)
        if self.next._ears.open_hash is not None:
            self._begin(self.next)
        return outcome

    def sift(self, frames: list[bytes]) -> list[bytes]:
        """The frames to be heard; while a RESUME is under way, all."""
        return frames if self.resting else self.line.sift(frames)

    def _hear_resume(self, data: bytes, now: Instant, source: str) -> Outcome:
        terms = self.terms
        if terms.deniable:
            raise Refused("a deniable line does not begin anew: a RESUME is signed", rule="N11")
        if self.erased:
            raise Refused("a line that is over does not begin anew", rule="N11")
        if not names(terms.line_id, data):
            return Outcome.REFUSED
        document = document_of(data)
        for inc, held in self._held.items():
            if held.document == document:
                return self._heard_again(inc, now)
        if document in self._looked_at:
            return Outcome.ASKED
        if not self._patience.with_one_more(source, now.mono):
            return Outcome.REFUSED
        theirs = Resume.parse(data, terms, terms.theirs)
        theirs.check(terms.their_keys.station, terms.suite)
        known = self._held.get(theirs.inc)
        if theirs.inc > self.inc + INC_AHEAD_MAX:
            raise Refused("a RESUME names an incarnation far ahead", rule="N2")
        if known is not None or theirs.inc <= self.inc:
            return self._contradicted(theirs, known, now)
        self._held[theirs.inc] = theirs
        self._new.setdefault(theirs.inc, {})[HELD] = encode(theirs.to_bytes())
        if self.resting:
            self._answer(now)
        else:
            self._notice("resume asked", f"They ask to begin the line anew: {theirs.reason}")
        return Outcome.ASKED

    def _heard_again(self, inc: int, now: Instant) -> Outcome:
        """They may not have ours, restored meanwhile; or it is a recording, which costs nothing."""
        if inc == self.inc and now.mono >= self._resume_at:
            self._told.append(self._transmit(self._made[inc]))
            self._resume_at = now.mono + RESEND_MAX_S
        # Who was put back so far that this is its newest knows no other way to reach us.
        return Outcome.ASKED if inc >= self.inc or self.resting else Outcome.DUPLICATE

    def _answer(self, now: Instant) -> None:
        """People here asked already: answer with the newest incarnation that they name."""
        if self.newest in self._made:
            self._make_ready(now)
        else:
            self._make(self.newest, self._made[max(self._made)].reason, now)

    def _contradicted(self, theirs: Resume, known: Resume | None, now: Instant) -> Outcome:
        """It shows a station that lost its past, and is answered with the next incarnation (N5)."""
        self._looked_at.append(theirs.document)
        if known is not None:
            self.line._change.cells[OTHER] = encode(theirs.to_bytes())
            self._two_resumes = True
            self._notice(
                "resume contradicted",
                "The other station signed two different RESUMEs for one incarnation; both are"
                " kept. It may have been restored again meanwhile.",
            )
        if not self.resting:
            self._stale = theirs
            self._notice("resume asked", f"They ask to begin the line anew: {theirs.reason}")
        elif self.newest <= theirs.inc < self.inc + INC_AHEAD_MAX:
            self._make(self.newest + 1, self._made[max(self._made)].reason, now)
        return Outcome.EQUIVOCATION if known is not None else Outcome.ASKED

    def _begin(self, begun: Line) -> None:
        """They hold the same two RESUMEs: the old incarnation has ended (N6)."""
        self.line._change.cells |= dict.fromkeys(_KEYS)
        self.past.append(self.inc)
        self._ended, self.line, self.next = self.line, begun, None
        self._two_resumes = False
        self._resume_at = 0.0  # should they lack ours, they are answered at once

    def _notice(self, kind: str, sentence: str) -> None:
        self._told.append(Noticed(kind, sentence))

    # --- what is to be done

    def settle(self, now: Instant, room: int) -> list[Effect]:
        """All that follows, in order, as `Line.settle` says; where the incarnation changes there
        are several `Keep`, all first and all of one transaction (N7)."""
        self._check_beginning(now)
        if not (self.resting or self._told or self._new or self._ended):
            return self.line.settle(now, room)
        kept: list[Effect] = []
        for inc, cells in self._new.items():
            if inc not in self._enrolled:
                self._enrolled.add(inc)
                kept.append(Enrol(self.terms.line_id, inc, self.terms.side))
            kept.append(Keep(Change(self.terms.line_id, inc, (0, 0), cells=cells)))
        rest: list[Effect] = []
        if self._ended is not None:
            terms = self.line.terms
            rest.append(Begun(terms, self._made[terms.inc], self._held[terms.inc]))
        rest += self._told
        if self._path_up and self.resting and now.mono >= self._resume_at:
            rest.append(self._transmit(self._made[max(self._made)]))
            self._resume_at = now.mono + self._resume_after_s
            self._resume_after_s = min(2 * self._resume_after_s, RESEND_MAX_S)
        for line in (self._ended, self.line, self.next):
            for effect in line.settle(now, room) if line is not None else ():
                (kept if isinstance(effect, Keep) else rest).append(effect)
        self._new, self._told, self._ended = {}, [], None
        return kept + rest

    def _transmit(self, resume: Resume) -> Transmit:
        return Transmit(frame(RESUME, resume.to_bytes()), Precedence.PRIORITY)

    def _check_beginning(self, now: Instant) -> None:
        """Their entry 0 says of the past what both RESUMEs say (N6); a halt is kept with it."""
        first = [row.body for row in self.line.joined if row.n == 0]
        if first and self.inc != self.terms.inc and first != [self._beginning(self.inc)]:
            self.line._halt("they say that the line ended elsewhere before", now)

    def scrub_failed(self, now: Instant) -> None:
        """Retired keys are still in a file."""
        for line in self._speaking():
            line.scrub_failed(now)

    def renew(self) -> None:
        """A person fears that our keys were copied."""
        self.line.renew()

    # --- what may be known

    def wake_at(self, now: Instant) -> float:
        """The monotonic second at which `settle` has something to do again."""
        times = [line.wake_at(now) for line in self._speaking()]
        if self.resting and self._path_up:
            times.append(self._resume_at)
        return min(times, default=now.mono + self.terms.heartbeat_s)

    @property
    def their_size(self) -> int:
        """How many of their entries have joined the record of the incarnation at work."""
        return self.line.their_size

    def state(self, now: Instant) -> LineState:
        """What a person may know of the incarnation at work."""
        state = self.line.state(now)
        ours = {name: state.counts.get(name, 0) + n for name, n in self._counts.items()}
        two = (*state.signed_two, *("RESUME",) * self._two_resumes)
        return state._replace(path_up=self._path_up, counts=state.counts | ours, signed_two=two)


def ends_of(line: Line) -> tuple[End, End]:
    """How far our log was receipted, and theirs as we hold it (N2)."""
    size = max(line._voice.receipted, line._heads.ours.cosigned)
    theirs = line._ears.log
    return End(size, line._voice.log.root_at(size)), End(theirs.size, theirs.root)
