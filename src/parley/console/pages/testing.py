"""Human tests: which comes next and whose turn it is, one of theirs to answer, and the figures."""

from __future__ import annotations

from starlette.responses import Response

from parley.console import views
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.guard import Form
from parley.console.tongues import N_
from parley.core.errors import ParleyError, Refused

WINDOWS = (("day", N_("24 h")), ("month", N_("30 d")))


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /tests"""
    page = await visit.frame()
    wrong = error is not None and "errors" in visit.form.names()
    return await visit.page(
        "tests.html",
        page,
        200 if error is None else status_of(error),
        tests=[await _of_line(visit, page, line) for line in page.lines],
        windows=WINDOWS,
        answers=visit.form.get("line") if wrong else "",
        typed=visit.form.text("errors"),
        faults={"errors": error.sentence} if wrong and error else {},
        error=refusal(error, visit.form.text("errors")) if error else None,
    )


async def _of_line(visit: Visit, page: Frame, line: View) -> View:
    shown = await visit.call("test.schedule", line=line["line"])
    waits, message = shown["to_answer"], None
    if waits is not None and page.may["inbox"]:
        about = {"line": waits["line"], "n": waits["n"], "dir": "theirs"}
        message = views.message(await visit.call("message", **about), page.names)
    newest = [
        {**each, "href": page.names.href(each["line"], each["dir"], each["n"])}
        for each in shown["newest"]
    ]
    return {**shown, "line": line, "message": message, "newest": newest}


async def call(visit: Visit) -> Response:
    """POST /test: a human test, which a person there answers."""
    text, number = visit.form.text("text"), visit.form.get("number")
    given: View = {"text": text} if text.strip() else {}  # else the next harmless one of ours
    try:
        if number:
            given["number"] = visit.form.number("number")
        await visit.call("test.call", line=visit.form.get("line"), **given)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/" if visit.form.get("page") == "lines" else "/tests", "tested")


async def answer(visit: Visit) -> Response:
    """POST /tests/answer: how a test of theirs came through."""
    try:
        about = {"line": visit.form.get("line"), "n": visit.form.number("n")}
        await visit.call("test.answer", **about, **certifying(visit.form))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/tests", "answered")


def certifying(form: Form) -> View:
    """A good copy, or what was wrong, in words."""
    if form.get("came") == "good":
        return {"good": True}
    words = form.text("errors")
    if not words.strip():
        raise Refused(
            "Say what was wrong with the test.",
            "A few words, such as “The last word was cut off.” Nothing was sent.",
        )
    return {"errors": words}
