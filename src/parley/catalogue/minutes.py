"""What both sides sign of a call, and what each says of it alone: minute and readout as texts.

A minute is made of facts: when, who, which items of the agenda, and sentences that both accept. It
is proposed by one side and agreed once the other says the same bytes. A readout is one side's own
statement under a few heading lines. What does not have the form is shown as the text that it is.
Source: spec/minute.md Y1 to Y3, Y7.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from parley.catalogue.call_events import Shown
from parley.catalogue.form import VALUE_BYTES_MAX, check_lines, compose, moment, read, read_moment
from parley.core.entry import Type
from parley.core.errors import Refused

MINUTE = "CALL MINUTE"
READOUT = "CALL READOUT"
ITEMS_MAX = 40  # of one label: what is longer is a report
SENTENCE_BYTES_MAX = 1_000  # what is agreed needs whole sentences, in any script
OFFICE_BYTES_MIN = 24  # so much of an office stays where a line is too short for it and the name
CALL_S_MAX = 86_400  # a call that lasts longer than a day is two
MINUTE_S = 60
_TO = " to "
_PART = "; "
_CUT = "…"
_NOTHING_ALONE = " \u200c\u200d"  # joins what is no longer there
_NUMBER = re.compile(r" (?P<n>0|[1-9][0-9]{0,15})(, incarnation (?P<inc>[1-9][0-9]{0,9}))?")

Place = tuple[int, int, int]  # incarnation, direction, number


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who was in a call: of which party, in which office, and the name if it is told."""

    party: str
    office: str
    name: str = ""

    def text(self) -> str:
        """As a minute has it."""
        return _PART.join(part for part in (self.party, self.office, self.name) if part)

    def fitted(self) -> Attendee:
        """As one line has room for it (Y9): the party whole, and of office and name as much as
        tells who it was."""
        room = VALUE_BYTES_MAX - len(f"{self.party}; {self.name and '; '}".encode())
        name = _cut(self.name, room - min(len(self.office.encode()), OFFICE_BYTES_MIN))
        return Attendee(self.party, _cut(self.office, room - len(name.encode())), name)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From a line of a minute; ValueError for anything else."""
        party, office, *name = text.split(_PART)
        found = cls(party, office, *name[:1])
        if len(name) > 1 or found.text() != text:
            raise ValueError
        return found


@dataclass(frozen=True, slots=True)
class Consented:
    """What was done in a call while both sides agreed to it: recorded by somebody, or shown."""

    span: tuple[float, float]
    by: Attendee  # who had the file of it, or who showed it
    shown: Shown | None = None  # document or screen; of a recording neither
    item: str = ""  # what it was, as who showed it said

    def text(self) -> str:
        """As a minute has it."""
        what = [] if self.shown is None else [str(self.shown), self.item]
        return _PART.join((span_text(self.span), *what, self.by.text()))

    @classmethod
    def recorded(cls, text: str) -> Self:
        """From a line `Recorded`; ValueError for anything else."""
        span, by = text.split(_PART, 1)
        return cls(read_span(span), Attendee.parse(by))

    @classmethod
    def was_shown(cls, text: str) -> Self:
        """From a line `Shown`; ValueError for anything else."""
        span, shown, item, by = text.split(_PART, 3)
        return cls(read_span(span), Attendee.parse(by), Shown(shown), item)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call that was held; times in POSIX seconds, shown to the minute."""

    call: str  # which call: `call_name` of an entry, or words for one that the record does not know
    held_by: str  # video, voice, text, telephone ...
    began: float
    ended: float
    present: tuple[Attendee, ...] = ()
    touched: tuple[str, ...] = ()  # items of the agenda, or topics that were added
    not_touched: tuple[str, ...] = ()
    interruptions: tuple[tuple[float, float], ...] = ()
    recorded: tuple[Consented, ...] = ()  # once for each who has a file of it
    shown: tuple[Consented, ...] = ()


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute: the facts, and what both sides agreed to write down."""

    facts: Facts
    agreed: tuple[str, ...] = ()

    def text(self) -> str:
        """The one text of this minute (Y1)."""
        facts = self.facts
        return compose(
            MINUTE,
            [
                ("Call", facts.call),
                ("Held by", facts.held_by),
                ("Began", moment(facts.began)),
                ("Ended", moment(facts.ended)),
                *(("Present", each.text()) for each in facts.present),
                *(("Touched", each) for each in facts.touched),
                *(("Not touched", each) for each in facts.not_touched),
                *(("Interrupted", span_text(each)) for each in facts.interruptions),
                *(("Recorded", each.text()) for each in facts.recorded),
                *(("Shown", each.text()) for each in facts.shown),
                *(("Agreed", each) for each in self.agreed),
            ],
        )

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The minute that a text is, or None for a text that has not its form (Y3)."""
        lines, _ = read(text, MINUTE)
        found = dict(lines)
        try:
            facts = Facts(
                found["Call"],
                found["Held by"],
                read_moment(found["Began"]),
                read_moment(found["Ended"]),
                tuple(map(Attendee.parse, _all(lines, "Present"))),
                _all(lines, "Touched"),
                _all(lines, "Not touched"),
                tuple(map(read_span, _all(lines, "Interrupted"))),
                tuple(map(Consented.recorded, _all(lines, "Recorded"))),
                tuple(map(Consented.was_shown, _all(lines, "Shown"))),
            )
            minute = cls(facts, _all(lines, "Agreed"))
            minute.check()
        except (KeyError, ValueError, Refused):
            return None
        return minute if minute.text() == text else None

    def check(self) -> None:
        """Refuse a minute that nobody could sign (Y2)."""
        facts = self.facts
        done = (*facts.recorded, *facts.shown)
        items = (facts.present, facts.touched, facts.not_touched, facts.interruptions, self.agreed)
        if any(len(each) > ITEMS_MAX for each in (*items, facts.recorded, facts.shown)):
            raise Refused(f"A minute has {ITEMS_MAX} lines of a kind at most.", "Shorten it.", "Y2")
        check_lines("Y2", facts.call, facts.held_by, *facts.touched, *facts.not_touched)
        check_lines("Y2", *self.agreed, bytes_max=SENTENCE_BYTES_MAX)
        for each in (*facts.present, *(one.by for one in done)):
            _check_attendee(each)
        began, ended = _minute(facts.began), _minute(facts.ended)
        if not began <= ended <= began + CALL_S_MAX:
            raise Refused(
                "A call ends after it began, and within a day.", "Correct the times.", "Y2"
            )
        last = began
        for start, end in facts.interruptions:
            if not last <= _minute(start) <= _minute(end) <= ended:
                raise Refused(
                    "Interruptions lie within the call, one after the other.",
                    "Correct their times.",
                    "Y2",
                )
            last = _minute(end)
        for one in done:
            if not began <= _minute(one.span[0]) <= _minute(one.span[1]) <= ended:
                raise Refused(
                    "What was recorded or shown lies within the call.", "Correct its times.", "Y2"
                )
            if one.shown is not None:
                check_lines("Y2", one.item)
            if _PART.strip() in one.item:
                raise Refused(f"{one.item!r:.60} holds a semicolon.", "Write a comma.", "Y2")


