"""A line stops itself when what it hears cannot be true unless a past was lost or changed."""

from __future__ import annotations

from typing import Any

import pytest

from parley.core.effects import Outcome
from parley.core.errors import Halted
from parley.core.packets import Kind
from parley.core.record import EMPTY_ROOT
from parley.core.wire import decode
from tests.core.conversation import (
    TICK_S,
    Station,
    cross,
    envelopes,
    in_service,
    packets,
    talk,
    two_stations,
)
from tests.core.test_hearing import plaintext

LATER = 1 << 20  # a counter above all that were used


def with_words(*words: str) -> tuple[Station, Station]:
    """A line on which both have said these words, heads signed and all receipted."""
    north, south = in_service()
    for word in words:
        north.says(word)
        south.says(word)
        talk(north, south)
    north.clock.passes(1.0)
    talk(north, south)
    return north, south


def assert_halts(station: Station, data: bytes, word: str) -> None:
    """`station` stops at this frame, says why, and stays stopped after a restart."""
    assert station.hears(data) == [Outcome.HALTED]
    station.settles()
    why = station.state.halted
    assert why is not None
    assert word in why
    assert station.notices.count("halted") == 1
    station.starts()
    assert station.state.halted == why


# --- L13: entries


def test_L13_an_entry_that_saw_more_than_we_wrote() -> None:
    north, south = with_words("One.")
    assert_halts(south, north.writes(1, plaintext(seen=2)), "has seen more than we wrote")
    assert len(south.theirs) == 1


def test_L13_a_seen_that_falls_is_read_as_a_step_forward() -> None:
    north, south = with_words("One.", "Two.")
    assert_halts(south, north.writes(2, plaintext(seen=0)), "has seen more")


def test_L13_E2_an_entry_without_its_fixed_part() -> None:
    north, south = in_service()
    assert_halts(south, north.writes(0, b"\x01\x08\x00\x00\x00\x00\x00"), "fixed part")


def test_L13_what_joined_before_the_stop_has_joined() -> None:
    north, south = in_service()
    good = [north.writes(n, plaintext()) for n in (0, 1)]
    assert south.hears(good[1], north.writes(2, plaintext(seen=9))) == [Outcome.OK] * 2
    south.settles()
    scrubs = south.scrubs
    assert south.hears(good[0]) == [Outcome.HALTED]
    south.clock.passes(TICK_S)
    (status,) = packets(south.settles())
    assert [row.n for row in south.theirs] == [0, 1]
    assert south.scrubs == scrubs + 1  # the receipt in this STATUS does not leave before it
    assert north.hears(status) == [
        Outcome.HALTED
    ]  # they wrote two entries their log knows nothing of
    south.starts()
    assert south.state.their_size == 2
    assert list(south.line._ears.held) == [2]
    assert south.hears(north.writes(3, plaintext())) == [Outcome.OK]  # still received and kept


def test_L1_a_recording_of_what_stopped_the_line_vouches_for_nobody() -> None:
    north, south = in_service()
    first, second = (north.states(LATER + n, contig=5) for n in (0, 1))
    assert south.hears(first, first) == [Outcome.HALTED, Outcome.DUPLICATE]
    assert south.hears(second, second, first) == [
        Outcome.HALTED,  # live: it vouches, so that they can be told that we have halted
        Outcome.DUPLICATE,
        Outcome.DUPLICATE,
    ]
    south.settles()
    south.starts()
    assert south.hears(first) == [Outcome.DUPLICATE]


def test_L16_a_root_that_differs_when_its_size_is_reached() -> None:
    north, south = in_service()
    lie = north.states(LATER, size=2, own_root=b"\x00" * 32)
    assert south.hears(lie, north.writes(1, plaintext())) == [Outcome.OK, Outcome.OK]
    assert_halts(south, north.writes(0, plaintext()), "copies of the record differ")
    assert [row.n for row in south.theirs] == [0, 1]
    assert south.store.load(bytes(range(16)), 1, 1).held == []


# --- L15: STATUS


