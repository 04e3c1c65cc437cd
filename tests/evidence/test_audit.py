"""Evidence: written from two logs, checked from its own text, and every changed byte is named."""

from __future__ import annotations

import base64
import io
import os
import random
import tracemalloc
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from parley.core.agreement import ATTRIBUTABLE, DENIABLE, Paper
from parley.core.entry import Type, body_of
from parley.core.identity import PartyRoot, commit_to
from parley.core.kept import EntryRow, HeadRow
from parley.core.keys import Prekey, SigningKey, hybrid, sha256
from parley.core.record import EMPTY_ROOT, Head, Leaf, Log, commitment, joint_key, key_name
from parley.core.resuming import beginning
from parley.core.terms import OurKeys
from parley.core.vouching import code_block
from parley.core.wire import decode, encode, uvar
from parley.evidence import audit
from parley.evidence.sections import (
    DOCUMENT_BYTES_MAX,
    LINE_BYTES_MAX,
    Agreed,
    Documents,
    NotWhole,
    about,
)
from parley.exercise.parties import agreement_of, letter_of
from parley.station.line import evidence

RECORD_KEY = bytes(range(32))  # of a deniable line


class Side:
    """A party with its root and station keys."""

    def __init__(self, name: str) -> None:
        successor = SigningKey("next", os.urandom(64), root=True)
        self.root = PartyRoot(name, os.urandom(64), commit_to(successor.public))
        self.keys = {
            use: SigningKey(f"parley.invalid/{use}", os.urandom(64))
            for use in ("station", "log", "cosigner")
        }
        own = OurKeys(*self.keys.values())
        self.letter = letter_of(self.root, own, f"{name} watch", 1_700_000_000)


class Record:
    """A line's documents and two logs, spoken in turns, with heads signed now and then."""

    def __init__(self, turns: int, seed: int = 1, deniable: bool = False) -> None:
        chance = random.Random(seed)
        self.sides = sorted(
            (Side("North"), Side("South")), key=lambda side: side.letter.fingerprint
        )
        letters = [side.letter for side in self.sides]
        agreement = agreement_of(
            *letters,
            nonce=os.urandom(32),
            name="exercise line",
            prekeys=(Prekey(os.urandom(32)).public, Prekey(os.urandom(32)).public),
            languages=(("en",), ("ru",)),
            policy=DENIABLE if deniable else ATTRIBUTABLE,
        )
        paper = Paper(agreement)
        for side in self.sides:
            paper = paper.sign(side.root)
        self.documents = Documents.read(paper.to_bytes(), letters[0].raw, letters[1].raw)
        self.agreement = agreement
        self.logs = (Log(), Log())
        self.entries: list[EntryRow] = []
        self.heads: list[HeadRow] = []
        for turn in range(turns):
            self.says(chance.randrange(2), f"message {turn}")
            if turn % 4 == 3:
                self.signs(0)
                self.signs(1)

    def says(self, dir: int, text: str, seen: int | None = None) -> None:
        self.enters(dir, Type.TEXT, body_of(Type.TEXT, {}, text), seen)

    def enters(self, dir: int, type: Type, body: bytes, seen: int | None = None) -> None:
        log, other = self.logs[dir], self.logs[1 - dir]
        n, seen = log.size, other.size if seen is None else seen
        blind = os.urandom(32)
        leaf = Leaf(
            self.agreement.line_id,
            1,
            dir,
            n,
            type,
            8,
            1000 + n,
            seen,
            other.root_at(seen),
            bytes(32),
            blind,
            body,
        ).hash()
        root = log.append(leaf)
        time = 1000 + n
        row = EntryRow(dir, n, type, 8, time, seen, bytes(32), blind, body, leaf, root, 0.0)
        self.entries.append(row)

    def signs(self, dir: int) -> None:
        """The speaker's checkpoint, and the other side's cosignature; or the code of both."""
        line, log = self.agreement.line_id, self.logs[dir]
        head = Head(line, 1, dir, log.size, log.root)
        if self.agreement.deniable:
            return self._keep(head, "checkpoint", 0, code_block(RECORD_KEY, line, head.text))
        own = self.sides[dir].keys["log"].named(key_name(line, dir, "log"))
        required, _ = head.checkpoint(own.public)
        self._keep(head, "checkpoint", 0, own.block([required]))
        other = self.sides[1 - dir].keys["cosigner"].named(key_name(line, 1 - dir, "cosigner"))
        required, _ = head.cosignature(other.public, 1_700_000_100)
        self._keep(head, "cosign", 1_700_000_100, other.block([required]))

    def _keep(self, head: Head, kind: str, time: int, block: bytes) -> None:
        self.heads.append(HeadRow(head.dir, head.size, head.root, kind, time, block, 0.0))

    def text(self) -> bytes:
        ordered = sorted(self.entries, key=lambda row: joint_key(row.dir, row.n, row.seen))
        return "".join(evidence.write(self.documents, ordered, self.heads)).encode()


