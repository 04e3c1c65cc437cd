"""Evidence: one text that holds a record, opens in any editor, and is checked by this folder alone.

The text has one canonical form, so a changed byte anywhere is a change that is named: the section,
or the entry by direction and number, lowest in joint order. It begins with plain lines for a
person (who, when, how many, how to check by hand), generated from what follows and compared byte
for byte. It is read once, line by line. Of the entries the frontiers of the two trees are held, and
32 bytes of each that the other side had not named yet; of the heads, which stand before all
entries, size and root of each until it is reached: of a million entries with a head at every 32
some 5 MB. Source: spec/record.md R10 to R17.
"""

from __future__ import annotations

import binascii
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from parley.core.entry import Status, Type, body_of
from parley.core.errors import Malformed
from parley.core.record import Head, Tree, commitment, joint_key, leaf_hash
from parley.core.resuming import beginning
from parley.core.wire import decode
from parley.evidence.at_once import Beside, Signatures, alone
from parley.evidence.attached import Tally
from parley.evidence.sections import (
    DOCUMENTS,
    Documents,
    Lines,
    NotWhole,
    Source,
    about,
    moment,
    read_documents,
    unbase64,
)
from parley.evidence.vouched import RecordKeyFile, check_vouched

TITLE = "Parley evidence, version 1"
AT_ONCE = 128  # leaves that a tree is given, so that one side may speak alone for long
FILES_IN = (Type.TEXT, Type.FILE_PIECE)  # what names files, and what is of them
SECTIONS = (*DOCUMENTS, "heads", "entries", "end")


# --- what a stranger reads first

ATTRIBUTABLE = """\
This file is the record of a direct line between two parties. {}
"""
DENIABLE = """\
This file is the record of a direct line between two parties, who agreed that it can be DENIED.
Both hold the key that vouches for it, and either could have written all of it. It convinces the
two of them. To anybody else it proves nothing: not who said it, and not that it was said.
"""
BY_SIGNATURE = """\
the log key signed or the other side cosigned. The
tables are in spec/record.md"""
BY_CODE = """\
bears a code, HMAC under
the record key. The tables are in spec/record.md and spec/deniable.md"""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the preamble tells of the entries."""

    sizes: tuple[int, int]  # by A, by B
    by_status: Sequence[int]  # how many of each of the eight
    first: int | None  # the earliest and the latest time
    last: int | None


# (what nobody could change, what times are). The first is written; a file of an earlier release
# may bear the second, which promised more than an unsigned record keeps (R11).
WORDINGS = (
    (
        """What both have signed
for, neither could change alone; parley verify FILE says how much that is.""",
        """\
Times are the speakers' own clocks, in UTC; a clock may be wrong or go back, and the order of the
entries does not rest on it. The 48 digits under each party are the fingerprint of its letter of
introduction; compare them with the digits that the party itself tells you.""",
    ),
    (
        "Neither could change it alone.",
        """\
Times are the speakers' own clocks, in UTC. The 48 digits under each party are the fingerprint of
its letter of introduction; compare them with the digits that the party itself tells you.""",
    ),
)


def preamble(documents: Documents, summary: Summary, wording: tuple[str, str] = WORDINGS[0]) -> str:
    """The plain lines a stranger reads first (R11)."""
    unchanged, times = wording
    statuses = ", ".join(
        f"{count} {_status_word(status)}" for status, count in enumerate(summary.by_status) if count
    )
    by_a, by_b = summary.sizes
    deniable = documents.agreement.deniable
    verify = "parley verify FILE --key KEYFILE" if deniable else "parley verify FILE"
    return f"""{TITLE}

{DENIABLE if deniable else ATTRIBUTABLE.format(unchanged)}
{about(documents)}Entries   {by_a} by A, {by_b} by B{": " + statuses if statuses else ""}
First     {moment(summary.first)}
Last      {moment(summary.last)}

{times}

