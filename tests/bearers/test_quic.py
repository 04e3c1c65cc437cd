"""The QUIC bearer on real sockets: frames as on TCP, datagrams beside them, junk, cuts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
from functools import partial

import pytest
from aioquic import tls

from parley.bearers import DATAGRAM_BYTES_MAX, FRAME_BYTES_MAX, Bearer, Carrier, Path
from parley.bearers.dialling import Pace
from parley.bearers.quic import (
    DATAGRAMS_WAITING,
    DATAGRAMS_WAITING_MAX,
    QuicBearer,
    QuicPath,
)
from parley.bearers.quic_connection import ACK_S, ACK_WITH_MEDIA_S
from parley.bearers.streams import Limits
from parley.core.errors import Misused, Unavailable
from tests.bearers import playbook
from tests.bearers.playbook import LARGEST, PATIENCE_S, Station, no_chance, until

SWIFT = Pace(pause_s_first=0.05, pause_s_max=0.05, attempts_max=8)


listening = partial(playbook.listening, kind=QuicBearer)
dialling = partial(playbook.dialling, kind=QuicBearer, pace=SWIFT)


def of_quic(path: Path) -> QuicPath:
    assert isinstance(path, QuicPath)
    return path


class Relay:
    """A network between two UDP ends: it can swallow everything, and show another address."""

    def __init__(self, port: int) -> None:
        self._there = ("127.0.0.1", port)
        self._here = self._socket()
        self._away = self._socket()
        self.port: int = self._here.getsockname()[1]
        self.cut = False
        self._caller: tuple[str, int] | None = None
        loop = asyncio.get_running_loop()
        loop.add_reader(self._here, self._out)
        loop.add_reader(self._away, self._back)

    @staticmethod
    def _socket() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.bind(("127.0.0.1", 0))
        return made

    def _out(self) -> None:
        with contextlib.suppress(OSError):
            data, self._caller = self._here.recvfrom(65_536)
            if not self.cut:
                self._away.sendto(data, self._there)

    def _back(self) -> None:
        with contextlib.suppress(OSError):
            data, _ = self._away.recvfrom(65_536)
            if not self.cut and self._caller is not None:
                self._here.sendto(data, self._caller)

    def moves(self) -> None:
        """From now on the caller is seen at another port, as after a router forgot it."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._away)
        self._away.close()
        self._away = self._socket()
        loop.add_reader(self._away, self._back)

    def close(self) -> None:
        for each in (self._here, self._away):
            asyncio.get_running_loop().remove_reader(each)
            each.close()


def test_the_bearer_keeps_its_contracts() -> None:
    station: Carrier = Station()
    bearer: Bearer = QuicBearer(station, listen=None, dial=None, entropy=no_chance)
    assert isinstance(bearer, QuicBearer)
    assert bearer.describe()["connections"] == []
    with pytest.raises(Misused):
        QuicBearer(Station(), listen=None, dial=("127.0.0.1", 0), entropy=no_chance)


async def test_frames_cross_both_ways_byte_for_byte_and_in_order() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port) as dialler:
        to_north = await south.gets_path()
        said = [b"1", LARGEST, b"2" * 60, LARGEST[::-1]]
        for frame in said:
            to_north.send(frame)
        assert await north.hears(4) == said
        to_south = await north.gets_path()
        to_south.send_all([b"received", b"opened"])
        assert await south.hears(2) == [b"received", b"opened"]
        facts = json.loads(json.dumps(dialler.describe()))
        assert (facts["kind"], facts["frames_out"], facts["frames_in"]) == ("quic", 4, 2)
        (connection,) = facts["connections"]
        assert connection["rtt_ms"] > 0
        assert to_north.name == f"quic to 127.0.0.1:{port} #1"
        assert to_south.name == f"quic from {to_south.peer} #1"


async def test_who_dials_speaks_first_and_silence_is_not_shown() -> None:
    north, south = Station(), Station()
    patient = Limits(stranger_s_max=0.5)
    async with listening(north, limits=patient) as (bearer, port), dialling(south, port):
        await south.gets_path()
        await until(lambda: "unproved" in bearer.describe()["refused_by"])
        assert north.ups.empty()
        # The other end is told, and calls again.
        south.on_up = lambda path: path.send(b"hello")
        await south.loses_path()
        assert await north.hears() == [b"hello"]


@pytest.mark.parametrize(("junk", "count"), [(b"\x00\x00\x00", "empty"), (b"\xff" * 3, "oversize")])
async def test_bytes_that_no_station_sends_end_the_path(junk: bytes, count: str) -> None:
    north, south = Station(), Station()
    async with listening(north) as (bearer, port), dialling(south, port):
        path = of_quic(await south.gets_path())
        path.send(b"good")
        path.connection.send_stream_data(0, junk)
        path.driver.transmit()
        assert await north.hears() == [b"good"]
        await until(lambda: bearer.describe()["refused_by"] == {count: 1})
        assert (await south.loses_path())[0] is path


