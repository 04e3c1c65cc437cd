"""A key that was overwritten or erased is in no file of the folder once the scrub is done."""

import errno
import os
import random
import sqlite3
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from parley.core.kept import Change
from parley.store import NotYetScrubbed
from parley.store.sqlite import SqliteStore
from tests.store.playbook import LINE, an_entry, enrol, keep, some_entries


def holds(folder: Path, value: bytes) -> list[str]:
    """Names of the files that hold `value` somewhere in their bytes."""
    return [file.name for file in sorted(folder.iterdir()) if value in file.read_bytes()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def store(folder: Path) -> SqliteStore:
    store = SqliteStore(folder / "parley.db")
    enrol(store)
    return store


def test_a_retired_key_is_in_no_file_after_the_scrub(store: SqliteStore, folder: Path) -> None:
    old, new = b"a key that is to be retired here", b"the key that follows it: 32 byte"
    keep(store, Change(LINE, 1, (0, 0), cells={"out": old}))
    assert holds(folder, old) == ["parley.db-wal"]
    store.scrub()
    assert holds(folder, old) == ["parley.db"]
    keep(store, Change(LINE, 1, (0, 0), cells={"out": new}))
    store.scrub()
    assert holds(folder, old) == []
    keep(store, Change(LINE, 1, (0, 0), cells={"out": None}))
    assert holds(folder, new) == ["parley.db"]
    store.scrub()
    assert holds(folder, new) == []
    store.close()


def test_a_key_that_was_never_committed_is_in_no_file(store: SqliteStore, folder: Path) -> None:
    lost = b"this key belongs to no commit..."
    store.sql("PRAGMA cache_size = 5")  # pages, so that uncommitted ones are written early

    def fails() -> None:
        with store.transaction():
            store.put_secret("lost", lost * 4000)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert holds(folder, lost) == ["parley.db-wal"]
    store.scrub()
    assert holds(folder, lost) == []
    store.close()


def test_secrets_of_the_station_can_be_erased_as_well(store: SqliteStore, folder: Path) -> None:
    private = b"private part of an opened prekey"
    with store.transaction():
        store.put_secret("prekey 1", private)
    store.scrub()
    with store.transaction():
        store.put_secret("prekey 1", None)
    store.scrub()
    assert holds(folder, private) == []
    store.close()


@pytest.mark.parametrize("seed", range(3))
def test_no_copy_is_left_behind_when_values_of_all_sizes_come_and_go(
    store: SqliteStore, folder: Path, seed: int
) -> None:
    """In a table of ordinary rows this search finds copies that SQLite left in unused space."""
    chance = random.Random(seed)
    live: dict[str, bytes] = {}
    retired: set[bytes] = set()
    for step in range(240):
        cells: dict[str, bytes | None] = {}
        for name in chance.sample(range(40), chance.randrange(1, 4)):
            mark = chance.randbytes(16)
            value = mark * chance.choice([1, 2, 7, 16, 60])
            cells[f"cell {name}"] = None if chance.random() < 0.3 else value
        # Frames of all sizes beside them keep the file's pages moving.
        frames = [(step, chance.randbytes(chance.randrange(90, 3000)))]
        keep(
            store,
            Change(LINE, 1, (0, 0), cells=cells, outbox_put=frames, outbox_drop_below=step - 4),
        )
        for cell, new in cells.items():
            if cell in live:
                retired.add(live.pop(cell))
            if new is not None:
                live[cell] = new[:16]
        if step % 40 == 39:
            store.scrub()
            files = b"".join(file.read_bytes() for file in folder.iterdir())
            assert not [mark for mark in retired if mark in files]
            assert all(mark in files for mark in live.values())
    store.close()


def test_what_a_killed_station_left_in_the_journal_is_scrubbed_at_the_next_start(
    store: SqliteStore, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old = b"retired just before the power cut"
    keep(store, Change(LINE, 1, (0, 0), cells={"out": old}))
    keep(store, Change(LINE, 1, (0, 0), cells={"out": b"new"}))
    copy = tmp_path_factory.mktemp("after")
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert holds(copy, old) == ["parley.db-wal"]
    again = SqliteStore(copy / "parley.db")
    assert holds(copy, old) == []
    again.close()
    store.close()


def test_no_page_is_ever_written_to_a_temporary_file(store: SqliteStore) -> None:
    assert store.sql("PRAGMA temp_store")[0][0] == 2  # memory: savepoints keep old pages there
    assert store.sql("PRAGMA secure_delete")[0][0] == 1
    store.close()


def test_a_reader_in_the_way_holds_the_receipt_back(store: SqliteStore, folder: Path) -> None:
    old = b"a key some other program can see"
    keep(store, Change(LINE, 1, (0, 0), cells={"out": old}))
    stranger = sqlite3.connect(folder / "parley.db", isolation_level=None)
    stranger.execute("BEGIN")
    stranger.execute("SELECT count(*) FROM entries").fetchall()
    keep(store, Change(LINE, 1, (0, 0), cells={"out": b"new"}))
    with pytest.raises(NotYetScrubbed) as refused:
        store.scrub()
    assert refused.value.exit_code == 3
    assert refused.value.hint
    keep(store, Change(LINE, 1, (0, 0), [an_entry(0, 0)]))  # the line itself goes on
    stranger.execute("COMMIT")
    stranger.close()
    store.scrub()
    assert holds(folder, old) == []
    store.close()


def test_a_disk_that_does_not_confirm_holds_the_receipt_back(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, Change(LINE, 1, (0, 0), cells={"out": b"old"}))

    def fails(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fails)
        for _ in range(2):  # the journal is empty by then, but nobody knows whether it stays so
            with pytest.raises(NotYetScrubbed, match="failed to empty the journal"):
                store.scrub()
    store.scrub()
    store.close()


def test_our_own_readers_never_hold_a_receipt_back(store: SqliteStore, folder: Path) -> None:
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, range(2000))))
    stop = threading.Event()
    walks: list[int] = []

    def export_again_and_again() -> None:
        with store.reader() as reader:
            while not stop.is_set():  # who exports hashes what was read before the next page
                leaves = [sha256(each.leaf + each.body) for each in reader.walk(LINE, 1)]
                walks.append(len(leaves))

    thread = threading.Thread(target=export_again_and_again)
    thread.start()
    try:
        for n in range(2000, 2060):
            cells: dict[str, bytes | None] = {"out": b"key %d" % n}
            keep(store, Change(LINE, 1, (n, 0), [an_entry(0, n)], cells=cells))
            store.scrub()
            assert (folder / "parley.db-wal").stat().st_size == 0
    finally:
        stop.set()
        thread.join()
    assert walks == sorted(walks)  # each walk is whole: as long as the log was when it began
    assert walks[0] >= 2000
    store.close()
