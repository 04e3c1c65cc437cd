"""A message read back by who reads it, and how its sender closes the circle.

The reader says the check group that he hears on another channel, the critical elements as he
understood them, or both in one entry (spec/entry.md E9). The group is about these words at this
place in this record; the elements are about what a person made of them. Both stations hold the
message, so both put what was read back beside it. Confirmed and corrected are entries in the log of
the message's sender (E8), who does not confirm in passing what differs (decision 0065).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from parley.core.entry import Type
from parley.core.errors import Misused, Refused
from parley.core.record import check_group
from parley.core.wire import Value
from parley.station.acts.fields import field
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import HANDLERS, Person
from parley.station.entries import messages, quoting
from parley.station.entries.supplied import without_their_word
from parley.station.line.lines import OpenLine
from parley.station.staff.people import check_name
from parley.station.texts.acknowledgements import check_note, done, say, theirs
from parley.station.texts.beside import Beside
from parley.station.texts.views import FIELDS_MAX, GROUP, Viewer, fields_of

if TYPE_CHECKING:
    from parley.station.station import Station

TRIES_MAX = 3  # wrong check groups; the third becomes an entry, so that the sender knows
COMPARED_MAX = 4  # read-backs of one message, the newest: each takes some milliseconds
_DIGITS = re.compile(r"[0-9]{3}[ -]?[0-9]{3}", re.ASCII)


# --- their messages, read back by us


@operation("readback", roles=("watch",))
def readback(
    station: Station,
    who: Person,
    *,
    n: int,
    group: str | None = None,
    fields: dict[str, str] | None = None,
    from_chat: bool = False,
    line: str | None = None,
) -> dict[str, Any]:
    """Read a message back: the check group that its sender speaks, its critical elements, or
    both. `from_chat` says that words of the operators' chat in them are meant."""
    open_line, row = theirs(station, line, n)
    if group is None and fields is None:
        raise Misused("A read-back takes the check group, the critical elements, or both.")
    read: dict[str, str] = {}
    if group is not None:
        with field("group"):
            read[GROUP] = _digits(group)
    if fields is not None:
        read |= _check_fields(fields, open_line)
        quoting.check_said(station, from_chat, *fields.values())
    matches = group is None or _matches(station, open_line, n, read[GROUP])
    if not matches and not _last_try(station, open_line, n):
        return done(open_line, n, "wrong", tries_left=_left(station, open_line, n))
    said: Value = read[GROUP] if fields is None else dict(read)
    detail = messages.in_words(said)
    act: messages.Act = (open_line.theirs, n, "read back", who.id, detail)
    say(station, open_line, row, Type.READBACK, [open_line.mention(n), said], act)
    return done(open_line, n, "read back", matches=matches)


def _digits(group: str) -> str:
    if not _DIGITS.fullmatch(group.strip()):
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
    if GROUP in fields:
        raise Misused(
            f"{GROUP!r} is no critical element.", "Give its digits as the group that you heard."
        )
    for name, value in fields.items():
        with field(name):
            check_name(name, "The name of an element")
            check_note(value, open_line.agreed.mark)
    return fields


# --- our messages, read back by them


def compare(beside: Beside, stages: list[dict[str, Any]]) -> None:
    """Say of the newest read-backs among the stages of a message how the elements that were read
    back compare with its own."""
    read = [each for each in stages if _elements(each.get("fields"))]
    for stage in read[-COMPARED_MAX:]:
        stage["read"] = beside.look_at(_elements(stage["fields"]))


def _elements(fields: dict[str, str] | None) -> str:
    """What was read back besides the digits, a line each."""
    return "\n".join(said for name, said in (fields or {}).items() if name != GROUP)


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
def confirm(
    station: Station, who: Person, *, n: int, seen: str = "", line: str | None = None
) -> dict[str, Any]:
    """Confirm their read-back of our message: it is understood. One whose elements differ from the
    message's is confirmed with the word for its differences, as the message's view gives it, in
    `seen`."""
    open_line, row, said = _their_readback(station, line, n)
    message = Viewer(station, open_line).message(row)
    fields = fields_of(station.store, open_line, said)
    group = message["check_group"]
    if fields.get(GROUP, group) != group:
        raise Refused(
            f"They read message {n} back as {fields[GROUP]}, and it is {group}.",
            "Correct it, or read the check group to them again.",
        )
    elements = _elements(fields)
    looked_at = Beside(station, open_line, message).look_at(elements) if elements else None
    if looked_at and looked_at["differs"] and seen != looked_at["word"]:
        with field("seen"):
            raise Refused(
                "What they read back differs from this message in what must not be misread.",
                "Correct it, or say that you have seen the differences.",
            )
    act: messages.Act = (open_line.ours, n, "confirmed", who.id, "")
    say(station, open_line, row, Type.CONFIRMED, [_mention(open_line, said)], act)
    return done(open_line, n, "confirmed")


@operation("correct", roles=HANDLERS)
def correct(
    station: Station,
    who: Person,
    *,
    n: int,
    text: Words,
    from_chat: bool = False,
    line: str | None = None,
) -> dict[str, Any]:
    """Say what is wrong in their read-back of our message. `from_chat` says that words of the
    operators' chat in it are meant."""
    open_line, row, said = _their_readback(station, line, n)
    check_note(text, open_line.agreed.mark)
    quoting.check_said(station, from_chat, text)
    act: messages.Act = (open_line.ours, n, "corrected", who.id, text)
    say(station, open_line, row, Type.CORRECTED, [_mention(open_line, said), text], act)
    return done(open_line, n, "corrected")
