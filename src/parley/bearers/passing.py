"""A certificate in passing: QUIC wants one, and nobody looks at it."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

# Always the same, so that it tells nothing of our clock.
BEGINS, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)


def passing_certificate() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate without a name, and its key, which is in no file."""
    key = ec.generate_private_key(ec.SECP256R1())
    nobody = x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(nobody)
        .issuer_name(nobody)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
        .sign(key, hashes.SHA256())
    )
    return made, key
