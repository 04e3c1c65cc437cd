"""What somebody recorded or kept back: a RESUME begins nothing and vouches for nobody, and a line
whose REKEYs never came gets fresh keys all the same."""

from __future__ import annotations

import pytest

from parley.core.effects import Outcome
from parley.core.life import ends_of
from parley.core.packets import Kind
from parley.core.seal import Epoch, packet_locator
from parley.core.speaking import RESUME
from tests.core.conversation import of_kind, talk
from tests.core.lives import SECOND, Living, both_resume, is_open, open_lives


def test_N5_a_recording_of_their_RESUME_is_answered_no_oftener_than_we_would_send_it() -> None:
    north, south = open_lives()
    north.resumes("we ask")
    sent = of_kind(RESUME, north.settles())
    south.hears(*sent)
    south.resumes("we agree")
    talk(north, south)
    assert is_open(north, south, 2)
    south.clock.passes(60)
    answers = []
    for n in range(SECOND):
        south.clock.passes(1 / SECOND)
        assert south.line.hear(sent[0], south.clock.now, f"stranger {n}") is Outcome.ASKED
        answers += of_kind(RESUME, south.settles())
    assert len(answers) == 1


def test_N5_recordings_of_RESUMEs_that_contradict_are_told_once_each_and_vouch_for_nobody() -> None:
    north, south = open_lives()
    ends = ends_of(north.life.line)
    both_resume(north, south)
    contradicts = north.states_ends(2, 1, ends, "one that was kept back")
    older = north.states_ends(2, 1, ends, "another")
    told = len(south.notices)
    for _ in range(20):
        south.clock.passes(1)
        assert not any(outcome.authentic for outcome in south.hears(contradicts, older))
        south.settles()
    assert south.notices[told:] == ["resume contradicted", "resume asked"] * 2
    # So it is while we have asked ourselves: they are answered by our next, and told once.
    north, south = open_lives()
    south.resumes()
    answered = len(south.notices)
    for _ in range(5):
        south.clock.passes(1)
        assert not any(
            outcome.authentic
            for outcome in south.hears(*(north.states_ends(2, 1, ends, f"{at}") for at in (1, 2)))
        )
        south.settles()
    assert south.notices[answered:] == ["resume contradicted"]


def test_S16_a_line_whose_REKEY_was_kept_back_too_long_gets_fresh_keys_by_beginning_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("parley.core.rekeying.CHAIN_STEPS_MAX", 8)
    north, south = open_lives(rekey_entries=1)
    north.says("from here on a REKEY is under way")
    rekeys = {packet_locator(epoch_of(north).kl, Kind.REKEY)}

    def passes(seconds: int, kept_back: set[bytes]) -> list[Outcome]:
        outcomes = []
        for _ in range(seconds * SECOND):
            north.clock.passes(1 / SECOND)
            for near, far in ((north, south), (south, north)):
                for each in near.settles():
                    if near is south or each[1:6] not in kept_back:
                        outcomes += far.hears(each)
        return outcomes

    passes(2, rekeys)
    before = epoch_of(north).e
    for n in range(10):
        north.says(f"{n}")
        passes(1, rekeys)
    assert Outcome.REFUSED in passes(20, set())  # it comes at last, and is of no use
    assert (epoch_of(north).e, north.state.halted) == (before, None)
    both_resume(north, south)
    north.says("under fresh keys")
    passes(3, set())
    assert epoch_of(north).e > 0
    assert south.reads_in(2)[-1] == "under fresh keys"


def epoch_of(station: Living) -> Epoch:
    """What it seals under."""
    epoch = station.life.line._voice.epoch
    assert epoch is not None
    return epoch
