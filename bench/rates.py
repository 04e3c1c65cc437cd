"""How fast frames are made, opened and refused: in one process without a disk, and by TCP."""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median

from bench.driver import Crew, cpu_s, text_of
from bench.proxy import Wire
from bench.table import Figure
from parley.bearers import Path
from parley.bearers.framing import FrameReader, framed_all
from parley.bearers.quic import Desk, QuicBearer
from parley.bearers.quic_connection import settings_of
from parley.core.effects import Effect, Outcome, Saying, Transmit
from parley.core.entry import Precedence, Status, Type, body_of
from tests.core.conversation import Station, envelopes, in_service, packets

READING = 65_536  # bytes that come in at once, as TCP gives them
FRAME_BYTES = 33  # the shortest envelope there is: a text of no words
JUNK = 500_000
TAMPERED = 40_000
DATAGRAMS = 100_000
BATCH = 64  # entries on their way, as a busy line has them
BATCHES = 50
REPEATS = 5
AIMS = {
    "junk": "1000000",
    "junk udp": "100000",
    "tampered": "50000",
    "sealed": "20000",
    "opened": "8000",
}


def alone() -> list[Figure]:
    """One core and no disk; processor time, so that other programs count for little."""
    north, south = in_service(rekey_entries=1 << 30)
    return [
        *_sealed_and_opened(north, south),
        _refused("junk", south, _junk(JUNK), Outcome.UNKNOWN),
        _refused("tampered", south, _tampered(_in_flight(north), TAMPERED), Outcome.FORGED),
    ]


async def by_udp() -> Figure:
    """Datagrams that belong to no connection, at a QUIC bearer's desk; processor time."""
    bearer = QuicBearer(Nobody(), listen=None, dial=None, entropy=bytes)
    desk = Desk(bearer, settings_of(is_client=False), 0)
    chance = random.Random(1)
    junk = [chance.randbytes(chance.choice((40, 600, 1_200))) for _ in range(4096)]
    rates = []
    for _ in range(REPEATS):
        began = time.process_time()
        for each in range(DATAGRAMS):
            desk.datagram_received(junk[each % len(junk)], ("192.0.2.1", 1))
        rates.append(DATAGRAMS / (time.process_time() - began))
    note = f"{DATAGRAMS:,} of no connection; median of {REPEATS}, processor time"
    return Figure("junk datagrams refused/s, by QUIC", median(rates), "1/s", AIMS["junk udp"], note)


class Nobody:
    """A carrier that is told of nothing, since no junk becomes a path."""

    def path_up(self, path: Path) -> None:
        """Never."""
        raise AssertionError("junk became a path")

    def path_frames(self, path: Path, frames: list[bytes]) -> None:
        """Never."""
        raise AssertionError("junk became frames")

    path_room = path_up

    def path_down(self, path: Path, why: str) -> None:
        """Never."""
        raise AssertionError("junk had been a path")


def _sealed_and_opened(north: Station, south: Station) -> list[Figure]:
    """Entries of 60 bytes: numbered, leaf, tree and envelope; opened, leaf, tree and receipt."""
    runs = [_talk(north, south) for _ in range(REPEATS)]
    note = f"60 B, {BATCH} at once, no disk; median of {REPEATS}, processor time"
    return [
        Figure("entries sealed/s", median(run[0] for run in runs), "1/s", AIMS["sealed"], note),
        Figure("entries opened/s", median(run[1] for run in runs), "1/s", AIMS["opened"], note),
    ]


def _talk(north: Station, south: Station) -> tuple[float, float]:
    body = body_of(Type.TEXT, {}, text_of(60, 0))
    saying = Saying(Type.TEXT, Precedence.ROUTINE, Status.EXERCISE, body)
    now, sealing, opening = north.clock.now, 0.0, 0.0
    for _ in range(BATCHES):
        began = time.process_time()
        for _ in range(BATCH):
            north.line.say(saying, now)
        sent = _frames(north.line.settle(now, 1 << 20))
        sealing += time.process_time() - began
        sealed = envelopes(sent)
        began = time.process_time()
        for frame in sealed:
            south.line.hear(frame, now)
        answer = _frames(south.line.settle(now, 1 << 20))
        opening += time.process_time() - began
        for frame in packets(sent):
            south.line.hear(frame, now)
        north.clock.passes(0.025)
        now = north.clock.now
        for frame in answer + _frames(south.line.settle(now, 1 << 20)):
            north.line.hear(frame, now)
    return BATCH * BATCHES / sealing, BATCH * BATCHES / opening


