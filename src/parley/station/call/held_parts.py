"""What a call has besides people and text: who interprets into which language, who speaks for each
side, captions, and the agenda with a mark for each item touched. Source: spec/held.md V13 to V17.

Folded like all events of a call, in the joint order: who may say a thing is read from the role
with which that person joined, so both stations take and leave the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from parley.catalogue.call_events import CallEvent, Channel, Happened, Mode
from parley.catalogue.calls import AGENDA_MAX

Who = tuple[int, int]  # side and person
DUTY: Final = "duty officer"
INTERPRETER: Final = "interpreter"
PRINCIPAL: Final = "principal"
NOTE_TAKER: Final = "note-taker"
INTERPRETERS_MAX: Final = 2  # of each side; they take turns
CAPTIONS_KEPT: Final = 400  # of a call, the newest; the record holds them all
CAPTIONS_SHOWN: Final = 60
TOUCHED_MAX: Final = 40  # a minute has room for as many
_BY = {
    Happened.MODE: (DUTY,),
    Happened.INTERPRETING: (INTERPRETER,),
    Happened.ON_THE_FLOOR: (INTERPRETER,),
    Happened.RELIEVED: (INTERPRETER, DUTY),
    Happened.HANDED_OVER: (DUTY,),
    Happened.ACKNOWLEDGED: (DUTY,),
    Happened.TAKEN_BACK: (DUTY,),
    Happened.PLANNED: (DUTY,),
    Happened.TOUCHED: (DUTY, NOTE_TAKER),
}


class Present(Protocol):
    """Who takes part, as far as it is needed here."""

    @property
    def dir(self) -> int:
        """Side."""

    @property
    def person(self) -> int:
        """By the number of the own station."""

    @property
    def name(self) -> str:
        """Of the person."""

    @property
    def office(self) -> str:
        """Of the person."""

    @property
    def role(self) -> str:
        """As said when joining."""


Here = Mapping[Who, Present]


@dataclass
class HandOver:
    """A duty officer hands the call to the principal of the own side; the other acknowledges."""

    to: Present
    by: Present
    at: float  # POSIX seconds by the clock of that side
    acknowledged: float | None = None
    heard_by: Present | None = None

    def is_for(self, person: int | None) -> bool:
        """Whether it waits for an acknowledgement that names this person."""
        return self.acknowledged is None and self.to.person == person


@dataclass
class Parts:
    """How that stands after all events."""

    mode: Mode = Mode.CONSECUTIVE
    into: dict[Who, tuple[str, float]] = field(default_factory=dict)  # language, since when
    hands: list[HandOver | None] = field(default_factory=lambda: [None, None])  # by side
    captions: list[tuple[float, Present, CallEvent]] = field(default_factory=list)
    plan: tuple[tuple[int, str], ...] = ()
    touched: dict[str, tuple[float, Present]] = field(default_factory=dict)

    def fold(self, who: Present, at: float, event: CallEvent, here: Here) -> None:
        """One more event of somebody who is in the call."""
        kind, side = event.event, (who.dir, who.person)
        if who.role not in _BY.get(kind, (who.role,)):
            return
        if kind is Happened.LEFT or (kind is Happened.JOINED and event.role != who.role):
            self.into.pop(side, None)
            hand = self.hands[who.dir]
            if hand is not None and hand.to.person == who.person:
                self.hands[who.dir] = None
        elif kind is Happened.MODE:
            self.mode = event.mode or self.mode
        elif kind is Happened.INTERPRETING:
            if self.interpreter(who.dir, event.language) in (None, side):
                self.into[side] = (event.language, at)
        elif kind is Happened.ON_THE_FLOOR:
            self.into.pop(side, None)
        elif kind is Happened.RELIEVED:
            self._relieve(who, at, event, here)
        elif kind is Happened.PLANNED:
            self.plan = event.plan
        elif kind is Happened.TOUCHED:
            if len(self.touched) < TOUCHED_MAX:
                self.touched.setdefault(event.item, (at, who))
        else:
            self._hand(who, at, event, here)

    def interpreter(self, dir: int, language: str) -> Who | None:
        """Who of a side has the microphone of its channel into a language."""
        found = (who for who, (into, _) in self.into.items() if who[0] == dir and into == language)
        return next(found, None)

    def _relieve(self, who: Present, at: float, event: CallEvent, here: Here) -> None:
        has, gets = self.interpreter(who.dir, event.language), (who.dir, event.to or 0)
        may = has is not None and (who.role == DUTY or has == (who.dir, who.person))
        if has is None or not may or gets == has:
            return
        if gets in here and here[gets].role == INTERPRETER:
            del self.into[has]
            self.into[gets] = (event.language, at)

    def _hand(self, who: Present, at: float, event: CallEvent, here: Here) -> None:
        other = self.hands[1 - who.dir]
        if event.event is Happened.HANDED_OVER:
            to = here.get((who.dir, event.to or 0))
            if to is not None and to.role == PRINCIPAL:
                self.hands[who.dir] = HandOver(to, who, at)
        elif event.event is Happened.TAKEN_BACK:
            self.hands[who.dir] = None
        elif event.event is Happened.ACKNOWLEDGED and other is not None and other.is_for(event.to):
            other.acknowledged, other.heard_by = at, who

    def agenda(self, of_request: tuple[str, ...]) -> list[tuple[int, str]]:
        """The items with their minutes: as planned, else as the request had them; then those that
        were touched besides."""
        items = list(self.plan) or [(0, item) for item in of_request[:AGENDA_MAX]]
        known = {item for _, item in items}
        return [*items, *((0, item) for item in self.touched if item not in known)]

    def view(self, side: Callable[[int], str], here: Here) -> dict[str, Any]:
        """All of it for people."""
        return {
            "mode": str(self.mode),
            "interpreting": [
                {"dir": side(who[0]), "language": language, "since": since, **_who(here[who])}
                for who, (language, since) in sorted(self.into.items())
                if who in here
            ],
            "hands": [
                {
                    "dir": side(dir),
                    "to": _who(hand.to),
                    "by": _who(hand.by),
                    "at": hand.at,
                    "acknowledged": hand.acknowledged,
                    "acknowledged_by": hand.heard_by and _who(hand.heard_by),
                }
                for dir, hand in enumerate(self.hands)
                if hand is not None
            ],
            "captions": [
                {
                    "dir": side(who.dir),
                    "at": at,
                    **_who(who),
                    "channel": str(said.channel or Channel.ORIGINAL),
                    "language": said.language,
                    "text": said.words,
                }
                for at, who, said in self.captions[-CAPTIONS_SHOWN:]
            ],
        }

    def agenda_view(self, side: Callable[[int], str], of_request: tuple[str, ...]) -> Any:
        """The agenda for people, with the time at which each item was touched."""
        return [
            {
                "item": item,
                "minutes": minutes or None,
                "touched": self.touched[item][0] if item in self.touched else None,
                "by": _who(self.touched[item][1]) if item in self.touched else None,
                "dir": side(self.touched[item][1].dir) if item in self.touched else None,
            }
            for minutes, item in self.agenda(of_request)
        ]


def _who(each: Present) -> dict[str, Any]:
    return {"person": each.person, "name": each.name, "office": each.office}
