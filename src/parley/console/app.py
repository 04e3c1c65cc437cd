"""The console: pages for the people of one station, served from the station's own loop.

    build(station) gives the application, serve(station, host, port) runs it until cancelled.

Reading order: `guard` (what browsers may do), `desk` (seats and forms), `frame` (what stands around
every page), `pages/` (one module each), `stream` (events), then `static/live.js`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from parley.console.desk import Desk, routes_of
from parley.console.guard import Guarded
from parley.console.pages import (
    audit,
    compose,
    drafts,
    inbox,
    keys,
    lines,
    message,
    record,
    signin,
    watch,
)
from parley.console.stream import Event, Stream
from parley.core.errors import Unavailable

if TYPE_CHECKING:
    from starlette.responses import Response

    from parley.station.station import Station

_MESSAGE = "/messages/{line:str}/{dir:str}/{n:int}"
_READING = {
    "/": lines.show,
    "/inbox": inbox.show,
    "/sent": inbox.sent,
    "/alarms": lines.alarms,
    "/compose": compose.show,
    "/drafts": drafts.show_all,
    "/drafts/{draft:int}": drafts.show,
    "/drafts/{draft:int}/edit": compose.edit,
    _MESSAGE: message.show,
    f"{_MESSAGE}/readback": message.ask_readback,
    f"{_MESSAGE}/{{verb:str}}": message.back,
    "/record": record.show,
    "/audit": audit.show,
    "/watch": watch.show,
    "/keys": keys.show,
}
_SENDING = {
    "/test": lines.call_test,
    "/compose": compose.keep,
    "/drafts/{draft:int}/edit": compose.change,
    "/drafts/{draft:int}/release": drafts.release,
    "/drafts/{draft:int}/withdraw": drafts.withdraw,
    f"{_MESSAGE}/readback": message.readback,
    f"{_MESSAGE}/{{verb:str}}": message.act,
    "/watch/hold": watch.hold,
    "/watch/leave": watch.leave,
    "/sign-out": watch.sign_out,
}


def build(station: Station) -> Starlette:
    """The application for one station."""
    # Cookies do not tell ports apart, so each station's has a name of its own.
    desk = Desk(station, sha256(station.home.letter.raw).hexdigest()[:12])
    stream = Stream(
        admits=lambda request: bool(desk.seats(request)),
        since=station.events.since,
        seq=lambda: station.events.seq,
        now=lambda: station.clock.now().wall,
        describe=lambda event: describe(station, event),
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        stop = station.events.listen(stream.tell)
        try:
            yield
        finally:
            stop()
            stream.close()

    app = Starlette(
        routes=[
            *signin.routes(desk),
            Route("/events", stream),
            Mount("/static", _Files(packages=[("parley.console", "static")])),
            *routes_of(desk, _READING, _SENDING),
        ],
        middleware=[Middleware(Guarded)],
        lifespan=lifespan,
    )
    app.state.stream = stream
    return app


def describe(station: Station, event: Event) -> Event:
    """An event with what an alarm shows before it has asked anybody anything."""
    if event["kind"] != "alarm":
        return event
    for line in station.lines:
        if line.agreed.hex == event["line"]:
            agreed, theirs = line.agreed, event["dir"] == "theirs"
            return {
                **event,
                "status": agreed.mark.name,
                "ref": f"{agreed.counterpart if theirs else station.home.party} {event['n']}",
                "path": f"/messages/{agreed.hex[:8]}/{event['dir']}/{event['n']}",
                "due": event["at"] + _clock_s(agreed.clocks_s, event["precedence"]),
            }
    return event


def _clock_s(clocks_s: tuple[float, ...], precedence: str) -> float:
    return clocks_s[("ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH").index(precedence)]


async def serve(
    station: Station, host: str, port: int, ready: Callable[[str], None] | None = None
) -> None:
    """Serve the console until cancelled; `ready` hears its address, once somebody may come.

    Raises Unavailable when the port cannot be had.
    """
    listening = _listen(host, port)
    app = build(station)
    config = uvicorn.Config(
        app, access_log=False, log_config=None, lifespan="on", timeout_graceful_shutdown=2
    )
    server = _Server(config)
    where = listening.getsockname()
    if ready is not None:
        name = f"[{where[0]}]" if listening.family is socket.AF_INET6 else where[0]
        ready(f"http://{name}:{where[1]}")
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(task)
    finally:
        app.state.stream.close()
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task
        listening.close()


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the loop."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Not ours to capture."""
        yield


class _Files(StaticFiles):
    """Our few files; a browser asks each time whether they have changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or that it is still the same."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        return listening
    except OSError as error:
        raise Unavailable(
            f"The console cannot listen on {host}, port {port}: {error.strerror or error}.",
            "Set another [console] port in station.toml, or stop what uses this one.",
        ) from error
