"""The page on which one watch hands over to the next, and its log."""

from __future__ import annotations

import asyncio

from starlette.responses import HTMLResponse, Response

from parley.console import printed
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.tongues import N_
from parley.core.errors import ParleyError

ACTS = {
    "taken up": N_("taken up"),
    "handed over": N_("handed over"),
    "accepted": N_("accepted"),
    "taken over": N_("taken over without a signature"),
}


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /watch/hand-over"""
    found = await visit.call("watch.show")
    log = (await visit.call("watch.log", limit=20))["log"]
    people = (await visit.call("person.list"))["persons"]
    page, me = await visit.frame(), visit.seat.person
    mine = found["officer"] is not None and found["officer"]["id"] == me.id
    watches, sheet = page.may["watch.accept"], found["sheet"]
    meant = None if sheet is None or sheet["to"] is None else sheet["to"]["id"]
    for item in found["items"]:
        item["href"] = _href(page, item)
    return await visit.page(
        "hand_over.html",
        page,
        200 if error is None else status_of(error),
        show=found,
        log=log,
        acts=ACTS,
        signs=mine and watches,
        accepts=watches and not mine and sheet is not None and meant in (None, me.id),
        takes=watches and not mine and found["officer"] is not None,
        others=[each for each in people if "watch" in each["roles"] and each["id"] != me.id],
        gone_through=visit.form.all("item"),
        meant=meant,
        error=refusal(error) if error else None,
    )


async def hand_over(visit: Visit) -> Response:
    """POST /watch/hand-over"""
    to = visit.form.get("to")
    meant = {"to": visit.form.number("to")} if to else {}
    given = {"text": visit.form.text("text"), "code": visit.form.get("list"), **meant}
    return await _sign(visit, "watch.hand_over", "handed-over", given)


async def accept(visit: Visit) -> Response:
    """POST /watch/accept"""
    given = {"sheet": visit.form.number("sheet"), "items": visit.form.all("item")}
    return await _sign(visit, "watch.accept", "accepted", given)


async def take(visit: Visit) -> Response:
    """POST /watch/take"""
    return await _sign(visit, "watch.take", "taken-over", {"reason": visit.form.text("reason")})


async def print_log(visit: Visit) -> Response:
    """GET /watch/log/print, with ?sheet="""
    sheet = visit.query("sheet")
    given = {"sheet": int(sheet)} if sheet.isdecimal() and len(sheet) < 10 else {}
    log = await visit.call("watch.log", **given)
    return HTMLResponse(await asyncio.to_thread(printed.watch_log, log, linked=True))


async def _sign(visit: Visit, operation: str, done: str, given: View) -> Response:
    try:
        await visit.prove()
        await visit.call(operation, **given)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/watch/hand-over", done)


def _href(page: Frame, item: View) -> str | None:
    if item["draft"] is not None:
        return f"{page.seat}/drafts/{item['draft']}" if page.may["draft.list"] else None
    if item["n"] is not None and page.may["inbox"]:
        return page.names.href(item["line"], item["dir"], item["n"])
    if item["kind"] == "test":
        return f"{page.seat}/tests"
    return f"{page.seat}/" if item["kind"] in ("line", "suspension", "service") else None
