"""A whole world from one number: two stations, a bad wire, a bad power supply, and a bad clock.

    python -m tests.core.world 17        replays world 17 and says what happened in it

First the world is as bad as its number makes it, then it heals and must come to rest: everything
released is in both records, once, in order, receipted and signed for. What must hold at every
moment is in `checks`; what is watched here is what only somebody outside can see: that nothing
leaves before it is kept, and that no number is ever sealed twice.
"""

from __future__ import annotations

import heapq
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass

from parley.core.effects import Keep
from parley.core.entry import Precedence, Type
from parley.core.errors import Halted
from parley.store.memory import MemoryStore
from tests.core import checks
from tests.core.conversation import (
    WALL,
    Clock,
    Crash,
    Station,
    changed,
    envelopes,
    terms_of,
    text_of,
)

HEALED_S_MAX = 400.0  # by then a healed world has come to rest: resending waits 30 s at most


@dataclass(frozen=True)
class Weather:
    """How bad a world is."""

    bad_s: float  # how long
    messages: int  # of each side
    loss: float
    doubled: float
    flipped: float
    replayed: float
    slowest_s: float
    crash: float  # at a step
    scrub_fails: float
    path_lost: float  # at a step
    clock_jumps: float  # at a step
    room: int
    window: int
    long_texts: bool
    psk0: bytes | None
    rekey_entries: int
    rekey_s: float

    @classmethod
    def of(cls, chance: random.Random) -> Weather:
        """The weather of one world."""
        pick = chance.choice
        return cls(
            bad_s=chance.uniform(5.0, 60.0),
            messages=chance.randrange(1, 60),
            loss=pick((0.0, 0.05, 0.3, 0.6)),
            doubled=pick((0.0, 0.1, 0.5)),
            flipped=pick((0.0, 0.02, 0.1)),
            replayed=pick((0.0, 0.05)),
            slowest_s=pick((0.005, 0.2, 3.0, 20.0)),
            crash=pick((0.0, 0.01, 0.05, 0.2)),
            scrub_fails=pick((0.0, 0.1)),
            path_lost=pick((0.0, 0.01)),
            clock_jumps=pick((0.0, 0.02)),
            room=pick((0, 300, 20_000, 1 << 20)),
            window=pick((128, 1024)),
            long_texts=pick((False, False, True)),
            psk0=pick((None, b"\x07" * 32)),
            rekey_entries=pick((2, 5, 20, 100)),
            rekey_s=pick((2.0, 10.0, 3_600.0)),
        )


class Resident(Station):
    """A station of this world, watched from outside."""

    def __init__(self, weather: Weather, side: int, seed: int) -> None:
        self.released: list[tuple[Precedence, str]] = []  # and kept
        self._unkept: list[tuple[Precedence, str]] = []
        self.sealed: dict[int, bytes] = {}  # every frame that was ever kept, by number
        terms = terms_of(
            side,
            weather.psk0,
            weather.window,
            rekey_entries=weather.rekey_entries,
            rekey_s=weather.rekey_s,
        )
        super().__init__(terms, Clock(), seed)
        self.restores = False  # an older disk may know less than was sent

    def releases(self, text: str, precedence: Precedence) -> None:
        """Say it; whether it was said shows when it is kept."""
        try:
            self.says(text, precedence)
        except Halted:
            return
        self._unkept.append((precedence, text))

    def acts(self, room: int, crash_at: int | None, scrub_fails: bool) -> list[bytes]:
        """One step, under watch; a crash is followed by a new start."""
        before = len(self.effects)
        try:
            sent = self.settles(room, crash_at, scrub_fails)
        except Crash as crash:
            sent = crash.sent
            self._watch(before, sent)
            self._unkept.clear()
            self.clock.mono = self.chance.uniform(0.0, 1e6)  # a monotonic clock begins anywhere
            self.starts()
        else:
            self._watch(before, sent)
        return sent

    def _watch(self, before: int, sent: list[bytes]) -> None:
        for effect in self.effects[before:]:
            if isinstance(effect, Keep):
                self.released += self._unkept
                self._unkept.clear()
                for n, data in effect.change.outbox_put:
                    assert self.restores or n not in self.sealed, "a number was sealed twice"
                    self.sealed[n] = data
        kept = set(self.sealed.values())
        assert kept.issuperset(envelopes(sent)), "an entry left before it was kept"


