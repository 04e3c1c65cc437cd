"""What a watch officer does with a message of theirs, and how its sender closes the circle.

Displayed, opened, passed on, read back, unable, wait: each is an entry in our log, with the number
of the message in theirs. Confirmed and corrected are entries in the log of the message's sender,
about a read-back of the other side (spec/entry.md E8). Each is released by the person who does it;
it takes no second person, since it says only what that person did.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from parley.core.effects import Saying
from parley.core.entry import Precedence, Status, Type, body_of, check_text
from parley.core.errors import Misused, Refused
from parley.core.record import check_group
from parley.core.wire import Value
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import HANDLERS, Person
from parley.station.entries import early, messages
from parley.station.entries.supplied import without_their_word
from parley.station.line.lines import OpenLine, since_2020
from parley.station.line.wording import check_mark
from parley.station.staff.people import OFFICE_BYTES_MAX, check_name
from parley.station.texts import distributing

if TYPE_CHECKING:
    from parley.station.station import Station

TRIES_MAX = 3  # wrong check groups; the third becomes an entry, so that the sender knows
WAIT_MINUTES_MAX = 14 * 24 * 60
NOTE_BYTES_MAX = 2_000
FIELDS_MAX = 32
DISPLAY_MAX = 1024
REASON_IN_WORDS = 0  # of UNABLE: the reason is the text; other numbers are for later tables
_GROUP = re.compile(r"[0-9]{3}[ -]?[0-9]{3}", re.ASCII)


def _say(
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


def _theirs(station: Station, line: str | None, n: int) -> tuple[OpenLine, Any]:
    open_line = station.line(line)
    return open_line, messages.must_find(station, open_line, open_line.theirs, n)


def _done(open_line: OpenLine, n: int, stage: str, **more: Any) -> dict[str, Any]:
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


# --- their messages, at our desk


@operation("display", roles=("watch",))
def display(
    station: Station, who: Person, *, n: int, count: int = 1, line: str | None = None
) -> dict[str, Any]:
    """Say that messages of theirs are on a screen here; those that were already are passed over."""
    open_line = station.line(line)
    if not 1 <= count <= DISPLAY_MAX or n < 0:
        raise Misused(f"From 1 to {DISPLAY_MAX} messages are displayed at once.")
    return _done(open_line, n, "displayed", displayed=show(station, open_line, n, count))


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
    has joined the record."""
    open_line = station.line(line)
    row = messages.must_find(station, open_line, open_line.theirs, n, early_too=True)
    if messages.is_early(station, open_line, open_line.theirs, n):
        missing = early.opens(station, open_line, who, n)
        return _done(open_line, n, early.OPENED, by=who.view(), outstanding=missing)
    if station.state(open_line).closed:  # it stops ringing here; the other side is not told
        messages.acknowledge(station, open_line, open_line.theirs, n)
        return _done(open_line, n, "opened", by=who.view())
    opened = station.store.sql(
        "SELECT by_inc, dir, n FROM acts WHERE line_id = ? AND inc = ? AND about_dir = ?"
        " AND about = ? AND act = 'opened' AND person = ?",
        (*open_line.key, open_line.theirs, n, who.id),
    )
    if not without_their_word(station.store, open_line, opened):
        show(station, open_line, n, 1)
        act: messages.Act = (open_line.theirs, n, "opened", who.id, "")
        _say(station, open_line, row, Type.OPENED, [open_line.mention(n), who.id], act)
    return _done(open_line, n, "opened", by=who.view())


@operation("pass", roles=("watch",))
def pass_(
    station: Station, who: Person, *, n: int, office: str, line: str | None = None
) -> dict[str, Any]:
    """Say that a message of theirs was handed to a named office."""
    open_line, row = _theirs(station, line, n)
    check_name(office, "An office", OFFICE_BYTES_MAX)
    act: messages.Act = (open_line.theirs, n, "passed", who.id, office)
    payload = [open_line.mention(n), office, since_2020(station.now.wall)]
    _say(station, open_line, row, Type.PASSED, payload, act)
    distributing.passed_on(station, open_line, who, n, office)
    return _done(open_line, n, "passed", office=office)


