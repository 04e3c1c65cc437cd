"""Two real stations, killed again and again while they work."""

import asyncio
import os
import random
import re
from pathlib import Path

import pytest

from parley.exercise.pair import Pair
from parley.exercise.torture import main, torment

CYCLES = 3
CYCLES_OF_THE_PROOF = int(os.environ.get("CYCLES", "200"))


def run(folder: Path, cycles: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    found = asyncio.run(torment(Pair.make(folder), cycles, seed))
    print(found.sentence(cycles))
    assert found.whole
    assert found.messages > 0


@pytest.mark.story
def test_a_few_kills(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """By its command line: the last line says how many."""
    monkeypatch.setattr("sys.argv", ["torture", "--cycles", str(CYCLES)])
    code, told = main(), capsys.readouterr().out
    print(told)
    assert code == 0
    whole = rf"{CYCLES} cycles, [1-9]\d* messages, 0 losses, 0 doubles, 0 reorderings"
    assert re.match(whole, told.splitlines()[-1])


@pytest.mark.proof
def test_many_kills(tmp_path: Path) -> None:
    run(tmp_path, CYCLES_OF_THE_PROOF)
