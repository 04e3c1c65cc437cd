"""Keys that are replaced or lost, and lines that people stop, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Done, Person, types
from tests.station.founded import CHEAP, PASSPHRASE, Founded
from tests.station.succeeding import with_a_line


@pytest.fixture
def north(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Founded:
    monkeypatch.setattr(
        "parley.station.parties.root.RootFolder.make.__func__.__defaults__", (CHEAP,)
    )
    (tmp_path / "words").write_text(f"{PASSPHRASE}\n")
    monkeypatch.setenv("PARLEY_PASSPHRASE_FILE", str(tmp_path / "words"))
    north, _ = with_a_line(tmp_path)
    return north


def facts(*arguments: str) -> Any:
    done = types(*arguments, "--json")
    assert done.code == 0, done.err
    return done.told


def test_C2_new_keys_are_asked_for_carried_and_taken(north: Founded, tmp_path: Path) -> None:
    station = ("--station", str(north.folder))
    asked = types("rotate", *station)
    assert asked.code == 0, asked.err
    assert "those in force go on" in asked.out
    root = ("--root", str(north.root.path))
    request = str(north.folder / "request.parley")
    signed = facts("root", "sign", request, *root, "--out", str(tmp_path / "answer"))
    assert signed["number"] in asked.out
    told = facts("rotate", *station, "--answer", str(tmp_path / "answer"))
    assert (told["serial"], told["before"], told["same_digits"]) == (2, 1, True)
    again = types("rotate", *station, "--answer", str(tmp_path / "answer"))
    assert (again.code, "No new keys" in again.err) == (1, True)
    both = types("rotate", *station, "--answer", str(tmp_path / "answer"), *root)
    assert both.code == 2
    shown = types("root", "show", *root).out
    assert [row.split()[1:3] for row in shown.splitlines() if "certificate" in row] == [
        ["certificate", "1"],
        ["certificate", "2"],
    ]


def test_C13_a_line_is_stopped_and_goes_on(north: Founded) -> None:
    operator = Person(north.folder, "operator")
    operator.does("person", "add", "Wanda", "watch")
    wanda = Person(north.folder, "Wanda")
    kept = wanda.does("stop", "--agree", typed="the roses are late\n")
    assert "A phrase is kept for Blue Line" in kept.out
    wrong = wanda.types("stop", "--phrase", typed="the roses are red\n")
    assert (wrong.code, "not the phrase" in wrong.err) == (1, True)
    stopped = wanda.does("stop", "--phrase", typed="The roses are late.\n")
    assert stopped.out.startswith("STOPPED: Blue Line. Wanda stopped the line")
    status = operator.does("status")
    assert "Declared       stopped: Wanda stopped the line: the distress phrase" in status.out
    assert "What to do     Another person than the one who stopped it" in status.out
    refused: Done = wanda.types("stop", "--undo", "--reason", "A mistake.")
    assert (refused.code, "(C13)" in refused.err) == (1, True)
    assert "Blue Line goes on." in operator.does("stop", "--undo", "--reason", "A mistake.").out
    for misused in (["stop"], ["stop", "--undo"], ["stop", "--agree", "--phrase"]):
        assert operator.types(*misused).code == 2
    doctor = operator.types("doctor", "--json")
    assert "letters and agreements" in json.dumps(doctor.told)
