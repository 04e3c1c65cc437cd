"""`parley say --service`: marked SERVICE at the terminal, in the record and in the proof of it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.terminal import Person, types
from tests.playbook import two_stations
from tests.station.test_contradicting import signed_upto

OUTAGE = "Our second path is off from 0600Z to 0630Z."


def test_a_service_message_is_one_at_the_terminal_and_in_the_evidence(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        drafter, releaser = (
            Person(north.folder, each.name) for each in (north.drafter, north.releaser)
        )
        begun = drafter.facts("say", "--service", OUTAGE)
        assert (begun["status"], begun["kind"]) == ("SERVICE", "text")
        shown = releaser.does("draft", "show", str(begun["draft"])).out
        assert "  | SERVICE\n" in shown
        assert "EXERCISE" not in shown
        released = releaser.facts("release", str(begun["draft"]), "--sha256", begun["sha256"])
        n = str(south.hears(released["n"])["n"])
        watch = Person(south.folder, south.watch.name)
        assert "ROUTINE · SERVICE" in watch.does("message", n).out
        assert "SERVICE" in watch.does("inbox").out
        south.until(lambda: signed_upto(south, int(n) + 1))
        auditor = Person(south.folder, south.auditor.name)
        for file, only in (("record", []), ("proof", ["--only", n])):
            auditor.does("export", str(tmp_path / file), *only)
        assert "SERVICE" in (tmp_path / "record").read_text().partition("\n---")[0]
        proved = types("verify", str(tmp_path / "proof")).out
        assert "It is marked ROUTINE, SERVICE." in proved
        assert f"  | SERVICE\n  | {OUTAGE}\n  | SERVICE\n" in proved

        wrong = drafter.types("check", "--service", "This is not a drill.")
        assert wrong.code == 1
        assert "marked SERVICE" in wrong.err
        assert drafter.types("check", "--service", "--test", OUTAGE).code == 2
