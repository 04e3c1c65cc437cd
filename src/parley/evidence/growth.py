"""Verify only what is new: a record that was verified before and has grown since.

What a whole verification does depends on three things: the documents, the lines of the heads and
the lines of the entries, in their order. A state keeps hashes of what was verified of them, and
what the walk knew after the last of those entries: both trees as far as the other side had seen
them, the leaves beyond, and which files were whole. The next verification takes that up only where
all three hashes agree. So no text passes that would not pass whole, as long as SHA-256 resists
collisions and nobody but the reader writes the state: who writes it can say that anything was
verified.

Heads of both logs stand mixed, by size, and the one who had said less says more between them. So
the stretch below the last size that both had passed is hashed as it stands, unread. Behind it, up
to what the state vouches for, only log and size of a line are read: to whose hash it belongs, and
that it stands in its place. Whatever else a hostile file has there, were it no head at all, gives
another hash; then everything is verified anew, and that names the line. Source: spec/record.md R21.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Protocol

from parley.core.errors import Malformed, Misused
from parley.core.keys import sha256
from parley.core.record import Tree
from parley.core.wire import Value, decode, encode
from parley.evidence.at_once import Beside, alone
from parley.evidence.attached import Tally
from parley.evidence.audit import Checker, HeadOrder, Report, check
from parley.evidence.sections import Documents, NotWhole, OnlyWhole, Source
from parley.evidence.vouched import RecordKeyFile

TITLE = b"Parley verification state, version 3\n"
EARLIER = (  # they knew nothing of files, and of no stretch of heads
    b"Parley verification state, version 1\n",
    b"Parley verification state, version 2\n",
)
CHUNK_BYTES = 1 << 20
STRETCH = 8_192  # entries of a log; a stretch of heads ends at a multiple of it
STRETCH_BYTES_MIN = 1 << 16  # so that where it may end is noted for few of any number of heads
NOT_THE_SAME = "the heads below what was verified are not the same"
_PLACE = re.compile(rb"([AB]) (\d{1,19}) ")


class Seekable(Source, Protocol):
    """A text that can be read in pieces too."""

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, or fewer at the end."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The lines of one log's heads up to one size."""

    size: int = -1
    digest: bytes = sha256(b"")
    signed: int = 0
    cosigned: int = 0
    passed_over: int = 0


