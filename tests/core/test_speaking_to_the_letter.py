"""Voice to the letter: limits to the byte, moments to the instant, what waits or is taken back."""

from __future__ import annotations

import pytest

from parley.core.effects import Saying, Transmit
from parley.core.entry import BODY_BYTES_MAX, Precedence, Status, Type
from parley.core.errors import Misused
from parley.core.kept import Change
from parley.core.speaking import (
    ENVELOPE,
    FLASH_PLACES,
    FRAME_VERSION,
    IN_FLIGHT_BYTES_MAX,
    OPEN,
    PACKET,
    RESUME,
    Voice,
)
from parley.core.terms import Instant
from tests.core.conversation import (
    LINE_ID,
    TICK_S,
    Station,
    cross,
    envelopes,
    in_service,
    talk,
    two_stations,
)


def change() -> Change:
    return Change(LINE_ID, 1, (0, 0))


def voice_of(station: Station) -> Voice:
    voice: Voice = station.line._voice
    return voice


def at(station: Station, seconds: float) -> Instant:
    """So many seconds from now."""
    now = station.clock.now
    return Instant(now.wall + seconds, now.mono + seconds)


def test_L5_W12_the_limits_and_kinds_are_those_of_the_pages() -> None:
    assert (FRAME_VERSION, ENVELOPE, PACKET, OPEN, RESUME) == (1, 0, 1, 3, 4)
    assert (FLASH_PLACES, IN_FLIGHT_BYTES_MAX) == (64, 262_144)


def test_L3_the_longest_body_is_taken_and_its_marks_are_those_of_the_page() -> None:
    north, _ = two_stations()
    body = bytes(BODY_BYTES_MAX)
    north.line.say(Saying(Type.TEXT, Precedence.IMMEDIATE, Status.TEST, body), north.clock.now)
    (row,) = voice_of(north).queue
    assert (row.precedence, row.type, row.body) == (2, 1, body)
    assert row.marks == 2 << 6 | Status.TEST << 3


def test_L3_releases_are_counted_on_after_a_restart() -> None:
    north, _ = two_stations()
    assert voice_of(north).seen == 0
    ids = [north.says("one"), north.says("two")]
    north.settles()
    north.starts()
    assert [*ids, north.says("three")] == [0, 1, 2]


def test_L5_whether_anything_got_a_number_is_said() -> None:
    north, _ = two_stations()
    north.says("Too soon.")
    voice, ears = voice_of(north), north.line._ears
    now = north.clock.now
    assert voice.number(ears.log, now, 1_000, change(), []) is False
    north, _ = in_service()
    voice, ears = voice_of(north), north.line._ears
    assert voice.number(ears.log, now, 1_000, change(), []) is False
    assert voice.receipt(0, frozenset(), now, change()) is False
    north.says("Now.")
    assert voice.number(ears.log, now, 1_000, change(), []) is True
    assert voice.receipt(1, frozenset(), now, change()) is True


def test_S4_of_what_was_sealed_no_key_is_left() -> None:
    north, _ = in_service()
    for text in ("one", "two"):
        north.says(text)
    north.settles()
    epoch = voice_of(north).epoch
    assert epoch is not None
    epoch.message_key(2)
    with pytest.raises(Misused):
        epoch.message_key(1)


def test_E1_the_time_of_an_entry_is_our_clock_within_what_four_bytes_show() -> None:
    north, _ = in_service()
    for wall, time in ((0.0, 0), (1_577_836_800.0, 0), (1_577_836_805.9, 5), (1e12, (1 << 32) - 1)):
        north.clock.wall = wall
        north.says("Now.")
        north.settles()
        assert north.numbered[-1].entry.time == time


def test_L6_what_has_a_number_waits_no_more_after_a_restart() -> None:
    north, _ = in_service()
    north.says("Once.")
    north.settles(room=0)
    assert len(north.store.load(LINE_ID, 1, 0).queue) == 1
    north.settles()
    assert north.store.load(LINE_ID, 1, 0).queue == []


def test_D8_behind_our_close_nothing_may_get_a_number() -> None:
    north, _ = in_service()
    voice = voice_of(north)
    for closed in (False, True):
        voice.closed = closed
        for precedence in Precedence:
            assert voice._may_number(precedence, 0, 1) is (not closed)


def test_D6_what_is_taken_back_is_in_the_queue_no_more() -> None:
    north, _ = two_stations()
    kept = north.says("Kept before.")
    north.settles()
    new, stays = north.says("Said now.", Precedence.PRIORITY), north.says("Stays.")
    voice, taken = voice_of(north), change()
    assert voice.give_back(lambda row: row.id != stays, taken) == [kept, new]
    assert [row.id for row in voice.queue] == [row.id for row in voice.said] == [stays]
    assert taken.queue_drop == [kept]  # the other was never kept
    assert voice.queued == 1


def test_L4_room_is_counted_to_the_byte() -> None:
    for more, numbered in ((-1, 1), (0, 1), (1, 2)):
        north, _ = in_service()
        north.says("x" * 100)
        north.says("x" * 100)
        probe, _ = in_service()
        probe.says("x" * 100)
        (sealed,) = envelopes(probe.settles())
        # Room is for packets; the header of the frame is the bearer's own byte.
        north.settles(room=len(sealed) - 1 + more)
        assert north.state.our_size == numbered


