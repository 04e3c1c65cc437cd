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
    peer.hears(post.says(between)["n"])
    post.stops()
    shutil.rmtree(post.folder)
    copy.rename(post.folder)
    post.starts()


def test_a_restored_station_halts_and_says_nothing_more(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        draft = north.drafts("Written before the copy.")
        restore_old_copy(north, south, "Written after the copy.")
        north.until(lambda: north.line()["halted"])
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

        south.until(lambda: south.line()["they_halted"] or south.line()["halted"])
        north.stops()
        north.starts()
        assert north.line()["declared"] == "halted"


def test_what_they_say_to_a_halted_station_is_still_kept(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        restore_old_copy(north, south, "Written after the copy.")
        north.until(lambda: north.line()["halted"])
        if south.line()["halted"] is None:
            n = south.says("Can you hear us?", "FLASH")["n"]
            assert n is not None
            assert north.hears(n)["text"] == "Can you hear us?"
            north.watch.asks("inbox")
            with pytest.raises(Halted):
                north.watch.asks("open", n=n)