def verify(text: bytes, **how: Any) -> audit.Report:
    return audit.verify(io.BytesIO(text), **how)


@cache
def small() -> Record:
    return Record(8)


def test_R10_evidence_says_what_stands() -> None:
    record = small()
    report = verify(record.text())
    assert sum(report.entries) == 8
    assert report.roots == (record.logs[0].root, record.logs[1].root)
    assert report.signed == report.cosigned == report.entries
    assert report.digits == tuple(letter.digits for letter in record.documents.letters)


def test_R11_evidence_opens_with_plain_lines() -> None:
    opening = small().text().split(b"\n--- agreement")[0].decode()
    assert opening.startswith("Parley evidence, version 1\n")
    for words in ("North", "South", "exercise line", "marked EXERCISE", "8 EXERCISE"):
        assert words in opening
    assert max(map(len, opening.splitlines())) <= 100


def test_R10_an_empty_record_is_whole() -> None:
    assert verify(Record(0).text()).entries == (0, 0)


def test_R12_every_changed_byte_is_refused_and_named() -> None:
    text = small().text()
    begin = text.index(b"\n--- entries\n") + len(b"\n--- entries\n")
    end = text.index(b"\n--- end\n")
    names: list[str] = []
    for line in text[begin:end].splitlines(keepends=True):
        names += [f"entry {line[:1].decode()} {line.split(b' ')[1].decode()}"] * len(line)
    chance = random.Random(7)
    places = [*range(begin + chance.randrange(4), end, 4), *range(0, begin, 97)]
    places += range(end, len(text))
    for at in places:
        changed = text[:at] + bytes([text[at] ^ 1 << chance.randrange(8)]) + text[at + 1 :]
        with pytest.raises(NotWhole) as refusal:
            verify(changed)
        if begin <= at < end:
            assert refusal.value.where == names[at - begin], at


def test_R13_sections_lost_or_repeated_are_refused() -> None:
    text = small().text()
    for name in audit.SECTIONS:
        mark = f"\n--- {name}\n".encode()
        with pytest.raises(NotWhole):
            verify(text.replace(mark, b"\n"))
        with pytest.raises(NotWhole):
            verify(text.replace(mark, mark + mark))
    with pytest.raises(NotWhole, match="end"):
        verify(text + b"more")


def test_R14_a_lost_tail_is_missed() -> None:
    text = small().text()
    begin, end = text.index(b"\n--- entries\n") + 13, text.index(b"\n--- end\n")
    lines = text[begin:end].splitlines(keepends=True)
    for kept in range(len(lines)):
        with pytest.raises(NotWhole):
            verify(text[:begin] + b"".join(lines[:kept]) + text[end:])


def rewritten(record: Record, at: int) -> Record:
    """The record with other words in one entry, and the leaf that belongs to them."""
    row = record.entries[at]
    body = body_of(Type.TEXT, {}, "never said")
    roots = {(r.dir, r.n + 1): r.root for r in record.entries}
    leaf = Leaf(
        record.agreement.line_id,
        1,
        row.dir,
        row.n,
        row.type,
        row.marks,
        row.time,
        row.seen,
        roots.get((1 - row.dir, row.seen), Log().root),
        row.et,
        row.blind,
        body,
    ).hash()
    forged = Record.__new__(Record)
    forged.documents, forged.heads = record.documents, record.heads
    forged.entries = list(record.entries)
    forged.entries[at] = replace(row, body=body, leaf=leaf)
    return forged


