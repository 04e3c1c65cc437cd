"""The glossary of a line: its terms, and a form for another."""

from __future__ import annotations

from starlette.responses import Response

from parley.console.desk import Visit, refusal, status_of
from parley.core.errors import ParleyError, Refused

FIELDS = ("ours", "theirs", "warning")


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /glossary, with ?line="""
    page = await visit.frame()
    name = (
        visit.form.get("line")
        or visit.query("line")
        or (page.lines[0]["line"] if page.lines else "")
    )
    line = page.line(name) if page.lines else None
    if line is None:
        raise Refused("There is no line yet.", "A glossary is one of a line.")
    page.only(line)
    found = await visit.call("glossary.list", line=line["line"])
    return await visit.page(
        "glossary.html",
        page,
        200 if error is None else status_of(error),
        line=line,
        terms=found["terms"],
        sha256=found["sha256"],
        typed={**{name: visit.form.get(name) for name in FIELDS}}
        | {"protect": visit.form.get("protect") == "yes"},
        error=refusal(error) if error else None,
    )


async def add(visit: Visit) -> Response:
    """POST /glossary"""
    given = {name: visit.form.get(name).strip() or None for name in FIELDS}
    try:
        await visit.call(
            "glossary.add",
            line=visit.form.get("line"),
            ours=given["ours"] or "",
            theirs=given["theirs"],
            warning=given["warning"],
            protect=visit.form.get("protect") == "yes",
        )
    except ParleyError as error:
        return await show(visit, error)
    return visit.go(f"/glossary?line={visit.form.get('line')[:8]}&done=term")


async def end(visit: Visit) -> Response:
    """POST /glossary/end"""
    line = visit.form.get("line")
    try:
        await visit.call("glossary.end", line=line, term=visit.form.number("term"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go(f"/glossary?line={line[:8]}&done=term-ended")
