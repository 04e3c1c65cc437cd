"""Parties for exercises, measurements and tests: their letters, and what two of them agree on.

People make these step by step, on machines that are apart; here the keys of both sides are at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parley.core.agreement import Agreement
from parley.core.identity import (
    LETTER_LABEL,
    Certificate,
    Letter,
    PartyRoot,
    finish_letter,
    letter_body,
)
from parley.core.suites import SUITE_2
from parley.core.terms import OurKeys


def letter_of(
    root: PartyRoot,
    keys: OurKeys,
    station: str,
    made: int,
    *,
    serial: int = 1,
    stronger: bool = False,
    languages: Sequence[str] = ("en",),
    bearers: Sequence[str] = (),
) -> Letter:
    """The letter of a root's station; `stronger` brings the keys of suite 2 too."""
    later = tuple(key.mldsa for key in keys.of(SUITE_2).publics) if stronger else ()
    certificate = Certificate(station, serial, *keys.publics, made, later)
    signed = [(certificate, root.sign(certificate.message))]
    body = letter_body(root.party, signed, languages, bearers, made)
    return finish_letter(body, root.sign(LETTER_LABEL + body), keys.station)


def agreement_of(a: Letter, b: Letter, **given: Any) -> Agreement:
    """An agreement between A and B: theirs from their letters, all else as `given` or as usual."""
    usual: dict[str, Any] = {
        "inc": 1,
        "parties": (a.party, b.party),
        "fingerprints": (a.fingerprint, b.fingerprint),
        "certificates": (a.certificate.hash, b.certificate.hash),
        "compared": (True, True),
        "made": a.issued,
        "languages": (a.languages, b.languages),
    }
    return Agreement(**(usual | given))
