"""Worlds in which one station is put back, crashes, and hears all that was ever sent again.

Each world is one number. People resume when a line halts or nothing is heard; in the end both must
speak in one incarnation and agree on where every earlier one ended. The same worlds find mistakes
that are planted in a `Life`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from parley.core.effects import Outcome
from parley.core.entry import Type, read_body
from parley.core.errors import Halted
from parley.core.life import Life
from parley.core.line import Line
from parley.core.resuming import End, Resume, ends
from parley.core.suites import SUITE_1, SUITE_2
from tests.core.conversation import Crash, of_kind
from tests.core.lives import SECOND, Living, two_lives
from tests.places import few

BAD_TICKS, REST_TICKS = 240, 60 * SECOND
RESUME = 4
SUITE_2_SHARE = 0.25  # of the worlds


class Wrong(AssertionError):
    """What must hold does not."""


class World:
    """Two lives, a bad wire, a bad power supply and one old backup."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        strong = random.Random(f"suite {seed}").random() < SUITE_2_SHARE
        self.sides = two_lives(
            chance=seed,
            rekey_entries=self.chance.choice((2, 100)),
            suite=SUITE_2 if strong else SUITE_1,
        )
        self.sent: tuple[list[bytes], list[bytes]] = ([], [])  # what each ever sent
        self.receipted: dict[tuple[int, int], int] = {}  # by side and incarnation
        self.restored = self.chance.choice((0, 1, None))
        self.image = self.sides[self.restored or 0].image()
        self.loss = self.chance.choice((0.0, 0.1, 0.4))

    def lives(self) -> World:
        """The bad time, then the good one."""
        backup, accident = sorted(self.chance.sample(range(20, BAD_TICKS), 2))
        for tick in range(BAD_TICKS):
            if self.restored is not None and tick == backup:
                self.image = self.sides[self.restored].image()
            if self.restored is not None and tick == accident:
                self.sides[self.restored].becomes(self.image)
            self.tick(bad=True)
            if self.chance.random() < 0.02:
                self.people(self.chance.choice((0, 1)), planned=True)
        for tick in range(REST_TICKS):
            self.tick(bad=False)
            if tick % SECOND == 0:
                if self.is_at_rest():
                    return self
                for side in (0, 1):
                    self.people(side, planned=False)
        raise Wrong("they never spoke again")

    def tick(self, *, bad: bool) -> None:
        for side in (0, 1):
            near, far = self.sides[side], self.sides[1 - side]
            near.clock.passes(1 / SECOND)
            crash = self.chance.choice((0, 1)) if bad and self.chance.random() < 0.01 else None
            if bad and self.chance.random() < 0.1:
                self.says(near)
            try:
                frames = near.settles(crash_at=crash)
            except Crash as stopped:
                frames = stopped.sent
                near.starts()
            self.sent[side].extend(frames)
            if not bad or self.chance.random() >= self.loss:
                far.hears(*frames)
            if bad and self.chance.random() < 0.05:  # whoever recorded plays it again
                far.hears(*self.chance.choices(self.sent[side] or [b""], k=3))
            resumes = of_kind(RESUME, self.sent[side])
            if self.chance.random() < 0.02 and resumes:
                far.hears(self.chance.choice(resumes))
            self.notes(side)

    def says(self, near: Living) -> None:
        try:
            near.says(f"{self.chance.random()}")
        except Halted:
            return

    def notes(self, side: int) -> None:
        """Remember how much each was told is receipted, by an other that was not put back since."""
        near = self.sides[side]
        key, told = (side, near.inc), near.state.receipted
        self.receipted[key] = max(self.receipted.get(key, 0), told)

    def people(self, side: int, *, planned: bool) -> None:
        """They ask when the line is halted or silent, and agree when they are asked."""
        near = self.sides[side]
        state, asked = near.state, near.life.resumption
        silent = state.last_heard_s is None or state.last_heard_s > 15
        if planned or state.halted or asked.theirs or (silent and not near.life.resting):
            near.resumes(f"people of {side}")

    def is_at_rest(self) -> bool:
        a, b = self.sides
        return a.inc == b.inc and all(
            each.state.in_service
            and not each.life.resting
            and each.life.resumption.theirs is None
            and each.state.last_heard_s is not None
            and each.state.last_heard_s < 12
            and each.state.halted is None
            and each.state.queued == 0
            and each.state.receipted == each.state.our_size
            for each in self.sides
        )

    def check(self) -> None:
        """What must hold of the past, in every incarnation that both remember."""
        inc = self.sides[0].inc
        while inc > 1 and all(inc in (each.inc, *each.life.past) for each in self.sides):
            pair, theirs = (each.life.resumes(inc) for each in self.sides)
            if pair != theirs:
                raise Wrong("two stations in one incarnation began it by other RESUMEs")
            ended = ends(pair[0], pair[1])
            for each in self.sides:
                for dir in (0, 1):
                    first = each.log_of(inc, dir)[:1]
                    self.begins_with(first[0].body if first else None, ended)
            of = max(pair[0].of, pair[1].of)
            for dir in (0, 1):
                self.is_kept(of, dir, ended[dir])
            inc = of

    def begins_with(self, body: bytes | None, ended: tuple[End, End]) -> None:
        if body is None:
            return
        content = read_body(Type.SERVICE, 0xD8, body)
        said = content.payload[2:] if content else None
        if said != [[end.size, end.root] for end in ended]:
            raise Wrong("an incarnation begins with another past")

    def is_kept(self, of: int, dir: int, ended: End) -> None:
        """Nothing that was receipted is lost: it stands in the ended log, which somebody holds."""
        if self.receipted.get((dir, of), 0) > ended.size:
            raise Wrong("what was receipted does not stand in the ended log")
        logs = [each.log_of(of, dir) for each in self.sides]
        whole = [
            log for log in logs
            if len(log) >= ended.size and (not ended.size or log[ended.size - 1].root == ended.root)
        ]  # fmt: skip
        if ended.size and not whole:
            raise Wrong("nobody holds the log that ended")


