"""Messages of theirs by precedence, and ours as they make their way."""

from __future__ import annotations

from itertools import groupby

from starlette.responses import Response

from parley.console import views
from parley.console.desk import Visit
from parley.console.frame import Frame, View
from parley.console.tongues import _
from parley.console.words import within

PAGE = 50  # messages on a page: what a browser lays out within a frame or two


async def show(visit: Visit) -> Response:
    """GET /inbox"""
    page = await visit.frame()
    every = visit.query("all") == "1"
    found = await visit.call("inbox", all=every, before=visit.query("before") or None, most=PAGE)
    messages = [views.message(message, page.names) for message in found["messages"]]
    rank = views.PRECEDENCES.index
    messages.sort(key=lambda each: (rank(each["precedence"]), each["kept"]))
    groups = [
        {
            "precedence": name,
            "within": _within(page, name),
            "messages": members,
            "waiting": sum(each["clock"] is not None for each in members),
        }
        for name, members in (
            (name, list(found))
            for name, found in groupby(messages, key=lambda each: each["precedence"])
        )
    ]
    return await visit.page("inbox.html", page, groups=groups, every=every, **_onward(found, every))


async def sent(visit: Visit) -> Response:
    """GET /sent: newest first."""
    page = await visit.frame()
    every = visit.query("all") == "1"
    found = await visit.call("outbox", all=every, before=visit.query("before") or None, most=PAGE)
    messages = [views.message(message, page.names) for message in reversed(found["messages"])]
    waiting = [
        {**each, "counterpart": page.names.line(each["line"])["counterpart"]}
        for each in found["waiting"]
    ]
    return await visit.page(
        "sent.html", page, messages=messages, waiting=waiting, every=every, **_onward(found, every)
    )


def _onward(found: View, every: bool) -> View:
    """Where older ones are, and whether more wait than are shown."""
    older = found["older"] and f"?all=1&before={found['older']}"
    return {"older": older if every else "?all=1" if older else "", "more": found.get("more")}


def _within(page: Frame, precedence: str) -> str:
    """The time allowed, where all lines agree on it."""
    allowed = {line["clocks_s"][precedence] for line in page.lines}
    return within(allowed.pop()) if len(allowed) == 1 else _("the time agreed for each line")
