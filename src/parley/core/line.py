"""The line: what we may say, what we make of what we hear, and when we stop.

`Line` does no input or output and reads no clock. The station tells it what happened (`hear`,
`say`, `path_up`), then asks once what is to be done about all of it (`settle`), and does that in
order: keep, tell, scrub, send. Everything a later start needs stands in the one `Keep`; what was
not kept was never sent, so a crash between any two lines below loses nothing.

Rules L1 to L24 are in spec/line.md. The direction we speak in is *ours*, the other *theirs*.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from parley.core.effects import (
    Effect,
    Heard,
    Keep,
    LineState,
    Noticed,
    Numbered,
    Outcome,
    Receipted,
    Saying,
    Scrub,
    Transmit,
)
from parley.core.entry import (
    BODY_BYTES_MAX,
    EPOCH_2020,
    FIXED_BYTES,
    Plaintext,
    Precedence,
    Type,
    body_of,
)
from parley.core.entry import Status as Meaning
from parley.core.errors import Halted, Malformed, Misused, Refused
from parley.core.hearing import Ears, Stop
from parley.core.kept import Change, EntryRow, HeadRow, Kept, QueueRow
from parley.core.keys import Entropy
from parley.core.opening import TheirOpen, make_open
from parley.core.packets import COUNTER_MAX, Checkpoint, Cosign, Flag, Kind, Status
from parley.core.record import Head, Leaf, Log
from parley.core.seal import (
    ENVELOPE_OVERHEAD,
    Epoch,
    associated,
    envelope_locator,
    packet_locator,
    seal_entry,
)
from parley.core.terms import Instant, Terms
from parley.core.wire import decode, encode, u8, u32

FRAME_VERSION = 1
ENVELOPE, PACKET, OPEN = 0, 1, 3  # frame kinds of this station
FLASH_PLACES = 64  # the last places of the window, so that a FLASH is never kept waiting
IN_FLIGHT_BYTES_MAX = 262_144  # below FLASH: what may be on its way without a receipt
STATUS_GAP_S = 0.020  # on a fast bearer
COSIGN_GAP_S = 1.0
COSIGN_FLASH_GAP_S = 0.1
RESEND_FIRST_S, RESEND_MAX_S = 1.0, 30.0
ROOT_BYTES = 16
COUNTER_SKIP = 1 << 16  # each start skips these, so that a restored image never repeats one
COUNTER_BLOCK = 1 << 12
SEEN_GAP_MAX = 1 << 15
OPENS_PER_S = 5


def frame(kind: int, packet: bytes) -> bytes:
    """A bearer frame: version and kind before the packet (spec/wire.md W12)."""
    return u8(FRAME_VERSION << 5 | kind << 2) + packet


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
        self.terms = terms
        self._entropy = entropy
        cells = {name: decode(value) for name, value in kept.cells.items()}
        ours, theirs = terms.side, terms.theirs
        trees = cells.get("trees", [[], []])
        self._our_log = Log(
            kept.sizes[0], trees[0], (lambda size: past(ours, size)) if past else None
        )
        their_log = Log(
            kept.sizes[1], trees[1], (lambda size: past(theirs, size)) if past else None
        )
        self._halted: str | None = cells.get("halted")
        self._out = Epoch.from_cell(cells["out"]) if "out" in cells else None
        self._open: bytes | None = cells.get("open")
        self._ears = Ears(terms, their_log, cells, kept.held)
        self._our_seen: int = cells.get("our seen", 0)
        receipts = cells.get("receipts", [0, False, 0])
        self._receipted: int = receipts[0]
        self._in_service: bool = receipts[1]
        self._they_cosigned: int = receipts[2]
        self._we_cosigned, self._checkpointed = cells.get("signed", [0, 0])
        self._reserved: dict[int, int] = cells.get("counters", {})
        self._counter = {kind: top + COUNTER_SKIP for kind, top in self._reserved.items()}
        self._outbox = dict(kept.outbox)
        self._in_flight_bytes = sum(map(len, self._outbox.values()))
        self._queue: tuple[deque[QueueRow], ...] = tuple(deque() for _ in Precedence)
        for row in kept.queue:
            self._queue[row.precedence].append(row)
        self._next_queue_id: int = cells.get("queue", 0)
        self._counts: Counter[str] = Counter()

        # What follows is of this start only.
        self._path_up = False
        self._resend: deque[int] = deque()
        self._resend_at = self._resend_after_s = 0.0
        self._open_at = self._open_after_s = 0.0
        self._opens_heard: deque[float] = deque(maxlen=OPENS_PER_S)
        self._status_due_at: float | None = None
        self._status_at = float("-inf")
        self._status_sent: dict[int, float] = {}  # counter: monotonic time
        self._heard_at: float | None = None
        self._received_at: float | None = None
        self._cosign_at = float("-inf")
        self._flash_uncosigned = False
        self._signed_frames: dict[int, bytes] = {}  # newest CHECKPOINT and COSIGN, as sealed
        self._to_scrub = True  # a crash may have come between a commit and its scrub
        self._begin()

    def _begin(self) -> None:
        """Start collecting what the next `settle` must do."""
        self._change = Change(
            self.terms.line_id, self.terms.inc, (self._our_log.size, self._ears.log.size)
        )
        self._told: list[Effect] = []
        self._said: dict[int, QueueRow] = {}  # released since, and not numbered
        self._fresh: list[Transmit] = []
        self._trees_moved = self._receipts_moved = False

    # --- what the station tells us

    @property
    def is_new(self) -> bool:
        """Whether no OPEN of ours exists yet."""
        return self._open is None

    def path_up(self, now: Instant) -> None:
        """A bearer can carry frames: begin with what the other side may lack."""
        self._path_up = True
        self._resend = deque(self._outbox)
        self._resend_after_s = RESEND_FIRST_S
        self._resend_at = now.mono + self._resend_after_s
        self._open_at, self._open_after_s = now.mono, RESEND_FIRST_S
        self._status_due_at = now.mono
        self._status_at = float("-inf")
        self._fresh += [
            Transmit(head, Precedence.PRIORITY) for head in self._signed_frames.values()
        ]

    def path_down(self, now: Instant) -> None:
        """No bearer is left; entries wait."""
        del now
        self._path_up = False
        self._fresh.clear()

    def say(self, saying: Saying, now: Instant) -> int:
        """Queue a released entry; its id comes back in `Numbered` (L3)."""
        del now
        if self._halted:
            raise Halted(
                f"the line is halted: {self._halted}",
                "nothing is sent until both stations have agreed how to go on; call the engineer",
                rule="L18",
            )
        if len(saying.body) > BODY_BYTES_MAX:
            raise Misused("the body does not fit an entry")
        marks = saying.precedence << 6 | saying.status << 3
        row = QueueRow(self._next_queue_id, saying.precedence, saying.type, marks, saying.body)
        self._next_queue_id += 1
        self._queue[row.precedence].append(row)
        self._said[row.id] = row
        self._change.cells["queue"] = encode(self._next_queue_id)
        return row.id

    def hear(self, data: bytes, now: Instant) -> Outcome:
        """Take in one frame, whatever it is; a peer's bytes never raise (L1)."""
        try:
            outcome = self._hear(data, now)
        except Stop as stop:
            self._halt(stop.why, now)
            outcome = Outcome.HALTED
        except (Refused, Malformed):
            outcome = Outcome.REFUSED
        self._counts[outcome.value] += 1
        return outcome

    def _hear(self, data: bytes, now: Instant) -> Outcome:
        if len(data) < 2 or data[0] >> 5 != FRAME_VERSION or data[0] & 3:
            return Outcome.REFUSED
        kind = data[0] >> 2 & 7
        if kind == ENVELOPE:
            return self._hear_envelope(data, now)
        if kind == PACKET:
            return self._hear_packet(data, now)
        if kind == OPEN:
            return self._hear_open(data[1:], now)
        return Outcome.REFUSED

    # --- hearing

    def _hear_open(self, data: bytes, now: Instant) -> Outcome:
        theirs = TheirOpen.parse(data, self.terms)
        if self._ears.open_hash == theirs.hash:
            return Outcome.DUPLICATE
        if len(self._opens_heard) == OPENS_PER_S and now.mono - self._opens_heard[0] < 1.0:
            return Outcome.REFUSED  # each costs a signature check; five a second are looked at
        self._opens_heard.append(now.mono)
        info0 = theirs.check(self.terms)
        if self._ears.open_hash is not None:
            self._change.cells.setdefault("equivocation", data)
            self._notice(
                "equivocation",
                "The other station signed two different openings of this line; both are kept."
                " Call the duty officer.",
            )
            return Outcome.EQUIVOCATION
        try:
            cells = self._ears.accept_open(theirs, info0)
        except Refused as refusal:
            self._notice("refused open", f"Their opening of the line was refused: {refusal}.")
            raise
        self._change.cells.update(cells)
        self._to_scrub = True
        self._status_soon(now, 0.0)
        return Outcome.OK

    def _hear_envelope(self, data: bytes, now: Instant) -> Outcome:
        joined: list[EntryRow] = []
        try:
            outcome = self._ears.envelope(data, self._our_log, self._change, joined, now.wall)
        finally:  # what joined before a Stop has joined
            self._change.entries += joined
            for row in joined:
                self._trees_moved = True
                self._told.append(Heard(row))
                self._flash_uncosigned |= row.marks >> 6 == Precedence.FLASH
        if outcome is Outcome.OK:
            self._to_scrub = True
            self._status_soon(now, 0.0)
            self._bridge_seen(now)
        return outcome

    def _bridge_seen(self, now: Instant) -> None:
        """Keep `seen` decodable from its low 16 bits on a one-sided line (L9)."""
        if self._ears.log.size - self._our_seen < SEEN_GAP_MAX - self.terms.window:
            return
        waiting = any(row.type == Type.SERVICE for lane in self._queue for row in lane)
        if not waiting and not self._halted:
            body = body_of(Type.SERVICE, {}, 0)
            self.say(Saying(Type.SERVICE, Precedence.IMMEDIATE, Meaning.SERVICE, body), now)

    def _hear_packet(self, data: bytes, now: Instant) -> Outcome:
        heard = self._ears.packet(data)
        if isinstance(heard, Outcome):
            return heard
        if heard.kind == Kind.STATUS:
            if self._out is None:
                return Outcome.EARLY  # before our own OPEN exists there is nothing to compare
            self._hear_status(Status.parse(heard.plain), now)
        elif heard.kind == Kind.CHECKPOINT:
            self._hear_checkpoint(Checkpoint.parse(heard.plain), now)
        elif heard.kind == Kind.COSIGN:
            self._hear_cosign(Cosign.parse(heard.plain), now)
        else:
            return Outcome.IGNORED
        self._change.cells["newest"] = encode(self._ears.acted_on(heard))
        return Outcome.OK

    def _hear_status(self, status: Status, now: Instant) -> None:
        self._ears.check_status(status, self._our_log)
        if status.contig < self._receipted:
            raise Stop("they hold less of what we wrote than they once said")
        if status.echo > self._counter.get(Kind.STATUS, 0):
            raise Stop("they have heard a STATUS that we have not sent; we were rolled back")
        self._received_at = now.mono
        if status.echo in self._status_sent:
            sent = self._status_sent[status.echo]
            self._heard_at = max(sent, self._heard_at or sent)
            self._status_sent = {c: t for c, t in self._status_sent.items() if c >= status.echo}
        if status.echo and not self._in_service:
            self._in_service = self._receipts_moved = True
            self._notice("in service", "The line is in service.")
            self._status_soon(now, 0.0)  # our echo puts them in service now, not at a heartbeat
        if not status.echo:
            self._status_soon(now, 0.0)  # they do not know yet that we hear them
        dropped = [n for n in self._outbox if n < status.contig or n in status.sack]
        for n in dropped:
            self._in_flight_bytes -= len(self._outbox.pop(n))
        self._change.outbox_drop += [n for n in dropped if n > status.contig]
        if status.contig > self._receipted:
            self._receipted = status.contig
            self._receipts_moved = True
            self._change.outbox_drop_below = status.contig
            self._told.append(Receipted(status.contig))
            self._resend_after_s = RESEND_FIRST_S
            self._resend_at = now.mono + RESEND_FIRST_S

    def _hear_checkpoint(self, packet: Checkpoint, now: Instant) -> None:
        head = Head(self.terms.line_id, self.terms.inc, self.terms.theirs, packet.size, packet.root)
        key = self.terms.their_keys.log
        required, optional = head.checkpoint(key.name)
        self._ears.check_block(packet.block, key, required, optional)
        self._ears.check_root(packet.size, packet.root)
        self._ears.checkpointed = max(self._ears.checkpointed, packet.size)
        self._keep_head(head, "checkpoint", 0, packet.block, now)

    def _hear_cosign(self, packet: Cosign, now: Instant) -> None:
        if packet.size > self._our_log.size:
            raise Stop("they signed for more than we wrote; we were rolled back")
        root = self._our_log.root_at(packet.size)
        head = Head(self.terms.line_id, self.terms.inc, self.terms.side, packet.size, root)
        key = self.terms.their_keys.cosigner
        required, optional = head.cosignature(key.name, packet.time)
        self._ears.check_block(packet.block, key, required, optional)
        self._keep_head(head, "cosign", packet.time, packet.block, now)
        if packet.size > self._they_cosigned:
            self._they_cosigned = packet.size
            self._receipts_moved = True

    def _keep_head(self, head: Head, kind: str, time: int, block: bytes, now: Instant) -> None:
        self._change.heads.append(
            HeadRow(head.dir, head.size, head.root, kind, time, block, now.wall)
        )

    def _halt(self, why: str, now: Instant) -> None:
        if self._halted is None:
            self._halted = why
            self._change.cells["halted"] = encode(why)
            self._status_soon(now, 0.0)
            self._notice("halted", f"The line has stopped itself: {why}. Call the engineer.")

    def _notice(self, kind: str, sentence: str) -> None:
        self._told.append(Noticed(kind, sentence))

    def _status_soon(self, now: Instant, wait_s: float) -> None:
        due = max(now.mono + wait_s, self._status_at + STATUS_GAP_S)
        if self._status_due_at is None or due < self._status_due_at:
            self._status_due_at = due

    # --- what is to be done

    def settle(self, now: Instant, room: int) -> list[Effect]:
        """All that follows from what was told, in order; `room` is what the bearers take (bytes).

        At most one `Keep`, first. The station must make it durable before it goes on; if it
        cannot, this object is worthless and the line is loaded anew.
        """
        if self._out is None and not self._halted:
            self._make_open()
        if self._path_up and self._in_service and not self._halted:
            self._number(now, room)
        packets = self._packets(now) if self._path_up else []
        if self._trees_moved:
            self._change.cells["trees"] = encode([self._our_log.frontier, self._ears.log.frontier])
        if self._change.entries or self._change.held_put:
            self._change.cells.update(self._ears.cells())
        if self._receipts_moved:
            self._change.cells["receipts"] = encode(
                [self._receipted, self._in_service, self._they_cosigned]
            )
        self._change.queue_put = list(self._said.values())
        effects: list[Effect] = [Keep(self._change)] if self._change else []
        effects += self._told
        if self._path_up and not self._halted:
            effects += self._fresh
        if packets:
            if self._to_scrub:
                effects.append(Scrub())
                self._to_scrub = False
            effects += packets
        if self._path_up and not self._halted:
            # After the STATUS, which proves who we are to a listener that has yet to learn it.
            effects += self._send_again(now, room)
        self._begin()
        return effects

    def scrub_failed(self, now: Instant) -> None:
        """Retired keys are still in a file: the STATUS was not sent and must be tried again."""
        self._to_scrub = True
        self._status_soon(now, 5 * STATUS_GAP_S)

    def _make_open(self) -> None:
        made = make_open(self.terms, self._entropy)
        self._open, self._out = made.frame, made.epoch
        self._change.cells["open"] = encode(made.frame)
        self._change.cells["out"] = encode(made.epoch.cell())
        self._change.cells["prekeys"] = encode(made.prekeys)

    def _number(self, now: Instant, room: int) -> None:
        """Number what the bearers can take, highest precedence first (L4, L5)."""
        epoch = self._out
        if epoch is None or self._our_log.size + 1 >= 1 << 63:
            return
        numbered = False
        for precedence in reversed(Precedence):
            lane = self._queue[precedence]
            while lane and self._may_number(precedence, len(lane[0].body), room):
                row = lane.popleft()
                room -= self._seal(row, epoch, now)
                numbered = True
            if lane and precedence is not Precedence.FLASH:
                break  # what waits below must not overtake what waits here
        if numbered:
            self._trees_moved = self._to_scrub = True
            epoch.retire(self._our_log.size, set())
            self._change.cells["out"] = encode(epoch.cell())
            self._change.cells["our seen"] = encode(self._our_seen)
            self._status_soon(now, STATUS_GAP_S)
            if self._resend_at <= now.mono:
                self._resend_at = now.mono + self._resend_after_s

    def _may_number(self, precedence: Precedence, size: int, room: int) -> bool:
        outstanding = self._our_log.size - self._receipted
        if precedence is Precedence.FLASH:
            return outstanding < self.terms.window
        return (
            outstanding < self.terms.window - FLASH_PLACES
            and room > 0
            and self._in_flight_bytes < max(1, IN_FLIGHT_BYTES_MAX - size)
        )

    def _seal(self, row: QueueRow, epoch: Epoch, now: Instant) -> int:
        """Give one entry its number: leaf, envelope and chain step in one change (L6)."""
        terms, n, seen = self.terms, self._our_log.size, self._ears.log.size
        time = min(max(int(now.wall) - EPOCH_2020, 0), (1 << 32) - 1)
        key = epoch.message_key(n)
        plain = Plaintext(row.type, row.marks, seen & 0xFFFF, time, row.body).to_bytes()
        aad = associated(terms.line_id, terms.inc, terms.side, epoch.e, n, epoch.et)
        sealed = frame(ENVELOPE, envelope_locator(epoch.kl, n) + seal_entry(key, aad, plain))
        leaf = Leaf(
            terms.line_id,
            terms.inc,
            terms.side,
            n,
            row.type,
            row.marks,
            time,
            seen,
            self._ears.log.root,
            epoch.et,
            key.blind,
            row.body,
        ).hash()
        root = self._our_log.append(leaf)
        entry = EntryRow(
            terms.side,
            n,
            row.type,
            row.marks,
            time,
            seen,
            epoch.et,
            key.blind,
            row.body,
            leaf,
            root,
            now.wall,
        )
        self._our_seen = seen
        self._outbox[n] = sealed
        self._in_flight_bytes += len(sealed)
        self._change.entries.append(entry)
        self._change.outbox_put.append((n, sealed))
        if self._said.pop(row.id, None) is None:  # else said and numbered in one step
            self._change.queue_drop.append(row.id)
        self._flash_uncosigned |= row.precedence == Precedence.FLASH
        self._told.append(Numbered(row.id, entry))
        self._fresh.append(Transmit(sealed, Precedence(row.precedence)))
        return len(row.body) + FIXED_BYTES + ENVELOPE_OVERHEAD

    def _send_again(self, now: Instant, room: int) -> list[Effect]:
        """Unreceipted entries after a new path or a long silence (L8)."""
        if self._outbox and not self._resend and now.mono >= self._resend_at:
            self._resend = deque(self._outbox)
            self._resend_after_s = min(2 * self._resend_after_s, RESEND_MAX_S)
            self._resend_at = now.mono + self._resend_after_s
        again: list[Effect] = []
        fresh = {transmit.frame for transmit in self._fresh}
        while self._resend and room > 0:
            sealed = self._outbox.get(self._resend.popleft())
            if sealed is not None and sealed not in fresh:
                again.append(Transmit(sealed, Precedence.PRIORITY))
                room -= len(sealed)
        return again

    # --- packets about the line

    def _packets(self, now: Instant) -> list[Effect]:
        frames: list[bytes] = []
        if self._open is not None and not self._in_service and now.mono >= self._open_at:
            frames.append(frame(OPEN, self._open))
            self._open_at = now.mono + self._open_after_s
            self._open_after_s = min(2 * self._open_after_s, RESEND_MAX_S)
        if self._out is None:
            return []
        heartbeat = now.mono >= self._status_at + self.terms.heartbeat_s
        if heartbeat or (self._status_due_at is not None and now.mono >= self._status_due_at):
            frames.append(self._status(now))
        if heartbeat and not self._halted:
            frames += self._signed_frames.values()  # nobody acknowledges them; newest wins
        if self._in_service and not self._halted and now.mono >= self._cosign_due_at():
            frames += self._sign_heads(now)
        return [Transmit(packet, Precedence.PRIORITY) for packet in frames]

    def _status(self, now: Instant) -> bytes:
        ears = self._ears
        status = Status(
            size=self._our_log.size,
            contig=ears.log.size,
            sack=frozenset(ears.held),
            own_root=self._our_log.root,
            their_root=ears.log.root,
            epoch=ears.newest_epoch,
            echo=ears.newest_status,
            cover=ears.checkpointed,
            flags=Flag.HALTED if self._halted else Flag(0),
        )
        packet = self._seal_packet(Kind.STATUS, status.to_bytes(ROOT_BYTES))
        self._status_sent[self._counter[Kind.STATUS]] = now.mono
        if len(self._status_sent) > 4096:
            del self._status_sent[min(self._status_sent)]
        self._status_at, self._status_due_at = now.mono, None
        return packet

    def _seal_packet(self, kind: Kind, plain: bytes) -> bytes:
        """Seal a packet under a counter that no start of ours has used (L11)."""
        epoch = self._out
        if epoch is None:
            raise Misused("a packet cannot be sealed before our OPEN exists")
        counter = self._counter.get(kind, 0) + 1
        if counter > COUNTER_MAX:
            raise Misused("the counters of this incarnation are used up; agree anew")
        self._counter[kind] = counter
        if counter > self._reserved.get(kind, 0):
            self._reserved[kind] = counter + COUNTER_BLOCK
            self._change.cells["counters"] = encode(self._reserved)
        terms = self.terms
        aad = associated(terms.line_id, terms.inc, terms.side, epoch.e, None, epoch.et)
        sealed = epoch.seal_packet(kind, counter, aad, plain)
        return frame(PACKET, packet_locator(epoch.kl, kind) + u32(counter) + sealed)

    def _cosign_due_at(self) -> float:
        """When the heads are to be signed next; infinity while nothing is unsigned."""
        if not (self._unsigned(Kind.CHECKPOINT) or self._unsigned(Kind.COSIGN)):
            return float("inf")
        gap = COSIGN_FLASH_GAP_S if self._flash_uncosigned else COSIGN_GAP_S
        return self._cosign_at + gap

    def _unsigned(self, kind: Kind) -> bool:
        """Whether a head has grown, or was signed by an earlier start whose frame is gone."""
        if kind == Kind.CHECKPOINT:
            size, signed = self._our_log.size, self._checkpointed
        else:
            size, signed = self._ears.log.size, self._we_cosigned
        return signed < size or (size > 0 and kind not in self._signed_frames)

    def _sign_heads(self, now: Instant) -> list[bytes]:
        """CHECKPOINT of our log, COSIGN of theirs, each for what is new (L12)."""
        terms, frames = self.terms, []
        if self._unsigned(Kind.CHECKPOINT):
            log = self._our_log
            head = Head(terms.line_id, terms.inc, terms.side, log.size, log.root)
            required, _ = head.checkpoint(terms.our_keys.log.public.name)
            block = terms.our_keys.log.block([required])
            packet = Checkpoint(head.size, head.root, block).to_bytes()
            frames.append(self._seal_signed(Kind.CHECKPOINT, packet))
            self._keep_head(head, "checkpoint", 0, block, now)
            self._checkpointed = head.size
        if self._unsigned(Kind.COSIGN):
            log = self._ears.log
            head = Head(terms.line_id, terms.inc, terms.theirs, log.size, log.root)
            time = max(int(now.wall), 0)
            required, _ = head.cosignature(terms.our_keys.cosigner.public.name, time)
            block = terms.our_keys.cosigner.block([required])
            frames.append(self._seal_signed(Kind.COSIGN, Cosign(head.size, time, block).to_bytes()))
            self._keep_head(head, "cosign", time, block, now)
            self._we_cosigned = head.size
        self._cosign_at, self._flash_uncosigned = now.mono, False
        self._change.cells["signed"] = encode([self._we_cosigned, self._checkpointed])
        return frames

    def _seal_signed(self, kind: Kind, plain: bytes) -> bytes:
        self._signed_frames[kind] = self._seal_packet(kind, plain)
        return self._signed_frames[kind]

    # --- what may be known

    def wake_at(self, now: Instant) -> float:
        """The monotonic second at which `settle` has something to do again."""
        if not self._path_up:
            return now.mono + self.terms.heartbeat_s
        times = [self._status_at + self.terms.heartbeat_s]
        if self._status_due_at is not None:
            times.append(self._status_due_at)
        if not self._in_service:
            times.append(self._open_at)
        if self._in_service and not self._halted:
            times.append(self._cosign_due_at())
        if self._resend:
            times.append(now.mono + STATUS_GAP_S)
        elif self._outbox:
            times.append(self._resend_at)
        return min(times)

    def state(self, now: Instant) -> LineState:
        """What a person may know of the line now."""
        heard, received = self._heard_at, self._received_at
        return LineState(
            halted=self._halted,
            in_service=self._in_service,
            path_up=self._path_up,
            our_size=self._our_log.size,
            their_size=self._ears.log.size,
            receipted=self._receipted,
            their_announced=self._ears.announced,
            queued=sum(map(len, self._queue)),
            held=len(self._ears.held),
            last_heard_s=None if heard is None else now.mono - heard,
            last_received_s=None if received is None else now.mono - received,
            we_cosigned=self._we_cosigned,
            they_cosigned=self._they_cosigned,
            they_halted=bool(self._ears.flags & Flag.HALTED),
            counts=dict(self._counts),
        )
