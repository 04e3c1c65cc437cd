"""A station of a simulated world: the true line, the true order of keeping and sending, a SimDisk.

What `station.Station` does with people, pages and SQL is left out; what it does with frames is
taken from it: `Carrying` finds the line a frame is for, `Departures` holds back what may not leave
yet, `OpenLine` knows the room on a path and whether the line is silent. A step is one transaction,
as there. The power may fail at every boundary; then only the disk is left.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from parley.core.effects import (
    Begun,
    Early,
    Effect,
    Enrol,
    GivenBack,
    Heard,
    Keep,
    LineState,
    Noticed,
    Numbered,
    Receipted,
    Saying,
)
from parley.core.entry import Precedence, Status, Type, body_of
from parley.core.errors import Halted, Unavailable
from parley.core.kept import Change, EntryRow, HeadRow, Kept
from parley.core.keys import Prekey, SigningKey, sha256
from parley.core.life import Life
from parley.core.line import Line
from parley.core.packets import Kind
from parley.core.record import key_name
from parley.core.seal import packet_locator
from parley.core.suites import SUITE_1, Suite
from parley.core.terms import Instant, OurKeys, Terms, TheirKeys
from parley.core.wire import decode, encode
from parley.exercise.disk import Power, PowerCut, SimDisk
from parley.exercise.simclock import SimClock
from parley.station.line.carrying import Carrying, Departures
from parley.station.line.declared import Declared, hold_to
from parley.station.line.distrust import doubt_of
from parley.station.line.lines import Agreed, Lines, OpenLine
from parley.station.station import NUMBERED_BYTES_A_STEP, ROOM_S, TICK_S_MIN, TROUBLE_PAUSE_S

if TYPE_CHECKING:
    from parley.exercise.links import End
    from parley.exercise.world import World

LINE_ID = bytes(range(16))
STEP_S = 0.002  # what a step takes at least; what comes meanwhile waits for the next
Words = tuple[Precedence, str]


def seed_of(*names: str) -> bytes:
    """64 bytes that are the same in every run."""
    first = sha256("/".join(names).encode())
    return first + sha256(first)


@cache
def keys_of(side: int, suite: Suite) -> OurKeys:
    """The signing keys of a station of every world."""
    names = [key_name(LINE_ID, side, use) for use in ("station", "log", "cosigner")]
    return OurKeys(*(SigningKey(name, seed_of(name), suite.mldsa) for name in names))


@cache
def prekey_of(side: int, suite: Suite) -> Prekey:
    """The prekey that its agreement names."""
    return Prekey(seed_of("prekey", str(side))[:32], suite.kem)


def terms_of(side: int, suite: Suite = SUITE_1, **given: Any) -> Terms:
    """What both parties agreed on, as `side` reads it."""
    theirs = keys_of(1 - side, suite)
    known = {each.name for each in fields(Terms)}
    return Terms(
        line_id=LINE_ID,
        inc=1,
        side=side,
        h_agr=seed_of("agreement")[:32],
        our_prekey=prekey_of(side, suite).public,
        their_prekey=prekey_of(1 - side, suite).public,
        our_keys=keys_of(side, suite),
        suite=suite,
        their_keys=TheirKeys(theirs.station.public, theirs.log.public, theirs.cosigner.public),
        **{name: value for name, value in given.items() if name in known},
    )


@dataclass(slots=True)
class Spoken:
    """What the people of a station know of what they released."""

    sure: list[Words] = field(default_factory=list)  # the station answered
    doubtful: list[Words] = field(default_factory=list)  # it went down before it could


class Resident:
    """One station."""

    # What people release comes before what is heard, as in a station; older worlds have it after,
    # and their numbers keep them.
    SAYS_FIRST = False

    def __init__(self, world: World, terms: Terms, name: str) -> None:
        self.world, self.name = world, name
        self.base = self.terms = terms  # as agreed, and of the incarnation at work
        self.chance = random.Random(f"{world.seed} {name}")
        self.power = Power()
        self.disk = SimDisk(self.power, self.chance)
        self.clock = SimClock(world, self.chance.uniform(0.0, 1e6))
        self.started = self.clock.now
        self.drawn: list[bytes] = []  # every secret it ever drew
        self.ends: list[End] = []
        self.spoken = Spoken()
        # What may have been said under each number of the queue, by incarnation.
        self.queued: dict[tuple[int, int], set[bytes]] = {}
        self.notices: list[str] = []
        # Every frame that was ever kept, by incarnation and number.
        self.sealed: dict[tuple[int, int], bytes] = {}
        self.kept_frames: set[bytes] = set()
        self.restored = 0  # up to this incarnation an older disk may know less than was sent
        self.back: list[int] = []  # what this step gave back to its drafters
        self.on = False
        self.crashes = self.steps = self.troubles = 0
        self.restarts_cut = 0
        self.slow_s = self._busy_until = 0.0
        self.left_at = (0, 0)  # both sizes when its last receipt left, and in which incarnation
        self.left_in = terms.inc
        self.heard_at = 0.0  # when it last took frames, whatever they were
        self._inbox: list[tuple[End, list[bytes]]] = []
        self._to_say: list[Words] = []
        self._calls: list[Callable[[], object]] = []
        self._step_at = float("inf")
        self._kept: list[Change] = []  # in the step under way
        self._ghost: list[Any] = []  # what a failed sync may yet turn out to have written
        self._armed: list[Any] = []  # what the disk may hold after the power cut that is coming
        self._locators: tuple[bytes, tuple[bytes, ...]] = (b"", ())
        self._begins_with()

    def _begins_with(self) -> None:
        """The disk as the agreement leaves it."""
        terms = self.terms
        key = (terms.line_id, terms.inc)
        with self.disk.transaction():
            self.disk.enrol(*key, terms.side)
            cells: dict[str, bytes | None] = {
                "prekey": encode(prekey_of(terms.side, terms.suite).seed)
            }
            self.disk.keep(Change(*key, (0, 0), cells=cells))
        self.disk.scrub()

    # --- on and off

    def starts(self) -> None:
        """Begin, or begin again with what is on the disk."""
        while True:
            try:
                self._starts()
                return
            except PowerCut:
                self._recovers()
                if self.restarts_cut:
                    self.restarts_cut -= 1
                    self.power.fails_in = self.chance.randrange(4)

    def _starts(self) -> None:
        self.power.point("before the start")
        self.disk.scrub()
        self.started = self.clock.now
        self._line_again()
        self.on = True
        self.soon()

    def _line_again(self) -> None:
        self.lines = Lines()
        self.open_line = OpenLine(_agreed(self.base), self._load())
        self._read_declared()
        self.lines.add(self.open_line)
        self.carrying = Carrying(self.lines)
        self.departures = Departures(self.disk)
        self._inbox.clear()
        self._calls.clear()

    def _load(self) -> Life:
        base = self.base
        kept = {inc: self.disk.load(base.line_id, inc, base.side) for inc in self.incs}
        for inc, each in kept.items():
            self._sealed_are(inc, each.outbox)
        life = Life(base, kept, self._entropy, partial(self.disk.root_at, base.line_id))
        self.terms = life.line.terms
        return life

    def _read_declared(self) -> None:
        open_line, rows = self.open_line, [*self.ours, *self.theirs]
        queue, wall = open_line.line.line.queue, self.clock.now.wall
        open_line.declared = Declared.of(open_line.ours, (False, 0), rows, queue, wall)

    def _entropy(self, count: int) -> bytes:
        self.drawn.append(self.chance.randbytes(count))
        return self.drawn[-1]

    def goes_down(self) -> None:
        """The power has failed: what was not on the disk is gone."""
        self.spoken.doubtful += self._to_say
        self._to_say.clear()
        self.on = False
        self._recovers()
        for end in self.ends:
            end.is_cut_off()
        self.world.checks_all()
        self.in_s(self.chance.choice((0.0, 0.5, 20.0)) * self.chance.random(), self.comes_back)

    def _recovers(self) -> None:
        armed, self._armed = self._armed, []
        ghost, self._ghost = self._ghost, []
        while True:
            self.crashes += 1
            try:
                self.disk.recovers()
                break
            except PowerCut:
                continue  # it failed again before it was ready
        if armed:
            self.world.checks.recovered(self, armed + ghost)

    def comes_back(self) -> None:
        """The power is back."""
        if not self.on:
            self.clock.restarts(self.chance.uniform(0.0, 1e6))
            self.starts()

    # --- what happens to it

    def in_s(self, after_s: float, what: Callable[[], object]) -> None:
        """Let something happen later."""
        self.world.later(after_s, what)

    def arrives(self, end: End, frames: list[bytes]) -> None:
        """Frames have come in."""
        if self.on:
            self._inbox.append((end, frames))
            self.soon()

    def told(self, what: Callable[[], object]) -> None:
        """Do something within the next step."""
        if self.on:
            self._calls.append(what)
            self.soon()

    def releases(self, words: list[Words]) -> None:
        """People release texts; without power they cannot."""
        if self.on:
            self._to_say += words
            self.soon()

    def parted(self, seconds: float) -> None:
        """No frame passes for a while."""
        self.world.parted_until = max(self.world.parted_until, self.world.now + seconds)

    def soon(self) -> None:
        """Step as soon as the last step is over."""
        self.at(self.world.now)

    def at(self, when: float) -> None:
        """Step then, if none comes before."""
        when = max(when, self._busy_until)
        if when < self._step_at:
            self._step_at = when
            self.world.at(when, partial(self._wakes, when))

    def _wakes(self, when: float) -> None:
        if when != self._step_at:
            return
        self._step_at = float("inf")
        if not self.on:
            return
        self.world.strikes(self)
        try:
            self.step()
        except PowerCut:
            self.goes_down()

    # --- the step

    def step(self) -> None:
        """Take what has come, keep what follows, let go what may leave."""
        now = self.clock.now
        self.steps += 1
        if self._inbox:
            self.heard_at = self.world.now
        armed = self.power.fails_in is not None
        self._armed = [self.state_on_disk()] if armed else []
        self._kept.clear()
        self.back.clear()
        self.departures.scrub_and_leave(now)
        saying, self._to_say = self._to_say, []
        calls, self._calls = self._calls, []
        inbox, self._inbox = self._inbox, []
        words: list[Words] = []
        after: list[Any] = []
        line = self.open_line.line
        try:
            with self.disk.transaction():
                for call in calls:
                    call()
                if not self.SAYS_FIRST:
                    self._hear(inbox, now)
                words += [each for each in saying if self._says(line.line, each, now)]
                if self.SAYS_FIRST:
                    self._hear(inbox, now)
                line.line.doubt_clock(self.doubts_clock, now)
                numbered = self._settle(now)
                if armed or self.disk.bad:
                    after.append(self.state_on_disk())
                if armed:
                    self._armed += after
        except PowerCut:
            self.spoken.doubtful += words
            raise
        except Unavailable:
            self._ghost = after
            self._undo(words, calls, now)
            return
        self._ghost = []
        self.spoken.sure += words
        for change in self._kept:
            self._sealed_are(change.inc, change.outbox_put)
            self.world.checks.kept(self, change)
        if self.departures.leave():
            if self.chance.random() < 0.7:
                self.departures.scrub_and_leave(now)
            else:  # the station lets a few turns of its loop pass; another step may come first
                numbered = True
        self._busy_until = self.world.now + STEP_S + self.slow_s
        self.slow_s = 0.0
        self._arm(now, numbered)

    def _hear(self, inbox: list[tuple[End, list[bytes]]], now: Instant) -> None:
        for end, frames in inbox:
            self.carrying.hear(end, frames, now)

    def _says(self, line: Line, words: Words, now: Instant) -> bool:
        precedence, text = words
        body = body_of(Type.TEXT, {}, text)
        try:
            queue_id = line.say(Saying(Type.TEXT, precedence, Status.EXERCISE, body), now)
        except Halted:
            return False
        self.queued.setdefault((self.terms.inc, queue_id), set()).add(body)
        return True

    def _settle(self, now: Instant) -> bool:
        line = self.open_line.line
        hold_to(self.open_line.declared, line.line, Status.EXERCISE, now)
        kinds = self._note_all(min(self.open_line.room(), NUMBERED_BYTES_A_STEP), now)
        if Begun in kinds:  # what is said again is kept in the transaction of the new beginning
            kinds |= self._note_all(0, now)
        return Numbered in kinds and bool(line.line._voice.queued)

    def _note_all(self, room: int, now: Instant) -> set[type]:
        kinds: set[type] = set()
        effects = self.open_line.line.settle(now, room)
        for effect in self.departures.lay_out(self.open_line, effects):
            kinds.add(type(effect))
            self._note(effect, now)
        return kinds

    def _note(self, effect: Effect, now: Instant) -> None:
        match effect:
            case Enrol(line_id, inc, side):
                self.disk.enrol(line_id, inc, side)
            case Begun():
                self.begins_anew(effect, now)
            case Keep(change):
                self.disk.keep(change)
                self._kept.append(change)
            case Numbered(queue_id, entry):
                self.open_line.declared.add(entry)
                self.disk.note(self.table("numbered"), (queue_id, entry.n))
            case Heard(entry):
                self.disk.note(self.table("inbox"), entry.n)
            case Early(row):
                self.disk.note(self.table("early"), row.n)
            case Receipted(upto):
                self.disk.note(self.table("receipts"), upto)
            case GivenBack(queue_id):
                self.back.append(queue_id)
            case Noticed(kind):
                self.notices.append(kind)

    def begins_anew(self, begun: Begun, now: Instant) -> None:
        """The next incarnation is at work; who lives through several says what follows."""
        raise AssertionError(begun)

    def _undo(self, words: list[Words], calls: list[Callable[[], object]], now: Instant) -> None:
        """Nothing of the step has happened; what was released may yet be on a bad disk."""
        self.troubles += 1
        self.spoken.doubtful += words
        self.departures.undo()
        self._mend(now)
        for call in calls:  # a path has come or gone, whatever became of the rest
            call()
        self._busy_until = self.world.now + TROUBLE_PAUSE_S
        self.soon()

    def _mend(self, now: Instant) -> None:
        self.open_line.take_up(self.open_line.base, self._load(), [])
        self._read_declared()
        if self.open_line.paths:
            self.open_line.line.path_up(now)

    def _arm(self, now: Instant, again: bool) -> None:
        at = self.open_line.line.wake_at(now)
        if self.open_line.paths and self.open_line.room() <= 0:
            at = min(at, now.mono + ROOM_S)
        self.at(self.world.now + (0.0 if again else max(at - now.mono, TICK_S_MIN)))

    def _sealed_are(self, inc: int, outbox: list[tuple[int, bytes]]) -> None:
        for n, frame in outbox:
            known = self.sealed.setdefault((inc, n), frame)
            if known != frame:
                self.world.checks.sealed_twice(self, inc, n)
                self.sealed[inc, n] = frame
            self.kept_frames.add(frame)

    def receipt_locators(self) -> tuple[bytes, ...]:
        """How STATUS and COSIGN of its present epoch begin."""
        epoch = self.open_line.line.line._voice.epoch
        if epoch is None:
            return ()
        if self._locators[0] != epoch.et:
            self._locators = (
                epoch.et,
                tuple(packet_locator(epoch.kl, kind) for kind in (Kind.STATUS, Kind.COSIGN)),
            )
        return self._locators[1]

    # --- what it knows

    @property
    def doubts_clock(self) -> bool:
        """Whether it has found its own wall clock to have jumped."""
        return doubt_of(self.clock.now, self.started) is not None

    @property
    def state(self) -> LineState:
        """What may be known of its line."""
        return self.open_line.line.state(self.clock.now)

    @property
    def observed(self) -> str:
        """What its screens say of the other side."""
        return self.open_line.observe(self.state)

    @property
    def incs(self) -> list[int]:
        """All incarnations of which something is kept."""
        return [each.inc for each in self.disk.enrolled()]

    def table(self, name: str) -> str:
        """Where the station notes what happened in the incarnation at work."""
        return f"{name} {self.terms.inc}"

    def noted(self, name: str) -> list[Any]:
        """What it has noted there."""
        return self.disk.notes.get(self.table(name), [])

    def state_on_disk(self) -> Any:
        """All that a start would find."""
        return [self.disk.state(self.terms.line_id, inc, self.terms.side) for inc in self.incs]

    def kept(self) -> Kept:
        """What its line would load."""
        return self.disk.load(self.terms.line_id, self.terms.inc, self.terms.side)

    @property
    def cells(self) -> dict[str, bytes]:
        """The cells of its line, as they are on the disk."""
        return self.disk.cells_of(self.terms.line_id, self.terms.inc)

    def kept_receipts(self) -> int:
        """How many entries of ours they hold, as kept."""
        return int(decode(self.cells["receipts"])[0]) if "receipts" in self.cells else 0

    def log(self, dir: int) -> list[EntryRow]:
        """One log as it stands in the record."""
        return self.disk.log(self.terms.line_id, self.terms.inc, dir)

    @property
    def ours(self) -> list[EntryRow]:
        """Our log."""
        return self.log(self.terms.side)

    @property
    def theirs(self) -> list[EntryRow]:
        """Our copy of theirs."""
        return self.log(self.terms.theirs)

    @property
    def heads(self) -> list[HeadRow]:
        """The signed heads that are kept."""
        return self.disk.heads(self.terms.line_id, self.terms.inc)

    def root_at(self, dir: int, size: int) -> bytes:
        """The root of a log at an earlier size."""
        return self.disk.root_at(self.terms.line_id, self.terms.inc, dir, size)


@cache
def _agreed_words(side: int) -> dict[str, Any]:
    return {
        "name": "World",
        "counterpart": "AB"[1 - side],
        "level": "exercise",
        "mark": Status.EXERCISE,
        "verified": True,
        "our_language": "en",
        "their_language": "en",
        "clocks_s": (1.0, 1.0, 1.0, 1.0),
    }


def _agreed(terms: Terms) -> Agreed:
    return Agreed(terms=terms, **_agreed_words(terms.side))
