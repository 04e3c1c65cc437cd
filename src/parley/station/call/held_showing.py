"""What is shown in a call, to which the other side agreed: who asked to show what, who agreed, and
until when.

Folded with all events of a call, in the joint order. One thing is shown at a time, and whatever is
in doubt ends it. Source: spec/showing.md B2 to B5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from parley.catalogue.call_events import CallEvent, Happened, Shown
from parley.station.call.held_parts import Present, Who
from parley.station.call.held_recording import STOPPERS, Sending

SHOWINGS_MAX: Final = 100  # of one call


class Over(StrEnum):
    """Why a showing is over, or was none."""

    REFUSED = "refused"
    TAKEN_BACK = "taken back"
    STOPPED = "stopped"
    HELD = "on hold"
    LEFT = "left"
    ENDED = "call ended"


@dataclass
class Showing:
    """One, from asking on. Times are POSIX seconds by the clock of the side that speaks."""

    number: int  # from 1, in one call
    item: str  # what it is, as who asked says
    shown: Shown
    asked: float
    asker: Sending
    agreed: float | None = None
    agreer: Present | None = None
    ended: float | None = None
    why: Over | None = None
    ended_by: Present | None = None

    @property
    def on(self) -> bool:
        """Whether it is shown."""
        return self.agreed is not None and self.ended is None

    def stoppers(self, who: Present) -> bool:
        """Whether this person may stop, refuse or take back (B4)."""
        asked = (who.dir, who.person) == (self.asker.dir, self.asker.person)
        return asked or who.role in STOPPERS


@dataclass
class Showings:
    """All of one call, oldest first."""

    all: list[Showing] = field(default_factory=list)

    @property
    def now(self) -> Showing | None:
        """The one that is asked for, or on."""
        return self.all[-1] if self.all and self.all[-1].ended is None else None

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
                self.all.append(Showing(number, event.item, event.shown, at, who))
        elif now is None or now.number != event.showing:
            return
        elif kind is Happened.SHOWING_STOPPED:
            if now.stoppers(who):
                self.stop(at, _why(now, who), who)
        elif who.role in STOPPERS and who.dir != now.asker.dir and not on_hold:
            now.agreed, now.agreer = now.agreed or at, now.agreer or who

    def stop(self, at: float, why: Over, by: Present | None = None) -> None:
        """Whatever is asked for or on is over (B5)."""
        if self.now is not None:
            self.now.ended_by, self.now.why, self.now.ended = by, why, at

    def leaves(self, who: Who, at: float) -> None:
        """Somebody has left: what they show, or agreed to, goes with them (B5)."""
        now = self.now
        for each in (now.asker, now.agreer) if now else ():
            if each is not None and (each.dir, each.person) == who:
                self.stop(at, Over.LEFT, each)

    def for_page(self) -> dict[str, Any] | None:
        """What pages need to know: which one is on, and whose page shows it."""
        now = self.now
        return {"number": now.number, "page": now.asker.page} if now and now.on else None

    def view(self, side: Callable[[int], str]) -> list[dict[str, Any]]:
        """All of them, for people."""
        return [
            {
                "number": each.number,
                "item": each.item,
                "shown": str(each.shown),
                "state": "on" if each.on else "over" if each.ended is not None else "asked",
                "asked": each.asked,
                "asked_by": _who(each.asker, side),
                "agreed": each.agreed,
                "agreed_by": each.agreer and _who(each.agreer, side),
                "ended": each.ended,
                "why": each.why and str(each.why),
                "ended_by": each.ended_by and _who(each.ended_by, side),
            }
            for each in self.all
        ]


def _why(now: Showing, who: Present) -> Over:
    if now.agreed is not None:
        return Over.STOPPED
    return Over.TAKEN_BACK if who.dir == now.asker.dir else Over.REFUSED


def _who(each: Present, side: Callable[[int], str]) -> dict[str, Any]:
    return {
        "dir": side(each.dir),
        "person": each.person,
        "name": each.name,
        "office": each.office,
    }
