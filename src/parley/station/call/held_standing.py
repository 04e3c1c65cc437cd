"""How a call stands after all its events: who takes part, what was said, when it stood still.

Folded in the joint order, so both stations read the same. Source: spec/held.md V4 to V8;
spec/rehearsal.md P3 to P6.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from parley.catalogue.call_events import CONSENTS, PAGES_MAX, SHOWINGS, CallEvent, Happened
from parley.catalogue.calls import Medium
from parley.station.call.held_checks import OF_CALLS_ONLY, REHEARSERS, Checks
from parley.station.call.held_parts import Parts, Who
from parley.station.call.held_recording import End, Recordings
from parley.station.call.held_showing import Over, Showings

SHOWN_MAX: Final = 200  # texts, and people, of one call on a screen; the record holds them all


@dataclass
class Attendee:
    """Somebody from joining to leaving."""

    dir: int
    sender: int  # counts who joined, of each side from 1
    person: int
    name: str
    office: str
    role: str
    medium: Medium  # what can be had from this page
    n: int  # of the entry by which
    joined: float  # POSIX seconds by the clock of that side, as are all below
    left: float | None = None
    muted: float | None = None  # since when
    commitment: tuple[bytes, bytes] | None = None  # of which round
    key: tuple[bytes, bytes] | None = None
    secrets: tuple[bytes, int, dict[str, bytes]] | None = None  # of which round and epoch

    @classmethod
    def of(cls, event: CallEvent, dir: int, sender: int, n: int, at: float) -> Attendee:
        """Who has joined by an event."""
        named = event.name, event.office, event.role
        return cls(dir, sender, event.person, *named, event.medium or Medium.TEXT, n, at)

    @property
    def page(self) -> str:
        """How events and people name what this one sends: A1, B2."""
        return f"{'AB'[self.dir]}{self.sender}"

    @property
    def sends(self) -> bool:
        """Whether there is a page that sends and hears."""
        return self.left is None and self.medium is not Medium.TEXT

    @property
    def number(self) -> bytes:
        """Side and sender as they stand in what is hashed and in a frame's header."""
        return self.dir.to_bytes(2) + self.sender.to_bytes(2)

    def said_of_keys(self, event: CallEvent) -> None:
        """What the page says of its keys (V10, V12)."""
        if event.event is Happened.COMMITTED:
            self.commitment = (event.round, event.commitment)
        elif event.event is Happened.REVEALED:
            self.key = (event.round, event.key)
        else:
            self.secrets = (event.round, event.epoch or 0, dict(event.secrets))


@dataclass
class Standing:
    """How a call stands after all its events."""

    rehearsal: bool = False
    attendees: list[Attendee] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    interruptions: list[tuple[float, float | None]] = field(default_factory=list)  # from, to
    ended: tuple[int, float, CallEvent] | None = None
    changes: int = 0  # of who has a page: how often one came or went
    here: dict[Who, Attendee] = field(default_factory=dict)
    known: dict[Who, Attendee] = field(default_factory=dict)  # the last of each person
    parts: Parts = field(default_factory=Parts)
    recordings: Recordings = field(default_factory=Recordings)
    checks: Checks = field(default_factory=Checks)
    showings: Showings = field(default_factory=Showings)
    _pages: list[Attendee] | None = None

    @property
    def on_hold(self) -> bool:
        """Whether it was put on hold and not resumed."""
        return bool(self.interruptions) and self.interruptions[-1][1] is None

    def present(self, dir: int, person: int) -> Attendee | None:
        """Who of that side is in the call now."""
        return self.here.get((dir, person))

    def shown(self) -> list[Attendee]:
        """Who took part, for people: of very many those who are here and the newest."""
        some, newest = self.attendees, self.attendees[-SHOWN_MAX:]
        older = [each for each in some[:-SHOWN_MAX] if each.left is None]
        return [*older[-SHOWN_MAX:], *newest]

    def pages(self) -> list[Attendee]:
        """Those who send sound or pictures, in one order at both sides. Asked for each frame."""
        if self._pages is None:
            sends = (each for each in self.here.values() if each.sends)
            self._pages = sorted(sends, key=lambda each: each.number)
        return self._pages

    def fold(self, senders: Counter[int], at: float, dir: int, n: int, event: CallEvent) -> None:
        """One more event, in the joint order."""
        who = self.present(dir, event.person)
        kind = event.event
        if self.rehearsal and kind in OF_CALLS_ONLY:
            return
        if kind is Happened.SAID:
            name = self.known.get((dir, event.person))
            if name is not None:  # a text that crossed the end was said in the call all the same
                text = {"dir": dir, "at": at, "name": name.name, "office": name.office}
                self.texts.append({**text, "text": event.words})
        elif kind is Happened.CAPTIONED:
            name = self.known.get((dir, event.person))
            if name is not None:
                self.parts.captions.append((at, name, event))
        elif kind is Happened.RECORDED:  # a file is whole some time after what is in it
            self.recordings.keep(dir, at, event)
        elif self.ended is not None:
            return
        elif kind is Happened.JOINED:
            if self.rehearsal and event.role not in REHEARSERS:
                return
            self._leaves(who, at)
            senders[dir] += 1
            self._joins(Attendee.of(event, dir, senders[dir], n, at))
        elif kind is Happened.HELD and not self.on_hold:
            self.interruptions.append((at, None))
            self.recordings.stop(at, End.HELD, who)
            self.showings.stop(at, Over.HELD, who)
        elif kind in (Happened.RESUMED, Happened.ENDED) and self.on_hold:
            self.interruptions[-1] = (self.interruptions[-1][0], at)
        if kind is Happened.ENDED and self.ended is None:
            self.ended = (dir, at, event)
            self.recordings.stop(at, End.ENDED, who)
            self.showings.stop(at, Over.ENDED, who)
            for each in list(self.here.values()):
                self._leaves(each, at)
        elif who is None:
            return
        elif kind is Happened.LEFT:
            self.parts.fold(who, at, event, self.here)
            self._leaves(who, at)
        elif kind is Happened.MUTED:
            who.muted = at if who.muted is None else who.muted
        elif kind is Happened.UNMUTED:
            who.muted = None
        elif kind is Happened.CHECKED:
            if self.rehearsal:
                self.checks.fold(who, at, event)
        elif kind in SHOWINGS:
            self.showings.fold(who, at, event, self.on_hold)
        elif kind in CONSENTS:
            self.recordings.fold(who, at, event, self.on_hold)
        else:
            self.parts.fold(who, at, event, self.here)

    def _joins(self, joined: Attendee) -> None:
        if joined.sends and len(self.pages()) >= PAGES_MAX:  # two crossed: the later has no page
            joined.medium = Medium.TEXT
        self.attendees.append(joined)
        who = joined.dir, joined.person
        self.here[who] = self.known[who] = joined
        if joined.sends:
            self._changed()

    def _leaves(self, who: Attendee | None, at: float) -> None:
        if who is None:
            return
        if who.sends:
            self._changed()
        who.left = at
        self.recordings.leaves((who.dir, who.person), at)
        self.showings.leaves((who.dir, who.person), at)
        del self.here[who.dir, who.person]

    def _changed(self) -> None:
        self.changes += 1
        self._pages = None
