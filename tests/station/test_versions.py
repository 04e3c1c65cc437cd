"""A counterpart of a newer version: people are told once, and strangers tell them nothing."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from parley.bearers.framing import framed
from parley.core.errors import Newer, Refused
from parley.core.identity import Letter
from parley.core.speaking import OPEN, frame
from parley.core.wire import encode, uvar
from tests.playbook import Post, two_stations

NEWER = framed(b"\x40" + bytes(60))
COUNT = "of another version"


def port_of(post: Post) -> int:
    (bearer,) = post.operator.asks("bearer.list")["bearers"]
    return int(bearer["listen"].rpartition(":")[2])


def told(post: Post) -> list[str]:
    rows = post.auditor.asks("audit")["rows"]
    return [row["outcome"] for row in rows if COUNT in row["act"]]


def test_G10_what_a_proved_path_brings_is_told_once(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):

        def sends() -> None:
            (line,) = north.station.lines
            line.send([b"\x40" + bytes(60)])

        for _ in range(3):
            north.stage.do(sends)
        south.until(lambda: south.line()["counts"].get(COUNT) == 3)
        assert "seems to speak a newer version than this one" in south.line()["newer"]
        (outcome,) = told(south)
        assert outcome.startswith("The station of North seems to speak a newer version")
        assert north.line()["newer"] is None
        south.clock.skip(3700)
        assert south.line()["newer"] is None
        north.stage.do(sends)
        south.until(lambda: len(told(south)) == 2)
        n = north.sends("Understood all the same.")
        assert south.hears(n)["text"] == "Understood all the same."


def test_G10_a_stranger_is_counted_and_told_of_only_when_it_names_the_line(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        with socket.create_connection(("127.0.0.1", port_of(south))) as call:
            call.sendall(NEWER * 3)
            south.until(lambda: south.line()["counts"].get(COUNT) == 3)
        assert told(south) == []
        assert south.line()["newer"] is None
        line_id = bytes.fromhex(south.line()["line"])
        document = encode([2, line_id, {"anything": True}])
        with socket.create_connection(("127.0.0.1", port_of(south))) as call:
            call.sendall(framed(frame(OPEN, uvar(len(document)) + document)))
            south.until(lambda: told(south))
        n = north.sends("Nothing else has changed.")
        south.hears(n)


def test_G10_a_newer_letter_is_refused_with_its_reason() -> None:
    body = encode({1: 3, 2: "North", 77: "what that means"})
    with pytest.raises(Newer, match="of version 3") as refusal:
        Letter.parse(uvar(len(body)) + body)
    assert isinstance(refusal.value, Refused)
    assert "install the newer Parley" in refusal.value.hint
