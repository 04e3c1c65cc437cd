"""Keys that sign, keys that a secret is sealed to, and the one way to derive a key from another.

Every signature stands in a *block* that names its algorithms and keys; a reader knows which
signatures a document needs, in which order, and takes nothing else. Sources: RFC 8032 (Ed25519),
FIPS 204 (ML-DSA), FIPS 203 (ML-KEM), RFC 9180 (HPKE) with X-Wing's key pair, RFC 5869 (HKDF),
C2SP signed-note (key ids).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
)

from parley.core.errors import Malformed, Misused, Refused
from parley.core.wire import Reader, u8

Entropy = Callable[[int], bytes]  # so many fresh random bytes; handed in at the door (K7)

ED25519 = 0x01
COSIGN_ED25519 = 0x04
COSIGN_MLDSA44 = 0x06
MLDSA44 = 0x07
MLDSA65 = 0x08  # roots only; the wire never carries it
SIGNATURE_BYTES = {
    ED25519: 64,
    COSIGN_ED25519: 64,
    COSIGN_MLDSA44: 2420,
    MLDSA44: 2420,
    MLDSA65: 3309,
}
PREKEY_BYTES = 1216  # ML-KEM-768 1,184 and X25519 32
SEALED_SECRET_BYTES = 1168  # encapsulation 1,120, the 32 bytes and their tag


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
    """A pair of public keys under one name: Ed25519 and ML-DSA (44 for stations, 65 for roots)."""

    name: str
    ed25519: bytes
    mldsa: bytes

    def named(self, name: str) -> VerifyKey:
        """The same keys under the name they bear on a line."""
        return VerifyKey(name, self.ed25519, self.mldsa)

    def key_id(self, algorithm: int) -> bytes:
        """The first four bytes of H(name, 0A, algorithm, public key) (C2SP signed-note; K2)."""
        public = self.ed25519 if algorithm in (ED25519, COSIGN_ED25519) else self.mldsa
        return sha256(self.name.encode() + b"\n" + u8(algorithm) + public)[:4]

    @cached_property
    def _ed(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.ed25519)

    @cached_property
    def _ml(self) -> MLDSA44PublicKey | MLDSA65PublicKey:
        if len(self.mldsa) == 1952:
            return MLDSA65PublicKey.from_public_bytes(self.mldsa)
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

    def check(
        self,
        block: Reader,
        required: Sequence[tuple[int, bytes]],
        optional: Sequence[tuple[int, bytes]] = (),
    ) -> list[int]:
        """Read one signature block; return the algorithms that stand, Refused if one does not.

        `required` and `optional` are (algorithm, message); cheapest first, which is ascending.
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


class SigningKey:
    """The private halves of a `VerifyKey`, grown from two 32-byte seeds."""

    SEED_BYTES = 64

    def __init__(self, name: str, seed: bytes, *, root: bool = False) -> None:
        if len(seed) != self.SEED_BYTES:
            raise Misused("a signing key grows from 64 bytes of seed")
        self.seed = seed
        self._ed = Ed25519PrivateKey.from_private_bytes(seed[:32])
        self._ml: MLDSA44PrivateKey | MLDSA65PrivateKey = (
            MLDSA65PrivateKey.from_seed_bytes(seed[32:])
            if root
            else MLDSA44PrivateKey.from_seed_bytes(seed[32:])
        )
        self.root = root
        self.public = VerifyKey(
            name, self._ed.public_key().public_bytes_raw(), self._ml.public_key().public_bytes_raw()
        )

    def named(self, name: str) -> SigningKey:
        """The same keys under the name they bear on a line."""
        return SigningKey(name, self.seed, root=self.root)

    def block(self, wanted: Sequence[tuple[int, bytes]]) -> bytes:
        """A signature block over (algorithm, message) pairs, ascending (K3)."""
        out = bytearray(u8(len(wanted)))
        for algorithm, message in sorted(wanted):
            by_ed = algorithm in (ED25519, COSIGN_ED25519)
            signature = self._ed.sign(message) if by_ed else self._ml.sign(message)
            out += u8(algorithm) + self.public.key_id(algorithm) + signature
        return bytes(out)


def hybrid(message: bytes, *, root: bool = False) -> list[tuple[int, bytes]]:
    """Both algorithms over one message: what a document of trust bears."""
    return [(ED25519, message), (MLDSA65 if root else MLDSA44, message)]


# --- sealing a secret to a prekey

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class Prekey:
    """A one-time key pair that a secret can be sealed to: ML-KEM-768 with X25519 (X-Wing)."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise Misused("a prekey grows from 32 bytes of seed")
        self.seed = seed
        expanded = hashlib.shake_256(seed).digest(96)
        kem = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        dh = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
        self._private = hpke.MLKEM768X25519PrivateKey(kem, dh)
        self.public = kem.public_key().public_bytes_raw() + dh.public_key().public_bytes_raw()

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """The secret sealed to this key under `info`; Refused when it does not open."""
        if len(sealed) != SEALED_SECRET_BYTES:
            raise Malformed("a sealed secret has the wrong length", rule="K6")
        try:
            return _SUITE.decrypt(sealed, self._private, info)
        except (InvalidTag, ValueError) as error:
            raise Refused("the sealed secret does not open with our key", rule="K6") from error


def seal_to(public: bytes, secret: bytes, info: bytes) -> bytes:
    """Seal a 32-byte secret to a prekey, bound to `info` (HPKE base mode, one shot)."""
    if len(public) != PREKEY_BYTES:
        raise Malformed("a prekey has the wrong length", rule="K6")
    try:
        kem = mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184])
        dh = x25519.X25519PublicKey.from_public_bytes(public[1184:])
        return _SUITE.encrypt(secret, hpke.MLKEM768X25519PublicKey(kem, dh), info)
    except ValueError as error:
        raise Refused("a prekey is not a usable key", rule="K6") from error


def check_prekey(public: bytes) -> bytes:
    """The prekey itself once it is shown to be one; Refused otherwise."""
    seal_to(public, bytes(32), b"")
    return public
