"""The other end of the control socket: how the command line and tests ask a serving station."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parley.core.errors import (
    Halted,
    Malformed,
    Misused,
    ParleyError,
    Refused,
    Unavailable,
)
from parley.core.kept import Conflict
from parley.station.acts.address import REQUEST_BYTES_MAX, SOCKET_NAME, address

PATIENCE_S = 60.0
READ_BYTES = 65_536

_KINDS: dict[str, type[ParleyError]] = {
    kind.kind: kind for kind in (Refused, Malformed, Misused, Unavailable, Halted, Conflict)
}


def error_of(told: dict[str, Any]) -> ParleyError:
    """The error as the station raised it."""
    kind = _KINDS.get(told.get("kind", ""), Unavailable)
    return kind(told.get("sentence", ""), told.get("hint", ""), told.get("rule", ""))


class Caller:
    """One connection to the control socket of a folder, acting with one token."""

    def __init__(self, folder: Path, token: str, patience_s: float = PATIENCE_S) -> None:
        self._token = token
        self._next_id = 0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(patience_s)
        try:
            with address(folder / SOCKET_NAME) as where:
                self._socket.connect(where)
        except OSError as error:
            self._socket.close()
            raise Unavailable(
                f"No station serves in {folder}.", "Start it with `parley serve`."
            ) from error
        self._heard = bytearray()

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        """Ask, and wait for the answer; raises what the station answered with."""
        id = self.ask(op, **args)
        while True:
            answer = self.read()
            if answer.get("id") == id:
                return self.result(answer)

    def ask(self, op: str, **args: Any) -> int:
        """Send a request without waiting; its id."""
        self._next_id += 1
        request = {"id": self._next_id, "op": op, "token": self._token, "args": args}
        line = json.dumps(request).encode()
        if len(line) > REQUEST_BYTES_MAX:  # the station would hang up before it has all been sent
            raise Refused("A request is longer than 1 MiB.", "Send less at once.")
        try:
            self._socket.sendall(line + b"\n")
        except OSError as error:
            raise _gone() from error
        return self._next_id

    def read(self) -> dict[str, Any]:
        """The next line, whatever it answers."""
        try:
            return self._next()
        except TimeoutError as error:
            raise _silent() from error

    def _next(self) -> dict[str, Any]:
        """The next line; TimeoutError when none came in time, and then it can be read on."""
        begin = 0
        while (end := self._heard.find(b"\n", begin)) < 0:
            begin = len(self._heard)
            try:
                more = self._socket.recv(READ_BYTES)
            except OSError as error:
                if isinstance(error, TimeoutError):
                    raise
                raise _gone() from error
            if not more:
                raise _gone()
            self._heard += more
        line = bytes(self._heard[:end])
        del self._heard[: end + 1]
        answer: dict[str, Any] = json.loads(line)
        return answer

    @staticmethod
    def result(answer: dict[str, Any]) -> dict[str, Any]:
        """What an answer brings; raises when it is an error."""
        if not answer.get("ok"):
            raise error_of(answer.get("error", {}))
        result: dict[str, Any] = answer["result"]
        return result

    def events(self, since: int | None = None) -> Iterator[dict[str, Any]]:
        """Events as they happen, after `since` or from now on; the connection is then theirs."""
        self.call("events", **({} if since is None else {"since": since}))
        return self._events()

    def _events(self) -> Iterator[dict[str, Any]]:
        # A line on which nothing happens says nothing. Whether the station is still there, and
        # whether we may still listen, it is asked then.
        asked: int | None = None
        while True:
            try:
                answer = self._next()
            except TimeoutError as error:
                if asked is not None:
                    raise _silent() from error
                asked = self.ask("whoami")
                continue
            if "event" in answer:
                yield answer["event"]
            elif answer.get("id") == asked or not answer.get("ok"):
                self.result(answer)  # raises when we may listen no more
                asked = None

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _silent() -> Unavailable:
    return Unavailable("The station does not answer.", "See `parley doctor`.")


def _gone() -> Unavailable:
    return Unavailable(
        "The station has stopped.", "What it answered before is kept; start it again."
    )
