"""Two real stations for tests: real SQLite, real TCP on loopback, real control sockets.

    with two_stations(tmp_path) as (north, south):
        said = north.says("Ceasefire at 0600Z.", "FLASH")
        heard = south.hears(said["n"])
        south.watch.asks("open", n=said["n"])

Both run in one event loop in a thread beside the test, so a test reads as a conversation and
never waits longer than what it waits for. The clock flows as usual and can be moved on. Each
station is founded once a run for the same terms and copied, so that a pair costs milliseconds.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import queue
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

from parley.core.agreement import PSK_BYTES, Agreement, Paper
from parley.core.effects import Saying
from parley.core.entry import Precedence, Status
from parley.core.terms import Instant
from parley.station.acts.calling import Caller
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.founding import begin, finish, set_up
from parley.station.line.meeting import Brought
from parley.station.machine.carried import ANSWER, carry
from parley.station.machine.clock import Alarm
from parley.station.machine.folder import DATABASE_NAME
from parley.station.parties.letters import from_base64, to_base64
from parley.station.parties.root import RootFolder
from parley.station.serving import serving
from parley.station.station import Station
from tests.ports import free_port

DAY_S = 86_400
TEST_S = 240  # longer than a test may take
PATIENCE_S = 60.0  # a test that waits longer has failed; nothing waits for this in passing
PASSPHRASE = "correct horse battery staple"
PEOPLE = {
    "drafter": ["drafter"],
    "releaser": ["releaser"],
    "watch": ["watch"],
    "deputy": ["watch"],
    "auditor": ["auditor"],
}
NAMES = {
    "north": {
        "drafter": "Olsen",
        "releaser": "Berg",
        "watch": "Dahl",
        "deputy": "Lund",
        "auditor": "Voss",
    },
    "south": {
        "drafter": "Moreau",
        "releaser": "Petit",
        "watch": "Blanc",
        "deputy": "Roche",
        "auditor": "Girard",
    },
}
LANGUAGES = {"north": ["en"], "south": ["fr", "en"]}

T = TypeVar("T")


class Stage:
    """An event loop in a thread of its own, for all stations of one test."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="stations", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end in the loop, and wait."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def do(self, work: Callable[[], T]) -> T:
        """Do something within the loop, and wait."""

        async def once() -> T:
            return work()

        return self.run(once())

    def close(self) -> None:
        """End the loop and its thread."""
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE_S)
        self.loop.close()


class Hours:
    """How far a test has moved the time on, for all its stations."""

    def __init__(self, stage: Stage | None = None) -> None:
        self.ahead_s = 0.0
        self.alarms: set[_Alarm] = set()
        self._stage = stage  # None for a test that runs in the stations' own loop

    def skip(self, seconds: float) -> None:
        """Let time pass at once."""

        def move() -> None:
            self.ahead_s += seconds
            for alarm in list(self.alarms):
                alarm.arm(time.monotonic() + self.ahead_s)

        if self._stage is None:
            move()
        else:
            self._stage.do(move)


class MovedClock:
    """One station's clocks: this machine's, moved on as a test likes."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours
        self._wrong_s = 0.0

    def now(self) -> Instant:
        """This moment, on both clocks."""
        ahead = self._hours.ahead_s
        return Instant(time.time() + ahead + self._wrong_s, time.monotonic() + ahead)

    def call_at(self, mono: float, call: Callable[[], None]) -> Alarm:
        """Call once the monotonic clock shows `mono`."""
        alarm = _Alarm(self._hours.alarms, mono, call)
        alarm.arm(self.now().mono)
        return alarm

    def skip(self, seconds: float) -> None:
        """Let time pass at once, on both clocks and at all stations."""
        self._hours.skip(seconds)

    def skip_midnight(self) -> None:
        """Let a day begin if it is about to: what a test does next is done on one day."""
        left_s = DAY_S - self.now().wall % DAY_S
        if left_s < TEST_S:
            self.skip(left_s + 1)

    def set_wrong(self, seconds: float) -> None:
        """Set this station's wall clock so far ahead, or back."""
        self._wrong_s = seconds


