"""The people at one station of an exercise, who go on whatever becomes of their station.

A station may be killed at any moment. Then it is started again, and what was asked is asked again;
what was done is looked for in the record before it is done a second time, because the answer may
have been lost and not the deed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from parley.core.errors import Refused, Unavailable
from parley.exercise.calls import Calls
from parley.exercise.post import Post

LOOK_S = 0.02  # between looks at a station that starts
LOOK_AGAIN_S = 0.25  # an event was lost with the connection: look again all the same
PATIENCE_S = 120.0
STOPS_S = 1.0  # between the last word of a station that stops, and its end
GIVE_UP_AFTER = 3  # starts in a row that failed
AT_ONCE_S = 20.0

_T = TypeVar("_T")
View = dict[str, Any]


class Crew:
    """One station with those who work there, by role."""

    def __init__(self, post: Post, tell: Callable[[str], None]) -> None:
        self.post = post
        self.restarts = 0
        self._tell = tell
        self._calls: dict[str, Calls] = {}
        self._changed = asyncio.Event()
        self._broken: Unavailable | None = None

    async def keep(self) -> None:
        """Start the station whenever it is not there; cancelled when all is over."""
        failed, started = 0, time.monotonic()
        while True:
            code = self.post.gone()
            if code is not None:
                # One that was stopped or killed is started again; one that cannot start is not.
                at_once = time.monotonic() - started < AT_ONCE_S
                failed = failed + 1 if code > 0 and at_once else 0
                if failed >= GIVE_UP_AFTER:
                    self._broken = Unavailable(
                        f"The station of {self.post.name} stops by itself:"
                        f" {self.post.last_words() or f'exit code {code}'}",
                        "Put that right and replay again.",
                    )
                    return
                self.restarts += 1
                how = f"was killed by signal {-code}" if code < 0 else "has stopped"
                self._tell(f"The station of {self.post.name} {how}; it is started again.")
                self.post.start()
                started = time.monotonic()
            await asyncio.sleep(LOOK_S)

    async def ask(self, role: str, op: str, **arguments: Any) -> View:
        """Ask what changes nothing; again, until a station has answered."""
        while True:
            calls = await self._connection(role)
            try:
                return await calls.ask(op, **arguments)
            except Unavailable as error:
                await self._check_lost(calls, error)

    async def do(
        self, role: str, op: str, stands: Callable[[], Awaitable[bool]], **arguments: Any
    ) -> None:
        """Have something done once: again only while it does not stand in the record."""
        while not await stands():
            calls = await self._connection(role)
            try:
                await calls.ask(op, **arguments)
                return
            except Unavailable as error:
                await self._check_lost(calls, error)
            except Refused:
                if not await stands():
                    raise

    async def until(self, what: str, found: Callable[[], Awaitable[_T | None]]) -> _T:
        """Look after every event until it is found."""
        deadline = time.monotonic() + PATIENCE_S
        await self._connection("watch")
        while True:
            self._changed.clear()
            answer = await found()
            if answer is not None:
                return answer
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"At the station of {self.post.name} nothing is seen of this for"
                    f" {PATIENCE_S:g} s: {what}.",
                    "Look whether the machine is overloaded, and replay again.",
                )
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._changed.wait()

    async def in_service(self) -> None:
        """Wait until the line can carry messages."""

        async def found() -> bool | None:
            line = (await self.ask("watch", "status"))["lines"][0]
            return True if line["in_service"] else None

        await self.until("the line in service", found)

    def leave(self) -> None:
        """Hang up."""
        for calls in self._calls.values():
            calls.close()

    @staticmethod
    async def _check_lost(calls: Calls, error: Unavailable) -> None:
        """Raise what a station said that is still there; one that stops says so, then goes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STOPS_S):
                await calls.lost.wait()
        if not calls.lost.is_set():
            raise error

    async def _connection(self, role: str) -> Calls:
        calls = self._calls.get(role)
        if calls is not None and not calls.lost.is_set():
            return calls
        deadline = time.monotonic() + PATIENCE_S
        while True:
            if self._broken is not None:
                raise self._broken
            with suppress(Unavailable):
                calls = await Calls.open(self.post.folder, self.post.tokens[role])
                if role == "watch":
                    await calls.listen(lambda event: self._changed.set())
                self._calls[role] = calls
                return calls
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"The station of {self.post.name} does not answer for {PATIENCE_S:g} s.",
                    "Look whether the machine is overloaded, and replay again.",
                )
            await asyncio.sleep(LOOK_S)
