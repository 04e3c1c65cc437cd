"""To hold a call: open it, join, leave, speak by text, mute, put on hold, end; keys of the pages.

Each is an act of the person who does it and of no other, like an acknowledgement: it says what
that person did, and no second person could know better (docs/decisions/0021). Source: spec/held.md.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from parley.catalogue.call_events import (
    CONSENTS,
    KEY_BYTES,
    PAGES_MAX,
    SECRET_BYTES,
    CallEvent,
    Happened,
)
from parley.catalogue.calls import Medium
from parley.core.effects import Saying
from parley.core.entry import Key, Precedence, Type, body_of
from parley.core.errors import Misused, ParleyError, Refused, Unavailable
from parley.station.acts.operations import Words, operation
from parley.station.acts.own_acts import PAGE_GONE, Own
from parley.station.acts.person import CALLERS, READERS, Person, called
from parley.station.call import next_call
from parley.station.call.calls import Call as Request
from parley.station.call.calls import Calls as Requests
from parley.station.call.course import AT_ONCE_S, NEAR_S
from parley.station.call.held import EVENTS_MAX, NOT_COUNTED, Calls, Held
from parley.station.call.held_checks import OF_CALLS_ONLY
from parley.station.call.held_facts import items_asked
from parley.station.call.held_parts import INTERPRETER, INTERPRETERS_MAX
from parley.station.call.held_standing import Attendee
from parley.station.call.openings import Openings
from parley.station.call.rehearsed import of_call
from parley.station.call.series import nearest
from parley.station.line.lines import OpenLine
from parley.station.line.standing import check_passes
from parley.station.texts.acknowledgements import check_note

if TYPE_CHECKING:
    from parley.station.station import Station

URGENCY = Precedence.IMMEDIATE  # people wait for it, and a FLASH still goes before it
REHEARSERS = ("watch", "interpreter")  # the first of these that a person has is said
SEERS = tuple(dict.fromkeys((*CALLERS, *READERS)))


@operation("call.begin", roles=("watch",))
def call_begin(
    station: Station,
    who: Person,
    *,
    medium: str | None = None,
    at_once: bool = False,
    line: str | None = None,
) -> dict[str, Any]:
    """Open a call on a line: the one that was agreed, if one was, or one at once. What is said to
    be at once ends a rehearsal that is open, and leaves what was agreed for later to its time."""
    open_line = station.line(line).current
    check_may_open(station, open_line, at_once)
    rehearsal = Calls.of(station, open_line).at_work()
    agreed = _agreed(station, open_line, AT_ONCE_S if at_once else NEAR_S)
    if medium is None and agreed is not None:
        medium = str(agreed.request.medium)
    if medium is None:
        medium = str(rehearsal.medium if rehearsal else Medium.VIDEO)
    result = opens(station, open_line, who, Happened.OPENED, medium, agreed)
    result["ends_rehearsal"] = rehearsal is not None
    return result


@operation("call.join", roles=CALLERS)
def call_join(
    station: Station,
    who: Person,
    *,
    role: str | None = None,
    medium: str = "text",
    rehearsal: bool = False,
    line: str | None = None,
) -> dict[str, Any]:
    """Take part in the call that is open, by text or from a page with sound and pictures; or in
    the rehearsal that is. Whoever means the one does not come into the other."""
    open_line, held = open_call(station, line)
    if held.rehearsal and not rehearsal:
        raise Refused(
            "What is open is a rehearsal, and no call.",
            "A duty officer or interpreter joins it: `parley call join --rehearsal`.",
            "P3",
        )
    if rehearsal and not held.rehearsal:
        raise Refused(
            "The rehearsal is over, and the call itself is open.",
            "Join the call when you are ready: `parley call join`.",
            "P7",
        )
    mine = [each for each in (REHEARSERS if rehearsal else CALLERS) if each in who.roles]
    if not mine:
        raise Refused(
            "Only duty officers and interpreters take part in a rehearsal.",
            "Join the call once it is open; the page Call says how the rehearsal went.",
            "P3",
        )
    if role is not None and role not in mine:
        raise Refused(
            f"{who.name} is not {called(role)} here.", f"There is: {', '.join(mine)}.", "V6"
        )
    event = CallEvent(
        Happened.JOINED,
        who.id,
        who.name,
        who.office,
        role=_role_word(role or mine[0]),
        medium=_medium(medium),
    )
    sending = [each for each in held.standing.pages() if each.person != who.id]
    if event.medium is not Medium.TEXT and len(sending) >= PAGES_MAX:
        raise Refused(f"{PAGES_MAX} pages send sound and pictures already.", "Join by text.", "V6")
    seats = [
        each
        for each in held.standing.here.values()
        if each.dir == held.life.ours and each.role == INTERPRETER and each.person != who.id
    ]
    if event.role == INTERPRETER and len(seats) >= INTERPRETERS_MAX:
        raise Refused(
            f"{INTERPRETERS_MAX} interpreters of this side are in the call already.",
            "One of them leaves first.",
            "V13",
        )
    return about(station, open_line, held, event)


@operation("call.leave", roles=CALLERS)
def call_leave(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """Leave the call; it goes on without you."""
    return _own(station, who, line, CallEvent(Happened.LEFT, who.id))


@operation("call.say", roles=CALLERS)
def call_say(
    station: Station, who: Person, *, text: Words, line: str | None = None
) -> dict[str, Any]:
    """Say something in the call by text. It stands in the record under your name."""
    check_note(text, station.line(line).current.agreed.mark)
    return _own(station, who, line, CallEvent(Happened.SAID, who.id, words=text))


@operation("call.mute", roles=CALLERS)
def call_mute(
    station: Station, who: Person, *, on: bool = True, line: str | None = None
) -> dict[str, Any]:
    """Say that your microphone is closed, or open again."""
    _, held = open_call(station, line)
    me = me_in(held, who)
    if (me.muted is not None) == on:
        return {"line": held.life.address, "event": "muted" if on else "unmuted", "n": None}
    event = Happened.MUTED if on else Happened.UNMUTED
    return _own(station, who, line, CallEvent(event, who.id))


@operation("call.hold", roles=("watch",))
def call_hold(
    station: Station, who: Person, *, on: bool = True, line: str | None = None
) -> dict[str, Any]:
    """Put the call on hold for both sides, or go on."""
    open_line, held = open_call(station, line)
    if held.standing.on_hold == on:
        raise Refused(
            "The call is on hold already." if on else "The call is not on hold.",
            "`parley call show` shows it.",
            "V7",
        )
    event = Happened.HELD if on else Happened.RESUMED
    return about(station, open_line, held, CallEvent(event, who.id, who.name, who.office))


@operation("call.end", roles=("watch",))
def call_end(
    station: Station, who: Person, *, reason: Words | None = None, line: str | None = None
) -> dict[str, Any]:
    """End the call for both sides."""
    open_line, held = open_call(station, line)
    if reason:
        check_note(reason, open_line.agreed.mark)
    event = CallEvent(Happened.ENDED, who.id, who.name, who.office, words=reason or "")
    return about(station, open_line, held, event)


@operation("call.show", roles=SEERS, reads=True)
def call_show(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """The call that is open, else the last one: who takes part, what was said by text."""
    open_line = station.line(line).current
    known = Calls.of(station, open_line)
    found = known.at_work() or next(iter(reversed(list(known))), None)
    return {
        "line": open_line.agreed.hex,
        "now": station.now.wall,
        "call": found
        and {
            **found.view(),
            "agenda": found.standing.parts.agenda_view(
                found.life.side, items_asked(station, open_line, found)
            ),
        },
        "rehearsed": _rehearsed(station, open_line, found),
        "over_rehearsal": found and _over_rehearsal(station, open_line, found),
        "ahead": next_call.view(station, open_line),
        "verified": open_line.agreed.verified,
        "observed": open_line.observed,
    }


# --- what a page does for its keys


@operation("call.commit", roles=CALLERS)
def call_commit(
    station: Station, who: Person, *, round: str, commitment: str, line: str | None = None
) -> dict[str, Any]:
    """A page has made a key for a round and says what it will be."""
    event = CallEvent(
        Happened.COMMITTED, who.id, round=_hex(round, 16), commitment=_hex(commitment, 32)
    )
    return _own(station, who, line, event)


@operation("call.reveal", roles=CALLERS)
def call_reveal(
    station: Station, who: Person, *, round: str, key: str, line: str | None = None
) -> dict[str, Any]:
    """A page shows its key, once every other page has said what its own will be."""
    event = CallEvent(Happened.REVEALED, who.id, round=_hex(round, 16), key=_base64(key, KEY_BYTES))
    return _own(station, who, line, event)


@operation("call.seal", roles=CALLERS)
def call_seal(
    station: Station,
    who: Person,
    *,
    round: str,
    epoch: int,
    secrets: dict[str, str],
    line: str | None = None,
) -> dict[str, Any]:
    """A page gives every other page what it seals with, to each under that page's key."""
    event = CallEvent(
        Happened.SEALED,
        who.id,
        round=_hex(round, 16),
        epoch=epoch,
        secrets=tuple((page, _base64(each, SECRET_BYTES)) for page, each in secrets.items()),
    )
    if not event.is_whole():
        raise Misused("That is no set of sealed secrets.")
    return _own(station, who, line, event)


