"""Worlds in which a line begins anew, with and without a disk that was put back (spec/resume.md).

People of either side ask when the line has halted or is silent, agree when they are asked, and now
and then ask for no reason; in the middle of it the world is as bad as any. In the end both speak in
one incarnation, and of every one that ended somebody holds the whole log that both RESUMEs name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from parley.core.entry import Precedence, Type
from parley.core.kept import EntryRow
from parley.core.resuming import End, ends
from parley.exercise import checks
from parley.exercise.disk import SimDisk
from parley.exercise.lasting import MISSING, Lasting
from parley.exercise.resident import Resident
from parley.exercise.violation import hold
from parley.exercise.world import REST_S_MAX, Options, Tally, World

PEOPLE_S = 3.0  # so often they look at the line
QUIET_HEARTBEATS = 6.0  # before they call each other by another way, and ask
PLANNED = 0.02  # so often they ask for no reason
PUT_BACK = 0.6  # in so many worlds an older disk is put back
REST_TIMES = 4  # of the time that other worlds have: a line that is silent is noticed first


class Anew(World):
    """A line that begins anew, and goes on."""

    kind = "anew"
    resident: type[Lasting] = Lasting
    planned = PLANNED

    def draws(self) -> Options:
        """A line whose RESUMEs are signed, and on which few words wait."""
        options = super().draws()
        return replace(options, deniable=False, messages=min(options.messages, 1_000))

    def settles(self) -> tuple[Resident, Resident]:
        """Nobody has been put back yet."""
        self.put_back_in = 0  # the incarnation in which it happened
        self.victim: Resident | None = None
        self.may_lack: set[str] = set()  # texts that were released after the backup
        self.quiet_s = QUIET_HEARTBEATS * self.options.heartbeat_s
        self.quiet_since = [0.0, 0.0]
        self.people = [self.resident(self, self.terms(side), "ab"[side]) for side in (0, 1)]
        return self.people[0], self.people[1]

    def run(self) -> Tally:
        """A backup, the accident, and people who mend it."""
        bad_s, chance = self.options.bad_s, self.chance
        self.later(0.0, self._people_speak)
        self.later(PEOPLE_S, self._people_look)
        taken, put_back = sorted(chance.uniform(0.0, bad_s) for _ in range(2))
        if chance.random() < PUT_BACK:
            self.runs_until(taken)
            victim = chance.choice(self.sides)
            image = victim.disk.copied(victim.power, victim.chance)
            before = {text for _, text in (*victim.spoken.sure, *victim.spoken.doubtful)}
            self.runs_until(put_back)
            self.puts_back(victim, image, before)
        return self.mends()

    def puts_back(self, victim: Resident, image: SimDisk, before: set[str]) -> None:
        """A station starts from an older disk; `before` are the texts released until then."""
        victim.goes_down()
        self.put_back_in = max(side.terms.inc for side in self.sides)
        self.victim = victim
        self.may_lack = {text for _, text in victim.spoken.sure} - before
        victim.disk = image
        victim.restored, victim.left_at, victim.left_in = self.put_back_in, (0, 0), 1
        self.checks.restored(victim)
        victim.comes_back()

    def mends(self) -> Tally:
        """The rest of the bad times, the good ones, and what must hold then."""
        self.runs_until(self.options.bad_s)
        return self.good_times()

    def _people_look(self) -> None:
        """They ask when the line halted or is silent, and agree when they are asked."""
        for station in self.people:
            if not station.on:
                continue
            if self._should(station) or (self.bad and self.chance.random() < self.planned):
                station.resumes()
            for inc in station.waits_for():
                self._supplies(station, inc)
        self.later(PEOPLE_S, self._people_look)

    def _supplies(self, station: Lasting, inc: int) -> None:
        """The other side exports what ended, and people here take it in."""
        for past, of in one_past(self.sides):
            if of == inc:
                station.is_supplied(inc, past[station.terms.side])

    def _should(self, station: Lasting) -> bool:
        """Who was restored may see nothing but that nobody is heard, and knows no better."""
        life = station.open_line.line
        if station.observed == "heard" or life.resting:
            self.quiet_since[station.terms.side] = self.now
        quiet = self.now > self.quiet_since[station.terms.side] + self.quiet_s
        return bool(station.state.halted or life.resumption.theirs or quiet)

    def comes_to_rest(self) -> None:
        """L1: they speak again, and everything is said."""
        waited_s = REST_TIMES * (REST_S_MAX + 12 * self.options.heartbeat_s)
        until = self.now + waited_s
        while any(side.waits_for() for side in self.people) or not checks.at_rest(self.sides):
            told = [(side.terms.inc, side.state) for side in self.sides]
            hold("L1", self.now < until, f"they never spoke again: {told}")
            self.runs_until(self.now + 1.0)
        self.told(f"{self.now:.1f} s: at rest in incarnation {self.sides[0].terms.inc}")

    def checks_all(self) -> None:
        """Both are compared where neither has another past."""
        self.steps_at_check = self.steps
        honest = all(side.terms.inc > self.put_back_in for side in self.sides)
        self.checks.often(self.sides, honest=honest)

    def at_the_end(self) -> Tally:
        """One past on both sides, and in it everything that was said."""
        near, far = self.sides
        checks.joint_order_is_causal(near, far)
        pasts, messages = one_past(self.sides), 0
        for speaker in self.sides:
            log = [row for past, _ in pasts for row in past[speaker.terms.side]]
            messages += self._everything_is_in(speaker, [*log, *speaker.ours])
        tally = self.tally(messages)
        tally.halted = int(0 < self.put_back_in < self.sides[0].terms.inc)
        return tally

    def _everything_is_in(self, speaker: Resident, log: Sequence[EntryRow]) -> int:
        found = [
            (Precedence(row.marks >> 6), checks.text_of(row))
            for row in log
            if row.type == Type.TEXT
        ]
        texts = Counter(text for _, text in found)
        # Who was put back says anew what it does not know to have said, until it is found out.
        most = 2 if speaker is self.victim else 1
        hold("I2", max(texts.values(), default=0) <= most, "a message is in the record twice")
        sure = speaker.spoken.sure
        lacks = self.may_lack if speaker is self.victim else set()
        missing = {text for _, text in sure} - set(texts) - lacks
        hold("L1", not missing, f"{len(missing)} messages are lost: {min(missing, default='')}")
        known = {text for _, text in (*sure, *speaker.spoken.doubtful)}
        hold("I2", set(texts) <= known, "a message is there that nobody released")
        if speaker is not self.victim and MISSING not in speaker.disk.notes:  # supply came late
            for precedence in Precedence:
                released = [text for urgency, text in sure if urgency is precedence]
                arrived = [text for urgency, text in found if urgency is precedence]
                kept = [text for text in arrived if text in set(released)]
                hold("I2", released == kept, "a message overtook another of its precedence")
        return len(found)


def one_past(sides: Sequence[Resident]) -> list[tuple[tuple[list[EntryRow], ...], int]]:
    """N6: both entered every incarnation by the same two RESUMEs, and the logs that those name are
    held by somebody. The logs of each that ended, and its number; oldest first."""
    lives = [side.open_line.line for side in sides]
    inc, found = max(life.inc for life in lives), []
    while inc > sides[0].base.inc:
        begun = [life for life in lives if inc in (life.inc, *life.past)]
        pairs = [life.resumes(inc) for life in begun or lives if life.resumes(inc)]
        hold("N6", all(pair == pairs[0] for pair in pairs), "they began by other RESUMEs")
        a, b = pairs[0]
        of, ended = max(a.of, b.of), ends(a, b)
        found.append((tuple(_log(sides, of, dir, ended[dir]) for dir in (0, 1)), of))
        inc = of
    return found[::-1]


def _log(sides: Sequence[Resident], inc: int, dir: int, end: End) -> list[EntryRow]:
    """What ended there, from whoever holds it."""
    for side in sides:
        rows = side.disk.log(side.base.line_id, inc, dir) if inc in side.incs else []
        if len(rows) >= end.size and (not end.size or rows[end.size - 1].root == end.root):
            return rows[: end.size]
    hold("N6", False, f"nobody holds log {dir} of incarnation {inc} up to {end.size}")
    return []
