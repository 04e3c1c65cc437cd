"""Fresh keys on request: both directions, and every place says since when."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.core.errors import Halted, Refused
from tests.playbook import Post, two_stations


def heals(post: Post) -> bool:
    """Whether both directions have healed, as the seconds go by."""
    post.clock.skip(2)
    return all(post.line()["healed"].values())


def test_a_person_asks_and_both_directions_get_fresh_keys(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        before = north.line()
        assert before["healed"] == {"ours": None, "theirs": None}
        assert before["epochs"] == {"ours": 0, "theirs": 0}
        answer = north.watch.asks("line.renew")
        assert answer["waiting"] is None
        north.until(lambda: heals(north) and heals(south))
        after = north.line()
        assert after["epochs"]["ours"] >= 1
        assert after["epochs"]["theirs"] >= 1
        assert after["healed_against_quantum"]
        rows = north.auditor.asks("audit")["rows"]
        assert any(row["act"] == "line.renew" for row in rows)
        assert south.hears(north.sends("Under fresh keys.", "FLASH"))["precedence"] == "FLASH"


def test_renewed_keys_outlive_a_restart(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("line.renew")
        north.until(lambda: heals(north) and heals(south))
        epochs = north.line()["epochs"]
        north.stops()
        south.says("While you were away.")
        north.starts()
        # Theirs may have gone on meanwhile.
        again = north.line()["epochs"]
        assert all(again[side] >= epochs[side] for side in ("ours", "theirs"))
        assert north.line()["healed"]["ours"]
        south.hears(north.sends("Back."))


def test_a_halted_line_is_not_renewed(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):

        def halt() -> None:
            north.station.lines[0].line.line._halt("this test wants it so", north.station.now)

        north.stage.do(lambda: north.station.in_next_step(halt))
        north.until(lambda: north.line()["halted"])
        with pytest.raises(Halted):
            north.watch.asks("line.renew")
        with pytest.raises(Refused):
            south.drafter.asks("line.renew")
