"""A whole world from one number: two stations, bad bearers, bad power, bad disks and bad clocks.

First the world is as bad as its number makes it, then it heals and must come to rest: everything
released is in both records, once, in order, receipted and signed for. What must hold at every
moment is in `checks`, what a thief may not find in `thief`. No two worlds share anything but the
keys their stations sign with; a world is its number and the code.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from parley.core.entry import Precedence
from parley.core.suites import suite_of
from parley.exercise import checks, faults, keeping
from parley.exercise.checks import Checks
from parley.exercise.faults import AtAStation, OnTheWay
from parley.exercise.links import Bearing, Link
from parley.exercise.resident import Resident, Words, terms_of
from parley.exercise.sealing import Sealings
from parley.exercise.thief import Recorder, Thief
from parley.exercise.violation import hold

REST_S_MAX = 500.0  # a healed world with fast bearers: resending waits 30 s at most
REKEY_S_MAX = 60.0
LOOK_S = 0.5  # how often a healed world is asked whether it is at rest
SUITE_2_SHARE = 0.1  # of the worlds
HOLE_SHARE = 0.1  # of the worlds
HOLE_S_MAX = 4.0  # until it is called again
CHECK_STEPS = 150  # checks between so many steps
QUIET_HEARTBEATS = checks.SILENT_AFTER_HEARTBEATS
HEARD_HEARTBEATS = 5.0  # twice what a screen may be behind
AT_ONCE_BYTES = 8_000  # fresh keys and a head of either log, with both algorithms
DENIABLE_SHARE = 0.25  # of the worlds

FAST = Bearing("net", 0.005, 2_000_000.0, called=True)
SATELLITE = Bearing("satellite", 0.6, 50_000.0, called=False)
HOLE = Bearing("hole", 0.005, 2_000_000.0, called=True)
RADIO = Bearing("radio", 0.1, 1_200.0, called=False)


@dataclass(frozen=True)
class Options:
    """How bad a world is, and what is said in it."""

    messages: int  # of both sides
    bad_s: float  # how long
    burst: int  # messages released together, at most
    bearers: tuple[Bearing, ...]
    loss: float
    fading: bool
    late_s: float
    reordered: float
    doubled: float
    flipped: float
    cut: float
    relay: float  # share of frames to which a hostile relay adds something
    one_way: int | None
    power: float  # share of steps in which the power fails
    disk: float  # share of steps in which the disk gives trouble
    flaps: float
    clocks: float
    window: int
    heartbeat_s: float
    long_texts: bool
    psk0: bytes | None
    rekey_entries: int
    rekey_s: float
    deniable: bool = False
    suite: int = 1
    hole: bool = False  # a place that is called and swallows everything

    @classmethod
    def of(cls, chance: random.Random) -> Options:
        """The options of one world."""
        pick = chance.choice
        slow = chance.random() < 0.07
        many = pick((60, 300)) if slow else pick((600, 3_000, 6_000, 9_000))
        calm = chance.random() < 0.4  # worlds with few faults carry more and reach farther
        return cls(
            messages=chance.randrange(many // 2, many),
            bad_s=chance.uniform(20.0, 120.0),
            burst=pick((8, 40, 200, 200)) if many > 1_000 else pick((1, 8)),
            bearers=(RADIO,) if slow else pick(((FAST,), (FAST,), (SATELLITE,), (SATELLITE, FAST))),
            loss=0.0 if calm else pick((0.0, 0.05, 0.3, 0.6)),
            fading=chance.random() < 0.2,
            late_s=pick((0.0, 0.2, 3.0, 20.0, 100.0)),
            reordered=pick((0.0, 0.05, 0.4)),
            doubled=pick((0.0, 0.05, 0.5)),
            flipped=pick((0.0, 0.01, 0.1)),
            cut=pick((0.0, 0.01)),
            relay=pick((0.0, 0.0, 0.02, 0.1)),
            one_way=pick((None,) * 10 + (0, 1)),
            power=pick((0.0, 0.005, 0.02, 0.1)),
            disk=pick((0.0, 0.005, 0.02)),
            flaps=pick((0.0, 0.002, 0.01)),
            clocks=pick((0.0, 0.02)),
            window=pick((128, 128, 256, 1024)),
            # Heads and fresh keys go with the heartbeat: on a slow bearer it must be a slow one.
            heartbeat_s=30.0 if slow else pick((2.0, 10.0, 30.0)),
            long_texts=chance.random() < 0.15 and not slow,
            psk0=pick((None, b"\x07" * 32)),
            rekey_entries=pick((20, 100, 100, 400)),
            rekey_s=pick((60.0, 3_600.0)) if slow else pick((3.0, 10.0, 3_600.0)),
        )

    def __str__(self) -> str:
        said = []
        for each in fields(self):
            value: Any = getattr(self, each.name)
            if each.name == "bearers":
                value = "+".join(bearer.name for bearer in value)
            said.append(f"{each.name}={f'{value:.4g}' if isinstance(value, float) else value}")
        return ", ".join(said)

    def on_the_way(self, chance: random.Random) -> list[OnTheWay]:
        """The faults of one bearer."""
        every: list[tuple[object, OnTheWay]] = [
            (self.one_way is not None, faults.OneWay(self.one_way or 0)),
            (self.loss, faults.Loss(self.loss)),
            (self.fading, faults.Bursts(0.02, 0.1, 0.9)),
            (self.doubled, faults.Duplication(self.doubled, chance.randrange(2, 4))),
            (self.reordered, faults.Reordering(self.reordered, max(self.late_s, 0.5))),
            (self.late_s, faults.Delay(0.1, self.late_s)),
            (self.flipped, faults.BitFlips(self.flipped)),
            (self.cut, faults.Truncation(self.cut)),
            (self.relay, faults.Relay(self.relay)),
        ]
        return [fault for present, fault in every if present]

    def at_a_station(self) -> list[AtAStation]:
        """The misfortunes of one station."""
        every = [
            faults.PowerFails(self.power),
            faults.RestartLoop(self.power / 10),
            faults.DiskFull(self.disk / 4),
            faults.DiskFails(self.disk / 4),
            faults.ScrubFails(self.disk),
            faults.SlowDisk(self.disk),
            faults.PathFlaps(self.flaps),
            faults.Partition(self.flaps / 4),
            faults.ClockJumps(self.clocks),
            faults.ClockStops(self.clocks / 10),
        ]
        return [fault for fault in every if fault.share]


@dataclass(slots=True)
class Tally:
    """What happened in one world, or in many."""

    worlds: int = 0
    messages: int = 0
    crashes: int = 0
    epochs: int = 0
    thefts: int = 0
    halted: int = 0
    deaf: int = 0
    steps: int = 0

    def add(self, other: Tally) -> None:
        """Count another one in."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


