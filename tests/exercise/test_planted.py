"""Mistakes planted in core, station and disk: some checker must find each of them.

The first thirteen are those of the prototype; docs/simulation.md has the table. A mistake that no
world finds means a checker that looks at nothing.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from parley.core import hearing, line, pulse, speaking
from parley.core.effects import Effect, Heard, Keep, Noticed, Scrub, Transmit
from parley.core.errors import ParleyError
from parley.core.heads import Heads
from parley.core.hearing import Ears
from parley.core.kept import Change
from parley.core.line import Line
from parley.core.opening import PREKEYS_OFFERED
from parley.core.pulse import Pulse
from parley.core.rekeying import Rekeying
from parley.core.seal import Epoch
from parley.core.speaking import Voice, frame_kind
from parley.core.terms import Instant
from parley.core.vouching import RecordKey, record_key
from parley.core.wire import encode
from parley.exercise import byzantine
from parley.exercise.disk import SimDisk, _Record
from parley.exercise.plots import Lied
from parley.exercise.resident import LINE_ID, Resident
from parley.exercise.violation import Violation
from parley.exercise.world import FAST, Options, World
from parley.station.line.carrying import Departures
from parley.station.line.lines import OpenLine
from tests.places import few

Patch = pytest.MonkeyPatch
WORLDS_MAX = 40


def small(options: Options) -> Options:
    """A short bad world, so that forty of them are soon lived through."""
    return replace(
        options,
        messages=min(options.messages, 150),
        burst=min(options.burst, 20),
        bad_s=min(options.bad_s, 15.0),
        bearers=(FAST,),
        late_s=min(options.late_s, 3.0),
        loss=min(options.loss, 0.3),
        power=max(options.power, 0.02),
        long_texts=False,
        window=128,
        heartbeat_s=2.0,
    )


class Small(World):
    def draws(self) -> Options:
        return small(super().draws())


class Deniable(Small):
    def draws(self) -> Options:
        return replace(super().draws(), deniable=True)


class Crowded(World):
    def draws(self) -> Options:
        return replace(small(super().draws()), messages=700, burst=350, loss=0.3, bad_s=8.0)


class OneWay(World):
    def draws(self) -> Options:
        return replace(small(super().draws()), one_way=0)


class Replayed(World):
    def draws(self) -> Options:
        return replace(small(super().draws()), relay=0.3, power=0.05)


class Fresh(World):
    """Fresh keys all the time."""

    def draws(self) -> Options:
        options = replace(small(super().draws()), messages=150, burst=2, bad_s=40.0, loss=0.05)
        return replace(options, rekey_entries=5, rekey_s=2.0, heartbeat_s=0.5, late_s=0.0)


class Often(Fresh):
    """Fresh keys every second or two and nothing that goes wrong: the thief is locked out often."""

    def draws(self) -> Options:
        options = replace(super().draws(), messages=200, burst=1, bad_s=60.0, loss=0.0, power=0.0)
        return replace(options, rekey_entries=2, rekey_s=1.0)


class Adrift(World):
    """Clocks that jump all the time, at stations that start all the time."""

    def draws(self) -> Options:
        return replace(small(super().draws()), clocks=0.1, power=0.05)


class FreshOfSuite2(Fresh):
    def draws(self) -> Options:
        return replace(super().draws(), suite=2)


class Swallowed(Small):
    """A place that is called and swallows everything is the newest path, again and again."""

    def draws(self) -> Options:
        return replace(super().draws(), hole=True)


class SmallLied(Lied):
    def draws(self) -> Options:
        return replace(super().draws(), messages=40, bad_s=5.0, heartbeat_s=2.0, window=128)


def finds(kind: Callable[[int], World], worlds: int = WORLDS_MAX) -> str:
    """The first thing that is found wrong, in so many worlds."""
    for seed in range(worlds):
        try:
            kind(seed).run()
        except Violation as violation:
            return violation.rule
        except Exception as error:
            return type(error).__name__
    return "nothing"


def only(patch: Patch, lie: str) -> None:
    """Let no other great lie be told."""
    told = byzantine.STOP[lie]
    patch.setattr(byzantine, "STOP", {lie: told})
    patch.setattr(byzantine, "opens_twice", told)


# --- the mistakes


def the_senders_chain_is_not_kept(patch: Patch) -> None:
    number = Voice.number

    def forgetful(
        self: Voice, their_log: Any, now: Any, room: int, change: Change, told: Any
    ) -> bool:
        done = number(self, their_log, now, room, change, told)
        change.cells.pop("out", None)
        return done

    patch.setattr(Voice, "number", forgetful)


def the_receiver_keeps_its_keys(patch: Patch) -> None:
    patch.setattr(Epoch, "retire", lambda self, below, also: None)


def the_prekey_goes_in_a_transaction_of_its_own_before(patch: Patch) -> None:
    keep = SimDisk.keep

    def apart(self: SimDisk, change: Change) -> None:
        if change.cells.get("prekey", b"") is None:
            cells: dict[str, bytes | None] = {"prekey": None}
            keep(self, Change(change.line_id, change.inc, change.before, cells=cells))
            commit_half(self)
        keep(self, change)

    patch.setattr(SimDisk, "keep", apart)


def the_prekey_is_never_erased(patch: Patch) -> None:
    accept = Ears.accept_open

    def keeps(self: Ears, *given: Any) -> Any:
        cells, share = accept(self, *given)
        cells.pop("prekey", None)
        return cells, share

    patch.setattr(Ears, "accept_open", keeps)


def roots_are_not_compared(patch: Patch) -> None:
    only(patch, "another_past")
    patch.setattr(hearing, "_agree", lambda ours, stated: None)


def entries_leave_before_they_are_kept(patch: Patch) -> None:
    def hasty(self: Departures, open_line: OpenLine, effects: Any) -> Iterator[Any]:
        for effect in sorted(effects, key=lambda each: isinstance(each, Keep)):
            if isinstance(effect, Transmit):
                open_line.send([effect.frame])
            elif not isinstance(effect, Scrub):
                yield effect

    patch.setattr(Departures, "lay_out", hasty)


def receipts_leave_before_what_they_are_for_is_kept(patch: Patch) -> None:
    lay_out = Departures.lay_out

    def hasty(self: Departures, open_line: OpenLine, effects: Any) -> Iterator[Any]:
        effects = list(effects)
        about = [each for each in effects if isinstance(each, Transmit) and frame_kind(each.frame)]
        open_line.send([each.frame for each in about])
        yield from lay_out(self, open_line, [each for each in effects if each not in about])

    patch.setattr(Departures, "lay_out", hasty)


def one_number_for_two(patch: Patch) -> None:
    """Whatever has no receipt after a start is sealed again, under its old number."""
    resealed = Voice.path_up

    def again(self: Voice, now: Any) -> None:
        for n, sealed in list(self._outbox.items()):
            self._outbox[n] = sealed[:6] + bytes(len(sealed) - 6)
        resealed(self, now)

    patch.setattr(Voice, "path_up", again)


def nothing_is_scrubbed(patch: Patch) -> None:
    patch.setattr(SimDisk, "scrub", lambda self: None)


def a_failed_scrub_holds_nothing_back(patch: Patch) -> None:
    def careless(self: Departures, now: Any) -> None:
        rest, self._rest = self._rest, []
        if rest:
            with contextlib.suppress(ParleyError):
                self._store.scrub()
        for load in rest:
            load.leaves()

    patch.setattr(Departures, "scrub_and_leave", careless)


def what_came_early_is_not_kept(patch: Patch) -> None:
    keep = Ears.keep

    def forgetful(self: Ears, change: Change) -> None:
        keep(self, change)
        change.held_put.clear()

    patch.setattr(Ears, "keep", forgetful)


def what_came_early_is_not_told(patch: Patch) -> None:
    patch.setattr(line, "Early", lambda row: Noticed("early", ""))


def what_came_early_is_told_again_after_a_start(patch: Patch) -> None:
    begin = Ears.__init__

    def forgetful(self: Ears, *given: Any) -> None:
        begin(self, *given)
        self._held_durable = set()

    patch.setattr(Ears, "__init__", forgetful)


def a_clock_in_doubt_is_not_told(patch: Patch) -> None:
    patch.setattr(Line, "doubt_clock", lambda self, doubt, now: None)


def nothing_is_sent_again(patch: Patch) -> None:
    patch.setattr(Voice, "again", lambda self, now, room: [])


def counters_are_not_reserved(patch: Patch) -> None:
    patch.setattr(pulse, "COUNTER_SKIP", 0)
    patch.setattr(pulse, "COUNTER_BLOCK", -1)


def what_was_heard_last_is_forgotten(patch: Patch) -> None:
    acted_on = Ears.acted_on

    def forgetful(self: Ears, heard: Any) -> Any:
        acted_on(self, heard)
        return [{}, 0]

    patch.setattr(Ears, "acted_on", forgetful)


def seen_runs_ahead(patch: Patch) -> None:
    seal = Voice._seal

    def ahead(self: Voice, row: Any, epoch: Any, their_log: Any, now: Any, change: Any) -> Any:
        entry = seal(self, row, epoch, their_log, now, change)
        change.entries[-1] = replace(entry, seen=entry.seen + 1)
        return change.entries[-1]

    patch.setattr(Voice, "_seal", ahead)


def a_flash_waits_its_turn(patch: Patch) -> None:
    patch.setattr(speaking, "reversed", lambda precedences: list(precedences), raising=False)


def flash_has_no_places_of_its_own(patch: Patch) -> None:
    patch.setattr(speaking, "FLASH_PLACES", 0)


def the_window_has_no_end(patch: Patch) -> None:
    patch.setattr(Voice, "_may_number", lambda self, precedence, size, room: True)


def silence_is_not_seen(patch: Patch) -> None:
    patch.setattr(OpenLine, "observe", lambda self, state: "heard")


def any_status_counts_as_an_echo(patch: Patch) -> None:
    received = Pulse.received

    def credulous(self: Pulse, echo: int, now: Any) -> None:
        received(self, echo, now)
        self.heard_at = now.mono

    patch.setattr(Pulse, "received", credulous)


def a_number_is_taken_twice(patch: Patch) -> None:
    """By the station, and so in one transaction; a disk that recovers repeats what it was given."""
    note = Resident._note

    def twice(self: Resident, effect: Effect, now: Instant) -> None:
        note(self, effect, now)
        if isinstance(effect, Heard) and effect.entry.n == 3:
            note(self, effect, now)

    patch.setattr(Resident, "_note", twice)


def a_head_is_signed_for_more_than_is_kept(patch: Patch) -> None:
    keep = Heads._keep

    def wrong(self: Heads, head: Any, *given: Any) -> None:
        keep(self, replace(head, size=head.size + 1), *given)

    patch.setattr(Heads, "_keep", wrong)


def a_change_is_kept_in_two_halves(patch: Patch) -> None:
    keep = SimDisk.keep

    def halves(self: SimDisk, change: Change) -> None:
        key = (change.line_id, change.inc, change.before)
        cells, entries = change.cells, change.entries
        keep(self, Change(*key, cells=cells))
        commit_half(self)
        keep(self, replace(change, cells={}, entries=entries))

    patch.setattr(SimDisk, "keep", halves)


def commit_half(disk: SimDisk) -> None:
    """Make what a transaction wrote so far durable by itself, and let the power fail after it."""
    if disk._journal and not disk._journal[-1].synced:
        disk._journal.pop()
    undo = disk._undo or []
    disk._journal.append(_Record(list(disk._writes), list(undo), synced=True))
    disk._writes.clear()
    undo.clear()
    disk.power.point("between two transactions")


def the_next_epoch_needs_no_secret(patch: Patch) -> None:
    grow = Epoch.next

    def weak(self: Epoch, secret: bytes, *given: Any) -> Epoch:
        return grow(self, bytes(32), *given)

    patch.setattr(Epoch, "next", weak)


def prekeys_are_used_again(patch: Patch) -> None:
    """Those that take the place of used ones all grow from one seed."""
    keep = Rekeying._keep_ours

    def lazy(self: Rekeying, number: int, seed: bytes, now: Any) -> None:
        keep(self, number, seed if number <= PREKEYS_OFFERED else bytes(31) + b"\x01", now)

    patch.setattr(Rekeying, "_keep_ours", lazy)


def a_rekey_is_made_anew_after_a_start(patch: Patch) -> None:
    make = Rekeying._make

    def forgetful(self: Rekeying, *given: Any) -> None:
        make(self, *given)
        given[-1].cells.pop("rekey", None)

    patch.setattr(Rekeying, "_make", forgetful)


def a_rekey_is_sent_once(patch: Patch) -> None:
    frames = Rekeying.frames

    def once(self: Rekeying, *given: Any) -> Any:
        pending = self.next is not None
        found = frames(self, *given)
        return [] if pending else found

    patch.setattr(Rekeying, "frames", once)


def the_older_epoch_is_erased_too_soon(patch: Patch) -> None:
    begin = Ears.begin

    def hasty(self: Ears, *given: Any) -> None:
        begin(self, *given)
        self._until = 0
        self._end_older()

    patch.setattr(Ears, "begin", hasty)


def the_older_epoch_is_never_erased(patch: Patch) -> None:
    patch.setattr(Ears, "spoken_under", lambda self, epoch, size: None)


def the_speaker_switches_before_it_was_heard(patch: Patch) -> None:
    accepted = Rekeying.accepted

    def at_once(self: Rekeying, e: int, *given: Any) -> bool:
        return accepted(self, 1 << 30, *given)

    patch.setattr(Rekeying, "accepted", at_once)


def root_keys_are_kept_for_the_record_key(patch: Patch) -> None:
    """As wire.md's formula would have it: the root keys of both first epochs, and no shares."""
    grow, first = Epoch._grow, Epoch.first
    root: list[bytes] = []

    def grows(rk: bytes, *given: Any) -> Epoch:
        root[:] = [rk]
        return grow(rk, *given)

    def shares(*given: Any) -> Any:
        return replace(first(*given), share=root[0])

    def keeps(self: RecordKey, dir: int, share: bytes, change: Change) -> None:
        self._shares[dir] = share
        change.cells["record shares"] = encode(self._shares)
        if len(self._shares) == 2:
            self.key = record_key(LINE_ID, 1, self._shares[0], self._shares[1])
            change.cells["record key"] = encode(self.key)

    patch.setattr(Epoch, "_grow", grows)
    patch.setattr(Epoch, "first", shares)
    patch.setattr(RecordKey, "take", keeps)


