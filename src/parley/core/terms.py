"""What an agreement fixes for one line and one incarnation, as the line itself needs it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parley.core.keys import SigningKey, VerifyKey
from parley.core.suites import SUITE_1, Suite


@dataclass(frozen=True, slots=True)
class Instant:
    """Now, on both clocks: `wall` may jump and is only ever a claim, `mono` never goes back."""

    wall: float  # POSIX seconds
    mono: float  # seconds since some moment of this start


@dataclass(frozen=True, slots=True)
class OurKeys:
    """Our three signing keys under their names on this line."""

    station: SigningKey
    log: SigningKey
    cosigner: SigningKey

    @property
    def each(self) -> tuple[SigningKey, SigningKey, SigningKey]:
        """The three."""
        return self.station, self.log, self.cosigner

    @property
    def publics(self) -> tuple[VerifyKey, VerifyKey, VerifyKey]:
        """Their public halves."""
        return self.station.public, self.log.public, self.cosigner.public

    def of(self, suite: Suite) -> OurKeys:
        """The keys that a suite grows from the same seeds (U4)."""
        return OurKeys(*(SigningKey(key.public.name, key.seed, suite.mldsa) for key in self.each))


@dataclass(frozen=True, slots=True)
class TheirKeys:
    """Their three public keys under their names on this line."""

    station: VerifyKey
    log: VerifyKey
    cosigner: VerifyKey


@dataclass(frozen=True, slots=True)
class Terms:
    """The agreement, reduced to what the state machine reads."""

    line_id: bytes  # 16 bytes
    inc: int
    side: int  # 0 when we are A, the station with the smaller fingerprint; also our direction
    h_agr: bytes  # 32 bytes
    our_prekey: bytes  # public
    their_prekey: bytes  # public
    our_keys: OurKeys
    their_keys: TheirKeys
    psk0: bytes | None = None
    later_psk: bytes | None = None  # what psk0 leaves behind for later incarnations (N3)
    window: int = 1024  # entries that may be on their way without a receipt
    heartbeat_s: float = 10.0
    rekey_entries: int = 100  # sealed under one epoch before the next is made
    rekey_s: float = 3_600.0
    deniable: bool = False  # heads bear codes that both can make, and no signature (H2)
    suite: Suite = SUITE_1

    @property
    def theirs(self) -> int:
        """Their direction."""
        return 1 - self.side

    def without_secret(self) -> Terms:
        """The same for all that makes no first key: psk0 is held by what mixes it, until then."""
        return replace(self, psk0=None)

    def place(self, dir: int) -> tuple[bytes, int, int]:
        """Which log or channel the one of that direction is."""
        return self.line_id, self.inc, dir

    @property
    def root_bytes(self) -> int:
        """How much of a root our STATUS states: all of it where no cosignature will (H6)."""
        return 32 if self.deniable else 16

    def bound_base(self, base: int) -> int:
        """What a REKEY's keys and signature are bound to of its base: a size, so nothing (H5)."""
        return 0 if self.deniable else base
