"""One QUIC connection as the library makes it, and what is ours of it: limits, facts, settings."""

from __future__ import annotations

import logging
import socket
import ssl
from typing import Any, cast

from aioquic import tls
from aioquic.quic import events
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import NetworkAddress, QuicConnection
from aioquic.quic.packet_builder import QuicPacketBuilder
from aioquic.quic.recovery import QuicPacketSpace
from aioquic.quic.stream import QuicStream

from parley.bearers import congestion
from parley.bearers.streams import SILENCE_MS_MAX

ALPN = "parley/1"
STREAM = 0  # the first that the caller opens; there is no other
WINDOW = 262_144  # bytes under way to us that we have not taken
# What came is confirmed together, within the 25 ms that are announced (RFC 9000, 13.2.1): the
# library sends a packet of its own for nearly each one that came.
ACK_S = 0.02
ACK_WITH_MEDIA_S = 0.01  # what came so long ago is confirmed by a packet that leaves anyway
KERNEL_BYTES = 1 << 20  # a burst waits here while the loop does something else
UNLIMITED = (1 << 62) - 1  # what one stream may bring: the connection's limit counts

# The library writes each packet that it cannot read into its log, and strangers send those.
logging.getLogger("quic").setLevel(logging.CRITICAL)


class Connection(QuicConnection):
    """A connection that takes one stream, and no more of it than its path has taken."""

    def __init__(self, settings: QuicConfiguration, **more: Any) -> None:
        super().__init__(configuration=settings, **more)
        self._ack_delay = ACK_S
        self.taken_max = WINDOW  # bytes the other end may have sent in all
        self._local_max_streams_bidi.value = self._local_max_streams_bidi.sent = 1
        self._local_max_streams_uni.value = self._local_max_streams_uni.sent = 0

    @property
    def unsent(self) -> int:
        """Bytes of the stream that have never left."""
        stream: QuicStream | None = self._streams.get(STREAM)
        if stream is None:
            return 0
        return stream.sender._buffer_stop - stream.sender.highest_offset

    @property
    def datagrams_waiting(self) -> int:
        """Datagrams that have not left."""
        return len(self._datagrams_pending)

    def shed_datagrams(self, keep: int) -> int:
        """Drop those that have not left but the newest; how many."""
        over = max(0, len(self._datagrams_pending) - keep)
        for _ in range(over):
            self._datagrams_pending.popleft()
        return over

    @property
    def datagram_frame_max(self) -> int:
        """Bytes of the longest datagram frame that the other end takes; 0 for none."""
        return self._remote_max_datagram_frame_size or 0

    @property
    def lost(self) -> int:
        """Packets of ours that did not arrive."""
        return cast(congestion.DelayControl, self._loss._cc).packets_lost

    @property
    def has_to_say(self) -> bool:
        """Whether more than a confirmation waits to leave: that one has its time in `get_timer`."""
        if self._datagrams_pending or self._ping_pending or self._probe_pending:
            return True
        if not self._handshake_confirmed or self._handshake_done_pending or self._close_pending:
            return True
        path = self._network_paths[0]
        if path.remote_challenges or not path.is_validated:
            return True
        stream: QuicStream | None = self._streams.get(STREAM)
        return stream is not None and not stream.sender.buffer_is_empty

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, NetworkAddress]]:
        """What leaves now. A confirmation that would soon have a packet of its own goes along."""
        space = self._spaces.get(tls.Epoch.ONE_RTT)
        due_at = space.ack_at if space is not None else None
        soon = due_at is not None and due_at - now <= ACK_S - ACK_WITH_MEDIA_S
        if space is not None and soon and self._datagrams_pending:
            space.ack_at = now
        return super().datagrams_to_send(now)

    @property
    def over(self) -> bool:
        """Nothing goes or comes any more."""
        return self._close_event is not None

    def conditions(self) -> dict[str, Any]:
        """What the network is like, as far as this connection has seen."""
        loss = self._loss
        measured = loss._rtt_initialized
        return {
            "rtt_ms": round(loss._rtt_smoothed * 1000, 1) if measured else None,
            "rtt_least_ms": round(loss._rtt_min * 1000, 1) if measured else None,
            **loss._cc.get_log_data(),
        }

    def _write_connection_limits(self, builder: QuicPacketBuilder, space: QuicPacketSpace) -> None:
        # The library doubles the limit whenever half of it was used, and would let a peer fill our
        # memory once it has sent enough; here it moves on with what was taken.
        limit = self._local_max_data
        limit.value = max(limit.value, self.taken_max)
        used, limit.used = limit.used, 0
        try:
            super()._write_connection_limits(builder, space)
        finally:
            limit.used = used


def settings_of(*, is_client: bool) -> QuicConfiguration:
    """How our connections are."""
    return QuicConfiguration(
        alpn_protocols=[ALPN],
        is_client=is_client,
        idle_timeout=SILENCE_MS_MAX / 1000,
        max_datagram_frame_size=65_536,
        max_data=WINDOW,
        max_stream_data=UNLIMITED,
        congestion_control_algorithm=congestion.NAME,
        verify_mode=ssl.CERT_NONE,
    )


def udp_socket(family: int) -> socket.socket:
    """A datagram socket that does not block."""
    call = socket.socket(family, socket.SOCK_DGRAM)
    call.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        call.setsockopt(socket.SOL_SOCKET, option, KERNEL_BYTES)
    if family == socket.AF_INET6:
        call.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return call


def why_ended(event: events.ConnectionTerminated) -> str:
    """Why a connection ended, for the engineer."""
    if event.reason_phrase == "Idle timeout":
        return f"nothing came through for {SILENCE_MS_MAX // 1000} seconds"
    if event.error_code == 0:
        return "the other end hung up"
    return f"the other end broke it off: {event.reason_phrase[:80] or event.error_code}"
