"""What may be said: the types of an entry, its marks, header and payload, and which texts pass.

The envelope carries *plaintext* = type, marks, seen, time, body. An authentic entry is never
refused, whatever its body holds: it is kept as sent and shown as one that cannot be read
(spec/line.md). What is refused is refused here, on our side, while it is still a draft.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from dataclasses import dataclass
from enum import IntEnum

from parley.core.errors import Malformed, Misused, Refused
from parley.core.wire import Value, decode, encode, exceeds

EPOCH_2020 = 1_577_836_800  # 2020-01-01T00:00:00Z in POSIX seconds
TEXT_BYTES_MAX = 65_536  # forty pages; a courier frame still fits one envelope
BODY_BYTES_MAX = 65_536 + 2_048  # the longest text with the longest header
INFLATED_BYTES_MAX = 65_536  # of a compressed body, so that a small packet cannot fill memory
BODY_PARTS_MAX = 4_096  # of 65,536 tiny ones each reading would hold up all lines of a station
INFLATED_PARTS_MAX = 512  # to which a hundred bytes inflate
SUBJECT_BYTES_MAX = 200
_FIXED = struct.Struct(">BBHI")  # type, marks, seen, time
FIXED_BYTES = _FIXED.size


class Precedence(IntEnum):
    """How urgent a message is; higher goes first (ACP 121)."""

    ROUTINE = 0
    PRIORITY = 1
    IMMEDIATE = 2
    FLASH = 3


class Status(IntEnum):
    """Whether the words are meant; part of every entry and of every page that shows one."""

    ACTUAL = 0
    EXERCISE = 1
    TEST = 2
    SERVICE = 3


class Type(IntEnum):
    """The entry types this station writes or reads; all others are shown as unknown (E4)."""

    TEXT = 0x01
    CHAT = 0x03
    TEST = 0x05
    TEST_ANSWER = 0x06
    SERVICE = 0x07
    DISPLAYED = 0x10
    OPENED = 0x11
    PASSED = 0x12
    READBACK = 0x13
    CONFIRMED = 0x14
    CORRECTED = 0x15
    UNABLE = 0x16
    WAIT = 0x17
    ROSTER = 0x20
    PRESENCE = 0x21
    CALL_REQUEST = 0x30
    CALL_ANSWER = 0x31
    CALL_EVENT = 0x32
    MINUTE = 0x40
    READOUT = 0x41
    CONSENT = 0x42
    SUSPEND = 0x50
    LIFT = 0x51
    CLOSE = 0x52
    FILE_PIECE = 0x61


BARE_TYPES = frozenset(range(0x10, 0x18))  # acknowledgements: the payload alone, no header map


class Key(IntEnum):
    """Keys of the header map; all are optional."""

    FROM_DESK = 1
    TO_DESKS = 2
    LANGUAGE = 3
    COMPOSED = 4
    RELEASED = 5
    DRAFTER = 6
    RELEASERS = 7
    ANSWERS = 8
    FOLLOWS = 9
    REVOKES = 10
    SUBJECT = 11
    BASIS = 12
    EXERCISE = 13
    DISPLAYED = 14  # count of their entries displayed to the releaser before release
    PROTECTED = 15
    ATTACHMENTS = 16
    REPLY_BY = 17
    RESCUE = 24  # true: search and rescue, which passes in every suspension (spec/declared.md D4)


@dataclass(frozen=True, slots=True)
class Marks:
    """The second byte of the plaintext (E3)."""

    precedence: Precedence
    status: Status
    compression: int = 0  # 0 none, 1 raw deflate, 2 and 3 with a dictionary of the agreement
    padded: bool = False

    def byte(self) -> int:
        """The marks as they stand on the wire."""
        return self.precedence << 6 | self.status << 3 | self.compression << 1 | self.padded

    @classmethod
    def parse(cls, byte: int) -> Marks | None:
        """The marks of a byte, or None when its status is a number not in use."""
        status = byte >> 3 & 7
        if status > Status.SERVICE:
            return None
        return cls(Precedence(byte >> 6), Status(status), byte >> 1 & 3, bool(byte & 1))


@dataclass(frozen=True, slots=True)
class Plaintext:
    """What an envelope seals, cut into its fixed fields; `body` without the pad."""

    type: int
    marks: int
    seen16: int
    time: int  # a claim, and never a reason to accept or refuse (E1)
    body: bytes

    @classmethod
    def parse(cls, data: bytes) -> Plaintext:
        """Cut the plaintext; Malformed only when it lacks the fixed part (E2)."""
        if len(data) < FIXED_BYTES:
            raise Malformed("an authentic entry lacks its fixed part", rule="E2")
        kind, marks, seen16, time = _FIXED.unpack_from(data)
        body = data[FIXED_BYTES:]
        if marks & 1:
            stripped = body.rstrip(b"\x00")
            # Without its 80 the pad is not one; the body then is kept as it came (E6).
            body = stripped[:-1] if stripped[-1:] == b"\x80" else body
        return cls(kind, marks, seen16, time, body)

    def to_bytes(self) -> bytes:
        """The plaintext as it is sealed; we never pad."""
        return _FIXED.pack(self.type, self.marks, self.seen16, self.time) + self.body


@dataclass(frozen=True, slots=True)
class Content:
    """A readable body: header map (empty for acknowledgements) and payload."""

    header: dict[Value, Value]
    payload: Value


def body_of(kind: int, header: dict[int, Value], payload: Value) -> bytes:
    """The body bytes of an entry, before compression."""
    body = encode(payload if kind in BARE_TYPES else [header, payload])
    if len(body) > BODY_BYTES_MAX or exceeds(body, BODY_PARTS_MAX):
        raise Misused(f"a body of {len(body)} bytes does not fit an entry")
    return body


def read_body(kind: int, marks: int, body: bytes) -> Content | None:
    """The content of a body as kept, or None for an entry that cannot be read (E5)."""
    if Marks.parse(marks) is None:
        return None
    compression = marks >> 1 & 3
    if compression > 1:
        return None  # no agreement of this version names a dictionary
    plain = _inflate(body) if compression else body
    if plain is None:
        return None
    try:
        if exceeds(plain, INFLATED_PARTS_MAX if compression else BODY_PARTS_MAX):
            return None
        value = decode(plain)
    except Malformed:
        return None
    if kind in BARE_TYPES:
        return Content({}, value)
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], dict):
        return Content(value[0], value[1])
    return None


def _inflate(body: bytes) -> bytes | None:
    inflater = zlib.decompressobj(wbits=-15)
    try:
        plain = inflater.decompress(body, INFLATED_BYTES_MAX)
    except zlib.error:
        return None
    whole = inflater.eof and not inflater.unused_data and not inflater.unconsumed_tail
    return plain if whole else None


# --- which texts pass

_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
# Which characters, what they are called, what to do, and the rule; a line feed passes.
_REFUSED = (
    ("\t", "a tab", "use spaces: a tab's width differs from screen to screen", "E10"),
    ("\r", "the control character U+{:04X}",
     "save it with line feeds (LF) as line ends, not CR LF or CR", "E10"),
    ("\x00-\x08\x0b-\x1f\x7f-\x9f", "the control character U+{:04X}",
     "remove it; only line feeds pass", "E10"),
    ("\u202a-\u202e\u2066-\u2069", "the direction override U+{:04X}",
     "remove it: it can show words in another order than they were written", "E11"),
    ("\ufeff", "the byte order mark U+FEFF", "remove it; it is invisible and has no use", "E12"),
    (_NONCHARACTERS, "the noncharacter U+{:04X}", "remove it; Unicode gives it no meaning", "E13"),
    ("\ud800-\udfff", "the lone surrogate U+{:04X}",
     "write the character again; half of it is missing", "E13"),
)  # fmt: skip
_DOUBTFUL = re.compile("[" + "".join(characters for characters, *_ in _REFUSED) + "]")


def check_text(text: str) -> None:
    """Refuse a text that could mislead or not arrive as written; says where and why (E10 to E15).

    Nothing is ever stripped or normalised: a text passes whole or comes back whole.
    """
    found = _DOUBTFUL.search(text)
    if found:
        character, at = found.group(), found.start()
        what, hint, rule = next(
            said for characters, *said in _REFUSED if re.match(f"[{characters}]", character)
        )
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        raise Refused(
            f"line {line}, character {column}: {what.format(ord(character))} cannot be sent",
            hint,
            rule=rule,
        )
    if not text or all(character.isspace() or _invisible(character) for character in text):
        raise Refused(
            "the text is empty or only white space", "write what is to be said", rule="E14"
        )
    size = len(text.encode())
    if size > TEXT_BYTES_MAX:
        raise Refused(
            f"the text has {size:,} bytes, {size - TEXT_BYTES_MAX:,} more than the"
            f" {TEXT_BYTES_MAX:,} that one message carries",
            "shorten it, or send it as two messages",
            rule="E15",
        )


def _invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


def check_subject(subject: str) -> None:
    """Refuse a subject that is not one line of at most 200 bytes that passes as a text."""
    check_text(subject)
    if subject.splitlines() != [subject]:  # U+2028 and U+2029 break lines too
        raise Refused("the subject has a line break", "write it in one line", rule="E16")
    if len(subject.encode()) > SUBJECT_BYTES_MAX:
        raise Refused(
            f"the subject is longer than {SUBJECT_BYTES_MAX} bytes", "shorten it", rule="E16"
        )
