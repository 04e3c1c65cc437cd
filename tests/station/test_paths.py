"""Which path is used, when somebody answers a call and lets nothing through."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from parley.bearers.framing import framed
from parley.core.life import Life
from parley.core.speaking import RESEND_MAX_S, RESUME, frame
from parley.station.line.lines import OpenLine
from tests.playbook import Post, two_stations
from tests.station.test_resuming import resume


@contextmanager
def hole() -> Iterator[tuple[str, list[socket.socket]]]:
    """A place that takes every call and reads all that comes; its calls."""
    calls: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    calls.append(listening.accept()[0])

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", calls
        listening.shutdown(socket.SHUT_RDWR)
    for call in calls:
        call.close()


def test_who_swallows_everything_stands_in_nobodys_way(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south), hole() as (place, calls):
        south.operator.asks("bearer.add", dial=place)
        south.until(lambda: len(south.line()["bearers"]) == 2)
        for text in ("One.", "Two.", "Three."):
            n = south.sends(text, "FLASH")
            assert north.hears(n)["text"] == text
        # It went by the other path, and not because this one was given up.
        assert (len(calls), len(south.line()["bearers"])) == (1, 2)


def test_N2_a_recording_of_a_RESUME_vouches_for_nobody(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("line.resume", reason="Asked once.")
        south.until(lambda: south.line()["resumption"]["theirs"])
        made = north.stage.do(lambda: next(iter(north.station.lines)).line.resumption.ours)
        assert made is not None
        recorded = framed(frame(RESUME, made.to_bytes()))
        port = int(south.operator.asks("bearer.list")["bearers"][0]["listen"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(recorded)
            carrying = south.station.carrying
            south.until(lambda: south.stage.do(lambda: carrying.strange_frames))
            (bearer,) = south.operator.asks("bearer.list")["bearers"]
            assert [each["vouched"] for each in bearer["connections"]] == [True, False]
            assert len(south.line()["bearers"]) == 1  # while they are heard, nobody gets a copy


@contextmanager
def slowly_to(port: int) -> Iterator[str]:
    """A way to a port on which everything comes a little later than on the straight one."""
    calls: list[socket.socket] = []

    def passes(near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(65_536):
                time.sleep(0.05)
                far.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    near = listening.accept()[0]
                    far = socket.create_connection(("127.0.0.1", port))
                    calls.extend((near, far))
                    for ways in ((near, far), (far, near)):
                        threading.Thread(target=passes, args=ways, daemon=True).start()

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    for call in calls:
        call.close()


def test_a_slower_path_proves_itself_too(tmp_path: Path) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        listens, dials = (north, south) if listening_port(north) else (south, north)
        with slowly_to(listening_port(listens)) as place:
            dials.operator.asks("bearer.add", dial=place)
            dials.until(lambda: proved(dials) == [True, True])
            listens.until(lambda: proved(listens) == [True, True])


def listening_port(post: Post) -> int:
    """The port of a station that takes calls; 0 for another one."""
    places = [each["listen"] for each in post.operator.asks("bearer.list")["bearers"]]
    return next((int(place.rpartition(":")[2]) for place in places if place), 0)


def proved(post: Post) -> list[bool]:
    """Whether each connection has brought something authentic and fresh."""
    bearers = post.operator.asks("bearer.list")["bearers"]
    return [each["vouched"] for bearer in bearers for each in bearer["connections"]]


class Way:
    """A path of which only the sending matters."""

    dialled = True
    name = peer = "somewhere"

    def __init__(self, *, vouched: bool = False, room: int = 1_000) -> None:
        self.vouched, self._room = vouched, room
        self.sent: list[bytes] = []

    def send(self, frame: bytes) -> None:
        self.send_all([frame])

    def send_all(self, frames: Any) -> None:
        self.sent += frames

    def room(self) -> int:
        return self._room

    def pause(self) -> None:
        raise AssertionError

    def resume(self) -> None:
        """Nothing of it waits."""

    def close(self, why: str) -> None:
        raise AssertionError(why)


def test_the_newest_that_proved_itself_is_used_and_the_newer_ones_beside_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        there = north.stage.do(lambda: next(iter(north.station.lines)))
        assert isinstance(there.line, Life)
        line = OpenLine(there.base, there.line)
        older, proved = Way(vouched=True), Way(vouched=True)
        full, new = Way(room=3), Way()
        line.paths = [full, new]
        line.send([b"frame"])  # nobody has proved anything: every way is tried
        assert [way.sent for way in (full, new)] == [[b"frame"], [b"frame"]]
        ways = (older, proved, full, new)
        line.paths = list(ways)
        line.send([b"other"])
        assert [way.sent[-1] for way in (proved, new)] == [b"other"] * 2
        assert (older.sent, full.sent) == ([], [b"frame"])  # one takes no more
        new.vouched = True
        line.send([b"third"])
        assert [b"third" in way.sent for way in ways] == [False, False, False, True]


def test_N5_who_is_deaf_is_answered_where_it_calls(tmp_path: Path) -> None:
    """Put back to before the new beginning, it can say nothing but its old RESUME again."""
    with two_stations(tmp_path) as (north, south):
        resume(north, south)
        life = north.station.lines[0].line
        again = frame(RESUME, life.resumes(2)[life.terms.side].to_bytes())
        north.stops()
        south.until(lambda: not south.line()["path_up"])
        south.clock.skip(RESEND_MAX_S)  # it may have answered that one already, not long ago
        way = Way()
        south.stage.do(lambda: south.station.path_frames(way, [again]))
        south.until(lambda: south.line()["path_up"])
        south.until(lambda: any(sent[:1] == again[:1] for sent in way.sent))
        assert not way.vouched
