"""A lie on one line stops that line, and the honest traffic of another one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Halted
from parley.core.keys import sha256
from parley.core.opening import make_open
from parley.core.packets import Kind, Status
from parley.core.speaking import ENVELOPE, OPEN, frame
from parley.station.parties.root import RootFolder
from parley.station.serving import perform_here
from tests import playbook
from tests.playbook import Post, two_stations
from tests.station.test_contradicting import ANOTHER, sends, signs

OTHER = "Red Line"


@contextmanager
def two_lines(tmp_path: Path) -> Iterator[tuple[Post, Post]]:
    """North and South with two lines between them, Blue and Red, both by one listener."""
    with two_stations(tmp_path, started=False) as (north, south):
        roots = {}
        for name in ("north", "south"):
            folder = RootFolder(playbook.found({}) / f"{name}-root")
            roots[name] = (folder, folder.unlock(playbook.PASSPHRASE))
        playbook._agree(tmp_path, roots, {"name": OTHER})
        (bearer,) = perform_here(north.folder, "bearer.list", "")["bearers"]
        perform_here(north.folder, "bearer.remove", "", {"bearer": bearer["bearer"]})
        for line in ("Blue Line", OTHER):
            perform_here(north.folder, "bearer.add", "", {"dial": bearer["dial"], "line": line})
        for post in (south, north):
            post.starts()
        for post in (south, north):
            post.until(partial(both_in_service, post))
        yield north, south


def lines(post: Post) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = post.watch.asks("status")["lines"]
    return found


def both_in_service(post: Post) -> bool:
    return all(each["in_service"] for each in lines(post))


def has(post: Post, n: int) -> bool:
    return bool(lines(post)[1]["their_size"] > n)


def goes_on(north: Post, south: Post, text: str) -> None:
    """A FLASH of each side crosses the other line."""
    for here, there in ((north, south), (south, north)):
        n = here.sends(text, "FLASH", line=OTHER)
        there.until(partial(has, there, n))
        assert there.watch.asks("message", n=n, dir="theirs", line=OTHER)["text"] == text


def has_more(line: Any) -> bytes:
    """A STATUS that names more entries of ours than there are."""
    ears, voice = line._ears, line._voice
    told = Status(
        voice.log.size, ears.log.size + 9, frozenset(), voice.log.root, ears.log.root,
        ears.newest_epoch, ears.newest_status, 0, 0,
    )  # fmt: skip
    sealed: bytes = line._seal_packet(Kind.STATUS, told.to_bytes(line.terms.root_bytes))
    return sealed


def opens_again(line: Any) -> bytes:
    """Another OPEN of this incarnation."""
    chance = iter(sha256(bytes([n])) for n in range(256))
    return frame(OPEN, make_open(line.terms, lambda count: next(chance)[:count]).frame)


def floods(line: Any) -> bytes:
    """An envelope that nothing expects."""
    return frame(ENVELOPE, b"\0" * 5 + b"\0" * 40)


@pytest.mark.parametrize("lie", [signs(1, ANOTHER), has_more], ids=["head", "STATUS"])
def test_L18_a_lie_on_one_line_halts_that_line_and_no_other(tmp_path: Path, lie: Any) -> None:
    with two_lines(tmp_path) as (north, south):
        n = south.sends("One.", line="Blue Line")
        north.until(lambda: lines(north)[0]["their_size"] > n)
        sends(south, lie)
        north.until(lambda: lines(north)[0]["halted"])
        assert "parley resume" in str(lines(north)[0]["resumption"]["by"])
        with pytest.raises(Halted):
            north.says("Not on this one.", line="Blue Line")
        goes_on(north, south, "On the other line nothing has happened.")
        assert lines(north)[1]["halted"] is None


def test_L1_what_changes_nothing_on_one_line_changes_nothing_on_another(tmp_path: Path) -> None:
    with two_lines(tmp_path) as (north, south):
        sends(south, opens_again)
        for _ in range(50):
            sends(south, floods)
        north.until(lambda: lines(north)[0]["signed_two"])
        assert lines(north)[1]["signed_two"] == []
        goes_on(north, south, "On the other line nothing has happened.")
        assert [each["halted"] for each in lines(north)] == [None, None]
