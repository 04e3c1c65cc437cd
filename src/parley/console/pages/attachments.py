"""Files that go with a message: put to a draft, and shown as nothing that a browser would run."""

from __future__ import annotations

import base64

from starlette.responses import Response, StreamingResponse

from parley.catalogue.files import ENDINGS, PNG, TEXT
from parley.console import attached
from parley.console.desk import Visit
from parley.console.frame import View
from parley.console.guard import FILE
from parley.console.pages import drafts
from parley.core.errors import ParleyError, Refused

PART_BYTES = 393_216
# The kind is ours to say, whatever the file's name or its sender would have it.
SERVED_AS = {PNG: PNG, TEXT: "text/plain; charset=utf-8"}


async def attach(visit: Visit) -> Response:
    """POST /drafts/N/attach, a form with a file"""
    number, given = visit.number("draft"), visit.form.file
    try:
        if given is None or not given[1]:
            raise Refused("No file was chosen.", "Choose one, and attach it.")
        name, raw = given
        upload: View = {}
        for at in range(0, len(raw), PART_BYTES):
            data = base64.b64encode(raw[at : at + PART_BYTES]).decode()
            more = at + PART_BYTES < len(raw)
            told = await visit.call("draft.attach.give", data=data, more=more, **upload)
            upload = {"upload": told["upload"]}
        meant = {"from_chat": True} if visit.form.get("from_chat") == "yes" else {}
        await visit.call("draft.attach", draft=number, name=name, **upload, **meant)
    except ParleyError as error:
        return await drafts.show(visit, error)
    return visit.go(f"/drafts/{number}", "attached")


async def detach(visit: Visit) -> Response:
    """POST /drafts/N/detach"""
    number = visit.number("draft")
    try:
        await visit.call("draft.detach", draft=number, place=visit.form.number("place"))
    except ParleyError as error:
        return await drafts.show(visit, error)
    return visit.go(f"/drafts/{number}", "detached")


async def of_draft(visit: Visit) -> Response:
    """GET /drafts/N/attachments/PLACE"""
    return await _served(attached.of_draft(visit, visit.number("draft"), visit.number("place")))


async def of_message(visit: Visit) -> Response:
    """GET /messages/LINE/DIR/N/attachments/PLACE"""
    page = await visit.frame()
    line, place = page.line(visit.path("line")), visit.number("place")
    if line is None or visit.path("dir") not in ("ours", "theirs"):
        raise Refused("There is no such line or log at this station.", "Begin at the inbox.")
    where = {"line": line["line"], "dir": visit.path("dir"), "n": visit.number("n")}
    files = (await visit.call("message", **where))["attachments"]
    if not 1 <= place <= len(files):
        raise Refused("There is no such attachment.", "Begin at the message.")
    return await _served(attached.of_message(visit, where, files[place - 1]))


async def _served(read: attached.Read) -> Response:
    first = await read(0)
    media = first["media"]
    name = f"attachment-{first['sha256'][:16]}{ENDINGS[media]}"
    headers = {
        **FILE,
        "Content-Length": str(first["size"]),
        "Content-Disposition": f'inline; filename="{name}"',
    }
    body = attached.parts(read, first)
    return StreamingResponse(body, media_type=SERVED_AS[media], headers=headers)
