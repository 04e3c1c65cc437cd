"""`make bench`: a table with the machine and the versions, and the same as JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.processor import halves
from bench.table import percentile

ROOT = Path(__file__).parent.parent
MACHINE = ("processor", "cores", "system", "python", "cryptography", "parley")


def bench(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """A copy of it, so that figures that somebody took stay where they are."""
    shutil.copytree(ROOT / "bench", folder / "bench", ignore=shutil.ignore_patterns("latest.json"))
    command = [sys.executable, "-m", "bench", *names]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


def test_a_measurement_that_there_is_not_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    done = bench(tmp_path, "luck")
    assert done.returncode == 2
    for name in ("luck", "alarm", "receipt", "throughput", "bytes", "flash", "drain"):
        assert name in done.stderr
    assert not (tmp_path / "bench" / "latest.json").exists()


def test_a_percentile_is_one_of_the_values() -> None:
    hundred = list(range(1, 101))
    assert [percentile(hundred, percent) for percent in (0, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7], 99) == 7


@pytest.mark.parametrize(
    ("every", "told"),
    [({0}, ({0}, {0})), ({0, 1}, ({0}, {1})), ({3, 5, 7}, ({3}, {5, 7}))],
)
def test_two_browsers_share_no_processor_where_there_are_two(
    monkeypatch: pytest.MonkeyPatch, every: set[int], told: tuple[set[int], set[int]]
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: every)
    assert halves() == told


@pytest.mark.story
def test_bytes_are_measured_told_and_within_their_aim(tmp_path: Path) -> None:
    done = bench(tmp_path, "bytes")
    assert done.returncode == 0, done.stderr
    kept = json.loads((tmp_path / "bench" / "latest.json").read_text())
    rows = {row[:46].strip(): row for row in done.stdout.splitlines()}
    for name in MACHINE:
        (row,) = (row for row in rows.values() if row.split()[0:1] == [name])
        assert row.endswith(str(kept["machine"][name]))
    for figure in kept["figures"]:
        assert f"{figure['value']:,.3f} {figure['unit']}" in rows[figure["name"].strip()]
    cost = {figure["name"]: figure["value"] for figure in kept["figures"]}
    assert 60 < cost["bytes of a 60 B message"] <= 192
    assert 240 < cost["bytes of a 300 B message"] - cost["bytes of a 60 B message"] <= 242
