"""The console: pages for the people of one station, served from the station's own loop.

    build(station) gives the application, serving_pages(station) serves it meanwhile.

Reading order: `guard` (what browsers may do), `desk` (seats and forms), `frame` (what stands around
every page), `pages/` (one module each), `stream` (events), then `static/live.js`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, WebSocketRoute

from parley.conference.room import Rooms
from parley.console import unfinished
from parley.console.asked import Spoken
from parley.console.brought import Brought
from parley.console.desk import Desk, routes_of
from parley.console.encrypted import Encryption
from parley.console.frame import trouble_of
from parley.console.guard import Guarded
from parley.console.media_socket import (
    CALL_PATH,
    LOOP_PATH,
    MESSAGE_BYTES_MAX,
    MediaSocket,
    call_of,
    loop_of,
)
from parley.console.page_socket import PageSocket
from parley.console.pages import (
    attachments,
    audit,
    call,
    calls,
    chat,
    chronicle,
    compose,
    declare,
    delegations,
    drafts,
    finding,
    glossary,
    green_room,
    handing_over,
    inbox,
    keys,
    lines,
    message,
    minutes,
    overdue,
    reading_back,
    record,
    roster,
    signin,
    testing,
    wall,
    watch,
    you,
)
from parley.console.stream import Event, Stream
from parley.console.views import reference
from parley.core.errors import Unavailable
from parley.station.machine.console_certificate import wants_tls

if TYPE_CHECKING:
    from parley.station.station import Station

_MESSAGE = "/messages/{line:str}/{dir:str}/{n:int}"
_CALL = "/calls/{line:str}/{n:int}/answer"
_READING = {
    "/": lines.show,
    "/inbox": inbox.show,
    "/sent": inbox.sent,
    "/alarms": lines.alarms,
    # After a refusal a page stands at the address of its form, and renews itself from there.
    "/presence": lines.show,
    "/stop": lines.show,
    "/undo": lines.show,
    "/resume": lines.show,
    "/calls/at-once": calls.show,
    "/calls/skip": calls.show,
    "/calls/withdraw": calls.show,
    "/calls/weekly": calls.show,
    "/calls": calls.show,
    "/calls/ask": calls.ask,
    "/calls/history": calls.history,
    "/chat": chat.show,
    _CALL: calls.answer,
    "/compose": compose.show,
    "/declare": declare.show,
    "/declare/{verb:str}": declare.show,
    "/drafts": drafts.show_all,
    "/drafts/{draft:int}": drafts.show,
    "/drafts/{draft:int}/edit": compose.edit,
    "/drafts/{draft:int}/attachments/{place:int}": attachments.of_draft,
    f"{_MESSAGE}/attachments/{{place:int}}": attachments.of_message,
    "/drafts/{draft:int}/release": drafts.show,
    "/drafts/{draft:int}/withdraw": drafts.show,
    "/drafts/{draft:int}/{verb:str}": drafts.show,
    "/watch/hold": watch.show,
    "/watch/hand-over": handing_over.show,
    "/watch/accept": handing_over.show,
    "/watch/take": handing_over.show,
    "/watch/log/print": handing_over.print_log,
    "/watch/leave": watch.show,
    "/watch/roster": roster.show,
    "/watch/roster/strike": roster.show,
    "/watch/roster/take": roster.show,
    "/watch/delegations": delegations.show,
    "/watch/delegations/end": delegations.show,
    _MESSAGE: message.show,
    f"{_MESSAGE}/print": chronicle.print_message,
    "/thread/{line:str}/{dir:str}/{n:int}": chronicle.thread,
    "/timeline": chronicle.timeline,
    "/timeline/print": chronicle.print_timeline,
    "/daylog": chronicle.print_day,
    f"{_MESSAGE}/readback": reading_back.ask,
    f"{_MESSAGE}/{{verb:str}}": message.back,
    "/record": record.show,
    "/record/export": record.show,
    "/record/contradiction": record.show,
    "/find": finding.show,
    "/glossary": glossary.show,
    "/glossary/end": glossary.show,
    "/minutes": minutes.show_all,
    "/minutes/call": minutes.show,
    "/minutes/accept": minutes.show_all,
    "/minutes/draft": minutes.draft,
    "/minutes/propose": minutes.draft,
    "/minutes/readout": minutes.readout,
    "/audit": audit.show,
    "/tests": testing.show,
    "/tests/answer": testing.show,
    "/test": testing.show,
    "/overdue": overdue.show,
    "/overdue/take": overdue.show,
    "/wall": wall.show,
    "/watch": watch.show,
    "/green-room": green_room.show,
    "/call": call.show,
    "/call/{verb:str}": call.show,
    "/keys": keys.show,
    "/you": you.show,
    "/you/{verb:path}": you.show,
    "/kept": you.kept,
    "/unlock": you.kept,
}
_TYPED = {
    "/compose/check": compose.check,
    "/typed": unfinished.hold,
    "/typed/forget": unfinished.forget,
}
_SENDING = {
    "/test": testing.call,
    "/tests/answer": testing.answer,
    "/overdue/take": overdue.take,
    "/presence": lines.presence,
    "/stop": lines.stop,
    "/undo": lines.undo,
    "/resume": lines.resume,
    "/calls/ask": calls.keep,
    "/chat": chat.say,
    "/calls/at-once": calls.ask_at_once,
    "/calls/weekly": calls.ask_weekly,
    "/calls/skip": calls.skip,
    "/calls/withdraw": calls.withdraw,
    _CALL: calls.keep_answer,
    "/compose": compose.keep,
    "/declare/{verb:str}": declare.order,
    "/glossary": glossary.add,
    "/glossary/end": glossary.end,
    "/record/export": record.export,
    "/record/contradiction": record.contradiction,
    "/drafts/{draft:int}/edit": compose.change,
    "/drafts/{draft:int}/release": drafts.release,
    "/drafts/{draft:int}/attach": attachments.attach,
    "/drafts/{draft:int}/detach": attachments.detach,
    "/drafts/{draft:int}/withdraw": drafts.withdraw,
    "/drafts/{draft:int}/{verb:str}": drafts.act,
    f"{_MESSAGE}/readback": reading_back.send,
    f"{_MESSAGE}/{{verb:str}}": message.act,
    "/minutes/draft": minutes.fill,
    "/minutes/propose": minutes.propose,
    "/minutes/accept": minutes.accept,
    "/minutes/readout": minutes.attach,
    "/call/{verb:str}": call.act,
    "/hearing": watch.hearing,
    "/theme": watch.colour,
    "/tongue": watch.speak,
    "/watch/hold": watch.hold,
    "/watch/hand-over": handing_over.hand_over,
    "/watch/accept": handing_over.accept,
    "/watch/take": handing_over.take,
    "/watch/leave": watch.leave,
    "/watch/roster": roster.add,
    "/watch/roster/strike": roster.strike,
    "/watch/roster/take": roster.take,
    "/watch/delegations": delegations.give,
    "/watch/delegations/end": delegations.end,
    "/sign-out": watch.sign_out,
    "/unlock": signin.unlock,
    "/you/enrol": you.enrol,
    "/you/passkey": you.add_passkey,
    "/you/passkey/options": you.options,
    "/you/passkey/remove": you.remove_passkey,
    "/you/revoke": you.revoke,
    "/you/seen": you.seen,
    "/you/here": you.here,
    "/kept/drop": you.drop,
}


def build(station: Station, encrypted: bool = False) -> Starlette:
    """The application for one station."""
    # Cookies do not tell ports apart, so each station's has a name of its own.
    desk = Desk(station, sha256(station.home.letter.raw).hexdigest()[:12], encrypted)
    station.hears = desk.ears.persons
    stream = Stream(
        admits=lambda request: next((each.sitting.browser for each in desk.seats(request)), None),
        since=station.events.since,
        seq=lambda: station.events.seq,
        beat=lambda: {**beat(station), "rings": len(desk.told_who_hears())},
        describe=lambda event: describe(station, event),
    )

    rooms = Rooms(station)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        stop = station.events.listen(stream.tell)
        calls = asyncio.create_task(rooms.run())
        try:
            yield
        finally:
            calls.cancel()
            stop()
            stream.close()

    app = Starlette(
        routes=[
            *signin.routes(desk),
            Route("/events", stream),
            WebSocketRoute(LOOP_PATH, MediaSocket(desk, loop_of(desk)).serve),
            WebSocketRoute(CALL_PATH, MediaSocket(desk, call_of(rooms)).serve),
            Mount("/static", Brought()),
            *routes_of(desk, _READING, _TYPED, _SENDING),
        ],
        middleware=[Middleware(Guarded), Middleware(Spoken)],
        exception_handlers={404: desk.not_found, 405: desk.not_found, 500: desk.mistake},
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
                "ref": reference(
                    agreed.counterpart if theirs else station.home.party,
                    event["n"],
                    agreed.name,
                    len(station.lines),
                ),
                "gap": event.get("provisional", ""),
                "path": f"/messages/{agreed.hex[:8]}/{event['dir']}/{event['n']}",
                "due": event.get(
                    "due", event["at"] + _clock_s(agreed.clocks_s, event["precedence"])
                ),
            }
    return event


def beat(station: Station) -> Event:
    """What changes without anything happening: the time, and how long ago we heard whom."""
    now = station.clock.now()

    def at(ago_s: float | None) -> float | None:
        return None if ago_s is None else now.wall - ago_s

    lines = {}
    for each in station.lines:
        state = each.line.state(now)
        lines[each.agreed.hex] = {
            "heard": at(state.last_heard_s),
            "received": at(state.last_received_s),
        }
    trouble = trouble_of(station.hardship.view(now))
    return {"now": now.wall, "lines": lines, "trouble": trouble}


def _clock_s(clocks_s: tuple[float, ...], precedence: str) -> float:
    return clocks_s[("ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH").index(precedence)]


@asynccontextmanager
async def serving_pages(
    station: Station, port: int | None = None, host: str | None = None
) -> AsyncIterator[str]:
    """Serve the console meanwhile; its address. Host and port are the station's settings, unless
    given. Raises Unavailable when the port cannot be had, and Refused when the pages are to be
    encrypted and the certificate is no good."""
    settings = station.home.config.console
    listening = _listen(host or settings.host, settings.port if port is None else port)
    place, number = listening.getsockname()[:2]
    with ExitStack() as undo:
        undo.callback(listening.close)
        encryption = Encryption(station) if wants_tls(settings, place) else None
        undo.pop_all()
    context = encryption.context if encryption else None
    app = build(station, encryption is not None)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="on",
        ws=PageSocket,
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,  # what is sealed does not grow smaller
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        ssl_context_factory=None if context is None else lambda *_: context,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    fresh = asyncio.create_task(encryption.keep_fresh()) if encryption else None
    shown = encryption.name if encryption else place
    try:
        yield f"http{'s' if encryption else ''}://{bracketed(shown)}:{number}"
    finally:
        if fresh is not None:
            fresh.cancel()
        station.console_certificate = None
        app.state.stream.close()
        server.should_exit = True
        await task
        listening.close()


async def serve(station: Station, host: str, port: int) -> None:
    """Serve the console until cancelled."""
    async with serving_pages(station, port, host):
        await asyncio.Event().wait()


def bracketed(host: str) -> str:
    """A host as it stands in an address of the web."""
    return f"[{host}]" if ":" in host else host


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the loop."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Not ours to capture."""
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with ExitStack() as stack:
            listening = stack.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()  # whoever is told the address is not refused, however busy we are
            stack.pop_all()
        return listening
    except OSError as error:
        raise Unavailable(
            f"The console cannot listen on {host}, port {port}: {error.strerror or error}.",
            "Set another [console] port in station.toml, or stop what uses this one.",
        ) from error
