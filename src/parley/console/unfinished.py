"""What somebody has typed on a page and not kept: the station holds it by the address of the page,
and the page has it again.

A form that is held carries its address, a mark of this page that its script gives it, and the
number of the text that it was shown. So two pages at one address each have a text of their own.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import parse_qs, urlencode

from starlette.responses import JSONResponse, Response

from parley.console.desk import RENEWAL, Visit
from parley.console.frame import Frame, View
from parley.console.guard import Form
from parley.console.tongues import N_, _
from parley.console.unkept import is_written
from parley.console.words import first_words
from parley.core.errors import ParleyError
from parley.station.acts.operations import HIDDEN

PLACE, PAGE, SHOWN = "typed-place", "typed-page", "typed-shown"
LEFT_OUT = HIDDEN | {PLACE, PAGE, SHOWN, "assertion"}
AT = "typed"  # in an address: which of the texts at that address
WRITTEN_AT = {
    "/calls/ask": N_("Ask for a call"),
    "/minutes/draft": N_("Minute"),
    "/minutes/readout": N_("Readout"),
    "/declare": N_("Suspend, lift or close"),
}
OF_A_MESSAGE = {
    "pass": N_("Pass on"),
    "unable": N_("Unable"),
    "correct": N_("Correct the read-back"),
}
REFERRING = (
    ("answers", "theirs", N_("This answers %(ref)s.")),
    ("corrects", "ours", N_("This corrects %(ref)s, which stays in the record.")),
    ("retracts", "ours", N_("This retracts %(ref)s, which stays in the record.")),
)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Where a form is held, and since when what was shown in it has waited."""

    place: str
    page: str = ""  # given by the script of the page, once somebody types there
    shown: int = 0
    at: float | None = None
    held: bool = True


def address(path: str, **query: object) -> str:
    """The address of a page, below any seat, by which its text is held."""
    asked = {name: str(value) for name, value in query.items() if value}
    return f"{path}?{urlencode(asked, safe='@')}" if asked else path


async def begun(visit: Visit, place: str) -> tuple[Unfinished, Form | None]:
    """The text that waits at that address, and its fields; where a page is read anew."""
    found = await visit.call("typing.show", place=place, page=visit.query(AT)[:40])
    if found["form"] is None:
        return Unfinished(place), None
    # A page that renews itself says nothing of what is just being typed there.
    at = None if RENEWAL in visit.request.headers else found["at"]
    return Unfinished(place, "", found["id"], at), Form(_pairs(found["form"]))


def filled(form: View, sent: Form | None) -> View:
    """A form with what was typed in it before."""
    return (
        form if sent is None else {**form, **{n: sent.text(n) for n in form if n in sent.names()}}
    )


async def refused(visit: Visit, place: str) -> Unfinished:
    """Hold what was sent and refused, if it can be; the page has it in any case."""
    page, shown = visit.form.get(PAGE) or token_hex(8), _number(visit.form.get(SHOWN))
    place, held = visit.form.get(PLACE) or place, False
    with suppress(ParleyError):
        await _hold(visit, place, page, shown)
        held = True
    return Unfinished(place, page, shown, None, held)


async def made(visit: Visit, place: str, text: str, of: str) -> Unfinished:
    """Hold a text that the station has made of what was sent from the page of that mark."""
    page, held = token_hex(8), False
    with suppress(ParleyError):
        form = json.dumps({"text": text, "facts": of})
        await visit.call("typing.keep", place=place, page=page, form=form)
        held = True
    return Unfinished(place, page, held=held)


async def over(visit: Visit) -> None:
    """It was kept: nothing of it waits any more, nor the facts of which it was made."""
    with suppress(ParleyError):  # on a full disk it is shown once more, and what was kept is kept
        await _end(visit)
        if facts := visit.form.get("facts"):
            await visit.call("typing.end", page=facts)


async def hold(visit: Visit) -> Response:
    """POST /typed: what stands in the fields of a form, while it is typed."""
    form = visit.form
    kept = await _hold(visit, form.get(PLACE), form.get(PAGE), _number(form.get(SHOWN)))
    return JSONResponse(kept)


async def forget(visit: Visit) -> Response:
    """POST /typed/forget: it is not wanted any more."""
    await _end(visit)
    return visit.go(visit.form.get(PLACE))


async def others(visit: Visit, page: Frame, here: Unfinished) -> list[View]:
    """What else of this person waits unfinished, the newest first, and where it is gone on with."""
    texts = (await visit.call("typing.list"))["texts"]
    return [
        {
            **each,
            "what": _what(page, each["place"]),
            "words": first_words(each["words"]),
            "href": page.seat + _with(each["place"], each["page"]),
        }
        for each in texts
        if each["page"] != here.page and each["id"] != here.shown
    ]


def _what(page: Frame, place: str) -> str:
    """What is written at that address."""
    path, _query, query = place.partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    parts = path.split("/")
    line = page.line(asked.get("line", ""))
    for name, dir, words in REFERRING:
        if path == "/compose" and line and asked.get(name, "").isdecimal():
            return _(words, ref=page.names.ref(line["line"], dir, int(asked[name])))
    if path.startswith("/drafts/"):
        return _("Edit draft %(draft)s", draft=parts[2])
    if path.startswith("/messages/"):
        return _(OF_A_MESSAGE.get(parts[-1], N_("Translation")))
    if path.startswith("/calls/") and path not in WRITTEN_AT:
        return _("Answer a request for a call")
    return _(WRITTEN_AT.get(path, N_("Write a message")))


async def _hold(visit: Visit, place: str, page: str, shown: int) -> View:
    form = {}
    for name in visit.form.names() - LEFT_OUT:
        values = [value.replace("\r\n", "\n") for value in visit.form.all(name)]
        form[name] = values[0] if len(values) == 1 else values
    if not is_written(visit.form.pairs):  # nothing is left of it
        return await visit.call("typing.end", page=page, shown=shown)
    given = {"place": place, "page": page, "shown": shown}
    return await visit.call("typing.keep", form=json.dumps(form), **given)


async def _end(visit: Visit) -> None:
    page, shown = visit.form.get(PAGE), _number(visit.form.get(SHOWN))
    if page or shown:
        await visit.call("typing.end", page=page, shown=shown)


def _pairs(form: View) -> list[tuple[str, str]]:
    """The fields of a form, as a browser sends them; a mark that is set is sent as yes."""
    several = [(name, held if isinstance(held, list) else [held]) for name, held in form.items()]
    return [
        (name, "yes" if value is True else str(value))
        for name, values in several
        for value in values
        if value is not False
    ]


def _with(place: str, page: str) -> str:
    return f"{place}{'&' if '?' in place else '?'}{AT}={page}"


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 15 else 0
