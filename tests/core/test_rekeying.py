"""Fresh keys while a line is open: one REKEY for an epoch, and soon the old one is gone."""

from __future__ import annotations

from math import nextafter

import pytest

from parley.core.effects import Outcome
from parley.core.kept import Change
from parley.core.keys import ED25519, MLDSA44, Prekey, hmac_sha256, hybrid, sha256
from parley.core.opening import PREKEYS_OFFERED
from parley.core.packets import Flag, Kind, Prekeys, Rekey
from parley.core.rekeying import _bound, _offer_message, _rekey_message
from parley.core.seal import CHAIN_STEPS_MAX
from parley.core.terms import Instant
from parley.core.wire import decode, encode, u32, u64
from parley.store.memory import MemoryStore
from tests.core.checks import all_hold
from tests.core.conversation import (
    TICK_S,
    envelopes,
    in_service,
    packets,
    talk,
    two_stations,
)
from tests.core.renewing import (
    LATER,
    after_a_change_of_keys,
    epochs,
    forges,
    is_offer,
    is_rekey,
    live,
    offers,
)


def test_S14_the_next_epoch_as_written_out() -> None:
    north, _ = in_service()
    epoch, secret, sealed, public = north.epoch, b"\x01" * 32, b"\x02" * 1168, b"\x03" * 1216
    after = epoch.next(secret, sealed, public, 7)
    et = sha256(b"pl1 rekey" + epoch.et + sealed + sha256(public) + u32(1) + u64(7))
    rk = hmac_sha256(epoch.nk, secret + et)
    assert (after.e, after.base, after.et) == (1, 7, et)
    assert (after.kl, after.ka, after.nk) == tuple(
        hmac_sha256(rk, label) for label in (b"loc", b"aux", b"next")
    )
    chain = hmac_sha256(rk, b"chain")
    assert after.message_key(7).key == hmac_sha256(hmac_sha256(chain, b"\x01"), b"\x03")


def test_L25_a_direction_gets_fresh_keys_after_so_many_entries() -> None:
    north, south = in_service(rekey_entries=4)
    for count in range(3):
        north.says(str(count))
    talk(north, south)
    assert epochs(north) == (0, 0)
    north.says("The fourth.")
    talk(north, south)
    assert (epochs(north), epochs(south)) == ((1, 0), (0, 1))
    assert live(south) == [1]
    assert north.cells.get("rekey") is None
    north.says("Under fresh keys.")
    south.says("Under the first ones.")
    talk(north, south)
    assert south.reads()[-1] == "Under fresh keys."
    assert north.reads() == ["Under the first ones."]
    assert [row.et == south.theirs[0].et for row in south.theirs] == [True] * 4 + [False]
    all_hold(north, south)


def test_L25_an_idle_line_is_renewed_by_the_clock_for_ever() -> None:
    north, south = in_service(rekey_s=3_600.0)
    for hour in range(1, 21):
        north.clock.passes(3_600.0)
        talk(north, south, ticks=12)
        assert (epochs(north), epochs(south)) == ((hour, hour), (hour, hour))
        assert live(north) == live(south) == [hour]
        assert len(offers(north)) == len(offers(south)) == PREKEYS_OFFERED
    assert north.state.halted is south.state.halted is None
    assert not north.ours
    all_hold(north, south)


def test_L26_nothing_waits_for_a_rekey() -> None:
    """Entries go on under the old keys until it is known that the new ones are there."""
    north, south = in_service(rekey_entries=2)
    north.says("One.")
    north.says("Two.")
    frames = north.settles()
    (rekey,) = filter(is_rekey, frames)
    assert south.hears(*envelopes(frames)) == [Outcome.OK] * 2
    north.says("Three.")
    three = north.settles()
    assert south.hears(*envelopes(three)) == [Outcome.OK]
    assert epochs(north) == (0, 0)
    assert south.hears(rekey) == [Outcome.OK]
    assert live(south) == [0, 1]
    talk(north, south)
    assert (epochs(north)[0], live(south)) == (1, [1])
    north.says("Four.")
    talk(north, south)
    assert south.reads() == ["One.", "Two.", "Three.", "Four."]


