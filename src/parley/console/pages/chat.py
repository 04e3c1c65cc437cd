"""The operators' chat of a line: read, and spoken in, beside all that is official."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from starlette.responses import Response

from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.core.errors import ParleyError, Refused


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /chat, with ?line= and ?before="""
    page = await visit.frame()
    line = _line(visit, page)
    before = visit.query("before")
    place: dict[str, Any] = (
        {"before": int(before)}
        if before.isascii() and before.isdigit() and len(before) < 16 and error is None
        else {}
    )
    found = await visit.call("chat.show", line=line["line"], **place)
    chat = [_row(page, each) for each in reversed(found["chat"])]
    if chat and page.may["chat.seen"] and chat[0]["entry"] > found["read_upto"]:
        with suppress(ParleyError):  # on a full disk what was typed stays
            await visit.call("chat.seen", line=line["line"], entry=chat[0]["entry"])
            page = await visit.frame()
    page.only(line)
    return await visit.page(
        "chat.html",
        page,
        200 if error is None else status_of(error),
        line=line,
        chat=chat,
        waiting=found["waiting"],
        older=None if found["before"] is None else f"?line={line['line']}&before={found['before']}",
        newest=not place,
        error=refusal(error, visit.form.text("text")) if error else None,
    )


async def say(visit: Visit) -> Response:
    """POST /chat"""
    line = visit.form.get("line")
    try:
        await visit.call("chat.say", line=line, text=visit.form.text("text"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go(f"/chat?line={line[:8]}")


def _line(visit: Visit, page: Frame) -> View:
    name = visit.form.get("line") or visit.query("line")
    if not name and page.lines:
        name = page.lines[0]["line"]
    line = page.line(name) if page.lines else None
    if line is None:
        raise Refused("There is no line yet.", "A chat is one of a line.")
    return {**line, "line": line["hex"]}


def _row(page: Frame, view: View) -> View:
    return {
        **view,
        "ref": page.names.ref(view["line"], view["dir"], view["n"]),
    }
