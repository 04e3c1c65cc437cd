"""The record of a line in the order both sides hold, and as a file of evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from parley.console import recorded
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.guard import FILE
from parley.console.tongues import _
from parley.console.views import KINDS, of_incarnation
from parley.core.errors import ParleyError, Refused

ROWS = 200


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /record, with ?line= and ?from=; without a place, the newest entries."""
    page = await visit.frame()
    refused: dict[str, Any] = {}
    if error is not None:
        refused = {"error": refusal(error), "status": status_of(error)}
    line = page.line(visit.form.get("line") or visit.query("line")) if page.lines else None
    if line is None:
        return await visit.page("record.html", page, line=None, **refused)
    page.only(line)
    asked = visit.query("from")
    place = {"start": int(asked)} if asked.isascii() and asked.isdigit() and len(asked) < 12 else {}
    found = await visit.call("record", line=line["line"], limit=ROWS, **place)
    start, total = found["start"], found["total"]
    base = f"?line={line['line']}&from="
    return await visit.page(
        "record.html",
        page,
        line=line,
        heads=_heads(page, line, found["heads"]),
        entries=[_row(page, line, row) for row in _crossed(found["entries"])],
        start=start,
        total=total,
        earlier=f"{base}{max(0, start - ROWS)}" if start else None,
        later=f"{base}{start + ROWS}" if start + ROWS < total else None,
        contradictions=await _contradictions(visit, page, line),
        **refused,
    )


async def _contradictions(visit: Visit, page: Frame, line: View) -> list[View]:
    """What they signed against themselves in this incarnation, for who may take it away."""
    if not page.may["export"]:
        return []
    told = await visit.call("contradictions", line=line["line"])
    found: list[View] = told["contradictions"]
    return found


async def contradiction(visit: Visit) -> Response:
    """POST /record/contradiction: two things that they signed, as a file."""
    line, kind = (await visit.frame()).line(visit.form.get("line")), visit.form.get("kind")
    try:
        if line is None:
            raise Refused("There is no such line at this station.", "Begin at the record.")
        told = await visit.call("contradiction.take", line=line["line"], kind=kind)
    except ParleyError as error:
        return await show(visit, error)
    headers = {**FILE, "Content-Disposition": f'attachment; filename="{_name(line)}.{kind}"'}
    return PlainTextResponse(told["text"], headers=headers)


def _name(line: View) -> str:
    """What the file of a record is called."""
    older = f"-{line['older']}" if line["older"] else ""
    return f"record-{line['hex'][:8]}{older}.evidence"


async def export(visit: Visit) -> Response:
    """POST /record/export: the evidence of a line, as a file."""
    line = (await visit.frame()).line(visit.form.get("line"))
    try:
        if line is None:
            raise Refused("There is no such line at this station.", "Begin at the record.")
        first = await visit.call("export", line=line["line"])
    except ParleyError as error:
        return await show(visit, error)

    async def pieces() -> AsyncIterator[str]:
        told = first
        yield told["evidence"]
        while told["next"] is not None:
            told = await visit.call("export", line=line["line"], after=told["next"])
            yield told["evidence"]

    headers = {**FILE, "Content-Disposition": f'attachment; filename="{_name(line)}"'}
    return StreamingResponse(pieces(), media_type="text/plain; charset=utf-8", headers=headers)


def _heads(page: Frame, line: View, heads: View) -> list[View]:
    ours, theirs = page.station["party"], line["counterpart"]
    if line["deniable"]:
        return [
            {
                "title": _("%(party)s has said", party=party),
                **heads[whose],
                "words": _("%(size)s vouched for between the two", size=heads[whose]["vouched"]),
            }
            for party, whose in ((ours, "ours"), (theirs, "theirs"))
        ]
    return [
        {
            "title": _("%(party)s has said", party=ours),
            **heads["ours"],
            "words": _(
                "%(party)s has signed for %(size)s",
                party=theirs,
                size=heads["ours"]["signed_by_them"],
            ),
        },
        {
            "title": _("%(party)s has said", party=theirs),
            **heads["theirs"],
            "words": _(
                "%(party)s has signed for %(size)s",
                party=ours,
                size=heads["theirs"]["signed_by_us"],
            ),
        },
    ]


def _crossed(entries: list[View]) -> list[View]:
    """Mark messages that passed each other on the way: neither speaker had the other's."""
    messages = [each for each in entries if each["is_message"]]
    for each in messages:
        each["crossed"] = any(
            other["dir"] != each["dir"]
            and other["seen"] <= each["n"]
            and each["seen"] <= other["n"]
            for other in messages
        )
    return entries


def _row(page: Frame, line: View, row: View) -> View:
    kind, is_message = row["kind"], row["is_message"]
    return {
        **row,
        "ref": page.names.ref(line["line"], row["dir"], row["n"]),
        "href": page.names.href(line["line"], row["dir"], row["n"]) if is_message else None,
        "crossed": row.get("crossed", False),
        "kind_words": KINDS.get(kind, "read back" if kind == "readback" else kind),
        "first_words": recorded.in_words(row, partial(_ref, page, line), page.now),
    }


def _ref(page: Frame, line: View, dir: str, n: Any) -> str:
    """An entry by its number, or by [number, incarnation]."""
    match n:
        case [number, inc]:
            return page.names.ref(of_incarnation(line["hex"], inc), dir, number)
        case [number]:
            return page.names.ref(line["line"], dir, number)
    return page.names.ref(line["line"], dir, n)
