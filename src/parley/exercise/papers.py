"""What a simulated line stands on where its papers are looked at: roots, letters, an agreement.

Most worlds need none of it: their terms are given. Evidence is checked against true papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from parley.core import agreement as agreeing
from parley.core.agreement import Agreement, Paper
from parley.core.identity import COSIGNER, LOG, ROOT, STATION, Letter, PartyRoot, commit_to
from parley.core.kept import EntryRow, HeadRow
from parley.core.keys import Prekey, SigningKey
from parley.core.resuming import Resume, later_psk
from parley.core.suites import Suite, suite_of
from parley.core.terms import OurKeys, Terms
from parley.evidence.sections import Documents
from parley.exercise.parties import agreement_of, letter_of
from parley.exercise.resident import prekey_of, seed_of
from parley.exercise.world import Options
from parley.station.line.evidence import write

MADE = 1_900_000_000


def _root_key(name: str, at: int) -> SigningKey:
    return SigningKey(ROOT, seed_of("root", name, str(at)), root=True)


def prekeys_of(side: int, inc: int, suite: Suite) -> Prekey:
    """The prekey that a side puts into its agreement on an incarnation."""
    return Prekey(seed_of("prekey", str(side), str(inc))[:32], suite.kem)


@dataclass(frozen=True, slots=True)
class Signer:
    """A party with its root of some generation, and its station's keys of some serial."""

    name: str
    root: PartyRoot
    keys: OurKeys
    letter: Letter

    @classmethod
    @cache
    def of(cls, name: str, generation: int = 1, serial: int = 1) -> Signer:
        """The same in every world."""
        seed = seed_of("root", name, str(generation))
        root = PartyRoot(name, seed, commit_to(_root_key(name, generation + 1).public))
        keys = OurKeys(
            *(SigningKey(use, seed_of(use, name, str(serial))) for use in (STATION, LOG, COSIGNER))
        )
        letter = letter_of(root, keys, f"{name} station", MADE, serial=serial, stronger=True)
        return cls(name, root, keys, letter)


@dataclass(frozen=True, slots=True)
class Papers:
    """An agreement that both roots signed, and what follows from it."""

    sides: tuple[Signer, Signer]  # A, B
    agreement: Agreement
    paper: bytes

    @classmethod
    def of(cls, options: Options, signers: Sequence[Signer] = (), **given: Any) -> Papers:
        """What two parties agree on in a world; what is `given` differs from the first time."""
        pair = signers or (Signer.of("North"), Signer.of("South"))
        a, b = sorted(pair, key=lambda signer: signer.letter.fingerprint)
        suite = suite_of(options.suite)
        first = agreement_of(
            a.letter,
            b.letter,
            nonce=seed_of("nonce")[:32],
            name="World",
            prekeys=(prekey_of(0, suite).public, prekey_of(1, suite).public),
            suite=suite.number,
            psk0=options.psk0 is not None,
            heartbeat_s=int(options.heartbeat_s),
            window=options.window,
        )
        agreed = replace(first, **given)
        if agreed.inc > 1:
            x, y = (prekeys_of(side, agreed.inc, suite).public for side in (0, 1))
            agreed = replace(agreed, prekeys=(x, y))
        return cls((a, b), agreed, Paper(agreed).sign(a.root).sign(b.root).to_bytes())

    def terms(self, side: int, options: Options) -> Terms:
        """As one side reads them."""
        ours, theirs = self.sides[side], self.sides[1 - side]
        agreed = Paper.parse(self.paper).verify(*(each.letter for each in self.sides))
        found = agreeing.terms(agreed, ours.letter, ours.keys, theirs.letter, options.psk0)
        return replace(
            found,
            later_psk=options.psk0 and later_psk(options.psk0),
            rekey_entries=options.rekey_entries,
            rekey_s=options.rekey_s,
        )

    def evidence(
        self,
        begun: Sequence[Resume],
        entries: Sequence[EntryRow],
        heads: Sequence[HeadRow],
    ) -> bytes:
        """What a side exports of an incarnation; `begun` are the RESUMEs that began it."""
        letters = [each.letter.raw for each in self.sides]
        documents = Documents.read(self.paper, *letters, *(each.to_bytes() for each in begun))
        return "".join(write(documents, entries, heads)).encode()
