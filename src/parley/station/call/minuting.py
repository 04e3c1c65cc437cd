"""To draft, propose and accept the minute of a call, to attach a readout, to lay two side by side.

A minute and a readout are messages like any other: one person writes them, another releases them.
A counter-proposal is a minute that answers one, and an acceptance is one with the same bytes, so
both sides have said the text. Source: spec/minute.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from parley.catalogue.agreeing import Saying
from parley.catalogue.comparing import Mark, compare
from parley.catalogue.form import check_lines, moment, read_moment
from parley.catalogue.forms import check_form
from parley.catalogue.minutes import (
    SENTENCE_BYTES_MAX,
    Attendee,
    Consented,
    Facts,
    Minute,
    Readout,
    call_name,
    read_span,
    unknown_call,
)
from parley.core.entry import Key, Precedence, Type, body_of, check_text
from parley.core.errors import Misused, Refused
from parley.station.acts.fields import field
from parley.station.acts.operations import Beside, Words, operation
from parley.station.acts.person import READERS, Person
from parley.station.call.minutes import Talk, all_talks, parties_of, said_in, talk_view
from parley.station.entries import messages
from parley.station.line.lines import OpenLine, since_2020
from parley.station.line.standing import check_passes
from parley.station.line.wording import check_mark
from parley.station.texts import drafts

if TYPE_CHECKING:
    from parley.station.station import Station

Fact = TypeVar("Fact")

LISTED_MAX = 100
DIFFERENCES = frozenset((Mark.DIFFER, Mark.FIRST_ONLY, Mark.SECOND_ONLY, Mark.NEITHER))
_OURS_OR_THEIRS = re.compile(r"(ours|theirs) (\d{1,15})", re.IGNORECASE)
_TIMES = "Write UTC to the minute: 2026-12-01 08:00Z."


@operation("minute.list", roles=READERS, reads=True)
def minute_list(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """Calls with a minute or a readout, and those accepted that have none yet; newest first."""
    open_line = station.line(line).current
    talks = all_talks(station, open_line)[:LISTED_MAX]
    return {
        "line": open_line.agreed.hex,
        "calls": [talk_view(station, open_line, talk) for talk in talks],
    }


@operation("minute.show", roles=READERS, reads=True)
def minute_show(
    station: Station, who: Person, *, call: str | None = None, line: str | None = None
) -> dict[str, Any]:
    """One call, the newest unless named: what is agreed, what is only proposed, both readouts."""
    open_line = station.line(line).current
    return talk_view(station, open_line, _must_find(station, open_line, call))


@operation("minute.draft", roles=("drafter",), reads=True)
def minute_draft(
    station: Station,
    who: Person,
    *,
    began: str | None = None,
    ended: str | None = None,
    call: str | None = None,
    held_by: Words | None = None,
    present: list[str] | None = None,
    touched: list[str] | None = None,
    not_touched: list[str] | None = None,
    interrupted: list[str] | None = None,
    recorded: list[str] | None = None,
    shown: list[str] | None = None,
    agreed: list[str] | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """The text of a minute from facts, to be edited and then proposed; nothing is kept of it.

    An item of the agenda may be given by its number; those that are not given were not touched. Of
    a call that was held over this line times, people, items marked as touched, interruptions, and
    what was recorded and shown are those of the record, unless others are given; an empty list says
    that there is none.
    """
    open_line = station.line(line).current
    with field("call"):
        name = None if call is None else _name(station, open_line, call)
        talk = None if name is None else _find(station, open_line, name)
    held = talk.held if talk else None
    if held is None and (began is None or ended is None):
        raise Misused("The record does not know when this call began and ended.", _TIMES)
    with field("began"):
        start = held.began if held and began is None else _read(began or "")
    with field("ended"):
        end = held.ended if held and ended is None else _read(ended or "")
    agenda = talk.agenda if talk else []
    with field("touched"):
        items = [_item(agenda, each) for each in touched or []]
    if touched is None and held is not None:
        items = list(held.touched)
    others = [_item(agenda, each) for each in not_touched or []]
    asked_by = str(talk.request.medium) if talk and talk.request else "telephone"
    facts = Facts(
        name or unknown_call(start),
        held_by or (held.held_by if held else asked_by),
        start,
        end,
        _given("present", present, _attendee, held.present if held else ()),
        tuple(items),
        tuple(dict.fromkeys([*others, *(each for each in agenda if each not in items)])),
        _given("interrupted", interrupted, _span, held.interruptions if held else ()),
        _given("recorded", recorded, _recorded, held.recorded if held else ()),
        _given("shown", shown, _shown, held.shown if held else ()),
    )
    minute = Minute(facts, tuple(agreed or []))
    for typed, lines in (
        ("call", (facts.call,)),
        ("held_by", (facts.held_by,)),
        ("touched", facts.touched),
        ("present", [each.text() for each in facts.present]),
    ):
        with field(typed):
            check_lines("Y2", *lines)
    with field("agreed"):
        check_lines("Y2", *minute.agreed, bytes_max=SENTENCE_BYTES_MAX)
    minute.check()
    return {"line": open_line.agreed.hex, "call": facts.call, "text": minute.text()}


def _given(
    name: str, written: list[str] | None, read: Callable[[str], Fact], of_record: tuple[Fact, ...]
) -> tuple[Fact, ...]:
    """What the drafter wrote, be it nothing; what the record has, where it was left alone."""
    with field(name):
        return of_record if written is None else tuple(map(read, written))


@operation("minute.propose", roles=("drafter",))
def minute_propose(
    station: Station,
    who: Person,
    *,
    text: Words,
    precedence: str | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write a minute for both to agree on; a second person releases it. Where they have proposed
    one of this call, it answers that."""
    open_line = station.line(line).current
    check_form(Type.MINUTE, text)
    minute = Minute.parse(text)
    talk = _find(station, open_line, minute.facts.call) if minute else None
    theirs = [each for each in talk.sayings if each.dir == open_line.theirs] if talk else []
    answers = max(((each.inc, each.n) for each in theirs), default=None)
    return _draft(station, open_line, who, Type.MINUTE, text, precedence, answers)


