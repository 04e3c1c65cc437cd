"""Ears to the letter: limits to the byte, what is known after a restart, what is kept and when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.core.effects import Keep, Outcome
from parley.core.errors import Misused, Refused
from parley.core.hearing import (
    CIPHERTEXTS_REMEMBERED,
    HELD_BYTES_MAX,
    PAST_EPOCHS_MAX,
    ROOTS_AHEAD_MAX,
    SEALED_AT,
    Stop,
)
from parley.core.opening import TheirOpen
from parley.core.packets import Flag, Kind, Status
from parley.core.record import EMPTY_ROOT
from parley.core.seal import Epoch
from parley.core.wire import decode
from tests.core.conversation import (
    TICK_S,
    envelopes,
    in_service,
    opens,
    packets,
    two_stations,
)
from tests.core.renewing import LATER, after_a_change_of_keys, forges, live
from tests.core.test_hearing import plaintext


def test_L10_L14_L24_the_limits_are_those_of_the_page() -> None:
    assert (HELD_BYTES_MAX, CIPHERTEXTS_REMEMBERED) == (4_194_304, 64)
    assert (ROOTS_AHEAD_MAX, PAST_EPOCHS_MAX) == (64, 16)


def test_L10_what_is_held_counts_to_the_byte_and_after_a_restart() -> None:
    north, south = in_service()
    full = [north.writes(n, plaintext(bytes(1 << 20))) for n in range(1, 5)]
    assert south.hears(*full) == [Outcome.OK] * 4  # 4 MiB, and not a byte more
    one, none = north.writes(5, plaintext(b"x")), north.writes(6, plaintext(b""))
    assert south.hears(one, none) == [Outcome.EARLY, Outcome.OK]
    south.settles()
    south.starts()
    assert south.hears(one) == [Outcome.EARLY]
    assert south.hears(north.writes(0, plaintext())) == [Outcome.OK]
    assert south.state.their_size == 5  # what joined is no longer held
    again = [north.writes(n, plaintext(bytes(1 << 20))) for n in range(7, 11)]
    assert south.hears(*again, one) == [Outcome.OK] * 5
    assert south.state.their_size == 11


def test_L16_a_root_stated_in_part_before_its_entry_came_is_no_contradiction() -> None:
    north, south = in_service()
    north.says("Slower than the STATUS that tells of it.")
    sealed = envelopes(north.settles())
    assert south.hears(north.states(LATER), *sealed) == [Outcome.OK] * 2
    assert south.state.halted is None


def test_S5_a_locator_belongs_to_the_other_entry_after_the_first_has_joined() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
    sealed = envelopes(north.settles())
    expected = south.line._ears.expected
    first, last = sealed[0][:SEALED_AT], sealed[2][:SEALED_AT]
    expected[first] = [*expected[first], *expected[last]]
    shared = first + sealed[2][SEALED_AT:]
    assert south.hears(sealed[0], sealed[1], shared) == [Outcome.OK] * 3
    assert all(expected.values())


def test_L13_an_authentic_entry_of_nothing_stops_the_line() -> None:
    north, south = in_service()
    assert south.hears(north.writes(0, b"")) == [Outcome.HALTED]


def test_of_a_counterpart_that_was_not_heard_nothing_is_said() -> None:
    north, _ = two_stations()
    assert (north.state.they_halted, north.state.they_doubt) == (False, False)
    assert north.state.their_announced == 0


def test_L19_who_has_heard_no_status_says_so_and_puts_nobody_in_service() -> None:
    north, south = two_stations()
    ours, theirs = north.settles(), south.settles()
    north.hears(*opens(theirs))
    south.hears(*opens(ours))  # and none of their STATUS
    north.clock.passes(TICK_S)
    assert packets(north.settles())
    said = packets(south.settles())
    assert north.hears(*said) == [Outcome.OK] * len(said)
    assert said
    assert not north.state.in_service


def test_H6_on_a_deniable_line_a_status_states_whole_roots() -> None:
    _, south = in_service(deniable=True)
    ears, ours = south.line._ears, south.line._voice.log
    whole = Status(0, 0, frozenset(), EMPTY_ROOT, EMPTY_ROOT, 0, 1, 0, 0)
    ears.check_status(whole, ours, 0, 0)
    with pytest.raises(Refused) as caught:
        ears.check_status(replace(whole, own_root=EMPTY_ROOT[:31]), ours, 0, 0)
    assert caught.value.rule == "H6"


def test_S2_a_prekey_that_is_gone_opens_nothing() -> None:
    north, south = two_stations()
    (theirs,) = opens(north.settles())
    read = TheirOpen.parse(theirs[1:], south.terms)
    ears = south.line._ears
    ears._prekey = None
    with pytest.raises(Refused) as caught:
        ears.accept_open(read, read.check(south.terms))
    assert caught.value.rule == "S2"


def test_S4_what_was_kept_has_no_key_of_an_entry_that_came() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
    zero, one, two = envelopes(north.settles())
    south.hears(zero, two)
    south.settles()
    (epoch,) = [Epoch.from_cell(cell) for cell in decode(south.cells["in"])[0]]
    for came in (0, 2):  # the one has joined, the other will, and needs its key no more
        with pytest.raises(Misused):
            epoch.message_key(came)
    assert south.hears(one) == [Outcome.OK]


def test_L22_what_was_kept_is_not_kept_again() -> None:
    north, south = in_service()
    north.says("Once.")
    south.hears(*envelopes(north.settles()))
    south.settles()
    south.clock.passes(TICK_S)
    again = [effect for effect in south.line.settle(south.clock.now, 0) if isinstance(effect, Keep)]
    assert not again


def test_S16_an_epoch_that_was_accepted_is_known_after_a_restart() -> None:
    north, south = in_service()
    rekey, _ = forges(north, south)
    assert south.hears(north.seals(Kind.REKEY, rekey.to_bytes(), LATER)) == [Outcome.OK]
    south.settles()
    south.starts()
    assert live(south) == [0, 1]


def test_L15_keys_they_had_given_up_are_known_after_a_restart() -> None:
    north, south, old = after_a_change_of_keys()
    south.starts(path=False)
    north.speaks_under(old)
    assert south.hears(north.states(LATER)) == [Outcome.HALTED]
    assert "given up" in str(south.state.halted)


def test_S17_what_was_given_up_is_kept_when_it_changes_and_not_with_every_entry() -> None:
    north, south, _ = after_a_change_of_keys()
    north.says("More.")
    south.hears(*envelopes(north.settles()))
    (keep,) = [
        effect for effect in south.line.settle(south.clock.now, 0) if isinstance(effect, Keep)
    ]
    assert "in" in keep.change.cells
    assert "past" not in keep.change.cells


def test_D9_of_a_line_that_is_over_no_key_stays_in_memory() -> None:
    _, south, _ = after_a_change_of_keys()
    ears = south.line._ears
    assert ears._past
    ears.forget()
    assert (ears.epochs, ears._past, ears.expected, ears._prekey) == ([], [], {}, None)


def test_L22_a_start_alone_leaves_nothing_of_theirs_to_keep() -> None:
    north, south = in_service()
    north.says("Kept before.")
    south.hears(*envelopes(north.settles()))
    south.settles()
    south.starts()
    keeps = [effect for effect in south.line.settle(south.clock.now, 0) if isinstance(effect, Keep)]
    assert not [keep for keep in keeps if "in" in keep.change.cells]


def test_S4_a_fresh_epoch_has_no_key_of_an_entry_that_came_before_it() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
    sealed = envelopes(north.settles())
    rekey, _ = forges(north, south, base=0)
    south.hears(*sealed)
    assert south.hears(north.seals(Kind.REKEY, rekey.to_bytes(), LATER)) == [Outcome.OK]
    fresh = south.line._ears.epochs[-1]
    fresh.message_key(3)
    with pytest.raises(Misused):
        fresh.message_key(2)


@pytest.mark.parametrize("first", [16, 32])
def test_L16_a_root_stated_twice_ahead_is_the_same_root_in_whole_and_in_part(first: int) -> None:
    for same in (True, False):
        _, south = in_service()
        ears, root = south.line._ears, bytes(range(32))
        ears.check_root(5, root[:first])
        again = root if same else root[:15] + b"\xff" + root[16:]
        if same:
            ears.check_root(5, again[: 48 - first])
            assert ears._roots_ahead == {5: root}
        else:
            with pytest.raises(Stop, match="our copies of the record differ"):
                ears.check_root(5, again[: 48 - first])


def test_L24_S17_of_epochs_that_were_given_up_the_last_sixteen_are_known() -> None:
    _, south = in_service()
    ears = south.line._ears
    for e in range(1, PAST_EPOCHS_MAX + 4):
        cell = ears.epochs[-1].cell()
        cell[0], cell[3] = e, bytes([e]) * 32
        fresh = Epoch.from_cell(cell)
        ears.begin(fresh, b"")
        ears.spoken_under(fresh, 0)
        assert ears.epochs == [fresh]
    assert [epoch.e for epoch in ears._past] == list(range(3, PAST_EPOCHS_MAX + 3))
    listened_to = {epoch for items in ears.expected.values() for epoch, _ in items}
    assert listened_to == {*ears._past, fresh}
    assert all(ears.expected.values())
    for past in ears._past:  # only its STATUS, to find out who was rolled back
        assert [kind for items in ears.expected.values() for e, kind in items if e is past] == [1]


def test_S17_an_older_epoch_ends_with_the_last_entry_that_was_sealed_under_it() -> None:
    north, south = in_service()
    ears = south.line._ears
    cell = ears.epochs[-1].cell()
    cell[0], cell[3] = 1, bytes(32)
    fresh = Epoch.from_cell(cell)
    ears.begin(fresh, b"")
    ears.spoken_under(fresh, 2)
    assert live(south) == [0, 1]
    assert south.hears(north.writes(0, plaintext())) == [Outcome.OK]
    assert live(south) == [0, 1]
    assert south.hears(north.writes(1, plaintext())) == [Outcome.OK]
    assert live(south) == [1]


def test_L15_one_counter_for_two_packets_stops_the_line() -> None:
    north, south = in_service()
    assert south.hears(north.states(LATER)) == [Outcome.OK]
    assert south.hears(north.states(LATER, flags=Flag.CLOCK_IN_DOUBT)) == [Outcome.HALTED]


def test_L15_who_holds_an_entry_that_we_did_not_write_stops_the_line() -> None:
    north, south = in_service()
    north.says("One.")
    south.hears(*envelopes(north.settles()))
    south.settles()
    for n, outcome in ((0, Outcome.OK), (1, Outcome.HALTED)):
        stated = south.states(LATER + n, contig=0, their_root=EMPTY_ROOT[:16], sack=frozenset({n}))
        assert north.hears(stated) == [outcome]


def test_L15_L16_a_root_of_another_record_stops_the_line() -> None:
    for lie in ({"their_root": bytes(16)}, {"own_root": bytes(16)}, {"contig": 1}, {"size": 0}):
        north, south = in_service()
        north.says("One.")
        south.hears(*envelopes(north.settles()))
        south.settles()
        assert south.hears(north.states(LATER, echo=0)) == [Outcome.OK]
        true = {"their_root": EMPTY_ROOT[:16], "own_root": south._root_at(0, 1)[:16]}
        assert south.hears(north.states(LATER + 1, **(true | lie))) == [Outcome.HALTED]
