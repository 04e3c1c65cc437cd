"""Besides joining and leaving: to interpret, to hand the call to the principal, to caption, to mark
what was touched. Each is an act of the person who does it, in the role with which that person
joined. Source: spec/held.md V13 to V17.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from parley.catalogue.call_events import (
    LANGUAGE_BYTES_MAX,
    PLAN_MINUTES_MAX,
    PLANS_MAX,
    CallEvent,
    Channel,
    Happened,
    Mode,
)
from parley.catalogue.form import check_lines
from parley.core.errors import Misused, Refused
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import CALLERS, Person, called
from parley.station.call.held import Held
from parley.station.call.held_facts import items_asked
from parley.station.call.held_parts import DUTY, INTERPRETER, NOTE_TAKER, PRINCIPAL
from parley.station.call.held_standing import Attendee
from parley.station.call.holding import about, me_in, open_call
from parley.station.line.lines import OpenLine
from parley.station.texts.acknowledgements import check_note

if TYPE_CHECKING:
    from parley.station.station import Station

_SHOWS = "`parley call show` shows it."


# --- interpreters and their channels


@operation("call.mode", roles=("watch",))
def call_mode(
    station: Station, who: Person, *, mode: str, line: str | None = None
) -> dict[str, Any]:
    """Say how the call is interpreted: in turns on the floor, or at the same time in channels."""
    if mode not in list(Mode):
        raise Misused(f"There is no mode {mode!r:.40}.", "consecutive or simultaneous.")
    open_line, held, me = in_call(station, who, line, (DUTY,), "V13")
    if held.standing.parts.mode == mode:
        raise Refused(f"The call is interpreted so already: {mode}.", _SHOWS, "V13")
    return about(station, open_line, held, CallEvent(Happened.MODE, me.person, mode=Mode(mode)))


@operation("call.interpret", roles=("interpreter",))
def call_interpret(
    station: Station, who: Person, *, language: str, line: str | None = None
) -> dict[str, Any]:
    """Take the microphone of this side's channel into a language."""
    check_lines("V13", language, bytes_max=LANGUAGE_BYTES_MAX)
    open_line, held, me = in_call(station, who, line, (INTERPRETER,), "V13")
    has = held.standing.parts.interpreter(me.dir, language)
    if has is not None:
        raise Refused(
            f"{held.standing.here[has].name} interprets into {language} already.",
            "Who interprets hands over the microphone: `parley call relieve PERSON`.",
            "V13",
        )
    return about(
        station, open_line, held, CallEvent(Happened.INTERPRETING, me.person, language=language)
    )


