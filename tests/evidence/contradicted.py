"""A station that signed two things of which only one can be true, in each of the three ways."""

from __future__ import annotations

import random
from functools import cache

from parley.core import agreement as agreeing
from parley.core.opening import make_open
from parley.core.record import Head, Tree
from parley.core.resuming import End, Resume
from parley.core.terms import OurKeys, Terms
from parley.evidence.contradiction import Contradiction, Two, TwoHeads, TwoOpens, TwoResumes
from parley.evidence.sections import Documents
from parley.station.texts.contradicting import consistency
from tests.exercise.record_of_two import Side, talk_of_two

LIAR = 1  # B signs what contradicts
ANOTHER = b"\x05" * 32


@cache
def sides() -> list[Side]:
    """The two of `talk_of_two`, with the same keys and prekeys: they come of the same seed."""
    chance = random.Random(1)
    made = (Side("North", chance), Side("South", chance))
    return sorted(made, key=lambda side: side.letter.fingerprint)


@cache
def documents() -> Documents:
    return talk_of_two(60, signed_every=20)[0]


def terms(side: int) -> Terms:
    ours, theirs = sides()[side], sides()[1 - side]
    return agreeing.terms(documents().agreement, ours.letter, ours.keys, theirs.letter)


@cache
def leaves() -> list[bytes]:
    _, entries, _ = talk_of_two(60, signed_every=20)
    rows = sorted(entries, key=lambda row: row.n)
    return [row.leaf for row in rows if row.dir == LIAR]


def root(size: int) -> bytes:
    tree = Tree()
    tree.grow(*leaves()[:size])
    return tree.fold()


def signed(size: int, root: bytes, inc: int = 1, keys: OurKeys | None = None) -> bytes:
    """A checkpoint's block by B's log key."""
    key = (keys or terms(LIAR).our_keys).log
    head = Head(documents().agreement.line_id, inc, LIAR, size, root)
    required, _ = head.checkpoint(key.public)
    return key.block([required])


def two_heads(size: int = 5, later: int = 13) -> TwoHeads:
    way = tuple(consistency(leaves()[:later], size))
    block, later_block = signed(size, ANOTHER), signed(later, root(later))
    return TwoHeads(size, ANOTHER, block, root(size), later, root(later), later_block, way)


def opened(chance: int, side: int = LIAR, of: Terms | None = None) -> bytes:
    return make_open(of or terms(side), random.Random(chance).randbytes).frame


def asked(inc: int, reason: str, side: int = LIAR) -> bytes:
    ends = (End(), End(3, root(3)))
    return Resume.make(terms(side), inc, 1, ends, sides()[side].prekey, reason).to_bytes()


def of_each_kind() -> list[Two]:
    return [
        two_heads(),
        TwoOpens(opened(1), opened(2)),
        TwoResumes(asked(3, "after the fire"), asked(3, "after the flood")),
    ]


def shown(two: Two) -> Contradiction:
    return Contradiction(documents(), LIAR, two)
