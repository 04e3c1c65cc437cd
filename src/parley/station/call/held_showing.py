"""What is shown in a call, to which the other side agreed: who asked to show what, who agreed, and
until when.

Folded with all events of a call, in the joint order. One thing is shown at a time, and whatever is
in doubt ends it. Source: spec/showing.md B2 to B5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from parley.catalogue.call_events import CallEvent, Happened, Shown
from parley.station.call.held_consents import STOPPERS, Consent, Consents, Sending
from parley.station.call.held_parts import Present

SHOWINGS_MAX: Final = 100  # of one call


class Over(StrEnum):
    """Why a showing is over, or was none."""

    REFUSED = "refused"
    TAKEN_BACK = "taken back"
    STOPPED = "stopped"
    HELD = "on hold"
    LEFT = "left"
    ENDED = "call ended"


@dataclass(kw_only=True)
class Showing(Consent):
    """One, from asking on."""

    item: str  # what it is, as who asked says
    shown: Shown

    def view(self, side: Callable[[int], str]) -> dict[str, Any]:
        """For people, with what it is."""
        return {**super().view(side), "item": self.item, "shown": str(self.shown)}

    def stoppers(self, who: Present) -> bool:
        """Whether this person may stop, refuse or take back (B4)."""
        asked = (who.dir, who.person) == (self.asker.dir, self.asker.person)
        return asked or who.role in STOPPERS


class Showings(Consents[Showing]):
    """All of one call, oldest first. What somebody shows, or agreed to, goes with them (B5)."""

    LEFT = Over.LEFT

    @property
    def page(self) -> str:
        """Whose frames of what is shown may pass now; nothing while nobody's may (B6)."""
        now = self.now
        return now.asker.page if now is not None and now.on else ""

    def fold(self, who: Sending, at: float, event: CallEvent, on_hold: bool) -> None:
        """One more word on it of somebody who is in the call (B2 to B4)."""
        kind, now = event.event, self.now
        if kind is Happened.SHOWING_ASKED:
            may = who.sends and not on_hold and now is None
            if may and len(self.all) < SHOWINGS_MAX and event.shown is not None:
                number = len(self.all) + 1
                self.all.append(
                    Showing(number=number, asked=at, asker=who, item=event.item, shown=event.shown)
                )
        elif now is None or now.number != event.showing:
            return
        elif kind is Happened.SHOWING_STOPPED:
            if now.stoppers(who):
                self.stop(at, _why(now, who), who)
        elif who.role in STOPPERS and who.dir != now.asker.dir and not on_hold:
            now.agree(who, at)

    def for_page(self) -> dict[str, Any] | None:
        """What pages need to know: which one is on, and whose page shows it."""
        now = self.now
        return {"number": now.number, "page": now.asker.page} if now and now.on else None


def _why(now: Showing, who: Present) -> Over:
    if now.agreed is not None:
        return Over.STOPPED
    return Over.TAKEN_BACK if who.dir == now.asker.dir else Over.REFUSED
