"""Fresh keys: each limit, moment and form exactly where its rule has it."""

from __future__ import annotations

from dataclasses import replace
from math import nextafter

import pytest

from parley.core.effects import Outcome
from parley.core.errors import Malformed, Misused, Refused
from parley.core.kept import Change
from parley.core.keys import Prekey, hybrid
from parley.core.opening import PREKEYS_OFFERED
from parley.core.packets import Kind, Prekeys, Rekey
from parley.core.rekeying import STEPS_AT_ONCE, _offer_message
from parley.core.seal import CHAIN_STEPS_MAX, associated
from parley.core.suites import SUITE_1
from parley.core.terms import Instant
from parley.core.wire import decode, u32, u64
from tests.core.conversation import (
    TICK_S,
    Station,
    in_service,
    talk,
    two_stations,
)
from tests.core.renewing import LATER, epochs, forges, is_rekey, live, offers


@pytest.mark.parametrize(("asked", "seconds"), [(False, 3_600.0), (True, 1.0)])
def test_L25_L28_fresh_keys_are_made_at_their_moment_and_not_before(
    asked: bool, seconds: float
) -> None:
    north, _ = in_service()
    rekeying, voice = north.line._rekeying, north.line._voice
    change = Change(north.terms.line_id, 1, (0, 0))
    rekeying._switched_at = begun = 2_048.0
    if asked:
        north.line.renew()
    for moment, count in ((begun, 0), (nextafter(begun + seconds, 0.0), 0), (begun + seconds, 1)):
        now = Instant(north.clock.wall, moment)
        frames = rekeying.frames(voice, now, False, north.line._seal_packet, change)
        assert len(list(filter(is_rekey, frames))) == count