def _frames(effects: list[Effect]) -> list[bytes]:
    return [effect.frame for effect in effects if isinstance(effect, Transmit)]


def _refused(name: str, station: Station, stream: bytes, outcome: Outcome) -> Figure:
    """From bytes as TCP gives them to a count: framing, `sift` and `hear`."""
    line, now, rates = station.line, station.clock.now, []
    before = station.state.counts.get(outcome, 0)
    frames = 0
    for _ in range(REPEATS):
        reader, frames = FrameReader(), 0
        began = time.process_time()
        for at in range(0, len(stream), READING):
            came = reader.take(stream[at : at + READING])
            frames += len(came)
            for frame in line.sift(came):
                line.hear(frame, now)
        rates.append(frames / (time.process_time() - began))
    counted = station.state.counts[outcome] - before
    assert counted == REPEATS * frames, f"{counted} of {REPEATS * frames} were refused so"
    note = f"framing and line; median of {REPEATS}, processor time"
    return Figure(f"{name} frames refused/s", median(rates), "1/s", AIMS[name], note)


async def by_tcp(here: Crew, there: Crew, wire: Wire) -> list[Figure]:
    """The same at a serving station, on the path of a line that goes on; by the clock."""
    wire.holds = True
    await here.release(await here.draft(text_of(60, 1)))
    tampered = _tampered(await wire.held.get(), TAMPERED)
    figures = [
        await _by_tcp("junk", there, wire, _junk(JUNK), JUNK, Outcome.UNKNOWN),
        await _by_tcp("tampered", there, wire, tampered, TAMPERED, Outcome.FORGED),
    ]
    wire.holds = False
    await here.until_receipted((await here.line())["our_size"])
    return figures


async def _by_tcp(
    name: str, there: Crew, wire: Wire, stream: bytes, frames: int, outcome: Outcome
) -> Figure:
    async def counted() -> int:
        counts: dict[str, int] = (await there.line())["counts"]
        return counts.get(outcome.value, 0)

    before, used = await counted(), cpu_s(there.post.pid)
    began = time.monotonic()
    await wire.inject(stream)
    while True:
        if await counted() >= before + frames:
            break
        await asyncio.sleep(0.01)
    took = time.monotonic() - began
    used = cpu_s(there.post.pid) - used
    note = f"{frames:,} through the path of a line in service; station cpu {used / took:.0%}"
    return Figure(f"{name} frames refused/s, by TCP", frames / took, "1/s", AIMS[name], note)


def _junk(count: int) -> bytes:
    """Envelopes and packets whose locators nobody knows."""
    chance = random.Random(1)
    some = [
        (b"\x20", b"\x24")[each & 1] + chance.randbytes(FRAME_BYTES - 1) for each in range(4096)
    ]
    return framed_all(some[each % len(some)] for each in range(count))


def _tampered(frame: bytes, count: int) -> bytes:
    """Copies of a frame in flight, each with one bit turned behind its locator."""
    turned = []
    for each in range(count):
        copy = bytearray(frame)
        copy[6 + each % (len(frame) - 6)] ^= 1 << each % 8
        turned.append(bytes(copy))
    return framed_all(turned)


def _in_flight(north: Station) -> bytes:
    body = body_of(Type.TEXT, {}, text_of(60, 1))
    saying = Saying(Type.TEXT, Precedence.ROUTINE, Status.EXERCISE, body)
    north.line.say(saying, north.clock.now)
    return envelopes(_frames(north.line.settle(north.clock.now, 1 << 20)))[0]
