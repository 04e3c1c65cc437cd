"""One message: its words, its stages with both clocks, and what may be done with it now."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from parley.catalogue.minutes import Minute, Readout
from parley.console import attached, unfinished, views
from parley.console.desk import Visit, refusal, status_of
from parley.console.frame import Frame, View
from parley.console.guard import Form
from parley.console.pages.testing import certifying
from parley.console.signs import seen_signs
from parley.console.tongues import _, ngettext
from parley.console.unkept import WRITTEN
from parley.console.vocabulary import word
from parley.console.words import clock, groups, short_stage, span
from parley.core.errors import ParleyError, Refused
from parley.station.texts.views import GROUP

# Verb in the address -> operation, fields of the form, what the next page says was done.
VERBS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "open": ("open", (), "opened"),
    "pass": ("pass", ("office",), "passed"),
    "unable": ("unable", ("reason",), "unable"),
    "wait": ("wait", ("minutes",), "wait"),
    "confirm": ("confirm", ("seen",), "confirmed"),
    "correct": ("correct", ("text",), "corrected"),
    "translate": ("translation.add", ("stage", "language", "text", "reason", "seen"), "translated"),
    "onward": ("distribution.onward", ("office",), "onward"),
    "acknowledge": ("distribution.acknowledge", ("by", "text"), "taken"),
    "certify": ("translation.certify", ("text",), "certified"),
    "answer-test": ("test.answer", (), "answered"),
}
HELD_AGAINST_CHAT = frozenset(("unable", "correct"))  # nobody releases their words
# What the other side is told of, as the next page says.
TOLD = frozenset(
    ("opened", "passed", "readback", "confirmed", "corrected", "unable", "wait", "answered")
)


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /messages/LINE/DIR/N"""
    page, message = await found(visit)
    await _displayed(visit, page, message)
    # The words that a refusal may point into.
    words = next(filter(visit.form.text, ("text", "reason", "errors")), "text")
    offices: list[str] = []
    if page.may["pass"] and message["dir"] == "theirs":
        people = (await visit.call("person.list"))["persons"]
        offices = sorted({person["office"] for person in people if person["office"]})
    offices_of: list[View] = []
    if page.may["distribution.list"] and message["dir"] == "theirs" and not message["provisional"]:
        about = {"line": message["line"], "n": message["n"]}
        offices_of = (await visit.call("distribution.list", **about))["offices"]
    where = {"line": message["line"], "dir": message["dir"], "n": message["n"]}
    translations: list[View] = []
    if page.may["translation.list"]:
        translations = (await visit.call("translation.list", **where))["translations"]
    unseen: View | None = None  # in what the official translation differs that was refused for it
    if error is not None and error.field == "seen":
        unseen = await visit.call("translation.compare", **where, text=visit.form.text("text"))
    actions = _actions(page, message, offices)
    return await visit.page(
        "message.html",
        page,
        200 if error is None else status_of(error),
        message=message,
        done=_true_of(visit.query("done"), message, page.names.is_silent(message["line"])),
        files=await attached.with_words(visit, None, where, message["attachments"]),
        translations=translations,
        unseen=unseen,
        typings=await _typings(visit, page, message, translations, actions, error is not None),
        offices_of=offices_of,
        offices=offices,
        typed={"errors": visit.form.text("errors")},
        faults={"errors": error.sentence} if error and "errors" in visit.form.names() else {},
        actions=actions,
        facts=_facts(page, message),
        stages=[_stage(stage, message["counterpart"], page) for stage in message["stages"]],
        attribution=_("Authentic, and in no record yet")
        if message["provisional"]
        else _(views.ATTRIBUTION[message["attribution"]]),
        error=refusal(error, visit.form.text(words), named=words) if error else None,
    )


