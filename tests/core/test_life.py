"""A line through its incarnations: asked for, agreed to, begun; restored, deaf, contradicted."""

from __future__ import annotations

import gc
from types import FunctionType, MethodType, ModuleType
from typing import Any

import pytest

from parley.core.effects import Enrol, Keep, Outcome, Saying, Transmit
from parley.core.entry import Precedence, Status, Type, body_of, read_body
from parley.core.errors import Halted
from parley.core.kept import Change
from parley.core.life import PUT_ASIDE, Life, ends_of
from parley.core.packets import COUNTER_MAX
from parley.core.resuming import beginning, in_order, later_psk, terms_after
from parley.core.speaking import RESUME, frame
from parley.core.terms import Terms
from parley.core.wire import encode
from tests.core.conversation import Crash, of_kind, opens, talk, terms_of
from tests.core.lives import SECOND, Living, both_resume, is_open, open_lives, two_lives
from tests.places import few


def test_N2_people_of_both_sides_begin_a_line_anew() -> None:
    north, south = open_lives()
    north.resumes("a new machine")
    talk(north, south)
    assert "resume asked" in south.notices
    asked = south.life.resumption
    assert asked.theirs is not None
    assert (asked.ours, asked.theirs.reason, asked.theirs.inc) == (None, "a new machine", 2)
    assert not south.life.resting
    assert north.life.pending == south.life.pending == [2]
    south.says("still in the old one")  # who was asked goes on until people here agree
    talk(north, south)
    assert not north.state.held
    assert [row.n for row in north.theirs] == [0]  # and who asked accepts no more of it
    south.resumes("agreed")
    talk(north, south)
    assert is_open(north, south, 2)
    for each in (north, south):
        assert [begun.terms.inc for begun in each.begun] == [2]
        assert each.life.past == [1]
        assert each.life.resumes(1) == ()
        assert each.life.resumes(2) == north.life.resumes(2)
        assert each.life.resumption.ours is each.life.resumption.theirs is None


def test_N6_entry_0_says_where_both_logs_ended() -> None:
    north, south = open_lives()
    both_resume(north, south)
    north.says("the first of a new beginning", Precedence.FLASH)
    talk(north, south)
    for dir in (0, 1):
        first = south.log_of(2, dir)[0]
        content = read_body(first.type, first.marks, first.body)
        assert content is not None
        old = [[len(rows), rows[-1].root] for rows in (south.log_of(1, 0), south.log_of(1, 1))]
        assert (first.type, content.payload) == (Type.SERVICE, [2, 1, *old])
    assert south.reads_in(2)[1:] == ["the first of a new beginning"]


def test_how_many_entries_came_is_of_the_incarnation_at_work() -> None:
    north, south = open_lives()
    for text in ("one", "two"):
        north.says(text)
    talk(north, south)
    assert south.life.their_size == south.state.their_size == len(south.theirs) == 3
    both_resume(north, south)
    talk(north, south)
    began = south.log_of(2, south.terms.theirs)
    assert south.life.their_size == south.state.their_size == len(began) == 1


def test_N6_another_beginning_halts_the_line() -> None:
    north, south = open_lives()
    both_resume(north, south)
    first = south.log_of(2, 0)[0]
    lie = first.body[:-1] + bytes([first.body[-1] ^ 1])
    # What North says is its own affair: South's copy of the RESUMEs tells otherwise.
    north, south = open_lives()
    north.resumes("we ask")
    talk(north, south)
    south.resumes("we agree")
    north.hears(*of_kind(RESUME, south.settles()))
    assert north.life.next is not None
    lanes = north.life.next._voice._lanes
    (row,) = lanes[Precedence.FLASH]
    lanes[Precedence.FLASH][0] = type(row)(row.id, row.precedence, row.type, row.marks, lie)
    while not north.state.in_service or north.inc == 1:
        talk(north, south, 1)
    while south.state.their_size == 0:
        talk(north, south, 1)
    assert south.log_of(2, 0)[0].body == lie
    south.starts()  # a crash behind the transaction in which the lie joined the record
    assert south.state.halted == "they say that the line ended elsewhere before"


