"""The emulated link itself: what it is told to be, it is."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parley.exercise.emulator import Conditions, Way


def way(**like: Any) -> Way:
    return Way(Conditions(**like), random.Random(1))


def sends(
    through: Way, count: int, each_s: float = 0.0, size: int = 972
) -> list[tuple[int, float]]:
    """So many packets of 1,000 bytes with their headers; which came, and when."""
    came: list[tuple[int, float]] = []
    for n in range(count):
        through.put(n.to_bytes(4, "big") + bytes(size - 4), n * each_s)
    while (at := through.next_at()) is not None:
        came += [(int.from_bytes(packet[:4], "big"), at) for packet in through.due(at)]
    return came


def test_a_perfect_link_delivers_at_once() -> None:
    assert sends(way(), 5) == [(n, 0.0) for n in range(5)]


def test_delay_and_jitter_keep_the_order_or_not() -> None:
    came = sends(way(delay_ms=40, jitter_ms=50), 200, 0.01)
    assert [n for n, _ in came] == list(range(200))
    ages = [at - n * 0.01 for n, at in came]
    assert min(ages) >= 0.04
    assert max(ages) <= 0.09
    mixed = [n for n, _ in sends(way(jitter_ms=50, overtakes=True), 200, 0.01)]
    assert mixed != sorted(mixed) == list(range(200))


def test_loss_is_of_each_packet_by_itself() -> None:
    through = way(loss=0.05)
    came = sends(through, 4_000)
    assert len(came) == pytest.approx(3_800, abs=60)
    assert through.packets_lost == 4_000 - len(came)


def test_a_rate_has_a_queue_that_drops_at_its_tail() -> None:
    through = way(kbps=64, queue_ms=400)
    came = sends(through, 20)
    assert [at for _, at in came] == pytest.approx([0.125, 0.25, 0.375, 0.5])
    assert through.packets_dropped == 16


def test_a_cut_swallows_also_what_is_under_way() -> None:
    through = way(delay_ms=100)
    through.put(b"before", 0.0)
    through.conditions = Conditions(cut=True)
    through.put(b"during", 0.05)
    assert through.due(1.0) == []
    assert (through.packets_lost, through.packets_out) == (2, 0)
