"""`make test` fails when its tests fail, when the types do, and says what both have said; and what
it could not try for want of a browser."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell_blocks import ROOT, newcomers


def environment() -> dict[str, str]:
    """Ours, without what the make that runs this test would tell the make it starts."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def made(folder: Path, **ends: int) -> tuple[int, str]:
    """How README's `make test` ends when its programs end so, and what it prints; each says its
    name."""
    _, _, test_line = newcomers()
    make, *targets = shlex.split(test_line)
    for name in ("ruff", "mypy", "pytest"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {name} has spoken\nexit {ends.get(name, 0)}\n")
        program.chmod(0o700)
    done = subprocess.run(
        [make, "-o", "setup", "-o", "chromium", f"BIN={folder}", *targets],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_what_the_types_say_stands_below_the_tests(tmp_path: Path) -> None:
    code, printed = made(tmp_path)
    assert code == 0
    assert printed.splitlines()[-2:] == ["pytest has spoken", "mypy has spoken"]


@pytest.mark.parametrize("name", ["mypy", "pytest"])
def test_either_fails_the_whole_and_both_are_heard(tmp_path: Path, name: str) -> None:
    code, printed = made(tmp_path, **{name: 1})
    assert code != 0
    assert "pytest has spoken\nmypy has spoken\n" in printed


def test_no_test_runs_when_the_style_is_wrong(tmp_path: Path) -> None:
    code, printed = made(tmp_path, ruff=1)
    assert code != 0
    assert "pytest has spoken" not in printed


def test_help_lists_every_target() -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    command = ["make", "help"]
    told = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert [row.split()[0] for row in told.stdout.splitlines()] == targets


def without_chromium(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command where no browser is to be found, nor what could install one."""
    for name in ("bash", "mktemp", "rm", "id", "tail"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    env = {name: value for name, value in os.environ.items() if name != "PARLEY_CHROMIUM"}
    return subprocess.run(
        command, cwd=ROOT, env=env | {"PATH": str(folder)}, capture_output=True, text=True
    )


def test_without_a_chromium_it_is_said_why(tmp_path: Path) -> None:
    done = without_chromium(tmp_path, str(ROOT / "tools" / "chromium"))
    assert done.returncode == 0  # the other tests are worth running
    assert 'The tests marked "browser" (tests/console) will be skipped: no Chromium' in done.stdout


def test_without_a_chromium_each_test_that_was_skipped_is_named(tmp_path: Path) -> None:
    page = "tests/console/test_keyboard.py"
    done = without_chromium(tmp_path, sys.executable, "-m", "pytest", "-q", page)
    assert done.returncode == 0, done.stdout
    assert "skipped: no Chromium here; `make chromium` says why" in done.stdout
    assert f"  {page}::test_shortcuts_are_listed_and_can_be_switched_off\n" in done.stdout
    assert "passed" not in done.stdout
