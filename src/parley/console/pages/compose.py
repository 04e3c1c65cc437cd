"""Writing a draft, and changing one. A refusal comes back with everything that was typed."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from parley.catalogue.form import moment
from parley.catalogue.prepared import blanks
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.tongues import _
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
        for name in ("answers", "retracts"):
            if form[name].isdecimal():
                about["about"] = int(form[name])
        filled = await visit.call("prepared.fill", **given, **about)
        form |= {name: filled[name] for name in ("text", "subject", "language")}
        form["precedence"] = visit.query("precedence") or filled["precedence"]
        form["line"] = form["line"] or filled["line"]
    return await _page(visit, page, *await _typed_before(visit, form, 0))


async def keep(visit: Visit) -> Response:
    """POST /compose"""
    form = _typed(visit)
    try:
        _check_pasted(form)
        draft = await visit.call("draft.new", **_arguments(form, REFERENCES), **_kind(form))
        await visit.call("typing.end")
    except ParleyError as error:
        held = await _is_held(visit, form, 0)
        return await _page(visit, await visit.frame(), form, None, error=error, held=held)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


async def edit(visit: Visit) -> Response:
    """GET /drafts/N/edit"""
    draft = await visit.call("draft.show", draft=visit.number("draft"))
    form: View = {name: draft.get(name) or "" for name in (*FIELDS, "rescue")}
    form |= {"protect": "; ".join(draft["protected"]), "seen": draft["sha256"]}
    form |= {"from_chat": False, "pasted": False, "service": draft["status"] == "SERVICE"}
    form["reply_by"] = moment(draft["reply_by"]) if draft["reply_by"] is not None else ""
    number = draft["draft"]
    form, since = await _typed_before(visit, form, number)
    return await _page(visit, await visit.frame(), form, since, number)


async def change(visit: Visit) -> Response:
    """POST /drafts/N/edit"""
    form, number = _typed(visit), visit.number("draft")
    arguments = _arguments(form, {})
    arguments.pop("line", None)
    try:
        _check_pasted(form)
        seen = {"seen": form["seen"]} if form["seen"] else {}
        await visit.call("draft.edit", draft=number, **{"subject": "", **arguments}, **seen)
        await visit.call("typing.end", draft=number)
    except ParleyError as error:
        held = await _is_held(visit, form, number)
        found = await visit.call("draft.show", draft=number)
        # What was typed stays in the field, and what stands in the draft now is shown beside it.
        now = found["text"] if form["seen"] not in ("", found["sha256"]) else None
        form["seen"] = found["sha256"]
        page = await visit.frame()
        return await _page(visit, page, form, None, number, error, now, held)
    return visit.go(f"/drafts/{number}", "edited")


async def check(visit: Visit) -> Response:
    """POST /compose/check: what the text says and whether it would pass, while it is written."""
    form = _typed(visit)
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
    found["elements"] = [{**each, "kind": word(each["kind"])} for each in found["elements"]]
    found["chat"] = quoted(visit, found["chat"])
    return JSONResponse(found)


async def hold(visit: Visit) -> Response:
    """POST /compose/typed and /drafts/N/typed: what stands in the fields, while it is typed."""
    return JSONResponse(await _hold(visit, _typed(visit), _draft(visit)))


async def forget(visit: Visit) -> Response:
    """POST /compose/forget and /drafts/N/forget: it is not wanted any more."""
    number = _draft(visit)
    await visit.call("typing.end", draft=number)
    return visit.go(f"/drafts/{number}" if number else "/compose")


def _draft(visit: Visit) -> int:
    return int(visit.request.path_params.get("draft", 0))


async def _is_held(visit: Visit, form: View, draft: int) -> bool:
    """Hold what was refused, if it can be; the page has it in any case."""
    with suppress(ParleyError):
        await _hold(visit, form, draft)
        return True
    return False


async def _hold(visit: Visit, form: View, draft: int) -> View:
    return await visit.call("typing.keep", form=json.dumps(form), draft=draft)


async def _typed_before(visit: Visit, form: View, draft: int) -> tuple[View, float | None]:
    """What was typed there and not kept, and when; not where the address asks for something."""
    if any(visit.query(name) for name in (*REFERENCES, "prepared")):
        return form, None
    found = await visit.call("typing.show", draft=draft)
    if found["form"] is None or not str(found["form"].get("text", "")).strip():
        return form, None
    known = {name: found["form"][name] for name in form if name in found["form"]}
    return {**form, **known, "from_chat": False}, found["at"]  # which vouches for what was seen


def _typed(visit: Visit) -> View:
    form: View = {name: visit.form.get(name).strip() for name in FIELDS}
    form |= {name: visit.form.get(name) == "yes" for name in MARKED}
    form["seen"] = visit.form.get("seen")
    # The words stay as they were typed, white space at the ends included.
    return {**form, "text": visit.form.text("text"), "subject": visit.form.get("subject")}


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
    since: float | None = None,
    draft: int | None = None,
    error: ParleyError | None = None,
    now: str | None = None,
    held: bool = True,
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
        since=since,
        stands_now=now,
        held=held,
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
