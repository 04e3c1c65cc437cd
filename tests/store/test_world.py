"""Disks, locks and files that fail: one clear sentence, and nothing lost that was kept."""

import contextlib
import os
import resource
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.core.errors import Misused, ParleyError, Unavailable
from parley.core.kept import Change, Conflict, Kept
from parley.store import trouble
from parley.store.migrations import migrations_of_this_version
from parley.store.sqlite import CHECKED_BYTES_MAX, SqliteStore
from tests.store.playbook import LINE, an_entry, enrol, keep, some_entries

# The record's own tables only, so that every page has its place whatever else a station keeps.
RECORD = migrations_of_this_version()[:1]


def open_store(path: Path, checked_bytes_max: int = CHECKED_BYTES_MAX) -> SqliteStore:
    return SqliteStore(path, migrations=RECORD, checked_bytes_max=checked_bytes_max)


def a_store_with(path: Path, entries: int) -> SqliteStore:
    store = open_store(path)
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, range(entries)), cells={"out": b"key"}))
    return store


def said_by(error: ParleyError) -> str:
    """The sentence, after a look at its manners."""
    assert error.exit_code == 3
    assert error.sentence.endswith(".")
    assert "\n" not in error.sentence
    assert error.hint.endswith(".")
    return error.sentence


# --- a full disk


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A folder with little room: a file system of its own, or a limit on every file's size."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0:
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    else:
        with file_limit(256 * 1024):
            yield folder


@contextlib.contextmanager
def file_limit(bytes_max: int) -> Iterator[None]:
    """No file may grow beyond this; a write that tries fails as on a disk in trouble."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill(store: SqliteStore, size: int) -> tuple[int, Unavailable]:
    """Keep entry after entry until the disk refuses: how many are kept, and what it said."""
    for n in range(size, size + 2000):
        try:
            keep(store, Change(LINE, 1, (n, 0), [an_entry(0, n, body=b"words" * 400)]))
        except Unavailable as error:
            return n, error
    raise AssertionError("the disk never filled")


def test_a_full_disk_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    with small_disk(tmp_path) as folder:
        store = a_store_with(folder / "parley.db", 3)
        size, error = fill(store, 3)
        assert size > 10
        assert "nothing of this step was kept" in said_by(error)
        assert store.load(LINE, 1, 0) == Kept(sizes=(size, 0), cells={"out": b"key"})
        assert len(store.entries(LINE, 1)) == size
        store.close()
        again = open_store(folder / "parley.db")
        assert again.load(LINE, 1, 0).sizes == (size, 0)
        again.close()


def test_a_station_goes_on_by_itself_when_there_is_room_again(tmp_path: Path) -> None:
    store = a_store_with(tmp_path / "parley.db", 3)
    with file_limit(200 * 1024):
        size, error = fill(store, 3)
        assert "parley.db" in said_by(error)
        with pytest.raises(Unavailable):
            keep(store, Change(LINE, 1, (size, 0), [an_entry(0, size, body=b"w" * 60_000)]))
    keep(store, Change(LINE, 1, (size, 0), [an_entry(0, size)]))
    store.scrub()
    assert store.load(LINE, 1, 0).sizes == (size + 1, 0)
    store.close()


def test_a_write_that_fails_is_said_to_be_for_want_of_room_only_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database on a full disk cannot even be opened, and SQLite calls that a failing disk."""
    store = a_store_with(tmp_path / "parley.db", 3)
    with file_limit(200 * 1024):
        size, error = fill(store, 3)
        assert "failed to read or write" in said_by(error)
        monkeypatch.setattr(trouble, "FULL_BYTES", 1 << 62)  # no disk has so much left
        assert " is full; nothing of this step was kept." in said_by(fill(store, size)[1])
    store.close()


def test_what_follows_a_failure_in_the_same_transaction_is_not_written_by_itself(
    tmp_path: Path,
) -> None:
    """SQLite may undo everything at once; an operation that swallows the error must not matter."""
    store = a_store_with(tmp_path / "parley.db", 3)
    store.scrub()
    store.sql("PRAGMA cache_size = 5")

    def a_batch() -> None:
        with store.transaction():
            store.put_secret("first", b"1")
            with pytest.raises(Unavailable), store.savepoint():
                store.put_secret("second", b"2" * 400_000)
            for attempt in (
                lambda: store.put_secret("third", b"3"),
                lambda: store.enrol(LINE, 2, 0),
                lambda: store.keep(Change(LINE, 1, (3, 0), [an_entry(0, 3)])),
                lambda: store.sql("SELECT 1"),
                lambda: store.sql("INSERT INTO slots_free VALUES (1)"),
            ):
                with pytest.raises(Unavailable):
                    attempt()

    with file_limit(150 * 1024), pytest.raises(Unavailable):
        a_batch()
    assert [store.secret(name) for name in ("first", "second", "third")] == [None, None, None]
    assert store.load(LINE, 1, 0) == Kept(sizes=(3, 0), cells={"out": b"key"})
    with store.transaction():
        store.put_secret("first", b"1")
    assert store.secret("first") == b"1"
    store.close()