class World:
    """Two stations and what is between them."""

    kind = "honest"

    def __init__(self, seed: int, told: Callable[[str], object] = lambda line: None) -> None:
        self.seed, self.told = seed, told
        self.chance = random.Random(f"{self.kind} {seed}")
        self.options = self.draws()
        self.now = 0.0
        self.bad = True
        self.parted_until = 0.0
        self.checks = Checks()
        self.recorder = Recorder()
        self.sealings = Sealings()
        self.thieves: list[Thief] = []
        self._order = 0
        self._coming: list[tuple[float, int, Callable[[], object]]] = []
        self._misfortunes = self.options.at_a_station()
        self._unsaid = self.options.messages
        told(f"world {self.kind} {seed}: {self.options}")
        self.sides = self.settles()
        self.links = [
            Link(self, bearing, self.sides, self.options.on_the_way(self.chance))
            for bearing in self.options.bearers
        ]
        if self.options.hole:
            hole = Link(self, HOLE, self.sides, [])
            hole.swallows = True
            self.links.append(hole)
            self.later(0.0, partial(self._called_again, hole))
        for station in self.sides:
            station.starts()
        self.steps_at_check = 0

    def draws(self) -> Options:
        """How bad it is. Policy, suite and hole have chances of their own: older numbers keep their
        worlds."""
        deniable, strong, hole = (
            random.Random(f"{what} {self.kind} {self.seed}").random() < share
            for what, share in (
                ("policy", DENIABLE_SHARE),
                ("suite", SUITE_2_SHARE),
                ("hole", HOLE_SHARE),
            )
        )
        options = Options.of(self.chance)
        return replace(options, deniable=deniable, suite=2 if strong else 1, hole=hole)

    def settles(self) -> tuple[Resident, Resident]:
        """The two stations."""
        a, b = (Resident(self, self.terms(side), "ab"[side]) for side in (0, 1))
        return a, b

    def terms(self, side: int) -> Any:
        """What was agreed."""
        options = self.options
        return terms_of(
            side,
            psk0=options.psk0,
            window=options.window,
            heartbeat_s=options.heartbeat_s,
            rekey_entries=options.rekey_entries,
            rekey_s=options.rekey_s,
            deniable=options.deniable,
            suite=suite_of(options.suite),
        )

    # --- time

    def at(self, when: float, what: Callable[[], object]) -> None:
        """Let something happen then."""
        self._order += 1
        heapq.heappush(self._coming, (when, self._order, what))

    def later(self, after_s: float, what: Callable[[], object]) -> None:
        """Let something happen in so many seconds."""
        self.at(self.now + after_s, what)

    def runs_until(self, when: float) -> None:
        """Let everything happen up to then."""
        coming = self._coming
        self.sealings.listen()
        while coming and coming[0][0] <= when:
            self.now, _, what = heapq.heappop(coming)
            what()
            if self.steps - self.steps_at_check >= CHECK_STEPS:
                self.checks_all()
        self.now = when

    # --- the story

    def run(self) -> Tally:
        """Bad times, good times, and what must hold in both."""
        self.later(0.0, self._people_speak)
        for part in (0.2, 1.0):
            self.later(self.chance.uniform(0.0, part * self.options.bad_s), self.somebody_steals)
        self.runs_until(self.options.bad_s)
        return self.good_times()

    def good_times(self) -> Tally:
        """All is mended; what must hold when everything has come to rest."""
        self.heals()
        self.comes_to_rest()
        self.keys_are_renewed()
        self.checks_all()
        for station in self.sides:
            keeping.heads_are_kept(station)
        tally = self.at_the_end()
        self.falls_silent()
        return tally

    @property
    def steps(self) -> int:
        """Steps of all stations."""
        return sum(station.steps for station in self.sides)

    def _people_speak(self) -> None:
        """A burst of one side, and when the next one comes."""
        options, chance = self.options, self.chance
        if self._unsaid <= 0:
            return
        count = min(chance.randrange(1, options.burst + 1), self._unsaid)
        self.speaker().releases(self.words(count))
        mean_s = options.bad_s * (options.burst + 1) / 2 / options.messages
        self.later(chance.uniform(0.0, 1.8 * mean_s), self._people_speak)

    def speaker(self) -> Resident:
        """Whose people speak next."""
        return self.chance.choice(self.sides)

    def words(self, count: int) -> list[Words]:
        """So many texts, no two alike, most of them not urgent."""
        options, chance = self.options, self.chance
        words: list[Words] = []
        for _ in range(count):
            self._unsaid -= 1
            text = f"{self._unsaid} The other side is asked to confirm."
            if options.long_texts and chance.random() < 0.02:
                text += "x" * chance.randrange(60_000)
            draw = chance.random()
            urgency = 0 if draw < 0.6 else 1 if draw < 0.8 else 2 if draw < 0.95 else 3
            words.append((Precedence(urgency), text))
        return words

    def strikes(self, station: Resident) -> None:
        """Misfortune, before a step of a station."""
        if self.bad:
            for fault in self._misfortunes:
                if self.chance.random() < fault.share:
                    fault.strikes(station, self.chance)

    def _called_again(self, hole: Link) -> None:
        """It is the newest path again, and so without end."""
        hole.answers_anew()
        self.later(
            self.chance.uniform(HOLE_S_MAX / 2, HOLE_S_MAX), partial(self._called_again, hole)
        )

    def somebody_steals(self) -> None:
        """A thief copies the disk of one station, or of both; both go on."""
        victims = self.chance.choice((self.sides[:1], self.sides[1:], self.sides))
        self.thieves.append(Thief(victims, self.now))

    def heals(self) -> None:
        """The weather turns, disks are mended, clocks are set."""
        self.bad = False
        self._unsaid = 0
        for station in self.sides:
            station.power.fails_in = None
            station.restarts_cut = 0
            disk, clock = station.disk, station.clock
            disk.full = disk.bad = disk.stuck = False
            clock.ahead_s, clock.stopped_at = 0.0, None
            station.comes_back()
        for link in self.links:
            link.connects()
        self.told(
            f"{self.now:.1f} s: healed after {self.steps} steps,"
            f" {sum(station.crashes for station in self.sides)} crashes"
        )

    def comes_to_rest(self) -> None:
        """L1, L4: within what the bearers need for what is left to be said."""
        healed_at = self.now
        left = sum(station.disk.bytes_to_send() for station in self.sides)
        pace = min(bearing.bytes_a_s for bearing in self.options.bearers)
        most_s = REST_S_MAX + 6 * self.options.heartbeat_s + 4 * left / pace
        while not self.at_rest():
            waited = self.now - healed_at
            rule = "L1" if waited > 4 * most_s else "L4"
            hold(rule, waited <= most_s, f"no rest: {[side.state for side in self.sides]}")
            self.runs_until(self.now + LOOK_S)
        self.told(f"{self.now:.1f} s: at rest")

    def keys_are_renewed(self) -> None:
        """L2: every REKEY under way is completed, and the older epochs are erased; and all is
        well."""
        most_s = REKEY_S_MAX + 12 * self.options.heartbeat_s
        under_way = [checks.rekeys_under_way(station) for station in self.sides]
        since = self.now
        while any(
            found & checks.rekeys_under_way(station)
            for found, station in zip(under_way, self.sides, strict=True)
        ):
            hold("L2", self.now <= since + most_s, "fresh keys were begun and never used")
            self.runs_until(self.now + LOOK_S)
        self.stays_heard()

    def stays_heard(self) -> None:
        """L5: a line on which all is well is green, and stays so, unless it is closed and over; a
        slow bearer has to let through first what went before. Half a heartbeat is for the way: on a
        longer one a screen says now and then that the line is silent (docs/known-limits.md)."""
        round_trip_s = max(
            2 * bearing.way_s + AT_ONCE_BYTES / bearing.bytes_a_s
            for bearing in self.options.bearers
        )
        if round_trip_s > self.options.heartbeat_s / 2:
            return
        well_s = HEARD_HEARTBEATS * self.options.heartbeat_s
        self.runs_until(self.now + well_s)
        until = self.now + well_s
        while self.now < until:
            green = all(station.observed in ("heard", "over") for station in self.sides)
            hold("L5", green, "a line on which all is well is not green")
            self.runs_until(self.now + LOOK_S)

    def at_rest(self) -> bool:
        """Whether nothing is left to be done."""
        for station in self.sides:
            hold("L1", station.state.halted is None, f"halted for nothing: {station.state.halted}")
        return checks.at_rest(self.sides)

    def checks_all(self) -> None:
        """Everything that must hold at any moment."""
        self.steps_at_check = self.steps
        self.checks.often(self.sides)

    def at_the_end(self) -> Tally:
        """Everything that is asked of a world at rest; what happened in it."""
        near, far = self.sides
        checks.joint_order_is_causal(near, far)
        messages = checks.everything_arrived(near, far) + checks.everything_arrived(far, near)
        for thief in (*self.thieves, Thief(self.sides, self.now)):
            thief.tries(self.recorder, self.sides)
        return self.tally(messages)

    def tally(self, messages: int) -> Tally:
        """What happened."""
        return Tally(
            worlds=1,
            messages=messages,
            crashes=sum(station.crashes for station in self.sides),
            epochs=sum(len({row.et for row in station.ours}) for station in self.sides),
            thefts=sum(thief.opened for thief in self.thieves),
            steps=self.steps,
        )

    def falls_silent(self) -> None:
        """L5: nothing passes any more, and both screens say so in time."""
        for link in self.links:
            link.cut()
        self.runs_until(self.now + QUIET_HEARTBEATS * self.options.heartbeat_s + 1.0)
        for station in self.sides:
            hold("L5", station.observed != "heard", "nobody is told that the line is silent")
