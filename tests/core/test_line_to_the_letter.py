"""The line to the letter: when it wakes, what it sends without a path or in halt, what it knows."""

from __future__ import annotations

import pytest

from parley.core.effects import Early, Keep, Noticed, Outcome, Transmit
from parley.core.entry import Precedence, Type, read_body
from parley.core.errors import Halted
from parley.core.line import SEEN_GAP_MAX, STOPPERS_MAX
from parley.core.packets import COUNTER_LAST, Kind
from parley.core.record import ROOTS_REMEMBERED
from parley.core.rekeying import REKEY_GAP_S
from parley.core.speaking import ENVELOPE, PACKET, frame
from tests.core.conversation import (
    TICK_S,
    cross,
    envelopes,
    in_service,
    kinds,
    opens,
    packets,
    talk,
    text_of,
    two_stations,
)
from tests.core.renewing import LATER

WINDOW = 8_192


def test_L1_L9_the_limits_are_those_of_the_page() -> None:
    assert (SEEN_GAP_MAX, STOPPERS_MAX) == (1 << 15, 64)


def test_L20_who_sleeps_until_it_is_to_be_woken_has_something_to_do_then() -> None:
    north, south = two_stations(heartbeat_s=5)
    for turn in range(60):
        if turn in (8, 20):
            south.says("One.", Precedence.FLASH if turn == 8 else Precedence.ROUTINE)
            south.settles()
        frames = {each: each.settles() for each in (north, south)}
        if turn not in (9, 10, 11):  # lost
            north.hears(*frames[south])
            south.hears(*frames[north])
        for each in (north, south):
            each.settles()
            assert each.line.wake_at(each.clock.now) > each.clock.mono
        north.clock.mono = min(each.line.wake_at(each.clock.now) for each in (north, south))
    assert north.state.in_service
    assert (north.state.their_cover.signed, south.state.our_cover.cosigned) == (2, 2)


def test_L19_before_service_it_wakes_to_repeat_its_open() -> None:
    north, _ = two_stations(heartbeat_s=60)
    assert north.state.epochs == (0, 0)
    assert opens(north.settles())
    assert north.line.wake_at(north.clock.now) == north.clock.mono + 1


def test_L12_it_wakes_to_sign_though_nobody_speaks() -> None:
    north, south = in_service(heartbeat_s=60)
    talk(north, south, ticks=80)
    for text in ("One.", "Two."):  # of which the second waits for its second
        south.says(text)
        for _ in range(3):
            cross(south, north)
            cross(north, south)
    north.settles()
    due = north.line.wake_at(north.clock.now)
    assert north.clock.mono < due <= north.clock.mono + 1
    north.clock.mono = due
    (cosign,) = packets(north.settles())
    assert south.hears(cosign) == [Outcome.OK]
    assert south.state.our_cover.cosigned == 2


def test_L20_only_what_was_asked_for_goes_by_one_path_alone() -> None:
    north, south = two_stations()
    for _ in range(20):
        for near, far in ((north, south), (south, north)):
            effects = near.line.settle(near.clock.now, 1_000)
            sent = [effect for effect in effects if isinstance(effect, Transmit)]
            assert not any(each.alone for each in sent)
            far.hears(*(each.frame for each in sent))
        north.clock.passes(TICK_S)
    assert north.state.in_service
    north.line._counters._last[Kind.STATUS] = COUNTER_LAST
    north.line.probe()
    assert north.settles() == []  # a probe needs a counter, too


def test_L7_what_is_expected_is_sifted_without_a_count() -> None:
    north, south = in_service()
    north.says("One.")
    good = north.settles()
    assert south.line.sift(good) == good
    assert Outcome.UNKNOWN not in south.state.counts
    junk = [frame(ENVELOPE, bytes(40)), frame(PACKET, bytes(40))]
    assert south.line.sift([*junk, *good]) == good
    assert south.state.counts[Outcome.UNKNOWN] == 2


@pytest.mark.parametrize(("more", "bridged"), [(-1, False), (0, True)])
def test_L9_the_gap_is_bridged_when_it_is_as_wide_as_the_page_says(
    more: int, bridged: bool
) -> None:
    north, south = in_service(window=WINDOW)
    north.line._voice.seen = 1 - (SEEN_GAP_MAX - WINDOW) - more
    south.says("One.")
    north.hears(*envelopes(south.settles()))
    assert north.state.queued == bridged
    north.settles()
    for row in north.ours:
        content = read_body(row.type, row.marks, row.body)
        assert content is not None
        assert (row.type, row.marks >> 6, content.payload) == (Type.SERVICE, 2, 0)


