"""Sections of a text: where each ends, how long it may be, and in which one form it is written."""

from __future__ import annotations

import base64
import io

import pytest

from parley.core.record import Head
from parley.evidence.sections import (
    DOCUMENT_BYTES_MAX,
    LINE_BYTES_MAX,
    Documents,
    Lines,
    NotWhole,
    about,
    check_head,
    documents_text,
    moment,
    read_documents,
    unbase64,
    wrapped,
)
from tests.evidence.test_audit import Record, resumed
from tests.exercise.record_of_two import talk_of_two


def lines(text: bytes) -> Lines:
    return Lines(io.BytesIO(text))


def test_R13_the_limits_hold_the_longest_document_and_the_longest_body() -> None:
    assert (DOCUMENT_BYTES_MAX, LINE_BYTES_MAX) == (262_144, 131_072)


def test_R13_a_section_ends_before_the_mark_of_the_next() -> None:
    read = lines(b"one\ntwo\n\n--- agreement\nthree\n\n--- letter A\n\n--- letter B\nrest\n")
    assert list(read.until("agreement")) == [b"one\n", b"two\n"]
    assert read.small("letter A") == b"three\n"
    assert read.small("letter B") == b""  # nothing but the line feed of the mark
    assert read.rest() == b"rest\n"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"one\n",
        b"one\n\n--- letter A\n",  # the mark of another
        b"one\n\n--- agreement",  # without its end
        b"--- agreement\n",  # the first line marks nothing: a line feed begins a mark
        b"one\n\n --- agreement\n",
    ],
)
def test_R13_a_mark_that_does_not_come_is_named(text: bytes) -> None:
    with pytest.raises(NotWhole, match=r"preamble: the section after it, agreement, does not"):
        list(lines(text).until("agreement"))


def test_R12_who_fails_is_named_by_where_and_why_and_rule() -> None:
    read = lines(b"one\n\n--- agreement\nwithout end")
    read.small("agreement")
    with pytest.raises(NotWhole) as caught:
        read.small("letter A")
    assert (caught.value.where, caught.value.rule) == ("agreement", "R12")
    assert caught.value.why == "the section after it, letter A, does not begin"


def test_R13_a_section_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    whole = (b"x" * 1023 + b"\n") * (DOCUMENT_BYTES_MAX // 1024)
    mark = b"\n--- agreement\n"
    assert lines(whole + mark).small("agreement") == whole
    assert lines(whole).rest() == whole
    with pytest.raises(NotWhole, match="does not begin"):
        lines(b"x" + whole + mark).small("agreement")
    with pytest.raises(NotWhole, match="preamble: it is too long"):
        lines(b"x" + whole).rest()


def test_R13_a_line_without_end_is_read_piece_by_piece() -> None:
    read = lines(b"x" * (LINE_BYTES_MAX + 1) + b"\n\n--- agreement\n")
    assert [len(line) for line in read.until("agreement")] == [LINE_BYTES_MAX, 2]


def test_R13_base64_has_one_form() -> None:
    assert unbase64("here", b"YQ==") == b"a"
    for text, why in ((b"YR==", "canonical form"), (b"YQ", "not base64"), (b"YQ==\n", "canonical")):
        with pytest.raises(NotWhole, match=f"here: .*{why}"):
            unbase64("here", text)


@pytest.mark.parametrize(("size", "widths"), [(0, []), (1, [4]), (57, [76]), (58, [76, 4])])
def test_R13_a_document_is_written_76_characters_a_line(size: int, widths: list[int]) -> None:
    text = wrapped(bytes(size))
    assert [len(line) for line in text.splitlines()] == widths
    assert base64.b64decode(text) == bytes(size)
    assert text == "" or text.endswith("\n")


def test_a_time_is_in_words_and_UTC() -> None:
    assert moment(0) == "2020-01-01T00:00:00Z"
    assert moment(None) == "none"


def test_R12_a_document_that_fails_is_named() -> None:
    documents, _, _ = talk_of_two(6, seed=2)
    agreement, a, b = documents.raw
    assert Documents.read(agreement, a, b) == documents
    for given, where in (
        ((agreement[:-1], a, b), "agreement"),
        ((agreement, a[:-1], b), "letter A"),
        ((agreement, a, b[:-1]), "letter B"),
        ((agreement, b, a), "agreement"),
    ):
        with pytest.raises(NotWhole) as caught:
            Documents.read(*given)
        assert caught.value.where == where


def test_R11_a_stranger_reads_which_line_it_is_and_whose() -> None:
    documents, _, _ = talk_of_two(6, seed=2)
    a, b = documents.letters
    line = documents.agreement.line_id.hex()
    assert (
        about(documents)
        == f"""\
Line      North and South, level duty, marked EXERCISE
          {line}, incarnation 1
A         {a.party}
          {a.digits}
B         {b.party}
          {b.digits}
Compared  by a person of each side, over another channel
"""
    )


def test_R22_each_side_has_one_RESUME_and_both_begin_one_incarnation() -> None:
    record = Record(0)
    raw = record.documents.raw
    documents = Documents.read(*raw, *resumed(record))
    assert documents.inc == 2
    begun = "\n          begun by both; incarnation 1 had ended after 3 of A and 3 of B\n"
    assert f", incarnation 2{begun}" in about(documents)
    with pytest.raises(NotWhole, match="resume B: it begins another incarnation than that of A"):
        Documents.read(*raw, *resumed(record, inc=3))
    text = f"one\n{documents_text(documents)}\n--- heads\n"

    def read(given: str) -> Documents:
        sections = lines(given.encode())
        sections.small("agreement")
        return read_documents(sections, "heads")

    assert read(text) == documents
    for one, other in ("AB", "BA"):
        with pytest.raises(NotWhole, match=f"resume {other}: .*stands once, that of A first"):
            read(text.replace(f"--- resume {one}", f"--- resume {other}"))


def test_R8_nothing_stands_behind_the_signatures_of_a_head() -> None:
    record = Record(4)
    row = next(row for row in record.heads if (row.dir, row.kind) == (0, "checkpoint"))
    key = record.documents.key(0, "log")
    head = Head(record.agreement.line_id, 1, 0, row.size, row.root)
    check_head("here", key, head, "checkpoint", 0, row.block)
    with pytest.raises(NotWhole, match="here: "):
        check_head("here", key, head, "checkpoint", 0, row.block + b"\x00")
    with pytest.raises(NotWhole, match="here: a checkpoint bears no time"):
        check_head("here", key, head, "checkpoint", 1, row.block)
