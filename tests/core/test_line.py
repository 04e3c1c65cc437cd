"""The line as a whole: when it is in service, what it states, in which order things are done."""

from __future__ import annotations

import pytest

from parley.core.effects import Keep, Numbered, Outcome, Receipted, Transmit
from parley.core.entry import Precedence
from parley.core.packets import Flag
from parley.core.packets import Status as StatusPacket
from parley.core.speaking import OPEN, frame
from parley.core.wire import decode, encode, uvar
from tests.core.conversation import (
    TICK_S,
    Station,
    cross,
    envelopes,
    heard_s,
    in_service,
    is_in_service,
    kinds,
    opens,
    packets,
    talk,
    two_stations,
)


def read(near: Station, data: bytes) -> StatusPacket:
    """What a STATUS of `near` says."""
    terms = near.terms
    counter = int.from_bytes(data[6:10], "big")
    aad = terms.line_id + bytes((0, 0, 0, 1, terms.side)) + bytes(4) + near.epoch.et
    plain = near.epoch.open_packet(1, counter, aad, data[10:])
    assert plain is not None
    return StatusPacket.parse(plain)


# --- L19: coming into service


def test_G6_a_clock_in_doubt_is_told_at_once_and_also_in_halt() -> None:
    north, south = in_service()

    def shown(doubt: bool) -> tuple[bool, bool]:
        north.line.doubt_clock(doubt, north.clock.now)
        talk(north, south)
        return south.state.they_doubt, south.state.they_halted

    assert shown(False) == (False, False)
    assert shown(True) == (True, False)
    north.line._halt("a test", north.clock.now)
    assert shown(True) == (True, True)
    assert shown(False) == (False, True)


def test_L19_each_knows_that_the_other_hears_it() -> None:
    north, south = two_stations()
    states = [(north.state.in_service, south.state.in_service)]
    for _ in range(4):
        cross(north, south)
        states.append((north.state.in_service, south.state.in_service))
        cross(south, north)
        states.append((north.state.in_service, south.state.in_service))
    assert states[-1] == (True, True)
    assert states[1] == (False, False)  # South has read an OPEN and an echo of nothing
    assert north.notices == south.notices == ["in service"]


def test_L19_it_takes_round_trips_and_no_heartbeat() -> None:
    north, south = two_stations()
    talk(north, south, ticks=4)
    assert is_in_service(north)
    assert is_in_service(south)
    assert north.clock.mono - 1000.0 < 0.2


def test_L19_the_service_is_kept() -> None:
    north, south = in_service()
    north.starts()
    assert is_in_service(north)
    north.says("After a restart.")
    assert envelopes(north.settles())
    assert is_in_service(south)


def test_G10_an_open_of_a_newer_version_is_told_apart_and_changes_nothing() -> None:
    north, south = two_stations()
    (theirs,) = opens(north.settles())
    document = encode([2, south.line.terms.line_id, "what comes later"])
    newer = frame(OPEN, uvar(len(document)) + document)
    assert south.hears(newer, theirs) == [Outcome.NEWER, Outcome.OK]


def test_L19_open_is_repeated_at_growing_intervals_until_then() -> None:
    north, south = two_stations()
    times = []
    start = north.clock.mono
    first = b""
    for _ in range(4 * 64):
        if found := opens(north.settles()):
            times.append(north.clock.mono - start)
            assert first in (b"", found[0])  # byte for byte
            first = found[0]
        assert north.line.wake_at(north.clock.now) > north.clock.mono
        north.clock.passes(0.25)
    assert times == [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 61.0]
    south.hears(first)
    talk(north, south)
    assert is_in_service(north)
    north.clock.passes(120.0)
    assert not opens(north.settles())


def test_L19_an_open_is_made_once_and_kept_before_it_is_sent() -> None:
    north, _ = two_stations()
    new = [north.line.is_new]
    north.line.path_down(north.clock.now)
    assert north.settles() == []
    assert [*new, north.line.is_new] == [True, False]
    kept = decode(north.cells["open"])
    north.starts()
    (sent,) = opens(north.settles())
    assert sent[1:] == kept
    assert len(north.drawn) == 3  # one secret, two prekeys


def test_L19_one_that_is_heard_only_one_way_is_not_in_service() -> None:
    north, south = two_stations()
    for _ in range(10):
        north.clock.passes(10.0)
        cross(north, south)
        south.settles()
    assert not is_in_service(south)
    assert south.state.last_received_s is not None
    assert heard_s(south) is None


# --- L20: STATUS