def test_N2_who_has_stated_what_it_holds_only_keeps_what_is_released() -> None:
    north, south = open_lives()
    north.resumes()
    assert north.life.resting
    north.says("released meanwhile")
    before = north.line.state(north.clock.now)
    talk(north, south)
    assert (before.queued, north.state.queued, north.state.our_size) == (1, 1, 1)
    assert [row.id for row in north.store.load(north.terms.line_id, 1, 0).queue] == [1]
    # Its frames of the old incarnation are passed over, whatever they are.
    assert north.hears(*[b"\x20" + bytes(30)]) == [Outcome.STALE]
    assert north.line.sift([b"\x20" + bytes(30)]) == [b"\x20" + bytes(30)]


def test_N2_a_RESUME_is_repeated_and_made_once() -> None:
    north, south = open_lives()
    made = north.life.resume("once", north.clock.now)
    assert north.life.resume("twice", north.clock.now) is made
    sent = []
    for _ in range(4 * SECOND):
        north.clock.passes(1 / SECOND)
        sent += of_kind(RESUME, north.settles())
    assert len(sent) == 3  # at once, after 1 s, after 3 s
    assert len(set(sent)) == 1
    assert south.hears(*sent[:2]) == [Outcome.ASKED] * 2
    assert not Outcome.ASKED.authentic
    north.line.path_down(north.clock.now)
    north.clock.passes(100)
    assert of_kind(RESUME, north.settles()) == []
    assert north.line.wake_at(north.clock.now) > north.clock.now.mono
    north.line.path_up(north.clock.now)
    assert north.line.wake_at(north.clock.now) <= north.clock.now.mono
    assert of_kind(RESUME, north.settles()) == sent[:1]


def test_N5_a_copy_of_an_old_one_asks_while_we_ask_ourselves() -> None:
    """Who was put back to the moment before it began has nothing else to say, and no other path."""
    north, south = open_lives()
    both_resume(north, south)
    old = frame(RESUME, south.life.resumes(2)[south.terms.side].to_bytes())
    both_resume(north, south)
    assert north.inc == 3
    assert north.hears(old) == [Outcome.DUPLICATE]
    north.resumes()
    assert north.hears(old) == [Outcome.ASKED]


def test_an_incarnation_of_which_one_resume_is_missing_has_none() -> None:
    north, _ = open_lives()
    north.resumes()
    assert north.life.resumes(2) == north.life.resumes(1) == ()


def test_N7_all_that_changes_with_the_incarnation_is_one_transaction() -> None:
    north, south = open_lives()
    north.resumes()
    effects = north.line.settle(north.clock.now, 0)
    assert [type(effect) for effect in effects[:2]] == [Enrol, Keep]
    assert isinstance(effects[-1], Transmit)
    north.starts()  # nothing of it was kept: nothing of it has happened
    assert (north.life.resting, north.life.newest) == (False, 1)
    del south


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("crash_at", few([0, 1], 1))
def test_N7_a_crash_at_any_step_leaves_a_line_that_begins_anew(side: int, crash_at: int) -> None:
    for at in range(8):
        lives = open_lives()
        lives[0].resumes()
        lives[1].resumes()
        step = 0
        while not is_open(*lives, 2):
            for near, far in (lives, lives[::-1]):
                near.clock.passes(1 / SECOND)
                crashes = near is lives[side] and step == at
                try:
                    far.hears(*near.settles(crash_at=crash_at if crashes else None))
                except Crash as crash:
                    far.hears(*crash.sent)
                    near.starts()
            if step == at and lives[side].inc == 1:  # people see that nothing is asked
                lives[side].resumes()
            step += 1
            assert step < 30 * SECOND, at


def test_N3_fresh_keys_open_nothing_of_the_old_incarnation_and_the_old_none_of_the_new() -> None:
    north, south = open_lives()
    kept = south.image()
    both_resume(north, south)
    old = south.store.load(south.terms.line_id, 1, 1).cells
    assert not old.keys() & {"in", "out", "past", "prekey", "prekeys", "rekey", "open"}
    assert north.cells == north.store.load(north.terms.line_id, 1, 0).cells
    thief = Living(south.terms, south.clock, "thief")
    thief.becomes(kept)
    north.says("not for the thief")
    talk(north, south)
    frames = north.settles()
    thief.hears(*frames)
    assert thief.reads_in(2) == []