def status_view(station: Station, open_line: OpenLine) -> dict[str, Any] | None:
    """The call that is open on a line now; None when there is none."""
    held = Calls.of(station, open_line).at_work()
    if held is None:
        return None
    return {**held.short(), "over_rehearsal": _over_rehearsal(station, open_line, held)}


def silenced(station: Station, open_line: OpenLine) -> bool:
    """Whether nothing of a call passes: the line stands still, is closed or suspended for it."""
    if station.state(open_line).halted is not None:
        return True
    try:
        check_passes(open_line, Type.CALL_EVENT, URGENCY, False, station.now.wall)
    except Refused:
        return True
    return False


def lost(station: Station, open_line: OpenLine, page: Attendee) -> None:
    """A page of ours has been gone for too long: say for its person that they have left (V6)."""
    held = Calls.of(station, open_line).at_work()
    if held is None or held.standing.present(page.dir, page.person) is None:
        return
    try:
        about(station, open_line, held, CallEvent(Happened.LEFT, page.person))
    except ParleyError:
        return  # the line is closed, or stands still: nothing can be said, and nothing is heard
    told, name = PAGE_GONE % {"name": page.name}, open_line.agreed.name
    station.trail.happened(station.now.wall, Own.LEFT_CALL, told, name)


# --- what is asked here


