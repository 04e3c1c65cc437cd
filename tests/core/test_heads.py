"""Who has signed for how much: made when something is new, kept when it says more."""

from __future__ import annotations

from math import nextafter

import pytest

from parley.core.effects import Covered, Keep, Outcome, Transmit
from parley.core.entry import Precedence
from parley.core.kept import HeadRow
from parley.core.keys import COSIGN_ED25519, COSIGN_MLDSA44, ED25519
from parley.core.packets import TIME_MAX, Cosign, Kind
from parley.core.record import Head
from parley.core.seal import packet_locator
from parley.core.terms import Instant
from parley.core.wire import Reader
from tests.core.conversation import (
    TICK_S,
    WALL,
    Station,
    cross,
    envelopes,
    in_service,
    packets,
    talk,
)

LATER = 1 << 20


def with_one_word() -> tuple[Station, Station]:
    north, south = in_service()
    north.says("One.")
    talk(north, south)
    return north, south


def signed(station: Station, kind: str, dir: int) -> list[int]:
    """Sizes of the heads of one kind that a station keeps, in the order they were kept."""
    return [head.size for head in station.heads if (head.kind, head.dir) == (kind, dir)]


def verified(station: Station, row: HeadRow) -> list[int]:
    """The algorithms that stand on a kept head, checked with the public keys alone."""
    head = Head(station.terms.line_id, 1, row.dir, row.size, row.root)
    ours = row.dir == station.terms.side
    if row.kind == "checkpoint":
        key = station.terms.our_keys.log.public if ours else station.terms.their_keys.log
        required, optional = head.checkpoint(key)
    else:
        key = station.terms.their_keys.cosigner if ours else station.terms.our_keys.cosigner.public
        required, optional = head.cosignature(key, row.time)
    return key.check(Reader(row.block), [required], [optional])


def test_L12_both_sides_end_with_all_four_heads_over_both_logs() -> None:
    north, south = in_service()
    north.says("One.")
    south.says("Two.")
    talk(north, south)
    north.clock.passes(1.0)
    talk(north, south)
    for station in (north, south):
        for kind in ("checkpoint", "cosign"):
            for dir in (0, 1):
                assert signed(station, kind, dir)[-1] == 1
        assert (station.state.we_cosigned, station.state.they_cosigned) == (1, 1)
        for head in station.heads:
            assert verified(station, head) == (
                [ED25519, COSIGN_MLDSA44]
                if head.kind == "checkpoint"
                else [COSIGN_ED25519, COSIGN_MLDSA44]
            )
            assert head.root == station._root_at(head.dir, head.size)


def test_L12_heads_are_signed_at_most_once_a_second() -> None:
    north, south = with_one_word()
    for count in range(100):
        north.says(str(count))
        talk(north, south, ticks=1)
    talk(north, south)
    assert len(signed(north, "checkpoint", 0)) in (3, 4)
    assert len(signed(south, "cosign", 0)) in (3, 4)


def test_L12_a_flash_is_signed_within_a_tenth_of_a_second() -> None:
    north, south = with_one_word()
    north.says("Now.", Precedence.FLASH)
    talk(north, south, ticks=6)
    assert signed(north, "checkpoint", 0)[-1] == 2
    assert signed(south, "cosign", 0)[-1] == 2
    north.says("Later.")
    talk(north, south, ticks=6)
    assert signed(north, "checkpoint", 0)[-1] == 2


def test_L12_heads_go_again_with_the_heartbeat_and_a_new_path_as_sealed() -> None:
    north, south = with_one_word()
    north.clock.passes(11.0)
    first = packets(north.settles())[1:]
    assert len(first) == 1  # a CHECKPOINT: nothing of theirs to cosign
    north.clock.passes(11.0)
    assert packets(north.settles())[1:] == first
    north.line.path_up(north.clock.now)
    assert packets(north.settles())[1:] == first
    assert south.hears(*first) == [Outcome.DUPLICATE]


def test_L12_after_a_restart_heads_are_signed_anew_and_kept_once() -> None:
    north, south = with_one_word()
    talk(north, south)
    kept = (len(north.heads), len(south.heads))
    for _ in range(20):
        north.starts()
        assert not north.line._heads._newest
        talk(north, south)
        assert north.line._heads._newest  # for whoever lacks them
    assert (len(north.heads), len(south.heads)) == kept
    assert signed(north, "checkpoint", 0) == signed(south, "checkpoint", 0) == [1]


def test_L12_a_checkpoint_ahead_of_its_entries_is_too_early_and_comes_again() -> None:
    north, south = with_one_word()
    north.says("Late.")
    north.clock.passes(1.0)
    frames = north.settles()
    late = envelopes(frames)
    (checkpoint,) = packets(frames)
    assert south.hears(checkpoint) == [Outcome.EARLY]
    south.settles()
    assert signed(south, "checkpoint", 0) == [1]
    assert south.hears(*late, checkpoint) == [Outcome.OK, Outcome.OK]
    south.settles()
    assert signed(south, "checkpoint", 0) == [1, 2]


