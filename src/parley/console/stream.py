"""What happens at the station, told to every browser as it happens (server-sent events).

This is the last stretch from the other side's release to the alarm, so it is short: the station's
step calls `_tell`, which makes one block of bytes for all browsers; each connection wakes and
writes it. One stream serves a browser with all its tabs and seats, so an event says only that
something happened, where, and how urgent it is; words are fetched by a page that may show them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

BEAT_S = 2.0  # a browser that hears nothing for 8 s says so to whoever looks at it
STREAMS_MAX = 64
STREAMS_EACH_MAX = 8  # of one browser, whose tabs share one: more only where it cannot share
SEQ_DIGITS_MAX = 20  # of the number of an event
UNSENT_BYTES_MAX = 1 << 20  # a browser that does not read starts afresh

Event = dict[str, Any]


def block(event: Event) -> bytes:
    """One event as it stands in the stream."""
    told = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event['seq']}\ndata: {told}\n\n".encode()


class Stream:
    """All open event streams of one console."""

    def __init__(
        self,
        *,
        admits: Callable[[Request], int | None],
        since: Callable[[int], list[Event]],
        seq: Callable[[], int],
        beat: Callable[[], Event],
        describe: Callable[[Event], Event],
    ) -> None:
        self._admits = admits
        self._since = since
        self._seq = seq
        self._beat = beat
        self._describe = describe
        self._open: set[_Listener] = set()
        self._closing = False

    def tell(self, happened: list[Event]) -> None:
        """Called by the station within its step: neither waits nor raises."""
        if not self._open:
            return
        told = b"".join(block(self._describe(event)) for event in happened)
        for browser in self._open:
            browser.put(told)

    def close(self) -> None:
        """End every stream; browsers come back by themselves when the station does."""
        self._closing = True
        for browser in self._open:
            browser.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GET /events."""
        request = Request(scope, receive)
        whose = self._admits(request) if request.method == "GET" else None
        if whose is None:
            await PlainTextResponse("no seat in this browser", 403)(scope, receive, send)
            return
        if sum(each.whose == whose for each in self._open) >= STREAMS_EACH_MAX:
            much = f"this browser listens {STREAMS_EACH_MAX} times already: close some of its tabs"
            await PlainTextResponse(much, 503)(scope, receive, send)
            return
        if len(self._open) >= STREAMS_MAX or self._closing:
            await PlainTextResponse("too many browsers listen here", 503)(scope, receive, send)
            return
        browser = _Listener(whose)
        self._open.add(browser)
        gone = asyncio.create_task(_until_gone(receive, browser))
        try:
            await self._serve(request, browser, send)
        finally:
            self._open.discard(browser)
            gone.cancel()

    async def _serve(self, request: Request, browser: _Listener, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        last = request.headers.get("last-event-id", "")
        known = last.isascii() and last.isdigit() and len(last) <= SEQ_DIGITS_MAX
        missed = self._since(int(last)) if known else []
        hello = {"kind": "hello", "seq": self._seq(), **self._beat()}
        told = b"retry: 300\n\n" + b"".join(block(self._describe(event)) for event in missed)
        browser.put(told + block(hello))
        beats = asyncio.create_task(self._beats(request, browser))
        try:
            while not browser.ended:
                await browser.woken.wait()
                await send(
                    {"type": "http.response.body", "body": browser.take(), "more_body": True}
                )
        finally:
            beats.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def _beats(self, request: Request, browser: _Listener) -> None:
        """However much happens meanwhile; until the last seat was given up, or its person no longer
        works here."""
        try:
            while True:
                await asyncio.sleep(BEAT_S)
                if self._admits(request) is None:
                    return
                browser.put(block({"kind": "beat", "seq": self._seq(), **self._beat()}))
        finally:
            browser.end()


class _Listener:
    """One stream: whose it is, and what waits to be written to it."""

    def __init__(self, whose: int) -> None:
        self.whose = whose  # the browser
        self.woken = asyncio.Event()
        self.ended = False
        self._waiting = bytearray()

    def put(self, told: bytes) -> None:
        if len(self._waiting) + len(told) > UNSENT_BYTES_MAX:
            self.end()
            return
        self._waiting += told
        self.woken.set()

    def take(self) -> bytes:
        told = bytes(self._waiting)
        self._waiting.clear()
        self.woken.clear()
        return told

    def end(self) -> None:
        self.ended = True
        self.woken.set()


async def _until_gone(receive: Receive, browser: _Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    browser.end()