def test_L25_the_one_rekey_of_an_epoch_is_repeated_byte_for_byte_also_after_a_restart() -> None:
    north, south = in_service(rekey_entries=1)
    north.says("One.")
    (rekey,) = filter(is_rekey, north.settles())
    north.clock.passes(11.0)
    assert rekey in north.settles()
    north.starts()
    again = north.settles()
    assert list(filter(is_rekey, again)) == [rekey]
    assert south.hears(rekey, rekey) == [Outcome.OK, Outcome.DUPLICATE]
    talk(north, south)
    assert epochs(north) == (1, 0)
    north.clock.passes(11.0)
    assert not list(filter(is_rekey, north.settles()))


def test_S16_a_rekey_is_accepted_in_one_change_with_the_end_of_its_prekey() -> None:
    north, south = in_service(rekey_entries=1)
    before = offers(south)
    north.says("One.")
    frames = north.settles()
    south.hears(*frames)
    image: MemoryStore = south.image()
    south.settles()
    assert min(before) not in offers(south)
    assert max(offers(south)) > max(before)
    assert live(south) == [0, 1]
    south.becomes(image)  # as after a crash before the change was kept
    assert (live(south), offers(south)) == ([0], before)
    talk(north, south)
    north.clock.passes(11.0)
    talk(north, south)
    assert epochs(north) == (1, 0)


def test_S17_the_older_epoch_lives_until_the_last_entry_under_it_has_come() -> None:
    north, south = in_service(rekey_entries=2)
    north.says("One.")
    north.says("Two, late.")
    frames = north.settles()
    one, two = envelopes(frames)
    south.hears(one, *filter(is_rekey, frames))
    north.clock.passes(TICK_S)
    north.hears(*south.settles())
    assert epochs(north) == (1, 0)
    north.says("Three.")
    north.clock.passes(TICK_S)
    south.hears(*[frame for frame in north.settles() if frame != two])
    assert live(south) == [0, 1]
    south.settles()
    south.starts()
    assert live(south) == [0, 1]
    assert south.hears(two) == [Outcome.OK]
    assert live(south) == [1]
    south.settles()
    assert south.reads() == ["One.", "Two, late.", "Three."]
    south.starts()
    assert live(south) == [1]


def test_S17_of_sixteen_epochs_that_are_over_the_packets_are_still_known() -> None:
    north, south = in_service(rekey_entries=1)
    old = [north.epoch]
    for count in range(18):
        north.says(str(count))
        north.clock.passes(1.0)  # prekeys are offered once a second
        talk(north, south, ticks=12)
        old.append(north.epoch)
    assert south.state.epochs == (0, 18)
    past = decode(south.cells["past"])
    assert [one[0] for one in past] == list(range(2, 18))
    assert all(one[5:] == [b"", b"", 0, {}] for one in past)
    for epoch, outcome in ((old[1], Outcome.UNKNOWN), (old[17], Outcome.HALTED)):
        north.speaks_under(epoch)
        assert south.hears(north.states(LATER)) == [outcome]
    assert "given up" in str(south.state.halted)


def test_S17_epochs_kept_beside_the_living_ones_are_still_known() -> None:
    """As folders of an earlier release have them; the first entry puts them into their own cell."""
    north, south, old = after_a_change_of_keys()
    live, _, until, accepted = decode(south.cells["in"])
    past = decode(south.cells.pop("past"))
    south.cells["in"] = encode([live, past, until, accepted])
    south.starts()
    north.says("Once more.")
    talk(north, south)
    assert decode(south.cells["in"])[1] == []
    assert [one[0] for one in decode(south.cells["past"])][: len(past)] == [one[0] for one in past]
    north.speaks_under(old)
    assert south.hears(north.states(LATER)) == [Outcome.HALTED]


