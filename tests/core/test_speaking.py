"""What is released waits, gets its number, is sent until it is receipted, and is sealed once."""

import pytest

from parley.core.effects import Keep, Numbered, Saying, Transmit
from parley.core.entry import BODY_BYTES_MAX, Precedence, Status, Type
from parley.core.errors import Misused
from parley.core.packets import Kind
from parley.core.record import EMPTY_ROOT
from parley.core.speaking import FLASH_PLACES, IN_FLIGHT_BYTES_MAX
from tests.core.conversation import (
    TICK_S,
    Crash,
    Station,
    changed,
    cross,
    envelopes,
    in_service,
    talk,
    text_of,
    two_stations,
)

WINDOW = 128


def test_L3_a_release_waits_until_the_line_is_in_service() -> None:
    north, south = two_stations()
    north.says("Are you there?", Precedence.FLASH)
    frames = north.settles()
    assert not envelopes(frames)
    assert north.state.queued == 1
    south.hears(*frames)
    talk(north, south)
    assert south.reads() == ["Are you there?"]
    assert north.state.queued == 0


def test_L3_a_release_survives_a_restart() -> None:
    north, south = two_stations()
    first = north.says("Released before the crash.")
    north.settles()
    north.starts()
    second = north.says("Released after it.")
    assert second != first
    talk(north, south)
    assert south.reads() == ["Released before the crash.", "Released after it."]
    assert [effect.queue_id for effect in north.numbered] == [first, second]


def test_L3_a_release_that_was_not_kept_was_not_made() -> None:
    north, south = in_service()
    north.says("Lost with the power.")
    north.starts()
    talk(north, south)
    assert south.reads() == []


def test_L3_without_a_path_nothing_is_numbered() -> None:
    north, _ = in_service()
    north.line.path_down(north.clock.now)
    north.says("Waits.")
    north.settles()
    assert (north.state.queued, north.state.our_size) == (1, 0)


def test_L3_a_body_that_fits_no_entry_is_our_own_mistake() -> None:
    north, _ = two_stations()
    with pytest.raises(Misused):
        north.line.say(
            Saying(Type.TEXT, Precedence.ROUTINE, Status.TEST, bytes(BODY_BYTES_MAX + 1)),
            north.clock.now,
        )


def test_L4_the_highest_precedence_goes_first_and_the_oldest_within_one() -> None:
    north, south = two_stations()
    for precedence in (0, 2, 3, 1, 0, 3):
        north.says(f"{precedence} {north.state.queued}", Precedence(precedence))
    talk(north, south)
    assert south.reads() == ["3 2", "3 5", "2 1", "1 3", "0 0", "0 4"]


def test_L4_a_flash_does_not_stand_behind_routine_that_waits_for_room() -> None:
    north, south = in_service()
    for count in range(5):
        north.says(f"routine {count} " + "x" * 30_000)
    frames = north.settles(room=40_000)
    assert [text_of(effect.entry)[:9] for effect in north.numbered] == ["routine 0", "routine 1"]
    north.says("FLASH", Precedence.FLASH)
    north.clock.passes(TICK_S)
    frames += north.settles(room=0)
    assert text_of(north.numbered[-1].entry) == "FLASH"
    south.hears(*frames)
    talk(north, south)
    assert [text[:9] for text in south.reads()][:3] == ["routine 0", "routine 1", "FLASH"]


def test_L4_what_waits_below_does_not_overtake_what_waits_above() -> None:
    north, _ = in_service()
    north.says("x" * 60_000, Precedence.IMMEDIATE)
    north.says("x" * 60_000, Precedence.IMMEDIATE)
    north.says("short", Precedence.ROUTINE)
    north.settles(room=10)
    assert len(north.numbered) == 1
    assert north.state.queued == 2


def test_L4_a_short_routine_does_not_slip_past_a_long_immediate() -> None:
    north, _ = in_service()
    for _ in range(6):
        north.says("x" * 60_000, Precedence.IMMEDIATE)
    north.says("short")
    north.settles()
    assert [row.marks >> 6 for row in north.ours] == [Precedence.IMMEDIATE] * 4
    assert north.state.queued == 3


def test_L5_the_last_places_of_the_window_are_for_flash() -> None:
    north, _ = in_service(window=WINDOW)
    for count in range(WINDOW):
        north.says(str(count))
    north.settles()
    assert north.state.our_size == WINDOW - FLASH_PLACES
    for count in range(FLASH_PLACES + 1):
        north.says(str(count), Precedence.FLASH)
    north.settles()
    assert north.state.our_size == WINDOW
    assert north.state.queued == FLASH_PLACES + 1


def test_L5_a_receipt_opens_the_window_again() -> None:
    north, south = in_service(window=WINDOW)
    for count in range(3 * WINDOW):
        north.says(str(count))
    talk(north, south, ticks=20)
    assert south.reads() == [str(count) for count in range(3 * WINDOW)]


