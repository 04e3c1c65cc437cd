"""The TCP bearer on real sockets: two stations, room to write, and what the world refuses."""

from __future__ import annotations

import asyncio
import errno
import json
import socket

import pytest

from parley.bearers import FRAME_BYTES_MAX, Bearer, Carrier, Path
from parley.bearers.framing import LENGTH_BYTES, framed
from parley.bearers.streams import SILENCE_MS_MAX, Limits, cannot_listen
from parley.bearers.tcp import TcpBearer, why_lost
from parley.core.errors import Misused, Unavailable
from tests.bearers.playbook import (
    AT_ONCE,
    LARGEST,
    Station,
    Stranger,
    count_of,
    dialling,
    free_port,
    listening,
    no_chance,
    of_tcp,
    until,
)

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
        (OSError(113, "No route to host"), "the connection failed: No route to host"),
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


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, ""), "This user may not listen on [::1]:7."),
        (
            OSError(errno.EMFILE, "none", "and (what, Python) says"),
            "It is not possible to listen on [::1]:7: too many open files.",
        ),
    ],
)
def test_each_refusal_of_a_port_has_a_next_step(error: Exception, sentence: str) -> None:
    trouble = cannot_listen(error, "::1", 7)
    assert trouble.sentence == sentence
    assert trouble.hint


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
