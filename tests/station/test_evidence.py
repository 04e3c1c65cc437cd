"""A record is written piece by piece, and the pieces are one text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.core.errors import Misused, Refused
from parley.core.kept import Change, EntryRow, HeadRow
from parley.evidence.proof import verify
from parley.evidence.sections import Documents
from parley.station.line import evidence
from parley.store.sqlite import SqliteStore
from tests.exercise.record_of_two import talk_of_two

Talk = tuple[Documents, list[EntryRow], list[HeadRow]]


@pytest.fixture(scope="module")
def talk() -> Talk:
    return talk_of_two(300, signed_every=20)


@pytest.fixture
def store(talk: Talk, tmp_path: Path) -> Iterator[SqliteStore]:
    documents, entries, heads = talk
    line = documents.agreement.line_id
    kept = SqliteStore(tmp_path / "parley.db")
    with kept.transaction():
        kept.enrol(line, 1, 0)
        rows = sorted(entries, key=lambda row: (row.dir, row.n))
        kept.keep(Change(line, 1, (0, 0), entries=rows, heads=heads))
    yield kept
    kept.close()


def pieces_of(store: SqliteStore, documents: Documents, upto: tuple[int, int]) -> list[str]:
    pieces: list[str] = []
    following: list[int] | None = None
    with store.reader() as reader:
        while True:
            place = evidence.Place.after(following, upto)
            key = (documents.agreement.line_id, 1)
            text, following = evidence.piece(reader, key, documents, place)
            pieces.append(text)
            if following is None:
                return pieces


@pytest.mark.parametrize("characters", [1, 1_000, 20_000, 4 << 20])
def test_the_pieces_are_the_text(
    store: SqliteStore, talk: Talk, characters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "PIECE_CHARACTERS", characters)
    monkeypatch.setattr(evidence, "HEAD_SIZES", 16)
    documents, entries, _ = talk
    sizes = (sum(row.dir == 0 for row in entries), sum(row.dir == 1 for row in entries))
    pieces = pieces_of(store, documents, sizes)
    assert "".join(pieces) == "".join(evidence.write(*talk))
    if characters == 4 << 20:
        assert len(pieces) == 1
    else:
        assert len(pieces) > 4
        assert max(map(len, pieces[1:])) < characters + 20_000


def test_a_part_of_the_record_is_a_record(store: SqliteStore, talk: Talk) -> None:
    """An export goes up to the sizes it began with, whatever is said meanwhile."""
    documents, entries, heads = talk
    upto = (40, min(row.seen for row in entries if (row.dir, row.n) == (0, 40)))
    rows = [row for row in entries if row.n < upto[row.dir]]
    covered = [head for head in heads if head.size <= upto[head.dir]]
    assert pieces_of(store, documents, upto) == ["".join(evidence.write(documents, rows, covered))]


@pytest.mark.parametrize(
    "given",
    [[], [1, 1, 1, 0], [11, 1, 1, 0, 0], [1, 1, 1, 2, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, -1]],
)
def test_a_place_where_no_piece_ended_is_refused(given: list[int]) -> None:
    with pytest.raises(Misused):
        evidence.Place.after(given, (10, 10))


def test_one_entry_is_proved_without_the_others(store: SqliteStore, talk: Talk) -> None:
    documents, entries, heads = talk
    key = (documents.agreement.line_id, 1)
    covered = [max(head.size for head in heads if head.dir == dir) for dir in (0, 1)]
    with store.reader() as reader:
        for row in entries[::17]:
            if row.n >= covered[row.dir]:
                continue
            text = evidence.prove(reader, key, documents, row.dir, row.n).text()
            shown = verify(io.BytesIO(text.encode()))
            assert shown.leaf.hash() == row.leaf
            assert shown.leaf.body == row.body
            assert shown.signed_by_speaker
            assert shown.received_at is not None
        with pytest.raises(Refused, match="no entry"):
            evidence.prove(reader, key, documents, 0, len(entries))


def test_an_entry_under_no_head_is_not_proved_yet(talk: Talk, tmp_path: Path) -> None:
    documents, entries, heads = talk
    line = documents.agreement.line_id
    kept = SqliteStore(tmp_path / "parley.db")
    rows = sorted(entries, key=lambda row: (row.dir, row.n))
    some = [head for head in heads if head.dir == 1 and head.kind == "cosign"]
    with kept.transaction():
        kept.enrol(line, 1, 0)
        kept.keep(Change(line, 1, (0, 0), entries=rows, heads=some))
    with kept.reader() as reader:
        with pytest.raises(Refused, match="not under a signed head yet"):
            evidence.prove(reader, (line, 1), documents, 0, 0)
        shown = evidence.prove(reader, (line, 1), documents, 1, 0)
        assert not shown.signed_by_speaker  # what there is, is shown
        assert shown.received_at is not None
    kept.close()
