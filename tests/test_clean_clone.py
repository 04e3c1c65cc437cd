"""What a newcomer does: clone into an empty folder, then README's commands and nothing else."""

import os
import re
import shlex
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.shell_blocks import ROOT, environment, newcomers

SET_UP_S_MAX = 600


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SET_UP_S_MAX,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("newcomer") / "parley"
    run(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder))
    run(folder, "make", "setup")
    return folder


@pytest.mark.proof
def test_a_clone_sets_itself_up_once(clone: Path) -> None:
    assert "installing" not in run(clone, "make", "setup")
    assert "Usage" in run(clone, ".venv/bin/parley", "--help")


@pytest.mark.proof
def test_make_demo_goes_on_where_it_was_until_it_is_forgotten(clone: Path) -> None:
    """README's line: it prints links that work, and Ctrl-C stops everything."""
    _, demo_line, _ = newcomers()
    for _ in range(2):
        # A session of its own, so that Ctrl-C reaches make and all it started, as at a terminal.
        with subprocess.Popen(
            shlex.split(demo_line),
            cwd=clone,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as demo:
            assert demo.stdout is not None
            printed = ""
            while "Ctrl-C stops everything" not in printed:
                line = demo.stdout.readline()
                assert line, printed
                printed += line
            links = re.findall(r"http://127\.0\.0\.1:\d+/sign-in/\S+", printed)
            assert len(set(links)) == 6 + 8
            with urllib.request.urlopen(links[0], timeout=30) as page:
                assert page.status == 200
            os.killpg(demo.pid, signal.SIGINT)
            assert "Both stations have stopped" in demo.stdout.read()
    assert "forgotten" in run(clone, "make", "demo-clean")


@pytest.mark.proof
def test_setting_up_leaves_the_clone_clean(clone: Path) -> None:
    assert run(clone, "git", "status", "--porcelain") == ""


@pytest.mark.proof
def test_core_size_prints_what_an_auditor_reads(clone: Path) -> None:
    assert "cryptography" in run(clone, "make", "core-size")