def test_S16_a_second_rekey_waits_while_two_epochs_live() -> None:
    north, south = in_service()
    late = north.says("Late.")
    envelopes(north.settles())
    first, after = forges(north, south)
    assert south.hears(north.seals(Kind.REKEY, first.to_bytes(), LATER)) == [Outcome.OK]
    south.settles()
    assert late == 0
    north.speaks_under(after)
    assert south.hears(north.states(LATER)) == [Outcome.OK]  # one entry before it is missing
    second, _ = forges(north, south, e=2)
    frame = north.seals(Kind.REKEY, second.to_bytes(), LATER + 1)
    assert south.hears(frame, frame) == [Outcome.EARLY] * 2
    assert live(south) == [0, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"e": 2},
        {"e": 0},
        {"number": 77},
        {"base": 1_025},
    ],
)
def test_S16_a_rekey_that_cannot_be_the_next_is_refused(wrong: dict[str, int]) -> None:
    north, south = in_service()
    rekey, _ = forges(north, south, **wrong)
    assert south.hears(north.seals(Kind.REKEY, rekey.to_bytes(), LATER)) == [Outcome.REFUSED]
    assert (live(south), offers(south)) == ([0], offers(south))
    right, _ = forges(north, south)
    assert south.hears(north.seals(Kind.REKEY, right.to_bytes(), LATER)) == [Outcome.OK]


def test_S16_a_rekey_too_far_back_is_refused() -> None:
    north, south = in_service()
    rekey, _ = forges(north, south, base=0)
    south.line._ears.log.size = CHAIN_STEPS_MAX + 1
    assert south.hears(north.seals(Kind.REKEY, rekey.to_bytes(), LATER)) == [Outcome.REFUSED]
    south.line._ears.log.size = 0
    assert south.hears(north.seals(Kind.REKEY, rekey.to_bytes(), LATER)) == [Outcome.OK]


@pytest.mark.parametrize("kind", [Kind.REKEY, Kind.PREKEYS])
def test_S15_S16_whoever_has_the_epochs_keys_but_not_the_stations_is_refused(kind: Kind) -> None:
    north, south = in_service()
    thief = south.terms.our_keys.station.named(north.terms.our_keys.station.public.name)
    rekey, _ = forges(north, south)
    before = dict(south.cells)
    for count, tail in enumerate((b"", b"\x00")):
        key = thief if not tail else north.terms.our_keys.station
        if kind is Kind.REKEY:
            public = Prekey(offers(south)[1][0]).public
            bound = _bound(north.terms, 0, north.epoch, 1, 0)
            message = _rekey_message(bound, rekey.sealed, public)
            packet = Rekey(1, 1, 0, rekey.sealed, key.block(hybrid(message)) + tail).to_bytes()
        else:
            offered = {9: Prekey(b"\x09" * 32).public}
            message = _offer_message(north.terms, 0, north.epoch, offered)
            packet = Prekeys(offered, key.block(hybrid(message)) + tail).to_bytes()
        assert south.hears(north.seals(kind, packet, LATER + count)) == [Outcome.REFUSED]
    south.settles()
    assert south.cells == before


def test_S16_with_ed25519_alone_it_heals_against_thieves_of_today_only() -> None:
    north, south = in_service()
    rekey, _ = forges(north, south)
    public = Prekey(offers(south)[1][0]).public
    message = _rekey_message(_bound(north.terms, 0, north.epoch, 1, 0), rekey.sealed, public)
    for algorithm, outcome in ((MLDSA44, Outcome.REFUSED), (ED25519, Outcome.OK)):
        block = north.terms.our_keys.station.block([(algorithm, message)])
        packet = Rekey(1, 1, 0, rekey.sealed, block).to_bytes()
        assert south.hears(north.seals(Kind.REKEY, packet, LATER)) == [outcome]
    assert not south.state.healed.quantum
    south.settles()
    south.starts()
    assert not south.state.healed.quantum


def test_L27_two_rekeys_for_one_epoch_halt_the_line() -> None:
    north, south = in_service()
    one, two = forges(north, south)[0], forges(north, south)[0]
    assert south.hears(north.seals(Kind.REKEY, one.to_bytes(), LATER)) == [Outcome.OK]
    assert south.hears(north.seals(Kind.REKEY, one.to_bytes(), LATER + 1)) == [Outcome.DUPLICATE]
    assert south.hears(north.seals(Kind.REKEY, two.to_bytes(), LATER + 2)) == [Outcome.HALTED]
    assert "two different REKEY" in str(south.state.halted)


