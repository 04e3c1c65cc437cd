"""Evidence of a deniable line: whole for the two, no more than consistent for anybody else.

And why it can be denied: `forged` writes a record of any words with the record key alone, and no
checker can tell it from the true one.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from parley.core.entry import Type, body_of
from parley.core.errors import Malformed, Misused, Refused
from parley.core.kept import EntryRow, HeadRow
from parley.core.keys import SigningKey
from parley.core.record import EMPTY_ROOT, Head, Leaf, Log, joint_key, key_name
from parley.core.vouching import code_block
from parley.core.wire import Value, encode
from parley.evidence import audit, growth, proof
from parley.evidence.proof import Proof, Signed
from parley.evidence.sections import Documents, NotWhole
from parley.evidence.vouched import RecordKeyFile
from parley.station.line import evidence
from parley.station.line.evidence import inclusion
from tests.evidence.test_audit import RECORD_KEY, Record


@cache
def true() -> Record:
    return Record(24, deniable=True)


@cache
def attributable() -> Record:
    return Record(4)


def key_of(record: Record, key: bytes = RECORD_KEY, inc: int = 1) -> RecordKeyFile:
    return RecordKeyFile(record.agreement.line_id, inc, key)


def verify(text: bytes, record_key: RecordKeyFile | None = None, **how: Any) -> audit.Report:
    return audit.verify(io.BytesIO(text), record_key=record_key, **how)


# --- the record


def test_H8_a_party_finds_it_whole_and_an_outsider_only_consistent() -> None:
    record = true()
    by_party = verify(record.text(), key_of(record))
    by_stranger = verify(record.text())
    assert by_party.proven
    assert not by_stranger.proven
    assert by_party.vouched == by_party.entries == (record.logs[0].size, record.logs[1].size)
    assert by_party.signed == by_party.cosigned == (0, 0)
    assert replace(by_stranger, keyed=True) == by_party
    assert verify(attributable().text()).proven


def test_H8_the_preamble_says_what_it_is_worth() -> None:
    said = true().text().partition(b"\n--- agreement\n")[0].decode()
    assert "can be DENIED" in said
    assert "either could have written all of it" in said
    assert "To anybody else it proves nothing" in said
    assert "parley verify FILE --key KEYFILE" in said
    assert "Neither could change it alone" not in said
    assert "signed" not in said
    assert RECORD_KEY.hex() not in true().text().decode()


def test_H8_with_the_key_a_head_that_somebody_else_wrote_is_found() -> None:
    record = true()
    for at, head in enumerate(record.heads):
        block = head.block[:-1] + bytes([head.block[-1] ^ 1])
        heads = [*record.heads[:at], replace(head, block=block), *record.heads[at + 1 :]]
        text = with_heads(record, heads)
        assert not verify(text).proven
        where = f"head of {'AB'[head.dir]} at {head.size}"
        with pytest.raises(NotWhole, match=f"{where}: the code of a head does not stand"):
            verify(text, key_of(record))
    with pytest.raises(NotWhole, match="the code of a head does not stand"):
        verify(record.text(), key_of(record, bytes(32)))


def with_heads(record: Record, heads: Sequence[HeadRow]) -> bytes:
    ordered = sorted(record.entries, key=lambda row: joint_key(row.dir, row.n, row.seen))
    return "".join(evidence.write(record.documents, ordered, heads)).encode()


def test_H8_without_the_key_what_contradicts_itself_is_still_found() -> None:
    record = true()
    first = record.heads[0]
    for head in (
        replace(first, root=bytes(32)),
        replace(first, time=5),
        replace(first, kind="cosign"),
        replace(first, block=first.block[:-1]),
        replace(first, size=1 << 20),
    ):
        with pytest.raises(NotWhole):
            verify(with_heads(record, [head, *record.heads[1:]]))


def test_H8_a_signature_is_no_code_and_a_code_no_signature() -> None:
    record, line = true(), true().agreement.line_id
    key: SigningKey = record.sides[0].keys["log"].named(key_name(line, 0, "log"))
    head = Head(line, 1, 0, record.logs[0].size, record.logs[0].root)
    signed = HeadRow(0, head.size, head.root, "checkpoint", 0, b"", 0.0)
    block = key.block([head.checkpoint(key.public)[0]])
    with pytest.raises(NotWhole, match="the one code"):
        verify(with_heads(record, [replace(signed, block=block)]))
    other = attributable()
    head = Head(other.agreement.line_id, 1, 0, other.logs[0].size, other.logs[0].root)
    coded = code_block(RECORD_KEY, other.agreement.line_id, head.text)
    row = HeadRow(0, head.size, head.root, "checkpoint", 0, coded, 0.0)
    text = with_heads(other, [row])
    with pytest.raises(NotWhole, match="signature"):
        verify(text)


def test_H8_no_state_is_kept_or_taken_up_without_the_key() -> None:
    text, given = true().text(), key_of(true())
    report, state = growth.verify(io.BytesIO(text), record_key=given)
    assert report == verify(text, given)
    again, _ = growth.verify(io.BytesIO(text), since=state, record_key=given)
    assert again == report
    for since in (b"", state):
        with pytest.raises(Misused, match="without its record key"):
            growth.verify(io.BytesIO(text), since=since)


# --- the key


def test_H10_the_key_is_read_back_and_nothing_else_is() -> None:
    given = key_of(true())
    assert RecordKeyFile.parse(given.to_bytes()) == given
    line = given.line_id
    wrong: list[Value] = [
        [2, line, 1, RECORD_KEY],
        [True, line, 1, RECORD_KEY],
        [1, line, True, RECORD_KEY],
        [1, line[:15], 1, RECORD_KEY],
        [1, line, 1, RECORD_KEY[:31]],
        [1, line, 1],
        {},
    ]
    for value in wrong:
        with pytest.raises(Malformed) as caught:
            RecordKeyFile.parse(encode(value))
        assert caught.value.rule == "H10"


def test_H10_the_key_of_another_line_or_incarnation_is_refused() -> None:
    text = true().text()
    for wrong in (replace(key_of(true()), line_id=bytes(16)), key_of(true(), inc=2)):
        with pytest.raises(Refused) as caught:
            verify(text, wrong)
        assert caught.value.rule == "H10"
    with pytest.raises(Misused, match="no key is needed"):
        verify(attributable().text(), key_of(attributable()))


# --- one entry


def proof_of(record: Record, dir: int, n: int) -> Proof:
    roots = {(row.dir, row.n + 1): row.root for row in record.entries}
    row = next(row for row in record.entries if (row.dir, row.n) == (dir, n))
    head = next(head for head in record.heads if head.dir == dir and head.size > n)
    leaf = Leaf(
        record.agreement.line_id,
        1,
        *(dir, n, row.type, row.marks, row.time, row.seen),
        roots.get((1 - dir, row.seen), EMPTY_ROOT),
        *(row.et, row.blind, row.body),
    )
    leaves = [each.leaf for each in record.entries if each.dir == dir]
    signed = (Signed(head.kind, head.time, head.block),)
    path = inclusion(leaves[: head.size], n, head.size)
    return Proof(record.documents, leaf, path, head.size, signed)


@pytest.mark.parametrize("dir", [0, 1])
def test_H9_a_proof_of_one_entry_convinces_the_two(dir: int) -> None:
    record, given = true(), key_of(true())
    shown = proof_of(record, dir, 2).check(given)
    text = shown.text()
    assert proof.verify(io.BytesIO(text.encode()), given) == shown
    assert proof.verify(io.BytesIO(text.encode())) == shown
    said = text.partition("\n--- agreement\n")[0]
    assert "either could have written this" in said
    assert "parley verify FILE --key KEYFILE" in said
    assert "Signed" not in said
    assert not shown.signed_by_speaker
    assert shown.received_at is None
    note = text.rstrip("\n").rpartition("\n")[2]
    assert note.startswith(f"— parley.invalid/{record.agreement.line_id.hex()}/record ")


def test_H9_a_proof_whose_code_does_not_stand_is_refused_with_the_key_alone() -> None:
    shown = proof_of(true(), 0, 2)
    block = shown.signed[0].block[:-1] + bytes([shown.signed[0].block[-1] ^ 1])
    text = replace(shown, signed=(Signed("checkpoint", 0, block),)).text().encode()
    proof.verify(io.BytesIO(text))
    with pytest.raises(NotWhole, match="does not stand"):
        proof.verify(io.BytesIO(text), key_of(true()))
    with pytest.raises(Refused):
        proof.verify(io.BytesIO(shown.text().encode()), key_of(true(), inc=2))
    changed = shown.text().replace("/record ", "/rec0rd ").encode()
    with pytest.raises(NotWhole, match="nobody of this line"):
        proof.verify(io.BytesIO(changed))


# --- why it can be denied


def forged(
    documents: Documents, record_key: bytes, words: Sequence[tuple[int, str]], chance: random.Random
) -> bytes:
    """A whole record of any words, by somebody who holds the record key and no other secret.

    The documents are what both parties have in hand. Transcripts and blinding values, which in a
    true record come from keys that are erased, are drawn: nobody has anything to hold them against.
    """
    line, logs = documents.agreement.line_id, (Log(), Log())
    ets = [chance.randbytes(32), chance.randbytes(32)]
    rows: list[EntryRow] = []
    heads: list[HeadRow] = []
    for at, (dir, text) in enumerate(words):
        log, other = logs[dir], logs[1 - dir]
        body, blind = body_of(Type.TEXT, {}, text), chance.randbytes(32)
        place = (line, 1, dir, log.size, Type.TEXT, 8, 1000 + log.size, other.size)
        leaf = Leaf(*place, other.root, ets[dir], blind, body).hash()
        said = (dir, log.size, Type.TEXT, 8, 1000 + log.size, other.size, ets[dir], blind, body)
        rows.append(EntryRow(*said, leaf, log.append(leaf), 0.0))
        if at % 4 == 3:
            for whose, each in enumerate(logs):
                head = Head(line, 1, whose, each.size, each.root)
                block = code_block(record_key, line, head.text)
                heads.append(HeadRow(whose, each.size, each.root, "checkpoint", 0, block, 0.0))
    rows.sort(key=lambda row: joint_key(row.dir, row.n, row.seen))
    return "".join(evidence.write(documents, rows, heads)).encode()


def test_H11_the_record_key_alone_writes_a_record_that_no_checker_can_tell() -> None:
    record = true()
    who_spoke = [row.dir for row in record.entries]
    confession = [(dir, f"I did it, and said so {at} times.") for at, dir in enumerate(who_spoke)]
    invented = forged(record.documents, RECORD_KEY, confession, random.Random(1))
    assert b"I did it" not in record.text()
    for given in (key_of(record), None):
        ours, theirs = (verify(text, given) for text in (invented, record.text()))
        assert ours.proven == theirs.proven == (given is not None)
        assert ours.roots != theirs.roots
        assert replace(ours, roots=theirs.roots) == theirs  # in everything but the words


def test_H11_even_the_true_words_can_be_written_anew() -> None:
    """So that a text which holds them is no sign that they were said."""
    record = true()
    same = [(row.dir, f"message {at}") for at, row in enumerate(record.entries)]
    text = forged(record.documents, RECORD_KEY, same, random.Random(2))
    report = verify(text, key_of(record))
    assert report.proven
    assert report.entries == verify(record.text(), key_of(record)).entries
    assert text != record.text()


def test_H11_without_the_record_key_nobody_convinces_the_two() -> None:
    record = true()
    words = [(0, "I did it.")] * 4
    text = forged(record.documents, bytes(32), words, random.Random(3))
    assert not verify(text).proven
    with pytest.raises(NotWhole, match="does not stand"):
        verify(text, key_of(record))


def test_H11_on_an_attributable_line_the_same_forgery_is_found() -> None:
    documents = attributable().documents
    text = forged(documents, RECORD_KEY, [(0, "I did it.")] * 4, random.Random(4))
    with pytest.raises(NotWhole, match="a signature is by another key"):
        verify(text)
