"""What a line keeps: the rows that must be durable before anything is visible or sent.

The core fills a `Change`; a store makes it durable in one transaction and hands it back after a
restart as `Kept`. Nothing here knows how it is stored. Cells are small named values, opaque to
the store; those that hold keys are overwritten when a key is retired.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.core.errors import ParleyError


class Conflict(ParleyError):
    """Somebody else has written this record since it was read: two stations on one folder?"""

    kind = "conflict"
    exit_code = 3


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of one direction's log, with everything its leaf commits to."""

    dir: int  # 0: A to B, 1: B to A
    n: int
    type: int
    marks: int
    time: int  # seconds since 2020-01-01, the speaker's clock
    seen: int  # size of the other log the speaker had accepted
    et: bytes  # transcript of the epoch, 32 bytes
    blind: bytes  # 32 bytes
    body: bytes  # as sent, before decompression, without pad
    leaf: bytes  # leaf hash, 32 bytes
    root: bytes  # root of this log at size n + 1, 32 bytes
    wall: float  # POSIX seconds on our clock when it joined our record


@dataclass(frozen=True, slots=True)
class HeldRow:
    """An authentic entry that came before one with a lower number: kept, not yet in the record."""

    n: int
    type: int
    marks: int
    time: int
    seen16: int
    et: bytes
    blind: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A released entry that has no number yet."""

    id: int
    precedence: int  # 0 ROUTINE .. 3 FLASH
    type: int
    marks: int
    body: bytes


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A signed head: a speaker's own checkpoint, or the other side's cosignature of it."""

    dir: int  # whose log
    size: int
    root: bytes
    kind: str  # "checkpoint" or "cosign"
    time: int  # POSIX seconds in a cosignature, 0 in a checkpoint
    block: bytes  # signature block
    wall: float


@dataclass(slots=True)
class Change:
    """All that one step must make durable, in one transaction."""

    line_id: bytes
    inc: int
    before: tuple[int, int]  # (our size, their size) that must be durable now: compare and swap
    entries: list[EntryRow] = field(default_factory=list)
    held_put: list[HeldRow] = field(default_factory=list)
    held_drop: list[int] = field(default_factory=list)
    queue_put: list[QueueRow] = field(default_factory=list)
    queue_drop: list[int] = field(default_factory=list)
    outbox_put: list[tuple[int, bytes]] = field(default_factory=list)  # (n, sealed frame)
    outbox_drop_below: int = 0  # frames with n below this are receipted
    cells: dict[str, bytes | None] = field(default_factory=dict)  # None erases
    heads: list[HeadRow] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self != Change(self.line_id, self.inc, self.before)


@dataclass(slots=True)
class Kept:
    """What `Change`s have left behind for one line and incarnation; empty for a new one."""

    side: int = 0  # our direction: 0 when we are A
    sizes: tuple[int, int] = (0, 0)  # (our log, their log)
    cells: dict[str, bytes] = field(default_factory=dict)
    held: list[HeldRow] = field(default_factory=list)
    queue: list[QueueRow] = field(default_factory=list)
    outbox: list[tuple[int, bytes]] = field(default_factory=list)  # ascending n