def test_L27_another_prekey_under_a_known_number_halts_the_line() -> None:
    north, south = in_service()
    offered = {1: Prekey(b"\x09" * 32).public}
    message = _offer_message(south.terms, 1, south.epoch, offered)
    packet = Prekeys(offered, south.terms.our_keys.station.block(hybrid(message)))
    assert north.hears(south.seals(Kind.PREKEYS, packet.to_bytes(), LATER)) == [Outcome.HALTED]
    assert "another prekey" in str(north.state.halted)


@pytest.mark.parametrize(("epoch", "who"), [(1, "we were"), (None, "they were")])
def test_L15_an_epoch_never_made_or_lost_again_halts_the_line(epoch: int | None, who: str) -> None:
    north, south = in_service(rekey_entries=2)
    if epoch is None:
        north.says("One.")
        north.says("Two.")
        talk(north, south)
        assert epochs(north) == (1, 0)
    assert north.hears(south.states(LATER, epoch=epoch or 0)) == [Outcome.HALTED]
    assert who in str(north.state.halted)


def test_L28_prekeys_are_sent_when_they_are_wanted() -> None:
    north, south = in_service(rekey_entries=1)
    sent = []
    for count in range(6):
        north.says(str(count))
        for _ in range(12):
            north.clock.passes(TICK_S * 4)
            south.hears(*north.settles())
            frames = south.settles()
            sent += [frame for frame in packets(frames) if len(frame) > 4_000]
            north.hears(*frames)
        assert epochs(north) == (count + 1, 0)
    assert 2 <= len(sent) <= 4  # two at a time
    assert north.hears(*sent) == [Outcome.DUPLICATE] * len(sent)


def test_L28_a_person_can_ask_for_fresh_keys_of_both_sides() -> None:
    north, south = in_service()
    assert tuple(north.state.healed) == (None, None, True)
    stolen = max(offers(north))
    north.line.renew()
    north.clock.passes(2.0)
    for _ in range(8):
        north.clock.passes(2.0)
        talk(north, south)
    assert epochs(north)[0] == 1
    assert epochs(north)[1] == 3  # past both prekeys that a thief of that moment holds
    assert min(offers(north)) > stolen + 1
    healed = north.state.healed
    assert healed.quantum is True  # their last REKEY bore both signatures
    assert healed.theirs is not None
    assert healed.ours is not None
    assert int(north.clock.wall) - 20 <= healed.ours <= int(north.clock.wall)


def test_L28_a_counterpart_that_always_asks_gets_at_most_one_a_second() -> None:
    north, south = in_service()
    made = 0
    for count in range(200):
        north.clock.passes(TICK_S)
        south.hears(*north.settles())
        north.hears(*south.settles())
        north.hears(south.states(LATER + count, echo=1, flags=Flag.WANTS_REKEY, cover=0))
        made = epochs(north)[0]
    assert 1 <= made <= 5


def test_L28_prekeys_go_only_to_who_wants_them_and_once_for_each_wish() -> None:
    north, south = two_stations()
    for _ in range(8):
        north.clock.passes(TICK_S)
        for near, far in ((north, south), (south, north)):
            sent = near.settles()
            assert not list(filter(is_offer, packets(sent)))  # an OPEN has brought the first ones
            far.hears(*sent)
    assert north.state.in_service
    frames = []
    for at in range(200):
        north.clock.passes(TICK_S)
        if at == 100:
            north.hears(south.states(LATER, echo=1, flags=Flag.WANTS_PREKEYS))
        sent = list(filter(is_offer, north.settles()))
        assert not sent or at >= 100
        frames += sent
    assert len(frames) == 1


def test_L28_a_counterpart_that_always_wants_prekeys_gets_them_at_most_once_a_second() -> None:
    north, south = in_service()
    rekeying, voice = north.line._rekeying, north.line._voice
    change = Change(north.terms.line_id, 1, (0, 0))
    for moment, count in (
        (2_000.0, 1),
        (2_000.5, 0),
        (nextafter(2_001.0, 0.0), 0),
        (2_001.0, 1),
        (2_001.5, 0),
        (2_009.0, 1),
    ):
        north.hears(south.states(LATER + int(moment * 8), echo=1, flags=Flag.WANTS_PREKEYS))
        now = Instant(north.clock.wall, moment)
        frames = rekeying.frames(voice, now, False, north.line._seal_packet, change)
        assert len(list(filter(is_offer, frames))) == count
