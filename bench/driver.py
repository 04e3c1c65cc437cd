"""The people who drive the measurements, and what their processes use."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from parley.exercise.calls import Calls
from parley.exercise.post import Post

TICKS_S = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 60.0


def text_of(size: int, number: int) -> str:
    """A text of exactly `size` bytes, each different."""
    start = f"{number} Please confirm that the forces named have passed the point agreed. "
    return (start * (size // len(start) + 1))[: size - 1] + "."


@dataclass
class Crew:
    """Drafter, releaser and watch officer of one station, and what they have seen happen."""

    post: Post
    drafter: Calls
    releaser: Calls
    watch: Calls
    arrived: dict[int, float] = field(default_factory=dict)  # n of theirs: monotonic seconds
    flashes: list[int] = field(default_factory=list)  # those of them that are FLASH
    receipted: int = 0  # entries of ours they hold
    receipted_at: float = 0.0
    on_receipt: Callable[[], None] = lambda: None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def of(cls, post: Post) -> Self:
        """Take their places at a serving station."""
        roles = ("drafter", "releaser", "watch")
        drafter, releaser, watch = [
            await Calls.open(post.folder, post.tokens[role]) for role in roles
        ]
        crew = cls(post, drafter, releaser, watch)
        await crew.watch.listen(crew._event)
        return crew

    def _event(self, event: dict[str, Any]) -> None:
        if event["kind"] == "message" and event["dir"] == "theirs":
            self.arrived[event["n"]] = time.monotonic()
            if event["precedence"] == "FLASH":
                self.flashes.append(event["n"])
        elif event["kind"] == "stage" and event.get("stage") == "received":
            self.receipted = max(self.receipted, event["upto"])
            self.receipted_at = time.monotonic()
            self.on_receipt()
        self._changed.set()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for events until something holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            self._changed.clear()
            async with asyncio.timeout_at(
                asyncio.get_running_loop().time() + deadline - time.monotonic()
            ):
                await self._changed.wait()

    async def until_receipted(self, upto: int) -> None:
        """Wait until they hold all entries of ours below `upto`."""
        await self.until(lambda: self.receipted >= upto)

    async def until_arrived(self, n: int) -> None:
        """Wait until their entry `n` is announced here."""
        await self.until(lambda: n in self.arrived)

    async def until_flashes(self, count: int) -> None:
        """Wait until so many FLASH have been announced here."""
        await self.until(lambda: len(self.flashes) >= count)

    async def draft(self, text: str, precedence: str = "ROUTINE") -> dict[str, Any]:
        """A draft, ready to be released."""
        return await self.drafter.ask("draft.new", text=text, precedence=precedence)

    def release(self, draft: dict[str, Any]) -> asyncio.Future[dict[str, Any]]:
        """Ask for its release."""
        return self.releaser.ask("release", draft=draft["draft"], sha256=draft["sha256"])

    async def line(self) -> dict[str, Any]:
        """How the line stands."""
        view: dict[str, Any] = (await self.watch.ask("status"))["lines"][0]
        return view

    async def in_service(self) -> None:
        """Wait until messages can leave and all that left before is receipted."""
        while True:
            line = await self.line()
            if line["in_service"] and line["receipted"] == line["our_size"]:
                self.receipted = line["receipted"]
                return
            await asyncio.sleep(0.02)

    def close(self) -> None:
        """Leave."""
        for calls in (self.drafter, self.releaser, self.watch):
            calls.close()


def cpu_s(pid: int) -> float:
    """Processor seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S


def peak_mb(pid: int) -> float:
    """The most memory a process has had resident, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
