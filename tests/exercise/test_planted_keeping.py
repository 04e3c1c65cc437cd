"""Mistakes that contradict nothing the other side holds: of what is kept and of what is told.

None of them was found by the checkers of the records; `exercise/keeping.py` is there for them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parley.core import heads, line, speaking
from parley.core.effects import Noticed, Numbered, Receipted
from parley.core.entry import Status
from parley.core.heads import Heads
from parley.core.hearing import Ears
from parley.core.kept import Change
from parley.core.pulse import Pulse
from parley.core.rekeying import Rekeying
from parley.core.speaking import Voice
from parley.core.wire import encode
from parley.exercise import byzantine
from parley.station.line import lines
from tests.exercise.test_planted import (
    Adrift,
    Fresh,
    OneWay,
    Patch,
    Planted,
    SmallLied,
    finds,
)
from tests.places import few


def an_entry_bears_the_hour_of_its_neighbour(patch: Patch) -> None:
    seal = Voice._seal

    def late(self: Voice, row: Any, epoch: Any, their_log: Any, now: Any, change: Any) -> Any:
        return seal(self, row, epoch, their_log, replace(now, wall=now.wall + 3_600), change)

    patch.setattr(Voice, "_seal", late)


def a_mark_is_lost(patch: Patch) -> None:
    say = Voice.say

    def unmarked(self: Voice, saying: Any, change: Change) -> int:
        return say(self, replace(saying, status=Status.ACTUAL), change)

    patch.setattr(Voice, "say", unmarked)


def a_head_counts_and_is_not_kept(patch: Patch) -> None:
    keep = Heads._keep

    def forgetful(self: Heads, head: Any, found: Any, change: Change) -> None:
        before = len(change.heads)
        keep(self, head, found, change)
        if head.kind == heads.COSIGN:
            del change.heads[before:]

    patch.setattr(Heads, "_keep", forgetful)


def one_algorithm_signs(patch: Patch) -> None:
    patch.setattr(heads, "BOTH_ENTRIES", 1 << 40)
    patch.setattr(heads, "BOTH_S", 1e18)


def what_has_joined_is_still_kept_as_early(patch: Patch) -> None:
    keep = Ears.keep

    def keeps(self: Ears, change: Change) -> None:
        keep(self, change)
        change.held_drop.clear()

    patch.setattr(Ears, "keep", keeps)


def a_used_prekey_is_kept(patch: Patch) -> None:
    hear = Rekeying.hear_rekey

    def keeps(self: Rekeying, packet: Any, under: Any, ears: Ears, now: Any, change: Any) -> Any:
        before = dict(self._ours)
        outcome = hear(self, packet, under, ears, now, change)
        if packet.prekey in before and packet.prekey not in self._ours:
            self._ours = {packet.prekey: before[packet.prekey], **self._ours}
            change.cells["prekeys"] = encode([self._ours, self._next_id])
        return outcome

    patch.setattr(Rekeying, "hear_rekey", keeps)


def silence_is_seen_too_late(patch: Patch) -> None:
    patch.setattr(lines, "SILENT_AFTER_HEARTBEATS", 3.9)


def heartbeats_are_rare(patch: Patch) -> None:
    due = Pulse.status_due

    def rarely(self: Pulse, now: Any) -> bool:
        self._heartbeat_s *= 5
        try:
            return due(self, now)
        finally:
            self._heartbeat_s /= 5

    patch.setattr(Pulse, "status_due", rarely)


def a_receipt_is_not_told(patch: Patch) -> None:
    patch.setattr(line, "Receipted", lambda upto: Noticed("receipt", ""))


def a_receipt_is_told_for_one_more(patch: Patch) -> None:
    patch.setattr(line, "Receipted", lambda upto: Receipted(upto + 1))


def a_number_is_not_told(patch: Patch) -> None:
    patch.setattr(speaking, "Numbered", lambda queue_id, entry: Noticed("numbered", ""))


def a_number_is_told_of_another(patch: Patch) -> None:
    patch.setattr(speaking, "Numbered", lambda queue_id, entry: Numbered(queue_id + 1, entry))


def their_seen_is_not_kept(patch: Patch) -> None:
    keep = Ears.keep

    def forgetful(self: Ears, change: Change) -> None:
        keep(self, change)
        del change.cells["their seen"]

    patch.setattr(Ears, "keep", forgetful)


def our_seen_is_not_kept(patch: Patch) -> None:
    number = Voice.number

    def forgetful(
        self: Voice, their_log: Any, now: Any, room: int, change: Change, told: Any
    ) -> bool:
        done = number(self, their_log, now, room, change, told)
        change.cells.pop("our seen", None)
        return done

    patch.setattr(Voice, "number", forgetful)


def what_contradicts_them_is_not_kept(patch: Patch) -> None:
    told = byzantine.STOP["signed_another_past"]
    patch.setattr(byzantine, "STOP", {"signed_another_past": told})
    hear = Heads.hear_checkpoint

    def forgetful(self: Heads, packet: Any, now: Any, change: Change) -> Any:
        try:
            return hear(self, packet, now, change)
        finally:
            change.cells.pop("contradiction", None)

    patch.setattr(Heads, "hear_checkpoint", forgetful)


PLANTED = [
    Planted(an_entry_bears_the_hour_of_its_neighbour, {"I24"}, Adrift),
    Planted(a_mark_is_lost, {"I24"}),
    Planted(a_used_prekey_is_kept, {"I9"}, Fresh),
    Planted(a_head_counts_and_is_not_kept, {"I12"}),
    Planted(one_algorithm_signs, {"I12"}),
    Planted(what_has_joined_is_still_kept_as_early, {"I13"}),
    Planted(silence_is_seen_too_late, {"L5"}, OneWay),
    Planted(heartbeats_are_rare, {"L5"}),
    Planted(a_receipt_is_not_told, {"I25"}),
    Planted(a_receipt_is_told_for_one_more, {"I25"}),
    Planted(a_number_is_not_told, {"I25"}),
    Planted(a_number_is_told_of_another, {"I25"}),
    Planted(their_seen_is_not_kept, {"I7"}),
    Planted(our_seen_is_not_kept, {"I7"}),
    Planted(what_contradicts_them_is_not_kept, {"T2"}, SmallLied),
]


@pytest.mark.parametrize("planted", few(PLANTED, 4), ids=lambda planted: planted.mistake.__name__)
def test_a_mistake_in_what_is_kept_or_told_is_found(planted: Planted, monkeypatch: Patch) -> None:
    planted.mistake(monkeypatch)
    assert finds(planted.kind) in planted.found_by
