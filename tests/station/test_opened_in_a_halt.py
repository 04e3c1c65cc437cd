"""What rings when a line halts, or rang before it was closed, can be acknowledged by a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbook import two_stations
from tests.station.test_halt import halts, is_halted
from tests.station.test_resuming import resume


@pytest.mark.parametrize("restarts", [False, True])
def test_G11_what_is_opened_in_a_halt_is_told_once_the_line_has_begun_anew(
    tmp_path: Path, restarts: bool
) -> None:
    with two_stations(tmp_path) as (north, south):
        ringing = south.sends("Turn back.", "FLASH")
        north.hears(ringing)
        halts(north)
        said = north.watch.asks("open", n=ringing)
        assert (said["stage"], said["halted"]) == ("opened provisionally", True)
        seen = north.reads(ringing)
        assert seen["acknowledged"]
        assert seen["clock"] is None
        assert "opened" not in south.stages(ringing)
        if restarts:
            north.stops()
            north.starts()
        assert is_halted(north)
        resume(north, south)
        old = {"n": ringing, "dir": "ours", "line": "@1"}

        def stages() -> list[str]:
            return [each["stage"] for each in south.watch.asks("message", **old)["stages"]]

        south.until(lambda: "opened" in stages())
        (opened,) = [
            each for each in south.watch.asks("message", **old)["stages"]
            if each["stage"] == "opened"
        ]  # fmt: skip
        assert opened["by"]["name"] == north.watch.name
        north.stops()
        north.starts()
        south.hears(north.sends("Said once."))
        assert stages().count("opened") == 1


def test_D8_what_rings_of_an_older_incarnation_can_be_acknowledged_after_the_close(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        ringing = south.sends("Nobody opened this.", "FLASH")
        north.hears(ringing)
        resume(north, south)
        north.releases(north.drafter.asks("close", reason="For good."))
        south.until(lambda: south.line()["declared"] == "closed")
        north.until(lambda: north.line()["declared"] == "closed")
        old = {"n": ringing, "line": "@1"}
        assert north.watch.asks("message", dir="theirs", **old)["clock"]
        north.watch.asks("open", **old)
        seen = north.watch.asks("message", dir="theirs", **old)
        assert seen["acknowledged"]
        assert seen["clock"] is None
