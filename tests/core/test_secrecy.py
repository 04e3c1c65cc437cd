"""Who takes the disk, and has recorded the wire, opens nothing that was accepted (I9, S4)."""

from __future__ import annotations

from collections.abc import Iterator
from gc import get_referents
from types import MethodType, ModuleType

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from parley.core.errors import ParleyError
from parley.core.keys import Prekey, hkdf32, hmac_sha256, sha256
from parley.core.seal import associated, open_info
from parley.core.wire import Reader, Value, decode, encode
from tests.core.checks import Secrets, all_hold, image_of, image_opens_nothing_retired
from tests.core.conversation import Station, envelopes, opens, prekey, talk, two_stations
from tests.core.lives import two_lives

STEPS = 24  # how far a thief follows a chain


class Recorder:
    """Two stations that talk while every frame between them is recorded."""

    def __init__(self) -> None:
        self.north, self.south = two_stations(chance="recorded")
        self.opens: list[tuple[int, bytes]] = []  # direction, frame
        self.entries: list[tuple[int, int, bytes]] = []  # direction, number, frame

    def talks(self, ticks: int = 8) -> None:
        for _ in range(ticks):
            self.north.clock.passes(0.025)
            for near, far in ((self.north, self.south), (self.south, self.north)):
                far.hears(*self.leaving(near))

    def leaving(self, near: Station) -> list[bytes]:
        """The frames of one step of one side, recorded."""
        frames, dir = near.settles(), near.terms.side
        self.opens += [(dir, data) for data in opens(frames)]
        for data in envelopes(frames):
            if data not in [known for _, _, known in self.entries]:
                n = sum(side == dir for side, _, _ in self.entries)
                self.entries.append((dir, n, data))
        return frames

    def opened_with(self, thief_of: Station, stolen: dict[str, bytes]) -> set[tuple[int, int]]:
        """(direction, number) of every recorded entry that stolen cells open."""
        keys = [AESGCMSIV(key) for key in set(self.keys(thief_of, stolen))]
        found = set()
        for dir, n, data in self.entries:
            aad = associated(thief_of.terms.line_id, 1, dir, 0, n, self.ets[dir])
            for key in keys:
                try:
                    key.decrypt(bytes(12), data[6:], aad)
                except InvalidTag:
                    continue
                found.add((dir, n))
        return found

    @property
    def ets(self) -> tuple[bytes, bytes]:
        """The transcripts of both directions: public, H(info0 and the sealed secret)."""
        found = {}
        for station in (self.north, self.south):
            terms = station.terms
            packet = Reader(decode(station.cells["open"]))
            sealed = decode(packet.take(packet.uvar()))[5]
            info0 = open_info(terms.line_id, 1, terms.side, terms.h_agr, terms.their_prekey)
            found[terms.side] = sha256(info0 + sealed)
        return found[0], found[1]

    def keys(self, thief_of: Station, stolen: dict[str, bytes]) -> Iterator[bytes]:
        """What 32 stolen bytes give, whichever kind of key each of them is taken for."""
        found = {
            item for cell in stolen.values() for item in strings(decode(cell)) if len(item) == 32
        }
        roots = found | {root for seed in found for root in self.roots(thief_of, seed)}
        for root in roots:
            yield root  # the key of an entry?
            yield hmac_sha256(root, b"\x03")  # a message key?
            for chain in (root, hmac_sha256(root, b"chain")):  # a chain key, a root key?
                for _ in range(STEPS):
                    yield hmac_sha256(hmac_sha256(chain, b"\x01"), b"\x03")
                    chain = hmac_sha256(chain, b"\x02")

    def roots(self, thief_of: Station, seed: bytes) -> Iterator[bytes]:
        """The root keys that recorded OPENs give to whoever has the seed of a prekey."""
        terms = thief_of.terms
        for dir, data in self.opens:
            public = terms.our_prekey if dir == terms.theirs else terms.their_prekey
            info0 = open_info(terms.line_id, 1, dir, terms.h_agr, public)
            packet = Reader(data[1:])
            sealed = decode(packet.take(packet.uvar()))[5]
            try:
                secret = Prekey(seed).open(sealed, info0)
            except ParleyError:
                continue
            yield hkdf32(bytes(32), secret, sha256(info0 + sealed))


