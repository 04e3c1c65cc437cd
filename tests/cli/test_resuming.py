"""`parley resume` and `parley supply`: from a halted line to one that speaks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.cli.terminal import types
from tests.cli.test_journey import Side
from tests.playbook import two_stations
from tests.station.test_halt import is_halted, restore_old_copy
from tests.station.test_lost import put_back_by
from tests.station.test_resuming import is_in


def test_a_restored_station_begins_anew_and_is_supplied(tmp_path: Path) -> None:
    with two_stations(tmp_path) as posts:
        north, south = map(Side, posts)
        restore_old_copy(north.post, south.post, "Lost at North.")
        north.post.until(lambda: is_halted(north.post))
        asked = north.watch.does("resume", "--reason", "Our disk was restored.").out
        assert "is asked to begin the line anew, in incarnation 2." in asked
        south.post.until(lambda: south.post.line()["resumption"]["theirs"])
        status = south.watch.does("status").out
        assert "incarnation 2: Our disk was restored." in status
        assert "When a watch officer here agrees" in status
        assert "(parley resume)" in status
        told = south.watch.does("resume", typed="Agreed by telephone.\n", person=True).out
        assert told.startswith("Agreed: the line begins anew, in incarnation 2.")
        for side in (north, south):
            side.post.until(partial(is_in, side.post, 2))
        assert "NOT YET SUPPLIED" in north.watch.does("status").out
        assert "nothing was missing here" in south.watch.does("status").out

        evidence = tmp_path / "first.evidence"
        line = north.post.line()["name"]
        south.auditor.does("export", str(evidence), "--line", f"{line}@1")
        assert types("verify", str(evidence)).code == 0
        supplied = north.operator.facts("supply", str(evidence))
        assert supplied["supplied"]["ours"] > 0
        assert "supplied since" in north.watch.does("status").out
        (row,) = (
            row
            for row in north.watch.does("outbox", "--all").out.splitlines()
            if row.endswith("Lost at North.")
        )
        assert row.startswith(f"{line}@1  ")
        assert "EXERCISE · supplied by the other side, on its word alone  " in row
        again = north.operator.types("supply", str(evidence))
        assert again.code == 1
        assert "Nothing is missing" in again.err
        gone = north.operator.types("supply", str(tmp_path / "nowhere"))
        assert gone.code == 3


@pytest.mark.story
def test_N14_a_lost_incarnation_is_supplied_and_says_so(tmp_path: Path) -> None:
    with put_back_by(tmp_path, 1) as posts:
        north, south = map(Side, posts)
        line = north.post.line()["name"]
        status = north.watch.does("status").out
        assert "MISSING        all of incarnation 2: South writes it" in status
        for inc in (1, 2):  # the older one first: it waits
            evidence = str(tmp_path / f"{inc}.evidence")
            south.auditor.does("export", evidence, "--line", f"{line}@{inc}")
            told = north.operator.does("supply", evidence).out
            assert ("is kept, and not in the record yet" in told) is (inc == 1)
        assert "taken in from South's evidence of incarnation 2" in told
        assert "taken in from South's evidence of incarnation 1" in told
        assert "MISSING" not in north.watch.does("status").out
        for verb in (("record",), ("find", "incarnation"), ("timeline", "incarnation")):
            given = () if verb[0] != "record" else ("--line", f"{line}@2")
            assert "supplied by the other side" in north.auditor.does(*verb, *given).out
        rows = north.watch.does("inbox", "--all").out.splitlines()
        facts = north.watch.facts("inbox", "--all")["messages"]
        marked = sum("supplied by the other side" in row for row in rows)
        assert marked == sum(bool(each["supplied"]) for each in facts) > 0
        n = max(m["n"] for m in north.watch.facts("inbox", "--all")["messages"] if m["inc"] == 2)
        shown = north.watch.does("message", str(n), "--line", f"{line}@2").out
        assert "by the other side, since it was lost here" in shown
        back = str(tmp_path / "back.evidence")
        told = north.auditor.does("export", back, "--line", f"{line}@2").out
        assert "Lost here and supplied by South:" in told
        assert types("verify", back).code == 0
