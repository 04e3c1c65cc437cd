"""Packets about the line: STATUS, PREKEYS, REKEY, CHECKPOINT, COSIGN. Not in the record.

They may be lost, repeated and overtaken without harm: the newest of a kind replaces the others.
Source: spec/seal.md S7 to S16.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from parley.core.errors import Malformed
from parley.core.suites import Suite
from parley.core.wire import Reader, u8, u32, u64, uvar

SACK_BYTES_MAX = 8
ROOT_LENGTHS = (8, 16, 32)
COUNTER_MAX = (1 << 32) - (1 << 20)  # from here on only a HALTED line's STATUS is sealed
COUNTER_LAST = (1 << 32) - 1
PREKEYS_MAX = 16  # open at one time
TIME_MAX = (1 << 63) - 1  # POSIX seconds in a cosignature (C2SP tlog-cosignature)


class Kind(IntEnum):
    """Packet kinds of this station; the others up to 2F are counted and ignored."""

    STATUS = 1
    PREKEYS = 2
    REKEY = 3
    CHECKPOINT = 4
    COSIGN = 5


KINDS = range(0x30)  # a receiver listens for all of them, so that a later one is not junk


class Flag(IntFlag):
    """Flags of a STATUS; unknown bits are ignored."""

    HALTED = 0x01
    WANTS_PREKEYS = 0x02
    WANTS_REKEY = 0x04
    CLOCK_IN_DOUBT = 0x10
    CLOSED = 0x20  # both have closed, and the sender needs nothing more (spec/declared.md D9)


@dataclass(frozen=True, slots=True)
class Status:
    """Receipt and heartbeat in one: what the sender durably has, and what it has heard (S10)."""

    size: int  # the sender's own log
    contig: int  # entries of ours it has without a gap
    sack: frozenset[int]  # further entries of ours it has
    own_root: bytes
    their_root: bytes  # of our log at contig, as the sender holds it
    epoch: int
    echo: int  # newest STATUS of ours it has heard, 0 for none
    cover: int  # how much of our log our signatures cover, as it holds them
    flags: int

    def to_bytes(self, root_bytes: int) -> bytes:
        """The packet, with roots cut to `root_bytes`."""
        bits = 0
        for n in self.sack:
            if 0 <= n - self.contig - 1 < 8 * SACK_BYTES_MAX:
                bits |= 1 << n - self.contig - 1
        sack = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
        counts = uvar(self.size) + uvar(self.contig) + u8(len(sack)) + sack
        roots = u8(root_bytes) + self.own_root[:root_bytes] + self.their_root[:root_bytes]
        rest = uvar(self.epoch) + u32(self.echo) + uvar(self.cover) + u8(self.flags)
        return counts + roots + rest

    @classmethod
    def parse(cls, data: bytes) -> Status:
        """The packet; unknown flags and tail fields are passed over, unknown root lengths not."""
        packet = Reader(data)
        size, contig = packet.uvar(), packet.uvar()
        count = packet.uint(1)
        if count > SACK_BYTES_MAX:
            raise Malformed("a STATUS acknowledges more than 64 entries out of order", rule="S10")
        bits = int.from_bytes(packet.take(count), "little")
        sack = frozenset(contig + 1 + i for i in range(8 * count) if bits >> i & 1)
        root_bytes = packet.uint(1)
        if root_bytes not in ROOT_LENGTHS:
            raise Malformed(f"a root of {root_bytes} bytes is not used", rule="S10")
        own, their = packet.take(root_bytes), packet.take(root_bytes)
        epoch, echo, cover, flags = packet.uvar(), packet.uint(4), packet.uvar(), packet.uint(1)
        while packet.at < len(data):
            packet.uint(1)
            packet.take(packet.uvar())
        return cls(size, contig, sack, own, their, epoch, echo, cover, flags)


@dataclass(frozen=True, slots=True)
class Prekeys:
    """All prekeys of the sender that are open, signed by its station key (S15)."""

    offered: dict[int, bytes]  # id: public key, ascending
    block: bytes

    @staticmethod
    def listing(offered: dict[int, bytes]) -> bytes:
        """The list as it is sent and hashed."""
        items = (u32(number) + public for number, public in sorted(offered.items()))
        return u8(len(offered)) + b"".join(items)

    def to_bytes(self) -> bytes:
        """The packet."""
        return self.listing(self.offered) + self.block

    @classmethod
    def parse(cls, data: bytes, suite: Suite) -> Prekeys:
        """The packet, its signatures not yet checked."""
        size = suite.kem.prekey_bytes
        packet = Reader(data)
        numbered = [(packet.uint(4), packet.take(size)) for _ in range(packet.uint(1))]
        numbers = [number for number, _ in numbered]
        if len(numbers) > PREKEYS_MAX or numbers != sorted(set(numbers)) or 0 in numbers:
            raise Malformed("prekeys are repeated, out of order or too many", rule="S15")
        return cls(dict(numbered), packet.rest())


@dataclass(frozen=True, slots=True)
class Rekey:
    """A fresh secret sealed to a prekey: the next epoch of the sender's direction (S18)."""

    e: int  # the epoch it makes
    prekey: int  # id
    base: int  # number at which its chain starts
    sealed: bytes
    block: bytes

    def to_bytes(self) -> bytes:
        """The packet."""
        return u32(self.e) + u32(self.prekey) + u64(self.base) + self.sealed + self.block

    @classmethod
    def parse(cls, data: bytes, suite: Suite) -> Rekey:
        """The packet, its signatures not yet checked."""
        packet = Reader(data)
        e, prekey, base = packet.uint(4), packet.uint(4), packet.uint(8)
        return cls(e, prekey, base, packet.take(suite.kem.sealed_bytes), packet.rest())


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The sender's own log at one size, signed by its log key (S11)."""

    size: int
    root: bytes
    block: bytes

    def to_bytes(self) -> bytes:
        """The packet."""
        return uvar(self.size) + self.root + self.block

    @classmethod
    def parse(cls, data: bytes) -> Checkpoint:
        """The packet, its signatures not yet checked."""
        packet = Reader(data)
        return cls(packet.uvar(), packet.take(32), packet.rest())


@dataclass(frozen=True, slots=True)
class Cosign:
    """Our log at one size, signed by the sender: its signed receipt, with its clock (S12)."""

    size: int
    time: int  # POSIX seconds
    block: bytes

    def to_bytes(self) -> bytes:
        """The packet."""
        return uvar(self.size) + u64(self.time) + self.block

    @classmethod
    def parse(cls, data: bytes) -> Cosign:
        """The packet, its signatures not yet checked."""
        packet = Reader(data)
        size, time = packet.uvar(), packet.uint(8)
        if time > TIME_MAX:
            raise Malformed("a cosignature bears no time that can be", rule="S12")
        return cls(size, time, packet.rest())