@operation("readback", roles=("watch",))
def readback(
    station: Station,
    who: Person,
    *,
    n: int,
    group: str | None = None,
    fields: dict[str, str] | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Read a message back: the check group the sender speaks, or its critical elements."""
    open_line, row = _theirs(station, line, n)
    if (group is None) == (fields is None):
        raise Misused("A read-back takes either the check group or the critical elements.")
    payload: list[Value]
    if fields is not None:
        payload = [open_line.mention(n), _check_fields(fields, open_line)]
        said = "; ".join(f"{name}: {value}" for name, value in fields.items())
    else:
        said = _digits(group or "")
        payload = [open_line.mention(n), said]
        if not _matches(station, open_line, n, said) and not _last_try(station, open_line, n):
            return _done(open_line, n, "wrong", tries_left=_left(station, open_line, n))
    act: messages.Act = (open_line.theirs, n, "read back", who.id, said)
    _say(station, open_line, row, Type.READBACK, payload, act)
    matches = fields is not None or _matches(station, open_line, n, said)
    return _done(open_line, n, "read back", matches=matches)


@operation("unable", roles=("watch",))
def unable(
    station: Station, who: Person, *, n: int, reason: Words, line: str | None = None
) -> dict[str, Any]:
    """Say that what a message asks for cannot be done, and why."""
    open_line, row = _theirs(station, line, n)
    check_note(reason, open_line.agreed.mark)
    act: messages.Act = (open_line.theirs, n, "unable", who.id, reason)
    _say(station, open_line, row, Type.UNABLE, [open_line.mention(n), REASON_IN_WORDS, reason], act)
    return _done(open_line, n, "unable")


@operation("wait", roles=("watch",))
def wait(
    station: Station, who: Person, *, n: int, minutes: int, line: str | None = None
) -> dict[str, Any]:
    """Say that a message will be answered, but not before so many minutes have gone."""
    open_line, row = _theirs(station, line, n)
    if not 1 <= minutes <= WAIT_MINUTES_MAX:
        raise Misused(f"A wait is 1 to {WAIT_MINUTES_MAX:,} minutes.")
    until = station.now.wall + 60 * minutes
    act: messages.Act = (open_line.theirs, n, "wait", who.id, str(int(until)))
    _say(station, open_line, row, Type.WAIT, [open_line.mention(n), since_2020(until)], act)
    return _done(open_line, n, "wait", until=until)


def _digits(group: str) -> str:
    if not _GROUP.fullmatch(group.strip()):
        raise Misused(
            "A check group has six digits, such as 123 456.", "Ask for it again, and type all six."
        )
    return re.sub(r"[^0-9]", "", group)


def _matches(station: Station, open_line: OpenLine, n: int, said: str) -> bool:
    return check_group(station.entry(open_line, open_line.theirs, n).leaf) == said


def _last_try(station: Station, open_line: OpenLine, n: int) -> bool:
    """Count a wrong group; whether it is the one that becomes an entry."""
    key = (*open_line.key, n)
    station.store.sql(
        "INSERT INTO tries VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET wrong = wrong + 1", key
    )
    if _left(station, open_line, n) > 0:
        return False
    station.store.sql("DELETE FROM tries WHERE line_id = ? AND inc = ? AND n = ?", key)
    return True


def _left(station: Station, open_line: OpenLine, n: int) -> int:
    rows = station.store.sql(
        "SELECT wrong FROM tries WHERE line_id = ? AND inc = ? AND n = ?", (*open_line.key, n)
    )
    return TRIES_MAX - (rows[0]["wrong"] if rows else 0)


def _check_fields(fields: dict[str, str], open_line: OpenLine) -> dict[str, str]:
    if not 1 <= len(fields) <= FIELDS_MAX:
        raise Misused(f"A read-back has 1 to {FIELDS_MAX} critical elements.")
    for name, value in fields.items():
        check_name(name, "The name of an element")
        check_note(value, open_line.agreed.mark)
    return fields


# --- our messages, read back by them


def _their_readback(station: Station, line: str | None, n: int) -> tuple[OpenLine, Any, Any]:
    """The newest read-back of our message `n` that was neither confirmed nor corrected yet."""
    open_line = station.line(line)
    row = messages.must_find(station, open_line, open_line.ours, n)
    acts = station.store.sql(
        "SELECT act, by_inc, dir, n, detail, at_ours FROM acts WHERE line_id = ? AND inc = ?"
        " AND about_dir = ? AND about = ?",
        (*open_line.key, open_line.ours, n),
    )
    read_backs = [act for act in acts if act["act"] == "read back"]
    if not read_backs:
        raise Refused(
            f"They have not read message {n} back yet.", "It is confirmed after a read-back."
        )
    newest = max(read_backs, key=lambda act: (act["by_inc"], act["n"]))
    for act in without_their_word(station.store, open_line, acts):
        if act["act"] in ("confirmed", "corrected") and act["at_ours"] >= newest["at_ours"]:
            raise Refused(
                f"Their read-back of message {n} has been {act['act']} already.",
                "Nothing more is to be done, unless they read it back again.",
            )
    return open_line, row, newest


def _mention(open_line: OpenLine, said: Any) -> Value:
    """The number of a read-back, which may be of another incarnation than the message."""
    at_work = open_line.current
    return said["n"] if said["by_inc"] == at_work.inc else [said["n"], said["by_inc"]]


@operation("confirm", roles=HANDLERS)
def confirm(station: Station, who: Person, *, n: int, line: str | None = None) -> dict[str, Any]:
    """Confirm their read-back of our message: it is understood."""
    open_line, row, said = _their_readback(station, line, n)
    group = check_group(station.entry(open_line, open_line.ours, n).leaf)
    if _GROUP.fullmatch(said["detail"]) and said["detail"] != group:
        raise Refused(
            f"They read message {n} back as {said['detail']}, and it is {group}.",
            "Correct it, or read the check group to them again.",
        )
    act: messages.Act = (open_line.ours, n, "confirmed", who.id, "")
    _say(station, open_line, row, Type.CONFIRMED, [_mention(open_line, said)], act)
    return _done(open_line, n, "confirmed")


@operation("correct", roles=HANDLERS)
def correct(
    station: Station, who: Person, *, n: int, text: Words, line: str | None = None
) -> dict[str, Any]:
    """Say what is wrong in their read-back of our message."""
    open_line, row, said = _their_readback(station, line, n)
    check_note(text, open_line.agreed.mark)
    act: messages.Act = (open_line.ours, n, "corrected", who.id, text)
    _say(station, open_line, row, Type.CORRECTED, [_mention(open_line, said), text], act)
    return _done(open_line, n, "corrected")
