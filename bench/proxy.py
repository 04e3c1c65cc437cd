"""A wire between two stations that notes what crosses it and can be cut."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

LENGTH_BYTES = 3  # before every frame (spec/wire.md W12)
ENVELOPE, PACKET = 0, 1  # frame kinds


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
        await asyncio.gather(self._pump(near, to_far, True), self._pump(far, to_near, False))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, forward: bool
    ) -> None:
        unread = bytearray()
        with suppress(OSError):
            while data := await source.read(1 << 16):
                sink.write(data)
                self._note(unread, data, forward)
                await sink.drain()
        self._open.discard(sink)
        sink.transport.abort()

    def _note(self, unread: bytearray, data: bytes, forward: bool) -> None:
        now = time.monotonic()
        unread += data
        while len(unread) > LENGTH_BYTES:
            size = LENGTH_BYTES + int.from_bytes(unread[:LENGTH_BYTES])
            if len(unread) < size:
                break
            kind = unread[LENGTH_BYTES] >> 2 & 7
            self.crossings.append(Crossing(now, forward, kind, size))
            del unread[:size]
