"""The half of a line that speaks: what is released, what has a number, what has no receipt yet.

`Voice` numbers released entries, highest precedence first, seals each once under its own key, and
keeps the sealed frame until they hold it. After a crash the same frame is sent again; an entry is
never sealed twice (spec/line.md L3 to L8).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from parley.core.effects import Effect, Numbered, Saying, Transmit
from parley.core.entry import BODY_BYTES_MAX, EPOCH_2020, FIXED_BYTES, Plaintext, Precedence, Type
from parley.core.errors import Misused
from parley.core.kept import Change, EntryRow, Kept, QueueRow
from parley.core.record import Log
from parley.core.seal import ENVELOPE_OVERHEAD, Epoch, associated, envelope_locator, seal_entry
from parley.core.terms import Instant, Terms
from parley.core.wire import Value, encode, u8

FRAME_VERSION = 1
ENVELOPE, PACKET, OPEN, RESUME = 0, 1, 3, 4  # frame kinds of this station
FLASH_PLACES = 64  # the last places of the window, so that a FLASH is never kept waiting
IN_FLIGHT_BYTES_MAX = 262_144  # below FLASH: what may be on its way without a receipt
RESEND_FIRST_S, RESEND_MAX_S = 1.0, 30.0


def frame(kind: int, packet: bytes) -> bytes:
    """A bearer frame: version and kind before the packet (spec/wire.md W12)."""
    return u8(FRAME_VERSION << 5 | kind << 2) + packet


def frame_kind(frame: bytes) -> int:
    """The kind that stands in the header of a frame."""
    return frame[0] >> 2 & 7


class Voice:
    """Our direction, as we speak it."""

    def __init__(
        self, terms: Terms, log: Log, cells: Mapping[str, Value], kept: Kept, receipted: int
    ) -> None:
        self.terms = terms
        self.log = log
        self.epoch = Epoch.from_cell(cells["out"]) if "out" in cells else None
        self.receipted = receipted  # entries of ours they hold
        self.seen: int = cells.get("our seen", 0)  # of their log, in our last entry
        self._outbox = dict(kept.outbox)
        self._in_flight_bytes = sum(map(len, self._outbox.values()))
        self._lanes: tuple[deque[QueueRow], ...] = tuple(deque() for _ in Precedence)
        for row in kept.queue:
            self._lanes[row.precedence].append(row)
        self._next_id: int = cells.get("queue", 0)
        self.closed: bool = cells.get("closed", [False])[0]  # our CLOSE has its number
        self.closing = self.closed or self.awaits(Type.CLOSE)  # or waits for it
        self._resend: deque[int] = deque()
        self._they_hold: frozenset[int] = frozenset()  # beyond `receipted`, as last stated
        self._resend_at = 0.0
        self._resend_after_s = RESEND_FIRST_S

    def begin(self) -> None:
        """Start a new step."""
        self._said: dict[int, QueueRow] = {}  # released in this step, and not numbered
        self.fresh: list[Transmit] = []  # sealed in this step

    # --- what is released

    @property
    def queued(self) -> int:
        """Released entries without a number."""
        return sum(map(len, self._lanes))

    @property
    def queue(self) -> list[QueueRow]:
        """Released entries without a number, by lane."""
        return [row for lane in self._lanes for row in lane]

    @property
    def said(self) -> list[QueueRow]:
        """Entries released in this step that must be kept because they have no number."""
        return list(self._said.values())

    def awaits(self, kind: Type) -> bool:
        """Whether an entry of this type is queued."""
        return any(row.type == kind for lane in self._lanes for row in lane)

    def give_back(self, which: Callable[[QueueRow], bool], change: Change) -> list[int]:
        """Take released entries out of the queue; their ids (spec/declared.md D6)."""
        back = []
        for lane in self._lanes:
            for row in filter(which, list(lane)):
                lane.remove(row)
                back.append(row.id)
                if self._said.pop(row.id, None) is None:
                    change.queue_drop.append(row.id)
        return back

    def say(self, saying: Saying, change: Change) -> int:
        """Queue a released entry; its id comes back in `Numbered` (L3)."""
        if len(saying.body) > BODY_BYTES_MAX:
            raise Misused("the body does not fit an entry")
        marks = saying.precedence << 6 | saying.status << 3
        row = QueueRow(self._next_id, saying.precedence, saying.type, marks, saying.body)
        self._next_id += 1
        self._lanes[row.precedence].append(row)
        self._said[row.id] = row
        self.closing |= row.type == Type.CLOSE
        change.cells["queue"] = encode(self._next_id)
        return row.id

    # --- what gets a number

    def number(
        self, their_log: Log, now: Instant, room: int, change: Change, told: list[Effect]
    ) -> bool:
        """Number what the bearers can take, highest precedence first (L4, L5)."""
        epoch = self.epoch
        if epoch is None:
            return False
        before, idle = self.log.size, not self._outbox
        for precedence in reversed(Precedence):
            lane = self._lanes[precedence]
            while lane and self._may_number(precedence, len(lane[0].body), room):
                row = lane.popleft()
                entry = self._seal(row, epoch, their_log, now, change)
                told.append(Numbered(row.id, entry))
                room -= len(row.body) + FIXED_BYTES + ENVELOPE_OVERHEAD
            if lane and precedence is not Precedence.FLASH:
                break  # what waits below must not overtake what waits here
        if self.log.size == before:
            return False
        epoch.retire(self.log.size, set())
        change.cells["out"] = encode(epoch.cell())
        change.cells["our seen"] = encode(self.seen)
        if idle:
            self._resend_at = now.mono + self._resend_after_s
        return True

    def _may_number(self, precedence: Precedence, size: int, room: int) -> bool:
        if self.closed:
            return False  # what stands behind our CLOSE is never said (D8)
        outstanding = self.log.size - self.receipted
        if precedence is Precedence.FLASH:
            return outstanding < self.terms.window
        return (
            outstanding < self.terms.window - FLASH_PLACES
            and room > 0
            and self._in_flight_bytes < IN_FLIGHT_BYTES_MAX - size
        )

    def _seal(
        self, row: QueueRow, epoch: Epoch, their_log: Log, now: Instant, change: Change
    ) -> EntryRow:
        """Give one entry its number: leaf, envelope and chain step in one change (L6)."""
        terms, n = self.terms, self.log.size
        # A step larger than 16 bits show can only be forced by a peer that withholds receipts (R3).
        seen = min(their_log.size, self.seen + 0xFFFF)
        time = min(max(int(now.wall) - EPOCH_2020, 0), (1 << 32) - 1)
        key = epoch.message_key(n)
        plain = Plaintext(row.type, row.marks, seen & 0xFFFF, time, row.body).to_bytes()
        place = terms.place(terms.side)
        aad = associated(*place, epoch.e, n, epoch.et)
        sealed = frame(ENVELOPE, envelope_locator(epoch.kl, n) + seal_entry(key, aad, plain))
        fixed, said = (row.type, row.marks, time), (epoch.et, key.blind, row.body)
        entry = self.log.join(place, n, fixed, seen, their_log, said, now.wall)
        self.seen = seen
        self.closed |= row.type == Type.CLOSE  # nothing is numbered behind it (D8)
        self._outbox[n] = sealed
        self._in_flight_bytes += len(sealed)
        change.entries.append(entry)
        change.outbox_put.append((n, sealed))
        if self._said.pop(row.id, None) is None:  # else said and numbered in one step
            change.queue_drop.append(row.id)
        self.fresh.append(Transmit(sealed, Precedence(row.precedence)))
        return entry

    # --- what has no receipt yet

    def receipt(self, contig: int, sack: frozenset[int], now: Instant, change: Change) -> bool:
        """Let go of what they hold; whether the receipt covers more than before (L8).

        What they hold beyond a gap is kept until the gap is closed: should they lose it with a
        disk, it can still be sent again.
        """
        self._they_hold = sack
        for n in [n for n in self._outbox if n < contig]:
            self._in_flight_bytes -= len(self._outbox.pop(n))
        if contig <= self.receipted:
            return False
        self.receipted = change.outbox_drop_below = contig
        self._resend_after_s = RESEND_FIRST_S
        self._resend_at = now.mono + RESEND_FIRST_S
        return True

    def path_up(self, now: Instant) -> None:
        """Everything without a receipt is to be sent on the new path."""
        self._resend = deque(self._outbox)
        self._resend_after_s = RESEND_FIRST_S
        self._resend_at = now.mono + RESEND_FIRST_S

    def again(self, now: Instant, room: int) -> list[Effect]:
        """Entries to send again, after a new path or a long silence (L8)."""
        if self._outbox and not self._resend and now.mono >= self._resend_at:
            self._resend = deque(self._outbox)
            self._resend_after_s = min(2 * self._resend_after_s, RESEND_MAX_S)
            self._resend_at = now.mono + self._resend_after_s
        again: list[Effect] = []
        fresh = {transmit.frame for transmit in self.fresh} if self._resend else set()
        while self._resend and room > 0:
            n = self._resend.popleft()
            sealed = self._outbox.get(n)
            if sealed is not None and n not in self._they_hold and sealed not in fresh:
                again.append(Transmit(sealed, Precedence.PRIORITY))
                room -= len(sealed)
        return again

    def resend_at(self, now: Instant, soon_s: float) -> float:
        """When something is to be sent again; infinity while all is receipted."""
        if self._resend:
            return now.mono + soon_s
        return self._resend_at if self._outbox else float("inf")
