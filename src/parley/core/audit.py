"""Evidence: one text that holds a record, opens in any editor, and is checked by this folder alone.

The text has one canonical form, so a changed byte anywhere is a change that is named: the section,
or the entry by direction and number, lowest in joint order. It begins with plain lines for a
person (who, when, how many, how to check by hand), generated from what follows and compared byte
for byte. An entry's body and blinding value may be replaced by what they commit to, so that one
message is shown without the others in the same format. Source: spec/record.md R10 to R16.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from parley.core.agreement import Agreement
from parley.core.entry import EPOCH_2020, Status
from parley.core.errors import Malformed, ParleyError, Refused
from parley.core.identity import Letter
from parley.core.kept import EntryRow, HeadRow
from parley.core.keys import VerifyKey
from parley.core.record import Head, Log, commitment, joint_key, key_name, leaf_hash
from parley.core.wire import Reader, Value, decode, encode

SECTIONS = ("agreement", "letter A", "letter B", "heads", "entries", "end")
PROGRESS_EVERY = 10_000
HASH_BYTES = 32

_T = TypeVar("_T")
Progress = Callable[[int, int], None]  # (entries checked, entries in all)


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry as evidence shows it; `blind` is None when the body is only committed to."""

    dir: int
    n: int
    type: int
    marks: int
    time: int
    seen: int
    et: bytes
    blind: bytes | None
    body: bytes  # or the 32-byte commitment
    leaf: bytes

    @classmethod
    def of(cls, row: EntryRow) -> Shown:
        """The entry with everything shown."""
        return cls(
            row.dir,
            row.n,
            row.type,
            row.marks,
            row.time,
            row.seen,
            row.et,
            row.blind,
            row.body,
            row.leaf,
        )

    @property
    def committed(self) -> bytes:
        """What the leaf holds of the body, shown or not (R16)."""
        return self.body if self.blind is None else commitment(self.blind, self.body)

    def line(self) -> str:
        """The entry's line of the evidence."""
        packed = encode(
            [
                self.dir,
                self.n,
                self.type,
                self.marks,
                self.time,
                self.seen,
                self.et,
                self.blind,
                self.body,
                self.leaf,
            ]
        )
        return f"{'AB'[self.dir]} {self.n} {_base64(packed)}\n"


@dataclass(frozen=True, slots=True)
class Documents:
    """What a line stands on: the agreement and both letters, as bytes and as read."""

    agreement: Agreement
    letters: tuple[Letter, Letter]  # A, B
    raw: tuple[bytes, bytes, bytes]  # agreement, letter A, letter B

    @classmethod
    def read(cls, agreement: bytes, letter_a: bytes, letter_b: bytes) -> Documents:
        """Read and verify all three; Refused names the section that fails."""
        letters = (
            _section("letter A", lambda: Letter.parse(letter_a)),
            _section("letter B", lambda: Letter.parse(letter_b)),
        )
        agreed = _section("agreement", lambda: Agreement.parse(agreement).verify(*letters))
        return cls(agreed, letters, (agreement, letter_a, letter_b))

    def key(self, side: int, name: str) -> VerifyKey:
        """A station's log or cosigner key under its name on this line."""
        certificate = self.letters[side].certificate
        key: VerifyKey = getattr(certificate, name)
        return key.named(key_name(self.agreement.line_id, side, name))


# --- writing


def write(
    documents: Documents, entries: Iterable[EntryRow], heads: Iterable[HeadRow]
) -> Iterator[str]:
    """The evidence as pieces of text; `entries` in joint order (R10)."""
    lines: list[str] = []
    summary = Summary()
    for row in entries:
        shown = Shown.of(row)
        summary.add(shown)
        lines.append(shown.line())
    signed = sorted({_head_line(head): head for head in heads}.items(), key=_head_order)
    yield from _compose(documents, summary, [line for line, _ in signed], lines)


def _compose(
    documents: Documents, summary: Summary, heads: list[str], entries: Iterable[str]
) -> Iterator[str]:
    yield preamble(documents, summary)
    for name, raw in zip(SECTIONS, documents.raw, strict=False):
        yield f"\n--- {name}\n"
        yield _wrapped(raw)
    yield "\n--- heads\n"
    yield from heads
    yield "\n--- entries\n"
    yield from entries
    yield "\n--- end\n"


def _head_line(head: HeadRow) -> str:
    return (
        f"{'AB'[head.dir]} {head.size} {head.kind} {head.time}"
        f" {_base64(head.root)} {_base64(head.block)}\n"
    )


