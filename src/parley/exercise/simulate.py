"""Run worlds by their numbers, on all cores, and count; docs/simulation.md says what is in them.

    python -m parley.exercise.simulate --seeds 200 --from 1

One number replays one world and tells its story. The last line gives worlds, messages, crashes and
violations; a world that fails is named with the command that replays it alone.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field

from parley.exercise.plots import world_of
from parley.exercise.scenarios import SCENARIOS, Point, sweep_point
from parley.exercise.violation import Violation
from parley.exercise.world import Tally

TOLD_EVERY_S = 15.0
AHEAD_OF_JOBS = 3  # worlds handed out and not finished, for each process


@dataclass(slots=True)
class Outcome:
    """What became of one world, or of one point of a sweep."""

    tally: Tally = field(default_factory=Tally)
    violation: str = ""
    replay: str = ""


def run_world(seed: int, told: Callable[[str], object] = lambda line: None) -> Outcome:
    """One world by its number."""
    _be_quiet()
    replay = f"make simulate FROM={seed} SEEDS=1"
    try:
        world = world_of(seed, told)
        return Outcome(world.run())
    except Violation as violation:
        return Outcome(Tally(worlds=1), f"world {seed}: {violation}", replay)
    except Exception as error:
        told(traceback.format_exc())
        return Outcome(Tally(worlds=1), f"world {seed}: {type(error).__name__}: {error}", replay)


def run_point(point: Point) -> Outcome:
    """One scenario with the power failing at one boundary of one side."""
    _be_quiet()
    replay = f"python -m parley.exercise.simulate --scenario {point.name} --point {point.where}"
    try:
        return Outcome(sweep_point(point))
    except (Exception, Violation) as error:
        return Outcome(Tally(worlds=1), f"{point.name} {point.where}: {error!r}", replay)


def _be_quiet() -> None:
    """What the station would log is what the world does to it."""
    logging.getLogger("parley").setLevel(logging.CRITICAL)


def run_all(
    what: Callable[..., Outcome],
    numbers: Iterator[object],
    jobs: int,
    tell: Callable[[str], object],
    messages: int | None = None,
) -> tuple[Tally, list[Outcome]]:
    """Everything, or until so many messages have crossed; what happened, and what failed."""
    total, failed = Tally(), list[Outcome]()
    told_at = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        under_way = set[Future[Outcome]]()
        more = True
        while under_way or more:
            while more and len(under_way) < jobs * AHEAD_OF_JOBS:
                number = next(numbers, None)
                more = number is not None and (messages is None or total.messages < messages)
                if more:
                    under_way.add(pool.submit(what, number))
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for each in done:
                outcome = each.result()
                total.add(outcome.tally)
                if outcome.violation:
                    failed.append(outcome)
                    tell(f"{outcome.violation}\n  to replay it: {outcome.replay}")
            if time.monotonic() - told_at > TOLD_EVERY_S:
                told_at = time.monotonic()
                tell(f"{total.worlds:,} worlds, {total.messages:,} messages so far")
    return total, failed


def last_line(total: Tally, failed: int, seconds: float) -> str:
    """Worlds, messages, crashes and violations."""
    pace = 3600 * total.messages / max(seconds, 0.001)
    return (
        f"{total.worlds:,} worlds in {seconds:.0f} s ({pace:,.0f} messages an hour),"
        f" {total.epochs:,} epochs, {total.halted:,} halts with a cause, {total.deaf:,} deaf:"
        f" {total.worlds:,} worlds, {total.messages:,} messages, {total.crashes:,} crashes,"
        f" {failed:,} violations"
    )


def main() -> int:
    """The command line; 0 when nothing was violated."""
    parser = argparse.ArgumentParser(description="simulate worlds of two stations")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first world")
    parser.add_argument("--seeds", type=int, default=200, help="how many worlds")
    parser.add_argument("--messages", type=int, default=None, help="stop after so many")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sweep", action="store_true", help="every boundary of every scenario")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), help="of one scenario only")
    parser.add_argument("--point", help="one boundary only, as side:number")
    chosen = parser.parse_args()
    _be_quiet()
    began = time.monotonic()
    if chosen.scenario and chosen.point:
        outcome = run_point(Point.parse(chosen.scenario, chosen.point))
        total, failed = outcome.tally, [outcome] if outcome.violation else []
    elif chosen.scenario or chosen.sweep:
        names = [chosen.scenario] if chosen.scenario else list(SCENARIOS)
        points = (point for name in names for point in SCENARIOS[name].points())
        total, failed = run_all(run_point, points, chosen.jobs, print)
    elif chosen.seeds == 1:
        outcome = run_world(chosen.first, print)
        total, failed = outcome.tally, [outcome] if outcome.violation else []
    else:
        numbers = iter(range(chosen.first, chosen.first + chosen.seeds))
        total, failed = run_all(run_world, numbers, chosen.jobs, print, chosen.messages)
    if len(failed) == 1:
        print(failed[0].violation)
    print(last_line(total, len(failed), time.monotonic() - began))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
