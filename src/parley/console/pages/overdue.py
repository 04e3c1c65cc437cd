"""What did not come in its time: the list, and taking one of it in hand."""

from __future__ import annotations

from starlette.responses import Response

from parley.console import views
from parley.console.desk import Visit, refusal, status_of
from parley.core.errors import ParleyError


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /overdue"""
    found, page = await visit.call("overdue.list"), await visit.frame()
    me = visit.seat.person.id
    return await visit.page(
        "overdue.html",
        page,
        200 if error is None else status_of(error),
        overdue=[views.late(each, page.names, me) for each in found["overdue"]],
        in_hand=[views.late(each, page.names, me) for each in found["in_hand"]],
        error=refusal(error) if error else None,
    )


async def take(visit: Visit) -> Response:
    """POST /overdue/take: it rings no more, and the audit trail says in whose hands it is."""
    try:
        await visit.call("overdue.take", id=visit.form.number("id"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/overdue", "in-hand")
