"""Many requests under way at once on one control connection, as a busy console makes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

from parley.core.errors import Unavailable
from parley.station.acts.address import SOCKET_NAME, address
from parley.station.acts.calling import error_of

Answer = asyncio.Future[dict[str, Any]]


class Calls(asyncio.Protocol):
    """One connection with one token; `ask` does not wait, its future is the answer.

    What is asked within one turn of the event loop leaves in one writing. When the station dies
    every open question fails with Unavailable: whether it was carried out, nobody was told.
    """

    def __init__(self, token: str) -> None:
        self.lost = asyncio.Event()
        self.on_event: Callable[[dict[str, Any]], None] | None = None
        self._token = json.dumps(token)
        self._next_id = 0
        self._open: dict[int, Answer] = {}
        self._unread = bytearray()
        self._unsent: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, folder: Path, token: str) -> Self:
        """Connect to the station that serves in `folder`."""
        loop = asyncio.get_running_loop()
        calls = cls(token)
        try:
            with address(folder / SOCKET_NAME) as where:
                await loop.create_unix_connection(lambda: calls, where)
        except OSError as error:
            raise Unavailable(f"No station serves in {folder}.") from error
        return calls

    def ask(self, op: str, **args: Any) -> Answer:
        """Send a request; the future brings its result or raises what the station answered."""
        answer: Answer = asyncio.get_running_loop().create_future()
        if self._transport is None:
            answer.set_exception(Unavailable("The station has stopped."))
            return answer
        self._next_id += 1
        self._open[self._next_id] = answer
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(
            b'{"id":%d,"op":"%s","token":%s,"args":%s}\n'
            % (self._next_id, op.encode(), self._token.encode(), json.dumps(args).encode())
        )
        return answer

    async def listen(self, heard: Callable[[dict[str, Any]], None]) -> int:
        """Call `heard` with every event from now on; the number of the last one before."""
        self.on_event = heard
        return int((await self.ask("events"))["seq"])

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    # What asyncio tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The station has taken the call."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Some answers or events."""
        self._unread += data
        end = self._unread.rfind(b"\n")
        if end < 0:
            return
        lines = bytes(self._unread[:end]).split(b"\n")
        del self._unread[: end + 1]
        for line in lines:
            self._read(json.loads(line))

    def connection_lost(self, error: Exception | None) -> None:
        """The station has gone, and with it the answers."""
        self._transport = None
        unanswered, self._open = self._open, {}
        for answer in unanswered.values():
            if not answer.done():
                answer.set_exception(Unavailable("The station has stopped."))
                answer.exception()  # looked at here, so that nobody is warned who did not wait
        self.lost.set()

    def _read(self, told: dict[str, Any]) -> None:
        if "event" in told:
            if self.on_event is not None:
                self.on_event(told["event"])
            return
        answer = self._open.pop(told["id"], None)
        if answer is None or answer.done():
            return
        if told["ok"]:
            answer.set_result(told["result"])
        else:
            answer.set_exception(error_of(told["error"]))

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is not None and unsent:
            self._transport.write(b"".join(unsent))


async def whole_record(ask: Callable[..., Awaitable[dict[str, Any]]]) -> str:
    """A station's evidence, exported piece by piece."""
    told = await ask("export")
    pieces: list[str] = [told["evidence"]]
    while told["next"] is not None:
        told = await ask("export", after=told["next"])
        pieces.append(told["evidence"])
    return "".join(pieces)
