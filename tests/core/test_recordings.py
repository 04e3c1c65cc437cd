"""RESUMEs that somebody recorded or kept back: they begin nothing and vouch for nobody."""

from __future__ import annotations

from parley.core.effects import Outcome
from parley.core.life import ends_of
from parley.core.speaking import RESUME
from tests.core.conversation import of_kind, talk
from tests.core.test_life import SECOND, both_resume, is_open, open_lives


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
