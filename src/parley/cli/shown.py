"""Drafts, messages and lines as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parley.catalogue.calls import moment as form_moment
from parley.catalogue.perhaps import perhaps_names
from parley.cli import voice
from parley.console import marking, words
from parley.station.texts.critical import LOOKED_AT_MAX

View = dict[str, Any]

SUBJECT_COLUMNS = 48
REFERENCES = {"answers": "Answers", "corrects": "Corrects", "retracts": "Retracts"}


def moment(at: float | None, now: float | None = None) -> str:
    """A moment, UTC."""
    return "–" if at is None else words.clock(at, now)


def bearer_place(bearer: View) -> str:
    """Where a bearer listens, or whom it calls, and by what unless it is TCP."""
    by = " by QUIC" if bearer["kind"] == "quic" else ""
    return (
        f"listens on {bearer['listen']}{by}" if bearer["listen"] else f"dials {bearer['dial']}{by}"
    )


def person(who: View | None) -> str:
    """Somebody by name and office."""
    if not who:
        return "–"
    name, office = voice.visible(who.get("name") or "?"), voice.visible(who.get("office") or "")
    return f"{name} ({office})" if office and office != name else name


def persons(several: list[View] | None) -> str:
    """Some people."""
    return ", ".join(map(person, several or [])) or "–"


def reference(view: View, key: str) -> str:
    """Another message that this one names: an answer names one of the other side's."""
    other = {"ours": "theirs", "theirs": "ours"}[view["dir"]]
    return f"{other if key == 'answers' else view['dir']} {view[key]}"


def provisional(view: View) -> str:
    """How far a message that came before its turn is from joining the record."""
    missing = view["outstanding"]
    if view["never"]:
        return f"PROVISIONAL, never joined the record: the line halted before {missing} came"
    return f"PROVISIONAL, {missing} outstanding"


def heading(view: View) -> str:
    """What a message is, first of all; the mark never goes missing."""
    parts = [view["precedence"], view["status"]]
    if view.get("kind") and view["kind"] != "text":
        parts.append(view["kind"])
    if view.get("rescue"):
        parts.append("SEARCH AND RESCUE")
    if view.get("retracted"):
        parts.append("RETRACTED")
    if view.get("provisional"):
        parts.append(provisional(view["provisional"]))
    return " · ".join(parts)


def draft(view: View) -> Iterator[str]:
    """A draft as the second person reads it: every word, then what stands behind it."""
    yield f"Draft {view['draft']} · {heading(view)} · {view['state']}"
    facts: dict[str, object] = {
        "By": persons([view["by"], *view["editors"]]),
        "Language": view["language"],
    }
    if view.get("returned"):
        facts["Came back"] = voice.visible(view["returned"])
    if view.get("subject"):
        facts["Subject"] = voice.visible(view["subject"])
    for key, name in REFERENCES.items():
        if view[key] is not None:
            facts[name] = reference({**view, "dir": "ours"}, key)
    if view["reply_by"] is not None:
        facts["Reply expected"] = f"by {moment(view['reply_by'])}"
    if view["order"]:
        facts["Order"] = view["order"]
    if view["given_back"] and view["state"] == "open":
        back = view["given_back"]
        facts["Given back"] = f"{moment(back['at'])}, not sent: {voice.visible(back['why'])}"
    for key, name in (
        ("held", "Held by"),
        ("sent_back", "Sent back by"),
    ):
        if view[key]:
            said = f": {voice.visible(view[key]['remark'])}" if view[key]["remark"] else ""
            facts[name] = f"{person(view[key]['by'])}, {moment(view[key]['at'])}{said}"
    if view["reviews"]:
        several = (f"{person(each['by'])}, {moment(each['at'])}" for each in view["reviews"])
        facts["Reviewed by"] = "; ".join(several)
    if view.get("lent"):
        facts["You release it"] = lent(view["lent"])
    if view.get("delegation"):
        who = person(view["released_by"])
        facts["Released by"] = f"{who} {lent(view['delegation'])}"
    yield from voice.pairs(facts)
    yield ""
    yield from text(view)
    yield ""
    yield from elements(view["elements"], view["text"])
    yield from terms(view["glossary"])
    yield from from_chat(view)
    yield ""
    yield f"{voice.count(view['words'], 'word')}, {voice.count(view['bytes'], 'byte')}."
    yield from attachments(view["attachments"])
    yield f"SHA-256 {view['sha256']}"
    arrived = view.get("arrived_since") or []
    if arrived:
        yield f"Since this draft was begun {voice.count(len(arrived), 'message')} arrived:"
        yield from (f"  theirs {message['n']} · {message['precedence']}" for message in arrived)


