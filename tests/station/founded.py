"""Stations as `parley init` makes them, with roots whose passphrase is stretched only a little."""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from parley.core.agreement import Paper
from parley.core.identity import Letter
from parley.station import serving
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.founding import begin, finish, set_up
from parley.station.machine.carried import ANSWER, carry
from parley.station.machine.folder import Home
from parley.station.parties.root import RootFolder
from parley.station.station import Station

PASSPHRASE = "four words nobody guesses"
NOW = 1_793_000_000
CHEAP = 2  # scrypt's cost in tests: what is tried here is not its slowness


@dataclass(frozen=True)
class Founded:
    """A station's folder and its party's root."""

    folder: Path
    root: RootFolder
    letter: Letter

    @contextmanager
    def at_work(self) -> Iterator[AtWork]:
        """The station, carrying out operations while it serves nobody."""
        with set_up(self.folder) as station:
            yield AtWork(station)

    def does(self, op: str, **arguments: Any) -> dict[str, Any]:
        """One operation, as one command carries it out: each in a station of its own."""
        with self.at_work() as station:
            return station.does(op, **arguments)

    def signs(self, agreement: str) -> str:
        """The root's signature under a file that was carried to it."""
        paper = Paper.parse(base64.b64decode(agreement))
        return packed(self.root.sign(paper, self.root.unlock(PASSPHRASE), NOW).to_bytes())

    def home(self) -> Home:
        """The folder as it is opened."""
        return Home.open(self.folder)

    def copied(self, folder: Path) -> Founded:
        """The same station and root elsewhere."""
        root, place = folder / self.root.path.name, folder / self.folder.name
        shutil.copytree(self.root.path, root)
        shutil.copytree(self.folder, place)
        return Founded(place, RootFolder(root), self.letter)


Pair = tuple[Founded, Founded]


@dataclass(frozen=True)
class AtWork:
    """A station that carries out operations."""

    station: Station

    def does(self, op: str, **arguments: Any) -> dict[str, Any]:
        """One operation by whoever holds the folder."""
        return self.station.perform(op, AT_THE_MACHINE, arguments)


def packed(content: bytes) -> str:
    """Bytes as operations take them."""
    return base64.b64encode(content).decode()


def make_root(folder: Path, party: str) -> RootFolder:
    """The root of a party."""
    return RootFolder.make(folder, party, PASSPHRASE, os.urandom, CHEAP)


def found(folder: Path, party: str, root: RootFolder | None = None, **given: Any) -> Founded:
    """A station that its root has certified."""
    root = root or make_root(folder.with_name(f"{folder.name}-root"), party)
    request = begin(folder, given.pop("name", f"{party} watch"), given.pop("languages", ["en"]))
    answer = root.certify(request, root.unlock(PASSPHRASE), NOW)
    return Founded(folder, root, finish(folder, carry(ANSWER, answer.to_bytes())))


def introduce(one: Founded, other: Founded, *, compared: bool = True) -> None:
    """Let both accept the other's letter."""
    how = "digits" if compared else "fingerprint"
    for ours, theirs in ((one, other), (other, one)):
        ours.does("accept", letter=packed(theirs.letter.raw), **{how: theirs.letter.digits})


def introduced(folder: Path) -> Pair:
    """Two stations that have accepted each other's letter."""
    north = found(folder / "north", "North")
    south = found(folder / "south", "South", languages=["ru", "en"])
    introduce(north, south)
    return north, south


def copied(make: Callable[[Path], Pair], folder: Path) -> Pair:
    """Two stations as `make` makes them in a folder: once a run, since to found them costs more
    than most of what is asked of them."""
    one, other = _made(make)
    return one.copied(folder), other.copied(folder)


@cache
def _made(make: Callable[[Path], Pair]) -> Pair:
    top = Path(tempfile.mkdtemp(prefix="parley-pair-"))
    atexit.register(shutil.rmtree, top, ignore_errors=True)
    return make(top)


def agreed(one: Founded, other: Founded, **terms: Any) -> str:
    """An agreement that both roots have signed; `one` proposed it."""
    words = ["WITHOUT"]
    proposal = one.does("agree.propose", party=other.letter.party, terms=terms)["agreement"]
    ready = other.does("agree.sign", agreement=proposal, words=words)["agreement"]
    back = one.does("agree.sign", agreement=other.signs(ready), words=words)["agreement"]
    return one.signs(back)


# To import it is to have every operation.
OPERATIONS = serving
