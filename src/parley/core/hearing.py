"""The half of a line that listens: their epochs, their log, and what contradicts what was known.

`Ears` finds the key for a frame, opens it, and puts entries into their log strictly by number.
What shows that one of the two stations has lost or changed its past raises `Stop`, and the line
halts (spec/line.md L13 to L18).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from parley.core.effects import Outcome
from parley.core.entry import FIXED_BYTES, Plaintext
from parley.core.errors import Refused
from parley.core.kept import Change, EntryRow, HeldRow
from parley.core.keys import sha256
from parley.core.opening import TheirOpen
from parley.core.packets import KINDS, Kind, Status
from parley.core.record import Log
from parley.core.seal import (
    LOCATOR_BYTES,
    TAG_BYTES,
    Epoch,
    associated,
    envelope_locator,
    open_entry,
    packet_locator,
)
from parley.core.speaking import ENVELOPE, PACKET, frame
from parley.core.terms import Terms
from parley.core.wire import Reader, Value, encode

CIPHERTEXTS_REMEMBERED = 64  # per kind, to tell a repeated packet from a repeated counter
ROOTS_AHEAD_MAX = 64  # roots stated for sizes we have not reached
HELD_BYTES_MAX = 4 << 20  # of bodies that came early; whoever keeps to the limits needs 256 KiB
PAST_EPOCHS_MAX = 16  # whose packets are still known, to find out a station that was rolled back
SEALED_AT = 1 + LOCATOR_BYTES  # in a frame, behind its header and locator


class Stop(Exception):
    """One of the two stations has lost or changed its past; its text says which and how."""


@dataclass(frozen=True, slots=True)
class HeardPacket:
    """An authentic packet newer than all of its kind that were acted on."""

    kind: int
    counter: int
    digest: bytes
    plain: bytes
    epoch: Epoch  # it was sealed under


class Ears:
    """Their direction, as we hear it."""

    def __init__(
        self, terms: Terms, log: Log, cells: Mapping[str, Value], held: list[HeldRow]
    ) -> None:
        self.terms = terms.without_secret()
        self.log = log
        self.held = {row.n: row for row in held}
        self._held_durable = set(self.held)
        self._held_bytes = sum(len(row.body) for row in held)
        self.open_hash: bytes | None = cells.get("heard open")
        # Per kind the newest [counter, digest]; their size as last stated.
        self._newest, self.announced = cells.get("newest", [{}, 0])
        self.flags = 0
        self._prekey: bytes | None = cells.get("prekey")
        self._psk0 = None if self._prekey is None else terms.psk0
        self._seen: int = cells.get("their seen", 0)
        # One epoch lives, or two while they change over; `_until` is the size of their log at
        # which the older one is over, once that is known; `accepted` the hash of the newest REKEY.
        live, past, self._until, self.accepted = cells.get("in", [[], [], None, b""])
        self.epochs = [Epoch.from_cell(cell) for cell in live]
        # Apart from the living ones, which are kept with every entry; once they stood together.
        self._past = [Epoch.from_cell(cell) for cell in cells.get("past", past)]
        self._past_moved = bool(past)
        self._digests: dict[int, dict[int, bytes]] = {
            kind: {counter: digest} for kind, (counter, digest) in self._newest.items()
        }
        self._roots_ahead: dict[int, bytes] = {}
        # What may come: by frame header and locator the epoch, and the entry's number or the kind.
        self.expected: dict[bytes, list[tuple[Epoch, int]]] = {}
        self._listed_to = log.size
        self.moved = False  # entries were taken since the last `keep`
        for epoch in self.epochs:
            self._listen_to(epoch, KINDS)
        for epoch in self._past:
            self._listen_to(epoch, (Kind.STATUS,))
        self._list_entries()

    @property
    def newest_epoch(self) -> int:
        """The newest epoch we have accepted, 0 also before the first."""
        return self.epochs[-1].e if self.epochs else 0

    @property
    def newest_status(self) -> int:
        """The counter of the newest STATUS acted on, 0 for none: our echo."""
        return int(self._newest[Kind.STATUS][0]) if Kind.STATUS in self._newest else 0

    def keep(self, change: Change) -> None:
        """What must be durable with the entries taken: their keys are retired (S4)."""
        for epoch in self.epochs:
            epoch.retire(self.log.size, set(self.held))
        live = [epoch.cell() for epoch in self.epochs]
        change.cells["in"] = encode([live, [], self._until, self.accepted])
        if self._past_moved:
            change.cells["past"] = encode([epoch.past() for epoch in self._past])
            self._past_moved = False
        change.cells["their seen"] = encode(self._seen)
        change.held_put = [row for n, row in self.held.items() if n not in self._held_durable]
        change.held_drop = sorted(self._held_durable - self.held.keys())
        self._held_durable = set(self.held)
        self.moved = False

    def forget(self) -> None:
        """The line is over: its keys are erased (spec/declared.md D9)."""
        self.epochs.clear()
        self._past.clear()
        self.expected.clear()
        self._prekey = self._psk0 = None
        self.moved = False

    # --- OPEN

    def accept_open(self, theirs: TheirOpen, info0: bytes) -> tuple[dict[str, bytes | None], bytes]:
        """Start their first epoch; the prekey's private half goes with it (S2, L2).

        What to keep comes back, and the share that it leaves of a record key (H1).
        """
        if self._prekey is None:
            raise Refused("the prekey of the agreement has been used", rule="S2")
        made = theirs.accept(info0, replace(self.terms, psk0=self._psk0), self._prekey)
        self._prekey = self._psk0 = None
        self.open_hash = theirs.hash
        self._add(made.epoch)
        return {"prekey": None, "heard open": encode(theirs.hash)}, made.share

    # --- epochs

    def begin(self, epoch: Epoch, sealed: bytes) -> None:
        """Listen for a second epoch, brought by `sealed`, beside the present one (S16)."""
        epoch.retire(self.log.size, set())
        self.accepted = sha256(sealed)
        self._add(epoch)

    def spoken_under(self, epoch: Epoch, size: int) -> None:
        """They spoke under `epoch` when they had written `size` entries (S17)."""
        if len(self.epochs) > 1 and epoch is self.epochs[-1] and self._until is None:
            self._until = size
            self.moved = True
            self._end_older()

    def _end_older(self) -> None:
        """Erase the older epoch once nothing sealed under it is missing (S17)."""
        if self._until is None or self.log.size < self._until:
            return
        older, self._until = self.epochs.pop(0), None
        self._past.append(Epoch.from_cell(older.past()))
        self._past_moved = True
        gone = {older, *self._past[:-PAST_EPOCHS_MAX]}
        del self._past[:-PAST_EPOCHS_MAX]
        for locator, items in list(self.expected.items()):
            self.expected[locator] = [item for item in items if item[0] not in gone]
            if not self.expected[locator]:
                del self.expected[locator]
        self._listen_to(self._past[-1], (Kind.STATUS,))

    def _add(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        self._listen_to(epoch, KINDS)
        for n in range(max(epoch.base, self.log.size), self._listed_to):
            self._list(epoch, n)
        self._list_entries()
        self.moved = True

    def _listen_to(self, epoch: Epoch, kinds: Iterable[int]) -> None:
        for kind in kinds:
            locator = frame(PACKET, packet_locator(epoch.kl, kind))
            self.expected.setdefault(locator, []).append((epoch, kind))

    def _list_entries(self) -> None:
        """Know the locators of the next W entries (L7)."""
        top = self.log.size + self.terms.window
        while self.epochs and self._listed_to < top:
            for epoch in self.epochs:
                if self._listed_to >= epoch.base:
                    self._list(epoch, self._listed_to)
            self._listed_to += 1

    def _list(self, epoch: Epoch, n: int) -> None:
        locator = frame(ENVELOPE, envelope_locator(epoch.kl, n))
        self.expected.setdefault(locator, []).append((epoch, n))

    def _unlist(self, n: int) -> None:
        for epoch in self.epochs:
            locator = frame(ENVELOPE, envelope_locator(epoch.kl, n))
            left = [item for item in self.expected.get(locator, ()) if item[1] != n]
            if left:
                self.expected[locator] = left
            else:
                self.expected.pop(locator, None)

    # --- entries

    def envelope(self, data: bytes, our_log: Log, joined: list[EntryRow], wall: float) -> Outcome:
        """Open one envelope; entries that may now join the record are added to `joined`."""
        candidates = self.expected.get(data[:SEALED_AT])
        if not candidates:
            return Outcome.UNKNOWN
        outcome = Outcome.FORGED
        for epoch, n in candidates:
            if n in self.held:
                outcome = Outcome.DUPLICATE
                continue
            row = self._open(epoch, n, data[SEALED_AT:])
            if row is not None:
                return self._take(row, our_log, joined, wall)
        return outcome

    def _open(self, epoch: Epoch, n: int, sealed: bytes) -> HeldRow | None:
        if len(sealed) < TAG_BYTES:
            return None
        key = epoch.message_key(n)
        aad = associated(*self.terms.place(self.terms.theirs), epoch.e, n, epoch.et)
        plain = open_entry(key, aad, sealed)
        if plain is None:
            return None
        if len(plain) < FIXED_BYTES:
            raise Stop("an authentic entry of theirs lacks its fixed part")
        cut = Plaintext.parse(plain)
        return HeldRow(n, cut.type, cut.marks, cut.time, cut.seen16, epoch.et, key.blind, cut.body)

    def _take(self, row: HeldRow, our_log: Log, joined: list[EntryRow], wall: float) -> Outcome:
        if row.n != self.log.size:
            if self._held_bytes + len(row.body) > HELD_BYTES_MAX:
                return Outcome.EARLY  # its key stays, and its sender repeats it
            self.held[row.n] = row
            self._held_bytes += len(row.body)
            self.moved = True
            return Outcome.OK
        waiting: HeldRow | None = row
        while waiting is not None:
            self._join(waiting, our_log, joined, wall)
            waiting = self.held.get(self.log.size)
        self._end_older()
        self._list_entries()
        return Outcome.OK

    def _join(self, row: HeldRow, our_log: Log, joined: list[EntryRow], wall: float) -> None:
        """Append one entry to their log, in its turn (L10)."""
        # The smallest value at or above the previous one that has these low 16 bits.
        seen = self._seen + ((row.seen16 - self._seen) & 0xFFFF)
        if seen > our_log.size:
            raise Stop("an entry of theirs has seen more than we wrote; we were rolled back")
        self._seen = seen
        self._unlist(row.n)
        if self.held.pop(row.n, None) is not None:
            self._held_bytes -= len(row.body)
        self.moved = True
        place, fixed = self.terms.place(self.terms.theirs), (row.type, row.marks, row.time)
        said = row.et, row.blind, row.body
        entry = self.log.join(place, row.n, fixed, seen, our_log, said, wall)
        joined.append(entry)
        stated = self._roots_ahead.pop(self.log.size, None)
        if stated is not None:
            _agree(entry.root, stated)

    # --- packets

    def packet(self, data: bytes) -> HeardPacket | Outcome:
        """Open one packet; an Outcome when there is nothing to act on (L14)."""
        candidates = self.expected.get(data[:SEALED_AT])
        if not candidates:
            return Outcome.UNKNOWN
        packet = Reader(data)
        packet.take(SEALED_AT)
        counter = packet.uint(4)
        sealed = packet.rest()
        for epoch, kind in candidates:
            outcome = self._open_packet(epoch, kind, counter, sealed)
            if outcome is not Outcome.FORGED:
                return outcome
        return Outcome.FORGED

    def _open_packet(
        self, epoch: Epoch, kind: int, counter: int, sealed: bytes
    ) -> HeardPacket | Outcome:
        newest = int(self._newest[kind][0]) if kind in self._newest else 0
        digest = sha256(sealed)
        known = self._digests.get(kind, {}).get(counter)
        if counter <= newest and known in (None, digest):
            return Outcome.STALE if known is None else Outcome.DUPLICATE
        aad = associated(*self.terms.place(self.terms.theirs), epoch.e, None, epoch.et)
        plain = epoch.open_packet(kind, counter, aad, sealed)
        if plain is None:
            return Outcome.FORGED
        if counter <= newest:
            raise Stop("they used one counter for two packets; their station was rolled back")
        if epoch in self._past:
            raise Stop("they speak under keys they had given up; they were rolled back")
        return HeardPacket(kind, counter, digest, plain, epoch)

    def acted_on(self, heard: HeardPacket) -> list[Value]:
        """Remember a packet as the newest of its kind; the value to keep (L14)."""
        self._newest[heard.kind] = [heard.counter, heard.digest]
        digests = self._digests.setdefault(heard.kind, {})
        digests[heard.counter] = heard.digest
        if len(digests) > CIPHERTEXTS_REMEMBERED:
            del digests[min(digests)]
        return [self._newest, self.announced]

    def check_status(self, status: Status, our_log: Log, speaks: int, offered: int) -> None:
        """Compare what they state with what we know; Stop where the past has changed (L15).

        `speaks` is the epoch we seal under, `offered` the newest we made a REKEY for.
        """
        if self.terms.deniable and len(status.own_root) < self.terms.root_bytes:
            raise Refused("a STATUS of a deniable line states whole roots", rule="H6")
        if max({status.contig - 1, *status.sack}) >= our_log.size:
            raise Stop("they have more of ours than we wrote; we were rolled back")
        _agree(our_log.root_at(status.contig), status.their_root)
        if status.size < self.announced:
            raise Stop("their record is shorter than they once said; they were rolled back")
        if status.epoch > offered:
            raise Stop("they accepted an epoch that we have not made; we were rolled back")
        if status.epoch < speaks:
            raise Stop("they lost an epoch they had accepted; they were rolled back")
        self.check_root(status.size, status.own_root)
        self.announced = status.size
        self.flags = status.flags

    def check_root(self, size: int, root: bytes) -> None:
        """Hold a root they state against our copy, now or when we reach that size (L16)."""
        if size <= self.log.size:
            _agree(self.log.root_at(size), root)
            return
        stated = self._roots_ahead.get(size, b"")
        shorter, longer = sorted((stated, root), key=len)
        _agree(longer, shorter)
        self._roots_ahead[size] = longer
        if len(self._roots_ahead) > ROOTS_AHEAD_MAX:
            del self._roots_ahead[min(self._roots_ahead)]


def _agree(ours: bytes, stated: bytes) -> None:
    if ours[: len(stated)] != stated:
        raise Stop("our copies of the record differ")
