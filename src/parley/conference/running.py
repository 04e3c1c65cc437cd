"""A media link on the line that it belongs to, for as long as the call is held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from parley.conference.frame import Header
from parley.conference.link import TICK_S, MediaLink
from parley.conference.rate import Budget
from parley.conference.wanted import Stream
from parley.station.line.lines import OpenLine
from parley.station.machine.clock import Alarm
from parley.station.station import Station

IDLE_TICK_S: Final = 0.02  # reports are due five times as rarely


class RunningLink:
    """Carries datagrams to the station's door and back, and tells pages what they need to know.

    From within the event loop only. `on_frame` gets each whole frame of their pages, `on_budget`
    the budget whenever it has changed, `on_key` the sender and track of ours that is to begin
    with a key frame. What a page sends leaves at the end of the turn in which it came, not at the
    next tick; ticks are for what waits, and rare where nothing does.
    """

    def __init__(
        self,
        station: Station,
        open_line: OpenLine,
        link: MediaLink,
        *,
        on_frame: Callable[[bytes], None],
        on_budget: Callable[[Budget], None],
        on_key: Callable[[Stream], None],
    ) -> None:
        self.link = link
        self._station, self._open_line = station, open_line
        self._on_frame, self._on_budget, self._on_key = on_frame, on_budget, on_key
        self._budget: Budget | None = None
        self._alarm: Alarm | None = None
        self._alarm_at = self._due_at = 0.0  # an alarm that is early looks again
        self._moves = False  # at the end of this turn

    @property
    def carried_by(self) -> str:
        """The path that media goes by, for people; nothing while there is none."""
        path = self._station.carrying.media.carried_by(self._open_line)
        return path.name if path is not None else ""

    def start(self) -> None:
        """Begin."""
        self._station.carrying.media.open(self._open_line, self.link.tag, self._came)
        self._move()

    def stop(self) -> None:
        """The call is over."""
        self._station.carrying.media.close(self._open_line, self.link.tag)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def send(self, frame: bytes, header: Header | None = None) -> str:
        """A whole frame of a page of ours; nothing, or why it was dropped. Who has read its header
        hands it in."""
        dropped = self.link.send(frame, self._now(), header)
        if not dropped and self._alarm is not None and not self._moves:
            self._moves = True
            asyncio.get_running_loop().call_soon(self._moved)
        return dropped

    def _now(self) -> float:
        return self._station.clock.now().mono

    def _came(self, datagram: bytes) -> None:
        self.link.receive(datagram, self._now())
        self._give()

    def _give(self) -> None:
        for frame in self.link.frames():
            self._on_frame(frame)
        for stream in self.link.key_requests():
            self._on_key(stream)

    def _moved(self) -> None:
        if self._alarm is not None:  # it was not stopped meanwhile
            self._move()

    def _tick(self) -> None:
        now = self._now()
        if now < self._due_at:
            self._wake_at(self._due_at)
        else:
            self._move()

    def _wake_at(self, at: float) -> None:
        self._alarm_at = at
        self._alarm = self._station.clock.call_at(at, self._tick)

    def _move(self) -> None:
        self._moves = False
        now = self._now()
        try:
            self._exchange(now)
        finally:  # what fails once, as on a path that breaks, is not the end of a call's media
            self._arm(now)

    def _exchange(self, now: float) -> None:
        door = self._station.carrying.media
        datagrams = self.link.datagrams(now, door.room(self._open_line))
        for _ in range(door.send_all(self._open_line, datagrams)):
            self.link.unsent(now)
        self._give()
        budget = self.link.budget()
        if budget != self._budget:
            self._budget = budget
            self._on_budget(budget)

    def _arm(self, now: float) -> None:
        # Nearly each frame of a page puts the next look off: an alarm that is too early for it
        # costs less than one taken back and one made anew.
        self._due_at = now + (TICK_S if self.link.waits else IDLE_TICK_S)
        if self._alarm is not None and now < self._alarm_at <= self._due_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._wake_at(self._due_at)
