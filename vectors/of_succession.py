"""Vectors of succession.md: certificates taken back, and a root in the place of another."""

from __future__ import annotations

from parley.core.identity import PartyRoot, commit_to
from parley.core.keys import SigningKey
from parley.core.succession import Revocation, Succession
from parley.core.wire import encode, uvar
from vectors.material import Keep, Page, rule_of, same, seed

MADE = 1_793_000_000


def _root(name: str, after: str) -> PartyRoot:
    """A root of North from the seeds "<name> ed25519" and "<name> ml-dsa"."""
    seeds = [seed(f"{each} ed25519") + seed(f"{each} ml-dsa") for each in (name, after)]
    following = SigningKey("next", seeds[1], root=True).public
    return PartyRoot("North", seeds[0], commit_to(following))


def succession(keep: Keep) -> Page:
    old, heir, thief = _root("root", "next"), _root("next", "after"), _root("thief", "after")
    party = old.party

    def revoked(root: PartyRoot) -> bytes:
        paper = Revocation(party.fingerprint, 3, "The building burned.", MADE)
        return paper.signed(root).to_bytes()

    def succeeds(new: PartyRoot, signer: PartyRoot | None) -> bytes:
        return Succession.make(party, new, signer, "The safe was opened.", MADE).to_bytes()

    def verify(data: bytes) -> None:
        same(Revocation.parse(data).verify(party.root).to_bytes(), data)

    def follow(data: bytes) -> None:
        same(Succession.parse(data).follow(party).fingerprint, heir.party.fingerprint)

    revocation = keep("revocation", verify, lambda: revoked(old))
    both = keep("succession, both roots", follow, lambda: succeeds(heir, old))
    alone = keep("succession, old root lost", follow, lambda: succeeds(heir, None))

    def refused(name: str, rule: str, make: bytes) -> Page:
        def is_refused(data: bytes) -> None:
            revokes = name.startswith("revocation")
            assert rule_of(verify if revokes else follow, data) == rule

        return {
            "why": name,
            "file": keep(f"refused: {name}", is_refused, lambda: make),
            "rule": rule,
        }

    turned = bytearray.fromhex(revocation)
    turned[-1] ^= 1
    zero = encode({1: 1, 2: party.fingerprint, 3: 0, 4: "None.", 5: MADE})
    return {
        "party": {
            "name": party.name,
            "root ed25519": party.root.ed25519.hex(),
            "root ml-dsa-65": party.root.mldsa.hex(),
            "next root commit": party.next_root_commit.hex(),
            "fingerprint": party.fingerprint.hex(),
        },
        "revocation": {
            "file": revocation,
            "fingerprint": party.fingerprint.hex(),
            "serial": 3,
            "reason": "The building burned.",
            "made": MADE,
        },
        "successions": [
            {"file": file, "signed by the old root": by_old, "fingerprint after": fingerprint}
            for file, by_old, fingerprint in (
                (both, True, heir.party.fingerprint.hex()),
                (alone, False, heir.party.fingerprint.hex()),
            )
        ],
        "refused": [
            refused("revocation by another root", "K4", revoked(thief)),
            refused("revocation with a turned bit", "K4", bytes(turned)),
            refused("revocation of serial 0", "C5", uvar(len(zero)) + zero + bytes(1)),
            refused("succession by a root nobody was bound to", "C10", succeeds(thief, None)),
            refused("succession by that root and the old one", "C10", succeeds(thief, old)),
            refused("succession with a part of a block", "C9", bytes.fromhex(alone) + b"\x00"),
        ],
    }