@dataclass(slots=True)
class _Lines:
    """A hash over one log's heads that can be taken up at every multiple of STRETCH."""

    before: bytes = sha256(b"")  # of all in the stretches before this one
    stretch: int | None = None
    lines: Any = None  # the hash of those in this one, once there are any

    def add(self, size: int, line: bytes) -> None:
        """The next line, of a head at that size."""
        stretch = size // STRETCH
        if stretch != self.stretch:
            self.before, self.stretch, self.lines = self.digest(), stretch, hashlib.sha256()
        self.lines.update(line)

    def digest(self) -> bytes:
        """Of all so far."""
        return self.before if self.lines is None else sha256(self.before + self.lines.digest())


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The heads of both logs below one size, as they stand in the text."""

    below: int = 0
    length: int = 0
    count: int = 0
    digest: bytes = sha256(b"")
    sides: tuple[bytes, bytes] = (sha256(b""), sha256(b""))  # what `_Lines` of either log gives


def _behind(size: int, dir: int) -> HeadOrder:
    """The place of a head that nobody has read further; what follows is of another log or size."""
    return size, dir, "", 0, b""


class Resumed(Checker):
    """A checker that goes on where another one stopped, and can be gone on from."""

    def __init__(
        self,
        documents: Documents,
        all_signatures: bool,
        source: Seekable,
        state: bytes,
        record_key: RecordKeyFile | None = None,
        beside: Beside = alone,
    ) -> None:
        super().__init__(documents, all_signatures, record_key, beside)
        if documents.agreement.deniable and record_key is None:
            raise Misused(
                "A deniable record is not verified without its record key, so no state of it is"
                " kept or taken up.",
                "Give --key FILE, or leave --keep and --since out.",
            )
        self.state: bytes  # once the entries have been read
        self._source = source
        self._documents_hash = sha256(b"".join(map(sha256, documents.raw)))
        self._entries = hashlib.sha256()
        self._length, self._digest = 0, self._entries.digest()
        self._lines = (_Lines(), _Lines())
        self._heads = hashlib.sha256()
        self._stretches = [_Stretch()]
        self._known = [_Mark(), _Mark()]  # of either log, what the state vouches for
        self._marks: tuple[deque[_Mark], deque[_Mark]] = (deque(), deque())
        if state:
            self._go_on(_read(state))

    def _go_on(self, value: Value) -> None:
        documents, every, *numbers, files, (*stretch, digests), sides = value
        if documents != self._documents_hash:
            raise Misused("The state was kept of another line or incarnation.", "Leave it out.")
        if self._all_signatures and not every:
            raise OnlyWhole("not every signature was checked before")
        self._length, self._digest, order, self._by_status, self._first, self._last = numbers
        self._order, self._files = tuple(order), Tally.going_on(files)
        below, length, count, digest = stretch
        self._stretches = [_Stretch(below, length, count, digest, (digests[0], digests[1]))]
        self._lines = (_Lines(digests[0]), _Lines(digests[1]))
        for dir, (side, kept) in enumerate(zip(self._sides, sides, strict=True)):
            side.size, seen, frontier, leaves, side.held, *mark = kept
            side.tree = Tree(seen, frontier)
            side.root = side.tree.fold()
            side.leaves += leaves
            known = _Mark(seen, *mark)
            self._known[dir] = known
            self._covered["checkpoint"][dir] = known.signed
            self._covered["cosign"][dir] = known.cosigned
            self._passed_over += known.passed_over

    def before_heads(self) -> None:
        """Hash the stretch of heads that were verified before."""
        known = self._stretches[0]
        self._hash(self._heads, known.length)
        if self._heads.digest() != known.digest:
            raise OnlyWhole(NOT_THE_SAME)
        self._heads_length, self._head_lines = known.length, known.count
        self._head_order = _behind(known.below, -1)

    def _hash(self, hash: Any, left: int) -> None:
        """Hash what comes next in the text, as much of it as there is."""
        while left and (chunk := self._source.read(min(left, CHUNK_BYTES))):
            hash.update(chunk)
            left -= len(chunk)

    def head(self, line: bytes) -> None:
        """Check one line; of one that was verified before only the place, as its hash will do."""
        if found := _PLACE.match(line):
            dir, size = found[1] == b"B", int(found[2])
            if size <= self._known[dir].size:
                self._known_head(dir, size, line)
                return
        super().head(line)

    def _known_head(self, dir: int, size: int, line: bytes) -> None:
        if (size, dir) < self._head_order[:2]:
            raise OnlyWhole(NOT_THE_SAME)
        self._head_lines += 1
        self._head_order = _behind(size, dir)
        self._count(dir, size, line)

    def _count(self, dir: int, size: int, line: bytes) -> None:
        """Hash one line of the heads; the stretch before it may be where a state begins."""
        below, last = size // STRETCH * STRETCH, self._stretches[-1]
        if below > last.below and self._heads_length >= last.length + STRETCH_BYTES_MIN:
            a, b = (lines.digest() for lines in self._lines)
            self._stretches.append(
                _Stretch(
                    below, self._heads_length, self._head_lines - 1, self._heads.digest(), (a, b)
                )
            )
        self._lines[dir].add(size, line)
        self._heads.update(line)
        self._heads_length += len(line)

    def _take(self, order: HeadOrder, root: bytes, block: bytes) -> None:
        size, dir, kind, _, line = order
        lines, marks = self._lines[dir], self._marks[dir]
        self._hold_known(dir)
        self._count(dir, size, line)
        again = self._head_order[:3] == order[:3] and not self._all_signatures
        before = marks.pop() if marks[-1].size == size else marks[-1]
        marks.append(
            _Mark(
                size,
                lines.digest(),
                size if kind == "checkpoint" else before.signed,
                size if kind == "cosign" else before.cosigned,
                before.passed_over + again,
            )
        )
        super()._take(order, root, block)

    def _hold_known(self, dir: int) -> None:
        """The heads that were verified before must be here, and nothing among them."""
        known = self._known[dir]
        if len(self._marks[dir]) == 0:
            if self._lines[dir].digest() != known.digest:
                raise OnlyWhole(NOT_THE_SAME)
            self._marks[dir].append(known)

    def end_of_heads(self) -> None:
        """Hold them against what was known, where nothing new has come."""
        super().end_of_heads()
        for dir in (0, 1):
            self._hold_known(dir)

    def _mark_at(self, dir: int, size: int) -> _Mark:
        marks = self._marks[dir]
        while len(marks) > 1 and marks[1].size <= size:
            marks.popleft()
        return replace(marks[0], size=size)

    def before_entries(self) -> None:
        """Hash the entries that were verified before."""
        self._hash(self._entries, self._length)
        if self._entries.digest() != self._digest:
            raise NotWhole(
                "entries", "they are not a continuation of those that were verified before"
            )

    def entry(self, line: bytes) -> None:
        """Check one line, and count it among what was verified."""
        super().entry(line)
        self._entries.update(line)
        self._length += len(line)

    def catch_up(self) -> None:
        """Keep the state first: entries that come later may name any size not yet seen."""
        sides = []
        for dir, side in enumerate(self._sides):
            mark = self._mark_at(dir, side.tree.size)
            covered = [mark.digest, mark.signed, mark.cosigned, mark.passed_over]
            grown = [side.size, side.tree.size, side.tree.frontier, bytes(side.leaves)]
            sides.append([*grown, side.held, *covered])
        numbers = [list(self._order), self._by_status, self._first, self._last]
        entries = [self._length, self._entries.digest()]
        known = [self._documents_hash, self._all_signatures, *entries, *numbers]
        upto = 1 + min(side.tree.size for side in self._sides)
        stretch = next(each for each in reversed(self._stretches) if each.below <= upto)
        heads = [stretch.below, stretch.length, stretch.count, stretch.digest, [*stretch.sides]]
        value = [*known, self._files.kept(), heads, sides]
        body = encode(value)
        self.state = TITLE + sha256(body) + body
        super().catch_up()


def verify(
    source: Seekable,
    *,
    since: bytes = b"",
    all_signatures: bool = False,
    record_key: RecordKeyFile | None = None,
    beside: Beside = alone,
) -> tuple[Report, bytes]:
    """Check evidence from a state on; what stands, and the state to go on from next time.

    OnlyWhole asks for a whole verification. No state is given for evidence that fails.
    """
    begun: list[Resumed] = []

    def begin(documents: Documents) -> Checker:
        begun.append(Resumed(documents, all_signatures, source, since, record_key, beside))
        return begun[0]

    report = check(source, begin)
    return report, begun[0].state


def _read(state: bytes) -> Value:
    if state.startswith(EARLIER):
        raise OnlyWhole("the state was kept by an earlier version")
    digest, body = state[len(TITLE) :][:32], state[len(TITLE) + 32 :]
    if not state.startswith(TITLE) or sha256(body) != digest:
        raise Malformed("the state is damaged, or no state", "verify without it", "R21")
    return decode(body)
