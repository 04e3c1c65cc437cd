"""Two things that one station signed, of which only one can be true: shown without the record.

Two heads of one log that are not one history, two OPENs of one direction, two RESUMEs of one
incarnation. Both signatures stand in the text, so that whoever trusts neither party sees whose key
made both; of what was said on the line it shows nothing. One text for one contradiction.
Sources: RFC 9162 section 2.1.4.2, spec/contradiction.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.core.errors import Malformed, ParleyError
from parley.core.keys import hybrid, sha256
from parley.core.opening import document_of
from parley.core.record import Head
from parley.core.resuming import Resume
from parley.core.seal import open_info
from parley.core.wire import Reader, Value, decode, encode
from parley.evidence.sections import (
    DOCUMENTS,
    Agreed,
    Documents,
    Lines,
    NotWhole,
    Source,
    about,
    check_head,
    documents_text,
    in_base64,
    read_documents,
    unbase64,
)

TITLE = "Parley contradiction, version 1"
SECTION = "contradiction"
OPEN_VERSION = 1
# Signed documents are compared: their blocks may differ, since ML-DSA signs at random.
SAME = "both say the same: there is no contradiction"


# --- what is contradicted


@dataclass(frozen=True, slots=True)
class TwoHeads:
    """Two signed heads of one log: the second holds another history than the first (Z2)."""

    name: ClassVar[str] = "heads"
    title: ClassVar[str] = "two heads of one log that are not one history"
    key: ClassVar[str] = "log"

    size: int
    root: bytes
    block: bytes
    held: bytes  # the root that the second holds for that size
    later_size: int  # at or above the first
    later_root: bytes
    later_block: bytes
    path: tuple[bytes, ...]  # from the one to the other (RFC 6962 section 2.1.2)

    def check(self, documents: Documents, side: int) -> None:
        """NotWhole unless both stand and differ."""
        if documents.agreement.deniable:
            raise NotWhole(SECTION, "nobody signs a head on a deniable line (H4)")
        key, line_id = documents.key(side, "log"), documents.agreement.line_id
        for which, size, root, block in (
            ("first head", self.size, self.root, self.block),
            ("second head", self.later_size, self.later_root, self.later_block),
        ):
            head = Head(line_id, documents.inc, side, size, root)
            check_head(which, key, head, "checkpoint", 0, block)
        check_consistent(self.size, self.held, self.later_size, self.later_root, self.path)
        if self.root == self.held:
            raise NotWhole(SECTION, "the two heads are of one history: they agree")

    def in_words(self) -> str:
        """Which two, for a person."""
        return f"""First     {self.size} entries, root {self.root.hex()}
Second    {self.later_size} entries, root {self.later_root.hex()};
          the first {self.size} of them have {self.held.hex()}"""

    def lines(self) -> list[str]:
        """What follows the first line of the section."""
        return [
            f"first {self.size} {in_base64(self.root)} {in_base64(self.block)}",
            f"held {in_base64(self.held)}",
            f"second {self.later_size} {in_base64(self.later_root)} {in_base64(self.later_block)}",
            *map(in_base64, self.path),
        ]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two documents as they were sent, both signed by a station key."""

    key: ClassVar[str] = "station"

    first: bytes
    second: bytes

    def in_words(self) -> str:
        """Which two, for a person."""
        return f"""First     {len(self.first)} bytes, SHA-256 {sha256(self.first).hex()}
Second    {len(self.second)} bytes, SHA-256 {sha256(self.second).hex()}"""

    def lines(self) -> list[str]:
        """What follows the first line of the section."""
        return [f"first {in_base64(self.first)}", f"second {in_base64(self.second)}"]


class TwoOpens(_Pair):
    """Two OPENs of one direction of one incarnation (Z3)."""

    __slots__ = ()
    name: ClassVar[str] = "opens"
    title: ClassVar[str] = "two openings of one direction of the line"

    def check(self, documents: Documents, side: int) -> None:
        """NotWhole unless both stand and differ."""
        one = _open("first OPEN", documents, side, self.first)
        if one == _open("second OPEN", documents, side, self.second):
            raise NotWhole(SECTION, SAME)


