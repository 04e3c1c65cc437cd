"""A FLASH never stands behind queued ROUTINE."""

from __future__ import annotations

from pathlib import Path

from tests.playbook import two_stations


def test_a_flash_is_numbered_before_routine_that_was_released_earlier(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        for n in range(10):
            north.says(f"Routine {n}.")
        north.says("Immediate.", "IMMEDIATE")
        north.says("Flash.", "FLASH")
        south.starts()
        south.until(lambda: len(south.watch.asks("inbox", all=True)["messages"]) == 12)
        heard = south.watch.asks("inbox", all=True)["messages"]
        in_order = [each["text"] for each in sorted(heard, key=lambda each: int(each["n"]))]
        assert in_order == ["Flash.", "Immediate.", *(f"Routine {n}." for n in range(10))]
        assert [each["text"] for each in heard][:2] == ["Flash.", "Immediate."]


def test_a_flash_overtakes_large_routine_on_a_path_that_is_up(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        drafts = [north.drafts("x" * 65_536) for _ in range(40)]
        flash = north.drafts("Flash.", "FLASH")
        caller = north.releaser.caller()
        for draft in [*drafts, flash]:
            caller.ask("release", draft=draft["draft"], sha256=draft["sha256"])
        answers = [caller.result(caller.read()) for _ in range(41)]
        n = answers[-1]["n"]
        assert n is not None
        assert south.hears(n)["text"] == "Flash."
        south.until(lambda: len(south.watch.asks("inbox", all=True)["messages"]) == 41)
        heard = south.watch.asks("inbox", all=True)["messages"]
        assert len({each["n"] for each in heard}) == 41
        assert sum(int(each["n"]) < n for each in heard) < 20
