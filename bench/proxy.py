"""A wire between two stations that notes what crosses it, can be cut, and tells lies of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

LENGTH_BYTES = 3  # before every frame (spec/wire.md W12)
ENVELOPE, PACKET = 0, 1  # frame kinds
INJECTED_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class Crossing:
    """One frame that crossed the wire."""

    at: float  # monotonic seconds
    forward: bool  # from whoever dialled
    kind: int
    bytes: int  # with its length in front: TCP payload


@dataclass(slots=True)
class Wire:
    """Forwards TCP from its own port to `target` and notes every frame in both directions."""

    target: tuple[str, int]
    port: int = 0
    crossings: list[Crossing] = field(default_factory=list)
    holds: bool = False  # envelopes that go forward are kept from their receiver
    held: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    _forward: asyncio.StreamWriter | None = None
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> int:
        """Listen on loopback, after a cut on the same port as before; return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def cut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        if self._serving:
            await asyncio.wait(self._serving)

    async def _serve(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        try:
            far, to_far = await asyncio.open_connection(*self.target)
        except OSError:
            to_near.transport.abort()
            return
        self._open |= {to_near, to_far}
        self._forward = to_far
        await asyncio.gather(self._pump(near, to_far, True), self._pump(far, to_near, False))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, forward: bool
    ) -> None:
        unread = bytearray()
        with suppress(OSError):
            while data := await source.read(1 << 16):
                unread += data
                sink.write(b"".join(self._frames(unread, forward)))
                await sink.drain()
        self._open.discard(sink)
        sink.transport.abort()

    def _frames(self, unread: bytearray, forward: bool) -> Iterator[bytes]:
        """The whole frames among what was read, but for those that are held."""
        now = time.monotonic()
        while len(unread) > LENGTH_BYTES:
            size = LENGTH_BYTES + int.from_bytes(unread[:LENGTH_BYTES])
            if len(unread) < size:
                break
            kind = unread[LENGTH_BYTES] >> 2 & 7
            self.crossings.append(Crossing(now, forward, kind, size))
            framed = bytes(unread[:size])
            del unread[:size]
            if self.holds and forward and kind == ENVELOPE:
                self.held.put_nowait(framed[LENGTH_BYTES:])
            else:
                yield framed

    async def inject(self, stream: bytes) -> None:
        """Send whole frames of ours forward, as fast as they are taken."""
        assert self._forward is not None
        for at in range(0, len(stream), INJECTED_AT_ONCE):
            self._forward.write(stream[at : at + INJECTED_AT_ONCE])
            await self._forward.drain()