class World:
    """Two residents and the wire between them."""

    def __init__(self, seed: int, told: Callable[[str], object] = lambda line: None) -> None:
        self.seed, self._told = seed, told
        self.chance = random.Random(seed)
        self.weather = Weather.of(self.chance)
        self.sides = tuple(Resident(self.weather, side, seed) for side in (0, 1))
        self.now = 0.0
        self.steps = self.crashes = 0
        self._bad = True
        self._order = 0
        self._coming: list[tuple[float, int, int, bytes | None]] = []  # when, order, side, frame
        self._recorded: list[bytes] = []
        self._up = [True, True]
        self._wakes = [float("inf")] * 2
        told(f"world {seed}: {self.weather}")
        for side, resident in enumerate(self.sides):
            resident.clock.mono = self.chance.uniform(0.0, 1e6)
            resident.starts()
            self._later(0.0, side)

    def _later(self, after_s: float, side: int, data: bytes | None = None) -> None:
        """A frame, or without one a moment at which a resident must act; only the next counts."""
        at = self.now + after_s
        if data is None:
            if at >= self._wakes[side]:
                return
            self._wakes[side] = at
        self._order += 1
        heapq.heappush(self._coming, (at, self._order, side, data))

    # --- running

    def run(self) -> None:
        """Bad weather, then good; everything must hold at all times, and rest must come."""
        self._sayings()
        while self.now < self.weather.bad_s:
            self._step()
            if self.steps % 200 == 0:
                checks.all_hold(*self.sides)
        self.heals()
        checks.all_hold(*self.sides)
        for resident in self.sides:
            self._everything_arrived(resident)

    def _sayings(self) -> None:
        self._to_say: list[tuple[float, int, str, Precedence]] = []
        for side in (0, 1):
            for count in range(self.weather.messages):
                text = f"{side}/{count} "
                if self.weather.long_texts and self.chance.random() < 0.1:
                    text += "x" * self.chance.randrange(60_000)
                at = self.chance.uniform(0.0, self.weather.bad_s)
                self._to_say.append((at, side, text, Precedence(self.chance.randrange(4))))
        self._to_say.sort(reverse=True)

    def heals(self) -> None:
        """The weather turns; whoever has stopped stays so."""
        self._bad = False
        self._told(f"{self.now:.1f} s: healed after {self.steps} steps, {self.crashes} crashes")
        for side in (0, 1):
            self._path(side, True)
            self._later(0.0, side)
        until = self.now + HEALED_S_MAX
        while not self.at_rest():
            assert self.now < until, f"no rest: {[side.state for side in self.sides]}"
            self._step()

    def at_rest(self) -> bool:
        """Everything released is everywhere, receipted and signed for; or a station has stopped."""
        states = [resident.state for resident in self.sides]
        if any(state.halted for state in states):
            return all(state.halted or state.they_halted for state in states)
        return not self._to_say and all(
            not near.queued
            and near.our_size == near.receipted == near.they_cosigned == far.their_size
            and near.we_cosigned == near.their_size
            and self.sides[at].line._heads.theirs.signed == near.their_size
            for at, (near, far) in enumerate((states, states[::-1]))
        )

    def _step(self) -> None:
        when, _, side, data = heapq.heappop(self._coming)
        if data is None:
            if when != self._wakes[side]:
                return  # it has acted since
            self._wakes[side] = float("inf")
        self.steps += 1
        for resident in self.sides:
            resident.clock.passes(when - self.now)
        self.now = when
        while self._to_say and self._to_say[-1][0] <= self.now:
            _, speaker, text, precedence = self._to_say.pop()
            self.sides[speaker].releases(text, precedence)
            self._later(0.0, speaker)
        resident = self.sides[side]
        if data is not None and self._up[side]:
            resident.hears(data)
        # What else has come by now is heard in the same step.
        while self._coming and self._coming[0][0] <= self.now and self._coming[0][2] == side:
            more = heapq.heappop(self._coming)[3]
            if more is None:
                self._wakes[side] = float("inf")
            elif self._up[side]:
                resident.hears(more)
        if self._bad:
            self._misfortune(side)
        self._act(side)

    def _misfortune(self, side: int) -> None:
        chance, weather = self.chance, self.weather
        if chance.random() < weather.clock_jumps:
            self.sides[side].clock.wall = WALL + chance.uniform(-3e8, 3e8)
        if chance.random() < weather.path_lost:
            self._path(side, not self._up[side])

    def _path(self, side: int, up: bool) -> None:
        line, now = self.sides[side].line, self.sides[side].clock.now
        self._up[side] = up
        if up:
            line.path_up(now)
        else:
            line.path_down(now)
            self._later(self.chance.uniform(0.0, 10.0), side)

    def _act(self, side: int) -> None:
        chance, weather, resident = self.chance, self.weather, self.sides[side]
        crash_at = None
        if self._bad and chance.random() < weather.crash:
            crash_at = chance.randrange(6)
        room = 1 << 20 if not self._bad else chance.choice((weather.room, 1 << 20))
        line = resident.line
        sent = resident.acts(room, crash_at, self._bad and chance.random() < weather.scrub_fails)
        if resident.line is not line:
            self.crashes += 1
            self._up[side] = True
        for data in sent:
            self._transmit(1 - side, data)
        if not self._up[side] and self._bad and chance.random() < 0.2:
            self._path(side, True)
        now = resident.clock.now
        self._wakes[side] = float("inf")
        self._later(max(resident.line.wake_at(now) - now.mono, 0.001), side)

    def _transmit(self, to: int, data: bytes) -> None:
        chance, weather = self.chance, self.weather
        if not self._bad:
            self._later(0.01, to, data)
            return
        self._recorded.append(data)
        copies = 2 if chance.random() < weather.doubled else 1
        for _ in range(copies):
            if chance.random() < weather.loss:
                continue
            if chance.random() < weather.flipped:
                data = changed(data, chance.randrange(len(data)))
            slow = chance.random() < 0.1
            self._later(chance.uniform(0.001, weather.slowest_s if slow else 0.05), to, data)
        if chance.random() < weather.replayed:
            self._later(
                chance.uniform(0.0, 5.0), chance.randrange(2), chance.choice(self._recorded)
            )

    # --- at the end

    def _everything_arrived(self, speaker: Resident) -> None:
        """Everything released and kept is in the record once, and nothing else (I2)."""
        said = [row for row in speaker.ours if row.type == Type.TEXT]
        texts = [text_of(row) for row in said]
        assert sorted(texts) == sorted(text for _, text in speaker.released)
        for precedence in Precedence:
            released = [text for urgency, text in speaker.released if urgency == precedence]
            numbered = [text_of(row) for row in said if row.marks >> 6 == precedence]
            assert numbered == released, "an entry overtook another of its precedence"


