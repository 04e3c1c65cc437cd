"""Human tests as the record has them: who called which, when it was answered, what was missed.

All of it is counted from entries and from the times that their speakers wrote into them, so that
both stations print the same figures once their records are the same. Source: spec/testing.md T7.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from parley.core.entry import Type, read_body
from parley.core.wire import Value
from parley.station.line.lines import OpenLine, posix
from parley.station.line.schedule import ASKED_BEFORE_S, Schedule, schedule_of

if TYPE_CHECKING:
    from parley.station.station import Station

CERTIFIED = 25  # header key of a test answer: true for a good copy, else what was wrong, in words
TESTS_MAX = 1_000  # of a side and incarnation, the newest: 41 days of one every hour
MISSES_MAX = 10_000  # times that are looked at, the newest: a month of one every five minutes
WINDOWS = {"day": 86_400.0, "month": 30 * 86_400.0}
AHEAD_S = 3_600.0  # how far two clocks may differ; a time beyond that counts once it is nearer (T7)
SIDES = ("A", "B")

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tested:
    """A test in the record, and the first answer to it."""

    life: OpenLine
    dir: int
    n: int
    at: float  # by the clock of who called it
    answered: float | None  # by the clock of who answered, and never before it was called
    answer: tuple[int, int] | None  # incarnation and number of the answer
    certified: str | None  # "" for a good copy; what was wrong; None where nothing was said of it

    @property
    def took_s(self) -> float | None:
        """Between the two claims of time, the same at both stations."""
        return None if self.answered is None else self.answered - self.at


def certified(header: Mapping[Value, Value]) -> str | None:
    """What an answer says of how the test came through (spec/testing.md T6)."""
    value = header.get(CERTIFIED)
    if value is True:
        return ""
    return value if isinstance(value, str) and value else None


def tests_of(station: Station, open_line: OpenLine) -> list[Tested]:
    """All tests that are looked at, oldest first; read from the record when first asked for, and
    when a test or an answer has joined it (`expecting.py`)."""
    at_work = open_line.current
    if at_work.tested is None:
        found = [each for life in at_work.lives for each in _of_life(station, life)]
        at_work.tested = sorted(found, key=lambda each: (each.at, each.dir, each.n))
    return at_work.tested


def came_through(station: Station, life: OpenLine, dir: int, n: int) -> dict[str, Any] | None:
    """How the answer to a test certified it, and how long it took; None without an answer yet."""
    for test in reversed(tests_of(station, life)):
        if (test.life.key, test.dir, test.n) != (life.key, dir, n) or test.answer is None:
            continue
        return {
            "certified": test.certified,
            "took_s": test.took_s,
            "answered": test.answered,
            "line": station.line_of(life.id, test.answer[0]).address,
            "n": test.answer[1],
            "dir": life.side(1 - dir),
        }
    return None


def _of_life(station: Station, life: OpenLine) -> Iterator[Tested]:
    for dir in (0, 1):
        rows = station.store.sql(
            "SELECT e.n, e.time FROM messages m JOIN entries e USING (line_id, inc, dir, n)"
            " WHERE m.line_id = ? AND m.inc = ? AND m.type = 5 AND m.dir = ?"
            " ORDER BY m.n DESC LIMIT ?",
            (*life.key, dir, TESTS_MAX),
        )
        answers = _answers(station, life, dir, rows[-1]["n"]) if rows else {}
        for row in rows:
            at, first = posix(row["time"]), answers.get(row["n"])
            if first is None:
                yield Tested(life, dir, row["n"], at, None, None, None)
                continue
            content = read_body(first["type"], first["marks"], first["body"])
            yield Tested(
                life,
                dir,
                row["n"],
                at,
                max(posix(first["time"]), at),
                (first["by_inc"], first["n"]),
                certified(content.header) if content else None,
            )


def _answers(station: Station, life: OpenLine, dir: int, least: int) -> dict[int, Any]:
    """The first answer of the other side to each test from a number on."""
    rows = station.store.sql(
        "SELECT a.about, a.by_inc, e.n, e.time, e.type, e.marks, e.body FROM"
        " (SELECT line_id, about, by_inc, dir, n, row_number() OVER"
        " (PARTITION BY about ORDER BY by_inc, n) AS place FROM acts WHERE line_id = ? AND inc = ?"
        " AND about_dir = ? AND about >= ? AND dir <> about_dir AND act = 'answered' AND n >= 0) a"
        " JOIN entries e ON e.line_id = a.line_id AND e.inc = a.by_inc AND e.dir = a.dir"
        " AND e.n = a.n WHERE a.place = 1",
        (*life.key, dir, least),
    )
    return {row["about"]: row for row in rows}


# --- when nothing is asked for


def quiet(station: Station, open_line: OpenLine) -> list[Span]:
    """Times in which no test was due: the line was suspended, closed, halted or between two
    incarnations (spec/testing.md T4). By the claims of the entries that say so, so that both
    sides agree."""
    at_work, latest = open_line.current, station.now.wall + AHEAD_S
    found = [_suspended(at_work, act, latest) for act in at_work.declared.acts if _whole(act)]
    found += [(act.at, float("inf")) for act in at_work.declared.closes()]
    for old, new in pairwise(at_work.lives):
        begun = _time(station, new, _FIRST)
        found.append((_time(station, old, _LAST), begun or station.now.wall))
    state = at_work.state(station.now)
    if state.halted or state.they_halted:
        found.append((_time(station, at_work, _LAST), float("inf")))
    return found


def _whole(act: Any) -> bool:
    return act.type == Type.SUSPEND and not act.types and not act.precedences


def _suspended(open_line: OpenLine, suspended: Any, latest: float) -> Span:
    """From when to when a suspension stood (spec/declared.md D7); of two tests that lifted it the
    earlier, where the later one bears a time beyond `latest`."""
    lifts = [act for act in open_line.declared.acts if act.type == Type.LIFT]
    own = [a.at for a in lifts if a.dir == suspended.dir and a.n > suspended.n]
    told = [a.at for a in lifts if a.dir != suspended.dir and a.seen > suspended.n]
    lifted = sorted((own[0], told[0])) if own and told else [float("inf")]
    ends = lifted[-1] if lifted[-1] <= latest else lifted[0]
    return max(suspended.at, suspended.begins), ends


_FIRST = "SELECT time FROM entries WHERE line_id = ? AND inc = ? AND dir = ? ORDER BY n LIMIT 1"
_LAST = "SELECT time FROM entries WHERE line_id = ? AND inc = ? AND dir = ? ORDER BY n DESC LIMIT 1"


def _time(station: Station, life: OpenLine, which: str) -> float:
    """The latest time that the first, or the last, entry of each side bears, if it is no later than
    now; 0 without any."""
    found = [row for dir in (0, 1) for row in station.store.sql(which, (*life.key, dir))]
    times, latest = [posix(row["time"]) for row in found], station.now.wall + AHEAD_S
    return max((at for at in times if at <= latest), default=0.0)


def asks_none(station: Station, open_line: OpenLine) -> bool:
    """Whether the line, as it stands now, is not tested: halted, stopped, closed, suspended."""
    state = station.state(open_line.current)
    declared, now = open_line.current.declared, station.now.wall
    return bool(
        state.halted
        or state.erased
        or not state.in_service
        or declared.closing
        or any(_whole(act) and act.begins <= now for act in declared.standing())
    )


# --- what was missed


@dataclass(frozen=True, slots=True)
class Missed:
    """Deadlines that passed without a test: of a side, or of both where either may call."""

    of: int | None  # direction; None for either
    began: float
    due: float


def missed(station: Station, open_line: OpenLine, schedule: Schedule, since: float) -> list[Missed]:
    """Deadlines after `since` and up to now at which no test had been called, or none answered."""
    if not schedule.asks:
        return []
    tests, gaps = tests_of(station, open_line), quiet(station, open_line)
    now = station.now.wall
    since = max(since, float(open_line.current.agreed.made), now - MISSES_MAX * schedule.every_s)
    found = _by_the_clock if schedule.turns else _by_answers
    made = float(open_line.current.agreed.made)
    return [
        each
        for each in found(schedule, tests, gaps, made, since, now)
        if not any(each.began < end and each.due > start for start, end in gaps)
    ]


def _by_the_clock(
    schedule: Schedule,
    tests: Sequence[Tested],
    gaps: Sequence[Span],
    made: float,
    since: float,
    now: float,
) -> Iterator[Missed]:
    every = schedule.every_s
    called = {dir: [each.at for each in tests if each.dir == dir] for dir in (0, 1)}
    for k in range(int(since // every), int(now // every) + 1):
        began, due = float(k * every), float(k * every + schedule.window_s)
        if began < made or not since < due < now:
            continue
        mine = called[k % 2]
        if bisect_left(mine, began) == bisect_right(mine, due):
            yield Missed(k % 2, began, due)


def _by_answers(
    schedule: Schedule,
    tests: Sequence[Tested],
    gaps: Sequence[Span],
    made: float,
    since: float,
    now: float,
) -> Iterator[Missed]:
    restarts = [end for _, end in gaps if end < now]
    anchors = sorted({made, *(at for at in _answered(tests, now) if at < now), *restarts})
    for anchor, until in pairwise([*anchors, now]):
        k = max(int((since - anchor) // schedule.every_s) + 1, 1)
        while (due := anchor + k * schedule.every_s) < until:
            if due > since:
                yield Missed(None, due - schedule.every_s, due)
            k += 1


def _answered(tests: Sequence[Tested], now: float) -> list[float]:
    """When tests were answered, as far as that is no later than now."""
    return [
        each.answered
        for each in tests
        if each.answered is not None and each.answered <= now + AHEAD_S
    ]


# --- what is due


def due(station: Station, open_line: OpenLine) -> dict[str, Any] | None:
    """The next test: from when, until when, whose turn, and whether we are asked for it now."""
    schedule, now = schedule_of(station, open_line), station.now.wall
    if not schedule.asks or asks_none(station, open_line):
        return None
    tests = tests_of(station, open_line)
    if schedule.turns:
        began, until, side = _turn(schedule, tests, open_line, now)
        mine = side == open_line.ours
        asked, by = mine and now >= began, open_line.side(side)
    else:
        anchors = _answered(tests, now)
        anchors += [end for _, end in quiet(station, open_line) if end < now]
        until = max([*anchors, float(open_line.current.agreed.made)]) + schedule.every_s
        began = until - min(ASKED_BEFORE_S, schedule.every_s // 4)
        waits = any(
            e.answered is None and now - schedule.answer_s < e.at <= now + AHEAD_S for e in tests
        )
        asked, by = now >= began and not waits, "either"
    return {"from": began, "until": until, "by": by, "asked": asked, "late": now > until}


def _turn(
    schedule: Schedule, tests: Sequence[Tested], open_line: OpenLine, now: float
) -> tuple[float, float, int]:
    """The hour that is on, while no test was called in it; else the next one."""
    k, every = int(now // schedule.every_s), schedule.every_s
    done = any(each.dir == k % 2 and k * every <= each.at < (k + 1) * every for each in tests)
    theirs_over = k % 2 != open_line.ours and now > k * every + schedule.window_s
    if done or theirs_over or k * every < open_line.current.agreed.made:
        k += 1
    return float(k * every), float(k * every + schedule.window_s), k % 2


def to_answer(station: Station, open_line: OpenLine) -> Tested | None:
    """The newest test of theirs of the last day that nobody here has answered."""
    since = station.now.wall - WINDOWS["day"]
    for each in reversed(tests_of(station, open_line)):
        if each.at < since:
            break
        if each.dir == open_line.theirs and each.answered is None:
            return None if answered_here(station, each.life, each.n) else each
    return None


def answered_here(station: Station, life: OpenLine, n: int) -> bool:
    """Whether we have answered a test of theirs, be it that the answer waits for a path."""
    return bool(
        station.store.sql(
            "SELECT 1 FROM acts WHERE line_id = ? AND inc = ? AND about_dir = ? AND about = ?"
            " AND act = 'answered' LIMIT 1",
            (*life.key, life.theirs, n),
        )
    )


def certified_here(station: Station, life: OpenLine, n: int) -> bool:
    """Whether somebody here has given a test of theirs its test answer, be it that this waits for a
    path. A message that answers a test leaves room for one."""
    return bool(
        station.store.sql(
            "SELECT 1 FROM acts a LEFT JOIN entries e ON e.line_id = a.line_id"
            " AND e.inc = a.by_inc AND e.dir = a.dir AND e.n = a.n"
            " LEFT JOIN queue q ON q.line_id = a.line_id AND q.inc = a.by_inc AND q.id = -1 - a.n"
            " WHERE a.line_id = ? AND a.inc = ? AND a.about_dir = ? AND a.about = ?"
            " AND a.dir = ? AND a.act = 'answered' AND coalesce(e.type, q.type) = ? LIMIT 1",
            (*life.key, life.theirs, n, life.ours, int(Type.TEST_ANSWER)),
        )
    )


# --- the figures of both sides


def figures(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """What was sent, answered and missed by each side, A first; the same at both stations
    (spec/testing.md T8)."""
    schedule, now = schedule_of(station, open_line), station.now.wall
    tests = tests_of(station, open_line)
    all_missed = missed(station, open_line, schedule, now - WINDOWS["month"])
    return {
        name: {
            "sides": [
                _of_side(schedule, tests, all_missed, dir, now - window_s, now) for dir in (0, 1)
            ],
            "missed_by_either": sum(
                each.of is None and each.due > now - window_s for each in all_missed
            ),
        }
        for name, window_s in WINDOWS.items()
    }


def _of_side(
    schedule: Schedule,
    tests: Sequence[Tested],
    all_missed: Sequence[Missed],
    dir: int,
    since: float,
    now: float,
) -> dict[str, Any]:
    mine = [each for each in tests if each.dir == dir and since < each.at <= now + AHEAD_S]
    times = [each.took_s for each in mine if each.took_s is not None]
    return {
        "side": SIDES[dir],
        "sent": len(mine),
        "answered": sum(s <= schedule.answer_s for s in times),
        "answered_late": sum(s > schedule.answer_s for s in times),
        "unanswered": sum(e.answered is None and e.at + schedule.answer_s < now for e in mine),
        "missed": sum(each.of == dir and each.due > since for each in all_missed),
        "with_errors": sum(bool(each.certified) for each in mine),
        "median_s": median(times) if times else None,
        "slowest_s": max(times, default=None),
    }
