"""Short stories in which the power fails once, at every boundary there is, at either side.

Each scenario is a calm world with a script. It is told once to count the boundaries of a side, and
then once for each of them. Whatever the boundary, the world comes to rest and is whole.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from parley.core.entry import Precedence
from parley.core.terms import Terms
from parley.exercise.declaring import Declarer, is_closed, loses_its_keys, one_mind, respected
from parley.exercise.faults import Parcel
from parley.exercise.lost import Lost
from parley.exercise.resident import Resident
from parley.exercise.succeeded import Succeeded
from parley.exercise.violation import hold
from parley.exercise.world import FAST, RADIO, SATELLITE, Options, Tally, World

CALM = Options(
    messages=0,
    bad_s=6.0,
    burst=1,
    bearers=(FAST,),
    loss=0.0,
    fading=False,
    late_s=0.0,
    reordered=0.0,
    doubled=0.0,
    flipped=0.0,
    cut=0.0,
    relay=0.0,
    one_way=None,
    power=0.0,
    disk=0.0,
    flaps=0.0,
    clocks=0.0,
    window=128,
    heartbeat_s=2.0,
    long_texts=False,
    psk0=None,
    rekey_entries=1_000,
    rekey_s=3_600.0,
)
Deed = Callable[["Staged"], object]


@dataclass
class Between:
    """A fault that is there from one moment to another."""

    world: World
    first_s: float
    last_s: float
    to: int
    fault: Callable[[list[Parcel]], list[Parcel]]

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """What becomes of frames that left together."""
        there = self.first_s <= self.world.now < self.last_s and to == self.to
        return self.fault(parcels) if there else parcels


@dataclass(frozen=True)
class Scenario:
    """What is said and what happens, second by second."""

    options: Options = CALM
    deeds: tuple[tuple[float, Deed], ...] = ()
    faults: tuple[tuple[float, float, int, Callable[[list[Parcel]], list[Parcel]]], ...] = ()
    name: str = ""
    stage: type[Staged] | None = None  # where it is more than a line that is in service

    def staged(self, point: Point | None = None) -> Staged:
        """Its world."""
        return (self.stage or Staged)(self, point)

    def points(self) -> Iterator[Point]:
        """Every boundary of either side."""
        world = self.staged()
        world.plays()
        for side in (0, 1):
            for at in range(world.sides[side].power.passed):
                yield Point(self.name, side, at)


@dataclass(frozen=True)
class Point:
    """One boundary of one side in one scenario."""

    name: str
    side: int
    at: int

    @property
    def where(self) -> str:
        """As the command line takes it."""
        return f"{self.side}:{self.at}"

    @classmethod
    def parse(cls, name: str, where: str) -> Point:
        """Read it back."""
        side, _, at = where.partition(":")
        return cls(name, int(side), int(at))


class Staged(World):
    """The world of a scenario."""

    kind = "staged"

    def __init__(self, scenario: Scenario, point: Point | None = None) -> None:
        self._scenario, self._point = scenario, point
        self._texts = 0
        super().__init__(0)
        for link in self.links:
            link.faults = [Between(self, *given) for given in scenario.faults]

    def draws(self) -> Options:
        """As the scenario says."""
        return self._scenario.options

    def settles(self) -> tuple[Resident, Resident]:
        """Both, and where the power of one will fail."""
        sides = self.cast()
        for station in sides:
            station.power.passed = 0
        if self._point is not None:
            victim = sides[self._point.side]
            victim.power.fails_in = self._point.at
            victim.disk.chance = random.Random(self._point.where)
        return sides

    def cast(self) -> tuple[Resident, Resident]:
        """Who plays."""
        a, b = (Declarer(self, self.terms(side), "ab"[side]) for side in (0, 1))
        return a, b

    def plays(self) -> None:
        """The script, to its last second."""
        for at, deed in self._scenario.deeds:
            self.at(at, partial(deed, self))
        self.runs_until(self.options.bad_s)

    def next_text(self) -> int:
        """A number no text of this world has yet."""
        self._texts += 1
        return self._texts

    def run(self) -> Tally:
        """The script, and whether everything is whole after it."""
        self.plays()
        self.heals()
        self.comes_to_rest()
        self.ends()
        self.checks_all()
        return self.at_the_end()

    def ends(self) -> None:
        """What is asked of the declared state, and of keys."""
        if is_closed(self.sides):
            loses_its_keys(self)
        else:
            self.keys_are_renewed()
        respected(self.sides)
        one_mind(self.sides)


class BegunAnew(Staged, Lost):
    """The stage of a line that begins anew, of which whole incarnations may be lost."""

    planned = 0.0

    def cast(self) -> tuple[Resident, Resident]:
        """Two stations that live through several incarnations."""
        return Lost.settles(self)

    def terms(self, side: int) -> Terms:
        """As the agreement has them."""
        return Lost.terms(self, side)

    def plays(self) -> None:
        """People look at the line meanwhile."""
        self.later(0.0, self._people_look)
        super().plays()

    def ends(self) -> None:
        """Every REKEY is completed."""
        self.keys_are_renewed()

    def backs_up(self, side: int) -> None:
        """A copy of a disk is made."""
        station = self.sides[side]
        self.image = station.disk.copied(station.power, station.chance)
        self.before = {text for _, text in (*station.spoken.sure, *station.spoken.doubtful)}


class KeysLost(Staged, Succeeded):
    """The stage of a line whose root is followed, or on which a station is revoked."""

    takes = 1.0

    def cast(self) -> tuple[Resident, Resident]:
        """Two stations that take papers."""
        return Succeeded.settles(self)

    def ends(self) -> None:
        """Every REKEY is completed."""
        self.keys_are_renewed()

    def loses(self, side: int, what: str) -> None:
        """Keys of a side are lost, and papers are on their way from then on."""
        self.whose = side
        if what == "root":
            self._a_root_is_followed()
        else:
            self._keys_are_copied()
        self._people_give()


def sweep_point(point: Point) -> Tally:
    """The scenario with the power failing there."""
    scenario = SCENARIOS[point.name]
    world = scenario.staged(point)
    tally = world.run()
    hold("sweep", tally.crashes, "the power did not fail")
    return tally


# --- what people and circumstances do


def says(side: int, count: int = 1, precedence: Precedence = Precedence.ROUTINE) -> Deed:
    """So many texts of one side."""

    def deed(world: Staged) -> None:
        words = [(precedence, f"{side} {world.next_text()} and so on") for _ in range(count)]
        world.sides[side].releases(words)

    return deed


def long_text(side: int) -> Deed:
    """A text of forty pages."""
    return lambda world: world.sides[side].releases(
        [(Precedence.ROUTINE, f"{world.next_text()} " + "x" * 60_000)]
    )


def declares(side: int, order: str) -> Deed:
    """A suspension, a test to lift one, or a close."""
    return lambda world: world.sides[side].releases([(Precedence.IMMEDIATE, order)])


def breaks(link: int = 0) -> Deed:
    """A bearer breaks and comes up again by itself."""
    return lambda world: world.links[link].breaks()


def restarts(side: int) -> Deed:
    """The power of one side fails between two steps."""
    return lambda world: world.sides[side].goes_down() if world.sides[side].on else None


def disk_is(side: int, trouble: str, value: bool = True) -> Deed:
    """A disk is full, bad or stuck from here on, or no longer."""
    return lambda world: setattr(world.sides[side].disk, trouble, value)


def clock_is(side: int, ahead_s: float) -> Deed:
    """A wall clock is set."""
    return lambda world: setattr(world.sides[side].clock, "ahead_s", ahead_s)


def resumes(side: int) -> Deed:
    """People of one side ask for a new beginning, or agree to one."""

    def deed(world: Staged) -> None:
        assert isinstance(world, BegunAnew)
        world.people[side].resumes()

    return deed


def backs_up(side: int) -> Deed:
    """A backup of one side."""

    def deed(world: Staged) -> None:
        assert isinstance(world, BegunAnew)
        world.backs_up(side)

    return deed


def is_put_back(side: int) -> Deed:
    """One side starts from its backup."""

    def deed(world: Staged) -> None:
        assert isinstance(world, BegunAnew)
        world.puts_back(world.sides[side], world.image, world.before)

    return deed


def loses(side: int, what: str) -> Deed:
    """The keys of a root, or of a station."""

    def deed(world: Staged) -> None:
        assert isinstance(world, KeysLost)
        world.loses(side, what)

    return deed


def lose_all(parcels: list[Parcel]) -> list[Parcel]:
    """Nothing passes."""
    return []


def lose_first(parcels: list[Parcel]) -> list[Parcel]:
    """The first of those that left together is lost, so that the others come early."""
    return parcels[1:]


def backwards(parcels: list[Parcel]) -> list[Parcel]:
    """The last comes first."""
    return parcels[::-1]


def three_times(parcels: list[Parcel]) -> list[Parcel]:
    """Everything comes three times."""
    return parcels * 3


def late(parcels: list[Parcel]) -> list[Parcel]:
    """Everything is a second late."""
    return [(after + 1.0, frame) for after, frame in parcels]


FLASH, IMMEDIATE = Precedence.FLASH, Precedence.IMMEDIATE


def _longer(seconds: float, **given: Any) -> Options:
    return replace(CALM, bad_s=seconds, **given)


_ALL: dict[str, Scenario] = {
    "nothing-is-said": Scenario(),
    "with-a-secret-of-the-meeting": Scenario(_longer(4.0, psk0=bytes(32)), ((2.0, says(0)),)),
    "one-message": Scenario(deeds=((2.0, says(0)),)),
    "one-message-before-the-line-opens": Scenario(deeds=((0.001, says(1)),)),
    "both-at-once": Scenario(deeds=((2.0, says(0, 3)), (2.0, says(1, 3)))),
    "question-and-answer": Scenario(deeds=((2.0, says(0)), (2.5, says(1)), (3.0, says(0)))),
    "a-flash-behind-routine": Scenario(
        deeds=((2.0, says(0, 20)), (2.001, says(0, 1, FLASH)), (2.5, says(1, 2, IMMEDIATE)))
    ),
    "more-than-the-window": Scenario(_longer(5.0), ((2.0, says(0, 150)),)),
    "a-text-of-forty-pages": Scenario(deeds=((2.0, long_text(0)), (2.1, says(0)))),
    "a-gap": Scenario(
        deeds=((2.0, says(0, 6)), (2.5, says(0, 2))), faults=((1.9, 2.2, 1, lose_first),)
    ),
    "a-gap-both-ways": Scenario(
        deeds=((2.0, says(0, 4)), (2.0, says(1, 4))),
        faults=((1.9, 2.2, 1, lose_first), (1.9, 2.2, 0, lose_first)),
    ),
    "receipts-are-lost": Scenario(deeds=((2.0, says(0, 3)),), faults=((1.9, 3.5, 0, lose_all),)),
    "all-is-lost-for-a-while": Scenario(
        _longer(8.0), ((2.0, says(0, 3)), (2.5, says(1, 3))), ((1.9, 4.0, 1, lose_all),)
    ),
    "backwards": Scenario(
        deeds=((2.0, says(0, 5)), (2.0, says(1, 5))), faults=((0.0, 5.0, 1, backwards),)
    ),
    "three-times": Scenario(
        deeds=((2.0, says(0, 4)),), faults=((0.0, 5.0, 1, three_times), (0.0, 5.0, 0, three_times))
    ),
    "opens-cross-late": Scenario(deeds=((2.0, says(0)),), faults=((0.0, 1.5, 1, late),)),
    "opens-are-lost-one-way": Scenario(
        _longer(8.0, bearers=(SATELLITE,)), ((3.0, says(1)),), ((0.0, 3.0, 0, lose_all),)
    ),
    "the-bearer-breaks": Scenario(
        _longer(14.0), ((2.0, says(0, 2)), (2.004, breaks()), (3.0, says(1, 2)))
    ),
    "the-other-side-restarts": Scenario(
        _longer(8.0), ((2.0, says(0, 3)), (2.01, restarts(1)), (3.0, says(0)))
    ),
    "a-full-disk": Scenario(
        _longer(8.0),
        ((2.0, disk_is(1, "full")), (2.1, says(0, 2)), (4.0, disk_is(1, "full", False))),
    ),
    "a-disk-that-fails": Scenario(
        _longer(8.0),
        ((2.0, disk_is(0, "bad")), (2.1, says(0, 2)), (4.0, disk_is(0, "bad", False))),
    ),
    "keys-that-stay": Scenario(
        _longer(8.0),
        ((2.0, disk_is(1, "stuck")), (2.1, says(0, 2)), (4.0, disk_is(1, "stuck", False))),
    ),
    "a-clock-of-ten-years-ago": Scenario(
        deeds=((2.0, clock_is(0, -3e8)), (2.1, says(0)), (2.2, says(1)), (3.0, clock_is(0, 0.0)))
    ),
    "two-bearers": Scenario(
        _longer(10.0, bearers=(SATELLITE, FAST)), ((2.0, says(0, 2)), (2.001, breaks(1)))
    ),
    "a-slow-bearer": Scenario(
        _longer(12.0, bearers=(RADIO,)), ((3.0, says(0, 8)), (3.1, says(0, 1, FLASH)))
    ),
    "fresh-keys-while-idle": Scenario(_longer(9.0, rekey_s=2.0)),
    "fresh-keys-while-speaking": Scenario(
        _longer(8.0, rekey_entries=4),
        ((2.0, says(0, 5)), (2.6, says(1, 5)), (3.2, says(0, 5)), (4.0, says(1, 5))),
    ),
    "suspended-and-lifted": Scenario(
        deeds=(
            *((2.0, declares(0, "suspend")), (2.0, says(1, 3)), (2.6, says(0))),
            *((3.0, declares(1, "lift")), (3.4, declares(0, "lift")), (4.0, says(1, 2))),
        )
    ),
    "closed-by-both-at-once": Scenario(
        deeds=((2.0, says(0, 2)), (2.5, declares(0, "close")), (2.5, declares(1, "close")))
    ),
    "closed-with-words-on-the-way": Scenario(
        deeds=((2.0, says(1, 3)), (2.001, declares(0, "close")), (2.002, says(1, 2)))
    ),
    "a-line-begins-anew": Scenario(
        deeds=(
            *((2.0, says(0, 2)), (2.4, resumes(0)), (2.5, says(1, 2)), (2.6, resumes(1))),
            *((4.0, says(0)), (4.0, says(1))),
        ),
        stage=BegunAnew,
    ),
    "an-incarnation-is-lost-and-supplied": Scenario(
        _longer(36.0),
        (
            *((1.5, says(0)), (1.7, backs_up(0)), (1.8, says(0)), (1.8, says(1))),
            *((2.4, resumes(0)), (2.5, resumes(1)), (4.5, says(0)), (4.5, says(1))),
            (6.0, is_put_back(0)),
        ),
        stage=BegunAnew,
    ),
    "a-root-is-followed": Scenario(
        _longer(14.0),
        ((1.5, says(0, 2)), (2.0, loses(0, "root")), (3.0, says(1, 2)), (9.0, says(0))),
        stage=KeysLost,
    ),
    "a-station-is-revoked": Scenario(
        _longer(14.0),
        ((1.5, says(0, 2)), (2.0, loses(1, "station")), (3.0, says(0)), (9.0, says(1))),
        stage=KeysLost,
    ),
    "fresh-keys-cross-and-are-lost": Scenario(
        _longer(9.0, rekey_entries=2, suite=2),
        ((2.0, says(0, 3)), (2.0, says(1, 3)), (2.3, says(0, 2))),
        ((2.1, 3.5, 1, lose_all),),
    ),
}
SCENARIOS = {name: replace(scenario, name=name) for name, scenario in _ALL.items()}
