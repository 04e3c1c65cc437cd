"""What a life refuses of a RESUME, and what it costs a station to be asked (N1, N5, N11)."""

from __future__ import annotations

import pytest

from parley.core import resuming
from parley.core.effects import Outcome, Saying
from parley.core.entry import Precedence, Status, Type, body_of
from parley.core.errors import Misused
from parley.core.life import HELD, MADE, ends_of
from parley.core.resuming import INC_AHEAD_MAX, End
from parley.core.speaking import RESUME, frame
from parley.core.wire import Value, decode, encode, uvar
from tests.core.conversation import of_kind, talk
from tests.core.lives import open_lives, two_lives


def test_N1_what_is_not_a_RESUME_for_this_line_is_refused() -> None:
    north, south = open_lives()
    ends = ends_of(north.life.line)
    true = north.states_ends(2, 1, ends)
    other = north.states_ends(2, 1, ends, h_agr=bytes(32))
    for data in (
        true[:200],
        true[:-1],
        true + b"\0",
        true[:-1] + bytes([true[-1] ^ 1]),
        bytes([true[0]]) + bytes(9_000),
        other,
        north.states_ends(2, 1, ends, side=1),
        north.states_ends(1, 1, ends),
        north.states_ends(2, 0, ends),
        north.states_ends(2, 1, (End(0, bytes(32)), ends[1])),
        north.states_ends(2, 1, (End(1, bytes(31)), ends[1])),
        north.states_ends(1 + INC_AHEAD_MAX + 1, 1, ends),
    ):
        south.clock.passes(1)
        assert south.hears(data) == [Outcome.REFUSED]
    assert south.life.newest == 1
    assert south.hears(true) == [Outcome.ASKED]


def test_N1_no_more_than_five_a_second_of_one_source_are_looked_at() -> None:
    north, south = open_lives()
    ends = ends_of(north.life.line)
    outcomes = south.hears(*(north.states_ends(inc, 1, ends) for inc in range(2, 9)), source="x")
    assert outcomes == [Outcome.ASKED] * 5 + [Outcome.REFUSED] * 2


def test_N1_a_reason_is_given_and_short() -> None:
    north, _ = open_lives()
    for reason in ("", "x" * 401, "Two\u2028lines.", "Two\u2029lines."):
        with pytest.raises(Misused):
            north.resumes(reason)
    assert not north.life.resting


def test_N1_no_more_than_five_a_second_of_one_source_are_even_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    north, south = open_lives()
    decoded: list[bytes] = []

    def counting(data: bytes) -> Value:
        decoded.append(data)
        return decode(data)

    monkeypatch.setattr(resuming, "decode", counting)
    costly, foreign = (
        frame(RESUME, uvar(len(document)) + document)
        for document in (
            encode([1, line_id, *[0] * 200]) for line_id in (south.terms.line_id, bytes(16))
        )
    )
    assert set(south.hears(*[costly] * 50, *[foreign] * 50, source="x")) == {Outcome.REFUSED}
    assert len(decoded) == 5
    north.resumes()
    (theirs,) = of_kind(RESUME, north.settles())
    assert south.hears(theirs, source="y") == [Outcome.ASKED]
    assert south.hears(*[theirs] * 9, source="x") == [Outcome.ASKED] * 9
    assert len(decoded) == 6


def test_N5_a_liar_makes_us_keep_and_answer_no_more_than_the_limit() -> None:
    north, south = open_lives()
    ends = ends_of(north.life.line)
    south.resumes()
    for round in range(2 * INC_AHEAD_MAX):
        south.clock.passes(1)
        newest = south.life.newest
        south.hears(*(north.states_ends(newest, 1, ends, f"{round} {at}") for at in range(2)))
        south.settles()
    assert south.life.newest == 1 + INC_AHEAD_MAX
    stored = south.store.load(south.terms.line_id, 1 + INC_AHEAD_MAX, 1).cells
    assert {MADE, HELD} <= stored.keys()


def test_N11_a_deniable_line_takes_no_RESUME() -> None:
    north, south = two_lives(deniable=True)
    talk(north, south)
    with pytest.raises(Misused):
        north.resumes("signed, whatever was agreed")
    ends = (End(1, bytes(32)), End(1, bytes(32)))
    assert south.hears(north.states_ends(2, 1, ends, deniable=False)) == [Outcome.REFUSED]
    assert south.life.resumption.theirs is None
    assert "resume asked" not in south.notices


def test_N11_a_line_that_is_over_takes_no_RESUME() -> None:
    """Whoever recorded one that was never answered could trouble people with it for ever."""
    north, south = open_lives()
    ends = ends_of(north.life.line)
    body = body_of(Type.CLOSE, {}, "For good.")
    for each in (north, south):
        saying = Saying(Type.CLOSE, Precedence.IMMEDIATE, Status.EXERCISE, body)
        each.life.say(saying, each.clock.now)
    for _ in range(4):  # until both have signed for all of it by both algorithms
        talk(north, south, ticks=40)
        south.clock.passes(30)
    assert north.life.erased
    assert south.life.erased
    for _ in range(2):
        assert south.hears(north.states_ends(2, 1, ends)) == [Outcome.REFUSED]
        assert south.life.newest == 1
        assert "resume asked" not in south.notices
        south.starts()
