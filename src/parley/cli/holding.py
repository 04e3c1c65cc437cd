"""`parley call begin` to `end`: to hold a call; without a page, by text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import rehearsed, shown, voice
from parley.cli.call import call
from parley.cli.client import Asking, asks

View = dict[str, Any]
SAID = {
    "opened": "The call is open. Join it by `parley call join`, or at the console.",
    "joined": "You are in the call.",
    "left": "You have left the call; it goes on.",
    "said": "Said, and in the record.",
    "muted": "The record says that your microphone is closed.",
    "unmuted": "The record says that your microphone is open.",
    "held": "The call is on hold.",
    "resumed": "The call goes on.",
    "ended": "The call is ended.",
    "mode": "Both sides see how the call is interpreted.",
    "interpreting": "You have the microphone of the channel.",
    "on the floor": "You speak on the floor again.",
    "relieved": "The microphone of the channel is handed over.",
    "handed over": "The call is handed to the principal; the other side is to acknowledge it.",
    "acknowledged": "Both records have that their principal is at the terminal.",
    "taken back": "The duty officer holds the call again.",
    "captioned": "The caption is shown at both sides.",
    "planned": "Both sides see the agenda.",
    "recording asked": "The other side is asked; nothing is recorded until it agrees.",
    "recording agreed": "Both sides agreed: the call is recorded, and every page says so.",
    "recording withdrawn": "The call is not recorded.",
    "recorded": "Both records have which file it is.",
    "rehearsal opened": "The rehearsal is open: `parley call join --rehearsal`, or at the console.",
    "checked": "Both sides see what you found.",
    "showing asked": "The other side is asked; nothing is shown until it agrees.",
    "showing agreed": "You agreed: every page of the call sees it.",
    "showing stopped": "Nothing is shown.",
    "touched": "The item is marked as touched; the minute begins with it.",
}
OF_REHEARSALS = {
    "joined": "You are in the rehearsal. Nothing of it is the call.",
    "left": "You have left the rehearsal; it goes on.",
    "held": "The rehearsal is on hold.",
    "resumed": "The rehearsal goes on.",
    "ended": "The rehearsal is ended.",
}


def tell(station: Asking, op: str, **given: Any) -> None:
    voice.tell(station.call(op, **given), in_words_of)


def in_words_of(view: View) -> Iterator[str]:
    said = SAID[view["event"]]
    yield OF_REHEARSALS.get(view["event"], said) if view.get("rehearsal") else said
    if view.get("ends_rehearsal"):
        yield "The rehearsal that was open ended with it, at both sides."
    if view.get("waiting"):
        yield f"It waits: {view['waiting']}."


@call.command()
@click.option(
    "--medium",
    type=click.Choice(("video", "voice", "text")),
    help="Default: as agreed, else video.",
)
@click.option(
    "--at-once",
    is_flag=True,
    help="A rehearsal that is open ends with it; a call agreed for later is still to come.",
)
@asks(line=True)
def begin(station: Asking, medium: str | None, at_once: bool) -> None:
    """Open the call that was agreed for about now, or one at once."""
    given: View = {} if medium is None else {"medium": medium}
    tell(station, "call.begin", at_once=at_once, **given)


@call.command()
@click.option("--role", help="As principal, adviser, interpreter, note-taker or watch.")
@click.option("--rehearsal", is_flag=True, help="Take part in the rehearsal, not in the call.")
@asks(line=True)
def join(station: Asking, role: str | None, rehearsal: bool) -> None:
    """Take part in the open call by text; sound and pictures are at the console."""
    given: View = {} if role is None else {"role": role}
    tell(station, "call.join", rehearsal=rehearsal, **given)


@call.command()
@asks(line=True)
def leave(station: Asking) -> None:
    """Leave the call; it goes on."""
    tell(station, "call.leave")


@call.command()
@click.argument("text")
@asks(line=True)
def say(station: Asking, text: str) -> None:
    """Say TEXT in the call. It stands in the record under your name."""
    tell(station, "call.say", text=text)


@call.command()
@click.option("--off", is_flag=True, help="Go on.")
@asks(line=True)
def hold(station: Asking, off: bool) -> None:
    """Put the call on hold for both sides, or go on."""
    tell(station, "call.hold", on=not off)


@call.command()
@click.option("--reason", help="In words, for the record.")
@asks(line=True)
def end(station: Asking, reason: str | None) -> None:
    """End the call for both sides."""
    tell(station, "call.end", **({} if reason is None else {"reason": reason}))


@call.command()
@asks(line=True)
def show(station: Asking) -> None:
    """The call that is open, else the last: who takes part, and what was said by text."""

    def in_words(view: View) -> Iterator[str]:
        if view["call"] is None:
            yield "No call was opened on this line. `parley call begin` opens one."
        else:
            yield from held_in_words(view["call"], view["now"])
        if view["over_rehearsal"] is not None:
            since = shown.moment(view["over_rehearsal"], view["now"])
            yield f"The rehearsal that was open since {since} ended when this call was opened."
        for how in (view["rehearsed"], view["ahead"]):
            if how is not None:
                yield rehearsed.how_it_went(how, view["now"])

    voice.tell(station.call("call.show"), in_words)


def held_in_words(view: View, now: float) -> Iterator[str]:
    """A call that was opened."""
    by = shown.person(view["opened_by"])
    if view["rehearsal"]:
        yield "REHEARSAL. Nothing of this is the call."
    yield f"Opened {shown.moment(view['opened'], now)} by {by} ({view['dir']}), {view['medium']}."
    for begun, ended in view["interruptions"]:
        until = shown.moment(ended, now) if ended is not None else "now"
        yield f"On hold from {shown.moment(begun, now)} until {until}."
    if view["ended"] is not None:
        words = f": {voice.one_line(view['words'], 200)}" if view["words"] else ""
        ender = shown.person(view["ended_by"])
        yield f"Ended {shown.moment(view['ended'], now)} by {ender}{words}."
    rows = [
        (
            each["page"],
            each["dir"],
            shown.person(each),
            each["role"],
            each["medium"],
            shown.moment(each["joined"], now),
            shown.moment(each["left"], now) if each["left"] is not None else "in the call",
            "closed" if each["muted"] is not None else "",
        )
        for each in view["attendees"]
    ]
    if rows:
        yield from voice.table(
            rows, ("page", "side", "who", "as", "by", "joined", "left", "microphone")
        )
    yield from parts_in_words(view, now)
    yield from rehearsed.checks_in_words(view)
    if view["digits"]:
        yield f"Check digits, to be read aloud: {view['digits']}"
    for each in view["texts"]:
        who = shown.person({"name": each["name"], "office": each["office"]})
        yield f"{shown.moment(each['at'], now)} {who}: {voice.visible(each['text'])}"


def parts_in_words(view: View, now: float) -> Iterator[str]:
    """Who interprets and who speaks for each side, the agenda, and what was captioned."""
    for each in view["interpreting"]:
        yield (
            f"{shown.person(each)} ({each['dir']}) interprets into"
            f" {voice.one_line(each['language'], 64)} ({view['mode']})."
        )
    for each in view["hands"]:
        at = each["acknowledged"]
        heard = f"acknowledged {shown.moment(at, now)}" if at is not None else "not acknowledged"
        yield f"The call was handed to {shown.person(each['to'])} ({each['dir']}), {heard}."
    for each in view["recordings"]:
        yield from recording_in_words(each, now)
    for each in view["showings"]:
        yield showing_in_words(each, now)
    for n, each in enumerate(view["agenda"], 1):
        planned = f" ({each['minutes']} min)" if each["minutes"] else ""
        at = each["touched"]
        touched = f": touched {shown.moment(at, now)}" if at is not None else ""
        yield f"Agenda {n}. {voice.one_line(each['item'], 200)}{planned}{touched}"
    for each in view["captions"]:
        channel = f"{each['channel']}, {voice.one_line(each['language'], 64)}"
        text = voice.visible(each["text"])
        yield f"{shown.moment(each['at'], now)} {shown.person(each)} [{channel}]: {text}"


def recording_in_words(view: View, now: float) -> Iterator[str]:
    """A recording: who asked and agreed, until when, and which file each side has."""
    asker = f"{shown.person(view['asked_by'])} ({view['asked_by']['dir']})"
    if view["agreed"] is None:
        over = f"; over {shown.moment(view['ended'], now)}, {view['why']}" if view["why"] else ""
        yield f"Recording {view['number']}: {asker} asks for it, nobody agreed{over}."
        return
    agreer = f"{shown.person(view['agreed_by'])} ({view['agreed_by']['dir']})"
    state = "IS ON"
    if view["ended"] is not None:
        state = f"until {shown.moment(view['ended'], now)} ({view['why']})"
    yield (
        f"Recording {view['number']}: {asker} asked and {agreer} agreed;"
        f" from {shown.moment(view['agreed'], now)} {state}."
    )
    for each in view["kept"]:
        yield (
            f"  {each['dir']}: {each['size']} bytes, {each['length_ms'] / 1000:.1f} s,"
            f" SHA-256 {each['hash']}"
        )


def showing_in_words(view: View, now: float) -> str:
    """What was to be shown: by whom, who agreed, from when to when."""
    asker = f"{shown.person(view['asked_by'])} ({view['asked_by']['dir']})"
    item = f"{view['shown']} {voice.one_line(view['item'], 200)}"
    over = ""
    if view["ended"] is not None:
        by = view["ended_by"]
        over = f"{view['why']} {shown.moment(view['ended'], now)}, by {shown.person(by)}"
    if view["agreed"] is None:
        state = over or f"asked {shown.moment(view['asked'], now)}, nobody agreed yet"
        return f"Showing {view['number']}: {asker} asks to show the {item}; {state}."
    agreer = f"{shown.person(view['agreed_by'])} ({view['agreed_by']['dir']})"
    return (
        f"Showing {view['number']}: {asker} shows the {item}, {agreer} agreed;"
        f" from {shown.moment(view['agreed'], now)} {over or 'IT IS SHOWN NOW'}."
    )
