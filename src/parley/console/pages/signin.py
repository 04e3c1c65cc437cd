"""Taking a seat: by password and code, by a passkey, or by a one-time link; and waking one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from parley.console import unkept
from parley.console.desk import Desk, Visit, passkeys_at, refusal, remember, set_cookie, status_of
from parley.console.frame import View
from parley.console.guard import Form, read_form
from parley.console.pages import you
from parley.console.tongues import TONGUES
from parley.core.errors import ParleyError, Refused
from parley.station.staff import factors, kept_forms, passkeys
from parley.station.staff.factors import Asking
from parley.station.staff.sessions import SECRET_BYTES, Overtaken, holder_of, is_enrolled

# Where the choice of a language leads back to: a page outside any seat, of this station.
_BACK = re.compile(r"/(sign-in(/[A-Za-z0-9_-]{1,64})?)?")

AGAIN_MAX = 5
AGAIN_S = 0.05  # then twice as long each time, 1.5 s together: another answer is on its way


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
        Route("/sign-in", guarded(form), methods=["GET"]),
        Route("/sign-in", guarded(sign_in), methods=["POST"]),
        Route("/sign-in/options", guarded(options), methods=["POST"]),
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


async def form(
    desk: Desk, request: Request, error: ParleyError | None = None, name: str = ""
) -> Response:
    """GET /sign-in"""
    page = await desk.plain(
        "sign_in_form.html",
        200 if error is None else status_of(error),
        error=refusal(error) if error else None,
        name=name,
        passkeys=passkeys_at(desk, request) is not None,
    )
    return _known_again(desk, request, page)


async def sign_in(desk: Desk, request: Request) -> Response:
    """POST /sign-in"""
    typed = await read_form(request)
    try:
        answer = await _known(desk, request, typed, typed.get("name"))
    except Overtaken:
        return await _again(request)
    except ParleyError as error:
        return await form(desk, request, error, typed.get("name"))
    return _seated(desk, answer, "")


async def options(desk: Desk, request: Request) -> Response:
    """POST /sign-in/options: what a browser is asked, so that it signs with a passkey."""
    await read_form(request)
    place = passkeys_at(desk, request)
    if place is None:
        raise Refused("No browser keeps passkeys for this address.", "Use password and code.")
    made = passkeys.request(desk.station, desk.asking(request), place)
    return Response(made, media_type="application/json")


async def unlock(visit: Visit) -> Response:
    """POST /s/N/unlock: the session of this seat begins anew, where it was."""
    desk, person = visit.desk, visit.seat.person
    try:
        answer = await _known(desk, visit.request, visit.form, person.name, person.id)
    except Overtaken:
        return await _again(visit.request)
    except ParleyError as error:
        return await visit.locked(error)
    left = await unkept.keep(desk.station, person, visit.form, visit.seat.path)
    if left and (seat := desk.seat_of(answer["token"], person.id)) is not None:
        return await _given_back(Visit(desk, seat, visit.request, visit.form), answer, left)
    return _seated(desk, answer, visit.form.get("next"))


async def _given_back(visit: Visit, answer: dict[str, Any], left: list[View]) -> Response:
    """What was typed when the session ended and can still not be kept: to send, or to copy."""
    page = await you.kept(visit, left)
    set_cookie(page, visit.desk, answer["token"])
    return page


async def _known(
    desk: Desk, request: Request, typed: Form, name: str, only: int | None = None
) -> dict[str, Any]:
    asking, place = _asking(desk, request), passkeys_at(desk, request)
    assertion = typed.get("assertion")
    if assertion:
        return await passkeys.sign_in(desk.station, asking, place, assertion, only)
    return await factors.by_password(
        desk.station, asking, name=name, password=typed.get("password"), code=typed.get("code")
    )


def _seated(desk: Desk, answer: dict[str, Any], onward: str) -> Response:
    """To the seat: to what was typed when the session ended, else where the person was."""
    seat = f"/s/{answer['person']['id']}"
    who = desk.station.people.must_be_here(answer["person"]["id"])
    if kept_forms.kept(desk.station, who):
        onward = f"{seat}/kept"
    response = RedirectResponse(onward if _is_ours(onward, seat) else f"{seat}/", 303)
    set_cookie(response, desk, answer["token"])
    return response


def _is_ours(onward: str, seat: str) -> bool:
    """Whether an address is a page of that seat and nothing else: no other host, no header."""
    return (
        onward.startswith(f"{seat}/")
        and "//" not in onward
        and "\\" not in onward
        and ".." not in onward
        and onward.isascii()
        and onward.isprintable()
    )


async def ask(desk: Desk, request: Request) -> Response:
    """GET /sign-in/SECRET: look only. A link that something fetches beforehand stays unused, and
    the form that follows comes from our own page, so that the browser sends its cookie."""
    person = holder_of(desk.station, request.path_params["secret"])
    anew = is_enrolled(desk.station.store, person.id)
    page = await desk.plain("sign_in.html", person=person.view(), back=request.url.path, anew=anew)
    return _known_again(desk, request, page)


async def take(desk: Desk, request: Request) -> Response:
    """POST /sign-in/SECRET: use the link."""
    await read_form(request)
    secret = request.path_params["secret"]
    # Whose link it is, he is: the trail shall name who sat down.
    person = holder_of(desk.station, secret)
    asking = _asking(desk, request)
    arguments = {
        "secret": secret,
        "token": asking.token,
        "address": asking.address,
        "agent": asking.agent,
    }
    try:
        answer = await desk.station.call("signin.use", person, arguments)
    except Overtaken:
        return await _again(request)
    return _seated(desk, answer, "")


def _known_again(desk: Desk, request: Request, page: Response) -> Response:
    """A browser without a seat can tell us that it is the same one, when two sign in there."""
    if request.method == "GET" and not request.cookies.keys() & {desk.cookie, desk.first}:
        set_cookie(page, desk, desk.station.entropy(SECRET_BYTES).hex(), first=True)
    return page


async def _again(request: Request) -> Response:
    """Whoever was overtaken sends the same form once more, with the cookie that the browser has got
    by then. Nothing was used up: neither the code nor the link."""
    tries = _tries(request)
    await asyncio.sleep(AGAIN_S * 2**tries)
    return RedirectResponse(f"{request.url.path}?again={tries + 1}", 307)


def _asking(desk: Desk, request: Request) -> Asking:
    """Where a sign-in comes from. The answer to the one before may never have come, so that the
    browser knows an old secret alone: then it begins as a new one."""
    asking = desk.asking(request)
    return replace(asking, token=None) if _tries(request) >= AGAIN_MAX else asking


def _tries(request: Request) -> int:
    typed = request.query_params.get("again", "")
    return min(int(typed), AGAIN_MAX) if re.fullmatch("[0-9]", typed) else 0
