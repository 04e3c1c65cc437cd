"""A media link on a real line between two stations, by TCP and by QUIC."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from parley.conference.link import MediaLink
from parley.conference.rate import Budget
from parley.conference.running import RunningLink
from parley.conference.wanted import Stream
from parley.station.line.lines import OpenLine
from tests.playbook import Post, two_stations
from tests.ports import free_port
from vectors.of_media import PICTURE, SOUND, header

SECRET = bytes(range(32))
CAMERA = header({**PICTURE, "sequence": 0, "captured_us": 1, "key": True}) + bytes(5_000)
VOICE = [
    header({**SOUND, "sequence": n, "captured_us": 1}) + bytes((7 * n + 1,)) * 60 for n in range(20)
]


class Held:
    """One side's end of a call, and what it was told."""

    def __init__(self, post: Post, side: int) -> None:
        self.post = post
        self.frames: list[bytes] = []
        self.budgets: list[Budget] = []
        self.keys: list[Stream] = []
        self.running: RunningLink = post.stage.do(lambda: self._start(side))

    def _start(self, side: int) -> RunningLink:
        station = self.post.station
        running = RunningLink(
            station,
            next(iter(station.lines)),
            MediaLink(SECRET, side, station.clock.now().mono, entropy=os.urandom),
            on_frame=self.frames.append,
            on_budget=self.budgets.append,
            on_key=self.keys.append,
        )
        running.start()
        return running

    def says(self, frame: bytes) -> bool:
        return bool(self.post.stage.do(lambda: self.running.send(frame)) == "")

    def shows(self, nth: int) -> bool:
        """Send the picture now and then: one that waits for long is dropped."""
        if nth % 64 == 0:
            self.says(CAMERA)
        return False

    def has(self, frame: bytes) -> bool:
        return frame in self.frames

    def is_carried_by(self, kind: str) -> bool:
        named: str = self.post.stage.do(lambda: self.running.carried_by)
        return self.running.link.up and named.startswith(kind)

    def close(self) -> None:
        self.post.stage.do(self.running.stop)


def has_two_paths(post: Post) -> bool:
    return len(post.line()["bearers"]) == 2


@pytest.mark.parametrize("kind", ["tcp", "quic"])
def test_frames_of_a_call_cross_beside_the_line(tmp_path: Path, kind: str) -> None:
    with two_stations(tmp_path) as (north, south):
        if kind == "quic":
            place = f"127.0.0.1:{free_port()}"
            south.operator.asks("bearer.add", kind="quic", listen=place)
            north.operator.asks("bearer.add", kind="quic", dial=place)
            for post in (north, south):
                post.until(partial(has_two_paths, post))
        with closing(Held(north, 0)) as ours, closing(Held(south, 1)) as theirs:
            for held in (ours, theirs):
                held.post.until(partial(held.is_carried_by, kind))
            for n, frame in enumerate(VOICE):
                assert ours.says(frame)
                if n % 4 == 3:  # a machine that is busy for long would let the oldest go
                    south.until(partial(theirs.has, frame))
            assert theirs.frames == VOICE
            shown = itertools.count()
            south.until(lambda: theirs.frames[-1] == CAMERA or ours.shows(next(shown)))
            south.stage.do(lambda: theirs.running.link.ask_key(0, 16))
            north.until(lambda: ours.keys == [(0, 16)])
            assert ours.budgets[0].pictures
            n = north.sends("The line goes on beside it.")
            assert south.hears(n)["text"] == "The line goes on beside it."
            # The words that went beside it are kept, and nothing of the sound is.
            for post in (north, south):
                kept = [each.read_bytes() for each in post.folder.rglob("*") if each.is_file()]
                assert any(b"The line goes on beside it." in each for each in kept)
                assert not any(frame[24:56] in each for frame in VOICE for each in kept)
        door = south.stage.do(lambda: south.station.carrying.media.describe())
        assert door["came"] > 20
        assert not door.get("malformed")


def test_a_path_that_fails_once_is_not_the_end_of_the_media_of_a_call(tmp_path: Path) -> None:
    with (
        two_stations(tmp_path) as (north, south),
        closing(Held(north, 0)) as ours,
        closing(Held(south, 1)) as theirs,
    ):
        north.until(lambda: ours.running.link.up and theirs.running.link.up)
        door, failed = north.station.carrying.media, Event()
        send_all = door.send_all

        def fails(open_line: OpenLine, datagrams: Sequence[bytes]) -> int:
            if datagrams and not failed.is_set():
                failed.set()
                raise ZeroDivisionError
            return send_all(open_line, datagrams)

        north.stage.do(lambda: setattr(door, "send_all", fails))
        assert failed.wait(10)
        left = ours.running.link.counts["datagrams out"]
        north.until(lambda: ours.running.link.counts["datagrams out"] > left + 2)
