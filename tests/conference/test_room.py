"""Pages in a call at one station: what one of them, the other station or the line may do to it."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.conference.room import UNANSWERED_MAX, WORDS_MAX, CallPage, Room, Rooms
from parley.core.errors import Refused, Unavailable
from parley.station.acts.person import Person
from tests.conference.test_loop import picture, sound
from tests.playbook import Post, Voice, two_stations
from tests.station.test_declaring import orders
from tests.station.test_held import sees
from tests.station.test_rehearsing import agreed


class Seat:
    """A seat whose page takes part, without the socket between."""

    def __init__(self, post: Post, voice: Voice) -> None:
        self.post = post
        self.rooms: Rooms = post.stage.do(lambda: Rooms(post.station))
        post.stage.do(lambda: post.station.events.listen(self.rooms.tell))
        person = post.stage.do(lambda: post.station.people.must_be_here(voice.id))
        assert isinstance(person, Person)
        line = post.line()["line"]
        self.page: CallPage = post.stage.do(lambda: self.rooms.page(line, person, lambda: None))

    def says(self, **word: Any) -> None:
        self.post.stage.do(lambda: self.page.hear(json.dumps(word), 0.0))

    def joins(self) -> None:
        self.says(t="join", medium="video")
        self.post.until(lambda: self.page.me is not None)

    def takes(self, frame: bytes) -> None:
        self.post.stage.do(lambda: self.page.take(frame, self.rooms.now()))

    def words(self) -> list[dict[str, Any]]:
        """What has been said to the page, frames apart."""
        found = []
        while (item := self.post.stage.do(self.page.next)) is not None:
            if isinstance(item, str):
                found.append(json.loads(item))
        return found

    def frames(self) -> list[bytes]:
        found = []
        while (item := self.post.stage.do(self.page.next)) is not None:
            if isinstance(item, bytes):
                found.append(item)
        return found

    @property
    def room(self) -> Room:
        found = self.page.room
        assert found is not None
        return found


def test_M11_who_has_no_part_in_calls_gets_no_page(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _), pytest.raises(Refused, match="no part in calls"):
        Seat(north, north.operator)


def test_M15_a_page_floods_nothing_with_words(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        seat = Seat(north, north.watch)
        for word in ("[" * 60_000, '{"a":' * 9_000):
            north.stage.do(partial(seat.page.hear, word, 0.0))
        assert seat.page.dropped["malformed"] == 2

        def flood() -> None:
            for _ in range(100):
                seat.page.hear('{"t":"leave"}', 0.0)

        for round in range(1, 20):  # each is answered, and the page reads none of it
            north.stage.do(flood)
            assert seat.page.dropped["too fast"] == round * (100 - UNANSWERED_MAX)
            north.until(lambda: seat.page._unanswered == 0)
        assert len([word for word in seat.words() if word["t"] == "refused"]) == WORDS_MAX
        for track in range(200):
            north.stage.do(partial(seat.page.ask_key, 1.0 + track / 1_000))
        assert [word["t"] for word in seat.words()] == ["key"]


def test_M13_who_has_left_is_sent_nothing_and_who_is_muted_is_not_heard(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        seat = Seat(north, north.watch)
        seat.joins()
        sees(south, "joined")
        south.watch.asks("call.join", medium="video")
        sees(north, "joined", 2)
        at = {"party": seat.room.open_line.theirs, "sender": 1}

        def came(frame: bytes) -> None:
            north.stage.do(lambda: seat.room._give(frame))

        came(sound(0, **at))
        assert seat.frames() == [sound(0, **at)]
        south.watch.asks("call.mute")
        sees(north, "muted")
        came(sound(1, **at))  # whatever their station lets pass
        came(picture(0, key=True, **at))
        assert seat.frames() == [picture(0, key=True, **at)]
        seat.says(t="leave")
        sees(north, "left")
        assert seat.page.me is None
        came(picture(1, key=True, **at))
        assert seat.frames() == []


def test_M13_nothing_passes_while_the_line_is_suspended(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        seat = Seat(north, north.watch)
        seat.joins()
        assert seat.page.me is not None
        mine = {"party": seat.page.me.dir, "sender": seat.page.me.sender}
        theirs = {"party": 1 - seat.page.me.dir, "sender": 1}
        sees(south, "joined")
        south.watch.asks("call.join", medium="video")
        sees(north, "joined", 2)
        orders(north, "suspend", reason="A pause")
        north.stage.do(seat.rooms.look)
        assert seat.words()[0]["state"] == "silenced"
        seat.takes(sound(0, **mine))
        assert seat.page.dropped["line stands still"] == 1
        north.stage.do(lambda: seat.room._give(sound(0, **theirs)))
        assert seat.frames() == []
        for post in (north, south):
            orders(post, "lift", text="Over.")
        north.until(lambda: north.line()["standing"]["state"] == "open")
        north.stage.do(seat.rooms.look)
        assert seat.words()[0]["state"] == "open"
        north.watch.asks("call.end")
        north.stage.do(seat.rooms.look)
        assert seat.page.room is None


def test_P7_P8_a_page_of_a_rehearsal_is_in_no_call_until_it_joins(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        agreed(north, south)
        north.watch.asks("call.rehearse")
        seat = Seat(north, north.watch)
        seat.says(t="join", medium="video")  # it means the call
        north.until(lambda: any(word["t"] == "refused" for word in seat.words()))
        seat.says(t="join", medium="video", rehearsal=True)
        north.until(lambda: seat.page.me is not None)
        (tried,) = [word for word in seat.words() if word["t"] == "call" and word["me"]]
        assert tried["rehearsal"]
        sees(south, "joined")
        south.watch.asks("call.end")
        sees(north, "ended")
        south.watch.asks("call.begin")
        sees(north, "opened")
        north.watch.asks("call.join", medium="video")  # the same person, from elsewhere
        sees(south, "joined", 2)
        seat.says(t="join", medium="video", rehearsal=True)
        north.until(lambda: any(word["t"] == "refused" for word in seat.words()))
        assert seat.page.me is None
        seat.takes(sound(1, 1))
        assert seat.page.dropped["not in the call"] == 1
        seat.joins()
        north.until(lambda: seat.page.me is not None)
        call = seat.page.room
        assert call is not None
        assert not call.held.rehearsal
        assert call.held.entry.leaf.hex() != tried["leaf"]


def test_a_call_is_looked_after_again_after_what_went_wrong_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("parley.conference.room.LOOK_S", 0.01)
    looked: list[Room] = []
    miss = Rooms._miss

    def fails_once(self: Rooms, room: Room, now: float) -> None:
        looked.append(room)
        if len(looked) == 1:
            raise Unavailable("The disk failed to read.", "Look at it.")
        miss(self, room, now)

    with two_stations(tmp_path) as (north, _):
        north.watch.asks("call.begin")
        seat = Seat(north, north.watch)
        seat.joins()
        monkeypatch.setattr(Rooms, "_miss", fails_once)
        runs = north.stage.do(lambda: asyncio.ensure_future(seat.rooms.run()))
        north.until(lambda: len(looked) > 2 or runs.done())
        assert not runs.done()
        assert "could not be looked after" in caplog.text
        north.stage.do(runs.cancel)
