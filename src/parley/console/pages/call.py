"""The call: who is in it, what is said by text; sound and pictures where the browser can.

Without script it is held by text. `static/call.js` is the page, `call-worker.js` what it sends and
hears, `call-keys.js` how pages agree on keys (spec/held.md V9 to V12); the words between worker and
station are those of `conference/room.py` (spec/media.md M15).
"""

from __future__ import annotations

from starlette.responses import Response

from parley.console.desk import Visit, refusal, status_of
from parley.console.guard import DEVICES
from parley.core.errors import ParleyError, Refused

VERBS = ("begin", "join", "leave", "say", "hold", "resume", "end")


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /call, and where a form of it was refused."""
    page = await visit.frame()
    wanted = visit.form.get("line") or visit.query("line")
    line = page.line(wanted) or next(
        (each for each in page.lines if each["call"]), page.lines[0] if page.lines else None
    )
    shown = None
    if line is not None:
        shown = (await visit.call("call.show", line=line["line"]))["call"]
        page.only(line)
    me = visit.seat.person.id
    mine = [
        each
        for each in (shown["attendees"] if shown and shown["state"] != "ended" else [])
        if each["dir"] == "ours" and each["person"] == me and each["left"] is None
    ]
    answer = await visit.page(
        "call.html",
        page,
        200 if error is None else status_of(error),
        line=line,
        call=shown,
        mine=mine[0] if mine else None,
        error=refusal(error) if error else None,
        typed=visit.form.get("text"),
    )
    answer.headers.update(DEVICES)
    return answer


async def act(visit: Visit) -> Response:
    """POST /call/VERB"""
    verb, line = visit.path("verb"), visit.form.get("line")
    given: dict[str, object] = {"line": line}
    if verb not in VERBS:
        raise Refused("There is no such thing to do in a call.", "Begin at your seat.")
    if verb == "begin" and visit.form.get("medium"):
        given["medium"] = visit.form.get("medium")
    if verb == "say":
        given["text"] = visit.form.text("text")
    if verb == "end":
        given["reason"] = visit.form.text("reason")
    if verb in ("hold", "resume"):
        given["on"] = verb == "hold"
    try:
        await visit.call("call.hold" if verb == "resume" else f"call.{verb}", **given)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go(f"/call?line={line}")