def _cut(text: str, bytes_max: int) -> str:
    if len(text.encode()) <= bytes_max:
        return text
    kept = text.encode()[: bytes_max - len(_CUT.encode())].decode(errors="ignore")
    return kept.rstrip(_NOTHING_ALONE) + _CUT


def _check_attendee(each: Attendee) -> None:
    check_lines("Y2", each.text())
    if any(part != part.strip() for part in (each.party, each.office, each.name)):
        raise Refused("No part of who was present begins or ends blank.", _PRESENT, "Y2")
    if any(_PART.strip() in part for part in (each.party, each.office, each.name)):
        raise Refused(f"{each.text()!r:.60} has more than three parts.", _PRESENT, "Y2")
    if not each.party or not each.office:
        raise Refused("Who was present has a party and an office.", _PRESENT, "Y2")


_PRESENT = "Write `Party; office; name`."


@dataclass(frozen=True, slots=True)
class Readout:
    """One side's own statement about a call."""

    call: str
    by: str  # the office that states
    day: date
    with_whom: str
    topics: tuple[str, ...]
    words: str

    def text(self) -> str:
        """The one text of this readout (Y7)."""
        return compose(
            READOUT,
            [
                ("Call", self.call),
                ("By", self.by),
                ("Date", self.day.isoformat()),
                ("With", self.with_whom),
                *(("Topic", each) for each in self.topics),
            ],
            self.words,
        )

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The readout that a text is, or None for a text that has not its form (Y3)."""
        lines, words = read(text, READOUT)
        found = dict(lines)
        try:
            readout = cls(
                found["Call"],
                found["By"],
                date.fromisoformat(found["Date"]),
                found["With"],
                _all(lines, "Topic"),
                words,
            )
            readout.check()
        except (KeyError, ValueError, Refused):
            return None
        return readout if readout.text() == text else None

    def check(self) -> None:
        """Refuse a readout that could not be laid beside another (Y7)."""
        check_lines("Y7", self.call, self.by, self.with_whom, *self.topics)
        if len(self.topics) > ITEMS_MAX:
            raise Refused(f"A readout has {ITEMS_MAX} topics at most.", "Name the main ones.", "Y7")
        if not self.words.strip():
            raise Refused("A readout says something.", "Write the statement.", "Y7")


# --- which call


def call_name(party: str, n: int, inc: int) -> str:
    """How a minute names the call that an entry asked for, or opened (Y4)."""
    return f"{party} {n}" if inc == 1 else f"{party} {n}, incarnation {inc}"


def place_of(call: str, parties: Sequence[str]) -> Place | None:
    """The entry that a call is named by, or None for one that the record does not know (Y4)."""
    for dir, party in enumerate(parties):
        found = _NUMBER.fullmatch(call.removeprefix(party)) if call.startswith(party) else None
        if found is not None and found["inc"] != "1":
            return int(found["inc"] or 1), dir, int(found["n"])
    return None


def unknown_call(began: float) -> str:
    """What a call is named that the record does not know, such as one by telephone."""
    return f"not in this record, begun {moment(began)}"


# --- for all messages


def gist(type: int, text: str) -> str | None:
    """What a minute or readout comes to, in a few words for a list; None for any other text."""
    minute = Minute.parse(text) if type == Type.MINUTE else None
    if minute is not None:
        return f"Minute: call {minute.facts.call}, {moment(minute.facts.began)}"
    readout = Readout.parse(text) if type == Type.READOUT else None
    return None if readout is None else f"Readout: call {readout.call}, {readout.day.isoformat()}"


def check_form(type: int, text: str) -> None:
    """Refuse a minute or readout, changed by hand, that no station could read; says why (Y3)."""
    if type not in (Type.MINUTE, Type.READOUT):
        return
    form: Minute | Readout | None
    form = Minute.parse(text) if type == Type.MINUTE else Readout.parse(text)
    if form is None:
        raise Refused(
            "The text has not the form of its kind.",
            "Keep the title, the labels and their order; spec/minute.md shows them.",
            rule="Y3",
        )


def _all(lines: Iterable[tuple[str, str]], label: str) -> tuple[str, ...]:
    return tuple(value for each, value in lines if each == label)


def _minute(at: float) -> int:
    return int(at // MINUTE_S) * MINUTE_S


def span_text(span: tuple[float, float]) -> str:
    """From when to when, as a minute has it."""
    return _TO.join(map(moment, span))


def read_span(text: str) -> tuple[int, int]:
    """Two moments with "to" between them; ValueError for anything else."""
    start, end = text.split(_TO)
    return read_moment(start), read_moment(end)
