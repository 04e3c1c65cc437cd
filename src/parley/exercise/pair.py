"""Two fresh stations on this machine, introduced and with a line marked EXERCISE between them.

They are made in the steps that people take, by the operations behind the command line, in this
process: root keys, stations, letters, the agreement, then desk, persons and bearers. Nobody
compared the digits, so the line is UNVERIFIED and says so. b calls a. Replay, torture and bench
start from here, and the demo keeps such a pair for good.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.core.agreement import Paper
from parley.core.errors import Unavailable
from parley.core.identity import PartyRoot
from parley.exercise.post import Post as Post
from parley.station.founding import begin, finish
from parley.station.line.clauses import NO_SECRET
from parley.station.machine.carried import ANSWER, carry
from parley.station.machine.folder import read_whole, write_whole
from parley.station.parties import introductions as introductions
from parley.station.parties.letters import from_base64, to_base64
from parley.station.parties.root import RootFolder

PAIR_NAME = "pair.json"
LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 32_000)
PARTIES = ("North", "South")
# Who works at a and at b, by role.
PEOPLE = (
    {"drafter": "Dana", "releaser": "Rene", "watch": "Wanda", "auditor": "Aline"},
    {"drafter": "Dmitri", "releaser": "Rosa", "watch": "Wen", "auditor": "Amir"},
)
OFFICES = {
    "drafter": "Drafting office",
    "releaser": "Releasing officer",
    "watch": "Watch desk",
    "auditor": "Audit office",
}
DESK = "Watch desk"
STRETCHED = 2  # scrypt's cost: nobody guesses 192 random bits, and they lie beside the keys

Place = tuple[str, int]
Settings = Mapping[str, dict[str, Any]]  # by the section of station.toml


@dataclass(slots=True)
class Pair:
    """Two stations; a listens and b calls."""

    folder: Path
    a: Post
    b: Post
    listening: Place  # where a listens

    @classmethod
    def make(
        cls,
        folder: Path,
        parties: Sequence[str] = PARTIES,
        languages: Sequence[str] = ("en", "en"),
        settings: Settings | None = None,
        terms: Mapping[str, Any] | None = None,
    ) -> Pair:
        """Make both in an empty folder, with settings of their own and an agreement on these terms;
        neither serves yet."""
        names = folder_names(parties)
        posts = [
            Post(party, folder / name, people, free_port())
            for party, name, people in zip(parties, names, PEOPLE, strict=True)
        ]
        pair = cls(folder, posts[0], posts[1], (LOOPBACK, free_port()))
        each = zip(posts, languages, strict=True)
        founded = [_found(post, language, settings or {}) for post, language in each]
        _agree(posts, founded, terms or {})
        place = _place(pair.listening)
        pair.a.set_up(*_staff(pair.a), ("bearer.add", {"listen": place}))
        pair.b.set_up(*_staff(pair.b), ("bearer.add", {"dial": place}))
        pair.save()
        return pair

    @classmethod
    def open(cls, folder: Path) -> Pair:
        """The pair that was made in this folder."""
        try:
            told: dict[str, Any] = json.loads(read_whole(folder / PAIR_NAME))
            posts = [
                Post(each["party"], folder / each["folder"], each["people"], each["console_port"])
                for each in told["posts"]
            ]
            host, port = told["listening"]
            return cls(folder, posts[0], posts[1], (host, port))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise Unavailable(
                f"{folder / PAIR_NAME} is damaged.", "Forget the stations and make new ones."
            ) from error

    def save(self) -> None:
        """Remember where everything is."""
        posts = [
            {
                "party": post.name,
                "folder": post.folder.name,
                "people": dict(post.people),
                "console_port": post.console_port,
            }
            for post in (self.a, self.b)
        ]
        told = {"posts": posts, "listening": list(self.listening)}
        write_whole(self.folder / PAIR_NAME, (json.dumps(told, indent=1) + "\n").encode())

    def listen_on(self, place: Place) -> None:
        """Move the line to another port, while neither serves."""
        self.a.rewire(listen=_place(place))
        self.listening = place
        self.dial_by(place[1])

    def dial_by(self, port: int) -> None:
        """Let b call another port of this machine, which leads to a somehow."""
        self.b.rewire(dial=_place((LOOPBACK, port)))

    def stop(self) -> None:
        """Stop both in good order."""
        for post in (self.a, self.b):
            post.stop()


def free_port() -> int:
    """A port of this machine that nobody has now.

    It lies below those that the system gives to callers: else a station that calls a port where
    nobody listens may one day be given that very port, and connect to itself.
    """
    while True:
        port = secrets.choice(PORTS)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether somebody could listen there now."""
    with socket.socket() as tried:
        # As the stations do: a connection that has just ended does not take the port.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def folder_names(parties: Sequence[str]) -> list[str]:
    """A short name that a file can bear for each of two parties, different from the other's."""
    names = [
        re.sub(r"[^\w .+-]", "-", party).strip(" .")[:40].strip(" .") or "station"
        for party in parties
    ]
    if names[0].casefold() == names[1].casefold():
        names = [f"{name}-{at}" for at, name in enumerate(names, 1)]
    return names


def _place(place: Place) -> str:
    return f"{place[0]}:{place[1]}"


# --- what people would do


def _found(post: Post, language: str, settings: Settings) -> tuple[RootFolder, PartyRoot]:
    """Make a station and the root of its party, whose passphrase lies beside it."""
    passphrase = secrets.token_urlsafe(24)
    place = post.folder.with_name(f"{post.folder.name}-root")
    write_whole(place.with_name(f"{place.name}.passphrase"), passphrase.encode() + b"\n")
    root = RootFolder.make(place, post.name, passphrase, os.urandom, STRETCHED)
    unlocked = root.unlock(passphrase)
    request = begin(
        post.folder,
        f"{post.name} station",
        [language],
        settings={"sign_in": {"enrol": "may"}, **settings},
    )
    certified = root.certify(request, unlocked, int(time.time()))
    finish(post.folder, carry(ANSWER, certified.to_bytes()))
    return root, unlocked


def _agree(
    posts: Sequence[Post], roots: Sequence[tuple[RootFolder, PartyRoot]], given: Mapping[str, Any]
) -> None:
    """Letters exchanged, terms proposed by a, signed by both roots, accepted by both stations."""
    a, b = posts
    letters = [post.set_up(("introduce", {}))[0] for post in posts]
    for post, theirs in ((a, letters[1]), (b, letters[0])):
        # No person compares these digits, and the mark of the line says so.
        post.set_up(("accept", {"letter": theirs["letter"], "fingerprint": theirs["digits"]}))
    terms = {"mark": "EXERCISE", **given}
    (told,) = a.set_up(("agree.propose", {"party": b.name, "terms": terms}))
    for post, (root, unlocked) in ((b, roots[1]), (a, roots[0])):
        # There was no meeting to which a secret could have been brought.
        signing = {"agreement": told["agreement"], "words": [NO_SECRET.word]}
        (told,) = post.set_up(("agree.sign", signing))
        paper = Paper.parse(from_base64("agreement", told["agreement"]))
        told["agreement"] = to_base64(root.sign(paper, unlocked, int(time.time())).to_bytes())
    for post in posts:
        post.set_up(("agree.accept", {"agreement": told["agreement"]}))


def _staff(post: Post) -> list[tuple[str, dict[str, Any]]]:
    """A desk, and the people who work there."""
    persons = [
        ("person.add", {"name": name, "office": OFFICES[role], "roles": [role]})
        for role, name in post.people.items()
    ]
    return [("desk.add", {"name": DESK}), *persons]
