"""Writes `sample.evidence` and `sample.proof` anew: a small record, and one entry of it; and
`sample.deniable`, the record of a deniable line.

    python -m vectors.sample [FOLDER ENTRIES]

They are kept because their signatures hold chance, and because a record once exported must be
readable for ever: the code, `check.mjs` and `go/check.go` read them as they are.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.record import LongRecord
from parley.core.record import Leaf
from parley.evidence.proof import Proof, Signed
from parley.station.evidence import inclusion
from vectors.of_deniable import SAMPLE_KEY

FOLDER = Path(__file__).parent
ENTRIES = 60
SIGNED_EVERY = 6
HYBRID_EVERY = 12
SHOWN = (1, 9)  # direction and number


def main(folder: Path = FOLDER, entries: int = ENTRIES) -> None:
    """Make all three."""
    with tempfile.TemporaryDirectory(prefix="parley-") as name:
        record = LongRecord(Path(name), 1, SIGNED_EVERY, HYBRID_EVERY, keep=True)
        record.talk(entries)
        record.write(folder / "sample.evidence")
        record.close()
    dir, n = SHOWN
    rows = {(row.dir, row.n): row for row in record.rows}
    row = rows[SHOWN]
    heads = [head for head in record.heads if head.dir == dir and head.size > n]
    size = min(head.size for head in heads)
    fields = (dir, n, row.type, row.marks, row.time, row.seen)
    seen_root = rows[1 - dir, row.seen - 1].root
    agreement = record.documents.agreement
    leaf = Leaf(agreement.line_id, agreement.inc, *fields, seen_root, row.et, row.blind, row.body)
    leaves = [rows[dir, number].leaf for number in range(size)]
    signed = [Signed(head.kind, head.time, head.block) for head in heads if head.size == size]
    path = inclusion(leaves, n, size)
    proof = Proof(record.documents, leaf, path, size, tuple(signed)).check()
    (folder / "sample.proof").write_text(proof.text(), encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="parley-") as name:
        record = LongRecord(Path(name), 2, SIGNED_EVERY, record_key=SAMPLE_KEY)
        record.talk(entries // 3)
        record.write(folder / "sample.deniable")
        record.close()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
