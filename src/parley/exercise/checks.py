"""What must hold of two stations, read from what each has on its disk and what left it.

One checker for each invariant (I1 to I14) and each promise of progress (L1 to L5); in words they
stand in docs/simulation.md. Those of the declared state (I15 to I18, L6) are in `declaring`, those
of what is supplied (I20, I21) in `lost`, of keys that are lost (I22, I23) in `succeeded`, of what
is kept beside the logs and told to people (I24, I25) in `keeping`. Logs only grow, so most checkers
go on where they stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence, Type, read_body
from parley.core.hearing import (
    CIPHERTEXTS_REMEMBERED,
    HELD_BYTES_MAX,
    PAST_EPOCHS_MAX,
    ROOTS_AHEAD_MAX,
)
from parley.core.kept import Change, EntryRow, QueueRow
from parley.core.pulse import STATUS_SENT_MAX
from parley.core.record import joint_key
from parley.core.seal import LOCATOR_BYTES
from parley.core.speaking import ENVELOPE, FLASH_PLACES, frame, frame_kind
from parley.core.wire import decode
from parley.exercise import keeping
from parley.exercise.cells import epochs_in
from parley.exercise.keeping import says_what_was_released
from parley.exercise.violation import hold

if TYPE_CHECKING:
    from parley.exercise.resident import Resident

EPOCHS_MAX = 2
ENTRY = attrgetter(
    "dir", "n", "type", "marks", "time", "seen", "et", "blind", "body", "leaf", "root"
)
KINDS_MAX = 48
# As docs/simulation.md has it, whatever the station says: what was echoed may be two old.
SILENT_AFTER_HEARTBEATS = 2.5


class Checks:
    """All checkers of one world."""

    def __init__(self) -> None:
        self._equal: dict[int, list[int]] = {}  # entries of each log found the same on both sides
        self._seen: dict[tuple[str, int, int], tuple[int, int]] = {}
        self._heads: dict[tuple[str, int], int] = {}
        self._inbox: dict[tuple[str, int], int] = {}
        self.sealings = 0

    # --- at the moment

    def leaves(self, station: Resident, frames: Sequence[bytes]) -> None:
        """I4: what is visible on a bearer is durable."""
        speaks = False
        sealings = station.world.sealings
        for sent in frames:
            sealings.leaves(station, sent)
            if frame_kind(sent) == ENVELOPE:
                hold("I4", sent in station.kept_frames, "an entry left before it was kept")
            else:
                station.world.recorder.hears(station.terms.side, sent)
                speaks |= sent[1 : 1 + LOCATOR_BYTES] in station.receipt_locators()
        if speaks:  # of what it has: a scrub must have come before
            station.left_at = (len(station.log(0)), len(station.log(1)))
            station.left_in = station.terms.inc
            if station.disk.stuck or station.disk.bad:
                nothing_retired_is_kept(station)

    def kept(self, station: Resident, change: Change) -> None:
        """L3: no entry gets its number while a FLASH waits; and see I1 for the rest."""
        told_early(station, change)
        says_what_was_released(station, change)
        if not change.entries:
            return
        ours = [row for row in change.entries if row.dir == station.terms.side]
        urgency = [row.marks >> 6 for row in ours]
        hold("L3", urgency == sorted(urgency, reverse=True), "a FLASH was numbered behind others")
        if urgency and urgency[-1] < Precedence.FLASH:
            waiting = station.disk.queue_of(change.line_id, change.inc)
            hold(
                "L3",
                not any(row.precedence == Precedence.FLASH for row in waiting),
                "an entry was numbered while a FLASH waited",
            )

    def sealed_twice(self, station: Resident, inc: int, n: int) -> None:
        """I11: one number, one envelope, unless an older disk was put back."""
        hold("I11", inc <= station.restored, f"{station.name} sealed entry {n} of {inc} twice")
        self.sealings += 1

    def recovered(self, station: Resident, before_or_after: list[Any]) -> None:
        """I14: after a power cut the disk is as before the step or as after it."""
        hold(
            "I14",
            station.state_on_disk() in before_or_after,
            f"{station.name} found half a step after the power failed at {station.power.failed_at}",
        )

    # --- often

    def often(self, sides: Sequence[Resident], honest: bool = True) -> None:
        """What is cheap enough to be asked all the time."""
        near, far = sides
        honest = honest and near.terms.inc == far.terms.inc  # else one has yet to begin anew
        if honest:
            self.records_agree(near, far)
        for ours, theirs in ((near, far), (far, near)):
            if honest:
                receipts_are_true(ours, theirs)
                epochs_live(ours, theirs)
                heard_is_true(ours, theirs)
            self.inbox_is_the_log(ours)
            self.seen_rises(ours)
            self.heads_are_of_the_record(ours)
            epochs_are_few(ours)
            limits_hold(ours)
            nothing_retired_is_kept(ours)
        keeping.all_of(sides, honest)

    def records_agree(self, near: Resident, far: Resident) -> None:
        """I1: what one holds of the other's log is a beginning of it, entry for entry."""
        equal = self._equal.setdefault(near.terms.inc, [0, 0])
        for speaker, listener in ((near, far), (far, near)):
            dir = speaker.terms.side
            true, copy = speaker.ours, listener.theirs
            hold("I1", len(copy) <= len(true), "an entry is held that its speaker never kept")
            start = min(equal[dir], len(copy))
            hold("I1", start == equal[dir], "an accepted entry has gone")
            for n in range(start, len(copy)):
                hold("I1", ENTRY(true[n]) == ENTRY(copy[n]), f"entry {n} differs")
            equal[dir] = len(copy)

    def inbox_is_the_log(self, station: Resident) -> None:
        """I2: each of their entries is in the inbox once, in order."""
        inbox, key = station.noted("inbox"), (station.name, station.terms.inc)
        start = min(self._inbox.get(key, 0), len(inbox))
        size = len(station.theirs)
        hold("I2", inbox[start:] == list(range(start, size)), "the inbox is not their log")
        self._inbox[key] = len(inbox)

    def seen_rises(self, station: Resident) -> None:
        """I7: `seen` never falls and never passes what the other side had written."""
        sizes = [len(station.log(0)), len(station.log(1))]
        for dir in (0, 1):
            key = (station.name, station.terms.inc, dir)
            start, last = self._seen.get(key, (0, 0))
            if start > sizes[dir]:
                start, last = 0, 0
            for row in station.log(dir)[start:]:
                hold("I7", last <= row.seen, f"entry {row.n} has seen less than the one before")
                last = row.seen
            hold("I7", last <= sizes[1 - dir], "an entry has seen what is not written")
            self._seen[key] = (sizes[dir], last)

    def heads_are_of_the_record(self, station: Resident) -> None:
        """I12: every head that was signed or kept is the root of entries that are kept."""
        heads, key = station.heads, (station.name, station.terms.inc)
        start = min(self._heads.get(key, 0), len(heads))
        for head in heads[start:]:
            log = station.log(head.dir)
            hold("I12", head.size <= len(log), "a head covers entries that are not kept")
            hold("I12", head.root == station.root_at(head.dir, head.size), "a head is of no root")
        self._heads[key] = len(heads)

    def restored(self, station: Resident) -> None:
        """An older disk was put back: what was found of this station is to be found anew."""
        station.world.sealings.put_back(station)
        self._equal.clear()
        tables: tuple[dict[Any, Any], ...] = (self._heads, self._inbox, self._seen)
        for table in tables:
            for key in [each for each in table if each[0] == station.name]:
                del table[key]


