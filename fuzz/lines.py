"""A line in service, by strangers and by a counterpart that lies with its true keys."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

from fuzz.script import Script, edited
from parley.core.effects import Outcome
from parley.core.entry import Precedence
from parley.core.errors import Halted, Refused
from parley.core.keys import hybrid, sha256
from parley.core.opening import TheirOpen
from parley.core.packets import Kind, Prekeys
from parley.core.rekeying import _offer_message
from parley.core.seal import Epoch, open_info
from parley.core.speaking import OPEN, frame
from parley.core.wire import Reader, decode, encode, uvar
from tests.core.checks import seen_is_monotone
from tests.core.conversation import Station, envelopes, in_service, terms_of, two_stations
from tests.core.renewing import forges

WINDOW = 80  # a few more than the 64 places kept for FLASH; the fewer, the more inputs a second
STEPS_MAX = 64


@cache
def _pair() -> tuple[Station, bytes, Station, list[bytes]]:
    """Two stations in service after a few words, a copy of one's disk, and what the other sent."""
    north, south = in_service(window=WINDOW)
    sent: list[bytes] = []
    for text in ("One.", "Two.", "Three."):
        north.says(text)
        south.says(text)
        for _ in range(4):
            north.clock.passes(0.5)
            for near, far in ((north, south), (south, north)):
                frames = near.settles()
                far.hears(*frames)
                if near is south:
                    sent += frames
    return north, pickle.dumps(north.store), south, sent


def line(data: bytes) -> None:
    """Whatever comes, in whatever order: nothing raises, and the record stays one."""
    north, image, south, sent = _pair()
    _becomes(north, image)
    size = len(north.theirs)
    south.speaks_under(Epoch.from_cell(decode(south.cells["out"])))
    script = Script(data)
    said = list(sent)
    for _ in range(STEPS_MAX):
        if script.over:
            break
        choice = script.number()
        if choice % 8 < 5:
            said.append(_frame(choice % 8, script, south, size, said))
            outcome = north.hears(said[-1])[0]
            assert outcome is not Outcome.HALTED or north.state.halted
        elif choice % 8 == 5:
            north.clock.passes(script.number(2) / 1000)
            _settles(north)
        elif choice % 8 == 6:
            try:
                north.says("A word.", Precedence(script.number() & 3))
            except Halted:
                assert north.state.halted
        else:
            north.starts()
        assert north.state.held <= WINDOW
    _is_whole(north)


def _becomes(north: Station, image: bytes) -> None:
    north.store = pickle.loads(image)
    north.starts()


def _frame(choice: int, script: Script, south: Station, size: int, said: list[bytes]) -> bytes:
    """One frame: of a stranger, or an authentic one of any content."""
    number = script.number()
    if choice == 0:
        return script.some()
    if choice == 1:
        n = max(size + number % (WINDOW + 2), south.epoch.base)
        return south.writes(n, script.some())
    if choice == 2:
        return south.seals(number % 0x32, script.some(), 200 + script.number())
    if choice == 3:
        return _stated(script, south, number)
    old = bytearray(said[number % len(said)])
    if old and script.number() & 1:
        old[script.number(2) % len(old)] ^= script.number()
    return bytes(old)


def _stated(script: Script, south: Station, number: int) -> bytes:
    """A STATUS or a signed head with a few lies in it."""
    counter = 200 + script.number()
    if number & 3 == 1:
        return south.signs_own(script.number() % (len(south.ours) + 1), counter)
    if number & 3 == 2:
        return south.signs_theirs(script.number() % (len(south.theirs) + 1), counter)
    if number & 3 == 3:
        return _renewed(script, south, number, counter)
    lies: dict[str, Any] = {}
    for bit, name in enumerate(("size", "contig", "epoch", "echo", "cover", "flags")):
        if number >> 2 + bit & 1:
            lies[name] = script.number() << (script.number() & 7)
    lies["flags"] = lies.get("flags", 0) & 0xFF
    return south.states(counter, (8, 16, 32)[number % 3], **lies)


