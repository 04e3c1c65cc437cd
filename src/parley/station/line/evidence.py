"""Evidence as it is written: what `evidence/audit.py` reads, piece by piece, so that it never is in
memory whole. Nothing here is trusted: whoever reads the text checks every byte of it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from parley.core.errors import Misused, Refused
from parley.core.identity import Letter
from parley.core.kept import EntryRow, HeadRow
from parley.core.record import Leaf, Tree, commitment
from parley.core.wire import encode
from parley.evidence.audit import Summary, preamble
from parley.evidence.proof import Proof, Signed
from parley.evidence.sections import Documents, documents_text
from parley.evidence.vouched import RecordKeyFile
from parley.station.line.lines import OpenLine
from parley.store.reading import Reader, Reading

PIECE_CHARACTERS = 4 << 20  # of one answer: a tenth of a second's work
HEAD_SIZES = 1024  # sizes of logs whose heads are read at once: 14 MB if each bore every signature
ENTRIES = "\n--- entries\n"
END = "\n--- end\n"


def documents_of(store: Reading, open_line: OpenLine) -> Documents:
    """Agreement and letters of a line, and what began a later incarnation of it."""
    paper, *letters = store.sql(
        "SELECT paper, ours, theirs FROM agreements WHERE line_id = ? AND inc = ?",
        open_line.base_key,
    )[0]
    a, b = sorted(map(Letter.parse, letters), key=lambda letter: letter.fingerprint)
    begun = [each.to_bytes() for each in open_line.line.resumes(open_line.inc)]
    return Documents.read(paper, a.raw, b.raw, *begun)


def write(
    documents: Documents, entries: Iterable[EntryRow], heads: Iterable[HeadRow]
) -> Iterator[str]:
    """The evidence of a record that is in memory; `entries` in joint order (R10)."""
    rows = list(entries)
    yield opening(documents, summary_of(rows))
    yield from head_lines(heads)
    yield ENTRIES
    yield from map(entry_line, rows)
    yield END


def opening(documents: Documents, summary: Summary) -> str:
    """Everything before the first head."""
    return preamble(documents, summary) + documents_text(documents) + "\n--- heads\n"


def head_lines(heads: Iterable[HeadRow]) -> list[str]:
    """The lines of heads, each once, by size, log, kind, time and bytes."""
    lines = {_head_line(head): head for head in heads}
    return sorted(
        lines,
        key=lambda line: (
            lines[line].size,
            lines[line].dir,
            lines[line].kind,
            lines[line].time,
            line,
        ),
    )


def _head_line(head: HeadRow) -> str:
    return (
        f"{'AB'[head.dir]} {head.size} {head.kind} {head.time}"
        f" {_base64(head.root)} {_base64(head.block)}\n"
    )


def entry_line(row: EntryRow, *, shown: bool = True) -> str:
    """The line of an entry; where it is not shown, its body is only committed to (R16)."""
    blind, body = (row.blind, row.body) if shown else (None, commitment(row.blind, row.body))
    packed = encode(
        [row.dir, row.n, row.type, row.marks, row.time, row.seen, row.et, blind, body, row.leaf]
    )
    return f"{'AB'[row.dir]} {row.n} {_base64(packed)}\n"


def summary_of(rows: Iterable[EntryRow]) -> Summary:
    """What the preamble tells of these entries."""
    tally = Tally()
    for row in rows:
        tally.add(row.dir, row.marks, row.time, row.time)
    return tally.summary


def inclusion(leaves: Iterable[bytes], n: int, size: int) -> tuple[bytes, ...]:
    """The way from leaf `n` up to the root of a tree of that size (RFC 6962 section 2.1.1)."""
    ranges: list[tuple[int, int]] = []  # the subtrees beside the way, from the root down
    low, high = 0, size
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        ranges.append((middle, high) if n < middle else (low, middle))
        low, high = (low, middle) if n < middle else (middle, high)
    coming = iter(leaves)
    trees = {(n, n + 1): Tree()} | {between: Tree() for between in ranges}
    for start, end in sorted(trees):
        for _ in range(start, end):
            trees[start, end].grow(next(coming))
    return tuple(trees[between].fold() for between in reversed(ranges))


def prove(
    reader: Reader,
    key: tuple[bytes, int],
    documents: Documents,
    dir: int,
    n: int,
    record_key: RecordKeyFile | None = None,
) -> Proof:
    """One entry with its proof, under the earliest head that both sides signed, or one of them."""
    rows = reader.entries(*key, dir, n, 1)
    if not rows:
        raise Refused(f"There is no entry {'AB'[dir]} {n} in this record.", "See `parley record`.")
    row = rows[0]
    size = _size_signed_above(reader, key, dir, n)
    if size is None:
        raise Refused(
            f"Entry {'AB'[dir]} {n} is not"
            f" {'vouched for' if documents.agreement.deniable else 'under a signed head'} yet.",
            "Try again in a second; while the line is down, when it is up again.",
        )
    heads = reader.heads_between(*key, dir, (size, size + 1))
    signed = []
    for kind in ("checkpoint", "cosign"):
        # The fullest block, and of those the earliest receipt.
        found = sorted(
            (head for head in heads if head.kind == kind), key=lambda h: (-len(h.block), h.time)
        )
        signed += [Signed(kind, head.time, head.block) for head in found[:1]]
    leaf = Leaf(
        *key,
        row.dir,
        row.n,
        row.type,
        row.marks,
        row.time,
        row.seen,
        reader.root_at(*key, 1 - dir, row.seen),
        row.et,
        row.blind,
        row.body,
    )
    path = inclusion(reader.leaves(*key, dir, size), n, size)
    return Proof(documents, leaf, path, size, tuple(signed)).check(record_key)


def _size_signed_above(reader: Reader, key: tuple[bytes, int], dir: int, n: int) -> int | None:
    """The smallest size above `n` that both signed, else the speaker, else the other side."""
    least: dict[str, int | None] = {}
    for kinds in ("both", "checkpoint", "cosign"):
        rows = reader.sql(
            "SELECT min(size) FROM (SELECT size FROM heads"
            " WHERE line_id = ?1 AND inc = ?2 AND dir = ?3 AND size > ?4"
            " AND kind IN ('checkpoint', 'cosign') AND ?5 IN (kind, 'both')"
            " GROUP BY size HAVING ?5 <> 'both' OR count(DISTINCT kind) = 2)",
            (*key, dir, n, kinds),
        )
        least[kinds] = rows[0][0]
    return least["both"] or least["checkpoint"] or least["cosign"]


@dataclass(frozen=True, slots=True)
class Place:
    """How far an export has come."""

    upto: tuple[int, int]  # the sizes it goes to, fixed when it begins
    heads: int = 0  # those of smaller sizes are written
    entries: tuple[int, int] = (0, 0)

    @classmethod
    def after(cls, given: list[int] | None, sizes: tuple[int, int]) -> Place:
        """The place a piece ended at; the beginning, up to the sizes of now, for none."""
        if given is None:
            return cls(sizes)
        match given:
            case [a, b, heads, next_a, next_b] if (
                0 <= next_a <= a <= sizes[0] and 0 <= next_b <= b <= sizes[1] and heads > 0
            ):
                return cls((a, b), heads, (next_a, next_b))
        raise Misused("No piece of an export ended there.", "Give `next` of the piece before it.")


class Exports:
    """Exports that the audit trail has, and of which pieces are still to be read: each piece that
    belongs to none of them leaves a row of its own."""

    def __init__(self) -> None:
        self._upto: dict[tuple[int, bytes, int], tuple[int, int]] = {}

    def begin(self, person: int, key: tuple[bytes, int], upto: tuple[int, int]) -> None:
        """What that person reads of this record up to those sizes is noted in this step."""
        self._upto[person, *key] = upto

    def has(self, person: int, key: tuple[bytes, int], upto: tuple[int, int]) -> bool:
        """Whether it was noted."""
        return self._upto.get((person, *key)) == upto

    def end(self, person: int, key: tuple[bytes, int]) -> None:
        """The last piece was read."""
        self._upto.pop((person, *key), None)

    def clear(self) -> None:
        """What was noted last may not have been kept."""
        self._upto.clear()


def piece(
    reader: Reader, key: tuple[bytes, int], documents: Documents, place: Place
) -> tuple[str, list[int] | None]:
    """The text from one place on, some megabytes long, and the next place; None at the end."""
    upto, heads, entries = place.upto, place.heads, list(place.entries)
    pieces: list[str] = []
    room = PIECE_CHARACTERS
    if heads == 0:
        tally = Tally()
        for row in reader.marks(*key, upto):
            tally.add(*row)
        pieces.append(opening(documents, tally.summary))
    while heads <= max(upto) and room > 0:
        rows = [
            head
            for dir in (0, 1)
            for head in reader.heads_between(
                *key, dir, (heads, min(heads + HEAD_SIZES, upto[dir] + 1))
            )
        ]
        lines = head_lines(rows)
        pieces += lines
        room -= sum(map(len, lines))
        heads += HEAD_SIZES
    if room <= 0:
        return "".join(pieces), [*upto, heads, *entries]
    if entries == [0, 0]:
        pieces.append(ENTRIES)
    for entry in reader.walk(*key, upto, (entries[0], entries[1])):
        pieces.append(entry_line(entry))
        entries[entry.dir] += 1
        room -= len(pieces[-1])
        if room <= 0:
            break
    if tuple(entries) != upto:
        return "".join(pieces), [*upto, heads, *entries]
    return "".join([*pieces, END]), None


class Tally:
    """Counts entries, one by one or many at once."""

    def __init__(self) -> None:
        self._sizes = [0, 0]
        self._by_status = [0] * 8
        self._times: list[int] = []

    def add(self, dir: int, marks: int, first: int, last: int, count: int = 1) -> None:
        """So many entries with these marks, from the first time to the last."""
        self._sizes[dir] += count
        self._by_status[marks >> 3 & 7] += count
        self._times = [min([*self._times, first]), max([*self._times, last])]

    @property
    def summary(self) -> Summary:
        """What was counted."""
        a, b = self._sizes
        first, last = self._times or (None, None)
        return Summary((a, b), self._by_status, first, last)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
