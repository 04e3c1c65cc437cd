"""What belongs together, what happened when, and the same on paper."""

from __future__ import annotations

import asyncio

from starlette.responses import HTMLResponse, Response

from parley.console import printed, views
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import View
from parley.console.pages.finding import STATUSES, row
from parley.console.views import PRECEDENCES
from parley.console.words import iso
from parley.core.errors import ParleyError, Refused

FIELDS = ("words", "line", "dir", "precedence", "status", "since", "until", "person")


async def thread(visit: Visit) -> Response:
    """GET /thread/LINE/DIR/N"""
    page = await visit.frame()
    line = page.line(visit.path("line"))
    if line is None:
        raise Refused("There is no such line at this station.", "Begin at the inbox.")
    page.only(line)
    found = await visit.call(
        "thread", line=line["line"], dir=visit.path("dir"), n=visit.number("n")
    )
    messages = [views.message(each, page.names) for each in found["messages"]]
    asked = page.names.ref(line["line"], visit.path("dir"), visit.number("n"))
    return await visit.page("thread.html", page, messages=messages, asked=asked, more=found["more"])


async def timeline(visit: Visit) -> Response:
    """GET /timeline, with what is looked for in the address."""
    form = _form(visit)
    found: View = {"rows": [], "more": False, "behind": 0}
    error: ParleyError | None = None
    if any(form.values()):
        try:
            found = await visit.call("timeline", **_given(form))
        except ParleyError as refused:
            error = refused
    return await _timeline(visit, form, found, error)


async def _timeline(
    visit: Visit,
    form: dict[str, str],
    found: View,
    error: ParleyError | None,
    day: ParleyError | None = None,
) -> Response:
    """The page: what was found, or what was refused of the search, or of the day to print."""
    page = await visit.frame()
    line = page.line(form["line"]) if form["line"] else None
    if line is not None:
        page.only(line)
    shown = [
        row(page, {**each, "excerpt": each["text"] or "", "hits": []}) for each in found["rows"]
    ]
    wrong = error or day
    return await visit.page(
        "timeline.html",
        page,
        200 if wrong is None else status_of(wrong),
        form=form,
        asked=any(form.values()) and error is None,
        rows=shown,
        more=found["more"],
        query=visit.request.url.query,
        date=iso(page.now)[:10] if day is None else visit.query("date"),
        of_line=visit.query("line") if day else "",
        precedences=PRECEDENCES,
        statuses=STATUSES,
        error=refusal(error) if error else None,
        day=refusal(day) if day else None,
    )


async def print_timeline(visit: Visit) -> Response:
    """GET /timeline/print, with what is looked for in the address."""
    form = _form(visit)
    found = await visit.call("timeline", **_given(form))
    asked = {name: form[name] for name in ("words", "since", "until")}
    us = _us(visit)
    # Beside the loop, as on each sheet here: many long texts are set out for it.
    page = await asyncio.to_thread(printed.rows, "timeline", found, us, linked=True, **asked)
    return HTMLResponse(page)


async def print_day(visit: Visit) -> Response:
    """GET /daylog?date=, with ?line="""
    line = {"line": visit.query("line")} if visit.query("line") else {}
    try:
        found = await visit.call("daylog", date=visit.query("date"), **line)
    except ParleyError as refused:
        nothing: View = {"rows": [], "more": False, "behind": 0}
        return await _timeline(visit, dict.fromkeys(FIELDS, ""), nothing, None, refused)
    page = await asyncio.to_thread(printed.rows, "daylog", found, _us(visit), linked=True)
    return HTMLResponse(page)


async def print_message(visit: Visit) -> Response:
    """GET /messages/LINE/DIR/N/print"""
    page = await visit.frame()
    line = page.line(visit.path("line"))
    if line is None:
        raise Refused("There is no such line at this station.", "Begin at the inbox.")
    where = {"dir": visit.path("dir"), "n": visit.number("n")}
    found = await visit.call("message", line=line["line"], **where)
    record = await visit.call("record", line=line["line"], limit=1)
    sides = _us(visit), line["counterpart"]
    page_of = await asyncio.to_thread(printed.message, found, record, *sides, linked=True)
    return HTMLResponse(page_of)


def _us(visit: Visit) -> str:
    return visit.desk.station.home.party


def _form(visit: Visit) -> dict[str, str]:
    return {name: visit.query(name).strip() for name in FIELDS}


def _given(form: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if value}
