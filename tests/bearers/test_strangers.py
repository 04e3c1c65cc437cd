"""Strangers on real sockets: few, brief, small; and bytes that no station sends (W10, W11)."""

from __future__ import annotations

import asyncio
import random
import socket
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.bearers import FRAME_BYTES_MAX
from parley.bearers.framing import LENGTH_BYTES, framed
from parley.bearers.streams import Limits
from tests.bearers.playbook import (
    AT_ONCE,
    BRIEF,
    FEW,
    LARGEST,
    PATIENCE_S,
    Station,
    Stranger,
    count_of,
    dialling,
    listening,
    nothing_raised,
    of_tcp,
    until,
)


async def test_a_seventeenth_stranger_pushes_out_the_oldest() -> None:
    north = Station()
    async with listening(north) as (bearer, port):
        strangers = [await Stranger.calls(port) for _ in range(Limits().strangers_max + 1)]
        await strangers[0].is_dropped()
        facts = bearer.describe()
        assert facts["strangers"] == len(facts["connections"]) == Limits().strangers_max
        assert facts["refused_by"] == {"crowded out": 1}
        await strangers[1].says(framed(b"still here"))
        assert await north.hears() == [b"still here"]


async def test_strangers_do_not_push_out_the_vouched_nor_whom_we_dialled() -> None:
    north, south = Station(vouches=True), Station()
    async with (
        listening(north, limits=FEW) as (bearer, port),
        listening(south) as (_, port_south),
        dialling(north, port_south, limits=FEW),
    ):
        dialled = await north.gets_path()
        friend = await Stranger.calls(port)
        await friend.says(framed(b"it is me"))
        await north.hears()
        for _ in range(20):
            await (await Stranger.calls(port)).says(b"\x00")
        await until(lambda: count_of(bearer, "crowded out") == 20 - FEW.strangers_max)
        await friend.says(framed(b"and still"))
        assert await north.hears() == [b"and still"]
        assert dialled in north.paths


async def test_a_flood_from_one_place_does_not_push_out_a_caller_from_another() -> None:
    north = Station()
    async with listening(north, limits=FEW) as (bearer, port):
        caller = await Stranger.calls(port, source="127.0.0.2")
        for _ in range(30):
            await Stranger.calls(port)
        await until(lambda: count_of(bearer, "crowded out") == 31 - FEW.strangers_max)
        await caller.says(framed(b"from elsewhere"))
        assert await north.hears() == [b"from elsewhere"]


async def test_a_stranger_has_little_time_and_the_vouched_have_all() -> None:
    north = Station()
    async with listening(north, limits=BRIEF) as (bearer, port):
        friend = await Stranger.calls(port)
        await friend.says(framed(b"it is me"))
        await north.hears()
        (await north.gets_path()).vouched = True
        silent, talker = await Stranger.calls(port), await Stranger.calls(port)
        await talker.says(framed(b"junk"))
        await north.hears()
        await silent.is_dropped()
        await talker.is_dropped()
        assert count_of(bearer, "unproved") == 2
        assert (await north.loses_path())[1] == "nothing authentic came within 0.05 s"
        await friend.says(framed(b"still here"))
        assert await north.hears() == [b"still here"]
        friend.hangs_up()
        assert (await north.loses_path())[1] == "the other end hung up"


async def test_a_dialled_station_that_proves_nothing_is_dialled_again() -> None:
    north, south = Station(), Station()
    async with (
        listening(north) as (_, port),
        dialling(south, port, limits=BRIEF, pace=AT_ONCE) as bearer,
    ):
        first = await south.gets_path()
        assert (await south.loses_path())[0] is first
        assert await south.gets_path() is not first
        assert "nothing authentic came" in bearer.describe()["last_error"]


async def test_a_stranger_is_read_so_far_and_no_further_until_vouched_for() -> None:
    north = Station()
    limits = Limits(stranger_bytes_max=100_000, stranger_reading=1_000)
    junk = framed(b"j" * 997)
    async with listening(north, limits=limits) as (bearer, port):
        stranger = await Stranger.calls(port)
        telling = asyncio.create_task(stranger.says(junk * 20_000))
        path = await north.gets_path()
        await north.hears(100)
        second = await Stranger.calls(port)  # gives the first all the turns it needs
        await second.says(framed(b"next"))
        assert await north.hears() == [b"next"]
        assert of_tcp(path).bytes_in == 100_000
        assert max(north.readings) == 1
        path.vouched = True
        assert len(await north.hears(19_900)) == 19_900
        assert await telling
        assert max(north.readings) > 10
        assert bearer.describe()["refused"] == 0
        stranger.hangs_up()
        second.hangs_up()


async def test_of_too_many_vouched_the_one_silent_for_longest_goes() -> None:
    north = Station(vouches=True)
    async with listening(north, limits=Limits(vouched_max=2)) as (bearer, port):
        friends = [await Stranger.calls(port) for _ in range(3)]
        for friend in (friends[0], friends[1], friends[0], friends[2]):
            await friend.says(framed(b"hello"))
            await north.hears()
        await friends[1].is_dropped()
        assert count_of(bearer, "outnumbered") == 1
        await friends[0].says(framed(b"again"))
        assert await north.hears() == [b"again"]


# Bad input: W10 and W11 of spec/wire.md.


