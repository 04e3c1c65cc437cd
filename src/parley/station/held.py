"""What the record says of calls that were opened: who took part when, what was said by text, which
keys their pages have. Both stations read the same from it (spec/held.md).

Events are folded in the joint order, so what crossed on its way needs no vote. What an event says
that does not fit the call as it then stood is in the record, and changes nothing.
"""

from __future__ import annotations

import base64
from bisect import insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from parley.catalogue.call_events import CallEvent, Happened
from parley.catalogue.calls import Medium
from parley.core.entry import Key, Type, read_body
from parley.core.kept import EntryRow
from parley.core.record import joint_key
from parley.station import messages
from parley.station.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station

Place = tuple[int, int, int]  # incarnation, direction, number
KEPT_MAX: Final = 64  # calls of a line; the record holds them all
EVENTS_MAX: Final = 2_000  # of each side in one call
READ_MAX: Final = 8_000  # events of a line that a station reads when it starts
PAGE_EVENTS: Final = frozenset((Happened.COMMITTED, Happened.REVEALED, Happened.SEALED))
_ROUND: Final = b"parley call round 1"
_DIGITS: Final = b"parley call digits 1"
_COMMITMENT: Final = b"parley call commitment 1"


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


@dataclass
class Standing:
    """How a call stands after all its events."""

    attendees: list[Attendee] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    interruptions: list[tuple[float, float | None]] = field(default_factory=list)  # from, to
    ended: tuple[int, float, CallEvent] | None = None

    @property
    def on_hold(self) -> bool:
        """Whether it was put on hold and not resumed."""
        return bool(self.interruptions) and self.interruptions[-1][1] is None

    def present(self, dir: int, person: int) -> Attendee | None:
        """Who of that side is in the call now."""
        return next(
            (
                each
                for each in self.attendees
                if each.left is None and (each.dir, each.person) == (dir, person)
            ),
            None,
        )

    def pages(self) -> list[Attendee]:
        """Those who send sound or pictures, in one order at both sides."""
        return sorted((each for each in self.attendees if each.sends), key=lambda a: a.number)


# Order, time, side, number, event.
Said = tuple[tuple[int, tuple[int, int]], float, int, int, CallEvent]


