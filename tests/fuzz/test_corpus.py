"""Every kept input of the fuzzer, without the fuzzer; and what it found, by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.targets import CORPUS, TARGETS, inputs, target

ROOT = Path(__file__).parents[2]
CORPUS_BYTES_MAX = 8192  # of one target: enough to begin with, and nobody minds it in the tree


@pytest.mark.parametrize("name", TARGETS)
def test_every_kept_input_passes(name: str) -> None:
    kept = inputs(name)
    assert kept
    assert sum(file.stat().st_size for file in kept) <= CORPUS_BYTES_MAX
    try_one = target(name)
    for file in kept:
        try_one(file.read_bytes())


def test_there_is_no_input_without_a_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)


def test_the_fuzzer_fuzzes_or_says_why_not(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "fuzz", "--seconds", "1", "numbers"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    last = ran.stdout.splitlines()[-1]
    assert last.startswith("Nothing was fuzzed") or last == "1 targets fuzzed, 0 with findings"
