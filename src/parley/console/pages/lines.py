"""The wall: every line, what was declared and what is observed."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from parley.console.desk import Visit, refusal, status_of
from parley.core.errors import ParleyError


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /"""
    page = await visit.frame()
    return await visit.page(
        "lines.html",
        page,
        200 if error is None else status_of(error),
        error=refusal(error) if error else None,
        bearers=page.status["bearers"],
        strange_frames=page.status["strange_frames"],
        earlier=page.status["earlier"],
        certificate=page.status["certificate"],
    )


async def alarms(visit: Visit) -> Response:
    """GET /alarms: the alarm alone, for a tab in the background that must know when to be silent.
    It reads no message, so nothing counts as displayed."""
    return await visit.page("alarms.html", await visit.frame())


async def stop(visit: Visit) -> Response:
    """POST /stop: a line stands still at once, by the phrase that was heard or for a reason."""
    line, phrase = visit.form.get("line"), visit.form.get("phrase")
    why = {"phrase": phrase} if phrase.strip() else {"reason": visit.form.get("reason")}
    return await _do(visit, "stopped", "line.stop", {"line": line, **why})


async def undo(visit: Visit) -> Response:
    """POST /undo: another person lets it go on."""
    about = {"line": visit.form.get("line"), "reason": visit.form.get("reason")}
    return await _do(visit, "undone", "line.undo", about, proved=True)


async def resume(visit: Visit) -> Response:
    """POST /resume: ask to begin a line anew, or agree. The page says how far it has come, and says
    it no more once it is done."""
    about = {"line": visit.form.get("line"), "reason": visit.form.text("reason")}
    return await _do(visit, "", "line.resume", about)


async def presence(visit: Visit) -> Response:
    """POST /presence: our principal is at the terminal, or has left."""
    here, person = visit.form.get("here") == "1", visit.form.get("person")
    whom = {"person": int(person)} if here and person.isascii() and person.isdigit() else {}
    line, done = visit.form.get("line"), "presence-here" if here else "presence-left"
    return await _do(visit, done, "presence.state", {"line": line, "here": here, **whom})


async def _do(
    visit: Visit, done: str, operation: str, arguments: dict[str, Any], proved: bool = False
) -> Response:
    """Do it, or show the page again with what was typed and what is wrong with it."""
    try:
        if proved:
            await visit.prove()
        await visit.call(operation, **arguments)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/", done)
