"""The pages of a station that are in a call, and the link to the other station.

Frames are passed on as they came: from a page to the other pages of this station and, by the media
link, to the other station; from there to all pages here. Who may send is read from the record, so
mute and hold bind a page whatever it does (spec/held.md V6, V7; spec/media.md M13, M14).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from parley.conference.frame import SHOWN_TRACK, Header, Kind
from parley.conference.given_up import GivenUp
from parley.conference.link import MediaLink
from parley.conference.queues import Inlet, Outlet, Stream
from parley.conference.running import RunningLink
from parley.conference.shown import KEY_REQUEST_S as SHOWN_REQUEST_S
from parley.conference.shown import beside
from parley.core.errors import ParleyError, Refused
from parley.station.acts.operations import find
from parley.station.acts.own_acts import Own
from parley.station.acts.person import Person
from parley.station.call import holding
from parley.station.call.held import Calls, Held
from parley.station.call.held_standing import Attendee
from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.acts.events import Event
    from parley.station.station import Station

_log = logging.getLogger("parley.conference")

WORD_BYTES_MAX: Final = 65_536  # secrets for fifteen pages, in base64
LOOK_S: Final = 1.0  # for pages that are gone, while a call is open
LOST_S: Final = 20.0  # after which a page that does not come back has left
KEY_REQUEST_S: Final = 0.3
UNANSWERED_MAX: Final = 8  # acts of a page; the next waits until one of them is answered
WORDS_MAX: Final = 64  # that wait for a page which does not read; the oldest go
# What a page may ask of the station, as the person whose seat it is.
ACTS: Final = {
    "join": "call.join",
    "leave": "call.leave",
    "mute": "call.mute",
    "commit": "call.commit",
    "reveal": "call.reveal",
    "seal": "call.seal",
}


class CallPage:
    """One page's end of its socket: what it says and sends, and what waits for it."""

    def __init__(self, rooms: Rooms, line: str, who: Person, wake: Callable[[], None]) -> None:
        self.dropped = Counter[str]()
        self.outlet = Outlet()
        self.person = who
        self.open_line = rooms.station.line(line).current
        self.me: Attendee | None = None
        self._rooms = rooms
        self._wake = wake
        self._since: int | None = None  # our log's size when it asked to join
        self._claims = ""  # or which page it says it is
        self._of: Room | None = None  # the call, or the rehearsal, that it says this of
        self._inlet: Inlet | None = None
        self._words: list[dict[str, Any]] = []
        self._state_due = True
        self._told: str | None = None
        self._asked_key_at = -KEY_REQUEST_S
        self._asked_shown_at = -SHOWN_REQUEST_S
        self._unanswered = 0

    @property
    def room(self) -> Room | None:
        """The call it is in."""
        return self._rooms.of(self.open_line)

    # --- from the page

    def take(self, frame: bytes, now: float) -> None:
        """A frame came. It is passed on as it is, or dropped and counted."""
        room, me, inlet = self.room, self.me, self._inlet
        if room is None or me is None or inlet is None:
            self.dropped["not in the call"] += 1
            return
        header = inlet.check(frame, now)
        if isinstance(header, str):
            self.dropped[header] += 1
        elif room.silenced:
            self.dropped["line stands still"] += 1
        elif room.held.standing.on_hold:
            self.dropped["on hold"] += 1
        elif header.kind is Kind.SOUND and me.muted is not None:
            self.dropped["muted"] += 1
        elif header.kind is Kind.SHOWN and room.held.standing.showings.page != me.page:
            self.dropped["not agreed"] += 1  # B6
        else:
            room.pass_on(self, header, frame, now)

    def hear(self, word: str, now: float) -> None:
        """A word of the page; what is none of ours is counted."""
        try:
            said = json.loads(word) if len(word) <= WORD_BYTES_MAX else None
        except (ValueError, RecursionError):  # brackets within brackets are cheap to send
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("t"), str):
            self.dropped["malformed"] += 1
            return
        kind = said.pop("t")
        if kind == "key" and isinstance(said.get("page"), str):
            self._wants_key(said["page"], SHOWN_TRACK if said.get("shown") is True else 16, now)
        elif kind == "here" and isinstance(said.get("page"), str):
            self._claims = said["page"]
            self.look()
        elif kind in ACTS and self._unanswered >= UNANSWERED_MAX:
            self.dropped["too fast"] += 1
        elif kind in ACTS:
            self._unanswered += 1
            if kind == "join":
                self._since = self._rooms.station.state(self.open_line).our_size
            said["line"] = self.open_line.agreed.hex
            self._rooms.station.submit(
                find(ACTS[kind]), self.person, said, lambda answer: self._answered(kind, answer)
            )
        else:
            self.dropped["malformed"] += 1

    def leave(self) -> None:
        """The socket is closed. The person is still in the call, and may come back for a while."""
        self._rooms.leave(self)

    def _answered(self, kind: str, answer: Any) -> None:
        self._unanswered -= 1
        if isinstance(answer, ParleyError):
            words = f"{answer.sentence} {answer.hint}".strip()
            self._say({"t": "refused", "act": kind, "sentence": words})
        elif answer.get("waiting"):
            self._say({"t": "waits", "act": kind, "sentence": answer["waiting"]})
        self.look()

    def _wants_key(self, page: str, track: int, now: float) -> None:
        room = self.room
        for each in room.held.standing.pages() if room else ():
            if room is not None and each.page == page:
                room.ask_key((each.dir, each.sender, track), now)

    # --- to the page

    def next(self) -> bytes | str | None:
        """What goes to the page next: words, then sound, then pictures."""
        if self._state_due:
            self._state_due = False
            told = json.dumps(self._state(), separators=(",", ":"))
            if told != self._told:
                self._told = told
                return told
        if self._words:
            return json.dumps(self._words.pop(0), separators=(",", ":"))
        return self.outlet.next()

    def told(self) -> str:
        """Once a second: what was dropped, and how the link is."""
        room = self.room
        return json.dumps(
            {
                "t": "counts",
                "dropped": {
                    **(self.dropped + (room.dropped if room else Counter())),
                    "waiting": self.outlet.dropped,
                },
                "link": room and room.link.figures(),
            },
            separators=(",", ":"),
        )

    def give(self, header: Header, frame: bytes, now: float) -> None:
        """A frame of another page."""
        room = self.room
        senders = len(room.held.standing.pages()) if room else 1
        for stream in self.outlet.add(header, frame, senders):
            if room is not None:
                room.ask_key(stream, now)
        self._wake()

    def ask_key(self, now: float, track: int = 16) -> None:
        """Somebody needs a key frame of this page, or says so: the link may be asked for hundreds
        of tracks that it never sent."""
        if track == SHOWN_TRACK:
            if now - self._asked_shown_at >= SHOWN_REQUEST_S:
                self._asked_shown_at = now
                self._say({"t": "key", "shown": True})
        elif now - self._asked_key_at >= KEY_REQUEST_S:
            self._asked_key_at = now
            self._say({"t": "key"})

    def tell_budget(self, budget: dict[str, Any]) -> None:
        """What it may send now; only the newest counts."""
        self._words = [each for each in self._words if each["t"] != "budget"]
        self._say({"t": "budget", **budget})

    def look(self) -> None:
        """Something has happened in the call: who am I in it now?"""
        room = self.room
        found: Attendee | None = None
        if room is not None and room is not self._of:
            if self._of is not None:  # what was said of a rehearsal counts for no call
                self._since, self._claims = None, ""
            self._of = room
        if room is not None:
            found = room.held.standing.present(self.open_line.ours, self.person.id)
            found = found if found is not None and self._is_mine(found) else None
        if found is not None:
            if self.me is None or found.page != self.me.page:
                self._inlet = Inlet(self._rooms.now(), found.dir, found.sender)
            self._rooms.arrive(self)
        elif self.me is not None and room is not None:
            room.leave(self)  # who has left is sent nothing more
        self.me = found
        self._state_due = True
        self._wake()

    def _is_mine(self, found: Attendee) -> bool:
        joined = self._since is not None and found.n >= self._since
        return found.sends and (joined or found.page == self._claims)

    def _state(self) -> dict[str, Any]:
        room = self.room
        if room is None:
            return {"t": "call", "state": "none", "me": None, "pages": []}
        told = {"t": "call", **room.held.for_page(self.me), "claims": self._claims}
        return {**told, "state": "silenced"} if room.silenced else told

    def _say(self, word: dict[str, Any]) -> None:
        self._words = [*self._words[1 - WORDS_MAX :], word]
        self._wake()


