"""Calls asked for: the request, its clock and its answer; whoever holds the record reads the same.

A request and an answer are messages like any other: one person writes, another releases. Nothing
is written when a clock runs out: the request names its hour, and a record without an answer before
it says that nobody answered. Source: spec/calls.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from parley.catalogue.calls import (
    CallAnswer,
    CallRequest,
    Medium,
    Verdict,
    check_form,
    moment,
    read_moment,
)
from parley.core.entry import Key, Precedence, Type, body_of, check_text, read_body
from parley.core.errors import Misused, Refused
from parley.core.kept import EntryRow
from parley.station import drafts, messages
from parley.station.lines import OpenLine, posix, since_2020
from parley.station.operations import Words, operation
from parley.station.person import READERS, Person
from parley.station.standing import check_passes
from parley.station.wording import check_mark

if TYPE_CHECKING:
    from parley.station.station import Station

MINUTE_S, DAY_S = 60, 86_400
# The Defense Telephone Link's 48 hours; a FLASH is for those who can be at the table in minutes.
ANSWER_S = dict.fromkeys(Precedence, 48 * 3600) | {Precedence.FLASH: 10 * MINUTE_S}
AT_ONCE_S = 30 * MINUTE_S  # how long a call asked for at once may still begin
ROWS_MAX = 500
RECENT_S = 7 * DAY_S  # how long status goes on saying that nobody answered
OUTCOMES = {
    Verdict.ACCEPT: "accepted",
    Verdict.PROPOSE: "proposed another time",
    Verdict.DEPUTY: "sends a deputy",
    Verdict.DECLINE: "declined",
    Verdict.TEXT: "asked for text instead",
}


@operation("call.ask", roles=("drafter",))
def call_ask(
    station: Station,
    who: Person,
    *,
    purpose: Words,
    earliest: str | None = None,
    latest: str | None = None,
    at_once: bool = False,
    asked_by: Words | None = None,
    asked_for: Words | None = None,
    level: Words | None = None,
    agenda: list[str] | None = None,
    medium: str = "video",
    languages: Words | None = None,
    interpreters: Words | None = None,
    within_s: int | None = None,
    precedence: str | None = None,
    text: Words | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write a request for a call; a second person releases it."""
    open_line, now = station.line(line).current, station.now.wall
    agreed = open_line.agreed
    urgency = drafts.read_precedence(precedence or ("FLASH" if at_once else "ROUTINE"))
    if medium not in list(Medium):
        raise Misused(f"There is no medium {medium!r:.40}.", "video, voice or text.")
    if at_once:
        begins, ends = _minute(now), _minute(now + AT_ONCE_S)
    elif earliest is None or latest is None:
        raise Misused(
            "A request names the earliest and the latest time of the call.",
            "Such as 2026-12-01 08:00Z; or ask for a call at once.",
        )
    else:
        begins, ends = _read(earliest), _read(latest)
    request = CallRequest(
        asked_by or station.home.party,
        asked_for or agreed.counterpart,
        level or agreed.level,
        purpose,
        Medium(medium),
        languages or f"{agreed.our_language}, {agreed.their_language}",
        interpreters or "not yet settled",
        begins,
        ends,
        min(_minute(now + _within(urgency, within_s)), ends),
        tuple(agenda or []),
        text or "",
    )
    request.check()
    _check_in_time(request, now)
    return _draft(station, open_line, who, Type.CALL_REQUEST, urgency, request.text(), {})


