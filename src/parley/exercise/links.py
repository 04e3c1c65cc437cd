"""The bearers of a simulated world: how fast they are, what happens on them, when they break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from parley.exercise.faults import OnTheWay, Parcel, Relay
from parley.station.line.lines import BUFFER_BYTES_MAX

if TYPE_CHECKING:
    from parley.exercise.resident import Resident
    from parley.exercise.world import World

NOTICED_S_MAX = 4.0  # by then a station knows that a path is gone


@dataclass(frozen=True)
class Bearing:
    """What kind of bearer a link is."""

    name: str
    way_s: float  # how long a frame is on its way at least
    bytes_a_s: float  # what it carries
    called: bool  # B calls and A listens; else it stands by itself, as a radio does


class End:
    """One station's end of a link: the `Path` that its line is given."""

    dialled: bool

    def __init__(self, link: Link, station: Resident, other: int) -> None:
        self.link, self.station = link, station
        self.dialled = bool(station.terms.side) or not link.bearing.called
        self.name = self.peer = f"{link.bearing.name} {station.name}"
        self.vouched = False
        self.up = False
        self._other = other

    def send(self, frame: bytes) -> None:
        """Hand over one frame."""
        self.send_all([frame])

    def send_all(self, frames: Sequence[bytes]) -> None:
        """Hand over several; the power may fail between any two."""
        power = self.station.power
        if power.fails_in is None or power.fails_in >= len(frames):
            if power.fails_in is not None:
                power.fails_in -= len(frames)
            power.passed += len(frames)
            self._send(frames)
            return
        for frame in frames:
            power.point("before a frame left")
            self._send([frame])

    def _send(self, frames: Sequence[bytes]) -> None:
        if self.up:
            self.station.world.checks.leaves(self.station, frames)
            self.link.carry(self, frames)

    def room(self) -> int:
        """Bytes it can take now."""
        return BUFFER_BYTES_MAX - int(self.link.waiting_s(self) * self.link.bearing.bytes_a_s)

    def pause(self) -> None:
        """The world is never in the way of a station."""

    def resume(self) -> None:
        """Read again."""

    def close(self, why: str) -> None:
        """Give the path up."""
        self.link.breaks()

    # --- what the world does to it

    def comes_up(self) -> None:
        """The path is open. Whoever listens learns of it by the first frame."""
        station = self.station
        self.up, self.vouched = True, False
        if self.dialled:
            station.told(self._is_called)

    def _is_called(self) -> None:
        """A path that we called is for the line; for one that was stopped nobody calls."""
        station = self.station
        if station.open_line.stop is None:
            station.carrying.bind(self, station.open_line, station.clock.now)

    def goes_down(self, connection: int) -> None:
        """The station notices that the path is gone, if it has not come up again by now."""
        station = self.station
        if self.up and connection == self.link.connection:
            self.up = False
            station.told(lambda: station.carrying.unbind(self, station.clock.now))

    def is_cut_off(self) -> None:
        """The station itself is gone."""
        self.up = False
        self.link.breaks()

    def delivers(self, frames: list[bytes], connection: int) -> None:
        """Frames have come to this end."""
        if self.up and connection == self.link.connection:
            self.station.arrives(self, frames)


class Link:
    """One bearer between two stations."""

    def __init__(
        self, world: World, bearing: Bearing, stations: Sequence[Resident], faults: list[OnTheWay]
    ) -> None:
        self.world, self.bearing, self.faults = world, bearing, faults
        self.swallows = False  # somebody answers the call, and lets nothing through
        self.ends = (End(self, stations[0], 1), End(self, stations[1], 0))
        for end in self.ends:
            end.station.ends.append(end)
        self.connection = 0
        self._broken, self._cut = True, False
        self._free_at = [0.0, 0.0]
        world.later(0.0, self.connects)

    def waiting_s(self, end: End) -> float:
        """How long what was handed over takes to leave."""
        return max(0.0, self._free_at[self.ends.index(end)] - self.world.now)

    def carry(self, end: End, frames: Sequence[bytes]) -> None:
        """Let frames go their way; on a broken path they are lost."""
        if self._broken or self.swallows:
            return
        world, bearing = self.world, self.bearing
        near = self.ends.index(end)
        far = self.ends[1 - near]
        free_at = max(world.now, self._free_at[near])
        parcels: list[Parcel] = []
        for frame in frames:
            free_at += len(frame) / bearing.bytes_a_s
            parcels.append((0.0, frame))
        self._free_at[near] = free_at
        if world.bad:
            if world.now < world.parted_until:
                return
            for fault in self.faults:
                parcels = fault.touch(parcels, far.station.terms.side, world.chance)
        arrives = free_at + bearing.way_s
        together = [frame for after, frame in parcels if not after]
        if together:
            world.at(arrives, partial(far.delivers, together, self.connection))
        if len(together) < len(parcels):
            self._late(far, arrives, [each for each in parcels if each[0]])

    def _late(self, far: End, arrives: float, parcels: list[Parcel]) -> None:
        by_delay: dict[float, list[bytes]] = {}
        for after, frame in parcels:
            by_delay.setdefault(after, []).append(frame)
        for after, frames in by_delay.items():
            self.world.at(arrives + after, partial(far.delivers, frames, self.connection))

    def breaks(self) -> None:
        """What was on its way is lost; both ends notice in their time, and it comes up again."""
        if self._broken:
            return
        self._broken = True
        self.connection += 1
        world = self.world
        for end in self.ends:
            noticed_s = world.chance.uniform(0.0, NOTICED_S_MAX)
            world.later(noticed_s, partial(end.goes_down, self.connection))
        world.later(world.chance.uniform(NOTICED_S_MAX, 2 * NOTICED_S_MAX), self.connects)

    def answers_anew(self) -> None:
        """The old connection is gone and another one up, at once."""
        self._broken = True
        self.connects()

    def cut(self) -> None:
        """It never comes up again."""
        self.breaks()
        self._cut = True

    def connects(self) -> None:
        """Both are there: the path is open."""
        if not self._broken or self._cut:
            return
        if not all(end.station.on for end in self.ends):
            self.world.later(1.0, self.connects)
            return
        self._broken = False
        for end in self.ends:
            end.goes_down(self.connection)
        self.connection += 1
        self._free_at = [self.world.now] * 2
        for end in self.ends:
            end.comes_up()
            for fault in self.faults if self.world.bad else ():
                if isinstance(fault, Relay) and (played := fault.greets(self.world.chance)):
                    self.world.later(0.0, partial(end.delivers, played, self.connection))


def by_side(station: Resident, other: Resident) -> tuple[Resident, Resident]:
    """The two as a link and a world have them: side 0 first."""
    return (station, other) if station.terms.side == 0 else (other, station)
