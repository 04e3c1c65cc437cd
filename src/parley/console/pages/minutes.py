"""What was said in a call: the minute that both agree on, and the two readouts beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from parley.console import unfinished
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.tongues import N_, _
from parley.console.unfinished import Unfinished
from parley.console.vocabulary import word
from parley.console.words import clock
from parley.core.errors import ParleyError, Refused
from parley.station.acts.fields import field

SHAPES = {"same": "heard", "as in the minute": "heard", "differ": "differ", "neither": "neither"}
KINDS = {
    "date": N_("When, with whom"),
    "with": N_("When, with whom"),
    "topic": N_("Topics"),
    "date in words": N_("Dates in the words"),
    "time": N_("Times in the words"),
    "number": N_("Numbers in the words"),
    "name": N_("Names in the words"),
}
MANY = ("present", "touched", "interrupted", "recorded", "shown", "agreed")  # one in each line
FACTS = ("call", "began", "ended", "held_by", *MANY)
OF_RECORD = ("present", "interrupted", "recorded", "shown")
STATEMENT = ("call", "by", "date", "with_whom", "topics", "language", "text")


async def show_all(visit: Visit) -> Response:
    """GET /minutes"""
    page = await visit.frame()
    found = [
        {**each, "href": _call_path(page, line, each["call"])}
        for line in page.lines
        for each in (await visit.call("minute.list", line=line["line"]))["calls"]
    ]
    return await visit.page("minutes.html", page, calls=found)


async def show(visit: Visit) -> Response:
    """GET /minutes/call?line=&call="""
    page = await visit.frame()
    line = _line(page, visit.query("line"))
    call = {"call": visit.query("call")} if visit.query("call") else {}
    found = await visit.call("readout.compare", line=line["line"], **call)
    return await visit.page(
        "minute.html",
        page,
        line=line,
        talk=found,
        groups=_groups(found),
        address=urlencode({"line": line["line"], "call": found["call"]}),
    )


def _groups(found: View) -> list[tuple[str, list[View]]]:
    """The rows under the headings that people look for."""
    groups: dict[str, list[View]] = {}
    for row in found["rows"]:
        only = next(
            (side for side, name in found["names"].items() if row["mark"] == f"only {name}"), ""
        )
        shape = SHAPES.get(row["mark"], f"only-{only}" if only else "not-yet")
        shown = {**row, "shape": shape}
        if only:
            shown["mark"] = _("only %(party)s", party=found["names"][only])
        # Headings and "touched" are words of ours; all else is what somebody wrote.
        if row["kind"] in ("date", "with"):
            shown["what"] = word(row["what"])
        elif row["kind"] == "topic":
            shown["minute"] = word(row["minute"])
        groups.setdefault(KINDS[row["kind"]], []).append(shown)
    return list(groups.items())


# --- a minute


async def draft(
    visit: Visit,
    error: ParleyError | None = None,
    form: View | None = None,
    text: str | None = None,
) -> Response:
    """GET /minutes/draft?line=&call=: facts, then the text that comes of them; with text=other
    the newest text, to propose another; what was typed and not kept before either."""
    page = await visit.frame()
    _must_write(page)
    begun = form is None
    form = form or {**dict.fromkeys(FACTS, ""), "call": visit.query("call")}
    line = _line(page, str(form.get("line") or visit.query("line")))
    of_facts, of_text = _places(line, form["call"])
    here, sent = Unfinished(of_facts), None
    facts = visit.form.get("facts")
    if begun:
        here, sent = await unfinished.begun(visit, of_text if visit.query("text") else of_facts)
    elif error is not None:
        here = await unfinished.refused(visit, of_facts if text is None else of_text)
    elif text is not None:
        facts = (await unfinished.refused(visit, of_facts)).page
        here = await unfinished.made(visit, of_text, text, facts)
    agenda: list[str] = []
    of_record: list[str] = []
    talk: View | None = None
    if form["call"]:
        try:
            with field("call"):
                talk = await visit.call("minute.show", line=line["line"], call=form["call"])
        except ParleyError as unknown:
            if begun:
                raise
            error, text = error or unknown, None  # what was typed stays, and it is said beside it
    if talk is not None:
        agenda = talk["agenda"]
        of_record = [name for name in OF_RECORD if talk["held"] and talk["held"][name]]
        if begun and talk["held"]:  # what the record has; the drafter may change it
            held = {name: value for name, value in talk["held"].items() if name not in MANY}
            form |= held | {name: "\n".join(talk["held"][name]) for name in OF_RECORD}
            touched = set(talk["held"]["touched"])
            form["items"] = [str(n) for n, item in enumerate(agenda, 1) if item in touched]
        newest = talk["proposed"][-1:] or [each for each in (talk["agreed"],) if each]
        if visit.query("text") == "other" and newest:
            text = newest[0]["text"]
    if sent is not None and here.place == of_text:
        text, facts = sent.text("text"), sent.get("facts")
    elif sent is not None:
        form = unfinished.filled(form, sent) | {"items": sent.all("item")}
    elif text is None:
        here = replace(here, place=of_facts)
    return await visit.page(
        "minute_draft.html",
        page,
        200 if error is None else status_of(error),
        line=line,
        form=form,
        text=text,
        held=here,
        facts=facts,
        others=await unfinished.others(visit, page, here),
        agenda=agenda,
        of_record=of_record,
        now=clock(page.now)[:16],
        error=refusal(error, text or "") if error else None,
    )


def _places(line: View, call: str) -> tuple[str, str]:
    """Where the facts of a minute are held, and where the text that comes of them is."""
    about = {"line": line["line"], "call": call}
    facts = unfinished.address("/minutes/draft", **about)
    return facts, unfinished.address("/minutes/draft", **about, text="other")


async def fill(visit: Visit) -> Response:
    """POST /minutes/draft: the text of these facts, to be edited and proposed."""
    form: View = {name: visit.form.text(name).strip() for name in (*FACTS, "line")}
    form["items"] = visit.form.all("item")
    given: dict[str, Any] = {name: _lines(form[name]) for name in MANY}
    given["touched"] = [*form["items"], *given["touched"]]
    single = ("call", "began", "ended", "held_by", "line")
    given |= {name: form[name] for name in single if form[name]}
    try:
        with field("ended" if form["began"] else "began"):
            if not form["began"] or not form["ended"]:
                raise Refused("a minute says when the call began and ended", "fill both in")
        found = await visit.call("minute.draft", **given)
    except ParleyError as error:
        return await draft(visit, error, form)
    return await draft(visit, None, form, found["text"])


async def propose(visit: Visit) -> Response:
    """POST /minutes/propose"""
    text, line = visit.form.text("text").removesuffix("\n"), visit.form.get("line")
    try:
        made = await visit.call("minute.propose", text=text, line=line)
    except ParleyError as error:
        form = {**dict.fromkeys(FACTS, ""), "line": line}
        return await draft(visit, error, form, text)
    await unfinished.over(visit)
    return visit.go(f"/drafts/{made['draft']}", "drafted")


async def accept(visit: Visit) -> Response:
    """POST /minutes/accept"""
    made = await visit.call("minute.accept", n=visit.form.number("n"), line=visit.form.get("line"))
    return visit.go(f"/drafts/{made['draft']}", "drafted")


# --- a readout


async def readout(
    visit: Visit, error: ParleyError | None = None, form: View | None = None
) -> Response:
    """GET /minutes/readout?line=&call="""
    page = await visit.frame()
    _must_write(page)
    begun = form is None
    form = form or {**dict.fromkeys(STATEMENT, ""), "call": visit.query("call"), "items": []}
    line = _line(page, str(form.get("line") or visit.query("line")))
    place = unfinished.address("/minutes/readout", line=line["line"], call=form["call"])
    held, sent = Unfinished(place), None
    if begun:
        held, sent = await unfinished.begun(visit, place)
    else:
        held = await unfinished.refused(visit, place)
    form = unfinished.filled(form, sent) | ({"items": sent.all("item")} if sent else {})
    call = {"call": form["call"]} if form["call"] else {}
    talk = await visit.call("minute.show", line=line["line"], **call)
    return await visit.page(
        "readout.html",
        page,
        200 if error is None else status_of(error),
        line=line,
        form={**form, "call": talk["call"]},
        talk=talk,
        held=held,
        error=refusal(error, form["text"]) if error else None,
    )


async def attach(visit: Visit) -> Response:
    """POST /minutes/readout"""
    form: View = {name: visit.form.text(name).strip() for name in (*STATEMENT, "line")}
    form |= {"text": visit.form.text("text").removesuffix("\n"), "items": visit.form.all("item")}
    single = ("call", "by", "date", "language", "line")
    given: dict[str, Any] = {name: form[name] for name in single if form[name]}
    given["topics"] = [*form["items"], *_lines(form["topics"])]
    try:
        made = await visit.call(
            "readout.write", text=form["text"], with_whom=form["with_whom"], **given
        )
    except ParleyError as error:
        return await readout(visit, error, form)
    await unfinished.over(visit)
    return visit.go(f"/drafts/{made['draft']}", "drafted")


# --- what they share


def _line(page: Frame, name: str) -> View:
    line = page.line(name)
    if line is None:
        raise Refused("There is no such line at this station.", "Begin at the page Minutes.")
    page.only(line)
    return line


def _must_write(page: Frame) -> None:
    if not page.may["minute.propose"]:
        raise Refused(
            "Only a drafter writes minutes and readouts.",
            "Ask a drafter, or the engineer for the role",
        )


def _call_path(page: Frame, line: View, call: str) -> str:
    return f"{page.seat}/minutes/call?{urlencode({'line': line['line'], 'call': call})}"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