def test_L5_receipts_are_known_after_a_restart_and_told_once() -> None:
    north, south = in_service()
    north.says("One.")
    talk(north, south)
    north.starts()
    assert north.state.receipted == 1
    talk(north, south)
    assert north.receipts == [1]


def test_L5_no_more_bytes_are_on_their_way_than_a_slow_path_can_bear() -> None:
    north, south = in_service()
    for _ in range(20):
        north.says("x" * 60_000)
    frames = north.settles()
    assert IN_FLIGHT_BYTES_MAX - 61_000 < sum(map(len, frames)) <= IN_FLIGHT_BYTES_MAX
    south.hears(*frames)
    talk(north, south, ticks=20)
    assert len(south.reads()) == 20


@pytest.mark.parametrize("moment", range(6))
def test_L6_after_a_crash_an_entry_is_sent_again_as_it_was_sealed(moment: int) -> None:
    """Whatever the effect at which the power fails, no number is ever sealed twice."""
    north, south = in_service()
    north.says("Once.")
    north.settles(room=0)  # released and durable, not numbered
    north.clock.passes(TICK_S)
    try:
        sealed = envelopes(north.settles(crash_at=moment))
    except Crash:
        sealed = []
    kept = [data for _, data in north.store.load(bytes(range(16)), 1, 0).outbox]
    north.starts()
    north.clock.passes(TICK_S)
    again = envelopes(north.settles())
    assert again
    if kept:
        assert again == kept
        assert sealed in ([], kept)
    south.hears(*again)
    talk(north, south)
    assert south.reads() == ["Once."]
    assert [row.n for row in south.theirs] == [0]


def test_L6_a_number_comes_with_all_that_belongs_to_it() -> None:
    north, _ = in_service()
    north.says("Together.")
    effects = north.line.settle(north.clock.now, 1000)
    assert isinstance(effects[0], Keep)
    change = effects[0].change
    entry = next(effect.entry for effect in effects if isinstance(effect, Numbered))
    assert change.entries == [entry]
    assert change.outbox_put[0][0] == entry.n == 0
    assert {"out", "our seen", "trees"} <= change.cells.keys()
    assert not change.queue_put  # said and numbered in one step
    assert not change.queue_drop
    first = next(effect.frame for effect in effects if isinstance(effect, Transmit))
    assert first == change.outbox_put[0][1]


def test_L8_a_lost_envelope_is_sent_again() -> None:
    north, south = in_service()
    north.says("Lost twice.")
    assert envelopes(north.settles())
    north.clock.passes(0.9)
    assert not envelopes(north.settles())
    north.clock.passes(0.1)
    first = envelopes(north.settles())
    north.clock.passes(1.9)
    assert not envelopes(north.settles())
    north.clock.passes(0.1)
    assert envelopes(north.settles()) == first
    south.hears(*first)
    talk(north, south)
    assert south.reads() == ["Lost twice."]
    assert not north.line._voice._outbox


def test_L8_intervals_double_up_to_half_a_minute() -> None:
    north, _ = in_service()
    north.says("Nobody hears.")
    north.settles()
    last = north.clock.mono
    waits: list[float] = []
    while len(waits) < 8:
        north.clock.passes(0.25)
        if envelopes(north.settles()):
            waits.append(north.clock.mono - last)
            last = north.clock.mono
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_L8_a_new_path_brings_everything_unreceipted_in_order() -> None:
    north, south = in_service()
    for count in range(5):
        north.says(str(count))
    lost = envelopes(north.settles())
    north.line.path_down(north.clock.now)
    north.settles()
    north.line.path_up(north.clock.now)
    assert envelopes(north.settles()) == lost
    north.starts()
    assert envelopes(north.settles()) == lost
    assert [str(outcome) for outcome in south.hears(*lost)] == ["accepted"] * 5


def test_L8_sending_again_waits_for_room() -> None:
    north, _ = in_service()
    for count in range(4):
        north.says(f"{count} " + "x" * 10_000)
    sealed = envelopes(north.settles())
    north.line.path_up(north.clock.now)
    assert envelopes(north.settles(room=15_000)) == sealed[:2]
    assert north.line.wake_at(north.clock.now) == north.clock.mono + 0.020
    north.clock.passes(TICK_S)
    assert envelopes(north.settles()) == sealed[2:]


def test_L8_what_they_hold_beyond_a_gap_is_not_sent_again_and_not_forgotten() -> None:
    north, south = in_service()
    for count in range(4):
        north.says(str(count))
    before = south.image()
    lost, *arrived = envelopes(north.settles())
    south.hears(*arrived)
    cross(south, north)
    north.clock.passes(1.0)
    assert envelopes(north.settles()) == [lost]
    # Their disk loses what it held: only frames that are still here can fill the gap.
    south.becomes(before)
    talk(north, south, ticks=2)
    north.clock.passes(3.0)
    talk(north, south)
    assert south.reads() == ["0", "1", "2", "3"]
    assert (south.state.halted, north.state.halted) == (None, None)


