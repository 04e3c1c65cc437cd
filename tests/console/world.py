"""Two real stations with real consoles, in this process: sockets, stores and keys as in service."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parley.console.app import serving_pages
from parley.core.agreement import Paper
from parley.core.identity import PartyRoot
from parley.station.carried import ANSWER, carry
from parley.station.founding import begin, finish, set_up
from parley.station.letters import from_base64, to_base64
from parley.station.person import AT_THE_MACHINE
from parley.station.root import RootFolder
from parley.station.serving import serving
from parley.station.station import Station

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

    def set_up(self, op: str, **arguments: Any) -> dict[str, Any]:
        with set_up(self.folder) as station:
            return station.perform(op, AT_THE_MACHINE, arguments)

    async def ask(self, name: str, op: str, **arguments: Any) -> dict[str, Any]:
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
    request = begin(place, party, ["en"])
    finish(place, carry(ANSWER, roots.certify(request, root, 1_700_000_000).to_bytes()))
    return Post(party, place, root)


def settle(post: Post) -> None:
    with set_up(post.folder) as station:
        for name, office, roles in PEOPLE[post.party]:
            arguments = {"name": name, "office": office, "roles": list(roles)}
            post.ids[name] = station.perform("person.add", AT_THE_MACHINE, arguments)["id"]
        station.perform("desk.add", AT_THE_MACHINE, {"name": "Watch desk"})


def agree(a: Post, b: Post, mark: str, name: str, **terms: Any) -> None:
    """From letters to a line that is open."""
    letters = [post.set_up("introduce") for post in (a, b)]
    for post, other in ((a, letters[1]), (b, letters[0])):
        post.set_up("accept", letter=other["letter"], digits=other["digits"])
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
    north: Post
    south: Post


@asynccontextmanager
async def world(folder: Path, mark: str = "EXERCISE", **terms: Any) -> AsyncIterator[World]:
    """Two stations that serve, with an open line between them."""
    north, south = found(folder, "North"), found(folder, "South")
    for post in (north, south):
        settle(post)
    agree(north, south, mark, "North – South", level="military", **terms)
    north.set_up("bearer.add", listen="127.0.0.1:0")
    async with AsyncExitStack() as stack:
        for post in (north, south):
            post.station = await stack.enter_async_context(serving(post.folder))
            post.console = await stack.enter_async_context(serving_pages(post.station, 0))
            if post is north:
                (bearer,) = (await post.ask("Wanda", "bearer.list"))["bearers"]
                place = bearer["listen"]
            else:
                operator = post.station.people.person(1)
                assert operator is not None
                await post.station.call("bearer.add", operator, {"dial": place})
        yield World(north, south)
