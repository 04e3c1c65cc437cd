"""Reading a message back: the six digits that its sender speaks, and its critical elements as the
reader understood them. Neither the text nor the check group is on this page."""

from __future__ import annotations

from starlette.responses import Response

from parley.catalogue.elements import Kind
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import View
from parley.console.pages import message
from parley.core.errors import Misused, ParleyError, Refused
from parley.station.acts.fields import field

# What an element is typed like. Not translated: it is how figures are written on the line.
AS_IN = {
    Kind.DATE: "2026-06-07",
    Kind.TIME: "0352Z",
    Kind.POSITION: "21°40′N 118°05′E",
    Kind.NUMBER: "12 NM",
    Kind.NAME: "",
}


async def ask(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /messages/LINE/theirs/N/readback"""
    page, shown = await message.found(visit)
    return await visit.page(
        "readback.html",
        page,
        200 if error is None else status_of(error),
        message=shown,
        kinds=_kinds(shown),
        error=refusal(error) if error else None,
    )


async def send(visit: Visit) -> Response:
    """POST /messages/LINE/theirs/N/readback"""
    group = visit.form.get("group").strip()
    typed = {kind.value: visit.form.text(kind.value).strip() for kind in Kind}
    fields = {kind: said for kind, said in typed.items() if said}
    try:
        if not group and not fields:
            with field("group"):
                raise Misused(
                    "Nothing is read back yet.",
                    "Type the six digits, or what you understood, or both.",
                )
        about: View = {"line": visit.path("line"), "n": visit.number("n")}
        if visit.form.get("from_chat") == "yes":
            about["from_chat"] = True
        answer = await visit.call("readback", **about, group=group or None, fields=fields or None)
        if answer["stage"] == "wrong":
            left = answer["tries_left"]
            with field("group"):
                raise Refused(
                    "this is not the check group of this message",
                    f"ask for it again; after {left} more wrong "
                    f"{'try' if left == 1 else 'tries'} it is written into the record",
                )
    except ParleyError as error:
        return await ask(visit, error)
    done = "readback" if answer["matches"] else "readback-wrong"
    return visit.go(message.path_of(visit), done)


def _kinds(shown: View) -> list[View]:
    """The kinds of element that the message has, each with how many of them."""
    values = {kind: {e["value"] for e in shown["elements"] if e["kind"] == kind} for kind in Kind}
    return [
        {"name": kind.value, "count": len(values[kind]), "as_in": AS_IN[kind]}
        for kind in Kind
        if values[kind]
    ]