async def _typings(
    visit: Visit,
    page: Frame,
    message: View,
    translations: list[View],
    actions: list[View],
    refused: bool,
) -> View:
    """What may be written there, each translation by what it amends and each act by its verb: where
    it is held while it is typed, and what was typed before."""
    base = message["href"].removeprefix(page.seat)
    places = {
        each["verb"]: f"{base}/{each['verb']}"
        for each in actions
        if any(field["name"] in WRITTEN for field in each["fields"])
    }
    if page.may["translation.add"]:
        amends = ("", *(each["translation"] for each in translations))
        places |= {each: f"{base}/translate?amends={each}" for each in amends}
    if not places:
        return {}
    waiting = {each["place"] for each in (await visit.call("typing.list"))["texts"]}
    found: View = {}
    for name, place in places.items():
        held, sent = unfinished.Unfinished(place), None
        if refused and visit.form.get(unfinished.PLACE) == place:
            held = await unfinished.refused(visit, place)
        elif place in waiting:
            held, sent = await unfinished.begun(visit, place)
        found[name] = {"held": held, "form": sent}
    return found


def _true_of(done: str, message: View, silent: bool) -> str:
    """What the page says was done there, as long as it holds; then what holds now. While nothing
    answers, nobody there is told of anything."""
    if silent and done in TOLD:
        return "untold"
    if silent and done == "released":
        there = any(stage["stage"] == "received" for stage in message["stages"])
        return done if there else "unheard"
    if done == "early" and not message["provisional"]:
        return "opened"
    waits = _pending_readback(message["stages"]) is not None
    if done == "readback" and not waits:
        return "confirmed" if message["understood"] else ""
    return done


async def _displayed(visit: Visit, page: Frame, message: View) -> None:
    """Whoever keeps the watch has its words on the screen now, also who came here from the alarm
    and saw no list: the other side is told."""
    known = any(stage["stage"] == "displayed" for stage in message["stages"])
    if message["dir"] != "theirs" or message["provisional"] or known or not page.may["display"]:
        return
    with suppress(ParleyError):  # of a halted line the page is shown all the same
        await visit.call("display", line=message["line"], n=message["n"])


async def act(visit: Visit) -> Response:
    """POST /messages/LINE/DIR/N/VERB"""
    operation, fields, done = VERBS[visit.path("verb")]
    arguments: View = {name: visit.form.text(name) for name in fields}
    try:
        if operation == "test.answer":
            arguments = certifying(visit.form)
        if "minutes" in arguments:
            arguments["minutes"] = visit.form.number("minutes")
        if operation in HELD_AGAINST_CHAT and visit.form.get("from_chat") == "yes":
            arguments["from_chat"] = True
        for name in arguments.keys() & {"office", "by"}:
            arguments[name] = arguments[name].strip()
        answer = await visit.call(operation, **_about(visit, operation), **arguments)
    except ParleyError as error:
        return await show(visit, error)
    await unfinished.over(visit)
    if operation == "translation.add" and answer["differs"] and not answer["seen"]:
        done = "differs"
    waits = "early" if "outstanding" in answer else "in-a-halt" if "halted" in answer else done
    return visit.go(path_of(visit), waits)


def _about(visit: Visit, operation: str) -> View:
    """What an operation is about: a message of theirs or ours, or a translation of one."""
    if operation == "translation.certify":
        return {"translation": _number(visit, "translation")}
    if operation.startswith("distribution."):
        return {"passing": _number(visit, "passing")}
    about: View = {"line": visit.path("line"), "n": visit.number("n")}
    if operation == "translation.add":
        about["dir"] = visit.path("dir")
        if visit.query("amends"):
            about["amends"] = _number(visit, "amends")
    return about


def _number(visit: Visit, name: str) -> int:
    return Form([(name, visit.query(name))]).number(name)


async def back(visit: Visit) -> Response:
    """GET on the address of an act, as after a reload: the message itself."""
    return RedirectResponse(visit.seat.path + path_of(visit), 303)


def path_of(visit: Visit) -> str:
    """The address of the message that an address names."""
    return f"/messages/{visit.path('line')}/{visit.path('dir')}/{visit.number('n')}"


