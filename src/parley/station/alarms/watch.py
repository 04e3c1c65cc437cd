"""The watch: clocks that run, who is called when one runs out, and whether the other side is heard.

Every message has a clock by its precedence. It runs at both stations, from the moment each keeps
the message, and stops when a person of the reader's side has dealt with it. When it runs out at the
reader's, the next deputy is called and a new clock runs; after the last it is recorded that nobody
answered, and everyone is called, then the outside (`escalation.py`). At the sender's it is recorded
when its own clock runs out. An alarm goes on until a person acts.

Clocks run on the monotonic clock, carried on from the wall clock of the last start: a wall clock
that is set wrong while the station runs neither hurries nor holds an alarm.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from parley.core.effects import Noticed
from parley.core.entry import Precedence
from parley.station.acts.own_acts import (
    CALLED,
    NO_SUSPENSION,
    NOBODY_HERE,
    NOBODY_THERE,
    OBSERVED,
    Own,
)
from parley.station.alarms import escalation, expecting
from parley.station.entries import early
from parley.station.line import delegating, distrust
from parley.station.line.lines import OpenLine
from parley.station.line.observing import Observations
from parley.station.line.standing import declared_view
from parley.station.machine.clock import stamp
from parley.station.staff import duties
from parley.station.staff.desks import desk_for, desks_of, meant
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

NEVER = float("inf")
AT_ONCE_MAX = 256  # clocks looked at in one step; more of them wait for the next
ALARMS_MAX = 200


class Watch:
    """What the station watches by itself."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._due = NEVER
        self.escalation = escalation.Escalation(station)
        self.expecting = expecting.Expecting(station)
        self.observations = Observations(station)
        self.delegations = delegating.Delegations(station)
        self.duties = duties.Duties(station)
        self.load()

    def load(self) -> None:
        """Go on with the clocks that are durable."""
        dues = [
            rows[0]["due"]
            for lane in self._lanes()
            if (rows := running(self._station.store, lane, NEVER, 1))
        ]
        self._due = min(dues, default=NEVER)
        self.escalation.load()
        self.expecting.load()
        self.observations.load()
        self.delegations.load()
        self.duties.load()

    def expect(self, due: float) -> None:
        """A clock was started."""
        self._due = min(self._due, due)

    def wake_at(self) -> float:
        """The monotonic second at which there is something to look at."""
        station = self._station
        now = station.now
        at = NEVER if self._due == NEVER else now.mono + max(self._due - station.steady(), 0.0)
        for open_line in station.lines:
            if open_line.observed == "heard":
                heard_s = station.state(open_line).last_heard_s or 0.0
                at = min(at, now.mono + max(open_line.silent_after_s() - heard_s, 0.0) + 0.01)
            begins = open_line.declared.next_begin(now.wall)
            at = min(at, now.mono + begins - now.wall + 0.01)
        parts = (self.escalation, self.expecting, self.delegations, self.duties)
        return min(at, *(part.wake_at() for part in parts))

    def look(self) -> None:
        """Look at what is due; inside the step's transaction."""
        if self._due <= self._station.steady():
            self._clocks()
        self.expecting.look()
        self.escalation.look()
        self.delegations.look()
        self.duties.look()
        for open_line in self._station.lines:
            self._observe(open_line)
            self.observations.look(open_line)

    def noticed(self, open_line: OpenLine, notice: Noticed) -> None:
        """The line told something a person must know."""
        self._record(open_line, Own(f"line {notice.kind}"), notice.sentence)
        if notice.kind == "halted":
            early.halted(self._station, open_line)
        self._station.publish("line", open_line, state=notice.kind, sentence=notice.sentence)

    def _observe(self, open_line: OpenLine) -> None:
        self._declared(open_line)
        state = self._station.state(open_line)
        if not state.erased:
            distrust.observe(self._station, open_line, state)
        agree = open_line.records_agree(state) is True
        if agree and not open_line.agree_told:  # by a signature, which tells nobody by itself
            self._station.publish("line", open_line, state="records agree")
        self._told(open_line, agree_told=agree)
        open_line.observed = observed = open_line.observe(state)
        before = open_line.observed_told
        if observed == before:
            return
        self._told(open_line, observed_told=observed)
        if "silent" in (observed, before):
            told = OBSERVED % {"who": open_line.agreed.counterpart, "state": observed}
            self._record(open_line, Own(f"line {observed}"), told)
        self._station.publish("line", open_line, state=observed)

    def _told(self, open_line: OpenLine, **told: Any) -> None:
        """Know what people were told once the step that tells them is durable: what is undone is
        told once more, and never as something that has passed."""
        for name, value in told.items():
            if getattr(open_line, name) != value:
                self._station.after_commit(partial(setattr, open_line, name, value))

    def _declared(self, open_line: OpenLine) -> None:
        """Tell when the declared state has changed, by a word or because its time has come."""
        view = declared_view(open_line, self._station.now.wall)
        told, tells = open_line.declared_told, view["state"] + view["sentence"]
        self._told(open_line, declared_told=tells)
        if told and told != tells:
            sentence = view["sentence"] or NO_SUSPENSION
            self._record(open_line, Own(f"line {view['state']}"), sentence)
            self._station.publish("line", open_line, state=view["state"], sentence=sentence)

    # Clocks.

    def _lanes(self) -> list[Lane]:
        return [
            (*life.key, dir, precedence)
            for open_line in self._station.lines
            for life in open_line.lives
            for dir in (0, 1)
            for precedence in reversed(Precedence)
        ]

    def _clocks(self) -> None:
        for lane in self._lanes():
            for row in running(self._station.store, lane, self._station.steady(), AT_ONCE_MAX):
                open_line = self._station.line_of(row["line_id"], row["inc"])
                if row["dir"] == open_line.ours or not self._call_next(open_line, row):
                    self._nobody(open_line, row)
        self.load()

    def _call_next(self, open_line: OpenLine, row: Any) -> bool:
        """Call the next deputy; False when there is none left."""
        station = self._station
        desk = desk_for(station, row["desk"])
        deputies = desk["deputies"] if desk else []
        if row["called"] >= len(deputies):
            return False
        deputy = deputies[row["called"]]
        precedence = Precedence(row["marks"] >> 6)
        due = station.steady() + open_line.clock_s(precedence)
        station.store.sql(
            "UPDATE messages SET called = ?, due = ?"
            " WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
            (row["called"] + 1, due, *open_line.key, row["dir"], row["n"]),
        )
        name = station.people.name(deputy)
        missed = {"n": row["n"], "precedence": precedence.name, "by": stamp(row["due"])}
        self._record(open_line, Own.DEPUTY_CALLED, CALLED % {**missed, "name": name})
        station.publish(
            "alarm",
            open_line,
            state="deputy",
            dir="theirs",
            n=row["n"],
            precedence=precedence.name,
            called={"id": deputy, "name": name},
            due=_ran_out(station, row),
        )
        return True

    def _nobody(self, open_line: OpenLine, row: Any) -> None:
        """The last clock ran out, perhaps while this station stood still: record that nobody
        answered, since when it was due."""
        station = self._station
        missed = station.now.wall + row["due"] - station.steady()
        station.store.sql(
            "UPDATE messages SET missed = ?, due = NULL"
            " WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
            (missed, *open_line.key, row["dir"], row["n"]),
        )
        side = open_line.side(row["dir"])
        precedence = Precedence(row["marks"] >> 6)
        values = {"n": row["n"], "precedence": precedence.name, "by": stamp(row["due"])}
        told = NOBODY_HERE if side == "theirs" else NOBODY_THERE
        values["who"] = open_line.agreed.counterpart
        self._record(open_line, Own.NOBODY_ANSWERED, told % values)
        station.publish(
            "alarm",
            open_line,
            state="nobody answered",
            dir=side,
            n=row["n"],
            precedence=precedence.name,
            due=_ran_out(station, row) if row["called"] else missed,
        )
        if side == "theirs":
            self.escalation.begin(open_line, row["n"], precedence)

    def _record(self, open_line: OpenLine, act: Own, outcome: str) -> None:
        station = self._station
        station.trail.happened(station.now.wall, act, outcome, open_line.agreed.name)


