"""Which minute of a call is agreed, read from what both sides said, and the same at both.

A minute is agreed when both have said the same text, and neither had moved on to another by then,
as far as the other had seen. That depends on the two entries alone, so what was agreed once is
never taken back, whatever crosses it on the way. Source: spec/minute.md Y4 to Y6.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from parley.catalogue.minutes import Facts, Minute, Place, place_of
from parley.core.record import joint_key


@dataclass(frozen=True, slots=True)
class Saying:
    """A minute as one side said it, with its place in the record."""

    dir: int
    inc: int
    n: int
    seen: int  # how many entries of the other side its speaker had
    minute: Minute

    @property
    def place(self) -> Place:
        """Incarnation, direction, number."""
        return self.inc, self.dir, self.n

    @property
    def order(self) -> tuple[int, tuple[int, int]]:
        """Where it stands in the joint order."""
        return self.inc, joint_key(self.dir, self.n, self.seen)


Pair = tuple[Saying, Saying]  # the same text, said by both; the later one second


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the minute of one call."""

    agreed: Pair | None  # the one that stands
    replaced: tuple[Pair, ...]  # agreed before it, oldest first
    open: tuple[Saying, ...]  # the newest of each side, if it is only proposed


def outcome(sayings: Iterable[Saying]) -> Outcome:
    """What became of the minute of a call, of all that was said of it (Y5, Y6)."""
    sides = [sorted((each for each in sayings if each.dir == dir), key=_at) for dir in (0, 1)]
    places = [[_at(each) for each in side] for side in sides]
    # How many minutes of the other side each of them had seen.
    known = [
        [bisect_left(places[1 - dir], (each.inc, each.seen)) for each in sides[dir]]
        for dir in (0, 1)
    ]
    texts: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for dir in (0, 1):
        for at, each in enumerate(sides[dir]):
            texts[each.minute.text()][dir].append(at)
    agreed: dict[str, Pair] = {}
    paired: set[Place] = set()
    for text, (of_a, of_b) in texts.items():
        for a in of_a:
            for b in of_b:
                if b < known[0][a] - 1 or a < known[1][b] - 1:
                    continue  # one of them had gone on to another text, and the other knew
                first, last = sorted((sides[0][a], sides[1][b]), key=_order)
                paired |= {first.place, last.place}
                if text not in agreed or _order(agreed[text][1]) < _order(last):
                    agreed[text] = first, last
    pairs = sorted(agreed.values(), key=lambda pair: _order(pair[1]))
    stands = pairs[-1] if pairs else None
    newest = [side[-1] for side in sides if side]
    still = [each for each in newest if each.place not in paired]
    if stands is not None:
        still = [each for each in still if each.minute != stands[0].minute]
    return Outcome(stands, tuple(pairs[:-1]), tuple(still))


def by_call(sayings: Iterable[Saying], parties: Sequence[str]) -> list[list[Saying]]:
    """What was said, one list for each call, in the order in which the calls came up (Y4)."""
    groups: list[_Group] = []
    named: dict[str, _Group] = {}
    for each in sorted(sayings, key=_order):
        facts = each.minute.facts
        unknown = place_of(facts.call, parties) is None
        mine = named.get(facts.call)
        if mine is None and unknown:
            mine = next((group for group in groups if group.overlaps(facts)), None)
        if mine is None:
            mine = _Group((facts.began, facts.ended) if unknown else None)
            groups.append(mine)
        named[facts.call] = mine
        mine.said.append(each)
    return [group.said for group in groups]


@dataclass(slots=True)
class _Group:
    """What was said of one call; its times as first told, where no entry says which call it is."""

    span: tuple[float, float] | None
    said: list[Saying] = field(default_factory=list)

    def overlaps(self, facts: Facts) -> bool:
        """Whether it is of the same call: nobody holds two calls of a line at a time. Where one
        only begins as the other ends they are two, and no later text makes a call longer, or one
        that names a whole day would take all others of it in."""
        if self.span is None:
            return False
        began, ended = self.span
        same = (facts.began, facts.ended) == self.span
        return same or (began < facts.ended and facts.began < ended)


def _at(saying: Saying) -> tuple[int, int]:
    return saying.inc, saying.n


def _order(saying: Saying) -> tuple[int, tuple[int, int]]:
    return saying.order