def from_chat(view: View) -> Iterator[str]:
    """Lines of the operators' chat with words of a text, and who says that they are meant."""
    said = view.get("from_chat")
    if view["chat_found"]:
        lines = voice.count(view["chat_found"], "line")
        yield f"OPERATORS' CHAT: words of {lines} of it stand here."
        for each in view["chat"]:
            which = f"{each['dir']} {each['n']}" if each["n"] is not None else "waiting"
            yield (
                f"  {which} · {voice.visible(each['line_name'])} · {moment(each['kept'])} ·"
                f" {voice.one_line(each['text'], SUBJECT_COLUMNS)}"
            )
    if said:
        yield f"{person(said['by'])} said {moment(said['at'])} that words of the chat are meant."
    elif view["chat_found"] and "draft" in view:
        yield "Nobody has said that they are meant."


def message(view: View) -> Iterator[str]:
    """One message with all that is known of it."""
    yield f"{view['dir'].capitalize()} {view['n']} · {heading(view)}"
    facts: dict[str, object] = {}
    if view.get("subject"):
        facts["Subject"] = voice.visible(view["subject"])
    facts["Drafted by"] = person(view.get("drafter"))
    facts["Released by"] = persons(view.get("releasers"))
    back = view["went_back_s"]
    earlier = f", {words.span(back)} before the entry before it" if back else ""
    facts["Sent"] = moment(view["time"]) + f" (sender's clock{earlier})"
    facts["Kept"] = moment(view["kept"]) + " (our clock)"
    if view.get("supplied"):
        facts["Supplied"] = f"by the other side, since it was lost here{_by_word(view['supplied'])}"
    for key, name in REFERENCES.items():
        if view[key] is not None:
            facts[name] = reference(view, key)
    if view["order"]:
        facts["Order"] = view["order"]
    if view["in_spite"]:
        facts["In spite"] = voice.visible(view["in_spite"])
    if view["reply"]:
        due = view["reply"]["due"]
        left = "answered" if view["reply"]["answered"] else clock(view["reply"])
        facts["Reply expected"] = f"by {moment(due)}, {left}"
    if view.get("clock"):
        facts["Clock"] = clock(view["clock"])
    if view["dir"] == "ours":
        group = view["check_group"]
        facts["Check group"] = f"{group[:3]} {group[3:]}, to be said on another channel"
    yield from voice.pairs(facts)
    yield ""
    yield from text(view)
    yield ""
    yield from elements(view["elements"], view["text"])
    yield from terms(view["glossary"])
    yield from attachments(view["attachments"])
    yield ""
    yield from voice.table(
        (
            (
                words.short_stage(stage["stage"]),
                moment(stage.get("at_ours")),
                moment(stage.get("at_theirs")),
                person(stage.get("by")) if stage.get("by") else "",
                voice.one_line(detail(stage), SUBJECT_COLUMNS),
            )
            for stage in view["stages"]
        ),
        ("stage", "our clock", "their clock", "by", ""),
    )
    for stage in view["stages"]:
        if stage.get("read"):
            yield ""
            yield "What was read back, beside the message:"
            yield from compared(stage["read"])
    yield ""
    yield f"SHA-256 {view['sha256']} · {_stands(view)}"


def supplied(view: View | None) -> list[str]:
    """How an entry is marked in a list that is here by the other side's evidence."""
    if view is None:
        return []
    return ["supplied by the other side" + (", on its word alone" if view["by_word"] else "")]


