"""A counterpart with true keys that says whatever it likes: nothing raises, nothing grows, and what
the station keeps stays in order."""

from __future__ import annotations

import random

import pytest

from parley.core.errors import Halted
from parley.core.hearing import HELD_BYTES_MAX, ROOTS_AHEAD_MAX
from parley.core.packets import KINDS
from parley.core.wire import u8, u16, u32
from tests.core.checks import heads_are_of_the_record, seen_is_monotone
from tests.core.conversation import Station, changed, in_service, talk
from tests.places import few

ACTS = 250


class Liar:
    """Holds North's keys and no rule."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.north, self.south = in_service(chance=seed, window=128)
        self.north.says("Once, all was well.")
        self.south.says("So it was.")
        talk(self.north, self.south)
        self.counter = 1 << 20
        self.sent: list[bytes] = []

    def frame(self) -> bytes:
        """Something authentic, more or less."""
        chance, north, south = self.chance, self.north, self.south
        near = south.state.their_size
        self.counter += chance.choice((0, 1, 1, 1, 5))
        size = max(near + chance.randrange(-1, 4), 0)
        act = chance.randrange(8)
        if act < 3:
            seen = chance.choice((south.state.our_size, 1, 0, chance.randrange(1 << 16)))
            body = chance.randbytes(chance.choice((0, 5, 40, 60_000)))
            plain = u8(chance.randrange(256)) + u8(chance.randrange(256)) + u16(seen) + u32(5)
            ahead = chance.choice((0, 0, 0, 1, 2, 100, 127, 128))
            return north.writes(max(near, 1) + ahead, plain + body)
        if act < 5:
            ours = south.state.our_size
            contig = chance.choice((ours, ours, max(ours - 1, 0), ours + 1))
            lies = {
                "size": chance.choice((near, near, size, (1 << 64) - 1)),
                "contig": contig,
                "own_root": self.root(size),
                "their_root": south._root_at(1, min(contig, len(south.ours))),
                "sack": frozenset(contig + 1 + chance.randrange(64) for _ in range(2)),
                "echo": chance.choice((0, 1, south.line._counters._last[1], (1 << 32) - 1)),
                "epoch": chance.choice((0, 0, 0, 0, 1)),
                "flags": chance.randrange(256),
            }
            true = chance.random() < 0.7
            if true:
                lies = {
                    "size": near,
                    "contig": ours,
                    "own_root": self.root(near),
                    "their_root": south._root_at(1, len(south.ours)),
                }
            return north.states(self.counter, chance.choice((8, 16, 32)), **lies)
        if act == 5:
            return north.signs_own(size, self.counter, root=self.root(size))
        if act == 6:
            return north.signs_theirs(
                chance.randrange(len(south.ours) + 2),
                self.counter,
                chance.randrange(1 << 64),
                bytes(32),
            )
        return chance.choice(self.sent) if self.sent else b""

    def root(self, size: int) -> bytes:
        """The root that is true for South, where there is one."""
        kept = len(self.south.theirs)
        return self.south._root_at(0, size) if size <= kept else self.chance.randbytes(32)

    def meets(self) -> Station:
        """Let South live through it."""
        chance, south = self.chance, self.south
        for _ in range(ACTS):
            data = self.frame()
            self.sent.append(data)
            south.hears(data if chance.random() < 0.9 or not data else changed(data))
            if chance.random() < 0.3:
                try:
                    south.says("I go on.")
                except Halted:
                    assert south.state.halted
            if chance.random() < 0.5:
                south.settles()
                assert south.line.wake_at(south.clock.now) > south.clock.mono
                south.clock.passes(chance.choice((0.0, 0.03, 1.0)))
            if chance.random() < 0.02:
                south.starts()
        south.settles()
        return south


@pytest.mark.parametrize("seed", few(range(25), 8))
def test_L1_L24_a_liar_with_true_keys_raises_nothing_and_grows_nothing(seed: int) -> None:
    south = Liar(seed).meets()
    ears = south.line._ears
    assert len(ears._roots_ahead) <= ROOTS_AHEAD_MAX
    assert len(ears.held) <= south.terms.window
    assert sum(len(row.body) for row in ears.held.values()) <= HELD_BYTES_MAX
    assert sum(map(len, ears.expected.values())) <= south.terms.window + len(KINDS)
    assert len(south.heads) < 3 * (len(south.ours) + len(south.theirs)) + 20
    heads_are_of_the_record(south)
    seen_is_monotone(south)
    assert [row.n for row in south.theirs] == list(range(len(south.theirs)))
    state = south.state
    south.starts()
    assert (south.state.our_size, south.state.their_size, south.state.halted) == (
        state.our_size,
        state.their_size,
        state.halted,
    )


def test_L18_most_liars_stop_the_line() -> None:
    halted = [bool(Liar(seed).meets().state.halted) for seed in range(8)]
    assert sum(halted) > 4
