"""Taking a seat: the page a sign-in link leads to, and the seats this browser has."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from parley.console.desk import Desk, remember, set_cookie
from parley.console.guard import read_form
from parley.console.tongues import TONGUES
from parley.core.errors import ParleyError
from parley.station.sessions import holder_of

# Where the choice of a language leads back to: a page outside any seat, of this station.
_BACK = re.compile(r"/(sign-in/[A-Za-z0-9_-]{1,64})?")


def routes(desk: Desk) -> list[Route]:
    """Routes outside any seat."""

    def guarded(page: Callable[[Desk, Request], Awaitable[Response]]) -> Callable[..., object]:
        async def answer(request: Request) -> Response:
            try:
                return await page(desk, request)
            except ParleyError as error:
                return await desk.trouble(request, error)

        return answer

    return [
        Route("/", guarded(seats)),
        Route("/tongue", guarded(speak), methods=["POST"]),
        Route("/sign-in/{secret:str}", guarded(ask), methods=["GET"]),
        Route("/sign-in/{secret:str}", guarded(take), methods=["POST"]),
    ]


async def seats(desk: Desk, request: Request) -> Response:
    """GET /"""
    return await desk.plain(
        "seats.html", seats=[seat.person.view() for seat in desk.seats(request)]
    )


async def speak(desk: Desk, request: Request) -> Response:
    """POST /tongue: the language of the pages outside any seat, for this browser."""
    form = await read_form(request)
    back, code = form.get("back"), form.get("tongue")
    response = RedirectResponse(back if _BACK.fullmatch(back) else "/", 303)
    if code in TONGUES:
        remember(response, desk, code)
    return response


async def ask(desk: Desk, request: Request) -> Response:
    """GET /sign-in/SECRET: look only. A link that something fetches beforehand stays unused, and
    the form that follows comes from our own page, so that the browser sends its cookie."""
    person = holder_of(desk.station, request.path_params["secret"])
    return await desk.plain("sign_in.html", person=person.view(), back=request.url.path)


async def take(desk: Desk, request: Request) -> Response:
    """POST /sign-in/SECRET: use the link."""
    await read_form(request)
    secret = request.path_params["secret"]
    # Whose link it is, he is: the trail shall name who sat down.
    person = holder_of(desk.station, secret)
    arguments = {"secret": secret, "token": desk.secret_of(request)}
    answer = await desk.station.call("signin.use", person, arguments)
    response = RedirectResponse(f"/s/{answer['person']['id']}/", 303)
    set_cookie(response, desk, answer["token"])
    return response
