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
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from parley.catalogue.call_events import (
    CONSENTS,
    PAGES_MAX,
    SHOWINGS,
    TITLE,
    CallEvent,
    Happened,
)
from parley.catalogue.calls import Medium
from parley.core.entry import Key, Type, read_body
from parley.core.kept import EntryRow
from parley.core.record import joint_key
from parley.station.call.held_parts import CAPTIONS_KEPT, Who
from parley.station.call.held_standing import SHOWN_MAX, Attendee, Standing
from parley.station.entries import messages
from parley.station.line.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station

Place = tuple[int, int, int]  # incarnation, direction, number
KEPT_MAX: Final = 64  # calls of a line; the record holds them all
EVENTS_MAX: Final = 2_000  # of each side in one call
CONSENTS_MAX: Final = 100  # the same, besides: 20 recordings take 60 (J5)
SHOWN_SAID_MAX: Final = 400  # and again besides: 100 showings take 200 of a side (B5)
# Events of a line that a station reads when it starts, those of keys apart: of those there are
# dozens whenever somebody comes or goes, and only what the pages said last is needed. Captions are
# apart too: hundreds an hour, of which the newest are shown.
READ_MAX: Final = 8_000
KEYS_READ_MAX: Final = 500
CAPTIONS_READ_MAX: Final = 2_000
EVENT_TYPES: Final = frozenset((Type.CALL_EVENT, Type.CONSENT))
PAGE_EVENTS: Final = frozenset((Happened.COMMITTED, Happened.REVEALED, Happened.SEALED))
MOVES_PAGES: Final = frozenset((Happened.JOINED, Happened.LEFT, Happened.ENDED))
NOT_COUNTED: Final = PAGE_EVENTS | CONSENTS | {Happened.ENDED, Happened.CAPTIONED}  # (V8)
_APART: Final = [
    f"{TITLE}\nEvent: {kind}".encode() for kind in (*sorted(PAGE_EVENTS), Happened.CAPTIONED)
]
_ROUND: Final = b"parley call round 1"
_DIGITS: Final = b"parley call digits 1"
_COMMITMENT: Final = b"parley call commitment 1"


# Order, time, side, number, event.
Said = tuple[tuple[int, tuple[int, int]], float, int, int, CallEvent]


