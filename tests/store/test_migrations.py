"""The schema moves forward only, one numbered file at a time, and knows its past."""

from importlib.resources import files
from pathlib import Path

import pytest

from parley.core.errors import Unavailable
from parley.store.migrations import NAME, Migration, migrations_of_this_version
from parley.store.sqlite import SqliteStore

FIRST = migrations_of_this_version()[0]
DESKS = Migration(2, "0002_desks.sql", "-- desks\nCREATE TABLE desks (\n  id INTEGER\n) STRICT;\n")
ROOMS = Migration(3, "0003_rooms.sql", "CREATE TABLE rooms (id INTEGER);\nDROP TABLE desks;\n-- x")
ROOMS_ALONE = Migration(3, "0003_rooms.sql", "CREATE TABLE rooms (id INTEGER);")


def open_with(path: Path, *migrations: Migration) -> list[str]:
    """Open and close; the tables of ours that are there."""
    store = SqliteStore(path, migrations=list(migrations))
    found = store.sql("SELECT name FROM sqlite_schema WHERE name IN ('desks', 'rooms')")
    store.close()
    return [row["name"] for row in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "parley.db"


def test_the_files_are_numbered_without_gaps() -> None:
    names = sorted(file.name for file in files("parley.store").joinpath("schema").iterdir())
    assert all(NAME.fullmatch(name) for name in names)
    numbers = [migration.number for migration in migrations_of_this_version()]
    assert numbers == list(range(1, len(names) + 1))


def test_each_is_applied_once_in_order(path: Path) -> None:
    assert open_with(path, FIRST) == []
    assert open_with(path, FIRST, DESKS) == ["desks"]
    assert open_with(path, FIRST, DESKS) == ["desks"]
    assert open_with(path, FIRST, DESKS, ROOMS) == ["rooms"]
    assert open_with(path, FIRST, DESKS, ROOMS) == ["rooms"]


def test_a_database_of_a_newer_version_is_refused(path: Path) -> None:
    open_with(path, FIRST, DESKS)
    with pytest.raises(
        Unavailable, match=r"written by a newer Parley \(0002_desks\.sql\)"
    ) as error:
        open_with(path, FIRST)
    assert error.value.hint
    assert open_with(path, FIRST, DESKS) == ["desks"]


def test_an_old_file_that_was_edited_is_refused(path: Path) -> None:
    open_with(path, FIRST, DESKS)
    edited = Migration(2, "0002_desks.sql", DESKS.text.replace("id", "number"))
    with pytest.raises(Unavailable, match=r"another 0002_desks\.sql than this version's"):
        open_with(path, FIRST, edited, ROOMS)
    assert open_with(path, FIRST, DESKS) == ["desks"]


def test_a_file_that_comes_late_or_goes_missing_is_refused(path: Path) -> None:
    open_with(path, FIRST, ROOMS_ALONE)
    with pytest.raises(Unavailable, match=r"went past 0002_desks\.sql without it"):
        open_with(path, FIRST, DESKS, ROOMS_ALONE)
    with pytest.raises(Unavailable, match=r"another 0003_rooms\.sql"):
        open_with(path, FIRST, Migration(4, "0004_more.sql", "CREATE TABLE more (id INTEGER);"))
    assert open_with(path, FIRST, ROOMS_ALONE) == ["rooms"]


@pytest.mark.parametrize("text", ["CREATE TABLE rooms (id INTEGER);\nnonsense;", "CREATE TABLE"])
def test_a_file_that_fails_leaves_nothing(path: Path, text: str) -> None:
    open_with(path, FIRST)
    with pytest.raises(Exception, match=r"syntax error|whole statement"):
        open_with(path, FIRST, Migration(2, "0002_rooms.sql", text))
    assert open_with(path, FIRST, DESKS) == ["desks"]


def test_drafts_that_are_open_are_known_from_before_and_from_then_on(path: Path) -> None:
    known = migrations_of_this_version()
    older = SqliteStore(path, migrations=known[:26])
    columns = "line_id, inc, person, at, base, type, precedence, status, body, withdrawn"
    begins = f"INSERT INTO drafts ({columns}) VALUES (x'', 0, 1, 0, 0, 1, 1, 1, x'', ?)"
    of_release = "draft, line_id, inc, queue_id, person, at"
    release = f"INSERT INTO releases ({of_release}) VALUES (?, x'', 0, 1, 1, 0)"
    with older.transaction():
        for withdrawn in (None, 1.0, None):
            older.sql(begins, (withdrawn,))
        older.sql(release, (3,))
    older.close()
    store = SqliteStore(path, migrations=known[:27])
    for change, value, left in (
        (begins, None, [1, 4]),
        (release, 1, [4]),
        ("UPDATE drafts SET withdrawn = 1.0 WHERE id = ?", 4, []),
        ("DELETE FROM releases WHERE draft = ?", 3, [3]),
        ("DELETE FROM releases WHERE draft = ?", 1, [1, 3]),
    ):
        with store.transaction():
            store.sql(change, (value,))
        found = store.sql("SELECT draft FROM open_drafts ORDER BY draft")
        assert [row["draft"] for row in found] == left
    store.close()