def _by_word(view: View) -> str:
    if not view["by_word"]:
        return ""
    return "; on its word alone: no signature shows whose words these are"


def _stands(view: View) -> str:
    """What proves a message to others."""
    if view["provisional"]:
        return "in no record yet"
    attribution = str(view["attribution"])
    return "vouched for between the two" if attribution == "vouched" else attribution


def detail(stage: View) -> str:
    """What a stage says beside its name."""
    return "; ".join(
        filter(None, (_detail(stage), "on their word alone" * bool(stage.get("by_word"))))
    )


def _detail(stage: View) -> str:
    if stage["stage"] == "passed":
        return f"to {stage['office']}"
    if stage.get("delegation"):
        return lent(stage["delegation"])
    if stage.get("matches") is False:
        which = "which" if len(stage["fields"]) == 1 else "the check group of which"
        return f"{stage['detail']}, {which} is WRONG"
    if stage.get("until"):
        return f"until {moment(stage['until'])}"
    if stage.get("by_line") and stage["n"] is not None:
        __, at, inc = stage["by_line"].partition("@")
        return f"by {stage['side']} {stage['n']}{at}{inc}"
    return str(stage["detail"] or stage.get("waiting") or "")


def lent(view: View) -> str:
    """For whom, and until when, somebody did it by a role that was lent."""
    return f"for {person(view['for'])} by delegation until {moment(view['until'])}"


def text(view: View) -> list[str]:
    """The words of a message, or that there are none we can read."""
    if view.get("text") is None:
        return [f"  ({view['problem']}; the record keeps its bytes)"]
    frame = marking.frame_line(view["status"])
    edge = [f"  | {frame}"] if frame else []
    return [*edge, *voice.quoted(view["text"]), *edge]


def elements(found: list[View], words: str | None) -> list[str]:
    """What must not be misread, as it was read and as it is written; and what is perhaps a name."""
    known = [(each["start"], each["end"]) for each in found]
    perhaps = ", ".join(map(voice.visible, perhaps_names((words or "")[:LOOKED_AT_MAX], known)))
    said = [f"Perhaps names, compared with nothing: {perhaps}"] if perhaps else []
    if not found:
        return ["No date, time, position, number or protected name was found.", *said]
    rows = [
        (
            f"{each['kind']}, keep" if each["protected"] else each["kind"],
            voice.visible(each["value"]),
            voice.one_line(each["text"], SUBJECT_COLUMNS),
        )
        for each in found
    ]
    return [*voice.table(rows, ("element", "read as", "written")), *said]


def compared(view: View) -> Iterator[str]:
    """How critical elements of a translation, or of a read-back, compare with the original's."""
    if not view["compared"]:
        yield "Neither text has a date, time, position, number or quoted name."
        return
    if not view["differs"]:
        elements = voice.count(len(view["compared"]), "critical element")
        yield f"Nothing is omitted or added: {elements} compared."
        return
    for each in view["compared"]:
        if each["mark"] != "same":
            whose = "NOT IN THE ORIGINAL" if each["mark"] == "added" else each["mark"].upper()
            yield f"{whose}: {each['kind']} {voice.visible(each['value'])}"


def terms(found: list[View]) -> Iterator[str]:
    """What the glossary says of a text."""
    for each in found:
        term, other = voice.visible(each["term"]), voice.visible(each["rendering"])
        said = f"{term} is not translated" if each["protected"] else f"{term} is {other} there"
        if each["protected"] and other != term:
            said += f"; there it is written {other}"
        warning = f". {voice.visible(each['warning'])}" if each["warning"] else ""
        yield f"Glossary: {said}{warning}"


def attachments(found: list[View]) -> Iterator[str]:
    """Files that go with it, each by hash and size, and how far one has come."""
    for each in found:
        yield (
            f"Attachment {each['place']}: {voice.visible(each['name'])}, {each['media']},"
            f" {voice.count(each['size'], 'byte')}{_how_it_stands(each)}"
        )
        yield f"  SHA-256 {each['sha256']}"


