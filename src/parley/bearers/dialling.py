"""How a path is found again: dial, and dial again without waiting for the last call to fail.

A path that is cut shows itself in two ways. Refusal comes back at once, and the next call may
follow. Silence is worse: the kernel repeats a lost SYN after one second, then two, then four, and
an attempt that merely waits misses the moment the path returns. So a new attempt starts at least
every quarter of a second while earlier ones are still out (a satellite needs more than half a
second to answer), and the first to be answered wins.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from parley.core.errors import Unavailable

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Pace:
    """How eagerly a path is sought."""

    pause_s_first: float = 0.05
    pause_s_max: float = 0.25  # with one round trip, well under 0.4 s from return to first frame
    attempt_s_max: float = 3.0  # two satellite hops answer within it
    attempts_max: int = 24  # under way at the same time; the oldest gives way
    addresses_max: int = 4  # of one name, called at the same time
    name_s_max: float = 5.0  # while there is no path, a name is looked up again this often


class Pauses:
    """The time between attempts: doubles up to a cap, and the upper half of each is chance, so
    that two stations that lost the same path do not keep calling in step."""

    def __init__(self, pace: Pace, entropy: Entropy) -> None:
        self._pace = pace
        self._entropy = entropy
        self._pause_s = pace.pause_s_first

    def next(self) -> float:
        """Seconds to wait before the next attempt."""
        pause_s = self._pause_s
        self._pause_s = min(pause_s * 2, self._pace.pause_s_max)
        chance = int.from_bytes(self._entropy(2), "big") / 65_536
        return pause_s * (0.5 + 0.5 * chance)

    def reset(self) -> None:
        """Begin again with the shortest."""
        self._pause_s = self._pace.pause_s_first


@dataclass(frozen=True, slots=True)
class Address:
    """Where a socket of which family connects to."""

    family: int
    where: Any  # as getaddrinfo gives it: a tuple whose form depends on the family


class Answered(Protocol):
    """What a call becomes when it is answered."""

    def close(self) -> None:
        """Another call was answered first."""


_Answer = TypeVar("_Answer", bound=Answered)


class Seeker(ABC, Generic[_Answer]):
    """Seeks one connection to a host. Never raises for anything the world does."""

    def __init__(self, host: str, port: int, entropy: Entropy, pace: Pace) -> None:
        self.host = host
        self.port = port
        self.attempts = 0
        self.trouble: Unavailable | None = None  # why the last attempt failed
        self._pace = pace
        self._pauses = Pauses(pace, entropy)
        self._at_once = True
        self._addresses: list[Address] = []
        self._literal = False  # an address rather than a name: there is nothing to look up again
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = 0.0

    def path_was_good(self) -> None:
        """The last path carried authentic frames for a while: seek the next without delay."""
        self._at_once = True
        self._pauses.reset()

    @abstractmethod
    async def _call(self, address: Address) -> _Answer:
        """One call. Raises OSError or ValueError; closes what it opened unless it is answered."""

    async def reach(self) -> _Answer:
        """What answers, however long it takes. It is the caller's to close."""
        if not self._at_once:
            await asyncio.sleep(self._pauses.next())
        self._at_once = False
        answered: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        under_way: dict[asyncio.Task[None], None] = {}
        try:
            while not answered.done():
                await self._know_addresses()
                for address in self._addresses:
                    attempt = asyncio.create_task(self._attempt(address, answered))
                    under_way[attempt] = None
                    attempt.add_done_callback(lambda done: under_way.pop(done, None))
                while len(under_way) > self._pace.attempts_max:
                    oldest = next(iter(under_way))
                    del under_way[oldest]
                    oldest.cancel()
                await asyncio.wait({answered}, timeout=self._pauses.next())
            reached = answered.result()
        except asyncio.CancelledError:
            if answered.done():
                answered.result().close()
            answered.cancel()
            if self._looking is not None:
                self._looking.cancel()
            raise
        finally:
            for attempt in under_way:
                attempt.cancel()
        self.trouble = None
        return reached

    async def _attempt(self, address: Address, answered: asyncio.Future[_Answer]) -> None:
        self.attempts += 1
        try:
            async with asyncio.timeout(self._pace.attempt_s_max):
                answer = await self._call(address)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            self.trouble = unreachable(error, self.host, self.port)
            return
        if answered.done():
            answer.close()
        else:
            answered.set_result(answer)

    async def _know_addresses(self) -> None:
        """Wait for the name only while no address is known. A resolver behind the same cut may
        take half a minute to say no; meanwhile the last addresses that worked are called."""
        now = asyncio.get_running_loop().time()
        if self._addresses and (self._literal or now - self._looked_at < self._pace.name_s_max):
            return
        if self._looking is None or self._looking.done():
            self._looked_at = now
            self._looking = asyncio.create_task(self._look_up())
        if not self._addresses:
            await asyncio.wait({self._looking})

    async def _look_up(self) -> None:
        found: list[Address] = []
        try:
            found = literal(self.host, self.port)
            self._literal = bool(found)
            found = found or await look_up(self.host, self.port)
        except (OSError, ValueError) as error:  # UnicodeError of a bad name is a ValueError
            self.trouble = unreachable(error, self.host, self.port)
        if found:
            self._addresses = found[: self._pace.addresses_max]