class TwoResumes(_Pair):
    """Two RESUMEs that begin one incarnation (Z4)."""

    __slots__ = ()
    name: ClassVar[str] = "resumes"
    title: ClassVar[str] = "two RESUMEs that begin one incarnation"

    def check(self, documents: Documents, side: int) -> None:
        """NotWhole unless both stand, begin the same, and differ."""
        one = _resume("first RESUME", documents, side, self.first)
        other = _resume("second RESUME", documents, side, self.second)
        if one.inc != other.inc:
            raise NotWhole(SECTION, "the two RESUMEs begin different incarnations")
        if one.document == other.document:
            raise NotWhole(SECTION, SAME)

    @property
    def begins(self) -> int:
        """The incarnation that the first begins."""
        return int(decode(document_of(self.first))[2])

    def in_words(self) -> str:
        """Which two, for a person."""
        return f"Begins    incarnation {self.begins}\n" + super().in_words()


Two = TwoHeads | TwoOpens | TwoResumes


# --- the whole


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two signed statements of one station, and the documents that name its keys."""

    documents: Documents
    side: int  # of whoever signed both
    two: Two

    @property
    def signer(self) -> str:
        """The party whose station signed both."""
        return self.documents.letters[self.side].party

    @property
    def inc(self) -> int:
        """The incarnation it is about."""
        return self.two.begins if isinstance(self.two, TwoResumes) else self.documents.inc

    def check(self) -> Contradiction:
        """The contradiction itself, once both signatures stand and the two differ (Z1)."""
        self.two.check(self.documents, self.side)
        return self

    def text(self) -> str:
        """The one text of it."""
        return (
            self._preamble()
            + documents_text(self.documents)
            + f"\n--- {SECTION}\n"
            + self._section()
        )

    def _preamble(self) -> str:
        whose, key = "AB"[self.side], self.two.key
        return f"""{TITLE}

This file shows that one party of a direct line signed two things of which only one can be true.
It shows nothing of what was said on the line.

{about(self.documents)}Signed    both by {self.signer} ({whose}), with its {key} key
What      {self.two.title}
{self.two.in_words()}

It does not say which of the two is true, nor why: a station put back from a copy of its disk, a
stolen key and a lie look the same. The 48 digits under each party are the fingerprint of its letter
of introduction; compare them with the digits that the party itself tells you.

