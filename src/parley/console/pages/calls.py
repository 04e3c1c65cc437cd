"""Calls of each line: asked for, answered, and what became of them; asking for one, and answering.

A request and an answer are messages: what is written here becomes a draft, and a second person
releases it. Source: spec/calls.md.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from parley.catalogue.calls import AGENDA_MAX, Medium, Verdict, moment, read_moment
from parley.catalogue.form import check_lines
from parley.console import unfinished
from parley.console.asked import in_language
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.tongues import N_, _
from parley.console.unfinished import Unfinished
from parley.console.views import PRECEDENCES
from parley.console.words import within
from parley.core.entry import check_text
from parley.core.errors import ParleyError, Refused

HOUR_S, DAY_S = 3_600, 86_400
MINUTES = N_("Write UTC to the minute: 2026-12-01 08:00Z.")
AT_ONCE = N_("To speak at once")
EVERY_WEEK = N_("Every week")
ASKED = (
    *("line", "purpose", "asked_by", "asked_for", "level", "medium", "languages", "interpreters"),
    *("earliest", "latest", "precedence", "agenda", "text"),
)
WEEKLY = ("line", "purpose", "earliest", "minutes", "medium", "languages")
LINES_OF = ("purpose", "asked_by", "asked_for", "level", "languages", "interpreters")
ANSWERED = ("answer", "time", "deputy", "reason", "text", "precedence")
WORDED = frozenset(("agenda", "text"))  # several lines, kept as they were typed
VERDICTS = (
    ("accept", N_("Accept"), N_("at a time they offered")),
    ("propose", N_("Propose another time"), N_("they accept it or propose one in turn")),
    ("deputy", N_("Send a deputy"), N_("at a time they offered; name who comes")),
    ("decline", N_("Decline"), N_("say why")),
    ("text", N_("Text instead"), N_("ask them to write what they wish to say")),
)


async def show(
    visit: Visit,
    typed: View | None = None,
    error: ParleyError | None = None,
    faults: View | None = None,
) -> Response:
    """GET /calls; with what was typed on one line and is wrong"""
    typed = typed or {}
    at = typed.get("line")
    page = await visit.frame()
    lines = []
    for line in page.lines:
        found = await visit.call("call.list", line=line["line"])
        views = [_view(page, line, call) for call in found["calls"]]
        lines.append(
            {
                **line,
                "live": [each for each in views if each["live"]],
                "past": [each for each in views if not each["live"]],
                "days": found["history"]["days_since"],
                "weekly": await _weekly(page, line) | (typed if line["line"] == at else {}),
                "at_once": (typed.get("at_once") if line["line"] == at else None)
                or await _said_there(AT_ONCE, line),
            }
        )
    return await visit.page(
        "calls.html",
        page,
        422 if faults else 200 if error is None else status_of(error),
        lines=lines,
        media=[str(each) for each in Medium],
        faults=faults or {},
        error=refusal(error) if error else None,
        at=at,
    )


async def _said_there(message: str, line: View | None) -> str:
    """A purpose of ours in our language on that line, as a prepared text is: the other side reads
    it, and the language of this page is the drafter's own."""
    return await in_language(line["languages"]["ours"] if line else "", message)


