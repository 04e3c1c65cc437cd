"""What every store promises a line, asked of each of them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from parley.core.errors import Misused
from parley.core.kept import Change, Conflict, EntryRow, Kept
from parley.core.record import EMPTY_ROOT, joint_key
from parley.store import Enrolled, Store
from parley.store.memory import MemoryStore
from parley.store.sqlite import SqliteStore
from tests.store.playbook import (
    LINE,
    OTHER_LINE,
    a_head,
    a_held_row,
    a_queue_row,
    an_entry,
    enrol,
    keep,
    root_after,
    some_entries,
)


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store
    store = SqliteStore(tmp_path / "parley.db") if request.param == "sqlite" else MemoryStore()
    yield store
    store.close()


def test_a_new_line_has_kept_nothing(store: Store) -> None:
    assert store.load(LINE, 1, side=1) == Kept(side=1)
    enrol(store, side=1)
    assert store.load(LINE, 1, side=1) == Kept(side=1)
    assert store.root_at(LINE, 1, 0, 0) == EMPTY_ROOT
    assert store.entries(LINE, 1) == store.entries(LINE, 1, dir=0) == []
    assert store.heads(LINE, 1) == []


@pytest.mark.parametrize("side", [0, 1])
def test_what_was_kept_comes_back(store: Store, side: int) -> None:
    enrol(store, side=side)
    ours, theirs = some_entries(side, range(3)), some_entries(1 - side, range(2))
    keep(
        store,
        Change(
            LINE,
            1,
            before=(0, 0),
            entries=[ours[0], theirs[0], ours[1], ours[2], theirs[1]],
            held_put=[a_held_row(9), a_held_row(4)],
            queue_put=[a_queue_row(8), a_queue_row(3, precedence=3)],
            outbox_put=[(0, b"sealed 0"), (2, b"sealed 2"), (1, b"sealed 1")],
            cells={"out": b"chain", "empty": b"", "long": bytes(range(256)) * 5},
            heads=[a_head(side, 3), a_head(1 - side, 2, "cosign")],
        ),
    )
    assert store.load(LINE, 1, side) == Kept(
        side=side,
        sizes=(3, 2),
        cells={"out": b"chain", "empty": b"", "long": bytes(range(256)) * 5},
        held=[a_held_row(4), a_held_row(9)],
        queue=[a_queue_row(3, precedence=3), a_queue_row(8)],
        outbox=[(0, b"sealed 0"), (1, b"sealed 1"), (2, b"sealed 2")],
    )
    assert store.entries(LINE, 1, dir=side) == ours
    assert store.entries(LINE, 1, dir=1 - side) == theirs
    assert store.root_at(LINE, 1, side, 2) == root_after(side, 2)
    assert store.heads(LINE, 1) == [a_head(side, 3), a_head(1 - side, 2, "cosign")]
    assert store.enrolled() == [Enrolled(LINE, 1, side, 3, 2)]


def test_puts_come_first_and_drops_then(store: Store) -> None:
    enrol(store)
    keep(
        store,
        Change(
            LINE,
            1,
            (0, 0),
            held_put=[a_held_row(1), a_held_row(2)],
            queue_put=[a_queue_row(1), a_queue_row(2)],
            outbox_put=[(n, b"sealed %d" % n) for n in range(8)],
        ),
    )
    keep(
        store,
        Change(
            LINE,
            1,
            (0, 0),
            held_put=[a_held_row(3), a_held_row(4)],
            held_drop=[1, 3, 77],
            queue_put=[a_queue_row(3), a_queue_row(4)],
            queue_drop=[2, 4, 77],
            outbox_put=[(3, b"sealed 3"), (8, b"sealed 8"), (9, b"sealed 9")],
            outbox_drop_below=4,
        ),
    )
    kept = store.load(LINE, 1, 0)
    assert kept.held == [a_held_row(2), a_held_row(4)]
    assert kept.queue == [a_queue_row(1), a_queue_row(3)]
    assert kept.outbox == [(n, b"sealed %d" % n) for n in range(4, 10)]


def test_cells_are_overwritten_and_erased(store: Store) -> None:
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), cells={"a": b"1" * 900, "b": b"2", "c": b"3"}))
    keep(store, Change(LINE, 1, (0, 0), cells={"a": b"4", "b": None, "d": b"5" * 300, "e": None}))
    assert store.load(LINE, 1, 0).cells == {"a": b"4", "c": b"3", "d": b"5" * 300}


def test_a_record_that_has_moved_on_is_a_conflict(store: Store) -> None:
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, range(2)), cells={"out": b"new"}))
    stale = Change(LINE, 1, (1, 0), [an_entry(0, 1)], cells={"out": b"stale"})
    with pytest.raises(Conflict, match="has 2 entries of ours and 0 of theirs, not 1 and 0"):
        keep(store, stale)
    assert store.load(LINE, 1, 0) == Kept(side=0, sizes=(2, 0), cells={"out": b"new"})


def test_ours_and_theirs_are_not_confused_in_a_conflict(store: Store) -> None:
    enrol(store, side=1)
    keep(store, Change(LINE, 1, (0, 0), [an_entry(1, 0)]))
    with pytest.raises(Conflict):
        keep(store, Change(LINE, 1, (0, 1), [an_entry(0, 0)]))
    keep(store, Change(LINE, 1, (1, 0), [an_entry(0, 0)]))


@pytest.mark.parametrize(
    "entries",
    [[an_entry(0, 1)], [an_entry(0, 0), an_entry(0, 0)], [an_entry(0, 0), an_entry(1, 1)]],
    ids=["gap", "double", "gap in the other log"],
)
def test_a_log_has_no_gaps_and_no_doubles(store: Store, entries: list[EntryRow]) -> None:
    enrol(store)
    with pytest.raises(Misused):
        keep(store, Change(LINE, 1, (0, 0), entries))
    assert store.load(LINE, 1, 0) == Kept()


def test_a_number_is_sealed_once(store: Store) -> None:
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), outbox_put=[(5, b"sealed")]))
    keep(store, Change(LINE, 1, (0, 0), outbox_put=[(5, b"sealed")]))
    with pytest.raises(Misused, match="sealed"):
        keep(store, Change(LINE, 1, (0, 0), outbox_put=[(4, b"four"), (5, b"sealed again")]))
    with pytest.raises(Misused, match="sealed"):
        keep(store, Change(LINE, 1, (0, 0), outbox_put=[(6, b"six"), (6, b"six again")]))
    assert store.load(LINE, 1, 0).outbox == [(5, b"sealed")]


def test_a_refused_change_leaves_nothing_even_when_the_transaction_goes_on(store: Store) -> None:
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), outbox_put=[(5, b"sealed")]))
    with store.transaction():
        change = Change(LINE, 1, (0, 0), [an_entry(0, 0)], outbox_put=[(5, b"sealed again")])
        with pytest.raises(Misused):
            store.keep(change)
        store.put_secret("token", b"kept")
    assert store.load(LINE, 1, 0) == Kept(outbox=[(5, b"sealed")])
    assert store.secret("token") == b"kept"


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), cells={"out": b"1"}, queue_put=[a_queue_row(1)]))

    def fails_at_the_end() -> None:
        with store.transaction():
            store.enrol(OTHER_LINE, 1, 0)
            entries = [an_entry(0, 0)]
            store.keep(Change(LINE, 1, (0, 0), entries, cells={"out": None}, queue_drop=[1]))
            store.put_secret("token", b"lost")
            assert store.load(LINE, 1, 0).sizes == (1, 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_at_the_end()
    assert store.load(LINE, 1, 0) == Kept(cells={"out": b"1"}, queue=[a_queue_row(1)])
    assert store.secret("token") is None
    assert store.enrolled() == [Enrolled(LINE, 1, 0, 0, 0)]


def test_an_operation_that_fails_takes_only_its_own_writes_along(store: Store) -> None:
    enrol(store)

    def fails_at_the_end() -> None:
        with store.savepoint():
            store.keep(Change(LINE, 1, (1, 0), [an_entry(0, 1)]))
            with store.savepoint():
                store.keep(Change(LINE, 1, (2, 0), [an_entry(0, 2)], cells={"out": b"lost"}))
            raise ZeroDivisionError

    with store.transaction():
        store.keep(Change(LINE, 1, (0, 0), [an_entry(0, 0)]))
        with pytest.raises(ZeroDivisionError):
            fails_at_the_end()
        with store.savepoint():
            store.keep(Change(LINE, 1, (1, 0), [an_entry(0, 1)], cells={"in": b"kept"}))
    assert store.load(LINE, 1, 0) == Kept(sizes=(2, 0), cells={"in": b"kept"})


def test_incarnations_and_lines_do_not_touch_each_other(store: Store) -> None:
    keys = [(LINE, 1), (LINE, 2), (OTHER_LINE, 1)]
    for line_id, inc in keys:
        enrol(store, line_id, inc)
    for size, (line_id, inc) in enumerate(keys):
        keep(
            store,
            Change(
                line_id,
                inc,
                (0, 0),
                some_entries(0, range(size)),
                queue_put=[a_queue_row(size)],
                outbox_put=[(0, b"%d" % size)],
                cells={"out": b"%d" % size},
            ),
        )
    keep(store, Change(LINE, 2, (1, 0), queue_drop=[1], outbox_drop_below=1, cells={"out": None}))
    assert store.enrolled() == [
        Enrolled(line_id, inc, 0, size, 0) for size, (line_id, inc) in enumerate(keys)
    ]
    assert store.load(LINE, 2, 0) == Kept(sizes=(1, 0))
    for size in (0, 2):
        kept = store.load(*keys[size], 0)
        assert kept.sizes == (size, 0)
        assert kept.queue == [a_queue_row(size)]
        assert kept.outbox == [(0, b"%d" % size)]
        assert kept.cells == {"out": b"%d" % size}


def test_the_joint_order_can_be_read_from_any_position(store: Store) -> None:
    enrol(store)
    # Their log sees ours late, so that the order is no simple alternation.
    entries = some_entries(0, range(40), seen=0) + [an_entry(1, n, seen=2 * n) for n in range(25)]
    keep(store, Change(LINE, 1, (0, 0), entries))
    joint = sorted(entries, key=lambda row: joint_key(row.dir, row.n, row.seen))
    assert store.entries(LINE, 1) == joint
    for start in range(70):
        assert store.entries(LINE, 1, start=start, limit=7) == joint[start : start + 7]


def test_one_log_can_be_read_from_any_number(store: Store) -> None:
    enrol(store)
    entries = some_entries(1, range(20))
    keep(store, Change(LINE, 1, (0, 0), entries))
    assert store.entries(LINE, 1, dir=1, start=5) == entries[5:]
    assert store.entries(LINE, 1, dir=1, start=5, limit=3) == entries[5:8]
    assert store.entries(LINE, 1, dir=1, start=20) == []
    assert store.entries(LINE, 1, dir=1, start=5, limit=0) == []


def test_heads_are_chosen_by_log_and_kind(store: Store) -> None:
    enrol(store)
    heads = [a_head(n % 2, n, "cosign" if n % 3 else "checkpoint") for n in range(12)]
    for head in heads:
        keep(store, Change(LINE, 1, (0, 0), heads=[head]))
    assert store.heads(LINE, 1) == heads
    assert store.heads(LINE, 1, dir=1) == heads[1::2]
    assert store.heads(LINE, 1, kind="checkpoint") == heads[::3]
    assert store.heads(LINE, 1, dir=0, kind="checkpoint", newest=1) == [heads[6]]
    assert store.heads(LINE, 1, newest=0) == []


def test_a_root_that_never_was_is_our_mistake(store: Store) -> None:
    with pytest.raises(Misused):
        store.root_at(LINE, 1, 0, 1)
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), some_entries(0, range(2))))
    for size in (3, -1):
        with pytest.raises(Misused):
            store.root_at(LINE, 1, 0, size)


def test_a_side_never_changes(store: Store) -> None:
    enrol(store, side=1)
    enrol(store, side=1)
    for side in (0, 2):
        with pytest.raises(Misused):
            enrol(store, side=side)
        with pytest.raises(Misused):
            store.load(LINE, 1, side)


def test_a_line_must_be_enrolled(store: Store) -> None:
    with pytest.raises(Misused, match="not enrolled"):
        keep(store, Change(LINE, 1, (0, 0), [an_entry(0, 0)]))
    assert store.entries(LINE, 1) == store.entries(LINE, 1, dir=1) == []


def test_nothing_is_written_outside_a_transaction(store: Store) -> None:
    enrol(store)
    with pytest.raises(Misused):
        store.keep(Change(LINE, 1, (0, 0)))
    with pytest.raises(Misused):
        store.enrol(LINE, 1, 0)
    with pytest.raises(Misused):
        store.put_secret("token", b"")
    with pytest.raises(Misused), store.savepoint():
        raise AssertionError


def test_transactions_do_not_nest_and_scrubs_stay_outside(store: Store) -> None:
    with store.transaction(), pytest.raises(Misused), store.transaction():
        raise AssertionError
    with store.transaction(), pytest.raises(Misused):
        store.scrub()
    store.scrub()


def test_secrets_come_and_go(store: Store) -> None:
    with store.transaction():
        store.put_secret("prekey 1", b"private" * 80)
        store.put_secret("prekey 2", b"other")
    with store.transaction():
        store.put_secret("prekey 1", None)
        store.put_secret("prekey 3", None)
    assert [store.secret(f"prekey {n}") for n in (1, 2, 3)] == [None, b"other", None]
    assert store.enrolled() == []


@pytest.mark.parametrize("whole", [True, False], ids=["transaction", "savepoint"])
def test_a_value_that_grew_in_a_step_that_was_undone_is_whole_afterwards(
    store: Store, whole: bool
) -> None:
    enrol(store)
    keep(store, Change(LINE, 1, (0, 0), cells={"out": b"1" * 200, "in": b"2" * 900}))
    grown = Change(LINE, 1, (0, 0), cells={"out": b"3" * 900, "in": b"4", "new": b"5" * 600})

    def fails_within(scope: AbstractContextManager[None]) -> None:
        with scope:
            store.keep(grown)
            raise ZeroDivisionError

    with nullcontext() if whole else store.transaction(), pytest.raises(ZeroDivisionError):
        fails_within(store.transaction() if whole else store.savepoint())
    assert store.load(LINE, 1, 0).cells == {"out": b"1" * 200, "in": b"2" * 900}
    again = {"new": b"6" * 300, "out": b"7" * 900, "in": b"8" * 500}
    keep(store, Change(LINE, 1, (0, 0), cells=dict(again)))
    assert store.load(LINE, 1, 0).cells == again
