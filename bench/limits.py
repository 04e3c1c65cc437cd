"""What this machine can do at best, so that figures of two machines can be compared."""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SYNCS = 200
RESTS, REST_S = 40, 0.05
COMMITS = 1000
SIGNATURES = 2000


def limits() -> dict[str, str]:
    """Facts for the head of the table."""
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        return {
            "append + fsync": f"p50 {_fsync_ms(Path(folder), SYNCS, 0.0):.3f} ms",
            # What a message meets that comes alone: release to alarm waits for two of these.
            "  after a rest": f"p50 {_fsync_ms(Path(folder), RESTS, REST_S):.3f} ms",
            "SQLite commits": f"{_commits_s(Path(folder)):,.0f} /s (WAL, synchronous FULL)",
            "Ed25519 signs": f"{_signs_s():,.0f} /s",
        }


def _fsync_ms(folder: Path, times: int, rest_s: float) -> float:
    took = []
    with (folder / "file").open("wb", buffering=0) as file:
        for _ in range(times):
            time.sleep(rest_s)
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)


def _commits_s(folder: Path) -> float:
    with closing(sqlite3.connect(folder / "database", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE rows (row BLOB)")
        began = time.perf_counter()
        for _ in range(COMMITS):
            database.execute("INSERT INTO rows VALUES (?)", (bytes(300),))
        return COMMITS / (time.perf_counter() - began)


def _signs_s() -> float:
    key = Ed25519PrivateKey.generate()
    began = time.perf_counter()
    for _ in range(SIGNATURES):
        key.sign(bytes(60))
    return SIGNATURES / (time.perf_counter() - began)
