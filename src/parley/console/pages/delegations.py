"""The page on which a role is lent to another person, and taken back."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from parley.console.desk import Visit, refusal, status_of
from parley.console.tongues import N_
from parley.console.views import PRECEDENCES
from parley.core.errors import ParleyError
from parley.station.acts.person import HANDLERS
from parley.station.line.delegating import LENT

STATES = {
    "waits": N_("BEGINS BY ITSELF"),
    "in force": N_("IN FORCE"),
    "over": N_("ITS TIME IS OVER"),
    "taken back": N_("TAKEN BACK"),
}
OWN = frozenset(LENT.values())  # who has one of these can lend
TYPED = ("role", "to", "by", "since", "until", "where")


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /watch/delegations"""
    page = await visit.frame()
    found = (await visit.call("delegation.list", all=True))["delegations"]
    people = (await visit.call("person.list"))["persons"]
    me = visit.seat.person.id
    oversees = "operator" in page.person["roles"]
    for each in found:
        mine = oversees or me in (each["by"]["id"], each["to"]["id"])
        each["ends"] = mine and each["state"] in ("waits", "in force")
        each["live"] = each["state"] in ("waits", "in force")
    typed = {name: visit.form.get(name) for name in TYPED}
    chosen = visit.form.all("precedence") if error else list(PRECEDENCES)
    return await visit.page(
        "delegations.html",
        page,
        200 if error is None else status_of(error),
        delegations=found,
        states=STATES,
        roles=LENT,
        oversees=oversees,
        lenders=[each for each in people if OWN & set(each["roles"])],
        others=[
            each
            for each in people
            if set(HANDLERS) & set(each["roles"])
            and not OWN & set(each["roles"])
            and each["id"] != me
        ],
        levels=sorted({line["level"] for line in page.lines}),
        precedences=PRECEDENCES,
        chosen=chosen,
        typed=typed,
        error=refusal(error) if error else None,
    )


async def give(visit: Visit) -> Response:
    """POST /watch/delegations"""
    form = visit.form
    try:
        given: dict[str, Any] = {
            "role": form.get("role"),
            "to": form.number("to"),
            "until": form.get("until").strip(),
            "precedences": form.all("precedence"),
        }
        if form.get("since").strip():
            given["since"] = form.get("since").strip()
        kind, _, name = form.get("where").partition(" ")
        if kind in ("line", "level"):
            given[kind] = name
        if form.get("by"):
            given["by"] = form.number("by")
        await visit.prove()
        await visit.call("delegation.give", **given)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/watch/delegations", "lent")


async def end(visit: Visit) -> Response:
    """POST /watch/delegations/end: at once, and without asking once more who it is."""
    try:
        await visit.call("delegation.end", delegation=visit.form.number("delegation"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/watch/delegations", "lent-no-more")
