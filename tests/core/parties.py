"""Two parties with their letters and an agreement, grown from fixed seeds: the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from parley.core.agreement import Agreement, Paper
from parley.core.identity import (
    COSIGNER,
    LOG,
    ROOT,
    STATION,
    Certificate,
    Letter,
    PartyRoot,
    commit_to,
)
from parley.core.keys import Prekey, SigningKey, sha256
from parley.core.suites import SUITE_1, Suite
from parley.core.terms import OurKeys
from parley.exercise.parties import agreement_of, letter_of

MADE = 1_793_000_000


def seed(*names: str) -> bytes:
    """64 bytes that are the same in every run."""
    first = sha256("/".join(names).encode())
    return first + sha256(first)


@dataclass(frozen=True)
class Known:
    """A party as it is at home: root, station keys, letter, a prekey for one agreement."""

    root: PartyRoot
    keys: OurKeys
    letter: Letter
    prekey: Prekey

    @property
    def certificate(self) -> Certificate:
        """That of its station."""
        return self.letter.certificate


@cache
def party(name: str, serial: int = 1, suite: Suite = SUITE_1) -> Known:
    """A party by name; `serial` counts its certificates, `suite` is the strongest it knows."""
    successor = SigningKey(ROOT, seed(name, "next root"), root=True)
    root = PartyRoot(name, seed(name, "root"), commit_to(successor.public))
    keys = OurKeys(
        *(SigningKey(use, seed(name, use, str(serial))) for use in (STATION, LOG, COSIGNER))
    )
    letter = letter_of(
        root,
        keys,
        f"{name} watch",
        MADE,
        serial=serial,
        stronger=suite is not SUITE_1,
        languages=("en", "ru"),
        bearers=(f"tcp {name.lower()}.example:4242",),
    )
    return Known(root, keys, letter, Prekey(seed(name, "prekey")[:32], suite.kem))


def in_order(one: Known, other: Known) -> tuple[Known, Known]:
    """A and B."""
    return (one, other) if one.letter.fingerprint < other.letter.fingerprint else (other, one)


def agreement(one: Known, other: Known, **changes: Any) -> Agreement:
    """A complete agreement between two parties."""
    a, b = in_order(one, other)
    given: dict[str, Any] = {
        "nonce": seed("nonce")[:32],
        "name": "Blue Line",
        "prekeys": (a.prekey.public, b.prekey.public),
    }
    return agreement_of(a.letter, b.letter, **(given | changes))


def signed(one: Known, other: Known, **changes: Any) -> Paper:
    """An agreement with the signatures of both roots."""
    return Paper(agreement(one, other, **changes)).sign(one.root).sign(other.root)
