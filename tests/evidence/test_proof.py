"""One entry shown without the others: what a proof says, and that every byte of it counts."""

from __future__ import annotations

import base64
import io
import random
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.entry import Marks, Precedence, Status, Type, body_of
from parley.core.kept import EntryRow, HeadRow
from parley.core.keys import SigningKey, sha256
from parley.core.record import EMPTY_ROOT, Leaf, Tree
from parley.core.wire import decode, encode
from parley.evidence import proof
from parley.evidence.proof import Proof, Signed, root_of
from parley.evidence.sections import Documents, NotWhole
from parley.station.line.evidence import inclusion
from tests.exercise.record_of_two import TEXT, talk_of_two
from tests.places import places, some_or_all


@cache
def talk() -> tuple[Documents, list[EntryRow], list[HeadRow]]:
    return talk_of_two(60, signed_every=20)


def proof_of(dir: int, n: int, *kinds: str) -> Proof:
    """Entry `n` under the first head above it that bears signatures of these kinds."""
    documents, entries, heads = talk()
    kinds = kinds or ("checkpoint", "cosign")
    above = {
        kind: {head.size: head for head in heads if head.dir == dir and head.kind == kind}
        for kind in kinds
    }
    sizes = set.intersection(*(set(found) for found in above.values()))
    size = min(size for size in sizes if size > n)
    roots = {(row.dir, row.n + 1): row.root for row in entries}
    row = next(row for row in entries if (row.dir, row.n) == (dir, n))
    leaves = [row.leaf for row in sorted(entries, key=lambda row: row.n) if row.dir == dir]
    leaf = Leaf(
        documents.agreement.line_id,
        1,
        *(dir, n, row.type, row.marks, row.time, row.seen),
        roots.get((1 - dir, row.seen), EMPTY_ROOT),
        *(row.et, row.blind, row.body),
    )
    signed = [Signed(kind, above[kind][size].time, above[kind][size].block) for kind in kinds]
    return Proof(documents, leaf, inclusion(leaves, n, size), size, tuple(signed)).check()


def verify(text: str | bytes) -> Proof:
    return proof.verify(io.BytesIO(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize("dir", [0, 1])
@pytest.mark.parametrize("n", [0, 1, 7, 13])
def test_R18_a_proof_is_read_back(dir: int, n: int) -> None:
    shown = proof_of(dir, n)
    read = verify(shown.text())
    assert read == shown
    assert read.words is not None
    assert read.words.endswith(TEXT)
    assert read.signed_by_speaker
    assert read.received_at is not None


def test_R18_it_opens_with_who_when_and_the_words() -> None:
    shown = proof_of(0, 3)
    opening, _, rest = shown.text().partition("\n--- agreement\n")
    assert opening.startswith("Parley proof, version 1\n")
    assert max(map(len, opening.splitlines())) <= 100
    party = shown.documents.letters[0].party
    for words in (f"Said by   {party}, 20", "EXERCISE", "A 3", f"  | {shown.words}", "SHA-256"):
        assert words in opening
    assert rest.partition("\n--- proof\n")[2].startswith("c2sp.org/tlog-proof@v1\nextra ")


def test_R18_a_preamble_that_says_something_else_is_refused() -> None:
    text = proof_of(0, 3).text()
    with pytest.raises(NotWhole, match="preamble: it does not say what the proof says"):
        verify(text.replace("shows one entry", "shows no entry"))


def test_R18_it_shows_no_other_entry() -> None:
    _, entries, _ = talk()
    text = proof_of(0, 3).text()
    extra = text.partition("\nextra ")[2].partition("\n")[0]
    shown = base64.b64decode(extra)
    for row in entries:
        assert (row.body in shown) == (row.blind in shown) == ((row.dir, row.n) == (0, 3))


@some_or_all(8)
def test_R18_every_changed_byte_is_refused(step: int) -> None:
    text = proof_of(1, 5).text().encode()
    begin = text.index(b"\n--- proof\n")
    chance = random.Random(5)
    for at in (*places(len(text), step, begin), *range(0, begin, 97)):
        changed = bytearray(text)
        changed[at] ^= chance.randrange(1, 256)
        with pytest.raises(NotWhole):
            verify(bytes(changed))


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: text + "\n"])
def test_R18_no_byte_may_lack_or_follow(change: object) -> None:
    assert callable(change)
    with pytest.raises(NotWhole):
        verify(change(proof_of(1, 5).text()))


def test_R19_one_signature_is_enough_and_it_says_whose() -> None:
    for kind in ("checkpoint", "cosign"):
        read = verify(proof_of(0, 2, kind).text())
        assert read.signed_by_speaker == (kind == "checkpoint")
        assert (read.received_at is None) == (kind == "checkpoint")
        assert read.text().count("not in this file") == 1