class Dialler(Seeker[socket.socket]):
    """Seeks a TCP connection: a connected socket that does not block."""

    async def _call(self, address: Address) -> socket.socket:
        call = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            call.setblocking(False)
            await asyncio.get_running_loop().sock_connect(call, address.where)
            if is_its_own_peer(call):
                raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody else is there")
        except BaseException:
            call.close()
            raise
        return call


def literal(host: str, port: int) -> list[Address]:
    """The address that `host` spells out, if it is no name. Asks nobody."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return []
    return [Address(family, where) for family, _, _, _, where in found]


async def look_up(host: str, port: int) -> list[Address]:
    """The addresses of a name.

    In a thread of its own that nobody waits for: asyncio's executor is joined when the station
    ends, and a resolver without a network would hold it for half a minute.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address]] = loop.create_future()

    def settle(outcome: list[Address] | Exception) -> None:
        if answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    def ask() -> None:
        outcome: list[Address] | Exception
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            outcome = list(dict.fromkeys(Address(each[0], each[4]) for each in found))
        except (OSError, ValueError) as error:
            outcome = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(settle, outcome)

    try:
        threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, "no thread to look up the name") from error
    return await answer


def is_its_own_peer(call: socket.socket) -> bool:
    """Whether TCP connected the socket to itself. On one machine a call to a port in the
    ephemeral range can be given that very port to call from; it would then hold the port
    against the station that wants to listen there."""
    return bool(call.getsockname() == call.getpeername())


def place(host: str, port: int) -> str:
    """A host and port as people write them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def unreachable(error: Exception, host: str, port: int) -> Unavailable:
    """Why a call did not come through, as a sentence and a next step."""
    where = place(host, port)
    if isinstance(error, socket.gaierror | UnicodeError):
        return Unavailable(
            f"No address is known for the name {host!r}.",
            "Check its spelling and this machine's resolver, or give the address in numbers.",
        )
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, ConnectionRefusedError):
        return Unavailable(
            f"No station answers at {where}: the call was refused.",
            "Ask the other side whether its station is serving on that port; ours keeps calling.",
        )
    if isinstance(error, TimeoutError) or code == errno.ETIMEDOUT:
        return Unavailable(
            f"Nothing comes back from {where}.",
            "The path is cut, or a firewall swallows the call; ours keeps calling.",
        )
    if code in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
        return Unavailable(
            f"There is no way from this machine to {where}.",
            "Check the network cable, the address and the route; ours keeps calling.",
        )
    return Unavailable(f"The call to {where} failed: {error}.", "Ours keeps calling.")
