"""Words found in all that was said."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.views import KINDS, PRECEDENCES, parts, reference
from parley.core.errors import ParleyError

FIELDS = ("words", "line", "dir", "precedence", "status", "since", "until", "person", "unanswered")
STATUSES = ("ACTUAL", "EXERCISE", "TEST", "SERVICE")


async def show(visit: Visit) -> Response:
    """GET /find, with what is looked for in the address."""
    page = await visit.frame()
    form = {name: visit.query(name).strip() for name in FIELDS}
    asked = any(form.values())
    found: View = {"found": [], "next": None, "behind": 0}
    error: ParleyError | None = None
    if asked:
        try:
            found = await visit.call("find", **arguments(form), **_before(visit.query("before")))
        except ParleyError as refused:
            error = refused
    line = page.line(form["line"]) if form["line"] else None
    if line is not None:
        page.only(line)
    return await visit.page(
        "find.html",
        page,
        200 if error is None else status_of(error),
        form=form,
        asked=asked and error is None,
        found=[row(page, each) for each in found["found"]],
        behind=found["behind"],
        older=None
        if found["next"] is None
        else f"?{urlencode({**_given(form), 'before': found['next']})}",
        precedences=PRECEDENCES,
        statuses=STATUSES,
        error=refusal(error) if error else None,
    )


def arguments(form: dict[str, str]) -> dict[str, Any]:
    """What a form asks for, as the station takes it."""
    given: dict[str, Any] = _given(form)
    if "unanswered" in given:
        given["unanswered"] = True
    return given


def _given(form: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if value}


def _before(place: str) -> dict[str, int]:
    return {"before": int(place)} if place.isascii() and place.isdigit() and len(place) < 16 else {}


def row(page: Frame, view: View) -> View:
    """One entry that was found: what it is called, and its page or that of what it is about."""
    ours = page.station["party"]
    named = view["about"] or view
    known = any(each["line"] == parts(named["line"])[0] for each in page.lines)
    where = (named["line"], named["dir"], named["n"])
    return {
        **view,
        "ref": page.names.ref(view["line"], view["dir"], view["n"])
        if known
        else reference(
            ours if view["dir"] == "ours" else view["counterpart"], view["n"], view["line_name"], 2
        ),
        "href": page.names.href(*where) + beside(view)
        if known and (view["about"] or view["is_message"])
        else f"{page.seat}/chat?line={view['line']}&before={view['entry'] + 1}"
        if known and view["kind"] == "chat"
        else None,
        "about_ref": page.names.ref(*where) if known and view["about"] else "",
        "kind_words": KINDS.get(view["kind"], view["kind"]),
        "pieces": pieces(view["excerpt"], view["hits"]),
    }


def beside(view: View) -> str:
    """Which part of a message's page has what was found, when it is not the text."""
    first = view["where"][0]["in"] if view.get("where") else "text"
    return {"text": "", "translation": "#translations"}.get(first, "#attachments")


def pieces(text: str, spans: list[list[int]]) -> list[tuple[str, bool]]:
    """An excerpt in pieces, each with whether it was looked for."""
    cut, at = list[tuple[str, bool]](), 0
    for start, end in spans:
        cut += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [(piece, hit) for piece, hit in [*cut, (text[at:], False)] if piece]
