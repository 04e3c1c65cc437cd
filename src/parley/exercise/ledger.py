"""What was said against what stands in both records: losses, doubles and reorderings.

A release whose answer came is in the record once, whatever happened to the station since. One
whose answer never came may be there, once. Within one precedence, what was released first has
the lower number; between precedences nothing is promised, since a FLASH overtakes.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from parley.core.entry import Type, read_body
from parley.core.errors import Refused
from parley.core.wire import Value, decode


@dataclass(slots=True)
class Said:
    """A text on its way from one side; `sure` once the station has answered that it is released."""

    text: str
    precedence: int
    sure: bool = False
    order: int = -1  # among all attempts to release; a refused one does not count


@dataclass(slots=True)
class Ledger:
    """What one side said, in the order in which it was released, and what it acknowledged."""

    said: list[Said] = field(default_factory=list)
    opened: dict[int, bool] = field(default_factory=dict)  # number in their log: sure


@dataclass(frozen=True, slots=True)
class Stands:
    """One entry as a record shows it."""

    dir: int
    n: int
    type: int
    precedence: int
    payload: Value


@dataclass(slots=True)
class Findings:
    """What a comparison found; whole when there is nothing to complain of."""

    messages: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)  # in the record, though nobody here said it

    @property
    def whole(self) -> bool:
        """Nothing lost, doubled, reordered or made up."""
        return not (self.lost or self.doubled or self.reordered or self.unsaid)

    def add(self, other: Findings) -> None:
        """Join the findings of another direction or record."""
        self.messages += other.messages
        self.lost += other.lost
        self.doubled += other.doubled
        self.reordered += other.reordered
        self.unsaid += other.unsaid

    def sentence(self, cycles: int) -> str:
        """The closing line."""
        end = f", {len(self.unsaid)} never said" if self.unsaid else ""
        return (
            f"{cycles} cycles, {self.messages} messages, {len(self.lost)} losses,"
            f" {len(self.doubled)} doubles, {len(self.reordered)} reorderings{end}"
        )


def entries_of(evidence: str) -> Iterator[Stands]:
    """The entries an evidence file shows, in its order; `parley verify` has checked it before."""
    for line in entry_lines(evidence):
        value = decode(base64.b64decode(line.split(" ")[2]))
        if not isinstance(value, list):
            raise Refused("an entry of the evidence is not a list")
        dir, n, type, marks, *_, body, _ = value
        content = read_body(type, marks, body)
        yield Stands(dir, n, type, marks >> 6, content.payload if content else None)


def entry_lines(evidence: str) -> Sequence[str]:
    """The lines of an evidence's section of entries."""
    _, _, rest = evidence.partition("\n--- entries\n")
    return rest.rpartition("\n--- end\n")[0].splitlines()


def compare(ledger: Ledger, record: Iterable[Stands], dir: int) -> Findings:
    """One side's ledger against direction `dir` of one record."""
    found = Findings(messages=sum(each.sure for each in ledger.said))
    known = {each.text: each for each in ledger.said}
    seen: Counter[str] = Counter()
    opened: Counter[int] = Counter()
    last: dict[int, int] = {}
    for entry in record:
        if entry.dir != dir:
            continue
        if entry.type == Type.OPENED and isinstance(entry.payload, list):
            opened[entry.payload[0]] += 1
        if entry.type != Type.TEXT:
            continue
        text = str(entry.payload)
        said = known.get(text)
        if said is None:
            found.unsaid.append(text)
            continue
        if entry.precedence != said.precedence:
            found.unsaid.append(f"{text} at precedence {entry.precedence}")
        seen[text] += 1
        if seen[text] > 1:
            found.doubled.append(text)
            continue
        if said.order < last.get(entry.precedence, -1):
            found.reordered.append(text)
        last[entry.precedence] = max(said.order, last.get(entry.precedence, -1))
    found.lost += [each.text for each in ledger.said if each.sure and not seen[each.text]]
    found.lost += [f"opening of {n}" for n, sure in ledger.opened.items() if sure and not opened[n]]
    found.doubled += [f"opening of {n}" for n, count in opened.items() if count > 1]
    found.unsaid += [f"opening of {n}" for n in opened if n not in ledger.opened]
    return found
