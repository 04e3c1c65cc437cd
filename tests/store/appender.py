"""A station's store under load, to be killed: keeps step after step and says when each is durable.

Run as `python -m tests.store.appender FOLDER`. Prints the sizes after each commit, and `scrubbed`.
"""

import os
import random
import sys
from pathlib import Path

from parley.core.kept import Change
from parley.store.sqlite import SqliteStore
from tests.store.playbook import LINE, a_head, an_entry


def change_after(ours: int, theirs: int, chance: random.Random) -> Change:
    """One step: some entries on either side, what belongs to them, and their new keys."""
    sizes = [ours, theirs]
    entries = []
    for _ in range(chance.choice([1, 1, 1, 8, 32])):
        dir = chance.randrange(2)
        body = b"x" * chance.choice([60, 60, 60, 5000])
        entries.append(an_entry(dir, sizes[dir], seen=sizes[1 - dir], body=body))
        sizes[dir] += 1
    return Change(
        LINE,
        1,
        before=(ours, theirs),
        entries=entries,
        outbox_put=[(row.n, b"sealed %d" % row.n) for row in entries if row.dir == 0],
        outbox_drop_below=max(0, sizes[0] - 40),
        cells={"out": state_at(sizes[0], sizes[1]), "in": b"k" * chance.randrange(600)},
        heads=[a_head(0, sizes[0])],
    )


def state_at(ours: int, theirs: int) -> bytes:
    """Stands for keys that belong to exactly these sizes."""
    return b"keys at %d and %d" % (ours, theirs)


def main(folder: Path) -> None:
    """Go on where the last run was killed, for ever."""
    chance = random.Random()
    store = SqliteStore(folder / "parley.db")
    with store.transaction():
        store.enrol(LINE, 1, 0)
    sizes = store.load(LINE, 1, 0).sizes
    os.write(1, b"ready\n")
    while True:
        change = change_after(*sizes, chance)
        with store.transaction():
            store.keep(change)
        sizes = (
            sizes[0] + sum(row.dir == 0 for row in change.entries),
            sizes[1] + sum(row.dir == 1 for row in change.entries),
        )
        os.write(1, b"%d %d\n" % sizes)
        if chance.random() < 0.3:
            store.scrub()
            os.write(1, b"scrubbed\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
