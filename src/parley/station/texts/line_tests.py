"""Tests of a line by people: a short text out, answered by a person there, and certified.

A test is no message: it bears the status TEST, and its text is harmless and never the same two
times running, so that nobody learns to look past it. A machine cannot answer one. Who answers sends
a text of their own and says how ours came through (spec/testing.md T6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.harmless import harmless
from parley.core.effects import Saying
from parley.core.entry import Key as HeaderKey
from parley.core.entry import Precedence, Status, Type, body_of, check_text
from parley.core.errors import Misused, Refused
from parley.core.wire import Value
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import Person
from parley.station.alarms.tested import (
    CERTIFIED,
    Tested,
    certified_here,
    due,
    figures,
    tests_of,
    to_answer,
)
from parley.station.entries import messages
from parley.station.line.lines import OpenLine
from parley.station.line.schedule import schedule_of
from parley.station.line.wording import check_mark
from parley.station.texts.writing import next_test

if TYPE_CHECKING:
    from parley.station.station import Station

TEST_BYTES_MAX = 2_000
NEWEST_MAX = 12  # shown

ANSWERS_FROM = 5  # an answer takes another of the texts than the test of that number


@operation("test.call", roles=("watch",))
def call_test(
    station: Station,
    who: Person,
    *,
    text: Words | None = None,
    number: int | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Send a short text to be answered by a person there; with a number, only if that is the next,
    so that two who press at once do not call two."""
    open_line = station.line(line).current
    shown, number = number, next_test(station, open_line)
    if shown is not None and shown != number:
        raise Refused(
            f"Test {shown} is not the next one: that is test {number}.",
            "Look whether it was called already, and by whom, before you call another.",
        )
    header, words = own_text(open_line, number) if text is None else ({}, _check(text))
    body = body_of(Type.TEST, {**header, HeaderKey.DRAFTER: who.id}, [number, words])
    saying = Saying(Type.TEST, Precedence.ROUTINE, Status.TEST, body)
    result: dict[str, Any] = {
        "line": open_line.agreed.hex,
        "test": number,
        "text": words,
        "n": None,
        "waiting": None,
    }
    station.await_number(open_line, station.say(open_line, saying), result)
    return result


@operation("test.answer", roles=("watch",))
def answer_test(
    station: Station,
    who: Person,
    *,
    n: int,
    text: Words | None = None,
    good: bool | None = None,
    errors: Words | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Answer a test of theirs, as the person on watch: with a text of ours, and how theirs came
    through, good or with which errors."""
    open_line = station.line(line)
    row = messages.must_find(station, open_line, open_line.theirs, n)
    if row["type"] != Type.TEST:
        raise Refused(f"Message {n} is not a test.", "Answer it with `parley say --answers`.")
    if good and errors:
        raise Misused("A copy is good, or it has errors.", "Say one of the two.")
    if certified_here(station, open_line, n):
        raise Refused(
            f"Test {n} of theirs was answered here already.",
            "The first answer counts; its page shows how it came through.",
        )
    header, words = own_text(open_line.current, n + ANSWERS_FROM) if text is None else ({}, text)
    if good or errors:
        header = {**header, CERTIFIED: _check(errors) if errors else True}
    payload = [open_line.mention(n), _check(words)]
    body = body_of(Type.TEST_ANSWER, {**header, HeaderKey.DRAFTER: who.id}, payload)
    saying = Saying(Type.TEST_ANSWER, Precedence.ROUTINE, Status.TEST, body)
    queue_id = station.say(open_line, saying)
    act: messages.Act = (open_line.theirs, n, "answered", who.id, "")
    messages.say_about(station, open_line, queue_id, act)
    messages.acknowledge(station, open_line, open_line.theirs, n)
    result: dict[str, Any] = {
        "line": open_line.agreed.hex,
        "n": None,
        "waiting": None,
        "test": n,
        "text": words,
    }
    station.await_number(open_line, queue_id, result)
    return result


@operation("test.schedule", reads=True)
def schedule_show(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """When tests are due on a line, what came of the last day's and month's, and the newest."""
    open_line = station.line(line).current
    newest = tests_of(station, open_line)[-NEWEST_MAX:]
    return {
        **status_view(station, open_line),
        "parties": _parties(station, open_line),
        "figures": figures(station, open_line),
        "newest": [_test_view(each) for each in reversed(newest)],
    }


def _parties(station: Station, open_line: OpenLine) -> list[str]:
    """Both parties, A first, as the figures name them."""
    pair = [station.home.party, open_line.agreed.counterpart]
    return pair if open_line.ours == 0 else pair[::-1]


def _test_view(test: Tested) -> dict[str, Any]:
    return {
        "line": test.life.address,
        "dir": test.life.side(test.dir),
        "n": test.n,
        "at": test.at,
        "took_s": test.took_s,
        "certified": test.certified,
    }


def status_view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """The schedule, what is due, the text that comes next, and the test of theirs that waits."""
    asked, waits = due(station, open_line), to_answer(station, open_line)
    number = next_test(station, open_line)
    return {
        "line": open_line.agreed.hex,
        "name": open_line.agreed.name,
        "schedule": schedule_of(station, open_line).view(),
        "due": asked,
        "next": {"number": number, "text": own_text(open_line, number)[1]},
        "next_text": own_text(open_line, number)[1] if asked and asked["asked"] else None,
        "to_answer": None
        if waits is None
        else {"line": waits.life.address, "n": waits.n, "at": waits.at},
    }


def own_text(open_line: OpenLine, number: int) -> tuple[dict[int, Value], str]:
    """One of our harmless texts, and the header that names its language where it is not our own."""
    ours = open_line.agreed.our_language
    language, words = harmless([ours], number)
    own = ours.split("-")[0].lower() == language
    return ({} if own else {HeaderKey.LANGUAGE: language}), words


def _check(text: str) -> str:
    check_text(text)
    check_mark(text, Status.TEST)
    if len(text.encode()) > TEST_BYTES_MAX:
        raise Refused(
            f"A test may have {TEST_BYTES_MAX:,} bytes at most.", "Its text is to be harmless."
        )
    return text


def next_due(station: Station, open_line: OpenLine) -> float | None:
    """Until when another test is wanted, POSIX seconds; both sides say the same. None where none
    is: nothing was agreed or set, or the line is for exercises, suspended, halted or closed."""
    asked = due(station, open_line)
    return None if asked is None else asked["until"]


def last_test(station: Station, open_line: OpenLine) -> dict[str, Any] | None:
    """The newest test that a person answered, on whichever side, and how long it took."""
    for test in reversed(tests_of(station, open_line)):
        if test.took_s is not None:
            return {
                "at": test.at,
                "answered_s": test.took_s,
                "by": "ours" if test.dir == open_line.theirs else "theirs",
                "certified": test.certified,
            }
    return None
