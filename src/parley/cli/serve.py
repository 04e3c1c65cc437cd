"""`parley serve`: one station's process, from its start to Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parley.cli import voice
from parley.cli.client import folder_of, with_json, with_station

if TYPE_CHECKING:
    from parley.station.station import Station

PARENT_LOOK_S = 0.5
GARBAGE_EACH = 4_000  # new objects between two looks of the collector, which take 5 ms at most then


@click.command(name="serve")
@with_station
@click.option(
    "--console-port", type=click.IntRange(0, 65_535), help="The console's port, this time."
)
@click.option("--no-console", is_flag=True, help="Serve no pages for browsers.")
@click.option("--with-parent", type=int, hidden=True, help="Stop when this process is gone.")
@with_json
def command(
    station_folder: Path | None,
    console_port: int | None,
    no_console: bool,
    with_parent: int | None,
) -> None:
    """Run the station: its lines, its bearers, its control socket and its console.

    It runs until Ctrl-C or SIGTERM. What it has accepted is kept, however it ends.
    """
    logging.basicConfig(level=logging.WARNING, format="parley: %(message)s")
    folder = folder_of(station_folder)
    asyncio.run(_serve(folder, console_port, not no_console, with_parent))


async def _serve(folder: Path, port: int | None, console: bool, parent: int | None) -> None:
    from parley.station.serving import serving

    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)
    watching = asyncio.create_task(_watch_parent(parent, over)) if parent is not None else None
    async with serving(folder) as station, _console(station, port, console) as address:
        facts = {
            "party": station.home.party,
            "station": station.home.name,
            "folder": str(folder),
            "pid": os.getpid(),
            "console": address,
        }
        station.console = address
        # What is there now stays. The collector went through all of it now and then, and an alarm
        # that came meanwhile waited for 15 ms.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE_EACH)
        voice.tell(facts, _in_words)
        await over.wait()
    if watching is not None:
        watching.cancel()
    voice.aside("The station has stopped.")


def _in_words(facts: dict[str, object]) -> list[str]:
    party = voice.visible(str(facts["party"]))
    told = [f"{party} serves (process {facts['pid']}); Ctrl-C stops it."]
    if facts["console"]:
        told.append(f"Console: {facts['console']}/ · `parley person link` gives sign-in links.")
    return told


@asynccontextmanager
async def _console(station: Station, port: int | None, wanted: bool) -> AsyncIterator[str | None]:
    """The pages for browsers while the station serves; where they are."""
    if not wanted:
        yield None
        return
    from parley.console.app import serving_pages

    async with serving_pages(station, port) as address:
        yield address


async def _watch_parent(parent: int, over: asyncio.Event) -> None:
    """A station of an exercise does not outlive the process that started it."""
    while not over.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(PARENT_LOOK_S):
                await over.wait()
        if os.getppid() != parent:
            over.set()