To check it: parley verify FILE. By hand: letter {whose} certifies the {key} key under the
root whose digits stand above; both statements bear signatures of that key, over what
spec/contradiction.md says.
"""

    def _section(self) -> str:
        first = f"{self.two.name} {'AB'[self.side]}"
        return "".join(f"{line}\n" for line in (first, *self.two.lines()))


_HEADS = re.compile(
    rb"heads ([AB])\nfirst ([1-9]\d{0,18}) (\S{44}) (\S+)\nheld (\S{44})\n"
    rb"second ([1-9]\d{0,18}) (\S{44}) (\S+)\n((?:\S{44}\n){0,64})"
)
_PAIR = re.compile(rb"(opens|resumes) ([AB])\nfirst (\S+)\nsecond (\S+)\n")


def verify(source: Source) -> Contradiction:
    """Check a contradiction with nothing but itself; NotWhole names the first thing that fails."""
    lines = Lines(source)
    opening = lines.small(DOCUMENTS[0])
    documents = read_documents(lines, SECTION)
    found = Contradiction(documents, *_read(lines.rest())).check()
    if found._preamble().encode() != opening:
        raise NotWhole("preamble", "it does not say what the file shows")
    return found


def _read(given: bytes) -> tuple[int, Two]:
    """Whose it is, and the two; every character of the text is read here or given (Z5)."""
    if heads := _HEADS.fullmatch(given):
        side, size, root, block, held, later, later_root, later_block, path = heads.groups()
        root, block, held, later_root, later_block = (
            unbase64(SECTION, each) for each in (root, block, held, later_root, later_block)
        )
        hashes = tuple(unbase64(SECTION, line) for line in path.splitlines())
        two: Two = TwoHeads(
            int(size), root, block, held, int(later), later_root, later_block, hashes
        )
    elif pair := _PAIR.fullmatch(given):
        kind, side, *both = pair.groups()
        first, second = (unbase64(SECTION, each) for each in both)
        two = (TwoOpens if kind == b"opens" else TwoResumes)(first, second)
    else:
        raise NotWhole(SECTION, "it does not have the form of a contradiction")
    return b"AB".index(side), two


# --- two heads


def check_consistent(
    size: int, root: bytes, later_size: int, later_root: bytes, path: Sequence[bytes]
) -> None:
    """That a tree of `later_size` begins with one of `size` that has this root (RFC 9162
    section 2.1.4.2); NotWhole otherwise."""
    wrong = NotWhole(SECTION, "the hashes do not lead from the one head to the other")
    # 31 bytes beside 33 would be hashed as 32 beside 32 are, and accuse who is honest.
    if any(len(node) != 32 for node in (root, later_root, *path)):
        raise wrong
    if (size, root, ()) == (later_size, later_root, tuple(path)):
        return
    if size >= later_size or not path:
        raise wrong
    at, last = size - 1, later_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    nodes = list(path) if at else [root, *path]  # a full subtree is its own beginning
    small = large = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise wrong
        if at & 1 or at == last:
            small, large = sha256(b"\x01" + node + small), sha256(b"\x01" + node + large)
            while not at & 1:
                at, last = at >> 1, last >> 1
        else:
            large = sha256(b"\x01" + large + node)
        at, last = at >> 1, last >> 1
    if (small, large, last) != (root, later_root, 0):
        raise wrong


# --- two documents


def _open(which: str, documents: Documents, side: int, data: bytes) -> bytes:
    """What is signed of an OPEN whose signatures stand, read without the secrets of a line (S1).
    Its key confirmation is not: whoever holds one OPEN could make another document of it."""
    agreement = documents.agreement
    suite, h_agr, prekey = agreement.algorithms, agreement.hash, agreement.prekeys[1 - side]
    if documents.resumes is not None:
        a, b = documents.resumes
        h_agr = sha256(b"pl1 resume" + h_agr + a.document + b.document)
        prekey = documents.resumes[1 - side].prekey
    expected = [OPEN_VERSION, agreement.line_id, documents.inc, side, h_agr]
    try:
        packet = Reader(data)
        document = packet.take(packet.uvar())
        sealed, prekeys = _sealed(decode(document), expected)
        info0 = open_info(agreement.line_id, documents.inc, side, h_agr, prekey)
        message = b"pl1 open" + info0 + sealed + sha256(encode(prekeys))
        documents.key(side, "station").check(packet, hybrid(message, suite.mldsa))
        packet.end()
    except ParleyError as error:
        raise NotWhole(which, error.sentence) from error
    return message


def _sealed(value: Value, expected: Value) -> tuple[bytes, Value]:
    """What of an OPEN is signed."""
    match value:
        case [*head, bytes(sealed), list(prekeys), bytes()] if head == expected:
            return sealed, prekeys
    raise Malformed("it is no OPEN of this line, direction and incarnation", rule="S1")


def _resume(which: str, documents: Documents, side: int, data: bytes) -> Resume:
    """A RESUME whose signatures stand."""
    try:
        resume = Resume.parse(data, Agreed.of(documents.agreement), side)
        return resume.check(documents.key(side, "station"), documents.agreement.algorithms)
    except ParleyError as error:
        raise NotWhole(which, error.sentence) from error
