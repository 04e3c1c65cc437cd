"""Worlds with a story: a disk is put back, a machine is cloned, two write one record, one lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from parley.core.kept import Change, Conflict
from parley.exercise import byzantine, checks
from parley.exercise.anew import Anew
from parley.exercise.byzantine import Liar
from parley.exercise.checks import Checks
from parley.exercise.declaring import Suspended
from parley.exercise.disk import SimDisk
from parley.exercise.links import Link, by_side
from parley.exercise.lost import Lost
from parley.exercise.resident import Resident
from parley.exercise.succeeded import Succeeded
from parley.exercise.violation import hold
from parley.exercise.world import FAST, REST_S_MAX, Options, Tally, World

SETTLED_HEARTBEATS = 6.0
TOLD_TIMES_MAX = 40
SPEAKS_BESIDE = 0.1  # so often, before a step, people speak at one of two in a folder


class Rolled(World):
    """Something that should not be: what holds of honest pasts is asked only until then."""

    rolled = False

    def checks_all(self) -> None:
        """Each station by itself; both together while neither has another past."""
        self.steps_at_check = self.steps
        self.checks.often(self.sides, honest=not self.rolled)

    def at_rest(self) -> bool:
        """Nothing is left to be done, or somebody has stopped and both know it."""
        states = [station.state for station in self.sides]
        if any(state.halted for state in states):
            return all(state.halted or state.they_halted for state in states)
        return checks.at_rest(self.sides)

    def ends(self, stations: Sequence[Resident]) -> str:
        """Wait for the end of the story: halted, deaf or whole."""
        until = self.now + REST_S_MAX + 6 * self.options.heartbeat_s
        while self.now < until and not self.at_rest():
            self.runs_until(self.now + 2.0)
        self.runs_until(self.now + SETTLED_HEARTBEATS * self.options.heartbeat_s)
        self.checks_all()
        if any(station.state.halted for station in stations):
            return "halted"
        if any(station.observed != "heard" for station in stations):
            return "deaf"  # and its screen says so (L5)
        return "whole"

    def tally_of(self, outcome: str) -> Tally:
        """What happened."""
        tally = self.tally(sum(len(station.theirs) for station in self.sides))
        tally.halted, tally.deaf = outcome == "halted", outcome == "deaf"
        self.told(f"{outcome}: {[station.state.halted for station in self.sides]}")
        return tally


class Restored(Rolled):
    """One station is put back to an older copy of its disk."""

    kind = "restored"

    def run(self) -> Tally:
        """Either a station stops, or nothing was lost, or they are deaf to each other (I11)."""
        bad_s = self.options.bad_s
        self.victim = self.chance.choice(self.sides)
        self.lost = False
        taken, put_back = sorted(self.chance.uniform(0.0, bad_s) for _ in range(2))
        self.later(0.0, self._people_speak)
        self.runs_until(taken)
        victim = self.victim
        image = victim.disk.copied(victim.power, victim.chance)
        self.runs_until(put_back)
        self.put_back(image)
        self.runs_until(bad_s)
        self.heals()
        outcome = self.ends(self.sides)
        if outcome == "whole":
            hold("I11", not self.lost, "what the other had heard was lost, and nobody noticed")
            self.checks.records_agree(*self.sides)
            hold("I27", self.at_rest(), "both are heard, and nothing goes on")
        elif outcome == "deaf":
            self.sealings.is_deaf_for_cause(self.victim, self.sides[self.victim.terms.theirs])
        return self.tally_of(outcome)

    def put_back(self, image: SimDisk) -> None:
        """The victim starts from the old disk."""
        victim = self.victim
        other = self.sides[victim.terms.theirs]
        self.rolled = True
        victim.goes_down()
        victim.disk = image
        victim.restored = victim.terms.inc
        victim.left_at, victim.left_in = (0, 0), victim.base.inc
        self.checks.restored(victim)
        heard = len(other.theirs) > len(victim.ours)
        receipted = other.kept_receipts() > len(victim.theirs)
        self.lost = heard or receipted
        victim.comes_back()


class Cloned(Rolled):
    """A copy of one station's machine starts beside it and calls the other side too."""

    kind = "cloned"
    clone: Resident | None = None

    def run(self) -> Tally:
        """When both have spoken, somebody stops, or hears nothing and says so (I11)."""
        bad_s = self.options.bad_s
        original = self.chance.choice(self.sides)
        other = self.sides[original.terms.theirs]
        self.later(0.0, self._people_speak)
        self.runs_until(self.chance.uniform(0.2, 0.8) * bad_s)
        clone = Resident(self, original.terms, f"{original.name} again")
        clone.disk = original.disk.copied(clone.power, clone.chance)
        original.restored = clone.restored = original.terms.inc
        clone.sealed = dict(original.sealed)
        self.rolled = True
        self.links.append(Link(self, self.options.bearers[0], by_side(clone, other), []))
        clone.starts()
        self.clone = clone
        self.runs_until(bad_s)
        self.heals()
        clone.comes_back()
        three = (*self.sides, clone)
        outcome = self.ends(three)
        if outcome == "whole":
            size = min(len(original.ours), len(clone.ours))
            pair = zip(original.ours[:size], clone.ours[:size], strict=True)
            hold("I11", all(one.leaf == two.leaf for one, two in pair), "two pasts, and no halt")
        return self.tally_of(outcome)

    def strikes(self, station: Resident) -> None:
        """People speak at the clone too."""
        super().strikes(station)
        if station is self.clone and self.bad and self.chance.random() < 0.05:
            station.releases(self.words(self.chance.randrange(1, 4)))


