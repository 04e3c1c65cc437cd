"""The declared state of a line, read from the two logs: open, suspended, in part or whole, closed.

Nothing is agreed in any other way: stations that hold the same entries are of one mind. What a
station does about it stands below: before anything gets a number it hears what has joined the
record, gives back what is not to be said now, and answers a CLOSE. The model is
models/Suspension.tla. Source: spec/declared.md D1 to D10.

    SUSPEND  [reason, from (seconds since 2020), [type, ...], [precedence, ...]]; [] is all
    LIFT     text: a test of this side
    CLOSE    text: the reason, empty in an answer
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Any

from parley.core.effects import Saying
from parley.core.entry import EPOCH_2020, Key, Precedence, Status, Type, body_of, read_body
from parley.core.kept import EntryRow, QueueRow
from parley.core.line import CLOSING, Line
from parley.core.terms import Instant
from parley.core.wire import Value

ORDERS = frozenset((Type.SUSPEND, Type.LIFT, Type.CLOSE))
# What passes in every suspension: operators' chat, tests and their answers, SERVICE; all that says
# what became of messages; who is where; and what is said about the line itself. Besides these all
# of status SERVICE does, and search and rescue.
PASSING = frozenset((0x03, 0x05, 0x06, 0x07, *range(0x10, 0x30), *range(0x50, 0x60)))
LISTED_MAX = 256  # types named by one SUSPEND; there are no more
WORDS_MAX = 2_000  # characters of a reason that stand beside a line; the message has them all

Limits = tuple[int, int]  # how many entries of A's log and of B's are looked at
ALL: Limits = (1 << 63, 1 << 63)


@dataclass(frozen=True, slots=True)
class Act:
    """One SUSPEND, LIFT or CLOSE as it stands in the record."""

    type: int
    dir: int
    n: int
    seen: int
    at: float  # POSIX seconds by the speaker's clock
    wall: float  # by ours, when it joined our record
    words: str  # reason or text; empty where it cannot be read
    begins: float = 0.0  # of a suspension, POSIX seconds; 0 for at once
    types: tuple[int, ...] = ()
    precedences: tuple[int, ...] = ()

    @property
    def since(self) -> float:
        """When a suspension takes effect, for people."""
        return self.begins or self.at

    def covers(self, type: int, precedence: int) -> bool:
        """Whether a suspension is of this type and precedence."""
        return (not self.types or type in self.types) and (
            not self.precedences or precedence in self.precedences
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """What a SUSPEND says beside its reason."""

    begins: int = 0  # seconds since 2020
    types: tuple[int, ...] = ()
    precedences: tuple[int, ...] = ()

    def payload(self, reason: str) -> list[Value]:
        """The payload of the entry (D2)."""
        return [reason, self.begins, list(self.types), list(self.precedences)]


def read_suspension(payload: Value) -> tuple[str, Scope]:
    """What a SUSPEND says; one that cannot be read suspends everything at once (D2)."""
    if isinstance(payload, list) and len(payload) == 4:
        reason, begins, types, precedences = payload
        if (
            isinstance(reason, str)
            and _is_number(begins, 1 << 32)
            and _are_numbers(types, 256)
            and _are_numbers(precedences, 4)
        ):
            return reason, Scope(begins, tuple(types), tuple(precedences))
    return "", Scope()


def _is_number(value: Value, below: int) -> bool:
    return type(value) is int and 0 <= value < below


def _are_numbers(value: Value, below: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= LISTED_MAX
        and all(_is_number(each, below) for each in value)
    )


def is_rescue(header: Mapping[Any, Value]) -> bool:
    """Whether an entry is marked as search and rescue (D4)."""
    return header.get(Key.RESCUE) is True


@dataclass(slots=True)
class _Orders:
    """The orders of one direction by their numbers, each with its place among all acts: what stands
    is found without what has been lifted."""

    suspends: list[tuple[int, int]] = field(default_factory=list)
    lifts: list[tuple[int, int]] = field(default_factory=list)  # with how much each had seen
    _most: list[int] = field(default_factory=list)  # that any up to that one had seen
    close: tuple[int, int] | None = None  # the first

    def file(self, act: Act, place: int) -> None:
        """One more act of this direction; after a clock was set back one may come out of turn."""
        if act.type == Type.SUSPEND:
            insort(self.suspends, (act.n, place))
        elif act.type == Type.LIFT:
            at = bisect_left(self.lifts, (act.n, act.seen))
            self.lifts.insert(at, (act.n, act.seen))
            most = self._most[at - 1] if at else -1
            seen = (each for _, each in self.lifts[at:])
            self._most[at:] = islice(accumulate(seen, max, initial=most), 1, None)
        elif self.close is None or act.n < self.close[0]:
            self.close = act.n, place

    def last_test(self, limit: int) -> tuple[int, int]:
        """The number of the last test below a limit, and how much any up to it had seen; or -1."""
        at = bisect_left(self.lifts, (limit,))
        return (self.lifts[at - 1][0], self._most[at - 1]) if at else (-1, -1)

    def suspensions(self, start: int, limit: int) -> Iterator[int]:
        """The places of those from a number on and below a limit."""
        for at in range(bisect_left(self.suspends, (start,)), len(self.suspends)):
            n, place = self.suspends[at]
            if n >= limit:
                return
            yield place


@dataclass(slots=True)
class Declared:
    """What both sides have declared of one line, in the order in which it joined our record."""

    ours: int  # our direction
    flash_passes: bool = False  # by agreement
    notice_s: int = 0  # by agreement: a suspension takes effect no earlier after it was said
    acts: list[Act] = field(default_factory=list)
    pending: list[Act] = field(default_factory=list)  # suspensions of ours without a number yet
    closing: bool = False  # our CLOSE is released
    # Every step asks, and so does each message that is shown; a counterpart may write any number.
    _orders: tuple[_Orders, _Orders] = field(default_factory=lambda: (_Orders(), _Orders()))
    _filed: int = 0  # of the acts

    @classmethod
    def of(
        cls,
        ours: int,
        terms: tuple[bool, int],
        entries: Iterable[EntryRow],
        queue: Iterable[QueueRow],
        wall: float,
    ) -> Declared:
        """What a record says, and what of ours waits to join it."""
        declared = cls(ours, *terms)
        for entry in entries:
            declared.add(entry)
        for row in queue:
            declared.waits(row, wall)
        return declared

    def add(self, entry: EntryRow) -> None:
        """An entry has joined the record; what is no order says nothing about the line."""
        self.closing |= entry.type == Type.CLOSE and entry.dir == self.ours
        if entry.type in ORDERS:
            self.acts.append(self._entry(entry))
            if entry.type == Type.SUSPEND and entry.dir == self.ours:
                del self.pending[:1]

    def waits(self, row: QueueRow, wall: float) -> None:
        """An order of ours is released; it binds us from now on, whatever it waits for (D5)."""
        self.closing |= row.type == Type.CLOSE
        if row.type == Type.SUSPEND:
            self.pending.append(self._act(row, self.ours, -1, 0, wall, wall))

    def _entry(self, entry: EntryRow) -> Act:
        at = float(entry.time + EPOCH_2020)
        return self._act(entry, entry.dir, entry.n, entry.seen, at, entry.wall)

    def _act(
        self, row: EntryRow | QueueRow, dir: int, n: int, seen: int, at: float, wall: float
    ) -> Act:
        content = read_body(row.type, row.marks, row.body)
        payload = content.payload if content else None
        if row.type != Type.SUSPEND:
            words = payload[:WORDS_MAX] if isinstance(payload, str) else ""
            return Act(row.type, dir, n, seen, at, wall, words)
        words, scope = read_suspension(payload)
        begins = 0.0  # at once: then no clock has a say (D3)
        if scope.begins or self.notice_s:
            # The speaker's claim of when it spoke; the same for both sides, and in the leaf.
            begins = max(float(scope.begins + EPOCH_2020), at + self.notice_s)
        fixed = (row.type, dir, n, seen, at, wall, words[:WORDS_MAX])
        return Act(*fixed, begins, scope.types, scope.precedences)

    # --- what the two logs say

    def _by_number(self) -> tuple[_Orders, _Orders]:
        """The orders of each direction."""
        if self._filed > len(self.acts):
            self._filed, self._orders = 0, (_Orders(), _Orders())
        for place in range(self._filed, len(self.acts)):
            act = self.acts[place]
            self._orders[act.dir].file(act, place)
        self._filed = len(self.acts)
        return self._orders

    def tested(self, act: Act, limits: Limits = ALL) -> tuple[bool, bool]:
        """Whether each side has tested since a suspension: (who suspended, who was told) (D7)."""
        own, told = self._tests(limits)
        return own[act.dir] > act.n, told[act.dir] > act.n

    def _tests(self, limits: Limits) -> tuple[list[int], list[int]]:
        """By direction: the number of the last test of its speaker, and how much of it the last
        test of the other side had seen."""
        (own_0, seen_1), (own_1, seen_0) = (
            orders.last_test(limit) for orders, limit in zip(self._by_number(), limits, strict=True)
        )
        return [own_0, own_1], [seen_0, seen_1]

    def standing(self, limits: Limits = ALL) -> list[Act]:
        """Suspensions that are not lifted, the oldest first: of each side all from a number on."""
        own, told = self._tests(limits)
        places = [
            place
            for dir, orders in enumerate(self._by_number())
            for place in orders.suspensions(min(own[dir], told[dir]), limits[dir])
        ]
        return [self.acts[place] for place in sorted(places)]

    def closes(self, limits: Limits = ALL) -> list[Act]:
        """The CLOSE of each side that has closed: its first, whatever a liar writes behind it."""
        firsts = [
            orders.close[1]
            for orders, limit in zip(self._by_number(), limits, strict=True)
            if orders.close is not None and orders.close[0] < limit
        ]
        return [self.acts[place] for place in sorted(firsts)]

    def state(self, limits: Limits = ALL) -> str:
        """Open, suspended or closed, from the logs alone (D1)."""
        if self.closes(limits):
            return "closed"
        return "suspended" if self.standing(limits) else "open"

    def next_begin(self, wall: float) -> float:
        """When the next suspension takes effect; infinity when none is to."""
        coming = [*self.standing(), *self.pending]
        return min((act.begins for act in coming if act.begins > wall), default=float("inf"))

    # --- what passes

    def bars(
        self,
        type: int,
        precedence: int,
        rescue: bool,
        wall: float,
        limits: Limits = ALL,
        *,
        status: int = Status.ACTUAL,
    ) -> Act | None:
        """The suspension in which this may not be said, or None (D4, D5)."""
        if type in PASSING or rescue or status == Status.SERVICE:
            return None
        if self.flash_passes and precedence == Precedence.FLASH:
            return None
        acts = self.standing(limits) + (self.pending if limits is ALL else [])
        for act in acts:
            if act.begins <= wall and act.covers(type, precedence):
                return act
        return None

    def in_spite_of(self, entry: EntryRow, rescue: bool) -> Act | None:
        """What an entry was said in spite of, as far as its speaker knew (D10)."""
        limits = (entry.n, entry.seen) if entry.dir == 0 else (entry.seen, entry.n)
        closes = self.closes(limits)
        if closes and (entry.type != Type.CLOSE or any(act.dir == entry.dir for act in closes)):
            return closes[0]
        wall = float(entry.time + EPOCH_2020)
        marks = int(entry.marks)
        status = marks >> 3 & 7
        return self.bars(int(entry.type), marks >> 6, rescue, wall, limits, status=status)


# --- what a station does before anything gets a number


def hold_to(declared: Declared, line: Line, mark: Status, now: Instant) -> None:
    """Hear what joined the record, give back what may not be said, answer a CLOSE (D5, D6, D8)."""
    for entry in line.joined:
        declared.add(entry)
    if declared.standing() or declared.pending:
        line.give_back(lambda row: _barred(declared, row, now.wall))
    theirs = [act for act in declared.closes() if act.dir != declared.ours]
    if theirs and not declared.closing and line.state(now).halted is None:
        header: dict[int, Value] = {Key.ANSWERS: [theirs[0].dir, theirs[0].n]}
        body = body_of(Type.CLOSE, header, "")
        line.say(Saying(Type.CLOSE, Precedence.IMMEDIATE, mark, body), now)
        declared.closing = True
    if declared.closing:  # what was said again behind a CLOSE would wait for ever (D8)
        line.give_back(lambda row: row.type not in CLOSING)


def _barred(declared: Declared, row: QueueRow, wall: float) -> bool:
    if row.type in PASSING:
        return False
    content = read_body(row.type, row.marks, row.body)
    rescue = content is not None and is_rescue(content.header)
    status = row.marks >> 3 & 7
    return declared.bars(row.type, row.precedence, rescue, wall, status=status) is not None
