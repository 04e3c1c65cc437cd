"""Words are found as people mean them, in every language written, and text is never changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Unavailable
from parley.store import words
from parley.store.folding import fold, hits, origin
from parley.store.words import NAME, Indexed, Query, forget, row_of, word_index


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("СОЛДАТЫ Ещё здесь", "солдаты еще"),
        ("Émigrés à Zürich", "emigres a zurich"),
        ("السَّلَامُ عَلَيْكُمْ", "السلام عليكم"),
        ("إسلام آباد وأخيرًا", "اسلام اباد واخيرا"),
        ("مُـســتشفى المدينة", "مستشفي المدينه"),
        ("الساعة ٠٤١٠", "الساعه 0410"),
        ("ＦＬＡＳＨ　１２", "flash 12"),
        ("不要开火", "不要开火"),
        ("cease\u200bfire co\u00adoperate", "ceasefire cooperate"),
        ("Straße İzmir", "strasse izmir"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_what_reads_alike_is_found(written: str, sought: str) -> None:
    assert fold(sought) in fold(written)


@given(st.text(max_size=60), st.data())
def test_what_was_found_is_marked_where_it_stands(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    word = fold(text[start : start + data.draw(st.integers(1, 8))])
    spans = hits(text, [word])
    assert bool(spans) == bool(word)
    for begin, end in spans:
        assert 0 <= begin < end <= len(text)
    folded = fold(text)
    if word:
        assert spans[0][0] == origin(text, folded.find(word))


def test_a_place_in_a_long_text_is_found_again() -> None:
    text = "ﷺ" * 3000 + "Amity" + "ß" * 100  # one sign that folds to eighteen
    assert text[origin(text, fold(text).find("amity")) :].startswith("Amity")
    assert origin("abc", 9) == 3


def entry(number: int, text: str, **more: Any) -> Indexed:
    row = Indexed(
        number, bytes([number]) * 32, b"L", 0, 0, number, 1, 0, 1, 1000.0 + number, True,
        frozenset((7,)), fold(text),
    )  # fmt: skip
    return replace(row, **more)


def found(folder: Path, **query: Any) -> list[int]:
    with word_index(folder) as index:
        return [hit.entry for hit in index.find(Query(**query), 10)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        entry(1, "Our ship Amity leaves at 0410Z"),
        entry(2, "我们的飞机偏离航线，请不要开火", dir=1, precedence=3),
        entry(3, "سفينتنا تغادر الميناء", status=0, persons=frozenset((8, 9))),
        entry(4, 'She said "hold" OR NOT', message=False, type=0x13),
    ]
    with word_index(tmp_path) as index:
        assert index.upto() == (0, b"")
        assert index.add(0, rows, 4, bytes([4]) * 32)
    return tmp_path


def test_words_of_any_length_and_all_of_them(folder: Path) -> None:
    assert found(folder, words=("amity",)) == [1]
    assert found(folder, words=("飞机",)) == [2]
    assert found(folder, words=("不要开火", "我")) == [2]
    assert found(folder, words=("amity", "飞机")) == []
    assert found(folder, words=(fold("السفينة")[2:6],)) == [3]
    assert found(folder, words=('"hold" or',)) == [4]
    assert found(folder, words=("%",)) == []
    assert found(folder) == [4, 3, 2, 1]


def test_conditions(folder: Path) -> None:
    assert found(folder, sides=((b"L", 0, 1),)) == [2]
    assert found(folder, lines=((b"M", 0),)) == []
    assert found(folder, lines=()) == []
    assert found(folder, precedence=3) == [2]
    assert found(folder, status=0) == [3]
    assert found(folder, types=(0x13,)) == [4]
    assert found(folder, messages=True) == [3, 2, 1]
    assert found(folder, since=1002.0, until=1004.0) == [3, 2]
    assert found(folder, persons=((b"L", 0, 0, 9), (b"L", 0, 1, 7))) == [3, 2]
    assert found(folder, before=3) == [2, 1]
    assert found(folder, before=10**15) == [4, 3, 2, 1]
    assert found(folder, after=2) == [3, 4]


def test_two_that_catch_up_at_once_take_nothing_in_twice(folder: Path) -> None:
    with word_index(folder) as index:
        assert not index.add(0, [entry(1, "again")], 4, b"")
    assert found(folder, words=("again",)) == []


def test_who_makes_it_waits_for_another_who_does_so_at_that_moment(tmp_path: Path) -> None:
    with closing(
        sqlite3.connect(tmp_path / NAME, isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        Timer(0.2, other.execute, ["COMMIT"]).start()
        with word_index(tmp_path) as index:
            assert index.find(Query(words=("moraine",)), 9) == []


def test_a_damaged_index_is_made_anew(folder: Path) -> None:
    for path in folder.glob("find.db-*"):
        path.unlink()
    (folder / words.NAME).write_bytes(b"not a database, " * 512)
    with pytest.raises(Unavailable, match="made anew"):
        found(folder)
    assert found(folder) == []
    forget(folder)
    assert list(folder.iterdir()) == []


def test_an_index_of_another_version_is_made_anew(folder: Path) -> None:
    connection = sqlite3.connect(folder / words.NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert found(folder) == []


def test_nobody_else_may_read_it(folder: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_a_library_that_cannot_search_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_TABLES", ("CREATE VIRTUAL TABLE w USING fts9(text)",))
    with pytest.raises(Unavailable, match="cannot search for words"):
        words.check_can_search()


def test_texts_beside_an_entry_are_rows_of_their_own_and_one_hit(folder: Path) -> None:
    beside = [entry(2, "the plane drifts", place=at, precedence=3, dir=1) for at in (1, 40, 41)]
    with word_index(folder) as index:
        index.add_translations(beside, [], [7], (41, 2.0))
        assert (index.translations(), index.early()) == ((41, 2.0), [7])
        (hit,) = index.find(Query(words=("plane",)), 10)
        assert (hit.entry, hit.leaf, hit.places) == (2, bytes([2]) * 32, [41, 40, 1])
        index.add_translations(beside[2:], [row_of(2, 40)], [], None)
        (hit,) = index.find(Query(words=("plane",)), 10)
        assert hit.places == [41, 1]
    assert found(folder, words=("plane",), precedence=1) == []
    assert found(folder, words=("plane",), before=2) == []
    assert found(folder, words=("plane",), after=1) == [2]
    assert found(folder, words=("plane",), after=2) == []
    assert found(folder) == [4, 3, 2, 1]


def test_a_file_is_due_where_it_is_a_text_that_something_names(folder: Path) -> None:
    text, picture = ((b"L", 0, bytes([kind]) * 32) for kind in (1, 2))
    with word_index(folder) as index:
        leaf = bytes([5]) * 32
        assert index.add(4, [], 5, leaf, [(text, 3, 17), (text, 4, 18)], [text, picture])
        assert index.files_due() == [(text, 3, 17)]
        index.add_files([entry(3, "soundings", place=17)], [text])
        assert index.files_due() == []
    assert found(folder, words=("soundings",)) == [3]
