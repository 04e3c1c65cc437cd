"""The calls of a line as the record has them: each request, and what answers it.

They are read from the record once, and grow as entries join it: a status is asked at every page,
and a counterpart may have asked for hundreds. Source: spec/calls.md Q3 to Q10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parley.catalogue.calls import CallAnswer, CallRequest, Verdict, moment
from parley.core.entry import Precedence, Type, read_body
from parley.core.kept import EntryRow
from parley.core.record import joint_key
from parley.station.entries import messages
from parley.station.line.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station

MINUTE_S, DAY_S = 60, 86_400
AT_ONCE_S = 30 * MINUTE_S  # how long a call asked for at once may still begin
RECENT_S = 7 * DAY_S  # how long status goes on saying that nobody answered
TYPES = frozenset((Type.CALL_REQUEST, Type.CALL_ANSWER))
KEPT_MAX = 500  # of a line; the record holds them all
READ_MAX = 8 * KEPT_MAX  # answers that are read when a station starts
ANSWERS_MAX = 64  # of one call: the first, and the newest
SKIPS_MAX = 64  # of one side, in one standing call: the newest, more than a year
SHOWN_MAX = 8  # of each side in a status
OUTCOMES = {
    Verdict.ACCEPT: "accepted",
    Verdict.PROPOSE: "proposed another time",
    Verdict.DEPUTY: "sends a deputy",
    Verdict.DECLINE: "declined",
    Verdict.TEXT: "asked for text instead",
}
AGREES = frozenset((Verdict.ACCEPT, Verdict.DEPUTY))
ACTS = frozenset((Verdict.SKIP, Verdict.END))  # of a standing call that is agreed
OPEN = frozenset(("waiting", "proposed another time"))  # states in which a clock runs
Place = tuple[int, int, int]  # incarnation, direction, number
Answer = tuple[OpenLine, EntryRow, CallAnswer]


@dataclass
class Ask:
    """What asks for an answer, a request or another time that was proposed: by whom, when, by when,
    and when the other side answered."""

    dir: int
    at: float  # POSIX seconds by the clock of that side, as is below
    by: int
    time: int | None = None  # that was proposed
    answered: float | None = None

    @property
    def late(self) -> bool:
        """Whether nobody had answered by then."""
        return self.answered is not None and self.answered >= self.by + MINUTE_S

    def is_over(self, now: float) -> bool:
        """Whether its time has run out."""
        return now >= self.by + MINUTE_S

    @property
    def took_s(self) -> float | None:
        """How long the answer took, as the record has it; two clocks may differ."""
        return None if self.answered is None else max(self.answered - self.at, 0.0)


@dataclass
class Call:
    """A request in the record, with what answers it in the joint order."""

    open_line: OpenLine  # of its incarnation
    entry: EntryRow
    request: CallRequest
    answers: list[Answer] = field(default_factory=list)
    proposals: list[Place] = field(default_factory=list)
    skips: list[Answer] = field(default_factory=list)
    ends: list[Answer] = field(default_factory=list)  # the first of each side

    @property
    def place(self) -> Place:
        """Of the request."""
        return self.open_line.inc, self.entry.dir, self.entry.n

    @property
    def order(self) -> tuple[int, tuple[int, int]]:
        """Its place in the joint order."""
        return _in_joint_order((self.open_line, self.entry, None))

    def accepted(self) -> Answer | None:
        """What agreed to a standing call: the first to accept what the other side offered (Q8)."""
        last = self.told()[-1:] if self.request.weekly_min is not None else []
        return last[0] if last and last[0][2].verdict is Verdict.ACCEPT else None

    def heard(self) -> list[tuple[Answer, bool]]:
        """The answers, of a standing call those up to its acceptance, and whether each counts:
        whoever accepts a time that the other side has not offered agrees on nothing (Q12)."""
        standing, found = self.request.weekly_min is not None, []
        latest = self.request.earliest if standing else self.request.latest
        offered: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
        offered[self.entry.dir].append((self.request.earliest, latest))
        for each in self.answers:
            _, entry, said = each
            time, counts = said.time or 0, True
            if said.verdict in AGREES:
                counts = any(first <= time <= last for first, last in offered[1 - entry.dir])
                counts = counts and not (standing and said.verdict is Verdict.DEPUTY)
            found.append((each, counts))
            if standing and counts and said.verdict is Verdict.ACCEPT:
                break
            if said.verdict is Verdict.PROPOSE:
                offered[entry.dir].append((time, time))
        return found

    def told(self) -> list[Answer]:
        """The answers that count."""
        return [each for each, counts in self.heard() if counts]

    def asks(self) -> list[Ask]:
        """The request and each time proposed, with what the other side said to it (Q10)."""
        found = [Ask(self.entry.dir, posix(self.entry.time), self.request.answer_by)]
        for life, entry, said in self.told():
            at = posix(entry.time)
            asked = next((each for each in reversed(found) if each.dir != entry.dir), None)
            if asked is not None and asked.answered is None:
                asked.answered = at
            if said.verdict is Verdict.PROPOSE:
                found.append(Ask(entry.dir, at, _by(life, entry, said), said.time))
        return found

    def state(self, now: float) -> str:
        """What became of it by then, in a word or two."""
        told, asked = self.told(), self.asks()[-1]
        if not told or told[-1][2].verdict is Verdict.PROPOSE:
            over = asked.answered is None and asked.is_over(now)
            return (
                "nobody answered" if over else OUTCOMES[told[-1][2].verdict] if told else "waiting"
            )
        return OUTCOMES[told[-1][2].verdict]

    def agreed(self) -> int | None:
        """The time that both agreed on; of a standing call that of its first occurrence."""
        told = self.told()
        if self.request.weekly_min is not None and self.accepted() is None:
            return None
        yes = told and told[-1][2].verdict in AGREES
        return told[-1][2].time if yes else None

    def view(self, now: float) -> dict[str, Any]:
        """What became of it by `now`; the same at both stations but for `kept`."""
        request, entry, told, asks = self.request, self.entry, self.told(), self.asks()
        state = self.state(now)
        time = told[-1][2].time if told else None
        return {
            "dir": self.open_line.side(entry.dir),
            "n": entry.n,
            "line": self.open_line.address,
            "at": posix(entry.time),
            "kept": entry.wall,
            "precedence": Precedence(entry.marks >> 6).name,
            "asked_by": request.asked_by,
            "asked_for": request.asked_for,
            "level": request.level,
            "purpose": request.purpose,
            "agenda": list(request.agenda),
            "medium": str(request.medium),
            "languages": request.languages,
            "interpreters": request.interpreters,
            "earliest": request.earliest,
            "latest": request.latest,
            "answer_by": request.answer_by,
            "weekly_min": request.weekly_min,
            "left_s": asks[-1].by + MINUTE_S - now if state in OPEN else None,
            "state": state,
            "late": any(each.late for each in asks),
            "time": time,
            "took_s": asks[0].took_s,
            "text": request.words,
            "answers": [_answer_view(*each, counts) for each, counts in self.heard()],
            "sentence": self._sentence(state, asks, time),
        }

    def is_live(self, now: float) -> bool:
        """Whether somebody has to know of it now: its clock runs, it is agreed and to come, or it
        was left unanswered in the last week."""
        time = self.agreed()
        if time is not None:
            ended = min((posix(entry.time) for _, entry, _ in self.ends), default=None)
            if self.request.weekly_min is not None:
                return ended is None or now < ended + RECENT_S
            return time + AT_ONCE_S > now
        state = self.state(now)
        return state in OPEN or (state == "nobody answered" and now < self.asks()[-1].by + RECENT_S)

    def _sentence(self, state: str, asks: list[Ask], time: int | None) -> str:
        """What stands in the record about it, and that nobody answered (Q5, Q6, Q10)."""
        by = moment(asks[-1].by)
        waits = (
            f"An answer is asked for by {by}."
            if state in OPEN
            else f"Nobody answered by {by}."
            if state == "nobody answered"
            else ""
        )
        heard, told = self.heard(), self.told()
        alone = [] if not heard or heard[-1][1] else [self._alone(heard[-1][0])]
        if not told:
            return " ".join(filter(None, (*alone, waits)))
        open_line, entry, answer = told[-1]
        ours = entry.dir == open_line.ours
        first = outcome(answer.verdict, "" if ours else open_line.agreed.counterpart, time)
        late = [f"Nobody had answered by {moment(each.by)}." for each in asks if each.late]
        return " ".join(filter(None, (first, *alone, waits, *late)))

    def _alone(self, answer: Answer) -> str:
        """That one side accepted what the other has not offered (Q12)."""
        open_line, entry, said = answer
        time = moment(said.time or 0)
        if entry.dir == open_line.ours:
            return f"We accepted {time}, which was not offered: nothing is agreed."
        whom = open_line.agreed.counterpart
        return f"{whom} accepted {time}, which was not offered: nothing is agreed."


def outcome(verdict: Verdict, whom: str, time: int | None) -> str:
    """How a request was answered, by that party or, without its name, by us: whole sentences, since
    every language says them in its own way."""
    at = "" if time is None else moment(time)
    ours = {
        Verdict.ACCEPT: f"We accepted: {at}." if at else "We have accepted.",
        Verdict.PROPOSE: f"We proposed another time: {at}." if at else "We proposed another time.",
        Verdict.DEPUTY: f"We send a deputy: {at}." if at else "We send a deputy.",
        Verdict.DECLINE: "We have declined.",
        Verdict.TEXT: "We asked for text instead.",
    }
    theirs = {
        Verdict.ACCEPT: f"{whom} accepted: {at}." if at else f"{whom} has accepted.",
        Verdict.PROPOSE: f"{whom} proposed another time: {at}."
        if at
        else f"{whom} proposed another time.",
        Verdict.DEPUTY: f"{whom} sends a deputy: {at}." if at else f"{whom} sends a deputy.",
        Verdict.DECLINE: f"{whom} has declined.",
        Verdict.TEXT: f"{whom} asked for text instead.",
    }
    return (theirs if whom else ours)[verdict]


class Calls:
    """All calls of a line, in all its incarnations (Q5)."""

    def __init__(self) -> None:
        self._calls: dict[Place, Call] = {}  # by their requests, oldest first
        self._asked: dict[Place, Call] = {}  # by all that can be answered

    @classmethod
    def of(cls, station: Station, open_line: OpenLine) -> Calls:
        """Those of a line, read from the record the first time."""
        open_line = open_line.current
        if open_line.calls is None:
            open_line.calls = cls()
            # What is shown provisionally is a message and no entry yet.
            rows = [
                row
                for type, most in ((Type.CALL_REQUEST, KEPT_MAX), (Type.CALL_ANSWER, READ_MAX))
                for row in station.store.sql(
                    "SELECT inc, dir, n, seen FROM messages INDEXED BY messages_of_calls"
                    " JOIN entries USING (line_id, inc, dir, n)"
                    " WHERE line_id = ? AND messages.type IN (48, 49) AND messages.type = ?"
                    " ORDER BY inc DESC, n + seen DESC, dir DESC LIMIT ?",
                    (open_line.id, int(type), most),
                )
            ]
            # As both stations have them, so that both keep the same of very many (R6).
            for row in sorted(rows, key=lambda row: (row["inc"], _joint(row))):
                life = open_line.life(row["inc"])
                if life is not None:
                    open_line.calls.add(life, station.entry(life, row["dir"], row["n"]))
        return open_line.calls

    def __iter__(self) -> Iterator[Call]:
        """Newest request first, in the joint order."""
        return iter(sorted(self._calls.values(), key=lambda each: each.order, reverse=True))

    def add(self, life: OpenLine, entry: EntryRow) -> None:
        """An entry has joined the record; what it answers has done so before."""
        said, place = said_in(entry), (life.inc, entry.dir, entry.n)
        if isinstance(said, CallRequest):
            self._calls[place] = self._asked[place] = Call(life, entry, said)
            if len(self._calls) > KEPT_MAX:
                oldest = min(self._calls.values(), key=lambda each: each.order)
                del self._calls[oldest.place]
                for each in (oldest.place, *oldest.proposals):
                    self._asked.pop(each, None)
        elif said is not None and (call := self._asked.get(_answered(life, entry))) is not None:
            answer: Answer = (life, entry, said)
            if said.verdict in ACTS:
                _act(call, answer)
                return
            call.answers.append(answer)
            call.answers.sort(key=_in_joint_order)  # theirs and ours may have crossed
            if len(call.answers) > ANSWERS_MAX:
                del call.answers[1]
            # What proposes another time is answered; by what accepts a standing call, too, the
            # other side speaks of it.
            asks = said.verdict is Verdict.PROPOSE or (
                said.verdict is Verdict.ACCEPT and call.request.weekly_min is not None
            )
            if asks and len(call.proposals) < ANSWERS_MAX:
                call.proposals.append(place)
                self._asked[place] = call


def _act(call: Call, answer: Answer) -> None:
    """One side skips an occurrence of a standing call, or ends it (Q9)."""
    if call.request.weekly_min is None:
        return
    kept = call.skips if answer[2].verdict is Verdict.SKIP else call.ends
    of_side = [each for each in kept if each[1].dir == answer[1].dir]
    if kept is call.ends and of_side:
        return
    if len(of_side) >= SKIPS_MAX:
        kept.remove(of_side[0])
    kept.append(answer)
    kept.sort(key=_in_joint_order)


def took(open_line: OpenLine, entry: EntryRow) -> None:
    """An entry has joined the record; if it is of a call, the calls that are known grow."""
    if entry.type in TYPES and open_line.current.calls is not None:
        open_line.current.calls.add(open_line, entry)


def _in_joint_order(answer: tuple[OpenLine, EntryRow, Any]) -> tuple[int, tuple[int, int]]:
    life, entry, _ = answer
    return life.inc, joint_key(entry.dir, entry.n, entry.seen)


def _joint(row: Any) -> tuple[int, int]:
    return joint_key(row["dir"], row["n"], row["seen"])


def _by(life: OpenLine, entry: EntryRow, said: CallAnswer) -> int:
    """Until when another time waits for an answer: as long as a request of its urgency does, by
    what is agreed, and never beyond that time (Q10)."""
    agreed_s = life.agreed.calls_s[entry.marks >> 6 == Precedence.FLASH]
    by = posix(entry.time) + agreed_s
    return min(int(by // MINUTE_S) * MINUTE_S, said.time or 0)


def _answered(life: OpenLine, entry: EntryRow) -> Place:
    """Which entry of the other side it answers; one that nobody has when it names none."""
    content = read_body(entry.type, entry.marks, entry.body)
    if content is not None:
        for about, act in messages.references(life, entry.dir, entry.type, content):
            if act[2] == "answered" and act[0] == 1 - entry.dir:
                return about.inc, act[0], act[1]
    return -1, -1, -1


def said_in(entry: EntryRow) -> CallRequest | CallAnswer | None:
    content = read_body(entry.type, entry.marks, entry.body)
    if content is None or not isinstance(content.payload, str):
        return None
    if entry.type == Type.CALL_REQUEST:
        return CallRequest.parse(content.payload)
    return CallAnswer.parse(content.payload) if entry.type == Type.CALL_ANSWER else None


def _answer_view(
    open_line: OpenLine, entry: EntryRow, answer: CallAnswer, counts: bool
) -> dict[str, Any]:
    return {
        "counts": counts,
        "dir": open_line.side(entry.dir),
        "n": entry.n,
        "line": open_line.address,
        "at": posix(entry.time),
        "kept": entry.wall,
        "answer": str(answer.verdict),
        "time": answer.time,
        "deputy": answer.deputy,
        "reason": answer.reason,
        "text": answer.words,
    }