def test_L20_a_status_goes_at_the_heartbeat_and_not_before() -> None:
    north, south = in_service(heartbeat_s=10)
    talk(north, south, ticks=40)
    sent = []
    start = north.clock.mono
    for _ in range(130):
        north.clock.passes(0.25)
        sent += [north.clock.mono - start] * len(packets(north.settles()))
    assert len(sent) == 3
    assert sent[1] - sent[0] == sent[2] - sent[1] == 10.0


def test_L20_no_status_answers_a_status_for_its_echo_alone() -> None:
    north, south = in_service()
    talk(north, south, ticks=20)
    north.clock.passes(10.1)
    south.settles()  # its own heartbeat
    heartbeat = north.settles()
    assert len(packets(heartbeat)) == 1
    before = len(south.effects)
    for _ in range(9):
        assert set(south.hears(*heartbeat)) <= {Outcome.OK, Outcome.DUPLICATE}
        south.clock.passes(1.0)
        assert south.settles() == []
    assert kinds(south.effects[before:]) == ["Keep"]


def test_L20_what_was_heard_is_receipted_at_once_but_not_more_often_than_every_20_ms() -> None:
    north, south = in_service()
    talk(north, south, ticks=20)
    statuses = 0
    for count in range(100):
        north.says(str(count))
        north.clock.passes(0.002)
        south.hears(*envelopes(north.settles()))
        statuses += len(packets(south.settles()))
    assert 8 <= statuses <= 12  # in 200 ms, with the one COSIGN among them
    assert south.state.their_size == 100


def test_L20_a_station_is_woken_when_a_status_is_due() -> None:
    north, south = in_service()
    talk(north, south, ticks=20)
    for count in range(2):
        north.says(str(count))
        south.hears(*envelopes(north.settles()))
        at = south.line.wake_at(south.clock.now)
        south.settles()
    assert at == pytest.approx(south.clock.mono + 0.020)


def test_L20_a_status_says_what_is_durable() -> None:
    north, south = in_service()
    north.says("One.")
    south.hears(*envelopes(north.settles()))
    south.clock.passes(TICK_S)
    effects = south.line.settle(south.clock.now, 1000)
    assert isinstance(effects[0], Keep)
    assert [entry.n for entry in effects[0].change.entries] == [0]
    with south.store.transaction():
        south.store.keep(effects[0].change)
    (data,) = packets(effect.frame for effect in effects if isinstance(effect, Transmit))[:1]
    status = read(south, data)
    assert (status.size, status.contig, status.epoch) == (0, 1, 0)
    assert status.their_root == south._root_at(0, 1)[:16]
    assert status.own_root == south._root_at(1, 0)[:16]


def test_L20_what_a_status_says_after_some_talk() -> None:
    north, south = in_service()
    north.says("One.")
    talk(north, south)
    north.clock.passes(11.0)
    talk(north, south, ticks=1)
    north.clock.passes(11.0)
    status = read(south, packets(south.settles())[0])
    assert status.cover == 1
    assert status.echo == north.line._counters._last[1]
    assert status.flags == 0
    assert status.sack == frozenset()


# --- L21: who was heard when


def test_L21_last_heard_is_the_age_of_our_newest_echoed_status() -> None:
    north, south = two_stations()
    assert heard_s(north) is None
    talk(north, south)
    assert 0.0 < (heard_s(north) or 0.0) < 0.3
    north.clock.passes(5.0)
    assert (heard_s(north) or 0.0) > 5.0
    north.starts()
    assert heard_s(north) is None  # not yet, in this start
    assert north.state.last_received_s is None


def test_L21_a_relay_that_delays_cannot_keep_a_dead_line_green() -> None:
    """South dies; a relay goes on playing what South had sent, a little at a time."""
    north, south = in_service()
    recorded = []
    for _ in range(20):
        south.clock.passes(11.0)
        recorded += packets(south.settles())
    for data in recorded:
        north.clock.passes(10.0)
        north.settles()
        assert north.hears(data) == [Outcome.OK]
    assert north.state.last_received_s == 0.0
    assert (heard_s(north) or 0.0) > 200.0


def test_L21_an_older_echo_does_not_make_it_older() -> None:
    north, south = in_service()
    for counter in (1, 2):
        north.clock.passes(11.0)
        cross(north, south)
        if counter == 1:
            older = south.states(1 << 19, echo=south.line._ears.newest_status)
    newer = south.states(1 << 20, echo=south.line._ears.newest_status)
    stale = south.states(1 << 21, echo=south.line._ears.newest_status - 1)
    north.hears(newer, stale)
    assert heard_s(north) == 0.0 + north.clock.mono - north.line._pulse._status_at
    assert north.hears(older) == [Outcome.STALE]


