"""The minutes and readouts of a line as the record has them, call by call.

They are read from the record once and grow as entries join it. Which minute is agreed is computed
from what both sides said, so both stations say the same. Source: spec/minute.md Y4 to Y7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.catalogue.agreeing import Outcome, Saying, by_call, outcome
from parley.catalogue.calls import CallRequest
from parley.catalogue.form import moment
from parley.catalogue.minutes import Facts, Minute, Place, Readout, call_name, span_text
from parley.core.entry import Type, read_body
from parley.core.kept import EntryRow
from parley.station.call.calls import Calls
from parley.station.call.held_facts import calls_held
from parley.station.line.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station

TYPES = frozenset((Type.MINUTE, Type.READOUT))
KEPT_MAX = 500  # of a line; the record holds them all
READ_MAX = 2 * KEPT_MAX  # when a station starts, so that the other half of a pair is found
SHOWN_MAX = 8  # in a status


@dataclass(frozen=True, slots=True)
class Stated:
    """A readout in the record."""

    open_line: OpenLine  # of its incarnation
    entry: EntryRow
    readout: Readout


@dataclass
class Talk:
    """One call, with what was said of it."""

    names: list[str]  # how minutes and readouts name it, oldest first
    sayings: list[Saying] = field(default_factory=list)
    outcome: Outcome = field(default_factory=lambda: Outcome(None, (), ()))
    readouts: list[Stated] = field(default_factory=list)
    request: CallRequest | None = None
    held: Facts | None = None  # what the record says of it, once it was held and has ended
    began: float = 0.0  # as far as is known; to put calls in order

    @property
    def minute(self) -> Minute | None:
        """The minute that is agreed, or one that is proposed."""
        if self.outcome.agreed:
            return self.outcome.agreed[0].minute
        return self.outcome.open[-1].minute if self.outcome.open else None

    @property
    def agenda(self) -> list[str]:
        """The items by number, as readouts name them."""
        minute = self.minute
        if minute is not None:
            return [*minute.facts.touched, *minute.facts.not_touched]
        asked = self.request.agenda if self.request else ()
        held = (*self.held.touched, *self.held.not_touched) if self.held else ()
        return list(dict.fromkeys([*asked, *held]))


class Minutes:
    """All minutes and readouts of a line, in all its incarnations."""

    def __init__(self, parties: tuple[str, str]) -> None:
        self.parties = parties  # by direction
        self._entries: dict[Place, tuple[OpenLine, EntryRow]] = {}
        self._said: dict[Place, Saying | Stated] = {}
        self._texts: dict[Place, str] = {}
        self._talks: list[Talk] | None = None

    @classmethod
    def of(cls, station: Station, open_line: OpenLine) -> Minutes:
        """Those of a line, read from the record the first time."""
        open_line = open_line.current
        if open_line.minutes is None:
            found = cls(parties_of(station, open_line))
            # What is shown provisionally is a message and no entry yet.
            rows = station.store.sql(
                "SELECT inc, dir, n FROM messages JOIN entries USING (line_id, inc, dir, n)"
                " WHERE line_id = ? AND messages.type IN (64, 65)"
                " ORDER BY inc DESC, kept DESC, n DESC LIMIT ?",
                (open_line.id, READ_MAX),
            )
            for row in reversed(rows):
                life = open_line.life(row["inc"])
                if life is not None:
                    found.add(life, station.entry(life, row["dir"], row["n"]))
            open_line.minutes = found
        return open_line.minutes

    def add(self, life: OpenLine, entry: EntryRow) -> None:
        """An entry has joined the record; what has not the form is no minute and no readout."""
        said = said_in(life, entry)
        if said is None:
            return
        place = (life.inc, entry.dir, entry.n)
        self._said[place], self._entries[place] = said, (life, entry)
        self._texts[place] = _text(said)
        self._talks = None
        if len(self._said) > KEPT_MAX:
            # With a minute goes what says the same text: half of a pair would undo the agreement.
            oldest = next(iter(self._said))
            text = self._texts[oldest]
            for each in [place for place, said in self._texts.items() if said == text]:
                del self._said[each], self._entries[each], self._texts[each]

    def talks(self) -> list[Talk]:
        """Call by call, the newest first."""
        if self._talks is None:
            self._talks = sorted(self._grouped(), key=lambda talk: talk.began, reverse=True)
        return self._talks

    def entry(self, saying: Saying) -> tuple[OpenLine, EntryRow]:
        """The entry that a minute stands in, with its incarnation."""
        return self._entries[saying.place]

    def _grouped(self) -> Iterator[Talk]:
        talks: list[Talk] = []
        named: dict[str, Talk] = {}
        sayings = [said for said in self._said.values() if isinstance(said, Saying)]
        for group in by_call(sayings, self.parties):
            names = list(dict.fromkeys(each.minute.facts.call for each in group))
            talk = Talk(names, group, outcome(group), began=group[0].minute.facts.began)
            named |= dict.fromkeys(names, talk)
            talks.append(talk)
        for said in self._said.values():
            if isinstance(said, Stated):
                call = said.readout.call
                if call not in named:
                    named[call] = Talk([call], began=posix(said.entry.time))
                    talks.append(named[call])
                named[call].readouts.append(said)
        yield from talks


def _text(said: Saying | Stated) -> str:
    return said.minute.text() if isinstance(said, Saying) else said.readout.text()


def took(open_line: OpenLine, entry: EntryRow) -> None:
    """An entry has joined the record; if it is of a call held, what is known of it grows."""
    if entry.type in TYPES and open_line.current.minutes is not None:
        open_line.current.minutes.add(open_line, entry)


def said_in(life: OpenLine, entry: EntryRow) -> Saying | Stated | None:
    """The minute or readout that an entry is."""
    content = read_body(entry.type, entry.marks, entry.body)
    if content is None or not isinstance(content.payload, str):
        return None
    if entry.type == Type.MINUTE:
        minute = Minute.parse(content.payload)
        return Saying(entry.dir, life.inc, entry.n, entry.seen, minute) if minute else None
    readout = Readout.parse(content.payload) if entry.type == Type.READOUT else None
    return Stated(life, entry, readout) if readout else None


def parties_of(station: Station, open_line: OpenLine) -> tuple[str, str]:
    """The parties by direction."""
    ours, theirs = station.home.party, open_line.agreed.counterpart
    return (ours, theirs) if open_line.ours == 0 else (theirs, ours)


def all_talks(station: Station, open_line: OpenLine) -> list[Talk]:
    """Calls with a minute or a readout, and those that were accepted or held and have none yet;
    newest first."""
    minutes = Minutes.of(station, open_line)
    known = {name: talk for talk in minutes.talks() for name in talk.names}
    more: list[Talk] = []
    for call in Calls.of(station, open_line):
        name = call_name(minutes.parties[call.entry.dir], call.entry.n, call.open_line.inc)
        time = call.agreed()
        if name in known:
            known[name].request = call.request
        elif time is not None and call.request.weekly_min is None:
            more.append(Talk([name], request=call.request, began=time))
    known |= {talk.names[0]: talk for talk in more}
    for name, facts in calls_held(station, open_line, minutes.parties):
        if name not in known:
            known[name] = Talk([name], began=facts.began)
            more.append(known[name])
        known[name].held = facts
    return sorted([*minutes.talks(), *more], key=lambda talk: talk.began, reverse=True)


# --- as people see them


def talk_view(station: Station, open_line: OpenLine, talk: Talk) -> dict[str, Any]:
    """One call: what is agreed and what is only proposed, and each side's readouts, newest last.
    The same at both stations but for whose is ours."""
    minutes = Minutes.of(station, open_line)
    agreed = talk.outcome.agreed
    readouts: dict[str, list[dict[str, Any]]] = {"ours": [], "theirs": []}
    for stated in talk.readouts:
        side = stated.open_line.side(stated.entry.dir)
        readouts[side].append(_readout_view(minutes, stated))
    return {
        "call": talk.names[-1],
        "line": open_line.current.agreed.hex,
        "state": _state(talk),
        "sentence": _sentence(minutes, talk),
        "purpose": talk.request.purpose if talk.request else None,
        "agenda": talk.agenda,
        "held": talk.held
        and {
            "held_by": talk.held.held_by,
            "began": moment(talk.held.began),
            "ended": moment(talk.held.ended),
            "present": [each.text() for each in talk.held.present],
            "touched": list(talk.held.touched),
            "interrupted": [span_text(each) for each in talk.held.interruptions],
            "recorded": [each.text() for each in talk.held.recorded],
            "shown": [each.text() for each in talk.held.shown],
        },
        "agreed": agreed
        and {
            **_minute_view(minutes, agreed[1]),
            "said": [ref(minutes, each.place) for each in agreed],
        },
        "replaced": [_minute_view(minutes, last) for _, last in talk.outcome.replaced],
        "proposed": [_minute_view(minutes, each) for each in talk.outcome.open],
        "readouts": readouts,
    }


def status_view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """The minutes that the other side proposed and that wait for our answer."""
    minutes = Minutes.of(station, open_line)
    waiting = [
        (talk, each)
        for talk in minutes.talks()
        for each in talk.outcome.open
        if each.dir == open_line.theirs
    ]
    shown = [  # a status is asked at every page: no more is composed than it shows
        {
            **_minute_view(minutes, each),
            "call": talk.names[-1],
            "sentence": _sentence(minutes, talk),
        }
        for talk, each in waiting[:SHOWN_MAX]
    ]
    return {"waiting": shown, "more": len(waiting) - len(shown)}


def ref(minutes: Minutes, place: Place) -> str:
    """How people name an entry: by its party, and its number in the log of that."""
    inc, dir, n = place
    return call_name(minutes.parties[dir], n, inc)


def _state(talk: Talk) -> str:
    if talk.outcome.agreed:
        return "change proposed" if talk.outcome.open else "agreed"
    return {0: "none", 1: "proposed"}.get(len(talk.outcome.open), "two proposed")


def _sentence(minutes: Minutes, talk: Talk) -> str:
    """What stands in the record about the minute, in the same words at both sides."""
    agreed, still = talk.outcome.agreed, talk.outcome.open
    parties = [minutes.parties[each.dir] for each in still]
    refs = [ref(minutes, each.place) for each in still]
    if agreed is None and not still:
        return "No minute has been proposed."
    if agreed is None and len(still) == 1:
        other = minutes.parties[1 - still[0].dir]
        return f"{parties[0]} proposed a minute ({refs[0]}); {other} has not answered it."
    if agreed is None:
        return f"Both proposed a minute, and the two differ ({refs[0]} and {refs[1]})."
    one, other = (ref(minutes, each.place) for each in agreed)
    more = [
        f"{party} proposes to change it ({each})."
        for party, each in zip(parties, refs, strict=True)
    ]
    return " ".join((f"Both have said this text ({one} and {other}).", *more))


def _minute_view(minutes: Minutes, saying: Saying) -> dict[str, Any]:
    life, entry = minutes.entry(saying)
    facts = saying.minute.facts
    text = saying.minute.text()
    return {
        "dir": life.side(saying.dir),
        "n": saying.n,
        "line": life.address,
        "ref": ref(minutes, saying.place),
        "at": posix(entry.time),
        "kept": entry.wall,
        "text": text,
        "text_sha256": sha256(text.encode()).hexdigest(),
        "began": facts.began,
        "ended": facts.ended,
        "held_by": facts.held_by,
    }


def _readout_view(minutes: Minutes, stated: Stated) -> dict[str, Any]:
    life, entry, readout = stated.open_line, stated.entry, stated.readout
    return {
        "dir": life.side(entry.dir),
        "n": entry.n,
        "line": life.address,
        "ref": ref(minutes, (life.inc, entry.dir, entry.n)),
        "at": posix(entry.time),
        "kept": entry.wall,
        "by": readout.by,
        "date": readout.day.isoformat(),
        "with": readout.with_whom,
        "topics": list(readout.topics),
        "words": readout.words,
        "text": readout.text(),
    }
