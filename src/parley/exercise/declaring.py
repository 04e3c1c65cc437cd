"""Worlds in which lines are suspended, lifted and closed, and all of it crosses.

Both sides suspend in whole and in part, test and close as chance has it, while words are said and
the world is as bad as any. What must hold is read from the two logs, as in models/Suspension.tla:
SameState, Respected, LiftedByBoth and Final; and a line that both have closed loses its keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parley.core.effects import Saying
from parley.core.entry import Key, Precedence, Status, Type, body_of, read_body
from parley.core.errors import Halted, Refused
from parley.core.kept import EntryRow
from parley.core.line import Line
from parley.core.terms import Instant, Terms
from parley.core.wire import Value
from parley.exercise.resident import Resident, Words
from parley.exercise.violation import hold
from parley.exercise.world import Options, Tally, World
from parley.station.line.declared import Declared, is_rescue, read_suspension

KEYS = ("prekey", "out", "in", "past", "prekeys", "their prekeys", "rekey")
OVER_S_MAX = 400.0  # from the last CLOSE until the keys are gone: both signatures take a minute
ORDERS = {"suspend": Type.SUSPEND, "suspend in part": Type.SUSPEND, "lift": Type.LIFT}
ORDERS["close"] = Type.CLOSE
RESCUE = "rescue "  # a text that begins so is marked as search and rescue


class Declarer(Resident):
    """A station whose people also declare things of the line."""

    def __init__(self, world: World, terms: Terms, name: str) -> None:
        self.texts: dict[int, Words] = {}  # what waits in the queue, by its number there
        super().__init__(world, terms, name)

    def _says(self, line: Line, words: Words, now: Instant) -> bool:
        """As `releasing.py` does it: what does not pass is refused and counts as never said."""
        urgency, text = words
        declared = self.open_line.declared
        if text in ORDERS:
            self._declares(line, text, now)
            return False
        rescue = text.startswith(RESCUE)
        if declared.closes() or declared.bars(Type.TEXT, urgency, rescue, now.wall):
            return False
        header: dict[int, Value] = {Key.RESCUE: True} if rescue else {}
        saying = Saying(Type.TEXT, urgency, Status.EXERCISE, body_of(Type.TEXT, header, text))
        try:
            self.texts[line.say(saying, now)] = words
        except (Halted, Refused):
            return False
        return True

    def _declares(self, line: Line, order: str, now: Instant) -> None:
        declared, kind = self.open_line.declared, ORDERS[order]
        if declared.closes() or (kind == Type.LIFT and not declared.standing()):
            return
        payload: Value = "words"
        if kind == Type.SUSPEND:
            payload = ["why", 0, [], [0, 1] if order == "suspend in part" else []]
        body = body_of(kind, {}, payload)
        try:
            line.say(Saying(kind, Precedence.IMMEDIATE, Status.EXERCISE, body), now)
        except (Halted, Refused):
            return
        (row,) = [each for each in line.queue[::-1] if each.type == kind][:1]
        declared.waits(row, now.wall)

    def step(self) -> None:
        """One step; words that came back are no longer surely said."""
        try:
            super().step()
        finally:
            # Whether the step was kept or not: what it took out of the queue may never be said.
            for words in (self.texts[each] for each in self.back if each in self.texts):
                if words in self.spoken.sure:
                    self.spoken.sure.remove(words)
                self.spoken.doubtful.append(words)


class Suspended(World):
    """Both sides suspend, lift and close as chance has it."""

    kind = "suspended"
    closes = 0.5  # in so many worlds the line is closed in the end, be it in bad times
    orders = 0.3  # so often somebody declares something when somebody speaks

    def draws(self) -> Options:
        """Few words, so that many of them meet an order on the way."""
        options = super().draws()
        return replace(
            options, messages=min(options.messages, 400), burst=min(options.burst, 8), cut=0.0
        )

    def settles(self) -> tuple[Resident, Resident]:
        """Two stations whose people declare."""
        a, b = (Declarer(self, self.terms(side), "ab"[side]) for side in (0, 1))
        return a, b

    def words(self, count: int) -> list[Words]:
        """Some of them are search and rescue."""
        found = super().words(count)
        return [
            (urgency, RESCUE + text if self.chance.random() < 0.1 else text)
            for urgency, text in found
        ]

    def _people_speak(self) -> None:
        super()._people_speak()
        orders = ("suspend", "suspend in part", "lift", "lift", "lift", "lift")
        if self.chance.random() < self.orders:
            order = self.chance.choice(orders)
            self.speaker().releases([(Precedence.IMMEDIATE, order)])

    def run(self) -> Tally:
        """As any world, and in some of them the line is closed before the weather turns."""
        if self.chance.random() < self.closes / 2:
            self.later(self.chance.uniform(0.5, 1.0) * self.options.bad_s, self._somebody_closes)
        return super().run()

    def _somebody_closes(self) -> None:
        self.speaker().releases([(Precedence.IMMEDIATE, "close")])

    def heals(self) -> None:
        """What is declared last is declared while everything works."""
        super().heals()
        close = self.chance.random() < self.closes
        for station in self.sides:
            order = "close" if close and self.chance.random() < 0.7 else "lift"
            station.releases([(Precedence.IMMEDIATE, order)])

    def keys_are_renewed(self) -> None:
        """L2 and L6: keys are renewed, or go with the line."""
        if is_closed(self.sides):
            loses_its_keys(self)
        else:
            super().keys_are_renewed()

    def checks_all(self) -> None:
        """What was said was said knowing no suspension."""
        super().checks_all()
        respected(self.sides)

    def at_the_end(self) -> Tally:
        """Who has heard all is of one mind."""
        one_mind(self.sides)
        return super().at_the_end()


# --- what must hold, in the words of the model


def is_closed(sides: Sequence[Resident]) -> bool:
    """Whether somebody has closed the line."""
    return any(row.type == Type.CLOSE for station in sides for row in station.ours)


def loses_its_keys(world: World) -> None:
    """L6 and I18: a closed line is whole on both sides, and no disk has a key of it."""
    since = world.now
    while not all(station.state.erased for station in world.sides):
        over = world.now <= since + OVER_S_MAX + 12 * world.options.heartbeat_s
        hold("L6", over, f"a closed line keeps its keys: {[s.state for s in world.sides]}")
        world.runs_until(world.now + 1.0)
    for station in world.sides:
        station.disk.scrub()
        for cells in station.disk.stolen_cells():
            left = [name for name in KEYS if name in cells]
            hold("I18", not left, f"a closed line has left {left} on a disk")


def respected(sides: Sequence[Resident]) -> None:
    """I16 and I17: words are said by one who knows of no standing suspension, and after a CLOSE
    nothing is said but the answer."""
    for station in sides:
        own, other = station.ours, station.theirs
        for row in own:
            before = own[: row.n], other[: row.seen]
            if row.type == Type.TEXT:
                for mine, stop in _stops(before):
                    hold(
                        "I16",
                        not _covers(stop, row) or _lifted(mine, stop, before),
                        f"{station.name} said {row.n} though it knew of a suspension",
                    )
            closed = [any(each.type == Type.CLOSE for each in log) for log in before]
            if any(closed):
                answers = row.type == Type.CLOSE and not closed[0]
                hold("I17", answers, f"{station.name} said {row.n} after a CLOSE")


def _stops(logs: tuple[list[EntryRow], list[EntryRow]]) -> list[tuple[bool, EntryRow]]:
    """Suspensions, and whether the speaker itself said them."""
    return [
        (mine, row)
        for mine, log in zip((True, False), logs, strict=True)
        for row in log
        if row.type == Type.SUSPEND
    ]


def _lifted(mine: bool, stop: EntryRow, logs: tuple[list[EntryRow], list[EntryRow]]) -> bool:
    """Both have tested: the suspender after it, the other having seen it."""
    suspender, other = logs if mine else logs[::-1]
    return any(row.type == Type.LIFT and row.n > stop.n for row in suspender) and any(
        row.type == Type.LIFT and row.seen > stop.n for row in other
    )


def _covers(stop: EntryRow, row: EntryRow) -> bool:
    content = read_body(row.type, row.marks, row.body)
    if row.marks >> 3 & 7 == Status.SERVICE or (content and is_rescue(content.header)):
        return False
    said = read_body(stop.type, stop.marks, stop.body)
    _, scope = read_suspension(said.payload if said else None)
    return not scope.precedences or row.marks >> 6 in scope.precedences


def one_mind(sides: Sequence[Resident]) -> None:
    """I15: who holds the same entries reads the same state, and has it in mind."""
    states = []
    for station in sides:
        rows = [*station.ours, *station.theirs]
        read = Declared.of(station.terms.side, (False, 0), rows, [], 0.0)
        minded = station.open_line.declared
        states.append((read.state(), {(act.dir, act.n) for act in read.standing()}))
        kept = ({(act.dir, act.n) for act in each.acts} for each in (read, minded))
        hold("I15", next(kept) == next(kept), f"{station.name} has not in mind what it holds")
        hold("I15", read.state() == minded.state(), f"{station.name} is of two minds")
    hold("I15", states[0] == states[1], f"two stations of two minds: {states}")
