"""A path that goes, and returns, on real sockets."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

import pytest

from parley.bearers.streams import Limits
from tests.bearers.playbook import (
    AT_ONCE,
    Station,
    Stranger,
    dialling,
    free_port,
    listening,
    until,
)


@pytest.mark.parametrize("times", [3])
async def test_a_station_that_goes_and_returns_is_found_again(times: int) -> None:
    south = Station(vouches=True)
    loop = asyncio.get_running_loop()
    with free_port() as port:
        async with dialling(south, port) as bearer:
            for turn in range(times):
                refused = bearer.describe()["dial_attempts"] + 3
                await until(
                    partial(lambda least: bearer.describe()["dial_attempts"] >= least, refused)
                )
                north = Station(vouches=True)
                returned_at = loop.time()
                south.on_up = lambda path: path.send(b"first frame")
                async with listening(north, port=port):
                    assert await north.hears() == [b"first frame"]
                    # The aim is 0.4 s after the path's return, on a machine that has time for us.
                    assert loop.time() - returned_at < 0.9
                    (await north.gets_path()).send(b"welcome back")
                    assert await south.hears() == [b"welcome back"]
                assert len(await south.loses_path()) == 2
                assert bearer.describe()["frames_out"] == turn + 1


async def test_a_good_path_that_is_lost_is_sought_at_once() -> None:
    paused = 0

    def count(size: int) -> bytes:
        nonlocal paused
        paused += 1
        return bytes(size)

    north, south = Station(vouches=True), Station(vouches=True)
    south.on_up = lambda path: path.send(b"hello")
    north.on_frames = lambda path: path.send(b"welcome")
    async with (
        listening(north) as (_, port),
        dialling(south, port, limits=Limits(good_s_min=0), entropy=count),
    ):
        for _ in range(3):
            await south.hears()
            before = paused
            (await north.gets_path()).close("for a moment")
            await south.loses_path()
            await south.gets_path()
            assert paused - before <= 1  # the one that runs while the call is out


async def test_somebody_who_answers_and_breaks_off_is_not_called_without_pause() -> None:
    paused = 0

    def count(size: int) -> bytes:
        nonlocal paused
        paused += 1
        return bytes(size)

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        async with dialling(
            Station(), server.getsockname()[1], pace=AT_ONCE, entropy=count
        ) as bearer:
            for _ in range(20):
                call, _ = await asyncio.get_running_loop().sock_accept(server)
                Stranger(call).breaks_off()
            assert paused >= bearer.describe()["dial_attempts"] - 1 >= 19


async def test_a_call_that_breaks_off_while_it_is_taken_up_is_a_fact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    north, south = Station(), Station()
    loop = asyncio.get_running_loop()
    real = loop.create_connection
    failed = asyncio.Event()

    async def fails_once(*args: Any, **more: Any) -> Any:
        if failed.is_set():
            return await real(*args, **more)
        failed.set()
        raise OSError(107, "Transport endpoint is not connected")

    monkeypatch.setattr(loop, "create_connection", fails_once)
    async with listening(north) as (_, port), dialling(south, port, pace=AT_ONCE) as bearer:
        await south.gets_path()
        assert "broke off" in bearer.describe()["last_error"]


async def test_two_stations_that_both_dial_have_two_paths_and_lose_none() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with (
        listening(north) as (_, port_north),
        listening(south) as (_, port_south),
        dialling(north, port_south),
        dialling(south, port_north),
    ):
        by_north, by_south = await north.gets_path(), await south.gets_path()
        by_north.send(b"north dialled")
        by_south.send(b"south dialled")
        assert await south.hears() == [b"north dialled"]
        assert await north.hears() == [b"south dialled"]
        assert len(north.paths) == len(south.paths) == 2
