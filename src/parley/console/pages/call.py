"""The call: who is in it, what is said by text; sound and pictures where the browser can.

Without script it is held by text. `static/call.js` is the page, `call-worker.js` what it sends and
hears, `call-keys.js` how pages agree on keys (spec/held.md V9 to V12); the words between worker and
station are those of `conference/room.py` (spec/media.md M15). A page records by `recorder.js` and
`webm.js` (spec/recording.md J7, J8), and what became of the file is shown by `recording.js`. In the
same page the call is rehearsed before it (spec/rehearsal.md). What is shown is chosen and drawn by
`showing.js`, and goes and comes by `media-shown.js` (spec/showing.md B10, B11).
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from parley.console.desk import Visit, refusal, status_of
from parley.console.guard import SCREENS
from parley.core.errors import ParleyError, Refused
from parley.station.call.holding import REHEARSERS

VERBS = ("begin", "rehearse", "join", "leave", "say", "hold", "resume", "end")
# What each act of a part of the call takes from its form (spec/held.md V13 to V17).
PARTS: dict[str, tuple[str, ...]] = {
    "mode": ("mode",),
    "interpret": ("language",),
    "floor": (),
    "relieve": ("person", "language"),
    "hand": ("person",),
    "acknowledge": (),
    "take_back": (),
    "caption": ("text", "language", "channel"),
    "agenda": ("items",),
    "touch": ("item",),
    "record": ("how",),
    "check": ("item", "result", "words"),
    "recorded": ("recording", "hash", "size", "length_ms"),
    "ask_to_show": ("item", "shown"),
    "agree_to_see": ("showing",),
    "stop_showing": ("showing",),
}

NUMBERS = frozenset(("person", "recording", "size", "length_ms", "showing"))


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /call, and where a form of it was refused."""
    page = await visit.frame()
    wanted = visit.form.get("line") or visit.query("line")
    line = page.line(wanted) or next(
        (each for each in page.lines if each["call"]), page.lines[0] if page.lines else None
    )
    shown, told = None, {}
    if line is not None:
        told = await visit.call("call.show", line=line["line"])
        shown = told["call"]
        page.only(line)
    me = visit.seat.person.id
    mine = [
        each
        for each in (shown["attendees"] if shown and shown["state"] != "ended" else [])
        if each["dir"] == "ours" and each["person"] == me and each["left"] is None
    ]
    if shown:
        # The newest page of a person is the one that is here; of very many not all are listed.
        pages = {(each["dir"], each["person"]): each["page"] for each in shown["attendees"]}
        for each in shown["interpreting"]:
            each["page"] = pages.get((each["dir"], each["person"]), "")
    answer = await visit.page(
        "call.html",
        page,
        200 if error is None else status_of(error),
        line=line,
        call=shown,
        mine=mine[0] if mine else None,
        rehearsed=told.get("rehearsed"),
        over_rehearsal=told.get("over_rehearsal"),
        ahead=told.get("ahead"),
        may_rehearse=bool(visit.seat.person.roles.intersection(REHEARSERS)),
        caption_language=_language_of_captions(shown, me) if shown else "",
        agenda_lines=_lines(shown["agenda"]) if shown else "",
        error=refusal(error) if error else None,
    )
    answer.headers.update(SCREENS)
    return answer


async def act(visit: Visit) -> Response:
    """POST /call/VERB"""
    verb, line = visit.path("verb"), visit.form.get("line")
    given: dict[str, object] = {"line": line}
    if verb not in VERBS and verb not in PARTS:
        raise Refused("There is no such thing to do in a call.", "Begin at your seat.")
    if verb == "join" and visit.form.get("rehearsal"):
        given["rehearsal"] = True
    if verb == "begin" and visit.form.get("medium"):
        given["medium"] = visit.form.get("medium")
    if verb == "begin" and visit.form.get("at_once"):
        given["at_once"] = True
    if verb == "say":
        given["text"] = visit.form.text("text")
    if verb == "end":
        given["reason"] = visit.form.text("reason")
    if verb in ("hold", "resume"):
        given["on"] = verb == "hold"
    for name in PARTS.get(verb, ()):
        value = visit.form.text(name).strip()
        if name in NUMBERS:
            given[name] = int(value) if value.isascii() and value.isdecimal() else -1
        else:
            given[name] = value.split("\n") if name == "items" else value
    try:
        await visit.call("call.hold" if verb == "resume" else f"call.{verb}", **given)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go(f"/call?line={line}")


def _language_of_captions(shown: dict[str, Any], me: int) -> str:
    """In which this person interprets, or typed the last caption."""
    mine = [
        each["language"]
        for each in (*shown["captions"], *shown["interpreting"])
        if each["dir"] == "ours" and each["person"] == me
    ]
    return mine[-1] if mine else ""


def _lines(agenda: list[dict[str, Any]]) -> str:
    """As a person types it: minutes and item, one a line."""
    planned = (f"{each['minutes']} min " if each["minutes"] else "" for each in agenda)
    return "\n".join(before + each["item"] for before, each in zip(planned, agenda, strict=True))