def holds(life: Life, secret: bytes) -> bool:
    """Whether a life still refers to these bytes; what its store and clock hold is apart."""
    known, left = set[int](), [life]
    while left:
        each: Any = left.pop()
        if each == secret:
            return True
        apart = isinstance(each, type | FunctionType | MethodType | ModuleType)
        if id(each) not in known and not apart:
            known.add(id(each))
            left += gc.get_referents(each)
    return False


def test_I18_a_secret_of_the_meeting_is_forgotten_once_it_is_mixed_in() -> None:
    secret = bytes(range(32))
    lives = two_lives(psk0=secret)
    assert [holds(each.life, secret) for each in lives] == [True, True]
    for each in lives:
        each.starts()  # nothing was kept: it gets the secret again
    north, south = lives
    sent = north.settles()
    assert opens(sent)
    assert holds(north.life, secret)  # theirs is to come
    south.hears(*sent)
    talk(north, south)
    north.says("from North")
    talk(north, south)
    assert south.reads_in(1) == ["from North"]
    assert [holds(each.life, secret) for each in lives] == [False, False]
    for each in lives:
        each.starts()
        assert not holds(each.life, secret)


def test_N3_a_secret_of_the_meeting_enters_the_keys_of_later_incarnations() -> None:
    def with_psk(side: int, later: bytes | None = later_psk(bytes(32)), **more: Any) -> Terms:
        terms = terms_of(side, psk0=bytes(32), **more)
        return type(terms)(**{name: getattr(terms, name) for name in terms.__slots__}
                           | {"later_psk": later})  # fmt: skip

    north, south = open_lives(terms=with_psk)
    both_resume(north, south)
    assert is_open(north, south, 2)
    a, b = north.life.resumes(2)
    psk = terms_after(with_psk(0), a, b).psk0
    assert psk == terms_after(with_psk(1), b, a).psk0
    assert psk not in (None, bytes(32), later_psk(bytes(32)))

    lives = two_lives(terms=lambda side: with_psk(side, bytes([side]) * 32))
    talk(*lives)
    both_resume(*lives)
    assert "refused open" in lives[0].notices + lives[1].notices
    assert not is_open(*lives, 2)


def test_N2_a_line_whose_counters_are_used_up_begins_anew() -> None:
    north, south = open_lives()
    with north.store.transaction():
        sizes = (len(north.ours), len(north.theirs))
        cells: dict[str, bytes | None] = {"counters": encode({1: COUNTER_MAX})}
        north.store.keep(Change(north.terms.line_id, 1, sizes, cells=cells))
    north.starts()
    talk(north, south, 2)
    assert north.state.halted == "the counters of this incarnation are used up"
    with pytest.raises(Halted):
        north.says("nothing is said in a halt")
    both_resume(north, south)
    assert is_open(north, south, 2)
    assert north.state.halted is None


# --- restored from a backup


def test_N5_a_station_that_has_become_deaf_is_heard_by_its_RESUME() -> None:
    """It was put back beyond an epoch that is gone: neither opens what the other seals."""
    north, south = open_lives(rekey_entries=1)
    kept = north.image()
    for n in range(40):
        south.says(f"{n}")
        north.says(f"{n}")
        talk(north, south)
    north.becomes(kept)
    talk(north, south)
    both_resume(north, south)
    assert is_open(north, south, 2)
    # South's claim of both logs is the longer, and is what counts.
    a, b = north.life._made[2], north.life._held[2]
    assert a.of == b.of == 1
    content = read_body(7, 3 << 6 | 3 << 3, south.log_of(2, 1)[0].body)
    assert content is not None
    sizes = [size for size, _ in content.payload[2:]]
    assert sizes == [len(south.log_of(1, 0)), len(south.log_of(1, 1))]


