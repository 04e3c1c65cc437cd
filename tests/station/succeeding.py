"""Two stations with an open line, and what people do when keys are replaced or lost."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

from parley.core.agreement import Paper
from parley.core.identity import PartyRoot
from parley.core.succession import Succession
from parley.station import serving
from parley.station.acts.person import Person
from parley.station.founding import set_up
from parley.station.machine.carried import ANSWER, carry
from parley.station.parties.heirs import revoke, succeed
from parley.station.parties.replacing import begin, finish
from parley.station.parties.root import NEXT_NAME, RootFolder
from tests.station.founded import (
    NOW,
    PASSPHRASE,
    AtWork,
    Founded,
    agreed,
    copied,
    introduced,
    packed,
)
from tests.station.founded import Pair as Pair

WORDS = ["WITHOUT"]


def with_a_line(tmp_path: Path) -> Pair:
    """Two stations with an open line."""
    assert serving.OPERATIONS_IN  # to import it is to have them
    return copied(_with_a_line, tmp_path)


def _with_a_line(folder: Path) -> Pair:
    north, south = introduced(folder)
    whole = agreed(north, south, name="Blue Line", flash_s=300)
    for each in (north, south):
        each.does("agree.accept", agreement=whole)
    return north, south


def rotated(station: Founded, root: RootFolder | None = None) -> Founded:
    """The station with new keys that its root certified."""
    root = root or station.root
    answer = root.certify(begin(station.folder), root.unlock(PASSPHRASE), NOW)
    with set_up(station.folder) as at_work:
        letter = finish(at_work, carry(ANSWER, answer.to_bytes()))
    return Founded(station.folder, root, letter)


def agree_anew(one: Founded, other: Founded, **terms: Any) -> str:
    """A signed agreement in place of that of Blue Line."""
    proposal = one.does("agree.propose", replaces="Blue Line", terms=terms)["agreement"]
    ready = other.does("agree.sign", agreement=proposal, words=WORDS)["agreement"]
    back = one.does("agree.sign", agreement=other.signs(ready), words=WORDS)["agreement"]
    return one.signs(back)


def revocation(station: Founded, upto: int = 1, reason: str = "The building burned.") -> str:
    root = station.root.unlock(PASSPHRASE)
    return packed(revoke(station.root, root, upto, reason, NOW).to_bytes())


def status(station: Founded) -> dict[str, Any]:
    told: dict[str, Any] = station.does("status")
    return told


def line(station: Founded) -> dict[str, Any]:
    (found,) = status(station)["lines"]
    told: dict[str, Any] = found
    return told


def acts(station: Founded) -> list[tuple[str, str]]:
    return [(row["act"], row["outcome"]) for row in station.does("audit")["rows"]]


def staffed(station: AtWork) -> dict[str, Person]:
    """A drafter, a releaser and a watch officer."""
    for name, role in (("Dora", "drafter"), ("Rolf", "releaser"), ("Wanda", "watch")):
        station.does("person.add", name=name, office=role, roles=[role])
    return {each.name: each for each in station.station.people.here()}


def read(agreement: str) -> Paper:
    return Paper.parse(base64.b64decode(agreement))


def key_cells(station: Founded, name: str) -> set[str]:
    with station.at_work() as at_work:
        old = at_work.station.line(name)
        kept = at_work.station.store.load(old.id, old.inc, old.ours)
    return set(kept.cells) & {"prekey", "out", "in", "past", "prekeys", "their prekeys", "rekey"}


def heir(
    north: Founded,
    folder: Path,
    *,
    with_old: bool = True,
    old: tuple[RootFolder, PartyRoot] | None = None,
) -> tuple[RootFolder, Succession, str]:
    """North's next root in the place of the first."""
    if with_old and old is None:
        old = (north.root, north.root.unlock(PASSPHRASE))
    made, paper = succeed(
        folder,
        north.letter,
        north.root.path / NEXT_NAME,
        PASSPHRASE,
        os.urandom,
        old=old,
        after_passphrase="another four words nobody guesses",
        reason="The safe was opened.",
        now=NOW,
    )
    return made, paper, packed(paper.to_bytes())
