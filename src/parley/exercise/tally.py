"""A file's messages against the evidence of both stations: each once, in order, to the byte.

What is counted stands in the evidence alone, after it was verified: no station is asked.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from parley.core.entry import Precedence, Type
from parley.core.errors import Refused
from parley.core.wire import Value
from parley.evidence import audit
from parley.exercise.exchange import Telegram
from parley.exercise.ledger import Stands, entries_of, entry_lines

# What must stand about every message exactly once, and in whose log: the reader's or the sender's.
ACTS = {
    Type.DISPLAYED: "displayed",
    Type.OPENED: "opened",
    Type.PASSED: "passed",
    Type.READBACK: "read back",
    Type.CONFIRMED: "confirmed",
}


@dataclass(slots=True)
class Tally:
    """What the comparison found."""

    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    records_agree: bool = False
    complaints: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing to complain of."""
        return not self.complaints

    @classmethod
    def of(cls, sent: Sequence[tuple[Telegram, int]], evidence: Sequence[str]) -> Tally:
        """Verify both, compare them, and hold what was sent (with its number) against them."""
        found = cls()
        try:
            reports = [audit.verify(io.BytesIO(text.encode())) for text in evidence]
        except Refused as fault:
            found.complaints.append(f"evidence fails: {fault.sentence}")
            return found
        found.records_agree = entry_lines(evidence[0]) == entry_lines(evidence[1])
        if not found.records_agree:
            found.complaints.append("the two records differ")
        agreed = reports[0].documents.agreement
        dirs = {party: dir for dir, party in enumerate(agreed.parties)}
        directed = [(telegram, dirs[telegram.sender], n) for telegram, n in sent]
        found.hold(directed, list(entries_of(evidence[0])))
        return found

    def hold(self, sent: Sequence[tuple[Telegram, int, int]], record: Sequence[Stands]) -> None:
        """Hold what was sent, with its direction and number, against one record."""
        self._messages([(telegram, dir) for telegram, dir, _ in sent], record)
        for telegram, dir, n in sent:
            self._acts(telegram, dir, n, record)

    def _messages(self, sent: list[tuple[Telegram, int]], record: Sequence[Stands]) -> None:
        """Texts: which are missing, too many, or in another place."""
        Key = tuple[int, int, str]
        places: dict[Key, list[int]] = {}
        for place, (telegram, dir) in enumerate(sent):
            key = (dir, int(Precedence[telegram.precedence]), telegram.text)
            places.setdefault(key, []).append(place)
        order: list[int] = []
        extra = 0
        for entry in record:
            if entry.type != Type.TEXT:
                continue
            waiting = places.get((entry.dir, entry.precedence, str(entry.payload)))
            if waiting is None:
                self.complaints.append(f"entry {'AB'[entry.dir]} {entry.n} stands in no file")
            elif not waiting:
                extra += 1
                self.complaints.append(f"entry {'AB'[entry.dir]} {entry.n} stands there again")
            else:
                order.append(waiting.pop(0))
        missing = sorted(place for waiting in places.values() for place in waiting)
        self.complaints += [f"message {sent[place][0].number} is not there" for place in missing]
        self.lost, self.duplicated = len(missing), extra
        self.reordered = len(order) - _longest_rise(order)
        if self.reordered:
            self.complaints.append(f"{self.reordered} stand in another order")

    def _acts(self, telegram: Telegram, dir: int, n: int, record: Sequence[Stands]) -> None:
        """Acknowledgements: each once."""
        counts: Counter[str] = Counter()
        read_backs: set[int] = set()
        for entry in record:
            payload = entry.payload
            if entry.type not in ACTS or not isinstance(payload, list) or not payload:
                continue
            act = ACTS[Type(entry.type)]
            if entry.dir == dir:
                counts[act] += entry.type == Type.CONFIRMED and payload[0] in read_backs
            elif entry.type == Type.DISPLAYED:
                counts[act] += sum(_covers(run, n) for run in payload)
            elif payload[0] == n and entry.type != Type.CONFIRMED:
                counts[act] += 1
                if entry.type == Type.READBACK:
                    read_backs.add(entry.n)
        for act in ACTS.values():
            if counts[act] != 1:
                self.complaints.append(
                    f"message {telegram.number} stands as {act} {counts[act]} times"
                )


def _covers(run: Value, n: int) -> bool:
    """Whether a run of DISPLAYED, [first, count], has this number in it."""
    if not (isinstance(run, list) and len(run) == 2 and all(type(part) is int for part in run)):
        return False
    return bool(run[0] <= n < run[0] + run[1])


def _longest_rise(order: list[int]) -> int:
    """How many can stay where they are: the longest part that is in order already."""
    ends: list[int] = []
    for place in order:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)
