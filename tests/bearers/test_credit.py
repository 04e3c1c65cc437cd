"""Media on TCP: what may be under way, and that a station of an earlier build is not harmed."""

from __future__ import annotations

import asyncio

import pytest

from parley.bearers import DATAGRAM_BYTES_MAX, DatagramPath
from parley.bearers.credit import CREDIT, MEDIA, WINDOW_FIRST, WINDOW_MAX, WINDOW_MIN, Credit
from parley.bearers.framing import framed
from parley.bearers.tcp import DATAGRAMS_A_READING, TcpPath
from parley.core.errors import Misused
from parley.core.speaking import FRAME_VERSION
from tests.bearers.playbook import (
    PATIENCE_S,
    Station,
    Stranger,
    dialling,
    listening,
    of_tcp,
    until,
)

SAID = bytes(range(200)) * 5


def told(taken: int) -> bytes:
    return CREDIT + taken.to_bytes(8, "big")


def agreed() -> Credit:
    credit = Credit()
    assert credit.hear(told(0), 0.0)
    return credit


def send(credit: Credit, now: float, size: int = 1_000) -> None:
    credit.sent(size, now)


def test_the_frame_kind_is_one_that_no_line_has() -> None:
    assert (MEDIA[0] >> 5, MEDIA[0] >> 2 & 7, MEDIA[0] & 3) == (FRAME_VERSION, 5, 0)


def test_X3_no_more_is_under_way_than_the_window() -> None:
    credit = Credit()
    assert credit.room == 0  # whether they take media is not known
    assert credit.hear(told(0), 0.0)
    while credit.room:
        send(credit, 0.0)
    assert credit.under_way == WINDOW_FIRST
    assert credit.hear(told(5_000), 0.1)
    assert credit.window == WINDOW_FIRST + 5_000 // 8  # more than half of it was in use
    assert credit.rtt_s == pytest.approx(0.1)
    assert credit.hear(told(WINDOW_FIRST), 0.1)
    send(credit, 0.2)
    before = credit.window
    assert credit.hear(told(WINDOW_FIRST + 1_000), 0.3)
    assert credit.window == before  # hardly used


def test_X3_the_window_falls_with_the_delay_and_has_ends() -> None:
    credit = agreed()
    sent = 0
    for turn in range(400):  # a round trip of 50 ms, always full
        now = turn * 0.05
        size = credit.room
        send(credit, now, size)
        sent += size
        credit.hear(told(sent), now + 0.05)
    assert credit.window == WINDOW_MAX
    for turn in range(100):  # then one of 400 ms
        now = 30 + turn * 0.4
        send(credit, now)
        sent += 1_000
        credit.hear(told(sent), now + (0.05 if turn == 0 else 0.4))
        if turn == 10:
            assert credit.window < WINDOW_MAX // 8
            break
    for turn in range(11, 24):
        now = 30 + turn * 0.4
        send(credit, now)
        sent += 1_000
        credit.hear(told(sent), now + 0.4)
    assert credit.window == WINDOW_MIN


@pytest.mark.parametrize("wrong", [b"", CREDIT, told(0) + b"\x00", told(1_001)])
def test_X4_a_credit_that_cannot_be_is_no_credit(wrong: bytes) -> None:
    credit = agreed()
    send(credit, 0.0)
    assert not credit.hear(wrong, 0.1)
    assert credit.under_way == 1_000
    assert credit.hear(told(1_000), 0.1)
    assert not credit.hear(told(999), 0.2)


# On real sockets.


async def agree(one: DatagramPath, other: DatagramPath) -> None:
    assert not one.send_datagram(SAID)  # it asks
    await until(lambda: one.takes_datagrams and other.takes_datagrams)