# --- each by itself


def told_early(station: Resident, change: Change) -> None:
    """I19: what came before its turn was told in the step that kept it, and in no other."""
    if change.inc != station.terms.inc:
        return
    early = [row.n for row in change.held_put]
    told = station.noted("early")
    hold("I19", told[len(told) - len(early) :] == early, "what came early was not told")
    hold("I19", len(set(told)) == len(told), "what came early was told twice")


def receipts_are_true(near: Resident, far: Resident) -> None:
    """I3: nobody is told that more is held than is."""
    hold(
        "I3", near.kept_receipts() <= len(far.theirs), "a receipt is for entries that are not kept"
    )
    if near.on:
        hold(
            "I3",
            near.open_line.line.line._voice.receipted <= len(far.theirs),
            "a receipt ran ahead",
        )


def epochs_live(near: Resident, far: Resident) -> None:
    """I5: whoever must still hear an entry has the epoch it was sealed under."""
    kept = near.disk.outbox_of(near.terms.line_id, near.terms.inc)
    size = len(far.theirs)
    missing = [n for n in kept if n >= size]
    if not missing:
        return
    known = {cell[2] for cell in epoch_cells(far, "in")}
    held = {row.n for row in far.kept().held}
    for n in missing:
        if n not in held:
            hold("I5", near.ours[n].et in known, f"nobody can open entry {n} any more")


