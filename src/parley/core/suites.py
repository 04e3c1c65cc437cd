"""The suites: what the number in an agreement stands for.

Both roots choose one for an incarnation, and nothing in the line negotiates (U1). It decides to
what secrets are sealed, and which ML-DSA stands beside Ed25519 under the keys of both stations.
Hashes, chains, envelopes, trees and roots are the same in every suite (U2, decision 0011).
Source: spec/suites.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from parley.core.errors import Newer
from parley.core.keys import MLDSA44, MLDSA87, MLKEM1024_P384, XWING, Kem


@dataclass(frozen=True, slots=True)
class Suite:
    """One choice of algorithms."""

    number: int
    kem: Kem
    mldsa: int  # the number of the plain signatures of stations


SUITE_1 = Suite(1, XWING, MLDSA44)
SUITE_2 = Suite(2, MLKEM1024_P384, MLDSA87)  # stronger in both; a higher number is never weaker
SUITES = (SUITE_1, SUITE_2)


def suite_of(number: int) -> Suite:
    """The suite of that number; Newer when this station knows none."""
    for known in SUITES:
        if known.number == number:
            return known
    raise Newer(
        f"this station knows no suite {number}", "propose suite 1, or install a newer Parley", "U1"
    )
