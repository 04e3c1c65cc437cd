"""Letters, certificates, agreements, secrets, files that people carry, and evidence."""

from __future__ import annotations

import base64
import io
from functools import cache

from fuzz.script import Script, edited
from parley.core import agreement as agreeing
from parley.core.agreement import Agreement, Paper
from parley.core.errors import Malformed, Refused
from parley.core.identity import (
    LETTER_LABEL,
    Certificate,
    Letter,
    PartyRoot,
    finish_letter,
    read_digits,
)
from parley.core.succession import REVOCATION_LABEL, SUCCESSION_LABEL, Revocation, Succession
from parley.core.wire import Reader, uvar
from parley.evidence import audit
from parley.evidence import proof as proving
from parley.evidence.sections import NotWhole
from parley.evidence.vouched import RecordKeyFile
from parley.station.line.clauses import cautions, difference, render
from parley.station.line.meeting import Brought
from parley.station.machine.carried import KINDS, carry, take_up
from tests.core import parties
from tests.evidence.test_proof import proof_of
from tests.exercise.record_of_two import record_of_two

_NORTH, _SOUTH = (parties.party(name) for name in ("North", "South"))


def letter(data: bytes) -> None:
    """A letter as a file; and one of odd content with the signatures it needs."""
    script = Script(data)
    known = _NORTH.letter
    if script.number() & 1:
        _letter(edited_bytes(known.raw, script))
        return
    body = edited(_letter_body(), script)
    try:
        read = finish_letter(body, _NORTH.root.sign(LETTER_LABEL + body), _NORTH.keys.station)
    except Refused:
        return
    _letter(read.raw)
    assert read_digits(read.digits) == read.fingerprint


def edited_bytes(base: bytes, script: Script) -> bytes:
    """The bytes with a few places changed; whole other ones when nothing is left of the base."""
    return edited(base, Script(b"\x01" + script.rest()))


@cache
def _letter_body() -> bytes:
    file = Reader(_NORTH.letter.raw)
    return file.take(file.uvar())


def _letter(raw: bytes) -> None:
    try:
        read = Letter.parse(raw)
    except Refused:
        return
    assert read.raw == raw
    assert len(read.digits.replace(" ", "")) == 48


def certificate(data: bytes) -> None:
    """A certificate: what is read is written the same."""
    script = Script(data)
    raw = edited(_NORTH.certificate.to_bytes(), script)
    try:
        read = Certificate.parse(raw)
    except Refused:
        return
    assert read.to_bytes() == raw


def digits(data: bytes) -> None:
    """What a person types as the 48 digits."""
    try:
        read_digits(data.decode("utf-8", "replace"))
    except Refused as error:
        assert error.hint


def agreement(data: bytes) -> None:
    """An agreement that both roots signed: read, put into words, reduced to terms."""
    script = Script(data)
    proposed = parties.agreement(_NORTH, _SOUTH)
    raw = edited(proposed.to_bytes(), script)
    try:
        read = Agreement.read(raw)
    except Refused:
        return
    assert read.to_bytes() == raw
    assert render(read)
    assert difference(proposed, read) is not None
    assert cautions(read) is not None
    paper = Paper(read)
    a, b = parties.in_order(_NORTH, _SOUTH)
    try:
        paper = paper.sign(a.root).sign(b.root)
        agreed = paper.verify(a.letter, b.letter)
        agreeing.terms(agreed, _NORTH.letter, _NORTH.keys, _SOUTH.letter, bytes(32))
    except Refused:
        return
    assert Paper.parse(paper.to_bytes()) == paper


def paper(data: bytes) -> None:
    """An agreement as a file, signed or not."""
    script = Script(data)
    base = _signed() if script.number() & 1 else Paper(parties.agreement(_NORTH, _SOUTH)).to_bytes()
    raw = edited_bytes(base, script)
    try:
        read = Paper.parse(raw)
    except Refused:
        return
    assert read.to_bytes() == raw
    a, b = parties.in_order(_NORTH, _SOUTH)
    try:
        read.verify(a.letter, b.letter)
    except Refused:
        return
    assert raw == _signed()


@cache
def _signed() -> bytes:
    return parties.signed(_NORTH, _SOUTH).to_bytes()


def revocation(data: bytes) -> None:
    """A revocation as a file, and one of odd content with the root's signature under it."""
    script = Script(data)
    told = Revocation(_NORTH.letter.fingerprint, 3, "Lost.", parties.MADE)
    if script.number() & 1:
        raw = edited_bytes(_revocation(), script)
    else:
        body = edited(_body_of(told.to_bytes()), script)
        raw = uvar(len(body)) + body + _NORTH.root.sign(REVOCATION_LABEL + body)
    try:
        read = Revocation.parse(raw)
    except Refused:
        return
    assert read.to_bytes() == raw
    try:
        read.verify(_NORTH.letter.who.root)
    except Refused:
        return
    assert 1 <= read.upto < 1 << 32
    assert read.reason


