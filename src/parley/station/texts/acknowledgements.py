"""What a watch officer does with a message of theirs.

Displayed, opened, passed on, unable, wait: each is an entry in our log, with the number of the
message in theirs (spec/entry.md E8). Each is released by the person who does it; it takes no second
person, since it says only what that person did. Reading back is a module of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.effects import Saying
from parley.core.entry import Precedence, Status, Type, body_of, check_text
from parley.core.errors import Misused, Refused
from parley.core.wire import Value
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import Person
from parley.station.entries import early, messages, quoting
from parley.station.entries.supplied import without_their_word
from parley.station.line.lines import OpenLine, since_2020
from parley.station.line.wording import check_mark
from parley.station.staff.people import OFFICE_BYTES_MAX, check_name
from parley.station.texts import distributing

if TYPE_CHECKING:
    from parley.station.station import Station

WAIT_MINUTES_MAX = 14 * 24 * 60
NOTE_BYTES_MAX = 2_000
DISPLAY_MAX = 1024
REASON_IN_WORDS = 0  # of UNABLE: the reason is the text; other numbers are for later tables


def say(
    station: Station, open_line: OpenLine, row: Any, type: Type, payload: Value, act: messages.Act
) -> None:
    """Queue an acknowledgement as urgent as its message, under the line's mark."""
    saying = Saying(
        type, Precedence(row["marks"] >> 6), open_line.agreed.mark, body_of(type, {}, payload)
    )
    queue_id = station.say(open_line, saying)
    messages.say_about(station, open_line, queue_id, act)
    if type in messages.ACKNOWLEDGED_BY:
        messages.acknowledge(station, open_line, act[0], act[1])


def theirs(station: Station, line: str | None, n: int) -> tuple[OpenLine, Any]:
    """A message of theirs, and its line."""
    open_line = station.line(line)
    return open_line, messages.must_find(station, open_line, open_line.theirs, n)


def done(open_line: OpenLine, n: int, stage: str, **more: Any) -> dict[str, Any]:
    """The answer of what was done with a message."""
    return {"line": open_line.agreed.hex, "n": n, "stage": stage, **more}


def check_note(text: str, mark: Status) -> str:
    """A short text that goes with an acknowledgement."""
    check_text(text)
    check_mark(text, mark)
    if len(text.encode()) > NOTE_BYTES_MAX:
        raise Refused(
            f"This may have {NOTE_BYTES_MAX:,} bytes at most.", "Send what is longer as a message."
        )
    return text


@operation("display", roles=("watch",))
def display(
    station: Station, who: Person, *, n: int, count: int = 1, line: str | None = None
) -> dict[str, Any]:
    """Say that messages of theirs are on a screen here; those that were already are passed over."""
    open_line = station.line(line)
    if not 1 <= count <= DISPLAY_MAX or n < 0:
        raise Misused(f"From 1 to {DISPLAY_MAX} messages are displayed at once.")
    return done(open_line, n, "displayed", displayed=show(station, open_line, n, count))


def show(station: Station, open_line: OpenLine, first: int, count: int) -> list[int]:
    """Write DISPLAYED for what was not displayed before; the numbers that were new."""
    at_work = open_line.current
    state = station.state(at_work)
    at_work.check_not_halted(state)
    if state.closed:
        return []  # nothing is said any more, not even that somebody looks
    count = min(count, state.their_size - first)  # what is provisional waits
    new = messages.mark_displayed(station, open_line, open_line.theirs, first, count)
    runs: list[list[int]] = []
    for n in new:
        if runs and n == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([n, 1])
    if not runs:
        return []
    rows = [messages.must_find(station, open_line, open_line.theirs, n) for n in new]
    urgent = max(Precedence(row["marks"] >> 6) for row in rows)
    body = body_of(Type.DISPLAYED, {}, [[*run, *open_line.older] for run in runs])
    saying = Saying(Type.DISPLAYED, urgent, open_line.agreed.mark, body)
    queue_id = station.say(open_line, saying)
    for n in new:
        act: messages.Act = (open_line.theirs, n, "displayed", None, "")
        messages.say_about(station, open_line, queue_id, act)
    return new


