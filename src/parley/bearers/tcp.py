"""Frames over TCP: listen, dial, or both."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from functools import cached_property
from typing import cast

from parley.bearers.dialling import Dialler, Entropy, Pace
from parley.bearers.streams import SILENCE_MS_MAX, Place, StreamBearer, StreamPath

KEPT_UNSENT = 65_536  # in the kernel, where no FLASH can overtake it
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

    def __init__(self, bearer: TcpBearer, *, dialled: bool) -> None:
        super().__init__(bearer, dialled=dialled)
        self._transport: asyncio.Transport | None = None
        self._desk = bearer.desk

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
