"""Two stations and the wire between them, in one process: they speak, the tests listen.

A `Station` is a `Line` on a store in memory, with the few steps a real station adds: keep what is
to be kept, hand on what is to be sent. It can crash between any two of them. What a hostile
counterpart would do, a test does with `seals` and `writes`: they use its true keys.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from parley.core.effects import (
    Effect,
    Heard,
    Keep,
    LineState,
    Noticed,
    Numbered,
    Outcome,
    Receipted,
    Saying,
    Scrub,
    Transmit,
)
from parley.core.entry import Precedence, Status, Type, body_of, read_body
from parley.core.kept import Change, EntryRow, HeadRow
from parley.core.keys import Prekey, SigningKey
from parley.core.line import Line
from parley.core.packets import Checkpoint, Cosign, Kind
from parley.core.packets import Status as StatusPacket
from parley.core.record import Head, key_name
from parley.core.seal import (
    Epoch,
    associated,
    envelope_locator,
    packet_locator,
    seal_entry,
)
from parley.core.speaking import ENVELOPE, OPEN, PACKET, frame, frame_kind
from parley.core.suites import SUITE_1, Suite
from parley.core.terms import Instant, OurKeys, Terms, TheirKeys
from parley.core.wire import decode, encode, u32
from parley.store.memory import MemoryStore
from tests.core.parties import seed

LINE_ID = bytes(range(16))
ROOM = 1 << 20
TICK_S = 0.025  # a little more than the least gap between two STATUS
WALL = 1_800_000_000.0


@cache
def our_keys(side: int, suite: Suite = SUITE_1) -> OurKeys:
    names = (key_name(LINE_ID, side, use) for use in ("station", "log", "cosigner"))
    return OurKeys(*(SigningKey(name, seed(name), suite.mldsa) for name in names))


@cache
def prekey(side: int, suite: Suite = SUITE_1) -> Prekey:
    return Prekey(seed("prekey", str(side))[:32], suite.kem)


def terms_of(
    side: int,
    psk0: bytes | None = None,
    window: int = 1024,
    heartbeat_s: float = 10.0,
    rekey_entries: int = 100,
    rekey_s: float = 3_600.0,
    deniable: bool = False,
    suite: Suite = SUITE_1,
) -> Terms:
    """What both parties agreed on, as `side` reads it."""
    theirs = our_keys(1 - side, suite)
    return Terms(
        line_id=LINE_ID,
        inc=1,
        side=side,
        h_agr=seed("agreement")[:32],
        our_prekey=prekey(side, suite).public,
        their_prekey=prekey(1 - side, suite).public,
        our_keys=our_keys(side, suite),
        their_keys=TheirKeys(theirs.station.public, theirs.log.public, theirs.cosigner.public),
        psk0=psk0,
        window=window,
        heartbeat_s=heartbeat_s,
        rekey_entries=rekey_entries,
        rekey_s=rekey_s,
        deniable=deniable,
        suite=suite,
    )


class Clock:
    """Both clocks of a station."""

    def __init__(self) -> None:
        self.wall, self.mono = WALL, 1000.0

    @property
    def now(self) -> Instant:
        return Instant(self.wall, self.mono)

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds


class Crash(Exception):
    """The station stops here; only what was kept is left, and what was sent has left."""

    def __init__(self, sent: list[bytes]) -> None:
        super().__init__()
        self.sent = sent


class Station:
    """One side of a line."""

    def __init__(self, terms: Terms, clock: Clock, chance: int | str = 0) -> None:
        self.terms = terms
        self.clock = clock
        self.chance = random.Random(f"{chance} {terms.side}")
        self.drawn: list[bytes] = []  # every secret it ever drew
        self.effects: list[Effect] = []
        self._speaks_under: Epoch | None = None
        self.store = MemoryStore()
        key = (terms.line_id, terms.inc)
        with self.store.transaction():
            self.store.enrol(*key, terms.side)
            cells: dict[str, bytes | None] = {"prekey": encode(prekey(terms.side).seed)}
            self.store.keep(Change(*key, (0, 0), cells=cells))
        self.starts()

    # --- what happens to it

    def starts(self, path: bool = True) -> None:
        """Begin, or begin again after a crash with what was kept."""
        terms = self.terms
        kept = self.store.load(terms.line_id, terms.inc, terms.side)
        self.line = Line(terms, kept, self._entropy, self._root_at)
        if path:
            self.line.path_up(self.clock.now)

    def image(self) -> MemoryStore:
        """A copy of its disk."""
        return copy.deepcopy(self.store)

    def becomes(self, image: MemoryStore) -> None:
        """Its disk is exchanged for an older copy, and it starts again."""
        self.store = copy.deepcopy(image)
        self.starts()

    def _entropy(self, count: int) -> bytes:
        self.drawn.append(self.chance.randbytes(count))
        return self.drawn[-1]

    def _root_at(self, dir: int, size: int) -> bytes:
        return self.store.root_at(self.terms.line_id, self.terms.inc, dir, size)

    def hears(self, *frames: bytes, source: str = "") -> list[Outcome]:
        """Take in frames; what became of each."""
        return [self.line.hear(data, self.clock.now, source) for data in frames]

    def says(
        self,
        text: str,
        precedence: Precedence = Precedence.ROUTINE,
        kind: Type = Type.TEXT,
    ) -> int:
        """Release an EXERCISE text."""
        body = body_of(kind, {}, text)
        return self.line.say(Saying(kind, precedence, Status.EXERCISE, body), self.clock.now)

    def settles(
        self, room: int = ROOM, crash_at: int | None = None, scrub_fails: bool = False
    ) -> list[bytes]:
        """Do what is to be done, in order; the frames that left. A crash may stop it half-way."""
        sent: list[bytes] = []
        for at, effect in enumerate(self.line.settle(self.clock.now, room)):
            if at == crash_at:
                raise Crash(sent)
            if isinstance(effect, Keep):
                with self.store.transaction():
                    self.store.keep(effect.change)
            elif isinstance(effect, Scrub) and scrub_fails:
                self.line.scrub_failed(self.clock.now)
                break
            elif isinstance(effect, Transmit):
                sent.append(effect.frame)
            self.effects.append(effect)
        return sent

    # --- what it knows

    @property
    def state(self) -> LineState:
        return self.line.state(self.clock.now)

    @property
    def notices(self) -> list[str]:
        return [effect.kind for effect in self.effects if isinstance(effect, Noticed)]

    @property
    def heard(self) -> list[EntryRow]:
        return [effect.entry for effect in self.effects if isinstance(effect, Heard)]

    @property
    def numbered(self) -> list[Numbered]:
        return [effect for effect in self.effects if isinstance(effect, Numbered)]

    @property
    def receipts(self) -> list[int]:
        return [effect.upto for effect in self.effects if isinstance(effect, Receipted)]

    @property
    def scrubs(self) -> int:
        return sum(isinstance(effect, Scrub) for effect in self.effects)

    def log(self, dir: int) -> list[EntryRow]:
        """One log as it stands in the record."""
        return self.store.entries(self.terms.line_id, self.terms.inc, dir)

    @property
    def ours(self) -> list[EntryRow]:
        return self.log(self.terms.side)

    @property
    def theirs(self) -> list[EntryRow]:
        return self.log(self.terms.theirs)

    @property
    def heads(self) -> list[HeadRow]:
        return self.store.heads(self.terms.line_id, self.terms.inc)

    @property
    def cells(self) -> dict[str, bytes]:
        return self.store.load(self.terms.line_id, self.terms.inc, self.terms.side).cells

    def reads(self) -> list[str]:
        """The texts of their log."""
        return [text_of(row) for row in self.theirs]

    # --- what a station that breaks the rules can do with its true keys

    @property
    def epoch(self) -> Epoch:
        """A copy of the epoch we speak under."""
        return self._speaks_under or Epoch.from_cell(decode(self.cells["out"]))

    def speaks_under(self, epoch: Epoch) -> None:
        """Seal what follows below under another epoch."""
        self._speaks_under = epoch

    def writes(self, n: int, plain: bytes) -> bytes:
        """An envelope of any plaintext under any number not yet used."""
        terms, epoch = self.terms, self.epoch
        aad = associated(terms.line_id, terms.inc, terms.side, epoch.e, n, epoch.et)
        sealed = seal_entry(epoch.message_key(n), aad, plain)
        return frame(ENVELOPE, envelope_locator(epoch.kl, n) + sealed)

    def seals(self, kind: int, plain: bytes, counter: int) -> bytes:
        """A packet of any content under any counter."""
        terms, epoch = self.terms, self.epoch
        aad = associated(terms.line_id, terms.inc, terms.side, epoch.e, None, epoch.et)
        sealed = epoch.seal_packet(kind, counter, aad, plain)
        return frame(PACKET, packet_locator(epoch.kl, kind) + u32(counter) + sealed)

    def states(self, counter: int, root_bytes: int = 16, **lies: Any) -> bytes:
        """A STATUS that is true but for the `lies`."""
        state = self.state
        true: dict[str, Any] = {
            "size": state.our_size,
            "contig": state.their_size,
            "sack": frozenset(),
            "own_root": self._root_at(self.terms.side, state.our_size),
            "their_root": self._root_at(self.terms.theirs, state.their_size),
            "epoch": state.epochs[1],
            "echo": 1,
            "cover": 0,
            "flags": 0,
        }
        packet = StatusPacket(**(true | lies))
        return self.seals(Kind.STATUS, packet.to_bytes(root_bytes), counter)

    def signs_own(
        self, size: int, counter: int, root: bytes | None = None, full: bool = False
    ) -> bytes:
        """A CHECKPOINT; `full` with the ML-DSA half too."""
        terms = self.terms
        stated = root or self._root_at(terms.side, size)
        required, optional = Head(terms.line_id, terms.inc, terms.side, size, stated).checkpoint(
            terms.our_keys.log.public
        )
        block = terms.our_keys.log.block([required, optional] if full else [required])
        return self.seals(Kind.CHECKPOINT, Checkpoint(size, stated, block).to_bytes(), counter)

    def signs_theirs(
        self, size: int, counter: int, time: int = 1, root: bytes | None = None
    ) -> bytes:
        """A COSIGN."""
        terms = self.terms
        stated = root or self._root_at(terms.theirs, size)
        required, _ = Head(terms.line_id, terms.inc, terms.theirs, size, stated).cosignature(
            terms.our_keys.cosigner.public, time
        )
        block = terms.our_keys.cosigner.block([required])
        return self.seals(Kind.COSIGN, Cosign(size, time, block).to_bytes(), counter)


def heard_s(station: Station) -> float | None:
    """The age of our newest STATUS that they echoed."""
    return station.state.last_heard_s


def is_in_service(station: Station) -> bool:
    return station.state.in_service


def text_of(row: EntryRow) -> str:
    content = read_body(row.type, row.marks, row.body)
    return str(content.payload) if content else "cannot be read"


def two_stations(*, chance: int | str = 0, **options: Any) -> tuple[Station, Station]:
    """North (A) and South (B), agreed and introduced, nothing said yet; they share a clock."""
    clock = Clock()
    north, south = (Station(terms_of(side, **options), clock, chance) for side in (0, 1))
    return north, south


def in_service(**options: Any) -> tuple[Station, Station]:
    """Two stations whose line is in service."""
    north, south = two_stations(**options)
    talk(north, south)
    assert north.state.in_service
    assert south.state.in_service
    return north, south


def talk(north: Station, south: Station, ticks: int = 8) -> None:
    """Let everything said cross the wire, a tick at a time."""
    for _ in range(ticks):
        north.clock.passes(TICK_S)
        for near, far in ((north, south), (south, north)):
            far.hears(*near.settles())


def cross(near: Station, far: Station) -> list[Outcome]:
    """One step of one side reaches the other."""
    near.clock.passes(TICK_S)
    return far.hears(*near.settles())


def of_kind(kind: int, frames: Iterable[bytes]) -> list[bytes]:
    """The frames of one kind: ENVELOPE, PACKET or OPEN."""
    return [data for data in frames if frame_kind(data) == kind]


def envelopes(frames: Iterable[bytes]) -> list[bytes]:
    return of_kind(ENVELOPE, frames)


def packets(frames: Iterable[bytes]) -> list[bytes]:
    return of_kind(PACKET, frames)


def opens(frames: Iterable[bytes]) -> list[bytes]:
    return of_kind(OPEN, frames)


def changed(data: bytes, at: int = -1) -> bytes:
    """The frame with one bit of one byte turned."""
    out = bytearray(data)
    out[at] ^= 1
    return bytes(out)


def kinds(effects: Sequence[Effect]) -> list[str]:
    return [type(effect).__name__ for effect in effects]
