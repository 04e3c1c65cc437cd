"""What bearers with a stream of frames share, whatever carries the stream.

The bearer proves nothing about who is at the other end. Until the station has vouched for a
connection it belongs to a stranger, and strangers are few, brief and small: nothing of theirs is
kept, and nothing they send raises (W10).
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parley.bearers import Carrier
from parley.bearers.dialling import Entropy, Pace, Seeker, place
from parley.bearers.framing import FrameReader, framed, framed_all
from parley.core.errors import Misused, Unavailable

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may cost us. Tests make them smaller; nobody else should."""

    strangers_max: int = 16  # incoming, at once
    stranger_s_max: float = 15.0  # to prove itself
    stranger_bytes_max: int = 1 << 20  # read from one; a station proves itself in its first frames
    stranger_reading: int = 8_192  # bytes in one turn of the loop, so that junk from all strangers
    # together delays a good frame by milliseconds
    vouched_max: int = 64  # incoming, at once; above it the one silent for longest goes
    reading: int = 65_536  # bytes in one turn of the loop
    # Small, because a FLASH waits behind what has been handed over; large enough for the station
    # to be asked for more before the wire runs dry.
    write_high: int = 262_144  # room() is what is missing to this
    write_low: int = 65_536  # above it, path_room follows; high - low takes the largest frame
    write_max: int = 1 << 20  # whoever sends on without room loses the path
    good_s_min: float = (
        1.0  # a path that lasted so long and was vouched for is dialled again at once
    )


# A path that swallows what is sent is noticed after this time: long enough for a satellite to
# repeat a lost packet twice, short enough that a cut is found while the officers still wait.
SILENCE_MS_MAX = 4_000


