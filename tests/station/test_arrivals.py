"""What comes in waits its turn, and nobody's flood stands before anybody else's frame."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parley.bearers.framing import framed
from parley.station.line.carrying import (
    BYTES_A_STEP,
    ENDED_MAX,
    FRAMES_A_STEP,
    FRAMES_WAITING_MAX,
    Arrivals,
)
from tests.playbook import Post, two_stations


class Way:
    """A path of which only the reading matters."""

    vouched = dialled = False
    name = peer = "nobody"

    def __init__(self) -> None:
        self.pauses = self.resumes = 0

    def pause(self) -> None:
        self.pauses += 1

    def resume(self) -> None:
        self.resumes += 1

    def send(self, frame: bytes) -> None:
        raise AssertionError(frame)

    def send_all(self, frames: Sequence[bytes]) -> None:
        raise AssertionError(frames)

    def room(self) -> int:
        return 0

    def close(self, why: str) -> None:
        raise AssertionError(why)


JUNK = framed(b"\x20\x20") * 1600
FLOODS = 4


def test_each_path_has_its_share_of_a_step() -> None:
    arrivals, flood, other = Arrivals(), Way(), Way()
    arrivals.add(flood, [b"junk"] * 10_000)
    arrivals.add(other, [b"FLASH"])
    taken, ends = arrivals.take()
    assert [(path, len(frames)) for path, frames in taken] == [
        (flood, FRAMES_A_STEP // 2),
        (other, 1),
    ]
    assert ends == []


def test_large_frames_have_their_share_of_a_step_by_their_bytes() -> None:
    arrivals, flood, other = Arrivals(), Way(), Way()
    large, half = b"a" * (BYTES_A_STEP // 4), b"b" * (BYTES_A_STEP // 2)
    arrivals.add(flood, [large] * 3)
    arrivals.add(other, [half + b"b", large])
    assert [frames for _, frames in arrivals.take()[0]] == [[large] * 2, [half + b"b"]]
    assert [frames for _, frames in arrivals.take()[0]] == [[large], [large]]
    assert not arrivals


def test_a_path_is_read_no_faster_than_it_is_heard() -> None:
    arrivals, path = Arrivals(), Way()
    arrivals.add(path, [b"few"] * FRAMES_WAITING_MAX)
    assert path.pauses == 0
    arrivals.add(path, [b"one too many"])
    assert path.pauses == 1
    while arrivals:
        assert path.resumes == 0
        arrivals.take()
    assert path.resumes == 1


def test_what_a_path_brought_is_heard_before_its_end() -> None:
    arrivals, path = Arrivals(), Way()
    assert arrivals.end(path, stranger=False) == (False, 0)
    arrivals.add(path, [b"frame"] * (FRAMES_A_STEP + 1))
    assert arrivals.end(path, stranger=False) == (True, 0)
    assert arrivals.take()[1] == []
    taken, ends = arrivals.take()
    assert (len(taken[0][1]), ends) == (1, [path])
    assert not arrivals


def test_strangers_who_come_and_go_leave_little_behind() -> None:
    arrivals = Arrivals()
    for count in range(ENDED_MAX + 5):
        path = Way()
        arrivals.add(path, [b"junk"] * 7)
        waits, dropped = arrivals.end(path, stranger=True)
        assert (waits, dropped) == ((True, 0) if count < ENDED_MAX else (False, 7))


def flood(port: int, over: threading.Event) -> None:
    """Junk as fast as it is taken, from one stranger after the other."""
    while not over.is_set():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as call:
            call.settimeout(0.2)
            while not over.is_set():
                call.sendall(JUNK)


def waiting(post: Post) -> int:
    """Frames and inputs that wait at a station."""

    def count() -> int:
        station: Any = post.station
        return len(station._inputs) + sum(map(len, station._arrivals._waiting.values()))

    return post.stage.do(count)


def test_no_flood_of_strangers_piles_up_or_delays_a_flash(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        port = int(south.operator.asks("bearer.list")["bearers"][0]["listen"].rpartition(":")[2])
        over = threading.Event()
        floods = [threading.Thread(target=flood, args=(port, over)) for _ in range(FLOODS)]
        for each in floods:
            each.start()
        try:
            south.until(lambda: south.auditor.asks("status")["strange_frames"] > 20_000)
            for _ in range(5):
                n = north.sends("Still here.", "FLASH")
                assert south.hears(n)["text"] == "Still here."
                # One reading of each, and of those who have gone; not all they have sent.
                assert waiting(south) < 2 * (FLOODS + ENDED_MAX) * len(JUNK) // 5
        finally:
            over.set()
            for each in floods:
                each.join()
        assert south.line()["halted"] is None
