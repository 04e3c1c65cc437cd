"""A disk whose power may fail at any moment, and the store on it: the contract of `parley.store`.

The store is built as the station's is: a transaction is appended to a journal and synced, a scrub
moves the journal into the database and empties it, durably. Between two syncs anything may become
of what was written: nothing, all of it, or any of its sectors. What recovery finds whole counts.
So that a world costs little, a record of the journal is turned into bytes only when a power cut
falls on it or a thief takes the disk; until then it is the change itself, which nobody alters.
"""

from __future__ import annotations

import copy
import pickle
import random
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from parley.core.errors import Misused, Unavailable
from parley.core.kept import Change, EntryRow, Kept, QueueRow
from parley.store import NotYetScrubbed
from parley.store.memory import MemoryStore

SECTOR_BYTES = 512
OWN = ("note", "put_in_place")  # writes that the contract does not know
Cells = dict[str, bytes]


class PowerCut(BaseException):
    """The machine is off from here on. No handler of the station's own may catch it."""


class Power:
    """Counts the points at which the power may fail, and lets it fail at one of them."""

    def __init__(self) -> None:
        self.passed = 0
        self.fails_in: int | None = None  # so many points from now; None: not at all
        self.failed_at = ""

    def point(self, name: str) -> None:
        """A boundary between two effects on the world."""
        self.passed += 1
        if self.fails_in is None:
            return
        if self.fails_in > 0:
            self.fails_in -= 1
            return
        self.fails_in = None
        self.failed_at = name
        raise PowerCut(name)


@dataclass(slots=True)
class _Record:
    """One transaction in the journal."""

    writes: list[tuple[str, tuple[Any, ...]]]  # which method of the store, with what
    undo: list[Callable[[], object]]
    synced: bool = False

    def to_bytes(self) -> bytes:
        """As it is written: length, check and content."""
        content = pickle.dumps(self.writes, protocol=5)
        return len(content).to_bytes(4) + zlib.crc32(content).to_bytes(4) + content


def survives(record: bytes, chance: random.Random) -> bool:
    """Whether a record that was written and not synced is whole after a power cut.

    Each sector is new, old or torn; recovery reads what is there, as any journal is read.
    """
    how = chance.randrange(4)
    if how == 0:
        return False  # nothing had left the cache
    found = bytearray(record)
    if how == 1:  # it breaks off
        found[chance.randrange(len(record)) :] = b""
    elif how == 2:  # some sectors were written, some not, one of them half
        for start in range(0, len(found), SECTOR_BYTES):
            if chance.random() < 0.5:
                end = min(start + SECTOR_BYTES, len(found))
                cut = chance.choice((start, chance.randrange(start, end)))
                found[cut:end] = bytes(end - cut)
    return is_whole(bytes(found))


def is_whole(found: bytes) -> bool:
    """Whether the bytes of a record are all there and pass their check."""
    length, check, content = found[:4], found[4:8], found[8:]
    return (
        len(found) >= 8
        and int.from_bytes(length) == len(content)
        and int.from_bytes(check) == zlib.crc32(content)
    )