def test_L25_each_epoch_has_its_own_hundred_entries() -> None:
    north, south = in_service(rekey_entries=4)
    for count in range(8):
        north.says(str(count))
        north.clock.passes(1.0)
        talk(north, south)
        assert epochs(north) == ((count + 1) // 4, 0)


def test_S16_the_base_is_at_most_a_window_ahead() -> None:
    north, south = in_service()
    rekey, _ = forges(north, south, base=1_024)
    assert south.hears(north.seals(Kind.REKEY, rekey.to_bytes(), LATER)) == [Outcome.OK]


@pytest.mark.story
def test_S16_where_a_log_is_long_its_own_size_is_a_base() -> None:
    north, south = in_service()
    rekey, _ = forges(north, south, base=CHAIN_STEPS_MAX)
    south.line._ears.log.size = CHAIN_STEPS_MAX
    assert south.hears(north.seals(Kind.REKEY, rekey.to_bytes(), LATER)) == [Outcome.OK]


def sent_from(north: Station, south: Station, *bases: int) -> list[bytes]:
    """North's REKEY from each of some bases; on a deniable line the secret is one, as it may be."""
    rekeys = [forges(north, south, base=base)[0] for base in bases]
    if north.terms.deniable:
        code = north.line._rekeying._record_key.base_code
        rekeys = [
            replace(rekeys[0], base=base, block=code(north.terms.side, 1, base) + rekeys[0].block)
            for base in bases
        ]
    return [north.seals(Kind.REKEY, rekey.to_bytes(), LATER) for rekey in rekeys]


@pytest.mark.parametrize("deniable", [False, True])
def test_S16_a_base_far_behind_is_followed_a_little_each_time_that_its_rekey_comes(
    deniable: bool,
) -> None:
    assert STEPS_AT_ONCE == 32_768
    north, south = in_service(deniable=deniable)
    frame, other = sent_from(north, south, 0, 1)
    south.line._ears.log.size = 2 * STEPS_AT_ONCE + 1
    for seconds, given, reached in (
        (0.0, frame, STEPS_AT_ONCE),
        (1.0 - TICK_S, frame, STEPS_AT_ONCE),  # however often it comes
        (TICK_S, other, STEPS_AT_ONCE + 1),  # of another base the chain is another
        (1.0, frame, STEPS_AT_ONCE),
        (1.0, frame, 2 * STEPS_AT_ONCE),
    ):
        south.clock.passes(seconds)
        assert south.hears(given) == [Outcome.EARLY]
        assert south.line._rekeying._coming is not None
        assert (south.line._rekeying._coming.reached, live(south)) == (reached, [0])
    assert south.hears(frame) == [Outcome.OK]
    assert live(south) == [0, 1]
    assert south.line._rekeying._coming is None
    newest = south.line._ears.epochs[-1]
    assert (newest.base, newest.reached) == (0, south.line._ears.log.size)


@pytest.mark.parametrize("behind", [0, 1])
def test_S16_a_base_as_far_behind_as_is_followed_at_once(behind: int) -> None:
    north, south = in_service()
    (frame,) = sent_from(north, south, 0)
    south.line._ears.log.size = STEPS_AT_ONCE + behind
    assert south.hears(frame) == [Outcome.EARLY if behind else Outcome.OK]


def test_S16_what_is_followed_is_forgotten_with_the_line() -> None:
    north, south = in_service()
    south.line._ears.log.size = STEPS_AT_ONCE + 1
    assert south.hears(*sent_from(north, south, 0)) == [Outcome.EARLY]
    south.line._rekeying.forget()
    assert south.line._rekeying._coming is None


@pytest.mark.parametrize("wrong", [{"e": 2}, {"number": 77}, {"base": 1_025}])
def test_S16_a_refusal_names_the_rule(wrong: dict[str, int]) -> None:
    north, south = in_service()
    rekey, _ = forges(north, south, **wrong)
    ears = south.line._ears
    change = Change(north.terms.line_id, 1, (0, 0))
    with pytest.raises(Refused) as caught:
        south.line._rekeying.hear_rekey(rekey, ears.epochs[-1], ears, south.clock.now, change)
    assert caught.value.rule == "S16"
    assert not change


def test_S16_a_rekey_under_the_older_of_two_epochs_is_refused() -> None:
    north, south = in_service()
    north.says("Late.")
    north.settles()
    first, after = forges(north, south)
    assert south.hears(north.seals(Kind.REKEY, first.to_bytes(), LATER)) == [Outcome.OK]
    assert live(south) == [0, 1]
    older = north.epoch
    north.speaks_under(after)
    second, _ = forges(north, south, e=2)
    north.speaks_under(older)
    frame = north.seals(Kind.REKEY, second.to_bytes(), LATER + 1)
    assert south.hears(frame) == [Outcome.REFUSED]


def test_S4_after_the_switch_no_key_of_a_number_already_given_remains() -> None:
    north, south = in_service(rekey_entries=2)
    for count in range(2):
        north.says(str(count))
    held_back = [frame for frame in north.settles() if is_rekey(frame)]
    north.says("Under the old keys still.")
    north.settles()
    south.hears(*held_back)
    north.clock.passes(TICK_S)
    north.hears(*south.settles())
    north.settles()
    assert epochs(north) == (1, 0)
    assert len(north.ours) == 3
    assert north.epoch.base == 2
    with pytest.raises(Misused):
        north.epoch.message_key(2)
    assert len(north.epoch.message_key(3).key) == 32


def test_L29_a_clock_before_its_own_beginning_dates_keys_to_it() -> None:
    north, south = in_service(rekey_entries=1)
    north.clock.wall = -1_000.0
    north.says("One.")
    talk(north, south)
    assert epochs(north) == (1, 0)
    assert north.state.healed.ours == 0
    north.starts()
    assert north.state.healed.ours == 0


def test_L29_a_clock_before_its_own_beginning_dates_prekeys_to_it() -> None:
    _, south = two_stations()
    south.clock.wall = -1_000.0
    south.settles()
    ours, _ = decode(south.cells["prekeys"])
    assert {made for _, made in ours.values()} == {0}


def test_S15_the_prekeys_of_an_open_are_the_first_that_a_rekey_may_use() -> None:
    north, south = two_stations()
    south.hears(*north.settles())
    south.settles()
    theirs, used = decode(south.cells["their prekeys"])
    assert theirs == {number: Prekey(seed).public for number, (seed, _) in offers(north).items()}
    assert (len(theirs), used) == (PREKEYS_OFFERED, 0)
    assert not south.line._rekeying.wants


def test_S18_a_rekey_names_its_epoch_and_its_prekey_each_in_its_place() -> None:
    north, south = in_service(rekey_entries=1)
    offered = {9: Prekey(b"\x09" * 32).public}
    message = _offer_message(south.terms, 1, south.epoch, offered)
    packet = Prekeys(offered, south.terms.our_keys.station.block(hybrid(message)))
    assert north.hears(south.seals(Kind.PREKEYS, packet.to_bytes(), LATER)) == [Outcome.OK]
    north.says("One.")
    (frame,) = filter(is_rekey, north.settles())
    epoch = north.epoch
    aad = associated(north.terms.line_id, 1, 0, 0, None, epoch.et)
    plain = epoch.open_packet(Kind.REKEY, int.from_bytes(frame[6:10]), aad, frame[10:])
    rekey = Rekey.parse(plain or b"", SUITE_1)
    assert (rekey.e, rekey.prekey, rekey.base) == (1, 9, 1)


def test_S15_a_list_of_prekeys_has_one_form() -> None:
    public = Prekey(b"\x01" * 32).public
    packet = Prekeys({2: public, 5: public}, b"block")
    assert Prekeys.parse(packet.to_bytes(), SUITE_1) == packet
    for numbers in ([2, 2], [5, 2], [0, 1], range(1, 18)):
        items = b"".join(u32(number) + public for number in numbers)
        with pytest.raises(Malformed):
            Prekeys.parse(bytes([len(numbers)]) + items + b"block", SUITE_1)
    with pytest.raises(Malformed):
        Prekeys.parse(b"\x02" + u32(1) + public, SUITE_1)


def test_S15_a_prekey_that_is_no_key_is_refused() -> None:
    north, south = in_service()
    offered = {9: b"\xff" * 1216}
    message = _offer_message(south.terms, 1, south.epoch, offered)
    packet = Prekeys(offered, south.terms.our_keys.station.block(hybrid(message)))
    assert north.hears(south.seals(Kind.PREKEYS, packet.to_bytes(), LATER)) == [Outcome.REFUSED]


def test_S15_numbers_of_prekeys_rise_and_never_return() -> None:
    north, south = in_service(rekey_entries=1)
    north.says("One.")
    talk(north, south)
    assert epochs(north) == (1, 0)
    again = {1: Prekey(b"\x09" * 32).public, 7: Prekey(b"\x07" * 32).public}
    message = _offer_message(south.terms, 1, south.epoch, again)
    packet = Prekeys(again, south.terms.our_keys.station.block(hybrid(message)))
    assert north.hears(south.seals(Kind.PREKEYS, packet.to_bytes(), LATER)) == [Outcome.OK]
    north.settles()
    assert list(decode(north.cells["their prekeys"])[0]) == [7]


def test_a_halted_line_makes_no_rekey_and_offers_no_prekeys() -> None:
    north, south = in_service(rekey_entries=1)
    north.says("One.")
    north.line._halt("this test wants it so", north.clock.now)
    north.clock.passes(11.0)
    assert not [frame for frame in north.settles() if len(frame) > 200]
    talk(north, south)
    assert epochs(north) == (0, 0)


def test_S18_a_rekey_has_one_form() -> None:
    packet = Rekey(3, 7, 99, b"\x05" * 1168, b"block")
    assert packet.to_bytes() == u32(3) + u32(7) + u64(99) + b"\x05" * 1168 + b"block"
    assert Rekey.parse(packet.to_bytes(), SUITE_1) == packet
    with pytest.raises(Malformed):
        Rekey.parse(packet.to_bytes()[:1183], SUITE_1)


def test_L25_before_our_open_there_is_nothing_to_renew() -> None:
    north, _ = two_stations()
    line = north.line
    change = Change(north.terms.line_id, 1, (0, 0))
    frames = line._rekeying.frames(line._voice, north.clock.now, True, line._seal_packet, change)
    assert frames == []
    assert not change
