"""Writing a draft, and changing one. A refusal comes back with everything that was typed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from parley.catalogue.form import moment
from parley.catalogue.prepared import PREPARED, blanks
from parley.console import unfinished
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.guard import Form
from parley.console.set_out import perhaps
from parley.console.signs import seen_signs
from parley.console.tongues import _
from parley.console.unfinished import Unfinished
from parley.console.views import PRECEDENCES
from parley.console.vocabulary import word
from parley.console.words import clock, first_words, sentence, within
from parley.core.errors import ParleyError, Refused
from parley.station.texts.critical import critical

FIELDS = (
    "text",
    "precedence",
    "subject",
    "language",
    "line",
    "answers",
    "corrects",
    "retracts",
    *("protect", "reply_by"),
)
MARKED = ("rescue", "service", "from_chat", "pasted")
REFERENCES = {"answers": "theirs", "corrects": "ours", "retracts": "ours"}


async def show(visit: Visit) -> Response:
    """GET /compose, with ?answers=N, ?corrects=N or ?retracts=N and ?line="""
    page = await visit.frame()
    if not page.may["draft.new"]:
        raise Refused(
            "Only a drafter writes messages.",
            "Ask a drafter, or the engineer for the role",
        )
    form: View = {name: visit.query(name) for name in FIELDS}
    form |= {
        "text": "",
        "rescue": False,
        "service": visit.query("service") == "yes",
        "from_chat": False,
        "pasted": False,
        "precedence": form["precedence"] or "ROUTINE",
    }
    form["seen"] = ""
    if visit.query("prepared"):
        given = {"name": visit.query("prepared"), "line": form["line"] or None}
        about: View = {"call": visit.query("call")} if visit.query("call") else {}
        found = PREPARED.get(visit.query("prepared"))
        if found is not None and found.about and form[found.about].isdecimal():
            about["about"] = int(form[found.about])
        filled = await visit.call("prepared.fill", **given, **about)
        form |= {name: filled[name] for name in ("text", "subject", "language")}
        form["precedence"] = visit.query("precedence") or filled["precedence"]
        form["line"] = form["line"] or filled["line"]
    place = _place(page, form, visit.query("prepared"), visit.query("call"))
    return await _page(visit, page, *await _typed_before(visit, form, place))


async def keep(visit: Visit) -> Response:
    """POST /compose"""
    form = _typed(visit.form)
    try:
        _check_pasted(form)
        draft = await visit.call("draft.new", **_arguments(form, REFERENCES), **_kind(form))
    except ParleyError as error:
        page = await visit.frame()
        here = await unfinished.refused(visit, _place(page, form))
        return await _page(visit, page, form, here, error=error)
    await unfinished.over(visit)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


async def edit(visit: Visit) -> Response:
    """GET /drafts/N/edit"""
    draft = await visit.call("draft.show", draft=visit.number("draft"))
    form: View = {name: draft.get(name) or "" for name in (*FIELDS, "rescue")}
    form |= {"protect": "; ".join(draft["protected"]), "seen": draft["sha256"]}
    form |= {"from_chat": False, "pasted": False, "service": draft["status"] == "SERVICE"}
    form["reply_by"] = moment(draft["reply_by"]) if draft["reply_by"] is not None else ""
    number = draft["draft"]
    form, here = await _typed_before(visit, form, f"/drafts/{number}/edit")
    return await _page(visit, await visit.frame(), form, here, number)


async def change(visit: Visit) -> Response:
    """POST /drafts/N/edit"""
    form, number = _typed(visit.form), visit.number("draft")
    arguments = _arguments(form, {})
    arguments.pop("line", None)
    try:
        _check_pasted(form)
        seen = {"seen": form["seen"]} if form["seen"] else {}
        await visit.call("draft.edit", draft=number, **{"subject": "", **arguments}, **seen)
    except ParleyError as error:
        here = await unfinished.refused(visit, f"/drafts/{number}/edit")
        found = await visit.call("draft.show", draft=number)
        # What was typed stays in the field, and what stands in the draft now is shown beside it.
        now = found["text"] if form["seen"] not in ("", found["sha256"]) else None
        form["seen"] = found["sha256"]
        page = await visit.frame()
        return await _page(visit, page, form, here, number, error, now)
    await unfinished.over(visit)
    return visit.go(f"/drafts/{number}", "edited")


async def check(visit: Visit) -> Response:
    """POST /compose/check: what the text says and whether it would pass, while it is written."""
    form = _typed(visit.form)
    more = {"line": form["line"]} if form["line"] else {}
    more |= _kind(form)
    urgency = form["precedence"] or "ROUTINE"
    about = {"text": form["text"], "subject": form["subject"]}
    found = await visit.call("text.check", **about, precedence=urgency, **more)
    if found["refused"]:
        why = {key: sentence(words) for key, words in found["refused"].items()}
        found |= {
            "refused": {**why, "sentence": _("This would be refused: %(why)s", why=why["sentence"])}
        }
    names = perhaps(form["text"], found["elements"])
    found["perhaps"] = [seen_signs(each) for each in names]
    found["elements"] = [{**each, "kind": word(each["kind"])} for each in found["elements"]]
    found["chat"] = quoted(visit, found["chat"])
    return JSONResponse(found)


def _place(page: Frame, form: View, prepared: str = "", call: str = "") -> str:
    """Where a new message is held: with what it is about, as its address says it."""
    line = page.line(str(form["line"])) if form["line"] else None
    about = {name: form[name] for name in REFERENCES}
    asked = {**about, "prepared": prepared, "call": call}
    return unfinished.address("/compose", line=line["line"] if line else "", **asked)


async def _typed_before(visit: Visit, form: View, place: str) -> tuple[View, Unfinished]:
    """What was typed there and not kept, instead of what a page begins with there."""
    here, held = await unfinished.begun(visit, place)
    if held is None:
        return form, here
    typed, named = _typed(held), {*held.names(), *MARKED}
    return {
        **form,
        **{name: typed[name] for name in form if name in named},
        "from_chat": False,
    }, here


def _typed(sent: Form) -> View:
    form: View = {name: sent.get(name).strip() for name in FIELDS}
    form |= {name: sent.get(name) == "yes" for name in MARKED}
    form["seen"] = sent.get("seen")
    # The words stay as they were typed, white space at the ends included.
    return {**form, "text": sent.text("text"), "subject": sent.get("subject")}


def _arguments(form: View, references: dict[str, str]) -> View:
    numbers = {name: int(form[name]) for name in references if str(form[name]).isdecimal()}
    words = {name: form[name] for name in ("subject", "language", "line") if form[name]}
    urgency = form["precedence"] or "ROUTINE"
    rescue = {"rescue": form["rescue"]}
    names = [name.strip() for name in form["protect"].split(";") if name.strip()]
    from_chat = {"from_chat": True} if form["from_chat"] else {}
    more = {
        **rescue,
        **words,
        **numbers,
        **from_chat,
        "protect": names,
        "reply_by": form["reply_by"],
    }
    return {"text": form["text"], "precedence": urgency, **more}


def _kind(form: View) -> View:
    return {"kind": "service"} if form["service"] else {}


def _check_pasted(form: View) -> None:
    """Refuse what the browser saw pasted from the chat, unless its writer says that it is meant."""
    if form["pasted"] and not form["from_chat"]:
        raise Refused(
            "Something was pasted here from the operators' chat, which is no official text.",
            "Say that it is meant as a message, or write it in words of your own.",
            "O6",
        )


def quoted(visit: Visit, found: list[View]) -> list[View]:
    """Lines of chat whose words stand in a text, as they are shown beside it."""
    station = visit.desk.station
    now = station.now.wall
    return [
        {
            "ref": " ".join(
                (
                    station.home.party if each["dir"] == "ours" else each["counterpart"],
                    *([] if each["n"] is None else [str(each["n"])]),
                    clock(each["kept"], now),
                )
            ),
            "text": first_words(each["text"]),
        }
        for each in found
    ]


async def _page(
    visit: Visit,
    page: Frame,
    form: View,
    here: Unfinished,
    draft: int | None = None,
    error: ParleyError | None = None,
    now: str | None = None,
) -> Response:
    # With several lines nobody writes on one by default: lines are never mixed.
    line = page.line(str(form["line"])) if form["line"] or len(page.lines) == 1 else None
    if line is not None:
        form["line"] = line["line"]
        page.only(line, "SERVICE" if draft and form["service"] else "")
        for name, dir in REFERENCES.items():
            number = str(form[name])
            form[f"{name}_ref"] = (
                page.names.ref(line["line"], dir, int(number)) if number.isdecimal() else ""
            )
    named = await _named(visit, line, form)
    prepared: list[View] = []
    if line is not None and draft is None and not form["text"]:
        about = "answers" if form["answers"] else "retracts" if form["retracts"] else ""
        found = (await visit.call("prepared.list"))["prepared"]
        prepared = [
            {**each, "query": urlencode({about: form[about]}) if about else ""}
            for each in found
            if not form["corrects"] and each["about"] in ("", about)
        ]
    refused: dict[str, Any] | None = None
    if error is not None:
        refused = refusal(error, str(form["text"]), str(form["subject"]))
    return await visit.page(
        "compose.html",
        page,
        200 if error is None else status_of(error),
        form=form,
        draft=draft,
        error=refused,
        line=line,
        named=named,
        prepared=prepared,
        elements=critical(str(form["text"]), page.now),
        quoted=await _compared(visit, form),
        terms=(),
        held=here,
        others=await unfinished.others(visit, page, here),
        stands_now=now,
        limits=visit.desk.station.home.config.writing,
        blanks=list(dict.fromkeys(blanks(str(form["text"])))),
        action=f"{page.seat}/drafts/{draft}/edit" if draft else f"{page.seat}/compose",
        clocks=[(name, within(line["clocks_s"][name]) if line else "") for name in PRECEDENCES],
    )


async def _compared(visit: Visit, form: View) -> list[View]:
    if not form["text"]:
        return []
    about = {"text": form["text"], "subject": form["subject"]}
    return quoted(visit, (await visit.call("chat.compare", **about))["chat"])


async def _named(visit: Visit, line: View | None, form: View) -> View | None:
    """The message that this one answers, corrects or retracts, to have its words at hand."""
    for name, dir in REFERENCES.items():
        number = str(form[name])
        if line is not None and number.isdecimal():
            try:
                return await visit.call("message", line=line["line"], n=int(number), dir=dir)
            except ParleyError:
                return None  # no such message: the station says so when the draft is kept
    return None
