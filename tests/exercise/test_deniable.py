"""Worlds of deniable lines: whole as others are, and the key that is kept opens nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from parley.core.wire import decode
from parley.exercise.plots import Lied, Restored, world_of
from parley.exercise.thief import Thief
from parley.exercise.world import Options, World
from tests.exercise.test_planted import small


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    log = logging.getLogger("parley")
    level = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(level)


class Deniable(World):
    def draws(self) -> Options:
        return replace(small(super().draws()), deniable=True, rekey_entries=20)


class DeniableLied(Lied):
    def draws(self) -> Options:
        return replace(small(super().draws()), deniable=True)


class DeniableRestored(Restored):
    def draws(self) -> Options:
        return replace(small(super().draws()), deniable=True)


@pytest.mark.parametrize("seed", range(1, 5))
def test_I9_a_thief_finds_the_record_key_and_reads_nothing_by_it(seed: int) -> None:
    """`tries` takes it for every kind of key there is, and would raise if one entry opened."""
    world = Deniable(seed)
    tally = world.run()
    assert tally.messages
    assert tally.epochs > 2
    for victims in (world.sides[:1], world.sides[1:], world.sides):
        thief = Thief(victims, world.now)
        thief.tries(world.recorder, world.sides)
        assert thief.record_keys == 2  # it gives the codes that are kept on either side
        assert thief.opened == 0
    keys = {decode(station.cells["record key"]) for station in world.sides}
    assert len(keys) == 1


@pytest.mark.parametrize("kind", [DeniableLied, DeniableRestored])
@pytest.mark.parametrize("seed", range(1, 4))
def test_a_deniable_line_halts_for_what_others_halt_for(kind: type[World], seed: int) -> None:
    assert kind(seed).run().worlds == 1


def test_a_quarter_of_the_worlds_are_deniable() -> None:
    found = [world_of(seed).options.deniable for seed in range(100)]
    assert 15 < sum(found) < 35