def test_R19_a_proof_that_nobody_of_the_line_signed_is_refused() -> None:
    text = proof_of(0, 2, "checkpoint").text()
    line = text.splitlines(keepends=True)[-1]
    with pytest.raises(NotWhole, match="nobody"):
        verify(text.replace(line, line.replace("/log ", "/other ")))
    with pytest.raises(NotWhole, match="form"):
        verify(text.removesuffix(line))


def test_R19_a_signature_of_the_length_of_none_is_refused() -> None:
    text = proof_of(0, 2, "checkpoint").text()
    line = text.splitlines()[-1]
    beginning, _, packed = line.rpartition(" ")
    shorter = base64.b64encode(base64.b64decode(packed)[:-3]).decode()
    with pytest.raises(NotWhole, match="length of none"):
        verify(text.replace(line, f"{beginning} {shorter}"))


def test_R19_a_signature_by_another_key_or_of_another_head_is_refused() -> None:
    shown = proof_of(0, 2, "checkpoint")
    key = SigningKey(proof.signer(shown.documents, 0, "checkpoint").name, bytes(64))
    required, _ = shown.head.checkpoint(key.public)
    with pytest.raises(NotWhole, match="head of A"):
        verify(replace(shown, signed=(Signed("checkpoint", 0, key.block([required])),)).text())
    other = next(
        head for head in talk()[2] if head.kind == "checkpoint" and head.size != shown.size
    )
    with pytest.raises(NotWhole, match="head of A"):
        verify(replace(shown, signed=(Signed("checkpoint", 0, other.block),)).text())


def test_R19_the_lines_of_a_note_stand_in_one_order_and_once() -> None:
    text = proof_of(0, 2).text()
    *before, one, other = text.splitlines(keepends=True)
    for last in ([other, one], [one, other, other], [one, one, other]):
        with pytest.raises(NotWhole, match=r"canonical|head of A"):
            verify("".join([*before, *last]))


@given(st.integers(1, 300), st.data())
def test_R19_every_leaf_of_every_tree_has_its_way(size: int, data: st.DataObject) -> None:
    leaves = [sha256(b"%d" % number) for number in range(size)]
    n = data.draw(st.integers(0, size - 1))
    tree = Tree()
    tree.grow(*leaves)
    path = inclusion(leaves, n, size)
    assert root_of(leaves[n], n, size, path) == tree.fold()
    for wrong in (path[:-1], (*path, sha256(b""))):
        if wrong != path:
            with pytest.raises(NotWhole):
                root_of(leaves[n], n, size, wrong)


def test_R19_a_number_beyond_the_tree_is_refused() -> None:
    with pytest.raises(NotWhole, match="proof: the hashes do not lead from this entry"):
        root_of(bytes(32), 1, 1, ())
    with pytest.raises(NotWhole, match="proof: the hashes do not lead from this entry"):
        root_of(bytes(32), 5, 4, (bytes(32), bytes(32)))


def test_R19_every_leaf_of_small_trees_has_its_way() -> None:
    leaves = [sha256(b"%d" % number) for number in range(17)]
    for size in range(1, 18):
        tree = Tree()
        tree.grow(*leaves[:size])
        for n in range(size):
            assert root_of(leaves[n], n, size, inclusion(leaves[:size], n, size)) == tree.fold()


@pytest.mark.parametrize(("n", "size", "hashes"), [(0, 1, 1), (1, 2, 2), (0, 2, 0), (2, 3, 2)])
def test_R19_no_hash_may_lack_or_follow(n: int, size: int, hashes: int) -> None:
    with pytest.raises(NotWhole, match="proof: the hashes do not lead from this entry"):
        root_of(bytes(32), n, size, (bytes(32),) * hashes)


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields[:-1],
        lambda fields: [*fields, b""],
        lambda fields: [2, *fields[1:]],
        lambda fields: [False, *fields[1:]],
        lambda fields: [0, 256, *fields[2:]],
        lambda fields: [*fields[:2], 256, *fields[3:]],
        lambda fields: [*fields[:3], 1 << 32, *fields[4:]],
        *(lambda fields, at=at: [*fields[:at], -1, *fields[at + 1 :]] for at in range(5)),
        lambda fields: [*fields[:5], bytes(31), *fields[6:]],
        lambda fields: [*fields[:5], *[bytes(33)] * 3, fields[8]],
        lambda fields: [*fields[:7], bytes(31), fields[8]],
        lambda fields: [*fields[:7], None, fields[8]],
        lambda fields: [*fields[:8], "text"],
        lambda fields: [*fields[:8], fields[8] + b"!"],
        lambda fields: {0: fields},
    ],
)
def test_R20_the_extra_data_are_the_fields(change: object) -> None:
    assert callable(change)
    text = proof_of(0, 3).text()
    extra = text.partition("\nextra ")[2].partition("\n")[0]
    changed = encode(change(decode(base64.b64decode(extra))))
    with pytest.raises(NotWhole, match=r"R20|do not lead|head of A"):
        verify(text.replace(extra, base64.b64encode(changed).decode()))
    with pytest.raises(NotWhole, match="extra data cannot be read"):
        verify(text.replace(extra, base64.b64encode(b"\xff").decode()))