To check it: {verify}. By hand: every line of the entries is direction, number and the
base64 of one CBOR list [direction, number, type, marks, time, seen, transcript, blinding value,
body, leaf]. The leaf is SHA-256 over the byte 00 and 140 bytes made of these fields, with the root
of the other log at the size seen; the leaves of one direction give the root of every head by
RFC 6962; every head is a C2SP checkpoint that {BY_CODE if deniable else BY_SIGNATURE}.
"""


def _status_word(status: int) -> str:
    return Status(status).name if status <= Status.SERVICE else f"of unknown status {status}"


# --- verifying


@dataclass(frozen=True, slots=True)
class Report:
    """What stands once everything was checked."""

    documents: Documents
    entries: tuple[int, int]  # by A, by B
    roots: tuple[bytes, bytes]
    signed: tuple[int, int]  # how much of each log its speaker signed
    cosigned: tuple[int, int]  # how much of each log the other side signed for
    vouched: tuple[int, int]  # how much of each log of a deniable line its speaker vouched for
    keyed: bool  # whether the record key was given, so that this was checked
    passed_over: int  # signatures not checked, because a newer one stands for the same head
    first: str
    last: str
    files: tuple[int, int, int]  # whole, with another hash than was named, not all here

    @property
    def proven(self) -> bool:
        """Whether more was found than that the text does not contradict itself (H8)."""
        return self.keyed or not self.documents.agreement.deniable

    @property
    def digits(self) -> tuple[str, str]:
        """The fingerprints of both parties."""
        a, b = self.documents.letters
        return a.digits, b.digits


def verify(
    source: Source,
    *,
    all_signatures: bool = False,
    record_key: RecordKeyFile | None = None,
    beside: Beside = alone,
) -> Report:
    """Check evidence with nothing but itself; NotWhole names the first thing that fails.

    A deniable record takes the record key too; without it the report is not `proven`. Signatures
    are checked `beside` the reading where the caller has threads for it.
    """
    return check(source, lambda documents: Checker(documents, all_signatures, record_key, beside))


def check(source: Source, begin: Callable[[Documents], Checker]) -> Report:
    """Read the sections in order, by a checker made for their documents."""
    lines = Lines(source)
    opening = lines.small(SECTIONS[0])
    checker = begin(read_documents(lines, SECTIONS[3]))
    checker.before_heads()
    _each(lines.until(SECTIONS[4]), checker.head, checker.end_of_heads)
    checker.before_entries()
    _each(lines.until(SECTIONS[5]), checker.entry, checker.catch_up)
    checker.finish()
    documents, summary = checker.documents, checker.summary
    if opening not in (preamble(documents, summary, each).encode() for each in WORDINGS):
        raise NotWhole("preamble", "it does not say what the record says")
    if source.readline(1):
        raise NotWhole("end", "something follows the record")
    return checker.report()


def _each(
    lines: Iterator[bytes], check: Callable[[bytes], None], before: Callable[[], None]
) -> None:
    """Check line after line; `before` looks for what failed unnoticed before the end of them."""
    try:
        for line in lines:
            # A first letter that became a line feed: the rest is the next line.
            check(line if line != b"\n" else line + next(lines, b""))
    except NotWhole:
        for _ in lines:  # that a section has no end is the earlier fault
            pass
        before()
        raise
    before()


_NUMBER = rb" (0|[1-9]\d{0,18}) "
_HEAD = re.compile(rb"([AB])" + _NUMBER + rb"(checkpoint|cosign)" + _NUMBER + rb"(\S{43}=) (\S+)\n")


HeadOrder = tuple[int, int, str, int, bytes]  # size, log, kind, time and the line itself (R10)


@dataclass(frozen=True, slots=True)
class _Signed:
    """One line of the heads."""

    where: str
    head: Head
    kind: str
    time: int
    block: bytes


# An entry's ten fields, each in its one form and range (R15): numbers in their shortest form.
_U8 = rb"([\x00-\x17]|\x18[\x18-\xff])"
_U32 = _U8[:-1] + rb"|\x19(?!\0)..|\x1a(?!\0\0).{4})"
_U64 = _U32[:-1] + rb"|\x1b(?!\0{4}).{8})"
_32 = rb"\x58\x20(.{32})"
_BODY = rb"([\x40-\x57]|\x58[\x18-\xff]|\x59(?!\0)..|\x5a(?!\0\0).{4})(.*)"
_ENTRY = re.compile(
    rb"\x8a([\0\1])%b%b%b%b%b%b(?:\xf6%b|%b%b)%b"
    % (_U64, _U8, _U8, _U32, _U64, _32, _32, _32, _BODY, _32),
    re.DOTALL,
)


@dataclass(slots=True)
class _Side:
    """One log as far as it was walked, and as far as the other side had last seen it."""

    name: str
    size: int = 0
    tree: Tree = field(default_factory=Tree)
    root: bytes = Tree().fold()  # of that tree
    leaves: bytearray = field(default_factory=bytearray)  # what the tree still lacks, 32 bytes each
    heads: deque[tuple[int, bytes]] = field(default_factory=deque)  # (size, root), not yet held
    held: int = 0  # the size of the last head that held

    def root_at(self, size: int) -> bytes:
        """The root at a size at or above the last one asked for; the heads on the way must hold."""
        while self.heads and self.heads[0][0] <= size:
            at, signed = self.heads.popleft()
            if self._grow(at) != signed:
                raise NotWhole(
                    f"head of {self.name} at {at}",
                    f"the entries do not give the root that was signed; one of"
                    f" {self.name} {self.held} to {at - 1} was changed",
                )
            self.held = at
        return self._grow(size)

    def _grow(self, size: int) -> bytes:
        if size != self.tree.size:
            while lacks := 32 * min(size - self.tree.size, AT_ONCE):
                leaves = bytes(self.leaves[:lacks])
                self.tree.grow(*(leaves[at : at + 32] for at in range(0, lacks, 32)))
                del self.leaves[:lacks]
            self.root = self.tree.fold()
        return self.root


class Checker:
    """Reads the heads, walks the entries in joint order, and holds the two against each other."""

    def __init__(
        self,
        documents: Documents,
        all_signatures: bool,
        record_key: RecordKeyFile | None = None,
        beside: Beside = alone,
    ) -> None:
        self.documents = documents
        self._deniable, self._record_key = documents.agreement.deniable, record_key
        if record_key is not None:
            record_key.check_for(documents.agreement)
        self._line_id, self._inc = documents.agreement.line_id, documents.inc
        self._all_signatures = all_signatures
        self._keys = {
            (kind, dir): documents.key(dir ^ (kind == "cosign"), name)
            for kind, name in (("checkpoint", "log"), ("cosign", "cosigner"))
            for dir in (0, 1)
        }
        self._sides = (_Side("A"), _Side("B"))
        self._covered = {"checkpoint": [0, 0], "cosign": [0, 0]}
        self._head_order: HeadOrder | tuple[()] = ()
        self._head_lines = 0
        self._waiting: _Signed | None = None
        self._signatures = Signatures(beside)
        self._passed_over = 0
        self._order: tuple[int, ...] = ()
        self._by_status = [0] * 8
        self._first, self._last = 1 << 32, -1
        self._files = Tally()

    # Heads: their signatures first, since these need no entry.

    def before_heads(self) -> None:
        """All heads are still to be read."""

    def head(self, line: bytes) -> None:
        """Check one line of the heads: its form, its place, and its signature if it counts."""
        self._head_lines += 1
        found = _HEAD.fullmatch(line)
        if found is None:
            raise NotWhole(self._this_line, "it is not a head")
        side, size, kind, time = found[1], int(found[2]), found[3].decode(), int(found[4])
        dir = b"AB".index(side)
        order = (size, dir, kind, time, line)
        if order <= self._head_order:
            raise NotWhole(self._this_line, "heads are out of order or repeated")
        self._settle(self._head_order[:3] != order[:3])
        self._take(order, found[5], found[6])
        self._head_order = order

    @property
    def _this_line(self) -> str:
        return f"heads, line {self._head_lines}"

    def _take(self, order: HeadOrder, root: bytes, block: bytes) -> None:
        size, dir, kind, time, _ = order
        head = Head(self._line_id, self._inc, dir, size, unbase64(self._this_line, root))
        where = f"head of {self._sides[dir].name} at {size}"
        packed = unbase64(self._this_line, block)
        self._waiting = _Signed(where, head, kind, time, packed)

    def _settle(self, newest: bool) -> None:
        """Take up the head read last, once it is known whether a newer one says the same (R17)."""
        signed, self._waiting = self._waiting, None
        if signed is None:
            return
        if self._deniable:
            given = (signed.kind, signed.time, signed.block)
            check_vouched(signed.where, signed.head, *given, self._record_key)
        elif newest or self._all_signatures:
            key = self._keys[signed.kind, signed.head.dir]
            said = (signed.head, signed.kind, signed.time, signed.block)
            self._signatures.add((signed.where, key, *said))
        else:
            self._passed_over += 1
        head = signed.head
        heads = self._sides[head.dir].heads
        if not (heads and heads[-1][0] == head.size):
            heads.append((head.size, head.root))
        elif heads[-1][1] != head.root:
            raise NotWhole(signed.where, "two different roots were signed for this size")
        self._covered[signed.kind][head.dir] = head.size

    def end_of_heads(self) -> None:
        """Take up the last one; every signature that counts holds."""
        self._settle(newest=True)
        self._signatures.hold()

    def before_entries(self) -> None:
        """All entries are still to be read."""

    # Entries: a million of them within half a minute, so no step is done twice here.

    def entry(self, line: bytes) -> None:
        """Check one line: its form, its place and its leaf."""
        fields = self._read(line)
        dir, n, type, marks, time, seen, _, _, body, leaf = fields
        ours, other = self._sides[dir], self._sides[1 - dir]
        if n != ours.size:
            raise NotWhole(_name(dir, n), f"{_name(dir, ours.size)} is missing before it")
        order = joint_key(dir, n, seen)
        if order <= self._order:
            raise NotWhole(_name(dir, n), "it is out of the joint order")
        if not other.tree.size <= seen <= other.size:
            raise NotWhole(_name(dir, n), "it refers to entries that do not stand before it")
        if self._leaf(fields) != leaf:
            raise NotWhole(_name(dir, n), "its content does not give its leaf")
        if n == 0 and self.documents.resumes is not None:
            self._beginning(dir, line)
        self._order = order
        ours.leaves += leaf
        ours.size = n + 1
        if type in FILES_IN:
            self._files.take(dir, type, marks, body)
        self._by_status[marks >> 3 & 7] += 1
        if time < self._first:
            self._first = time
        if time > self._last:
            self._last = time

    def _beginning(self, dir: int, line: bytes) -> None:
        """Entry 0 of a later incarnation says where the one before it had ended (N6)."""
        assert self.documents.resumes is not None
        blind, body = decode(binascii.a2b_base64(line[line.rfind(b" ") :]))[7:9]
        said = body_of(Type.SERVICE, {}, beginning(*self.documents.resumes))
        if blind is not None and body != said:
            raise NotWhole(_name(dir, 0), "it says that the line had ended elsewhere")

    def catch_up(self) -> None:
        """Hold all entries so far against the heads that were signed for them."""
        for side in self._sides:
            side.root_at(side.size)

    def _leaf(self, fields: _Fields) -> bytes:
        dir, n, type, marks, time, seen, et, committed, _, _ = fields
        root = self._sides[1 - dir].root_at(seen)
        return leaf_hash(
            self._line_id, self._inc, dir, n, type, marks, time, seen, root, et, committed
        )

    def _read(self, line: bytes) -> _Fields:
        try:
            data = binascii.a2b_base64(line[line.rfind(b" ") :])
            fields = _fields(data)
        except (binascii.Error, Malformed) as error:
            raise NotWhole(self._expected(line)[0], "it cannot be read") from error
        if b"%c %d %b" % (65 + fields[0], fields[1], binascii.b2a_base64(data)) != line:
            where, certain = self._expected(line)
            # Beginning and content disagree: the one that the leaf confirms was not changed.
            if not certain or self._stands_next(fields):
                where = _name(fields[0], fields[1])
            raise NotWhole(where, "it is not written in the canonical form")
        return fields

    def _stands_next(self, fields: _Fields) -> bool:
        """Whether the content alone shows which entry this is: the next one, with its own leaf."""
        dir, n, seen = fields[0], fields[1], fields[5]
        other = self._sides[1 - dir]
        return (
            n == self._sides[dir].size
            and other.tree.size <= seen <= other.size
            and self._leaf(fields) == fields[-1]
        )

    def _expected(self, line: bytes) -> tuple[str, bool]:
        """Which entry a line stands for, and whether its beginning says so without doubt."""
        for dir in (0, 1):
            name = _name(dir, self._sides[dir].size)
            if line.startswith(f"{name.removeprefix('entry ')} ".encode()):
                return name, True
        dir = int(line[:1] == b"B")
        return _name(dir, self._sides[dir].size), False

    def finish(self) -> None:
        """No head may speak of entries that are not here (R14)."""
        for dir, side in enumerate(self._sides):
            if side.heads:
                raise NotWhole(
                    _name(dir, side.size),
                    f"it is missing, though a head signed for {side.heads[0][0]} entries",
                )

    @property
    def summary(self) -> Summary:
        """What the preamble is to say."""
        sizes = (self._sides[0].size, self._sides[1].size)
        times = (self._first, self._last) if any(sizes) else (None, None)
        return Summary(sizes, self._by_status, *times)

    def report(self) -> Report:
        """What stands."""
        a, b = self._sides
        by_speaker, cosigned = self._covered["checkpoint"], self._covered["cosign"]
        signed, vouched = ([0, 0], by_speaker) if self._deniable else (by_speaker, [0, 0])
        summary = self.summary
        return Report(
            self.documents,
            summary.sizes,
            (a.root, b.root),
            (signed[0], signed[1]),
            (cosigned[0], cosigned[1]),
            (vouched[0], vouched[1]),
            self._record_key is not None,
            self._passed_over,
            moment(summary.first),
            moment(summary.last),
            (self._files.whole, self._files.wrong, self._files.missing),
        )


def _name(dir: int, n: int) -> str:
    return f"entry {'AB'[dir]} {n}"


# dir, n, type, marks, time, seen, et, what the leaf holds of the body (R16), body or nothing, leaf
_Fields = tuple[int, int, int, int, int, int, bytes, bytes, bytes, bytes]


def _fields(data: bytes) -> _Fields:
    """The fields of an entry's line; Malformed for every other spelling."""
    found = _ENTRY.fullmatch(data)
    if found is None:
        raise Malformed("an entry has ten fields in their ranges", rule="R15")
    numbers, (et, committed, blind, length, body, leaf) = found.groups()[:6], found.groups()[6:]
    said = b""
    if committed is None:
        if len(body) != (length[0] & 0x1F if len(length) == 1 else int.from_bytes(length[1:])):
            raise Malformed("the body of an entry has another length", rule="R15")
        committed, said = commitment(blind, body), body
    dir, n, type, marks, time, seen = [int.from_bytes(each[1:] or each) for each in numbers]
    return (dir, n, type, marks, time, seen, et, committed, said, leaf)
