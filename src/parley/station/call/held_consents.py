"""What happens in a call only while two who agreed to it are there: one asks, the other agrees.

Of a kind there is one at a time, and whatever is in doubt ends it. Source: spec/recording.md J2 to
J4, spec/showing.md B2 to B5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from parley.station.call.held_parts import DUTY, PRINCIPAL, Present, Who

STOPPERS: Final = (DUTY, PRINCIPAL)


class Sending(Present, Protocol):
    """Who takes part, and whether from a page that sends."""

    @property
    def sends(self) -> bool:
        """Whether there is a page that sends and hears."""

    @property
    def page(self) -> str:
        """Its name: A1."""


@dataclass(kw_only=True)
class Consent:
    """One, from asking on. Times are POSIX seconds by the clock of the side that speaks."""

    number: int  # from 1, in one call
    asked: float
    asker: Sending
    agreed: float | None = None
    agreer: Sending | None = None
    ended: float | None = None
    why: StrEnum | None = None
    ended_by: Present | None = None

    @property
    def on(self) -> bool:
        """Whether it is done now."""
        return self.agreed is not None and self.ended is None

    def agree(self, who: Sending, at: float) -> None:
        """The other side has agreed; the first who does counts."""
        self.agreed, self.agreer = self.agreed or at, self.agreer or who

    def view(self, side: Callable[[int], str]) -> dict[str, Any]:
        """For people."""
        return {
            "number": self.number,
            "state": "on" if self.on else "over" if self.ended is not None else "asked",
            "asked": self.asked,
            "asked_by": _who(self.asker, side),
            "agreed": self.agreed,
            "agreed_by": self.agreer and _who(self.agreer, side),
            "ended": self.ended,
            "why": self.why and str(self.why),
            "ended_by": self.ended_by and _who(self.ended_by, side),
        }


Given = TypeVar("Given", bound=Consent)


@dataclass
class Consents(Generic[Given]):
    """All of one kind in one call, oldest first."""

    LEFT: ClassVar[StrEnum]  # why one is over whose asker or agreer has left

    all: list[Given] = field(default_factory=list)

    @property
    def now(self) -> Given | None:
        """The one that is asked for, or on."""
        return self.all[-1] if self.all and self.all[-1].ended is None else None

    def stop(self, at: float, why: StrEnum, by: Present | None = None) -> None:
        """Whatever is asked for or on is over."""
        if self.now is not None:
            self.now.ended_by, self.now.why, self.now.ended = by, why, at

    def leaves(self, who: Who, at: float) -> None:
        """Somebody has left: a consent goes with who gave it."""
        now = self.now
        for each in (now.asker, now.agreer) if now else ():
            if each is not None and (each.dir, each.person) == who:
                self.stop(at, self.LEFT, each)

    def view(self, side: Callable[[int], str]) -> list[dict[str, Any]]:
        """All of them, for people."""
        return [each.view(side) for each in self.all]


def _who(each: Present, side: Callable[[int], str]) -> dict[str, Any]:
    return {
        "dir": side(each.dir),
        "person": each.person,
        "name": each.name,
        "office": each.office,
    }