async def found(visit: Visit) -> tuple[Frame, View]:
    """The page around a message, and the message that its address names."""
    page = await visit.frame()
    line = page.line(visit.path("line"))
    if line is None or visit.path("dir") not in ("ours", "theirs"):
        raise Refused("There is no such line or log at this station.", "Begin at the inbox.")
    view = await visit.call(
        "message", line=line["line"], n=visit.number("n"), dir=visit.path("dir")
    )
    page.only(line, view["status"])
    return page, views.message(view, page.names)


# --- what may be done now


def _actions(page: Frame, message: View, offices: list[str]) -> list[View]:
    offered = _as_reader if message["dir"] == "theirs" else _as_sender
    actions = [{**_PLAIN, **action} for action in offered(page, message, offices)]
    declared = page.names.line(message["line"])["declared"]
    if declared in ("closed", "halted"):
        # Nothing can be told now; what rings here can still be silenced by a person.
        actions = [action for action in actions if action.get("verb") == "open"]
    if declared == "halted" and "opened provisionally" in message["reached"]:
        actions = []
    for each in actions:
        each["main"] = each is actions[0] and not each["quiet"]
        each["fields"] = [{**_FIELD, **field} for field in each["fields"]]
    return actions


_PLAIN: View = {
    **{"link": "", "fields": (), "key": "", "note": "", "name": "", "quiet": False},
    **{"read": None, "seen": ""},
}
_FIELD: View = {"type": "text", "long": False, "value": "", "min": "", "list": ()}


def _as_reader(page: Frame, message: View, offices: list[str]) -> list[View]:
    reached, may, theirs = message["reached"], page.may, message["counterpart"]
    is_test = message["kind"] == "test"
    actions: list[View] = []
    if message["provisional"]:
        opened = "opened provisionally" in reached
        return (
            [] if opened or not may["open"] else [_button("open", _("Open: I have read it"), "o")]
        )
    answered = any(stage["stage"] == "answered" for stage in message["stages"])
    if is_test and not answered and may["test.answer"]:
        actions.append({"verb": "answer-test"})
    done = is_test and "answered" in reached  # who certified how it came has read it
    if "opened" not in reached and not done and may["open"]:
        actions.append(_button("open", _("Open: I have read it"), "o"))
    if not is_test and may["pass"]:
        office = {"name": "office", "label": _("To which office"), "list": offices}
        actions.append(_form("pass", _("Pass on"), _("Record that it was passed"), "p", office))
    waits = _pending_readback(message["stages"]) is not None
    if not is_test and not message["understood"] and may["readback"]:
        actions.append(
            {
                "name": _("Read back again") if waits else _("Read back"),
                "link": f"{message['href']}/readback",
                "key": "b",
                "note": _("%(counterpart)s has not confirmed it yet.", counterpart=theirs)
                if waits
                else _(
                    "%(counterpart)s tells you its six digits on another channel.",
                    counterpart=theirs,
                ),
                "quiet": waits,
            }
        )
    call = _call_of(message)
    if call is not None and may["minute.list"]:
        hex, __ = views.parts(message["line"])
        link = f"{page.seat}/minutes/call?{urlencode({'line': hex, 'call': call})}"
        actions.append({"name": _("To the minute of this call"), "link": link, "key": "m"})
    if message["asks_call"] and may["call.answer"]:
        short = message["href"].split("/")[-3]
        link = f"{page.seat}/calls/{short}/{message['n']}/answer"
        actions.append({"name": _("Answer the request"), "link": link, "key": "a"})
    elif not is_test and may["draft.new"]:
        link = f"{page.seat}/compose?line={message['line']}&answers={message['n']}"
        link += f"&precedence={message['precedence']}{_as_service(message)}"
        actions.append({"name": _("Answer"), "link": link, "key": "a"})
        link += "&prepared=time"
        actions.append({"name": _("Answer that you need time"), "link": link, "quiet": True})
    if not is_test and may["wait"]:
        minutes = {"name": "minutes", "label": _("Minutes until you answer"), "type": "number"}
        minutes |= {"value": "15", "min": "1"}
        wait = _form("wait", _("Ask them to wait"), _("Tell them"), "", minutes)
        actions.append({**wait, "quiet": True})  # never the next step, also where it is the first
    if not is_test and may["unable"]:
        reason = {"name": "reason", "label": _("Why it cannot be done"), "long": True}
        actions.append(_form("unable", _("Unable"), _("Tell them"), "u", reason))
    if "passed" in reached and actions and actions[0].get("verb") == "pass":
        actions.append(actions.pop(0))  # the next step is the read-back
    return actions


