"""When the last deputy does not acknowledge either: everyone, a web address, a program."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Misused, Refused, Unavailable
from parley.station.acts.operations import find
from parley.station.machine import outside
from tests.playbook import Post, two_stations
from tests.station.test_trouble import in_trouble, locked
from tests.station.test_watch import acts, alarm

SHORT: dict[str, Any] = {f"{name}_s": 60 for name in ("routine", "priority", "immediate", "flash")}
FACTS = {"precedence": "FLASH", "number": 4}


class Pager:
    """A server on loopback that answers each request as told, in turn, and keeps what it got."""

    def __init__(self, answers: list[bytes | None]) -> None:
        self.answers = answers
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}/parley?key=secret"
        self.calls: list[socket.socket] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        for answer in self.answers:
            call, _ = self.listening.accept()
            self.calls.append(call)
            file = call.makefile("rb")
            head, length = file.readline().decode(), 0
            while line := file.readline().strip():
                name, _, value = line.decode().partition(": ")
                length = int(value) if name == "Content-Length" else length
            self.got.append((head.strip(), json.loads(file.read(length))))
            if answer is not None:
                call.sendall(answer)

    def closes(self) -> None:
        self.listening.close()
        for call in self.calls:
            call.close()


@contextmanager
def pager(*answers: bytes | None) -> Iterator[Pager]:
    made = Pager(list(answers))
    try:
        yield made
    finally:
        made.closes()


OK, DOWN = b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 503 Down\r\n\r\n"


def program(folder: Path, text: str) -> str:
    """A program of this machine."""
    path = folder / "bell"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


def steps(post: Post, n: int) -> list[tuple[str, int, str]]:
    return [(s["step"], s["tries"], s["outcome"]) for s in post.reads(n)["escalation"]]


def test_after_the_last_deputy_everyone_is_called_and_then_the_outside(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with two_stations(tmp_path) as (north, south), pager(DOWN, OK) as page:
        bell = program(tmp_path, f'cat > {told}; echo "$PARLEY_PRECEDENCE $1" >> {told}')
        south.operator.asks("escalation.set", webhook=page.address, command=[bell, "two words"])
        n = north.sends("The text of it.", "FLASH")
        south.hears(n)
        north.clock.skip(601)
        south.event("alarm", state="deputy", n=n)
        assert steps(south, n) == []
        north.clock.skip(601)
        south.event("alarm", state="everyone", n=n)
        everyone = ("everyone", 0, "called")
        assert steps(south, n) == [everyone, ("webhook", 0, ""), ("command", 0, "")]
        assert not page.got
        shown = alarm(south)
        assert shown is not None
        assert [each["step"] for each in shown["escalation"]] == ["everyone", "webhook", "command"]

        north.clock.skip(121)
        south.until(lambda: all(tries for _, tries, _ in steps(south, n)[1:]))
        assert steps(south, n)[1:] == [
            ("webhook", 1, f"{page.address[7:].split('/')[0]} answered 503"),
            ("command", 1, "ended well"),
        ]
        facts, last = told.read_text().splitlines()
        assert last == "FLASH two words"
        assert json.loads(facts)["number"] == n
        north.clock.skip(31)  # what failed is tried once more
        south.until(lambda: steps(south, n)[1] == ("webhook", 2, "it answered 204"))
        assert [head for head, _ in page.got] == ["POST /parley?key=secret HTTP/1.1"] * 2
        body = page.got[1][1]
        assert (body["precedence"], body["line"], body["state"]) == (
            "FLASH",
            "Blue Line",
            "nobody acknowledged",
        )
        assert "The text" not in json.dumps(page.got) + facts
        written = [act for act in acts(south) if act.startswith("escalation")]
        assert sorted(written) == [
            "escalation: command (Blue Line)",
            "escalation: everyone (Blue Line)",
            "escalation: webhook (Blue Line)",
            "escalation: webhook (Blue Line)",
        ]


def test_who_acknowledges_before_it_spares_the_outside(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with two_stations(tmp_path) as (north, south):
        south.operator.asks("desk.deputies", desk=1, persons=[])
        south.operator.asks("escalation.set", command=[program(tmp_path, f"cat > {told}")])
        n = north.sends("At once.", "FLASH")
        south.hears(n)
        north.clock.skip(601)
        south.event("alarm", state="everyone", n=n)
        south.watch.asks("open", n=n)
        north.clock.skip(200)
        south.until(lambda: [step for step, _, _ in steps(south, n)] == ["everyone"])
        assert not told.exists()


def test_what_was_due_while_the_station_was_down_is_called_at_its_start(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.operator.asks("desk.deputies", desk=1, persons=[])
        south.operator.asks("escalation.set", command=[program(tmp_path, "exit 3 # $(cat)")])
        n = north.sends("At once.", "FLASH")
        south.hears(n)
        north.clock.skip(601)
        south.event("alarm", state="everyone", n=n)
        south.stops()
        north.clock.skip(121)
        south.starts()
        south.until(lambda: steps(south, n)[1] == ("command", 1, "bell ended with 3"))
        north.clock.skip(31)
        south.until(lambda: steps(south, n)[1] == ("command", 2, "bell ended with 3"))
        north.clock.skip(3_600)  # and not a third time
        assert south.reads(n)["escalation"][1]["in_s"] is None
        last = south.watch.asks("status")["escalation"]["last"]
        assert last["outcome"] == "bell ended with 3"


def test_what_became_of_a_call_is_kept_once_the_database_can_be_written(tmp_path: Path) -> None:
    began, go = tmp_path / "began", tmp_path / "go"
    with two_stations(tmp_path) as (north, south):
        south.operator.asks("desk.deputies", desk=1, persons=[])
        waits = f"cat > {began}; while [ ! -e {go} ]; do sleep 0.01; done; exit 3"
        south.operator.asks("escalation.set", command=[program(tmp_path, waits)])
        n = north.says("At once.", "FLASH")["n"]
        south.hears(n)
        north.clock.skip(601)
        south.event("alarm", state="everyone", n=n)
        north.clock.skip(121)
        south.until(began.exists)
        with locked(south):
            go.touch()
            south.until(lambda: in_trouble(south))
            calls = south.station.watch.escalation._under_way.values()
            south.until(lambda: all(call.done() for call in list(calls)))
            assert steps(south, n)[1] == ("command", 0, "")
        south.until(lambda: steps(south, n)[1] == ("command", 1, "bell ended with 3"))
        north.clock.skip(31)  # and it is tried once more
        south.until(lambda: steps(south, n)[1] == ("command", 2, "bell ended with 3"))


def test_a_routine_calls_nobody_unless_that_was_set(tmp_path: Path) -> None:
    with two_stations(tmp_path, **SHORT) as (north, south):
        south.operator.asks("desk.deputies", desk=1, persons=[])
        n = north.sends("Some time.")
        south.hears(n)
        north.clock.skip(61)
        south.event("alarm", state="nobody answered", n=n, dir="theirs")
        assert steps(south, n) == []
        south.operator.asks("escalation.set", least="ROUTINE")
        n = north.sends("Some other time.")
        south.hears(n)
        north.clock.skip(61)
        south.event("alarm", state="everyone", n=n)


def test_what_can_be_set_is_checked_and_no_secret_is_shown(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (_, south), pager(OK) as page:
        ask = south.operator.asks
        for wrong in ("ftp://pager/", "https://", "pager", "https://me:pw@pager/", "https://p/ x"):
            with pytest.raises(Misused):
                ask("escalation.set", webhook=wrong)
        for command in (["bell"], ["/nowhere/bell"], [str(tmp_path)]):
            with pytest.raises(Misused):
                ask("escalation.set", command=command)
        for more in ({"least": "LOUD"}, {"after_s": -1}, {"after_s": 90_000}):
            with pytest.raises(Misused):
                ask("escalation.set", **more)
        with pytest.raises(Refused):
            south.watch.asks("escalation.set", least="FLASH")
        with pytest.raises(Refused):
            ask("escalation.try")
        bell = program(tmp_path, "echo no bell here >&2; exit 1 # $(cat)")
        for name in ("escalation.set", "escalation.try"):
            assert find(name).roles == ("operator", "engineer")
        set_up = ask("escalation.set", webhook=page.address, command=[bell])
        assert set_up["webhook"] == page.address[7:].split("/")[0]
        tried = ask("escalation.try")["tried"]
        assert [(each["well"], each["outcome"]) for each in tried] == [
            (True, "it answered 204"),
            (False, "bell ended with 1: no bell here"),
        ]
        assert page.got[0][1]["state"] == "test"
        assert "secret" not in json.dumps(south.auditor.asks("audit"))
        off = ask("escalation.set", webhook="", command=[])
        assert (off["webhook"], off["command"]) == (None, None)


def has_ended(process: str) -> bool:
    """Whether the one killed a moment ago is gone, or waits for its parent to hear of it."""
    stat = Path(f"/proc/{process}/stat")
    for _ in range(1_000):
        with suppress(FileNotFoundError, ProcessLookupError):
            if stat.read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.01)
                continue
        return True
    return False


def test_the_outside_may_be_dead_slow_or_strange(tmp_path: Path) -> None:
    def fails(work: Any) -> str:
        with pytest.raises(Unavailable) as fault:
            asyncio.run(work)
        return fault.value.sentence

    with pager(None, b"220 mail\r\n", b"x" * 100_000) as page:
        assert "did not answer within" in fails(outside.call(page.address, FACTS, 0.05))
        assert "no HTTP" in fails(outside.call(page.address, FACTS))
        assert "cannot be reached" in fails(outside.call(page.address, FACTS))
    assert "cannot be reached" in fails(outside.call(page.address, FACTS))
    child = tmp_path / "child"
    slow = program(tmp_path, f"(sleep 600 & echo $! > {child}; wait)")
    assert "did not end within" in fails(outside.run([slow], FACTS, 0.3))
    if child.exists():  # what it began has ended with it
        assert has_ended(child.read_text().strip())
    gone = tmp_path / "bell"
    gone.unlink()
    assert "cannot be run" in fails(outside.run([str(gone)], FACTS))
