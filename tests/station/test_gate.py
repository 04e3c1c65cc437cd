"""Whoever guesses waits; whoever sits at a desk does not wait for others."""

from __future__ import annotations

from parley.core.terms import Instant
from parley.station.staff.gate import ALARM_TRIES, FREE_TRIES, KEYS_MAX, WAIT_S_MAX, Gate

NAME = ("name x", "for Wanda")
PLACE = ("address 192.0.2.7", "from 192.0.2.7")


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.s = 1_000.0

    def now(self) -> Instant:
        return Instant(1_700_000_000 + self.s, self.s)


def tries(gate: Gate, count: int, *keys: tuple[str, str]) -> list[str | None]:
    return [gate.begin(keys) for _ in range(count)]


def test_a_few_tries_are_free_and_then_each_waits_longer_a_minute_at_most() -> None:
    time = Time()
    gate = Gate(time.now)
    tries(gate, FREE_TRIES - 1, NAME)
    assert gate.wait_s([NAME]) == 0
    waits = []
    for _ in range(10):
        tries(gate, 1, NAME)
        waits.append(gate.wait_s([NAME]))
        time.s += waits[-1]
        assert gate.wait_s([NAME]) == 0
    assert waits == [2, 4, 8, 16, 32, *[WAIT_S_MAX] * 5]


def test_the_watch_is_told_once_and_until_somebody_has_seen_it() -> None:
    gate = Gate(Time().now)
    told = tries(gate, ALARM_TRIES + 3, NAME)
    assert [each is not None for each in told].index(True) == ALARM_TRIES - 1
    assert sum(each is not None for each in told) == 1
    gate.passed([NAME])
    (alarm,) = gate.alarms()
    assert alarm["sentence"] == f"Signing in failed {ALARM_TRIES + 2} times for Wanda."
    assert gate.wait_s([NAME]) <= 0
    gate.seen()
    assert gate.alarms() == []


def test_ones_own_password_does_not_help_to_guess_anothers() -> None:
    gate = Gate(Time().now)
    tries(gate, FREE_TRIES, NAME, PLACE)
    mine = ("name y", "for Dana")
    gate.begin([mine, PLACE])
    gate.passed([mine, PLACE])
    assert gate.wait_s([PLACE]) > 0
    assert gate.wait_s([mine]) <= 0


def test_what_was_long_ago_is_forgotten_and_memory_is_bounded() -> None:
    time = Time()
    gate = Gate(time.now)
    tries(gate, ALARM_TRIES, NAME)
    time.s += 4_000
    assert tries(gate, 1, NAME) == [None]
    assert gate.wait_s([NAME]) == 0
    for n in range(KEYS_MAX + 1):
        gate.begin([(f"name {n}", "for nobody")])
    assert len(gate._counts) == KEYS_MAX
