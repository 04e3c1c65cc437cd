"""The TCP bearer on real sockets: stations, strangers, and a path that goes and returns."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.bearers import FRAME_BYTES_MAX, Bearer, Carrier, Path
from parley.bearers.framing import LENGTH_BYTES, framed
from parley.bearers.tcp import SILENCE_MS_MAX, Limits, TcpBearer, TcpPath, why_lost
from parley.core.errors import Misused, Unavailable
from tests.bearers.playbook import (
    AT_ONCE,
    PATIENCE_S,
    Station,
    Stranger,
    dialling,
    free_port,
    listening,
    no_chance,
    until,
)

LARGEST = bytes(range(250)) * (FRAME_BYTES_MAX // 250)
BRIEF = Limits(stranger_s_max=0.05)
FEW = Limits(strangers_max=3)


@pytest.fixture(autouse=True)
async def nothing_is_raised_and_nothing_left_open() -> AsyncIterator[None]:
    """What a peer sends must not surface as an exception anywhere, nor hold on to a socket."""
    raised: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: raised.append(context))
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    yield
    Stranger.all_hang_up()
    gc.collect()
    assert raised == []
    assert len(os.listdir("/proc/self/fd")) == before


def count_of(bearer: TcpBearer, kind: str) -> int:
    counts: dict[str, int] = bearer.describe()["refused_by"]
    return counts.get(kind, 0)


def of_tcp(path: Path) -> TcpPath:
    assert isinstance(path, TcpPath)
    return path


# Two stations.


def test_the_bearer_keeps_its_contracts() -> None:
    station: Carrier = Station()
    bearer: Bearer = TcpBearer(station, listen=None, dial=None, entropy=no_chance)
    assert bearer.describe()["connections"] == []


async def test_frames_cross_both_ways_byte_for_byte_and_in_order() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port) as dialler:
        to_north = await south.gets_path()
        said = [b"1", LARGEST, b"", b"2" * 60, LARGEST[::-1]]
        for frame in filter(None, said):
            to_north.send(frame)
        assert await north.hears(4) == [frame for frame in said if frame]
        to_south = await north.gets_path()
        to_south.send_all([b"received", b"opened"])
        to_south.send_all([])
        assert await south.hears(2) == [b"received", b"opened"]
        assert south.readings == [2]
        facts = dialler.describe()
        assert (facts["frames_out"], facts["frames_in"]) == (4, 2)
        assert facts["bytes_out"] == 4 * 3 + 1 + 60 + 2 * FRAME_BYTES_MAX
        assert facts["bytes_in"] == 2 * 3 + 8 + 6


async def test_who_dials_speaks_first_and_silence_is_not_shown() -> None:
    north, south = Station(), Station()
    async with listening(north) as (bearer, port), dialling(south, port):
        to_north = await south.gets_path()
        silent = await Stranger.calls(port)
        await until(lambda: bearer.describe()["strangers"] == 2)
        assert north.paths == []
        to_north.send(b"hello")
        assert (await north.hears()) == [b"hello"]
        assert len(north.paths) == 1
        silent.hangs_up()
    assert north.downs.qsize() == 1  # nothing is said of the end of what was never shown


async def test_a_path_has_a_name_and_a_peer() -> None:
    north, south = Station(), Station()
    async with listening(north) as (_, port), dialling(south, port):
        path = await south.gets_path()
        path.send(b"hello")
        await north.hears()
        other = await north.gets_path()
        assert path.peer == f"127.0.0.1:{port}"
        assert path.name == f"tcp to 127.0.0.1:{port} #1"
        assert other.name == f"tcp from {other.peer} #1"
        assert not path.vouched


async def test_a_cut_is_noticed_in_seconds_and_small_frames_do_not_wait() -> None:
    north, south = Station(), Station()
    async with listening(north) as (_, port), dialling(south, port):
        path = await south.gets_path()
        path.send(b"hello")
        await north.hears()
        for each in (path, await north.gets_path()):
            transport = of_tcp(each)._transport
            assert transport is not None
            option = transport.get_extra_info("socket").getsockopt
            assert option(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert option(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert option(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 2
            assert option(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == SILENCE_MS_MAX


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (None, "the other end hung up"),
        (TimeoutError(), "nothing came through for 4 seconds"),
        (ConnectionResetError(), "the other end broke it off"),
        (OSError(113, "No route to host"), "the connection failed: [Errno 113] No route to host"),
    ],
)
def test_the_end_of_a_path_has_a_reason(error: Exception | None, why: str) -> None:
    assert why_lost(error) == why


async def test_what_is_sent_on_a_path_that_has_gone_is_lost_without_a_word() -> None:
    north, south = Station(), Station()
    async with listening(north) as (_, port), dialling(south, port, pace=AT_ONCE) as bearer:
        path = await south.gets_path()
        path.close("to see what happens")
        path.send(b"too late")
        path.send_all([b"too", b"late"])
        path.resume()
        path.vouched = True
        path.close("again")
        assert path.room() == 0
        assert not path.vouched
        assert await south.loses_path() == (path, "to see what happens")
        assert bearer.describe()["frames_unsent"] == 3
        assert await south.gets_path() is not path


@pytest.mark.parametrize("when", ["up", "frames"])
async def test_a_path_closed_from_within_a_call_says_nothing_more(when: str) -> None:
    north = Station()

    def close(path: Path) -> None:
        path.close("we have heard enough")

    if when == "up":
        north.on_up = close
    else:
        north.on_frames = close
    async with listening(north) as (bearer, port):
        stranger = await Stranger.calls(port)
        await stranger.says(framed(b"A") + framed(b"B") + b"\x00\x00\x00")
        await stranger.is_dropped()
        assert (await north.loses_path())[1] == "we have heard enough"
        assert north.frames.qsize() == (0 if when == "up" else 2)
        assert bearer.describe()["refused"] == 0


async def test_our_own_mistakes_are_raised() -> None:
    with pytest.raises(Misused):
        TcpBearer(Station(), listen=("127.0.0.1", 70_000), dial=None, entropy=no_chance)
    with pytest.raises(Misused):
        TcpBearer(Station(), listen=None, dial=("127.0.0.1", 0), entropy=no_chance)
    async with listening(Station()) as (bearer, _):
        with pytest.raises(Misused):
            await bearer.start()


# Room.


async def test_room_shrinks_when_nobody_reads_and_word_comes_when_it_is_back() -> None:
    north, south = Station(), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port):
        path = await south.gets_path()
        whole = path.room()
        assert whole >= 2 * FRAME_BYTES_MAX
        path.send(b"hello")
        await north.hears()
        reader = await north.gets_path()
        reader.vouched = True
        reader.pause()
        sent = 0
        while path.room() >= FRAME_BYTES_MAX:
            path.send(LARGEST)
            sent += 1
            await asyncio.sleep(0)
        assert north.frames.empty()
        assert south.rooms.empty()
        reader.resume()
        assert await south.gets_room() is path
        assert path.room() >= FRAME_BYTES_MAX
        assert await north.hears(sent) == [LARGEST] * sent


async def test_whoever_sends_on_without_room_loses_the_path() -> None:
    north, south = Station(), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port, pace=AT_ONCE) as bearer:
        path = await south.gets_path()
        path.send(b"hello")
        await north.hears()
        (await north.gets_path()).pause()
        while path in south.paths:
            path.send(LARGEST)
            most = bearer.describe()["connections"][0]["waiting_bytes"]
            assert most <= Limits().write_max + LENGTH_BYTES + FRAME_BYTES_MAX
            await asyncio.sleep(0)
        assert (await south.loses_path())[1] == "the other end does not take what is sent"
        assert count_of(bearer, "stuck") == 1


async def test_a_paused_path_is_not_read() -> None:
    north, south = Station(), Station()
    async with listening(north) as (bearer, port), dialling(south, port):
        path = await south.gets_path()
        path.send(b"one")
        assert await north.hears() == [b"one"]
        reader = await north.gets_path()
        reader.pause()
        path.send(b"two")
        stranger = await Stranger.calls(port)  # by the time he is heard, "two" would have been
        await stranger.says(framed(b"three"))
        assert await north.hears() == [b"three"]
        reader.resume()
        assert await north.hears() == [b"two"]
        stranger.hangs_up()
        assert bearer.describe()["refused"] == 0


# Strangers.


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


# Bad input.


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
        async with listening(north, limits=BRIEF) as (bearer, port):
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


# The world.


async def test_a_port_in_use_is_one_sentence_and_can_be_tried_again() -> None:
    north, south = Station(), Station()
    async with listening(north) as (_, port):
        late = TcpBearer(south, listen=("127.0.0.1", port), dial=None, entropy=no_chance)
        with pytest.raises(Unavailable) as caught:
            await late.start()
        assert caught.value.sentence == (
            f"Another program is already listening on 127.0.0.1:{port}."
        )
        assert "another port" in caught.value.hint
        assert late.describe()["last_error"] == caught.value.sentence
        assert late.describe()["listening"] is False
    await late.start()
    stranger = await Stranger.calls(port)
    await stranger.says(framed(b"good"))
    assert await south.hears() == [b"good"]
    stranger.hangs_up()
    await late.stop()


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("192.0.2.1", "This machine has no address 192.0.2.1, so it cannot listen there."),
        ("a..b", "No address is known for the name 'a..b', so nobody can listen there."),
    ],
)
async def test_an_address_that_is_not_ours_is_one_sentence(host: str, sentence: str) -> None:
    bearer = TcpBearer(Station(), listen=(host, 0), dial=("127.0.0.1", 9), entropy=no_chance)
    with pytest.raises(Unavailable) as caught:
        await bearer.start()
    assert caught.value.sentence == sentence
    assert caught.value.hint
    assert bearer.describe()["dial_attempts"] == 0  # nothing is half started
    await bearer.stop()


async def test_listening_everywhere_includes_here() -> None:
    north = Station()
    bearer = TcpBearer(north, listen=("", 0), dial=None, entropy=no_chance)
    await bearer.start()
    assert bearer._server is not None
    port = next(
        each.getsockname()[1] for each in bearer._server.sockets if each.family == socket.AF_INET
    )
    stranger = await Stranger.calls(port)
    await stranger.says(framed(b"good"))
    assert await north.hears() == [b"good"]
    stranger.hangs_up()
    await bearer.stop()


async def test_facts_are_plain_json() -> None:
    north, south = Station(vouches=True), Station()
    async with listening(north) as (bearer, port), dialling(south, port) as dialler:
        (await south.gets_path()).send(b"hello")
        await north.hears()
        facts = json.loads(json.dumps(bearer.describe()))
        assert facts["listen"] == f"127.0.0.1:{port}"
        assert facts["connections"][0]["vouched"] is True
        assert facts["connections"][0]["frames_in"] == 1
        assert facts["last_error"] == ""
        assert json.loads(json.dumps(dialler.describe()))["dial"] == f"127.0.0.1:{port}"


async def test_stopping_tells_of_every_path_and_can_be_repeated() -> None:
    north, south = Station(), Station()
    bearer = TcpBearer(north, listen=("127.0.0.1", 0), dial=None, entropy=no_chance)
    await bearer.stop()
    for _ in range(2):
        await bearer.start()
        assert bearer.listening is not None
        async with dialling(south, bearer.listening[1]):
            (await south.gets_path()).send(b"hello")
            await north.hears()
            await bearer.stop()
            assert north.paths == []
            assert (await north.loses_path())[1] == "this station stops"
            await bearer.stop()
    facts = bearer.describe()
    assert (facts["connections_made"], facts["frames_in"]) == (2, 2)
    assert facts["connections"] == []


async def test_stopping_while_somebody_calls() -> None:
    # At every turn of the loop between the call and its first frame.
    for turns in range(8):
        north, south = Station(), Station()
        async with listening(north) as (_, port), dialling(south, port):
            (await south.gets_path()).send(b"hello")
            for _ in range(turns):
                await asyncio.sleep(0)
        assert north.paths == south.paths == []


async def test_stopping_while_nobody_answers() -> None:
    with free_port() as port:
        async with dialling(Station(), port) as bearer:
            await until(lambda: bearer.describe()["dial_trouble"] is not None)
        assert "refused" in bearer.describe()["last_error"]


# The path goes, and returns.


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
