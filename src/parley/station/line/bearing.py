"""The station's bearers: which are set up, and what each brings to the step loop.

A bearer listens, or it calls for one line. Whoever calls us may be anybody; the line shows itself
in the first frame that opens.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.bearers import Path
from parley.bearers.streams import StreamBearer, cannot_listen
from parley.core.errors import Misused, ParleyError, Refused
from parley.station.acts.operations import operation
from parley.station.acts.own_acts import OF_BEARER, Own
from parley.station.acts.person import Person
from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.station import Station

KINDS = ("tcp", "quic")
RETRY_S = 5.0  # a port that could not be had is tried again


class Bearing:
    """One bearer of this station: the carrier it tells, and the ends it keeps."""

    def __init__(self, station: Station, row: Any) -> None:
        self.id: int = row["id"]
        self._station = station
        self._line_id: bytes | None = row["line_id"]
        self._dials = bool(row["dial"])
        self.trouble: ParleyError | None = None
        self._removed = False
        self._up: list[Path] = []  # that we called and that answered
        place = (row["host"], row["port"])
        self.bearer: StreamBearer = kind_of(row["kind"])(
            self,
            listen=None if self._dials else place,
            dial=place if self._dials else None,
            entropy=station.entropy,
        )

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to call for: each line it could be for has no keys."""
        lines = [each for each in self._station.lines if self._line_id in (None, each.id)]
        return self._dials and bool(lines) and all(each.line.erased for each in lines)

    async def start(self) -> None:
        """Begin, unless it is over or has begun; Unavailable when this machine does not allow
        it."""
        if self.is_over or self.bearer.running:
            return
        try:
            await self.bearer.start()
            self.trouble = None
        except ParleyError as error:
            self.trouble = error
            raise

    @property
    def is_idle(self) -> bool:
        """Whether it calls nobody though there is a line to call for again."""
        return self._dials and not (self.is_over or self.trouble or self.bearer.running)

    async def stop(self) -> None:
        """Close every path."""
        await self.bearer.stop()

    async def give_up(self) -> None:
        """Close every path, and never begin again."""
        self._removed = True
        await self.stop()

    def was_removed(self) -> bool:
        """Whether the station has it no more."""
        return self._removed

    def describe(self) -> dict[str, Any]:
        """What the engineer wants to know."""
        line = self._line()
        return {
            "bearer": self.id,
            "line": line.agreed.hex if line else None,
            "trouble": self.trouble.to_dict() if self.trouble else None,
            **self.bearer.describe(),
        }

    # What the bearer tells.

    def path_up(self, path: Path) -> None:
        """A way is open."""
        if self._dials:
            self._up.append(path)
        self._station.path_up(path, self._line() if self._dials else None)

    def call_again(self) -> None:
        """Let what is up carry our line, which may be another one than before."""
        for path in self._up:
            if not self._station.carrying.carries(path):
                self._station.path_up(path, self._line())

    def calls_for(self, gone: bytes, line_id: bytes) -> None:
        """The line it calls for has another number."""
        if self._line_id == gone:
            self._line_id = line_id

    def path_frames(self, path: Path, frames: list[bytes]) -> None:
        """Frames came in."""
        self._station.path_frames(path, frames)

    def path_room(self, path: Path) -> None:
        """The path can take more again."""
        self._station.path_room(path)

    def path_down(self, path: Path, why: str) -> None:
        """The way is closed."""
        if path in self._up:
            self._up.remove(path)
        self._station.path_down(path)

    def _line(self) -> OpenLine | None:
        """The line this bearer calls for; the only one when none was named."""
        lines = list(self._station.lines)
        if self._line_id is None:
            wanted = [each for each in lines if not each.line.erased] or lines
            return wanted[0] if len(wanted) == 1 and self._dials else None
        for open_line in lines:
            if open_line.id == self._line_id:
                return open_line
        return None


class Bearings:
    """All bearers of a serving station."""

    def __init__(self) -> None:
        self._all: list[Bearing] = []
        self._serving = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def start(self, station: Station) -> None:
        """Begin with those that are set up; Unavailable when none of them can.

        One whose port is taken is tried again and stands on every screen; the others serve.
        """
        self._serving = True
        failed: list[tuple[Bearing, ParleyError]] = []
        for bearing in bearers_of(station):
            self._all.append(bearing)
            try:
                await bearing.start()
            except ParleyError as error:
                failed.append((bearing, error))
        if failed and len(failed) == len(self._all):
            raise failed[0][1]
        for down, trouble in failed:
            station.in_next_step(partial(_note, station, down, trouble))
            self._do(keep_trying(down))

    async def stop(self) -> None:
        """Close every path."""
        self._serving = False
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(
            *(bearing.stop() for bearing in self._all), *self._under_way, return_exceptions=True
        )
        self._all.clear()

    def take_up(self, bearing: Bearing) -> None:
        """Begin with one that was added."""
        if self._serving:
            self._all.append(bearing)
            self._do(keep_trying(bearing))

    def give_up(self, id: int) -> None:
        """End one that was removed."""
        for bearing in [each for each in self._all if each.id == id]:
            self._all.remove(bearing)
            self._do(bearing.give_up())

    def call_again(self) -> None:
        """A line may be carried that was not: let paths that are up carry it, and call where
        there was nothing left to call for."""
        for bearing in self._all:
            bearing.call_again()
            if self._serving and bearing.is_idle:
                self._do(keep_trying(bearing))

    def call_no_more(self) -> None:
        """A line is over: nobody is called for it."""
        for bearing in self._all:
            if bearing.is_over:
                self._do(bearing.stop())

    def calls_for(self, gone: bytes, line_id: bytes) -> None:
        """A line has another number from now on."""
        for bearing in self._all:
            bearing.calls_for(gone, line_id)

    def describe(self) -> list[dict[str, Any]]:
        """What the engineer wants to know of each."""
        return [bearing.describe() for bearing in self._all]

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def kind_of(kind: str) -> Any:
    """What makes bearers of a kind. QUIC's library is loaded by stations that use it."""
    if kind == "quic":
        from parley.bearers.quic import QuicBearer

        return QuicBearer
    from parley.bearers.tcp import TcpBearer

    return TcpBearer


