"""When a STATUS is due, to the moment, and how counters are reserved before they are used."""

from __future__ import annotations

from math import inf, nextafter

from parley.core.kept import Change
from parley.core.packets import COUNTER_LAST, COUNTER_MAX, Kind
from parley.core.pulse import Counters, Pulse
from parley.core.terms import Instant
from parley.core.wire import decode, encode
from tests.core.conversation import LINE_ID, in_service, terms_of

START = 1_000.0


def at(mono: float) -> Instant:
    return Instant(0.0, mono)


def beating() -> Pulse:
    """A pulse of ten seconds whose newest STATUS left at the start."""
    pulse = Pulse(10.0)
    pulse.status_tried(at(START))
    return pulse


def test_L20_a_status_is_due_at_the_heartbeat_to_the_moment() -> None:
    pulse = beating()
    assert not pulse.status_due(at(nextafter(START + 10.0, 0.0)))
    assert pulse.status_due(at(START + 10.0))


def test_L20_what_moved_makes_one_due_after_so_long_and_no_later() -> None:
    pulse = beating()
    pulse.repeat(at(START))
    pulse.soon(at(START + 1.0), 0.5)
    pulse.soon(at(START + 1.0), 2.0)  # something that can wait longer delays nothing
    assert pulse.wake_at() == START + 1.5
    assert not pulse.status_due(at(nextafter(START + 1.5, 0.0)))
    assert pulse.status_due(at(START + 1.5))
    pulse.soon(at(START + 1.0))
    assert pulse.status_due(at(START + 1.0))


def test_L20_no_two_leave_within_20_ms() -> None:
    pulse = beating()
    pulse.soon(at(START + 0.001))
    assert not pulse.status_due(at(START + 0.019))
    assert pulse.status_due(at(START + 0.020))
    pulse.path_up(at(START + 0.001))  # but where a path comes up one is due at once
    assert pulse.status_due(at(START + 0.001))


def test_L12_what_is_repeated_is_due_at_the_heartbeat_to_the_moment() -> None:
    pulse = beating()
    assert pulse.repeat(at(START)) is True
    assert pulse.repeat(at(nextafter(START + 10.0, 0.0))) is False
    assert pulse.repeat(at(START + 10.0)) is True
    assert pulse.repeat(at(START + 10.0)) is False
    pulse.path_up(at(START + 11.0))
    assert pulse.repeat(at(START + 11.0)) is True


def test_L20_a_station_sleeps_until_the_first_of_what_is_due() -> None:
    pulse = beating()
    assert pulse.wake_at() == -inf  # what is repeated was never sent
    pulse.repeat(at(START + 3.0))
    assert pulse.wake_at() == START + 10.0
    pulse.status_tried(at(START + 5.0))
    assert pulse.wake_at() == START + 13.0
    pulse.soon(at(START + 20.0))
    assert pulse.wake_at() == START + 13.0
    pulse.soon(at(START + 6.0))
    assert pulse.wake_at() == START + 6.0


def test_L24_of_own_statuses_4096_are_remembered_and_the_oldest_goes() -> None:
    for sent, heard_at in ((4_096, START + 1), (4_097, None)):
        pulse = beating()
        for counter in range(1, sent + 1):
            pulse.status_sent(counter, at(START + counter))
        pulse.received(1, at(START + 5_000.0))
        assert pulse.heard_at == heard_at
        pulse.received(sent, at(START + 5_000.0))
        assert pulse.heard_at == START + sent


def test_L11_counters_are_reserved_before_they_are_used_and_a_start_skips_what_was() -> None:
    north, _ = in_service()
    epoch, terms = north.epoch, terms_of(0)

    def seal(counters: Counters) -> tuple[int, Change]:
        change = Change(LINE_ID, 1, (0, 0))
        frame = counters.seal(Kind.STATUS, b"", epoch, terms, change)
        return int.from_bytes(frame[6:10]), change

    counters = Counters({})
    counter, change = seal(counters)
    assert counter == 1  # S9
    assert decode(change.cells["counters"] or b"") == {Kind.STATUS: 1 + 4_096}
    for expected in range(2, 4_098):
        counter, change = seal(counters)
        assert (counter, change.cells) == (expected, {})
    counter, change = seal(counters)
    reserved = decode(change.cells["counters"] or b"")
    assert (counter, reserved) == (4_098, {Kind.STATUS: 4_098 + 4_096})
    again = Counters({"counters": reserved})
    assert again.last(Kind.CHECKPOINT) == 0  # each kind has its own
    counter, change = seal(again)
    assert counter == 4_098 + 4_096 + 65_536 + 1
    assert decode(change.cells["counters"] or b"") == {Kind.STATUS: counter + 4_096}


def test_L11_the_last_counters_are_for_the_status_that_says_so() -> None:
    for top, over in ((COUNTER_MAX - 65_537, False), (COUNTER_MAX - 65_536, True)):
        counters = Counters({"counters": {Kind.STATUS: top, Kind.COSIGN: 1}})
        assert counters.used_up is over
    north, _ = in_service()
    change = Change(LINE_ID, 1, (0, 0))
    counters.seal(Kind.STATUS, b"", north.epoch, terms_of(0), change)
    assert change.cells["counters"] == encode(
        {Kind.STATUS: COUNTER_MAX + 1 + 4_096, Kind.COSIGN: 1}
    )
    counters = Counters({"counters": {Kind.STATUS: COUNTER_LAST - 65_537}})
    counters.seal(Kind.STATUS, b"", north.epoch, terms_of(0), change)
    assert change.cells["counters"] == encode({Kind.STATUS: COUNTER_LAST})
