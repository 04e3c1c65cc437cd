"""Closing: nothing is said after a CLOSE, both sign for the last entries, and every key goes."""

from __future__ import annotations

from dataclasses import replace
from math import nextafter

import pytest

from parley.core.closing import FAREWELL_S_MAX
from parley.core.effects import Covered, GivenBack, Saying
from parley.core.entry import Precedence, Status, Type, body_of
from parley.core.errors import Refused
from parley.core.kept import Change
from parley.core.line import SEEN_GAP_MAX
from parley.core.packets import Flag
from parley.core.terms import Instant
from parley.core.wire import decode
from tests.core.conversation import LINE_ID, Station, in_service, talk

KEYS = {"prekey", "out", "in", "past", "prekeys", "their prekeys", "rekey"}
TEXT = Saying(Type.TEXT, Precedence.ROUTINE, Status.EXERCISE, body_of(Type.TEXT, {}, "more"))

Pair = tuple[Station, Station]


@pytest.fixture
def pair() -> Pair:
    return in_service()


def closes(station: Station) -> int:
    return station.says("", Precedence.IMMEDIATE, Type.CLOSE)


def both_close(pair: Pair) -> None:
    for side in pair:
        closes(side)
    talk(*pair)


def passes(pair: Pair, seconds: int) -> None:
    """Let time go by, with what crosses in it."""
    for _ in range(seconds):
        pair[0].clock.passes(1.0)
        talk(*pair, ticks=2)


def is_over(station: Station) -> bool:
    return station.state.erased


def given_back(station: Station) -> list[int]:
    return [each.queue_id for each in station.effects if isinstance(each, GivenBack)]


def types(station: Station) -> list[int]:
    return [row.type for row in station.ours]


def test_D8_nothing_is_said_after_a_close_but_the_answer(pair: Pair) -> None:
    north, south = pair
    north.says("last words")
    talk(north, south)
    closes(north)
    with pytest.raises(Refused, match="closed") as refusal:
        north.says("too late")
    assert refusal.value.rule == "D8"
    talk(north, south)
    assert types(north) == [Type.TEXT, Type.CLOSE]
    assert south.state.closed
    assert not south.line._voice.closing
    with pytest.raises(Refused):
        south.says("too late as well")
    closes(south)
    with pytest.raises(Refused):
        closes(south)
    talk(north, south)
    assert types(south) == [Type.CLOSE]
    north.starts()
    with pytest.raises(Refused):
        north.says("after a new start")


def test_D8_what_waits_for_a_number_is_given_back_when_a_line_is_closed(pair: Pair) -> None:
    north, south = pair
    north.line.path_down(north.clock.now)
    kept = north.says("waits over a step")
    north.settles()
    north.starts(path=False)
    fresh = north.says("waits in this step", Precedence.FLASH)
    closes(north)
    north.settles()
    assert given_back(north) == [kept, fresh]
    assert [row.type for row in north.line.queue] == [Type.CLOSE]
    north.starts(path=False)
    assert north.line._voice.closing
    north.line.path_up(north.clock.now)
    south.says("waits there")
    frames = north.settles()
    north.clock.passes(1.0)
    frames += north.settles()
    south.hears(*frames)
    south.settles()
    assert types(north) == [Type.CLOSE]
    assert given_back(south) == [0]
    assert south.ours == []


def test_D6_what_a_station_takes_out_of_the_queue_gets_no_number(pair: Pair) -> None:
    north, south = pair
    kept, taken = north.says("kept"), north.says("taken")
    assert [row.id for row in north.line.queue] == [kept, taken]
    north.line.give_back(lambda row: row.id == taken)
    talk(north, south)
    assert south.reads() == ["kept"]
    assert south.line.joined == []
    assert given_back(north) == [taken]
    north.starts()
    assert north.line.queue == []


def test_D8_nothing_is_numbered_behind_a_close(pair: Pair) -> None:
    """Not even what got into the queue in spite of it."""
    north, south = pair
    closes(north)
    north.line._voice.say(TEXT, north.line._change)
    talk(north, south)
    assert types(north) == [Type.CLOSE]


def test_D8_no_service_entry_bridges_a_gap_after_a_close(pair: Pair) -> None:
    north, south = pair
    closes(north)
    north.line._voice.seen = -SEEN_GAP_MAX
    south.says("words")
    north.hears(*south.settles())
    assert [row.type for row in north.line.queue] == [Type.CLOSE]


def test_D8_no_fresh_keys_are_made_for_a_closed_line(pair: Pair) -> None:
    north, south = pair
    closes(north)
    talk(north, south)
    for side in pair:
        side.line.renew()
    passes(pair, 5)
    assert "rekey" not in north.cells
    assert "rekey" not in south.cells


def test_D9_both_sign_for_all_and_then_every_key_is_erased(pair: Pair) -> None:
    north, south = pair
    north.says("words")
    talk(north, south)
    both_close(pair)
    passes(pair, 70)
    for near, far in (pair, pair[::-1]):
        assert near.state.halted is None
        assert is_over(near)
        assert near.notices.count("erased") == 1
        assert not KEYS & near.cells.keys()
        assert decode(near.cells["closed"]) == [True, True, True]
        cover = near.state.our_cover
        assert cover.cosigned_both == cover.signed == near.state.our_size == far.state.their_size
        assert near.ours == far.theirs


def test_D8_who_has_said_and_who_has_heard_a_CLOSE_outlives_a_start(pair: Pair) -> None:
    north, south = pair
    closes(north)
    talk(north, south)
    assert decode(north.cells["closed"]) == [True, False, False]
    assert decode(south.cells["closed"]) == [False, True, False]
    for side, said in ((north, True), (south, False)):
        side.starts()
        assert (side.line._closing.said, side.line._closing.heard) == (said, not said)