def _head_order(item: tuple[str, HeadRow]) -> tuple[int, int, str, int, str]:
    line, head = item
    return (head.size, head.dir, head.kind, head.time, line)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _wrapped(data: bytes) -> str:
    text = _base64(data)
    return "".join(text[at : at + 76] + "\n" for at in range(0, len(text), 76))


@dataclass(slots=True)
class Summary:
    """What the preamble tells of the entries."""

    counts: list[int] = field(default_factory=lambda: [0, 0])
    by_status: dict[int, int] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None

    def add(self, entry: Shown) -> None:
        """Count one entry."""
        self.counts[entry.dir] += 1
        status = entry.marks >> 3 & 7
        self.by_status[status] = self.by_status.get(status, 0) + 1
        self.first = entry.time if self.first is None else min(self.first, entry.time)
        self.last = entry.time if self.last is None else max(self.last, entry.time)


def preamble(documents: Documents, summary: Summary) -> str:
    """The plain lines a stranger reads first (R11)."""
    agreement, letters = documents.agreement, documents.letters
    statuses = ", ".join(
        f"{count} {_status_word(status)}" for status, count in sorted(summary.by_status.items())
    )
    return f"""Parley evidence, version 1

This file is the record of a direct line between two parties. Neither could change it alone.

Line      {agreement.name}, level {agreement.level}, marked {agreement.mark.name}
          {agreement.line_id.hex()}, incarnation {agreement.inc}
A         {letters[0].party}
          {letters[0].digits}
B         {letters[1].party}
          {letters[1].digits}
Compared  {_compared(agreement)}
Entries   {summary.counts[0]} by A, {summary.counts[1]} by B{": " + statuses if statuses else ""}
First     {_moment(summary.first)}
Last      {_moment(summary.last)}

Times are the speakers' own clocks, in UTC. The 48 digits under each party are the fingerprint of
its letter of introduction; compare them with the digits that the party itself tells you.

To check it: parley verify FILE. By hand: every line of the entries is direction, number and the
base64 of one CBOR list [direction, number, type, marks, time, seen, transcript, blinding value,
body, leaf]. The leaf is SHA-256 over the byte 00 and 140 bytes made of these fields, with the root
of the other log at the size seen; the leaves of one direction give the root of every head by
RFC 6962; every head is a C2SP checkpoint that the log key signed or the other side cosigned. The
tables are in spec/record.md.
"""


def _compared(agreement: Agreement) -> str:
    if all(agreement.compared):
        return "by a person of each side, over another channel"
    return "NOT by a person of each side: the line is unverified"


def _status_word(status: int) -> str:
    return Status(status).name if status <= Status.SERVICE else f"of unknown status {status}"