def _renewed(script: Script, south: Station, number: int, counter: int) -> bytes:
    """PREKEYS or a REKEY, signed, with odd numbers in them."""
    north, _, _, _ = _pair()
    if number & 4:
        rekey, epoch = forges(south, north, 1, script.number() % 4, script.number())
        sealed = south.seals(Kind.REKEY, rekey.to_bytes(), counter)
        if number & 8:
            south.speaks_under(epoch)
        return sealed
    keys = list(decode(south.cells["their prekeys"])[0].values())
    offered = {script.number(): keys[each % len(keys)] for each in range(script.number() % 4)}
    message = _offer_message(south.terms, south.terms.side, south.epoch, offered)
    block = south.terms.our_keys.station.block(hybrid(message))
    return south.seals(Kind.PREKEYS, Prekeys(offered, block).to_bytes(), counter)


def _settles(north: Station) -> None:
    """Do what is to be done. A line that has stopped itself sends no entry."""
    sent = north.settles()
    assert not (north.state.halted and envelopes(sent))


def _is_whole(north: Station) -> None:
    """What is kept after all this is a record, and the next start goes on from it."""
    _settles(north)
    before = north.state
    assert [row.n for row in north.theirs] == list(range(before.their_size))
    assert [row.n for row in north.ours] == list(range(before.our_size))
    assert before.receipted <= before.our_size
    seen_is_monotone(north)
    north.starts()
    after = north.state
    for name in ("halted", "in_service", "our_size", "their_size", "receipted", "held"):
        assert getattr(after, name) == getattr(before, name), name


@cache
def _opening() -> tuple[Station, bytes, Station, bytes]:
    """Two stations agreed on a line, and the OPEN of one."""
    north, south = two_stations(window=WINDOW)
    image = pickle.dumps(north.store)
    south.settles()
    file = Reader(decode(south.cells["open"]))
    return north, image, south, file.take(file.uvar())


def opening(data: bytes) -> None:
    """An OPEN of any content under true signatures: only one that fits starts an epoch."""
    north, image, south, document = _opening()
    script = Script(data)
    _becomes(north, image)
    if script.number() & 1:
        north.hears(frame(OPEN, script.rest()))
        assert not north.cells.get("heard open")
        return
    changed = edited(document, script)
    outcome = north.hears(_signed(south, changed))[0]
    north.settles()
    if outcome is Outcome.OK:
        assert decode(north.cells["heard open"]) == sha256(changed)
        assert north.hears(_signed(south, changed)) == [Outcome.DUPLICATE]
        expected = Outcome.DUPLICATE if changed == document else Outcome.EQUIVOCATION
        assert north.hears(_signed(south, document)) == [expected]
    else:
        assert outcome in (Outcome.REFUSED, Outcome.NEWER)
        assert north.hears(_signed(south, document)) == [Outcome.OK], "the prekey was burnt"


def _signed(south: Station, document: bytes) -> bytes:
    terms = south.terms
    head = uvar(len(document)) + document
    try:
        read = TheirOpen.parse(head, terms_of(terms.theirs, window=WINDOW))
    except Refused:
        return frame(OPEN, head)
    info0 = open_info(terms.line_id, terms.inc, terms.side, terms.h_agr, terms.their_prekey)
    message = b"pl1 open" + info0 + read.sealed + sha256(encode(read.prekeys))
    return frame(OPEN, head + terms.our_keys.station.block(hybrid(message)))


@cache
def _alone() -> Station:
    north, image, _, _ = _pair()
    alone = Station(terms_of(0, window=WINDOW), north.clock)
    _becomes(alone, image)
    return alone


def foreign(data: bytes) -> None:
    """A frame by itself, given to a line in service: counted, and nothing else."""
    north = _alone()
    before = north.state
    outcome = north.hears(data)[0]
    after = north.state
    assert outcome in (
        Outcome.REFUSED,
        Outcome.NEWER,
        Outcome.UNKNOWN,
        Outcome.FORGED,
        Outcome.STALE,
        Outcome.DUPLICATE,
    )
    assert after.counts[outcome.value] == before.counts.get(outcome.value, 0) + 1
    assert (after.their_size, after.halted, after.held) == (before.their_size, None, 0)
