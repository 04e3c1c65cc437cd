"""What a browser is allowed to do with our pages, and what we accept from a browser.

Nothing on a page may come from elsewhere or be built from text: the policy below is the second
lock behind escaping. A form is taken only with its seat's token and from our own pages.
"""

from __future__ import annotations

import hmac
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parley.console.uploads import read_upload
from parley.core.errors import Refused

FORM_BYTES_MAX = 1 << 20  # the longest text with every byte escaped, and room for the rest
FORM_FIELDS_MAX = 4_096  # a watch is accepted item by item, and the other side makes items

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        # The one place that parses fetched HTML is renewal.js, under a policy of this name; the
        # other two start a worker, each from its one address.
        "require-trusted-types-for 'script'",
        "trusted-types parley-renewal parley-worker parley-media",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # `no-referrer` would blank the Origin of our own forms
    "Permissions-Policy": (
        "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()"
    ),
    # Isolation keeps other windows out, and gives the page a clock of 5 us for the bench.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}


# What a file that goes with a message says instead: nothing in it runs, and it is in no frame.
FILE = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}
# What the green room's answer says instead: that page alone may ask for devices.
DEVICES = {"Permissions-Policy": HEADERS["Permissions-Policy"].replace("=()", "=(self)", 2)}
# And that of the call: there a person may choose a screen or window to show.
SCREENS = {"Permissions-Policy": HEADERS["Permissions-Policy"].replace("=()", "=(self)", 3)}


class Guarded:
    """Every answer with the headers above; pages are never kept by the browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers to the first word of the answer."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    others = [each.get(name, value) for each in (DEVICES, SCREENS, FILE)]
                    if headers.get(name) not in others:
                        headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
                message["headers"] = headers.raw
            await send(message)

        await self.app(scope, receive, send_guarded if scope["type"] == "http" else send)


class Form:
    """The fields of one form: what was typed, as it came."""

    def __init__(self, pairs: list[tuple[str, str]], file: tuple[str, bytes] | None = None) -> None:
        self.pairs = pairs
        self.file = file  # its name, and what is in it

    def get(self, name: str, default: str = "") -> str:
        """The first field of that name."""
        return next((value for key, value in self.pairs if key == name), default)

    def all(self, name: str) -> list[str]:
        """All fields of that name."""
        return [value for key, value in self.pairs if key == name]

    def names(self) -> set[str]:
        """The names of its fields."""
        return {name for name, _ in self.pairs}

    def text(self, name: str) -> str:
        """A text field. A browser sends CR LF for every line end; the text has line feeds."""
        return self.get(name).replace("\r\n", "\n")

    def number(self, name: str) -> int:
        """A whole number that our own page put there."""
        value = self.get(name)
        if not (value.isascii() and value.isdigit() and len(value) <= 15):
            raise Refused(f"the field {name} is not a number", "go back and load the page again")
        return int(value)


def is_ours(connection: HTTPConnection, origin: str | None) -> bool:
    """Whether a page of this station sent it, by what the browser says."""
    site = connection.headers.get("sec-fetch-site", "same-origin")
    # Other ports of this host are other sites for us, though cookies do not tell them apart.
    ours = connection.headers.get("host", "")
    return site == "same-origin" and (origin is None or urlsplit(origin).netloc == ours)


def brings_a_file(request: Request) -> bool:
    """Whether a form says that it brings one."""
    return request.headers.get("content-type", "").startswith("multipart/form-data")


async def read_form(request: Request, token: str | None = None) -> Form:
    """The form of a POST from our own pages, with the token of its seat; before anybody has a
    seat there is none, and no file is read."""
    if not is_ours(request, request.headers.get("origin")) or (
        brings_a_file(request) and token is None
    ):
        raise Foreign("this form did not come from a page of this station")
    if brings_a_file(request) and token is not None:
        return Form(*await read_upload(request, partial(check_token, expected=token)))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise Refused("the form is longer than any message", "shorten the text")
    try:
        form = Form(
            parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=FORM_FIELDS_MAX,
            )
        )
    except ValueError as error:
        raise Refused("the form is not one of ours", "load the page again") from error
    if token is not None:
        check_token(form.get("token"), token)
    return form


class Foreign(Refused):
    """A form that no page of ours sent: forged, or from before the seat was taken anew."""

    kind = "foreign"


def check_token(given: str, expected: str) -> None:
    """Refuse a form without the token of its seat."""
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Foreign(
            "this form does not belong to this seat", "load the page again, and send it from there"
        )
