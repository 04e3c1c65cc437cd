"""A station that serves, and what can be asked in its folder while none does.

One process at a time works in a folder; its lock sees to that.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from parley.core.errors import Unavailable
from parley.core.keys import Entropy
from parley.station import doctor, handing_over, prepared, releasing, reviewing, status
from parley.station.acts import audit_trail
from parley.station.acts.control import ControlServer, strange_token
from parley.station.acts.operations import find
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.alarms import escalation, overdue
from parley.station.call import (
    call_history,
    call_requests,
    holding,
    minuting,
    recording,
    rehearsing,
    showing,
    standing_calls,
    taking_part,
    withdrawing,
)
from parley.station.call.echo import Echo
from parley.station.entries import files, quoting
from parley.station.founding import set_up
from parley.station.line import bearing, stops
from parley.station.machine.clock import Clock, SystemClock
from parley.station.machine.folder import Home
from parley.station.parties import brought, introductions, letters, lives, papers, supplying
from parley.station.staff import desks, people, places, sessions, theme, tongue
from parley.station.station import Station
from parley.station.texts import (
    acknowledgements,
    attaching,
    attendance,
    chat,
    chronicle,
    contradicting,
    declaring,
    distributing,
    drafts,
    finding,
    glossary,
    inbox,
    line_tests,
    read_backs,
    records,
    threads,
    translating,
    unfinished,
    writing,
)
from parley.station.texts.indexing import catch_up_beside
from parley.store.sqlite import SqliteStore

# Every module that brings operations; to import it is to have them.
OPERATIONS_IN = (
    acknowledgements,
    attaching,
    attendance,
    audit_trail,
    bearing,
    brought,
    call_history,
    call_requests,
    chat,
    chronicle,
    contradicting,
    declaring,
    desks,
    distributing,
    doctor,
    drafts,
    finding,
    glossary,
    escalation,
    files,
    handing_over,
    holding,
    inbox,
    introductions,
    letters,
    line_tests,
    lives,
    minuting,
    overdue,
    papers,
    people,
    places,
    prepared,
    quoting,
    read_backs,
    recording,
    rehearsing,
    records,
    releasing,
    reviewing,
    sessions,
    showing,
    standing_calls,
    status,
    stops,
    supplying,
    taking_part,
    threads,
    theme,
    tongue,
    translating,
    unfinished,
    withdrawing,
    writing,
)


@asynccontextmanager
async def serving(
    folder: Path, *, clock: Clock | None = None, entropy: Entropy = os.urandom
) -> AsyncIterator[Station]:
    """A station that serves: its lines, its bearers and its control socket."""
    home = Home.open(folder)
    with home.lock(), closing(SqliteStore(home.database)) as store:
        station = Station(home, store, clock=clock or SystemClock(), entropy=entropy)
        async with AsyncExitStack() as stack:
            station.start()
            stack.callback(station.stop)
            Echo(station).attach()
            station.watch.escalation.start()
            stack.push_async_callback(station.watch.escalation.stop)
            stack.push_async_callback(station.bearings.stop)
            await station.bearings.start(station)
            control = ControlServer(station, folder)
            await control.start()
            stack.push_async_callback(control.stop)
            index = asyncio.create_task(catch_up_beside(station))
            stack.callback(index.cancel)
            yield station


def perform_here(
    folder: Path, name: str, token: str, arguments: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Carry out one operation of set-up while no station serves.

    Without a token it is done by whoever holds the folder, and the audit trail says so.
    """
    operation = find(name)
    if not operation.setup:
        raise Unavailable(f"No station serves in {folder}.", "Start it with `parley serve`.")
    with set_up(folder) as station:
        who = station.person_of(token) if token else AT_THE_MACHINE
        if who is None:
            raise strange_token()
        return station.perform(name, who, arguments)
