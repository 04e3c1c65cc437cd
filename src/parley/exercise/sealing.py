"""What was sealed, with which key and under which nonce: of all that left a station (I26, I27).

Both stations make a mistake in their keys or nonces alike, and then understand each other all the
same. So the cipher itself is listened to: what is known here does not come from what the core says
of its keys. A sealing is known by its tag, which is of key, nonce, data and plaintext together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from parley.core import seal
from parley.core.packets import Kind
from parley.core.seal import LOCATOR_BYTES, TAG_BYTES
from parley.core.speaking import ENVELOPE, PACKET, frame_kind
from parley.core.wire import decode
from parley.exercise.violation import hold

if TYPE_CHECKING:
    from parley.exercise.resident import Resident

Pair = tuple[bytes, bytes]  # key, nonce
Made = tuple[Pair, bytes]  # and what it was bound to: line, incarnation, direction, ...
COUNTER = slice(1 + LOCATOR_BYTES, 1 + LOCATOR_BYTES + 4)  # in the frame of a packet
INC_BYTES = 4
# As spec/line.md L11 and L15 have it, whatever the core says.
SKIPPED_BY_A_START = 1 << 16
PAST_EPOCHS_KNOWN = 16


class Listening:
    """AES-256-GCM-SIV as the core uses it, and a note of each sealing."""

    made: ClassVar[dict[bytes, Made]] = {}  # of the world that is lived through now

    def __init__(self, key: bytes) -> None:
        self._key = key
        cipher = AESGCMSIV(key)
        self._encrypt, self.decrypt = cipher.encrypt, cipher.decrypt

    def encrypt(self, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
        """Seal, and note it."""
        sealed = self._encrypt(nonce, plain, associated)
        Listening.made[sealed[-TAG_BYTES:]] = (self._key, nonce), associated
        return sealed


class Sealings:
    """All sealings of one world, and which of them left."""

    def __init__(self) -> None:
        # From the first world of a process on, the core seals there with what listens.
        vars(seal).update(AESGCMSIV=Listening)
        self._made: dict[bytes, Made] = {}
        self._left: dict[Pair, bytes] = {}
        # What a disk that was put back knows to have reserved of each kind's counters, by station
        # and incarnation.
        self._reserved: dict[str, dict[int, Mapping[int, int]]] = {}
        # The keys of packets, by side and in the order in which they came into use; those of a side
        # whose disk was put back, until then; and the last STATUS of each station since.
        self._keys: tuple[dict[bytes, None], dict[bytes, None]] = ({}, {})
        self._before: list[bytes] = []
        self._last: dict[str, tuple[bytes, int]] = {}
        # Stations in one folder: until one of them has written the record, neither knows which
        # counters the other one takes. Numbers are another matter.
        self.beside: set[str] = set()
        # Machines with a copied disk, which take what its owner takes: no stations.
        self.thieves: set[str] = set()

    def listen(self) -> None:
        """This world goes on; another one may have been lived through meanwhile."""
        Listening.made = self._made

    def put_back(self, station: Resident) -> None:
        """An older disk was put back there."""
        cells = {inc: station.disk.cells_of(station.base.line_id, inc) for inc in station.incs}
        self._reserved[station.name] = {
            inc: decode(each["counters"]) for inc, each in cells.items() if "counters" in each
        }
        self._before = list(self._keys[station.terms.side])
        self._last.pop(station.name, None)

    def leaves(self, station: Resident, frame: bytes) -> None:
        """I26: one key seals one thing under one nonce, unless an older disk was put back."""
        if station.name in self.thieves:
            return
        tag = frame[-TAG_BYTES:]
        if tag not in self._made:
            hold("I26", frame_kind(frame) not in (ENVELOPE, PACKET), "what left was not sealed")
            return
        pair, bound = self._made[tag]
        if self._left.setdefault(pair, tag) != tag:
            # What it is bound to says of which incarnation it is: a station that begins the next
            # one may still stand in the last.
            inc = int.from_bytes(bound[len(station.terms.line_id) :][:INC_BYTES])
            may = self._may_repeat(station, frame, pair[1], inc)
            hold("I26", may, f"{station.name} sealed two things under one nonce")
        if frame_kind(frame) == PACKET:
            self._keys[station.terms.side][pair[0]] = None
            if pair[1][-5] == Kind.STATUS:
                self._last[station.name] = (pair[0], int.from_bytes(frame[COUNTER]))

    def is_deaf_for_cause(self, victim: Resident, other: Resident) -> None:
        """I27: where nobody stopped, whoever was put back says nothing that the other side could
        know: it is stale by its counter, or under keys that are new to it or long given up."""
        key, counter = self._last.get(victim.name, (b"", 0))
        known = key in self._before[-PAST_EPOCHS_KNOWN:]
        newest = decode(other.cells["newest"])[0] if "newest" in other.cells else {}
        fresh = counter > newest.get(Kind.STATUS, (0, b""))[0]
        hold("I27", not (known and fresh), f"{victim.name} speaks under keys it had given up")

    def _may_repeat(self, station: Resident, frame: bytes, nonce: bytes, inc: int) -> bool:
        """Whether it may have forgotten what it sealed: an entry behind its backup, or a counter of
        a later start. Never one that the backup knows to be reserved."""
        if inc > station.restored:
            return station.name in self.beside and frame_kind(frame) == PACKET
        reserved = self._reserved.get(station.name, {}).get(inc, {}).get(nonce[-5])
        if reserved is None or frame_kind(frame) == ENVELOPE:
            return True
        return int.from_bytes(frame[COUNTER]) > reserved + SKIPPED_BY_A_START
