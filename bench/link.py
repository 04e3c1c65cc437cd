"""Two stations, and between them a link that can be made as bad as one likes."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from parley.exercise.emulator import Conditions
from parley.exercise.pair import LOOPBACK, Pair, free_port


class Link:
    """The emulated link."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def becomes(self, conditions: Conditions) -> None:
        """From now on it is like this, both ways."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(conditions)).encode() + b"\n")

    async def ports(self) -> list[int]:
        """Where it listens."""
        assert self._process.stdout is not None
        told: list[int] = json.loads(await self._process.stdout.readline())
        return told

    async def close(self) -> None:
        """Carry nothing more."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


@asynccontextmanager
async def linked(conditions: Conditions, kind: str) -> AsyncIterator[tuple[Pair, Link]]:
    """A fresh pair that does not serve yet, whose line goes by the link: by TCP, and by QUIC beside
    it where that is asked for."""
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        pair = Pair.make(Path(folder))
        there = [pair.listening[1], *([free_port()] if kind == "quic" else [])]
        link = Link(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.link_between", *map(str, there)),
                stdin=PIPE,
                stdout=PIPE,
            )
        )
        try:
            ports = await link.ports()
            link.becomes(conditions)
            pair.dial_by(ports[0])
            for listening, calling in zip(there[1:], ports[1:], strict=True):
                place, by = (f"{LOOPBACK}:{port}" for port in (listening, calling))
                pair.a.set_up(("bearer.add", {"kind": "quic", "listen": place}))
                pair.b.set_up(("bearer.add", {"kind": "quic", "dial": by}))
            yield pair, link
        finally:
            await link.close()
