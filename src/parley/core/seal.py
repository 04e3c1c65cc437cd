"""Epochs: from one shared secret to one key per entry, and the envelope it seals.

The root key of an epoch (RK) lives for the length of one function call. Kept are what it was
made into: the chain, the locator key, the key for packets about the line, and `nk`, from which
the next epoch grows. So a stolen image opens no entry whose key has been retired (decision 0001).
Sources: RFC 8452 (AES-GCM-SIV), spec/seal.md.
"""

from __future__ import annotations

import struct
from dataclasses import InitVar, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from parley.core.errors import Misused
from parley.core.keys import hkdf32, hmac_sha256, sha256
from parley.core.wire import Value, u8, u32, u64

LOCATOR_BYTES = 5
TAG_BYTES = 16
ENVELOPE_OVERHEAD = LOCATOR_BYTES + TAG_BYTES
CHAIN_STEPS_MAX = 1 << 20
_PLACE = struct.Struct(">IBI")  # incarnation, direction, epoch
_NONCE = bytes(12)  # one key per entry, used once; SIV keeps even a repeated one from leaking


def envelope_locator(kl: bytes, n: int) -> bytes:
    """How a receiver finds the number of an entry without the wire showing it (S5)."""
    return hmac_sha256(kl, b"\x00" + u64(n))[:LOCATOR_BYTES]


def packet_locator(kl: bytes, kind: int) -> bytes:
    """The locator of packets of one kind under one epoch (S8)."""
    return hmac_sha256(kl, b"\x01" + u8(kind))[:LOCATOR_BYTES]


def associated(line_id: bytes, inc: int, dir: int, e: int, n: int | None, et: bytes) -> bytes:
    """The data an envelope (with n) or a packet (without) is bound to (S6)."""
    number = b"" if n is None else u64(n)
    return line_id + _PLACE.pack(inc, dir, e) + number + et


def open_info(line_id: bytes, inc: int, dir: int, h_agr: bytes, prekey: bytes) -> bytes:
    """info0: what the first secret of a direction is bound to (S1)."""
    return b"pl1 open" + line_id + u32(inc) + u8(dir) + h_agr + sha256(prekey)


@dataclass(frozen=True, slots=True)
class EntryKey:
    """What one entry is sealed with and blinded by."""

    key: bytes
    blind: bytes