class Restored(World):
    """A world in which one station is put back to an older copy of its disk."""

    def run(self) -> None:
        """Either a station stops, or nothing was lost, or they are deaf to each other."""
        self._sayings()
        lost = False
        victim = self.sides[self.chance.randrange(2)]
        times = sorted(self.chance.uniform(0.0, self.weather.bad_s) for _ in range(2))
        image: MemoryStore | None = None
        while self.now < self.weather.bad_s:
            if image is None and self.now >= times[0]:
                image = victim.image()
            if not victim.restores and image is not None and self.now >= times[1]:
                victim.restores = True
                victim.becomes(image)
                lost = self._others_know_more_than(victim)
                self._up[victim.terms.side] = True
                self._later(0.0, victim.terms.side)
            self._step()
        deaf = False
        try:
            self.heals()
        except AssertionError:
            deaf = not all(
                (state := resident.state).in_service and state.last_heard_s is not None
                for resident in self.sides
            )
            if not deaf:
                raise
        halted = [resident.state.halted for resident in self.sides]
        self.outcome = "halted" if any(halted) else "deaf" if deaf else "whole"
        self._told(f"{self.outcome}: {halted}")
        if self.outcome == "whole":
            assert not lost, "what the other had heard was lost, and nobody noticed"
            checks.records_agree(*self.sides)

    def _others_know_more_than(self, victim: Resident) -> bool:
        """Whether the other holds entries or receipts that the restored disk knows nothing of."""
        other = self.sides[1 - victim.terms.side]
        heard = len(other.theirs) > len(victim.ours)
        return heard or other.state.receipted > len(victim.theirs)


def main() -> None:
    """Replay the worlds whose numbers are given; those with a minus sign restore a disk."""
    for word in sys.argv[1:]:
        kind = Restored if word.startswith("-") else World
        world = kind(abs(int(word)), print)
        world.run()
        for resident in world.sides:
            print(resident.state)


if __name__ == "__main__":
    main()
