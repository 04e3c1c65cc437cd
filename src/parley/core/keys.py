"""Keys that sign, keys that a secret is sealed to, and the one way to derive a key from another.

Every signature stands in a *block* that names its algorithms and keys; a reader knows which
signatures a document needs, in which order, and takes nothing else. Sources: RFC 8032 (Ed25519),
FIPS 204 (ML-DSA), FIPS 203 (ML-KEM), RFC 9180 (HPKE) with the key pairs of draft-ietf-hpke-pq (one
is X-Wing's), RFC 5869 (HKDF), C2SP signed-note (key ids). Which of them a line uses is its suite.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parley.core.errors import Malformed, Misused, Refused
from parley.core.wire import Reader, u8

Entropy = Callable[[int], bytes]  # so many fresh random bytes; handed in at the door (K7)
Signed = Sequence[tuple[int, bytes]]  # (algorithm, message) of signatures that stand or are to

ED25519 = 0x01
COSIGN_ED25519 = 0x04
COSIGN_MLDSA44 = 0x06
MLDSA44 = 0x07
MLDSA65 = 0x08  # roots only; the wire never carries it
MLDSA87 = 0x09
COSIGN_MLDSA87 = 0x0A
SIGNATURE_BYTES = {
    ED25519: 64,
    COSIGN_ED25519: 64,
    COSIGN_MLDSA44: 2420,
    MLDSA44: 2420,
    MLDSA65: 3309,
    MLDSA87: 4627,
    COSIGN_MLDSA87: 4627,
}
MLDSA87_BYTES = 2592  # of a public key
# C2SP has assigned no type to this one: its key ids take FF and a name, as signed-note has it (U5).
_KEY_TYPE = {COSIGN_MLDSA87: b"\xffparley.invalid/cosignature/ml-dsa-87"}


def sha256(data: bytes) -> bytes:
    """H of the specification."""
    return hashlib.sha256(data).digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """HMAC with SHA-256, 32 bytes (RFC 2104; K1)."""
    return hmac.digest(key, data, "sha256")


def hkdf32(salt: bytes, secret: bytes, info: bytes) -> bytes:
    """HKDF with SHA-256 and one block of output, 32 bytes (RFC 5869)."""
    return hmac_sha256(hmac_sha256(salt, secret), info + b"\x01")


def same(ours: bytes, theirs: bytes) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(ours, theirs)


# --- signatures

# Under an Ed25519 key of small order one signature verifies for many messages, so its owner could
# deny all of them. These are the y of the eight points (Chalkias et al., "Taming the many EdDSAs").
_P = (1 << 255) - 19
_Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = {0, 1, _P - 1, _Y8, _P - _Y8}


@dataclass(frozen=True)
class VerifyKey:
    """A pair of public keys under one name: Ed25519 and ML-DSA.

    The length says which ML-DSA: 44 or 87 for stations, by the suite, and 65 for roots.
    """

    name: str
    ed25519: bytes
    mldsa: bytes

    def named(self, name: str) -> VerifyKey:
        """The same keys under the name they bear on a line."""
        return VerifyKey(name, self.ed25519, self.mldsa)

    def key_id(self, algorithm: int) -> bytes:
        """The first four bytes of H(name, 0A, algorithm, public key) (C2SP signed-note; K2)."""
        public = self.ed25519 if algorithm in (ED25519, COSIGN_ED25519) else self.mldsa
        kind = _KEY_TYPE.get(algorithm, u8(algorithm))
        return sha256(self.name.encode() + b"\n" + kind + public)[:4]

    @property
    def cosigns(self) -> int:
        """By which number its ML-DSA half signs heads (R8, U5)."""
        return COSIGN_MLDSA87 if len(self.mldsa) == MLDSA87_BYTES else COSIGN_MLDSA44

    @cached_property
    def _ed(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.ed25519)

    @cached_property
    def _ml(self) -> MLDSA44PublicKey | MLDSA65PublicKey | MLDSA87PublicKey:
        if len(self.mldsa) == 1952:
            return MLDSA65PublicKey.from_public_bytes(self.mldsa)
        if len(self.mldsa) == MLDSA87_BYTES:
            return MLDSA87PublicKey.from_public_bytes(self.mldsa)
        return MLDSA44PublicKey.from_public_bytes(self.mldsa)

    def usable(self) -> VerifyKey:
        """The key itself once both halves are shown to be keys; Malformed otherwise."""
        try:
            _ = self._ed, self._ml
        except ValueError as error:
            raise Malformed("a public key is not one", rule="I2") from error
        if int.from_bytes(self.ed25519, "little") % (1 << 255) % _P in _SMALL_ORDER:
            raise Malformed("a public key is one under which anybody can sign", rule="I2")
        return self

    def check(self, block: Reader, required: Signed, optional: Signed = ()) -> list[int]:
        """Read one signature block; return the algorithms that stand, Refused if one does not.

        Cheapest first, which is ascending.
        """
        count = block.uint(1)
        if count == len(required):
            wanted = list(required)
        elif optional and count == len(required) + len(optional):
            wanted = sorted([*required, *optional])
        else:
            raise Refused(
                f"the document bears {count} signatures where {len(required)} are required",
                rule="K4",
            )
        found: list[tuple[int, bytes, bytes]] = []
        for algorithm, message in wanted:
            if block.uint(1) != algorithm or block.take(4) != self.key_id(algorithm):
                raise Refused("a signature is by another key than the one required", rule="K4")
            found.append((algorithm, message, block.take(SIGNATURE_BYTES[algorithm])))
        for algorithm, message, signature in found:
            try:
                if algorithm in (ED25519, COSIGN_ED25519):
                    self._ed.verify(signature, message)
                else:
                    self._ml.verify(signature, message)
            except InvalidSignature as error:
                raise Refused("a signature does not verify", rule="K4") from error
        return [algorithm for algorithm, _ in wanted]

    def check_whole(self, block: bytes, required: Signed, optional: Signed = ()) -> list[int]:
        """The same of a block that stands by itself: nothing may follow it."""
        packet = Reader(block)
        found = self.check(packet, required, optional)
        packet.end()
        return found


_MldsaPrivate = MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey
_GROW: dict[int, Callable[[bytes], _MldsaPrivate]] = {
    MLDSA44: MLDSA44PrivateKey.from_seed_bytes,
    MLDSA65: MLDSA65PrivateKey.from_seed_bytes,
    MLDSA87: MLDSA87PrivateKey.from_seed_bytes,
}


class SigningKey:
    """The private halves of a `VerifyKey`, grown from two 32-byte seeds.

    The keys of two parameter sets from one seed are unrelated: ML-DSA's key generation hashes the
    set's dimensions with the seed (FIPS 204, algorithm 6; U4).
    """

    SEED_BYTES = 64

    def __init__(self, name: str, seed: bytes, mldsa: int = MLDSA44, *, root: bool = False) -> None:
        if len(seed) != self.SEED_BYTES:
            raise Misused("a signing key grows from 64 bytes of seed")
        self.seed = seed
        self.mldsa = MLDSA65 if root else mldsa
        self._ed = Ed25519PrivateKey.from_private_bytes(seed[:32])
        self._ml = _GROW[self.mldsa](seed[32:])
        self.public = VerifyKey(
            name, self._ed.public_key().public_bytes_raw(), self._ml.public_key().public_bytes_raw()
        )

    def named(self, name: str) -> SigningKey:
        """The same keys under the name they bear on a line."""
        return SigningKey(name, self.seed, self.mldsa)

    def block(self, wanted: Signed) -> bytes:
        """A signature block, ascending (K3)."""
        out = bytearray(u8(len(wanted)))
        for algorithm, message in sorted(wanted):
            by_ed = algorithm in (ED25519, COSIGN_ED25519)
            signature = self._ed.sign(message) if by_ed else self._ml.sign(message)
            out += u8(algorithm) + self.public.key_id(algorithm) + signature
        return bytes(out)


def hybrid(message: bytes, mldsa: int = MLDSA44) -> list[tuple[int, bytes]]:
    """Both algorithms over one message: what a document of trust bears."""
    return [(ED25519, message), (mldsa, message)]


# --- sealing a secret to a prekey

_Private = hpke.MLKEM768X25519PrivateKey | hpke.MLKEM1024P384PrivateKey
_Public = hpke.MLKEM768X25519PublicKey | hpke.MLKEM1024P384PublicKey


@dataclass(frozen=True, slots=True)
class Kem:
    """Two key exchanges that HPKE joins into one: ML-KEM, and Diffie-Hellman on a curve."""

    joined: hpke.Suite
    prekey_bytes: int  # public halves: lattice, then curve
    sealed_bytes: int  # encapsulation, the 32 bytes of a secret and their tag
    grow: Callable[[bytes], tuple[_Private, bytes]]  # from expanded seed: private, public bytes
    read: Callable[[bytes], _Public]  # ValueError where it is no key


def _grow_x25519(wide: bytes) -> tuple[_Private, bytes]:
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(wide[:64])
    curve = x25519.X25519PrivateKey.from_private_bytes(wide[64:96])
    public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return hpke.MLKEM768X25519PrivateKey(lattice, curve), public


def _read_x25519(public: bytes) -> _Public:
    lattice = mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184])
    curve = x25519.X25519PublicKey.from_public_bytes(public[1184:])
    return hpke.MLKEM768X25519PublicKey(lattice, curve)


def _grow_p384(wide: bytes) -> tuple[_Private, bytes]:
    lattice = mlkem.MLKEM1024PrivateKey.from_seed_bytes(wide[:64])
    # Not below the curve's order in one seed of 2^192: the draft gives up too.
    curve = ec.derive_private_key(int.from_bytes(wide[64:112], "big"), ec.SECP384R1())
    point = curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    public = lattice.public_key().public_bytes_raw() + point
    return hpke.MLKEM1024P384PrivateKey(lattice, curve), public


def _read_p384(public: bytes) -> _Public:
    lattice = mlkem.MLKEM1024PublicKey.from_public_bytes(public[:1568])
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), public[1568:])
    return hpke.MLKEM1024P384PublicKey(lattice, point)


def _hpke(kem: hpke.KEM) -> hpke.Suite:
    return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


XWING = Kem(_hpke(hpke.KEM.MLKEM768_X25519), 1216, 1168, _grow_x25519, _read_x25519)
MLKEM1024_P384 = Kem(_hpke(hpke.KEM.MLKEM1024_P384), 1665, 1713, _grow_p384, _read_p384)


class Prekey:
    """A one-time key pair that a secret can be sealed to."""

    def __init__(self, seed: bytes, kem: Kem = XWING) -> None:
        if len(seed) != 32:
            raise Misused("a prekey grows from 32 bytes of seed")
        self.seed, self.kem = seed, kem
        self._private, self.public = kem.grow(hashlib.shake_256(seed).digest(112))

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """The secret sealed to this key under `info`; Refused when it does not open."""
        if len(sealed) != self.kem.sealed_bytes:
            raise Malformed("a sealed secret has the wrong length", rule="K6")
        try:
            return self.kem.joined.decrypt(sealed, self._private, info)
        except (InvalidTag, ValueError) as error:
            raise Refused("the sealed secret does not open with our key", rule="K6") from error


def seal_to(public: bytes, secret: bytes, info: bytes, kem: Kem = XWING) -> bytes:
    """Seal a 32-byte secret to a prekey, bound to `info` (HPKE base mode, one shot)."""
    if len(public) != kem.prekey_bytes:
        raise Malformed("a prekey has the wrong length", rule="K6")
    try:
        return kem.joined.encrypt(secret, kem.read(public), info)
    except ValueError as error:
        raise Refused("a prekey is not a usable key", rule="K6") from error


def check_prekey(public: bytes, kem: Kem = XWING) -> bytes:
    """The prekey itself once it is shown to be one; Refused otherwise."""
    seal_to(public, bytes(32), b"", kem)
    return public