class Held:
    """One call, from the event that opened it on."""

    def __init__(self, life: OpenLine, entry: EntryRow, event: CallEvent) -> None:
        self.life = life  # the incarnation it was opened in
        self.entry = entry
        self.event = event
        self.request = _named(life, entry)
        self._events: list[Said] = []
        self._counts = Counter[int]()
        self._standing: Standing | None = None

    @property
    def opened(self) -> float:
        """When, by the clock of the side that opened it."""
        return posix(self.entry.time)

    @property
    def key(self) -> tuple[int, tuple[int, int]]:
        """Its place in the joint order."""
        return _order(self.life, self.entry)

    @property
    def secret(self) -> bytes:
        """Of the media link between the stations."""
        return self.event.link

    def add(self, life: OpenLine, entry: EntryRow, event: CallEvent) -> None:
        """An event of this call has joined the record."""
        self._standing = None
        if event.event in PAGE_EVENTS:  # the newest of each is all that counts
            who = (entry.dir, event.person, event.event)
            self._events = [e for e in self._events if (e[2], e[4].person, e[4].event) != who]
        else:
            if self._counts[entry.dir] == EVENTS_MAX:
                return
            self._counts[entry.dir] += 1
        said: Said = (_order(life, entry), posix(entry.time), entry.dir, entry.n, event)
        insort(self._events, said, key=lambda each: each[0])

    @property
    def standing(self) -> Standing:
        """How it stands (V4 to V8)."""
        if self._standing is None:
            self._standing = Standing()
            senders = Counter[int]()
            for _, at, dir, n, event in self._events:
                _fold(self._standing, senders, at, dir, n, event)
        return self._standing

    def round(self) -> bytes:
        """Which pages are to agree on keys (V9)."""
        pages = b"".join(each.number for each in self.standing.pages())
        return sha256(_ROUND + self.entry.leaf + pages).digest()[:16]

    def digits(self) -> str | None:
        """The eight digits to be read aloud, once every page has shown its key (V11)."""
        pages, round = self.standing.pages(), self.round()
        shown = b""
        for each in pages:
            if each.key is None or each.commitment is None or each.key[0] != round:
                return None
            if each.commitment != (round, commitment(round, each, each.key[1])):
                return None
            shown += each.number + each.key[1]
        if len(pages) < 2:
            return None
        found = sha256(_DIGITS + self.entry.leaf + round + shown).digest()
        return f"{int.from_bytes(found[:8]) % 10**8:08d}"

    def view(self) -> dict[str, Any]:
        """The call for people; the same at both stations but for `ours` and `theirs`."""
        standing, side = self.standing, self.life.side
        ended = standing.ended
        digits = None if ended else self.digits()
        return {
            "line": self.life.address,
            "dir": side(self.entry.dir),
            "n": self.entry.n,
            "opened": self.opened,
            "opened_by": _who(self.event),
            "medium": str(self.event.medium),
            "request": self.request
            and {"inc": self.request[0], "dir": side(self.request[1]), "n": self.request[2]},
            "state": "ended" if ended else "on hold" if standing.on_hold else "open",
            "ended": ended and ended[1],
            "ended_by": ended and {"dir": side(ended[0]), **_who(ended[2])},
            "words": ended[2].words if ended else "",
            "interruptions": [list(each) for each in standing.interruptions],
            "attendees": [
                {
                    "dir": side(each.dir),
                    "page": each.page,
                    "person": each.person,
                    "name": each.name,
                    "office": each.office,
                    "role": each.role,
                    "medium": str(each.medium),
                    "joined": each.joined,
                    "left": each.left,
                    "muted": each.muted,
                }
                for each in standing.attendees
            ],
            "texts": [{**each, "dir": side(each["dir"])} for each in standing.texts],
            "digits": digits and f"{digits[:4]} {digits[4:]}",
        }

    def for_page(self, me: Attendee | None) -> dict[str, Any]:
        """What a page needs to agree on keys with all others, and to say who is who (V9 to V12)."""
        standing = self.standing
        return {
            "state": "ended" if standing.ended else "on hold" if standing.on_hold else "open",
            "leaf": self.entry.leaf.hex(),
            "round": self.round().hex(),
            "me": me and me.page,
            "pages": [self._page_view(each, me) for each in standing.pages()],
        }

    def _page_view(self, each: Attendee, me: Attendee | None) -> dict[str, Any]:
        secret: dict[str, Any] | None = None
        if each.secrets is not None and me is not None and me.page in each.secrets[2]:
            round, epoch, secrets = each.secrets
            sealed = base64.b64encode(secrets[me.page]).decode()
            secret = {"round": round.hex(), "epoch": epoch, "sealed": sealed}
        told, key = each.commitment, each.key
        return {
            "page": each.page,
            "party": each.dir,
            "sender": each.sender,
            "ours": each.dir == self.life.ours,
            "name": each.name,
            "office": each.office,
            "role": each.role,
            "medium": str(each.medium),
            "muted": each.muted is not None,
            "commitment": told and {"round": told[0].hex(), "hash": told[1].hex()},
            "key": key and {"round": key[0].hex(), "key": base64.b64encode(key[1]).decode()},
            "sealed": each.secrets and {"round": each.secrets[0].hex(), "epoch": each.secrets[1]},
            "secret": secret,
        }


class Calls:
    """All calls of a line that were opened, in all its incarnations, oldest first."""

    def __init__(self) -> None:
        self._held: dict[Place, Held] = {}

    @classmethod
    def of(cls, station: Station, open_line: OpenLine) -> Calls:
        """Those of a line, read from the record the first time."""
        open_line = open_line.current
        if open_line.held is None:
            open_line.held = cls()
            rows = station.store.sql(
                "SELECT inc, dir, n FROM entries INDEXED BY entries_of_calls"
                " WHERE line_id = ? AND type = 50 ORDER BY id DESC LIMIT ?",
                (open_line.id, READ_MAX),
            )
            for row in reversed(rows):
                life = open_line.life(row["inc"])
                if life is not None:
                    open_line.held.add(life, station.entry(life, row["dir"], row["n"]))
        return open_line.held

    def __iter__(self) -> Iterator[Held]:
        """In the joint order of their openings."""
        return iter(sorted(self._held.values(), key=lambda each: each.key))

    def at_work(self) -> Held | None:
        """The call that is not ended; of two whose openings crossed, the first (V5)."""
        return next((each for each in self if each.standing.ended is None), None)

    def add(self, life: OpenLine, entry: EntryRow) -> CallEvent | None:
        """An entry has joined the record; the event that it is, if it changes a call."""
        event = event_in(entry)
        if event is None:
            return None
        if event.event is Happened.OPENED:
            self._held[life.inc, entry.dir, entry.n] = Held(life, entry, event)
            if len(self._held) > KEPT_MAX:
                del self._held[next(iter(self._held))]
            return event
        named = _named(life, entry)
        held = self._held.get(named) if named else None
        if held is None:
            return None
        held.add(life, entry, event)
        return event