async def test_room_shrinks_when_nobody_reads_and_word_comes_when_it_is_back() -> None:
    north, south = Station(), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port):
        path = await south.gets_path()
        assert path.room() >= 2 * FRAME_BYTES_MAX
        path.send(b"hello")
        await north.hears()
        reader = of_quic(await north.gets_path())
        reader.vouched = True
        reader.pause()
        sent = 0
        while path.room() >= FRAME_BYTES_MAX:
            path.send(LARGEST)
            sent += 1
            for _ in range(20):
                await asyncio.sleep(0)
        assert north.frames.empty()
        assert len(reader._held) <= 2 * 262_144  # a window, whatever the other end does
        reader.resume()
        assert await south.gets_room() is path
        assert await north.hears(sent) == [LARGEST] * sent


async def test_whoever_sends_on_without_room_loses_the_path() -> None:
    north, south = Station(), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port) as bearer:
        path = await south.gets_path()
        path.send(b"hello")
        await north.hears()
        (await north.gets_path()).pause()
        while path in south.paths:
            path.send(LARGEST)
            await asyncio.sleep(0)
        assert (await south.loses_path())[1] == "the other end does not take what is sent"
        assert bearer.describe()["refused_by"] == {"stuck": 1}


async def test_W13_datagrams_go_beside_the_frames_once_the_station_has_vouched() -> None:
    north, south = Station(), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port):
        to_north = of_quic(await south.gets_path())
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        to_north.send(b"hello")
        await north.hears()
        to_south = of_quic(await north.gets_path())
        to_south.on_datagram = heard.put_nowait
        assert to_north.send_datagram(b"a stranger's")
        await until(lambda: to_south.datagrams_dropped == 1)
        to_south.vouched = True
        largest = bytes(DATAGRAM_BYTES_MAX)
        for wrong in (b"", largest + b"\x00"):
            with pytest.raises(Misused):
                to_north.send_datagram(wrong)
        assert to_north.send_datagram(largest)
        async with asyncio.timeout(PATIENCE_S):
            assert await heard.get() == largest
        assert to_south.conditions()["lost"] == 0


async def test_what_comes_is_confirmed_together_and_by_packets_that_leave_anyway(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks, count = 0, 16
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port):
        to_north = of_quic(await south.gets_path())
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        to_north.send(b"hello")
        await north.hears()
        to_south = of_quic(await north.gets_path())
        connection, transmit = to_south.connection, to_south.driver.transmit

        def look() -> None:
            nonlocal looks
            looks += 1
            transmit()

        async def hears(datagrams: int) -> None:
            for _ in range(datagrams):
                assert to_north.send_datagram(bytes(1_000))
                await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE_S):
                for _ in range(datagrams):
                    await heard.get()

        to_south.on_datagram = heard.put_nowait
        await hears(1)
        monkeypatch.setattr(to_south.driver, "transmit", look)
        began = asyncio.get_running_loop().time()
        await hears(count)
        confirmations = (asyncio.get_running_loop().time() - began) / ACK_S
        # None that only looked whether there is something to send.
        assert looks < count / 2 + confirmations

        kept: list[bool] = []

        def answers(datagram: bytes) -> None:
            space, now = connection._spaces[tls.Epoch.ONE_RTT], asyncio.get_running_loop().time()
            for due_in_s in (ACK_S, (ACK_S - ACK_WITH_MEDIA_S) / 2):
                space.ack_at = now + due_in_s
                connection.send_datagram_frame(b"ours")
                connection.datagrams_to_send(now=now)
                kept.append(space.ack_at is not None)
            heard.put_nowait(datagram)

        to_south.on_datagram = answers
        await hears(1)
        assert kept == [True, False]


async def test_datagrams_that_the_link_does_not_take_are_shed_at_once() -> None:
    south, north = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port):
        relay = Relay(port)
        async with dialling(south, relay.port):
            path = of_quic(await south.gets_path())
            relay.cut = True
            taken = sum(path.send_datagram(bytes(1_000)) for _ in range(400))
            assert taken < 200
            assert path.datagrams_shed == 400 - taken
            assert path.connection.datagrams_waiting == DATAGRAMS_WAITING_MAX
            path.send(b"a FLASH")  # X1: it waits behind no more than goes at once anyway
            assert path.connection.datagrams_waiting == DATAGRAMS_WAITING
            assert path.datagrams_shed == 400 - taken + DATAGRAMS_WAITING_MAX - DATAGRAMS_WAITING
        relay.close()


async def test_a_connection_goes_on_when_its_address_changes() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port):
        relay = Relay(port)
        async with dialling(south, relay.port):
            path = await south.gets_path()
            path.send(b"before")
            await north.hears()
            (await north.gets_path()).send(b"answer")
            await south.hears()
            relay.moves()
            path.send(b"after")
            assert await north.hears() == [b"after"]
            north.paths[0].send(b"found you")
            assert await south.hears() == [b"found you"]
            assert (len(north.paths), len(south.paths)) == (1, 1)
        relay.close()


