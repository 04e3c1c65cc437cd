"""Frames over QUIC (RFC 9000), and datagrams (RFC 9221) beside them on the same connection.

One stream carries frames exactly as TCP does (W13). Certificates say nothing here: whoever listens
makes one when it starts, nobody looks at it, and the line above tells who is at the other end
(docs/decisions/0016). No session is ever resumed, so there is no 0-RTT data that could be played
again, and a caller's address is proved before a connection costs us anything (RFC 9000, 8.1.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from typing import Any, cast

from aioquic._buffer import Buffer
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.quic import events
from aioquic.quic.configuration import SMALLEST_MAX_DATAGRAM_SIZE, QuicConfiguration
from aioquic.quic.connection import NetworkAddress
from aioquic.quic.packet import (
    QuicHeader,
    QuicPacketType,
    encode_quic_retry,
    encode_quic_version_negotiation,
    pull_quic_header,
)
from aioquic.quic.retry import QuicRetryTokenHandler

from parley.bearers import DATAGRAM_BYTES_MAX
from parley.bearers.dialling import Address, Entropy, Pace, Seeker
from parley.bearers.passing import passing_certificate
from parley.bearers.quic_connection import (
    STREAM,
    WINDOW,
    Connection,
    settings_of,
    udp_socket,
    why_ended,
)
from parley.bearers.streams import Place, StreamBearer, StreamPath
from parley.core.errors import Misused

KEEP_S = 1.25  # a packet at least this often; routers forget a UDP mapping within half a minute
DATAGRAMS_WAITING_MAX = 32  # media that waits longer is late: whoever sends it must send less
DATAGRAMS_WAITING = 4  # so many may, so that none of a link's time is lost


class QuicBearer(StreamBearer):
    """One UDP port to listen on, one place to dial, or both."""

    kind = "quic"
    # Fewer calls at the same time than TCP makes: each is a handshake.
    pace = Pace(pause_s_first=0.1, pause_s_max=0.5, attempts_max=8, addresses_max=2)

    junk_datagrams = 0
    _desks: list[Desk]

    def describe(self) -> dict[str, Any]:
        """Facts for the engineer, as plain JSON."""
        return {**super().describe(), "junk_datagrams": self.junk_datagrams}

    def _seeker(self, host: str, port: int, entropy: Entropy, pace: Pace) -> Caller:
        return Caller(self, host, port, entropy, pace)

    async def _open(self, host: str, port: int) -> Place:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            host or None, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )
        self._desks = []
        settings = settings_of(is_client=False)
        settings.certificate, settings.private_key = passing_certificate()
        with contextlib.ExitStack() as undo:
            for family, _, _, _, where in found:
                call = undo.enter_context(udp_socket(family))
                # The first that asks for any port settles it for all.
                call.bind((where[0], self._desks[0].port, *where[2:]) if self._desks else where)
                desk = Desk(self, settings, call.getsockname()[1])
                await loop.create_datagram_endpoint(desk.itself, sock=call)
                self._desks.append(desk)
            undo.pop_all()
        return found[0][4][0], self._desks[0].port

    async def _shut(self) -> None:
        # Those who are connected are told that we stop, so the socket stays until they are.
        desks, self._desks = self._desks, []
        for desk in desks:
            for path in list(self._paths):
                if not path.dialled:
                    path.close("this station stops")
            desk.close()

    async def _take_up(self, answer: StreamPath) -> StreamPath:
        assert isinstance(answer, QuicPath)
        answer.take_up()
        return answer


class Caller(Seeker["QuicPath"]):
    """Seeks a QUIC connection: a path whose handshake is done."""

    def __init__(
        self, bearer: QuicBearer, host: str, port: int, entropy: Entropy, pace: Pace
    ) -> None:
        super().__init__(host, port, entropy, pace)
        self._bearer = bearer

    async def _call(self, address: Address) -> QuicPath:
        loop = asyncio.get_running_loop()
        call = udp_socket(address.family)
        try:
            call.connect(address.where)  # of a datagram socket: it asks nobody and does not block
            path = QuicPath(self._bearer, Connection(settings_of(is_client=True)), dialled=True)
            await loop.create_datagram_endpoint(lambda: path.driver, sock=call)
        except BaseException:
            call.close()
            raise
        try:
            path.driver.connect(address.where)
            await path.ready
        except BaseException:
            path.close()
            raise
        return path


class QuicPath(StreamPath):
    """One QUIC connection."""

    datagram_bytes_max = DATAGRAM_BYTES_MAX
    unordered = True

    def __init__(self, bearer: QuicBearer, connection: Connection, *, dialled: bool) -> None:
        super().__init__(bearer, dialled=dialled)
        self.connection = connection
        self.driver = Driver(self, connection)
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.on_datagram: Callable[[bytes], None] | None = None
        self.datagrams_in = self.datagrams_out = self.datagrams_shed = self.datagrams_dropped = 0
        self._held = bytearray()  # came before it was taken up, or while nothing is read
        self._reading = False
        self._full = False
        self._keeping: asyncio.TimerHandle | None = None

    # What the station may do besides.

    @property
    def takes_datagrams(self) -> bool:
        """Whether the other end has said that it takes them (RFC 9221, 3; X1)."""
        return self._up and self.connection.datagram_frame_max > DATAGRAM_BYTES_MAX

    def send_datagram(self, datagram: bytes) -> bool:
        """Send media that may be lost. False when it was shed at once, since the link takes less
        than is sent. At most `datagram_bytes_max`."""
        if not 0 < len(datagram) <= DATAGRAM_BYTES_MAX:
            raise Misused(f"A datagram has 1 to {DATAGRAM_BYTES_MAX} bytes, not {len(datagram)}.")
        if not self.takes_datagrams or self.connection.datagrams_waiting >= DATAGRAMS_WAITING_MAX:
            self.datagrams_shed += 1
            return False
        self.datagrams_out += 1
        self.connection.send_datagram_frame(datagram)
        if self.connection.datagrams_waiting < DATAGRAMS_WAITING:
            self.driver.transmit_soon()  # with what else comes in this turn
        else:
            self.driver.transmit()
        return True

    def datagram_room(self) -> int:
        """Bytes of datagrams that leave now rather than wait."""
        waiting = self.connection.datagrams_waiting
        return DATAGRAM_BYTES_MAX * max(0, DATAGRAMS_WAITING - waiting) * self.takes_datagrams

    def conditions(self) -> dict[str, Any]:
        """Round trip, loss and window, for whoever decides what is sent."""
        return self.connection.conditions()

    def describe(self) -> dict[str, Any]:
        """Facts for the engineer, as plain JSON."""
        return {
            **super().describe(),
            **self.conditions(),
            "datagrams_in": self.datagrams_in,
            "datagrams_out": self.datagrams_out,
            "datagrams_shed": self.datagrams_shed,
            "datagrams_dropped": self.datagrams_dropped,
        }

    def close(self, why: str = "another call was answered first") -> None:
        """Give it up at once, taken up or not."""
        if self._up:
            super().close(why)
        else:
            self._part(why)

    # What its driver tells.

    def take_up(self) -> None:
        """It carries frames from now on."""
        if self.connection.over:
            raise ConnectionResetError("the other end closed it")
        self._reading = True
        self._begin(self.driver.address)
        if self.dialled and self._up:
            self._keep()
        self._feed()

    def received(self, event: events.QuicEvent) -> None:
        """Something happened on the connection."""
        if isinstance(event, events.StreamDataReceived):
            self._held += event.data
            self._feed()
            if event.end_stream:
                self._hung_up()
        elif isinstance(event, events.StreamReset | events.StopSendingReceived):
            self._hung_up()
        elif isinstance(event, events.DatagramFrameReceived):
            self._datagram(event.data)
        elif isinstance(event, events.HandshakeCompleted):
            if not self.ready.done():
                self.ready.set_result(None)
        elif isinstance(event, events.ConnectionTerminated):
            self.lost(why_ended(event))

    def lost(self, why: str, error: OSError | None = None) -> None:
        """The connection is no more."""
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionAbortedError(f"it was closed: {why}"))
            self.ready.exception()  # whoever waits for it hears it; an incoming one nobody does
        self.driver.end()
        if self.gone.is_set():
            return
        if self._up or self.shown:
            self._over(why)

    def broken(self) -> None:
        """The library failed on what the other end sent."""
        if self._up:
            self._bearer.refuse(self, "broken", "it sent packets that no station sends")
        else:
            self.lost("it sent packets that no station sends")

    def sent(self) -> None:
        """Packets have left."""
        if self._full and self._waiting() <= self._limits.write_low // 2:
            self._full = False
            self._loop.call_soon(self._drained)

    # How frames go.

    def _waiting(self) -> int:
        return self.connection.unsent

    def _write(self, framed: bytes) -> None:
        # A packet takes datagrams first: a FLASH would wait for all of them on a link that is full.
        self.datagrams_shed += self.connection.shed_datagrams(DATAGRAMS_WAITING)
        self.connection.send_stream_data(STREAM, framed)
        self.driver.transmit()
        self._full = self._full or self._waiting() > self._limits.write_low

    def _read_on(self, more: bool) -> None:
        self._reading = more
        if more:
            # Not at once: this may be a call from within what is fed.
            self._loop.call_soon(self._feed)

    def _break_off(self, why: str) -> None:
        self._part(why)
        # Never from within a call of the station's.
        self._loop.call_soon(self._over, why)

    def _part(self, why: str) -> None:
        if not self.connection.over:
            self.connection.close(reason_phrase=why)
            self.driver.transmit()
        self.driver.end()

    def _over(self, why: str) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        self._held.clear()
        if not self.gone.is_set():
            self._end(why)

    def _feed(self) -> None:
        while self._held and self._reading and self._up:
            most = self._limits.reading if self._vouched else self._limits.stranger_reading
            piece = bytes(self._held[:most])
            del self._held[:most]
            self._take(piece)
        wanted = self.bytes_in + WINDOW
        if self._reading and self._up and wanted - self.connection.taken_max >= WINDOW // 4:
            self.connection.taken_max = wanted
            self.driver.transmit_soon()

    def _datagram(self, data: bytes) -> None:
        if self._vouched and self.on_datagram is not None:
            self.datagrams_in += 1
            self.on_datagram(data)
        else:
            self.datagrams_dropped += 1

    def _hung_up(self) -> None:
        self.close("the other end hung up")

    def _keep(self) -> None:
        self._keeping = self._loop.call_later(KEEP_S, self._keep)
        self.connection.send_ping(0)
        self.driver.transmit()


class Driver(QuicConnectionProtocol):
    """What moves a connection on: packets, and time."""

    def __init__(self, path: QuicPath, connection: Connection) -> None:
        super().__init__(connection)
        self.connection = connection
        self.address: NetworkAddress = ("an unknown address", 0)
        self.on_end: Callable[[], None] | None = None  # the desk's, which keeps the socket
        self._path = path
        self._ended = False

    def connect(self, addr: NetworkAddress, transmit: bool = True) -> None:
        """Call."""
        self.address = addr
        super().connect(addr, transmit)

    def quic_event_received(self, event: events.QuicEvent) -> None:
        """For the path."""
        self._path.received(event)

    def datagram_received(self, data: bytes | str, addr: NetworkAddress) -> None:
        """A packet came."""
        if not self._ended:
            self._guarded(lambda: self._hear(cast(bytes, data), addr))

    def _hear(self, data: bytes, addr: NetworkAddress) -> None:
        lost = self.connection.lost
        self.connection.receive_datagram(data, addr, now=self._loop.time())
        self._process_events()
        # Half of what comes asks for nothing but a confirmation, which is due later and goes with
        # what is sent by then: to look for something to send costs as much as to send it.
        if self.connection.has_to_say or self.connection.lost != lost:
            self.transmit_soon()
        elif not self._ended and self._transmit_task is None:
            self._arm()

    def transmit_soon(self) -> None:
        """Let packets leave at the end of this turn, all together."""
        if not self._ended:
            self._transmit_soon()

    def transmit(self) -> None:
        """Let packets leave now."""
        if self._ended:
            return
        if self._transmit_task is not None:
            self._transmit_task.cancel()
            self._transmit_task = None
        transport = cast(asyncio.DatagramTransport, self._transport)
        for data, addr in self._quic.datagrams_to_send(now=self._loop.time()):
            transport.sendto(data, addr)
        self._arm()
        self._path.sent()

    def _arm(self) -> None:
        # Nearly every packet puts the time off at which one counts as lost: a timer that is early
        # looks again, which costs less than a new one for each packet.
        timer_at = self._quic.get_timer()
        if self._timer is not None and (timer_at is None or timer_at < self._timer.when()):
            self._timer.cancel()
            self._timer = None
        if self._timer is None and timer_at is not None:
            self._timer_at = timer_at
            self._timer = self._loop.call_at(timer_at, self._handle_timer)

    def error_received(self, error: Exception) -> None:
        """The kernel heard that nobody is there."""
        if isinstance(error, ConnectionRefusedError):
            self._path.lost("nobody listens there any more", error)

    def end(self) -> None:
        """Nothing more goes or comes."""
        if self._ended:
            return
        self._ended = True
        for each in (self._timer, self._transmit_task):
            if each is not None:
                each.cancel()
        if self.on_end is not None:
            self.on_end()
        elif self._transport is not None:
            self._transport.close()

    def _handle_timer(self) -> None:
        if self._ended:
            return
        due, now = self._quic.get_timer(), self._loop.time()
        if due is None or due > max(self._timer_at or now, now):
            self._timer = None
            self._arm()
        else:
            self._guarded(super()._handle_timer)

    def _guarded(self, work: Callable[[], None]) -> None:
        """What a peer sends must not raise here, whatever it does to the library."""
        try:
            work()
        except Exception:
            self._path.broken()


class Desk(asyncio.DatagramProtocol):
    """A socket that takes calls: which packet is for which connection, and who may begin one.

    A packet that belongs to no connection costs a look at its header. A caller who has not shown
    that it gets our answers is answered from a token alone, and nothing of it is kept.
    """

    def __init__(self, bearer: QuicBearer, settings: QuicConfiguration, port: int) -> None:
        self.port = port
        self._bearer = bearer
        self._settings = settings
        self._tokens = QuicRetryTokenHandler()
        self._paths: dict[bytes, QuicPath] = {}  # by the connection ids that are ours
        self._transport: asyncio.DatagramTransport | None = None

    def itself(self) -> Desk:
        """For asyncio, which asks for a factory of protocols."""
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ours."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def close(self) -> None:
        """Take no more calls."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, address: NetworkAddress) -> None:
        """A packet of somebody."""
        try:
            header = pull_quic_header(Buffer(data=data), self._settings.connection_id_length)
        except ValueError:
            self._bearer.junk_datagrams += 1
            return
        path = self._paths.get(header.destination_cid) or self._greet(header, data, address)
        if path is not None:
            path.driver.datagram_received(data, address)

    def _greet(self, header: QuicHeader, data: bytes, address: NetworkAddress) -> QuicPath | None:
        """The connection that a packet begins, if it may."""
        if len(data) < SMALLEST_MAX_DATAGRAM_SIZE or header.version is None:
            self._bearer.junk_datagrams += 1
            return None
        if header.version not in self._settings.supported_versions:
            if header.packet_type is not QuicPacketType.VERSION_NEGOTIATION:
                self._say(
                    encode_quic_version_negotiation(
                        source_cid=header.destination_cid,
                        destination_cid=header.source_cid,
                        supported_versions=self._settings.supported_versions,
                    ),
                    address,
                )
            return None
        if header.packet_type is not QuicPacketType.INITIAL or not self._bearer.running:
            self._bearer.junk_datagrams += 1
            return None
        now = asyncio.get_running_loop().time()
        if not header.token:
            fresh = os.urandom(self._settings.connection_id_length)
            token = self._tokens.create_token(
                address=address,
                original_destination_connection_id=header.destination_cid,
                retry_source_connection_id=fresh,
                now=now,
            )
            self._say(
                encode_quic_retry(
                    version=header.version,
                    source_cid=fresh,
                    destination_cid=header.source_cid,
                    original_destination_cid=header.destination_cid,
                    retry_token=token,
                ),
                address,
            )
            return None
        try:
            first = self._tokens.validate_token(
                address=address, destination_cid=header.destination_cid, token=header.token, now=now
            )
        except ValueError:
            self._bearer.junk_datagrams += 1
            return None
        return self._admit(header.destination_cid, first, address)

    def _admit(self, id: bytes, first: bytes, address: NetworkAddress) -> QuicPath:
        connection = Connection(
            self._settings,
            original_destination_connection_id=first,
            retry_source_connection_id=id,
        )
        path = QuicPath(self._bearer, connection, dialled=False)
        driver = path.driver
        driver.address = address
        driver.connection_made(cast(asyncio.DatagramTransport, self._transport))

        def known(each: bytes) -> None:
            self._paths[each] = path

        def retired(each: bytes) -> None:
            self._paths.pop(each, None)

        def forget() -> None:
            for each in [each for each, other in self._paths.items() if other is path]:
                del self._paths[each]

        driver._connection_id_issued_handler = known
        driver._connection_id_retired_handler = retired
        driver.on_end = forget
        self._paths[id] = self._paths[connection.host_cid] = path
        path.take_up()
        return path

    def _say(self, packet: bytes, address: NetworkAddress) -> None:
        if self._transport is not None:
            self._transport.sendto(packet, address)