class Room:
    """One open call at this station."""

    def __init__(self, rooms: Rooms, open_line: OpenLine, held: Held) -> None:
        self.open_line = open_line
        self.held = held
        self.pages: list[CallPage] = []
        self.absent: dict[str, float] = {}  # pages of ours without a socket, since when
        self.silenced = False  # whether the line lets nothing of a call pass
        self.dropped = Counter[str]()  # of what the other station sent
        self._shower = held.standing.showings.page  # whose page shows something
        self._now = rooms.now
        self._given_up = GivenUp()
        self._station = station = rooms.station
        link = MediaLink(held.secret, open_line.ours, self._now(), entropy=station.entropy)
        self.running = RunningLink(
            station,
            open_line,
            link,
            on_frame=self._give,
            on_budget=lambda _: self._tell_budget(),
            on_key=lambda stream: self.ask_key((open_line.ours, *stream), self._now()),
        )
        self._started = False

    @property
    def link(self) -> MediaLink:
        """To the other station."""
        return self.running.link

    def close(self) -> None:
        """The call is over."""
        if self._started:
            self.running.stop()

    def tell_given_up(self, *, over: bool = False) -> None:
        """What the link did not take stands in the audit trail, beside who joined and left."""
        said = self._given_up.look(self.link.rate, self._now(), over=over)
        if said is not None:
            act = Own.MEDIA_OF_REHEARSAL if self.held.rehearsal else Own.MEDIA_OF_CALL
            station = self._station
            name = self.open_line.agreed.name
            station.in_next_step(lambda: station.trail.happened(station.now.wall, act, said, name))

    def arrive(self, page: CallPage) -> None:
        """A page has become one of the call; the first one starts the link."""
        if page in self.pages:
            return
        self.pages.append(page)
        if not self._started:
            self._started = True
            self.running.start()
        self._tell_budget()

    def leave(self, page: CallPage) -> None:
        """A page's socket is closed."""
        if page in self.pages:
            self.pages.remove(page)
            self._tell_budget()

    def pass_on(self, page: CallPage, header: Header, frame: bytes, now: float) -> None:
        """A frame of a page here, to all others."""
        for other in self.pages:
            if other is not page:
                other.give(header, frame, now)
        if any(each.dir != self.open_line.ours for each in self.held.standing.pages()):
            dropped = self.running.send(frame, header)
            if header.kind is Kind.SHOWN and dropped == "not up":
                page.ask_key(now, SHOWN_TRACK)  # nobody there has seen it

    def _tell_budget(self) -> None:
        """What each page here may send: they share the link."""
        budget, pages = self.link.budget(), max(len(self.pages), 1)
        for page in self.pages:
            page.tell_budget(beside(budget, pages, bool(self._shower)))

    def look(self) -> None:
        """Something has happened in the call: what is shown no more waits nowhere (B6)."""
        shower = self.held.standing.showings.page
        if shower != self._shower:
            self._shower = shower
            self.link.stop_shown()
            self._tell_budget()

    def ask_key(self, stream: Stream, now: float) -> None:
        """A page here or there needs a key frame of a stream."""
        party, sender, track = stream
        if party == self.open_line.ours:
            for page in self.pages:
                if page.me is not None and page.me.sender == sender:
                    page.ask_key(now, track)
        elif party == self.open_line.theirs:
            self.link.ask_key(sender, track)

    def _give(self, frame: bytes) -> None:
        """A frame of the other station: of a page there that is in the call, or it is dropped."""
        now, theirs = self._now(), self.open_line.theirs
        header = Header.parse(frame)  # the link has read it
        of = [e for e in self.held.standing.pages() if (e.dir, e.sender) == (theirs, header.sender)]
        if header.party != theirs or not of or self.silenced or self.held.standing.on_hold:
            return
        if header.kind is Kind.SHOWN and self.held.standing.showings.page != of[0].page:
            self.dropped["not agreed"] += 1  # B6
            return
        if header.kind is not Kind.SOUND or of[0].muted is None:  # what they signed binds them here
            for page in self.pages:
                page.give(header, frame, now)


