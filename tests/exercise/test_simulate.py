"""Worlds by the number: none is violated, each is its number, and a failure says how to see it."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from parley.core.speaking import Voice
from parley.exercise import simulate
from parley.exercise import world as simulated
from parley.exercise.plots import KINDS, SHARES, world_of
from parley.exercise.scenarios import SCENARIOS, sweep_point
from parley.exercise.world import Options
from tests.places import few

MESSAGES = int(os.environ.get("MESSAGES", "3000000"))  # of the long proof
SECONDS_MAX = 900
FLOOR = 1_000_000 * SECONDS_MAX // 3600
SCENARIOS_MIN = 20


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    log = logging.getLogger("parley")
    level = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(level)


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds in which little is said; `make prove` runs them at length."""
    draw = Options.of

    def little(chance: random.Random) -> Options:
        options = draw(chance)
        return replace(options, messages=min(options.messages, 300), bad_s=min(options.bad_s, 30.0))

    monkeypatch.setattr(Options, "of", little)


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("seed", few(range(1, 13), 4))
def test_a_world_holds(seed: int) -> None:
    tally = world_of(seed).run()
    assert tally.messages


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_world_of_suite_2_holds(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "SUITE_2_SHARE", 1.0)
    world = KINDS[kind](7)  # in cloned 5 the copy is made, and found, before the line ever opens
    assert world.options.suite == 2
    tally = world.run()
    assert tally.epochs  # a line that is closed early may have given all its words back
    assert tally.steps


def test_U1_some_worlds_are_of_either_suite() -> None:
    suites = [world_of(seed).options.suite for seed in range(100)]
    assert 4 <= suites.count(2) <= 20
    assert suites.count(1) + suites.count(2) == 100


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("kind", few(sorted(KINDS), 2))
def test_a_number_is_one_world(kind: str) -> None:
    """Keys are drawn anew, so bytes differ; what happens does not."""
    first, again = (KINDS[kind](3) for _ in range(2))
    assert first.options == again.options
    assert first.run() == again.run()
    points = [[station.power.passed for station in world.sides] for world in (first, again)]
    assert points[0] == points[1]


@pytest.mark.usefixtures("_few")
def test_of_a_hundred_numbers_most_are_honest_worlds_and_some_of_each_kind() -> None:
    kinds = [world_of(seed).kind for seed in range(100)]
    for kind, share in SHARES.items():
        assert kinds.count(kind) == share
    assert kinds.count("honest") > 70


def test_there_are_many_scenarios() -> None:
    assert len(SCENARIOS) >= SCENARIOS_MIN


@pytest.mark.parametrize("name", few(SCENARIOS, 8))
def test_the_power_may_fail_at_some_boundaries(name: str) -> None:
    points = list(SCENARIOS[name].points())
    assert len(points) > 40
    for point in points[len(name) % 25 :: 80]:
        sweep_point(point)


@pytest.mark.usefixtures("_few")
@pytest.mark.story
def test_a_failure_names_the_world_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Voice, "queued", property(lambda voice: 1))
    outcome = simulate.run_world(2)
    assert outcome.violation.startswith("world 2: L4: no rest")
    assert outcome.replay == "make simulate FROM=2 SEEDS=1"


@pytest.mark.story
def test_the_command_line_counts() -> None:
    command = [sys.executable, "-m", "parley.exercise.simulate", "--seeds", "3", "--from", "22"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 worlds, " in done.stdout.splitlines()[-1]
    assert done.stdout.endswith(" crashes, 0 violations\n")


@pytest.mark.story
def test_one_number_tells_its_story() -> None:
    command = [sys.executable, "-m", "parley.exercise.simulate", "--seeds", "1", "--from", "40"]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    assert lines[0].startswith("world honest 40: messages=")
    assert any("healed after" in line for line in lines)


@pytest.mark.proof
def test_three_million_messages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Or as many as cross in a quarter of an hour where the machine is slow: the floor is what a
    million messages an hour come to."""
    began = time.monotonic()
    in_time = iter(lambda: time.monotonic() - began < SECONDS_MAX, False)
    numbers = (number for number, _ in enumerate(in_time))
    total, failed = simulate.run_all(
        simulate.run_world, numbers, os.cpu_count() or 1, print, MESSAGES
    )
    seconds = time.monotonic() - began
    with capsys.disabled():
        print("\n" + simulate.last_line(total, len(failed), seconds))
    assert not failed
    in_full = total.messages >= MESSAGES
    assert in_full or (seconds >= SECONDS_MAX and total.messages >= FLOOR)


@pytest.mark.proof
def test_every_boundary_of_every_scenario() -> None:
    points = (point for scenario in SCENARIOS.values() for point in scenario.points())
    total, failed = simulate.run_all(simulate.run_point, points, os.cpu_count() or 1, print)
    print(simulate.last_line(total, len(failed), 0.0))
    assert not failed
    assert total.crashes >= total.worlds
