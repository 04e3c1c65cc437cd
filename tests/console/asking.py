"""Asking the console's application directly: what a page says, without a browser or a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp

from tests.console.world import Post


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    text: str

    def cookies(self) -> dict[str, str]:
        """What a browser would keep."""
        kept = [value.partition(";")[0] for name, value in self.headers if name == "set-cookie"]
        return dict(each.split("=", 1) for each in kept)

    def header(self, name: str) -> str:
        """One header, or nothing."""
        return next((value for key, value in self.headers if key == name), "")


async def ask(
    app: ASGIApp,
    path: str,
    form: Mapping[str, str] | Iterable[bytes | asyncio.Event] | None = None,
    cookies: Mapping[str, str] | None = None,
    **headers: str,
) -> Answer:
    """GET a page, or POST a form from a page of the same place: by its fields, or piece by piece
    as the network would bring it, each when it is asked for; where an event stands among them, not
    before that."""
    pieces: Iterable[bytes | asyncio.Event]
    pieces = [urlencode(form).encode()] if isinstance(form, Mapping) else form or ()
    given = {"host": "console", **{name.replace("_", "-"): v for name, v in headers.items()}}
    if cookies:
        given["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    plain, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "GET" if form is None else "POST",
        "path": plain,
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "server": ("console", 80),
        "client": ("127.0.0.1", 1),
    }
    told: list[dict[str, Any]] = []
    coming, ended = iter(pieces), False

    async def receive() -> Any:
        nonlocal ended
        if ended:
            return {"type": "http.disconnect"}
        piece = next(coming, None)
        if isinstance(piece, asyncio.Event):
            await piece.wait()
            piece = next(coming, None)
        ended = piece is None
        assert not isinstance(piece, asyncio.Event)
        return {"type": "http.request", "body": piece or b"", "more_body": not ended}

    async def send(message: Any) -> None:
        told.append(message)

    await app(scope, receive, send)
    got = [(name.decode(), value.decode()) for name, value in told[0]["headers"]]
    said = b"".join(each.get("body", b"") for each in told[1:])
    return Answer(told[0]["status"], got, said.decode())


async def path_of(post: Post, name: str) -> str:
    """A fresh sign-in link of somebody, without the console's address."""
    path: str = (await post.ask(name, "signin.link", person=post.ids[name]))["path"]
    return path


async def sit(
    post: Post, app: ASGIApp, name: str, cookies: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Take a seat by a link, in the browser of those cookies; those it has then."""
    return (await ask(app, await path_of(post, name), {}, cookies)).cookies()