@operation("open", roles=("watch",))
def open_(station: Station, who: Person, *, n: int, line: str | None = None) -> dict[str, Any]:
    """Open a message of theirs, by name; its clock stops. Of a provisional one it is said when it
    has joined the record, of one on a halted line once the line has begun anew."""
    open_line = station.line(line)
    row = messages.must_find(station, open_line, open_line.theirs, n, early_too=True)
    if messages.is_early(station, open_line, open_line.theirs, n):
        missing = early.opens(station, open_line, who, n)
        return done(open_line, n, early.OPENED, by=who.view(), outstanding=missing)
    at_work = station.state(open_line.current)
    if at_work.halted is not None and open_line.stop is None:
        early.opens(station, open_line, who, n)
        return done(open_line, n, early.OPENED, by=who.view(), halted=True)
    if at_work.closed:  # it stops ringing here; they are not told
        messages.acknowledge(station, open_line, open_line.theirs, n)
        return done(open_line, n, "opened", by=who.view())
    opened = station.store.sql(
        "SELECT by_inc, dir, n FROM acts WHERE line_id = ? AND inc = ? AND about_dir = ?"
        " AND about = ? AND act = 'opened' AND person = ?",
        (*open_line.key, open_line.theirs, n, who.id),
    )
    if not without_their_word(station.store, open_line, opened):
        show(station, open_line, n, 1)
        act: messages.Act = (open_line.theirs, n, "opened", who.id, "")
        say(station, open_line, row, Type.OPENED, [open_line.mention(n), who.id], act)
    return done(open_line, n, "opened", by=who.view())


@operation("pass", roles=("watch",))
def pass_(
    station: Station, who: Person, *, n: int, office: str, line: str | None = None
) -> dict[str, Any]:
    """Say that a message of theirs was handed to a named office."""
    open_line, row = theirs(station, line, n)
    check_name(office, "An office", OFFICE_BYTES_MAX)
    act: messages.Act = (open_line.theirs, n, "passed", who.id, office)
    payload = [open_line.mention(n), office, since_2020(station.now.wall)]
    say(station, open_line, row, Type.PASSED, payload, act)
    distributing.passed_on(station, open_line, who, n, office)
    return done(open_line, n, "passed", office=office)


@operation("unable", roles=("watch",))
def unable(
    station: Station,
    who: Person,
    *,
    n: int,
    reason: Words,
    from_chat: bool = False,
    line: str | None = None,
) -> dict[str, Any]:
    """Say that what a message asks for cannot be done, and why. `from_chat` says that words of the
    operators' chat in it are meant."""
    open_line, row = theirs(station, line, n)
    check_note(reason, open_line.agreed.mark)
    quoting.check_said(station, from_chat, reason)
    act: messages.Act = (open_line.theirs, n, "unable", who.id, reason)
    say(station, open_line, row, Type.UNABLE, [open_line.mention(n), REASON_IN_WORDS, reason], act)
    return done(open_line, n, "unable")


@operation("wait", roles=("watch",))
def wait(
    station: Station, who: Person, *, n: int, minutes: int, line: str | None = None
) -> dict[str, Any]:
    """Say that a message will be answered, but not before so many minutes have gone."""
    open_line, row = theirs(station, line, n)
    if not 1 <= minutes <= WAIT_MINUTES_MAX:
        raise Misused(f"A wait is 1 to {WAIT_MINUTES_MAX:,} minutes.")
    until = station.now.wall + 60 * minutes
    act: messages.Act = (open_line.theirs, n, "wait", who.id, str(int(until)))
    say(station, open_line, row, Type.WAIT, [open_line.mention(n), since_2020(until)], act)
    return done(open_line, n, "wait", until=until)