def _how_it_stands(each: View) -> str:
    """What is here of a file, in words; a draft's is whole."""
    state = each.get("state", "shown")
    if state in FILE_STATES:
        return f"; {FILE_STATES[state]}"
    held = each.get("held", each["size"])
    return f"; {held:,} bytes of it have crossed" if held < each["size"] else ""


FILE_STATES = {
    "being judged": "whole, and looked into now",
    "other hash": "NOT SHOWN: it has not the hash that the message names",
    "other form": "NOT SHOWN: it is not what it says it is",
    "other kind": "NOT SHOWN: it is of a kind that is never shown",
    "named otherwise before": "NOT SHOWN: an earlier message names it otherwise",
}


def clock(view: View) -> str:
    """How long there is to answer."""
    left = view["left_s"]
    return f"OVERDUE by {words.span(-left)}" if view["overdue"] else f"{words.span(left)} left"


def messages(listed: View) -> list[str]:
    """A list of messages, one line each; with the name of the line where a number alone would say
    too little."""
    views = listed["messages"]
    if not views:
        return ["None."]
    several = listed["lines"] > 1 or any("@" in view["line"] for view in views)
    rows = [
        (
            *([_line_of(view)] if several else []),
            view["n"],
            view["precedence"],
            _marks(view),
            moment(view["time"]),
            _stage(view),
            clock(view["clock"]) if view.get("clock") else "",
            in_a_list(view),
        )
        for view in views
    ]
    heads = ("n", "precedence", "mark", "sent", "stage", "clock", "words")
    return voice.table(rows, ("line", *heads) if several else heads, (1,) if several else (0,))


def _line_of(view: View) -> str:
    """How --line names the line of a message, with an incarnation that has ended."""
    __, at, inc = view["line"].partition("@")
    return f"{voice.visible(view['line_name'])}{at}{inc}"


def _marks(view: View) -> str:
    """What a message is marked with: never in its words, where they could be written by anybody."""
    marks = [view["status"]]
    marks += ["SEARCH AND RESCUE"] * bool(view["rescue"])
    marks += ["RETRACTED"] * bool(view["retracted"])
    return " · ".join(marks + supplied(view["supplied"]))


def _stage(view: View) -> str:
    if view["provisional"]:
        return "PROVISIONAL"
    last = view["stages"][-1]["stage"] if view["stages"] else ""
    return words.short_stage(last)


def in_a_list(view: View) -> str:
    """What a message or a draft is about, as far as a line of a list takes it."""
    about = view.get("subject") or view.get("gist") or view.get("text")
    return voice.one_line(about, SUBJECT_COLUMNS)


def call_state(view: View) -> str:
    """What became of a call asked for, and how long its clock still runs."""
    left = view["left_s"]
    clock = f" {words.span(left)} left." if left is not None else ""
    purpose = voice.one_line(view["purpose"], SUBJECT_COLUMNS)
    every = f" · every week, {view['weekly_min']} min" if view["standing"] else ""
    coming = view["next"]
    next_ = ""
    if coming is not None:
        when = f"in {words.span(coming['left_s'])}" if coming["left_s"] > 0 else "now"
        next_ = f" Next: {form_moment(coming['at'])}, {when}."
    outcome = f" {voice.visible(view['outcome'])}" if view["outcome"] else ""
    return f"{purpose}{every} · {voice.visible(view['sentence'])}{clock}{next_}{outcome}"


def held(view: View) -> str:
    """A call that is open, in a line."""
    sides = view["present"]
    join = "parley call join --rehearsal" if view["rehearsal"] else "parley call join"
    rings = f". IT RINGS: nobody here has joined it, `{join}`" if view["rings"] else ""
    recorded = ". IT IS RECORDED" if view["recording"] else ""
    recorded += ". SOMETHING IS SHOWN" if view["showing"] else ""
    recorded += ". A REHEARSAL ENDED WITH IT" if view["over_rehearsal"] is not None else ""
    return (
        f"{view['state']} since {moment(view['opened'])}, by {person(view['opened_by'])};"
        f" {sides['ours']} of ours and {sides['theirs']} of theirs take part{recorded}{rings}"
    )