def epochs_are_few(station: Resident) -> None:
    """I6: at most two epochs of theirs live, and one of ours with the one that is under way."""
    hold("I6", len(epoch_cells(station, "in")) <= EPOCHS_MAX, "too many epochs live")


def epoch_cells(station: Resident, name: str) -> list[list[Any]]:
    """The epochs in a cell, as kept."""
    cell = station.cells.get(name)
    return [] if cell is None else list(epochs_in(decode(cell)))


def limits_hold(station: Resident) -> None:
    """I13: nothing that is heard makes memory or disk grow beyond its limits."""
    if not station.on:
        return
    line, window = station.open_line.line.line, station.terms.window
    ears, voice = line._ears, line._voice
    hold("I13", len(ears.held) <= window, "more is held than a window")
    hold("I13", sum(len(row.body) for row in ears.held.values()) <= HELD_BYTES_MAX, "held bytes")
    hold("I13", len(ears._roots_ahead) <= ROOTS_AHEAD_MAX, "too many roots ahead")
    entry = frame(ENVELOPE, b"")
    listed = {True: 0, False: 0}
    for located, items in ears.expected.items():
        listed[located.startswith(entry)] += len(items)
    hold("I13", listed[True] <= EPOCHS_MAX * window, "the table of entries has grown")
    packets = EPOCHS_MAX * KINDS_MAX + PAST_EPOCHS_MAX
    hold("I13", listed[False] <= packets, "the table of packets has grown")
    digests = ears._digests
    hold("I13", len(digests) <= KINDS_MAX, "digests of kinds that there are not")
    for known in digests.values():
        hold("I13", len(known) <= CIPHERTEXTS_REMEMBERED, "too many digests")
    hold("I13", len(line._pulse._sent) <= STATUS_SENT_MAX, "too many STATUS remembered")
    outbox = station.disk.outbox_of(station.terms.line_id, station.terms.inc)
    hold("I13", len(outbox) <= window, "more is on its way than a window")
    unreceipted = voice.log.size - voice.receipted
    flash = sum(voice_row.marks >> 6 == Precedence.FLASH for voice_row in station.ours[-window:])
    hold("I13", unreceipted <= window - FLASH_PLACES + flash, "a place for FLASH is taken")


def heard_is_true(near: Resident, far: Resident) -> None:
    """L5: a line is green only while the other side truly hears us."""
    if near.on and near.observed == "heard":
        deaf_s = near.world.now - far.heard_at
        silent_after_s = SILENT_AFTER_HEARTBEATS * near.terms.heartbeat_s
        hold("L5", deaf_s <= silent_after_s, "a dead line looks green")


