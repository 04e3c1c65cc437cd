"""What an authentic counterpart writes, as a station notes and shows it; what people send to it."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request

from fuzz.script import Script
from parley.console.guard import FORM_FIELDS_MAX, Form, read_form
from parley.core.entry import Type, body_of, check_text, read_body
from parley.core.errors import ParleyError, Refused
from parley.core.kept import Change, EntryRow
from parley.core.wire import encode
from parley.exercise.exchange import Exchange
from parley.station.acts.control import ControlServer, Reply, _Connection
from parley.station.acts.events import Events
from parley.station.acts.operations import InTurns, Operation
from parley.station.acts.person import ROLES, Person
from parley.station.answering import Call
from parley.station.entries import messages
from parley.station.line import roster
from parley.station.line.bearing import read_place
from parley.station.line.lines import OpenLine
from parley.station.station import Station
from parley.station.texts import records
from parley.station.texts.views import Viewer, names_of
from tests.station.founded import agreed, found, introduce

OURS = 3
ENTRIES_MAX = 4


class _Undone(Exception):
    """Nothing of this input stays in the store."""


@dataclass(frozen=True)
class _Place:
    """A station with a line, and a few messages of ours on it."""

    station: Station
    open_line: OpenLine
    token: str


@cache
def _place(**terms: Any) -> _Place:
    stack = ExitStack()
    atexit.register(stack.close)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-")))
    north, south = found(folder / "north", "North"), found(folder / "south", "South")
    introduce(north, south)
    paper = agreed(north, south, **terms)
    with north.at_work() as at_work:
        at_work.does("agree.accept", agreement=paper)
    at_work = stack.enter_context(north.at_work())
    roles = [role for role in ROLES if role not in ("operator",)]
    made = at_work.does("person.add", name="Olsen", office="duty", roles=roles)
    station = at_work.station
    open_line = station.lines[0]
    with station.store.transaction():
        rows = [_row(open_line, open_line.ours, n, b"") for n in range(OURS)]
        station.store.keep(Change(*open_line.key, (0, 0), entries=rows))
        for row in rows:
            messages.numbered(station, open_line, row.n, row)
    return _Place(station, open_line, made["token"])


def _row(
    open_line: OpenLine, dir: int, n: int, body: bytes, type: int = Type.TEXT, marks: int = 8
) -> EntryRow:
    body = body or body_of(Type.TEXT, {}, f"Words {n}.")
    hashes = (os.urandom(32) for _ in range(4))
    et, blind, leaf, root = hashes
    return EntryRow(dir, n, type, marks, 1 << 27, 0, et, blind, body, leaf, root, 1.8e9)


def heard(data: bytes) -> None:
    """Entries of any type, marks and body: noted, shown on every screen, and never a mistake."""
    place = _place()
    station, open_line = place.station, place.open_line
    script = Script(data)
    with suppress(_Undone), station.store.transaction():
        for n in range(ENTRIES_MAX):
            if script.over:
                break
            type, marks = script.number(), script.number()
            row = _row(open_line, open_line.theirs, n, script.some() or b"\xf6", type, marks)
            station.store.keep(Change(*open_line.key, _sizes(open_line, n), entries=[row]))
            open_line.line.line._ears.log.size = n + 1  # as the line would know when it tells of it
            messages.heard(station, open_line, row, read_body(row.type, row.marks, row.body))
        _show(station, open_line)
        raise _Undone
    station._happened.clear()
    open_line.line.line._ears.log.size = 0


def _sizes(open_line: OpenLine, theirs: int) -> tuple[int, int]:
    del open_line
    return (OURS, theirs)


def _show(station: Station, open_line: OpenLine) -> None:
    viewer = Viewer(station, open_line)
    names = {dir: names_of(station, open_line, dir) for dir in (0, 1)}
    for row in station.store.sql("SELECT * FROM messages ORDER BY dir, n"):
        json.dumps(viewer.message(row))
    for entry in station.store.entries(*open_line.key, None, 0, OURS + ENTRIES_MAX):
        json.dumps(records._row(open_line, 0, entry, names[entry.dir]))
    json.dumps(roster.their_desks(station.store, open_line))
    json.dumps(station._happened)


# --- what people send


class _Answers(asyncio.Transport):
    """Keeps what a connection writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class _Desk:
    """A station that answers what is only read, and checks the arguments of all else."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.events = Events(0.0)

    def person_of(self, token: str) -> Person | None:
        return self.station.person_of(token)

    def submit(
        self, operation: Operation, who: Person, arguments: Mapping[str, Any], reply: Reply
    ) -> None:
        try:
            answer: Any = {}
            if operation.reads:
                answer = Call(operation, who, dict(arguments), reply).run(self.station)
            else:
                operation.check_person(who)
                operation.check_arguments(arguments)
        except ParleyError as error:
            answer = error
        if isinstance(answer, InTurns):
            turns = answer
            answer = turns.turn()
            while answer is None:
                answer = turns.turn()
        reply(answer if isinstance(answer, dict | ParleyError) else {})


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


def control(data: bytes) -> None:
    """Lines on the control socket; TOKEN stands for a token that is known."""
    place = _place()
    lines = data.replace(b"TOKEN", place.token.encode())
    written = _loop().run_until_complete(_asked(_Desk(place.station), lines))
    answers = [json.loads(line) for line in written.splitlines()]
    whole = [line for line in lines.split(b"\n")[:-1] if line.strip()]
    assert len([each for each in answers if "ok" in each]) == len(whole)
    for each in answers:
        if not each.get("ok", True):
            assert each["error"]["sentence"]
            assert each["error"]["kind"] != "unavailable", each


async def _asked(desk: _Desk, data: bytes) -> bytes:
    server = ControlServer(desk, Path("/"))
    connection, answers = _Connection(server), _Answers()
    connection.connection_made(answers)
    half = len(data) // 2
    connection.data_received(data[:half])
    connection.data_received(data[half:])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    connection.connection_lost(None)
    return answers.written


def form(data: bytes) -> None:
    """A form as a browser, or somebody who is none, sends it."""
    found = _loop().run_until_complete(_form(data))
    if found is None:
        return
    for name in ("text", "n", ""):
        for value in found.all(name):
            value.encode()  # nothing that has no UTF-8 form
        with suppress(Refused):
            assert found.number(name) >= 0
        with suppress(Refused):
            check_text(found.text(name))
    assert sum(len(found.all(name)) for name in ("text", "n", "")) <= FORM_FIELDS_MAX


async def _form(data: bytes) -> Form | None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": data, "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/compose", "headers": []}
    try:
        return await read_form(Request(scope, receive))
    except Refused:
        return None


def exchange(data: bytes) -> None:
    """A file for `parley replay`, and a place to dial."""
    with suppress(ParleyError):
        read_place(data.decode("utf-8", "replace"))
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        read = Exchange.parse(value)
    except Refused as error:
        assert error.hint
        return
    assert read.telegrams
    for telegram in read.telegrams:
        check_text(telegram.text)
        encode(telegram.text)
