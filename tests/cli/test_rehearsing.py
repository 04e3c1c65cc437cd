"""A rehearsal from the command line: opened, joined, checked item by item, ended, and looked up."""

from __future__ import annotations

from pathlib import Path

from tests.cli.terminal import Person
from tests.playbook import two_stations
from tests.station.test_held import sees
from tests.station.test_rehearsing import agreed


def test_two_duty_officers_rehearse_without_a_browser(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        ours, theirs = (Person(post.folder, post.watch.name) for post in (north, south))
        refused = ours.types("call", "rehearse")
        assert "No call is agreed for the next 24 hours" in refused.err
        agreed(north, south, medium="voice")
        assert "not rehearsed." in ours.does("call", "show").out
        assert "The rehearsal is open" in ours.does("call", "rehearse").out
        sees(south, "rehearsal opened")
        assert "REHEARSAL" in theirs.does("status").out
        assert "a rehearsal, and no call" in theirs.types("call", "join").err
        for person in (ours, theirs):
            said = person.does("call", "join", "--rehearsal").out
            assert said.startswith("You are in the rehearsal.")
        sees(north, "joined", 2)
        assert "A rehearsal on the line" in theirs.types("call", "begin").err
        for item in ("sound", "text"):
            ours.does("call", "check", item, "good")
        ours.does("call", "check", "channel", "not-needed")
        assert "no check digits yet" in ours.types("call", "check", "digits", "good").err
        assert "Say in words" in theirs.types("call", "check", "sound", "failed").err
        theirs.does("call", "check", "sound", "failed", "--words", "It howls.")
        sees(north, "checked", 4)
        shown = ours.does("call", "show").out
        assert shown.startswith("REHEARSAL. Nothing of this is the call.")
        assert "Sound heard: ours: good; theirs: FAILED (It howls.)" in shown
        assert "Check digits read aloud and equal: ours: not tried; theirs: not tried" in shown
        assert "Not all is good." in shown
        assert "The rehearsal is ended." in theirs.does("call", "end").out
        sees(north, "ended")
        listed = ours.does("call", "list").out
        assert "  Rehearsal: rehearsed " in listed
        assert "NOT ALL GOOD: sound (theirs) failed: It howls." in listed
        assert ours.facts("call", "show")["ahead"]["state"] == "failed"
        ours.does("call", "begin")
        assert "This call: rehearsed " in ours.does("call", "show").out