def _as_sender(page: Frame, message: View, offices: list[str]) -> list[View]:
    waiting = _pending_readback(message["stages"])
    actions = [] if waiting is None else _of_read_back(page, waiting)
    if page.may["draft.new"] and message["kind"] == "text":
        base = f"{page.seat}/compose?line={message['line']}"
        for name, verb in (
            (_("Write a correction"), "corrects"),
            (_("Write a retraction"), "retracts"),
        ):
            link = f"{base}&{verb}={message['n']}&precedence={message['precedence']}"
            link += _as_service(message)
            link += "&prepared=retraction" if verb == "retracts" else ""
            actions.append({"name": name, "link": link, "quiet": True})
    return actions


def _as_service(message: View) -> str:
    """What is written about a service message is one, unless its writer chooses otherwise."""
    return "&service=yes" if message["status"] == "SERVICE" else ""


def _of_read_back(page: Frame, waiting: View) -> list[View]:
    """What its sender does with a read-back: where it differs, to correct it is the next step."""
    said, matches, read = read_back(waiting), waiting.get("matches"), waiting.get("read")
    differs, alone = bool(read and read["differs"]), len(waiting["fields"]) == 1
    note = _("They read back %(said)s.", said=said)
    if matches and alone:
        note = _("They read back %(said)s, which is right.", said=waiting["detail"])
    elif matches is False:
        group = waiting["fields"][GROUP]
        note = _("They read back %(said)s. That is not this message's group.", said=group)
    text = {"name": "text", "label": _("What is wrong, and what is right"), "long": True}
    correct = _form("correct", _("Correct the read-back"), _("Send the correction"), "", text)
    confirm = _button("confirm", _("Confirm the read-back"), "c")
    confirm |= {"seen": read["word"], "quiet": True} if read and differs else {}
    offered = [confirm] if matches is not False and page.may["confirm"] else []
    if page.may["correct"]:
        offered.insert(0 if differs else len(offered), correct)
    if offered:
        offered[0] |= {"note": note, "read": read}
    return offered


def _call_of(message: View) -> str | None:
    """The call that a minute or a readout is of."""
    text = message["text"] or ""
    if message["kind"] == "minute":
        minute = Minute.parse(text)
        return minute.facts.call if minute else None
    readout = Readout.parse(text) if message["kind"] == "readout" else None
    return readout.call if readout else None


def _pending_readback(stages: list[View]) -> View | None:
    """The newest read-back that was neither confirmed nor corrected."""
    waiting: View | None = None
    for stage in stages:
        if views.on_their_word(stage):
            continue
        if stage["stage"] == "read back":
            waiting = stage
        elif stage["stage"] in ("confirmed", "corrected"):
            waiting = None
    return waiting


def _button(verb: str, does: str, key: str) -> View:
    return {"verb": verb, "does": does, "key": key}


def _form(verb: str, name: str, does: str, key: str, *fields: View) -> View:
    return {"verb": verb, "name": name, "does": does, "key": key, "fields": fields}


# --- what is known of it


# What a person does, and what the entry that tells it may name nobody for (spec/entry.md E8).
_BY_A_PERSON = ("passed", "read back", "confirmed", "corrected", "unable", "wait")


