"""kill -9 at any moment: all that was said to be durable is there, whole, and nothing twice."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parley.core.kept import Change
from parley.store.sqlite import SqliteStore
from tests.store.appender import state_at
from tests.store.playbook import LINE, an_entry, enrol, keep, root_after, some_entries

ROOT = Path(__file__).parent.parent.parent


def one_life(folder: Path, milliseconds: float) -> tuple[int, int]:
    """Start an appender, kill it that long after it is ready; the last sizes it called durable."""
    command = [sys.executable, "-m", "tests.store.appender", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(milliseconds / 1000)
        child.kill()
        lines = child.stdout.read().split(b"\n")[:-1]  # a last line without its end says nothing
    said = [line.split() for line in lines if line != b"scrubbed"]
    return (int(said[-1][0]), int(said[-1][1])) if said else (0, 0)


def check(store: SqliteStore, durable: tuple[int, int], whole: bool = False) -> tuple[int, int]:
    """The sizes, after a look whether everything fits them; at the newest entries or at all."""
    kept = store.load(LINE, 1, 0)
    sizes = kept.sizes
    assert sizes[0] >= durable[0]
    assert sizes[1] >= durable[1]
    if any(sizes):
        assert kept.cells["out"] == state_at(*sizes)
        assert store.heads(LINE, 1, newest=1)[0].size == sizes[0]
    first = max(0, sizes[0] - 40)
    assert kept.outbox == [(n, b"sealed %d" % n) for n in range(first, sizes[0])]
    for dir in (0, 1):
        start = 0 if whole else max(0, sizes[dir] - 100)
        rows = store.entries(LINE, 1, dir, start)
        assert [row.n for row in rows] == list(range(start, sizes[dir]))
        for row in rows:
            assert row == an_entry(dir, row.n, row.seen, row.body)
        assert store.root_at(LINE, 1, dir, sizes[dir]) == root_after(dir, sizes[dir])
    return sizes


def many_lives(folder: Path, cycles: int) -> int:
    """Kill and look, again and again; how many entries there are in the end."""
    chance = random.Random()
    sizes = (0, 0)
    for _ in range(cycles):
        durable = one_life(folder, chance.uniform(0, 40))
        store = SqliteStore(folder / "parley.db")
        before, sizes = sizes, check(store, durable)
        assert sizes[0] >= before[0]
        assert sizes[1] >= before[1]
        store.close()
    store = SqliteStore(folder / "parley.db")
    assert store.sql("PRAGMA integrity_check")[0][0] == "ok"
    sizes = check(store, sizes, whole=True)
    store.close()
    return sum(sizes)


@pytest.mark.story
def test_twenty_kills(tmp_path: Path) -> None:
    assert many_lives(tmp_path, 20) > 20


@pytest.mark.proof
def test_a_thousand_kills(tmp_path: Path) -> None:
    print(f"{many_lives(tmp_path, 1000)} entries after 1,000 kills")


@pytest.mark.parametrize("seed", range(5))
def test_a_torn_end_of_the_journal_takes_only_what_was_not_durable(
    tmp_path: Path, seed: int
) -> None:
    """As after a power cut: beyond the last sync anything may stand in the journal, or nothing."""
    chance = random.Random(seed)
    store = SqliteStore(tmp_path / "parley.db")
    enrol(store)
    store.scrub()
    wal = tmp_path / "parley.db-wal"
    durable_bytes = []
    for n in range(8):
        keep(store, Change(LINE, 1, (n, 0), some_entries(0, [n]), cells={"out": b"%d" % n}))
        durable_bytes.append(wal.stat().st_size)
    database, journal = (tmp_path / "parley.db").read_bytes(), wal.read_bytes()
    store.close()
    for n, durable in enumerate(durable_bytes[:-1]):
        cut = chance.randrange(durable, durable_bytes[n + 1])
        for number, tail in enumerate((b"", b"\xff" * 300, chance.randbytes(5000))):
            after = tmp_path / f"{n} {number}"
            after.mkdir()
            (after / "parley.db").write_bytes(database)
            (after / "parley.db-wal").write_bytes(journal[:cut] + tail)
            again = SqliteStore(after / "parley.db")
            kept = again.load(LINE, 1, 0)
            assert kept.sizes == (n + 1, 0)
            assert kept.cells == {"out": b"%d" % n}
            keep(again, Change(LINE, 1, (n + 1, 0), some_entries(0, [n + 1])))
            again.close()
