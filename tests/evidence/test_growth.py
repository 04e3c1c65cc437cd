"""Verified on from where it was: never more lenient than whole, and only what is new."""

from __future__ import annotations

import io
import random
from functools import cache
from typing import Any

import pytest

from parley.core.errors import Malformed, Misused
from parley.core.kept import EntryRow, HeadRow
from parley.evidence import audit, growth
from parley.evidence.sections import Documents, NotWhole
from parley.station.line import evidence
from tests.evidence.test_audit import Record
from tests.exercise.record_of_two import talk_of_two

MESSAGES = 120


@cache
def talk() -> tuple[Documents, list[EntryRow], list[HeadRow]]:
    return talk_of_two(MESSAGES, signed_every=20)


@cache
def text_of(
    entries: int, heads_upto: tuple[int, int] | None = None, left_out: int | None = None
) -> bytes:
    """The record as it stood after so many entries, with the heads there were."""
    documents, rows, heads = talk()
    some = rows[:entries]
    sizes = [sum(row.dir == dir for row in some) for dir in (0, 1)]
    upto = heads_upto or sizes
    signed = [head for head in heads if head.size <= min(upto[head.dir], sizes[head.dir])]
    if left_out is not None:
        del signed[left_out]
    return "".join(evidence.write(documents, some, signed)).encode()


def whole(text: bytes) -> audit.Report:
    return audit.verify(io.BytesIO(text))


def go_on(text: bytes, since: bytes = b"", **how: Any) -> tuple[audit.Report, bytes]:
    return growth.verify(io.BytesIO(text), since=since, **how)


def test_R21_what_stands_is_what_a_whole_verification_says() -> None:
    state = b""
    for entries in (0, 0, 1, 2, 30, 31, 75, 75, MESSAGES):
        text = text_of(entries)
        report, state = go_on(text, state)
        assert report == whole(text)
        again, same = go_on(text, state)
        assert (again, same) == (report, state)


@pytest.mark.parametrize("first", range(0, MESSAGES, 7))
def test_R21_from_anywhere_to_the_end(first: int) -> None:
    _, state = go_on(text_of(first))
    report, last = go_on(text_of(MESSAGES), state)
    assert report == whole(text_of(MESSAGES))
    assert last == go_on(text_of(MESSAGES))[1]


def test_R21_a_signature_that_comes_late_is_taken_or_asks_for_the_whole() -> None:
    """At the export it had not arrived, though its entries had."""
    text = text_of(MESSAGES)
    outcomes = set()
    for upto in range(0, 60, 4):
        _, state = go_on(text_of(100, heads_upto=(upto, upto)))
        try:
            report, _ = go_on(text, state)
        except growth.HeadsDiffer:
            outcomes.add("anew")
        else:
            assert report == whole(text)
            outcomes.add("taken")
    assert outcomes == {"anew", "taken"}


def test_R21_a_head_that_is_gone_asks_for_the_whole() -> None:
    _, state = go_on(text_of(MESSAGES))
    with pytest.raises(growth.HeadsDiffer):
        go_on(text_of(MESSAGES, left_out=0), state)


def test_R21_only_what_is_new_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    _, state = go_on(text_of(100))
    checked: list[bytes] = []
    entry = growth.Resumed.entry

    def counted(checker: growth.Resumed, line: bytes) -> None:
        checked.append(line)
        entry(checker, line)

    monkeypatch.setattr(growth.Resumed, "entry", counted)
    go_on(text_of(MESSAGES), state)
    assert len(checked) == MESSAGES - 100


@pytest.mark.story
def test_R21_no_change_passes_that_a_whole_verification_refuses() -> None:
    _, state = go_on(text_of(60))
    text = text_of(MESSAGES)
    begin = text.index(b"\n--- heads\n")
    chance = random.Random(3)
    places = [*chance.sample(range(begin, len(text)), 250), *chance.sample(range(begin), 50)]
    for at in places:
        changed = bytearray(text)
        changed[at] ^= chance.randrange(1, 256)
        with pytest.raises(NotWhole):
            whole(bytes(changed))
        with pytest.raises((NotWhole, growth.HeadsDiffer)):
            go_on(bytes(changed), state)


def test_R21_another_past_is_refused_as_no_continuation() -> None:
    _, state = go_on(text_of(60))
    with pytest.raises(NotWhole, match="not a continuation"):
        go_on(text_of(59), state)


def test_R21_a_state_of_another_line_is_refused() -> None:
    _, state = go_on(text_of(60))
    documents, rows, heads = talk_of_two(6, seed=2)
    other = "".join(evidence.write(documents, rows, heads)).encode()
    with pytest.raises(Misused, match="another line"):
        go_on(other, state)


@pytest.mark.parametrize("change", [lambda state: state[:-1], lambda state: b"x" + state[1:]])
def test_R21_a_damaged_state_is_refused(change: object) -> None:
    assert callable(change)
    _, state = go_on(text_of(10))
    with pytest.raises(Malformed, match="damaged"):
        go_on(text_of(10), change(state))


def again(row: HeadRow, seconds: int) -> HeadRow:
    """The same signature under another time, which it is not for."""
    return HeadRow(row.dir, row.size, row.root, row.kind, row.time + seconds, row.block, 0.0)


def test_R21_signatures_passed_over_are_not_taken_for_checked() -> None:
    documents, rows, heads = talk()
    first = next(head for head in heads if head.kind == "cosign")
    text = "".join(evidence.write(documents, rows, [*heads, again(first, -9)])).encode()
    report, state = go_on(text)
    assert report.passed_over == go_on(text, state)[0].passed_over == 1
    with pytest.raises(growth.HeadsDiffer):
        go_on(text, state, all_signatures=True)
    sound = "".join(evidence.write(documents, rows, heads)).encode()
    _, every = go_on(sound, all_signatures=True)
    assert go_on(sound, every, all_signatures=True)[0] == go_on(sound, every)[0] == whole(sound)


def test_R21_a_state_is_what_it_says_and_read_piece_by_piece() -> None:
    _, state = go_on(text_of(10))
    assert state.startswith(b"Parley verification state, version 1\n")
    assert growth.CHUNK_BYTES == 1_048_576


def test_R21_the_joint_order_goes_on_from_the_last_entry() -> None:
    record = Record(0)
    record.says(0, "One.")
    record.says(1, "One, crossed.", seen=0)
    record.says(1, "Two, crossed.", seen=0)
    _, state = go_on(record.text())
    record.says(0, "Two: its place is one before.", seen=0)
    late = "".join(evidence.write(record.documents, record.entries, record.heads)).encode()
    for since in (b"", state):
        with pytest.raises(NotWhole, match="out of the joint order"):
            go_on(late, since)


@pytest.mark.parametrize("dir", [0, 1])
def test_R21_the_last_head_of_either_log_may_not_be_gone(dir: int) -> None:
    """Nothing new is signed behind it, so that only the end of the heads can tell."""
    record = Record(0)
    for text in ("One.", "Two."):
        record.says(0, text)
        record.says(1, text)
        if text == "One.":
            record.signs(0)
            record.signs(1)
    _, state = go_on(record.text())
    assert go_on(record.text(), state)[0].signed == (1, 1)
    last = max(at for at, head in enumerate(record.heads) if head.dir == dir)
    del record.heads[last]
    with pytest.raises(growth.HeadsDiffer):
        go_on(record.text(), state)
