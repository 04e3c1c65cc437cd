"""Worlds of suspensions and closes, and mistakes about them that some checker must find."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from parley.core.closing import Closing
from parley.core.entry import Type
from parley.core.hearing import Ears
from parley.core.kept import QueueRow
from parley.core.line import Line
from parley.core.packets import Flag
from parley.core.speaking import Voice
from parley.exercise.declaring import Suspended
from parley.exercise.world import Options
from parley.station.line.declared import ALL, Declared, Limits
from tests.exercise.test_planted import Patch, finds, small
from tests.places import few


class Small(Suspended):
    def draws(self) -> Options:
        return small(super().draws())


class Closed(Small):
    closes = 2.0  # always in bad times


class Restless(Small):
    closes = 0.0
    orders = 0.9


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    log = logging.getLogger("parley")
    level = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(level)


@pytest.mark.parametrize("seed", range(8))
def test_a_world_of_suspensions_holds(seed: int) -> None:
    Small(seed).run()


@pytest.mark.story
def test_in_such_worlds_lines_are_suspended_lifted_and_closed() -> None:
    """What is never said cannot be violated."""
    said: set[int] = set()
    erased = given_back = 0
    for seed in range(12):
        world = Small(seed)
        world.run()
        said |= {row.type for station in world.sides for row in station.ours}
        erased += all(station.state.erased for station in world.sides)
        given_back += sum(len(station.spoken.doubtful) for station in world.sides)
    assert {Type.TEXT, Type.SUSPEND, Type.LIFT, Type.CLOSE} <= said
    assert erased
    assert given_back


# --- the mistakes


def nothing_is_given_back(patch: Patch) -> None:
    patch.setattr(Line, "give_back", lambda self, which: None)


def one_side_lifts(patch: Patch) -> None:
    tests = Declared._tests

    def either(self: Declared, limits: Limits) -> tuple[list[int], list[int]]:
        found = list(map(max, *tests(self, limits)))
        return found, found

    patch.setattr(Declared, "_tests", either)


def a_test_that_saw_nothing_lifts(patch: Patch) -> None:
    tests = Declared._tests

    def unseen(self: Declared, limits: Limits) -> tuple[list[int], list[int]]:
        own, _ = tests(self, limits)
        lifted = {each.dir for each in self.acts if each.type == Type.LIFT}
        return own, [ALL[0] if 1 - dir in lifted else -1 for dir in (0, 1)]

    patch.setattr(Declared, "_tests", unseen)


def what_joined_is_read_a_step_too_late(patch: Patch) -> None:
    """A suspension of theirs is in mind only once something else has joined."""
    add = Declared.add
    waiting: dict[int, Any] = {}

    def late(self: Declared, entry: Any) -> None:
        if id(self) in waiting:
            add(self, waiting.pop(id(self)))
        if entry.dir != self.ours and entry.type == Type.SUSPEND:
            waiting[id(self)] = entry
        else:
            add(self, entry)

    patch.setattr(Declared, "add", late)


def a_close_does_not_end_the_queue(patch: Patch) -> None:
    number = Voice._may_number

    def goes_on(self: Voice, *given: Any) -> bool:
        self.closed = False
        return number(self, *given)

    give_back = Line.give_back
    lift = QueueRow(-1, 0, Type.LIFT, 0, b"")

    def only_for_suspensions(self: Line, which: Callable[[QueueRow], bool]) -> None:
        if not which(lift):  # it passes in every suspension, and after no CLOSE
            give_back(self, which)

    patch.setattr(Voice, "_may_number", goes_on)
    patch.setattr(Line, "give_back", only_for_suspensions)


def how_far_it_is_closed_is_forgotten(patch: Patch) -> None:
    patch.setattr(Closing, "_keep", lambda self, change: None)


def keys_of_a_closed_line_stay_on_the_disk(patch: Patch) -> None:
    over = Closing.over

    def sloppy(self: Closing, now: Any, change: Any) -> bool:
        done = over(self, now, change)
        if done:
            change.cells.pop("out", None)
        return done

    patch.setattr(Closing, "over", sloppy)


def keys_go_before_the_other_side_is_whole(patch: Patch) -> None:
    def hasty(self: Closing) -> Flag:
        return Flag.CLOSED if self.said and self.heard else Flag(0)

    patch.setattr(Closing, "whole", property(hasty))
    patch.setattr("parley.core.closing.FAREWELL_S_MAX", 0.0)


def past_epochs_outlive_the_line(patch: Patch) -> None:
    forget = Ears.forget

    def keeps(self: Ears) -> None:
        forget(self)
        self.moved = True

    patch.setattr(Ears, "forget", keeps)


@pytest.mark.parametrize(
    ("mistake", "found_by", "kind"),
    few(
        [
            (nothing_is_given_back, {"I16", "I17"}, Small),
            (one_side_lifts, {"I16"}, Small),
            (a_test_that_saw_nothing_lifts, {"I16"}, Restless),
            (what_joined_is_read_a_step_too_late, {"I15", "I16"}, Small),
            (a_close_does_not_end_the_queue, {"I17", "L6"}, Closed),
            (how_far_it_is_closed_is_forgotten, {"L6", "I15", "I17"}, Closed),
            (keys_of_a_closed_line_stay_on_the_disk, {"I18"}, Closed),
            (keys_go_before_the_other_side_is_whole, {"L1", "L4", "L6", "I5"}, Closed),
            (past_epochs_outlive_the_line, {"I18"}, Closed),
        ],
        2,
    ),
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_mistake_about_the_declared_state_is_found(
    mistake: Callable[[Patch], None], found_by: set[str], kind: type[Small], monkeypatch: Patch
) -> None:
    mistake(monkeypatch)
    assert finds(kind) in found_by