@pytest.mark.parametrize(
    ("header", "kind"),
    [(b"\x00\x00\x00", "empty"), (b"\x01\x11\x71", "oversize"), (b"\xff\xff\xff", "oversize")],
)
@pytest.mark.parametrize("vouched", [False, True])
async def test_a_length_no_station_sends_closes_the_connection_and_is_counted(
    header: bytes, kind: str, vouched: bool
) -> None:
    north = Station(vouches=vouched)
    async with listening(north) as (bearer, port):
        stranger = await Stranger.calls(port)
        await stranger.says(framed(b"good") + header + b"rest")
        assert await north.hears() == [b"good"]
        await stranger.is_dropped()
        assert (await north.loses_path())[1] == f"it sent an {kind} frame, as no station does"
        facts = bearer.describe()
        assert facts["refused_by"] == {kind: 1}
        assert facts["refused"] == 1
        assert facts["last_error"].startswith("A connection with 127.0.0.1:")
        assert facts["connections"] == []
        assert north.frames.empty()


@settings(max_examples=60)
@given(junk=st.binary(min_size=1, max_size=3_000))
def test_junk_is_answered_by_nothing_worse_than_a_closed_connection(junk: bytes) -> None:
    async def scene() -> None:
        north = Station()
        async with nothing_raised(), listening(north, limits=BRIEF) as (bearer, port):
            stranger = await Stranger.calls(port)
            await stranger.says(junk)
            stranger.call.shutdown(socket.SHUT_WR)
            await stranger.is_dropped()
            friend = await Stranger.calls(port)
            await friend.says(framed(b"good"))
            async with asyncio.timeout(PATIENCE_S):
                while await north.frames.get() != b"good":
                    pass
            friend.hangs_up()
            assert bearer.describe()["strangers"] <= 1

    asyncio.run(scene())


async def test_a_frame_cut_short_is_forgotten() -> None:
    north = Station()
    async with listening(north) as (bearer, port):
        sent = 0
        for cut in (1, 2, 3, 4, 60_000):
            stranger = await Stranger.calls(port)
            await stranger.says(framed(LARGEST)[:cut])
            sent += cut
            await until(partial(lambda sent: bearer.describe()["bytes_in"] == sent, sent))
            stranger.hangs_up()
            await until(lambda: not bearer.describe()["connections"])
        assert north.ups.empty()


async def test_half_a_connection_is_none() -> None:
    north = Station(vouches=True)
    async with listening(north) as (_, port):
        stranger = await Stranger.calls(port)
        await stranger.says(framed(b"last words"))
        stranger.call.shutdown(socket.SHUT_WR)
        await stranger.is_dropped()
        assert await north.hears() == [b"last words"]
        assert (await north.loses_path())[1] == "the other end hung up"


async def test_callers_who_break_off_at_once_leave_nothing_behind() -> None:
    north = Station()
    async with listening(north) as (bearer, port):
        for turn in range(100):
            stranger = await Stranger.calls(port)
            if turn % 2:
                await stranger.says(b"\x00\x00")
            stranger.breaks_off()
        friend = await Stranger.calls(port)
        await friend.says(framed(b"good"))
        assert await north.hears() == [b"good"]
        await until(lambda: len(bearer.describe()["connections"]) == 1)
        friend.hangs_up()


async def test_a_path_broken_off_says_so() -> None:
    north = Station(vouches=True)
    async with listening(north) as (_, port):
        stranger = await Stranger.calls(port)
        await stranger.says(framed(b"hello"))
        await north.hears()
        stranger.breaks_off()
        assert (await north.loses_path())[1] == "the other end broke it off"


async def test_a_flood_of_strangers_holds_little_memory_and_stops_nobody() -> None:
    north = Station(vouches=False)
    chance = random.Random(7)
    async with listening(north) as (bearer, port):
        friend = await Stranger.calls(port)
        await friend.says(framed(b"it is me"))
        await north.hears()
        (await north.gets_path()).vouched = True
        for turn in range(200):
            stranger = await Stranger.calls(port)
            if turn % 4 == 0:
                await stranger.says(chance.randbytes(500))
            else:
                await stranger.says(framed(LARGEST)[: chance.randrange(65_000)])
            facts = bearer.describe()["connections"]
            assert len(facts) <= 2 * Limits().strangers_max + 1  # half of them on their way out
            unfinished = sum(each["unfinished_bytes"] for each in facts)
            assert unfinished <= 2 * Limits().strangers_max * FRAME_BYTES_MAX
        await friend.says(framed(b"and still"))
        async with asyncio.timeout(PATIENCE_S):
            while await north.frames.get() != b"and still":
                pass
        assert bearer.describe()["strangers"] <= Limits().strangers_max
        assert bearer.describe()["refused"] >= 100


async def test_a_frame_dripped_in_slowly_takes_its_place_and_no_more() -> None:
    north = Station()
    async with listening(north, limits=Limits(stranger_s_max=0.2)) as (bearer, port):
        stranger = await Stranger.calls(port)
        stream = framed(LARGEST)
        at = 0
        while await stranger.says(stream[at % len(stream) : at % len(stream) + 1]):
            at += 1
            if held := bearer.describe()["connections"]:
                assert held[0]["unfinished_bytes"] <= LENGTH_BYTES + FRAME_BYTES_MAX
            await asyncio.sleep(0)
        await stranger.is_dropped()
        assert count_of(bearer, "unproved") == 1