def test_L9_D8_who_has_closed_bridges_nothing_and_is_not_refused() -> None:
    north, south = in_service(window=WINDOW)
    north.says("For good.", kind=Type.CLOSE)
    north.line._voice.seen = -SEEN_GAP_MAX
    south.says("One.")
    assert north.hears(*envelopes(south.settles())) == [Outcome.OK]
    assert [row.type for row in north.line.queue] == [Type.CLOSE]


def test_L18_in_a_halt_nothing_is_said_or_sent_again() -> None:
    north, _ = in_service()
    north.says("Lost.")
    assert envelopes(north.settles())
    north.line._halt("a test", north.clock.now)
    north.clock.passes(TICK_S)
    told = packets(north.settles())
    assert len(told) == 1  # a STATUS says so at once
    for _ in range(8):
        north.clock.passes(1)
        assert envelopes(north.settles()) == []
    with pytest.raises(Halted) as caught:
        north.says("More.")
    assert caught.value.rule == "L18"
    assert north.notices[-1] == "halted"


def test_L8_without_a_path_nothing_is_sent_whatever_is_due_or_heard() -> None:
    north, south = in_service()
    north.says("Lost.")
    talk(north, south, ticks=80)  # and signed
    north.says("Lost, too.")
    north.settles()
    north.line.path_down(north.clock.now)
    north.clock.passes(5)
    assert north.settles() == []
    # Their STATUS shows that they lack our signature: it goes with the next path.
    assert north.hears(south.states(LATER, cover=0)) == [Outcome.OK]
    assert north.settles() == []


def test_L10_what_came_early_is_told_once_when_it_is_durable() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
    zero, _, two = envelopes(north.settles())
    south.hears(two)
    effects = south.line.settle(south.clock.now, 0)
    assert isinstance(effects[0], Keep)
    (early,) = [effect for effect in effects if isinstance(effect, Early)]
    assert effects[0].change.held_put == [early.row]
    south.hears(zero)
    assert not [each for each in south.line.settle(south.clock.now, 0) if isinstance(each, Early)]


def test_L16_roots_of_long_ago_are_asked_for_by_their_log() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
        south.says(f"and {count}")
        talk(north, south)
    north.starts()
    for log, dir in ((north.line._voice.log, 0), (north.line._ears.log, 1)):
        assert log.size == 3
        for size in range(1, 3):
            assert log.root_at(size) == north._root_at(dir, size)


def test_L24_roots_of_either_log_are_bounded() -> None:
    north, south = in_service(window=WINDOW)
    for _ in range(ROOTS_REMEMBERED + 10):
        north.says(".", Precedence.FLASH)
    south.hears(*north.settles())
    south.settles()
    assert south.state.their_size == ROOTS_REMEMBERED + 10
    assert len(south.line._ears.log._roots) == ROOTS_REMEMBERED
    assert north.state.our_size == ROOTS_REMEMBERED + 10
    assert len(north.line._voice.log._roots) == ROOTS_REMEMBERED


def test_L20_who_has_said_something_states_its_size_soon() -> None:
    north, south = in_service(heartbeat_s=60)
    talk(north, south, ticks=80)

    def sent_after(seconds: float) -> int:
        north.clock.passes(seconds)
        return len(packets(north.settles()))

    north.says("One.")
    envelopes(north.settles())
    assert north.line.wake_at(north.clock.now) == pytest.approx(north.clock.mono + 0.020)
    assert (sent_after(0.010), sent_after(0.011)) == (0, 1)


def test_L21_ages_are_told_in_seconds_since() -> None:
    north, south = two_stations()
    assert (north.state.last_heard_s, north.state.last_received_s) == (None, None)
    talk(north, south)
    before = north.state
    north.clock.passes(7)
    after = north.state
    assert before.last_heard_s is not None
    assert before.last_received_s is not None
    assert after.last_heard_s == pytest.approx(before.last_heard_s + 7)
    assert after.last_received_s == pytest.approx(before.last_received_s + 7)


def test_L22_what_was_known_is_known_after_a_start() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
    south.says("One for three.")
    talk(north, south)
    assert [text_of(row) for row in south.heard] == ["0", "1", "2"]
    north.starts()
    after = north.state
    assert (after.our_size, after.their_size, after.receipted) == (3, 1, 3)
    assert after.in_service
    assert after.halted is None


