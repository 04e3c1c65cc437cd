"""To withdraw a request for a call, or to call off what is agreed; a second person releases it.

It is a text that retracts what its own side has said of the call, with the reason as its words: so
a station that knows nothing of it shows what it is. Source: spec/calls.md Q13; decision 0072.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.calls import moment
from parley.core.entry import SUBJECT_BYTES_MAX, Precedence
from parley.core.errors import Refused
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import Person
from parley.station.call.calls import Call, Calls
from parley.station.call.course import AT_ONCE_S, Course
from parley.station.entries import messages
from parley.station.line.lines import OpenLine
from parley.station.texts.drafts import Draft
from parley.station.texts.writing import draft_new

if TYPE_CHECKING:
    from parley.station.station import Station

# The first words of its subject: as the labels of a form they are English (decision 0032).
SUBJECTS = {"request": "Call withdrawn", "time": "Other time withdrawn", "call": "Call called off"}


@operation("call.withdraw", roles=("drafter",))
def call_withdraw(
    station: Station,
    who: Person,
    *,
    reason: Words,
    call: int | None = None,
    dir: str | None = None,
    precedence: str | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write that our request, or another time we proposed, is withdrawn, or an agreed call is
    called off by our side; the reason travels, and a second person releases it."""
    open_line = station.line(line).current
    found, course = _find(station, open_line, call, dir)
    check_in_time(course, station.now.wall)
    withdraws = course.to_withdraw(open_line.ours)
    assert withdraws is not None  # or it would not have been found
    what, (inc, _, n) = withdraws
    life = open_line.life(inc)
    return draft_new(
        station,
        who,
        text=reason,
        subject=Words(_subject(SUBJECTS[what], found.request.purpose)),
        precedence=precedence or Precedence(found.entry.marks >> 6).name,
        retracts=n,
        line=(life or open_line).address,
    )


def check_in_time(course: Course, now: float, since: float | None = None) -> None:
    """Refuse to call off what was opened, or missed, already; if since is given, since then."""
    late, time = course.late(None, now), course.agreed or 0
    openings = course.opened()
    if late == "opened" and (since is None or any(e.entry.wall >= since for e in openings)):
        raise Refused(
            f"The call of {moment(time)} was opened, and cannot be called off.",
            "End it: `parley call end`.",
            "Q13",
        )
    if late == "missed" and (since is None or since < time + AT_ONCE_S):
        raise Refused(
            f"The time of the call of {moment(time)} is over, and it cannot be called off.",
            "Write a message, or ask for another call.",
            "Q13",
        )


def check_release(station: Station, draft: Draft, now: float) -> None:
    """Refuse to release what would call off nothing any more, since the call was opened or missed
    after the draft was begun."""
    open_line = draft.open_line
    written = messages.references(open_line, open_line.ours, draft.type, draft.content)
    for life, (dir, n, act, *_) in written:
        found = Calls.of(station, open_line).with_said((life.inc, dir, n))
        if act == "retracted by" and found is not None:
            check_in_time(found.course(), now, draft.at)


def _find(
    station: Station, open_line: OpenLine, n: int | None, dir: str | None
) -> tuple[Call, Course]:
    """The call of which our side may withdraw something; of several the one that is named by whose
    request it was, and its number."""
    now = station.now.wall
    named = [
        (each, each.course())
        for each in Calls.of(station, open_line)
        if n in (None, each.entry.n) and dir in (None, each.open_line.side(each.entry.dir))
    ]
    found = [each for each in named if each[1].to_withdraw(open_line.ours) is not None]
    if n is None:  # what is over is not meant by who names none
        found = [each for each in found if not each[1].late(None, now)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused("Several calls could be meant.", "Say which: `ours 2` or `theirs 2`.", "Q13")
    if any(course.accepted is not None and not course.ends for _, course in named):
        raise Refused(
            "A standing call that is agreed is ended, and not withdrawn.",
            "`parley call finish` ends it; `parley call skip` skips one week.",
            "Q9",
        )
    raise Refused(
        "There is no such request or agreed call that our side could withdraw.",
        "`parley call list` shows what is asked for and agreed.",
        "Q13",
    )


def _subject(what: str, purpose: str) -> str:
    """What it is about, in one line that fits."""
    whole = f"{what}: {purpose}"
    return whole if len(whole.encode()) <= SUBJECT_BYTES_MAX else what