class _Alarm:
    def __init__(self, known: set[_Alarm], mono: float, call: Callable[[], None]) -> None:
        self._known = known
        self._mono = mono
        self._call = call
        self._timer: asyncio.TimerHandle | None = None
        known.add(self)

    def arm(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(self._mono - now, 0.0), self._ring)

    def cancel(self) -> None:
        self._known.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        self._known.discard(self)
        self._call()


class Voice:
    """One person of a station, at the control socket."""

    def __init__(self, post: Post, id: int, name: str, token: str) -> None:
        self.id = id
        self.name = name
        self.token = token
        self._post = post
        self._caller: Caller | None = None

    def asks(self, op: str, **arguments: Any) -> dict[str, Any]:
        """Ask the station; what it refuses is raised."""
        return self.caller().call(op, **arguments)

    def caller(self) -> Caller:
        """This person's connection."""
        if self._caller is None:
            self._caller = Caller(self._post.folder, self.token, PATIENCE_S)
        return self._caller

    def hangs_up(self) -> None:
        """Close the connection; the next question opens another."""
        if self._caller is not None:
            self._caller.close()
            self._caller = None


class Post:
    """One station and its people."""

    def __init__(self, folder: Path, stage: Stage, clock: MovedClock) -> None:
        self.folder = folder
        self.stage = stage
        self.clock = clock
        self.happened: queue.Queue[dict[str, Any]] = queue.Queue()
        self._exit = contextlib.AsyncExitStack()
        self._station: Station | None = None
        names = NAMES[folder.name]
        ids = {name: id for id, name in enumerate(["operator", *names.values()], 1)}
        self.people = {
            role: Voice(self, ids[name], name, _token(folder, name))
            for role, name in {"operator": "operator", **names}.items()
        }
        self.operator = self.people["operator"]
        self.drafter = self.people["drafter"]
        self.releaser = self.people["releaser"]
        self.watch = self.people["watch"]
        self.deputy = self.people["deputy"]
        self.auditor = self.people["auditor"]

    @property
    def station(self) -> Station:
        """The station object; touch it within the loop only (`stage.do`)."""
        assert self._station is not None, "the station is not serving"
        return self._station

    def starts(self) -> Self:
        """Serve."""

        async def start() -> Station:
            station = await self._exit.enter_async_context(serving(self.folder, clock=self.clock))
            self._tell(station.events.since(0)[1:])  # what came while it started
            station.events.listen(self._tell)
            return station

        self._station = self.stage.run(start())
        return self

    def _tell(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.happened.put(event)

    def stops(self) -> None:
        """Stop serving; the folder stays."""
        for voice in self.people.values():
            voice.hangs_up()
        self._station = None
        self.stage.run(self._exit.aclose())

    # What people say and see.

    def drafts(self, text: str, precedence: str = "ROUTINE", **more: Any) -> dict[str, Any]:
        """The drafter writes a message."""
        return self.drafter.asks("draft.new", text=text, precedence=precedence, **more)

    def releases(self, draft: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The releaser reads it as it is now, with all that arrived, and releases it."""
        shown = self.releaser.asks("draft.show", draft=draft["draft"])
        given = {"sha256": shown["sha256"], "displayed": shown["displayed"], **more}
        return self.releaser.asks("release", draft=draft["draft"], **given)

    def says(self, text: str, precedence: str = "ROUTINE", **more: Any) -> dict[str, Any]:
        """Two persons send a message; what `release` answers."""
        return self.releases(self.drafts(text, precedence, **more))

    def sends(self, text: str, precedence: str = "ROUTINE", **more: Any) -> int:
        """Two persons send a message; the number it gets, once the path is up."""
        return self.number(self.says(text, precedence, **more))

    def number(self, released: dict[str, Any]) -> int:
        """The number of what was released; what meets no path waits for its own."""
        deadline = time.monotonic() + PATIENCE_S
        while released["n"] is None:  # what happens meanwhile stays for `event`
            assert time.monotonic() < deadline, "it got no number in time"
            time.sleep(0.005)
            released = self.drafter.asks("draft.show", draft=released["draft"])
        n: int = released["n"]
        return n

    def utters(
        self,
        type: int,
        body: bytes,
        precedence: Precedence = Precedence.ROUTINE,
        status: int = Status.EXERCISE,
    ) -> int:
        """Say what no honest station would; the number it gets."""
        n: int = self.line()["our_size"] + self.line()["queued"]
        saying = Saying(type, precedence, status, body)

        def say() -> None:
            station = self.station
            station.in_next_step(lambda: void(station.say(station.lines[0], saying)))

        self.stage.do(say)
        return n

    def reads(self, n: int, dir: str = "theirs") -> dict[str, Any]:
        """A message with its stages."""
        return self.watch.asks("message", n=n, dir=dir)

    def hears(self, n: int) -> dict[str, Any]:
        """Wait for message `n` of the other side, and read it."""
        self.until(lambda: self.line()["their_size"] > n)
        return self.reads(n)

    def line(self) -> dict[str, Any]:
        """The one line, as `status` shows it."""
        view: dict[str, Any] = self.watch.asks("status")["lines"][0]
        return view

    def is_in_service(self) -> None:
        """Wait until the line is."""
        self.until(lambda: self.line()["in_service"])

    def stages(self, n: int, dir: str = "ours") -> list[str]:
        """The stages of a message, by name."""
        return [stage["stage"] for stage in self.reads(n, dir)["stages"]]

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            with contextlib.suppress(queue.Empty):
                self.happened.get(timeout=0.005)

    def event(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next event of this kind with these fields; others before it are passed over."""
        wanted = {"kind": kind, **fields}
        deadline = time.monotonic() + PATIENCE_S
        while True:
            event = self.happened.get(timeout=max(deadline - time.monotonic(), 0.001))
            if wanted.items() <= event.items():
                return event


Posts = tuple[Post, Post]


def day_of(wall: float) -> str:
    """The day of a moment, as the log of that day is asked for."""
    return time.strftime("%Y-%m-%d", time.gmtime(wall))


def void(_: object) -> None:
    """For callbacks whose result nobody wants."""


def _token(folder: Path, name: str) -> str:
    return (folder / "tokens" / f"{name}.token").read_text().strip()


# --- founding


@contextlib.contextmanager
def two_stations(
    tmp_path: Path, *, started: bool = True, **terms: Any
) -> Iterator[tuple[Post, Post]]:
    """North and south with one line between them, in service when `started`."""
    port = free_port()
    stage = Stage()
    hours = Hours(stage)
    posts: list[Post] = []
    try:
        for name in ("north", "south"):
            shutil.copytree(found(terms) / name, tmp_path / name)
            _move(tmp_path / name, port)
            posts.append(Post(tmp_path / name, stage, MovedClock(hours)))
        north, south = posts
        if started:
            south.starts()
            north.starts()
            for post in posts:
                post.is_in_service()
        yield north, south
    finally:
        for post in posts:
            post.stops()
        stage.close()


SOMEWHERE = "127.0.0.1:1"  # until a copy has a port of its own
HOUR_S = 3_600
HOURLY: dict[str, Any] = {
    "mark": "ACTUAL",
    "test_turns_s": HOUR_S,
    "test_window_s": 900,
    "test_answer_s": 600,
}


@contextlib.contextmanager
def hourly(tmp_path: Path) -> Iterator[tuple[Post, Post]]:
    """A line that is tested hourly, at the beginning of an hour; first the side whose hour it is.
    It is the first hour since the agreement, so that nothing was missed before."""
    # Founded in one hour and started in the next, they would have missed a test; and founded in the
    # very second in which an hour begins, they owe the test of that hour.
    into_s = time.time() % HOUR_S
    if not 1 <= into_s < HOUR_S - 30:
        time.sleep(1 if into_s < 1 else HOUR_S - into_s + 1)
    with two_stations(tmp_path, **HOURLY) as (north, south):
        now = north.watch.asks("status")["now"]
        north.clock.skip(HOUR_S - now % HOUR_S + 5)
        hour = int(north.watch.asks("status")["now"] // HOUR_S)
        norths = north.watch.asks("test.schedule")["parties"][hour % 2] == "North"
        yield (north, south) if norths else (south, north)


def found(terms: dict[str, Any]) -> Path:
    """A folder with two founded stations and a line on these terms: made once a run, and once an
    hour where hours count."""
    hour = int(time.time() // HOUR_S) if "test_turns_s" in terms else 0
    return _founded(tuple(sorted(terms.items())), hour)


@cache
def _founded(terms: tuple[tuple[str, Any], ...], _hour: int) -> Path:
    top = Path(tempfile.mkdtemp(prefix="parley-founded-"))
    atexit.register(shutil.rmtree, top, ignore_errors=True)
    top.chmod(0o700)
    roots = {}
    for name in ("north", "south"):
        folder = RootFolder.make(top / f"{name}-root", name.title(), PASSPHRASE, os.urandom, cost=2)
        root = folder.unlock(PASSPHRASE)
        request = begin(top / name, f"{name.title()} watch", LANGUAGES[name])
        answer = folder.certify(request, root, int(time.time()))
        finish(top / name, carry(ANSWER, answer.to_bytes()))
        roots[name] = (folder, root)
        _hire(top / name)
    _introduce(top)
    _agree(top, roots, dict(terms))
    for name, where in (("north", "dial"), ("south", "listen")):
        with set_up(top / name) as station:
            station.perform("bearer.add", AT_THE_MACHINE, {where: SOMEWHERE})
    return top


def _move(folder: Path, port: int) -> None:
    """Put a copy's bearer on a port of its own. To open each copy as a station for this, with every
    signature checked, was a fifth of what a pair costs."""
    with contextlib.closing(sqlite3.connect(folder / DATABASE_NAME)) as store, store:
        store.execute("UPDATE bearers SET port = ?", (port,))


def _hire(folder: Path) -> None:
    with set_up(folder) as station:

        def does(op: str, **arguments: Any) -> dict[str, Any]:
            return station.perform(op, AT_THE_MACHINE, arguments)

        ids = {
            role: does("person.add", name=NAMES[folder.name][role], office=role, roles=roles)["id"]
            for role, roles in PEOPLE.items()
        }
        desk = does("desk.add", name="watch desk")["desk"]
        does("desk.deputies", desk=desk, persons=[ids["deputy"]])
        watch = station.people.must_be_here(ids["watch"])
        station.perform("desk.hold", watch, {"desk": desk})


def _introduce(top: Path) -> None:
    for one, other in (("north", "south"), ("south", "north")):
        with set_up(top / one) as station:
            letter = station.perform("introduce", AT_THE_MACHINE)
        with set_up(top / other) as station:
            given = {"letter": letter["letter"], "digits": letter["digits"]}
            station.perform("accept", AT_THE_MACHINE, given)


def _agree(top: Path, roots: dict[str, Any], terms: dict[str, Any]) -> None:
    def signed(name: str, packed: str) -> str:
        folder, root = roots[name]
        paper = Paper.parse(from_base64("agreement", packed))
        return to_base64(folder.sign(paper, root, int(time.time())).to_bytes())

    given = {"name": "Blue Line", "mark": "EXERCISE", **terms}
    with set_up(top / "north") as station:
        packed = station.perform(
            "agree.propose", AT_THE_MACHINE, {"party": "South", "terms": given}
        )["agreement"]
    with set_up(top / "south") as station:
        packed = station.perform(
            "agree.sign", AT_THE_MACHINE, {"agreement": packed, "words": ["WITHOUT", "DENIABLE"]}
        )["agreement"]
    packed = signed("north", signed("south", packed))
    agreement = Paper.parse(from_base64("agreement", packed)).agreement
    psk = brought(agreement) if agreement.psk0 else None
    for name in ("north", "south"):
        with set_up(top / name) as station:
            station.perform("agree.accept", AT_THE_MACHINE, {"agreement": packed, "psk": psk})


def brought(agreement: Agreement, fill: int = 7) -> list[str]:
    """What both parties brought to a meeting, as an operation takes it."""
    secret = bytes([fill]) * PSK_BYTES
    each = [Brought(fingerprint, secret) for fingerprint in agreement.fingerprints]
    return [to_base64(one.to_bytes()) for one in each]
