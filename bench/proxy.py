"""A wire between two stations that counts what crosses it and can be cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Wire:
    """Forwards TCP from its own port to `target`; counts payload bytes in each direction."""

    target: tuple[str, int]
    forward_bytes: int = 0
    backward_bytes: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self, port: int = 0) -> int:
        """Listen on loopback; return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def cut(self) -> None:
        """Close every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
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
        with suppress(OSError):
            while data := await source.read(1 << 16):
                if forward:
                    self.forward_bytes += len(data)
                else:
                    self.backward_bytes += len(data)
                sink.write(data)
                await sink.drain()
        self._open.discard(sink)
        sink.transport.abort()
