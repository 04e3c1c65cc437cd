"""What must come out of spec/declared.md: two small logs, and what they declare."""

from __future__ import annotations

from typing import Any

from parley.core.entry import EPOCH_2020, Key, Type, body_of, read_body
from parley.core.kept import EntryRow
from parley.core.wire import Value
from parley.station.line.declared import Declared, Scope, is_rescue
from vectors.material import Page

WHOLE = Scope().payload("Weather.")
PART = Scope(0, (1, 2), (0, 1)).payload("Weather.")
LATER = Scope(5_000).payload("Weather.")
A, B = 0, 1
SUSPEND, LIFT, CLOSE, TEXT = Type.SUSPEND, Type.LIFT, Type.CLOSE, Type.TEXT
FLASH = 0xC8

# (direction, type, seen, payload, and what differs from a ROUTINE EXERCISE entry at 1,000 s)
Said = tuple[int, int, int, Value, dict[str, Any]]
NOTHING: dict[str, Any] = {}
RESCUE = {"header": {Key.RESCUE: True}}
LOGS: dict[str, tuple[bool, int, list[Said]]] = {
    "open": (False, 0, [(A, TEXT, 0, "Good morning.", NOTHING)]),
    "suspended": (
        False,
        0,
        [
            (A, SUSPEND, 0, WHOLE, NOTHING),
            (B, TEXT, 0, "It crossed.", NOTHING),
            (B, TEXT, 1, "In spite of it.", NOTHING),
            (B, TEXT, 1, "A trawler burns.", RESCUE),
            (B, Type.OPENED, 1, [0, 7], NOTHING),
            (A, TEXT, 0, "In spite of itself.", {"marks": FLASH}),
        ],
    ),
    "one side has tested": (
        False,
        0,
        [(A, SUSPEND, 0, WHOLE, NOTHING), (B, LIFT, 1, "Seven swans.", NOTHING)],
    ),
    "a test that had not seen it": (
        False,
        0,
        [
            (B, LIFT, 0, "Seven swans.", NOTHING),
            (A, SUSPEND, 1, WHOLE, NOTHING),
            (A, LIFT, 1, "Lime trees.", NOTHING),
        ],
    ),
    "lifted": (
        False,
        0,
        [
            (A, SUSPEND, 0, WHOLE, NOTHING),
            (A, LIFT, 0, "Lime trees.", NOTHING),
            (B, LIFT, 1, "Seven swans.", NOTHING),
            (B, TEXT, 2, "Good morning.", NOTHING),
        ],
    ),
    "two suspensions that crossed, one lifted": (
        False,
        0,
        [
            (A, SUSPEND, 0, WHOLE, NOTHING),
            (B, SUSPEND, 0, WHOLE, NOTHING),
            (A, LIFT, 0, "Lime trees.", NOTHING),
            (B, LIFT, 2, "Seven swans.", NOTHING),
        ],
    ),
    "in part": (
        False,
        0,
        [
            (A, SUSPEND, 0, PART, NOTHING),
            (B, TEXT, 1, "Routine.", NOTHING),
            (B, TEXT, 1, "Urgent.", {"marks": FLASH}),
            (B, 0x04, 1, b"A letter.", NOTHING),
        ],
    ),
    "FLASH passes": (
        True,
        0,
        [
            (A, SUSPEND, 0, WHOLE, NOTHING),
            (B, TEXT, 1, "Routine.", NOTHING),
            (B, TEXT, 1, "Urgent.", {"marks": FLASH}),
        ],
    ),
    "with notice": (
        False,
        3_600,
        [
            (A, SUSPEND, 0, WHOLE, NOTHING),
            (B, TEXT, 1, "In time.", {"time": 4_599}),
            (B, TEXT, 1, "Too late.", {"time": 4_600}),
            (A, SUSPEND, 3, LATER, NOTHING),
            (B, TEXT, 2, "Too late for the first.", {"time": 4_999}),
        ],
    ),
    "a suspension that cannot be read": (
        False,
        0,
        [(A, SUSPEND, 0, ["Weather.", 0, []], NOTHING), (B, TEXT, 1, "Words.", NOTHING)],
    ),
    "closed": (
        False,
        0,
        [
            (A, CLOSE, 0, "It ends.", NOTHING),
            (B, CLOSE, 1, "", {"header": {Key.ANSWERS: [0, 0]}}),
            (B, TEXT, 1, "A trawler burns.", RESCUE),
            (A, CLOSE, 1, "Once more.", NOTHING),
        ],
    ),
}


def declared() -> Page:
    """All of them."""
    return {"logs": [_page(name, *given) for name, given in LOGS.items()]}


def _page(name: str, flash_passes: bool, notice_s: int, said: list[Said]) -> Page:
    line = Declared(A, flash_passes, notice_s)
    entries: list[EntryRow] = []
    for dir, kind, seen, payload, more in said:
        n = sum(each.dir == dir for each in entries)
        body = body_of(kind, more.get("header", {}), payload)
        fixed = (dir, n, kind, more.get("marks", 0x08), more.get("time", 1_000), seen)
        entries.append(EntryRow(*fixed, b"", b"", body, b"", b"", 0.0))
        line.add(entries[-1])
    return {
        "name": name,
        "flash passes": flash_passes,
        "notice": notice_s,
        "entries": [
            {
                "dir": each.dir,
                "n": each.n,
                "type": each.type,
                "marks": each.marks,
                "time": each.time,
                "seen": each.seen,
                "body": each.body.hex(),
            }
            for each in entries
        ],
        "state": line.state(),
        "standing": [[act.dir, act.n] for act in line.standing()],
        "begins": [int(act.begins) - EPOCH_2020 if act.begins else 0 for act in line.standing()],
        "in spite": [
            [each.dir, each.n] for each in entries if line.in_spite_of(each, _rescue(each))
        ],
    }


def _rescue(entry: EntryRow) -> bool:
    content = read_body(entry.type, entry.marks, entry.body)
    return content is not None and is_rescue(content.header)