def _stage(stage: View, counterpart: str, page: Frame) -> View:
    by, detail = stage["by"], seen_signs(stage.get("detail") or "")
    who = _called(by) if by else ""
    if not by and stage["stage"] in _BY_A_PERSON and stage["side"] == "theirs":
        who = _("%(counterpart)s, which names no person", counterpart=counterpart)
    if stage["stage"] == "passed":
        detail = _("to %(office)s", office=seen_signs(stage["office"]))
    elif stage["stage"] == "wait" and stage.get("until") is not None:
        detail = _("until %(time)s", time=clock(stage["until"], page.now))
    elif stage["delegation"] is not None:
        lent = stage["delegation"]
        name, until = seen_signs(lent["for"]["name"]), clock(lent["until"], page.now)
        detail = _("for %(name)s by delegation until %(time)s", name=name, time=until)
    elif stage.get("fields"):
        detail = read_back(stage)
    elif stage.get("by_line"):
        detail = _("by %(ref)s", ref=page.names.ref(stage["by_line"], stage["side"], stage["n"]))
    if stage.get("waiting"):
        detail = f"{detail} ({word(stage['waiting'])})".strip()
    return {**stage, "stage": short_stage(stage["stage"]), "who": who, "detail": detail}


def read_back(stage: View) -> str:
    """What was read back: the digits, and whether they are right; then each element."""
    said = []
    for name, value in stage["fields"].items():
        value = seen_signs(value)
        if name != GROUP:
            said.append(f"{word(seen_signs(name))}: {value}")
        elif stage["matches"]:
            said.insert(0, _("%(digits)s: right", digits=value))
        else:
            said.insert(0, _("%(digits)s: WRONG", digits=value))
    return "; ".join(said)


def _called(person: View) -> str:
    """Who it is, by a name and an office that the other station may have given."""
    return seen_signs(", ".join(filter(None, (person["name"], person["office"]))))


def _facts(page: Frame, message: View) -> list[tuple[str, Any, str]]:
    def people(*several: View | None) -> str:
        return "; ".join(_called(each) for each in several if each)

    desks, group = message["desks"], ""
    if message["dir"] == "ours" or message["reached"] & {"read back", "confirmed"}:
        # Whoever could copy it from here would prove nothing by reading it back.
        group = f"{message['check_group'][:3]} {message['check_group'][3:]}"
    back = message["went_back_s"]
    sealed = clock(message["time"], page.now)
    supplied = clock(message["supplied"]["at"], page.now) if message["supplied"] else ""
    if back:
        sealed = _(
            "%(sealed)s, %(span)s before the entry before it: the clock went back",
            sealed=sealed,
            span=span(back),
        )
    facts = [
        (_("Line"), f"{page.names.line(message['line'])['name']} ({message['line']})", ""),
        (_("Number in its log"), str(message["n"]), "figures"),
        *((word(words).capitalize(), ref, "figures") for words, ref, href in message["refs"]),
        (_("Language"), seen_signs(message["language"] or ""), "figures"),
        (_("From"), seen_signs(desks["from"] or ""), ""),
        (_("To"), seen_signs(", ".join(desk for desk in desks["to"] if desk)), ""),
        (_("Written by"), people(message["drafter"]), ""),
        (_("Released by"), people(*message["releasers"]), ""),
        (_("Composed"), clock(message["composed"], page.now), "figures"),
        (_("Released"), clock(message["released"], page.now), "figures"),
        (_("Sealed, by its sender's clock"), sealed, "figures"),
        (_("Kept here, by our clock"), clock(message["kept"], page.now), "figures"),
        (_("Supplied by the other side"), supplied, "figures"),
        (
            _("Had seen of the other log"),
            ngettext("%(num)s entry", "%(num)s entries", message["seen"]),
            "figures",
        ),
        (_("SHA-256 as drafted"), groups(message["sha256"]), "hash"),
        (_("Leaf of the record"), groups(message["leaf"]), "hash"),
        (_("Check group"), group, "group6"),
        *(
            (_("Header %(key)s", key=key), seen_signs(str(value)), "")
            for key, value in message["raw_header"].items()
        ),
    ]
    return [fact for fact in facts if fact[1]]
