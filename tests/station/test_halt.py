"""A station that was restored from an old copy stops the line, and every place says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from parley.core.errors import Halted
from tests.playbook import Post, two_stations


def restore_old_copy(post: Post, peer: Post, between: str) -> None:
    """Copy the folder away, let some time pass, and put the copy back."""
    post.stops()
    copy = post.folder.with_name("copy")
    shutil.copytree(post.folder, copy)
    post.starts()
    n = peer.hears(post.sends(between))["n"]
    # Only who was told of a size can miss it later: the entry alone may have come without a STATUS.
    peer.until(lambda: peer.line()["their_announced"] > n)
    post.stops()
    shutil.rmtree(post.folder)
    copy.rename(post.folder)
    post.starts()


def halts(post: Post) -> None:
    """Its line stops itself, and says so."""

    def halt() -> None:
        station = post.station
        station.lines[0].line.line._halt("this test wants it so", station.now)

    post.stage.do(lambda: post.station.in_next_step(halt))
    post.until(lambda: post.line()["halted"])


def is_halted(post: Post) -> bool:
    """Whether the line is, as the hours go by: its first STATUS may still be an old one's twin."""
    post.clock.skip(1)
    return post.line()["halted"] is not None


def test_a_restored_station_halts_and_says_nothing_more(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        draft = north.drafts("Written before the copy.")
        restore_old_copy(north, south, "Written after the copy.")
        north.until(lambda: is_halted(north))
        view = north.line()
        assert view["declared"] == "halted"
        assert "rolled back" in view["halted"]
        with pytest.raises(Halted) as fault:
            north.releases(draft)
        assert (fault.value.exit_code, fault.value.rule) == (4, "L18")
        assert fault.value.hint
        with pytest.raises(Halted):
            north.watch.asks("test.call")
        rows = north.auditor.asks("audit")["rows"]
        assert any(row["act"].startswith("line halted") for row in rows)
        assert north.drafter.asks("draft.show", draft=draft["draft"])["state"] == "open"

        south.until(lambda: is_halted(south))
        north.stops()
        north.starts()
        assert north.line()["declared"] == "halted"


def test_what_they_say_to_a_halted_station_is_still_kept(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        halts(north)
        south.until(lambda: south.line()["they_halted"])
        n = south.sends("Can you hear us?", "FLASH")
        assert north.hears(n)["text"] == "Can you hear us?"
        assert north.watch.asks("inbox")["messages"]
        with pytest.raises(Halted):
            north.watch.asks("pass", n=n, office="Navy")
        assert north.watch.asks("open", n=n)["stage"] == "opened provisionally"
        assert "opened" not in south.stages(n)
        with pytest.raises(Halted):
            north.drafts("We hear you.")