@pytest.mark.story
async def test_a_cut_is_noticed_and_the_path_is_found_again() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port):
        relay = Relay(port)
        async with dialling(south, relay.port) as bearer:
            (await south.gets_path()).send(b"before")
            await north.hears()
            relay.cut = True
            assert (await south.loses_path())[1] == "nothing came through for 4 seconds"
            assert (await north.loses_path())[1] == "nothing came through for 4 seconds"
            relay.cut = False
            south.on_up = lambda path: path.send(b"again")
            assert await north.hears() == [b"again"]
            assert bearer.describe()["dial_attempts"] >= 2
        relay.close()


@pytest.mark.story
async def test_an_idle_connection_is_kept() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (_, port), dialling(south, port):
        path = of_quic(await south.gets_path())
        path.send(b"hello")
        await north.hears()
        before = path.connection._loss._cc.get_log_data()
        assert before["lost"] == 0
        packets = path.connection._packet_number
        await until(lambda: path.connection._packet_number >= packets + 3)
        assert (len(north.paths), len(south.paths)) == (1, 1)


async def test_a_station_that_goes_and_returns_is_found_again() -> None:
    south = Station(vouches=True)
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind(("127.0.0.1", 0))
    port = holder.getsockname()[1]
    holder.close()
    south.on_up = lambda path: path.send(b"first frame")
    async with dialling(south, port) as bearer:
        await until(lambda: bearer.describe()["dial_trouble"] is not None)
        assert "refused" in bearer.describe()["last_error"]
        for _ in range(2):
            north = Station(vouches=True)
            async with listening(north, port=port):
                assert await north.hears() == [b"first frame"]
            assert len(await south.loses_path()) == 2


async def test_any_packet_at_all_raises_nothing_and_costs_no_connection() -> None:
    north, south = Station(), Station(vouches=True)
    chance = random.Random(11)
    async with listening(north) as (bearer, port), dialling(south, port):
        path = of_quic(await south.gets_path())
        path.send(b"hello")
        await north.hears()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect(("127.0.0.1", port))
            for turn in range(400):
                junk = bytearray(chance.randbytes(chance.choice((0, 1, 20, 1_200, 1_400))))
                if junk and turn % 3 == 0:  # a long header of QUIC 1, an Initial among them
                    junk[:6] = b"\xc0\x00\x00\x00\x01\x08"
                if junk and turn % 5 == 0:  # of a connection that is there
                    junk[:9] = b"\x40" + path.connection._peer_cid.cid
                with contextlib.suppress(OSError):
                    stranger.send(junk)
                await asyncio.sleep(0)
        path.send(b"still here")
        assert await north.hears() == [b"still here"]
        facts = bearer.describe()
        assert facts["connections_made"] == 1
        assert facts["junk_datagrams"] > 50


async def test_what_the_library_fails_on_costs_that_path_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    north, south, other = Station(vouches=True), Station(vouches=True), Station(vouches=True)
    async with (
        listening(north) as (bearer, port),
        dialling(south, port),
        dialling(other, port),
    ):
        for each in (south, other):
            (await each.gets_path()).send(b"hello")
            await north.hears()
        path = of_quic(await north.gets_path())

        def fails(*_: object, **__: object) -> None:
            raise RuntimeError("as a library does that met what nobody tried")

        monkeypatch.setattr(path.connection, "receive_datagram", fails)
        lost, why = await north.loses_path()
        assert (lost, why) == (path, "it sent packets that no station sends")
        assert bearer.describe()["refused_by"] == {"broken": 1}
        assert len(north.paths) == 1
        other.paths[0].send(b"still here")
        assert await north.hears() == [b"still here"]


async def test_strangers_are_few() -> None:
    north = Station()
    few = Limits(strangers_max=3)
    async with listening(north, limits=few) as (bearer, port), contextlib.AsyncExitStack() as all_:
        callers = [Station() for _ in range(4)]
        for caller in callers:
            await all_.enter_async_context(dialling(caller, port))
            await caller.gets_path()
        await until(lambda: bearer.describe()["refused_by"].get("crowded out", 0) >= 1)
        assert bearer.describe()["strangers"] <= 3


async def test_a_port_in_use_is_one_sentence() -> None:
    async with listening(Station()) as (_, port):
        late = QuicBearer(Station(), listen=("127.0.0.1", port), dial=None, entropy=no_chance)
        with pytest.raises(Unavailable, match="Another program is already listening"):
            await late.start()


async def test_stopping_tells_of_every_path() -> None:
    north, south = Station(vouches=True), Station(vouches=True)
    async with listening(north) as (bearer, port), dialling(south, port):
        (await south.gets_path()).send(b"hello")
        await north.hears()
        await bearer.stop()
        assert north.paths == []
        assert (await north.loses_path())[1] == "this station stops"
        await south.loses_path()
