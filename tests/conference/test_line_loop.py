"""A rehearsal through the other station: what is sent comes back, as far as a call would go."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from parley.conference.line_loop import GIVEN_UP_S, LineLoop
from parley.station.call.echo import BACK, BURST_BYTES, LOOK_S, Echo
from parley.station.line.lines import OpenLine
from parley.station.line.media import ASKED, TAG_ENDS
from tests.conference.test_loop import given_back, picture, sound
from tests.playbook import Post, two_stations

TAG = b"loop"
ASKS = bytes((ASKED,)) + TAG + bytes(30)


class Page:
    """A page of the green room at one station, without the page."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.came: list[bytes] = []
        self.words: list[dict[str, Any]] = []
        self.loop: LineLoop = post.stage.do(
            lambda: LineLoop(post.station, the_line(post), lambda: None)
        )

    def sends(self, *frames: bytes) -> None:
        now = self.post.station.clock.now().mono
        for frame in frames:
            self.post.stage.do(partial(self.loop.take, frame, now))

    def looks(self) -> None:
        items: list[bytes | str] = self.post.stage.do(lambda: given_back(self.loop))
        for item in items:
            if isinstance(item, bytes):
                self.came.append(item)
            else:
                self.words.append(json.loads(item))

    def has(self, frame: bytes) -> bool:
        self.looks()
        return frame in self.came

    def told(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.post.stage.do(self.loop.told))
        return said

    def close(self) -> None:
        self.post.stage.do(self.loop.leave)


def the_line(post: Post) -> OpenLine:
    return next(iter(post.station.lines))


def counts(post: Post) -> dict[str, int]:
    told: dict[str, int] = post.stage.do(post.station.carrying.media.describe)
    return told


def test_X20_frames_come_back_from_the_other_station(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        page = Page(north)
        numbers = iter(range(1_000))

        def heard() -> bool:
            frame = sound(next(numbers))
            page.sends(frame)
            page.looks()
            return bool(page.came)

        north.until(heard)  # the first ask the path whether it takes any
        large = picture(0, size=5_000, key=True)
        page.sends(large)
        north.until(lambda: page.has(large))
        link = page.told()["link"]
        assert link["free"]
        assert link["back"] > 5
        assert link["rtt_ms"] > 0
        assert link["by"].startswith("tcp")

        def is_told() -> bool:
            page.looks()
            return any(each["t"] == "budget" and each["pictures"] for each in page.words)

        north.until(is_told)
        assert counts(south)["given back"] >= link["back"]
        page.close()
        assert north.stage.do(lambda: north.station.carrying.media.send(the_line(north), ASKS))
        north.until(lambda: counts(north).get("strange", 0) > 0)  # nobody waits for it any more


def test_X20_a_call_has_the_line_for_itself(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        page = Page(north)
        echo = south.stage.do(lambda: Echo(south.station))
        assert south.stage.do(lambda: echo.gives(the_line(south)))
        south.watch.asks("call.begin")
        north.until(lambda: not page.told()["link"]["free"])
        page.sends(sound(0))
        assert page.told()["dropped"]["line is not free"] == 1
        south.clock.skip(LOOK_S)
        south.stage.do(lambda: echo.asked(the_line(south), ASKS))
        assert counts(south)["not given back"] == 1
        page.close()


def test_X20_a_flood_is_not_given_back(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (_, south):
        full = bytes((ASKED,)) + TAG + bytes(1_000)

        def flood() -> None:
            echo = Echo(south.station)
            assert echo.gives(the_line(south))
            for _ in range(2_000):
                echo.asked(the_line(south), full)

        south.stage.do(flood)
        told = counts(south)
        assert told["given back"] + told["not given back"] == 2_000
        assert told["given back"] < 3 * BURST_BYTES // len(full)


def test_X20_what_was_not_sent_does_not_come_back(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):

        def lies(open_line: OpenLine, datagram: bytes) -> None:
            """The right answer twice, and others that nobody asked for."""
            tag, body = datagram[1:TAG_ENDS], datagram[TAG_ENDS:]
            other = bytes(3) + bytes((body[3] ^ 0x80,)) + body[4:]
            for answer in (tag + body, tag + body, tag + other, tag + bytes(20)):
                south.station.carrying.media.send(open_line, bytes((BACK,)) + answer)
            south.station.carrying.media.send(open_line, bytes((0x11,)) + tag + body)

        south.stage.do(lambda: setattr(south.station.carrying.media, "on_asked", lies))
        page = Page(north)
        frames = [sound(n) for n in range(1_000)]
        unsent = iter(frames)

        def heard() -> bool:
            page.sends(next(unsent))
            page.looks()
            return len(page.came) > 2 and page.told()["dropped"].get("foreign", 0) > 8

        north.until(heard)
        assert len(set(page.came)) == len(page.came)
        assert set(page.came) <= set(frames)
        page.close()


def test_X20_a_piece_that_says_another_place_than_it_had_is_foreign(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        shifts = iter([(5, 5), (0, 1)])  # the places and ends of which no frame can be joined

        def lies(open_line: OpenLine, datagram: bytes) -> None:
            body = datagram[TAG_ENDS:]
            number, place = body[:4], next(shifts, None)
            if place is not None:
                body = number + bytes(4) + bytes(place) + body[10:]
            south.station.carrying.media.send(
                open_line, bytes((BACK,)) + datagram[1:TAG_ENDS] + body
            )

        south.stage.do(lambda: setattr(south.station.carrying.media, "on_asked", lies))
        page = Page(north)
        numbers = iter(range(1_000))

        def heard() -> bool:
            page.sends(sound(next(numbers)))
            page.looks()
            return bool(page.came)

        north.until(heard)
        assert page.told()["dropped"]["foreign"] == 2
        page.close()


def test_X20_what_does_not_come_back_is_lost(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stage.do(lambda: setattr(south.station.carrying.media, "on_asked", None))
        page = Page(north)
        numbers = iter(range(1_000))

        def lost() -> bool:
            page.sends(sound(next(numbers)))
            north.clock.skip(GIVEN_UP_S / 4)
            return bool(page.told()["link"]["lost"] == 1.0)

        north.until(lost)
        assert page.told()["link"]["back"] == 0
        page.close()
