"""A thief who has every frame that was ever sent, and one day takes a copy of a disk (I9, I10).

What was accepted before the theft stays closed. What is sent afterwards stays open to the thief
only until the direction has fresh keys: a REKEY sealed to a prekey that did not exist when the
disk was copied. The thief here does what a thief would do: it takes every byte string it finds
for every kind of key, follows chains, opens OPENs and REKEYs, and tries all recorded envelopes. On
a deniable line it finds the record key, which is kept: that writes heads, and must open nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from parley.core.errors import ParleyError
from parley.core.keys import Prekey, hkdf32, hmac_sha256, sha256
from parley.core.packets import Prekeys
from parley.core.record import Head, commitment
from parley.core.seal import (
    LOCATOR_BYTES,
    Epoch,
    associated,
    open_entry,
    open_info,
    packet_locator,
)
from parley.core.speaking import OPEN, frame_kind
from parley.core.vouching import code_block
from parley.core.wire import Reader, decode
from parley.exercise.cells import epochs_in, strings_in
from parley.exercise.violation import Violation

if TYPE_CHECKING:
    from parley.exercise.resident import Resident

PREKEYS, REKEY = 2, 3  # kinds of packet
CHAIN_STEPS = 3  # a chain key that is too old gives a retired key at once
SMALL_BYTES = 1_000  # a REKEY is longer


class Recorder:
    """Everything about the line that was ever on a wire, once; envelopes are at their speakers."""

    def __init__(self) -> None:
        self.opens: dict[bytes, int] = {}  # frame: side that sent it
        self.packets: dict[bytes, dict[bytes, int]] = {}  # the same, by locator
        self.offered: set[bytes] = set()  # prekeys that anybody can read in an OPEN

    def hears(self, side: int, frame: bytes) -> None:
        """Keep what could bring keys."""
        if len(frame) <= SMALL_BYTES:
            return
        if frame_kind(frame) != OPEN:
            self.packets.setdefault(frame[1 : 1 + LOCATOR_BYTES], {})[frame] = side
        elif frame not in self.opens:
            self.opens[frame] = side
            packet = Reader(frame[1:])
            self.offered |= {public for _, public in decode(packet.take(packet.uvar()))[6]}


class Thief:
    """The copy of one disk, or of both, and what can be made of it."""

    def __init__(self, victims: Sequence[Resident], now: float) -> None:
        self.now = now
        self.opened = 0  # entries
        self.healed = 0  # directions that locked the thief out later
        self.record_keys = 0  # found, and shown to be what vouches for the heads
        self.names = " and ".join(victim.name for victim in victims)
        self._cells = [cells for victim in victims for cells in victim.disk.stolen_cells()]
        # Below these numbers every key must be gone (S4), and how many fresh epochs of a direction
        # the prekeys on the stolen disks, or a REKEY under way, can still betray.
        self._low = [min(victim.left_at[dir] for victim in victims) for dir in (0, 1)]
        self._epoch = [0, 0]
        self._betrayed = [0, 0]
        for victim in victims:
            ours, theirs = victim.terms.side, victim.terms.theirs
            for dir, name in ((ours, "out"), (theirs, "in")):
                for cell in epochs_in(decode(victim.cells[name])) if name in victim.cells else ():
                    self._epoch[dir] = max(self._epoch[dir], cell[0])
            self._betrayed[ours] = max(self._betrayed[ours], 1)
            offered: Any = decode(victim.cells["prekeys"]) if "prekeys" in victim.cells else []
            seeds = [item for item in strings_in(offered) if len(item) == 32]
            self._betrayed[theirs] = max(self._betrayed[theirs], len(seeds))

    def tries(self, recorder: Recorder, sides: Sequence[Resident]) -> None:
        """Open whatever opens; a Violation when that is too much."""
        found: set[bytes] = set()
        epochs: dict[bytes, Epoch] = {}
        for cells in self._cells:
            for cell in cells.values():
                value = decode(cell)
                found.update(item for item in strings_in(value) if len(item) == 32)
                for epoch in map(Epoch.from_cell, epochs_in(value)):
                    known = epochs.get(epoch.et)
                    if known is None or min(known._chain) > min(epoch._chain):
                        epochs[epoch.et] = epoch
        kem = sides[0].terms.suite.kem
        prekeys = {key.public: key for key in (Prekey(seed, kem) for seed in found)}
        self._open_opens(recorder, sides, prekeys, found, epochs)
        self._open_rekeys(recorder, sides, prekeys, found, epochs)
        self._try_strings_in(found, sides)
        self.record_keys = sum(_vouches(item, side) for item in found for side in sides)
        for speaker in sides:
            self._try_envelopes(speaker, epochs)

    # --- where keys come from

    def _open_opens(
        self,
        recorder: Recorder,
        sides: Sequence[Resident],
        prekeys: dict[bytes, Prekey],
        found: set[bytes],
        epochs: dict[bytes, Epoch],
    ) -> None:
        """By the prekey it was sealed to, or by what it brings, which its speaker keeps for a while
        where a secret of the meeting is used (S19)."""
        for frame, side in recorder.opens.items():
            terms = sides[side].terms
            prekey = prekeys.get(terms.their_prekey)
            info0 = open_info(terms.line_id, terms.inc, side, terms.h_agr, terms.their_prekey)
            packet = Reader(frame[1:])
            document = decode(packet.take(packet.uvar()))
            sealed, confirmation = document[5], document[7]
            et = sha256(info0 + sealed)
            for secret in found if prekey is None else [prekey.open(sealed, info0)]:
                root = hkdf32(terms.psk0 or bytes(32), secret, et)
                # What was recorded may have been changed on its way: the prekey opens it anyhow.
                if prekey is not None or hmac_sha256(root, b"open")[:16] == confirmation:
                    epochs[et] = Epoch._grow(root, et, 0, 0)

    def _open_rekeys(
        self,
        recorder: Recorder,
        sides: Sequence[Resident],
        prekeys: dict[bytes, Prekey],
        found: set[bytes],
        epochs: dict[bytes, Epoch],
    ) -> None:
        """Every REKEY whose prekey is among those stolen gives the next epoch, and so on."""
        terms = sides[0].terms
        entries = {row.blind: row.et for speaker in sides for row in speaker.ours}
        offered = set(prekeys) | recorder.offered
        left = list(epochs.values())
        while left:
            epoch = left.pop()
            for kind in (PREKEYS, REKEY):
                locator = packet_locator(epoch.kl, kind)
                for frame, dir in recorder.packets.get(locator, {}).items():
                    aad = associated(terms.line_id, terms.inc, dir, epoch.e, None, epoch.et)
                    counter = int.from_bytes(frame[6:10])
                    plain = epoch.open_packet(kind, counter, aad, frame[10:])
                    if plain is None:
                        continue
                    if kind == PREKEYS:
                        offered |= set(Prekeys.parse(plain, terms.suite).offered.values())
                        continue
                    rekey = _Rekey(plain, dir, terms, epoch)
                    grown = rekey.grown(offered, prekeys, found, entries)
                    if grown is not None and grown.et not in epochs:
                        epochs[grown.et] = grown
                        left.append(grown)

    # --- what they open

    def _try_strings_in(self, found: set[bytes], sides: Sequence[Resident]) -> None:
        """Each string as a message key, a chain key and a root key; the blinding value shows it."""
        blinds = {row.blind: (row.dir, row.n) for speaker in sides for row in speaker.ours}
        for item in found:
            keys = [item]
            for chain in (item, hmac_sha256(item, b"chain")):
                for _ in range(CHAIN_STEPS):
                    keys.append(hmac_sha256(chain, b"\x01"))
                    chain = hmac_sha256(chain, b"\x02")
            for key in keys:
                entry = blinds.get(hmac_sha256(key, b"\x04"))
                if entry is not None:
                    self._holds(*entry)

    def _try_envelopes(self, speaker: Resident, epochs: dict[bytes, Epoch]) -> None:
        terms = speaker.terms
        dir = terms.side
        for row in speaker.ours:
            epoch = epochs.get(row.et)
            frame = speaker.sealed.get((terms.inc, row.n))
            if epoch is None or frame is None:
                self.healed += epoch is None
                continue
            try:
                key = epoch.message_key(row.n)
            except ParleyError:
                continue  # retired
            aad = associated(terms.line_id, terms.inc, dir, epoch.e, row.n, epoch.et)
            plain = open_entry(key, aad, frame[6:])
            if plain is not None and commitment(key.blind, plain[8:]) == commitment(
                row.blind, row.body
            ):
                self.opened += 1
                self._holds(dir, row.n)
                if epoch.e > self._epoch[dir] + self._betrayed[dir]:
                    raise Violation(
                        "I10", f"the thief of {self.names} reads {row.n} after fresh keys"
                    )

    def _holds(self, dir: int, n: int) -> None:
        if n < self._low[dir]:
            raise Violation("I9", f"the disk of {self.names} opens entry {n} of log {dir}")


def _vouches(item: bytes, side: Resident) -> bool:
    """Whether this string gives the code that a kept head bears."""
    if not side.terms.deniable or not side.heads:
        return False
    row, terms = side.heads[-1], side.terms
    head = Head(terms.line_id, terms.inc, row.dir, row.size, row.root)
    return code_block(item, terms.line_id, head.text) == row.block


class _Rekey:
    """A REKEY that the thief can read, because its epoch was stolen (spec/seal.md)."""

    def __init__(self, plain: bytes, dir: int, terms: Any, epoch: Epoch) -> None:
        e, number, base = plain[:4], plain[4:8], plain[8:16]
        place = terms.line_id + terms.inc.to_bytes(4) + bytes([dir])
        bound = terms.bound_base(int.from_bytes(base)).to_bytes(8)
        self._epoch = epoch
        self._info = b"pl1 rekey seal" + place + e + number + bound + epoch.et
        self._e, self._base, self._said = int.from_bytes(e), int.from_bytes(base), e + bound
        self._sealed = plain[16 : 16 + terms.suite.kem.sealed_bytes]

    def grown(
        self,
        offered: set[bytes],
        prekeys: dict[bytes, Prekey],
        found: set[bytes],
        entries: dict[bytes, bytes],
    ) -> Epoch | None:
        """The next epoch: a stolen prekey opens the secret, or something stolen will do for it.

        A thief would try every prekey that was ever offered. `entries` are the transcripts of all
        entries by their blinding values: they say which prekey it was, and spare the trying.
        """
        used = set(entries.values())
        for public in offered:
            if self._transcript(public) not in used:
                continue
            if public in prekeys:
                secret = prekeys[public].open(self._sealed, self._info + sha256(public))
                return self._next(public, secret)
            for secret in (bytes(32), *found):
                grown = self._next(public, secret)
                for n in range(grown.base, grown.base + CHAIN_STEPS):
                    if grown.message_key(n).blind in entries:
                        return self._next(public, secret)
        return None

    def _transcript(self, public: bytes) -> bytes:
        before = b"pl1 rekey" + self._epoch.et
        return sha256(before + self._sealed + sha256(public) + self._said)

    def _next(self, public: bytes, secret: bytes) -> Epoch:
        et = self._transcript(public)
        return Epoch._grow(hmac_sha256(self._epoch.nk, secret + et), et, self._e, self._base)
