"""A journal that was made ready in a moment of rest: quicker to write, and else as any other."""

import random
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from parley.core.kept import Change
from parley.store.sqlite import ROOM_BYTES, SqliteStore
from tests.store.playbook import LINE, enrol, keep, some_entries

HEADER_BYTES, FRAME_BYTES = 32, 24 + 4096  # sqlite.org/fileformat2.html, 4.1
OLD, NEW = b"a key that is to be retired here", b"the key that follows it: 32 byte"


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path / "parley.db")
    enrol(store)
    store.scrub()
    store.make_ready()
    return store


def wal(store: SqliteStore) -> Path:
    return store.path.with_name("parley.db-wal")


def holds(store: SqliteStore, value: bytes) -> list[str]:
    folder = store.path.parent
    return [file.name for file in sorted(folder.iterdir()) if value in file.read_bytes()]


def test_a_commit_changes_no_files_size_and_begins_no_header(store: SqliteStore) -> None:
    begun = wal(store).read_bytes()
    assert len(begun) == ROOM_BYTES
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, range(3)), cells={"out": OLD}))
    written = wal(store).read_bytes()
    assert len(written) == ROOM_BYTES
    assert written != begun
    assert written[:32] == begun[:32]  # SQLite syncs the header by itself when it writes one
    store.close()


def test_what_outgrows_the_room_is_kept_all_the_same(store: SqliteStore) -> None:
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, range(2000))))
    assert wal(store).stat().st_size > ROOM_BYTES
    assert store.load(LINE, 1, 0).sizes == (2000, 0)
    store.close()


def test_nothing_of_the_stations_own_stands_in_it(store: SqliteStore) -> None:
    """A key of before is in the database's own pages, and none of those is written again."""
    keep(store, Change(LINE, 1, (0, 0), cells={"out": OLD}))
    store.scrub()
    store.make_ready()
    assert holds(store, OLD) == ["parley.db"]
    store.close()


def test_a_retired_key_leaves_a_ready_journal_too(store: SqliteStore) -> None:
    keep(store, Change(LINE, 1, (0, 0), cells={"out": OLD}))
    store.scrub()
    store.make_ready()
    keep(store, Change(LINE, 1, (0, 0), cells={"out": NEW}))
    store.scrub()
    assert holds(store, OLD) == []
    store.make_ready()
    with store.transaction():
        store.put_secret("prekey 1", OLD)
    with store.transaction():
        store.put_secret("prekey 1", None)
    store.scrub()
    assert holds(store, OLD) == []
    store.close()


def test_what_was_undone_leaves_it_as_well(store: SqliteStore) -> None:
    store.sql("PRAGMA cache_size = 5")  # pages, so that uncommitted ones are written early

    def fails() -> None:
        with store.transaction():
            store.put_secret("lost", OLD * 4000)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert holds(store, OLD) == ["parley.db-wal"]
    store.scrub()
    assert holds(store, OLD) == []
    store.close()


@pytest.mark.parametrize("swallowed", [True, False])
def test_a_statement_that_failed_leaves_it_as_well(store: SqliteStore, swallowed: bool) -> None:
    """It counts no changed row; what it had written of its pages stands in the journal."""
    with store.transaction():
        store.sql("CREATE TABLE one (a BLOB, b INTEGER CHECK (b < 400))")
    store.scrub()
    store.make_ready()
    store.sql("PRAGMA cache_size = 5")

    def fails() -> None:
        store.sql(
            "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
            " INSERT INTO one SELECT ? || i, i FROM n",
            (OLD.decode() * 30,),
        )

    with suppress(sqlite3.IntegrityError), store.transaction():
        if not swallowed:
            fails()
        with suppress(sqlite3.IntegrityError), store.savepoint():
            fails()
    assert holds(store, OLD)
    store.scrub()
    assert holds(store, OLD) == []
    store.close()


def test_a_scrub_with_nothing_to_clear_leaves_it_ready(store: SqliteStore) -> None:
    before = wal(store).read_bytes(), wal(store).stat().st_mtime_ns
    store.scrub()
    store.make_ready()
    assert (wal(store).read_bytes(), wal(store).stat().st_mtime_ns) == before
    store.close()


def test_a_journal_in_use_is_left_alone(store: SqliteStore) -> None:
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, [0])))
    before = wal(store).read_bytes()
    store.make_ready()
    with store.transaction():
        store.make_ready()
    assert wal(store).read_bytes() == before
    store.close()


def test_a_full_disk_leaves_it_empty_or_longer_and_nothing_is_lost(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, [0]), cells={"out": OLD}))
    store.scrub()
    with monkeypatch.context() as full:
        full.setattr("parley.store.sqlite.open", _no_space, raising=False)
        store.make_ready()
    keep(store, Change(LINE, 1, (1, 0), some_entries(0, [1]), cells={"out": NEW}))
    store.scrub()
    assert holds(store, OLD) == []
    assert store.load(LINE, 1, 0).sizes == (2, 0)
    store.close()


def _no_space(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("seed", range(8))
def test_a_power_cut_at_any_byte_of_it_loses_nothing_durable(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    (tmp_path / "alive").mkdir()
    store = SqliteStore(tmp_path / "alive" / "parley.db")
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, range(5)), cells={"out": OLD}))
    store.scrub()
    store.make_ready()
    database, ready = store.path.read_bytes(), wal(store).read_bytes()
    keep(store, Change(LINE, 1, (5, 0), some_entries(0, [5]), cells={"out": NEW}))
    journal = wal(store).read_bytes()
    frames = -(-(len(journal.rstrip(b"\0")) - HEADER_BYTES) // FRAME_BYTES)
    end = HEADER_BYTES + frames * FRAME_BYTES
    # Zeros that were never begun; a beginning that broke off; and then the commit after it, whole
    # with anything behind it, or cut.
    cut = chance.randrange(HEADER_BYTES + FRAME_BYTES, end - FRAME_BYTES)
    found = {
        "zeros": (bytes(chance.randrange(ROOM_BYTES)), 5),
        "begun": (ready[: chance.randrange(ROOM_BYTES)], 5),
        "torn": (ready[: chance.randrange(5000)] + bytes(chance.randrange(9000)), 5),
        "whole": (journal[:end] + chance.randbytes(chance.randrange(9000)), 6),
        "cut": (journal[:cut] + bytes(7000), 5),
    }
    for name, (tail, size) in found.items():
        after = tmp_path / name
        after.mkdir()
        (after / "parley.db").write_bytes(database)
        (after / "parley.db-wal").write_bytes(tail)
        again = SqliteStore(after / "parley.db")
        kept = again.load(LINE, 1, 0)
        assert kept.sizes == (size, 0), name
        assert kept.cells == {"out": NEW if size == 6 else OLD}
        again.make_ready()
        keep(again, Change(LINE, 1, (size, 0), some_entries(0, [size])))
        again.close()
        shutil.rmtree(after)
    store.close()