def test_R12_a_rewritten_entry_is_caught_by_the_head() -> None:
    with pytest.raises(NotWhole):
        verify(rewritten(Record(8), 2).text())


def test_R12_a_head_that_fails_is_named_before_a_later_entry() -> None:
    """Nobody has seen these entries, so nothing asked for a root before the last one fails."""
    record = Record(0)
    for number in range(6):
        record.says(0, f"message {number}")
        if number == 3:
            record.signs(0)
    forged = rewritten(record, 1)
    for text in (forged.text(), forged.text().replace(b"\nA 5 ", b"\nA 6 ")):
        with pytest.raises(NotWhole, match="one of A 0 to 3 was changed") as refusal:
            verify(text)
        assert refusal.value.where == "head of A at 4"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (0, 2),
        (1, -1),
        (2, 256),
        (3, True),
        (4, 1 << 32),
        (5, "3"),
        (6, bytes(31)),
        (7, bytes(33)),
        (8, "text"),
        (9, None),
        (10, 0),
    ],
)
def test_R15_an_entry_has_ten_fields_in_their_ranges(field: int, value: object) -> None:
    text = small().text()
    begin = text.index(b"\n--- entries\n") + 13
    label, number, packed = text[begin : text.index(b"\n", begin)].split(b" ")
    fields = decode(base64.b64decode(packed))
    fields[field:] = [value, *fields[field + 1 :]]
    spoilt = b" ".join([label, number, base64.b64encode(encode(fields))])
    with pytest.raises(NotWhole, match="cannot be read"):
        verify(text[:begin] + spoilt + text[text.index(b"\n", begin) :])


def test_R16_a_body_may_be_withheld() -> None:
    record = small()
    ordered = sorted(record.entries, key=lambda row: joint_key(row.dir, row.n, row.seen))
    lines = [evidence.entry_line(row, shown=at == 3) for at, row in enumerate(ordered)]
    text = record.text()
    begin, end = text.index(b"\n--- entries\n") + 13, text.index(b"\n--- end\n")
    report = verify(text[:begin] + "".join(lines).encode() + text[end:])
    assert sum(report.entries) == 8


def test_R12_foreign_signatures_are_refused() -> None:
    record = Record(4)
    record.heads[0] = HeadRow(
        record.heads[0].dir,
        record.heads[0].size,
        record.heads[0].root,
        "checkpoint",
        0,
        record.heads[1].block,
        0.0,
    )
    with pytest.raises(NotWhole, match="head of"):
        verify(record.text())


def again(row: HeadRow, time: int, block: bytes) -> HeadRow:
    """The same head, signed anew at another time."""
    return HeadRow(row.dir, row.size, row.root, row.kind, time, block, 0.0)


def test_R17_the_newest_signature_of_a_head_is_checked_or_every_one() -> None:
    record = Record(4)
    signed = next(row for row in record.heads if row.kind == "cosign")
    key = record.sides[1 - signed.dir].keys["cosigner"]
    named = key.named(key_name(record.agreement.line_id, 1 - signed.dir, "cosigner"))
    head = Head(record.agreement.line_id, 1, signed.dir, signed.size, signed.root)
    required, _ = head.cosignature(named.public, signed.time + 5)
    record.heads.append(again(signed, signed.time + 5, named.block([required])))
    assert verify(record.text()).passed_over == 1
    assert verify(record.text(), all_signatures=True).passed_over == 0

    record.heads.append(again(signed, signed.time - 5, record.heads[-1].block))  # for another time
    assert verify(record.text()).passed_over == 2
    with pytest.raises(NotWhole, match=f"head of {'AB'[signed.dir]} at {signed.size}"):
        verify(record.text(), all_signatures=True)

    record.heads[-1] = again(signed, signed.time + 9, record.heads[-2].block)  # now the newest
    with pytest.raises(NotWhole, match=f"head of {'AB'[signed.dir]} at {signed.size}"):
        verify(record.text())


