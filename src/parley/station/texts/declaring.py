"""Suspending a line, lifting that and closing: one person writes the order, another releases it.

Each is a draft like any other until it is released (`releasing.py`), so two persons have read the
exact bytes before the other side is told. What they do to the line is read from the record
(`declared.py`). Source: spec/declared.md D11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.entry import Key, Precedence, Type, body_of, check_text
from parley.core.errors import Misused, Refused
from parley.core.kept import QueueRow
from parley.core.wire import Value
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import Person
from parley.station.line.declared import PASSING, Scope
from parley.station.line.lines import OpenLine, since_2020
from parley.station.line.standing import check_not_closed
from parley.station.line.wording import check_mark
from parley.station.texts import drafts
from parley.station.texts.line_tests import own_text

if TYPE_CHECKING:
    from parley.station.station import Station

REASON_BYTES_MAX = 2_000
KINDS = {name: type for name, type in drafts.KINDS.items() if type not in PASSING}


@operation("suspend", roles=("drafter",))
def suspend(
    station: Station,
    who: Person,
    *,
    reason: Words,
    kinds: list[str] | None = None,
    precedences: list[str] | None = None,
    in_s: int | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Write the order to suspend a line, or a part of it; a second person releases it."""
    open_line = _line(station, line)
    types = tuple(sorted({_kind(name) for name in kinds or []}))
    levels = tuple(sorted({drafts.read_precedence(name) for name in precedences or []}))
    notice_s = open_line.declared.notice_s
    if in_s is not None and in_s < notice_s:
        raise Refused(
            f"By agreement a suspension takes effect {notice_s:,} seconds after notice at least.",
            "Give a longer time, or none: it then takes effect as soon as it may.",
            "D3",
        )
    begins = 0 if in_s is None else since_2020(station.now.wall + in_s)
    scope = Scope(begins, types, tuple(map(int, levels)))
    return _draft(station, open_line, who, Type.SUSPEND, scope.payload(_check(open_line, reason)))


@operation("lift", roles=("drafter",))
def lift(
    station: Station, who: Person, *, text: Words | None = None, line: str | None = None
) -> dict[str, Any]:
    """Write our test that lifts the suspension, once both sides have tested; a second person
    releases it."""
    open_line = _line(station, line)
    check_suspended(open_line)
    words = own_text(open_line, len(open_line.declared.acts))[1] if text is None else text
    return _draft(station, open_line, who, Type.LIFT, _check(open_line, words))


@operation("close", roles=("drafter",))
def close(
    station: Station, who: Person, *, reason: Words, line: str | None = None
) -> dict[str, Any]:
    """Write the order to close a line for good; a second person releases it."""
    open_line = _line(station, line)
    return _draft(station, open_line, who, Type.CLOSE, _check(open_line, reason))


def check_suspended(open_line: OpenLine) -> None:
    """Refuse a test that would lift nothing (spec/declared.md D7)."""
    if not open_line.declared.standing():
        raise Refused(
            f"The line {open_line.agreed.name} is not suspended: there is nothing to lift.",
            "For a test of an open line: `parley test`.",
            "D7",
        )


def ordered(open_line: OpenLine, row: QueueRow, wall: float) -> None:
    """An order is released: a suspension of ours binds us from now on (spec/declared.md D5)."""
    open_line.declared.waits(row, wall)


def _line(station: Station, name: str | None) -> OpenLine:
    open_line = station.line(name)
    open_line.check_not_halted(station.state(open_line))
    check_not_closed(open_line)
    return open_line


def _kind(name: str) -> int:
    if name not in KINDS:
        raise Misused(
            f"There is no kind {name!r:.40} of message to suspend.",
            f"There is: {', '.join(KINDS)}.",
        )
    return int(KINDS[name])


def _check(open_line: OpenLine, text: str) -> str:
    check_text(text)
    check_mark(text, open_line.agreed.mark)
    if len(text.encode()) > REASON_BYTES_MAX:
        raise Refused(f"This may have {REASON_BYTES_MAX:,} bytes at most.", "Say it shorter.")
    return text


def _draft(
    station: Station, open_line: OpenLine, who: Person, type: Type, payload: Value
) -> dict[str, Any]:
    header: dict[int, Any] = {Key.COMPOSED: since_2020(station.now.wall), Key.DRAFTER: who.id}
    body = body_of(type, header, payload)
    mark = open_line.agreed.mark
    return drafts.begin(station, open_line, who, type, Precedence.IMMEDIATE, mark, body)