async def _weekly(page: Frame, line: View) -> View:
    """What a standing call is proposed with, unless somebody types another: in a week, at nine."""
    first = int(page.now // DAY_S + 7) * DAY_S + 9 * HOUR_S
    return {
        "purpose": await _said_there(EVERY_WEEK, line),
        "earliest": moment(first),
        "minutes": "30",
        "medium": str(Medium.VIDEO),
        "languages": ", ".join(dict.fromkeys(line["languages"].values())),
    }


async def history(visit: Visit) -> Response:
    """GET /calls/history: what became of calls in numbers, counted from the record alone."""
    page = await visit.frame()
    lines = []
    for line in page.lines:
        found = await visit.call("call.list", line=line["line"])
        views = [_view(page, line, call) for call in found["calls"]]
        lines.append({**line, "calls": views, "history": found["history"]})
    return await visit.page("call_history.html", page, lines=lines, faults={}, at=None)


async def ask(visit: Visit) -> Response:
    """GET /calls/ask, with ?line="""
    page = await visit.frame()
    if not page.may["call.ask"]:
        raise Refused(
            "Only a drafter asks for a call.", "Ask a drafter, or the engineer for the role"
        )
    form: View = dict.fromkeys(ASKED, "")
    # Offered, and easily changed: a day that leaves the other side its 48 hours.
    begins = int(page.now // DAY_S + 3) * DAY_S
    form |= {
        "line": visit.query("line"),
        "medium": str(Medium.VIDEO),
        "precedence": "ROUTINE",
        "earliest": moment(begins + 8 * HOUR_S),
        "latest": moment(begins + 18 * HOUR_S),
    }
    line = page.line(form["line"]) if form["line"] else None
    place = unfinished.address("/calls/ask", line=line["line"] if line else "")
    held, sent = await unfinished.begun(visit, place)
    return await _asking(visit, page, unfinished.filled(form, sent), held=held)


async def keep(visit: Visit) -> Response:
    """POST /calls/ask"""
    form = _typed(visit, ASKED)
    faults = {name: MINUTES for name in ("earliest", "latest") if not _is_moment(form[name])}
    if not faults and read_moment(form["latest"]) < read_moment(form["earliest"]):
        faults["latest"] = N_("This is before the earliest time.")
    items = [item.strip() for item in form["agenda"].splitlines() if item.strip()]
    faults |= {name: fault for name in LINES_OF if form[name] and (fault := _fault(form[name]))}
    if fault := next(filter(None, map(_fault, items)), ""):
        faults["agenda"] = fault
    if len(items) > AGENDA_MAX:
        faults["agenda"] = _("An agenda has %(most)s items at most.", most=AGENDA_MAX)
    if not form["purpose"]:
        faults["purpose"] = N_("Say in one line what the call is for.")
    if faults:
        return await _asking(visit, await visit.frame(), form, faults=faults)
    given: View = {name: form[name] for name in ASKED if form[name]}
    given["agenda"] = items
    try:
        draft = await visit.call("call.ask", **given)
    except ParleyError as error:
        return await _asking(visit, await visit.frame(), form, error)
    await unfinished.over(visit)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


async def ask_at_once(visit: Visit) -> Response:
    """POST /calls/at-once: a FLASH, to be answered in minutes."""
    form = _typed(visit, ("line", "purpose"))
    line = (await visit.frame()).line(form["line"])
    purpose = form["purpose"] or await _said_there(AT_ONCE, line)
    typed = {"line": form["line"], "at_once": purpose}
    if fault := _fault(purpose):
        return await show(visit, typed, faults={"at_once": fault})
    try:
        draft = await visit.call("call.ask", line=form["line"], purpose=purpose, at_once=True)
    except ParleyError as error:
        return await show(visit, typed, error)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


async def ask_weekly(visit: Visit) -> Response:
    """POST /calls/weekly: a standing call, proposed with one button."""
    form = _typed(visit, WEEKLY)
    faults = {
        name: fault for name in ("purpose", "languages") if (fault := _fault(form[name] or "-"))
    }
    if not form["purpose"]:
        faults["purpose"] = N_("Say in one line what the call is for.")
    if not _is_moment(form["earliest"]):
        faults["earliest"] = MINUTES
    if not (form["minutes"].isascii() and form["minutes"].isdigit() and len(form["minutes"]) < 5):
        faults["minutes"] = N_("Say how many minutes, such as 30.")
    if faults:
        return await show(visit, form, faults=faults)
    given = {name: form[name] for name in form if form[name] and name != "minutes"}
    try:
        draft = await visit.call("call.ask", **given, weekly_min=int(form["minutes"]))
    except ParleyError as error:
        return await show(visit, form, error)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


async def skip(visit: Visit) -> Response:
    """POST /calls/skip: one occurrence of a standing call, or the whole of it from now on."""
    form = _typed(visit, ("line", "n", "dir", "time", "reason"))
    typed = {"line": form["line"]}
    named: View = {"line": form["line"], "call": visit.form.number("n"), "dir": form["dir"]}
    name = f"skip {form['dir']} {form['n']} {form['time']}"
    if fault := _fault(form["reason"] or "-"):
        return await show(visit, typed, faults={name: fault})
    try:
        if form["time"]:
            draft = await visit.call("call.skip", **named, time=form["time"], reason=form["reason"])
        else:
            draft = await visit.call("call.finish", **named, reason=form["reason"])
    except ParleyError as error:
        return await show(visit, typed, error)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


async def withdraw(visit: Visit) -> Response:
    """POST /calls/withdraw: our request, or a time that we proposed; or an agreed call."""
    form = {name: visit.form.get(name) for name in ("line", "dir")}
    given = {**form, "call": visit.form.number("n"), "reason": visit.form.text("reason")}
    try:
        draft = await visit.call("call.withdraw", **given)
    except ParleyError as error:
        return await show(visit, {"line": form["line"]}, error)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


def _fault(value: str) -> str:
    """What is wrong with a line of a form, in a sentence; nothing when it may stand."""
    try:
        check_lines("Q2", value)
        check_text(value)
    except Refused as error:
        return f"{error.sentence} {error.hint}"
    return ""


async def answer(visit: Visit) -> Response:
    """GET /calls/LINE/N/answer"""
    page = await visit.frame()
    if not page.may["call.answer"]:
        raise Refused("Only a drafter writes an answer.", "Ask a drafter")
    call, offered = await _asked(visit, page)
    form: View = dict.fromkeys(ANSWERED, "")
    form |= {"time": moment(offered), "precedence": call["precedence"]}
    held, sent = await unfinished.begun(visit, _place_of(call))
    return await _answering(visit, page, call, unfinished.filled(form, sent), held=held)


async def keep_answer(visit: Visit) -> Response:
    """POST /calls/LINE/N/answer"""
    form, number = _typed(visit, ANSWERED), visit.number("n")
    faults: dict[str, str] = {}
    verdict = form["answer"]
    timed = verdict in ("accept", "propose", "deputy")
    if verdict not in [name for name, *__ in VERDICTS]:
        faults["answer"] = N_("Choose one.")
    if timed and not _is_moment(form["time"]):
        faults["time"] = MINUTES
    if verdict == "deputy" and not form["deputy"]:
        faults["deputy"] = N_("Name who comes.")
    if verdict == "decline" and not form["reason"]:
        faults["reason"] = N_("Say why; they read it.")
    for name in ("deputy", "reason"):
        if form[name] and (fault := _fault(form[name])):
            faults[name] = fault
    page = await visit.frame()
    call, __ = await _asked(visit, page)
    if faults:
        return await _answering(visit, page, call, form, faults=faults)
    # What was typed beside a choice that has no place for it stays on this page, and goes nowhere.
    given = {
        "time": form["time"] if timed else None,
        "deputy": form["deputy"] if verdict == "deputy" else None,
        "reason": form["reason"] or None,
        "text": form["text"] or None,
        "precedence": form["precedence"] or None,
    }
    try:
        draft = await visit.call(
            "call.answer", line=visit.path("line"), n=number, answer=verdict, **given
        )
    except ParleyError as error:
        return await _answering(visit, page, call, form, error)
    await unfinished.over(visit)
    return visit.go(f"/drafts/{draft['draft']}", "drafted")


# --- pages


async def _asking(
    visit: Visit,
    page: Frame,
    form: View,
    error: ParleyError | None = None,
    faults: View | None = None,
    held: Unfinished | None = None,
) -> Response:
    line = page.line(str(form["line"])) if form["line"] or len(page.lines) == 1 else None
    if line is not None:
        form["line"] = line["line"]
        page.only(line)
    return await visit.page(
        "call_ask.html",
        page,
        422 if faults else 200 if error is None else status_of(error),
        held=held or await unfinished.refused(visit, "/calls/ask"),
        form=form,
        line=line,
        media=[str(each) for each in Medium],
        precedences=PRECEDENCES,
        clocks=[within(each) for each in line["calls_s"]] if line else [],
        faults=faults or {},
        error=refusal(error, str(form["text"])) if error else None,
    )


async def _answering(
    visit: Visit,
    page: Frame,
    call: View,
    form: View,
    error: ParleyError | None = None,
    faults: View | None = None,
    held: Unfinished | None = None,
) -> Response:
    return await visit.page(
        "call_answer.html",
        page,
        422 if faults else 200 if error is None else status_of(error),
        held=held or await unfinished.refused(visit, _place_of(call)),
        call=call,
        form=form,
        verdicts=[each for each in VERDICTS if each[0] != "deputy" or call["weekly_min"] is None],
        precedences=PRECEDENCES,
        faults=faults or {},
        error=refusal(error, str(form["text"])) if error else None,
    )


def _place_of(call: View) -> str:
    return f"/calls/{call['asked_line']}/{call['of']}/answer"


async def _asked(visit: Visit, page: Frame) -> tuple[View, int]:
    """The call that a message of theirs asks for, or proposes a time for; and the time offered."""
    address, number = visit.path("line"), visit.number("n")
    line = page.line(address)
    if line is not None:
        page.only(line)
        for call in (await visit.call("call.list", line=line["hex"]))["calls"]:
            offers = [(call, call["earliest"])] if call["dir"] == "theirs" else []
            offers += [
                (each, each["time"])
                for each in call["answers"]
                if each["dir"] == "theirs" and each["answer"] == Verdict.PROPOSE
            ]
            for each, time in offers:
                if each["n"] == number and each["line"] == line["line"]:
                    asked = {"of": number, "asked_line": _short(line["line"])}
                    return {**_view(page, line, call), **asked}, int(time)
    raise Refused(
        f"Message {number} of theirs asks for no call and proposes no time.", "See the page Calls."
    )


def _view(page: Frame, line: View, call: View) -> View:
    """A call for a list: whose turn it is, its clock, and where its messages are."""
    last = next((each for each in reversed(call["answers"]) if each["counts"]), None)
    proposed = last is not None and last["answer"] == Verdict.PROPOSE
    said = last if last is not None and proposed else call
    waits_for = {"ours": "theirs", "theirs": "ours"}[said["dir"]]
    waits = call["state"] in ("waiting", "proposed another time")
    missed = call["state"] == "nobody answered"
    due = None if call["left_s"] is None else page.now + call["left_s"]
    return {
        **call,
        "counterpart": line["counterpart"],
        "who": line["counterpart"] if call["dir"] == "theirs" else page.station["party"],
        "ref": page.names.ref(call["line"], call["dir"], call["n"]),
        "href": page.names.href(call["line"], call["dir"], call["n"]),
        "missed": missed,
        "waits_for": waits_for if waits else "",
        "agree_time": moment(said.get("time") or call["earliest"]),
        "following": call["next"] and {"due": call["next"]["at"], **call["next"], "overdue": False},
        "clock": due and {"due": due, "left_s": call["left_s"], "overdue": False},
        "answer_href": f"{page.seat}/calls/{_short(said['line'])}/{said['n']}/answer"
        if (waits or missed) and waits_for == "ours"
        else "",
        **{
            name: [
                {
                    **each,
                    "who": line["counterpart"]
                    if each["dir"] == "theirs"
                    else page.station["party"],
                    "ref": page.names.ref(each["line"], each["dir"], each["n"]),
                    "href": page.names.href(each["line"], each["dir"], each["n"]),
                }
                for each in call[name]
            ]
            for name in ("answers", "retractions")
        },
    }


def _short(line: str) -> str:
    hex, at, older = line.partition("@")
    return f"{hex[:8]}{at}{older}"


def _typed(visit: Visit, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: visit.form.text(name) if name in WORDED else visit.form.get(name).strip()
        for name in names
    }


def _is_moment(text: str) -> bool:
    try:
        read_moment(text)
    except ValueError:
        return False
    return True
