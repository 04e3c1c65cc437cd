"""Keys that are lost in worlds of chance: they hold, and planted mistakes are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parley.core.identity import Party
from parley.core.succession import Revocation, Succession
from parley.exercise import succeeding
from parley.exercise.papers import Papers
from parley.exercise.succeeded import Succeeded
from parley.exercise.succeeding import Renewed
from parley.exercise.world import FAST, Options
from tests.exercise.test_planted import finds
from tests.places import few

Patch = pytest.MonkeyPatch


class Small(Succeeded):
    def draws(self) -> Options:
        options = replace(super().draws(), messages=60, burst=4, bearers=(FAST,), hole=False)
        return replace(
            options, bad_s=20.0, heartbeat_s=2.0, late_s=0.5, loss=0.0, long_texts=False, suite=1
        )


@pytest.mark.parametrize("seed", few(range(1, 9), 2))
def test_C3_C7_C11_a_line_goes_on_under_a_new_agreement(seed: int) -> None:
    world = Succeeded(seed)
    assert world.run().messages
    assert [station.base.inc for station in world.people] == [2, 2]


@pytest.mark.story
def test_some_thieves_speak_and_some_roots_are_followed() -> None:
    worlds = [Small(seed) for seed in range(6)]
    for world in worlds:
        world.run()
    assert any(world.thief is not None for world in worlds)
    assert any(isinstance(world.true[0], Succession) for world in worlds)


def any_root_follows(patch: Patch) -> None:
    def credulous(self: Succession, gone: Party) -> Party:
        return Party(gone.name, self.root, self.next_root_commit)

    patch.setattr(Succession, "follow", credulous)


def a_root_may_have_two_heirs(patch: Patch) -> None:
    judge = Renewed._judge

    def forgetful(self: Renewed, paper: succeeding.Given) -> None:
        if isinstance(paper, Succession) and paper.fingerprint in self.heirs:
            return
        judge(self, paper)

    patch.setattr(Renewed, "_judge", forgetful)


def anybody_revokes(patch: Patch) -> None:
    patch.setattr(Revocation, "verify", lambda self, root: self)


def what_was_revoked_is_agreed_on(patch: Patch) -> None:
    def forgetful(self: Renewed, papers: Papers) -> None:
        papers.terms(self.base.side, self.world.options)

    patch.setattr(Renewed, "_judge_agreement", forgetful)


def a_revoked_line_goes_on(patch: Patch) -> None:
    patch.setattr(Renewed, "_bears", lambda self, paper: False)


def keys_of_what_is_over_are_kept(patch: Patch) -> None:
    patch.setattr(succeeding, "KEYS", ())


MISTAKES: dict[Callable[[Patch], None], str] = {
    any_root_follows: "I23",
    a_root_may_have_two_heirs: "I23",
    anybody_revokes: "I23",
    what_was_revoked_is_agreed_on: "I23",
    keys_of_what_is_over_are_kept: "I22",
}


@pytest.mark.parametrize("mistake", few(MISTAKES, 1), ids=lambda each: each.__name__)
def test_a_mistake_about_papers_is_found(
    mistake: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    mistake(monkeypatch)
    assert finds(Small) == MISTAKES[mistake]


def test_C7_a_thief_is_found_where_a_revocation_stops_nothing(monkeypatch: Patch) -> None:
    """The world looks at what the thief reaches, whatever the station says of it."""
    a_revoked_line_goes_on(monkeypatch)
    monkeypatch.setattr(Succeeded, "_stands_still", lambda self, other: other._read > 0)
    assert finds(Small) in ("I1", "I22")