def took(station: Station, open_line: OpenLine, entry: EntryRow) -> None:
    """An entry has joined the record; if it is of a call, people are told."""
    if entry.type != Type.CALL_EVENT:
        return
    known = open_line.current.held
    event = event_in(entry) if known is None else known.add(open_line, entry)
    if event is not None:
        side = open_line.side(entry.dir)
        station.publish("call", open_line, state=str(event.event), dir=side, n=entry.n)


def event_in(entry: EntryRow) -> CallEvent | None:
    """The event that an entry is; None when it is of another type or cannot be read (V3)."""
    if entry.type != Type.CALL_EVENT:
        return None
    content = read_body(entry.type, entry.marks, entry.body)
    if content is None or not isinstance(content.payload, str):
        return None
    return CallEvent.parse(content.payload)


def commitment(round: bytes, page: Attendee, key: bytes) -> bytes:
    """What a page says of its key before it shows it (V10)."""
    return sha256(_COMMITMENT + round + page.number + key).digest()


def _named(life: OpenLine, entry: EntryRow) -> Place | None:
    """Which entry an event belongs to: header key 8 (V4)."""
    content = read_body(entry.type, entry.marks, entry.body)
    named = content.header.get(Key.ANSWERS) if content else None
    if not (isinstance(named, list) and len(named) in (2, 3)):
        return None
    if not all(map(messages.is_number, named)) or named[0] > 1:
        return None
    return (named[2] if len(named) == 3 else life.inc), named[0], named[1]


def _order(life: OpenLine, entry: EntryRow) -> tuple[int, tuple[int, int]]:
    return life.inc, joint_key(entry.dir, entry.n, entry.seen)


def _who(event: CallEvent) -> dict[str, Any]:
    return {"person": event.person, "name": event.name, "office": event.office}


def _fold(
    standing: Standing, senders: Counter[int], at: float, dir: int, n: int, event: CallEvent
) -> None:
    """One more event, in the joint order."""
    who = standing.present(dir, event.person)
    kind = event.event
    if kind is Happened.SAID:
        name = who or _ever(standing, dir, event.person)
        if name is not None:  # a text that crossed the end was said in the call all the same
            text = {"dir": dir, "at": at, "name": name.name, "office": name.office}
            standing.texts.append({**text, "text": event.words})
    elif standing.ended is not None:
        return
    elif kind is Happened.JOINED:
        if who is not None:
            who.left = at
        senders[dir] += 1
        medium = event.medium or Medium.TEXT
        named = (event.name, event.office, event.role)
        standing.attendees.append(
            Attendee(dir, senders[dir], event.person, *named, medium, n, at)
        )  # fmt: skip
    elif kind is Happened.HELD and not standing.on_hold:
        standing.interruptions.append((at, None))
    elif kind in (Happened.RESUMED, Happened.ENDED) and standing.on_hold:
        standing.interruptions[-1] = (standing.interruptions[-1][0], at)
    if kind is Happened.ENDED:
        if standing.ended is None:
            standing.ended = (dir, at, event)
            for each in standing.attendees:
                each.left = at if each.left is None else each.left
    elif who is not None:
        _of_one(who, at, event)


def _ever(standing: Standing, dir: int, person: int) -> Attendee | None:
    found = [each for each in standing.attendees if (each.dir, each.person) == (dir, person)]
    return found[-1] if found else None


def _of_one(who: Attendee, at: float, event: CallEvent) -> None:
    """What somebody who is in the call does."""
    match event.event:
        case Happened.LEFT:
            who.left = at
        case Happened.MUTED:
            who.muted = at if who.muted is None else who.muted
        case Happened.UNMUTED:
            who.muted = None
        case Happened.COMMITTED:
            who.commitment = (event.round, event.commitment)
        case Happened.REVEALED:
            who.key = (event.round, event.key)
        case Happened.SEALED:
            who.secrets = (event.round, event.epoch or 0, dict(event.secrets))
