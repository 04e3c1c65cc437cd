"""The emulated link between real sockets: packets and streams cross it, and a cut swallows them."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

from parley.exercise.emulator import Conditions
from parley.exercise.relays import LOOPBACK, TcpRelay, UdpRelay
from tests.bearers.playbook import until

PATIENCE_S = 20.0
BRIEF = Conditions(delay_ms=1)


class Echo(asyncio.DatagramProtocol):
    """Sends each packet back, and tells of what comes."""

    def __init__(self, *, back: bool) -> None:
        self.back = back
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.came.put_nowait(data)
        if self.back:
            self.transport.sendto(data, addr)


async def test_packets_cross_both_ways_for_each_caller() -> None:
    loop = asyncio.get_running_loop()
    there, far = await loop.create_datagram_endpoint(
        lambda: Echo(back=True), local_addr=(LOOPBACK, 0)
    )
    relay = UdpRelay(there.get_extra_info("sockname")[1], BRIEF, random.Random(1))
    port = await relay.start()
    callers = []
    async with asyncio.timeout(PATIENCE_S):
        for n in range(3):
            transport, near = await loop.create_datagram_endpoint(
                lambda: Echo(back=False), remote_addr=(LOOPBACK, port)
            )
            callers.append(transport)
            transport.sendto(bytes((n,)) * 900)
            assert await near.came.get() == bytes((n,)) * 900
        relay.becomes(Conditions(cut=True))
        callers[0].sendto(b"swallowed")
        await until(lambda: relay.ways[0].packets_lost > 0)
    assert far.came.qsize() == 3
    relay.close()
    for each in (*callers, there):
        each.close()


async def test_a_stream_crosses_and_waits_while_the_link_is_cut() -> None:
    ended = asyncio.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1_000):
                writer.write(data)
        writer.transport.abort()
        ended.set()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    lossy = Conditions(delay_ms=1, jitter_ms=1, loss=0.02, kbps=50_000)
    relay = TcpRelay(server.sockets[0].getsockname()[1], lossy, random.Random(1))
    port = await relay.start()
    async with server, asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        said = random.Random(2).randbytes(20_000)
        writer.write(said)
        assert await reader.readexactly(len(said)) == said
        relay.becomes(Conditions(cut=True))
        writer.write(b"waits")
        relay.becomes(BRIEF)
        assert await reader.readexactly(5) == b"waits"
        writer.close()
        await relay.close()
        await ended.wait()