def test_L18_a_halt_is_known_after_a_start_and_what_brought_it_too() -> None:
    north, south = in_service()
    lie = south.states(LATER, contig=1)
    assert north.hears(lie) == [Outcome.HALTED]
    before = north.state.halted
    north.settles()
    north.starts()
    assert north.state.halted == before
    assert north.hears(lie) == [Outcome.DUPLICATE]


def test_L8_L20_a_new_path_brings_at_once_what_may_lack() -> None:
    north, south = in_service(heartbeat_s=60)
    talk(north, south, ticks=80)
    north.says("Lost.")
    assert len(envelopes(north.settles())) == 1
    north.clock.passes(0.030)
    north.settles()
    assert north.settles() == []
    north.line.path_down(north.clock.now)
    north.line.path_up(north.clock.now)
    sent = north.settles()
    assert len(envelopes(sent)) == 1
    assert packets(sent)


def test_L1_the_first_byte_says_what_a_frame_is() -> None:
    _, south = in_service()
    for data, outcome in (
        (b"", Outcome.REFUSED),
        (b"\x20", Outcome.REFUSED),
        (b"\x20x", Outcome.UNKNOWN),  # an envelope
        (b"\x24x", Outcome.UNKNOWN),  # a packet
        (b"\x28x", Outcome.REFUSED),  # of no kind
        (b"\x21x", Outcome.REFUSED),
        (b"\x22x", Outcome.REFUSED),
        (b"\x1cx", Outcome.REFUSED),  # there is no version 0
        (b"\x40x", Outcome.NEWER),
    ):
        assert south.hears(data) == [outcome], data


def test_L19_a_status_that_echoes_nothing_is_answered_at_once() -> None:
    north, south = in_service(heartbeat_s=60)
    talk(north, south, ticks=80)
    for echo, answers in ((1, 0), (0, 1)):
        assert north.hears(south.states(LATER + 1 - echo, echo=echo)) == [Outcome.OK]
        north.clock.passes(0.021)
        assert len(packets(north.settles())) == answers


def test_L23_keys_that_an_accepted_epoch_retired_are_scrubbed_before_it_is_told() -> None:
    north, south = in_service()
    talk(north, south, ticks=80)
    north.line.renew()
    for _ in range(20):
        cross(north, south)
        for data in south.settles():
            before, spoke = north.scrubs, north.state.epochs[0]
            assert north.hears(data) == [Outcome.OK]
            north.clock.passes(TICK_S)
            sent = north.settles()
            if north.state.epochs[0] != spoke:
                assert sent
                assert north.scrubs == before + 1
                return
            south.hears(*sent)
    raise AssertionError("no epoch was accepted")


def test_D9_L23_who_is_whole_says_so_at_once_and_scrubs_its_keys() -> None:
    north, south = in_service(heartbeat_s=600)
    for each in (north, south):
        each.says("For good.", kind=Type.CLOSE)
    for _ in range(200):
        talk(north, south, ticks=1)
    for each in (north, south):
        told = kinds(each.effects)
        over = next(
            at
            for at, effect in enumerate(each.effects)
            if isinstance(effect, Noticed) and effect.kind == "erased"
        )
        assert "Scrub" in told[over:]


def test_L18_D8_no_fresh_keys_are_made_in_halt_or_behind_a_CLOSE() -> None:
    for halted in (False, True):
        north, south = in_service()
        if halted:
            north.line._halt("a test", north.clock.now)
        else:
            north.says("For good.", kind=Type.CLOSE)
        talk(north, south)
        north.line.renew()
        north.clock.passes(REKEY_GAP_S)
        talk(north, south)
        assert "rekey" not in north.cells
        assert north.state.epochs[0] == 0


def test_L25_who_has_used_their_last_prekey_asks_for_more_at_once() -> None:
    north, south = in_service(heartbeat_s=600)
    talk(north, south, ticks=80)
    theirs = north.line._rekeying._theirs
    for number in sorted(theirs)[1:]:
        del theirs[number]
    north.line.renew()
    north.clock.passes(REKEY_GAP_S)
    rekey, status = packets(north.settles())
    assert south.hears(rekey, status) == [Outcome.OK, Outcome.OK]
    assert theirs == {}
