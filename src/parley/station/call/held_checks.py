"""What two duty officers try in a rehearsal, and what each found.

Folded with all events of it, in the joint order, so both stations read the same. Source:
spec/rehearsal.md P4, P5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from parley.catalogue.call_events import SHOWINGS, CallEvent, Happened, Result
from parley.catalogue.calls import Medium
from parley.station.call.held_parts import DUTY, INTERPRETER, Present

REHEARSERS: Final = (DUTY, INTERPRETER)  # who takes part in a rehearsal, by role (P3)
PICTURE, SOUND, CHANNEL, TEXT, DIGITS = ITEMS = ("picture", "sound", "channel", "text", "digits")
LISTS: Final[dict[Medium, tuple[str, ...]]] = {  # what is tried, by how the call is to be held
    Medium.VIDEO: ITEMS,
    Medium.VOICE: (SOUND, CHANNEL, TEXT, DIGITS),
    Medium.TEXT: (TEXT,),
}
# What is of the call itself: in a rehearsal it changes nothing (P6).
OF_CALLS_ONLY: Final = SHOWINGS | frozenset(
    (
        Happened.HANDED_OVER,
        Happened.ACKNOWLEDGED,
        Happened.TAKEN_BACK,
        Happened.PLANNED,
        Happened.TOUCHED,
        Happened.RECORDING_ASKED,
        Happened.RECORDING_AGREED,
        Happened.RECORDING_WITHDRAWN,
        Happened.RECORDED,
    )
)


@dataclass(frozen=True, slots=True)
class Check:
    """What one side found of one thing."""

    result: Result
    at: float  # POSIX seconds by the clock of that side
    name: str
    office: str
    words: str


@dataclass
class Checks:
    """The newest of each side, of each thing that is tried."""

    found: dict[tuple[int, str], Check] = field(default_factory=dict)

    def fold(self, who: Present, at: float, event: CallEvent) -> None:
        """A duty officer in the rehearsal says what was found (P4)."""
        if event.result is None or event.item not in ITEMS or who.role != DUTY:
            return
        if event.result is Result.NOT_NEEDED and event.item != CHANNEL:
            return
        check = Check(event.result, at, who.name, who.office, event.words)
        self.found[who.dir, event.item] = check

    def verdict(self, medium: Medium) -> str:
        """What both found, in a word (P5)."""
        of = [self.found.get((dir, item)) for dir in (0, 1) for item in LISTS[medium]]
        if any(each is not None and each.result is Result.FAILED for each in of):
            return "failed"
        return "unfinished" if None in of else "good"

    def view(self, medium: Medium, side: Callable[[int], str]) -> list[dict[str, Any]]:
        """All that is tried, with what each side found, for people."""
        return [
            {
                "item": item,
                **{side(dir): _view(self.found.get((dir, item))) for dir in (0, 1)},
            }
            for item in LISTS[medium]
        ]


def _view(check: Check | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        "result": str(check.result),
        "at": check.at,
        "name": check.name,
        "office": check.office,
        "words": check.words,
    }