Lane = tuple[bytes, int, int, int]  # line, incarnation, direction, precedence


def running(store: SqliteStore, lane: Lane, until: float, limit: int) -> list[Any]:
    """Messages of one lane whose clock runs and is due by then, the first due first."""
    return store.sql(
        "SELECT * FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND precedence = ?"
        " AND due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?",
        (*lane, until, limit),
    )


def missed(store: SqliteStore, lane: Lane, limit: int) -> list[Any]:
    """Messages of one lane that nobody has acknowledged, though their last clock ran out."""
    return store.sql(
        "SELECT * FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND precedence = ?"
        " AND missed IS NOT NULL AND acknowledged IS NULL ORDER BY missed LIMIT ?",
        (*lane, limit),
    )


def alarms(station: Station) -> list[dict[str, Any]]:
    """Their messages that nobody here has acknowledged, and ours that they let run out; the most
    urgent first."""
    found: list[dict[str, Any]] = []
    desks = desks_of(station.store)
    for precedence in reversed(Precedence):
        for open_line in (life for each in station.lines for life in each.lives):
            joined = open_line.their_size
            for dir in (open_line.theirs, open_line.ours):
                lane = (*open_line.key, dir, int(precedence))
                rows = missed(station.store, lane, ALARMS_MAX)
                if dir == open_line.theirs:
                    rows += running(station.store, lane, NEVER, ALARMS_MAX)
                found += [_view(station, open_line, row, desks, joined) for row in rows]
                if len(found) >= ALARMS_MAX:
                    return found[:ALARMS_MAX]
    return found


