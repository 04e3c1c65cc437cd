"""The list of verbs, and the five exit codes."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from parley.cli.main import VERBS, Verbs, run
from parley.core.errors import Halted, Malformed, Misused, ParleyError, Refused, Unavailable
from tests.cli.terminal import types

SOURCE = Path(__file__).parent.parent.parent / "src" / "parley"
CONTEXT = click.Context(click.Command("parley"))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_that_is_named_is_there(verb: str) -> None:
    found = Verbs().get_command(CONTEXT, verb)
    assert found is not None
    assert found.name == verb
    assert found.help


def test_help_imports_no_verb_and_no_station() -> None:
    script = (
        "import sys; from parley.cli.main import run; run(['--help']);"
        "print(*sorted(name for name in sys.modules if name.startswith('parley.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    *told, modules = done.stdout.splitlines()
    assert any("replay" in line for line in told)
    assert not any(part in modules for part in ("parley.station", "parley.core.keys", "replay"))


def test_a_verb_that_asks_its_station_needs_neither_a_loop_nor_cryptography() -> None:
    """They would be a third of the time that each of many `parley` commands takes."""
    program = (
        "import sys; from parley.cli.main import run; run(['status', '--help']);"
        "print(*({'asyncio', 'ssl', 'cryptography', 'sqlite3'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "Usage: parley status" in found.stdout
    assert found.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("no"), 1),
        (Malformed("no"), 1),
        (Misused("no"), 2),
        (Unavailable("no"), 3),
        (Halted("no"), 4),
        (click.UsageError("no"), 2),
        (click.FileError("here", "no"), 3),
        (OSError(28, "No space left on device"), 3),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_a_verb_raises_becomes_an_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def main(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr("parley.cli.main.cli.main", main)
    assert run([]) == code


def test_kinds_of_trouble_are_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["say", "--no-such-option"]) == Misused.exit_code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("parley: No such option")
    assert "  next: `parley say --help`" in told.err


@pytest.mark.parametrize(
    "typed", [["sya", "hello"], ["chat", "--station", "north"], ["say", "--no-such-option"]]
)
def test_a_program_reads_as_json_what_was_mistyped_before_json(
    typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*typed, "--json"]) == Misused.exit_code
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["kind"] == "misused"
    assert told.err.startswith("parley: No such ")


def test_without_a_station_the_next_step_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_STATION", raising=False)
    assert run(["inbox"]) == Misused.exit_code
    assert "--station" in capsys.readouterr().err


def test_without_a_person_nobody_acts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_TOKEN", raising=False)
    assert run(["inbox", "--station", str(tmp_path)]) == Misused.exit_code
    assert "--as" in capsys.readouterr().err


def test_errors_are_kinds_of_one_error() -> None:
    assert all(issubclass(kind, ParleyError) for kind in (Refused, Misused, Unavailable, Halted))


def test_what_the_system_says_of_a_file_leaves_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def main(*args: object, **kwargs: object) -> None:
        raise FileExistsError(17, "File exists", "out/notes")

    monkeypatch.setattr("parley.cli.main.cli.main", main)
    assert run([]) == 3
    assert capsys.readouterr().err.startswith("parley: The system says of out/notes: File exists.")


MENTIONED = re.compile(r"`parley ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?(?: [^`]*)?`")


def test_every_verb_that_a_sentence_names_is_there() -> None:
    """Hints tell people what to type; they name verbs that exist."""
    wrong = []
    for file in sorted(SOURCE.rglob("*.py")):
        for verb, second in MENTIONED.findall(file.read_text("utf-8")):
            found = Verbs().get_command(CONTEXT, verb)
            if found is None or (
                isinstance(found, click.Group) and second and second not in found.commands
            ):
                wrong.append(f"{file.relative_to(SOURCE)}: parley {verb} {second}")
    assert not wrong


def leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(CONTEXT):
            found = command.get_command(CONTEXT, name)
            assert found is not None
            yield from leaves(found, f"{path} {name}")
    else:
        yield path, command


def test_every_verb_tells_its_facts_as_json_too() -> None:
    without = [
        path
        for path, command in leaves(Verbs(), "parley")
        if not any("--json" in parameter.opts for parameter in command.params)
    ]
    assert not without


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("wait 2 soon", "Invalid value for 'MINUTES': 'soon' is no whole number."),
        ("wait 2 0", "Invalid value for 'MINUTES': 0 is less than 1."),
        ("message x", "Invalid value for 'N': 'x' is no whole number."),
        ("serve --console-port 70000", "'--console-port': 70000 is not from 0 to 65535."),
        ("record --start -1", "Invalid value for '--start': -1 is less than 0."),
        ("record --limit 0", "Invalid value for '--limit': 0 is less than 1."),
        ("audit --limit 0", "Invalid value for '--limit': 0 is less than 1."),
        ("call mode", "Choose from: consecutive, simultaneous."),
        ("open 2 3", "'3' is one word too many."),
        (f"open {'a' * 5000}", f"Invalid value for 'N': '{'a' * 80}…' is no whole number."),
        (f"suspend x --in {'a' * 5000}", "…' is no time; write 90s, 10m, 3h or 1d."),
    ],
)
def test_what_was_typed_wrongly_is_said_in_one_line_without_the_words_of_programs(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*typed.split(), "--station", "nowhere"]) == 2
    first, hint = capsys.readouterr().err.splitlines()
    assert first.endswith(said)
    assert hint.endswith("--help` says how it is used.")


def test_a_record_that_cannot_be_read_is_told_with_what_was_asked(tmp_path: Path) -> None:
    gone, there = str(tmp_path / "gone"), tmp_path / "record"
    there.write_text("Parley evidence, version 1\n")
    alone = types("verify", gone)
    assert (alone.code, "without --since" in alone.err) == (3, False)
    since = types("verify", str(there), "--since", gone)
    assert (since.code, "without --since a record is verified whole" in since.err) == (3, True)
