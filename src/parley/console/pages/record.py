"""The record of a line in the order both sides hold."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from parley.console.desk import Visit
from parley.console.frame import Frame, View
from parley.console.signs import seen_signs
from parley.console.tongues import _
from parley.console.views import KINDS, of_incarnation
from parley.console.vocabulary import said
from parley.console.words import clock, first_words

ROWS = 200
ACTS = {"displayed", "opened", "passed", "readback", "confirmed", "corrected", "unable", "wait"}
BESIDE = {"roster", "service", "chat", "presence"}  # entries that are no messages


async def show(visit: Visit) -> Response:
    """GET /record, with ?line= and ?from=; without a place, the newest entries."""
    page = await visit.frame()
    line = page.line(visit.query("line")) if page.lines else None
    if line is None:
        return await visit.page("record.html", page, line=None)
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
    )


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
    messages = [
        each
        for each in entries
        if each["kind"] not in ACTS | {"roster", "service", "chat", "presence"}
    ]
    for each in messages:
        each["crossed"] = any(
            other["dir"] != each["dir"]
            and other["seen"] <= each["n"]
            and each["seen"] <= other["n"]
            for other in messages
        )
    return entries


def _row(page: Frame, line: View, row: View) -> View:
    kind, is_act = row["kind"], row["kind"] in ACTS
    is_message = not is_act and kind not in BESIDE
    return {
        **row,
        "ref": page.names.ref(line["line"], row["dir"], row["n"]),
        "href": page.names.href(line["line"], row["dir"], row["n"]) if is_message else None,
        "is_message": is_message,
        "crossed": row.get("crossed", False),
        "kind_words": KINDS.get(kind, "read back" if kind == "readback" else kind),
        "first_words": _act(page, line, row)
        if is_act
        else _("names of people and desks")
        if kind == "roster"
        else said(seen_signs(row["text"]))
        if kind == "presence" and row["text"]
        else first_words(row["gist"] or row["text"]),
    }


def _act(page: Frame, line: View, row: View) -> str:
    """What an acknowledgement says, in words; as it stands when it has not their form."""
    other = "ours" if row["dir"] == "theirs" else "theirs"
    try:
        said: Any = json.loads(row["text"] or "")
        if row["kind"] == "displayed":
            runs = [([n, *inc], n + count - 1) for n, count, *inc in said]
            return ", ".join(
                _run(_ref(page, line, other, a), b if b > a[0] else None) for a, b in runs
            )
        if row["kind"] in ("confirmed", "corrected"):
            more = f": {seen_signs(str(said[1]))}" if len(said) > 1 else ""
            return _("read-back %(ref)s", ref=_ref(page, line, other, said[0])) + more
        rest: list[Any] = [
            seen_signs(part) if isinstance(part, str) else part
            for part in said[1:]
            if part is not None
        ]
        words = _ref(page, line, other, said[0])
        if row["kind"] == "opened":
            return words
        if row["kind"] == "wait":
            until = clock(rest[0] + 1_577_836_800, page.now)
            return _("%(words)s until %(time)s", words=words, time=until)
        if row["kind"] == "unable":
            return f"{words}: {rest[-1]}"
        if row["kind"] == "passed":
            return _("%(words)s to %(office)s", words=words, office=rest[0])
        return f"{words} {rest[0]}"
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError):
        return first_words(row["text"])


def _run(first: str, last: int | None) -> str:
    return first if last is None else _("%(first)s to %(last)s", first=first, last=last)


def _ref(page: Frame, line: View, dir: str, n: Any) -> str:
    """An entry by its number, or by [number, incarnation]."""
    match n:
        case [number, inc]:
            return page.names.ref(of_incarnation(line["hex"], inc), dir, number)
        case [number]:
            return page.names.ref(line["line"], dir, number)
    return page.names.ref(line["line"], dir, n)