def test_N5_one_put_back_before_a_RESUME_is_answered_with_the_next_incarnation() -> None:
    north, south = open_lives()
    kept = north.image()
    both_resume(north, south)
    south.says("said in the second")
    talk(north, south)
    north.becomes(kept)
    talk(north, south)
    north.resumes("we are back")
    talk(north, south)
    assert north.inc == 1
    # South held another RESUME of North for incarnation 2: this one is kept as evidence.
    assert "resume contradicted" in south.notices
    assert "other resume" in south.store.load(south.terms.line_id, 2, 1).cells
    asked = south.life.resumption
    assert asked.theirs is not None
    assert asked.theirs.reason == "we are back"
    sent = of_kind(RESUME, north.settles(0))
    north.clock.passes(2)
    assert set(south.hears(*of_kind(RESUME, north.settles()), *sent)) == {Outcome.ASKED}
    south.resumes("we agree")
    talk(north, south)
    assert is_open(north, south, 3)
    assert north.life.past == [1]  # of the second nothing is left here
    assert south.life.past == [1, 2]
    content = read_body(7, 3 << 6 | 3 << 3, north.log_of(3, 0)[0].body)
    assert content is not None
    assert content.payload[1] == 2  # what ended is South's, who alone knows of it
    assert content.payload[3] == [2, south.log_of(2, 1)[1].root]


def test_N5_one_put_back_in_the_middle_of_a_RESUME_makes_another_and_both_go_on() -> None:
    north, south = open_lives()
    kept = north.image()
    north.resumes("first")
    south.hears(*north.settles())
    north.becomes(kept)
    north.resumes("second")
    south.resumes("agreed")
    talk(north, south, 2 * SECOND)
    assert "resume contradicted" in south.notices
    assert is_open(north, south, 3)


def test_N5_one_put_back_in_the_newest_incarnation_gets_our_RESUME_again() -> None:
    north, south = open_lives()
    north.resumes()
    north.hears(*south.settles())
    sent = of_kind(RESUME, north.settles())
    south.hears(*sent)
    south.resumes()
    talk(north, south)
    assert is_open(north, south, 2)
    south.settles()
    assert south.hears(*sent) == [Outcome.ASKED]
    assert len(of_kind(RESUME, south.settles())) == 1
    both_resume(north, south)
    assert south.hears(*sent) == [Outcome.DUPLICATE]  # of an incarnation that has ended
    assert of_kind(RESUME, south.settles()) == []


def test_N5_stations_that_ask_for_different_incarnations_meet_in_the_higher() -> None:
    north, south = open_lives()
    kept = north.image()
    both_resume(north, south)
    north.becomes(kept)
    talk(north, south)
    south.resumes("nothing is heard")  # for the third
    north.resumes("we were put back")  # for the second
    talk(north, south, 2 * SECOND)
    assert is_open(north, south, 3)
    # The lower one of a station that asks for the higher changes nothing.
    lower = south.states_ends(5, 3, ends_of(south.life.line))
    north.resumes()
    south.resumes()
    higher = south.states_ends(6, 3, ends_of(south.life.line))
    assert north.hears(higher, lower) == [Outcome.ASKED] * 2
    assert north.life.newest == 6
    assert 5 not in north.life._made


def test_N5_one_of_an_incarnation_that_was_passed_over_is_answered_with_the_next() -> None:
    north, south = open_lives()
    north.life._make(3, "people there have lost count", north.clock.now)
    south.resumes()
    talk(north, south)
    assert is_open(north, south, 3)
    assert south.hears(north.states_ends(2, 1, ends_of(north.life.line))) == [Outcome.ASKED]
    asked = south.life.resumption.theirs
    assert asked is not None
    assert asked.inc == 2
    south.resumes("we answer")
    assert south.life.newest == 4


# --- and besides


def test_a_restart_in_between_goes_on_where_it_was() -> None:
    north, south = open_lives()
    north.resumes()
    talk(north, south)
    for each in (north, south):
        each.starts()
    assert north.life.resting
    assert south.life.resumption.theirs is not None
    south.resumes()
    south.hears(*north.settles())
    sent = south.settles()
    assert opens(sent)
    south.starts()  # both RESUMEs are there, and our OPEN
    assert south.life.next is not None
    talk(north, south, 3 * SECOND)
    assert is_open(north, south, 2)
    north.starts()
    assert (north.inc, north.life.past) == (2, [1])
    talk(north, south)
    north.says("after a restart")
    talk(north, south)
    assert south.reads_in(2)[1:] == ["after a restart"]
    assert in_order(north.terms, north.life._made[2], north.life._held[2]) == in_order(
        south.terms, south.life._made[2], south.life._held[2]
    )
    assert beginning(north.life._made[2], north.life._held[2])[:2] == [2, 1]


