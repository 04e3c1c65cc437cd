"""What all that was said of a request for a call comes to: answers, and what its own side retracts.

It is read in the joint order, so both stations find the same, in whatever order the entries came.
Source: spec/calls.md Q5, Q8, Q12, Q13; decision 0072.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parley.catalogue.calls import CallAnswer, CallRequest, Verdict
from parley.core.kept import EntryRow
from parley.core.record import joint_key
from parley.station.call.openings import Opening
from parley.station.line.lines import OpenLine, posix

MINUTE_S = 60
AT_ONCE_S = 30 * MINUTE_S  # how long a call asked for at once may still begin
NEAR_S = 12 * 3600  # how far from the agreed time a call still is the one that was agreed
AGREES = frozenset((Verdict.ACCEPT, Verdict.DEPUTY))
REFUSES = frozenset((Verdict.DECLINE, Verdict.TEXT))
REASON_CHARACTERS_MAX = 200  # of a retraction, where a line of words is shown
Place = tuple[int, int, int]  # incarnation, direction, number
Order = tuple[int, tuple[int, int]]  # a place in the joint order
Answer = tuple[OpenLine, EntryRow, CallAnswer]


@dataclass(frozen=True, slots=True)
class Retraction:
    """A message that takes back what its own side has said of a call (E23)."""

    life: OpenLine
    entry: EntryRow
    about: Place
    words: str

    @property
    def line(self) -> str:
        """Its words in one line, which another sentence ends."""
        return " ".join(self.words.split())[:REASON_CHARACTERS_MAX].rstrip(" .。")


@dataclass(frozen=True, slots=True)
class Off:
    """That a call is not to be: who says so, and why."""

    what: str  # "request" or "time", which are withdrawn; "call", which is called off
    life: OpenLine
    entry: EntryRow
    reason: str
    time: int | None  # of the call, that was agreed or proposed

    @property
    def state(self) -> str:
        """What became of the request by it."""
        return "called off" if self.what == "call" else "withdrawn"

    @property
    def at(self) -> float:
        """When, by the clock of who said it."""
        return posix(self.entry.time)


class Course:
    """The course of one request, taken entry by entry in the joint order."""

    def __init__(
        self, place: Place, request: CallRequest, opened: Callable[[int], list[Opening]]
    ) -> None:
        self.heard: list[tuple[Answer, str]] = []  # and why one does not count, else nothing
        self.retracted: list[tuple[Retraction, bool]] = []  # and whether it counts
        self.off: Off | None = None
        self.agreed: int | None = None  # the time; of a standing call that of its first occurrence
        self.accepted: Answer | None = None  # what agreed to a standing call (Q8)
        self.ends: list[Answer] = []  # of a standing call: what was retracted once it was agreed
        self._place, self._request, self._opened = place, request, opened
        self._standing = request.weekly_min is not None
        latest = request.earliest if self._standing else request.latest
        self._offers: list[tuple[Place, int, int]] = [(place, request.earliest, latest)]
        self._taken_back: list[tuple[Place, int, int]] = []
        self._over = False  # the request is retracted

    @classmethod
    def of(
        cls,
        place: Place,
        request: CallRequest,
        said: list[Answer | Retraction],
        opened: Callable[[int], list[Opening]],
    ) -> Course:
        """That of a request with all that was said of it; which calls were opened for it about a
        time says `opened`."""
        found = cls(place, request, opened)
        for each in sorted(said, key=order_of):
            if isinstance(each, Retraction):
                found.retracted.append((each, found._retract(each)))
            elif found.accepted is None:
                found._answer(each)
        return found

    @property
    def told(self) -> list[Answer]:
        """The answers that count."""
        return [each for each, why in self.heard if not why]

    def late(self, order: Order | None, at: float) -> str:
        """Why nothing agreed can be called off there and then, in a word: it was opened before, or
        missed (Q13). Without an order it is what will be said next."""
        if self.agreed is None or self._standing:
            return ""
        if any(order is None or each.order < order for each in self._opened(self.agreed)):
            return "opened"
        return "missed" if at >= self.agreed + AT_ONCE_S else ""

    def opened(self) -> list[Opening]:
        """The calls that were opened for what is agreed."""
        return [] if self.agreed is None else self._opened(self.agreed)

    def held(self, order: Order | None = None) -> bool:
        """Whether the call that is agreed on was held before that, or ever: then no other time is
        agreed on any more (Q12)."""
        if self._standing:
            return False
        met = [each.met for each in self.opened()]
        return any(each is not None and (order is None or each < order) for each in met)

    def to_withdraw(self, dir: int) -> tuple[str, Place] | None:
        """What a side would withdraw or call off now, and by retracting which entry of its own; a
        standing call that is agreed on is ended instead (Q9)."""
        told = self.told
        last = told[-1] if told else None
        over = self._over or self.off is not None or self.accepted is not None
        if over or (last is not None and last[2].verdict in REFUSES):
            return None
        if dir == self._place[1]:
            return "request" if self.agreed is None else "call", self._place
        if last is None:
            return None
        if last[1].dir == dir:
            return "time" if self.agreed is None else "call", _place_of(last)
        offers = [each[0] for each in self._offers_of(dir) if _within(each, self.agreed)]
        return ("call", offers[-1]) if offers else None

    # --- entry by entry

    def _answer(self, answer: Answer) -> None:
        _, entry, said = answer
        why = self._why_not(answer)
        self.heard.append((answer, why))
        if why:
            return
        self.off = None
        if said.verdict in REFUSES and self.agreed is not None:
            reason = said.reason or ""
            self.off = Off("call", answer[0], entry, reason, self.agreed)
        self.agreed = said.time if said.verdict in AGREES else None
        if said.verdict is Verdict.PROPOSE:
            self._offers.append((_place_of(answer), said.time or 0, said.time or 0))
        if self._standing and said.verdict is Verdict.ACCEPT:
            self.accepted = answer

    def _why_not(self, answer: Answer) -> str:
        """Why an answer counts for nothing, in a word or two."""
        _, entry, said = answer
        if self._over:
            return "withdrawn"
        if said.verdict in REFUSES:
            return self.late(order_of(answer), posix(entry.time))
        if self.held(order_of(answer)):
            return "opened"
        if said.verdict not in AGREES:
            return ""
        by_them = 1 - entry.dir
        if any(_within(each, said.time) for each in self._offers_of(by_them)):
            return "not offered" if self._standing and said.verdict is Verdict.DEPUTY else ""
        before = [each for each in self._taken_back if each[0][1] == by_them]
        return "withdrawn" if any(_within(each, said.time) for each in before) else "not offered"

    def _retract(self, each: Retraction) -> bool:
        """Whether a retraction counts: not once a call was opened for it, or it was missed."""
        if self._over or self.late(order_of(each), posix(each.entry.time)):
            return False
        whole = each.about == self._place
        last = self.told[-1] if self.told else None
        offer = next((offer for offer in self._offers if offer[0] == each.about), None)
        # What is agreed rests on an acceptance, and on a time that the other side offered.
        rests = self.agreed is not None and last is not None
        if rests and not whole and last is not None and _place_of(last) != each.about:
            others = [one for one in self._offers_of(1 - last[1].dir) if one[0] != each.about]
            rests = not any(_within(one, self.agreed) for one in others)
        if self.accepted is not None:
            if rests:
                end = CallAnswer(Verdict.END, None, None, each.line)
                self.ends.append((each.life, each.entry, end))
            return rests
        if offer is not None and not whole:
            self._offers.remove(offer)
            self._taken_back.append(offer)
        self._over = whole
        proposed = not whole and last is not None and _place_of(last) == each.about and offer
        if rests:
            self._end("call", each, self.agreed)
        elif proposed:
            self._end("time", each, proposed[1])
        elif whole and self.off is None and (last is None or last[2].verdict not in REFUSES):
            self._end("request", each, None)
        return bool(rests or whole or offer)

    def _end(self, what: str, by: Retraction, time: int | None) -> None:
        self.off, self.agreed = Off(what, by.life, by.entry, by.words, time), None

    def _offers_of(self, dir: int) -> list[tuple[Place, int, int]]:
        return [each for each in self._offers if each[0][1] == dir]


def order_of(said: Answer | Retraction) -> Order:
    """The place in the joint order of what was said."""
    life, entry = (said.life, said.entry) if isinstance(said, Retraction) else said[:2]
    return life.inc, joint_key(entry.dir, entry.n, entry.seen)


def _place_of(answer: Answer) -> Place:
    life, entry, _ = answer
    return life.inc, entry.dir, entry.n


def _within(offer: tuple[Place, int, int], time: int | None) -> bool:
    return time is not None and offer[1] <= time <= offer[2]