@pytest.mark.parametrize(
    ("lies", "word"),
    [
        ({"contig": 3}, "more of ours than we wrote"),
        ({"sack": frozenset({3})}, "more of ours than we wrote"),
        ({"contig": 1, "their_root": b"\x00" * 32}, "copies of the record differ"),
        ({"size": 1}, "shorter than they once said"),
        ({"contig": 1, "their_root": None}, "hold less of what we wrote"),
        ({"epoch": 1}, "epoch that we have not made"),
        ({"echo": (1 << 32) - 1}, "a STATUS that we have not sent"),
        ({"own_root": b"\x00" * 32}, "copies of the record differ"),
    ],
)
def test_L15_a_status_that_cannot_be_true(lies: dict[str, Any], word: str) -> None:
    north, south = with_words("One.", "Two.")
    if "size" in lies:
        lies = lies | {"own_root": north._root_at(0, 1)}
    if lies.get("their_root", ...) is None:
        lies = lies | {"their_root": north._root_at(1, 1)}
    assert_halts(south, north.states(LATER, **lies), word)


def test_L15_the_same_counter_for_two_packets() -> None:
    north, south = with_words("One.")
    assert south.hears(north.states(LATER)) == [Outcome.OK]
    assert_halts(south, north.states(LATER, flags=0x10), "one counter for two packets")


def test_L15_the_newest_counter_is_known_after_a_restart() -> None:
    north, south = with_words("One.")
    south.hears(north.states(LATER))
    south.settles()
    south.starts()
    assert_halts(south, north.states(LATER, flags=0x10), "one counter for two packets")


def test_L15_entries_that_overtake_a_status_are_no_rollback() -> None:
    north, south = with_words("One.")
    late = north.states(LATER, echo=0)
    south.hears(*[north.writes(n, plaintext(seen=1)) for n in (1, 2, 3)], late)
    assert south.state.halted is None
    assert south.state.their_size == 4


@pytest.mark.parametrize("root_bytes", [8, 16, 32])
def test_L16_as_many_bytes_of_a_root_as_they_gave_are_compared(root_bytes: int) -> None:
    north, south = with_words("One.")
    true = north._root_at(0, 1)
    assert south.hears(north.states(LATER, root_bytes)) == [Outcome.OK]
    beyond = true[:root_bytes] + bytes(32 - root_bytes)
    assert south.hears(north.states(LATER + 1, root_bytes, own_root=beyond)) == [Outcome.OK]
    wrong = true[: root_bytes - 1] + bytes([true[root_bytes - 1] ^ 1])
    assert_halts(south, north.states(LATER + 2, root_bytes, own_root=wrong + bytes(32)), "differ")


def test_L16_two_roots_stated_for_one_size_to_come() -> None:
    north, south = in_service()
    assert (
        south.hears(
            north.states(LATER, 32, size=5, own_root=b"\x01" * 32),
            north.states(LATER + 1, 16, size=5, own_root=b"\x01" * 32),
        )
        == [Outcome.OK] * 2
    )
    assert_halts(south, north.states(LATER + 2, 8, size=5, own_root=b"\x02" * 32), "differ")


# --- L16, L17: heads


def test_L16_a_signed_head_that_contradicts_what_they_sent_is_kept_as_proof() -> None:
    north, south = with_words("One.", "Two.")
    assert_halts(south, north.signs_own(1, LATER, root=b"\x05" * 32), "signed differs")
    size, root, block = decode(south.cells["contradiction"])
    assert (size, root) == (1, b"\x05" * 32)
    assert len(block) == 1 + 5 + 64
    assert b"\x05" * 32 not in [head.root for head in south.heads]
    # Another that proves less does not take its place, be it told now or after a restart.
    for counter in (LATER + 1, LATER + 2):
        assert south.hears(north.signs_own(2, counter, root=b"\x06" * 32)) == [Outcome.HALTED]
        south.settles()
        south.starts()
    assert decode(south.cells["contradiction"]) == [size, root, block]


def test_L17_a_cosignature_for_more_than_we_wrote() -> None:
    north, south = with_words("One.")
    assert_halts(
        south, north.signs_theirs(9, LATER, root=EMPTY_ROOT), "signed for more than we wrote"
    )


# --- L18: stopped


def stopped() -> tuple[Station, Station]:
    """South has halted; North has not."""
    north, south = with_words("One.")
    north.says("On its way.")
    south.says("Never numbered.")
    south.settles(room=0)
    south.hears(north.states(LATER, epoch=1))
    return north, south


def test_L18_nothing_is_said_signed_or_numbered_any_more() -> None:
    north, south = stopped()
    heads, size = len(south.heads), south.state.our_size
    with pytest.raises(Halted) as caught:
        south.says("Still there?")
    assert caught.value.rule == "L18"
    assert caught.value.exit_code == 4
    frames: list[bytes] = []
    for _ in range(50):
        south.clock.passes(1.0)
        frames += south.settles()
    assert envelopes(frames) == []
    assert south.state.our_size == size
    assert len(south.heads) == heads
    assert {str(outcome) for outcome in north.hears(*frames)} == {"accepted"}
    assert north.state.they_halted
    assert north.state.halted is None


