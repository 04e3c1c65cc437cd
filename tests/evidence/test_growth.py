"""Verified on from where it was: never more lenient than whole, and only what is new."""

from __future__ import annotations

import io
import random
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from bench.record import LongRecord
from parley.core.entry import Key, Type, body_of
from parley.core.errors import Malformed, Misused
from parley.core.kept import EntryRow, HeadRow
from parley.core.keys import sha256
from parley.core.record import Head, key_name
from parley.core.wire import Value, decode
from parley.evidence import audit, growth
from parley.evidence.attached import PIECE_BYTES_MAX, Named, cut
from parley.evidence.sections import Documents, NotWhole, OnlyWhole
from parley.station.line import evidence
from tests.evidence.test_audit import Record
from tests.exercise.record_of_two import talk_of_two

MESSAGES = 120
LONG, LEAST = growth.STRETCH, growth.STRETCH_BYTES_MIN


@pytest.fixture(autouse=True, params=[8, LONG])
def stretch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Each test with heads that are hashed as they stand, and with so few that none are."""
    length: int = request.param
    monkeypatch.setattr(growth, "STRETCH", length)
    monkeypatch.setattr(growth, "STRETCH_BYTES_MIN", LEAST if length == LONG else 1)
    return length


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
        except OnlyWhole:
            outcomes.add("anew")
        else:
            assert report == whole(text)
            outcomes.add("taken")
    assert outcomes == {"anew", "taken"}


def test_R21_a_head_that_is_gone_asks_for_the_whole() -> None:
    _, state = go_on(text_of(MESSAGES))
    with pytest.raises(OnlyWhole):
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
        with pytest.raises((NotWhole, OnlyWhole)):
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
    with pytest.raises(OnlyWhole):
        go_on(text, state, all_signatures=True)
    sound = "".join(evidence.write(documents, rows, heads)).encode()
    _, every = go_on(sound, all_signatures=True)
    assert go_on(sound, every, all_signatures=True)[0] == go_on(sound, every)[0] == whole(sound)


def test_R21_a_state_is_what_it_says_and_read_piece_by_piece() -> None:
    _, state = go_on(text_of(10))
    title = b"Parley verification state, version 3\n"
    digest, body = state[len(title) :][:32], state[len(title) + 32 :]
    assert (state[: len(title)], digest) == (title, sha256(body))
    assert growth.CHUNK_BYTES == 1_048_576
    assert (LONG, LEAST) == (8_192, 65_536)


@pytest.mark.parametrize("version", [b"version 1", b"version 2"])
def test_R21_a_state_of_an_earlier_version_asks_for_the_whole(version: bytes) -> None:
    _, state = go_on(text_of(10))
    with pytest.raises(OnlyWhole, match="earlier version"):
        go_on(text_of(10), state.replace(b"version 3", version))


def names_a_file(record: Record, hash: bytes, size: int) -> None:
    named: dict[int, Value] = {Key.ATTACHMENTS: [Named(hash, size, "text/plain", "x.txt").value()]}
    record.enters(0, Type.TEXT, body_of(Type.TEXT, named, "See it."))


def sends(record: Record, hash: bytes, data: bytes, start: int = 0) -> None:
    piece = cut(hash, data, start)
    record.enters(0, Type.FILE_PIECE, body_of(Type.FILE_PIECE, {}, piece.payload()))


def test_R21_F5_files_are_counted_on_from_what_was_verified() -> None:
    """One that is not what its message says is told, wherever the state was kept."""
    record, data = Record(0), b"a" * 40
    state, true, false = b"", sha256(data), bytes(32)
    for step in range(6):
        if step in (0, 1):
            names_a_file(record, (true, false)[step], 40)
        elif step in (2, 3):
            sends(record, (true, false)[step - 2], data)
        else:  # a file that is known is not counted again, and another is
            names_a_file(record, (true, sha256(b"another"))[step - 4], 40)
        report, state = go_on(record.text(), state)
        assert report == whole(record.text())
    assert report.files == (1, 1, 1)


def test_R21_F5_a_file_that_goes_on_asks_for_the_whole() -> None:
    """Of what was hashed before no hash can be taken up."""
    record, data = Record(0), bytes(PIECE_BYTES_MAX) + b"the rest"
    names_a_file(record, sha256(data), len(data))
    sends(record, sha256(data), data)
    _, state = go_on(record.text())
    record.says(0, "This is none of it.")
    sends(record, sha256(data), data)  # nor is the first piece again
    assert go_on(record.text(), state)[0] == whole(record.text())
    sends(record, sha256(data), data, PIECE_BYTES_MAX)
    with pytest.raises(OnlyWhole, match="a file of which a part"):
        go_on(record.text(), state)
    assert go_on(record.text())[0].files == (1, 0, 0)


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
def test_R21_what_was_changed_is_named_as_by_a_whole_verification(dir: int) -> None:
    """The last head that held has the very size that the other side had seen."""
    record, side = Record(0), "AB"[dir]
    for each in (dir, 1 - dir):
        record.says(each, "One.")
    record.signs(dir)
    _, state = go_on(record.text())
    record.says(dir, "Two.")
    line = record.agreement.line_id
    key = record.sides[dir].keys["log"].named(key_name(line, dir, "log"))
    lie = Head(line, 1, dir, 2, bytes(32))
    record._keep(lie, "checkpoint", 0, key.block(lie.checkpoint(key.public)[:1]))
    for since in (b"", state):
        with pytest.raises(NotWhole, match=rf"^head of {side} at 2: .*; one of {side} 1 to 1 was"):
            go_on(record.text(), since)


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
    with pytest.raises(OnlyWhole):
        go_on(record.text(), state)


# --- heads that were verified before


def heads_of(text: bytes) -> tuple[int, list[bytes]]:
    """Where the heads begin, and their lines."""
    begin = text.index(b"\n--- heads\n") + len(b"\n--- heads\n")
    return begin, text[begin : text.index(b"\n--- entries\n")].splitlines(keepends=True)


def read_again(monkeypatch: pytest.MonkeyPatch, text: bytes, state: bytes) -> int:
    """How many lines of heads are read one by one on the way from a state."""
    lines: list[bytes] = []
    head = growth.Resumed.head

    def counted(checker: growth.Resumed, line: bytes) -> None:
        lines.append(line)
        head(checker, line)

    with monkeypatch.context() as patch:
        patch.setattr(growth.Resumed, "head", counted)
        go_on(text, state)
    return len(lines)


def test_R21_heads_that_both_had_passed_are_not_read_again(
    monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    _, state = go_on(text_of(100))
    old, new = len(heads_of(text_of(100))[1]), len(heads_of(text_of(MESSAGES))[1])
    again = read_again(monkeypatch, text_of(MESSAGES), state)
    assert again == new if stretch == LONG else new - old < again < new / 2


def test_R21_a_changed_byte_of_an_old_head_is_told() -> None:
    """In the stretch that is hashed as it stands and behind it, in every part of a line."""
    _, state = go_on(text_of(60))
    text = text_of(MESSAGES)
    begin, lines = heads_of(text)
    for line in lines[: len(heads_of(text_of(60))[1])]:
        kind, root = line.index(b" c") + 1, line.index(b"= ")
        for place in (0, 1, 2, kind, root, len(line) - 2, len(line) - 1):
            changed = bytearray(text)
            changed[begin + place] ^= 1
            with pytest.raises(NotWhole):
                whole(bytes(changed))
            with pytest.raises((NotWhole, OnlyWhole)):
                go_on(bytes(changed), state)
        begin += len(line)


def test_R21_old_heads_in_another_order_ask_for_the_whole() -> None:
    """Of either log every line stands as it stood, and the two are mixed otherwise."""
    _, state = go_on(text_of(MESSAGES))
    text = text_of(MESSAGES)
    begin, lines = heads_of(text)
    end = begin + sum(map(len, lines))
    pairs = [at for at in range(1, len(lines)) if lines[at - 1][:1] != lines[at][:1]]
    for at in pairs:
        mixed = [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]]
        changed = text[:begin] + b"".join(mixed) + text[end:]
        with pytest.raises(NotWhole, match="out of order"):
            whole(changed)
        with pytest.raises((NotWhole, OnlyWhole)):
            go_on(changed, state)
    by_log = [line for side in (b"A", b"B") for line in lines if line.startswith(side)]
    sorted_by_log = text[:begin] + b"".join(by_log) + text[end:]
    with pytest.raises(OnlyWhole, match="heads below what was verified"):
        go_on(sorted_by_log, state)


@pytest.mark.parametrize("left", [0, 1, 5])
def test_R21_old_heads_that_are_gone_ask_for_the_whole(left: int) -> None:
    """What stands behind them is not taken for them."""
    _, state = go_on(text_of(MESSAGES))
    text = text_of(MESSAGES)
    begin, lines = heads_of(text)
    end = begin + sum(map(len, lines))
    with pytest.raises(OnlyWhole):
        go_on(text[:begin] + b"".join(lines[:left]) + text[end:], state)
    with pytest.raises(OnlyWhole):
        go_on(text[: begin + 40], state)


def test_R21_what_is_no_head_is_named_by_its_line_as_by_a_whole_verification() -> None:
    _, state = go_on(text_of(100))
    text = text_of(MESSAGES)
    begin, lines = heads_of(text)
    last = begin + sum(map(len, lines[:-1]))
    for junk in (b"A head.\n", b"A 99999999999999999999 checkpoint\n", b"\n"):
        changed = text[:last] + junk + text[last:]
        for since in (b"", state):
            with pytest.raises(NotWhole, match=f"^heads, line {len(lines)}: it is not a head"):
                go_on(changed, since)


@pytest.mark.parametrize("every", [2, 11])
def test_R21_where_one_side_says_little_its_heads_stand_among_old_ones(every: int) -> None:
    record, states = Record(0), [b""]
    for step in range(48):
        record.says(0, f"One of many, {step}.")
        record.signs(0)
        if step % every == every // 2:
            record.says(1, "Heard.")
            record.signs(1)
        if step % 8 == 7:
            report, state = go_on(record.text(), states[-1])
            assert report == whole(record.text())
            for earlier in states:
                assert go_on(record.text(), earlier) == (report, state)
            states.append(state)


@pytest.mark.parametrize("stretch", [8], indirect=True)
def test_R21_a_stretch_is_of_heads_that_both_trees_had_passed() -> None:
    ends = set[int]()
    for both, more in product(range(6, 9), range(3)):
        record = Record(0)
        for dir in (*(0, 1) * both, *(0,) * more):
            record.says(dir, "One of many.")
            record.signs(dir)
        _, state = go_on(record.text())
        *_, (below, *_), sides = decode(state[len(growth.TITLE) + 32 :])
        least = min(size for _, size, *_ in sides)
        assert below % 8 == 0
        assert below <= least + 1
        ends.add(below - least)
    assert 1 in ends


@pytest.mark.parametrize("stretch", [8], indirect=True)
def test_R21_stretches_are_noted_no_oftener_than_their_bytes_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noted: list[int] = []
    stretch = growth._Stretch

    def note(*given: Any) -> growth._Stretch:
        noted.append(stretch(*given).length)
        return stretch(*given)

    monkeypatch.setattr(growth, "_Stretch", note)
    go_on(text_of(MESSAGES))
    often = noted.copy()
    least = often[3] - often[0]
    noted.clear()
    monkeypatch.setattr(growth, "STRETCH_BYTES_MIN", least)
    go_on(text_of(MESSAGES))
    assert often[:2] == [0, often[1]]
    assert often[3] in noted
    assert all(then - before >= least for before, then in pairwise(noted))


@pytest.mark.parametrize("stretch", [LONG], indirect=True)
def test_R21_a_long_record_goes_on_from_its_stretch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the real length: two logs of ten thousand entries."""
    record = LongRecord(tmp_path)
    record.talk(20_000)
    record.write(tmp_path / "first")
    first = (tmp_path / "first").read_bytes()
    _, state = go_on(first)
    record.talk(1_000)
    record.write(tmp_path / "second")
    record.close()
    text = (tmp_path / "second").read_bytes()
    assert go_on(text, state)[0] == whole(text)
    begin, lines = heads_of(text)
    assert read_again(monkeypatch, text, state) < len(lines) / 3
    size = sum(map(len, heads_of(first)[1]))
    for at in random.Random(5).sample(range(begin, begin + size), 40):
        changed = bytearray(text)
        changed[at] ^= 4
        with pytest.raises((NotWhole, OnlyWhole)):
            go_on(bytes(changed), state)