def test_what_is_asked_of_a_line_is_asked_of_the_incarnation_at_work() -> None:
    north, south = open_lives()
    both_resume(north, south)
    north.line.renew()
    talk(north, south, 2 * SECOND)
    assert north.state.epochs[0] == 1
    assert north.line.sift([b"\x20" + bytes(30)]) == []
    south.says("to be scrubbed")
    north.hears(*south.settles())
    north.clock.passes(1)
    scrubs = north.scrubs
    north.settles(scrub_fails=True)
    assert north.scrubs == scrubs + 1
    north.clock.passes(1)
    north.settles()
    assert north.scrubs == scrubs + 2
    assert north.line.state(north.clock.now).path_up
    north.line.path_down(north.clock.now)
    assert not north.state.path_up


def test_both_at_once_ask_and_it_begins_without_another_word() -> None:
    north, south = open_lives()
    north.resumes("north")
    south.resumes("south")
    talk(north, south)
    assert is_open(north, south, 2)


def test_N9_nothing_is_cosigned_before_the_record_is_whole_again() -> None:
    north, south = open_lives()
    both_resume(north, south)
    north.life.is_whole(False)
    south.says("to be cosigned")
    talk(north, south, 4 * SECOND)
    before = south.state.our_cover.cosigned
    assert before < south.state.our_size
    assert south.state.receipted == south.state.our_size
    north.life.is_whole(True)
    talk(north, south, 4 * SECOND)
    assert south.state.our_cover.cosigned == south.state.our_size


def test_N12_an_incarnation_that_was_lost_and_supplied_is_one_of_the_past() -> None:
    north, south = open_lives()
    kept = north.image()
    both_resume(north, south)
    north.becomes(kept)
    north.resumes("we are back")  # for incarnation 2, once more: South answers with the next
    since = north.life.resumption.ours
    south.resumes("agreed")
    talk(north, south, 2 * SECOND)
    assert is_open(north, south, 3)
    assert north.life.resumes(2) == ()
    a, b = south.life.resumes(2)
    assert since is not None
    assert a.document != since.document
    cells = north.life.take_in(a, b)
    assert cells[PUT_ASIDE] == encode(since.to_bytes())
    with north.store.transaction():
        north.store.enrol(north.terms.line_id, 2, 0)
        north.store.keep(Change(north.terms.line_id, 2, (0, 0), cells=cells))
    for _ in range(2):  # as it is, and after a restart
        assert (north.life.inc, north.life.past) == (3, [1, 2])
        assert north.life.resumes(2) == (a, b)
        north.starts()
    assert PUT_ASIDE not in north.life.take_in(a, b)  # the same again puts nothing aside
    talk(north, south)
    north.says("and it goes on")
    talk(north, south)
    assert south.reads_in(3)[-1] == "and it goes on"


# --- begun anew and closed


def test_N6_who_closes_at_once_has_said_before_where_the_logs_ended() -> None:
    for closer in (0, 1):
        lives = open_lives()
        lives[0].resumes("we ask")
        talk(*lives)
        lives[1].resumes("we agree")
        closes = lives[closer]
        while closes.inc == 1:
            for near, far in (lives, lives[::-1]):
                near.clock.passes(1 / SECOND)
                far.hears(*near.settles())
        assert not closes.state.our_size
        body = body_of(Type.CLOSE, {}, "For good.")
        closes.life.say(
            Saying(Type.CLOSE, Precedence.IMMEDIATE, Status.EXERCISE, body), closes.clock.now
        )
        talk(*lives)
        for each in lives:
            assert each.state.halted is None
            assert [row.type for row in each.log_of(2, closer)] == [Type.SERVICE, Type.CLOSE]
            assert [row.type for row in each.log_of(2, 1 - closer)] == [Type.SERVICE]