def test_L12_a_lost_checkpoint_is_repeated_when_their_status_lacks_it() -> None:
    north, south = with_one_word()
    north.says("Its signature is lost.")
    north.clock.passes(1.0)
    frames = north.settles()
    south.hears(*envelopes(frames))
    talk(north, south, ticks=20)
    assert signed(south, "checkpoint", 0) == [1]  # not within the second after it was sent
    north.clock.passes(1.0)
    south.says("A STATUS comes with this.")
    talk(north, south)
    assert signed(south, "checkpoint", 0) == [1, 2]


def test_L12_a_checkpoint_is_repeated_at_most_once_a_second() -> None:
    north, _ = with_one_word()
    sent = 0
    for _ in range(100):
        north.clock.passes(TICK_S)
        for data in north.line._heads.missed(0, 1, north.clock.now, north.line._seal_packet):
            assert data[0] == 0x24
            sent += 1
    assert sent in (2, 3)
    assert north.line._heads.missed(1, 1, north.clock.now, north.line._seal_packet) == []
    assert north.line._heads.missed(0, 0, north.clock.now, north.line._seal_packet) == []


def test_L12_a_head_is_signed_at_the_moment_it_is_due_and_not_before() -> None:
    north, _ = with_one_word()
    north.says("Two.")
    north.settles()
    due = north.line._heads.due_at()
    for moment, sizes in ((nextafter(due, 0.0), [1]), (due, [1, 2])):
        north.clock.mono = moment
        north.settles()
        assert signed(north, "checkpoint", 0) == sizes
    # At the end of the minute both algorithms stand, and not before.
    due = north.line._heads.due_at()
    for moment, both in ((nextafter(due, 0.0), 1), (due, 2)):
        north.clock.mono = moment
        north.settles()
        assert north.state.our_cover.signed_both == both


def test_L12_a_checkpoint_goes_again_a_second_after_it_was_sent_and_not_before() -> None:
    north, _ = with_one_word()
    heads = north.line._heads
    north.says("Two.")
    north.clock.passes(2.0)
    assert north.settles()
    signed_at = north.clock.mono
    for moment, count in (
        (signed_at, 0),
        (nextafter(signed_at + 1.0, 0.0), 0),
        (signed_at + 1.0, 1),
        (signed_at + 1.5, 0),
        (signed_at + 2.0, 1),
    ):
        now = Instant(WALL, moment)
        assert len(heads.missed(1, 2, now, north.line._seal_packet)) == count
    # Not to one that has it, nor to one that lacks its entries.
    later = Instant(WALL, signed_at + 9.0)
    for cover, contig in ((2, 2), (1, 1)):
        assert heads.missed(cover, contig, later, north.line._seal_packet) == []


def test_L26_heads_are_sealed_anew_when_the_speaker_has_switched() -> None:
    north, south = in_service(rekey_entries=1)
    before = north.epoch
    north.says("One.")
    talk(north, south)
    north.clock.passes(11.0)
    sent = {frame[1:6] for frame in packets(north.settles())}
    assert north.state.epochs[0] == 1
    assert signed(north, "checkpoint", 0) == [1]
    assert packet_locator(north.epoch.kl, Kind.CHECKPOINT) in sent
    assert packet_locator(before.kl, Kind.CHECKPOINT) not in sent


def test_R8_a_checkpoint_bears_no_time_on_either_side() -> None:
    for station in with_one_word():
        times = {head.time for head in station.heads if head.kind == "checkpoint"}
        assert times == {0}


def test_L12_nothing_is_signed_before_the_line_is_in_service() -> None:
    north, south = in_service()
    assert not north.heads
    assert not south.heads
    assert north.line._heads.due_at() == float("inf")


def test_S12_R9_a_cosignature_bears_the_cosigners_clock() -> None:
    north, south = with_one_word()
    (cosign,) = [head for head in north.heads if head.kind == "cosign"]
    assert WALL <= cosign.time < WALL + 5
    south.clock.wall = -5.0  # a clock before its own beginning
    north.says("Two.")
    north.clock.mono += 2
    talk(north, south)
    assert [head.time for head in south.heads if head.kind == "cosign"][-1] == 0


def test_S12_a_time_that_no_clock_can_show_is_refused() -> None:
    north, south = with_one_word()
    assert north.hears(south.signs_theirs(1, LATER, time=TIME_MAX)) == [Outcome.OK]
    assert north.hears(south.signs_theirs(1, LATER + 1, time=TIME_MAX + 1)) == [Outcome.REFUSED]


