"""The draft of a minute from the command line: what is not named is as the record has it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.terminal import Person
from tests.playbook import two_stations
from tests.station.test_held import call, sees


def test_Y9_a_draft_from_the_command_line_begins_with_what_was_touched(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin", medium="text")
        sees(south, "opened")
        for post in (north, south):
            post.watch.asks("call.join")
        north.watch.asks("call.agenda", items=["Meetings at sea", "The next call"])
        north.watch.asks("call.touch", item="1")
        north.watch.asks("call.end")
        sees(south, "ended")
        drafter = Person(north.folder, north.drafter.name)
        text = drafter.does("minute", "draft", "--call", f"North {call(north)['n']}").out
        assert "\nTouched: Meetings at sea\nNot touched: The next call\n" in text
        assert text.count("\nPresent: ") == 2
        named = ("--present", "North; Chairman; General North", "--touched", "2")
        text = drafter.does("minute", "draft", "--call", f"North {call(north)['n']}", *named).out
        assert "\nTouched: The next call\nNot touched: Meetings at sea\n" in text
        assert text.count("\nPresent: ") == 1
