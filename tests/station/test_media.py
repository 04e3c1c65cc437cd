"""Datagrams of calls beside a line: by which path they go, and to whom they come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parley.bearers import DATAGRAM_BYTES_MAX, DatagramPath
from parley.core.errors import Misused
from parley.station.line.carrying import Carrying
from parley.station.line.lines import Lines, OpenLine
from parley.station.line.media import DATAGRAM_BYTES_MIN, Media, tag_of
from tests.playbook import Post, two_stations

TAG = b"call"
SAID = b"\x11" + TAG + bytes(40)


class Way:
    """A path of which only media matters."""

    dialled = True
    name = peer = "somewhere"
    datagram_bytes_max = DATAGRAM_BYTES_MAX

    def __init__(
        self, *, vouched: bool = True, takes: bool = True, unordered: bool = False
    ) -> None:
        self.vouched, self.takes_datagrams, self.unordered = vouched, takes, unordered
        self.on_datagram: Callable[[bytes], None] | None = None
        self.sent: list[bytes] = []

    def send(self, frame: bytes) -> None: ...
    def send_all(self, frames: Any) -> None: ...
    def room(self) -> int:
        return 0

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def close(self, why: str) -> None: ...
    def send_datagram(self, datagram: bytes) -> bool:
        self.sent.append(datagram)
        return self.takes_datagrams

    def datagram_room(self) -> int:
        return 700

    def conditions(self) -> dict[str, Any]:
        return {}


class Voiceless:
    """A path that takes frames only."""

    dialled = vouched = True
    name = peer = "elsewhere"

    def send(self, frame: bytes) -> None: ...
    def send_all(self, frames: Any) -> None: ...
    def room(self) -> int:
        return 0

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def close(self, why: str) -> None: ...


def line_of(*paths: Any) -> OpenLine:
    line = OpenLine.__new__(OpenLine)
    line.paths, line.stop = list(paths), None
    return line


def test_X1_media_goes_by_the_best_path_that_proved_itself() -> None:
    media = Media()
    unproved = Way(vouched=False, unordered=True)
    tcp, older, newer, unasked = (
        Way(),
        Way(unordered=True),
        Way(unordered=True),
        Way(takes=False, unordered=True),
    )
    line = line_of(older, newer, tcp, unasked, Voiceless(), unproved)
    _: DatagramPath = tcp
    assert media.send(line, SAID)
    assert (newer.sent, media.carried_by(line), media.room(line)) == ([SAID], newer, 700)
    assert media.send(line_of(tcp, unasked), SAID)
    assert tcp.sent == [SAID]
    assert not media.send(line_of(unasked), SAID)  # but now it is asked
    assert unasked.sent == [SAID]
    for none in (line_of(), line_of(Voiceless()), line_of(unproved)):
        assert not media.send(none, SAID)
        assert (media.room(none), media.carried_by(none)) == (0, None)
    assert media.describe() == {"sent": 2, "shed": 4}
    for wrong in (b"\x11" + TAG, SAID + bytes(DATAGRAM_BYTES_MAX)):
        with pytest.raises(Misused):
            media.send(line, wrong)


def made_between(north: Post, south: Post, heard: list[bytes]) -> tuple[Media, Media]:
    """The doors of both, with a sink at South."""
    doors = [door_of(north), door_of(south)]
    south.stage.do(lambda: doors[1].open(the_line(south), TAG, heard.append))
    return doors[0], doors[1]


def door_of(post: Post) -> Media:
    door: Media = post.stage.do(lambda: post.station.carrying.media)
    return door


def the_line(post: Post) -> OpenLine:
    return next(iter(post.station.lines))


def test_X5_datagrams_cross_beside_a_real_line_to_the_call_of_their_tag(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        heard: list[bytes] = []
        ours, theirs = made_between(north, south, heard)
        north.until(lambda: north.stage.do(lambda: ours.send(the_line(north), SAID)))
        south.until(lambda: heard == [SAID])
        strange = b"\x11" + b"none" + bytes(30)
        assert north.stage.do(lambda: ours.send(the_line(north), strange))
        assert tag_of(strange) == b"none"
        short = bytes(DATAGRAM_BYTES_MIN - 1)
        path = north.stage.do(lambda: ours.carried_by(the_line(north)))
        assert path is not None
        assert north.stage.do(lambda: path.send_datagram(short))
        south.until(lambda: theirs.counts["malformed"] == 1)
        assert theirs.counts["strange"] == 1
        with pytest.raises(Misused):
            south.stage.do(lambda: theirs.open(the_line(south), TAG, heard.append))
        south.stage.do(lambda: theirs.close(the_line(south), TAG))
        assert north.stage.do(lambda: ours.send(the_line(north), SAID))
        south.until(lambda: theirs.counts["strange"] == 2)
        n = north.sends("Frames go on beside it.")
        assert south.hears(n)["text"] == "Frames go on beside it."
        assert heard == [SAID]


def test_a_path_that_ends_brings_no_more_media() -> None:
    carrying, line, path = Carrying(Lines()), line_of(), Way()
    carrying.media.bind(path, line)
    came = path.on_datagram
    assert came is not None
    came(bytes(3))
    carrying.media.unbind(path)
    assert vars(path)["on_datagram"] is None
    assert carrying.media.describe() == {"malformed": 1}
