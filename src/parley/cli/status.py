"""`parley status`: how the lines stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import attendance, overdue, rostering, shown, testing, voice
from parley.cli.client import Asking, asks
from parley.cli.handing_over import officer
from parley.console import words

View = dict[str, Any]


@click.command(name="status")
@asks(line=True, setup=True)
def command(station: Asking) -> None:
    """How the lines stand: declared, and observed."""
    voice.tell(station.call("status", figures=True), in_words)


def in_words(view: View) -> Iterator[str]:
    """A station's state for a terminal."""
    about = view["station"]
    yield f"{voice.visible(about['party'])}, station {voice.visible(about['name'])}"
    yield f"The watch: {officer(view['watch'])}"
    for desk in view["roster"]:
        yield f"Roster, {rostering.due(desk)}"
        yield from rostering.late(desk)
    if view["drafts"]:
        numbers = ", ".join(map(str, view["drafts"]))
        urgent = f", {view['urgent_draft']} among them" if view["urgent_draft"] else ""
        yield f"Waiting for you: draft {numbers}{urgent}; `parley draft show {view['drafts'][0]}`."
    if view["certificate"]["revoked"]:
        yield "REVOKED: our own root has taken the keys of this station back. `parley rotate`."
    if view["trouble"]:
        yield f"TROUBLE: {voice.sentence(view['trouble']['sentence'])}"
        yield f"  next: {voice.sentence(view['trouble']['hint'])}"
    if not view["lines"]:
        yield "No line is open; `parley introduce` and `parley agree` open one."
    for line in view["lines"]:
        yield ""
        yield from line_in_words(line, view["now"])
    for each in view["earlier"]:
        again = voice.visible(each["read_it_as"])
        yield ""
        yield f"{again} is over: {voice.sentence(each['why'])}"
        entries = voice.count(each["entries"], "entry", "entries")
        yield f"  {entries}: parley record --line '{again}'"
        if each["unacknowledged"]:
            numbers = ", ".join(map(str, each["unacknowledged"]))
            yield f"  never acknowledged here: theirs {numbers}"
    if view["alarms"]:
        yield ""
        yield f"{voice.count(len(view['alarms']), 'alarm')}, the most urgent first:"
        yield from (f"  {alarm_in_words(alarm, view['now'])}" for alarm in view["alarms"])
    if view["overdue"]:
        yield ""
        yield f"OVERDUE, {voice.count(len(view['overdue']), 'thing')}; `parley overdue`:"
        yield from (f"  {overdue.in_words(late)}" for late in view["overdue"])
    if view["bearers"]:
        yield ""
        yield from (f"Bearer {bearer_in_words(bearer)}" for bearer in view["bearers"])
        for told in (bearer["trouble"] for bearer in view["bearers"] if bearer["trouble"]):
            yield f"BEARER DOWN: {voice.sentence(told['sentence'])}"
            yield f"  next: {voice.sentence(told['hint'])}"
    yield from console_in_words(view["console"])
    if view["strange_frames"]:
        yield f"{voice.count(view['strange_frames'], 'frame')} came that no line knows."


def console_in_words(console: View) -> Iterator[str]:
    """Where the pages are, and what browsers must be shown there."""
    certificate = console["certificate"]
    if console["address"] and certificate:
        yield f"Console {console['address']}, certificate until {shown.moment(certificate['ends'])}"
        yield f"  SHA-256 {certificate['digits']}"


def bearer_in_words(bearer: View) -> str:
    """A path, and what came by it that was refused."""
    place = shown.bearer_place(bearer)
    paths = voice.count(len(bearer["connections"]), "path") if bearer["connections"] else "no path"
    refused = f", {voice.count(bearer['refused'], 'frame')} refused" if bearer["refused"] else ""
    told = bearer["trouble"]
    trouble = str(told["sentence"] if told else bearer["last_error"])
    why = f": {voice.one_line(trouble, 60)}" if trouble and not bearer["connections"] else ""
    junk = bearer.get("junk_datagrams", 0)
    refused += f", {voice.count(junk, 'packet')} of nobody's" if junk else ""
    trips = [each["rtt_ms"] for each in bearer["connections"] if each.get("rtt_ms") is not None]
    trip = f", {min(trips):.0f} ms there and back" if trips else ""
    return f"{bearer['bearer']} {place}, {paths}{trip}{refused}{why}"