class SimDisk(MemoryStore):
    """A store on a disk that loses what was not synced."""

    def __init__(self, power: Power, chance: random.Random) -> None:
        super().__init__()
        self.power = power
        self.full = False  # writes fail
        self.bad = False  # syncs fail
        self.stuck = False  # a reader keeps the journal from being emptied
        self.commits = 0
        self.notes: dict[str, list[Any]] = {}  # rows of the station's own
        self.chance = chance  # what becomes of bytes that were not synced
        self._journal: list[_Record] = []
        self._writes: list[tuple[str, tuple[Any, ...]]] = []
        self._database: dict[object, Cells] = {}  # cells as of the last scrub
        self._emptied = True

    # --- writing

    @property
    def is_open(self) -> bool:
        """Whether something can be written: within a transaction."""
        return self._undo is not None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable on return; on any exception the store is as before."""
        if self._undo is not None:
            raise Misused("a transaction is already open")
        self._undo, self._writes = [], []
        try:
            with self.savepoint():
                yield
                if self._writes:
                    self._commit(_Record(self._writes, self._undo))
        finally:
            self._undo = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """One operation's own writes within a transaction, undone if it raises."""
        mark = len(self._writes)
        try:
            with super().savepoint():
                yield
        except BaseException:
            del self._writes[mark:]
            raise

    def _commit(self, record: _Record) -> None:
        self.power.point("before the commit")
        # A record that could not be synced is still at the end; the next one takes its place.
        if self._journal and not self._journal[-1].synced:
            self._journal.pop()
        if self.full:
            raise Unavailable("The disk is full.", "Make room.")
        self._emptied = False
        # On an exception the transaction undoes itself and takes its writes back; what is on the
        # disk by then stays there.
        self._journal.append(_Record(list(record.writes), record.undo))
        self.power.point("written, not synced")
        if self.bad:
            raise Unavailable("The disk failed to write.", "Look at the disk.")
        self._journal[-1].synced = True
        self.commits += 1
        self.power.point("after the commit")

    def enrol(self, line_id: bytes, inc: int, side: int) -> None:
        """Begin the record of a line; again with the same side changes nothing."""
        super().enrol(line_id, inc, side)
        self._writes.append(("enrol", (line_id, inc, side)))

    def keep(self, change: Change) -> None:
        """Write all of `change`, or raise Conflict when the durable sizes are not `before`."""
        super().keep(change)
        self._writes.append(("keep", (change,)))

    def put_secret(self, name: str, value: bytes | None) -> None:
        """Keep a key of the station's own; None erases it."""
        super().put_secret(name, value)
        self._writes.append(("put_secret", (name, value)))

    def note(self, table: str, row: Any) -> None:
        """Append a row of the station's own, in the same transaction."""
        self._append(self.notes.setdefault(table, []), row)
        self._writes.append(("note", (table, row)))

    def put_in_place(self, change: Change, sizes: tuple[int, int]) -> None:
        """Let each log end at its size, by direction, keep what follows on it, and let the heads go
        that are of another tail."""
        record = self._records[change.line_id, change.inc]
        for log, size in zip(record.logs, sizes, strict=True):
            self._put(log, log[:size])
        MemoryStore.keep(self, change)
        logs = record.logs
        ours = [
            head for head in record.heads
            if head.size <= sizes[head.dir]
            or [row.root for row in logs[head.dir][head.size - 1 : head.size]] == [head.root]
        ]  # fmt: skip
        self._put(record.heads, ours)
        self._writes.append(("put_in_place", (change, sizes)))

    def _put(self, rows: list[Any], others: list[Any]) -> None:
        before = list(rows)
        rows[:] = others
        self._writing().append(lambda: rows.__setitem__(slice(None), before))

    def scrub(self) -> None:
        """On return no file holds a key erased by an earlier commit; else NotYetScrubbed."""
        if self._undo is not None:
            raise Misused("a scrub inside a transaction")
        if self._emptied:
            return
        self.power.point("before the scrub")
        if self.stuck or self.bad:
            raise NotYetScrubbed("A reader keeps the journal from being emptied.", "Receipts wait.")
        if self._journal and not self._journal[-1].synced:
            self._journal.pop()
        self.power.point("moved, the journal not emptied")
        self._journal.clear()
        self._database = self._cells()
        self._emptied = True
        self.power.point("after the scrub")

    # --- failing

    def recovers(self) -> None:
        """The power is back: the store is what the synced bytes and some others make of it."""
        journal, self._journal = self._journal, []
        self._undo = None
        for record in reversed(journal):
            while record.undo:
                record.undo.pop()()
        for record in journal:
            if not record.synced and not survives(record.to_bytes(), self.chance):
                break
            self._undo = record.undo
            for name, given in record.writes:
                getattr(SimDisk if name in OWN else MemoryStore, name)(self, *given)
            self._undo = None
            record.synced = True
            self._journal.append(record)
        self._writes = []
        self.full = self.bad = self.stuck = False
        self._emptied = not self._journal
        with suppress(Unavailable):  # as the station's store does when it is opened
            self.scrub()

    def copied(self, power: Power, chance: random.Random) -> SimDisk:
        """Another disk with the same content, as a backup or a cloned machine has it."""
        other = SimDisk(power, chance)
        other._records = copy.deepcopy(self._records)
        other._secrets = dict(self._secrets)
        other.notes = {table: list(rows) for table, rows in self.notes.items()}
        other._database = other._cells()
        return other

    # --- what whoever takes the disk finds

    def _cells(self) -> dict[object, Cells]:
        found: dict[object, Cells] = {key: dict(r.cells) for key, r in self._records.items()}
        found["secrets"] = dict(self._secrets)
        return found

    def stolen_cells(self, inc: int | None = None) -> list[Cells]:
        """Every value that stands in a file: current ones, the database's, and the journal's; all,
        or those of one incarnation."""

        def of(cells: dict[object, Cells]) -> list[Cells]:
            return [
                each
                for key, each in cells.items()
                if inc is None or (isinstance(key, tuple) and key[1] == inc)
            ]

        found = of(self._cells())
        if not self._emptied:
            found += of(self._database)
            for record in self._journal:
                for name, given in record.writes:
                    if name == "keep" and inc in (None, given[0].inc):
                        cells = given[0].cells
                        found.append({key: value for key, value in cells.items() if value})
        return found

    def cells_of(self, line_id: bytes, inc: int) -> Cells:
        """The named values of one line."""
        return self._records[line_id, inc].cells

    def log(self, line_id: bytes, inc: int, dir: int) -> list[EntryRow]:
        """One log, not copied."""
        return self._records[line_id, inc].logs[dir]

    def bytes_to_send(self) -> int:
        """What is released or sealed and has no receipt."""
        return sum(
            sum(map(len, record.outbox.values()))
            + sum(len(row.body) + 60 for row in record.queue.values())
            for record in self._records.values()
        )

    def queue_of(self, line_id: bytes, inc: int) -> list[QueueRow]:
        """Released entries without a number."""
        return list(self._records[line_id, inc].queue.values())

    def outbox_of(self, line_id: bytes, inc: int) -> dict[int, bytes]:
        """Sealed frames without a receipt, by number."""
        return self._records[line_id, inc].outbox

    def state(self, line_id: bytes, inc: int, side: int) -> tuple[Kept, dict[str, int]]:
        """All that a restart would find, to be compared."""
        kept = self.load(line_id, inc, side)
        return kept, {table: len(rows) for table, rows in self.notes.items() if rows}
