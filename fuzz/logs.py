"""What two logs declare of a line, whatever their bytes say."""

from __future__ import annotations

from fuzz.script import Script
from parley.core.entry import Status, Type
from parley.core.kept import EntryRow
from parley.station.line.declared import ALL, Declared
from parley.station.line.standing import order

TYPES = (Type.TEXT, Type.SUSPEND, Type.LIFT, Type.CLOSE)


def declared(data: bytes) -> None:
    """Nothing in an entry stops the reading, and both sides read the same state from the same logs,
    in whatever order they heard them."""
    script = Script(data)
    flash, notice_s = bool(script.number() & 1), script.number(2)
    logs: tuple[list[EntryRow], list[EntryRow]] = ([], [])
    while not script.over:
        choice = script.number()
        dir, kind = choice & 1, TYPES[choice >> 1 & 3]
        seen = min(script.number(), len(logs[1 - dir]))
        time, body = script.number(4), script.some()
        fixed = (dir, len(logs[dir]), kind, choice & 0xD8, time, seen)
        logs[dir].append(EntryRow(*fixed, b"", b"", body, b"", b"", 0.0))
    near, far = (Declared(ours, flash, notice_s) for ours in (0, 1))
    for row in logs[0] + logs[1]:
        near.add(row)
    for row in logs[1] + logs[0]:
        far.add(row)
    assert near.state() == far.state(), "two stations of two minds"
    assert near.state((0, 0)) == "open", "a state without entries"
    for row in logs[0] + logs[1]:
        assert bool(near.in_spite_of(row, False)) == bool(far.in_spite_of(row, False))
        assert near.in_spite_of(row, True) is None or near.closes(ALL)
        if row.marks >> 3 & 7 == Status.SERVICE:
            assert near.in_spite_of(row, False) is None or near.closes(ALL)
        assert order(row.type, None) is None or row.type != Type.TEXT
