"""To skip one occurrence of a standing call, or to end it; a second person releases either.

Both stations count the occurrence, or the end, from the same entry. Source: spec/calls.md Q9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.calls import CallAnswer, Verdict, moment
from parley.core.entry import Key, Precedence, Type
from parley.core.errors import Refused
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import Person
from parley.station.call import series
from parley.station.call.call_requests import draft_of, read_time
from parley.station.call.calls import Call, Calls
from parley.station.call.course import Place
from parley.station.call.openings import Openings
from parley.station.line.lines import OpenLine
from parley.station.texts import drafts

if TYPE_CHECKING:
    from parley.station.station import Station


@operation("call.skip", roles=("drafter",))
def call_skip(
    station: Station,
    who: Person,
    *,
    reason: Words,
    time: str | None = None,
    call: int | None = None,
    dir: str | None = None,
    precedence: str | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write that one occurrence of a standing call is skipped, the next unless another is named;
    a second person releases it before that begins."""
    open_line = station.line(line).current
    found = _find(station, open_line, call, dir)
    openings = Openings.of(station, open_line).newest_first()
    coming = [
        each.at
        for each in series.occurrences(found, openings, station.now.wall)
        if each.state == "to come"
    ]
    at = next(iter(coming), None) if time is None else read_time(time)
    if at not in coming:
        raise Refused(
            "The standing call has no such time to come."
            if at is None
            else f"The standing call has no time {moment(at)} to come.",
            "`parley call list` shows the next ones.",
            "Q9",
        )
    return _said(
        station, open_line, who, found, CallAnswer(Verdict.SKIP, at, None, reason), precedence
    )


@operation("call.finish", roles=("drafter",))
def call_finish(
    station: Station,
    who: Person,
    *,
    reason: Words,
    call: int | None = None,
    dir: str | None = None,
    precedence: str | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write that a standing call is ended; from its release on no occurrence stands."""
    open_line = station.line(line).current
    found = _find(station, open_line, call, dir)
    answer = CallAnswer(Verdict.END, None, None, reason)
    return _said(station, open_line, who, found, answer, precedence)


def _find(station: Station, open_line: OpenLine, n: int | None, dir: str | None) -> Call:
    """The standing call that is agreed and not ended; of several the one that is named by whose
    request it was, and its number."""
    found = [
        each
        for each in Calls.of(station, open_line)
        if each.accepted() is not None
        and not each.ends
        and n in (None, each.entry.n)
        and dir in (None, each.open_line.side(each.entry.dir))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(
            "Several standing calls are agreed.", "Say which: `ours 2` or `theirs 2`.", "Q9"
        )
    raise Refused(
        "No such standing call is agreed.", "`parley call list` shows what is agreed.", "Q9"
    )


def _said(
    station: Station,
    open_line: OpenLine,
    who: Person,
    call: Call,
    answer: CallAnswer,
    precedence: str | None,
) -> dict[str, Any]:
    answer.check()
    life, place = _theirs(open_line, call)
    _, dir, n = place
    urgency = drafts.read_precedence(precedence or Precedence.ROUTINE.name)
    header: dict[int, Any] = {Key.ANSWERS: [dir, n, *life.older]}
    return draft_of(station, open_line, who, Type.CALL_ANSWER, urgency, answer.text(), header)


def _theirs(open_line: OpenLine, call: Call) -> tuple[OpenLine, Place]:
    """What they said by which the call stands: their acceptance, the time that we accepted, or
    their request. An answer is always to something of the other side."""
    for life, entry, said in reversed(call.told()):
        if entry.dir == open_line.theirs and said.verdict in (Verdict.ACCEPT, Verdict.PROPOSE):
            return life, (life.inc, entry.dir, entry.n)
    return call.open_line, call.place