class Rooms:
    """All open calls of a station, and the pages that are in them."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self._rooms: dict[bytes, Room] = {}
        self._pages: list[CallPage] = []
        self._stir = asyncio.Event()

    def now(self) -> float:
        """Monotonic seconds."""
        return self.station.clock.now().mono

    def of(self, open_line: OpenLine) -> Room | None:
        """The call that is open on a line."""
        return self._rooms.get(open_line.id)

    def page(self, line: str, who: Person, wake: Callable[[], None]) -> CallPage:
        """A page has opened its socket."""
        if not who.roles.intersection(holding.SEERS):
            raise Refused(f"{who.name} has no part in calls.", "The operator gives a role.", "M11")
        made = CallPage(self, line, who, wake)
        self._pages.append(made)
        self.look()
        made.look()
        return made

    def arrive(self, page: CallPage) -> None:
        """A page has become one of the call."""
        room = self.of(page.open_line)
        if room is not None:
            room.arrive(page)

    def leave(self, page: CallPage) -> None:
        """A page's socket is closed."""
        self._pages.remove(page)
        for room in self._rooms.values():
            room.leave(page)

    def tell(self, happened: list[Event]) -> None:
        """Called by the station within its step."""
        if any(event["kind"] == "call" for event in happened):
            self.look()
            for page in self._pages:
                page.look()

    def look(self) -> None:
        """Open and close rooms as the record says."""
        for open_line in self.station.lines:
            held = Calls.of(self.station, open_line).at_work()
            room = self._rooms.get(open_line.id)
            if room is not None and held is not None and room.held.key == held.key:
                room.held = held  # it may have been read anew
                room.look()
                self._silence(room)
                continue
            if room is not None:
                room.close()
                room.tell_given_up(over=True)
                del self._rooms[open_line.id]
            if held is not None:
                self._rooms[open_line.id] = made = Room(self, open_line, held)
                self._silence(made)
        self._stir.set()

    def _silence(self, room: Room) -> None:
        now = holding.silenced(self.station, room.open_line)
        if now is not room.silenced:
            room.silenced = now
            for page in self._pages:
                page.look()

    async def run(self) -> None:
        """Follow what the record says, and miss pages that are gone, until cancelled. What goes
        wrong once, as with a disk, is looked at again."""
        stop = self.station.events.listen(self.tell)
        try:
            with _going_on():
                self.look()
            while True:
                self._stir.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S if self._rooms else None):
                        await self._stir.wait()
                for room in list(self._rooms.values()):
                    with _going_on():
                        self._silence(room)  # a suspension may begin at a time
                        self._miss(room, self.now())
                        room.tell_given_up()
        finally:
            stop()
            for room in self._rooms.values():
                room.close()

    def _miss(self, room: Room, now: float) -> None:
        """Pages of ours that are in the call and have no socket have left after a while."""
        here = {page.me.page for page in room.pages if page.me is not None}
        ours = room.open_line.ours
        gone = [e for e in room.held.standing.pages() if e.dir == ours and e.page not in here]
        room.absent = {each.page: room.absent.get(each.page, now) for each in gone}
        for each in gone:
            if now - room.absent[each.page] >= LOST_S:
                room.absent[each.page] = now  # the entry may wait for its number
                self.station.in_next_step(partial(holding.lost, self.station, room.open_line, each))


@contextmanager
def _going_on() -> Iterator[None]:
    try:
        yield
    except Exception:
        _log.exception("a call could not be looked after")