def test_L4_without_room_only_FLASH_gets_a_number() -> None:
    north, _ = in_service()
    north.says("Waits.", Precedence.IMMEDIATE)
    north.settles(room=0)
    assert north.state.our_size == 0
    north.says("Does not.", Precedence.FLASH)
    north.settles(room=0)
    assert north.state.our_size == 1
    north.settles(room=1)
    assert north.state.our_size == 2


def test_L5_what_is_on_its_way_is_counted_to_the_byte_and_after_a_restart() -> None:
    north, south = in_service()
    voice = voice_of(north)
    for size in (0, 1_000):
        for on_its_way, may in ((-1, True), (0, False)):
            voice._in_flight_bytes = IN_FLIGHT_BYTES_MAX - size + on_its_way
            assert voice._may_number(Precedence.IMMEDIATE, size, 1) is may
            assert voice._may_number(Precedence.FLASH, size, 1)
    voice._in_flight_bytes = 0
    north.says("x" * 100)
    north.says("x" * 200)
    frames = envelopes(north.settles())
    north.starts()
    assert voice_of(north)._in_flight_bytes == sum(map(len, frames))
    south.hears(*frames)
    talk(north, south)
    assert voice_of(north)._in_flight_bytes == 0


def test_L8_what_is_sent_again_waits_for_its_room_to_the_byte() -> None:
    north, _ = in_service()
    for text in ("one", "two"):
        north.says(text)
    one, two = envelopes(north.settles())
    voice = voice_of(north)
    for room, sent in ((0, []), (1, [one]), (len(one), [one]), (len(one) + 1, [one, two])):
        voice.path_up(north.clock.now)
        again = voice.again(north.clock.now, room)
        assert again == [Transmit(frame, Precedence.PRIORITY) for frame in sent]


def test_L8_to_the_instant() -> None:
    north, _ = in_service()
    voice, room = voice_of(north), 1 << 20
    for text in ("one", "two"):
        north.says(text)
    _, two = envelopes(north.settles())
    assert voice.resend_at(at(north, 0), 0.02) == at(north, 1).mono
    voice.path_up(at(north, 0))
    assert voice.resend_at(at(north, 0), 0.02) == at(north, 0.02).mono  # it waits for room
    assert len(voice.again(at(north, 0), room)) == 2
    assert voice.again(at(north, 0.99), room) == []
    assert len(voice.again(at(north, 1), room)) == 2
    assert voice.again(at(north, 2.99), room) == []
    assert len(voice.again(at(north, 3), room)) == 2
    # A receipt that moves begins anew, one that says the same does not.
    assert voice.receipt(1, frozenset(), at(north, 3), change())
    assert voice.resend_at(at(north, 3), 0.02) == at(north, 4).mono
    assert not voice.receipt(1, frozenset(), at(north, 3.5), change())
    assert voice.again(at(north, 3.99), room) == []
    assert voice.again(at(north, 4), room) == [Transmit(two, Precedence.PRIORITY)]
    assert voice.again(at(north, 5.99), room) == []
    assert len(voice.again(at(north, 6), room)) == 1
    assert voice.receipt(2, frozenset(), at(north, 6), change())
    assert voice.resend_at(at(north, 6), 0.02) == float("inf")
    assert voice.again(at(north, 60), room) == []


def test_L8_who_goes_on_speaking_does_not_put_off_what_was_lost() -> None:
    north, _ = in_service()
    north.says("Lost.")
    (lost,) = envelopes(north.settles())
    due = voice_of(north).resend_at(north.clock.now, TICK_S)
    north.clock.passes(0.5)
    north.says("Another.")
    north.settles()
    assert voice_of(north).resend_at(north.clock.now, TICK_S) == due
    north.clock.passes(due - north.clock.mono)
    north.says("One more, at the very moment.")
    sent = envelopes(north.settles())
    assert lost in sent
    assert len(sent) == len(set(sent)) == 3


def test_L8_what_is_sealed_in_this_step_is_not_sent_again_in_it() -> None:
    north, _ = in_service()
    north.says("Lost.")
    lost = envelopes(north.settles())
    north.line.path_up(north.clock.now)
    north.says("Fresh.")
    sent = envelopes(north.settles())
    assert len(sent) == 2
    assert sent[1:] == lost


def test_L5_the_window_counts_what_has_no_receipt() -> None:
    north, south = in_service(window=128)
    for _ in range(3):
        north.says(".")
    talk(north, south)
    assert north.state.receipted == 3
    for _ in range(200):
        north.says(".", Precedence.FLASH)
    north.settles()
    assert north.state.our_size == 3 + 128


def test_R3_how_far_we_had_seen_is_known_after_a_restart() -> None:
    north, south = in_service()
    south.says("One.")
    talk(north, south)
    north.says("Seen.")
    cross(north, south)
    south.settles()
    assert voice_of(north).seen == south.theirs[-1].seen == 1
    north.starts()
    assert voice_of(north).seen == 1


@pytest.mark.parametrize("kind", [Type.CLOSE, Type.TEXT])
def test_D8_only_a_close_closes(kind: Type) -> None:
    north, _ = in_service()
    assert not voice_of(north).closing
    north.says("For good?", kind=kind)
    assert voice_of(north).closing is (kind is Type.CLOSE)
    assert not voice_of(north).closed
    north.settles(room=0)
    north.starts()  # queued and kept
    assert voice_of(north).closing is (kind is Type.CLOSE)
    north.clock.passes(TICK_S)
    north.settles()
    assert voice_of(north).closed is (kind is Type.CLOSE)
    north.starts()
    assert (voice_of(north).closing, voice_of(north).closed) == (kind is Type.CLOSE,) * 2
