"""Two real stations with real consoles, in this process: sockets, stores and keys as in service."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from parley.catalogue.calls import moment
from parley.console.app import serving_pages
from parley.core.agreement import Paper
from parley.core.identity import PartyRoot
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.founding import begin, finish, set_up
from parley.station.machine.carried import ANSWER, carry
from parley.station.machine.clock import Clock
from parley.station.parties.letters import from_base64, to_base64
from parley.station.parties.root import RootFolder
from parley.station.serving import serving
from parley.station.station import Station
from tests.ports import free_port

HOUR_S = 3_600
PATIENCE_S = 60.0  # a test that waits longer has failed; nothing waits for this in passing
LINES = (
    *("North – South", "Leaders", "Incidents at sea", "Air space", "Border guards"),
    "Reduction of nuclear risks",
)
LEVELS = ("military", "leaders", "duty", "navy", "air force", "border")
PASSPHRASE = "seven swans behind the mill"
SCRYPT_COST = 1 << 10  # these roots guard nothing
# Several people may have one role: a second pair of eyes needs a second person.
PEOPLE: Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "North": (
        ("Dana", "Drafting office", ("drafter",)),
        ("Rene", "Releasing officer", ("releaser",)),
        ("Wanda", "Watch desk", ("watch",)),
        ("Aline", "Audit office", ("auditor",)),
        ("Both", "Night staff", ("drafter", "releaser", "watch")),
    ),
    "South": (
        ("Dmitri", "Drafting office", ("drafter",)),
        ("Rosa", "Releasing officer", ("releaser",)),
        ("Wen", "Watch desk", ("watch",)),
        ("Amir", "Audit office", ("auditor",)),
    ),
}


@dataclass
class Post:
    """One station: before it serves, a folder; then also a station and a console."""

    party: str
    folder: Path
    root: PartyRoot
    ids: dict[str, int] = field(default_factory=dict)
    station: Station | None = None
    console: str = ""
    clock: Clock | None = None  # this machine's, unless a test moves its own
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _pages: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Post:
        self.station = await self._stack.enter_async_context(serving(self.folder, clock=self.clock))
        await self.show_pages(free_port())  # so that who hides them can show them there again
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hide_pages()
        await self._stack.aclose()

    async def show_pages(self, port: int) -> None:
        """Serve the console."""
        assert self.station is not None
        self.console = await self._pages.enter_async_context(serving_pages(self.station, port))

    async def hide_pages(self) -> None:
        """Stop serving it; the station goes on."""
        await self._pages.aclose()

    def set_up(self, op: str, **arguments: Any) -> dict[str, Any]:
        with set_up(self.folder) as station:
            return station.perform(op, AT_THE_MACHINE, arguments)

    async def ask(self, name: str, op: str, /, **arguments: Any) -> dict[str, Any]:
        """As the person of that name."""
        assert self.station is not None
        person = self.station.people.must_be_here(self.ids[name])
        return await self.station.call(op, person, arguments)

    async def link(self, name: str) -> str:
        """A fresh sign-in link for somebody."""
        answer = await self.ask(name, "signin.link", person=self.ids[name])
        return f"{self.console}{answer['path']}"

    def seat(self, name: str) -> str:
        """Where somebody sits."""
        return f"{self.console}/s/{self.ids[name]}"


def found(folder: Path, party: str) -> Post:
    """A station with its people, that knows nobody yet."""
    roots = RootFolder.make(folder / f"{party}-root", party, PASSPHRASE, os.urandom, SCRYPT_COST)
    root = roots.unlock(PASSPHRASE)
    place = folder / party
    # Whoever comes by a link sits at once; what is asked of the others has tests of its own.
    request = begin(place, party, ["en"], settings={"sign_in": {"enrol": "may"}})
    finish(place, carry(ANSWER, roots.certify(request, root, 1_700_000_000).to_bytes()))
    return Post(party, place, root)


def settle(post: Post) -> None:
    with set_up(post.folder) as station:
        for name, office, roles in PEOPLE[post.party]:
            arguments = {"name": name, "office": office, "roles": list(roles)}
            post.ids[name] = station.perform("person.add", AT_THE_MACHINE, arguments)["id"]
        station.perform("desk.add", AT_THE_MACHINE, {"name": "Watch desk"})


def introduce(a: Post, b: Post, *, compared: bool = True) -> None:
    """Letters both ways, with the digits compared by a person or by a program."""
    how = "digits" if compared else "fingerprint"
    letters = [post.set_up("introduce") for post in (a, b)]
    for post, other in ((a, letters[1]), (b, letters[0])):
        post.set_up("accept", **{"letter": other["letter"], how: other["digits"]})


def agree(a: Post, b: Post, mark: str, name: str, **terms: Any) -> None:
    """From a proposal to a line that is open."""
    given = {"mark": mark, "name": name, "heartbeat_s": 1, **terms}
    proposed = a.set_up("agree.propose", party=b.party, terms=given)
    words = [each["word"] for each in proposed["cautions"]]
    answered = b.set_up("agree.sign", agreement=proposed["agreement"], words=words)
    paper = Paper.parse(from_base64("agreement", answered["agreement"]))
    signed = to_base64(paper.sign(b.root).sign(a.root).to_bytes())
    for post in (a, b):
        post.set_up("agree.accept", agreement=signed)


@dataclass
class World:
    """Two posts that serve."""

    north: Post
    south: Post

    async def say(
        self, post: Post, text: str, precedence: str = "ROUTINE", **more: Any
    ) -> dict[str, Any]:
        """A message from that side, written and released by two persons there."""
        drafter = "Dana" if post is self.north else "Dmitri"
        draft = await post.ask(drafter, "draft.new", text=text, precedence=precedence, **more)
        return await self.release(post, draft)

    async def release(self, post: Post, draft: Mapping[str, Any]) -> dict[str, Any]:
        """A draft of that side, released by a second person there."""
        shown = {name: draft[name] for name in ("draft", "sha256", "displayed")}
        return await post.ask("Rene" if post is self.north else "Rosa", "release", **shown)

    async def agree_on_a_call(self, medium: str = "video", in_s: int = 7_200) -> None:
        """A call in two hours, or then, that North asked for and South accepted."""
        north, south, now = self.north, self.south, int(time.time())
        asked = {"purpose": "Open and direct lines", "medium": medium, "asked_for": "General South"}
        window = {"earliest": moment(now), "latest": moment(now + 90_000)}
        n = (await self.release(north, await north.ask("Dana", "call.ask", **window, **asked)))["n"]

        async def came() -> bool:
            return bool((await south.ask("Wen", "status"))["lines"][0]["their_size"] > n)

        await self.until(came)
        said = {"n": n, "answer": "accept", "time": moment(now + in_s)}
        await self.release(south, await south.ask("Dmitri", "call.answer", **said))

        async def accepted() -> bool:
            return bool((await north.ask("Wanda", "call.show"))["ahead"])

        await self.until(accepted)

    async def until(self, true: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_S) -> None:
        """Wait for something to become true at the stations."""
        async with asyncio.timeout(seconds):
            while True:
                if await true():
                    return
                await asyncio.sleep(0.02)

    async def heard(self) -> bool:
        """Whether both hear each other, so that what is released gets its number at once."""
        lines = [
            line
            for post, name in ((self.north, "Wanda"), (self.south, "Wen"))
            for line in (await post.ask(name, "status"))["lines"]
        ]
        return all(line["observed"] == "heard" and line["in_service"] for line in lines)


@asynccontextmanager
async def world(
    folder: Path,
    mark: str = "EXERCISE",
    also: str | None = None,
    clock: Clock | None = None,
    compared: bool = True,
    lines: int = 1,
    **terms: Any,
) -> AsyncIterator[World]:
    """Two stations that serve, with an open line between them, or so many; the others marked
    `also`."""
    count = max(lines, 1 if also is None else 2)
    posts = []
    hour = int(time.time() // HOUR_S) if "test_turns_s" in terms else 0  # where hours count
    for made in founded(mark, also or mark, count, tuple(sorted(terms.items())), hour, compared):
        place = shutil.copytree(made.folder, folder / made.party)
        posts.append(Post(made.party, place, made.root, dict(made.ids), clock=clock))
    north, south = posts
    names = LINES[:count]
    async with AsyncExitStack() as stack:
        for post in (north, south):
            await stack.enter_async_context(post)
        (bearer,) = (await north.ask("Wanda", "bearer.list"))["bearers"]
        assert south.station is not None
        operator = south.station.people.must_be_here(1)
        for name in names:
            dial = {"dial": bearer["listen"], "line": name}
            await south.station.call("bearer.add", operator, dial)
        both = World(north, south)
        await both.until(both.heard)
        yield both


@cache
def founded(
    mark: str,
    also: str,
    lines: int,
    terms: tuple[tuple[str, Any], ...],
    hour: int,
    compared: bool,
) -> tuple[Post, Post]:
    """Two stations that agreed and never served, made once a run, and once an hour where tests are
    due by the clock; tests take a copy."""
    folder = Path(tempfile.mkdtemp(prefix="parley-agreed-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    north, south = found(folder, "North"), found(folder, "South")
    for post in (north, south):
        settle(post)
    introduce(north, south, compared=compared)
    for at, (name, level) in enumerate(zip(LINES[:lines], LEVELS, strict=False)):
        agree(north, south, also if at else mark, name, level=level, **dict(terms))
    north.set_up("bearer.add", listen="127.0.0.1:0")
    return north, south
