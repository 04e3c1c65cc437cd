"""The secret of a meeting: each party brings one on paper or a stick, and both take both home.

Joined, they enter the first keys of the line (spec/identity.md, I18): who records the line and one
day breaks its key exchange still reads nothing. A file says whose secret it is, so that the two
cannot be swapped. What they make is kept until both directions of the line are open; the next
start of the station erases it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parley.core.agreement import PSK_BYTES, Agreement, psk0
from parley.core.errors import Malformed, Refused
from parley.core.identity import FINGERPRINT_BYTES
from parley.core.keys import Entropy
from parley.core.resuming import later_psk
from parley.core.wire import decode, encode
from parley.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Brought:
    """What one party brings to the meeting."""

    fingerprint: bytes  # of the party
    secret: bytes

    @classmethod
    def fresh(cls, fingerprint: bytes, entropy: Entropy) -> Brought:
        """A new secret of ours."""
        return cls(fingerprint, entropy(PSK_BYTES))

    def to_bytes(self) -> bytes:
        """What is carried."""
        return encode([self.fingerprint, self.secret])

    @classmethod
    def parse(cls, data: bytes) -> Brought:
        """Read what was carried; Malformed unless it has the one form."""
        value = decode(data)
        lengths = [FINGERPRINT_BYTES, PSK_BYTES]
        if not (isinstance(value, list) and [type(each) for each in value] == [bytes, bytes]):
            raise Malformed("the secret of the meeting has the wrong form", rule="I18")
        if [len(each) for each in value] != lengths:
            raise Malformed("the secret of the meeting has the wrong form", rule="I18")
        return cls(*value)


def joined(agreement: Agreement, brought: Sequence[bytes]) -> bytes | None:
    """psk0 from what both parties brought; None when the agreement does without."""
    if not agreement.psk0:
        if brought:
            raise Refused(
                "This agreement does without a secret of the meeting.",
                "Propose one that uses it, with --secret.",
                "I18",
            )
        return None
    found = {each.fingerprint: each.secret for each in map(Brought.parse, brought)}
    for fingerprint, party in zip(agreement.fingerprints, agreement.parties, strict=True):
        if fingerprint not in found:
            raise Refused(
                f"The secret that {party} brought to the meeting is missing.",
                "Give both files, each with --secret.",
                "I18",
            )
    a, b = (found[fingerprint] for fingerprint in agreement.fingerprints)
    return psk0(a, b, agreement)


def keep(store: SqliteStore, agreement: Agreement, secret: bytes | None) -> None:
    """Keep psk0 until both directions are open."""
    if secret is not None:
        store.put_secret(_name(agreement.line_id, agreement.inc), secret)


def kept(store: SqliteStore, agreement: Agreement, side: int) -> tuple[bytes | None, bool]:
    """psk0 of a line, and whether it has done its work; then it is erased."""
    if not agreement.psk0:
        return None, False
    cells = store.load(agreement.line_id, agreement.inc, side).cells
    place = (agreement.line_id, agreement.inc)
    secret = store.secret(_name(*place))
    opened = "prekey" not in cells  # used, or erased with the incarnation that it was for
    if not opened and store.secret(_later(*place)) is None:
        return secret, False
    if secret is not None:
        with store.transaction():
            store.put_secret(_name(*place), None)
            store.put_secret(_later(*place), later_psk(secret))
        store.scrub()
    return None, True


def unmixed(store: SqliteStore, line_id: bytes, inc: int) -> bytes | None:
    """psk0 of a line while the store keeps it. The station holds it nowhere else: what opens the
    line gets it from here, and forgets it once it is mixed in."""
    return store.secret(_name(line_id, inc))


def burn(store: SqliteStore, line_id: bytes, inc: int) -> None:
    """Erase psk0 of a line that is over, whether it had done its work or not."""
    store.put_secret(_name(line_id, inc), None)
    store.put_secret(_later(line_id, inc), None)


def later(store: SqliteStore, line_id: bytes, inc: int) -> bytes | None:
    """What psk0 left behind for later incarnations; None while it is kept itself, or was erased by
    a version that left nothing (spec/resume.md, N3)."""
    secret = store.secret(_name(line_id, inc))
    return store.secret(_later(line_id, inc)) if secret is None else later_psk(secret)


def _later(line_id: bytes, inc: int) -> str:
    return f"later psk {line_id.hex()} {inc}"


def _name(line_id: bytes, inc: int) -> str:
    return f"psk0 {line_id.hex()} {inc}"
