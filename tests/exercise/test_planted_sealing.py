"""Mistakes with what is used once: a nonce, a counter, a number, an epoch that was given up.

Both sides make them alike or the other side cannot know, so no record and no screen shows them.
`exercise/sealing.py` listens to the cipher itself, and in shared worlds two write one record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from parley.core import pulse
from parley.core.hearing import Ears
from parley.core.kept import Change, EntryRow
from parley.core.keys import sha256
from parley.core.packets import Kind
from parley.core.seal import Epoch
from parley.core.wire import u32
from parley.exercise.disk import SimDisk
from parley.exercise.plots import Restored, Shared
from parley.exercise.world import Options
from parley.store.rules import Fitted, fit
from tests.exercise.test_planted import Fresh, Patch, Planted, finds, small
from tests.places import few


class SmallRestored(Restored):
    """A disk that is put back to a station that starts often, in the middle of fresh keys."""

    def draws(self) -> Options:
        options = small(super().draws())
        return replace(options, rekey_entries=20, rekey_s=3.0, loss=0.0, one_way=None)


class SmallShared(Shared):
    def draws(self) -> Options:
        return replace(small(super().draws()), power=0.0, flaps=0.0, one_way=None, psk0=None)


class FreshRestored(Restored):
    """A station that never started between, and fresh keys all the time."""

    def draws(self) -> Options:
        options = replace(small(super().draws()), rekey_entries=5, rekey_s=2.0, one_way=None)
        options = replace(options, heartbeat_s=0.5, late_s=0.0, loss=0.0, power=0.0, disk=0.0)
        return replace(options, messages=100, burst=2, bad_s=40.0)


def kinds_share_a_nonce(patch: Patch) -> None:
    """The nonce of a packet says its counter, and not its kind."""

    def seals(self: Epoch, kind: int, counter: int, aad: bytes, plain: bytes) -> bytes:
        return self._packets.encrypt(bytes(8) + u32(counter), plain, aad)

    def opens(self: Epoch, kind: int, counter: int, aad: bytes, sealed: bytes) -> bytes | None:
        try:
            return self._packets.decrypt(bytes(8) + u32(counter), sealed, aad)
        except (InvalidTag, ValueError):
            return None

    patch.setattr(Epoch, "seal_packet", seals)
    patch.setattr(Epoch, "open_packet", opens)


def packets_of_both_directions_have_one_key(patch: Patch) -> None:
    """It depends on the epoch's number alone."""
    begins = Epoch.__post_init__

    def alike(self: Epoch, *given: Any) -> None:
        self.ka = sha256(u32(self.e))
        begins(self, *given)

    patch.setattr(Epoch, "__post_init__", alike)


def one_key_seals_two_entries(patch: Patch) -> None:
    """The chain steps at every second entry."""
    step = Epoch._step

    def steps(self: Epoch) -> None:
        if self._high % 2:
            step(self)
            return
        self._chain[self._high + 1] = self._chain[self._high]
        self._high += 1

    patch.setattr(Epoch, "_step", steps)


def counters_run_on_after_a_start(patch: Patch) -> None:
    """From the end of what was reserved, which a restored disk does not know any more."""
    patch.setattr(pulse, "COUNTER_SKIP", 0)


def epochs_that_were_given_up_are_forgotten(patch: Patch) -> None:
    listens = Ears._listen_to

    def forgetful(self: Ears, epoch: Epoch, kinds: Any) -> None:
        if kinds != (Kind.STATUS,):
            listens(self, epoch, kinds)

    patch.setattr(Ears, "_listen_to", forgetful)


def whoever_writes_second_overwrites(patch: Patch) -> None:
    """The store compares nothing: what it is given takes the place of what stands there."""
    _compares_nothing(patch, lambda disk, log, n: disk._put(log, log[:n]))


def whoever_writes_second_writes_beside(patch: Patch) -> None:
    """The store compares nothing, and appends."""
    _compares_nothing(patch, lambda disk, log, n: None)


def _compares_nothing(
    patch: Patch, makes_room: Callable[[SimDisk, list[EntryRow], int], object]
) -> None:
    keep = SimDisk.keep

    def fits(change: Change, side: int, sizes: tuple[int, int]) -> Fitted:
        before = (sizes[side], sizes[1 - side])
        return fit(replace(change, before=before, entries=[]), side, sizes)

    def careless(self: SimDisk, change: Change) -> None:
        record = self._records[change.line_id, change.inc]
        for entry in change.entries[:1]:
            makes_room(self, record.logs[entry.dir], entry.n)
        for n, _ in change.outbox_put:
            self._set(record.outbox, n, None)
        keep(self, change)

    patch.setattr("parley.store.memory.fit", fits)
    patch.setattr(SimDisk, "keep", careless)


PLANTED = [
    Planted(kinds_share_a_nonce, {"I26"}),
    Planted(whoever_writes_second_overwrites, {"I1", "I11", "I12", "I26"}, SmallShared),
    Planted(counters_run_on_after_a_start, {"I26"}, SmallRestored),
    Planted(epochs_that_were_given_up_are_forgotten, {"I27"}, FreshRestored),
    Planted(kinds_share_a_nonce, {"I26"}, Fresh),
    Planted(packets_of_both_directions_have_one_key, {"I26"}),
    Planted(one_key_seals_two_entries, {"I26"}),
    Planted(whoever_writes_second_writes_beside, {"I1", "I11", "I12", "I26"}, SmallShared),
]


@pytest.mark.parametrize("planted", few(PLANTED, 4), ids=lambda planted: planted.mistake.__name__)
def test_what_is_used_twice_is_found(planted: Planted, monkeypatch: Patch) -> None:
    planted.mistake(monkeypatch)
    assert finds(planted.kind) in planted.found_by
