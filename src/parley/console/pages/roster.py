"""The duty roster as a calendar: who is due when, what is wrong with it, and changing it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from starlette.responses import Response

from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import View
from parley.console.words import minute
from parley.core.errors import ParleyError

TYPED = ("desk", "person", "since", "until")


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /watch/roster"""
    page = await visit.frame()
    found = await visit.call("roster.list")
    desks = (await visit.call("desk.list"))["desks"]
    people = (await visit.call("person.list"))["persons"]
    return await visit.page(
        "roster.html",
        page,
        200 if error is None else status_of(error),
        roster=found,
        days=_days(found["duties"]),
        desks=desks,
        officers=[each for each in people if "watch" in each["roles"]],
        typed={name: visit.form.get(name) for name in TYPED},
        error=refusal(error) if error else None,
    )


async def add(visit: Visit) -> Response:
    """POST /watch/roster"""
    form = visit.form
    try:
        given: dict[str, Any] = {
            "desk": form.number("desk"),
            "person": form.number("person"),
            "until": form.get("until").strip(),
        }
        if form.get("since").strip():
            given["since"] = form.get("since").strip()
        await visit.call("roster.add", **given)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/watch/roster", "on-roster")


async def strike(visit: Visit) -> Response:
    """POST /watch/roster/strike"""
    return await _change(visit, "roster.strike", "off-roster")


async def take(visit: Visit) -> Response:
    """POST /watch/roster/take"""
    return await _change(visit, "roster.take", "duty-in-hand")


async def _change(visit: Visit, operation: str, done: str) -> Response:
    try:
        await visit.call(operation, duty=visit.form.number("duty"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/watch/roster", done)


def _days(duties: list[View]) -> list[tuple[str, list[View]]]:
    """What begins on one day of UTC, day by day."""
    for each in duties:
        each["starts"], each["ends"] = minute(each["since"]), minute(each["until"])
    grouped = groupby(duties, key=lambda each: str(each["starts"])[:10])
    return [(day, list(each)) for day, each in grouped]
