"""The control socket: many requests at once, and junk that costs nobody anything."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Misused, Refused, Unavailable
from parley.station.acts.address import REQUEST_BYTES_MAX, SOCKET_NAME, address
from parley.station.acts.calling import Caller
from parley.station.acts.control import UNSENT_BYTES_MAX, _Connection
from parley.station.acts.events import Event
from tests.playbook import PATIENCE_S, Post, Posts, two_stations


class Stranger:
    """A plain socket that sends what a program of ours would not."""

    def __init__(self, post: Post) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        with address(post.folder / SOCKET_NAME) as where:
            self.socket.connect(where)
        self.file = self.socket.makefile("rb")

    def sends(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reads(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.file.readline())
        return answer

    def is_dropped(self) -> bool:
        with contextlib.suppress(OSError):
            while self.file.read(65_536):
                pass
        return True

    def hangs_up(self) -> None:
        self.file.close()
        self.socket.close()


def test_the_socket_belongs_to_the_stations_user_alone(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        mode = stat.S_IMODE(os.stat(north.folder / SOCKET_NAME).st_mode)
        assert mode == 0o600


@pytest.mark.parametrize(
    "junk",
    [
        b"hello\n",
        b"{\n",
        b"[]\n",
        b"null\n",
        b'"op"\n',
        b"\xff\xfe\x00\n",
        b"[" * 100_000 + b"\n",
        b'{"op": 1}\n',
        b'{"op": "status", "token": 5}\n',
        b'{"op": "status", "args": []}\n',
        b'{"id": {}, "op": "status"}\n',
        b'{"id": ' + b"9" * 5000 + b"}\n",
    ],
)
def test_junk_is_answered_and_the_connection_goes_on(shared: Posts, junk: bytes) -> None:
    north, _ = shared
    stranger = Stranger(north)
    stranger.sends(junk)
    assert stranger.reads()["error"]["kind"] in ("misused", "refused")
    question = {"id": "a", "op": "whoami", "token": north.watch.token}
    stranger.sends(json.dumps(question).encode() + b"\n")
    answer = stranger.reads()
    assert (answer["id"], answer["ok"]) == ("a", True)
    stranger.hangs_up()


def test_a_request_without_end_loses_its_connection_and_nothing_else(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        stranger = Stranger(north)
        with contextlib.suppress(OSError):  # the station hangs up while we still send
            for _ in range(64):
                stranger.sends(b"x" * (REQUEST_BYTES_MAX // 8))
        assert stranger.is_dropped()
        stranger.hangs_up()
        assert north.watch.asks("whoami")["person"]["name"] == north.watch.name


@pytest.mark.story
def test_who_reads_no_answers_is_read_no_further_until_then(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        stranger = Stranger(north)
        stranger.socket.settimeout(3)
        question = {"id": "x" * (REQUEST_BYTES_MAX // 2), "op": "whoami"}
        question["token"] = north.watch.token
        asked = json.dumps(question).encode() + b"\n"  # as much is answered
        sent, enough = 0, 8 * UNSENT_BYTES_MAX
        with contextlib.suppress(TimeoutError):
            while sent < enough:
                sent += stranger.socket.send(asked[sent % len(asked) :])
        assert sent < enough
        stranger.socket.settimeout(PATIENCE_S)
        for _ in range(sent // len(asked)):
            assert stranger.reads()["ok"]
        stranger.sends(asked[sent % len(asked) :])
        assert stranger.reads()["id"] == question["id"]
        stranger.hangs_up()


def test_a_token_of_nobody_is_refused(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for token in ("", "x", south.watch.token, "\ud800"):
            with Caller(north.folder, token) as caller, pytest.raises(Refused) as fault:
                caller.call("whoami")
            assert "nobody" in fault.value.sentence


def test_many_requests_on_one_connection_are_answered_by_their_ids(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        caller = north.drafter.caller()
        asked = [caller.ask("draft.new", text=f"Message {n}.") for n in range(300)]
        answers = {answer["id"]: answer for answer in (caller.read() for _ in asked)}
        assert sorted(answers) == asked
        texts = [answers[id]["result"]["text"] for id in asked]
        assert texts == [f"Message {n}." for n in range(300)]


def test_requests_cut_anywhere_arrive_whole(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        stranger = Stranger(north)
        question = {"id": 1, "op": "draft.new", "token": north.drafter.token}
        line = json.dumps({**question, "args": {"text": "Déjà vu: 你好"}}, ensure_ascii=False)
        for byte in line.encode() + b"\n":
            stranger.sends(bytes([byte]))
        assert stranger.reads()["result"]["text"] == "Déjà vu: 你好"
        stranger.hangs_up()


def test_events_stream_as_they_happen_and_from_where_one_was(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        listener = Caller(south.folder, south.watch.token, PATIENCE_S)
        events = listener.events()
        said = north.says("Ceasefire at 0600Z.", "FLASH")
        alarm = next(event for event in events if event["kind"] == "alarm")
        assert (alarm["n"], alarm["precedence"], alarm["state"]) == (said["n"], "FLASH", "ringing")
        listener.close()
        again = Caller(south.folder, south.watch.token, PATIENCE_S)
        assert next(again.events(alarm["seq"] - 1))["seq"] == alarm["seq"]
        again.close()


def test_programs_are_told_after_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is told by a task of its own, which wakes once the step is over."""
    with two_stations(tmp_path) as (north, south):
        told: list[str] = []
        flush = _Connection._flush

        def flushed(connection: _Connection) -> None:
            told.append("program")
            flush(connection)

        monkeypatch.setattr(_Connection, "_flush", flushed)
        station, loop = south.station, south.stage.loop

        def tells(happened: list[Event]) -> None:
            if any(event["kind"] == "alarm" for event in happened):
                told.clear()
                loop.call_soon(told.append, "page")

        south.stage.do(lambda: station.events.listen(tells))
        listener = Caller(south.folder, south.watch.token, PATIENCE_S)
        events = listener.events()
        north.says("Ceasefire at 0600Z.", "FLASH")
        assert any(event["kind"] == "alarm" for event in events)
        assert told[:2] == ["page", "program"]
        listener.close()


