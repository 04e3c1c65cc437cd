"""How fast a QUIC connection sends: delay says that a link is full, loss alone does not.

Radio and satellite links lose packets that no queue was too long for. The congestion control of
RFC 9002 takes each loss for a full queue; at 5 % of loss its rate falls to that of a bad telephone
line, and a picture is gone. This one lets go when round trips grow, which they do on every full
queue, and takes loss for fullness only above a quarter of all packets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aioquic.quic.congestion.base import QuicCongestionControl, register_congestion_control
from aioquic.quic.packet_builder import QuicSentPacket

from parley.bearers.least import Least

NAME = "parley"
PACKETS_FIRST = 40
PACKETS_MIN = 6  # so that voice gets through whatever happened before
PACKETS_MAX = 400
GROWTH = 8  # a window grows by an eighth of what was acknowledged
RECENT_S = 0.25
MEMORY_S = 10.0  # a path that became longer is believed after this time
QUEUE_S_MAX = 0.15  # what a round trip may grow by; voice stays within a quarter of a second
LOSS_MAX = 0.25
LOSS_PACKETS = 60  # of fewer, chance alone may lose a quarter


class DelayControl(QuicCongestionControl):
    """The window of one connection, for its stream and its datagrams together."""

    def __init__(self, *, max_datagram_size: int) -> None:
        super().__init__(max_datagram_size=max_datagram_size)
        self.packets_acked = self.packets_lost = 0  # for the engineer
        self._packet_bytes = max_datagram_size
        self.congestion_window = PACKETS_FIRST * max_datagram_size
        # The least of each time: a busy machine delays some packets, a queue delays all.
        self._least, self._recent = Least(MEMORY_S), Least(RECENT_S)
        self._slowed_at = 0.0
        self._acked = self._lost = 0  # since loss was last judged

    def on_packet_acked(self, *, now: float, packet: QuicSentPacket) -> None:
        """It arrived."""
        self.bytes_in_flight -= packet.sent_bytes
        self.packets_acked += 1
        self._acked += 1
        most = PACKETS_MAX * self._packet_bytes
        self.congestion_window = min(self.congestion_window + packet.sent_bytes // GROWTH, most)

    def on_packet_sent(self, *, packet: QuicSentPacket) -> None:
        """It is under way."""
        self.bytes_in_flight += packet.sent_bytes

    def on_packets_expired(self, *, packets: Iterable[QuicSentPacket]) -> None:
        """Their keys are gone; nobody will say what became of them."""
        self.bytes_in_flight -= sum(packet.sent_bytes for packet in packets)

    def on_packets_lost(self, *, now: float, packets: Iterable[QuicSentPacket]) -> None:
        """They did not arrive."""
        for packet in packets:
            self.bytes_in_flight -= packet.sent_bytes
            self.packets_lost += 1
            self._lost += 1
        judged = self._acked + self._lost
        if judged >= LOSS_PACKETS:
            if self._lost > LOSS_MAX * judged:
                self._slow_down(now, 0.8, RECENT_S)
            self._acked = self._lost = 0

    def on_persistent_congestion(self) -> None:
        """Nothing came through for a while: begin from the least."""
        self.congestion_window = PACKETS_MIN * self._packet_bytes

    def on_rtt_measurement(self, *, now: float, rtt: float) -> None:
        """A round trip took so long."""
        if self._recent.add(now, rtt) - self._least.add(now, rtt) > QUEUE_S_MAX:
            self._slow_down(now, 0.7, max(rtt, RECENT_S))

    def get_log_data(self) -> dict[str, Any]:
        """Facts for the engineer."""
        known = self.packets_acked + self.packets_lost
        return {
            "window_bytes": self.congestion_window,
            "in_flight_bytes": self.bytes_in_flight,
            "lost": round(self.packets_lost / known, 4) if known else 0.0,
        }

    def _slow_down(self, now: float, share: float, pause_s: float) -> None:
        if now - self._slowed_at > pause_s:  # what was done before shows only after a round trip
            self._slowed_at = now
            least = PACKETS_MIN * self._packet_bytes
            self.congestion_window = max(least, int(self.congestion_window * share))


register_congestion_control(NAME, DelayControl)