@dataclass(eq=False, repr=False)
class Epoch:
    """One direction, one epoch: the chain from which each entry's key is taken once."""

    e: int
    base: int  # number at which its chain starts
    et: bytes  # transcript
    kl: bytes  # for locators
    ka: bytes  # for packets about the line
    nk: bytes  # for the next epoch
    chain: InitVar[bytes]
    at: InitVar[int]  # number that `chain` stands at
    skipped: InitVar[dict[int, bytes]]  # message keys of entries that are missing before it

    def __post_init__(self, chain: bytes, at: int, skipped: dict[int, bytes]) -> None:
        self._packets = AESGCMSIV(self.ka)
        # Chain keys and message keys from `_low` to `_high`, derived once and then remembered.
        self._chain = {at: chain}
        self._high = at
        self._message = dict(skipped)
        self._keys: dict[int, EntryKey] = {}  # so that a tampered copy costs one failed open

    @classmethod
    def first(cls, secret: bytes, psk0: bytes | None, info0: bytes, sealed: bytes) -> Made:
        """The first epoch of a direction, with the confirmation of its OPEN (S2)."""
        et = sha256(info0 + sealed)
        rk = hkdf32(psk0 or bytes(32), secret, et)
        confirmation, share = hmac_sha256(rk, b"open")[:16], hmac_sha256(rk, b"rec")
        return Made(cls._grow(rk, et, 0, 0), confirmation, share)

    def next(
        self, secret: bytes, sealed: bytes, prekey: bytes, base: int, bound: int | None = None
    ) -> Epoch:
        """The epoch that follows: `sealed` brought `secret` to the public `prekey` (S14).

        `bound` stands in the transcript for `base`, where that is not to be signed for (H5).
        """
        e, said = self.e + 1, base if bound is None else bound
        et = sha256(b"pl1 rekey" + self.et + sealed + sha256(prekey) + u32(e) + u64(said))
        return self._grow(hmac_sha256(self.nk, secret + et), et, e, base)

    @classmethod
    def _grow(cls, rk: bytes, et: bytes, e: int, base: int) -> Epoch:
        kl, ka, nk, chain = (hmac_sha256(rk, use) for use in (b"loc", b"aux", b"next", b"chain"))
        return cls(e, base, et, kl, ka, nk, chain, at=base, skipped={})

    # --- keys of entries

    def message_key(self, n: int) -> EntryKey:
        """The key of entry `n`; Misused when it has been retired (S3)."""
        if n in self._keys:
            return self._keys[n]
        if n not in self._message:
            if n < self._high or n - self._high > CHAIN_STEPS_MAX:
                raise Misused(f"the key of entry {n} has been retired")
            while self._high <= n:
                self._message[self._high] = hmac_sha256(self._chain[self._high], b"\x01")
                self._step()
        message = self._message[n]
        key = EntryKey(hmac_sha256(message, b"\x03"), hmac_sha256(message, b"\x04"))
        self._keys[n] = key
        return key

    @property
    def reached(self) -> int:
        """The number that its chain has come up to."""
        return self._high

    def _step(self) -> None:
        self._chain[self._high + 1] = hmac_sha256(self._chain[self._high], b"\x02")
        self._high += 1

    def retire(self, below: int, also: set[int]) -> None:
        """Forget the keys of all entries below `below` and of those in `also` (S4).

        The chain is kept at the lowest place from which no retired key can be made again.
        """
        if self._high < below:  # a base far behind costs steps, and neither keys nor memory
            chain = self._chain[self._high]
            for _ in range(self._high, below):
                chain = hmac_sha256(chain, b"\x02")
            self._chain, self._high = {below: chain}, below
        low = max(below, min(self._chain), *(n + 1 for n in also))
        if low > self._high:
            self.message_key(low - 1)
        for n in [n for n in self._message if n < below or n in also]:
            del self._message[n]
        self._keys.clear()
        for n in [n for n in self._chain if n < low]:
            del self._chain[n]

    def cell(self) -> list[Value]:
        """The epoch as kept: no root key, and no key of an entry that has been retired."""
        low = min(self._chain)
        skipped = {n: key for n, key in self._message.items() if n < low}
        return [*self._known, self.nk, self._chain[low], low, skipped]

    @classmethod
    def from_cell(cls, cell: list[Value]) -> Epoch:
        """The epoch as `cell` kept it."""
        return cls(*cell)

    def past(self) -> list[Value]:
        """What is kept of an erased epoch: enough to know its packets, no key of an entry (S17)."""
        return [*self._known, b"", b"", 0, {}]

    @property
    def _known(self) -> list[Value]:
        return [self.e, self.base, self.et, self.kl, self.ka]

    # --- packets about the line

    def seal_packet(self, kind: int, counter: int, aad: bytes, plain: bytes) -> bytes:
        """Seal a packet; the counter is never used twice for one kind (S9)."""
        nonce = bytes(7) + u8(kind) + u32(counter)
        return self._packets.encrypt(nonce, plain, aad)

    def open_packet(self, kind: int, counter: int, aad: bytes, sealed: bytes) -> bytes | None:
        """The packet, or None when it is not authentic."""
        nonce = bytes(7) + u8(kind) + u32(counter)
        try:
            return self._packets.decrypt(nonce, sealed, aad)
        except (InvalidTag, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Made:
    """A first epoch, and what its root key leaves beside it."""

    epoch: Epoch
    confirmation: bytes  # kc, 16 bytes
    share: bytes  # of the record key of a deniable line, 32 bytes (H1)


def seal_entry(key: EntryKey, aad: bytes, plain: bytes) -> bytes:
    """Seal one entry under the key that exists for it alone."""
    return AESGCMSIV(key.key).encrypt(_NONCE, plain, aad)


def open_entry(key: EntryKey, aad: bytes, sealed: bytes) -> bytes | None:
    """The plaintext of an envelope, or None when it is not authentic."""
    try:
        return AESGCMSIV(key.key).decrypt(_NONCE, sealed, aad)
    except (InvalidTag, ValueError):
        return None