class Process(Resident):
    """A station that may not be alone in its folder."""

    stopped = False

    def step(self) -> None:
        """As any. Whoever finds that another one has written the record is stopped by its people,
        and nothing of its step leaves."""
        try:
            super().step()
        except Conflict:
            self.stopped, self.on = True, False
            self.departures.undo()
            for end in self.ends:
                end.is_cut_off()

    def comes_back(self) -> None:
        """Nobody starts it again."""
        if not self.stopped:
            super().comes_back()


class Beside(Checks):
    """Of two that write one record: neither knows what the other keeps beside it."""

    def kept(self, station: Resident, change: Change) -> None:
        """Another one's FLASH may wait in the queue."""


class Shared(Rolled):
    """A second process starts in the folder of a station, and both call the other side.

    A folder has a lock for that; where it does not hold, as on a disk that two machines share, the
    store compares what is to be written with what stands there.
    """

    kind = "shared"
    two: tuple[Process, ...] = ()

    def draws(self) -> Options:
        """The power stays on: it would fail for both at once."""
        return replace(super().draws(), power=0.0, disk=0.0)

    def settles(self) -> tuple[Resident, Resident]:
        """Each is alone at first."""
        return Process(self, self.terms(0), "a"), Process(self, self.terms(1), "b")

    def run(self) -> Tally:
        """One of the two is stopped, and until then there is one record all the same (I11)."""
        bad_s = self.options.bad_s
        first = self.chance.choice(self.sides)
        assert isinstance(first, Process)
        other = self.sides[first.terms.theirs]
        self.later(0.0, self._people_speak)
        self.runs_until(self.chance.uniform(0.2, 0.8) * bad_s)
        second = Process(self, first.terms, f"{first.name} again")
        second.disk, second.power = first.disk, first.power
        second.sealed, second.kept_frames = first.sealed, first.kept_frames
        self.sealings.beside |= {first.name, second.name}
        self.rolled, self.two, self.checks = True, (first, second), Beside()
        self.links.append(Link(self, self.options.bearers[0], by_side(second, other), []))
        second.starts()
        self.runs_until(bad_s)
        self.heals()
        for each in self.two:  # whoever has been silent since then is found out now
            each.releases(self.words(1))
            self.runs_until(self.now + SETTLED_HEARTBEATS * self.options.heartbeat_s)
        if first.stopped:
            self.sides = by_side(second, other)
        left = [each for each in self.two if not each.stopped]
        self.told(f"left in the folder: {[each.name for each in left]}")
        return self.tally_of(self.ends([*left, other]))

    def checks_all(self) -> None:
        """Of what both write, whatever they keep beside it, there is one record."""
        if not self.two:
            super().checks_all()
            return
        self.steps_at_check = self.steps
        self.checks.records_agree(*self.sides)
        station = self.two[0]
        for dir in (0, 1):
            numbers = [row.n for row in station.log(dir)]
            hold("I11", numbers == list(range(len(numbers))), "a number stands twice in a record")
        self.checks.heads_are_of_the_record(station)

    def strikes(self, station: Resident) -> None:
        """People speak at both."""
        super().strikes(station)
        if station in self.two and self.bad and self.chance.random() < SPEAKS_BESIDE:
            station.releases(self.words(self.chance.randrange(1, 4)))