def test_R20_the_fields_go_up_to_their_highest_values() -> None:
    """Such an entry is read as one: what fails is the signature, which is over another."""
    shown = proof_of(0, 3)
    highest = replace(
        shown.leaf, type=255, marks=255, time=(1 << 32) - 1, seen=(1 << 64) - 1, body=b""
    )
    lowest = replace(shown.leaf, type=0, marks=0, time=0, seen=0)
    for leaf in (highest, lowest):
        with pytest.raises(NotWhole, match="head of A at"):
            verify(replace(shown, leaf=leaf).text())


def words_of(kind: int, marks: int, body: bytes) -> tuple[str | None, str]:
    shown = proof_of(0, 0)
    other = replace(shown, leaf=replace(shown.leaf, type=kind, marks=marks, body=body))
    return other.words, other.text().partition("\n--- agreement")[0]


def test_R18_words_that_could_mislead_are_not_shown_as_text() -> None:
    plain = Marks(Precedence.FLASH, Status.ACTUAL).byte()
    for text in ("\x1b[2J", "a\u202eb", "tab\t"):
        words, opening = words_of(Type.TEXT, plain, encode([{}, text]))
        assert words is None
        assert "(not a text;" in opening
    words, opening = words_of(Type.DISPLAYED, plain, encode([[0, 1]]))
    assert words is None
    assert "DISPLAYED, FLASH, ACTUAL" in opening
    words, opening = words_of(0x77, 0b00111000, b"\xff")
    assert "type 77, unknown marks" in opening
    two, opening = words_of(Type.TEXT, plain, body_of(Type.TEXT, {}, "one\nSigned\u2028Entry"))
    assert two == "one\nSigned\u2028Entry"
    assert "\n  | one\n  | Signed\n  | Entry\n" in opening
    blank, _ = words_of(Type.TEXT, plain, body_of(Type.TEXT, {}, "\u200d"))
    assert blank == "\u200d"


def test_R18_the_words_of_a_text_that_was_made_smaller_are_shown() -> None:
    deflate = zlib.compressobj(wbits=-15)
    body = deflate.compress(body_of(Type.TEXT, {}, "Yes. " * 20)) + deflate.flush()
    marks = Marks(Precedence.FLASH, Status.ACTUAL, compression=1).byte()
    words, opening = words_of(Type.TEXT, marks, body)
    assert words == "Yes. " * 20
    assert "\n  | Yes. Yes. " in opening


def test_R19_a_time_beyond_all_calendars_is_a_number() -> None:
    shown = proof_of(0, 2, "cosign")
    late = replace(shown, signed=(replace(shown.signed[0], time=(1 << 64) - 1),))
    assert late.received_at == "second 18446744073709551615"
    assert "second 18446744073709551615" in late.text()
    with pytest.raises(NotWhole, match="head of A"):
        verify(late.text())


def test_R19_a_time_is_told_as_far_as_calendars_go() -> None:
    shown = proof_of(0, 2, "cosign")
    for time, told in ((253_402_300_799, "9999-12-31T23:59:59Z"), (253_402_300_800, "second 25")):
        received = replace(shown, signed=(replace(shown.signed[0], time=time),)).received_at
        assert received is not None
        assert received.startswith(told)


def test_R18_it_says_who_signed_and_when() -> None:
    shown = proof_of(0, 2)
    speaker, reader = (letter.party for letter in shown.documents.letters)
    assert (shown.speaker, shown.reader) == (speaker, reader)
    time = next(each.time for each in shown.signed if each.kind == "cosign")
    told = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (
        f"Signed    by {speaker}: yes\n          by {reader}, as received: {told}\n" in shown.text()
    )
    assert "parley verify FILE. " in shown.text()
    assert "the log key and the other side's cosigner key" in shown.text()
    other = proof_of(1, 2, "cosign")
    assert (other.speaker, other.reader) == (reader, speaker)
    assert f"Signed    by {reader}: not in this file\n" in other.text()
    with pytest.raises(NotWhole, match=f"head of B at {other.size}:"):
        replace(other, signed=(replace(other.signed[0], time=1),)).check()


def test_R18_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(NotWhole, match="too long"):
        verify(proof_of(0, 2).text() + "x" * 400_000)
