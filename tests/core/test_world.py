"""Many worlds: whatever the wire, the power and the clocks do, the record is whole.

A failing world prints its number and the command that replays it.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.core.world import Restored, World
from tests.places import few

WORLDS = int(os.environ.get("WORLDS", "1000"))  # of the long proof


def run(kind: type[World], seed: int) -> World:
    """Run one world; on failure say how to see it again."""
    world = kind(seed)
    try:
        world.run()
    except BaseException:
        number = f"-{seed}" if kind is Restored else f"{seed}"
        print(f"\nworld {number} failed; to replay it: python -m tests.core.world {number}")
        raise
    return world


@pytest.mark.parametrize("seed", few(range(60), 12))
def test_a_bad_world_comes_to_rest_with_nothing_lost_doubled_or_reordered(seed: int) -> None:
    run(World, seed)


@pytest.mark.story
def test_a_restored_disk_is_found_out() -> None:
    outcomes = Counter[str]()
    for seed in range(20):
        world = run(Restored, seed)
        assert isinstance(world, Restored)
        outcomes[world.outcome] += 1
    assert outcomes["halted"] >= 6
    assert outcomes["deaf"] <= 3


@pytest.mark.proof
def test_many_bad_worlds() -> None:
    steps = crashes = 0
    for seed in range(1_000, 1_000 + WORLDS):
        world = run(World, seed)
        steps, crashes = steps + world.steps, crashes + world.crashes
    print(f"{WORLDS} worlds, {steps:,} steps, {crashes:,} crashes: all whole")


@pytest.mark.proof
def test_many_restored_disks() -> None:
    outcomes = Counter[str]()
    for seed in range(1_000, 1_000 + WORLDS):
        world = run(Restored, seed)
        assert isinstance(world, Restored)
        outcomes[world.outcome] += 1
    print(dict(outcomes))
    assert outcomes["halted"] > 7 * outcomes["deaf"]
