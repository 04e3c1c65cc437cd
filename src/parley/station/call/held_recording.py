"""Recording of a call, to which both sides agreed: who asked, who agreed, until when, what came.

Folded with all events of a call, in the joint order. Whatever is in doubt ends a recording: it goes
on only while the two who agreed to it are there. Source: spec/recording.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from parley.catalogue.call_events import CallEvent, Happened
from parley.station.call.held_consents import STOPPERS, Consent, Consents, Sending
from parley.station.call.held_parts import DUTY

RECORDINGS_MAX: Final = 20  # of one call


class End(StrEnum):
    """Why a recording is over, or was none."""

    WITHDRAWN = "withdrawn"
    HELD = "on hold"
    LEFT = "left"
    ENDED = "call ended"


@dataclass
class Kept:
    """A file that one side has of a recording."""

    hash: bytes  # SHA-256 of the whole file
    size: int  # bytes
    length_ms: int
    at: float


@dataclass(kw_only=True)
class Recording(Consent):
    """One, from asking on, and the file that each side has of it."""

    kept: dict[int, Kept] = field(default_factory=dict)  # by side

    def view(self, side: Callable[[int], str]) -> dict[str, Any]:
        """For people, with the files."""
        kept = [
            {
                "dir": side(dir),
                "hash": each.hash.hex(),
                "size": each.size,
                "length_ms": each.length_ms,
                "at": each.at,
            }
            for dir, each in sorted(self.kept.items())
        ]
        return {**super().view(side), "kept": kept}

    def maker(self, dir: int) -> Sending | None:
        """Whose page makes the file of a side: of who asked, or of who agreed."""
        made = (self.asker, self.agreer) if self.agreed is not None else ()
        return next((each for each in made if each is not None and each.dir == dir), None)


class Recordings(Consents[Recording]):
    """All of one call, oldest first. Whoever of the two who agreed leaves, ends it (J4)."""

    LEFT = End.LEFT

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
                self.all.append(Recording(number=len(self.all) + 1, asked=at, asker=who))
        elif now is not None and now.number == event.recording and now.asker.dir != who.dir:
            now.agree(who, at)

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