@operation("minute.accept", roles=("drafter",))
def minute_accept(
    station: Station,
    who: Person,
    *,
    n: int,
    precedence: str | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write an entry of the same bytes as the minute they proposed in N; once a second person
    releases it, both have said the text."""
    about = station.line(line)
    open_line = about.current
    messages.must_find(station, about, about.theirs, n)
    entry = station.entry(about, about.theirs, n)
    said = said_in(about, entry) if entry.type == Type.MINUTE else None
    if not isinstance(said, Saying):
        raise Refused(
            f"Message {n} of theirs proposes no minute.",
            "`parley minute list` shows those that do.",
        )
    talk = _must_find(station, open_line, said.minute.facts.call)
    later = [each for each in talk.sayings if each.dir == said.dir and each.place > said.place]
    if later:
        raise Refused(
            f"They have proposed another text since, in message {later[-1].n}.",
            "Read and accept that one, or propose yours.",
            rule="Y5",
        )
    agreed, text = talk.outcome.agreed, said.minute.text()
    if agreed is not None and agreed[0].minute == said.minute:
        raise Refused("Both have said this text already: it is agreed.", rule="Y5")
    return _draft(station, open_line, who, Type.MINUTE, text, precedence, (about.inc, n))


@operation("readout.write", roles=("drafter",))
def readout_write(
    station: Station,
    who: Person,
    *,
    text: Words,
    with_whom: Words,
    call: str | None = None,
    by: Words | None = None,
    date: str | None = None,
    topics: list[str] | None = None,
    language: str | None = None,
    precedence: str | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write this side's own statement about a call; a second person releases it.

    A topic may be given by the number of its item; it is then written with it.
    """
    open_line = station.line(line).current
    talk = _must_find(station, open_line, call)
    agenda, minute = talk.agenda, talk.minute
    day = date or (moment(minute.facts.began)[:10] if minute else None)
    with field("date"):
        if day is None:
            raise Misused("A readout names the date of the call.", "Such as 2026-12-03.")
        held_on = _day(day)
    with field("topics"):
        named = tuple(_topic(agenda, each) for each in topics or [])
    readout = Readout(
        talk.names[-1],
        by or station.home.party,
        held_on,
        with_whom,
        named,
        text,
    )
    readout.check()
    more: dict[int, Any] = {}
    if language is not None and language != open_line.agreed.our_language:
        with field("language"):
            if not drafts.LANGUAGE.fullmatch(language):
                raise Refused(
                    f"{language!r:.40} is not a language tag.", "Such as en, ru or zh-Hans."
                )
        more[Key.LANGUAGE] = language
    return _draft(station, open_line, who, Type.READOUT, readout.text(), precedence, None, more)


@operation("readout.compare", roles=READERS, reads=True)
def readout_compare(
    station: Station, who: Person, *, call: str | None = None, line: str | None = None
) -> Beside:
    """The newest readout of each side beside the minute, row by row, and what differs."""
    open_line = station.line(line).current
    talk = _must_find(station, open_line, call)
    view = talk_view(station, open_line, talk)
    newest = {side: each[-1] if each else None for side, each in view["readouts"].items()}
    order = ("ours", "theirs") if newest["ours"] else ("theirs", "ours")
    first, second = (_parsed(newest[side]) for side in order)
    names = {"ours": station.home.party, "theirs": open_line.agreed.counterpart}
    marks = {
        Mark.FIRST_ONLY: f"only {names[order[0]]}",
        Mark.SECOND_ONLY: f"only {names[order[1]]}",
        Mark.ALONE: f"{names[order[1]]} has attached none",
    }

    def work() -> dict[str, Any]:
        # A text of theirs may grow eighteenfold when it is folded (U+FDFA), so the loop goes on.
        rows = compare(talk.minute, first, second) if first else []
        found = [
            {
                "kind": row.kind,
                "what": row.what,
                "minute": row.minute,
                order[0]: row.first,
                order[1]: row.second,
                "mark": marks.get(row.mark, str(row.mark)),
                "differs": row.mark in DIFFERENCES,
            }
            for row in rows
        ]
        return {
            **view,
            "newest": newest,
            "names": names,
            "rows": found,
            "differences": sum(row["differs"] for row in found),
        }

    return Beside(work)


# --- which call


def _name(station: Station, open_line: OpenLine, call: str) -> str:
    """A call as a minute names it; `ours 2` and `theirs 2` say which entry asked for it."""
    found = _OURS_OR_THEIRS.fullmatch(call.strip())
    if found is None:
        return call.strip()
    parties = parties_of(station, open_line)
    dir = open_line.ours if found[1].lower() == "ours" else open_line.theirs
    return call_name(parties[dir], int(found[2]), open_line.inc)


def _find(station: Station, open_line: OpenLine, name: str) -> Talk | None:
    return next((each for each in all_talks(station, open_line) if name in each.names), None)


def find_talk(station: Station, open_line: OpenLine, call: str | None) -> Talk | None:
    """The call of that name, or the newest; None when there is none at all."""
    if call is not None:
        return _must_find(station, open_line, call)
    return next(iter(all_talks(station, open_line)), None)


def _must_find(station: Station, open_line: OpenLine, call: str | None) -> Talk:
    if call is None:
        newest = find_talk(station, open_line, None)
        if newest is not None:
            return newest
        raise Refused(
            "No call of this line has a minute or a readout yet.",
            "`parley minute draft` writes the text of one.",
        )
    talk = _find(station, open_line, _name(station, open_line, call))
    if talk is None:
        raise Refused(
            f"There is no minute, readout or accepted request of a call {call!r:.60}.",
            "`parley minute list` shows those there are.",
        )
    return talk


# --- what is typed


def _read(text: str) -> int:
    try:
        return read_moment(text)
    except ValueError as error:
        raise Misused(f"{text!r:.40} is no time of a call.", _TIMES) from error


def _span(text: str) -> tuple[int, int]:
    try:
        return read_span(text)
    except ValueError as error:
        raise Misused(
            f"{text!r:.60} is no interruption.",
            "Write `2026-12-01 08:10Z to 2026-12-01 08:12Z`.",
        ) from error


def _recorded(text: str) -> Consented:
    try:
        return Consented.recorded(text)
    except ValueError as error:
        raise Misused(
            f"{text!r:.60} says not what was recorded.",
            "Write `2026-12-01 08:10Z to 2026-12-01 08:12Z; Party; office; name`.",
        ) from error


def _shown(text: str) -> Consented:
    try:
        return Consented.was_shown(text)
    except ValueError as error:
        raise Misused(
            f"{text!r:.60} says not what was shown.",
            "Write `2026-12-01 08:10Z to 2026-12-01 08:12Z; document; what it is; Party; office`.",
        ) from error


def _attendee(text: str) -> Attendee:
    try:
        return Attendee.parse(text)
    except ValueError as error:
        raise Misused(
            f"{text!r:.60} says not who was present.", "Write `Party; office; name`."
        ) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Misused(f"{text!r:.40} is no date.", "Write it as 2026-12-03.") from error


def _item(agenda: list[str], text: str) -> str:
    """An item of the agenda by its number, or a topic that was added."""
    at = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
    return agenda[at - 1] if 0 < at <= len(agenda) else text


def _topic(agenda: list[str], text: str) -> str:
    item = _item(agenda, text)
    return f"{agenda.index(item) + 1}. {item}" if item in agenda else item


def _parsed(view: dict[str, Any] | None) -> Readout | None:
    return Readout.parse(view["text"]) if view else None


def _draft(
    station: Station,
    open_line: OpenLine,
    who: Person,
    type: Type,
    text: str,
    precedence: str | None,
    answers: tuple[int, int] | None,
    more: dict[int, Any] | None = None,
) -> dict[str, Any]:
    """A draft of a minute or readout; `answers` is the incarnation and number of one of theirs."""
    now, mark = station.now.wall, open_line.agreed.mark
    urgency = drafts.read_precedence(precedence or Precedence.ROUTINE.name)
    open_line.check_not_halted(station.state(open_line))
    check_passes(open_line, type, urgency, False, now)
    check_text(text)
    check_mark(text, mark)
    check_form(type, text)
    header: dict[int, Any] = {Key.COMPOSED: since_2020(now), Key.DRAFTER: who.id, **(more or {})}
    if answers is not None:
        inc, n = answers
        header[Key.ANSWERS] = [open_line.theirs, n, *([] if inc == open_line.inc else [inc])]
    return drafts.begin(station, open_line, who, type, urgency, mark, body_of(type, header, text))