def test_a_full_disk_at_the_first_start_says_so(tmp_path: Path) -> None:
    with file_limit(8192), pytest.raises(Unavailable) as error:
        open_store(tmp_path / "parley.db")
    said_by(error.value)
    store = a_store_with(tmp_path / "parley.db", 1)  # and what it left behind does no harm
    store.close()


# --- locked, not ours, not there, damaged


def test_a_locked_database_says_so_and_nothing_is_lost(tmp_path: Path) -> None:
    store = a_store_with(tmp_path / "parley.db", 1)
    other = sqlite3.connect(tmp_path / "parley.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="is locked by another program") as error:
        keep(store, Change(LINE, 1, (1, 0), [an_entry(0, 1)]))
    said_by(error.value)
    assert store.load(LINE, 1, 0).sizes == (1, 0)
    other.execute("ROLLBACK")
    keep(store, Change(LINE, 1, (1, 0), [an_entry(0, 1)]))
    other.close()
    store.close()


def test_two_stations_on_one_folder_are_noticed(tmp_path: Path) -> None:
    one = a_store_with(tmp_path / "parley.db", 1)
    two = open_store(tmp_path / "parley.db")
    keep(two, Change(LINE, 1, (1, 0), [an_entry(0, 1)], cells={"out": b"theirs"}))
    with pytest.raises(Conflict) as error:
        keep(one, Change(LINE, 1, (1, 0), [an_entry(0, 1)], cells={"out": b"ours"}))
    assert "only one station" in error.value.hint
    assert one.load(LINE, 1, 0) == Kept(sizes=(2, 0), cells={"out": b"theirs"})
    two.close()
    one.close()


def test_a_database_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    store = a_store_with(tmp_path / "parley.db", 1)
    store.sql("PRAGMA query_only = ON")  # as a read-only file would answer; root may write anyway
    with pytest.raises(Unavailable, match="cannot be written") as error:
        keep(store, Change(LINE, 1, (1, 0), [an_entry(0, 1)]))
    said_by(error.value)
    store.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="There is no folder") as error:
        open_store(tmp_path / "nowhere" / "parley.db")
    said_by(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_where_the_database_should_be(tmp_path: Path) -> None:
    (tmp_path / "parley.db").mkdir()
    with pytest.raises(Unavailable, match="cannot be opened") as error:
        open_store(tmp_path / "parley.db")
    said_by(error.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    path.write_text("Dear colleague,\n" * 100)
    with pytest.raises(Unavailable, match="is not a database of Parley") as error:
        open_store(path)
    said_by(error.value)
    assert path.read_text() == "Dear colleague,\n" * 100


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(Unavailable, match="is not a database of Parley") as error:
        open_store(path)
    said_by(error.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("page", [1, 3, 8, 20])
def test_a_damaged_page_is_found_at_opening(tmp_path: Path, page: int) -> None:
    path = tmp_path / "parley.db"
    a_store_with(path, 400).close()
    garble(path, at=page * 4096, length=4096)
    with pytest.raises(Unavailable, match="is damaged") as error:
        open_store(path)
    assert "copy" in error.value.hint.lower()
    said_by(error.value)


def test_a_cut_off_database_is_found_at_opening_whatever_its_size(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    a_store_with(path, 400).close()
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(Unavailable, match="is damaged") as error:
        open_store(path, checked_bytes_max=0)
    said_by(error.value)


def test_a_damaged_page_of_a_large_file_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    a_store_with(path, 400).close()
    garble(path, at=20 * 4096, length=(path.stat().st_size // 4096 - 20) * 4096)
    store = open_store(path, checked_bytes_max=0)
    with pytest.raises(Unavailable, match="is damaged") as error:
        store.entries(LINE, 1)
    said_by(error.value)
    store.close()


def test_a_record_that_contradicts_itself_is_not_loaded(tmp_path: Path) -> None:
    store = a_store_with(tmp_path / "parley.db", 5)
    with store.transaction():
        store.sql("DELETE FROM entries WHERE n = 4")
    with pytest.raises(Unavailable, match="5 entries were counted and 4 are there") as error:
        store.load(LINE, 1, 0)
    said_by(error.value)
    store.close()


def garble(path: Path, at: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)


# --- a commit that is lost, in both ways


class Forgetful(SqliteStore):
    """Its disk fails once, before or after the commit."""

    fails = ""

    def _commit(self) -> None:
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise Unavailable("The disk failed.", "Look at the disk.")
        super()._commit()
        if fails == "after":
            raise Unavailable("The disk failed.", "Look at the disk.")


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Forgetful]:
    store = Forgetful(tmp_path / "parley.db")
    enrol(store)
    yield store
    store.close()


def test_it_did_not_happen(forgetful: Forgetful) -> None:
    change = Change(LINE, 1, (0, 0), [an_entry(0, 0)], cells={"out": b"key"})
    forgetful.fails = "before"
    with pytest.raises(Unavailable):
        keep(forgetful, change)
    assert forgetful.load(LINE, 1, 0) == Kept()
    keep(forgetful, change)
    assert forgetful.load(LINE, 1, 0) == Kept(sizes=(1, 0), cells={"out": b"key"})


def test_it_happened_and_we_were_told_it_did_not(forgetful: Forgetful) -> None:
    change = Change(LINE, 1, (0, 0), [an_entry(0, 0)], cells={"out": b"key"})
    forgetful.fails = "after"
    with pytest.raises(Unavailable):
        keep(forgetful, change)
    with pytest.raises(Conflict):
        keep(forgetful, change)
    assert forgetful.load(LINE, 1, 0) == Kept(sizes=(1, 0), cells={"out": b"key"})


# --- habits


def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    store = a_store_with(tmp_path / "parley.db", 1)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"parley.db": 0o600, "parley.db-wal": 0o600, "parley.db-shm": 0o600}
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["parley.db"]


def test_the_database_waits_for_the_disk_and_keeps_no_copies(tmp_path: Path) -> None:
    """A kill shows none of this, a power cut does: what is committed has been given to the disk,
    and what is erased stands in no free page and in no temporary file."""
    store = a_store_with(tmp_path / "parley.db", 1)
    wanted = {"synchronous": 2, "journal_mode": "wal", "secure_delete": 1, "temp_store": 2}
    wanted |= {"foreign_keys": 1, "trusted_schema": 0, "cell_size_check": 1}
    assert {name: store.sql(f"PRAGMA {name}")[0][0] for name in wanted} == wanted
    store.close()


def test_a_batch_that_only_reads_writes_nothing(tmp_path: Path) -> None:
    store = a_store_with(tmp_path / "parley.db", 5)
    wal = (tmp_path / "parley.db-wal").stat()
    with store.transaction(), store.savepoint():
        store.load(LINE, 1, 0)
        store.entries(LINE, 1)
        store.sql("SELECT count(*) FROM entries")
    after = (tmp_path / "parley.db-wal").stat()
    assert (after.st_size, after.st_mtime_ns) == (wal.st_size, wal.st_mtime_ns)
    store.close()


def test_starting_does_not_read_the_logs(tmp_path: Path) -> None:
    """The work of `load`, in steps of SQLite's machine, is the same at any size."""

    def steps_of_load(store: SqliteStore) -> int:
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        store._connection.set_progress_handler(count, 1)
        store.load(LINE, 1, 0)
        store._connection.set_progress_handler(None, 0)
        return steps

    store = a_store_with(tmp_path / "parley.db", 10)
    few = steps_of_load(store)
    keep(store, Change(LINE, 1, (10, 0), some_entries(0, range(10, 5000))))
    assert 0 < steps_of_load(store) <= few + 5
    store.close()


def test_a_walk_ends_where_the_log_ended_when_it_began(tmp_path: Path) -> None:
    store = a_store_with(tmp_path / "parley.db", 300)
    with store.reader() as reader:
        walk = reader.walk(LINE, 1)
        first = next(walk)
        keep(store, Change(LINE, 1, (300, 0), some_entries(0, range(300, 400))))
        assert [first, *walk] == some_entries(0, range(300))
        assert list(reader.walk(LINE, 1, upto=(130, 0))) == some_entries(0, range(130))
    store.close()


def test_plain_sql_answers_by_name_and_writes_only_in_a_transaction(tmp_path: Path) -> None:
    store = open_store(tmp_path / "parley.db")
    with store.transaction():
        store.sql("CREATE TABLE cups (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
        added = store.sql("INSERT INTO cups (name) VALUES (?) RETURNING id", ("watch",))
        with pytest.raises(sqlite3.IntegrityError):
            store.sql("INSERT INTO cups (name) VALUES (?)", ("watch",))
    assert [row["id"] for row in added] == [1]
    assert [tuple(row) for row in store.sql("SELECT * FROM cups")] == [(1, "watch")]
    with pytest.raises(Misused):
        store.sql("DELETE FROM cups")
    with store.reader() as reader, pytest.raises(Unavailable):
        reader.sql("DELETE FROM cups")
    assert len(store.sql("SELECT * FROM cups")) == 1
    store.close()
