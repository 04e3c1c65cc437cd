"""In which language and colours a request asks for its page. Apart from `tongues`, which the
command line uses too and which needs neither a loop nor a server."""

from __future__ import annotations

import asyncio

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from parley.console import themes, tongues
from parley.console.tongues import COOKIE, ENGLISH, Tongue, catalogue, chosen


class Spoken:
    """Every answer in the language and colours of its request; a seat's own come with the seat."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by cookie, else by what the browser accepts."""
        if scope["type"] == "http":
            asks = HTTPConnection(scope)
            accepted = asks.headers.get("accept-language", "")
            await use(chosen(asks.cookies.get(COOKIE), accepted))
            themes.use(asks.cookies.get(themes.COOKIE))
        await self.app(scope, receive, send)


async def use(tongue: Tongue) -> None:
    """Make what follows in this request in that language. The first time its catalogue is read, in
    a thread: a FLASH does not wait for it."""
    if tongue is not ENGLISH:
        await asyncio.to_thread(catalogue, tongue)
    tongues.use(tongue)


async def in_language(tag: str, message: str) -> str:
    """A text marked with `N_` in the language of a line: it goes out, whoever reads this page."""
    tongue = chosen(None, tag)
    if tongue is not ENGLISH:
        await asyncio.to_thread(catalogue, tongue)
    return catalogue(tongue).gettext(message)
