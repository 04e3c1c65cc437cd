"""RESUME: one station states where the record stands and brings a fresh prekey for a new beginning.

It needs no key of an epoch, so that stations which have become deaf to each other can go on; the
two RESUMEs of an incarnation say together where the one before it ended, and enter every key of
the new one. Source: spec/resume.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from parley.core.entry import check_text
from parley.core.errors import Malformed, Misused, Refused
from parley.core.keys import Prekey, VerifyKey, check_prekey, hmac_sha256, hybrid, sha256
from parley.core.record import EMPTY_ROOT
from parley.core.suites import Suite
from parley.core.terms import Terms
from parley.core.wire import Reader, Value, decode, encode, u32, uvar

VERSION = 1
RESUME_BYTES_MAX = 8_192
REASON_BYTES_MAX = 400
INC_AHEAD_MAX = 64  # of the one at work: nobody makes us keep more, or uses them up


@dataclass(frozen=True, slots=True)
class End:
    """How far a log goes: its size, and its root there."""

    size: int = 0
    root: bytes = EMPTY_ROOT


class Agreed(Protocol):
    """What of an agreement a RESUME is held against: terms have it, and so has evidence."""

    @property
    def line_id(self) -> bytes: ...
    @property
    def inc(self) -> int: ...
    @property
    def h_agr(self) -> bytes: ...
    @property
    def suite(self) -> Suite: ...


@dataclass(frozen=True, slots=True)
class Resume:
    """A RESUME of the right form for this line; its signatures may not be checked yet (N1)."""

    inc: int  # that it begins
    of: int  # whose logs it states
    own: End  # of its sender's log, as far as the other side receipted it
    held: End  # of the other log, as its sender holds it
    prekey: bytes  # public
    reason: str  # for the people of both sides
    document: bytes
    block: bytes

    @classmethod
    def make(
        cls, terms: Terms, inc: int, of: int, ends: tuple[End, End], prekey: Prekey, reason: str
    ) -> Resume:
        """Ours; `ends` are of our log and theirs."""
        if not _is_reason(reason):
            raise Misused(f"a reason is one line of 1 to {REASON_BYTES_MAX} bytes")
        if terms.deniable:
            raise Misused("a deniable line does not begin anew: a RESUME is signed", rule="N11")
        places = [part for end in ends for part in (end.size, end.root)]
        head = [VERSION, terms.line_id, inc, terms.side, terms.h_agr, of]
        document = encode([*head, *places, prekey.public, reason])
        block = terms.our_keys.station.block(hybrid(_signed(document), terms.suite.mldsa))
        return cls(inc, of, *ends, prekey.public, reason, document, block)

    def to_bytes(self) -> bytes:
        """What follows the frame header."""
        return uvar(len(self.document)) + self.document + self.block

    @classmethod
    def parse(cls, data: bytes, terms: Agreed, side: int) -> Resume:
        """Read one of `side`; Malformed for a wrong form, Refused when it is not for this line."""
        if len(data) > RESUME_BYTES_MAX:
            raise Malformed("a RESUME is too long", rule="N1")
        packet = Reader(data)
        document = packet.document()
        match decode(document):
            case [int(version), bytes(line), int(inc), int(dir), bytes(h_agr), int(of),
                  int(size), bytes(root), int(their_size), bytes(their_root),
                  bytes(prekey), str(reason)]:  # fmt: skip
                pass
            case _:
                raise Malformed("a RESUME has the wrong form", rule="N1")
        if (version, line, dir, h_agr) != (VERSION, terms.line_id, side, terms.h_agr):
            raise Refused("a RESUME is for another line, side or agreement", rule="N1")
        numbers = (inc, of, size, their_size)
        if not (
            bool not in map(type, (version, dir, *numbers))
            and terms.inc <= of < inc < 1 << 32
            and min(size, their_size) >= 0
            and max(size, their_size) < 1 << 63
            and len(root) == len(their_root) == 32
            and all((at == 0) <= (hash == EMPTY_ROOT)
                    for at, hash in ((size, root), (their_size, their_root)))
            and len(prekey) == terms.suite.kem.prekey_bytes
            and _is_reason(reason)
        ):  # fmt: skip
            raise Malformed("a RESUME has the wrong form", rule="N1")
        return cls(
            inc, of, End(size, root), End(their_size, their_root), prekey, reason, document,
            packet.rest(),
        )  # fmt: skip

    def check(self, station: VerifyKey, suite: Suite) -> Resume:
        """The RESUME itself, once both signatures of its station stand; Refused otherwise."""
        station.check_whole(self.block, hybrid(_signed(self.document), suite.mldsa))
        check_prekey(self.prekey, suite.kem)
        return self


def _is_reason(text: str) -> bool:
    """Whether people may be shown this: one line in which nothing misleads (E10)."""
    try:
        check_text(text)
    except Refused:
        return False
    # U+2028 and U+2029 break lines too.
    return text.splitlines() == [text] and len(text.encode()) <= REASON_BYTES_MAX


def _signed(document: bytes) -> bytes:
    return b"pl1 resume" + sha256(document)


def in_order(terms: Terms, ours: Resume, theirs: Resume) -> tuple[Resume, Resume]:
    """A's and B's."""
    return (ours, theirs) if terms.side == 0 else (theirs, ours)


def ends(a: Resume, b: Resume) -> tuple[End, End]:
    """Where the logs of A and of B ended, from the two RESUMEs alone (N4).

    Of each log the longer claim counts: what its reader holds, or what its writer knows to be
    receipted. Equally long and different, the reader's does: it accepts each number once. Who was
    in an older incarnation knows nothing of the end of the newer.
    """
    if a.of != b.of:
        return (a.own, a.held) if a.of > b.of else (b.held, b.own)
    return (
        max(b.held, a.own, key=lambda end: end.size),
        max(a.held, b.own, key=lambda end: end.size),
    )


def terms_after(terms: Terms, ours: Resume, theirs: Resume) -> Terms:
    """The terms of the incarnation that two RESUMEs begin, `terms` being the agreement's (N3)."""
    a, b = in_order(terms, ours, theirs)
    bound = sha256(b"pl1 resume" + terms.h_agr + a.document + b.document)
    psk0 = terms.later_psk and hmac_sha256(terms.later_psk, b"pl1 resume" + u32(ours.inc))
    return replace(
        terms,
        inc=ours.inc,
        h_agr=bound,
        our_prekey=ours.prekey,
        their_prekey=theirs.prekey,
        psk0=psk0,
    )


def later_psk(psk0: bytes) -> bytes:
    """What the secret of the meeting leaves behind for later incarnations: it opens no earlier one
    (N3)."""
    return hmac_sha256(psk0, b"pl1 later")


def beginning(a: Resume, b: Resume) -> Value:
    """The payload of entry 0 of the incarnation that the RESUMEs of A and B begin (N6)."""
    return [2, max(a.of, b.of), *([end.size, end.root] for end in ends(a, b))]