def succession(data: bytes) -> None:
    """A succession as a file, and one of odd content with both roots' signatures under it."""
    script = Script(data)
    if script.number() & 1:
        raw = edited_bytes(_succession(), script)
    else:
        body = edited(_body_of(_succession()), script)
        signed = SUCCESSION_LABEL + body
        raw = uvar(len(body)) + body + _heir().sign(signed) + _NORTH.root.sign(signed)
    try:
        read = Succession.parse(raw)
    except Refused:
        return
    assert read.to_bytes() == raw
    try:
        after = read.follow(_NORTH.letter.who)
    except Refused:
        return
    # Whatever else a thief of the old root writes, only the root that was named comes in.
    assert after.root == _heir().key.public
    assert after.name == "North"


@cache
def _heir() -> PartyRoot:
    return PartyRoot("North", parties.seed("North", "next root"), bytes(32))


@cache
def _revocation() -> bytes:
    told = Revocation(_NORTH.letter.fingerprint, 3, "Lost.", parties.MADE)
    return told.signed(_NORTH.root).to_bytes()


@cache
def _succession() -> bytes:
    gone = _NORTH.letter.who
    return Succession.make(gone, _heir(), _NORTH.root, "Lost.", parties.MADE).to_bytes()


def _body_of(paper: bytes) -> bytes:
    file = Reader(paper)
    return file.take(file.uvar())


def carried(data: bytes) -> None:
    """A file that people carry; the secret of a meeting, and a record key, in it."""
    for kind in KINDS:
        try:
            content = take_up(kind, data)
        except Refused as error:
            assert error.hint
            continue
        assert carry(kind, content) == data.replace(b"\r\n", b"\n").strip() + b"\n"
    if data:
        assert take_up(KINDS[0], carry(KINDS[0], data)) == data
    for parse in (Brought.parse, RecordKeyFile.parse):
        try:
            read = parse(data)
        except Malformed:
            continue
        assert read.to_bytes() == data


def evidence(data: bytes) -> None:
    """Evidence: other bytes in one section, or entries and heads of the right shape."""
    script = Script(data)
    choice = script.number()
    whole = _evidence()
    if choice % 4 == 0:
        text = edited_bytes(whole, script)
    else:
        name = ("heads", "entries", "end")[choice % 4 - 1]
        text = _with_section(whole, name, _section(choice >> 2, script))
    try:
        audit.verify(io.BytesIO(text))
    except NotWhole as error:
        assert error.where
        return
    # Heads may be left out: what they signed for is proved no more, and nothing false is said.
    assert _with_section(text, "heads", b"") == _with_section(whole, "heads", b"")


def _section(choice: int, script: Script) -> bytes:
    """The bytes of a section: as they are, or lines around whatever follows."""
    if choice & 1:
        return script.rest()
    lines = b""
    while not script.over:
        dir, n = script.number() & 1, script.number() % 4
        fields = script.some()
        if choice & 2:
            packed = base64.b64encode(fields)
            lines += b"%c %d %s\n" % (b"AB"[dir], n, packed)
        else:
            kind = (b"checkpoint", b"cosign")[n & 1]
            root, block = fields[:32].ljust(32, b"\0"), fields[32:]
            packed = base64.b64encode(root) + b" " + base64.b64encode(block)
            lines += b"%c %d %s %d %s\n" % (b"AB"[dir], n, kind, script.number(2), packed)
    return lines


@cache
def _evidence() -> bytes:
    return record_of_two(3)


def _with_section(text: bytes, name: str, content: bytes) -> bytes:
    mark = f"\n--- {name}\n".encode()
    before, _, rest = text.partition(mark)
    at = rest.find(b"\n--- ")
    return before + mark + content + (rest[at:] if at >= 0 else b"")


def proof(data: bytes) -> None:
    """A proof of one entry: other bytes anywhere, or other fields of the entry."""
    script = Script(data)
    whole = _proof()
    if script.number() & 1:
        text = edited_bytes(whole, script)
    else:
        before, mark, rest = whole.partition(b"\nextra ")
        extra, end, after = rest.partition(b"\n")
        changed = base64.b64encode(edited(base64.b64decode(extra), script))
        text = before + mark + changed + end + after
    try:
        proving.verify(io.BytesIO(text))
    except NotWhole as error:
        assert error.where
        return
    assert text == whole


@cache
def _proof() -> bytes:
    return proof_of(0, 0).text().encode()