def check_may_open(station: Station, open_line: OpenLine, at_once: bool = False) -> None:
    """That a call, or a rehearsal, may be opened on this line now (V5); a call that is to be at
    once while a rehearsal is open, too (P9)."""
    open_line.check_not_halted(station.state(open_line))
    check_passes(open_line, Type.CALL_EVENT, URGENCY, False, station.now.wall)
    if not station.state(open_line).path_up:
        raise Unavailable(
            "No path leads to the other side, so no call can begin.",
            "Write a message: it goes as soon as there is one.",
        )
    held = Calls.of(station, open_line).at_work()
    if held is not None and held.rehearsal and at_once:
        return
    if held is not None and held.rehearsal:
        raise Refused(
            f"A rehearsal on the line {open_line.agreed.name} is open.",
            "End it first: `parley call end`. A call at once ends it by itself: `parley call begin"
            " --at-once`.",
            "P9",
        )
    if held is not None:
        raise Refused(
            f"A call on the line {open_line.agreed.name} is open already.",
            "Join it: `parley call join`.",
            "V5",
        )


def opens(
    station: Station,
    open_line: OpenLine,
    who: Person,
    kind: Happened,
    medium: str,
    agreed: Request | None,
) -> dict[str, Any]:
    """Say that the room of a call is open, for the call or for its rehearsal."""
    event = CallEvent(
        kind,
        who.id,
        who.name,
        who.office,
        medium=_medium(medium),
        link=station.entropy(32),
    )
    named = [agreed.entry.dir, agreed.entry.n, *agreed.open_line.older] if agreed else None
    result = _say(station, open_line, event, named)
    return {**result, "request": agreed and agreed.view(station.now.wall)}