def test_L18_what_comes_is_still_received_and_kept_and_receipted() -> None:
    north, south = stopped()
    talk(north, south)
    assert south.reads() == ["One.", "On its way."]
    assert north.state.receipted == 2
    assert north.state.they_halted


def test_L18_no_signature_is_made_for_who_lacks_it() -> None:
    """North holds South's word, and has not got the signature over it when South halts."""
    north, south = with_words("One.")
    south.says("Its signature is lost.")
    south.clock.passes(1.0)
    north.hears(*envelopes(south.settles()))
    south.hears(north.signs_theirs(9, LATER, root=EMPTY_ROOT))
    south.line._heads.seal_anew()  # as under fresh keys: what was sealed does not go again
    north.clock.passes(2.0)
    south.clock.passes(2.0)
    before = south.line._counters.last(Kind.CHECKPOINT)
    north.says("A STATUS comes with this.")
    talk(north, south)
    assert south.state.receipted == 2
    assert south.line._counters.last(Kind.CHECKPOINT) == before


def test_L18_a_stopped_line_sleeps_between_heartbeats() -> None:
    """Entries on their way, a new path, a queue: none may keep a halted station busy."""
    north, south = with_words("One.")
    south.says("Not receipted.")
    south.settles()
    south.says("Not numbered.")
    south.hears(north.states(LATER, epoch=1))
    wakes = 0
    while south.clock.mono < 1100:
        assert envelopes(south.settles()) == []
        wakes += 1
        at = south.line.wake_at(south.clock.now)
        assert at > south.clock.mono
        south.clock.passes(at - south.clock.mono)
    assert wakes < 20


def test_L18_what_was_about_to_be_repeated_is_not() -> None:
    north, south = with_words("One.")
    south.clock.passes(2.0)
    lacking = north.states(LATER, cover=0)
    assert south.hears(lacking, north.states(LATER + 1, epoch=1)) == [Outcome.OK, Outcome.HALTED]
    assert len(south.settles()) == 1  # the STATUS, without the CHECKPOINT they lack


def test_L18_a_line_that_stops_before_its_first_step_can_still_say_so() -> None:
    north, south = two_stations()
    south.hears(*north.settles(), north.writes(0, b"short"))
    frames = south.settles()
    assert south.state.halted
    assert {str(outcome) for outcome in north.hears(*frames)} == {"accepted"}
    assert north.state.they_halted
    south.settles()
    assert south.line.wake_at(south.clock.now) > south.clock.mono


def test_a_station_restored_to_an_older_copy_halts_and_so_does_the_other() -> None:
    north, south = with_words("One.")
    image = north.image()
    north.says("Forgotten.")
    talk(north, south)
    north.clock.passes(60.0)
    north.becomes(image)
    cross(south, north)
    assert "rolled back" in str(north.state.halted)
    cross(north, south)
    assert "rolled back" in str(south.state.halted)


def test_a_restored_station_that_speaks_before_it_listens_is_found_out() -> None:
    north, south = with_words("One.")
    image = north.image()
    north.says("Forgotten.")
    talk(north, south)
    north.becomes(image)
    north.says("Something else under the same number.")
    cross(north, south)
    assert south.reads() == ["One.", "Forgotten."]
    assert "differ" in str(south.state.halted)
    cross(south, north)
    assert north.state.halted


def test_a_cloned_station_is_found_out() -> None:
    north, south = with_words("One.")
    clone = Station(north.terms, north.clock)
    clone.becomes(north.image())
    north.starts()
    cross(north, south)
    clone.says("The same station speaks twice.")
    cross(clone, south)
    assert "one counter for two packets" in str(south.state.halted)


def test_a_restored_copy_that_lost_only_what_it_heard_is_found_out() -> None:
    north, south = with_words("One.")
    image = south.image()
    north.says("South forgets this.")
    talk(north, south)
    south.becomes(image)
    cross(south, north)
    assert "hold less" in str(north.state.halted)


def test_kinds_of_packets_have_counters_of_their_own() -> None:
    north, south = with_words("One.")
    assert (
        south.hears(north.states(LATER), north.signs_own(1, LATER), north.signs_theirs(1, LATER))
        == [Outcome.OK] * 3
    )
    assert south.line._ears._newest[Kind.COSIGN][0] == LATER
