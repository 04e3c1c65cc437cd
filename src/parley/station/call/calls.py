"""The calls of a line as the record has them: each request, and what answers it.

They are read from the record once, and grow as entries join it: a status is asked at every page,
and a counterpart may have asked for hundreds. Source: spec/calls.md Q3 to Q10, Q13.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parley.catalogue.calls import CallAnswer, CallRequest, Verdict, moment, read_form
from parley.core.entry import Content, Precedence, Type, read_body
from parley.core.kept import EntryRow
from parley.core.record import joint_key
from parley.station.call.course import (
    AGREES,
    AT_ONCE_S,
    MINUTE_S,
    NEAR_S,
    Answer,
    Course,
    Off,
    Order,
    Place,
    Retraction,
    order_of,
)
from parley.station.call.openings import Opening, Openings
from parley.station.entries import messages
from parley.station.line.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station

DAY_S = 86_400
RECENT_S = 7 * DAY_S  # how long status goes on saying that nobody answered
OFF_S = DAY_S  # and that a call was withdrawn, or longer: until it was to be over
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
ACTS = frozenset((Verdict.SKIP, Verdict.END))  # of a standing call that is agreed
OPEN = frozenset(("waiting", "proposed another time"))  # states in which a clock runs
OFF = ("withdrawn", "called off")  # states of a call that is not to be


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
    retractions: dict[Place, Retraction] = field(default_factory=dict)  # the first of each entry
    skips: list[Answer] = field(default_factory=list)
    said_ends: list[Answer] = field(default_factory=list)  # the first of each side

    @property
    def place(self) -> Place:
        """Of the request."""
        return self.open_line.inc, self.entry.dir, self.entry.n

    @property
    def order(self) -> Order:
        """Its place in the joint order."""
        return _in_joint_order((self.open_line, self.entry, None))

    def course(self) -> Course:
        """What all that was said of it comes to."""
        said: list[Answer | Retraction] = [*self.answers, *self.retractions.values()]
        return Course.of(self.place, self.request, said, self._opened)

    def _opened(self, time: int) -> list[Opening]:
        """The calls that were opened for it, near a time that was agreed (Q11)."""
        openings = self.open_line.current.openings
        found = openings.named(self.place) if openings is not None else []
        return [each for each in found if abs(each.at - time) <= NEAR_S]

    @property
    def ends(self) -> list[Answer]:
        """Of a standing call what ended it, the earliest first (Q9, Q13)."""
        return sorted([*self.said_ends, *self.course().ends], key=order_of)

    def accepted(self) -> Answer | None:
        """What agreed to a standing call: the first to accept what the other side offered (Q8)."""
        return self.course().accepted

    def told(self) -> list[Answer]:
        """The answers that count."""
        return self.course().told

    def asks(self, told: list[Answer] | None = None) -> list[Ask]:
        """The request and each time proposed, with what the other side said to it (Q10)."""
        found = [Ask(self.entry.dir, posix(self.entry.time), self.request.answer_by)]
        for life, entry, said in self.told() if told is None else told:
            at = posix(entry.time)
            asked = next((each for each in reversed(found) if each.dir != entry.dir), None)
            if asked is not None and asked.answered is None:
                asked.answered = at
            if said.verdict is Verdict.PROPOSE:
                found.append(Ask(entry.dir, at, _by(life, entry, said), said.time))
        return found

    def state(self, now: float) -> str:
        """What became of it by then, in a word or two."""
        return self._state(self.course(), now)

    def _state(self, course: Course, now: float) -> str:
        if course.off is not None:
            return course.off.state
        told = course.told
        asked = self.asks(told)[-1]
        if not told or told[-1][2].verdict is Verdict.PROPOSE:
            over = asked.answered is None and asked.is_over(now)
            return (
                "nobody answered" if over else OUTCOMES[told[-1][2].verdict] if told else "waiting"
            )
        return OUTCOMES[told[-1][2].verdict]

    def agreed(self) -> int | None:
        """The time that both agreed on; of a standing call that of its first occurrence."""
        return self.course().agreed

    def view(self, now: float) -> dict[str, Any]:
        """What became of it by `now`; the same at both stations but for `kept`, and for what the
        own side may still withdraw."""
        course = self.course()
        request, entry, told, off = self.request, self.entry, course.told, course.off
        asks, state = self.asks(told), self._state(course, now)
        time = off.time if off is not None else told[-1][2].time if told else None
        mine = course.to_withdraw(self.open_line.ours)
        withdraws = None if mine is None or course.late(None, now) else mine[0]
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
            "answers": [_answer_view(*each, why) for each, why in course.heard],
            "retractions": [_retraction_view(*each) for each in course.retracted],
            "off": off and _off_view(off),
            "withdraws": withdraws,
            "sentence": self._sentence(course, state, asks, time),
        }

    def is_live(self, now: float) -> bool:
        """Whether somebody has to know of it now: its clock runs, it is agreed and to come, or it
        was left unanswered in the last week."""
        course = self.course()
        time, off = course.agreed, course.off
        if off is not None:
            until = 0 if off.what != "call" or off.time is None else off.time + AT_ONCE_S
            return now < max(until, off.at + OFF_S)
        if time is not None:
            ended = min((posix(entry.time) for _, entry, _ in self.ends), default=None)
            if self.request.weekly_min is not None:
                return ended is None or now < ended + RECENT_S
            return time + AT_ONCE_S > now
        state = self._state(course, now)
        last = self.asks(course.told)[-1]
        return state in OPEN or (state == "nobody answered" and now < last.by + RECENT_S)

    def _sentence(self, course: Course, state: str, asks: list[Ask], time: int | None) -> str:
        """What stands in the record about it, and that nobody answered (Q5, Q6, Q10, Q13)."""
        by = moment(asks[-1].by)
        waits = (
            f"An answer is asked for by {by}."
            if state in OPEN
            else f"Nobody answered by {by}."
            if state == "nobody answered"
            else ""
        )
        heard, told, off = course.heard, course.told, course.off
        alone = [] if not heard or not heard[-1][1] else [self._alone(*heard[-1])]
        if off is not None:
            late = [asks[-1]] if asks[-1].answered is None and asks[-1].is_over(off.at) else []
            first = _not_to_be(off)
        elif told:
            open_line, entry, answer = told[-1]
            late = []
            ours = entry.dir == open_line.ours
            first = outcome(answer.verdict, "" if ours else open_line.agreed.counterpart, time)
        else:
            return " ".join(filter(None, (*alone, waits)))
        late += [each for each in asks if each.late]
        over = [f"Nobody had answered by {moment(each.by)}." for each in late]
        return " ".join(filter(None, (first, *alone, waits, *over)))

    def _alone(self, answer: Answer, why: str) -> str:
        """That what one side said counts for nothing: it accepted what the other had not offered,
        or came too late (Q12, Q13)."""
        open_line, entry, said = answer
        ours, time = entry.dir == open_line.ours, moment(said.time or 0)
        whom = open_line.agreed.counterpart
        if why == "not offered":
            if ours:
                return f"We accepted {time}, which was not offered: nothing is agreed."
            return f"{whom} accepted {time}, which was not offered: nothing is agreed."
        if why == "withdrawn" and said.verdict in AGREES:
            if ours:
                return f"We accepted {time} once it was withdrawn: nothing is agreed."
            return f"{whom} accepted {time} once it was withdrawn: nothing is agreed."
        if why == "withdrawn":
            if ours:
                return "What we answered once it was withdrawn changes nothing."
            return f"What {whom} answered once it was withdrawn changes nothing."
        if ours:
            return "What we answered once the call was opened or missed changes nothing."
        return f"What {whom} answered once the call was opened or missed changes nothing."


def _not_to_be(off: Off) -> str:
    """Who withdrew a request, or a time that was proposed, or called off what was agreed."""
    whom = "" if off.entry.dir == off.life.ours else off.life.agreed.counterpart
    if off.what == "request":
        return f"{whom} withdrew the request." if whom else "We withdrew the request."
    at = moment(off.time or 0)
    if off.what == "time":
        if whom:
            return f"{whom} withdrew the other time it had proposed: {at}."
        return f"We withdrew the other time that we had proposed: {at}."
    return f"{whom} called off the call of {at}." if whom else f"We called off the call of {at}."


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
        self._said: dict[Place, Call] = {}  # by all that can be retracted

    @classmethod
    def of(cls, station: Station, open_line: OpenLine) -> Calls:
        """Those of a line, read from the record the first time."""
        open_line = open_line.current
        Openings.of(station, open_line)  # what was opened is no longer called off (Q13)
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
            rows += station.store.sql(
                "SELECT entries.inc, entries.dir, entries.n, entries.seen"
                " FROM messages INDEXED BY messages_of_calls JOIN acts"
                " ON (acts.line_id, acts.inc, acts.about_dir, acts.about)"
                " = (messages.line_id, messages.inc, messages.dir, messages.n)"
                " JOIN entries ON (entries.line_id, entries.inc, entries.dir, entries.n)"
                " = (acts.line_id, acts.by_inc, acts.dir, acts.n)"
                " WHERE messages.line_id = ? AND messages.type IN (48, 49)"
                " AND acts.act = 'retracted by'"
                " ORDER BY entries.inc DESC, entries.n + entries.seen DESC, entries.dir DESC"
                " LIMIT ?",
                (open_line.id, READ_MAX),
            )
            # As both stations have them, so that both keep the same of very many (R6).
            for row in sorted(rows, key=lambda row: (row["inc"], _joint(row))):
                life = open_line.life(row["inc"])
                if life is not None:
                    open_line.calls.add(life, station.entry(life, row["dir"], row["n"]))
        return open_line.calls

    def __iter__(self) -> Iterator[Call]:
        """Newest request first, in the joint order."""
        return iter(sorted(self._calls.values(), key=lambda each: each.order, reverse=True))

    def with_said(self, place: Place) -> Call | None:
        """The call of which an entry is the request, or what was said of it."""
        return self._said.get(place)

    def add(self, life: OpenLine, entry: EntryRow) -> None:
        """An entry has joined the record; what it answers has done so before."""
        said, place = said_in(entry), (life.inc, entry.dir, entry.n)
        if isinstance(said, CallRequest):
            self._calls[place] = self._asked[place] = self._said[place] = Call(life, entry, said)
            if len(self._calls) > KEPT_MAX:
                oldest = min(self._calls.values(), key=lambda each: each.order)
                del self._calls[oldest.place]
                for each in (oldest.place, *oldest.proposals):
                    self._asked.pop(each, None)
                for each in (oldest.place, *map(_place, oldest.answers)):
                    self._said.pop(each, None)
        elif said is not None and (call := self._asked.get(_answered(life, entry))) is not None:
            answer: Answer = (life, entry, said)
            if said.verdict in ACTS:
                _act(call, answer)
                return
            call.answers.append(answer)
            call.answers.sort(key=_in_joint_order)  # theirs and ours may have crossed
            self._said[place] = call
            if len(call.answers) > ANSWERS_MAX:
                self._said.pop(_place(call.answers.pop(1)), None)
            # What proposes another time is answered; by what accepts a standing call, too, the
            # other side speaks of it.
            asks = said.verdict is Verdict.PROPOSE or (
                said.verdict is Verdict.ACCEPT and call.request.weekly_min is not None
            )
            if asks and len(call.proposals) < ANSWERS_MAX:
                call.proposals.append(place)
                self._asked[place] = call
        elif said is None and entry.type not in messages.NOT_MESSAGES:
            self._retracts(life, entry)

    def _retracts(self, life: OpenLine, entry: EntryRow) -> None:
        """A message that takes back what its own side has said of a call (Q13)."""
        content = read_body(entry.type, entry.marks, entry.body)
        about = _retracted(life, entry, content)
        call = self._said.get(about) if about is not None else None
        if about is None or content is None or call is None or about in call.retractions:
            return
        words = content.payload if isinstance(content.payload, str) else ""
        call.retractions[about] = Retraction(life, entry, about, words)


def _act(call: Call, answer: Answer) -> None:
    """One side skips an occurrence of a standing call, or ends it (Q9)."""
    if call.request.weekly_min is None:
        return
    kept = call.skips if answer[2].verdict is Verdict.SKIP else call.said_ends
    of_side = [each for each in kept if each[1].dir == answer[1].dir]
    if kept is call.said_ends and of_side:
        return
    if len(of_side) >= SKIPS_MAX:
        kept.remove(of_side[0])
    kept.append(answer)
    kept.sort(key=_in_joint_order)


def took(open_line: OpenLine, entry: EntryRow, content: Content | None) -> None:
    """An entry has joined the record; if it is of a call, the calls that are known grow."""
    known = open_line.current.calls
    if known is None:
        return
    if entry.type in TYPES or _retracted(open_line, entry, content) is not None:
        known.add(open_line, entry)


def _retracted(life: OpenLine, entry: EntryRow, content: Content | None) -> Place | None:
    """Which entry of its own side a message retracts."""
    if content is None or entry.type in messages.NOT_MESSAGES:
        return None
    for about, act in messages.references(life, entry.dir, entry.type, content):
        if act[2] == "retracted by":
            return about.inc, act[0], act[1]
    return None


def _place(answer: Answer) -> Place:
    life, entry, _ = answer
    return life.inc, entry.dir, entry.n


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
    return read_form(entry.type, content.payload)


def _off_view(off: Off) -> dict[str, Any]:
    return {
        "state": off.state,
        "what": off.what,
        "by": off.life.side(off.entry.dir),
        "n": off.entry.n,
        "line": off.life.address,
        "at": off.at,
        "kept": off.entry.wall,
        "reason": off.reason,
        "time": off.time,
    }


def _retraction_view(each: Retraction, counts: bool) -> dict[str, Any]:
    return {
        "counts": counts,
        "dir": each.life.side(each.entry.dir),
        "n": each.entry.n,
        "line": each.life.address,
        "at": posix(each.entry.time),
        "kept": each.entry.wall,
        "text": each.words,
    }


def _answer_view(
    open_line: OpenLine, entry: EntryRow, answer: CallAnswer, why_not: str
) -> dict[str, Any]:
    return {
        "counts": not why_not,
        "why_not": why_not,
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
