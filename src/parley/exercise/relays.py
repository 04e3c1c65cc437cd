"""The emulated link between real sockets of this machine, where stations of an exercise call.

UDP packets are lost, delayed and queued as `Way` says. A stream loses nothing: what would be a
lost packet comes a round trip and 200 ms later and holds up all behind it, and who sends more than
the link takes is read no faster than it takes it. That is a kind picture of TCP on such a link: its
own congestion control sees a clean loopback, and sends no slower for what is lost.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from parley.exercise.emulator import Conditions, Way

LOOPBACK: Final = "127.0.0.1"
CALLERS_MAX: Final = 64
RESENT_AFTER_MS: Final = 200.0
READING: Final = 1_400
KERNEL_BYTES: Final = 16_384  # little, so that what waits is in the link and not before it
IP_TCP_BYTES: Final = 40


class UdpRelay:
    """Takes packets of callers on a port of its own and carries them to another, and back."""

    def __init__(self, there: int, conditions: Conditions, chance: random.Random) -> None:
        self.ways = (Way(conditions, chance), Way(conditions, chance))  # there, and back
        self._there = (LOOPBACK, there)
        self._near: asyncio.DatagramTransport | None = None
        self._callers: dict[Any, asyncio.DatagramTransport] = {}

    async def start(self) -> int:
        """Listen; on which port."""
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Socket(self._came), local_addr=(LOOPBACK, 0)
        )
        self._near = transport
        return int(transport.get_extra_info("sockname")[1])

    def becomes(self, conditions: Conditions) -> None:
        """From now on the link is like this, both ways."""
        for way in self.ways:
            way.conditions = conditions

    def close(self) -> None:
        """Carry nothing more."""
        for transport in (self._near, *self._callers.values()):
            if transport is not None:
                transport.close()
        self._near = None
        self._callers.clear()

    def _came(self, packet: bytes, caller: Any) -> None:
        if caller not in self._callers:
            if len(self._callers) >= CALLERS_MAX:
                return
            asyncio.get_running_loop().create_task(self._take_up(packet, caller))
            return
        self._carry(0, packet, caller)

    async def _take_up(self, packet: bytes, caller: Any) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Socket(lambda back, _: self._carry(1, back, caller)), remote_addr=self._there
        )
        if caller in self._callers or self._near is None:
            transport.close()
        else:
            self._callers[caller] = transport
        self._carry(0, packet, caller)

    def _carry(self, way: int, packet: bytes, caller: Any) -> None:
        loop = asyncio.get_running_loop()
        # The caller's number is its place, so that a way carries bytes only.
        place = list(self._callers).index(caller) if caller in self._callers else 0
        due = self.ways[way].put(bytes((place,)) + packet, loop.time())
        if due is not None:
            loop.call_at(due, self._arrives, way, due)

    def _arrives(self, way: int, due: float) -> None:
        callers = list(self._callers.items())
        # A timer may go a little early, by as much as the clock resolves.
        for packet in self.ways[way].due(max(due, asyncio.get_running_loop().time())):
            if self._near is None or packet[0] >= len(callers):
                continue
            caller, far = callers[packet[0]]
            if way == 0:
                far.sendto(packet[1:])
            else:
                self._near.sendto(packet[1:], caller)


class _Socket(asyncio.DatagramProtocol):
    """A datagram socket that tells of each packet."""

    def __init__(self, tell: Callable[[bytes, Any], None]) -> None:
        self._tell = tell

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """A packet came."""
        self._tell(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: as on a link whose far end is gone."""


class TcpRelay:
    """Takes connections on a port of its own and carries what they bring to another, and back."""

    def __init__(self, there: int, conditions: Conditions, chance: random.Random) -> None:
        self.conditions = conditions
        self.bytes_carried = [0, 0]
        self._there, self._chance = there, chance
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._free_at = [0.0, 0.0]
        self._whole = asyncio.Event()  # it is not cut
        self.becomes(conditions)

    async def start(self) -> int:
        """Listen; on which port."""
        listening = _listening()
        self._server = await asyncio.start_server(self._take_up, sock=listening)
        return int(listening.getsockname()[1])

    def becomes(self, conditions: Conditions) -> None:
        """From now on the link is like this, both ways."""
        self.conditions = conditions
        if conditions.cut:
            self._whole.clear()
        else:
            self._whole.set()

    async def close(self) -> None:
        """Carry nothing more."""
        if self._server is not None:
            self._server.close()
        for pump in self._pumps:
            pump.cancel()
        if self._pumps:
            await asyncio.wait(self._pumps)

    async def _take_up(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        try:
            far, to_far = await asyncio.open_connection(LOOPBACK, self._there, limit=READING)
        except OSError:
            to_near.transport.abort()
            return
        for writer in (to_near, to_far):
            _small(writer.get_extra_info("socket"))
        for way, source, sink in ((0, near, to_far), (1, far, to_near)):
            pump = asyncio.create_task(self._pump(way, source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(
        self, way: int, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        last_due = 0.0
        chunks: deque[bytes] = deque()
        try:
            while chunk := await source.read(READING):
                await self._whole.wait()
                like, now = self.conditions, loop.time()
                self.bytes_carried[way] += len(chunk) + IP_TCP_BYTES
                due = now + (like.delay_ms + self._chance.random() * like.jitter_ms) / 1000
                if self._chance.random() < like.loss:
                    due += (2 * like.delay_ms + like.jitter_ms + RESENT_AFTER_MS) / 1000
                if like.kbps:
                    takes_s = (len(chunk) + IP_TCP_BYTES) * 8 / 1000 / like.kbps
                    self._free_at[way] = max(now, self._free_at[way]) + takes_s
                    due += self._free_at[way] - now
                last_due = max(last_due, due)
                # Timers of one moment go in any order; what was read first leaves first.
                chunks.append(chunk)
                loop.call_at(last_due, _write, sink, chunks)
                # What the queue of the link does not hold waits with the sender.
                if like.kbps and self._free_at[way] - now > like.queue_ms / 1000:
                    await asyncio.sleep(self._free_at[way] - now - like.queue_ms / 1000)
            await asyncio.sleep(last_due - loop.time())
        except OSError:
            return
        finally:
            sink.transport.abort()


def _write(sink: asyncio.StreamWriter, chunks: deque[bytes]) -> None:
    chunk = chunks.popleft()
    if not sink.transport.is_closing():
        sink.write(chunk)


def _listening() -> socket.socket:
    listening = socket.create_server((LOOPBACK, 0))
    _small(listening)
    listening.setblocking(False)
    return listening


def _small(of: socket.socket) -> None:
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        of.setsockopt(socket.SOL_SOCKET, option, KERNEL_BYTES)
    if of.type == socket.SOCK_STREAM:
        with suppress(OSError):
            of.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
