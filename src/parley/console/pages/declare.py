"""What a side declares of a line: suspended, open again, closed. Each becomes a draft."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from parley.console import unfinished
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import View
from parley.console.views import PRECEDENCES
from parley.core.entry import check_text
from parley.core.errors import Misused, ParleyError, Refused
from parley.station.acts.fields import field

HOUR_S = 3_600


async def show(
    visit: Visit, error: ParleyError | None = None, typed: View | None = None
) -> Response:
    """GET /declare?line="""
    page = await visit.frame()
    if not page.may["suspend"]:
        raise Refused(
            "Only a drafter writes what is declared of a line.",
            "Ask a drafter, or the engineer for the role",
        )
    form = typed or {"verb": "", "text": "", "line": visit.query("line"), "hours": "", "only": []}
    line = page.line(str(form["line"]))
    if line is not None:
        page.only(line)
    orders = await _orders(visit, line, form) if line is not None else {}
    return await visit.page(
        "declare.html",
        page,
        200 if error is None else status_of(error),
        line=line,
        orders=orders,
        precedences=PRECEDENCES,
        error=refusal(error, str(form["text"])) if error else None,
    )


async def _orders(visit: Visit, line: View, refused: View) -> dict[str, View]:
    """Each that may be written there, with what was typed of it and not kept, and where that is
    held."""
    found: dict[str, View] = {}
    for verb in ("suspend", "lift", "close"):
        place = unfinished.address("/declare", line=line["line"], verb=verb)
        if refused["verb"] == verb:
            found[verb] = {**refused, "held": await unfinished.refused(visit, place)}
            continue
        held, sent = await unfinished.begun(visit, place)
        form = unfinished.filled({"text": "", "hours": ""}, sent)
        only = [each for each in PRECEDENCES if sent and sent.get(f"only-{each}") == "yes"]
        found[verb] = {**form, "only": only, "held": held}
    return found


async def order(visit: Visit) -> Response:
    """POST /declare/VERB: a draft, which a second person releases."""
    form = visit.form
    typed: View = {
        "verb": visit.path("verb"),
        "text": form.text("text"),
        "line": form.get("line"),
        "hours": form.get("hours"),
        "only": [each for each in PRECEDENCES if form.get(f"only-{each}") == "yes"],
    }
    try:
        await visit.prove()
        draft = await visit.call(typed["verb"], line=typed["line"], **_arguments(typed))
    except ParleyError as error:
        return await show(visit, error, typed)
    await unfinished.over(visit)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


def _arguments(typed: View) -> dict[str, Any]:
    if typed["text"].strip():
        with field("text"):  # also where it is too long, and no place in it is named
            check_text(typed["text"])
    if typed["verb"] == "lift":
        return {"text": typed["text"]} if typed["text"].strip() else {}
    if typed["verb"] == "close":
        return {"reason": typed["text"]}
    if typed["verb"] != "suspend":
        raise Misused("Nothing of this kind is declared of a line.", "Suspend, lift or close.")
    hours = typed["hours"].strip()
    if hours and not hours.isdecimal():
        with field("hours"):
            raise Misused(
                "The notice is a number of hours.", "Leave it empty for as soon as agreed."
            )
    given: dict[str, Any] = {"reason": typed["text"], "precedences": typed["only"] or None}
    return given | ({"in_s": int(hours) * HOUR_S} if hours else {})