@pytest.mark.story
def test_a_line_on_which_nothing_happens_is_listened_to_all_the_same(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        listener = Caller(south.folder, south.watch.token, 1.0)
        events = listener.events()
        with ThreadPoolExecutor(1) as beside:
            alarm = beside.submit(lambda: next(each for each in events if each["kind"] == "alarm"))
            with pytest.raises(TimeoutError):
                alarm.result(2.5)  # longer than it waits for an answer
            said = north.says("Ceasefire at 0600Z.", "FLASH")
            assert alarm.result(PATIENCE_S)["n"] == said["n"]
        listener.close()


def test_who_listens_to_a_station_that_hangs_is_told() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as hung:
        hung.bind(f"{folder}/{SOCKET_NAME}")
        hung.listen()
        listener = Caller(Path(folder), "a token", 0.2)
        station, _ = hung.accept()
        with station:
            station.sendall(b'{"id": 1, "ok": true, "result": {"seq": 0}}\n')
            events = listener.events()
            with pytest.raises(Unavailable, match="does not answer"):
                next(events)
        listener.close()


def test_who_may_listen_no_more_is_told(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        listener = Caller(north.folder, north.deputy.token, 1.0)
        events = listener.events()
        north.operator.asks("person.end", person=north.deputy.id)
        with pytest.raises(Refused, match="belongs to nobody"):
            for _event in events:
                pass
        listener.close()


def test_who_has_ended_hears_nothing_more_even_without_asking(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        stranger = Stranger(north)
        question = {"id": 7, "op": "events", "token": north.deputy.token}
        stranger.sends(json.dumps(question).encode() + b"\n")
        assert stranger.reads()["ok"]
        north.operator.asks("person.end", person=north.deputy.id)
        north.says("Heard by those who work here.")
        while "event" in (answer := stranger.reads()):
            assert answer["event"]["kind"] != "message"
        assert (answer["id"], answer["error"]["kind"]) == (7, "refused")
        assert stranger.is_dropped()
        stranger.hangs_up()


def test_events_take_no_junk(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        for arguments in ({"since": "now"}, {"since": True}, {"until": 1}):
            with pytest.raises(Misused):
                north.watch.asks("events", **arguments)


def test_a_caller_who_hangs_up_has_still_asked(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        caller = Caller(north.folder, north.drafter.token)
        caller.ask("draft.new", text="Nobody waits for the answer.")
        caller.close()
        north.until(lambda: north.drafter.asks("draft.list")["drafts"])


def test_where_nobody_serves_the_caller_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as fault:
        Caller(tmp_path, "token")
    assert "parley serve" in fault.value.hint


def test_a_station_that_stops_says_so(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        north.starts()
        caller = Caller(north.folder, north.watch.token)
        caller.call("whoami")
        north.stops()
        with pytest.raises(Unavailable) as fault:
            caller.call("whoami")
        assert "stopped" in fault.value.sentence
        caller.close()


def test_a_folder_with_a_long_name_has_a_socket_too(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    with two_stations(deep) as (north, _):
        assert len(str(north.folder / SOCKET_NAME)) > 108
        assert north.watch.asks("whoami")["station"]["party"] == "North"