def test_R12_two_roots_signed_for_one_size_are_named() -> None:
    record = Record(4)
    signed = next(row for row in record.heads if row.kind == "cosign")
    other = Head(record.agreement.line_id, 1, signed.dir, signed.size, bytes(32))
    key = record.sides[1 - signed.dir].keys["cosigner"]
    named = key.named(key_name(record.agreement.line_id, 1 - signed.dir, "cosigner"))
    required, _ = other.cosignature(named.public, 7)
    block = named.block([required])
    record.heads.append(HeadRow(other.dir, other.size, other.root, "cosign", 7, block, 0.0))
    with pytest.raises(NotWhole, match="two different roots"):
        verify(record.text())


def test_R11_the_preamble_promises_what_is_signed_and_the_older_one_is_read() -> None:
    record = small()
    text = record.text()
    assert b"What both have signed\nfor, neither could change alone" in text
    assert b"a clock may be wrong or go back" in text
    older = text
    for new, old in zip(audit.WORDINGS[0], audit.WORDINGS[1], strict=True):
        older = older.replace(new.encode(), old.encode())
    assert older != text
    assert verify(older) == verify(text)
    with pytest.raises(NotWhole, match="preamble"):
        verify(text.replace(audit.WORDINGS[0][0].encode(), audit.WORDINGS[1][0].encode()))


def test_R13_a_line_without_end_is_not_read_to_its_end() -> None:
    """A file that is no evidence costs no more memory than a line of one."""
    asked: list[int] = []

    class Endless:
        def readline(self, size: int = -1, /) -> bytes:
            asked.append(size)
            return b"x" * size

    with pytest.raises(NotWhole, match="preamble"):
        audit.verify(Endless())
    assert 0 < sum(asked) <= DOCUMENT_BYTES_MAX + 2 * LINE_BYTES_MAX