def alarm_in_words(alarm: View, now: float) -> str:
    """A message that nobody has dealt with yet."""
    line = voice.visible(alarm["line_name"])
    called = ", ".join(voice.visible(person["name"]) for person in alarm["called"])
    where = f" at {voice.visible(alarm['desk'])}" if alarm["desk"] else ""
    until = "" if alarm["until"] is None else f" until {words.clock(alarm['until'], now)}"
    who = f" for {called}{until}" if called else ""
    left = f", {shown.clock(alarm['clock'])}" if alarm["clock"] else ""
    left += f", {shown.provisional(alarm['provisional'])}" if alarm["provisional"] else ""
    left += ", shown before the restart" if alarm["again"] else ""
    return (
        f"{alarm['precedence']} {alarm['dir']} {alarm['n']} on {line}:"
        f" {alarm['state']}{where}{who}{left}"
    )


def line_in_words(line: View, now: float) -> Iterator[str]:
    """One line."""
    trust = "" if line["verified"] else " · UNVERIFIED: the letters were not compared by persons"
    name, counterpart = voice.visible(line["name"]), voice.visible(line["counterpart"])
    yield f"{name} · {line['mark']} · with {counterpart}{trust}"
    deniable = line["policy"] == "deniable"
    unknown = "not yet compared whole" if deniable else "not yet signed by both"
    agree = {True: "yes", False: "NO", None: unknown}[line["records_agree"]]
    facts: dict[str, object] = {
        "Declared": _declared(line),
        "Observed": f"{line['observed']}, last heard {words.age(line['last_heard_s'])} ago"
        if line["last_heard_s"] is not None and not line["erased"]
        else line["observed"],
        "In service": _in_service(line),
        "Entries": f"{line['our_size']} of ours ({line['receipted']} received there),"
        f" {line['their_size']} of theirs, {line['queued']} waiting",
        "Record": words.POLICIES[line["policy"]],
        "Records agree": agree,
        "Suite": f"{line['suite']['number']}: {line['suite']['words']}",
        "Last heal": _healed(line),
    }
    told = line["resumption"]
    for side, who in (("theirs", counterpart), ("ours", "We")):
        if told[side]:
            facts[f"{who} asked" if side == "ours" else f"{who} asks"] = (
                f"incarnation {told[side]['inc']}: {voice.one_line(told[side]['reason'], 200)}"
            )
    if told["next"]:
        by = f" ({told['by']})" if told["by"] else ""
        facts["To do"] = f"{voice.one_line(told['next'], 300)}{by}"
    if told["last"]:
        facts["Begun anew"] = begun_in_words(line["inc"], told["last"])
    if told["missing"]:
        facts["MISSING"] = "; ".join(
            missing_in_words(each, counterpart) for each in told["missing"]
        )
    if line["secret_differs"]:
        facts["SECRETS"] = voice.visible(line["secret_differs"])
    if line["signed_two"]:
        facts["CONTRADICTED"] = " ".join(map(voice.visible, line["signed_two"]))
    if line["newer"]:
        facts["VERSION"] = voice.visible(line["newer"])
    if line["clock"]["doubts"]:
        facts["CLOCK"] = " ".join(map(voice.visible, line["clock"]["doubts"]))
    days = line["days_since_contact"]
    facts["Last contact"] = {None: "no message yet", 0: "today"}.get(days) or (
        f"{voice.count(days, 'day')} ago, tests and service messages not counted"
    )
    facts["Certificates"] = "; ".join(
        f"{side} {line['certificates'][side]['serial']}"
        f" since {shown.moment(line['certificates'][side]['valid_from'])}"
        for side in ("ours", "theirs")
    )
    for side, who in (("ours", "Our"), ("theirs", "Their")):
        if line["presence"][side]:
            facts[f"{who} principal"] = attendance.of_side(line["presence"][side], now)
    if line["call"]:
        facts["REHEARSAL" if line["call"]["rehearsal"] else "CALL"] = shown.held(line["call"])
    for call in line["calls"]["live"]:
        facts[f"Call {call['dir']} {call['n']}"] = shown.call_state(call)
    if line["calls"]["more"]:
        facts["More calls"] = f"{line['calls']['more']}; `parley call list` shows them"
    for minute in line["minutes"]["waiting"]:
        facts[f"Minute theirs {minute['n']}"] = voice.one_line(minute["sentence"], 200)
    if line["minutes"]["more"]:
        facts["More minutes"] = f"{line['minutes']['more']}; `parley minute list` shows them"
    if line["stopped"]:
        facts["What to do"] = voice.visible(line["stopped"]["hint"])
    if line["papers"]:
        facts["Their papers"] = "; ".join(map(voice.visible, line["papers"]))
    test = line.get("last_test")
    facts["Last test"] = (
        f"{shown.moment(test['at'])}, answered after {words.span(test['answered_s'])}"
        if test
        else "none answered yet"
    )
    if line["tests"]["due"]:
        facts["Next test"] = testing.next_in_words(line["tests"]["due"])[len("The next test is ") :]
    if line["tests"]["to_answer"]:
        facts["TEST WAITS"] = next(testing.due_in_words(line["tests"]))
    facts |= _figures(line.get("figures"))
    yield from (f"  {each}" for each in voice.pairs(facts))


