"""A record is written piece by piece, and the pieces are one text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.core.audit import Documents
from parley.core.errors import Misused
from parley.core.kept import Change, EntryRow, HeadRow
from parley.station import evidence
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
    monkeypatch.setattr(evidence, "HEAD_SIZES", 64)
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
