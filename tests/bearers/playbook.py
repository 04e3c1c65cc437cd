"""What the bearer tests share: a station that writes down what it is told, and a stranger."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ClassVar

from parley.bearers import FRAME_BYTES_MAX, Path
from parley.bearers.dialling import Entropy, Pace
from parley.bearers.streams import Limits, StreamBearer
from parley.bearers.tcp import TcpBearer, TcpPath

PATIENCE_S = 20.0  # a test that waits longer has failed; nothing waits for this in passing
AT_ONCE = Pace(pause_s_first=0.001, pause_s_max=0.005)
BRIEF = Limits(stranger_s_max=0.05)
FEW = Limits(strangers_max=3)
LARGEST = bytes(range(250)) * (FRAME_BYTES_MAX // 250)


def no_chance(size: int) -> bytes:
    """Entropy for those who do not care: every pause at its shortest."""
    return bytes(size)


@contextlib.asynccontextmanager
async def nothing_raised() -> AsyncIterator[None]:
    """No exception has reached the loop from a callback."""
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: raised.append(context))
    yield
    assert raised == []


def count_of(bearer: StreamBearer, kind: str) -> int:
    """How often connections were refused for this."""
    counts: dict[str, int] = bearer.describe()["refused_by"]
    return counts.get(kind, 0)


def of_tcp(path: Path) -> TcpPath:
    """The path as what it is, to look inside."""
    assert isinstance(path, TcpPath)
    return path


async def until(condition: Callable[[], bool]) -> None:
    """Give the loop its turns until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in iter(condition, True):
            await asyncio.sleep(0)


class Station:
    """Writes down what its bearer says, in order, and lets a test wait for it."""

    def __init__(self, *, vouches: bool = False) -> None:
        self.vouches = vouches
        self.paths: list[Path] = []  # up now
        self.ups: asyncio.Queue[Path] = asyncio.Queue()
        self.downs: asyncio.Queue[tuple[Path, str]] = asyncio.Queue()
        self.rooms: asyncio.Queue[Path] = asyncio.Queue()
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.readings: list[int] = []  # frames in each reading
        self.on_up: Callable[[Path], None] = lambda path: None
        self.on_frames: Callable[[Path], None] = lambda path: None

    def path_up(self, path: Path) -> None:
        assert path not in self.paths
        self.paths.append(path)
        self.ups.put_nowait(path)
        self.on_up(path)

    def path_frames(self, path: Path, frames: list[bytes]) -> None:
        assert path in self.paths
        assert frames
        if self.vouches:
            path.vouched = True
        self.readings.append(len(frames))
        for frame in frames:
            assert type(frame) is bytes
            self.frames.put_nowait(frame)
        self.on_frames(path)

    def path_room(self, path: Path) -> None:
        assert path in self.paths
        self.rooms.put_nowait(path)

    def path_down(self, path: Path, why: str) -> None:
        self.paths.remove(path)
        self.downs.put_nowait((path, why))

    async def hears(self, count: int = 1) -> list[bytes]:
        """The next frames, from whichever path."""
        async with asyncio.timeout(PATIENCE_S):
            return [await self.frames.get() for _ in range(count)]

    async def gets_path(self) -> Path:
        """The next path that comes up."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.ups.get()

    async def loses_path(self) -> tuple[Path, str]:
        """The next path that goes down, and the reason given."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.downs.get()

    async def gets_room(self) -> Path:
        """The next path that can take more again."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.rooms.get()


@contextlib.asynccontextmanager
async def listening(
    station: Station,
    *,
    port: int = 0,
    limits: Limits | None = None,
    kind: type[StreamBearer] = TcpBearer,
) -> AsyncIterator[tuple[StreamBearer, int]]:
    """A bearer that listens on loopback, and its port."""
    bearer = kind(station, listen=("127.0.0.1", port), dial=None, entropy=no_chance, limits=limits)
    await bearer.start()
    try:
        assert bearer.listening is not None
        yield bearer, bearer.listening[1]
    finally:
        await bearer.stop()


@contextlib.asynccontextmanager
async def dialling(
    station: Station,
    port: int,
    *,
    host: str = "127.0.0.1",
    limits: Limits | None = None,
    pace: Pace | None = None,
    entropy: Entropy = no_chance,
    kind: type[StreamBearer] = TcpBearer,
) -> AsyncIterator[StreamBearer]:
    """A bearer that calls a port on loopback."""
    bearer = kind(
        station, listen=None, dial=(host, port), entropy=entropy, limits=limits, pace=pace
    )
    await bearer.start()
    try:
        yield bearer
    finally:
        await bearer.stop()


class Stranger:
    """A plain socket that sends what a station would not."""

    calling: ClassVar[list[Stranger]] = []

    def __init__(self, call: socket.socket) -> None:
        self.call = call
        self.calling.append(self)

    @classmethod
    async def calls(cls, port: int, *, source: str = "127.0.0.1") -> Stranger:
        """A connection to a port on loopback, from one of its many addresses."""
        call = socket.socket()
        call.setblocking(False)
        call.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(call, ("127.0.0.1", port))
        return cls(call)

    async def says(self, stream: bytes) -> bool:
        """Send bytes as they are; whether the other end took all of them."""
        try:
            await asyncio.get_running_loop().sock_sendall(self.call, stream)
        except OSError:
            return False
        return True

    async def is_dropped(self) -> None:
        """Wait until the other end closes; whatever it says before that is lost."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(OSError):
                while await asyncio.get_running_loop().sock_recv(self.call, 65_536):
                    pass
        self.call.close()

    def breaks_off(self) -> None:
        """Close with a reset, as a machine does that was switched off and on."""
        self.call.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.call.close()

    def hangs_up(self) -> None:
        """Close as one should."""
        self.call.close()

    @classmethod
    def all_hang_up(cls) -> None:
        """Whoever is still there."""
        while cls.calling:
            cls.calling.pop().hangs_up()


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    """A loopback port on which nobody answers; it is held so that nobody else is given it."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
