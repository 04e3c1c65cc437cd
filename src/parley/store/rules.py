"""What every store decides alike: which changes fit, and where a joint position lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from parley.core.errors import Misused
from parley.core.kept import Change, Conflict, HeldRow, QueueRow
from parley.core.record import joint_key


class Fitted(NamedTuple):
    """A change that fits: the sizes it leaves, by direction, and the puts that outlive it."""

    sizes: tuple[int, int]
    held: list[HeldRow]
    queue: list[QueueRow]
    outbox: list[tuple[int, bytes]]


def fit(change: Change, side: int, sizes: tuple[int, int]) -> Fitted:
    """Check `change` against the durable sizes by direction; Conflict when they have moved on."""
    if change.before != (sizes[side], sizes[1 - side]):
        raise Conflict(
            f"The record has {sizes[side]} entries of ours and {sizes[1 - side]} of theirs, not "
            f"{change.before[0]} and {change.before[1]}: somebody else has written it.",
            hint="Make sure that only one station runs on this folder, then start it again.",
        )
    grown = list(sizes)
    for entry in change.entries:
        if entry.n != grown[entry.dir]:
            raise Misused(f"entry {entry.n} cannot follow {grown[entry.dir]} entries")
        grown[entry.dir] += 1
    if len({n for n, _ in change.outbox_put}) < len(change.outbox_put):
        raise Misused("two sealed frames for one number")
    # What one step puts and drops again need not touch the disk.
    gone_held, gone_queue = set(change.held_drop), set(change.queue_drop)
    return Fitted(
        (grown[0], grown[1]),
        [row for row in change.held_put if row.n not in gone_held],
        [row for row in change.queue_put if row.id not in gone_queue],
        [put for put in change.outbox_put if put[0] >= change.outbox_drop_below],
    )


def not_enrolled(line_id: bytes) -> Misused:
    """Our own mistake: a line must be enrolled before it keeps anything."""
    return Misused(f"line {line_id.hex()} is not enrolled")


def check_side(line_id: bytes, side: int, known: int | None = None) -> None:
    """Raise unless `side` is 0 or 1 and the one this line was enrolled with."""
    if side not in (0, 1) or known not in (None, side):
        raise Misused(f"side {side} of line {line_id.hex()}: it is 0 or 1 and never changes")


def joint_split(
    sizes: tuple[int, int], seen: Callable[[int, int], int], start: int
) -> tuple[int, int]:
    """How many of the first `start` entries in joint order are of each log.

    Both logs rise along the joint order, so a binary search needs some forty looks in a million
    entries, and none of the entries before `start` is read.
    """
    start = min(start, sum(sizes))
    low, high = max(0, start - sizes[1]), min(start, sizes[0])
    while low < high:
        a = (low + high) // 2
        b = start - a - 1
        # If entry a of log 0 comes before entry b of log 1, it is among the first `start`.
        if joint_key(0, a, seen(0, a)) < joint_key(1, b, seen(1, b)):
            low = a + 1
        else:
            high = a
    return low, start - low