def test_D9_keys_are_erased_when_all_is_said_and_at_the_latest_after_a_day(pair: Pair) -> None:
    north, south = pair
    both_close(pair)
    closing, ears, rekeying = north.line._closing, north.line._ears, north.line._rekeying
    change = Change(LINE_ID, 1, (1, 1))
    heads = north.line._heads
    cover, heads.ours = heads.ours, Covered()
    assert closing.over(north.clock.now, change) is False  # not whole
    heads.ours = replace(cover, cosigned_both=1)
    heads.theirs = Covered(1, 1, 1, 1)
    ears.flags, closing._whole_since = 0, None
    begun = 4_096.0
    for moment, told, over in (
        (begun, True, False),
        (nextafter(begun + 86_400.0, 0.0), True, False),
        (begun + 86_400.0, False, False),  # not before a STATUS has said that we are whole
        (begun + 86_400.0, True, True),
    ):
        closing.told = told
        assert closing.over(Instant(0.0, moment), change) is over
    assert {name for name, cell in change.cells.items() if cell is None} == KEYS
    assert north.line._voice.epoch is None
    assert (ears.epochs, ears._past) == ([], [])
    assert (rekeying._ours, rekeying._theirs, rekeying.next) == ({}, {}, None)
    assert (rekeying._frame, rekeying._offer) == (b"", b"")
    assert south.line._voice.epoch is not None


def test_D9_a_line_that_is_over_hears_and_says_nothing_and_stays_so(pair: Pair) -> None:
    north, south = pair
    closes(north)
    closes(south)
    recorded = north.settles() + south.settles()
    north.hears(*recorded)
    south.hears(*recorded)
    passes(pair, 70)
    assert {outcome.value for outcome in north.hears(*recorded)} == {"matches nothing"}
    north.starts()
    assert is_over(north)
    assert north.settles() == []
    north.clock.passes(60.0)
    assert north.settles() == []
    with pytest.raises(Refused):
        north.says("anybody there?")
    assert north.line.wake_at(north.clock.now) > north.clock.now.mono + 1.0


def test_D9_a_scrub_that_fails_is_tried_again_after_the_end(pair: Pair) -> None:
    north, _ = pair
    both_close(pair)
    passes(pair, 70)
    scrubs = north.scrubs
    north.line.scrub_failed(north.clock.now)
    assert north.line.wake_at(north.clock.now) < north.clock.now.mono + 1.0
    assert north.settles() == []
    assert north.scrubs == scrubs + 1


def test_D9_of_what_came_early_the_keys_go_and_the_words_stay(pair: Pair) -> None:
    """What a counterpart writes behind its CLOSE stays for people to read, and its key goes."""
    north, south = pair
    both_close(pair)
    early = north.writes(2, bytes(8))
    while not south.line._closing.told:
        north.clock.passes(1.0)
        north.hears(*south.settles())
        south.hears(*north.settles())
        south.line._ears.flags = 0  # North's word that it is whole is late
    assert not is_over(south)
    south.hears(early)
    south.settles()
    assert south.state.held == 1
    south.line._ears.flags |= Flag.CLOSED
    south.settles()
    assert is_over(south)
    kept = south.store.load(south.terms.line_id, 1, 1)
    assert [row.n for row in kept.held] == [2]
    assert not kept.cells.keys() & {"in", "past", "out"}
    south.starts()
    assert is_over(south)


def test_D9_keys_wait_for_the_other_side_a_day_and_no_longer(pair: Pair) -> None:
    north, south = pair
    both_close(pair)
    for _ in range(70):  # South hears all, and nothing more of it is heard once it is whole
        north.clock.passes(1.0)
        south.hears(*north.settles())
        frames = south.settles()
        if not south.line._closing.whole:
            north.hears(*frames)
    assert is_over(south)
    assert north.line._closing.whole
    assert FAREWELL_S_MAX == 24 * 3_600
    for seconds in (1.0, FAREWELL_S_MAX - 200.0):
        north.clock.passes(seconds)
        north.settles()
        assert not is_over(north)
    north.clock.passes(200.0)
    north.settles()
    assert is_over(north)


@pytest.mark.parametrize("deniable", [False, True])
def test_D9_whole_is_who_lacks_nothing_at_all(deniable: bool) -> None:
    """Ours receipted and cosigned, theirs signed and cosigned, and a CLOSE from both."""
    north, south = in_service(deniable=deniable)
    north.says("words")
    talk(north, south)
    both_close((north, south))
    closing, heads, voice = north.line._closing, north.line._heads, north.line._voice
    for _ in range(70):
        if closing.whole:
            break
        assert not is_over(north)
        passes((north, south), 1)
    ours, theirs = heads.ours, heads.theirs
    assert closing.whole is Flag.CLOSED
    lacking = "vouched" if deniable else "cosigned_both"
    heads.ours = replace(ours, **{lacking: voice.log.size - 1})
    assert not closing.whole
    heads.ours = ours
    for name in ("vouched",) if deniable else ("cosigned_both", "signed_both"):
        heads.theirs = replace(theirs, **{name: 0})
        assert not closing.whole, name
    heads.theirs = theirs
    voice.receipted -= 1
    assert not closing.whole
    voice.receipted += 1
    for name in ("said", "heard"):
        setattr(closing, name, False)
        assert not closing.whole, name
        setattr(closing, name, True)
    assert closing.whole


def test_D9_a_line_that_one_side_closed_keeps_its_keys(pair: Pair) -> None:
    north, south = pair
    south.says("words")
    talk(north, south)
    closes(north)
    passes(pair, 200)
    for side in pair:
        assert not is_over(side)
        assert not side.line._closing.whole & Flag.CLOSED
    assert south.state.halted is None
