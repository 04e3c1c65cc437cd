"""Evidence to the letter: what a stranger reads first, and which line is named when one fails."""

from __future__ import annotations

import base64

import pytest

from parley.core.wire import UINT_MAX, Value, decode, encode
from parley.evidence.audit import WORDINGS, Summary, _fields, preamble
from parley.evidence.sections import NotWhole
from tests.evidence.test_audit import Record, lines_of, small, verify


def test_R10_of_an_empty_record_nothing_is_said() -> None:
    report = verify(Record(0).text())
    assert report.entries == report.signed == report.cosigned == report.vouched == (0, 0)
    assert (report.first, report.last) == ("none", "none")
    assert (report.passed_over, report.files) == (0, (0, 0, 0))
    assert b"\nEntries   0 by A, 0 by B\nFirst     none\nLast      none\n" in Record(0).text()


def test_R11_the_preamble_counts_by_status_and_tells_the_times() -> None:
    summary = Summary((3, 1), [1, 0, 0, 2, 0, 0, 0, 1], 0, 86_400)
    said = preamble(small().documents, summary)
    assert (
        f"""
Entries   3 by A, 1 by B: 1 ACTUAL, 2 SERVICE, 1 of unknown status 7
First     2020-01-01T00:00:00Z
Last      2020-01-02T00:00:00Z

{WORDINGS[0][1]}

To check it: parley verify FILE. By hand: """
        in said
    )
    assert WORDINGS[0][0] in said


def test_R11_the_times_are_the_earliest_and_the_latest() -> None:
    record = small()
    report = verify(record.text())
    times = [row.time for row in record.entries]
    assert (min(times), max(times)) == (1000, 1000 + max(report.entries) - 1)
    assert report.first == "2020-01-01T00:16:40Z"
    assert report.last == f"2020-01-01T00:16:{40 + max(report.entries) - 1}Z"


@pytest.mark.parametrize("at", [0, 2])
def test_R12_a_head_that_is_none_is_named_by_its_line(at: int) -> None:
    lines, heads, _ = lines_of(small().text())
    whole = lines[heads + at]
    for other, why in (
        (b"C" + whole[1:], "it is not a head"),
        (b"\n" + whole[1:], "it is not a head"),  # its first letter became a line feed
        (whole.replace(b"= ", b"! "), "it is not a head"),
        (whole[:-2] + b"!\n", "it is not base64"),
    ):
        with pytest.raises(NotWhole) as caught:
            verify(b"".join([*lines[: heads + at], other, *lines[heads + at + 1 :]]))
        assert (caught.value.where, caught.value.why) == (f"heads, line {at + 1}", why)


def crossed() -> tuple[list[bytes], int]:
    """The lines of a record in which A spoke twice and then B twice, and where entries begin."""
    record = Record(0)
    for dir in (0, 0, 1, 1):
        record.says(dir, f"{dir} says so.")
    lines, _, entries = lines_of(record.text())
    assert [line[:4] for line in lines[entries : entries + 4]] == [
        b"A 0 ",
        b"A 1 ",
        b"B 0 ",
        b"B 1 ",
    ]
    return lines, entries


def fails_at(lines: list[bytes], at: int, line: bytes) -> str:
    """Which one is named when a line is another."""
    with pytest.raises(NotWhole) as caught:
        verify(b"".join([*lines[:at], line, *lines[at + 1 :]]))
    return caught.value.where


def test_R12_the_content_that_stands_next_names_the_entry() -> None:
    """Its beginning names the other side's next one, which is not what the leaf confirms."""
    lines, at = crossed()
    assert fails_at(lines, at, b"B" + lines[at][1:]) == "entry A 0"
    assert fails_at(lines, at, b"C" + lines[at][1:]) == "entry A 0"
    assert fails_at(lines, at, b"\n" + lines[at][1:]) == "entry A 0"
    assert fails_at(lines, at + 2, b"A 2" + lines[at + 2][3:]) == "entry B 0"
    assert fails_at(lines, at + 3, b"A 2" + lines[at + 3][3:]) == "entry B 1"
    assert fails_at(lines, at + 2, b"\n" + lines[at + 2][1:]) == "entry B 0"


def test_R12_a_beginning_that_is_no_entrys_leaves_the_naming_to_the_content() -> None:
    lines, at = crossed()
    assert fails_at(lines, at, b"C" + lines[at + 3][1:]) == "entry B 1"


def test_R10_two_entries_have_not_one_place_in_the_joint_order() -> None:
    record = Record(0)
    for dir, seen in ((0, 0), (0, 0), (1, 2), (1, 1)):  # 1 + 2 of the third, 2 + 1 of the last
        record.says(dir, f"{dir} says so.", seen)
    with pytest.raises(NotWhole, match="entry B 1: it is out of the joint order"):
        verify(record.text())


@pytest.mark.parametrize("number", [0, 23, 24, 0xFF, 0x100, 0xFFFF, 1 << 16, 1 << 32, UINT_MAX])
def test_R15_numbers_are_read_in_their_shortest_form_up_to_the_highest(number: int) -> None:
    entry: list[Value] = [1, number, 2, 3, 4, number, *[bytes(32)] * 2, b"", bytes(32)]
    assert _fields(encode(entry))[:6] == (1, number, 2, 3, 4, number)


@pytest.mark.parametrize(
    ("field", "value"),
    [(0, 0), (1, 2), (1, 0), (5, 3), (5, 1), (4, 7), (9, bytes(32))],
)
def test_R12_content_that_does_not_stand_next_does_not(field: int, value: object) -> None:
    lines, at = crossed()
    fields = decode(base64.b64decode(lines[at + 3].split(b" ")[2]))
    assert (fields[0], fields[1], fields[5]) == (1, 1, 2)
    fields[field] = value
    packed = base64.b64encode(encode(fields)) + b"\n"
    assert fails_at(lines, at + 3, b"A 2 " + packed) == "entry A 2"


def test_R12_what_cannot_be_read_is_named_by_whose_it_may_be() -> None:
    lines, at = crossed()
    assert fails_at(lines, at + 3, b"B 1 !\n") == "entry B 1"
    assert fails_at(lines, at + 3, b"A 2 !\n") == "entry A 2"
    assert fails_at(lines, at + 3, b"B x !\n") == "entry B 1"
    assert fails_at(lines, at + 3, b"A x !\n") == "entry A 2"
    assert fails_at(lines, at + 3, b"!\n") == "entry A 2"


def test_R10_what_an_entry_refers_to_stands_before_it() -> None:
    lines, at = crossed()
    fields = decode(base64.b64decode(lines[at + 3].split(b" ")[2]))
    fields[5] = 3
    lines[at + 3] = b"B 1 " + base64.b64encode(encode(fields)) + b"\n"
    with pytest.raises(NotWhole, match="entry B 1: it refers to entries that do not stand before"):
        verify(b"".join(lines))