def _moment(seconds: int | None) -> str:
    if seconds is None:
        return "none"
    return datetime.fromtimestamp(seconds + EPOCH_2020, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- verifying


class NotWhole(Refused):
    """The evidence fails; `where` names the section, entry or head."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}", "ask the other party for its own copy", rule="R12")
        self.where = where
        self.why = why


@dataclass(frozen=True, slots=True)
class Report:
    """What stands once everything was checked."""

    line_id: bytes
    parties: tuple[str, str]
    digits: tuple[str, str]
    entries: tuple[int, int]  # by A, by B
    roots: tuple[bytes, bytes]
    signed: tuple[int, int]  # how much of each log its speaker signed
    cosigned: tuple[int, int]  # how much of each log the other side signed for
    first: str
    last: str


def verify(text: bytes, progress: Progress | None = None) -> Report:
    """Check evidence with nothing but itself; NotWhole names the first thing that fails."""
    sections = _cut(text)
    try:
        documents = Documents.read(*(_unwrap(name, sections[name]) for name in SECTIONS[:3]))
    except NotWhole:
        raise
    except ParleyError as error:
        raise NotWhole("agreement", error.sentence) from error
    heads = _heads(sections["heads"])
    checker = _Checker(documents, heads)
    lines = sections["entries"].splitlines(keepends=True)
    for count, line in enumerate(lines):
        checker.entry(line, lines[count + 1] if count + 1 < len(lines) else b"")
        if progress and count % PROGRESS_EVERY == 0:
            progress(count, len(lines))
    checker.finish()
    if sections["preamble"] != preamble(documents, checker.summary).encode():
        raise NotWhole("preamble", "it does not say what the record says")
    if sections["end"]:
        raise NotWhole("end", "something follows the record")
    return checker.report()


def _section(name: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except NotWhole:
        raise
    except ParleyError as error:
        raise NotWhole(name, error.sentence) from error


def _cut(text: bytes) -> dict[str, bytes]:
    """The sections by name; every mark stands once, in order, and nothing is between (R13)."""
    found: dict[str, bytes] = {}
    rest, name = text, "preamble"
    for following in SECTIONS:
        mark = f"\n--- {following}\n".encode()
        before, mark_found, rest = rest.partition(mark)
        if not mark_found:
            raise NotWhole(name, f"the section after it, {following}, does not begin")
        found[name], name = before, following
    found[name] = rest
    return found


def _unbase64(where: str, text: bytes) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotWhole(where, "it is not base64") from error
    if base64.b64encode(data) != text:
        raise NotWhole(where, "its base64 is not the canonical one")
    return data


def _unwrap(name: str, section: bytes) -> bytes:
    data = _unbase64(name, section.replace(b"\n", b""))
    if _wrapped(data).encode() != section:
        raise NotWhole(name, "its lines are not as they are written")
    return data


def _heads(section: bytes) -> list[HeadRow]:
    heads: list[HeadRow] = []
    last: tuple[int, int, str, int, str] | None = None
    for number, line in enumerate(section.splitlines(keepends=True), 1):
        where = f"heads, line {number}"
        head = _head(where, line)
        if _head_line(head).encode() != line:
            raise NotWhole(where, "it is not written in the canonical form")
        order = _head_order((line.decode(), head))
        if last is not None and order <= last:
            raise NotWhole(where, "heads are out of order or repeated")
        last = order
        heads.append(head)
    return heads


def _head(where: str, line: bytes) -> HeadRow:
    parts = line.rstrip(b"\n").split(b" ")
    if len(parts) != 6 or parts[0] not in (b"A", b"B") or parts[2] not in _HEAD_KINDS:
        raise NotWhole(where, "it is not a head")
    if not (parts[1].isdigit() and parts[3].isdigit() and max(map(len, parts[1:4:2])) < 20):
        raise NotWhole(where, "its size or time is not a number")
    return HeadRow(
        b"AB".index(parts[0]),
        int(parts[1]),
        _unbase64(where, parts[4]),
        parts[2].decode(),
        int(parts[3]),
        _unbase64(where, parts[5]),
        0.0,
    )


_HEAD_KINDS = (b"checkpoint", b"cosign")


class _Checker:
    """Walks the entries in joint order, and holds every head against the roots they give."""

    def __init__(self, documents: Documents, heads: list[HeadRow]) -> None:
        self.documents = documents
        self.summary = Summary()
        self._heads: dict[tuple[int, int], list[HeadRow]] = {}
        for head in heads:
            self._heads.setdefault((head.dir, head.size), []).append(head)
        self._logs = (Log(), Log())
        self._roots = (bytearray(self._logs[0].root), bytearray(self._logs[1].root))
        self._seen = [0, 0]
        self._last = (-1, -1)
        self._signed, self._cosigned = [0, 0], [0, 0]
        for dir in (0, 1):
            self._check_heads(dir)

    def entry(self, line: bytes, following: bytes = b"") -> None:
        """Check one line: its form, its place, its leaf, and the heads that end with it."""
        entry = self._read(line, following)
        where = f"entry {'AB'[entry.dir]} {entry.n}"
        log, other = self._logs[entry.dir], self._logs[1 - entry.dir]
        if entry.n != log.size:
            raise NotWhole(where, f"entry {'AB'[entry.dir]} {log.size} is missing before it")
        order = joint_key(entry.dir, entry.n, entry.seen)
        if order <= self._last:
            raise NotWhole(where, "it is out of the joint order")
        if entry.seen > other.size or entry.seen < self._seen[entry.dir]:
            raise NotWhole(where, "it refers to entries that do not stand before it")
        self._last, self._seen[entry.dir] = order, entry.seen
        if self._leaf(entry) != entry.leaf:
            raise NotWhole(where, "its content does not give its leaf")
        self._roots[entry.dir].extend(log.append(entry.leaf))
        self.summary.add(entry)
        self._check_heads(entry.dir)

    def _leaf(self, entry: Shown) -> bytes:
        at = entry.seen * HASH_BYTES
        agreement = self.documents.agreement
        return leaf_hash(
            agreement.line_id,
            agreement.inc,
            entry.dir,
            entry.n,
            entry.type,
            entry.marks,
            entry.time,
            entry.seen,
            bytes(self._roots[1 - entry.dir][at : at + HASH_BYTES]),
            entry.et,
            entry.committed,
        )

    def _read(self, line: bytes, following: bytes) -> Shown:
        where, certain = self._expected(line)
        if not line.strip():  # its first letter became a line feed: the rest is the next line
            line += following
        packed = line.removesuffix(b"\n").rpartition(b" ")[2]
        try:
            entry = _shown(decode(_unbase64(where, packed)))
        except Malformed as error:
            raise NotWhole(where, "it cannot be read") from error
        if entry.line().encode() != line:
            # Beginning and content disagree: the one that the leaf confirms was not changed.
            if not certain or self._stands_next(entry):
                where = f"entry {'AB'[entry.dir]} {entry.n}"
            raise NotWhole(where, "it is not written in the canonical form")
        return entry

    def _stands_next(self, entry: Shown) -> bool:
        """Whether the content alone shows which entry this is: the next one, with its own leaf."""
        other = self._logs[1 - entry.dir]
        return (
            entry.n == self._logs[entry.dir].size
            and entry.seen <= other.size
            and self._leaf(entry) == entry.leaf
        )

    def _expected(self, line: bytes) -> tuple[str, bool]:
        """Which entry a line stands for, and whether its beginning says so without doubt."""
        for dir in (0, 1):
            name = f"{'AB'[dir]} {self._logs[dir].size}"
            if line.startswith(f"{name} ".encode()):
                return f"entry {name}", True
        dir = int(line[:1] == b"B")
        return f"entry {'AB'[dir]} {self._logs[dir].size}", False

    def _check_heads(self, dir: int) -> None:
        log = self._logs[dir]
        for head in self._heads.pop((dir, log.size), ()):
            where = f"head of {'AB'[dir]} at {head.size}"
            covered = (self._signed, self._cosigned)[head.kind == "cosign"]
            if head.root != log.root:
                first = max(self._signed[dir], self._cosigned[dir])
                raise NotWhole(
                    where,
                    f"the entries do not give the root that was signed; one of"
                    f" {'AB'[dir]} {first} to {head.size - 1} was changed",
                )
            self._check_signature(where, head)
            covered[dir] = head.size

    def _check_signature(self, where: str, row: HeadRow) -> None:
        agreement = self.documents.agreement
        head = Head(agreement.line_id, agreement.inc, row.dir, row.size, row.root)
        if row.kind == "checkpoint":
            key = self.documents.key(row.dir, "log")
            required, optional = head.checkpoint(key.name)
        else:
            key = self.documents.key(1 - row.dir, "cosigner")
            required, optional = head.cosignature(key.name, row.time)
        block = Reader(row.block)
        try:
            key.check(block, [required], [optional])
            block.end()
        except Refused as error:
            raise NotWhole(where, error.sentence) from error
        if row.kind == "checkpoint" and row.time != 0:
            raise NotWhole(where, "a checkpoint bears no time")

    def finish(self) -> None:
        """No head may speak of entries that are not here (R14)."""
        if self._heads:
            dir, size = min(self._heads)
            raise NotWhole(
                f"entry {'AB'[dir]} {self._logs[dir].size}",
                f"it is missing, though a head signed for {size} entries",
            )

    def report(self) -> Report:
        """What stands."""
        letters = self.documents.letters
        return Report(
            self.documents.agreement.line_id,
            (letters[0].party, letters[1].party),
            (letters[0].digits, letters[1].digits),
            (self._logs[0].size, self._logs[1].size),
            (self._logs[0].root, self._logs[1].root),
            (self._signed[0], self._signed[1]),
            (self._cosigned[0], self._cosigned[1]),
            _moment(self.summary.first),
            _moment(self.summary.last),
        )


_UINT_LIMITS = (2, 1 << 64, 256, 256, 1 << 32, 1 << 64)


def _shown(value: Value) -> Shown:
    if not (isinstance(value, list) and len(value) == 10):
        raise Malformed("an entry has ten fields", rule="R15")
    for number, limit in zip(value[:6], _UINT_LIMITS, strict=True):
        if type(number) is not int or not 0 <= number < limit:
            raise Malformed("a field of an entry is out of range", rule="R15")
    et, blind, body, leaf = value[6:]
    fixed = [et, leaf] + ([] if blind is None else [blind])
    if not all(isinstance(item, bytes) and len(item) == HASH_BYTES for item in fixed):
        raise Malformed("a hash of an entry has the wrong length", rule="R15")
    if not isinstance(body, bytes) or (blind is None and len(body) != HASH_BYTES):
        raise Malformed("the body of an entry has the wrong form", rule="R15")
    dir, n, type_, marks, time, seen = value[:6]
    return Shown(dir, n, type_, marks, time, seen, et, blind, body, leaf)
