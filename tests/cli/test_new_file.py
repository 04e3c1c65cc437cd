"""What a verb writes for a person is never written over an older file without a word."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from parley.cli.main import cli
from parley.cli.new_file import NEW_FILE
from tests.cli.terminal import types
from tests.exercise.test_replay import MESSAGES, write
from tests.station.founded import PASSPHRASE, Founded, found, introduce

OLDER = b"older, and somebody's"


@pytest.fixture
def north(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Founded:
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    monkeypatch.setenv("PARLEY_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("PARLEY_STATION", str(tmp_path / "north"))
    monkeypatch.chdir(tmp_path)
    north, south = found(tmp_path / "north", "North"), found(tmp_path / "south", "South")
    introduce(north, south)
    return north


WRITE = (
    "introduce older",
    "agree propose South --out older",
    "agree secret older",
    "root revoke --root north-root --upto 1 --reason Lost. --out older",
)


def test_no_verb_writes_over_an_older_file_before_it_is_asked_to(north: Founded) -> None:
    for typed in WRITE:
        Path("older").write_bytes(OLDER)
        refused = types(*typed.split(), "--json")
        assert refused.code == 3, typed
        told = json.loads(refused.out)["error"]
        assert told["sentence"].startswith("There is a file older already"), typed
        assert told["hint"] == "Name another file, or give it up with --overwrite."
        assert Path("older").read_bytes() == OLDER
    # Nothing was proposed nor signed: the name is looked at first.
    assert types("agree", "list", "--json").told["agreements"] == []
    signed = [
        each["kind"]
        for each in types("root", "show", "--root", "north-root", "--json").told["signed"]
    ]
    assert signed == ["certificate"]
    for typed in WRITE:
        Path("older").write_bytes(OLDER)
        assert types(*typed.split(), "--overwrite").code == 0, typed
        assert Path("older").read_bytes() != OLDER
    assert not [name for name in os.listdir() if name.endswith(".new")]


def verbs(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below is not None
            yield from verbs(below, f"{name} {each}")


def test_every_verb_that_writes_a_file_can_be_told_to_overwrite() -> None:
    writing = set()
    for name, command in verbs(cli, "parley"):
        if any(each.name == "out" or each.type is NEW_FILE for each in command.params):
            writing.add(name)
            assert any("--overwrite" in each.opts for each in command.params), name
            for each in command.params:
                assert each.name != "out" or each.type is NEW_FILE or name == "parley replay", name
    assert {"parley export", "parley watch log", "parley attachment save"} < writing


def test_what_is_signed_in_place_is_still_signed_in_place(north: Founded) -> None:
    assert types("agree", "propose", "South", "--out", "blue").code == 0
    Path("other").write_bytes(OLDER)
    word = ("--word", "WITHOUT")
    for verb in (("agree", "sign"), ("root", "sign", "--root", "south-root")):
        refused = (
            types(*verb, "blue", "--out", "other", *word, "--station", "south")
            if verb[0] == "agree"
            else types(*verb, "blue", "--out", "other", *word)
        )
        assert (refused.code, Path("other").read_bytes()) == (3, OLDER)
    assert types("agree", "sign", "blue", *word, "--station", "south").code == 0
    assert types("root", "sign", "blue", "--root", "south-root", *word).code == 0


def test_an_answer_is_not_written_over_the_answer_to_another(
    north: Founded, tmp_path: Path
) -> None:
    made = types("init", "second", "--party", "North", "--name", "Second", "--languages", "en")
    assert made.code == 0
    answer = tmp_path / "second" / "answer.parley"
    answer.write_bytes(OLDER)
    sign = ("root", "sign", "second/request.parley", "--root", "north-root")
    refused = types(*sign)
    assert refused.code == 3
    assert "second/answer.parley already" in refused.err
    assert answer.read_bytes() == OLDER
    assert types(*sign, "--out", "second.answer").code == 0
    assert types("init", "second", "--answer", "second.answer").code == 0


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("nowhere/letter", "there is no folder nowhere"),
        ("north", "There is something else than a file at north"),
        ("/dev/null", "There is something else than a file at /dev/null"),
    ],
)
def test_where_no_file_can_be_written_nothing_is_asked(
    north: Founded, out: str, sentence: str
) -> None:
    for more in ([], ["--overwrite"]):
        refused = types("agree", "propose", "South", "--out", out, *more)
        assert (refused.code, sentence in refused.err) == (3, True), refused.err
    assert types("agree", "list", "--json").told["agreements"] == []


def test_a_second_replay_into_one_folder_is_refused_before_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def runs(*_: object) -> None:
        raise AssertionError("it ran")

    monkeypatch.setattr("parley.exercise.replay.replay", runs)
    out = tmp_path / "proof"
    out.mkdir()
    (out / "South.evidence").write_bytes(OLDER)
    refused = types("replay", str(write(tmp_path, MESSAGES)), "--out", str(out))
    assert refused.code == 3
    assert f"There is a file {out / 'South.evidence'} already" in refused.err
    assert "  next: Name another" in refused.err
    assert (out / "South.evidence").read_bytes() == OLDER