@operation("call.answer", roles=("drafter",))
def call_answer(
    station: Station,
    who: Person,
    *,
    n: int,
    answer: str,
    time: str | None = None,
    deputy: Words | None = None,
    reason: Words | None = None,
    precedence: str | None = None,
    text: Words | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write the answer to their request, or to another time they proposed; a second person
    releases it."""
    about = station.line(line)
    open_line = about.current
    asked = _must_find(station, about, n)
    verdicts = {verdict.name.lower(): verdict for verdict in Verdict}
    if answer not in verdicts:
        raise Misused(f"There is no answer {answer!r:.40}.", f"There is: {', '.join(verdicts)}.")
    at = None if time is None else _read(time)
    said = _said(asked)
    if isinstance(said, CallAnswer) and answer == "accept" and at is None:
        at = said.time
    found = CallAnswer(verdicts[answer], at, deputy, reason, text or "")
    found.check()
    if found.verdict in (Verdict.ACCEPT, Verdict.DEPUTY):
        _check_offered(said, found)
    urgency = drafts.read_precedence(precedence or Precedence(asked.marks >> 6).name)
    older = [] if open_line is about else [about.inc]
    answers: dict[int, Any] = {Key.ANSWERS: [open_line.theirs, n, *older]}
    return _draft(station, open_line, who, Type.CALL_ANSWER, urgency, found.text(), answers)


@operation("call.list", roles=READERS, reads=True)
def call_list(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """Calls asked for in either direction, newest first, and what became of them."""
    open_line = station.line(line).current
    found = [call.view(station.now.wall) for call in calls(station, open_line)]
    return {
        "line": open_line.agreed.hex,
        "calls": found,
        "history": {side: _history(found, side) for side in ("ours", "theirs")},
        "days_since": int((station.now.wall - found[0]["kept"]) // DAY_S) if found else None,
    }


def status_view(station: Station, open_line: OpenLine) -> list[dict[str, Any]]:
    """Calls that somebody has to know of now: with a clock that runs, agreed and to come, or left
    unanswered in the last week."""
    now = station.now.wall
    views = [call.view(now) for call in calls(station, open_line)]
    return [view for view in views if view["live"]]


def check_release(draft: drafts.Draft, now: float) -> None:
    """Refuse to release a request whose answer would come too late already (Q4)."""
    request = CallRequest.parse(draft.text) if draft.type == Type.CALL_REQUEST else None
    if request is not None:
        _check_in_time(request, now)


# --- reading the record


@dataclass
class Call:
    """A request in the record, with what answers it in the joint order."""

    open_line: OpenLine  # of its incarnation
    entry: EntryRow
    request: CallRequest
    answers: list[tuple[OpenLine, EntryRow, CallAnswer]] = field(default_factory=list)

    def view(self, now: float) -> dict[str, Any]:
        """What became of it by `now`; the same at both stations but for `kept` and `took_s`."""
        request, entry = self.request, self.entry
        last = self.answers[-1] if self.answers else None
        first = self.answers[0] if self.answers else None
        late = first is not None and posix(first[1].time) >= request.answer_by + MINUTE_S
        over = now >= request.answer_by + MINUTE_S
        state = OUTCOMES[last[2].verdict] if last else "nobody answered" if over else "waiting"
        time = last[2].time if last else None
        open_ended = last is not None and last[2].verdict is Verdict.PROPOSE
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
            "live": (
                state == "waiting"
                or (open_ended and time is not None and time > now)
                or (state == "nobody answered" and now < request.answer_by + RECENT_S)
                or (time is not None and time + AT_ONCE_S > now)
            ),
        }

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


def calls(station: Station, open_line: OpenLine) -> list[Call]:
    """The calls of a line through all its incarnations, newest request first (Q5)."""
    rows = station.store.sql(
        "SELECT inc, dir, n FROM messages INDEXED BY messages_of_calls"
        " WHERE line_id = ? AND type IN (48, 49) ORDER BY inc DESC, kept DESC, n DESC LIMIT ?",
        (open_line.id, ROWS_MAX),
    )
    found: dict[tuple[int, int, int], Call] = {}
    entries = [
        (life, station.entry(life, row["dir"], row["n"]))
        for row in rows
        if (life := open_line.life(row["inc"])) is not None
    ]
    # The joint order (spec/record.md R6): whatever an entry answers stands before it.
    entries.sort(key=lambda each: (each[0].inc, each[1].n + 1 + each[1].seen, each[1].dir))
    for life, entry in entries:
        said = _said(entry)
        if isinstance(said, CallRequest):
            found[life.inc, entry.dir, entry.n] = Call(life, entry, said)
        elif said is not None:
            call = found.get(_answered(life, entry))
            if call is not None:
                call.answers.append((life, entry, said))
                if said.verdict is Verdict.PROPOSE:
                    found[life.inc, entry.dir, entry.n] = call
    unique = {id(call): call for call in found.values()}
    return list(reversed(unique.values()))


def _answered(life: OpenLine, entry: EntryRow) -> tuple[int, int, int]:
    """Which entry of the other side it answers; one that nobody has when it names none."""
    content = read_body(entry.type, entry.marks, entry.body)
    if content is not None:
        for about, act in messages.references(life, entry.dir, entry.type, content):
            if act[2] == "answered" and act[0] == 1 - entry.dir:
                return about.inc, act[0], act[1]
    return -1, -1, -1


def _said(entry: EntryRow) -> CallRequest | CallAnswer | None:
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


def _history(found: list[dict[str, Any]], side: str) -> dict[str, Any]:
    """Asked by one side: how many, what became of them, and how long answers took."""
    asked = [view for view in found if view["dir"] == side]
    states = [view["state"] for view in asked]
    took = [view["took_s"] for view in asked if view["took_s"] is not None]
    return {
        "asked": len(asked),
        "answered": len(took),
        **{outcome.replace(" ", "_"): states.count(outcome) for outcome in OUTCOMES.values()},
        "nobody_answered": states.count("nobody answered"),
        "late": sum(view["late"] for view in asked),
        "waiting": states.count("waiting"),
        "answered_s": median(took) if took else None,
        "answered_s_max": max(took, default=None),
    }


# --- what is asked here


def _minute(at: float) -> int:
    """The minute in which a moment lies."""
    return int(at // MINUTE_S) * MINUTE_S


def _read(text: str) -> int:
    try:
        return read_moment(text)
    except ValueError as error:
        raise Misused(
            f"{text!r:.40} is no time of a call.", "Write UTC to the minute: 2026-12-01 08:00Z."
        ) from error


def _within(urgency: Precedence, within_s: int | None) -> int:
    if within_s is not None and not MINUTE_S <= within_s <= 366 * DAY_S:
        raise Refused("An answer is asked for within a minute at least, a year at most.", rule="Q4")
    return ANSWER_S[urgency] if within_s is None else within_s


def _check_in_time(request: CallRequest, now: float) -> None:
    if request.answer_by + MINUTE_S <= now:
        raise Refused(
            f"An answer was asked for by {moment(request.answer_by)}, and that has passed.",
            "Ask anew, with later times.",
            rule="Q4",
        )


def _check_offered(said: CallRequest | CallAnswer | None, answer: CallAnswer) -> None:
    """Refuse to agree to a time that was not offered: that is to propose another (Q2)."""
    time = answer.time or 0
    if isinstance(said, CallRequest) and not said.earliest <= time <= said.latest:
        offered = f"between {moment(said.earliest)} and {moment(said.latest)}"
    elif isinstance(said, CallAnswer) and said.time != time:
        offered = f"at {moment(said.time or 0)}"
    else:
        return
    raise Refused(f"They asked for a call {offered}.", "Propose another time instead.", "Q2")


def _must_find(station: Station, about: OpenLine, n: int) -> EntryRow:
    messages.must_find(station, about, about.theirs, n)
    entry = station.entry(about, about.theirs, n)
    said = _said(entry)
    if isinstance(said, CallRequest) or (
        isinstance(said, CallAnswer) and said.verdict is Verdict.PROPOSE
    ):
        return entry
    raise Refused(
        f"Message {n} of theirs asks for no call and proposes no time.",
        "`parley call list` shows what does.",
        rule="Q5",
    )


def _draft(
    station: Station,
    open_line: OpenLine,
    who: Person,
    type: Type,
    urgency: Precedence,
    text: str,
    more: dict[int, Any],
) -> dict[str, Any]:
    now, mark = station.now.wall, open_line.agreed.mark
    open_line.check_not_halted(station.state(open_line))
    check_passes(open_line, type, urgency, False, now)
    check_text(text)
    check_mark(text, mark)
    check_form(type, text)
    header = {Key.COMPOSED: since_2020(now), Key.DRAFTER: who.id, **more}
    return drafts.begin(station, open_line, who, type, urgency, mark, body_of(type, header, text))
