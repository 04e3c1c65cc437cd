"""What is shown, on its way: nothing passes without consent, and nothing fills a memory."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.conference.frame import PICTURE_BYTES_MAX, Header, Kind
from parley.conference.inside import Inside, inside
from parley.conference.inside import Kind as Inner
from parley.conference.pictures import PIECE_BYTES, PicturesOut, Piece
from parley.conference.queues import SHOWN_RATE_BYTES_S, Inlet, Outlet
from parley.conference.rate import Rate
from parley.conference.shown import (
    PATIENCE_S,
    SHOWN_KBPS_MIN,
    STREAMS_MAX,
    ShownIn,
    ShownOut,
    beside,
)
from parley.exercise.emulator import Conditions
from parley.exercise.media_call import MediaCall
from parley.exercise.media_page import MediaPage
from tests.conference.test_link import BAD, NARROW, NEAR
from tests.conference.test_loop import picture, sound
from tests.conference.test_room import Seat
from tests.playbook import two_stations
from tests.station.test_held import sees
from vectors.of_media import SHOWN, header


def page(sequence: int, size: int = 2_000, **about: Any) -> bytes:
    return header({**SHOWN, "sequence": sequence, "captured_us": 1, **about}) + bytes(size)


def pieces(frame: bytes, number: int = 0, sender: int = 0) -> list[Piece]:
    cut = PicturesOut()
    for _ in range(number):
        cut.cut(Header.parse(frame), b"x")
    parts = [Piece.parse(body) for body in cut.cut(Header.parse(frame), frame)]
    return [Piece((sender or p.stream[0], p.stream[1]), *_rest(p)) for p in parts]


def _rest(piece: Piece) -> tuple[int, int, int, bytes]:
    return piece.picture, piece.index, piece.count, piece.data


def test_B6_a_station_passes_nothing_without_consent_in_either_direction(tmp_path: Path) -> None:
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

        def came(sequence: int) -> list[bytes]:
            north.stage.do(lambda: seat.room._give(page(sequence, **theirs)))
            return seat.frames()

        passed: list[bytes] = []

        def send(frame: bytes, _: Header) -> str:
            passed.append(frame)
            return ""

        north.stage.do(partial(setattr, seat.room.running, "send", send))
        assert came(0) == []
        assert seat.room.dropped["not agreed"] == 1
        seat.takes(page(0, **mine))
        assert (passed, seat.page.dropped["not agreed"]) == ([], 1)
        south.watch.asks("call.ask_to_show", item="A chart", shown="document")
        sees(north, "showing asked")
        assert came(1) == []  # asked is not agreed
        north.watch.asks("call.agree_to_see")
        north.until(lambda: seat.room._shower != "")
        assert came(2) == [page(2, **theirs)]
        seat.takes(page(1, **mine))  # theirs is shown, and not ours
        assert passed == []
        north.watch.asks("call.stop_showing")
        north.until(lambda: seat.room._shower == "")
        assert came(3) == []
        assert seat.room.dropped["not agreed"] == 3
        assert seat.page.dropped["not agreed"] == 2

        north.watch.asks("call.ask_to_show", item="A letter", shown="document")
        sees(south, "showing asked", 2)
        south.watch.asks("call.agree_to_see")
        north.until(lambda: seat.room._shower != "")
        seat.takes(page(2, **mine))
        assert passed == [page(2, **mine)]
        budgets = [word for word in seat.words() if word["t"] == "budget"]
        assert budgets[-1]["shown_kbps"] >= SHOWN_KBPS_MIN
        assert came(4) == []
        north.stage.do(lambda: seat.room.ask_key((mine["party"], mine["sender"], 32), 9e9))
        assert {"t": "key", "shown": True} in seat.words()


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (page(0, size=PICTURE_BYTES_MAX), "oversized"),
        (page(0)[:2] + b"\x00" + page(0)[3:], "malformed"),  # not whole by itself
        (page(0, width=0), "malformed"),
        (page(0)[:30], "malformed"),
        (page(0, sender=7), "foreign"),
    ],
)
def test_B7_what_is_no_such_frame_is_dropped_and_counted(frame: bytes, why: str) -> None:
    assert Inlet(0.0).check(frame, 0.0) == why


def test_B7_a_flood_of_large_pictures_is_too_fast() -> None:
    inlet = Inlet(0.0)
    large = 250_000
    told = [inlet.check(page(n, size=large), float(n) / 10) for n in range(40)]
    passed = sum(isinstance(each, Header) for each in told)
    assert 2 <= passed <= 2 + 4 * SHOWN_RATE_BYTES_S // large
    assert "too fast" in told
    assert isinstance(inlet.check(sound(0), 4.0), Header)  # a voice is counted apart


def test_B10_before_a_page_that_does_not_read_one_picture_waits_behind_sound() -> None:
    outlet = Outlet()
    outlet.add(Header.parse(picture(0, key=True)), picture(0, key=True))
    for n in range(50):
        frame = page(n, size=200_000)
        assert outlet.add(Header.parse(frame), frame) == set()
    outlet.add(Header.parse(sound(0)), sound(0))
    assert outlet.dropped == 49
    first = [outlet.next() for _ in range(3)]
    assert first == [sound(0), page(49, size=200_000), picture(0, key=True)]


def test_B8_three_of_four_pieces_are_of_what_is_shown() -> None:
    out = ShownOut()
    assert not out.is_due(others_wait=False)
    frame = page(0, size=40_000)
    assert not out.add(Header.parse(frame), frame)
    turns = [out.is_due(others_wait=True) for _ in range(40)]
    assert sum(turns) == 30
    assert all(out.is_due(others_wait=False) for _ in range(8))
    out.piece()
    newer, newest = page(1, size=300), page(2, size=400)
    assert not out.add(Header.parse(newer), newer)
    assert out.add(Header.parse(newest), newest)  # in the place of the one that waited
    came = ShownIn()
    whole: list[bytes] = []
    while out.waits:
        whole += [f for f in [came.take(Piece.parse(out.piece()), 0.0)] if f is not None]
    assert whole == [newest]  # the first piece of the first one was left out above
    out.add(Header.parse(frame), frame)
    out.clear()
    assert not out.waits


def test_B8_pieces_make_the_newest_whole_picture_whatever_comes() -> None:
    into = ShownIn()
    first, second = page(0, size=5_000), page(1, size=5_000)
    one, two = pieces(first), pieces(second, 1)
    for piece in one[:-1]:
        assert into.take(piece, 0.0) is None
    for piece in [*two[:-1], two[0]]:
        assert into.take(piece, 0.1) is None
    assert into.take(two[-1], 0.2) == second
    assert into.take(one[-1], 0.3) is None  # older than what is shown
    assert into.held_bytes == 0
    for piece in pieces(first, 2)[:-1]:
        into.take(piece, 1.0)
    assert into.late(1.0 + PATIENCE_S) == []
    assert into.late(1.1 + PATIENCE_S) == [(0, 32)]
    assert into.late(9.9 + PATIENCE_S) == []
    assert into.held_bytes == 0


def test_B8_what_is_announced_as_shown_and_is_none_goes_no_further() -> None:
    into = ShownIn()
    for number, frame in enumerate((picture(0, key=True), sound(0), b"\0" * 60, page(0, sender=9))):
        piece = Piece((1, 32), number, 0, 1, frame)
        assert into.take(piece, 0.0) is None
    assert into.foreign == 4
    long = b"".join((page(0, sender=1), bytes(PICTURE_BYTES_MAX)))
    parts = [long[at : at + PIECE_BYTES] for at in range(0, len(long), PIECE_BYTES)]
    assert len(parts) > 243  # no body of a datagram says so (X12)
    assert [into.take(Piece((1, 32), 9, n, len(parts), p), 0.0) for n, p in enumerate(parts)] == [
        None
    ] * len(parts)
    assert into.foreign == 5


def test_B8_a_station_that_lies_fills_no_memory() -> None:
    into = ShownIn()
    part = bytes(PIECE_BYTES)
    for sender in range(40):
        for number in range(20):
            for index in range(0, 243):
                into.take(Piece((sender, 32), number, index, 244, part), 0.0)
    assert into.held_bytes <= STREAMS_MAX * 2 * 243 * PIECE_BYTES
    piece = Piece((1, 32), 5, 0, 1, page(0, size=900, sender=1))
    body = piece.to_bytes()
    said = Inside.parse(inside(Inner.SHOWN, 3, 0, body))
    assert (said.kind, said.body) == (Inner.SHOWN, piece)


def test_B9_faces_give_way_to_what_is_shown_and_a_narrow_link_takes_little_of_it() -> None:
    rate = Rate(0.0, 600, 1_500)
    whole = rate.budget()
    told = beside(whole, 2, showing=False)
    assert (told["pictures_kbps"], told["shown_kbps"]) == (whole.pictures_kbps // 2, 0)
    told = beside(whole, 1, showing=True)
    assert told["pictures_kbps"] == whole.pictures_kbps // 4
    assert told["shown_kbps"] + told["pictures_kbps"] == whole.pictures_kbps
    assert (told["width"], told["pictures"]) == (320, True)
    assert told["sound_kbps"] == whole.sound_kbps
    rate.less(1.0, 0.1)
    told = beside(rate.budget(), 1, showing=True)
    assert (told["pictures"], told["shown_kbps"]) == (False, SHOWN_KBPS_MIN)


class Looks(MediaPage):
    """A page that keeps book of what is shown to it, too."""

    def __init__(self, seen: list[tuple[float, int]]) -> None:
        super().__init__(1, random.Random(1))
        self._seen = seen

    def take(self, frame: bytes, now: float) -> None:
        about = Header.parse(frame)
        if about.kind is Kind.SHOWN:
            self._seen.append((now, about.sequence))
        else:
            super().take(frame, now)


class Shows(MediaCall):
    """A call in simulated time in which A shows something and B looks."""

    def __init__(self, seed: int, conditions: Conditions) -> None:
        super().__init__(seed, conditions)
        self.seen: list[tuple[float, int]] = []
        self.ends[1].page = Looks(self.seen)

    def show(self, sequence: int, size: int) -> None:
        self.ends[0].link.send(page(sequence, size), self.now)


@pytest.mark.parametrize("conditions", [NEAR, BAD], ids=["near", "bad"])
def test_B8_a_large_picture_arrives_and_no_voice_is_late_for_it(conditions: Conditions) -> None:
    call = Shows(1, conditions)
    call.run(4)
    call.show(0, 100_000)
    call.run(6)
    if not call.seen:  # the page is asked for it again
        assert (0, 32) in call.ends[0].link.key_requests()
        call.show(1, 100_000)
        call.run(6)
    assert call.seen
    heard = call.ends[1].page.heard
    assert max(heard.sound_ages_s(2)) < 0.25
    assert call.ends[0].link.rate.kbps == 600  # what is shown is not taken for a full link
    call.run(2)
    assert heard.pictures_between(call.now - 1, call.now) >= 25  # faces go on


def test_B8_on_64_kbit_s_sound_goes_on_and_a_small_picture_arrives() -> None:
    call = Shows(1, NEAR)
    call.run(5)
    call.becomes(NARROW)
    call.run(5)
    assert call.ends[0].link.rate.shed
    for sequence in range(4):
        call.show(sequence, 12_000)
        call.run(7)
    assert len(call.seen) >= 2
    beeps = [call.ends[1].page.heard.hears(5.5 + 1.4 * n) for n in range(20)]
    assert sum(beeps) >= 18


def test_B6_what_waits_does_not_leave_when_it_is_stopped() -> None:
    call = Shows(1, NARROW)
    call.run(4)
    call.show(0, 60_000)
    call.run(0.5)
    call.ends[0].link.stop_shown()
    call.run(10)
    assert call.seen == []
