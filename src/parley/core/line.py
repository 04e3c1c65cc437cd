"""The line: what we may say, what we make of what we hear, and when we stop.

`Line` does no input or output and reads no clock. The station tells it what happened (`hear`,
`say`, `path_up`), then asks once what is to be done about all of it (`settle`), and does that in
order: keep, tell, scrub, send. Everything a later start needs stands in the one `Keep`; what was
not kept was never sent, so a crash between any two lines below loses nothing.

The halves are `speaking` (our direction) and `hearing` (theirs), `heads` is what both sign,
`rekeying` how both get fresh keys, `pulse` when packets leave; rules are in spec/line.md.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from parley.core.closing import Closing
from parley.core.effects import (
    Early,
    Effect,
    GivenBack,
    Healed,
    Heard,
    Keep,
    LineState,
    Noticed,
    Outcome,
    Receipted,
    Saying,
    Scrub,
    Transmit,
)
from parley.core.entry import Precedence, Type, body_of
from parley.core.entry import Status as Meaning
from parley.core.errors import Halted, Malformed, Misused, Newer, Refused
from parley.core.greeting import Greeting
from parley.core.heads import Heads
from parley.core.hearing import SEALED_AT, Ears, Stop
from parley.core.kept import Change, EntryRow, Kept, QueueRow
from parley.core.keys import Entropy, sha256
from parley.core.packets import COUNTER_LAST, Flag, Kind, Prekeys, Rekey, Status
from parley.core.pulse import STATUS_GAP_S, Counters, Pulse
from parley.core.record import Log
from parley.core.rekeying import Rekeying
from parley.core.seal import Epoch
from parley.core.speaking import ENVELOPE, FRAME_VERSION, OPEN, PACKET, Voice, frame, frame_kind
from parley.core.terms import Instant, Terms
from parley.core.vouching import RecordKey
from parley.core.wire import decode, encode

SEEN_GAP_MAX = 1 << 15
STOPPERS_MAX = 64  # frames that have stopped us, remembered so that a recording is known as one
# What a CLOSE leaves in the queue: itself, and what stands before all else in a new beginning (N6).
CLOSING = frozenset((Type.CLOSE, Type.SERVICE))
_HALTED, _IN_DOUBT = int(Flag.HALTED), int(Flag.CLOCK_IN_DOUBT)
_LOCATED = {frame(ENVELOPE, b""), frame(PACKET, b"")}  # headers of frames with a locator


class Line:
    """One line of one station, in one incarnation."""

    def __init__(
        self,
        terms: Terms,
        kept: Kept,
        entropy: Entropy,
        past: Callable[[int, int], bytes] | None = None,
    ) -> None:
        """Go on from what was kept; `past(dir, size)` is asked for roots of long ago."""
        # What opens the line holds psk0 until it is mixed in (I18); nothing else is given it.
        opening, terms = terms, terms.without_secret()
        self.terms = terms
        self._entropy = entropy
        cells = {name: decode(value) for name, value in kept.cells.items()}
        ours, theirs = terms.side, terms.theirs
        trees = cells.get("trees", [[], []])
        our_log = Log(kept.sizes[0], trees[0], (lambda size: past(ours, size)) if past else None)
        their_log = Log(
            kept.sizes[1], trees[1], (lambda size: past(theirs, size)) if past else None
        )
        self._halted: str | None = cells.get("halted")
        # Hashes of frames that stopped the line; of an earlier start, of the first.
        self._stoppers = deque([cells.get("halted by", b"")], maxlen=STOPPERS_MAX)
        self._ears = Ears(opening, their_log, cells, kept.held)
        receipts = cells.get("receipts", [0, False])
        self._voice = Voice(terms, our_log, cells, kept, receipts[0])
        self._in_service: bool = receipts[1]
        self.record_key = RecordKey(terms, cells)  # on an attributable line without a key
        self._heads = Heads(terms, our_log, their_log, cells, self.record_key)
        self._rekeying = Rekeying(terms, cells, entropy, self.record_key)
        self._greeting = Greeting(opening, cells, self._ears, self._rekeying, self.record_key)
        self._counters = Counters(cells)
        self._closing = Closing(cells, self._voice, self._ears, self._heads, self._rekeying)
        self._counts: Counter[str] = Counter()

        # What follows is of this start only.
        self._path_up = self._clock_doubted = self._probing = False
        self._pulse = Pulse(terms.heartbeat_s)
        self._to_scrub = True  # a crash may have come between a commit and its scrub
        self._begin()
        self._voice.epoch = self._greeting.mix_anew(self._change) or self._voice.epoch

    def _begin(self) -> None:
        """Start collecting what the next `settle` must do."""
        self._change = Change(
            self.terms.line_id, self.terms.inc, (self._voice.log.size, self._ears.log.size)
        )
        self._told: list[Effect] = []
        self._voice.begin()
        self._voice.log.forget()
        self._ears.log.forget()
        self._trees_moved = self._receipts_moved = False

    # --- what the station tells us

    @property
    def is_new(self) -> bool:
        """Whether no OPEN of ours exists yet."""
        return not self._greeting.made

    def path_up(self, now: Instant) -> None:
        """A bearer can carry frames: begin with what the other side may lack."""
        self._path_up = True
        self._voice.path_up(now)
        self._greeting.path_up(now)
        self._pulse.path_up(now)

    def probe(self) -> None:
        """A bearer has come up beside others: our OPEN, or once the line is in service a STATUS
        that no other brings, shows the other side where it leads (L20)."""
        self._probing = True

    def doubt_clock(self, doubt: bool, now: Instant) -> None:
        """Whether our wall clock may be wrong: our STATUS says so (spec/display.md G6)."""
        if doubt != self._clock_doubted:
            self._clock_doubted = doubt
            self._pulse.soon(now)

    def path_down(self, now: Instant) -> None:
        """No bearer is left; entries wait."""
        del now
        self._path_up = False

    def say(self, saying: Saying, now: Instant) -> int:
        """Queue a released entry; its id comes back in `Numbered` (L3)."""
        del now
        if self._halted:
            raise Halted(
                f"the line is halted: {self._halted}",
                "nothing is sent until both stations have agreed how to go on; call the engineer",
                rule="L18",
            )
        self._closing.check(saying)
        queue_id = self.say_again(saying)
        if saying.type == Type.CLOSE:
            self.give_back(lambda row: row.type not in CLOSING)
        return queue_id

    def say_again(self, saying: Saying) -> int:
        """Queue what was released in an incarnation before, however this one stands (N10)."""
        return self._voice.say(saying, self._change)

    @property
    def joined(self) -> list[EntryRow]:
        """Their entries that joined the record since the last `settle`."""
        return self._change.entries

    @property
    def queue(self) -> list[QueueRow]:
        """What is released and has no number yet."""
        return self._voice.queue

    def give_back(self, which: Callable[[QueueRow], bool]) -> None:
        """Take these out of the queue before anything is numbered: they are not said (D6)."""
        self._told += [GivenBack(back) for back in self._voice.give_back(which, self._change)]

    def hear(self, data: bytes, now: Instant, source: str = "") -> Outcome:
        """Take in one frame, whatever it is; a peer's bytes never raise (L1).

        `source` names where it came from, so that strangers share their limits with nobody else.
        """
        try:
            outcome = self._hear(data, now, source)
        except Stop as stop:
            outcome = self._stopped(data, str(stop), now)
        except Newer:
            outcome = Outcome.NEWER
        except (Refused, Malformed):
            outcome = Outcome.REFUSED
        self._counts[outcome.value] += 1
        return outcome

    def sift(self, frames: list[bytes]) -> list[bytes]:
        """The frames to be heard: what no locator matches is counted here, for one look each (L7).

        Before their OPEN every frame is to be heard: what it brings may be for those behind it.
        """
        expected = self._ears.expected
        if not expected:
            return frames
        left = [data for data in frames if data[:SEALED_AT] in expected or data[:1] not in _LOCATED]
        if len(left) < len(frames):
            self._counts[Outcome.UNKNOWN.value] += len(frames) - len(left)
        return left

    def _hear(self, data: bytes, now: Instant, source: str) -> Outcome:
        if len(data) < 2 or data[0] >> 5 == 0 or data[0] & 3:
            return Outcome.REFUSED
        if self._closing.erased:
            return Outcome.UNKNOWN
        if data[0] >> 5 != FRAME_VERSION:
            return Outcome.NEWER  # so says whoever sent it, and it may be junk (G10)
        kind = frame_kind(data)
        if kind == ENVELOPE:
            return self._hear_envelope(data, now)
        if kind == PACKET:
            return self._hear_packet(data, now)
        if kind == OPEN:
            opened = self._greeting.hear(data[1:], now, source, self._change, self._notice)
            return self._took(opened, now)
        return Outcome.REFUSED

    # --- hearing

    def _took(self, outcome: Outcome, now: Instant) -> Outcome:
        """What was accepted has retired a key, and a STATUS says so soon."""
        if outcome is Outcome.OK:
            self._to_scrub = True
            self._pulse.soon(now)
        return outcome

    def _hear_envelope(self, data: bytes, now: Instant) -> Outcome:
        joined: list[EntryRow] = []
        try:
            outcome = self._ears.envelope(data, self._voice.log, joined, now.wall)
        finally:  # what joined before a Stop has joined
            self._change.entries += joined
            for row in joined:
                self._trees_moved = self._to_scrub = True
                self._told.append(Heard(row))
                self._heads.urgent |= row.marks >> 6 == Precedence.FLASH
                if row.type == Type.CLOSE:
                    self._closing.heard_one(self._change)
                    self.give_back(lambda row: row.type not in CLOSING)
        if self._took(outcome, now) is Outcome.OK:
            self._bridge_seen(now)
        return outcome

    def _bridge_seen(self, now: Instant) -> None:
        """Keep `seen` decodable from its low 16 bits on a one-sided line (L9)."""
        if self._ears.log.size - self._voice.seen < SEEN_GAP_MAX - self.terms.window:
            return
        if not (self._voice.awaits(Type.SERVICE) or self._halted or self._closing.begun):
            body = body_of(Type.SERVICE, {}, 0)
            self.say(Saying(Type.SERVICE, Precedence.IMMEDIATE, Meaning.SERVICE, body), now)

    def _hear_packet(self, data: bytes, now: Instant) -> Outcome:
        heard = self._ears.packet(data)
        if isinstance(heard, Outcome):
            return heard
        if heard.kind == Kind.STATUS:
            outcome = self._hear_status(Status.parse(heard.plain), heard.epoch, now)
        elif heard.kind == Kind.PREKEYS:
            packet = Prekeys.parse(heard.plain, self.terms.suite)
            outcome = self._rekeying.hear_prekeys(packet, heard.epoch, self._change)
        elif heard.kind == Kind.REKEY:
            rekey = Rekey.parse(heard.plain, self.terms.suite)
            renewed = self._rekeying.hear_rekey(rekey, heard.epoch, self._ears, now, self._change)
            outcome = self._took(renewed, now)
        elif heard.kind in (Kind.CHECKPOINT, Kind.COSIGN):
            outcome = self._heads.hear(heard.kind, heard.plain, now, self._change)
        else:
            return Outcome.IGNORED
        if outcome is Outcome.OK:
            self._change.cells["newest"] = encode(self._ears.acted_on(heard))
        return outcome

    def _hear_status(self, status: Status, under: Epoch, now: Instant) -> Outcome:
        speaks, offered = self._voice.epoch, self._rekeying.next
        if speaks is None:
            return Outcome.EARLY  # before our own OPEN exists there is nothing to compare
        self._ears.check_status(status, self._voice.log, speaks.e, (offered or speaks).e)
        if status.contig < self._voice.receipted:
            raise Stop("they hold less of what we wrote than they once said")
        if status.echo > self._counters.last(Kind.STATUS):
            raise Stop("they have heard a STATUS that we have not sent; we were rolled back")
        self._pulse.received(status.echo, now)
        if status.echo and not self._in_service:
            self._in_service = self._receipts_moved = True  # L19
            self._to_scrub |= self._greeting.is_heard(self._change)
            self._notice("in service", "The line is in service.")
            self._pulse.soon(now)  # our echo puts them in service now, not at a heartbeat
        if not status.echo:
            self._pulse.soon(now)  # they do not know yet that we hear them
        self._ears.spoken_under(under, status.size)
        self._rekeying.hear_wants(status.flags)
        if self._rekeying.accepted(status.epoch, self._voice, now, self._change):
            self._to_scrub = True
            self._heads.seal_anew()
            self._pulse.soon(now)  # under the new keys, so that they let go of the old
        if self._voice.receipt(status.contig, status.sack, now, self._change):
            self._receipts_moved = True
            self._told.append(Receipted(status.contig))
        if self._halted is None:
            for missed in self._heads.missed(status.cover, status.contig, now, self._seal_packet):
                self._voice.fresh.append(Transmit(missed, Precedence.PRIORITY))
        return Outcome.OK

    def _stopped(self, data: bytes, why: str, now: Instant) -> Outcome:
        """Halt; a recording of what has stopped us before is a duplicate: it vouches for nobody."""
        digest = sha256(data)
        if digest in self._stoppers:
            return Outcome.DUPLICATE
        self._stoppers.append(digest)
        if self._halted is None:
            self._change.cells["halted by"] = encode(digest)
        self._halt(why, now)
        return Outcome.HALTED

    def _halt(self, why: str, now: Instant) -> None:
        if self._halted is None:
            self._halted = why
            self._change.cells["halted"] = encode(why)
            self._pulse.soon(now)
            self._notice("halted", f"The line has stopped itself: {why}. Call the engineer.")

    def _notice(self, kind: str, sentence: str) -> None:
        self._told.append(Noticed(kind, sentence))

    # --- what is to be done

    def settle(self, now: Instant, room: int) -> list[Effect]:
        """All that follows from what was told, in order; `room` is what the bearers take (bytes).

        At most one `Keep`, first (L22). The station must make it durable before it goes on; if it
        cannot, this object is worthless and the line is loaded anew.
        """
        if self._voice.epoch is None and not self._closing.erased:
            self._voice.epoch = self._greeting.make(self._entropy, now, self._change)
        if self._path_up and self._in_service and not self._halted:
            self._speak(now, room)
        packets = self._packets(now) if self._path_up and not self._closing.erased else []
        if self._closing.over(now, self._change):
            self._to_scrub = True
            self._notice("erased", "Both sides have closed the line, and its keys are erased.")
        if self._trees_moved:
            self._change.cells["trees"] = encode(
                [self._voice.log.frontier, self._ears.log.frontier]
            )
        if self._ears.moved:
            self._ears.keep(self._change)
            self._told += [Early(row) for row in self._change.held_put]
        if self._receipts_moved:
            self._change.cells["receipts"] = encode([self._voice.receipted, self._in_service])
        self._change.queue_put = self._voice.said
        effects: list[Effect] = [Keep(self._change)] if self._change else []
        effects += self._told
        if self._path_up and not self._halted:
            effects += self._voice.fresh
        if packets or self._closing.erased:
            if self._to_scrub:
                effects.append(Scrub())
                self._to_scrub = False
            effects += packets
        if self._path_up and not self._halted:
            # After the STATUS, which proves who we are to a listener that has yet to learn it.
            effects += self._voice.again(now, room)
        self._begin()
        return effects

    def _speak(self, now: Instant, room: int) -> None:
        if not self._voice.number(self._ears.log, now, room, self._change, self._told):
            return
        self._trees_moved = self._to_scrub = True
        self._closing.spoke(self._change)
        self._heads.urgent |= any(
            transmit.precedence is Precedence.FLASH for transmit in self._voice.fresh
        )
        self._pulse.soon(now, STATUS_GAP_S)

    def scrub_failed(self, now: Instant) -> None:
        """Retired keys are still in a file: no STATUS was sent; it must be tried again (L23)."""
        self._to_scrub = True
        self._pulse.soon(now, 5 * STATUS_GAP_S)

    def renew(self) -> None:
        """A person fears that our keys were copied: both directions get fresh ones (L28)."""
        self._rekeying.renew()

    # --- packets about the line

    def _packets(self, now: Instant) -> list[Effect]:
        frames: list[bytes] = []
        if not self._in_service:
            frames += self._greeting.again(now)
        if self._counters.used_up:
            self._halt("the counters of this incarnation are used up", now)
        repeat = self._pulse.repeat(now)
        speaking = self._in_service and not self._halted
        if speaking and not self._closing.begun:
            wants = self._rekeying.wants
            frames += self._rekeying.frames(
                self._voice, now, repeat, self._seal_packet, self._change
            )
            if self._rekeying.wants != wants:
                self._pulse.soon(now)
        if self._closing.whole and not self._closing.told:
            self._pulse.soon(now)
        if self._pulse.status_due(now):
            self._pulse.status_tried(now)
            sent = self._status(now)
            self._closing.told |= bool(sent and self._closing.whole)
            frames += sent
        if repeat and not self._halted:
            frames += self._heads.again(now, self._seal_packet)
        if speaking and now.mono >= self._heads.due_at():
            frames += self._heads.sign(now, self._seal_packet, self._change)
        probes: list[bytes] = []
        if self._probing:
            self._probing = False
            probes = self._status(now) if self._in_service else self._greeting.frames
        return [
            *(Transmit(packet, Precedence.PRIORITY) for packet in frames),
            *(Transmit(probe, Precedence.PRIORITY, alone=True) for probe in probes),
        ]

    def _status(self, now: Instant) -> list[bytes]:
        """A STATUS, unless the counters have come to their end."""
        ears = self._ears
        if self._counters.last(Kind.STATUS) >= COUNTER_LAST:
            return []
        status = Status(
            size=self._voice.log.size,
            contig=ears.log.size,
            sack=frozenset(ears.held),
            own_root=self._voice.log.root,
            their_root=ears.log.root,
            epoch=ears.newest_epoch,
            echo=ears.newest_status,
            cover=self._heads.theirs.by_speaker,
            flags=(Flag.HALTED if self._halted else self._rekeying.wants | self._closing.whole)
            | (Flag.CLOCK_IN_DOUBT if self._clock_doubted else 0),
        )
        packet = self._seal_packet(Kind.STATUS, status.to_bytes(self.terms.root_bytes))
        self._pulse.status_sent(self._counters.last(Kind.STATUS), now)
        return [packet]

    def _seal_packet(self, kind: Kind, plain: bytes) -> bytes:
        """Seal a packet under a counter that no start of ours has used (L11)."""
        epoch = self._voice.epoch
        if epoch is None:
            raise Misused("a packet cannot be sealed before our OPEN exists")
        return self._counters.seal(kind, plain, epoch, self.terms, self._change)

    # --- what may be known

    @property
    def their_size(self) -> int:
        """How many of their entries have joined the record."""
        return self._ears.log.size

    def wake_at(self, now: Instant) -> float:
        """The monotonic second at which `settle` has something to do again."""
        if self._closing.erased:
            return now.mono + (STATUS_GAP_S if self._to_scrub else self.terms.heartbeat_s)
        if not self._path_up:
            return now.mono + self.terms.heartbeat_s
        times = [self._pulse.wake_at()]
        if not self._in_service:
            times.append(self._greeting.due_at)
        if self._in_service and not self._halted:
            times.append(self._heads.due_at())
            times.append(self._voice.resend_at(now, STATUS_GAP_S))
        return min(times)

    def state(self, now: Instant) -> LineState:
        """What a person may know of the line now."""
        heard, received = self._pulse.heard_at, self._pulse.received_at
        return LineState(
            halted=self._halted,
            in_service=self._in_service,
            path_up=self._path_up,
            our_size=self._voice.log.size,
            their_size=self._ears.log.size,
            receipted=self._voice.receipted,
            their_announced=self._ears.announced,
            queued=self._voice.queued,
            held=len(self._ears.held),
            last_heard_s=None if heard is None else now.mono - heard,
            last_received_s=None if received is None else now.mono - received,
            our_cover=self._heads.ours,
            their_cover=self._heads.theirs,
            they_halted=bool(self._ears.flags & _HALTED),
            they_doubt=bool(self._ears.flags & _IN_DOUBT),
            signed_two=("OPEN",) if self._greeting.equivocated else (),
            secret_differs=self._greeting.secret_differs,
            epochs=(self._voice.epoch.e if self._voice.epoch else 0, self._ears.newest_epoch),
            healed=Healed(*self._rekeying.healed),
            counts=dict(self._counts),
            closed=self._closing.begun,
            erased=self._closing.erased,
        )
