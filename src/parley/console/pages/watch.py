"""Who holds which desk, and taking or leaving one; giving up this seat."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from parley.console import themes
from parley.console.desk import Visit, refusal, remember, status_of
from parley.console.frame import may_do
from parley.core.errors import ParleyError


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /watch"""
    desks = (await visit.call("desk.list"))["desks"]
    people = (await visit.call("person.list"))["persons"]
    me = visit.seat.person.id
    for desk in desks:
        desk["mine"] = any(holder["id"] == me for holder in desk["holders"])
    return await visit.page(
        "watch.html",
        await visit.frame(),
        200 if error is None else status_of(error),
        desks=desks,
        people=people,
        error=refusal(error) if error else None,
    )


async def hold(visit: Visit) -> Response:
    """POST /watch/hold"""
    return await _change(visit, "desk.hold", "held")


async def leave(visit: Visit) -> Response:
    """POST /watch/leave"""
    return await _change(visit, "desk.leave", "left")


async def _change(visit: Visit, operation: str, done: str) -> Response:
    try:
        await visit.call(operation, desk=visit.form.number("desk"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/watch", done)


async def speak(visit: Visit) -> Response:
    """POST /tongue: the language in which this person reads, at every desk."""
    code = visit.form.get("tongue")
    await visit.call("person.tongue", person=visit.seat.person.id, tongue=code)
    response = visit.go("/watch")
    remember(response, visit.desk, code)
    return response


async def colour(visit: Visit) -> Response:
    """POST /theme: in which colours this seat is drawn."""
    theme = visit.form.get("theme")
    await visit.call("session.theme", session=visit.seat.sitting.id, theme=theme)
    response = visit.go("/watch")
    remember(response, visit.desk, theme, themes.COOKIE)
    return response


async def hearing(visit: Visit) -> Response:
    """POST /hearing: a tab of a watch officer says whether it can ring."""
    tab = f"{visit.seat.person.id} {visit.form.get('tab')[:40]}"
    hears, ears = visit.form.get("hears"), visit.desk.ears
    if hears == "leaving":
        ears.leave(tab)
    else:
        rings = hears == "yes" and may_do(visit.seat.person, "open")
        ears.tell(tab, visit.seat.person.id, rings)
    visit.desk.told_who_hears()
    return Response(status_code=204)


async def sign_out(visit: Visit) -> Response:
    """POST /sign-out: this seat, in this browser."""
    await visit.call("signin.leave", token=visit.desk.secret_of(visit.request))
    return RedirectResponse("/", 303)