class StreamBearer(ABC):
    """One port to listen on, one place to dial, or both."""

    kind = ""
    pace = Pace()  # in which calls follow each other

    def __init__(
        self,
        carrier: Carrier,
        *,
        listen: Place | None,
        dial: Place | None,
        entropy: Entropy,
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        for role, ends, lowest in (("listen on", listen, 0), ("dial", dial, 1)):
            if ends is not None and not lowest <= ends[1] <= 65_535:
                raise Misused(f"There is no port {ends[1]} to {role}.", "Ports are 1 to 65535.")
        self.carrier = carrier
        self.limits = limits or Limits()
        self.running = False
        self.listening: Place | None = None  # the port in use; 0 asks for any
        self._listen = listen
        self._dialler = dial and self._seeker(*dial, entropy, pace or self.pace)
        self._dialling: asyncio.Task[None] | None = None
        self._paths: dict[StreamPath, None] = {}  # all, oldest first
        self._numbered = 0
        self._gone: Counter[str] = Counter()  # sums of the paths that are no more
        self._refused: Counter[str] = Counter()
        self._last_error = ""

    # What each kind does in its own way.

    @abstractmethod
    def _seeker(self, host: str, port: int, entropy: Entropy, pace: Pace) -> Seeker[Any]:
        """What calls there."""

    @abstractmethod
    async def _open(self, host: str, port: int) -> Place:
        """Listen; where. Raises OSError or ValueError when that is not possible."""

    @abstractmethod
    async def _shut(self) -> None:
        """Listen no more."""

    @abstractmethod
    async def _take_up(self, answer: Any) -> StreamPath:
        """The path that a call became. Raises OSError when it has broken off already."""

    async def start(self) -> None:
        """Listen and begin to dial. Raises Unavailable when the port cannot be had; nothing is
        running then, and `start` may be tried again."""
        if self.running:
            raise Misused("This bearer has been started already.")
        self.running = True
        if self._listen is not None:
            try:
                self.listening = await self._open(*self._listen)
            except (OSError, ValueError) as error:
                self.running = False
                trouble = cannot_listen(error, *self._listen)
                self._last_error = trouble.sentence
                raise trouble from error
        if self._dialler is not None:
            self._dialling = asyncio.create_task(self._keep_dialling(self._dialler))

    async def stop(self) -> None:
        """Close every path and stop calling."""
        self.running = False
        if self.listening is not None:
            await self._shut()
            self.listening = None
        dialling, self._dialling = self._dialling, None
        if dialling is not None:
            dialling.cancel()
            await asyncio.wait({dialling})
        while self._paths:
            path = next(iter(self._paths))
            path.close("this station stops")
            await path.gone.wait()

    def describe(self) -> dict[str, Any]:
        """Facts for the engineer, as plain JSON."""
        sums = Counter(self._gone)
        for path in self._paths:
            sums.update(path.sums())
        dialler = self._dialler
        trouble = dialler.trouble if dialler is not None else None
        return {
            "kind": self.kind,
            "listen": place(*(self.listening or self._listen)) if self._listen else None,
            "listening": self.listening is not None,
            "dial": place(dialler.host, dialler.port) if dialler is not None else None,
            "dial_attempts": dialler.attempts if dialler is not None else 0,
            "dial_trouble": trouble.to_dict() if trouble is not None else None,
            "connections": [path.describe() for path in self._paths],
            "strangers": sum(path.is_stranger for path in self._paths),
            "connections_made": self._numbered,
            "frames_in": sums["frames_in"],
            "frames_out": sums["frames_out"],
            "bytes_in": sums["bytes_in"],
            "bytes_out": sums["bytes_out"],
            "frames_unsent": sums["frames_unsent"],
            "refused": self._refused.total(),
            "refused_by": dict(sorted(self._refused.items())),
            "last_error": (trouble.sentence if trouble is not None else "") or self._last_error,
        }

    # What paths tell their bearer.

    def welcome(self, path: StreamPath) -> int:
        """Take a new connection in, and make room for it among the strangers. Its number."""
        self._paths[path] = None
        self._numbered += 1
        strangers = [each for each in self._paths if each.is_stranger]
        if len(strangers) > self.limits.strangers_max:
            # The oldest of the most crowded source, so that a flood from one place does not push
            # out a caller from another.
            crowd = Counter(each.host for each in strangers)
            oldest = min(strangers, key=lambda each: -crowd[each.host])
            self.refuse(oldest, "crowded out", "too many strangers called")
        return self._numbered

    def vouch(self, path: StreamPath) -> None:
        """A connection has proved itself; if there are too many of those, the deadest goes."""
        vouched = [each for each in self._paths if each.vouched and not each.dialled]
        if len(vouched) > self.limits.vouched_max:
            others = (each for each in vouched if each is not path)
            self.refuse(
                min(others, key=lambda each: each.heard_at),
                "outnumbered",
                "the other station has called again many times since",
            )

    def refuse(self, path: StreamPath, count: str, why: str) -> None:
        """Drop a connection for what it did, and count it."""
        self._refused[count] += 1
        self._last_error = f"A connection with {path.peer} was dropped: {why}."
        path.close(why)

    def farewell(self, path: StreamPath) -> None:
        """The connection is no more."""
        if path in self._paths:
            del self._paths[path]
            self._gone.update(path.sums())

    async def _keep_dialling(self, dialler: Seeker[Any]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            answer = await dialler.reach()
            try:
                path = await self._take_up(answer)
            except OSError as error:  # broken off between the answer and our taking it up
                answer.close()
                where = place(dialler.host, dialler.port)
                self._last_error = f"The call to {where} broke off: {error}."
                continue
            await path.gone.wait()
            if path.vouched and loop.time() - path.since >= self.limits.good_s_min:
                dialler.path_was_good()


class StreamPath(ABC):
    """One connection that carries a stream of frames each way."""

    def __init__(self, bearer: StreamBearer, *, dialled: bool) -> None:
        self.dialled = dialled
        self.name = ""
        self.peer = "nobody yet"
        self.host = ""
        self.shown = False  # the carrier knows of it
        self.gone = asyncio.Event()
        self.since = self.heard_at = 0.0
        self.frames_in = self.frames_out = self.bytes_in = self.bytes_out = 0
        self.frames_unsent = 0
        self._bearer = bearer
        self._limits = bearer.limits
        self._loop = asyncio.get_running_loop()
        self._up = False  # between `_begin` and the first of `close` and `_end`
        self._reader = FrameReader()
        self._vouched = False
        self._paused = self._spent = False
        self._deadline: asyncio.TimerHandle | None = None
        self._why = ""

    # What each kind does in its own way.

    @abstractmethod
    def _waiting(self) -> int:
        """Bytes handed over that have not left; asked of a path that is or was up."""

    @abstractmethod
    def _write(self, framed: bytes) -> None:
        """Let bytes leave, on a path that is up."""

    @abstractmethod
    def _read_on(self, more: bool) -> None:
        """Read from a path that is up, or do not."""

    @abstractmethod
    def _break_off(self, why: str) -> None:
        """Give a path up that was up; `_end` follows, now or soon."""

    def _apart(self, frames: list[bytes]) -> list[bytes]:
        """Take out what is not the line's, such as media, and give the rest."""
        return frames

    def _proved(self) -> None:
        """The station has vouched for it: say what waited for that."""
        return

    # What the carrier may do with it.

    @property
    def vouched(self) -> bool:
        """Whether the station has found a frame from here authentic."""
        return self._vouched

    @vouched.setter
    def vouched(self, vouched: bool) -> None:
        if not vouched or self._vouched or not self._up:
            return
        self._vouched = True
        self._forget_deadline()
        self._spent = False
        self._mind_reading()
        self._bearer.vouch(self)
        self._proved()

    def send(self, frame: bytes) -> None:
        """Hand over one frame."""
        self._send(framed(frame), 1)

    def send_all(self, frames: Sequence[bytes]) -> None:
        """Hand over several at once."""
        if frames:
            self._send(framed_all(frames), len(frames))

    def room(self) -> int:
        """Bytes this path can take now."""
        return max(0, self._limits.write_high - self._waiting()) if self._up else 0

    def pause(self) -> None:
        """Read nothing more for now."""
        self._paused = True
        self._mind_reading()

    def resume(self) -> None:
        """Read again."""
        self._paused = False
        self._mind_reading()

    def close(self, why: str) -> None:
        """Give it up at once. What the kernel has is still sent; what it has not is in the
        station's outbox and goes by the next path."""
        if self._up:
            self._up = False
            self._why = why
            self._forget_deadline()
            self._break_off(why)

    # What the bearer and the engineer ask.

    @property
    def is_stranger(self) -> bool:
        """Called us, is still there, and has not proved itself."""
        return self._up and not (self.dialled or self._vouched)

    def sums(self) -> dict[str, int]:
        """What went through."""
        return {
            "frames_in": self.frames_in,
            "frames_out": self.frames_out,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "frames_unsent": self.frames_unsent,
        }

    def describe(self) -> dict[str, Any]:
        """Facts for the engineer, as plain JSON."""
        now = self._loop.time()
        return {
            "name": self.name,
            "peer": self.peer,
            "dialled": self.dialled,
            "vouched": self._vouched,
            "up_s": round(now - self.since, 3),
            "heard_s": round(now - self.heard_at, 3) if self.bytes_in else None,
            "waiting_bytes": self._waiting() if self._up else 0,
            "unfinished_bytes": self._reader.held,
            **self.sums(),
        }

    # What the kind tells.

    def _begin(self, address: Any) -> None:
        """Both ends agree that there is a connection; this is the other's address."""
        self._up = True
        self.since = self.heard_at = self._loop.time()
        self.host, self.peer = address[0], place(*address[:2])
        number = self._bearer.welcome(self)
        way = "to" if self.dialled else "from"
        self.name = f"{self._bearer.kind} {way} {self.peer} #{number}"
        if not self._bearer.running:
            self.close("this station stops")
            return
        self._deadline = self._loop.call_later(self._limits.stranger_s_max, self._unproved)
        if self.dialled:
            self._show()

    def _take(self, piece: bytes) -> None:
        """A piece of the stream was read."""
        self.bytes_in += len(piece)
        self.heard_at = self._loop.time()
        frames = self._apart(self._reader.take(piece))
        if frames and self._up:
            if not self.shown:
                self._show()
            if self._up:
                self.frames_in += len(frames)
                self._bearer.carrier.path_frames(self, frames)
        if not self._up:
            return
        if self._reader.fault:
            self._bearer.refuse(
                self,
                self._reader.fault,
                f"it sent an {self._reader.fault} frame, as no station does",
            )
        elif not self._vouched and self.bytes_in >= self._limits.stranger_bytes_max:
            # Not closed: its proof may be among what the station has yet to look at.
            self._spent = True
            self._mind_reading()

    def _drained(self) -> None:
        """Most of what was waiting has left."""
        if self.shown and self._up:
            self._bearer.carrier.path_room(self)

    def _end(self, why: str) -> None:
        """It is over; why, unless we gave it up."""
        self._up = False
        self._forget_deadline()
        self._reader = FrameReader()
        self._bearer.farewell(self)
        self.gone.set()
        if self.shown:
            self._bearer.carrier.path_down(self, self._why or why)

    # Helpers.

    def _show(self) -> None:
        self.shown = True
        self._bearer.carrier.path_up(self)

    def _send(self, framed: bytes, frames: int) -> None:
        if not self._up:
            self.frames_unsent += frames
            return
        self.frames_out += frames
        self.bytes_out += len(framed)
        self._write(framed)
        if self._waiting() > self._limits.write_max:
            self._bearer.refuse(self, "stuck", "the other end does not take what is sent")

    def _unproved(self) -> None:
        self._bearer.refuse(
            self, "unproved", f"nothing authentic came within {self._limits.stranger_s_max:g} s"
        )

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _mind_reading(self) -> None:
        if self._up:
            self._read_on(not (self._paused or self._spent))


def cannot_listen(error: Exception, host: str, port: int) -> Unavailable:
    """Why a port cannot be had, as a sentence and a next step."""
    where = place(host, port) if host else f"port {port}"
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, OSError) and code is None:  # so newer versions of asyncio say it
        code = errno.EADDRNOTAVAIL
    if code == errno.EADDRINUSE:
        return Unavailable(
            f"Another program is already listening on {where}.",
            f"Give this bearer another port, or end that program: `ss -ltnp` shows who has {port}.",
        )
    if code in (errno.EACCES, errno.EPERM):
        return Unavailable(
            f"This user may not listen on {where}.", "Choose a port of 1024 or above."
        )
    if code == errno.EADDRNOTAVAIL:
        return Unavailable(
            f"This machine has no address {host}, so it cannot listen there.",
            "`ip address` shows those it has; 0.0.0.0 stands for all of them.",
        )
    if isinstance(error, socket.gaierror | UnicodeError):
        return Unavailable(
            f"No address is known for the name {host!r}, so nobody can listen there.",
            "Give the address in numbers; 0.0.0.0 stands for all of this machine's.",
        )
    why = os.strerror(code).lower() if code and code > 0 else str(error)
    return Unavailable(
        f"It is not possible to listen on {where}: {why}.",
        "Put that right, or give another address or port.",
    )
