"""Writes `sample.evidence` and `sample.proof` anew: a small record, and one entry of it; and
`sample.deniable`, the record of a deniable line; and `sample.heads`, `sample.opens` and
`sample.resumes`, two things each that one station signed. `sample-later.evidence` and its proof are
of an incarnation that began by RESUME.

    python -m vectors.sample [FOLDER ENTRIES [SUITE]]

A record of suite 2 is called `sample-2`.

They are kept because their signatures hold chance, and because a record once exported must be
readable for ever: the code, `check.mjs` and `go/check.go` read them as they are.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.record import LongRecord
from parley.core.record import Leaf
from parley.core.suites import SUITE_1, Suite, suite_of
from parley.evidence.proof import Proof, Signed
from parley.station.line.evidence import inclusion
from tests.evidence.contradicted import of_each_kind, shown
from vectors.of_deniable import SAMPLE_KEY

FOLDER = Path(__file__).parent
ENTRIES = 60
SIGNED_EVERY = 6
HYBRID_EVERY = 12
SHOWN = (1, 9)  # direction and number


def main(folder: Path = FOLDER, entries: int = ENTRIES, suite: Suite = SUITE_1) -> None:
    """Make all of a suite; the deniable one is of suite 1."""
    stem = "sample" if suite is SUITE_1 else f"sample-{suite.number}"
    with tempfile.TemporaryDirectory(prefix="parley-") as name:
        record = LongRecord(Path(name), 1, SIGNED_EVERY, HYBRID_EVERY, keep=True, suite=suite)
        record.talk(entries)
        record.write(folder / f"{stem}.evidence")
        record.close()
    (folder / f"{stem}.proof").write_text(_shown(record), encoding="utf-8")
    if suite is not SUITE_1:
        return
    _later(folder, entries)
    with tempfile.TemporaryDirectory(prefix="parley-") as name:
        record = LongRecord(Path(name), 2, SIGNED_EVERY, record_key=SAMPLE_KEY)
        record.talk(entries // 3)
        record.write(folder / "sample.deniable")
        record.close()
    for two in of_each_kind():
        text = shown(two).check().text()
        (folder / f"sample.{two.name}").write_text(text, encoding="utf-8")


def _later(folder: Path, entries: int) -> None:
    """Of a line that was begun anew, the second incarnation."""
    with tempfile.TemporaryDirectory(prefix="parley-") as name:
        record = LongRecord(Path(name), 3, SIGNED_EVERY, HYBRID_EVERY, keep=True)
        record.talk(entries // 3)
        record.begin_anew("A disk was put back.")
        record.talk(entries)
        record.write(folder / "sample-later.evidence")
        record.close()
    (folder / "sample-later.proof").write_text(_shown(record), encoding="utf-8")


def _shown(record: LongRecord) -> str:
    """The proof of one entry."""
    dir, n = SHOWN
    rows = {(row.dir, row.n): row for row in record.rows}
    row = rows[SHOWN]
    heads = [head for head in record.heads if head.dir == dir and head.size > n]
    size = min(head.size for head in heads)
    fields = (dir, n, row.type, row.marks, row.time, row.seen)
    seen_root = rows[1 - dir, row.seen - 1].root
    documents = record.documents
    leaf = Leaf(
        documents.agreement.line_id, documents.inc, *fields, seen_root, row.et, row.blind, row.body
    )
    leaves = [rows[dir, number].leaf for number in range(size)]
    signed = [Signed(head.kind, head.time, head.block) for head in heads if head.size == size]
    path = inclusion(leaves, n, size)
    return Proof(documents, leaf, path, size, tuple(signed)).check().text()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(Path(sys.argv[1]), int(sys.argv[2]), suite_of(int(*sys.argv[3:] or ["1"])))
    else:
        main()
