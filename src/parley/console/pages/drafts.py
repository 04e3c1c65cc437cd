"""Drafts that wait, and the page on which a second person reads one and releases it."""

from __future__ import annotations

from starlette.responses import Response

from parley.console import attached, views
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import View
from parley.console.pages.compose import quoted
from parley.core.errors import ParleyError, Refused


async def show_all(visit: Visit) -> Response:
    """GET /drafts"""
    page = await visit.frame()
    found = (await visit.call("draft.list"))["drafts"]
    who = visit.seat.person.id
    drafts = [views.draft(draft, page.names, who) for draft in found]
    drafts.sort(key=lambda each: (views.PRECEDENCES.index(each["precedence"]), each["at"]))
    return await visit.page("drafts.html", page, drafts=drafts)


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /drafts/N"""
    number = visit.number("draft")
    page = await visit.frame()
    draft = views.draft(
        await visit.call("draft.show", draft=number), page.names, visit.seat.person.id
    )
    page.only(page.names.line(draft["line"]), draft["status"])
    for each in draft["arrived_since"]:
        # The release says that these were on the releaser's screen, so they are, in full.
        where = {"line": draft["line"], "dir": "theirs", "n": each["n"]}
        each["text"] = (await visit.call("message", **where))["text"]
    files = draft["attachments"]
    if draft["state"] == "open":
        files = await attached.with_words(visit, number, {}, files)
    return await visit.page(
        "draft.html",
        page,
        200 if error is None else status_of(error),
        draft={
            **draft,
            "exact": bytes.fromhex(draft["exact"]),
            "chat": quoted(visit, draft["chat"]),
        },
        files=files,
        done=_true_of(visit.query("done"), draft),
        quotes=error is not None and error.rule == "O6",
        error=refusal(error) if error else None,
    )


def _true_of(done: str, draft: View) -> str:
    """What the page says was done there, as long as it holds; then what holds now."""
    if draft["state"] == "released":
        return "waiting" if draft["n"] is None else "released"
    if draft["state"] == "withdrawn":
        return "withdrawn"
    if draft["sent_back"]:
        return "sent-back"
    if draft["held"]:
        return "draft-held"
    return "" if done in ("draft-held", "sent-back", "waiting") else done


async def release(visit: Visit) -> Response:
    """POST /drafts/N/release: the bytes that were on the page, and no others."""
    number = visit.number("draft")
    try:
        if visit.form.get("read") != "yes":
            raise Refused(
                "a release needs your word that you have read it", "read it and set the mark"
            )
        await visit.prove()
        answer = await visit.call(
            "release",
            draft=number,
            sha256=visit.form.get("sha256"),
            displayed=visit.form.number("displayed"),
        )
    except ParleyError as error:
        return await show(visit, error)
    if answer["n"] is None:
        return visit.go(f"/drafts/{number}", "waiting")
    page = await visit.frame()
    line = (await visit.call("draft.show", draft=number))["line"]
    return visit.go(page.names.path(line, "ours", answer["n"]), "released")


# Verb in the address -> operation, fields of the form, what the next page says was done.
VERBS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "review": ("draft.review", ("sha256",), "reviewed"),
    "hold": ("draft.hold", ("reason",), "draft-held"),
    "free": ("draft.free", (), "draft-freed"),
    "send-back": ("draft.send_back", ("reason",), "sent-back"),
    "take-back": ("draft.take_back", ("reason",), "taken-back"),
}


async def act(visit: Visit) -> Response:
    """POST /drafts/N/VERB"""
    number = visit.number("draft")
    try:
        if visit.path("verb") not in VERBS:
            raise Refused("There is no such step.", "Begin at the draft.")
        operation, fields, done = VERBS[visit.path("verb")]
        given = {name: visit.form.text(name) for name in fields}
        await visit.call(operation, draft=number, **given)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go(f"/drafts/{number}", done)


async def withdraw(visit: Visit) -> Response:
    """POST /drafts/N/withdraw"""
    try:
        await visit.call("draft.withdraw", draft=visit.number("draft"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/drafts", "withdrawn")