@pytest.mark.parametrize("block", few(range(4), 1))
def test_N6_in_the_end_both_speak_and_agree_on_every_past(block: int) -> None:
    for seed in range(6 * block, 6 * block + 6):
        World(seed).lives().check()


def shorter(a: Resume, b: Resume) -> tuple[End, End]:
    return (
        min(b.held, a.own, key=lambda end: end.size),
        min(a.held, b.own, key=lambda end: end.size),
    )


def ignored(self: Life, *given: object) -> object:
    return Outcome.OK


def forgets_what_was_receipted(line: Line) -> tuple[End, End]:
    log, theirs = line._voice.log, line._ears.log
    size = log.size // 2
    return End(size, log.root_at(size)), End(theirs.size, theirs.root)


def plant_shorter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("parley.core.resuming.ends", shorter)
    patch.setattr("tests.core.test_lives_world.ends", shorter)


def plant_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Life, "_contradicted", ignored)


def plant_half(patch: pytest.MonkeyPatch) -> None:
    def half(line: Line) -> tuple[End, End]:
        ours, theirs = forgets_what_was_receipted(line)
        return ours, replace(theirs, size=0, root=End().root)

    patch.setattr("parley.core.life.ends_of", half)


MISTAKES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the shorter claim counts": plant_shorter,
    "a RESUME that contradicts is passed over": plant_ignored,
    "a RESUME states less than was receipted": plant_half,
}


@pytest.mark.parametrize("mistake", few(MISTAKES, 1))
def test_a_planted_mistake_is_found(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MISTAKES[mistake](monkeypatch)
    with pytest.raises(Wrong):
        every_world(40)


def every_world(count: int) -> None:
    """Live through the first so many worlds."""
    for seed in range(count):
        World(seed).lives().check()