def test_L8_a_fresh_entry_on_an_idle_line_has_its_full_second() -> None:
    north, south = in_service()
    north.says("First.")
    talk(north, south)
    north.clock.passes(0.85)  # the clock of the first would run out in a moment
    talk(north, south, ticks=1)
    north.says("Second.")
    north.settles()
    north.clock.passes(0.5)
    assert not envelopes(north.settles())


def one_sided(entries: int) -> tuple[Station, Station]:
    """South has written so many entries, and North nothing."""
    north, south = in_service()
    for start in range(0, entries, 480):
        for count in range(start, min(start + 480, entries)):
            south.says(str(count))
        for _ in range(3):
            cross(south, north)
            cross(north, south)
    return north, south


@pytest.mark.proof
def test_L9_a_one_sided_line_writes_a_service_entry_before_seen_wraps() -> None:
    north, south = one_sided(70_000)
    assert north.state.their_size == 70_000
    assert [row.type for row in north.ours] == [Type.SERVICE] * 2
    assert [row.seen for row in south.theirs] == [row.seen for row in north.ours]
    north.says("At last.")
    talk(north, south)
    assert south.theirs[-1].seen == 70_000
    assert south.state.halted is None


def test_L9_R3_a_service_entry_bridges_a_gap_in_seen() -> None:
    north, south = in_service(window=8_192)
    north.line._voice.seen = -(1 << 15) + 8_192  # as if so many had come before
    south.says("One more.")
    talk(north, south)
    assert [row.type for row in north.ours] == [Type.SERVICE]
    assert north.line._voice.seen == 1


def test_L9_one_service_entry_is_enough() -> None:
    north, south = in_service(window=8_192)
    north.line._voice.seen = -(1 << 15) + 8_192
    for count in range(3):
        south.says(str(count))
    north.hears(*envelopes(south.settles()))
    assert north.state.queued == 1
    north.line._halt("for another reason", north.clock.now)
    south.says("More.")
    north.hears(*envelopes(south.settles()))
    assert north.state.queued == 1


def test_L9_seen_never_steps_further_than_its_bits_show() -> None:
    north, south = in_service()
    south.says("One.")
    talk(north, south)
    north.line._voice.seen = 1 - 0x10000  # as if 65,536 had come since our last entry
    north.says("Seen less than we have.")
    north.settles()
    assert [row.seen for row in north.ours] == [0]
    assert north.line._voice.seen == 0
    assert north._root_at(1, 0) == EMPTY_ROOT


def test_L11_no_start_uses_a_counter_again() -> None:
    north, south = in_service()
    counters: list[int] = []
    for _ in range(4):
        for _ in range(3):
            north.clock.passes(11.0)
            for data in north.settles():
                if data[0] == 0x24:
                    counters.append(int.from_bytes(data[6:10], "big"))
                    south.hears(data)
        north.starts()
    assert len(counters) == len(set(counters))
    assert counters == sorted(counters)
    assert counters[-1] - counters[0] > 3 << 16


def test_L11_a_counter_is_durable_before_it_is_used() -> None:
    north, _ = two_stations()
    for effect in north.line.settle(north.clock.now, 1000):
        if isinstance(effect, Keep):
            assert "counters" in effect.change.cells
            return
        assert not isinstance(effect, Transmit)


def test_L11_counters_run_out_with_a_halt_and_without_an_exception() -> None:
    north, south = in_service()
    north.line._counters._last[Kind.STATUS] = (1 << 32) - (1 << 20)
    north.clock.passes(11.0)
    frames = north.settles()
    assert north.state.halted == "the counters of this incarnation are used up"
    assert [str(outcome) for outcome in south.hears(*frames)] == ["accepted"]
    assert south.state.they_halted
    north.line._counters._last[Kind.STATUS] = (1 << 32) - 1
    north.clock.passes(11.0)
    assert north.settles() == []
    assert north.line.wake_at(north.clock.now) > north.clock.mono


def test_nothing_is_numbered_or_sealed_before_our_own_open() -> None:
    north, _ = two_stations()
    north.says("Too soon.")
    line = north.line
    assert not line._voice.number(line._ears.log, north.clock.now, 1000, line._change, [])
    with pytest.raises(Misused):
        line._seal_packet(Kind.STATUS, b"")


def test_a_tampered_copy_of_a_frame_does_not_cost_the_frame() -> None:
    north, south = in_service()
    north.says("Whole.")
    sealed = envelopes(north.settles())[0]
    assert [str(outcome) for outcome in south.hears(changed(sealed), sealed[:-1], sealed)] == [
        "does not open",
        "does not open",
        "accepted",
    ]