class Held:
    """One call, from the event that opened it on."""

    def __init__(self, life: OpenLine, entry: EntryRow, event: CallEvent) -> None:
        self.life = life  # the incarnation it was opened in
        self.entry = entry
        self.event = event
        self.request = named_in(life, entry)
        self._events: list[Said] = []
        self._counts = Counter[int]()
        self._consents = Counter[tuple[int, bool]]()  # side, and whether of what is shown
        self._captions = 0
        self._ends = set[int]()  # sides that have said *ended*
        self._over: Said | None = None  # the first call that was opened after this rehearsal
        # Of each person with a page, what it said of its keys. Nobody else's words can change it,
        # so that its place among them does not matter.
        self._keys: dict[Who, dict[Happened, CallEvent]] = {}
        self._standing: Standing | None = None
        self._round: bytes | None = None  # until a page may have come or gone

    @property
    def rehearsal(self) -> bool:
        """Whether it is a rehearsal, and no call (spec/rehearsal.md)."""
        return self.event.event is Happened.REHEARSING

    @property
    def opened(self) -> float:
        """When, by the clock of the side that opened it."""
        return posix(self.entry.time)

    @property
    def key(self) -> tuple[int, tuple[int, int]]:
        """Its place in the joint order."""
        return _order(self.life, self.entry)

    @property
    def medium(self) -> Medium:
        """How it was to be held when it was opened."""
        return self.event.medium or Medium.TEXT

    @property
    def secret(self) -> bytes:
        """Of the media link between the stations."""
        return self.event.link

    @property
    def kept(self) -> int:
        """How many events are remembered."""
        return len(self._events) + sum(map(len, self._keys.values()))

    def full(self, dir: int) -> bool:
        """Whether no more of what that side says counts, but *ended* (V8)."""
        return self._counts[dir] >= EVENTS_MAX

    def add(self, life: OpenLine, entry: EntryRow, event: CallEvent) -> None:
        """An event of this call has joined the record."""
        kind, who = event.event, (entry.dir, event.person)
        if kind in PAGE_EVENTS:
            self._add_key(who, event)  # asks for the round as it stands
        self._standing = None
        if kind in PAGE_EVENTS:
            return
        if kind is Happened.ENDED:  # counts whatever was said before, and once
            if entry.dir in self._ends:
                return
            self._ends.add(entry.dir)
        elif kind in CONSENTS:
            of = (entry.dir, kind in SHOWINGS)
            if self._consents[of] >= (SHOWN_SAID_MAX if kind in SHOWINGS else CONSENTS_MAX):
                return
            self._consents[of] += 1
        elif kind is not Happened.CAPTIONED:
            if self.full(entry.dir):
                return
            self._counts[entry.dir] += 1
        if kind in MOVES_PAGES:
            self._round = None
        if kind in (Happened.JOINED, Happened.LEFT):
            self._keys.pop(who, None)
            of_side = sum(dir == entry.dir for dir, _ in self._keys)
            if kind is Happened.JOINED and event.medium is not Medium.TEXT and of_side < PAGES_MAX:
                self._keys[who] = {}
        said: Said = (_order(life, entry), posix(entry.time), entry.dir, entry.n, event)
        insort(self._events, said, key=lambda each: each[0])
        if kind is Happened.CAPTIONED:
            self._captions += 1
            if self._captions > CAPTIONS_KEPT:
                oldest = next(each for each in self._events if each[4].event is kind)
                self._events.remove(oldest)
                self._captions -= 1

    def gives_way(self, call: Held) -> None:
        """A call was opened after this rehearsal in the joint order, so that this is over (P7)."""
        if self.rehearsal and self.key < call.key and (not self._over or call.key < self._over[0]):
            event = call.event
            ended = CallEvent(Happened.ENDED, event.person, event.name, event.office)
            entry = call.entry
            self._over = (call.key, call.opened, entry.dir, entry.n, ended)
            self._standing = self._round = None

    def ended_by(self, call: Held) -> bool:
        """Whether this rehearsal was open until that call was opened, and ended with it (P9)."""
        over, ended = self._over, self.standing.ended
        return bool(over and ended and over[0] == call.key and ended[2] is over[4])

    def _add_key(self, who: Who, event: CallEvent) -> None:
        """What a page says of its key in a round it says once: else it could choose another after
        it has seen those of others (V10), also by a word of some other round in between. Of what
        it seals with the newest counts."""
        known = self._keys.get(who)
        if known is None:
            return
        before = known.get(event.event)
        if (
            event.event is Happened.SEALED
            or before is None
            or before.round not in (event.round, self.round())
        ):
            known[event.event] = event

    @property
    def standing(self) -> Standing:
        """How it stands (V4 to V8)."""
        if self._standing is None:
            standing, senders = Standing(self.rehearsal), Counter[int]()
            events = self._events
            if self._over is not None:
                events = sorted([*events, self._over], key=lambda each: each[0])
            for _, at, dir, n, event in events:
                standing.fold(senders, at, dir, n, event)
            for page in standing.pages():
                for event in self._keys.get((page.dir, page.person), {}).values():
                    page.said_of_keys(event)
            self._standing = standing
        return self._standing

    def round(self) -> bytes:
        """Which pages are to agree on keys (V9). The leaf is that of the opening, so that a call
        has no round in common with its rehearsal (spec/rehearsal.md P8)."""
        if self._round is None:
            standing = self.standing
            pages = b"".join(each.number for each in standing.pages())
            changes = standing.changes.to_bytes(4)
            self._round = sha256(_ROUND + self.entry.leaf + changes + pages).digest()[:16]
        return self._round

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
                for each in standing.shown()
            ],
            "texts": [{**each, "dir": side(each["dir"])} for each in standing.texts[-SHOWN_MAX:]],
            **standing.parts.view(side, standing.here),
            "recordings": standing.recordings.view(side),
            "rehearsal": self.rehearsal,
            "checks": standing.checks.view(self.medium, side) if self.rehearsal else [],
            "verdict": standing.checks.verdict(self.medium) if self.rehearsal else None,
            "showings": standing.showings.view(side),
            "digits": digits and f"{digits[:4]} {digits[4:]}",
        }

    def short(self) -> dict[str, Any]:
        """That it is open, for a status: asked for often, and no place for what was said in it."""
        present = Counter(self.life.side(dir) for dir, _ in self.standing.here)
        return {
            "dir": self.life.side(self.entry.dir),
            "n": self.entry.n,
            "opened": self.opened,
            "opened_by": _who(self.event),
            "medium": str(self.event.medium),
            "state": "on hold" if self.standing.on_hold else "open",
            "present": {side: present[side] for side in ("ours", "theirs")},
            "rings": self.rings,
            "rehearsal": self.rehearsal,
            "recording": self.standing.recordings.for_page() is not None,
            "showing": self.standing.showings.for_page() is not None,
        }

    @property
    def rings(self) -> bool:
        """Whether it is open and nobody of this side has joined it yet (V18)."""
        joined = any(each.dir == self.life.ours for each in self.standing.attendees)
        return self.standing.ended is None and not joined

    def for_page(self, me: Attendee | None) -> dict[str, Any]:
        """What a page needs to agree on keys with all others, and to say who is who (V9 to V12)."""
        standing = self.standing
        return {
            "state": "ended" if standing.ended else "on hold" if standing.on_hold else "open",
            "rehearsal": self.rehearsal,
            "leaf": self.entry.leaf.hex(),
            "round": self.round().hex(),
            "me": me and me.page,
            "recording": standing.recordings.for_page(),
            "showing": standing.showings.for_page(),
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
            rows = [
                row
                for apart, most in enumerate((READ_MAX, KEYS_READ_MAX, CAPTIONS_READ_MAX))
                for row in station.store.sql(
                    "SELECT inc, dir, n, seen FROM entries INDEXED BY entries_held"
                    " WHERE line_id = ? AND type IN (50, 66)"
                    " AND CASE WHEN instr(body, ?) OR instr(body, ?) OR instr(body, ?) THEN 1"
                    " WHEN instr(body, ?) THEN 2 ELSE 0 END = ?"
                    " ORDER BY id DESC LIMIT ?",
                    (open_line.id, *_APART, apart, most),
                )
            ]
            # Not as they were kept: what was lost here and supplied since comes last in the store.
            for row in sorted(rows, key=_place):
                life = open_line.life(row["inc"])
                if life is not None:
                    open_line.held.add(life, station.entry(life, row["dir"], row["n"]))
        return open_line.held

    def __iter__(self) -> Iterator[Held]:
        """In the joint order of their openings."""
        return iter(sorted(self._held.values(), key=lambda each: each.key))

    def at_work(self) -> Held | None:
        """The call that is not ended; of two whose openings crossed, the first (V5). While there is
        one no rehearsal is at work (P7)."""
        return min(self._open(), key=lambda each: (each.rehearsal, each.key), default=None)

    def ended_with(self, call: Held) -> Held | None:
        """The rehearsal that ended when that call was opened, if there was one (P9)."""
        return next((each for each in self if each.rehearsal and each.ended_by(call)), None)

    def _open(self) -> list[Held]:
        return [each for each in self._held.values() if each.standing.ended is None]

    def add(self, life: OpenLine, entry: EntryRow) -> CallEvent | None:
        """An entry has joined the record; the event that it is, if it changes a call."""
        event = event_in(entry)
        if event is None:
            return None
        if event.event in (Happened.OPENED, Happened.REHEARSING):
            made = Held(life, entry, event)
            of_side = [each for each in self._open() if each.entry.dir == entry.dir]
            if any(made.rehearsal or not each.rehearsal for each in of_side):
                return None  # who has a call open opens no other (V5)
            for each in self._held.values():
                if made.rehearsal and not each.rehearsal:
                    made.gives_way(each)
                elif each.rehearsal and not made.rehearsal:
                    each.gives_way(made)
            self._held[life.inc, entry.dir, entry.n] = made
            over = [place for place, each in self._held.items() if each.standing.ended is not None]
            for place in over[: max(0, len(self._held) - KEPT_MAX)]:
                del self._held[place]
            return event
        named = named_in(life, entry)
        held = self._held.get(named) if named else None
        if held is None:
            return None
        held.add(life, entry, event)
        return event


def took(station: Station, open_line: OpenLine, entry: EntryRow) -> None:
    """An entry has joined the record; if it is of a call, people are told."""
    if entry.type not in EVENT_TYPES:
        return
    known = open_line.current.held
    event = event_in(entry) if known is None else known.add(open_line, entry)
    if event is not None:
        side = open_line.side(entry.dir)
        station.publish("call", open_line, state=str(event.event), dir=side, n=entry.n)


def event_in(entry: EntryRow) -> CallEvent | None:
    """The event that an entry is; None when it is of another type or cannot be read (V3, J1)."""
    if entry.type not in EVENT_TYPES:
        return None
    content = read_body(entry.type, entry.marks, entry.body)
    if content is None or not isinstance(content.payload, str):
        return None
    event = CallEvent.parse(content.payload)
    if event is None or (event.event in CONSENTS) is not (entry.type == Type.CONSENT):
        return None
    return event


def commitment(round: bytes, page: Attendee, key: bytes) -> bytes:
    """What a page says of its key before it shows it (V10)."""
    return sha256(_COMMITMENT + round + page.number + key).digest()


def named_in(life: OpenLine, entry: EntryRow) -> Place | None:
    """Which entry an event belongs to: header key 8 (V4)."""
    content = read_body(entry.type, entry.marks, entry.body)
    named = content.header.get(Key.ANSWERS) if content else None
    if not (isinstance(named, list) and len(named) in (2, 3)):
        return None
    if not all(map(messages.is_number, named)) or named[0] > 1:
        return None
    return (named[2] if len(named) == 3 else life.inc), named[0], named[1]


def _place(row: Any) -> tuple[int, tuple[int, int]]:
    return row["inc"], joint_key(row["dir"], row["n"], row["seen"])


def _order(life: OpenLine, entry: EntryRow) -> tuple[int, tuple[int, int]]:
    return life.inc, joint_key(entry.dir, entry.n, entry.seen)


def _who(event: CallEvent) -> dict[str, Any]:
    return {"person": event.person, "name": event.name, "office": event.office}
