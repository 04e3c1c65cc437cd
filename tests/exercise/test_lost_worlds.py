"""Stations put back by whole incarnations: they are supplied, and planted mistakes are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from parley.exercise.lost import Lost
from parley.exercise.supplied import PLACES, Supplied
from parley.exercise.world import FAST, Options
from parley.station.parties import lost as held_against
from parley.station.parties.lost import Ends, Past
from tests.exercise.test_planted import finds
from tests.places import few

Patch = pytest.MonkeyPatch


class Small(Lost):
    """A short world in which little goes wrong but the accident."""

    def draws(self) -> Options:
        options = replace(
            super().draws(), messages=80, burst=6, bearers=(FAST,), late_s=0.5, hole=False
        )
        return replace(options, bad_s=25.0, heartbeat_s=2.0, disk=0.005, power=0.02, suite=1)


@pytest.mark.parametrize("seed", few((1, 4, 12), 1))
def test_N12_N13_both_hold_the_same_leaves_of_what_was_lost(seed: int) -> None:
    world = Lost(seed)
    assert world.run().messages
    assert world.victim is not None
    places = world.victim.disk.notes[PLACES]
    assert len({place.inc for place in places}) > 1
    assert not any(station.waits_for() for station in world.people)


def the_end_of_a_file_is_left_out(patch: Patch) -> None:
    read = held_against._read

    def short(text: bytes, stated: Ends, ended: Ends, at: float) -> Any:
        found, trees = read(text, stated, ended, at)
        return (found[0][:-1], found[1][:-1]), trees

    patch.setattr(held_against, "_read", short)


def an_older_one_is_joined_anywhere(patch: Patch) -> None:
    """What the file behind it says of its end does not count: all of it is taken in."""
    fit = Past.fit

    def careless(self: Past, gap: Any, report: Any, *given: Any) -> Any:
        found = fit(self, gap, report, *given)
        before = found.before
        if before is None or not any(before.lost):
            return found
        nothing = replace(before, lost=(0, 0))
        return replace(found, before=nothing)

    patch.setattr(Past, "fit", careless)


def what_was_supplied_counts_as_heard(patch: Patch) -> None:
    takes_in = Supplied._takes_in

    def hears(self: Supplied, given: Any) -> None:
        takes_in(self, given)
        for row in given.found[self.base.theirs]:
            self.disk.note(f"inbox {given.gap.old}", row.n)

    patch.setattr(Supplied, "_takes_in", hears)


MISTAKES: dict[Callable[[Patch], None], str] = {
    the_end_of_a_file_is_left_out: "I20",
    an_older_one_is_joined_anywhere: "I20",
    what_was_supplied_counts_as_heard: "I21",
}


@pytest.mark.parametrize("mistake", few(MISTAKES, 1), ids=lambda each: each.__name__)
def test_a_mistake_about_what_was_lost_is_found(
    mistake: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    mistake(monkeypatch)
    assert finds(Small) == MISTAKES[mistake]


def test_without_a_mistake_small_worlds_hold() -> None:
    assert finds(Small, 3) == "nothing"