def strings(value: Value) -> Iterator[bytes]:
    """All byte strings inside a decoded value."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def five_each() -> Recorder:
    world = Recorder()
    world.talks()
    for count in range(5):
        world.north.says(f"north {count}")
        world.south.says(f"south {count}")
        world.talks(ticks=3)
    return world


def test_S4_an_image_of_either_side_opens_no_recorded_entry() -> None:
    world = five_each()
    world.talks()
    assert len(world.entries) == 10
    assert world.north.state.receipted == world.south.state.receipted == 5
    for station in (world.north, world.south):
        assert world.opened_with(station, station.cells) == set()
    all_hold(world.north, world.south)


def test_S4_before_an_entry_comes_its_key_is_here_and_opens_it() -> None:
    """So the thief of these tests knows how to use what it finds."""
    world = Recorder()
    world.talks()
    before = {station: station.cells for station in (world.north, world.south)}
    for count in range(3):
        world.north.says(str(count))
    world.talks()
    for station, cells in before.items():
        assert world.opened_with(station, cells) == {(0, 0), (0, 1), (0, 2)}
        assert world.opened_with(station, station.cells) == set()


def test_S2_before_an_open_is_accepted_the_prekey_is_here_and_opens_everything() -> None:
    world = Recorder()
    before = world.south.cells
    world.talks()
    world.north.says("Long after.")
    world.talks()
    assert world.opened_with(world.south, before) == {(0, 0)}
    assert world.opened_with(world.south, world.south.cells) == set()


def test_S4_of_entries_that_came_early_only_the_missing_can_be_opened() -> None:
    world = Recorder()
    world.talks()
    for count in range(5):
        world.north.says(str(count))
    sealed = envelopes(world.leaving(world.north))
    world.south.hears(sealed[4], sealed[1])
    world.south.settles()
    assert world.opened_with(world.south, world.south.cells) == {(0, 0), (0, 2), (0, 3)}
    world.south.starts()
    world.south.hears(sealed[0])
    world.south.settles()
    assert world.opened_with(world.south, world.south.cells) == {(0, 2), (0, 3)}


def test_0001_a_root_key_that_was_kept_would_open_everything() -> None:
    """Why decision 0001 was taken: the same image with RK_0 in it."""
    world = five_each()
    root = Secrets(world.north).roots[1]
    stolen = world.south.cells | {"root": encode(root)}
    assert world.opened_with(world.south, stolen) == {(0, n) for n in range(5)}


def test_S4_no_retired_key_stands_anywhere_in_what_is_kept() -> None:
    world = five_each()
    for station, other in ((world.north, world.south), (world.south, world.north)):
        image_opens_nothing_retired(station, other)
        image = image_of(station)
        assert Secrets(station).chain(5) in image  # the next key is: so the search finds keys
        assert Secrets(other).chain(5) in image


def test_a_stopped_line_has_erased_what_it_took() -> None:
    world = five_each()
    world.south.hears(world.north.states(1 << 20, epoch=1))
    world.north.says("After the stop.")
    world.talks()
    talk(world.north, world.south)
    assert world.south.state.halted
    assert len(world.south.theirs) == 6
    assert world.opened_with(world.south, world.south.cells) == set()


# --- what a process remembers


def remembered(root: object) -> set[bytes]:
    """All bytes that can be reached from an object of the core, but what chance it may draw."""
    found: set[bytes] = set()
    seen: set[int] = set()
    left = [root]
    while left:
        each = left.pop()
        if isinstance(each, bytes):
            found.add(each)
        elif id(each) not in seen and not isinstance(each, MethodType | type | str | int):
            seen.add(id(each))
            left += [part for part in get_referents(each) if not isinstance(part, ModuleType)]
    return found


@pytest.mark.parametrize("begun", [1, 2])
def test_S1_an_accepted_open_leaves_no_prekey_in_memory(begun: int) -> None:
    north, south = two_lives()
    drawn = [prekey(side).seed for side in (0, 1)]
    assert any(drawn[1] in each for each in remembered(south.life))  # so the search finds seeds
    talk(north, south)
    if begun == 2:
        for each in (north, south):
            before = len(each.drawn)
            each.resumes()
            drawn += each.drawn[before:]
        talk(north, south, 80)
    assert [each.inc for each in (north, south)] == [begun] * 2
    for each in (north, south):
        memory = remembered(each.life)
        assert len(memory) > 20
        for seed in drawn:
            assert not any(seed in kept for kept in memory)
