"""To rehearse an agreed call: open its room before its time, and say what was found there.

Source: spec/rehearsal.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.call_events import CallEvent, Happened, Result
from parley.core.errors import Misused, Refused
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import Person
from parley.station.call.held_checks import CHANNEL, DIGITS, LISTS
from parley.station.call.held_parts import DUTY
from parley.station.call.holding import about, check_may_open, opens
from parley.station.call.next_call import ahead
from parley.station.call.taking_part import in_call
from parley.station.texts.acknowledgements import check_note

if TYPE_CHECKING:
    from parley.station.station import Station

_SHOWS = "`parley call show` shows it."


@operation("call.rehearse", roles=("watch",))
def call_rehearse(
    station: Station, who: Person, *, medium: str | None = None, line: str | None = None
) -> dict[str, Any]:
    """Open the room of the call that is agreed for the coming day, for a rehearsal."""
    open_line = station.line(line).current
    check_may_open(station, open_line)
    found = ahead(station, open_line)
    if found is None:
        raise Refused(
            "No call is agreed for the next 24 hours, so none can be rehearsed.",
            "`parley call list` shows what is agreed; a person tries alone in the green room.",
            "P2",
        )
    medium = medium or str(found[1].request.medium)
    return opens(station, open_line, who, Happened.REHEARSING, medium, found[1])


@operation("call.check", roles=("watch",))
def call_check(
    station: Station,
    who: Person,
    *,
    item: str,
    result: str,
    words: Words | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Say what was found of one thing that is tried in a rehearsal; both sides see it."""
    result = result.replace("-", " ")
    if result not in list(Result):
        raise Misused(f"A result is not {result!r:.40}.", "good, failed or not-needed.")
    open_line, held, me = in_call(station, who, line, (DUTY,), "P4")
    if not held.rehearsal:
        raise Refused(
            "The call itself is open, and no rehearsal.", "Say in words what does not work.", "P4"
        )
    items = LISTS[held.medium]
    if item not in items:
        raise Misused(f"{item!r:.40} is not tried here.", f"There is: {', '.join(items)}.")
    if result == Result.NOT_NEEDED and item != CHANNEL:
        raise Refused("Only the interpretation channel may not be needed.", _SHOWS, "P4")
    said = (words or "").strip()
    if result == Result.FAILED and not said:
        raise Refused("Say in words what failed; the other side reads it.", "", "P4")
    if item == DIGITS and result == Result.GOOD and held.digits() is None:
        raise Refused(
            "There are no check digits yet: they are made by two pages with sound.",
            "Join with the microphone at the console, at both sides, and read them aloud.",
            "P4",
        )
    if said:
        check_note(said, open_line.agreed.mark)
    event = CallEvent(Happened.CHECKED, me.person, item=item, result=Result(result), words=said)
    return about(station, open_line, held, event)
