"""To show a document or a screen in a call: ask, agree, stop.

Source: spec/showing.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.call_events import CallEvent, Happened, Shown, is_item
from parley.core.errors import Misused, Refused
from parley.station.acts.operations import operation
from parley.station.acts.person import CALLERS, Person
from parley.station.call.held_consents import STOPPERS
from parley.station.call.held_showing import SHOWINGS_MAX, Showing
from parley.station.call.holding import about, me_in, open_call
from parley.station.call.taking_part import in_call

if TYPE_CHECKING:
    from parley.station.station import Station

_SHOWS = "`parley call show` shows it."


@operation("call.ask_to_show", roles=CALLERS)
def call_ask_to_show(
    station: Station, who: Person, *, item: str, shown: str, line: str | None = None
) -> dict[str, Any]:
    """Ask the other side to look at a document or a screen."""
    open_line, held = open_call(station, line)
    me = me_in(held, who)
    item = " ".join(item.split())
    if not item or not is_item(item):
        raise Refused(
            "What is shown needs a name.", "Say in one line of at most 200 bytes what it is."
        )
    if shown not in list(Shown):
        raise Misused(f"Nothing is shown as {shown!r:.40}.", "document or screen.")
    if not me.sends:
        raise Refused(
            f"{who.name} takes part by text, and only a page that sends can show something.",
            "Join with the microphone at the console, then do that again.",
            "B2",
        )
    if held.standing.on_hold:
        raise Refused("The call is on hold.", "Go on first: `parley call hold --off`.", "B5")
    showings = held.standing.showings
    if showings.now is not None:
        raise Refused(
            f"Something is shown or asked for already, by {showings.now.asker.name}.",
            "One thing is shown at a time: stop that first.",
            "B2",
        )
    if len(showings.all) >= SHOWINGS_MAX:
        raise Refused(
            f"{SHOWINGS_MAX} things were to be shown in this call; no more would count.",
            "A duty officer ends the call and opens another.",
            "B5",
        )
    event = CallEvent(Happened.SHOWING_ASKED, me.person, item=item, shown=Shown(shown))
    return about(station, open_line, held, event)


@operation("call.agree_to_see", roles=("watch", "principal"))
def call_agree_to_see(
    station: Station, who: Person, *, showing: int | None = None, line: str | None = None
) -> dict[str, Any]:
    """Agree that the other side shows what it asked to show."""
    open_line, held, me = in_call(station, who, line, STOPPERS, "B3")
    now = _meant(held.standing.showings.now, showing)
    if now.on or now.asker.dir == me.dir:
        raise Refused("The other side does not ask to show anything.", _SHOWS, "B3")
    event = CallEvent(Happened.SHOWING_AGREED, me.person, showing=now.number)
    return about(station, open_line, held, event)


@operation("call.stop_showing", roles=CALLERS)
def call_stop_showing(
    station: Station, who: Person, *, showing: int | None = None, line: str | None = None
) -> dict[str, Any]:
    """Stop what is shown, refuse it, or take back what you asked."""
    open_line, held = open_call(station, line)
    me = me_in(held, who)
    now = _meant(held.standing.showings.now, showing)
    if not now.stoppers(me):
        raise Refused(
            f"{who.name} is in the call as {me.role} and does not show it.",
            "It is stopped by who shows it, a duty officer or a principal.",
            "B4",
        )
    event = CallEvent(Happened.SHOWING_STOPPED, me.person, showing=now.number)
    return about(station, open_line, held, event)


def _meant(now: Showing | None, number: int | None) -> Showing:
    """The one that is asked for or on, if it is the one that somebody means."""
    if now is None:
        raise Refused("Nothing is shown, and nobody asks to.", _SHOWS, "B3")
    if number is not None and number != now.number:
        raise Refused("That is over; meanwhile something else is to be shown.", _SHOWS, "B3")
    return now