@operation("call.floor", roles=("interpreter",))
def call_floor(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """Give up the channel, and speak on the floor again."""
    open_line, held, me = in_call(station, who, line, (INTERPRETER,), "V13")
    if (me.dir, me.person) not in held.standing.parts.into:
        raise Refused(f"{who.name} speaks on the floor.", _SHOWS, "V13")
    return about(station, open_line, held, CallEvent(Happened.ON_THE_FLOOR, me.person))


@operation("call.relieve", roles=("interpreter", "watch"))
def call_relieve(
    station: Station,
    who: Person,
    *,
    person: int,
    language: str | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Hand the microphone of a channel to the other interpreter of this side."""
    open_line, held, me = in_call(station, who, line, (INTERPRETER, DUTY), "V14")
    parts = held.standing.parts
    mine = parts.into.get((me.dir, me.person))
    channels = [into for (dir, _), (into, _) in parts.into.items() if dir == me.dir]
    if language is None and (mine or len(channels) == 1):
        language = mine[0] if mine else channels[0]
    has = language and parts.interpreter(me.dir, language)
    if not language or not has:
        raise Refused(
            "Nobody of this side interprets into that language.",
            f"There is: {', '.join(channels) or 'no channel'}.",
            "V14",
        )
    if me.role != DUTY and has != (me.dir, me.person):
        raise Refused(
            f"{held.standing.here[has].name} has the microphone of that channel.",
            "Who has it hands it over, or a duty officer does.",
            "V14",
        )
    to = _ours(held, person, INTERPRETER, "V14")
    if has == (to.dir, to.person):
        raise Refused(f"{to.name} has the microphone already.", _SHOWS, "V14")
    event = CallEvent(Happened.RELIEVED, me.person, to=to.person, language=language)
    return about(station, open_line, held, event)


# --- who speaks for the party


@operation("call.hand", roles=("watch",))
def call_hand(
    station: Station, who: Person, *, person: int | None = None, line: str | None = None
) -> dict[str, Any]:
    """Hand the call to the principal of this side; the other side's duty officer acknowledges."""
    open_line, held, me = in_call(station, who, line, (DUTY,), "V15")
    there = [each for each in _of_ours(held) if each.role == PRINCIPAL]
    if person is None and len(there) == 1:
        person = there[0].person
    if person is None:
        raise Refused(
            "No principal of this side is in the call." if not there else "There are several.",
            "The principal joins first." if not there else "Say which.",
            "V15",
        )
    to = _ours(held, person, PRINCIPAL, "V15")
    hand = held.standing.parts.hands[me.dir]
    if hand is not None and hand.to.person == to.person:
        raise Refused(f"The call was handed to {to.name} already.", _SHOWS, "V15")
    return about(station, open_line, held, CallEvent(Happened.HANDED_OVER, me.person, to=to.person))


@operation("call.acknowledge", roles=("watch",))
def call_acknowledge(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """Acknowledge that the other side's principal has the call."""
    open_line, held, me = in_call(station, who, line, (DUTY,), "V15")
    hand = held.standing.parts.hands[1 - me.dir]
    if hand is None or hand.acknowledged is not None:
        raise Refused("The other side has handed over nothing that waits.", _SHOWS, "V15")
    event = CallEvent(Happened.ACKNOWLEDGED, me.person, to=hand.to.person)
    return about(station, open_line, held, event)


@operation("call.take_back", roles=("watch",))
def call_take_back(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """Hold the call again for this side, in place of the principal."""
    open_line, held, me = in_call(station, who, line, (DUTY,), "V15")
    if held.standing.parts.hands[me.dir] is None:
        raise Refused("The call was not handed over.", _SHOWS, "V15")
    return about(station, open_line, held, CallEvent(Happened.TAKEN_BACK, me.person))


# --- captions, and the agenda


@operation("call.caption", roles=CALLERS)
def call_caption(
    station: Station,
    who: Person,
    *,
    text: Words,
    language: str = "",
    channel: str = "",
    line: str | None = None,
) -> dict[str, Any]:
    """Type what is being said, for all to read, in the language of a channel. What an interpreter
    types is interpreted, into the language of the own channel, unless it is said otherwise."""
    if channel and channel not in list(Channel):
        raise Misused(f"There is no channel {channel!r:.40}.", "original or interpreted.")
    open_line, held = open_call(station, line)
    check_note(text, open_line.agreed.mark)
    me = me_in(held, who)
    into, _ = held.standing.parts.into.get((me.dir, me.person), ("", 0.0))
    language = language or into
    if not language:
        raise Refused(
            "Nobody knows in which language this caption is.",
            "Name the language. What an interpreter types needs none once a channel is taken.",
            "V16",
        )
    check_lines("V16", language, bytes_max=LANGUAGE_BYTES_MAX)
    channel = channel or (Channel.INTERPRETED if me.role == INTERPRETER else Channel.ORIGINAL)
    event = CallEvent(
        Happened.CAPTIONED, me.person, words=text, language=language, channel=Channel(channel)
    )
    return about(station, open_line, held, event)


@operation("call.agenda", roles=("watch",))
def call_agenda(
    station: Station, who: Person, *, items: list[str], line: str | None = None
) -> dict[str, Any]:
    """Set the agenda; an item may begin with the minutes planned for it: `20 min ...`."""
    plan = tuple(_planned(each) for each in items)
    if not plan or len(plan) > PLANS_MAX:
        raise Refused(f"An agenda has 1 to {PLANS_MAX} items.", "Name the main ones.", "V17")
    check_lines("V17", *(item for _, item in plan))
    open_line, held, me = in_call(station, who, line, (DUTY,), "V17")
    return about(station, open_line, held, CallEvent(Happened.PLANNED, me.person, plan=plan))


@operation("call.touch", roles=("watch", "note-taker"))
def call_touch(
    station: Station, who: Person, *, item: str, line: str | None = None
) -> dict[str, Any]:
    """Mark an item of the agenda as touched, by its number or in words; the minute takes it."""
    open_line, held, me = in_call(station, who, line, (DUTY, NOTE_TAKER), "V17")
    parts = held.standing.parts
    agenda = [each for _, each in parts.agenda(items_asked(station, open_line, held))]
    if item.isascii() and item.isdecimal():
        if not 1 <= int(item) <= len(agenda):
            raise Refused(f"The agenda has {len(agenda)} items.", _SHOWS, "V17")
        item = agenda[int(item) - 1]
    check_lines("V17", item)
    if item in parts.touched:
        raise Refused("That item is marked already.", _SHOWS, "V17")
    return about(station, open_line, held, CallEvent(Happened.TOUCHED, me.person, item=item))


# --- what is asked here


def in_call(
    station: Station, who: Person, line: str | None, roles: tuple[str, ...], rule: str
) -> tuple[OpenLine, Held, Attendee]:
    """The call that is open, and who this is in it: the role is that of joining."""
    open_line, held = open_call(station, line)
    me = me_in(held, who)
    if me.role not in roles:
        raise Refused(
            f"{who.name} is in the call as {me.role}.",
            f"That is done by {' or '.join(map(called, roles))}.",
            rule,
        )
    return open_line, held, me


def _of_ours(held: Held) -> list[Attendee]:
    return [each for each in held.standing.here.values() if each.dir == held.life.ours]


def _ours(held: Held, person: int, role: str, rule: str) -> Attendee:
    for each in _of_ours(held):
        if each.person == person and each.role == role:
            return each
    raise Refused(f"Person {person} of this side is not in the call as {role}.", _SHOWS, rule)


def _planned(item: str) -> tuple[int, str]:
    """`20 min The incident of 3 May` is planned for 20 minutes."""
    found = re.fullmatch(r"([0-9]{1,4}) min (.+)", item)
    if found and int(found[1]) <= PLAN_MINUTES_MAX:
        return int(found[1]), found[2].strip()
    return 0, item.strip()
