"""The calls of a line as the record has them: each request, and what answers it.

They are read from the record once, and grow as entries join it: a status is asked at every page,
and a counterpart may have asked for hundreds. Source: spec/calls.md Q3 to Q6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parley.catalogue.calls import CallAnswer, CallRequest, Verdict, moment
from parley.core.entry import Precedence, Type, read_body
from parley.core.kept import EntryRow
from parley.core.record import joint_key
from parley.station import messages
from parley.station.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station

MINUTE_S, DAY_S = 60, 86_400
AT_ONCE_S = 30 * MINUTE_S  # how long a call asked for at once may still begin
RECENT_S = 7 * DAY_S  # how long status goes on saying that nobody answered
TYPES = frozenset((Type.CALL_REQUEST, Type.CALL_ANSWER))
KEPT_MAX = 500  # of a line; the record holds them all
ANSWERS_MAX = 64  # of one call: the first, and the newest
SHOWN_MAX = 8  # of each side in a status
OUTCOMES = {
    Verdict.ACCEPT: "accepted",
    Verdict.PROPOSE: "proposed another time",
    Verdict.DEPUTY: "sends a deputy",
    Verdict.DECLINE: "declined",
    Verdict.TEXT: "asked for text instead",
}
Place = tuple[int, int, int]  # incarnation, direction, number
Answer = tuple[OpenLine, EntryRow, CallAnswer]


@dataclass
class Call:
    """A request in the record, with what answers it in the joint order."""

    open_line: OpenLine  # of its incarnation
    entry: EntryRow
    request: CallRequest
    answers: list[Answer] = field(default_factory=list)
    proposals: list[Place] = field(default_factory=list)

    def view(self, now: float) -> dict[str, Any]:
        """What became of it by `now`; the same at both stations but for `kept` and `took_s`."""
        request, entry = self.request, self.entry
        last = self.answers[-1] if self.answers else None
        first = self.answers[0] if self.answers else None
        late = first is not None and posix(first[1].time) >= request.answer_by + MINUTE_S
        over = now >= request.answer_by + MINUTE_S
        state = OUTCOMES[last[2].verdict] if last else "nobody answered" if over else "waiting"
        time = last[2].time if last else None
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
            "left_s": None if last or over else request.answer_by + MINUTE_S - now,
            "state": state,
            "late": late,
            "time": time,
            "took_s": first[1].wall - entry.wall if first else None,
            "text": request.words,
            "answers": [_answer_view(*each) for each in self.answers],
            "sentence": self._sentence(state, late, time),
        }

    def is_live(self, now: float) -> bool:
        """Whether somebody has to know of it now: its clock runs, it is agreed and to come, or it
        was left unanswered in the last week."""
        if not self.answers:
            return now < self.request.answer_by + RECENT_S
        _, _, last = self.answers[-1]
        return last.time is not None and last.time + AT_ONCE_S > now

    def _sentence(self, state: str, late: bool, time: int | None) -> str:
        """What stands in the record about it, and that nobody answered (Q5, Q6)."""
        by = moment(self.request.answer_by)
        if not self.answers:
            return (
                f"An answer is asked for by {by}."
                if state == "waiting"
                else f"Nobody answered by {by}."
            )
        open_line, entry, _ = self.answers[-1]
        ours = entry.dir == open_line.ours
        whom = "We" if ours else open_line.agreed.counterpart
        said = state.replace("sends", "send") if ours else state
        when = f": {moment(time)}" if time is not None else ""
        return f"{whom} {said}{when}." + (f" Nobody had answered by {by}." if late else "")


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
            rows = station.store.sql(
                "SELECT inc, dir, n FROM messages INDEXED BY messages_of_calls"
                " JOIN entries USING (line_id, inc, dir, n)"
                " WHERE line_id = ? AND messages.type IN (48, 49)"
                " ORDER BY inc DESC, kept DESC, n DESC LIMIT ?",
                (open_line.id, KEPT_MAX),
            )
            for row in reversed(rows):
                life = open_line.life(row["inc"])
                if life is not None:
                    open_line.calls.add(life, station.entry(life, row["dir"], row["n"]))
        return open_line.calls

    def __iter__(self) -> Iterator[Call]:
        """Newest request first."""
        return reversed(self._calls.values())

    def add(self, life: OpenLine, entry: EntryRow) -> None:
        """An entry has joined the record; what it answers has done so before."""
        said, place = said_in(entry), (life.inc, entry.dir, entry.n)
        if isinstance(said, CallRequest):
            self._calls[place] = self._asked[place] = Call(life, entry, said)
            if len(self._calls) > KEPT_MAX:
                oldest = next(iter(self._calls))
                for each in (oldest, *self._calls.pop(oldest).proposals):
                    self._asked.pop(each, None)
        elif said is not None and (call := self._asked.get(_answered(life, entry))) is not None:
            call.answers.append((life, entry, said))
            call.answers.sort(key=_in_joint_order)  # theirs and ours may have crossed
            if len(call.answers) > ANSWERS_MAX:
                del call.answers[1]
            if said.verdict is Verdict.PROPOSE and len(call.proposals) < ANSWERS_MAX:
                call.proposals.append(place)
                self._asked[place] = call


def took(open_line: OpenLine, entry: EntryRow) -> None:
    """An entry has joined the record; if it is of a call, the calls that are known grow."""
    if entry.type in TYPES and open_line.current.calls is not None:
        open_line.current.calls.add(open_line, entry)


def _in_joint_order(answer: Answer) -> tuple[int, tuple[int, int]]:
    life, entry, _ = answer
    return life.inc, joint_key(entry.dir, entry.n, entry.seen)


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


def _answer_view(open_line: OpenLine, entry: EntryRow, answer: CallAnswer) -> dict[str, Any]:
    return {
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
