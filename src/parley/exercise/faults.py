"""What goes wrong in a world: on the way between two stations, and at a station.

A fault on the way is handed the frames that leave together, each with its delay, and hands on
what becomes of them. A fault at a station strikes now and then before one of its steps. Each is
small, and each world draws which of them it has and how bad they are.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from parley.exercise.resident import Resident

Parcel = tuple[float, bytes]  # seconds on the way, frame
RECORDED_MAX = 4_096  # frames a relay remembers


class OnTheWay(Protocol):
    """Something that happens to frames between the stations; `to` is the side they are for."""

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """What becomes of frames that left together."""


@dataclass
class Loss:
    """Each frame is lost by itself."""

    share: float

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """What is left."""
        draw, share = chance.random, self.share
        return [parcel for parcel in parcels if draw() >= share]


@dataclass
class Bursts:
    """Good spells and bad ones, as on a fading radio path (Gilbert and Elliott)."""

    into: float  # chance that a good spell ends with a frame
    out: float  # and a bad one
    share: float  # lost in a bad spell
    bad: bool = False

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """What is left."""
        left, draw = [], chance.random
        for parcel in parcels:
            if draw() < (self.out if self.bad else self.into):
                self.bad = not self.bad
            if not (self.bad and draw() < self.share):
                left.append(parcel)
        return left


@dataclass
class Delay:
    """All that leave together are late together."""

    share: float
    most_s: float

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """The same frames, later."""
        if chance.random() >= self.share:
            return parcels
        late = self.most_s * chance.random() ** 3
        return [(after + late, frame) for after, frame in parcels]


@dataclass
class Reordering:
    """Some frames are overtaken by later ones."""

    share: float
    most_s: float

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """The same frames, some of them later."""
        draw, share, most = chance.random, self.share, self.most_s
        return [
            (after + most * draw(), frame) if draw() < share else (after, frame)
            for after, frame in parcels
        ]


@dataclass
class Duplication:
    """Some frames come several times."""

    share: float
    times: int

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """The frames, and copies."""
        draw, share = chance.random, self.share
        return [each for each in parcels for _ in range(self.times if draw() < share else 1)]


@dataclass
class BitFlips:
    """A bit is turned."""

    share: float

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """The frames, some of them damaged."""
        draw, share = chance.random, self.share
        return [
            (after, turned(frame, chance)) if draw() < share else (after, frame)
            for after, frame in parcels
        ]


@dataclass
class Truncation:
    """A frame breaks off, or something is added to it."""

    share: float

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """The frames, some of them shorter or longer."""
        draw, share, out = chance.random, self.share, []
        for after, frame in parcels:
            if draw() < share:
                cut = frame[: chance.randrange(len(frame))]
                frame = cut if draw() < 0.8 else frame + cut[:40]
            out.append((after, frame))
        return out


@dataclass
class OneWay:
    """A path that carries in one direction only."""

    to: int

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """All or nothing."""
        return parcels if to == self.to else []


class Relay:
    """A relay that turns against us: it has no keys, and everything that ever went by.

    It plays recordings to either side, the first of them to whoever has just come, sends frames
    back to who sent them, and puts the head of one frame on the body of another.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self._recorded: deque[bytes] = deque(maxlen=RECORDED_MAX)

    def greets(self, chance: random.Random) -> list[bytes]:
        """What it plays before anything true can come."""
        count = min(len(self._recorded), 8)
        return [self._recorded[chance.randrange(len(self._recorded))] for _ in range(count)]

    def touch(self, parcels: list[Parcel], to: int, chance: random.Random) -> list[Parcel]:
        """The frames, and what the relay adds."""
        added: list[Parcel] = []
        for _, frame in parcels:
            self._recorded.append(frame)
            if chance.random() < self.share:
                old = self._recorded[chance.randrange(len(self._recorded))]
                what = chance.randrange(4)
                if what == 0:
                    old = frame[: chance.randrange(1, 12)] + old[chance.randrange(1, 12) :]
                elif what == 1:
                    old = chance.randbytes(chance.choice((0, 1, 6, 40, 400)))
                for _ in range(chance.choice((1, 1, 1, 20))):
                    added.append((5.0 * chance.random(), old))
        return parcels + added


def turned(frame: bytes, chance: random.Random) -> bytes:
    """The frame with one bit turned."""
    if not frame:
        return frame
    out = bytearray(frame)
    out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


# --- at a station


@dataclass
class AtAStation:
    """Something that strikes a station before one of its steps."""

    share: float  # of its steps

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """Let it happen."""
        raise AssertionError


class PowerFails(AtAStation):
    """The power fails at one of the next boundaries."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """Choose the boundary: most steps have fewer than ten."""
        station.power.fails_in = (
            chance.randrange(10) if chance.random() < 0.9 else 10 + (chance.randrange(60))
        )


class RestartLoop(AtAStation):
    """The power fails again and again while the station starts."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """So many times."""
        station.restarts_cut = chance.randrange(1, 4)
        station.power.fails_in = chance.randrange(4)


class DiskFull(AtAStation):
    """No write fits for a while."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """Until somebody makes room."""
        station.disk.full = True
        station.in_s(chance.uniform(0.1, 10.0), lambda: setattr(station.disk, "full", False))


class DiskFails(AtAStation):
    """Syncs fail: what was written may be there after the next power cut, or not."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """For a while."""
        station.disk.bad = True
        station.in_s(chance.uniform(0.1, 3.0), lambda: setattr(station.disk, "bad", False))


class ScrubFails(AtAStation):
    """Retired keys cannot be cleared from the journal for a while."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """Until the reader lets go."""
        station.disk.stuck = True
        station.in_s(chance.uniform(0.05, 5.0), lambda: setattr(station.disk, "stuck", False))


class SlowDisk(AtAStation):
    """A step takes long."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """Up to two seconds."""
        station.slow_s = chance.uniform(0.05, 2.0)


class ClockJumps(AtAStation):
    """The wall clock is set wrong, or right again."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """Up to ten years, either way."""
        station.clock.ahead_s = chance.choice((0.0, chance.uniform(-3e8, 3e8), 301.0, -1.0))


class ClockStops(AtAStation):
    """The wall clock stands still until somebody sets it."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """For the next steps."""
        station.clock.stopped_at = station.clock.now.wall


class PathFlaps(AtAStation):
    """One of the station's paths goes down, and comes back."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """What was on its way to it is lost."""
        chance.choice(station.ends).link.breaks()


class Partition(AtAStation):
    """Nothing passes either way on any path for a while; nobody is told."""

    def strikes(self, station: Resident, chance: random.Random) -> None:
        """For up to a minute."""
        station.parted(chance.uniform(1.0, 60.0))
