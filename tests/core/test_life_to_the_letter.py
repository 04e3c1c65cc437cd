"""A life to the letter: what is counted, kept, sent and asked for, and when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.core.effects import Enrol, Keep, Noticed, Outcome, Transmit
from parley.core.errors import Refused
from parley.core.life import _KEYS, HELD, MADE, OTHER, ends_of
from parley.core.resuming import INC_AHEAD_MAX
from parley.core.speaking import RESUME
from parley.core.wire import decode
from tests.core.conversation import of_kind, talk
from tests.core.lives import Living, both_resume, is_open, open_lives, two_lives


def kept_of(station: Living, inc: int) -> dict[str, bytes]:
    return station.store.load(station.terms.line_id, inc, station.terms.side).cells


def test_a_life_that_goes_on_asks_for_nothing_and_sleeps() -> None:
    north, south = open_lives()
    for inc in (1, 2):
        for each in (north, south):
            assert (each.inc, each.life.newest, each.life.pending) == (inc, inc, [])
            assert (each.life.resting, each.life.erased) == (False, False)
            assert each.life.next is None
            assert each.line.wake_at(each.clock.now) > each.clock.mono
            each.starts()
            assert each.life.next is None
        talk(north, south)
        if inc == 1:
            both_resume(north, south)


def test_a_start_without_a_path_sends_nothing_before_there_is_one() -> None:
    north, _ = open_lives()
    north.resumes()
    north.settles()
    north.starts(path=False)
    assert north.life.resting
    assert not north.state.path_up
    north.clock.passes(100)
    assert north.settles() == []


def test_L1_what_became_of_frames_is_counted_once_in_both_incarnations() -> None:
    north, south = open_lives()
    north.resumes()
    (asks,) = of_kind(RESUME, north.settles())
    junk = b"\x20" + bytes(30)
    before = dict(south.state.counts)
    assert south.hears(asks, asks, junk) == [Outcome.ASKED, Outcome.ASKED, Outcome.UNKNOWN]
    counts = south.state.counts
    assert counts[Outcome.ASKED] == 2
    assert counts[Outcome.UNKNOWN] == before.get(Outcome.UNKNOWN, 0) + 1
    assert counts[Outcome.OK] == before[Outcome.OK] > 0
    assert north.hears(junk) == [Outcome.STALE]
    assert north.state.counts[Outcome.STALE] == 1


def test_L3_the_number_of_what_is_released_comes_back() -> None:
    north, south = open_lives()
    first = north.says("one")
    assert north.says("two") == first + 1
    north.line.path_down(north.clock.now)
    assert south.state.path_up
    assert not north.state.path_up


def test_L16_roots_of_long_ago_are_asked_for_under_their_incarnation() -> None:
    north, south = open_lives()
    for inc in (1, 2):
        for count in range(3):
            north.says(str(count))
            talk(north, south)
        for each in (north, south):
            each.starts()
            for log, dir in (
                (each.life.line._voice.log, each.terms.side),
                (each.life.line._ears.log, each.terms.theirs),
            ):
                for size in range(1, log.size):
                    assert log.root_at(size) == each._root_of(inc, dir, size)
        if inc == 1:
            talk(north, south)
            both_resume(north, south)
            talk(north, south)


def test_N2_a_RESUME_draws_one_secret_and_enrols_its_incarnation_once() -> None:
    north, south = open_lives()
    drawn = len(north.drawn)
    north.resumes()
    assert [len(each) for each in north.drawn[drawn:]] == [32]
    north.settles()
    assert decode(kept_of(north, 2)["prekey"]) == north.drawn[drawn]
    south.resumes()
    north.hears(*of_kind(RESUME, south.settles()))
    effects = north.life.settle(north.clock.now, 0)
    assert [effect for effect in effects if isinstance(effect, Keep)]
    assert not [effect for effect in effects if isinstance(effect, Enrol)]


def test_N2_what_is_asked_for_later_leaves_the_keys_of_the_one_at_work() -> None:
    north, south = open_lives()
    both_resume(north, south)
    north.resumes()
    north.settles()
    assert {"in", "out"} <= kept_of(north, 2).keys()
    # What is given up on the way loses its keys, and nothing else.
    north.hears(south.states_ends(3, 2, ends_of(south.life.line), "another"))
    north.settles()
    assert "prekey" in kept_of(north, 3)
    north.life._make(4, "once more", north.clock.now)
    north.settles()
    assert "prekey" not in kept_of(north, 3)
    assert "prekey" in kept_of(north, 4)
    assert {"in", "out"} <= kept_of(north, 2).keys()


def test_N2_N11_by_which_rule_a_RESUME_is_refused() -> None:
    north, south = open_lives()
    ends = ends_of(north.life.line)
    far = north.states_ends(1 + INC_AHEAD_MAX + 1, 1, ends)
    with pytest.raises(Refused) as caught:
        south.life._hear_resume(far[1:], south.clock.now, "")
    assert caught.value.rule == "N2"
    assert south.hears(north.states_ends(1 + INC_AHEAD_MAX, 1, ends)) == [Outcome.ASKED]
    _, deniable = two_lives(deniable=True)
    with pytest.raises(Refused) as caught:
        deniable.life._hear_resume(far[1:], deniable.clock.now, "")
    assert caught.value.rule == "N11"


def test_N5_our_RESUME_is_given_again_at_once_and_then_every_half_minute() -> None:
    north, south = open_lives()
    both_resume(north, south)
    asks = b"\x30" + north.life.resumes(2)[north.terms.side].to_bytes()
    (ours,) = {b"\x30" + south.life.resumes(2)[south.terms.side].to_bytes()}

    def sent(seconds: float) -> list[bytes]:
        south.clock.passes(seconds)
        assert south.hears(asks) == [Outcome.ASKED]
        return of_kind(RESUME, south.settles())

    assert [sent(seconds) for seconds in (0, 0, 29.75, 0.25, 1)] == [[ours], [], [], [ours], []]
    south.clock.passes(100)
    assert of_kind(RESUME, south.settles()) == []  # nobody asks


def test_N2_who_asks_sends_its_RESUME_and_nothing_else() -> None:
    north, _ = open_lives()
    north.says("waits")
    north.resumes()
    sent = [
        each for each in north.life.settle(north.clock.now, 1_000) if isinstance(each, Transmit)
    ]
    assert [each.frame for each in sent] == [b"\x30" + north.life._made[2].to_bytes()]


def test_N6_both_are_open_after_a_path_was_lost_and_found_in_between() -> None:
    north, south = open_lives()
    north.resumes()
    talk(north, south)
    south.resumes()
    north.hears(*of_kind(RESUME, south.settles()))
    assert north.life.next is not None
    north.line.path_down(north.clock.now)
    assert not north.life.next.state(north.clock.now).path_up
    north.clock.passes(5)
    assert north.settles() == []
    north.line.path_up(north.clock.now)
    talk(north, south, 80)
    assert is_open(north, south, 2)


def test_N3_what_is_kept_has_the_names_of_the_page() -> None:
    assert (MADE, HELD, OTHER) == ("resume", "their resume", "other resume")
    secrets = {
        "prekey",
        "prekeys",
        "their prekeys",
        "out",
        "in",
        "past",
        "rekey",
        "open",
        "carried",
    }
    assert set(_KEYS) == secrets


def test_N6_from_the_first_word_to_the_new_beginning() -> None:
    north, south = open_lives()
    north.resumes("we ask")
    south.hears(*north.settles())
    south.settles()
    assert Noticed("resume asked", "They ask to begin the line anew: we ask") in south.effects
    south.resumes("we agree")
    frames = south.settles()
    for _ in range(2):  # as it is made, and as a start finds it
        assert south.life.next is not None
        assert [(row.type, row.precedence) for row in south.life.next.queue] == [(7, 3)]
        south.starts()
    assert Outcome.OK in north.hears(*frames)
    talk(north, south)
    for each in (north, south):
        assert (each.inc, each.life.past, each.state.halted) == (2, [1], None)
        ours, theirs = (each.life.resumes(2)[at] for at in (each.terms.side, each.terms.theirs))
        assert [(begun.ours, begun.theirs) for begun in each.begun] == [(ours, theirs)]
        assert each.begun[0].terms.inc == 2
        assert not kept_of(each, 1).keys() & set(_KEYS)


def test_N6_only_another_entry_0_of_a_later_incarnation_halts_the_line() -> None:
    for inc in (1, 2):
        _, south = lives = open_lives()
        if inc == 2:
            both_resume(*lives)
        true = south.log_of(inc, 0)[0]
        lie = replace(true, body=true.body + b"\0")
        later = replace(lie, n=1)
        for row, halts in ((true, False), (later, False), (lie, inc == 2)):
            south.life.line._change.entries = [row]
            south.life.settle(south.clock.now, 0)
            assert (south.state.halted is not None) == halts


def test_N5_another_RESUME_for_one_incarnation_is_told_once_and_kept() -> None:
    north, south = open_lives()
    ends = ends_of(north.life.line)
    one, other = (north.states_ends(2, 1, ends, reason) for reason in ("one", "other"))
    assert south.hears(one, other) == [Outcome.ASKED, Outcome.EQUIVOCATION]
    south.settles()
    assert south.notices[-3:] == ["resume asked", "resume contradicted", "resume asked"]
    assert decode(kept_of(south, 1)[OTHER]) == other[1:]
    assert south.hears(other) == [Outcome.ASKED]
    told = len(south.notices)
    south.settles()
    assert len(south.notices) == told


def test_N5_at_the_farthest_incarnation_no_other_is_answered() -> None:
    north, south = open_lives()
    ends = ends_of(north.life.line)
    south.resumes()
    far = 1 + INC_AHEAD_MAX
    assert south.hears(north.states_ends(far, 1, ends, "one")) == [Outcome.ASKED]
    assert south.life.newest == far
    assert south.hears(north.states_ends(far, 1, ends, "other")) == [Outcome.EQUIVOCATION]
    assert south.life.newest == far


def test_N2_a_RESUME_is_repeated_at_growing_intervals_and_at_once_where_it_is_new() -> None:
    north, _ = open_lives()

    def sends() -> int:
        return len(of_kind(RESUME, north.settles()))

    north.resumes()
    for wait in (1, 2, 4, 8, 16, 30, 30):
        assert sends() == 1
        assert north.line.wake_at(north.clock.now) == north.clock.mono + wait
        assert sends() == 0
        north.clock.passes(wait)
    assert sends() == 1
    north.line.path_down(north.clock.now)
    north.line.path_up(north.clock.now)
    assert (sends(), sends()) == (1, 0)
    north.life._make(3, "another", north.clock.now)
    assert (sends(), sends()) == (1, 0)


def test_N5_two_RESUMEs_of_theirs_are_shown_until_the_line_has_begun_anew() -> None:
    north, south = open_lives()
    ends = ends_of(north.life.line)
    assert not south.state.signed_two
    south.hears(*(north.states_ends(2, 1, ends, reason) for reason in ("one", "other")))
    south.settles()
    assert south.state.signed_two == ("RESUME",)
    south.starts()
    assert south.state.signed_two == ("RESUME",)
    both_resume(south, north)
    talk(north, south, 200)
    assert south.inc == north.inc > 1
    assert [each.state.signed_two for each in (north, south)] == [(), ()]
    south.starts()
    assert not south.state.signed_two