def read_place(place: str) -> tuple[str, int]:
    """host:port, as people write it; [::1]:4000 for an address with colons."""
    host, _, port = place.rpartition(":")
    host = host.strip("[]") if host.startswith("[") else host
    if not host or not port.isascii() or not port.isdigit():
        raise Misused(f"{place!r:.80} is not a place.", "Write host:port, such as 192.0.2.7:4100.")
    if len(port) > len("65535") or int(port) > 65_535:
        raise Misused(f"There is no port {port:.20}.", "Write a number from 1 to 65535.")
    return host, int(port)


def bearers_of(station: Station) -> list[Bearing]:
    """The bearers as set up, none of them started."""
    rows = station.store.sql("SELECT id, kind, dial, host, port, line_id FROM bearers ORDER BY id")
    return [Bearing(station, row) for row in rows]


@operation("bearer.add", roles=("operator",), setup=True)
def bearer_add(
    station: Station,
    who: Person,
    *,
    listen: str | None = None,
    dial: str | None = None,
    line: str | None = None,
    kind: str = "tcp",
) -> dict[str, Any]:
    """Listen at a place, or call one for a line; by TCP, or by QUIC on UDP."""
    if kind not in KINDS:
        raise Misused(f"There is no bearer of kind {kind!r:.40}.", f"There is: {', '.join(KINDS)}.")
    if (listen is None) == (dial is None):
        raise Misused("A bearer either listens or dials.", "Give --listen or --dial, host:port.")
    if listen is not None and line is not None:
        raise Misused(
            "A bearer that listens is for every line: who calls shows for which.",
            "Leave out --line, or call the other side with --dial.",
        )
    place = read_place(listen or dial or "")
    if dial is not None and place[1] == 0:
        raise Misused("There is no port 0 to dial.", "Ask the other side where it listens.")
    line_id = None
    if dial is not None and (line is not None or len(station.lines) > 1):
        line_id = station.line(line).id
    host, port = place
    there = "SELECT 1 FROM bearers WHERE kind = ? AND NOT dial AND port = ? AND port != 0"
    same = bool(station.store.sql(there, (kind, port)))
    rows = station.store.sql(
        "INSERT OR IGNORE INTO bearers (kind, dial, host, port, line_id, added)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id, kind, dial, host, port, line_id",
        (kind, dial is not None, host, port, line_id, station.now.wall),
    )
    named = listen is not None and not _is_numeric(host)
    error = None if listen is None or named else _why_not(kind, host, port)
    busy = error is not None and error.errno == errno.EADDRINUSE
    if not rows or (busy and same):  # 0.0.0.0 has the port of every other address
        raise Refused("There is such a bearer already.", "`parley bearer list` shows them.")
    trouble = None if error is None else cannot_listen(error, host, port)
    if trouble is not None and busy:
        raise trouble
    bearing = Bearing(station, rows[0])
    station.after_commit(lambda: station.bearings.take_up(bearing))
    told = {"bearer": bearing.id, "kind": kind, "listen": listen, "dial": dial}
    told["trouble"] = trouble.to_dict() if trouble else None
    return told | {"tried": listen is not None and not named}


def _is_numeric(host: str) -> bool:
    """Whether a place is known without asking anybody for its address."""
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, ValueError):
        return host == "localhost"
    return True


def _why_not(kind: str, host: str, port: int) -> OSError | None:
    """Why nobody can listen at a place now: what may pass, as a network that is not up yet, or a
    port that somebody has. A name is looked up by the bearer itself, beside the loop."""
    how = socket.SOCK_DGRAM if kind == "quic" else socket.SOCK_STREAM
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=how)[0]
        with socket.socket(family, how) as probe:
            if how == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the bearer does
            probe.bind(place)
    except OSError as error:
        return error
    return None


@operation("bearer.list", reads=True, setup=True)
def bearer_list(station: Station, who: Person) -> dict[str, Any]:
    """The bearers, and what the engineer wants to know of each."""
    return {"bearers": describe(station)}


@operation("bearer.remove", roles=("operator",), setup=True)
def bearer_remove(station: Station, who: Person, *, bearer: int) -> dict[str, Any]:
    """Give a bearer up."""
    rows = station.store.sql("DELETE FROM bearers WHERE id = ? RETURNING id", (bearer,))
    if not rows:
        raise Refused(f"There is no bearer {bearer}.", "`parley bearer list` shows them.")
    station.after_commit(lambda: station.bearings.give_up(bearer))
    return {"bearer": bearer}


def describe(station: Station) -> list[dict[str, Any]]:
    """What the engineer wants to know of every bearer, running or only set up."""
    return station.bearings.describe() or [bearing.describe() for bearing in bearers_of(station)]


def _note(station: Station, bearing: Bearing, error: ParleyError) -> None:
    told = OF_BEARER % {"id": bearing.id, "why": error.sentence}
    station.trail.happened(station.now.wall, Own.BEARER_DOWN, told)


async def keep_trying(bearing: Bearing) -> None:
    """Start a bearer while the station serves and has it, however long its port is taken."""
    while not bearing.was_removed():
        with suppress(ParleyError):
            await bearing.start()
            if bearing.was_removed():  # while its port was opened
                await bearing.stop()
            return
        await asyncio.sleep(RETRY_S)
