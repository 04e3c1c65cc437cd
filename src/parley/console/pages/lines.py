"""The wall: every line, what was declared and what is observed."""

from __future__ import annotations

from starlette.responses import Response

from parley.console.desk import Visit


async def show(visit: Visit) -> Response:
    """GET /"""
    page = await visit.frame()
    return await visit.page(
        "lines.html",
        page,
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
    await visit.call("line.stop", line=line, **why)
    return visit.go("/", "stopped")


async def undo(visit: Visit) -> Response:
    """POST /undo: another person lets it go on."""
    await visit.prove()
    await visit.call("line.undo", line=visit.form.get("line"), reason=visit.form.get("reason"))
    return visit.go("/", "undone")


async def resume(visit: Visit) -> Response:
    """POST /resume: ask to begin a line anew, or agree. The page says how far it has come, and says
    it no more once it is done."""
    await visit.call("line.resume", line=visit.form.get("line"), reason=visit.form.text("reason"))
    return visit.go("/")


async def presence(visit: Visit) -> Response:
    """POST /presence: our principal is at the terminal, or has left."""
    here, person = visit.form.get("here") == "1", visit.form.get("person")
    whom = {"person": int(person)} if here and person.isascii() and person.isdigit() else {}
    await visit.call("presence.state", line=visit.form.get("line"), here=here, **whom)
    return visit.go("/", "presence-here" if here else "presence-left")
