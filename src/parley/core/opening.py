"""OPEN: one station brings the first secret of its direction, sealed to the other's prekey.

It is made once, stored before it is sent, and accepted once. The private half of the prekey goes
in the transaction that accepts it, so that no recording opens later. Source: spec/seal.md S1, S2.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from parley.core.errors import Malformed, Newer, Refused
from parley.core.keys import Entropy, Prekey, check_prekey, hybrid, same, seal_to, sha256
from parley.core.packets import PREKEYS_MAX
from parley.core.seal import Epoch, Made, open_info
from parley.core.terms import Terms
from parley.core.wire import Reader, Value, decode, encode, uvar

VERSION = 1
PREKEYS_OFFERED = 2  # open at one time: one may be on its way while the other is used
OPENS_PER_S = 5  # of one source: each costs two signature checks
SOURCES_MAX = 256  # remembered, so that one source cannot use up the patience due to another
NAMED_WITHIN = 32  # bytes: lengths and version take 16 at most, and so does the line
OPEN_BYTES_MAX = 40_960  # sixteen prekeys and both signatures fit, in any suite (U6)


@dataclass(frozen=True, slots=True)
class MadeOpen:
    """Our OPEN, the epoch it starts, and the private halves of the prekeys it offers."""

    frame: bytes  # without the frame header
    epoch: Epoch
    prekeys: dict[int, bytes]  # id: seed
    share: bytes  # of the record key
    secret: bytes  # that it brings


class SecretDiffers(Refused):
    """The secret of the meeting that was put in here is not the one put in there."""


def make_open(terms: Terms, entropy: Entropy) -> MadeOpen:
    """Make the OPEN of our direction from fresh secrets."""
    info0 = _info(terms)
    secret = entropy(32)
    sealed = seal_to(terms.their_prekey, secret, info0, terms.suite.kem)
    made = Epoch.first(secret, terms.psk0, info0, sealed)
    seeds = {number: entropy(32) for number in range(1, PREKEYS_OFFERED + 1)}
    offered = [[number, Prekey(seed, terms.suite.kem).public] for number, seed in seeds.items()]
    document = encode([*_head(terms, terms.side), sealed, offered, made.confirmation])
    block = terms.our_keys.station.block(hybrid(_signed(info0, sealed, offered), terms.suite.mldsa))
    frame = uvar(len(document)) + document + block
    return MadeOpen(frame, made.epoch, seeds, made.share, secret)


def confirm_anew(frame: bytes, secret: bytes, terms: Terms) -> tuple[bytes, Made] | None:
    """The OPEN that brings `secret`, and its epoch, with the psk0 of `terms`; None where it has
    that already. Nothing that is signed changes, so it is the same OPEN (S1, S19)."""
    document = document_of(frame)
    *fields, confirmation = decode(document)
    made = Epoch.first(secret, terms.psk0, _info(terms), fields[5])
    if same(made.confirmation, confirmation):
        return None
    anew = encode([*fields, made.confirmation])
    return uvar(len(anew)) + anew + frame[len(uvar(len(document)) + document) :], made


def _info(terms: Terms) -> bytes:
    return open_info(*terms.place(terms.side), terms.h_agr, terms.their_prekey)


def _head(terms: Terms, dir: int) -> list[Value]:
    """The fields that say of what the OPEN of a direction is."""
    return [VERSION, *terms.place(dir), terms.h_agr]


def _signed(info0: bytes, sealed: bytes, offered: Value) -> bytes:
    return b"pl1 open" + info0 + sealed + sha256(encode(offered))


@dataclass(frozen=True, slots=True)
class TheirOpen:
    """An OPEN of the right shape for this line; its signatures are not yet checked."""

    hash: bytes  # of its CBOR: ML-DSA signs at random, so the block may differ between copies
    sealed: bytes
    prekeys: Value  # [[id, public key], ...], ascending
    confirmation: bytes
    block: bytes

    @classmethod
    def parse(cls, data: bytes, terms: Terms) -> TheirOpen:
        """Read an OPEN; Malformed for a wrong shape, Refused when it is not for this line."""
        if len(data) > OPEN_BYTES_MAX:
            raise Malformed("an OPEN is too long", rule="S1")
        packet = Reader(data)
        document = packet.document()
        match decode(document):
            case [int(version), terms.line_id, *_] if version > VERSION:
                raise Newer("an OPEN of this line is of a newer version", rule="S1")
            case [*head, bytes(sealed), list(prekeys), bytes(confirmation)] if len(head) == 5:
                pass
            case _:
                raise Malformed("an OPEN has the wrong shape", rule="S1")
        if head != _head(terms, terms.theirs) or bool in map(type, head):
            raise Refused("an OPEN is for another line, incarnation or agreement", rule="S1")
        kem = terms.suite.kem
        if (
            (len(sealed), len(confirmation)) != (kem.sealed_bytes, 16)
            or len(prekeys) > PREKEYS_MAX
            or not _are_prekeys(prekeys, kem.prekey_bytes)
        ):
            raise Malformed("an OPEN has the wrong shape", rule="S1")
        return cls(sha256(document), sealed, prekeys, confirmation, packet.rest())

    def check(self, terms: Terms) -> bytes:
        """Verify both signatures; return info0, Refused otherwise."""
        info0 = open_info(*terms.place(terms.theirs), terms.h_agr, terms.our_prekey)
        message = _signed(info0, self.sealed, self.prekeys)
        terms.their_keys.station.check_whole(self.block, hybrid(message, terms.suite.mldsa))
        for public in self.offered.values():
            check_prekey(public, terms.suite.kem)
        return info0

    @property
    def signed(self) -> tuple[bytes, Value]:
        """What tells one OPEN of a side from another: its confirmation is not signed, and whoever
        carries it can change it."""
        return self.sealed, self.prekeys

    @property
    def offered(self) -> dict[int, bytes]:
        """The prekeys for our REKEYs, by id."""
        return dict(self.prekeys)

    def accept(self, info0: bytes, terms: Terms, prekey_seed: bytes) -> Made:
        """The epoch this OPEN starts; Refused when the shared secret of the meeting differs."""
        secret = Prekey(prekey_seed, terms.suite.kem).open(self.sealed, info0)
        made = Epoch.first(secret, terms.psk0, info0, self.sealed)
        if not same(made.confirmation, self.confirmation):
            raise SecretDiffers("the shared secret differs", rule="S2")
        return made


def names(line_id: bytes, data: bytes) -> bool:
    """Whether an OPEN or RESUME can be of this line: a stranger's is not worth decoding (S1)."""
    return line_id in data[:NAMED_WITHIN]


def document_of(data: bytes) -> bytes:
    """What stands before the signatures of an OPEN or RESUME."""
    packet = Reader(data)
    return packet.take(packet.uvar())


class Patience:
    """How many OPENs of one source are looked at (S1)."""

    def __init__(self) -> None:
        self._heard: dict[str, deque[float]] = {}

    def with_one_more(self, source: str, at: float) -> bool:
        """Whether another one of `source` may be looked at, at this monotonic second."""
        heard = self._heard.setdefault(source, deque(maxlen=OPENS_PER_S))
        if len(heard) == OPENS_PER_S and at - heard[0] < 1.0:
            return False
        heard.append(at)
        if len(self._heard) > SOURCES_MAX:
            del self._heard[next(iter(self._heard))]
        return True


def _are_prekeys(offered: list[Value], size: int) -> bool:
    """Whether these are [id, public key] each, their ids ascending from 1."""
    last = 0
    for item in offered:
        match item:
            case [int(number), bytes(public)] if last < number < 1 << 32 and len(public) == size:
                last = number
            case _:
                return False
    return all(type(number) is int for number, _ in offered)