def open_call(station: Station, line: str | None) -> tuple[OpenLine, Held]:
    """The line and the call that is open on it."""
    open_line = station.line(line).current
    open_line.check_not_halted(station.state(open_line))
    held = Calls.of(station, open_line).at_work()
    if held is None:
        raise Refused(
            f"No call is open on the line {open_line.agreed.name}.",
            "A duty officer begins one: `parley call begin`.",
            "V5",
        )
    return open_line, held


def me_in(held: Held, who: Person) -> Attendee:
    me = held.standing.present(held.life.ours, who.id)
    if me is None:
        raise Refused(f"{who.name} is not in the call.", "Join it first: `parley call join`.", "V6")
    return me


def _own(station: Station, who: Person, line: str | None, event: CallEvent) -> dict[str, Any]:
    """An event of somebody who is in the call."""
    open_line, held = open_call(station, line)
    me_in(held, who)
    return about(station, open_line, held, event)


def about(station: Station, open_line: OpenLine, held: Held, event: CallEvent) -> dict[str, Any]:
    if held.rehearsal and event.event in OF_CALLS_ONLY:
        raise Refused("That is done in a call, and this is a rehearsal.", "", "P6")
    if held.full(held.life.ours) and event.event not in NOT_COUNTED:
        raise Refused(
            f"This side has said {EVENTS_MAX:,} things in this call; no more would count.",
            "A duty officer ends the call and opens another.",
            "V8",
        )
    named = [held.entry.dir, held.entry.n, *held.life.older]
    result = _say(station, open_line, event, named)
    result["rehearsal"] = held.rehearsal
    return result


def _say(
    station: Station, open_line: OpenLine, event: CallEvent, named: list[int] | None
) -> dict[str, Any]:
    """Queue an event; one person releases it, who is in it."""
    header: dict[int, Any] = {} if named is None else {Key.ANSWERS: named}
    type = Type.CONSENT if event.event in CONSENTS else Type.CALL_EVENT
    body = body_of(type, header, event.text())
    saying = Saying(type, URGENCY, open_line.agreed.mark, body)
    result: dict[str, Any] = {"line": open_line.agreed.hex, "event": str(event.event), "n": None}
    station.await_number(open_line, station.say(open_line, saying), result)
    return result


def _rehearsed(station: Station, open_line: OpenLine, found: Held | None) -> dict[str, Any] | None:
    """How the call that is open was rehearsed; None while none is, or for one that nobody agreed on
    before."""
    if found is None or found.rehearsal or found.standing.ended is not None:
        return None
    return None if found.request is None else of_call(station, open_line, found)


def _over_rehearsal(station: Station, open_line: OpenLine, held: Held) -> float | None:
    """Since when the rehearsal was open that ended with the opening of a call; None if none did."""
    found = None if held.rehearsal else Calls.of(station, open_line).ended_with(held)
    return None if found is None else found.opened


def _agreed(station: Station, open_line: OpenLine, within_s: int) -> Request | None:
    """The call that was agreed for about now and not held yet, if there is one."""
    now, openings = station.now.wall, Openings.of(station, open_line).newest_first()
    near = [
        (abs(time - now), at, each)
        for at, each in enumerate(Requests.of(station, open_line))
        if (time := nearest(each, openings, now)) is not None and abs(time - now) <= within_s
    ]
    return min(near)[2] if near else None


def _medium(name: str) -> Medium:
    if name not in list(Medium):
        raise Misused(f"There is no medium {name!r:.40}.", "video, voice or text.")
    return Medium(name)


def _role_word(role: str) -> str:
    return "duty officer" if role == "watch" else role


def _hex(text: str, size: int) -> bytes:
    if not re.fullmatch(r"[0-9a-f]*", text, re.ASCII) or len(text) != 2 * size:
        raise Misused(f"That is not {size} bytes in hexadecimal.")
    return bytes.fromhex(text)


def _base64(text: str, size: int) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        found = b""
    if len(found) != size:
        raise Misused(f"That is not {size} bytes in base64.")
    return found