async def test_X2_media_goes_once_the_other_end_has_said_what_it_takes() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port):
        to_north = of_tcp(await south.gets_path())
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        assert not to_north.send_datagram(SAID)  # it has not proved itself: nothing is asked
        to_north.send(b"hello")
        await north.hears()
        to_south = of_tcp(await north.gets_path())
        to_south.on_datagram = heard.put_nowait
        to_south.send(b"hello")
        await south.hears()
        await agree(to_north, to_south)
        assert to_north.send_datagram(SAID)
        async with asyncio.timeout(PATIENCE_S):
            assert await heard.get() == SAID
        await until(lambda: to_north.conditions()["in_flight_bytes"] == 0)
        assert to_north.conditions()["rtt_ms"] is not None
        assert to_north.datagram_room() == WINDOW_FIRST
        to_south.on_datagram = None  # its call is over, and what still comes opens no window less
        assert to_north.send_datagram(SAID)
        await until(lambda: to_north.conditions()["in_flight_bytes"] == 0)
        assert (to_south.datagrams_in, to_south.datagrams_dropped) == (1, 1)
        assert (to_north.describe()["datagrams_out"], north.frames.empty()) == (2, True)
        for wrong in (b"", bytes(DATAGRAM_BYTES_MAX + 1)):
            with pytest.raises(Misused):
                to_north.send_datagram(wrong)


async def test_X2_who_asked_before_it_was_vouched_for_is_answered_after() -> None:
    north, south = Station(), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port):
        to_north = of_tcp(await south.gets_path())
        to_north.send(b"hello")
        await north.hears()
        to_south = of_tcp(await north.gets_path())
        to_south.send(b"hello")
        await south.hears()
        assert not to_north.send_datagram(SAID)
        await until(lambda: to_south._credit.known)
        to_south.vouched = True
        await until(lambda: to_north.takes_datagrams)


async def test_X2_an_earlier_build_gets_one_frame_that_it_refuses() -> None:
    south = Station(vouches=True)
    calls: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.put_nowait((reader, writer))

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, dialling(south, server.sockets[0].getsockname()[1]):
        path = of_tcp(await south.gets_path())
        reader, writer = await calls.get()
        writer.write(framed(b"hello"))
        await south.hears()
        assert not any(path.send_datagram(SAID) for _ in range(50))
        path.send(b"what the line says")
        once = framed(told(0))
        assert await reader.readexactly(len(once)) == once
        after = framed(b"what the line says")
        assert await reader.readexactly(len(after)) == after
        assert path.datagrams_shed == 50
        writer.close()


async def test_X4_junk_and_floods_are_counted_and_end_nothing() -> None:
    north = Station()
    async with listening(north) as (bearer, port):
        stranger = await Stranger.calls(port)
        junk = [MEDIA + SAID, CREDIT, MEDIA, bytes((MEDIA[0],)), MEDIA[:1] + b"\x07", told(9)]
        await stranger.says(b"".join(map(framed, junk)))
        await until(lambda: bearer.describe()["strangers"] == 1)
        path = next(iter(bearer._paths))
        assert isinstance(path, TcpPath)
        await until(lambda: path.datagrams_dropped == len(junk))
        assert north.paths == []  # none of it is a frame that is shown
        heard: list[bytes] = []
        path.on_datagram = heard.append
        path.vouched = True
        flood = b"".join(framed(MEDIA + bytes(1)) for _ in range(3_000))
        await stranger.says(flood)
        await until(lambda: len(heard) + path.datagrams_dropped == len(junk) + 3_000)
        assert len(heard) <= DATAGRAMS_A_READING * (len(flood) // 1_000)
        await stranger.says(framed(b"and a frame"))
        assert await north.hears() == [b"and a frame"]


async def test_X3_media_gives_way_to_what_the_line_has_to_say() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port):
        to_north = of_tcp(await south.gets_path())
        to_north.send(b"hello")
        await north.hears()
        to_south = of_tcp(await north.gets_path())
        to_south.send(b"hello")
        await south.hears()
        await agree(to_north, to_south)
        to_south.pause()
        while not to_north._waiting():
            to_north.send(bytes(50_000))
        assert to_north.datagram_room() == 0
        assert not to_north.send_datagram(SAID)
        to_south.resume()
        await until(lambda: to_north.datagram_room() > 0)
        assert to_north.send_datagram(SAID)
