"""Frames over TCP: listen, dial, or both."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from functools import cached_property
from typing import Any, cast

from parley.bearers import DATAGRAM_BYTES_MAX
from parley.bearers.credit import CREDIT, FRAME, HEAD_BYTES, MEDIA, Credit
from parley.bearers.dialling import Dialler, Entropy, Pace
from parley.bearers.framing import framed
from parley.bearers.streams import SILENCE_MS_MAX, Place, StreamBearer, StreamPath
from parley.core.errors import Misused

KEPT_UNSENT = 65_536  # in the kernel, where no FLASH can overtake it
DATAGRAMS_A_READING = 128  # a few milliseconds' work, and more than any call sends at once
CALLS_WAITING_MAX = 64  # accepted by the kernel, not yet by us

PATH_OPTIONS: tuple[tuple[int, str, int], ...] = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 2),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 2),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", SILENCE_MS_MAX),
    (socket.IPPROTO_TCP, "TCP_NOTSENT_LOWAT", KEPT_UNSENT),
)


class TcpBearer(StreamBearer):
    """One port to listen on, one place to dial, or both."""

    kind = "tcp"

    _server: asyncio.Server | None = None

    @cached_property
    def desk(self) -> memoryview:
        """Where readings go: one is parsed before the next begins, whichever path it is for."""
        return memoryview(bytearray(max(self.limits.reading, self.limits.stranger_reading)))

    def _seeker(self, host: str, port: int, entropy: Entropy, pace: Pace) -> Dialler:
        return Dialler(host, port, entropy, pace)

    async def _open(self, host: str, port: int) -> Place:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: TcpPath(self, dialled=False), host or None, port, backlog=CALLS_WAITING_MAX
        )
        where: Place = self._server.sockets[0].getsockname()[:2]
        return where

    async def _shut(self) -> None:
        server, self._server = self._server, None
        assert server is not None
        for each in server.sockets:
            asyncio.get_running_loop().remove_reader(each)
        # A call that asyncio has accepted becomes a path, or is refused because we stop, in
        # its next turns; a server closed before that forgets the call and leaves it open.
        for _ in range(3):
            await asyncio.sleep(0)
        server.close()

    async def _take_up(self, answer: socket.socket) -> StreamPath:
        path = TcpPath(self, dialled=True)
        await asyncio.get_running_loop().create_connection(path.itself, sock=answer)
        return path


class TcpPath(StreamPath, asyncio.BufferedProtocol):
    """One TCP connection."""

    datagram_bytes_max = DATAGRAM_BYTES_MAX
    unordered = False

    def __init__(self, bearer: TcpBearer, *, dialled: bool) -> None:
        super().__init__(bearer, dialled=dialled)
        self.on_datagram: Callable[[bytes], None] | None = None
        self.datagrams_in = self.datagrams_out = self.datagrams_shed = self.datagrams_dropped = 0
        self._transport: asyncio.Transport | None = None
        self._desk = bearer.desk
        self._credit = Credit()

    # What the station may do besides.

    @property
    def takes_datagrams(self) -> bool:
        """Whether the other end has said that it takes media. An earlier build never does, and to
        it goes one frame that it refuses and counts, no more (X2)."""
        return self._up and self._credit.known

    def send_datagram(self, datagram: bytes) -> bool:
        """Send media unless it would have to wait: behind frames of the line, which go first, or
        behind what is under way."""
        if not 0 < len(datagram) <= DATAGRAM_BYTES_MAX:
            raise Misused(f"A datagram has 1 to {DATAGRAM_BYTES_MAX} bytes, not {len(datagram)}.")
        if len(datagram) > self.datagram_room():
            self.datagrams_shed += 1
            if self._up and self.vouched and not self._credit.offered:
                self._send(framed(self._credit.frame()), 0)
            return False
        self.datagrams_out += 1
        self._credit.sent(len(datagram), self._loop.time())
        self._send(framed(MEDIA + datagram), 0)
        return True

    def datagram_room(self) -> int:
        """Bytes of media that may go now (X3)."""
        return self._credit.room if self._up and not self._waiting() else 0

    def conditions(self) -> dict[str, Any]:
        """Round trip and window of media, for whoever decides what is sent."""
        credit = self._credit
        rtts = {"rtt_ms": credit.rtt_s, "rtt_least_ms": credit.rtt_least_s}
        return {
            **{name: None if s is None else round(s * 1000, 1) for name, s in rtts.items()},
            "window_bytes": credit.window,
            "in_flight_bytes": credit.under_way,
        }

    def describe(self) -> dict[str, Any]:
        """Facts for the engineer, as plain JSON."""
        if not self._credit.known:
            return {**super().describe(), "datagrams_dropped": self.datagrams_dropped}
        return {
            **super().describe(),
            **self.conditions(),
            "datagrams_in": self.datagrams_in,
            "datagrams_out": self.datagrams_out,
            "datagrams_shed": self.datagrams_shed,
            "datagrams_dropped": self.datagrams_dropped,
        }

    def _apart(self, frames: list[bytes]) -> list[bytes]:
        """Take media out of what came. What is no media though it looks so is counted, and ends
        nothing (X4)."""
        beside = [frame for frame in frames if frame[0] == FRAME]
        if not beside:
            return frames
        came = self.datagrams_in
        for frame in beside:
            self._beside(frame, self.datagrams_in - came < DATAGRAMS_A_READING)
        if self._vouched and self._credit.answer_due:
            self._send(framed(self._credit.frame()), 0)
        return [frame for frame in frames if frame[0] != FRAME]

    def _beside(self, frame: bytes, affordable: bool) -> None:
        head, datagram = frame[:HEAD_BYTES], frame[HEAD_BYTES:]
        if head == CREDIT:  # of a stranger too: its proof may be among what waits for a step
            self.datagrams_dropped += not self._credit.hear(frame, self._loop.time())
        elif head == MEDIA and 0 < len(datagram) <= DATAGRAM_BYTES_MAX and self._vouched:
            self._credit.took(len(datagram))
            if self.on_datagram is not None and affordable:
                self.datagrams_in += 1
                self.on_datagram(datagram)
            else:
                self.datagrams_dropped += 1
        else:
            self.datagrams_dropped += 1

    def _proved(self) -> None:
        if self._credit.answer_due:
            self._send(framed(self._credit.frame()), 0)

    def _waiting(self) -> int:
        assert self._transport is not None
        return self._transport.get_write_buffer_size()

    def _write(self, framed: bytes) -> None:
        assert self._transport is not None
        self._transport.write(framed)

    def _read_on(self, more: bool) -> None:
        assert self._transport is not None
        if more:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _break_off(self, why: str) -> None:
        assert self._transport is not None
        self._transport.abort()

    # What asyncio tells us.

    def itself(self) -> TcpPath:
        """For asyncio, which asks for a factory of protocols."""
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Both ends agree that there is a connection."""
        self._transport = cast(asyncio.Transport, transport)
        tune(transport.get_extra_info("socket"))
        self._transport.set_write_buffer_limits(
            high=self._limits.write_low, low=self._limits.write_low // 2
        )
        self._begin(transport.get_extra_info("peername") or ("an unknown address", 0))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next reading goes."""
        size = self._limits.reading if self._vouched else self._limits.stranger_reading
        return self._desk[:size]

    def buffer_updated(self, nbytes: int) -> None:
        """Something was read."""
        self._take(bytes(self._desk[:nbytes]))

    def resume_writing(self) -> None:
        """The kernel has taken most of what was waiting."""
        self._drained()

    def eof_received(self) -> bool:
        """The other end sends no more. A line that carries one way only is no path."""
        self.close("the other end hung up")
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self._end(why_lost(error))


def tune(connection: socket.socket) -> None:
    """Set what the kernel of this machine knows of PATH_OPTIONS."""
    for level, name, value in PATH_OPTIONS:
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):  # a peer that reset at once: it is lost anyway
                connection.setsockopt(level, option, value)


def why_lost(error: Exception | None) -> str:
    """Why a connection ended, for the engineer."""
    if error is None:
        return "the other end hung up"
    if isinstance(error, TimeoutError):
        return f"nothing came through for {SILENCE_MS_MAX // 1000} seconds"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "the other end broke it off"
    return f"the connection failed: {getattr(error, 'strerror', None) or error}"
