"""What the files a stranger checks are made of: sections, three documents, signed heads.

Evidence (`audit`) and the proof of one entry (`proof`) have them in common. A text is read line by
line and has one form. Source: spec/record.md R10 to R13.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Protocol, TypeVar

from parley.core.agreement import Agreement, Paper
from parley.core.entry import EPOCH_2020
from parley.core.errors import ParleyError, Refused
from parley.core.identity import Letter
from parley.core.keys import VerifyKey
from parley.core.record import Head, key_name
from parley.core.resuming import Resume, ends
from parley.core.suites import Suite
from parley.core.wire import Reader

DOCUMENTS = ("agreement", "letter A", "letter B")
RESUMES = ("resume A", "resume B")  # of an incarnation that did not begin by the agreement
USES = ("station", "log", "cosigner")
DOCUMENT_BYTES_MAX = 1 << 18  # the longest document in base64, twice over
LINE_BYTES_MAX = 1 << 17  # the longest body in base64, and some

_T = TypeVar("_T")


class NotWhole(Refused):
    """The evidence fails; `where` names the section, entry or head."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}", "ask the other party for its own copy", rule="R12")
        self.where = where
        self.why = why


class OnlyWhole(ParleyError):
    """What was verified before does not suffice: only a whole verification tells."""


# --- the sections


class Source(Protocol):
    """Where a text is read from: an open file, or bytes as one."""

    def readline(self, size: int = -1, /) -> bytes:
        """The next line, or at most `size` bytes of it; nothing at the end."""


class Lines:
    """The sections one after the other, line by line (R13)."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._section = "preamble"

    def until(self, following: str) -> Iterator[bytes]:
        """The lines before the mark of the next section, without the line feed that begins it."""
        mark, held = f"--- {following}\n".encode(), b""
        while line := self._source.readline(LINE_BYTES_MAX):
            if held:
                if line == mark:
                    self._section = following
                    if held != b"\n":
                        yield held[:-1]
                    return
                yield held
            held = line
        raise self._endless(following)

    def small(self, following: str) -> bytes:
        """A section that is read whole."""
        found = bytearray()
        for line in self.until(following):
            found += line
            if len(found) > DOCUMENT_BYTES_MAX:
                raise self._endless(following)
        return bytes(found)

    def rest(self) -> bytes:
        """What follows the last mark, read whole."""
        found = bytearray()
        while line := self._source.readline(LINE_BYTES_MAX):
            found += line
            if len(found) > DOCUMENT_BYTES_MAX:
                raise NotWhole(self._section, "it is too long")
        return bytes(found)

    def _endless(self, following: str) -> NotWhole:
        return NotWhole(self._section, f"the section after it, {following}, does not begin")


# --- the documents


@dataclass(frozen=True, slots=True)
class Documents:
    """What a line stands on: the agreement and both letters, as bytes and as read."""

    agreement: Agreement
    letters: tuple[Letter, Letter]  # A, B
    raw: tuple[bytes, ...]  # agreement, letter A, letter B; RESUME of A, of B
    resumes: tuple[Resume, Resume] | None = None  # A, B; in a later incarnation

    @property
    def inc(self) -> int:
        """The incarnation they are of."""
        return self.agreement.inc if self.resumes is None else self.resumes[0].inc

    @classmethod
    def read(cls, agreement: bytes, letter_a: bytes, letter_b: bytes, *resumes: bytes) -> Documents:
        """Read and verify all; Refused names the section that fails."""
        letters = (
            _section("letter A", lambda: Letter.parse(letter_a)),
            _section("letter B", lambda: Letter.parse(letter_b)),
        )
        agreed = _section("agreement", lambda: Paper.parse(agreement).verify(*letters))
        first = cls(agreed, letters, (agreement, letter_a, letter_b))
        if not resumes:
            return first
        place = Agreed.of(agreed)
        a, b = (
            _section(RESUMES[side], partial(_resume, first, place, side, data))
            for side, data in enumerate(resumes)
        )
        if a.inc != b.inc:
            raise NotWhole(RESUMES[1], "it begins another incarnation than that of A")
        return replace(first, raw=(*first.raw, *resumes), resumes=(a, b))

    def key(self, side: int, name: str) -> VerifyKey:
        """A station's log or cosigner key under its name on this line."""
        certificate = self.letters[side].certificate
        keys = dict(zip(USES, certificate.keys(self.agreement.algorithms), strict=True))
        return keys[name].named(key_name(self.agreement.line_id, side, name))


