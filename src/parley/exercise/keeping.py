"""What a station keeps beside its logs, and what it tells its people, held against the logs.

A mistake there contradicts nothing that the other side holds: an hour too many in each entry, a
head that is counted and not kept, a receipt that nobody hears of. Both records agree all the same,
so the other checkers do not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from parley.core.entry import EPOCH_2020, Status, Type
from parley.core.heads import CHECKPOINT, COSIGN
from parley.core.kept import Change
from parley.core.wire import decode
from parley.exercise.violation import hold

if TYPE_CHECKING:
    from parley.exercise.resident import Resident

# As spec/line.md L12 has it, whatever the code says: so many entries go without ML-DSA at most.
ONE_ALGORITHM_MAX = 31


def says_what_was_released(station: Resident, change: Change) -> None:
    """I24: an entry bears the hour at which it got its number, and the mark of what was said."""
    for row in change.entries:
        if row.dir != station.terms.side:
            continue
        hour = min(max(int(station.clock.now.wall) - EPOCH_2020, 0), (1 << 32) - 1)
        hold("I24", row.time == hour, f"entry {row.n} bears another hour than its station's")
        mark = row.marks >> 3 & 7
        if row.type == Type.TEXT:
            hold("I24", mark == Status.EXERCISE, f"entry {row.n} bears another mark")


def people_are_told(station: Resident) -> None:
    """I25: of each number and each receipt they are told once, and that is the true one."""
    numbered, receipts = station.noted("numbered"), station.noted("receipts")
    numbers = [n for _, n in numbered]
    hold("I25", numbers == list(range(len(station.ours))), "a number is told not, or not once")
    inc = station.terms.inc
    if inc == station.base.inc:  # later ones say again what was queued before
        log = station.ours
        for id, n in numbered[-1:]:
            texts = station.queued.get((inc, id))
            told = texts is None or log[n].type != Type.TEXT or log[n].body in texts
            hold("I25", told, f"another message is told to have the number {n}")
    last = receipts[-1] if receipts else 0
    hold("I25", last == station.kept_receipts(), "a receipt is kept and not told")
    hold("I25", receipts[-2:] == sorted(set(receipts[-2:])), "a receipt is told twice")


def seen_is_kept(station: Resident) -> None:
    """I7: from what is kept of `seen` a start reads the next one right, however long the logs."""
    for name, log in (("our seen", station.ours), ("their seen", station.theirs)):
        kept = decode(station.cells[name]) if name in station.cells else 0
        hold("I7", kept == (log[-1].seen if log else 0), f"{name} is not kept as it is")


def nothing_early_is_left(station: Resident) -> None:
    """I13: what came early and has joined is kept as early no more."""
    held, size = station.kept().held, len(station.theirs)
    hold("I13", all(row.n >= size for row in held), "what has joined is still kept as early")
    hold("I13", len(held) <= station.terms.window, "more is kept as early than a window")


def used_prekeys_are_gone(near: Resident, far: Resident) -> None:
    """I9: once `near` speaks under fresh keys, `far` has the prekey that brought them no more."""
    if "rekey" in near.cells or "their prekeys" not in near.cells or "prekeys" not in far.cells:
        return
    _, used = decode(near.cells["their prekeys"])
    ours, _ = decode(far.cells["prekeys"])
    hold("I9", min(ours, default=used + 1) > used, "a prekey was kept after its use")


def heads_are_kept(station: Resident) -> None:
    """I12: what counts as signed is kept with its signature; and of our own words at most so many
    lack the second algorithm."""
    state, terms = station.state, station.terms
    covers = ((terms.side, state.our_cover), (terms.theirs, state.their_cover))
    for dir, cover in covers:
        for kind, size in ((CHECKPOINT, cover.by_speaker), (COSIGN, cover.cosigned)):
            kept = [head.size for head in station.heads if (head.dir, head.kind) == (dir, kind)]
            hold("I12", max(kept, default=0) == size, "a head counts and is not kept")
    if not terms.deniable:
        ours, theirs = state.our_cover, state.their_cover
        for size, both in (
            (ours.signed, ours.signed_both),
            (theirs.cosigned, theirs.cosigned_both),
        ):
            hold("I12", size - both <= ONE_ALGORITHM_MAX, "too much has one signature alone")


def all_of(stations: Sequence[Resident], honest: bool) -> None:
    """What is asked often."""
    for station in stations:
        people_are_told(station)
        seen_is_kept(station)
        nothing_early_is_left(station)
    if honest:
        for near, far in (stations, stations[::-1]):
            used_prekeys_are_gone(near, far)
