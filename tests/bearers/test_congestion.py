"""How fast QUIC sends: a full queue slows it, loss alone does not."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import cast

import pytest
from aioquic.quic.packet_builder import QuicSentPacket

from parley.bearers.congestion import (
    MEMORY_S,
    PACKETS_FIRST,
    PACKETS_MAX,
    PACKETS_MIN,
    DelayControl,
)
from parley.bearers.least import Least

PACKET = 1_200


@dataclass
class Sent:
    """As much of a packet as the control looks at."""

    sent_bytes: int = PACKET


def rounds(
    control: DelayControl, seconds: float, *, rtt: float, loss: float = 0.0, begins: float = 0.0
) -> float:
    """Send a window each round trip, and lose some of it; the time afterwards."""
    chance = random.Random(3)
    now = begins
    while now < begins + seconds:
        packets = [cast(QuicSentPacket, Sent()) for _ in range(control.congestion_window // PACKET)]
        for packet in packets:
            control.on_packet_sent(packet=packet)
        now += rtt
        control.on_rtt_measurement(now=now, rtt=rtt)
        fates = [(packet, chance.random() < loss) for packet in packets]
        control.on_packets_lost(now=now, packets=[packet for packet, lost in fates if lost])
        for packet in (packet for packet, lost in fates if not lost):
            control.on_packet_acked(now=now, packet=packet)
        assert control.bytes_in_flight == 0
    return now


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.2])
def test_loss_by_chance_does_not_slow_it_down(loss: float) -> None:
    control = DelayControl(max_datagram_size=PACKET)
    rounds(control, 20, rtt=0.08, loss=loss)
    assert control.congestion_window == PACKETS_MAX * PACKET
    assert control.get_log_data()["lost"] == pytest.approx(loss, abs=0.02)


def test_a_link_that_loses_every_third_packet_is_given_less() -> None:
    control = DelayControl(max_datagram_size=PACKET)
    rounds(control, 20, rtt=0.3, loss=0.6)
    assert control.congestion_window < PACKETS_FIRST * PACKET


def test_a_queue_slows_it_down_to_what_voice_needs_and_not_below() -> None:
    control = DelayControl(max_datagram_size=PACKET)
    now = rounds(control, 2, rtt=0.05)
    before = control.congestion_window
    for each in range(4):
        control.on_rtt_measurement(now=now + 0.6 * each, rtt=0.4)
    assert control.congestion_window < before * 0.5
    for each in range(4, 15):
        control.on_rtt_measurement(now=now + 0.6 * each, rtt=0.4)
    assert control.congestion_window == PACKETS_MIN * PACKET


def test_one_late_packet_is_no_queue() -> None:
    control = DelayControl(max_datagram_size=PACKET)
    now = rounds(control, 2, rtt=0.05)
    before = control.congestion_window
    control.on_rtt_measurement(now=now + 0.01, rtt=0.5)
    assert control.congestion_window == before


def test_a_path_that_became_longer_is_believed_after_a_while() -> None:
    control = DelayControl(max_datagram_size=PACKET)
    now = rounds(control, 2, rtt=0.05)
    now = rounds(control, MEMORY_S + 1, rtt=0.6, begins=now)
    before = control.congestion_window
    rounds(control, 5, rtt=0.6, begins=now)
    assert control.congestion_window > before


def test_when_nothing_came_through_it_begins_from_the_least() -> None:
    control = DelayControl(max_datagram_size=PACKET)
    control.on_persistent_congestion()
    assert control.congestion_window == PACKETS_MIN * PACKET
    control.on_packet_sent(packet=cast(QuicSentPacket, Sent()))
    control.on_packets_expired(packets=[cast(QuicSentPacket, Sent())])
    assert control.bytes_in_flight == 0
    assert control.get_log_data()["lost"] == 0


def test_the_least_of_a_while() -> None:
    least, chance = Least(1.0), random.Random(5)
    kept: list[tuple[float, float]] = []
    for turn in range(500):
        now, value = turn * 0.05, chance.random()
        kept = [each for each in kept if now - each[0] <= 1.0] + [(now, value)]
        assert least.add(now, value) == min(each for _, each in kept)
