"""The control socket: one JSON object a line, for the command line and for programs.

    {"id": 1, "op": "draft.new", "token": "…", "args": {…}}
    {"id": 1, "ok": true, "result": {…}}
    {"id": 1, "ok": false, "error": {"kind": "refused", "sentence": "…", "hint": "…", …}}
    {"id": 2, "op": "events", "token": "…", "args": {"since": 0}}  then  {"event": {…}}  lines

Many requests may be under way on one connection; answers come as they are ready and bear the id
of their request. What one reading brings goes into one step of the station, and what one step
answers goes out in one writing. The socket belongs to the station's user alone; junk on it is
answered and costs nobody else anything.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from parley.core.errors import Misused, ParleyError, Refused, Unavailable
from parley.station.acts.address import REQUEST_BYTES_MAX, SOCKET_NAME, address
from parley.station.acts.events import Event, Events
from parley.station.acts.operations import Operation, find
from parley.station.acts.person import Person

UNDER_WAY_MAX = 512  # of one connection; above it we stop reading until answers have gone
# Above it a listener that does not read loses its connection, and whoever asks is read no further.
UNSENT_BYTES_MAX = 8 << 20

Answer = dict[str, Any] | ParleyError
Reply = Callable[[Answer], None]


class Answering(Protocol):
    """The station, as those see it who bring requests."""

    events: Events

    def person_of(self, token: str) -> Person | None:
        """Whose token this is."""

    def submit(
        self, operation: Operation, who: Person, arguments: dict[str, Any], reply: Reply
    ) -> None:
        """Carry an operation out in the next step, and reply once what it did is durable."""


class ControlServer:
    """Listens on the control socket of one folder."""

    def __init__(self, station: Answering, folder: Path) -> None:
        self.station = station
        self.path = folder / SOCKET_NAME
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. The folder is locked, so a socket that lies there belongs to nobody."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        before = os.umask(0o177)
        try:
            with address(self.path) as where:
                self._server = await asyncio.get_running_loop().create_unix_server(
                    lambda: _Connection(self), where
                )
        except OSError as error:
            raise Unavailable(
                f"The control socket {self.path} cannot be made: {error.strerror or error}.",
                "Put the station's folder on a disk of this machine that knows sockets.",
            ) from error
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """Close the socket and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.connections):
            connection.close()
        with suppress(FileNotFoundError):
            self.path.unlink()


class _Connection(asyncio.Protocol):
    """One caller."""

    def __init__(self, server: ControlServer) -> None:
        self._server = server
        self._station = server.station
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()
        self._answers: list[bytes] = []
        self._flushing = False
        self._under_way = 0
        self._full = False
        self._paused = False
        self._stop_listening: Callable[[], None] | None = None

    # What asyncio tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller is there."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=UNSENT_BYTES_MAX)
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Some bytes of requests."""
        self._unread += data
        end = self._unread.rfind(b"\n")
        if end >= 0:
            lines = bytes(self._unread[:end]).split(b"\n")
            del self._unread[: end + 1]
            for line in lines:
                if line.strip():
                    self._request(line)
        if len(self._unread) > REQUEST_BYTES_MAX:
            self._unread.clear()
            self._say(None, Refused("A request is longer than 1 MiB.", "Send less at once."))
            self._flush()
            self.close()

    def pause_writing(self) -> None:
        """The caller does not read what it asked for."""
        self._full = True
        self._read_or_wait()

    def resume_writing(self) -> None:
        """It has read on."""
        self._full = False
        self._read_or_wait()

    def connection_lost(self, error: Exception | None) -> None:
        """The caller has gone; what was asked is done all the same."""
        self._transport = None
        self._server.connections.discard(self)
        if self._stop_listening is not None:
            self._stop_listening()

    def close(self) -> None:
        """Let the caller go."""
        if self._transport is not None:
            self._transport.close()

    # Requests.

    def _request(self, line: bytes) -> None:
        id: Any = None
        try:
            if len(line) > REQUEST_BYTES_MAX:
                raise Refused("A request is longer than 1 MiB.", "Send less at once.")
            request = _read(line)
            id = request.get("id")
            if not isinstance(id, str | int | None):
                id = None
                raise Misused("The id of a request is a number or a text.")
            self._act(id, request)
        except ParleyError as error:
            self._say(id, error)

    def _act(self, id: Any, request: dict[str, Any]) -> None:
        name, token = request.get("op"), request.get("token", "")
        arguments = request.get("args", {})
        if not (isinstance(name, str) and isinstance(token, str) and isinstance(arguments, dict)):
            raise Misused(
                "A request names op and token as texts and args as an object.",
                'For example {"id": 1, "op": "whoami", "token": "…", "args": {}}.',
            )
        who = self._station.person_of(token)
        if who is None:
            raise strange_token()
        if name == "events":
            self._listen(id, token, arguments)
            return
        operation = find(name)
        self._under_way += 1
        self._read_or_wait()
        self._station.submit(operation, who, arguments, lambda answer: self._answer(id, answer))

    def _answer(self, id: Any, answer: Answer) -> None:
        self._under_way -= 1
        self._read_or_wait()
        self._say(id, answer)

    def _read_or_wait(self) -> None:
        """Read requests while answers go: not too many under way, not too many unread."""
        if self._transport is None:
            return
        enough = UNDER_WAY_MAX // 2 if self._paused else UNDER_WAY_MAX
        wait = self._full or self._under_way >= enough
        if wait and not self._paused:
            self._transport.pause_reading()
        elif self._paused and not wait:
            self._transport.resume_reading()
        self._paused = wait

    # Events.

    def _listen(self, id: Any, token: str, arguments: dict[str, Any]) -> None:
        since = arguments.get("since", self._station.events.seq)
        if type(since) is not int or arguments.keys() - {"since"}:
            raise Misused("events takes since, the number of the last event that was seen.")
        if self._stop_listening is not None:
            raise Misused("This connection is listening already.")
        self._say(id, {"seq": self._station.events.seq})
        self._tell(self._station.events.since(since))
        told = partial(self._tell_at_once, id, token)
        self._stop_listening = self._station.events.listen(told)

    def _tell(self, happened: list[Event]) -> None:
        for event in happened:
            self._put({"event": event})

    def _tell_at_once(self, id: Any, token: str, happened: list[Event]) -> None:
        if self._station.person_of(token) is None:  # who listened has ended
            self._say(id, strange_token())
            self._flush()
            self.close()
            return
        self._tell(happened)  # leaves once the step is over: a page that is to ring goes first

    # Writing.

    def _say(self, id: Any, answer: Answer) -> None:
        if isinstance(answer, ParleyError):
            self._put({"id": id, "ok": False, "error": answer.to_dict()})
        else:
            self._put({"id": id, "ok": True, "result": answer})

    def _put(self, value: dict[str, Any]) -> None:
        if self._transport is None:
            return
        self._answers.append(json.dumps(value, separators=(",", ":")).encode() + b"\n")
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        answers, self._answers = self._answers, []
        if self._transport is None or not answers:
            return
        self._transport.write(b"".join(answers))
        if self._transport.get_write_buffer_size() > UNSENT_BYTES_MAX and self._stop_listening:
            self._transport.abort()


def strange_token() -> Refused:
    """Nobody who works here has it."""
    return Refused(
        "This token belongs to nobody at this station.",
        "Give the file of your own token with --as. If it is lost, an operator ends who"
        " you are and adds you anew: `parley person end`, `parley person add`.",
    )


def _read(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Misused("A request is one JSON object a line.") from error
    if not isinstance(request, dict):
        raise Misused("A request is one JSON object a line.")
    return request
