"""The socket of a seat, asked by a client that is no browser and keeps to no rule."""

from __future__ import annotations

import asyncio
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from parley.conference.loop import Loop
from parley.console.media_socket import DISPLACED, MESSAGE_BYTES_MAX, NO_SEAT
from tests.conference.test_loop import KEY_WORD, picture, sound
from tests.console.world import PATIENCE_S, Post, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def cookie(post: Post, name: str) -> str:
    """The cookie of a seat, taken by a fresh link."""
    link = urlsplit(await post.link(name))

    def take() -> str:
        asked = http.client.HTTPConnection(link.netloc)
        asked.request("POST", link.path)
        header = asked.getresponse().getheader("Set-Cookie")
        asked.close()
        assert header
        return header.partition(";")[0]

    return await asyncio.to_thread(take)


def socket(post: Post, name: str, **headers: str) -> Any:
    """What connects to the socket of somebody's seat."""
    address = post.seat(name).replace("http:", "ws:") + "/media/loop"
    given = {each.replace("_", "-"): value for each, value in headers.items() if value}
    return connect(address, additional_headers=given, compression=None, max_size=None)


def ours(post: Post, secret: str) -> dict[str, str]:
    return {"Cookie": secret, "Origin": post.console}


async def frames_until(open: ClientConnection, last: bytes) -> list[bytes]:
    """Frames that come back, up to that one."""
    back: list[bytes] = []
    async with asyncio.timeout(PATIENCE_S):
        while not back or back[-1] != last:
            item = await open.recv()
            if isinstance(item, bytes):
                back.append(item)
    return back


async def word(open: ClientConnection, t: str) -> dict[str, Any]:
    """The next word of that kind."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            item = await open.recv()
            if isinstance(item, str) and json.loads(item)["t"] == t:
                return dict(json.loads(item))


async def closed(open: ClientConnection) -> int:
    """By which code the station ends it."""
    async with asyncio.timeout(PATIENCE_S):
        await open.wait_closed()
    assert open.close_code
    return open.close_code


async def test_M11_only_a_page_of_a_seat_opens_the_socket(stations: World) -> None:
    north = stations.north
    secret = await cookie(north, "Wanda")
    stranger = secret.partition("=")[0] + "=" + "x" * 43
    right = ours(north, secret)
    for name, headers in (
        ("Wanda", {**right, "Cookie": ""}),
        ("Wanda", {**right, "Cookie": stranger}),
        ("Wanda", {**right, "Origin": ""}),
        ("Wanda", {**right, "Origin": "null"}),
        ("Wanda", {**right, "Origin": "http://127.0.0.1:1"}),
        ("Wanda", {**right, "Origin": "https://example.invalid"}),
        ("Wanda", {**right, "Sec_Fetch_Site": "cross-site"}),
        ("Dana", right),
    ):
        with pytest.raises(InvalidStatus) as refused:
            await socket(north, name, **headers).__aenter__()
        assert refused.value.response.status_code == 403, headers
    async with socket(north, "Wanda", **right) as open:
        await open.send(sound(0))
        assert await frames_until(open, sound(0)) == [sound(0)]


async def test_a_mistake_of_ours_ends_the_socket_and_stands_in_the_log(
    stations: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    north = stations.north
    async with socket(north, "Wanda", **ours(north, await cookie(north, "Wanda"))) as open:
        monkeypatch.setattr(Loop, "take", fails)
        await open.send(sound(0))
        await closed(open)
    assert [record.exc_info is not None for record in caplog.records] == [True]
    assert "the socket of a page failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_M8_nothing_that_is_sent_ends_the_socket(stations: World) -> None:
    north = stations.north
    async with socket(north, "Wanda", **ours(north, await cookie(north, "Wanda"))) as open:
        good = [picture(0, key=True), picture(1), sound(9)]
        bad = [b"", b"\x12", bytes(5_000), sound(5, 5_000), picture(2, 262_144), sound(6, sender=1)]
        for frame in [*good[:2], *bad, good[0], "no word of ours", "\x00" * 400, good[2]]:
            await open.send(frame)
        assert sorted(await frames_until(open, good[2])) == sorted(good)
        dropped = (await word(open, "counts"))["dropped"]
        told = {why: count for why, count in dropped.items() if count}
        assert told == {"malformed": 5, "oversized": 2, "foreign": 1, "repeated": 1}
        await open.send(KEY_WORD)
        assert await word(open, "key")


async def test_M11_a_message_beyond_all_measure_ends_this_socket_and_no_other(
    stations: World,
) -> None:
    north = stations.north
    wanda, dana = (
        ours(north, await cookie(north, "Wanda")),
        ours(north, await cookie(north, "Dana")),
    )
    async with socket(north, "Dana", **dana) as other:
        async with socket(north, "Wanda", **wanda) as open:
            await open.send(bytes(MESSAGE_BYTES_MAX + 1))
            assert await closed(open) == 1009
        async with socket(north, "Wanda", **wanda) as open:
            await open.send(sound(0))
            assert await frames_until(open, sound(0))
        await other.send(sound(0))
        assert await frames_until(other, sound(0))


async def test_M11_the_newest_page_of_a_seat_has_it(stations: World) -> None:
    north = stations.north
    right = ours(north, await cookie(north, "Wanda"))
    async with socket(north, "Wanda", **right) as first:
        await first.send(sound(0))
        await frames_until(first, sound(0))
        async with socket(north, "Wanda", **right) as second:
            assert await closed(first) == DISPLACED
            await second.send(sound(0))
            assert await frames_until(second, sound(0)) == [sound(0)]


async def test_M11_who_gives_up_the_seat_loses_the_socket(stations: World) -> None:
    north = stations.north
    secret = await cookie(north, "Wanda")
    async with socket(north, "Wanda", **ours(north, secret)) as open:
        await open.send(sound(0))
        await frames_until(open, sound(0))
        await north.ask("Wanda", "signin.leave", token=secret.partition("=")[2])
        assert await closed(open) == NO_SEAT


async def test_M11_who_gives_up_the_seat_loses_the_socket_of_a_page_that_reads_nothing(
    stations: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def waits(self: WebSocket, data: bytes) -> None:
        writing.set()
        await asyncio.Event().wait()

    north, writing = stations.north, asyncio.Event()
    monkeypatch.setattr(WebSocket, "send_bytes", waits)
    secret = await cookie(north, "Wanda")
    async with socket(north, "Wanda", **ours(north, secret)) as open:
        await open.send(sound(0))
        await asyncio.wait_for(writing.wait(), PATIENCE_S)
        await north.ask("Wanda", "signin.leave", token=secret.partition("=")[2])
        assert await closed(open) == NO_SEAT


async def test_M11_an_ended_console_ends_its_sockets(stations: World) -> None:
    north = stations.north
    async with socket(north, "Wanda", **ours(north, await cookie(north, "Wanda"))) as open:
        await open.send(sound(0))
        await frames_until(open, sound(0))
        await north.hide_pages()
        assert await closed(open) == 1012
