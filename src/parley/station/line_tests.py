"""Tests of a line by people: a short text out, answered by a person there.

A test is no message: it bears the status TEST, and its text is harmless and never the same two
times running, so that nobody learns to look past it. A machine cannot answer one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.effects import Saying
from parley.core.entry import Key as HeaderKey
from parley.core.entry import Precedence, Status, Type, body_of, check_text
from parley.core.errors import Refused
from parley.station import messages
from parley.station.lines import OpenLine
from parley.station.operations import Words, operation
from parley.station.person import Person
from parley.station.wording import check_mark
from parley.station.writing import next_test

if TYPE_CHECKING:
    from parley.station.station import Station

TEST_BYTES_MAX = 2_000

# Read at a glance, about nothing that matters, with a number to answer by.
TEXTS = (
    "The river at the old bridge stands at 214 centimetres today.",
    "Seven swans have come back to the lake behind the mill.",
    "The night train of 23:40 leaves from platform 3.",
    "In the third week of the month the lime trees are in flower.",
    "The lighthouse shows two flashes every 15 seconds.",
    "A loaf of rye bread keeps for 9 days in a dry place.",
    "The stairs of the north tower have 187 steps.",
    "Snow fell on the pass on 12 days of last January.",
    "The choir sings on the second Sunday at 11 in the morning.",
    "From the upper terrace one can see 5 church spires.",
    "The library holds 48 maps of the coast.",
)


@operation("test.call", roles=("watch",))
def call_test(
    station: Station, who: Person, *, text: Words | None = None, line: str | None = None
) -> dict[str, Any]:
    """Send a short text to be answered by a person there."""
    open_line = station.line(line).current
    number = next_test(station, open_line)
    words = TEXTS[number % len(TEXTS)] if text is None else _check(text)
    body = body_of(Type.TEST, {HeaderKey.DRAFTER: who.id}, [number, words])
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
    station: Station, who: Person, *, n: int, text: Words, line: str | None = None
) -> dict[str, Any]:
    """Answer a test of theirs, as the person on watch."""
    open_line = station.line(line)
    row = messages.must_find(station, open_line, open_line.theirs, n)
    if row["type"] != Type.TEST:
        raise Refused(f"Message {n} is not a test.", "Answer it with `parley say --answers`.")
    payload = [open_line.mention(n), _check(text)]
    body = body_of(Type.TEST_ANSWER, {HeaderKey.DRAFTER: who.id}, payload)
    saying = Saying(Type.TEST_ANSWER, Precedence.ROUTINE, Status.TEST, body)
    queue_id = station.say(open_line, saying)
    act: messages.Act = (open_line.theirs, n, "answered", who.id, "")
    messages.say_about(station, open_line, queue_id, act)
    messages.acknowledge(station, open_line, open_line.theirs, n)
    result: dict[str, Any] = {"line": open_line.agreed.hex, "n": None, "waiting": None, "test": n}
    station.await_number(open_line, queue_id, result)
    return result


def _check(text: str) -> str:
    check_text(text)
    check_mark(text, Status.TEST)
    if len(text.encode()) > TEST_BYTES_MAX:
        raise Refused(
            f"A test may have {TEST_BYTES_MAX:,} bytes at most.", "Its text is to be harmless."
        )
    return text


def next_due(station: Station, open_line: OpenLine) -> float | None:
    """Until when the agreement wants another test answered, POSIX seconds: so long after the newest
    answer by the clock of who gave it, or after the agreement, so that both sides say the same.
    None where no tests were agreed."""
    if not open_line.agreed.test_s:
        return None
    rows = station.store.sql(
        "SELECT max(coalesce(a.at_theirs, a.at_ours)) AS answered FROM messages m"
        " JOIN acts a ON a.line_id = m.line_id AND a.inc = m.inc AND a.about_dir = m.dir"
        " AND a.about = m.n AND a.act = 'answered' AND a.n >= 0"
        " WHERE m.line_id = ? AND m.inc = ? AND m.type = 5",
        open_line.key,
    )
    base = rows[0]["answered"]
    return float(int(open_line.agreed.made if base is None else base) + open_line.agreed.test_s)


def last_test(station: Station, open_line: OpenLine) -> dict[str, Any] | None:
    """The newest test that a person answered, on whichever side, and how long it took."""
    rows = station.store.sql(
        "SELECT m.kept, m.dir, min(a.at_ours) AS answered FROM messages m"
        " JOIN acts a ON a.line_id = m.line_id AND a.inc = m.inc AND a.about_dir = m.dir"
        " AND a.about = m.n AND a.act = 'answered' AND a.n >= 0"
        " WHERE m.line_id = ? AND m.inc = ? AND m.type = 5"
        " GROUP BY m.dir, m.n ORDER BY m.kept DESC LIMIT 1",
        open_line.key,
    )
    if not rows:
        return None
    row = rows[0]
    return {
        "at": row["kept"],
        "answered_s": max(row["answered"] - row["kept"], 0.0),
        "by": "ours" if row["dir"] == open_line.theirs else "theirs",
    }
