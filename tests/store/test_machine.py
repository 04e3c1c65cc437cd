"""The two stores, given the same random life, are never told apart."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from parley.core.errors import ParleyError
from parley.core.kept import Change
from parley.store import Store
from parley.store.memory import MemoryStore
from parley.store.sqlite import SqliteStore
from tests.store.playbook import LINE, OTHER_LINE, a_head, a_held_row, a_queue_row, an_entry

FEW = st.integers(0, 6)
NUMBERS = st.lists(FEW, max_size=3)
NAMES = st.sampled_from(["out", "in", "prekeys", "newest"])
VALUES = st.none() | st.binary(max_size=40) | st.binary(min_size=250, max_size=1200)


class Undone(Exception):
    pass


@dataclass(frozen=True)
class Step:
    """One operation, in numbers; what they mean depends on what the store holds then."""

    line: tuple[bytes, int, int]
    enrols: bool
    late: bool
    fails: bool
    dirs: list[int]
    held_put: list[int]
    held_drop: list[int]
    queue_put: list[int]
    queue_drop: list[int]
    outbox_put: list[tuple[int, bytes]]
    outbox_drop_below: int
    cells: dict[str, bytes | None]
    heads: list[int]

    def happens_to(self, store: Store) -> None:
        line_id, inc, side = self.line
        if self.enrols:
            store.enrol(line_id, inc, side)
        kept = store.load(line_id, inc, side)
        sizes = [kept.sizes[side], kept.sizes[1 - side]]
        before = (kept.sizes[0] - self.late, kept.sizes[1])
        entries = []
        for dir in self.dirs:
            entries.append(an_entry(dir, sizes[dir], seen=sizes[1 - dir] // 2))
            sizes[dir] += 1
        store.keep(
            Change(
                line_id,
                inc,
                before,
                entries,
                held_put=[a_held_row(n) for n in self.held_put],
                held_drop=self.held_drop,
                queue_put=[a_queue_row(id, id % 4) for id in self.queue_put],
                queue_drop=self.queue_drop,
                outbox_put=self.outbox_put,
                outbox_drop_below=self.outbox_drop_below,
                cells=self.cells,
                heads=[a_head(size % 2, size) for size in self.heads],
            )
        )
        if self.fails:
            raise Undone


SOMETIMES = st.sampled_from([False] * 5 + [True])
STEPS = st.builds(
    Step,
    line=st.sampled_from([(LINE, 1, 0), (LINE, 2, 1), (OTHER_LINE, 1, 1)]),
    enrols=st.sampled_from([True] * 5 + [False]),
    late=SOMETIMES,
    fails=SOMETIMES,
    dirs=st.lists(st.integers(0, 1), max_size=6),
    held_put=NUMBERS,
    held_drop=NUMBERS,
    queue_put=NUMBERS,
    queue_drop=NUMBERS,
    outbox_put=st.lists(st.tuples(FEW, st.sampled_from([b"sealed"] * 9 + [b"other"])), max_size=3),
    outbox_drop_below=FEW,
    cells=st.dictionaries(NAMES, VALUES, max_size=3),
    heads=NUMBERS,
)


class TwoStores(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "parley.db"
        self.durable = SqliteStore(self.path)
        self.memory = MemoryStore()

    def teardown(self) -> None:
        self.durable.close()
        self.folder.cleanup()

    @rule(batch=st.lists(STEPS, min_size=1, max_size=4), fails=SOMETIMES)
    def a_batch(self, batch: list[Step], fails: bool) -> None:
        said = [live(store, batch, fails) for store in (self.durable, self.memory)]
        assert said[0] == said[1]

    @rule()
    def reopened(self) -> None:
        self.durable.close()
        self.durable = SqliteStore(self.path)

    @rule()
    def scrubbed(self) -> None:
        self.durable.scrub()

    @rule(name=NAMES, value=VALUES)
    def a_secret(self, name: str, value: bytes | None) -> None:
        for store in (self.durable, self.memory):
            with store.transaction():
                store.put_secret(name, value)
            assert store.secret(name) == value

    @invariant()
    def alike(self) -> None:
        assert self.durable.enrolled() == self.memory.enrolled()
        for line in self.memory.enrolled():
            key = (line.line_id, line.inc)
            assert self.durable.load(*key, line.side) == self.memory.load(*key, line.side)
            assert self.durable.heads(*key) == self.memory.heads(*key)
            joint = self.memory.entries(*key)
            assert self.durable.entries(*key) == joint
            assert list(self.durable.walk(*key)) == joint
            middle = len(joint) // 2
            for store in (self.durable, self.memory):
                assert store.entries(*key, start=middle, limit=3) == joint[middle : middle + 3]
                for row in joint[-3:]:
                    assert store.root_at(*key, row.dir, row.n + 1) == row.root


def live(store: Store, batch: list[Step], fails: bool) -> list[str]:
    """Do the batch as a station would; what came of each step, so that it can be compared."""
    said = []
    try:
        with store.transaction():
            for step in batch:
                try:
                    with store.savepoint():
                        step.happens_to(store)
                    said.append("kept")
                except (ParleyError, Undone) as error:
                    said.append(repr(error))
            if fails:
                raise Undone
    except Undone:
        said.append("undone")
    return said


TestTwoStores = TwoStores.TestCase
TestTwoStores.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)


class ForLonger(TwoStores):
    """More of the same."""


TestForLonger = pytest.mark.story(ForLonger.TestCase)
TestForLonger.settings = settings(max_examples=80, stateful_step_count=20, deadline=None)