class Lied(Rolled):
    """The counterpart tells small lies, and one day a great one."""

    kind = "lied"

    def draws(self) -> Options:
        """Clean bearers, so that each lie arrives; the power still fails."""
        options = super().draws()
        return replace(
            options,
            bearers=(FAST,),
            loss=0.0,
            fading=False,
            late_s=0.0,
            flipped=0.0,
            cut=0.0,
            relay=0.0,
            one_way=None,
            flaps=0.0,
            messages=min(options.messages, 600),
            bad_s=min(options.bad_s, 40.0),
        )

    def settles(self) -> tuple[Resident, Resident]:
        """B lies."""
        return Resident(self, self.terms(0), "a"), Liar(self, self.terms(1), "b")

    def run(self) -> Tally:
        """The honest station goes on until the great lie, and then it has stopped."""
        honest, liar = self.sides
        assert isinstance(liar, Liar)
        name = self.chance.choice((*sorted(byzantine.STOP), "opens_twice"))
        if self.options.deniable and name == "cosigned_what_was_not_written":
            name = "signed_another_past"
        self.told(f"the great lie: {name}")
        self.later(0.0, self._people_speak)
        self.later(1.0, self._small_lie)
        self.runs_until(self.options.bad_s)
        self.heals()
        for _ in range(4):
            self.runs_until(self.now + self.options.heartbeat_s)
        halted = honest.state.halted
        hold("I13", halted is None, f"a small lie stopped the line: {halted}")
        self.checks_all()
        self.rolled = True
        lie = byzantine.STOP.get(name, byzantine.opens_twice)
        noticed = self._tells_until_noticed(liar, honest, lie)
        hold("T2", noticed is not False, f"nobody noticed the lie: {name}")
        self.checks_all()
        honest.goes_down()
        honest.comes_back()
        self.checks_all()
        kept = honest.cells
        known = "halted" in kept or "equivocation" in kept
        hold("T2", known or noticed is None, "the lie was forgotten")
        if noticed and lie is byzantine.signed_another_past:
            hold("T2", "contradiction" in kept, "what contradicts their words was not kept")
        return self.tally_of("halted")

    def strikes(self, station: Resident) -> None:
        """A liar sends before it keeps, so its own disk may not fail: that would be a rollback."""
        if station is self.sides[0]:
            super().strikes(station)

    def _small_lie(self) -> None:
        honest, liar = self.sides
        assert isinstance(liar, Liar)
        if self.bad:
            liar.tells(self.chance.choice(byzantine.SMALL), honest)
            self.later(self.chance.uniform(0.0, 1.0), self._small_lie)

    def _tells_until_noticed(self, liar: Liar, honest: Resident, lie: byzantine.Lie) -> bool | None:
        """A lie may come too early or be overtaken by a truth; it is told again. None where there
        was nothing to lie about."""
        told = 0
        while told < TOLD_TIMES_MAX:
            if liar.tells(lie, honest):
                told += 1
            self.runs_until(self.now + 0.7)
            if honest.state.halted or "equivocation" in honest.notices:
                return True
            if self.now > 10_000.0:
                break
        return False if told else None


KINDS: dict[str, type[World]] = {
    each.kind: each
    for each in (World, Restored, Cloned, Shared, Lied, Suspended, Anew, Lost, Succeeded)
}
# Of a hundred worlds so many of each kind; the others are honest.
SHARES = {
    "restored": 6, "cloned": 3, "shared": 1, "lied": 6, "suspended": 3, "anew": 4,
    "lost": 3, "succeeded": 3
}  # fmt: skip


def world_of(seed: int, told: Callable[[str], object] = lambda line: None) -> World:
    """The world of a number."""
    place = seed * 37 % 100
    for kind, share in SHARES.items():
        if place < share:
            return KINDS[kind](seed, told)
        place -= share
    return World(seed, told)
