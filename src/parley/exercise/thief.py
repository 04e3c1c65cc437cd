"""A thief who has every frame that was ever sent, and one day takes a copy of a disk (I9, I10).

What was accepted before the theft stays closed. What is sent afterwards stays open to the thief
only until the direction has fresh keys: a REKEY sealed to a prekey that did not exist when the
disk was copied. The thief here does what a thief would do: it takes every byte string it finds
for every kind of key, follows chains, opens OPENs and REKEYs, and tries all recorded envelopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from parley.core.errors import ParleyError
from parley.core.keys import Prekey, hkdf32, hmac_sha256, sha256
from parley.core.record import commitment
from parley.core.seal import Epoch, associated, open_entry, open_info
from parley.core.speaking import OPEN
from parley.core.wire import Reader, decode
from parley.exercise.cells import epochs_in, strings_in
from parley.exercise.violation import Violation

if TYPE_CHECKING:
    from parley.exercise.resident import Resident

REKEY = 3  # its kind of packet
CHAIN_STEPS = 3  # a chain key that is too old gives a retired key at once
SMALL_BYTES = 1_000  # a REKEY is longer


class Recorder:
    """Everything about the line that was ever on a wire, once; envelopes are at their speakers."""

    def __init__(self) -> None:
        self.opens: dict[bytes, int] = {}  # frame: side that sent it
        self.packets: dict[bytes, int] = {}

    def hears(self, side: int, frame: bytes) -> None:
        """Keep what could bring keys."""
        if len(frame) > SMALL_BYTES:
            kept = self.opens if frame[0] >> 2 & 7 == OPEN else self.packets
            kept[frame] = side


class Thief:
    """The copy of one disk, or of both, and what can be made of it."""

    def __init__(self, victims: Sequence[Resident], now: float) -> None:
        self.now = now
        self.opened = 0  # entries
        self.healed = 0  # directions that locked the thief out later
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
        terms = sides[0].terms
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
        prekeys = {key.public: key for key in map(Prekey, found)}
        self._open_opens(recorder, sides, prekeys, epochs)
        self._open_rekeys(recorder, terms, prekeys, epochs)
        self._try_strings_in(found, sides)
        for speaker in sides:
            self._try_envelopes(speaker, epochs)

    # --- where keys come from

    def _open_opens(
        self,
        recorder: Recorder,
        sides: Sequence[Resident],
        prekeys: dict[bytes, Prekey],
        epochs: dict[bytes, Epoch],
    ) -> None:
        for frame, side in recorder.opens.items():
            terms = sides[side].terms
            prekey = prekeys.get(terms.their_prekey)
            if prekey is None:
                continue
            info0 = open_info(terms.line_id, terms.inc, side, terms.h_agr, prekey.public)
            packet = Reader(frame[1:])
            sealed = decode(packet.take(packet.uvar()))[5]
            secret = prekey.open(sealed, info0)
            et = sha256(info0 + sealed)
            root = hkdf32(terms.psk0 or bytes(32), secret, et)
            epochs[et] = Epoch._grow(root, et, 0, 0)

    def _open_rekeys(
        self,
        recorder: Recorder,
        terms: Any,
        prekeys: dict[bytes, Prekey],
        epochs: dict[bytes, Epoch],
    ) -> None:
        """Every REKEY whose prekey is among those stolen gives the next epoch, and so on."""
        left = dict(recorder.packets)
        more = True
        while more:
            more = False
            for frame, dir in list(left.items()):
                for epoch in list(epochs.values()):
                    plain = _packet(frame, dir, terms, epoch)
                    if plain is None:
                        continue
                    del left[frame]
                    grown = _next(plain, dir, terms, epoch, prekeys)
                    if grown is not None and grown.et not in epochs:
                        epochs[grown.et] = grown
                        more = True
                    break

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
            frame = speaker.sealed.get(row.n)
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


def _packet(frame: bytes, dir: int, terms: Any, epoch: Epoch) -> bytes | None:
    """What a recorded REKEY says to whoever has its epoch."""
    aad = associated(terms.line_id, terms.inc, dir, epoch.e, None, epoch.et)
    return epoch.open_packet(REKEY, int.from_bytes(frame[6:10]), aad, frame[10:])


def _next(
    plain: bytes, dir: int, terms: Any, epoch: Epoch, prekeys: dict[bytes, Prekey]
) -> Epoch | None:
    """The epoch that a REKEY makes, if one of the prekeys opens it (spec/seal.md)."""
    packet = Reader(plain)
    place = terms.line_id + terms.inc.to_bytes(4) + bytes([dir])
    numbers = packet.take(16)  # e, prekey id, base
    e, base = int.from_bytes(numbers[:4]), int.from_bytes(numbers[8:])
    sealed = packet.take(1168)
    for public, prekey in prekeys.items():
        info = b"pl1 rekey seal" + place + numbers + epoch.et + sha256(public)
        try:
            secret = prekey.open(sealed, info)
        except ParleyError:
            continue
        et = sha256(b"pl1 rekey" + epoch.et + sealed + sha256(public) + numbers[:4] + numbers[8:])
        return Epoch._grow(hmac_sha256(epoch.nk, secret + et), et, e, base)
    return None
