"""Whatever a peer sends, what it makes us remember has a limit (L24)."""

from __future__ import annotations

import random
from typing import Any

from parley.core.effects import Outcome
from parley.core.hearing import (
    ROOTS_AHEAD_MAX,
)
from parley.core.packets import Kind
from parley.core.record import ROOTS_REMEMBERED
from parley.core.speaking import frame
from parley.core.wire import uvar
from tests.core.conversation import (
    envelopes,
    in_service,
)


def test_L24_roots_of_sizes_to_come_are_bounded() -> None:
    north, south = in_service()
    for at in range(ROOTS_AHEAD_MAX + 40):
        north_says = north.states((1 << 20) + at, size=1 + at, own_root=bytes([at]) * 32)
        assert south.hears(north_says) == [Outcome.OK]
    assert len(south.line._ears._roots_ahead) == ROOTS_AHEAD_MAX
    assert min(south.line._ears._roots_ahead) == 41  # the highest are kept


def test_L24_a_storm_of_junk_leaves_nothing_behind() -> None:
    _, south = in_service()
    chance = random.Random(3)
    before = south.cells
    for _ in range(2_000):
        kind = chance.choice((0, 1, 2, 3, 4))
        south.hears(frame(kind, chance.randbytes(chance.randrange(60))))
    south.settles()
    assert south.cells == before
    assert sum(south.state.counts.values()) > 2_000
    assert len(south.state.counts) <= len(Outcome)


def test_L24_own_statuses_not_yet_echoed_are_bounded() -> None:
    north, _ = in_service()
    for _ in range(4_100):
        north.clock.passes(11.0)
        north.settles()
    assert len(north.line._pulse._sent) == 4_096


def test_a_step_larger_than_the_memory_of_roots_asks_for_none_too_early() -> None:
    """Roots are let go of once they are durable, so that a liar cannot ask for one between."""
    north, south = in_service(window=8_192)
    for _ in range(ROOTS_REMEMBERED + 100):
        north.says(".")
    assert set(south.hears(*envelopes(north.settles()))) == {Outcome.OK}
    assert len(south.line._ears.log._roots) > ROOTS_REMEMBERED
    root = south.line._ears.log.root_at(3)
    early: dict[str, Any] = {"size": 3, "own_root": root, "contig": 0}
    assert south.hears(north.states(1 << 20, **early)) == [Outcome.OK]
    south.settles()
    assert len(south.line._ears.log._roots) == ROOTS_REMEMBERED
    assert south.hears(north.states(1 << 21, **early)) == [Outcome.OK]


def test_uvar_sizes_of_a_liar_cost_nothing() -> None:
    north, south = in_service()
    huge = uvar((1 << 64) - 1)
    assert south.hears(north.seals(Kind.CHECKPOINT, huge + bytes(32) + b"\x00", 1)) == [
        Outcome.EARLY
    ]
    assert south.hears(north.states(1 << 20, size=(1 << 64) - 1)) == [Outcome.OK]
    south.settles()
    assert south.state.their_announced == (1 << 64) - 1
