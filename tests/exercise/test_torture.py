"""Two real stations, killed again and again while they work."""

import asyncio
import os
import random
from pathlib import Path

import pytest

from parley.exercise.pair import Pair
from parley.exercise.torture import torment

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
def test_a_few_kills(tmp_path: Path) -> None:
    run(tmp_path, CYCLES)


@pytest.mark.proof
def test_many_kills(tmp_path: Path) -> None:
    run(tmp_path, CYCLES_OF_THE_PROOF)
