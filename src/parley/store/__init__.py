"""Where a station keeps its record, queue and keys: durable before anything is sent or shown.

`Store` is what a line needs and every store gives. `SqliteStore` is the station's: it adds plain
SQL for the station's own tables and a reader for long reads beside the loop. `MemoryStore` is for
tests of the core and for exercises.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from parley.core.errors import Unavailable
from parley.core.kept import Change, EntryRow, HeadRow, Kept


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A line the store keeps a record for, and how long both logs are."""

    line_id: bytes
    inc: int
    side: int  # our direction: 0 when we are A
    our_size: int
    their_size: int


class NotYetScrubbed(Unavailable):
    """Retired keys may still be in a file: hold the receipt back and scrub again."""


class Store(Protocol):
    """Keeps what lines say must be kept, and hands it back after a restart.

    Every write happens inside `transaction()`; reads may happen outside. Sizes in a `Change` are
    (ours, theirs), and `enrol` says which direction is ours.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, durable on return; on any exception the store is as before."""

    def savepoint(self) -> AbstractContextManager[None]:
        """One operation's own writes within a transaction, undone if it raises."""

    def enrol(self, line_id: bytes, inc: int, side: int) -> None:
        """Begin the record of a line; again with the same side changes nothing."""

    def enrolled(self) -> list[Enrolled]:
        """All lines and incarnations that have a record, oldest first."""

    def keep(self, change: Change) -> None:
        """Write all of `change`, or raise Conflict when the durable sizes are not `before`.

        Puts come first, then drops. One number has one sealed frame: another one is refused.
        """

    def load(self, line_id: bytes, inc: int, side: int) -> Kept:
        """Everything a line needs to go on; empty for a line that is not enrolled."""

    def root_at(self, line_id: bytes, inc: int, dir: int, size: int) -> bytes:
        """The root of one log at an earlier size."""

    def entries(
        self,
        line_id: bytes,
        inc: int,
        dir: int | None = None,
        start: int = 0,
        limit: int | None = None,
    ) -> list[EntryRow]:
        """Entries of one log from number `start`, or of both from position `start` of the joint
        order."""

    def heads(
        self,
        line_id: bytes,
        inc: int,
        dir: int | None = None,
        kind: str | None = None,
        newest: int | None = None,
    ) -> list[HeadRow]:
        """Signed heads in the order they were kept; `newest` keeps only the last so many."""

    def put_secret(self, name: str, value: bytes | None) -> None:
        """Keep a key of the station's own; None erases it, and `scrub` clears what it was."""

    def secret(self, name: str) -> bytes | None:
        """A key of the station's own, or None."""

    def scrub(self) -> None:
        """On return no file holds a key erased by an earlier commit; else NotYetScrubbed."""

    def close(self) -> None:
        """Let go of the files. Nothing may be asked of the store afterwards."""
