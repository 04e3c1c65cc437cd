"""To ask for a call, to answer, and to see what became; whoever holds the record reads the same.

A request and an answer are messages like any other: one person writes, another releases. Nothing
is written when a clock runs out: the request names its hour, and a record without an answer before
it says that nobody answered. Source: spec/calls.md.
"""

from __future__ import annotations

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
from parley.core.entry import Key, Precedence, Type, body_of, check_text
from parley.core.errors import Misused, Refused
from parley.core.kept import EntryRow
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import READERS, Person
from parley.station.call import series
from parley.station.call.call_history import history
from parley.station.call.calls import DAY_S, OFF, OUTCOMES, SHOWN_MAX, Calls, said_in
from parley.station.call.course import AT_ONCE_S, MINUTE_S
from parley.station.call.openings import Openings
from parley.station.entries import messages
from parley.station.line.lines import OpenLine, since_2020
from parley.station.line.standing import check_passes
from parley.station.line.wording import check_mark
from parley.station.texts import drafts

if TYPE_CHECKING:
    from parley.station.station import Station


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
    weekly_min: int | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write a request for a call, or for a standing call of so many minutes every week from the
    earliest time on; a second person releases it."""
    open_line, now = station.line(line).current, station.now.wall
    agreed = open_line.agreed
    urgency = drafts.read_precedence(precedence or ("FLASH" if at_once else "ROUTINE"))
    if medium not in list(Medium):
        raise Misused(f"There is no medium {medium!r:.40}.", "video, voice or text.")
    if at_once:
        begins, ends = _minute(now), _minute(now + AT_ONCE_S)
    elif weekly_min is not None and earliest is not None and latest in (None, earliest):
        begins = ends = read_time(earliest)
    elif earliest is None or latest is None:
        raise Misused(
            "A request names the earliest and the latest time of the call.",
            "Such as 2026-12-01 08:00Z; or ask for a call at once.",
        )
    else:
        begins, ends = read_time(earliest), read_time(latest)
    request = CallRequest(
        asked_by or station.home.party,
        asked_for or agreed.counterpart,
        level or agreed.level,
        purpose,
        Medium(medium),
        languages or ", ".join(dict.fromkeys((agreed.our_language, agreed.their_language))),
        interpreters or "not yet settled",
        begins,
        ends,
        min(_minute(now + _within(open_line, urgency, within_s)), ends),
        tuple(agenda or []),
        text or "",
        weekly_min,
    )
    request.check()
    _check_in_time(request, now)
    return draft_of(station, open_line, who, Type.CALL_REQUEST, urgency, request.text(), {})


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
    _check_not_held(station, about, n)
    verdicts = {verdict.name.lower(): verdict for verdict in OUTCOMES}
    if answer not in verdicts:
        raise Misused(f"There is no answer {answer!r:.40}.", f"There is: {', '.join(verdicts)}.")
    at = None if time is None else read_time(time)
    said = said_in(asked)
    if isinstance(said, CallAnswer) and answer == "accept" and at is None:
        at = said.time
    if isinstance(said, CallRequest) and said.weekly_min is not None:
        if answer == "deputy":
            raise Refused("Nobody is deputy for a standing call.", "Accept it, or propose.", "Q8")
        at = said.earliest if answer == "accept" and at is None else at
    found = CallAnswer(verdicts[answer], at, deputy, reason, text or "")
    found.check()
    if found.verdict in (Verdict.ACCEPT, Verdict.DEPUTY):
        _check_offered(said, found)
    urgency = drafts.read_precedence(precedence or Precedence(asked.marks >> 6).name)
    answers: dict[int, Any] = {Key.ANSWERS: [open_line.theirs, n, *about.older]}
    return draft_of(station, open_line, who, Type.CALL_ANSWER, urgency, found.text(), answers)


@operation("call.list", roles=READERS, reads=True)
def call_list(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """Calls asked for in either direction, newest first, and what became of them."""
    open_line = station.line(line).current
    openings = Openings.of(station, open_line).newest_first()
    calls = list(Calls.of(station, open_line))
    found = [series.view(station, open_line, call, openings) for call in calls]
    now = station.now.wall
    return {
        "line": open_line.agreed.hex,
        "calls": [
            {**view, "live": call.is_live(now)} for view, call in zip(found, calls, strict=True)
        ],
        "history": history(station, open_line),
    }


def status_view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """Calls that somebody has to know of now, those of each side that end soonest, and how many
    more there are."""
    now = station.now.wall
    live = [call for call in Calls.of(station, open_line) if call.is_live(now)]
    live.sort(key=lambda call: (call.state(now) in OFF, call.request.answer_by))
    sides = [
        [call for call in live if call.entry.dir == dir][:SHOWN_MAX]
        for dir in (open_line.theirs, open_line.ours)
    ]
    openings = Openings.of(station, open_line).newest_first() if live else []
    shown = [series.view(station, open_line, call, openings) for side in sides for call in side]
    return {"live": shown, "more": len(live) - len(shown)}


def check_release(station: Station, draft: drafts.Draft, now: float) -> None:
    """Refuse to release what would come too late already: a request whose answer would, to skip
    what has begun, or an answer once the call was held (Q4, Q9, Q12)."""
    request = CallRequest.parse(draft.text) if draft.type == Type.CALL_REQUEST else None
    if request is not None:
        _check_in_time(request, now)
    answer = CallAnswer.parse(draft.text) if draft.type == Type.CALL_ANSWER else None
    if answer is not None and answer.verdict is Verdict.SKIP and (answer.time or 0) <= now:
        raise Refused(
            f"The call of {moment(answer.time or 0)} has begun, and cannot be skipped.",
            "Withdraw the draft.",
            "Q9",
        )
    if answer is not None:
        open_line = draft.open_line
        written = messages.references(open_line, open_line.ours, draft.type, draft.content)
        for life, (_, n, *_) in written:
            _check_not_held(station, life, n)


# --- what is asked here


def _minute(at: float) -> int:
    """The minute in which a moment lies."""
    return int(at // MINUTE_S) * MINUTE_S


def read_time(text: str) -> int:
    """A time as it is typed."""
    try:
        return read_moment(text)
    except ValueError as error:
        raise Misused(
            f"{text!r:.40} is no time of a call.", "Write UTC to the minute: 2026-12-01 08:00Z."
        ) from error


def _within(open_line: OpenLine, urgency: Precedence, within_s: int | None) -> int:
    if within_s is not None and not MINUTE_S <= within_s <= 366 * DAY_S:
        raise Refused("An answer is asked for within a minute at least, a year at most.", rule="Q4")
    agreed_s = open_line.agreed.calls_s[urgency is Precedence.FLASH]
    return agreed_s if within_s is None else within_s


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
    said = said_in(entry)
    if isinstance(said, CallRequest) or (
        isinstance(said, CallAnswer) and said.verdict is Verdict.PROPOSE
    ):
        return entry
    raise Refused(
        f"Message {n} of theirs asks for no call and proposes no time.",
        "`parley call list` shows what does.",
        rule="Q5",
    )


def _check_not_held(station: Station, open_line: OpenLine, n: int) -> None:
    """Refuse an answer that would count for nothing, since the call was held."""
    place = open_line.inc, open_line.theirs, n
    call = Calls.of(station, open_line.current).with_said(place)
    course = None if call is None else call.course()
    if course is not None and course.held():
        raise Refused(
            f"The call of {moment(course.agreed or 0)} was held, and no answer changes that.",
            "Ask for another call.",
            "Q12",
        )


def draft_of(
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
