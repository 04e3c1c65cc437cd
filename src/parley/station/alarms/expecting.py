"""What is expected by a time and does not come: a test, its answer, a reply, the word of an office.

A message's own clock ends when somebody acknowledges it (`watch.py`). What was promised or asked
for beyond that has a clock here. When it runs out, it rings and stands in the audit trail; where we
owe a reply or an office of ours is silent, the deputies are called one by one, then everyone, then
the outside, as for a message that nobody acknowledges. It ends when it comes, or when a person of
the watch takes it in hand. Source: for tests spec/testing.md T9, for replies spec/testing.md T10,
for offices spec/testing.md T11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.entry import Content, Precedence, Type
from parley.core.kept import EntryRow
from parley.station.acts.own_acts import IS_CALLED, Own
from parley.station.alarms import tested
from parley.station.alarms.overdue import ANSWER, OFFICE, REPLY, TEST, desk_of, sentence
from parley.station.entries import messages
from parley.station.entries.replying import reply_by
from parley.station.line.lines import OpenLine, posix
from parley.station.line.schedule import schedule_of

if TYPE_CHECKING:
    from parley.station.station import Station

NEVER = float("inf")
AT_ONCE_MAX = 64
LOOKS_S = 60.0  # at a line that asks for no tests now, though it has a schedule
_COMES_BY = {Type.TEST_ANSWER, Type.UNABLE, Type.WAIT}


class Expecting:
    """The clocks of all that is expected, for all lines of a station."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._look = NEVER  # on the steady clock
        self._tests_due: dict[bytes, float] = {}  # until when the next test of a line is due, wall
        self.load()

    def load(self) -> None:
        """Go on with what is durable."""
        rows = self._station.store.sql("SELECT min(look) AS look FROM expected")
        self._look = NEVER if rows[0]["look"] is None else rows[0]["look"]
        self._tests_due.clear()

    def wake_at(self) -> float:
        """The monotonic second at which there is something to look at."""
        station = self._station
        waits = [self._look - station.steady()]
        waits += [due - station.now.wall for due in self._tests_due.values()]
        least = min(waits)
        return NEVER if least == NEVER else station.now.mono + max(least, 0.0) + 0.01

    def look(self) -> None:
        """Take the steps that are due; within the transaction of a step."""
        station = self._station
        for open_line in station.lines:
            until = self._tests_due.get(open_line.id)
            if until is None or until <= station.now.wall:
                self._tests(open_line)
        if self._look > station.steady():
            return
        for row in station.store.sql(
            "SELECT * FROM expected WHERE look <= ? ORDER BY look LIMIT ?",
            (station.steady(), AT_ONCE_MAX),
        ):
            self._late(station.line_of(bytes(row["line_id"]), row["inc"]), row)
        self._find_next()

    def _find_next(self) -> None:
        rows = self._station.store.sql("SELECT min(look) AS look FROM expected")
        self._look = NEVER if rows[0]["look"] is None else rows[0]["look"]

    # --- what begins and ends a clock

    def expect(
        self,
        open_line: OpenLine,
        kind: str,
        dir: int,
        n: int,
        precedence: Precedence,
        due: float,
        passing: int = 0,
    ) -> None:
        """From now on it is expected by that time of our wall clock."""
        station = self._station
        look = station.steady() + due - station.now.wall
        station.store.sql(
            "INSERT OR IGNORE INTO expected"
            " (line_id, inc, kind, dir, n, passing, precedence, due, look)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*open_line.key, kind, dir, n, passing, int(precedence), due, look),
        )
        self._look = min(self._look, look)

    def came(self, open_line: OpenLine, kind: str, dir: int, n: int, passing: int = 0) -> None:
        """It has come, in time or late; what rang for it is silent."""
        rows = self._station.store.sql(
            "UPDATE expected SET came = ?, look = NULL WHERE line_id = ? AND inc = ? AND kind = ?"
            " AND dir = ? AND n = ? AND passing = ? AND came IS NULL RETURNING missed",
            (self._station.now.wall, *open_line.key, kind, dir, n, passing),
        )
        if rows and rows[0]["missed"] is not None:
            self._station.publish("overdue", open_line, state="came", what=kind, n=n)

    def took(self, open_line: OpenLine, entry: EntryRow, content: Content | None) -> None:
        """An entry of either side has joined the record."""
        if entry.type in (Type.TEST, Type.TEST_ANSWER):
            open_line.current.tested = None
        if entry.type == Type.TEST:
            self._called(open_line, entry)
        if content is None or (entry.type in messages.NOT_MESSAGES and entry.type not in _COMES_BY):
            return
        by = reply_by(content.header) if entry.type not in messages.ACTS else None
        if by is not None:
            precedence = Precedence(entry.marks >> 6)
            self.expect(open_line, REPLY, entry.dir, entry.n, precedence, by)
        if entry.type in messages.ACTS:
            said = messages.acts_of(self._station, open_line, entry, content)
        else:
            said = messages.references(open_line, entry.dir, entry.type, content)
        for about, (dir, n, act, _, detail) in said:
            if dir == entry.dir:
                continue
            if act == "wait" and detail:
                self._postpone(about, dir, n, float(detail))
            elif act in ("answered", "unable"):
                open_line.current.tested = None  # any message may answer a test
                self.came(about, REPLY, dir, n)
                self.came(about, ANSWER, dir, n)

    def _called(self, open_line: OpenLine, entry: EntryRow) -> None:
        """A test was called: an answer is expected, and what was missed before is over."""
        self._tests_due.pop(open_line.id, None)
        schedule = schedule_of(self._station, open_line)
        if not schedule.asks:
            return
        self._station.store.sql(
            "UPDATE expected SET came = ?, look = NULL WHERE line_id = ? AND kind = 'test'"
            " AND (dir = ? OR ?) AND came IS NULL",
            (self._station.now.wall, open_line.id, entry.dir, not schedule.turns),
        )
        due = max(posix(entry.time), self._station.now.wall) + schedule.answer_s
        self.expect(open_line, ANSWER, entry.dir, entry.n, Precedence.ROUTINE, due)

    def _postpone(self, open_line: OpenLine, dir: int, n: int, until: float) -> None:
        """They, or we, asked to wait: the reply is expected then, and rings no more until then."""
        station = self._station
        rows = station.store.sql(
            "UPDATE expected SET due = max(due, ?), look = max(coalesce(look, 0), ?),"
            " missed = NULL, called = 0 WHERE line_id = ? AND inc = ? AND kind = 'reply'"
            " AND dir = ? AND n = ? AND came IS NULL AND taken IS NULL RETURNING id",
            (until, station.steady() + until - station.now.wall, *open_line.key, dir, n),
        )
        for row in rows:
            station.watch.escalation.put_off(open_line, -row["id"])
        self._find_next()

    # --- when it has not come

    def _tests(self, open_line: OpenLine) -> None:
        """Whether a test was missed since this was last looked at, and until when the next is
        due. Of several missed ones the newest rings; the figures have them all."""
        station, at_work = self._station, open_line.current
        view = tested.due(station, at_work)
        schedule = schedule_of(station, at_work)
        if view is None:  # once it opens, or is open again, this is looked at anew
            self._tests_due[at_work.id] = station.now.wall + LOOKS_S if schedule.asks else NEVER
            return
        self._tests_due[at_work.id] = _after(view, station.now.wall)
        since = station.now.wall - 2 * max(schedule.every_s, 1) - schedule.window_s
        for each in tested.missed(station, at_work, schedule, since)[-1:]:
            dir = at_work.ours if each.of is None else each.of
            if not self._called_since(at_work, schedule.turns, each):
                self._missed_test(at_work, dir, each.due)

    def _called_since(self, open_line: OpenLine, turns: bool, each: tested.Missed) -> bool:
        latest = self._station.now.wall + tested.AHEAD_S
        return any(
            each.due < test.at <= latest and (test.dir == each.of or not turns)
            for test in reversed(tested.tests_of(self._station, open_line))
        )

    def _missed_test(self, open_line: OpenLine, dir: int, due: float) -> None:
        station = self._station
        rows = station.store.sql(
            "INSERT OR IGNORE INTO expected (line_id, inc, kind, dir, n, precedence, due, missed)"
            " VALUES (?, ?, 'test', ?, ?, 0, ?, ?) RETURNING *",
            (*open_line.key, dir, int(due), due, station.now.wall),
        )
        for row in rows:
            station.store.sql(
                "UPDATE expected SET came = ?, look = NULL WHERE line_id = ? AND kind = 'test'"
                " AND dir = ? AND id <> ? AND came IS NULL",
                (station.now.wall, open_line.id, dir, row["id"]),
            )
            self._tell(open_line, row, Own.TEST_MISSED)

    def _late(self, open_line: OpenLine, row: Any) -> None:
        """A clock here has run out: for the first time, or for whoever was called last."""
        station = self._station
        if row["missed"] is None:
            if row["kind"] == ANSWER and tested.asks_none(station, open_line):
                self._set(row, came=row["due"])  # suspended meanwhile: nobody is asked
                return
            self._set(row, missed=station.now.wall, look=self._next_call(open_line, row))
            self._tell(open_line, row, _MISSED[row["kind"]])
        elif not self._call_next(open_line, row):
            self._set(row)
            station.watch.escalation.begin(open_line, -row["id"], Precedence(row["precedence"]))

    def _next_call(self, open_line: OpenLine, row: Any) -> float | None:
        """When the next deputy is called; never where it is theirs to act, nor for a test."""
        ours_to_act = row["kind"] in (REPLY, OFFICE) and row["dir"] == open_line.theirs
        if not ours_to_act:
            return None
        return self._station.steady() + open_line.clock_s(row["precedence"])

    def _call_next(self, open_line: OpenLine, row: Any) -> bool:
        station = self._station
        deputies = desk_of(station, open_line, row).get("deputies", [])
        if row["called"] >= len(deputies):
            return False
        name = station.people.name(deputies[row["called"]])
        self._set(row, called=row["called"] + 1, look=self._next_call(open_line, row))
        self._tell(open_line, row, Own.DEPUTY_CALLED, f" {IS_CALLED % {'name': name}}")
        return True

    def _set(self, row: Any, **values: Any) -> None:
        """Its next state; what is not given stays, but for when it is looked at again: never."""
        now = {**dict(row), "look": None, **values}
        self._station.store.sql(
            "UPDATE expected SET look = ?, called = ?, missed = ?, came = ? WHERE id = ?",
            (now["look"], now["called"], now["missed"], now["came"], row["id"]),
        )

    def _tell(self, open_line: OpenLine, row: Any, act: Own, more: str = "") -> None:
        station = self._station
        told = sentence(station, row) + more
        station.trail.happened(station.now.wall, act, told, open_line.agreed.name)
        station.publish(
            "overdue",
            open_line,
            state=act,
            what=row["kind"],
            dir=open_line.side(row["dir"]),
            n=row["n"],
            precedence=Precedence(row["precedence"]).name,
        )


_MISSED = {
    TEST: Own.TEST_MISSED,
    ANSWER: Own.ANSWER_MISSED,
    REPLY: Own.REPLY_MISSED,
    OFFICE: Own.OFFICE_MISSED,
}


def _after(view: dict[str, Any], now: float) -> float:
    """The next moment at which a test may be missed, or is asked for."""
    return min((at for at in (view["from"], view["until"] + 1) if at > now), default=now + LOOKS_S)