def joint_order_is_causal(near: Resident, far: Resident) -> None:
    """I8: both read the common part in one order, in which nothing precedes what it saw."""
    limit = [min(len(near.log(dir)), len(far.log(dir))) for dir in (0, 1)]
    orders = []
    for side in (near, far):
        rows = [row for dir in (0, 1) for row in side.log(dir)[: limit[dir]]]
        rows.sort(key=lambda row: joint_key(row.dir, row.n, row.seen))
        orders.append(rows)
    places = [[(row.dir, row.n) for row in rows] for rows in orders]
    hold("I8", places[0] == places[1], "both sides read the record in different orders")
    place = {key: at for at, key in enumerate(places[0])}
    for at, row in enumerate(orders[0]):
        before = place.get((1 - row.dir, row.seen - 1), -1)
        hold("I8", before < at, f"entry {row.n} stands before what it had seen")


def everything_arrived(speaker: Resident, listener: Resident) -> int:
    """I2 and L1 together: what was surely released is in both records, once, and in its order.
    How many there are."""
    said = [row for row in listener.theirs if row.type == Type.TEXT]
    found = [(Precedence(row.marks >> 6), text_of(row)) for row in said]
    texts = {text for _, text in found}
    hold("I2", len(texts) == len(found), "a message is in the record twice")
    sure, doubtful = speaker.spoken.sure, {text for _, text in speaker.spoken.doubtful}
    known = {text for _, text in sure}
    missing = known - texts
    hold(
        "L1",
        not missing,
        f"{len(missing)} released messages did not arrive: {min(missing, default='')}",
    )
    hold("I2", texts <= known | doubtful, "a message arrived that nobody released")
    for precedence in Precedence:
        released = [text for urgency, text in sure if urgency is precedence]
        arrived = [text for urgency, text in found if urgency is precedence and text in known]
        hold("I2", released == arrived, "a message overtook another of its precedence")
    return len(found)


def text_of(row: EntryRow | QueueRow) -> str:
    """The words of an entry."""
    content = read_body(row.type, row.marks, row.body)
    return str(content.payload) if content else "cannot be read"


# --- secrecy, as far as it costs little


def nothing_retired_is_kept(station: Resident) -> None:
    """I9: no file holds a key of an entry that a frame which has left speaks of.

    Every chain and message key in any file is looked at: the next ones it gives must be of entries
    that are yet to come. `thief` asks the same of all recorded frames, in earnest.
    """
    ours = station.left_at[station.terms.side]
    theirs = station.left_at[station.terms.theirs]
    for inc in (each for each in station.incs if each <= station.left_in):
        for cells in station.disk.stolen_cells(inc):
            for name, low in (("out", ours), ("in", theirs)):
                if name in cells:
                    hold("I9", inc == station.left_in, "keys of an ended incarnation were kept")
                    for cell in epochs_in(decode(cells[name])):
                        at, skipped = cell[7], cell[8]
                        hold("I9", at >= low and min(skipped, default=low) >= low, "a key was kept")


def at_rest(sides: Sequence[Resident]) -> bool:
    """L1: everything released is everywhere, receipted, and signed for or vouched for."""
    states = [station.state for station in sides]
    deniable = sides[0].terms.deniable
    if sides[0].terms.inc != sides[1].terms.inc or any(
        side.open_line.line.resting for side in sides
    ):
        return False
    return all(
        not near.queued
        and near.our_size == near.receipted == far.their_size
        and (
            near.our_size == near.our_cover.vouched == far.their_cover.vouched
            if deniable
            else near.our_size == near.they_cosigned == far.we_cosigned
        )
        for near, far in (states, states[::-1])
    ) and doubts_are_told(sides)


def doubts_are_told(sides: Sequence[Resident]) -> bool:
    """L7: whoever has found its own clock to be wrong, the other side's screen says so."""
    near, far = sides
    return (near.state.they_doubt, far.state.they_doubt) == (far.doubts_clock, near.doubts_clock)


def rekeys_under_way(station: Resident) -> set[bytes]:
    """L2: epochs of ours that are made and not yet used, and of theirs that are to be erased."""
    ours, theirs = epoch_cells(station, "rekey"), epoch_cells(station, "in")
    return {cell[2] for cell in [*ours, *theirs[:-1]]}