# --- L22, L23: in which order


def test_L22_L23_keep_then_people_then_entries_then_scrub_then_packets() -> None:
    north, south = in_service()
    south.says("To North.")
    south.clock.passes(TICK_S)
    north.hears(*south.settles())
    north.says("To South.", Precedence.FLASH)
    names = kinds(north.line.settle(north.clock.now, 1000))
    assert names.count("Keep") == 1
    assert names[0] == "Keep"
    people = [at for at, name in enumerate(names) if name in ("Numbered", "Heard", "Receipted")]
    sent = [at for at, name in enumerate(names) if name == "Transmit"]
    scrub = names.index("Scrub")
    assert max(people) < min(sent) < scrub < max(sent)


def test_L22_a_step_in_which_nothing_changed_keeps_nothing() -> None:
    north, south = in_service()
    talk(north, south, ticks=20)
    before = len(north.effects)
    for _ in range(50):
        north.clock.passes(0.1)
        north.settles()
    assert "Keep" not in kinds(north.effects[before:])


@pytest.mark.parametrize("moment", range(12))
def test_L22_a_crash_at_any_effect_loses_and_doubles_nothing(moment: int) -> None:
    north, south = in_service()
    south.says("From South.")
    north.says("From North.")
    north.settles(room=0)
    for near, far in ((south, north), (north, south)):
        near.clock.passes(TICK_S)
        try:
            far.hears(*near.settles(crash_at=moment if near is north else None))
        except Exception:
            near.starts()
    talk(north, south)
    north.clock.passes(1.0)
    talk(north, south, ticks=50)
    assert (north.reads(), south.reads()) == (["From South."], ["From North."])
    assert north.state.receipted == south.state.receipted == 1
    assert [row.root for row in north.ours] == [row.root for row in south.theirs]


def test_L23_a_receipt_never_leaves_before_the_scrub() -> None:
    north, south = in_service()
    talk(north, south, ticks=20)
    for count in range(5):
        north.says(str(count))
        north.clock.passes(TICK_S)
        south.hears(*north.settles())
        before = len(south.effects)
        assert packets(south.settles())
        names = kinds(south.effects[before:])
        assert names.index("Scrub") < names.index("Transmit")


def test_L23_a_scrub_that_failed_is_tried_again_before_the_receipt() -> None:
    north, south = in_service()
    talk(north, south, ticks=20)
    north.says("Erase me.")
    south.hears(*north.settles())
    south.clock.passes(TICK_S)
    assert south.settles(scrub_fails=True) == []
    south.clock.passes(0.05)
    assert packets(south.settles()) == []
    south.clock.passes(0.06)
    before = len(south.effects)
    frames = south.settles()
    names = kinds(south.effects[before:])
    assert names.index("Scrub") < names.index("Transmit")
    assert north.hears(*packets(frames))
    north.settles()
    assert north.receipts[-1:] == [1]


def test_L23_the_first_step_of_a_start_scrubs_what_a_crash_left() -> None:
    north, _ = in_service()
    north.starts()
    before = len(north.effects)
    north.settles()
    names = kinds(north.effects[before:])
    assert names.index("Scrub") < names.index("Transmit")


def test_receipts_and_numbers_are_told_once() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
        talk(north, south, ticks=4)
    assert north.receipts == [1, 2, 3]
    assert [effect.entry.n for effect in north.effects if isinstance(effect, Numbered)] == [0, 1, 2]
    assert [effect.upto for effect in north.effects if isinstance(effect, Receipted)] == [1, 2, 3]


def test_a_later_station_may_add_flags_and_fields() -> None:
    north, south = in_service()
    plain = StatusPacket.parse(
        StatusPacket(
            0, 0, frozenset(), north._root_at(0, 0), north._root_at(1, 0), 0, 1, 0, 0xEE
        ).to_bytes(32)
        + b"\x07"
        + uvar(3)
        + b"abc"
    )
    assert plain.flags == 0xEE
    assert not plain.flags & Flag.HALTED
    data = north.seals(1, plain.to_bytes(32) + b"\x07\x03abc", 1 << 20)
    assert south.hears(data) == [Outcome.OK]


def test_state_counts_what_became_of_frames() -> None:
    north, south = in_service()
    south.hears(b"", b"\x20junk..", b"\x24junk..")
    counts = south.state.counts
    assert counts[Outcome.REFUSED.value] == 1
    assert counts[Outcome.UNKNOWN.value] == 2
    north.line.path_down(north.clock.now)
    assert not north.state.path_up
    assert north.line.wake_at(north.clock.now) == north.clock.mono + 10.0