@dataclass(frozen=True, slots=True)
class Agreed:
    """What of the agreement a RESUME is held against."""

    line_id: bytes
    inc: int
    h_agr: bytes
    suite: Suite

    @classmethod
    def of(cls, agreement: Agreement) -> Agreed:
        """That of a verified one."""
        return cls(agreement.line_id, agreement.inc, agreement.hash, agreement.algorithms)


def _resume(documents: Documents, place: Agreed, side: int, data: bytes) -> Resume:
    return Resume.parse(data, place, side).check(documents.key(side, "station"), place.suite)


def read_documents(lines: Lines, following: str) -> Documents:
    """The sections of documents, read and verified: three, or five in a later incarnation (R22)."""
    names = (*DOCUMENTS, following)
    texts = [(name, lines.small(after)) for name, after in pairwise(names)]
    name, last = texts.pop()
    pieces = re.split(rb"\n--- (resume [AB])\n", last)
    found = [each.decode() for each in pieces[1::2]]
    if found not in ([], list(RESUMES)):
        raise NotWhole(found[0], "the RESUME of each side stands once, that of A first")
    texts += zip([name, *found], pieces[::2], strict=True)
    return Documents.read(*(_unwrap(name, text) for name, text in texts))


def _section(name: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except ParleyError as error:
        raise NotWhole(name, error.sentence) from error


def unbase64(where: str, text: bytes) -> bytes:
    """The bytes of a text in base64 of the canonical form."""
    try:
        data = binascii.a2b_base64(text)
    except binascii.Error as error:
        raise NotWhole(where, "it is not base64") from error
    if base64.b64encode(data) != text:
        raise NotWhole(where, "it is not written in the canonical form")
    return data


def in_base64(data: bytes) -> str:
    """The one form of some bytes in a text."""
    return base64.b64encode(data).decode()


def wrapped(data: bytes) -> str:
    """A document in base64, 76 characters a line."""
    text = in_base64(data)
    return "".join(text[at : at + 76] + "\n" for at in range(0, len(text), 76))


def _unwrap(name: str, section: bytes) -> bytes:
    data = unbase64(name, section.replace(b"\n", b""))
    if wrapped(data).encode() != section:
        raise NotWhole(name, "its lines are not as they are written")
    return data


def documents_text(documents: Documents) -> str:
    """The sections of the documents."""
    pairs = zip((*DOCUMENTS, *RESUMES), documents.raw, strict=False)
    return "".join(f"\n--- {name}\n{wrapped(raw)}" for name, raw in pairs)


# --- in words


def about(documents: Documents) -> str:
    """Which line, and whose."""
    agreement, letters = documents.agreement, documents.letters
    return f"""Line      {agreement.name}, level {agreement.level}, marked {agreement.mark.name}
          {agreement.line_id.hex()}, incarnation {documents.inc}{_begun(documents)}
A         {letters[0].party}
          {letters[0].digits}
B         {letters[1].party}
          {letters[1].digits}
Compared  {_compared(agreement)}
{_SUITES[agreement.suite]}"""


# A note of suite 1 is C2SP's throughout; of suite 2 its tools read what they know (U5).
_SUITES = {
    1: "",
    2: "Suite     2: heads bear Ed25519 and ML-DSA-87; C2SP tools read the first alone\n",
}


def _begun(documents: Documents) -> str:
    """How a later incarnation began, and where both logs of the one before it had ended (R22)."""
    if documents.resumes is None:
        return ""
    a, b = ends(*documents.resumes)
    of = max(each.of for each in documents.resumes)
    return f"""
          begun by both; incarnation {of} had ended after {a.size} of A and {b.size} of B"""


def _compared(agreement: Agreement) -> str:
    if all(agreement.compared):
        return "by a person of each side, over another channel"
    return "NOT by a person of each side: the line is unverified"


def moment(seconds: int | None) -> str:
    """A time of the record in words, UTC."""
    if seconds is None:
        return "none"
    return datetime.fromtimestamp(seconds + EPOCH_2020, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- signatures


def check_head(where: str, key: VerifyKey, head: Head, kind: str, time: int, packed: bytes) -> None:
    """Check the signatures of one head: the speaker's checkpoint, or the other's cosignature."""
    if kind == "checkpoint":
        required, optional = head.checkpoint(key)
    else:
        required, optional = head.cosignature(key, time)
    block = Reader(packed)
    try:
        key.check(block, [required], [optional])
        block.end()
    except Refused as error:
        raise NotWhole(where, error.sentence) from error
    if kind == "checkpoint" and time != 0:
        raise NotWhole(where, "a checkpoint bears no time")