def test_R8_both_signatures_are_read_and_a_fuller_head_replaces_nothing() -> None:
    north, south = with_one_word()
    north.says("Two.")
    north.clock.passes(1.0)
    talk(north, south)
    full = north.signs_own(2, LATER, full=True)
    assert south.hears(full) == [Outcome.OK]
    south.settles()
    plain, fuller = [head for head in south.heads if head.kind == "checkpoint" and head.size == 2]
    assert verified(south, plain) == [ED25519]
    assert verified(south, fuller) == [ED25519, COSIGN_MLDSA44]
    assert south.state.their_cover.signed_both == 2


def test_L12_both_algorithms_stand_after_32_entries_or_a_minute() -> None:
    north, south = with_one_word()
    assert north.state.our_cover.sizes == [1, 1, 1, 1]
    for count in range(31):
        north.says(str(count))
    north.clock.passes(1.0)
    talk(north, south)
    assert north.state.our_cover.sizes == [32, 1, 32, 1]
    assert south.state.their_cover.sizes == [32, 1, 32, 1]
    north.says("The 32nd since.")
    north.clock.passes(1.0)
    talk(north, south)
    assert north.state.our_cover.sizes == south.state.their_cover.sizes == [33, 33, 33, 33]
    north.says("One more, and a minute.")
    north.clock.passes(1.0)
    talk(north, south)
    assert north.state.our_cover.sizes == [34, 33, 34, 33]
    north.clock.passes(60.0)
    talk(north, south)
    assert north.state.our_cover.sizes == south.state.their_cover.sizes == [34, 34, 34, 34]


def test_L29_each_entry_says_what_proves_it_to_others() -> None:
    cover = Covered(signed=5, signed_both=3, cosigned=1, cosigned_both=0)
    assert [cover.attribution(n) for n in range(6)] == [
        "cosigned",
        "hybrid-signed",
        "hybrid-signed",
        "signed",
        "signed",
        "authentic",
    ]


def test_L24_heads_that_say_nothing_new_are_not_kept() -> None:
    north, south = with_one_word()
    kept = len(north.heads) + len(south.heads)
    for at in range(20):
        assert south.hears(north.signs_own(1, LATER + 2 * at)) == [Outcome.OK]
        assert south.hears(north.signs_own(0, LATER + 2 * at + 1)) == [Outcome.OK]
        assert north.hears(south.signs_theirs(1, LATER + at, time=at)) == [Outcome.OK]
        south.settles()
        north.settles()
    assert len(north.heads) + len(south.heads) == kept
    assert north.state.they_cosigned == 1


@pytest.mark.parametrize("kind", [Kind.CHECKPOINT, Kind.COSIGN])
def test_K4_a_signature_that_does_not_stand_is_refused(kind: Kind) -> None:
    north, south = with_one_word()
    if kind is Kind.CHECKPOINT:
        good = north.signs_own(1, LATER)
        foreign = north.seals(kind, b"\x01" + north._root_at(0, 1) + b"\x01" * 70, LATER)
        assert south.hears(foreign) == [Outcome.REFUSED]
        assert south.hears(good) == [Outcome.OK]
    else:
        good = south.signs_theirs(1, LATER)
        foreign = south.seals(kind, Cosign(1, 5, b"\x01" * 70).to_bytes(), LATER)
        wrong_root = south.signs_theirs(1, LATER, root=b"\x01" * 32)
        assert north.hears(foreign, wrong_root) == [Outcome.REFUSED] * 2
        assert north.hears(good) == [Outcome.OK]


def test_W7_bytes_behind_the_signatures_are_refused() -> None:
    north, south = with_one_word()
    root = north._root_at(0, 1)
    required, _ = Head(north.terms.line_id, 1, 0, 1, root).checkpoint(
        north.terms.our_keys.log.public
    )
    block = north.terms.our_keys.log.block([required])
    for tail, outcome in ((b"\x00", Outcome.REFUSED), (b"", Outcome.OK)):
        packet = b"\x01" + root + block + tail
        assert south.hears(north.seals(Kind.CHECKPOINT, packet, LATER)) == [outcome]


def test_a_head_is_kept_before_it_is_sent() -> None:
    north, south = with_one_word()
    north.says("Two.")
    north.clock.passes(1.0)
    effects = north.line.settle(north.clock.now, 1000)
    names = [type(effect).__name__ for effect in effects]
    assert names[0] == "Keep"
    assert isinstance(effects[0], Keep)
    assert "signed" in effects[0].change.cells
    assert any(isinstance(effect, Transmit) for effect in effects)
    assert south.state.halted is None
    cross(south, north)


def test_L12_a_line_that_is_never_quiet_repeats_its_heads_too() -> None:
    """With fresh keys every two seconds no heartbeat is ever due; a lost head comes anyway."""
    north, south = in_service(rekey_s=2.0)
    north.says("Its signatures are lost.")
    north.clock.passes(1.0)
    frames = north.settles()
    south.hears(*envelopes(frames))
    for _ in range(16):
        north.clock.passes(1.0)
        talk(north, south)
    assert north.state.epochs[0] > 2
    assert south.state.their_cover.signed == 1
    assert north.state.our_cover.cosigned == 1