def _view(
    station: Station, open_line: OpenLine, row: Any, desks: list[dict[str, Any]], joined: int
) -> dict[str, Any]:
    """How an alarm stands; of theirs the first `joined` entries are in the record."""
    side = open_line.side(row["dir"])
    desk = meant(desks, row["desk"]) if side == "theirs" else None
    called: list[int] = []
    if desk:
        called = desk["deputies"][row["called"] - 1 : row["called"]] if row["called"] else []
        called = called or desk["holders"]
    return {
        "line": open_line.address,
        "inc": open_line.inc,
        "line_name": open_line.agreed.name,
        "dir": side,
        "n": row["n"],
        "precedence": Precedence(row["marks"] >> 6).name,
        "at": row["kept"],
        "state": "nobody answered" if row["missed"] else "deputy" if row["called"] else "ringing",
        "desk": desk["name"] if desk else None,
        "called": [{"id": id, "name": station.people.name(id)} for id in called],
        "escalation": escalation.steps_of(station, open_line, row["n"])
        if side == "theirs" and row["missed"]
        else [],
        "clock": clock_view(station, row),
        # The time of the deputy who was called, beside the clock that ran out before.
        "until": station.now.wall + row["due"] - station.steady()
        if row["called"] and row["due"] is not None
        else None,
        "provisional": early.view(station, open_line, row["n"])
        if side == "theirs" and row["n"] >= joined
        else None,
        "again": side == "theirs" and open_line.shown_before(row["n"]),
    }


def clock_view(station: Station, row: Any) -> dict[str, Any] | None:
    """A message's clock: when it is due and what is left; None when it has stopped. Once it has run
    out it counts on from there, whoever is called meanwhile and has a time of their own."""
    now = station.now.wall
    if row["due"] is not None and not row["called"]:
        left = row["due"] - station.steady()
        return {"due": now + left, "left_s": left, "overdue": False}
    if row["due"] is not None or (row["missed"] is not None and row["acknowledged"] is None):
        late = _ran_out(station, row) if row["called"] else row["missed"]
        return {"due": late, "left_s": late - now, "overdue": True}
    return None


def _ran_out(station: Station, row: Any) -> float:
    """When the first clock of a message ran out, of which a deputy was called."""
    open_line = station.line_of(row["line_id"], row["inc"])
    due: float = row["kept"] + open_line.clock_s(Precedence(row["marks"] >> 6))
    return min(due, station.now.wall)  # also where the wall clock was set back since


def oldest_unanswered(
    station: Station, open_line: OpenLine, ours: bool = False
) -> dict[str, Any] | None:
    """Their oldest message that nobody here has acknowledged; or that of ours which nobody has
    there."""
    rows: list[Any] = []
    for life, precedence in product(open_line.lives, Precedence):
        lane = (*life.key, life.ours if ours else life.theirs, int(precedence))
        rows += running(station.store, lane, NEVER, 1) + missed(station.store, lane, 1)
    if not rows:
        return None
    row = min(rows, key=lambda each: each["kept"])
    return {
        "n": row["n"],
        "precedence": Precedence(row["precedence"]).name,
        "at": row["kept"],
        "clock": clock_view(station, row),
    }