def _in_service(line: View) -> str:
    """Both stations have opened it, and both sides have filled their desks."""
    if not line["in_service"]:
        return "no, both stations have yet to open it"
    return voice.visible(line["filled"]["sentence"]) or "yes"


def _figures(figures: View | None) -> dict[str, object]:
    """The last day and month, in a line each."""
    if figures is None:
        return {}
    windows = [("24 h", figures["day"]), ("30 d", figures["month"])]
    shares = [(name, each["observed"]["availability"]) for name, each in windows]
    return {
        "Availability": ", ".join(
            f"{name} {words.share(share)}" for name, share in shares if share is not None
        )
        or "not yet known",
        **{
            title: ", ".join(f"{name} {words.answers(each[key])}" for name, each in windows)
            for title, key in (
                ("We answered", "answered_here"),
                ("They answered", "answered_there"),
            )
        },
    }


def _declared(line: View) -> str:
    """What was declared of the line, by whom, why, and what is next."""
    if line["halted"]:
        return f"{line['declared']}: {line['halted']}"
    standing = line["standing"]
    erased = "Its keys are erased." if line["erased"] else ""
    words = [voice.visible(each) for each in (standing["sentence"], standing["next"]) if each]
    said = " ".join([*words, erased] if erased else words)
    return f"{line['declared']}. {said}" if said else str(line["declared"])


def missing_in_words(gap: View, counterpart: str) -> str:
    """What is missing here of an incarnation that has ended, and how it comes back."""
    what = "all" if gap["whole"] else f"{gap['ours']} of ours and {gap['theirs']} of theirs"
    return (
        f"{what} of incarnation {gap['of']}: {counterpart} writes it with"
        f" `parley export --line {gap['asked_as']}`, `parley supply` takes it in"
    )


def begun_in_words(inc: int, last: View) -> str:
    """What became of the incarnation before this one."""
    again = voice.count(last["said_again"], "entry", "entries")
    lost = last["lost"]
    if lost["ours"] or lost["theirs"]:
        left = "supplied since" if last["whole"] else "NOT YET SUPPLIED"
        missing = f"{lost['ours']} of ours and {lost['theirs']} of theirs were missing here, {left}"
    else:
        missing = "nothing was missing here"
    return (
        f"incarnation {inc} since {shown.moment(last['begun'])}; {missing};"
        f" {again} of ours said again"
    )


def _healed(line: View) -> str:
    """Since when copied keys are worthless, for both directions."""
    ours, theirs = (
        shown.moment(line["healed"][side]) if line["healed"][side] else "not yet"
        for side in ("ours", "theirs")
    )
    weak = "" if line["healed_against_quantum"] else ", theirs against the thieves of today only"
    return f"of what we say {ours}, of what they say {theirs}{weak}"
