"""The declared state as a function of two logs: what the model says, in Python, on small logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from parley.core.entry import EPOCH_2020, Key, Precedence, Type, body_of
from parley.core.kept import EntryRow
from parley.core.wire import Value
from parley.station.line.declared import ALL, Act, Declared, Scope, read_suspension

EVERYTHING = Scope().payload("why")


def entry(
    dir: int,
    n: int,
    kind: int,
    seen: int,
    payload: Value = "words",
    *,
    time: int = 1000,
    urgency: int = 0,
    rescue: bool = False,
) -> EntryRow:
    header: dict[int, Value] = {Key.RESCUE: True} if rescue else {}
    body = body_of(kind, header, EVERYTHING if kind == Type.SUSPEND else payload)
    return EntryRow(dir, n, kind, urgency << 6 | 8, time, seen, b"", b"", body, b"", b"", 0.0)


@dataclass
class Two:
    """Two speakers; each has heard so much of the other."""

    logs: tuple[list[EntryRow], list[EntryRow]] = field(default_factory=lambda: ([], []))
    heard: list[int] = field(default_factory=lambda: [0, 0])

    def view(self, side: int) -> Declared:
        declared = Declared(side)
        for row in self.logs[side]:
            declared.add(row)
        for row in self.logs[1 - side][: self.heard[side]]:
            declared.add(row)
        return declared

    def says(self, side: int, kind: int) -> None:
        if self.may_say(side, kind):
            self.logs[side].append(entry(side, len(self.logs[side]), kind, self.heard[side]))

    def may_say(self, side: int, kind: int) -> bool:
        view = self.view(side)
        if kind == Type.CLOSE:
            return not view.closing
        if view.state() == "closed":
            return False
        if kind == Type.TEXT:
            return view.bars(kind, Precedence.ROUTINE, False, 2e9) is None
        return kind != Type.LIFT or view.state() == "suspended"

    def hears(self, side: int) -> None:
        self.heard[side] = min(self.heard[side] + 1, len(self.logs[1 - side]))


ACTS = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from((Type.TEXT, Type.SUSPEND, Type.LIFT, Type.CLOSE, None))
    ),
    max_size=30,
)


@given(ACTS)
def test_D1_who_has_heard_all_is_of_one_mind(acts: list[tuple[int, Type | None]]) -> None:
    two = Two()
    for side, kind in acts:
        if kind is None:
            two.hears(side)
        else:
            two.says(side, kind)
    two.heard = [len(two.logs[1]), len(two.logs[0])]
    near, far = two.view(0), two.view(1)
    assert near.state() == far.state()
    assert {(act.dir, act.n) for act in near.standing()} == {
        (act.dir, act.n) for act in far.standing()
    }
    for log in two.logs:
        for row in log:
            assert near.in_spite_of(row, rescue=False) is None


@given(ACTS)
def test_D7_words_after_a_known_suspension_follow_tests_of_both(
    acts: list[tuple[int, Type | None]],
) -> None:
    two = Two()
    for side, kind in acts:
        if kind is None:
            two.hears(side)
        else:
            two.says(side, kind)
    for side, log in enumerate(two.logs):
        for row in log:
            if row.type != Type.TEXT:
                continue
            known = (log[: row.n], two.logs[1 - side][: row.seen])
            for speaker, rows in ((side, known[0]), (1 - side, known[1])):
                for stop in (each for each in rows if each.type == Type.SUSPEND):
                    own, other = two.logs[speaker], two.logs[1 - speaker]
                    assert any(each.type == Type.LIFT and each.n > stop.n for each in own)
                    assert any(each.type == Type.LIFT and each.seen > stop.n for each in other)


@given(ACTS, st.integers(0, 9), st.integers(0, 9), st.randoms())
def test_D1_what_stands_is_found_as_by_walking_all_orders(
    acts: list[tuple[int, Type | None]], of_a: int, of_b: int, order: Random
) -> None:
    """By their numbers, also where a clock that was set back has put them out of turn."""
    two = Two()
    for side, kind in acts:
        if kind is None:
            two.hears(side)
        elif kind != Type.CLOSE:  # a liar speaks on
            two.logs[side].append(entry(side, len(two.logs[side]), kind, two.heard[side]))
    declared, rows = Declared(0), [*two.logs[0], *two.logs[1]]
    order.shuffle(rows)
    for row in rows:
        declared.add(row)
    for limits in (ALL, (of_a, of_b)):
        seen = [act for act in declared.acts if act.n < limits[act.dir]]
        lifts = [act for act in seen if act.type == Type.LIFT]
        assert declared.standing(limits) == [
            act
            for act in seen
            if act.type == Type.SUSPEND
            and not (
                any(each.dir == act.dir and each.n > act.n for each in lifts)
                and any(each.dir != act.dir and each.seen > act.n for each in lifts)
            )
        ]


def test_D10_a_message_that_is_shown_costs_what_stands_and_not_what_was_lifted() -> None:
    """A counterpart may suspend and lift as often as it likes, and close again and again."""
    declared = Declared(0)
    for n in range(0, 2_000, 2):
        for dir in (0, 1):
            declared.add(entry(dir, n, Type.SUSPEND, n))
        for dir in (0, 1):
            declared.add(entry(dir, n + 1, Type.LIFT, n + 2))
    declared.add(entry(1, 2_000, Type.SUSPEND, 2_000))
    for n in range(2_001, 3_000):
        declared.add(entry(1, n, Type.CLOSE, 2_000))
    acts = declared.acts = _Counted(declared.acts)
    assert declared.state() == "closed"
    assert acts.read == len(acts) + 1  # each is filed once, and the one CLOSE is read
    seen_then = ((2_000, 3_000, Type.CLOSE), (2_000, 2_001, Type.SUSPEND), (52, 52, None))
    for n, seen, in_spite in seen_then:
        acts.read = 0
        found = declared.in_spite_of(entry(0, n, Type.TEXT, seen), rescue=False)
        assert (None if found is None else found.type) == in_spite
        assert acts.read <= 1


class _Counted(list[Act]):
    """Acts that count how many of them were looked at."""

    read = 0

    def __getitem__(self, at: Any) -> Any:
        self.read += 1
        return super().__getitem__(at)

    def __iter__(self) -> Iterator[Act]:
        self.read += len(self)
        return super().__iter__()


def test_D7_a_test_that_has_not_seen_the_suspension_lifts_nothing() -> None:
    line = Declared(0)
    line.add(entry(1, 0, Type.LIFT, 0))
    line.add(entry(0, 0, Type.SUSPEND, 0))
    line.add(entry(0, 1, Type.LIFT, 1))
    assert line.state() == "suspended"
    line.add(entry(1, 1, Type.LIFT, 1))
    assert line.state() == "open"


def test_D2_what_has_not_the_form_suspends_everything_at_once() -> None:
    good = ["why", 5, [1], [0, 3]]
    assert read_suspension(good) == ("why", Scope(5, (1,), (0, 3)))
    for payload in (
        None,
        "why",
        ["why", 5, [1]],
        [1, 5, [1], [0]],
        ["why", -1, [], []],
        ["why", 1 << 32, [], []],
        ["why", True, [], []],
        ["why", 0, [256], []],
        ["why", 0, [], [4]],
        ["why", 0, "1", []],
        ["why", 0, [0] * 257, []],
    ):
        assert read_suspension(payload) == ("", Scope())


def test_D4_what_passes() -> None:
    line = Declared(0, flash_passes=True)
    line.add(entry(1, 0, Type.SUSPEND, 0))
    now = float(EPOCH_2020 + 2000)
    for kind in (Type.TEST, Type.TEST_ANSWER, Type.SERVICE, Type.OPENED, Type.ROSTER, Type.LIFT):
        assert line.bars(kind, Precedence.ROUTINE, False, now) is None
    assert line.bars(Type.TEXT, Precedence.ROUTINE, True, now) is None
    assert line.bars(Type.TEXT, Precedence.FLASH, False, now) is None
    for number in (0x01, 0x02, 0x04, 0x30, 0x60, 0xC0):
        assert line.bars(number, Precedence.IMMEDIATE, False, now) is not None


def test_D3_it_takes_effect_when_both_time_and_notice_allow() -> None:
    line = Declared(0, notice_s=600)
    line.add(entry(1, 0, Type.SUSPEND, 0, time=1000))
    at = float(EPOCH_2020 + 1000)
    assert line.bars(Type.TEXT, 0, False, at + 599) is None
    assert line.next_begin(at) == at + 600
    assert line.bars(Type.TEXT, 0, False, at + 600) is not None
    assert line.next_begin(at + 600) == float("inf")


def test_D10_after_a_close_only_the_answer_is_in_order() -> None:
    line = Declared(0)
    close, answer = entry(1, 0, Type.CLOSE, 0), entry(0, 0, Type.CLOSE, 1)
    for row in (close, answer):
        line.add(row)
        assert line.in_spite_of(row, rescue=False) is None
    for late in (
        entry(1, 1, Type.TEXT, 0),
        entry(1, 1, Type.CLOSE, 1),
        entry(0, 1, Type.TEXT, 1, rescue=True),
    ):
        assert line.in_spite_of(late, rescue=False) is not None
    assert [act.words for act in line.closes()] == ["words", "words"]


def test_D8_who_closes_twice_has_closed_once() -> None:
    declared = Declared(0)
    for n in (0, 1):
        declared.add(entry(1, n, Type.CLOSE, 0))
    assert [(act.dir, act.n) for act in declared.closes()] == [(1, 0)]