def peak_of(entries: int) -> int:
    """What a record of one side alone needs at once: no entry of it is named by the other side."""
    record = Record(0)
    for n in range(entries):
        record.says(0, f"message {n}")
    record.signs(0)
    text = io.BytesIO(record.text())
    tracemalloc.start()
    audit.verify(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_R13_an_entry_that_nobody_has_named_yet_costs_its_leaf() -> None:
    """32 bytes, and not an object for each."""
    peak_of(10)  # what is read once
    assert 5_000 * 32 < peak_of(5_000) < 5_000 * 80


def lines_of(text: bytes) -> tuple[list[bytes], int, int]:
    """All lines, and where the first head and the first entry stand."""
    lines = text.splitlines(keepends=True)
    return lines, lines.index(b"--- heads\n") + 1, lines.index(b"--- entries\n") + 1


def test_R10_heads_out_of_order_or_repeated_are_refused() -> None:
    lines, heads, _ = lines_of(small().text())
    first, second = lines[heads : heads + 2]
    for changed in ([second, first], [first, first, second]):
        with pytest.raises(NotWhole, match="out of order or repeated"):
            verify(b"".join([*lines[:heads], *changed, *lines[heads + 2 :]]))


def test_R8_a_checkpoint_bears_no_time() -> None:
    text = small().text()
    with pytest.raises(NotWhole, match="bears no time"):
        verify(text.replace(b" checkpoint 0 ", b" checkpoint 1 ", 1))


def test_R10_a_document_in_other_lines_is_refused() -> None:
    lines, _, _ = lines_of(small().text())
    at = lines.index(b"--- letter B\n") + 1
    lines[at : at + 2] = [lines[at][:-1] + lines[at + 1][:1] + b"\n", lines[at + 1][1:]]
    with pytest.raises(NotWhole, match="letter B: its lines"):
        verify(b"".join(lines))


def test_R14_an_entry_that_lacks_is_named() -> None:
    record = Record(0)
    for number in range(3):
        record.says(0, f"message {number}")
    lines, _, entries = lines_of(record.text())
    for lost in (0, 1):
        with pytest.raises(NotWhole, match=f"entry A {lost} is missing before it") as refusal:
            verify(b"".join(lines[: entries + lost] + lines[entries + lost + 1 :]))
        assert refusal.value.where == f"entry A {lost + 1}"


def test_R11_a_line_that_nobody_compared_says_so() -> None:
    documents = small().documents
    agreement = replace(documents.agreement, compared=(True, False))
    assert "NOT by a person of each side" in about(replace(documents, agreement=agreement))
    assert "NOT by" not in about(documents)


def test_R10_entries_that_crossed_stand_in_the_joint_order() -> None:
    record = Record(0)
    record.says(0, "crossed")
    record.says(1, "crossed", seen=0)
    assert verify(record.text()).entries == (1, 1)
    lines, _, entries = lines_of(record.text())
    lines[entries : entries + 2] = lines[entries : entries + 2][::-1]
    with pytest.raises(NotWhole, match="out of the joint order") as refusal:
        verify(b"".join(lines))
    assert refusal.value.where == "entry A 0"


def test_R13_a_mark_without_its_line_feed_is_refused() -> None:
    for section in ("letter A", "letter B", "heads"):
        with pytest.raises(NotWhole, match="its lines"):
            verify(
                small()
                .text()
                .replace(f"\n\n--- {section}\n".encode(), f"\n--- {section}\n".encode())
            )


def resumed(record: Record, **changes: Any) -> tuple[bytes, bytes]:
    """The RESUMEs of both sides that began incarnation 2 of a record's line."""
    agreement = record.documents.agreement
    place = Agreed.of(agreement)
    found = []
    for dir, side in enumerate(record.sides):
        key = side.keys["station"].named(key_name(agreement.line_id, dir, "station"))
        fields = {"inc": 2, "of": 1} | (changes if dir else {})
        document = encode(
            [1, place.line_id, fields["inc"], dir, place.h_agr, fields["of"],
             3, bytes([1]) * 32, 2, bytes([2]) * 32, Prekey(bytes(32)).public, "why"]
        )  # fmt: skip
        block = key.block(hybrid(b"pl1 resume" + sha256(document)))
        found.append(uvar(len(document)) + document + block)
    return found[0], found[1]


def later(record: Record, *resumes: bytes, said: bytes | None = None) -> str:
    """Evidence of incarnation 2: one entry of A, the beginning; no head yet."""
    documents = Documents.read(*record.documents.raw, *resumes)
    assert documents.resumes is not None
    body = body_of(Type.SERVICE, {}, beginning(*documents.resumes)) if said is None else said
    fields = (documents.agreement.line_id, documents.inc, 0, 0, 7, 0xD8, 0, 0)
    leaf = Leaf(*fields, EMPTY_ROOT, bytes(32), bytes(32), body).hash()
    log = Log()
    row = EntryRow(0, 0, 7, 0xD8, 0, 0, bytes(32), bytes(32), body, leaf, log.append(leaf), 0.0)
    return "".join(evidence.write(documents, [row], []))


def test_R22_evidence_of_a_later_incarnation_bears_both_RESUMEs() -> None:
    record = Record(4)
    text = later(record, *resumed(record))
    report = audit.verify(io.BytesIO(text.encode()))
    assert report.documents.inc == 2
    assert "begun by both; incarnation 1 had ended after 3 of A and 3 of B" in text
    with pytest.raises(NotWhole) as fault:
        audit.verify(io.BytesIO(later(record, *resumed(record), said=b"\x82\xa0\x00").encode()))
    assert fault.value.where == "entry A 0"
    one, other = (f"--- resume {side}" for side in "AB")
    for bad in (text.replace(one, other), text.replace(f"\n{other}", "\n--- resume A")):
        with pytest.raises(NotWhole):
            audit.verify(io.BytesIO(bad.encode()))
    with pytest.raises(NotWhole) as fault:
        later(record, *resumed(record, inc=3, of=1))
    assert fault.value.where == "resume B"


def test_R22_a_RESUME_that_another_signed_is_refused() -> None:
    record, other = Record(4), Record(4)
    mixed = (resumed(record)[0], resumed(other)[1])
    with pytest.raises(NotWhole) as fault:
        later(record, *mixed)
    assert fault.value.where == "resume B"


def test_R22_a_beginning_that_is_not_shown_is_not_looked_at() -> None:
    record = Record(4)
    text = later(record, *resumed(record), said=b"\x82\xa0\x00")
    row = decode(base64.b64decode(text.split("\nA 0 ")[1].split("\n")[0]))
    row[8], row[7] = commitment(row[7], row[8]), None
    head, tail = text.split("\nA 0 ")
    hidden = f"{head}\nA 0 {base64.b64encode(encode(row)).decode()}\n{tail.partition(chr(10))[2]}"
    assert audit.verify(io.BytesIO(hidden.encode())).entries == (1, 0)