def the_newest_path_is_used_alone(patch: Patch) -> None:
    patch.setattr(OpenLine, "in_use", lambda self: self.paths[-1:])


def what_has_proved_nothing_is_not_used(patch: Patch) -> None:
    def proved(self: OpenLine) -> list[Any]:
        return [path for path in self.paths if path.vouched][-1:] or self.paths[-1:]

    patch.setattr(OpenLine, "in_use", proved)


@dataclass(frozen=True)
class Planted:
    mistake: Callable[[Patch], None]
    found_by: set[str]  # any of these checkers
    kind: Callable[[int], World] = Small


PLANTED = [
    Planted(the_senders_chain_is_not_kept, {"I9"}),
    Planted(the_receiver_keeps_its_keys, {"I9"}),
    Planted(the_prekey_goes_in_a_transaction_of_its_own_before, {"I14", "L1", "L4"}),
    Planted(the_prekey_is_never_erased, {"I9"}),
    Planted(roots_are_not_compared, {"T2"}, SmallLied),
    Planted(entries_leave_before_they_are_kept, {"I4"}),
    Planted(receipts_leave_before_what_they_are_for_is_kept, {"I3", "I1", "I9", "L1"}),
    Planted(one_number_for_two, {"I26"}),
    Planted(nothing_is_scrubbed, {"I9"}),
    Planted(a_failed_scrub_holds_nothing_back, {"I9"}),
    Planted(what_came_early_is_not_kept, {"L1", "L4", "I5", "Misused"}),
    Planted(what_came_early_is_not_told, {"I19"}),
    Planted(what_came_early_is_told_again_after_a_start, {"I19"}),
    Planted(a_clock_in_doubt_is_not_told, {"L1", "L4"}, Adrift),
    Planted(nothing_is_sent_again, {"L1", "L4"}),
    Planted(counters_are_not_reserved, {"I26"}),
    Planted(what_was_heard_last_is_forgotten, {"L1"}, Replayed),
    Planted(seen_runs_ahead, {"I1", "I7", "L1"}),
    Planted(a_flash_waits_its_turn, {"L3"}),
    Planted(flash_has_no_places_of_its_own, {"I13"}, Crowded),
    Planted(the_window_has_no_end, {"I13"}, Crowded),
    Planted(silence_is_not_seen, {"L5"}),
    Planted(any_status_counts_as_an_echo, {"L5"}, OneWay),
    Planted(a_number_is_taken_twice, {"I2"}),
    Planted(a_head_is_signed_for_more_than_is_kept, {"I12"}),
    Planted(a_change_is_kept_in_two_halves, {"I14"}),
    Planted(the_next_epoch_needs_no_secret, {"I10"}, Often),
    Planted(prekeys_are_used_again, {"I9", "I10"}, Fresh),
    Planted(the_next_epoch_needs_no_secret, {"I10"}, FreshOfSuite2),
    Planted(prekeys_are_used_again, {"I9", "I10"}, FreshOfSuite2),
    Planted(a_rekey_is_made_anew_after_a_start, {"L1", "L2", "L4", "I5", "I9"}, Fresh),
    Planted(a_rekey_is_sent_once, {"L2"}, Fresh),
    Planted(the_older_epoch_is_erased_too_soon, {"I5", "L1"}, Fresh),
    Planted(the_older_epoch_is_never_erased, {"L2"}, Fresh),
    Planted(root_keys_are_kept_for_the_record_key, {"I9"}, Deniable),
    Planted(the_newest_path_is_used_alone, {"L1", "L4"}, Swallowed),
    Planted(what_has_proved_nothing_is_not_used, {"L1", "L4"}, Swallowed),
    Planted(the_speaker_switches_before_it_was_heard, {"I5", "I9", "L1"}, Fresh),
]


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    """A world is one trouble after the other; the station would log each of them."""
    log = logging.getLogger("parley")
    level = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(level)


@pytest.mark.parametrize("planted", few(PLANTED, 5), ids=lambda planted: planted.mistake.__name__)
def test_a_planted_mistake_is_found(planted: Planted, monkeypatch: Patch) -> None:
    planted.mistake(monkeypatch)
    assert finds(planted.kind) in planted.found_by


@pytest.mark.parametrize("lie", sorted(byzantine.STOP))
def test_a_great_lie_stops_the_line(lie: str, monkeypatch: Patch) -> None:
    only(monkeypatch, lie)
    assert SmallLied(1).run().halted
