"""Many questions on one connection: answers in any order, events between them, a sudden end."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Halted, Unavailable
from parley.exercise.calls import Calls
from parley.station.acts.address import SOCKET_NAME

Say = Callable[[dict[str, Any]], None]
Script = Callable[[list[dict[str, Any]], Say], Awaitable[None]]


@asynccontextmanager
async def a_station(folder: Path, asked: int, script: Script) -> AsyncIterator[Calls]:
    """Somebody who reads so many requests, follows the script and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = [json.loads(await reader.readline()) for _ in range(asked)]
        await script(requests, lambda told: writer.write(json.dumps(told).encode() + b"\n"))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(serve, folder / SOCKET_NAME)
    calls = await Calls.open(folder, "a token")
    try:
        yield calls
    finally:
        calls.close()
        server.close()


async def test_answers_come_in_any_order(tmp_path: Path) -> None:
    async def script(requests: list[dict[str, Any]], say: Say) -> None:
        for each in reversed(requests):
            assert each["token"] == "a token"
            say({"id": each["id"], "ok": True, "result": {"said": each["args"]["text"]}})

    async with a_station(tmp_path, 3, script) as calls:
        answers = [calls.ask("say", text=text) for text in ("я", "二", "3")]
        assert [(await each)["said"] for each in answers] == ["я", "二", "3"]


async def test_a_refusal_is_raised_as_the_station_raised_it(tmp_path: Path) -> None:
    async def script(requests: list[dict[str, Any]], say: Say) -> None:
        error = Halted("The line is halted.", "Call the engineer.").to_dict()
        say({"id": requests[0]["id"], "ok": False, "error": error})

    async with a_station(tmp_path, 1, script) as calls:
        with pytest.raises(Halted, match="The line is halted"):
            await calls.ask("release", draft=1)


async def test_events_come_between_answers(tmp_path: Path) -> None:
    heard: list[dict[str, Any]] = []

    async def script(requests: list[dict[str, Any]], say: Say) -> None:
        say({"id": requests[0]["id"], "ok": True, "result": {"seq": 7}})
        say({"event": {"seq": 8, "kind": "alarm"}})

    async with a_station(tmp_path, 1, script) as calls:
        assert await calls.listen(heard.append) == 7
        await calls.lost.wait()
    assert heard == [{"seq": 8, "kind": "alarm"}]


async def test_a_station_that_dies_answers_nothing_more(tmp_path: Path) -> None:
    async def script(requests: list[dict[str, Any]], say: Say) -> None:
        say({"id": requests[0]["id"], "ok": True, "result": {}})

    async with a_station(tmp_path, 2, script) as calls:
        first, second = calls.ask("release", draft=1), calls.ask("release", draft=2)
        await first
        with pytest.raises(Unavailable):
            await second
        assert calls.lost.is_set()
        with pytest.raises(Unavailable):
            await calls.ask("release", draft=3)


async def test_where_nobody_serves(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await Calls.open(tmp_path, "a token")
