"""Recording of a call, to which both sides agreed: who asked, who agreed, until when, what came.

Folded with all events of a call, in the joint order. Whatever is in doubt ends a recording: it goes
on only while the two who agreed to it are there. Source: spec/recording.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from parley.catalogue.call_events import CallEvent, Happened
from parley.station.call.held_parts import DUTY, PRINCIPAL, Present, Who

RECORDINGS_MAX: Final = 20  # of one call
STOPPERS: Final = (DUTY, PRINCIPAL)


class End(StrEnum):
    """Why a recording is over, or was none."""

    WITHDRAWN = "withdrawn"
    HELD = "on hold"
    LEFT = "left"
    ENDED = "call ended"


class Sending(Present, Protocol):
    """Who takes part, and whether from a page that sends."""

    @property
    def sends(self) -> bool:
        """Whether there is a page that sends and hears."""

    @property
    def page(self) -> str:
        """Its name: A1."""


@dataclass
class Kept:
    """A file that one side has of a recording."""

    hash: bytes  # SHA-256 of the whole file
    size: int  # bytes
    length_ms: int
    at: float


@dataclass
class Recording:
    """One, from asking on. Times are POSIX seconds by the clock of the side that speaks."""

    number: int  # from 1, in one call
    asked: float
    asker: Sending
    agreed: float | None = None
    agreer: Sending | None = None
    ended: float | None = None
    why: End | None = None
    ended_by: Present | None = None
    kept: dict[int, Kept] = field(default_factory=dict)  # by side

    @property
    def on(self) -> bool:
        """Whether it is being made."""
        return self.agreed is not None and self.ended is None

    def maker(self, dir: int) -> Sending | None:
        """Whose page makes the file of a side: of who asked, or of who agreed."""
        made = (self.asker, self.agreer) if self.agreed is not None else ()
        return next((each for each in made if each is not None and each.dir == dir), None)


@dataclass
class Recordings:
    """All of one call, oldest first."""

    all: list[Recording] = field(default_factory=list)

    @property
    def now(self) -> Recording | None:
        """The one that is asked for, or on."""
        return self.all[-1] if self.all and self.all[-1].ended is None else None

    def fold(self, who: Sending, at: float, event: CallEvent, on_hold: bool) -> None:
        """One more consent of somebody who is in the call (J2, J3)."""
        kind, now = event.event, self.now
        if kind is Happened.RECORDING_WITHDRAWN:
            if now is not None and now.number == event.recording and who.role in STOPPERS:
                self.stop(at, End.WITHDRAWN, who)
        elif who.role != DUTY or not who.sends or on_hold:
            return
        elif kind is Happened.RECORDING_ASKED:
            if now is None and len(self.all) < RECORDINGS_MAX:
                self.all.append(Recording(len(self.all) + 1, at, who))
        elif now is not None and now.number == event.recording and now.asker.dir != who.dir:
            now.agreed, now.agreer = now.agreed or at, now.agreer or who

    def stop(self, at: float, why: End, by: Present | None = None) -> None:
        """Whatever is asked for or on is over (J4)."""
        if self.now is not None:
            self.now.ended_by, self.now.why, self.now.ended = by, why, at

    def leaves(self, who: Who, at: float) -> None:
        """Somebody has left: a consent goes with who gave it (J4)."""
        now = self.now
        for each in (now.asker, now.agreer) if now else ():
            if each is not None and (each.dir, each.person) == who:
                self.stop(at, End.LEFT, each)

    def keep(self, dir: int, at: float, event: CallEvent) -> None:
        """What a side says of the file it has (J6)."""
        found = self.of(event.recording or 0)
        if found is None or found.ended is None or dir in found.kept:
            return
        maker = found.maker(dir)
        if maker is not None and maker.person == event.person:
            found.kept[dir] = Kept(event.hash, event.size or 0, event.length_ms or 0, at)

    def of(self, number: int) -> Recording | None:
        """By its number."""
        return self.all[number - 1] if 1 <= number <= len(self.all) else None

    def for_page(self) -> dict[str, Any] | None:
        """What pages need to know: which one is on, and which pages make the files."""
        now = self.now
        if now is None or not now.on:
            return None
        makers = [each.page for each in (now.asker, now.agreer) if each is not None]
        return {"number": now.number, "makers": makers}

    def view(self, side: Callable[[int], str]) -> list[dict[str, Any]]:
        """All of them, for people."""
        return [
            {
                "number": each.number,
                "state": "on" if each.on else "over" if each.ended is not None else "asked",
                "asked": each.asked,
                "asked_by": _who(each.asker, side),
                "agreed": each.agreed,
                "agreed_by": each.agreer and _who(each.agreer, side),
                "ended": each.ended,
                "why": each.why and str(each.why),
                "ended_by": each.ended_by and _who(each.ended_by, side),
                "kept": [
                    {
                        "dir": side(dir),
                        "hash": kept.hash.hex(),
                        "size": kept.size,
                        "length_ms": kept.length_ms,
                        "at": kept.at,
                    }
                    for dir, kept in sorted(each.kept.items())
                ],
            }
            for each in self.all
        ]


def _who(each: Present, side: Callable[[int], str]) -> dict[str, Any]:
    return {
        "dir": side(each.dir),
        "person": each.person,
        "name": each.name,
        "office": each.office,
    }
