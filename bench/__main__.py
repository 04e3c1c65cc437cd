"""`python -m bench`: every measurement, or those named."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench import (
    alarm,
    bytes,
    drain,
    flash,
    inbox,
    rates,
    receipt,
    record,
    resources,
    throughput,
)
from bench.driver import Crew
from bench.limits import limits
from bench.proxy import Wire
from bench.table import Figure, machine, publish
from parley.core.errors import ParleyError
from parley.exercise.pair import Pair
from parley.exercise.torture import until_serving

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
Measure = Callable[[], Coroutine[Any, Any, list[Figure]]]


@asynccontextmanager
async def stations(*, wire: bool = False) -> AsyncIterator[tuple[Pair, Crew, Crew, Wire]]:
    """A fresh pair that serves, with its people in their places; b dials a, maybe by the wire."""
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        pair = Pair.make(Path(folder))
        between = Wire(pair.listening)
        if wire:
            pair.dial_by(await between.start())
        try:
            for post in (pair.a, pair.b):
                post.start()
            crews = []
            for post in (pair.b, pair.a):
                await until_serving(post)
                crews.append(await Crew.of(post))
            for crew in crews:
                await crew.in_service()
            yield pair, crews[0], crews[1], between
            for crew in crews:
                crew.close()
        finally:
            for post in (pair.a, pair.b):
                post.stop()
            await between.cut()


async def _alarm() -> list[Figure]:
    chromium = find_chromium()
    if chromium is None:
        return [Figure("release to alarm", float("nan"), "ms", "3", "no Chromium here")]
    async with stations() as (pair, here, there, _):
        return await alarm.measure(here, there, pair.a.link("watch"), chromium)


async def _inbox() -> list[Figure]:
    chromium = find_chromium()
    if chromium is None:
        return [Figure("first paint", float("nan"), "ms", "300", "no Chromium here")]
    async with stations() as (pair, here, there, _):
        return await inbox.measure(here, there, pair.a.link("watch"), chromium)


async def _receipt() -> list[Figure]:
    async with stations() as (_, here, there, _):
        return await receipt.measure(here, there)


async def _throughput() -> list[Figure]:
    async with stations() as (pair, here, there, _):
        figures = await throughput.measure(here, there)
        figures += resources.memory(here, there)
        return figures + await resources.start_up(pair.a)


async def _bytes() -> list[Figure]:
    async with stations(wire=True) as (_, here, there, wire):
        return await bytes.measure(here, there, wire)


async def _flash() -> list[Figure]:
    async with stations() as (_, here, there, _):
        return await flash.measure(here, there)


async def _drain() -> list[Figure]:
    async with stations(wire=True) as (_, here, there, wire):
        return await drain.measure(here, there, wire)


async def _record() -> list[Figure]:
    return await asyncio.to_thread(record.measure)


async def _rates() -> list[Figure]:
    async with stations(wire=True) as (_, here, there, wire):
        by_tcp = await rates.by_tcp(here, there, wire)
    return [*rates.alone(), *by_tcp, await rates.by_udp()]


ALL: dict[str, Measure] = {
    "alarm": _alarm,
    "inbox": _inbox,
    "receipt": _receipt,
    "throughput": _throughput,
    "bytes": _bytes,
    "flash": _flash,
    "drain": _drain,
    "record": _record,
    "rates": _rates,
}


def find_chromium() -> Path | None:
    """A Chromium that starts; PARLEY_CHROMIUM names another."""
    for name in (os.environ.get("PARLEY_CHROMIUM"), *CHROMIUM_NAMES):
        found = shutil.which(name) if name else None
        if found and not subprocess.run([found, "--version"], capture_output=True).returncode:
            return Path(found)
    return None


def main() -> int:
    """Measure, print, publish."""
    parser = argparse.ArgumentParser(description="measure two real stations on this machine")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(ALL)}")
    names = parser.parse_args().names or list(ALL)
    for name in names:
        if name not in ALL:
            parser.error(f"there is no measurement {name}; there are {', '.join(ALL)}")
    facts: dict[str, Any] = {**machine(), **limits()}
    figures: list[Figure] = []
    code = 0
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            figures += asyncio.run(ALL[name]())
        except (ParleyError, OSError) as error:  # the others are worth having
            print(f"{name} could not be measured: {error}", file=sys.stderr)
            code = error.exit_code if isinstance(error, ParleyError) else 3
    publish(figures, facts)
    return code


if __name__ == "__main__":
    sys.exit(main())
