"""The sockets of a seat by which its sound and pictures come and go (spec/media.md M11).

Frames are sealed before they reach us. What is done with them is `parley.conference`: given back in
the green room (`loop`), passed on in a call (`room`). Here is who may open a socket, how long it
stays open, and that a page which does not read holds up nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from parley.conference.line_loop import LineLoop
from parley.conference.loop import Loop
from parley.conference.room import Rooms
from parley.console.desk import Desk
from parley.console.guard import is_ours
from parley.core.errors import ParleyError
from parley.station.acts.person import Person

LOOP_PATH = "/s/{seat:int}/media/loop"
CALL_PATH = "/s/{seat:int}/media/call"
MESSAGE_BYTES_MAX = 1 << 20  # beyond it the connection ends; a frame is at most a quarter of it
TELL_S = 1.0  # between two words of counts; a seat that was given up loses its socket by then
PAGES_MAX = 64
DISPLACED = 4001  # another page of this seat opened it
NO_SEAT = 4003
PARTING_S = 2.0  # for a page that no longer reads to be told so

_log = logging.getLogger("parley.console")


class End(Protocol):
    """The station's end of a page's socket: what came goes in, what is to go is taken out."""

    def take(self, frame: bytes, now: float) -> None:
        """A frame came, monotonic seconds."""

    def hear(self, word: str, now: float) -> None:
        """A word of the page."""

    def next(self) -> bytes | str | None:
        """What goes to the page next."""

    def told(self) -> str:
        """What the page is told once a second."""

    def leave(self) -> None:
        """The socket is closed."""


Open = Callable[[WebSocket, Person, Callable[[], None]], End]


def loop_of(desk: Desk) -> Open:
    """A page's own frames come back to it: from this station, or from the other one of a line that
    its address names."""

    def open(socket: WebSocket, person: Person, wake: Callable[[], None]) -> End:
        line = socket.query_params.get("line", "")
        if line:
            return LineLoop(desk.station, desk.station.line(line).current, wake)
        return Loop(desk.station.clock.now().mono, wake)

    return open


def call_of(rooms: Rooms) -> Open:
    """A page is in a call of the line that its address names."""
    return lambda socket, person, wake: rooms.page(
        socket.query_params.get("line", ""), person, wake
    )


@dataclass(slots=True)
class _Page:
    """A page whose socket is open."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = 0
    tells: bool = False  # it is time to say what was counted
    _looking: asyncio.TimerHandle | None = None

    def end(self, code: int) -> None:
        self.code = code
        self.ended.set()

    def look_on(self, admitted: Callable[[], bool]) -> None:
        """Once a second: whether it still has its seat, also where it reads nothing and whoever
        writes to it waits; and then it is told."""
        self._looking = asyncio.get_running_loop().call_later(TELL_S, self._look, admitted)

    def _look(self, admitted: Callable[[], bool]) -> None:
        self.look_on(admitted)
        if admitted():
            self.tells = True
            self.woken.set()
        else:
            self.end(NO_SEAT)

    def close(self) -> None:
        """Nothing is looked for any more."""
        if self._looking is not None:
            self._looking.cancel()


class MediaSocket:
    """All open sockets of one kind: at most one for each seat, and the newest has it."""

    def __init__(self, desk: Desk, open: Open) -> None:
        self._desk = desk
        self._open = open
        self._pages: dict[int, _Page] = {}

    async def serve(self, socket: WebSocket) -> None:
        """Admit a page, and carry what comes and goes, until it or its seat is gone."""
        person = self._admitted(socket)
        page = _Page()
        end = None if person is None else self._opened(socket, person, page)
        if person is None or end is None:
            await socket.close()  # before it was accepted: the browser sees a refused handshake
            return
        tasks: list[asyncio.Task[object]] = []
        try:
            await socket.accept()  # fails where the browser has gone meanwhile
            if person.id in self._pages:
                self._pages[person.id].end(DISPLACED)
            self._pages[person.id] = page
            page.look_on(lambda: self._admitted_still(socket))
            tasks += [
                asyncio.create_task(self._read(socket, page, end)),
                asyncio.create_task(self._write(socket, page, end)),
                asyncio.create_task(page.ended.wait()),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            end.leave()
            page.close()
            if self._pages.get(person.id) is page:
                del self._pages[person.id]
            for task in tasks:
                task.cancel()
            for end_of in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(end_of, Exception) and not isinstance(end_of, WebSocketDisconnect):
                    _log.error("the socket of a page failed", exc_info=end_of)
        if page.code:
            with suppress(TimeoutError, WebSocketDisconnect):
                async with asyncio.timeout(PARTING_S):
                    await socket.close(page.code)

    def _opened(self, socket: WebSocket, person: Person, page: _Page) -> End | None:
        try:
            return self._open(socket, person, page.woken.set)
        except ParleyError:
            return None  # there is no such line

    def _admitted(self, socket: WebSocket) -> Person | None:
        """Whose seat this is, if a page of ours asks and there is room."""
        # A browser always names the origin of a socket; who leaves it out is no page of ours.
        if not is_ours(socket, socket.headers.get("origin", "")) or len(self._pages) >= PAGES_MAX:
            return None
        try:
            seat = self._desk.seat(socket)
        except ParleyError:
            return None
        works = seat.sitting.awake and not self._desk.must_enrol(seat)
        return seat.person if works else None

    async def _read(self, socket: WebSocket, page: _Page, end: End) -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("bytes")
            if frame is not None:
                end.take(frame, self._now())  # it wakes whoever has something of it to send
            else:
                end.hear(message.get("text") or "", self._now())
                page.woken.set()

    async def _write(self, socket: WebSocket, page: _Page, end: End) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                item = end.next()
                if isinstance(item, str):
                    await socket.send_text(item)
                elif item is not None:
                    await socket.send_bytes(item)
                elif not page.tells:
                    page.woken.clear()
                    await page.woken.wait()
                if page.tells:
                    page.tells = False
                    await socket.send_text(end.told())

    def _admitted_still(self, socket: WebSocket) -> bool:
        try:
            self._desk.seat(socket)
        except ParleyError:
            return False
        return True

    def _now(self) -> float:
        return self._desk.station.clock.now().mono
