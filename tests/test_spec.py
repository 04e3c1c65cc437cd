"""The tables of `spec/` say what the code writes, and what they reserve it does not."""

from __future__ import annotations

import re
from pathlib import Path

from parley.core.entry import Key, Type
from parley.core.packets import Kind
from parley.station.alarms.tested import CERTIFIED

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "parley"
NUMBER = re.compile(r"\b([0-9A-F]{2})(?:[–-]([0-9A-F]{2}))?\b")
ROW = re.compile(r"^\| ([0-9A-F, ]+) \|", re.MULTILINE)


def page(name: str) -> str:
    return (ROOT / "spec" / f"{name}.md").read_text(encoding="utf-8")


def part(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def reserved(words: str) -> set[int]:
    """Two hexadecimal digits, or two of them with a dash between."""
    found = set()
    for first, last in NUMBER.findall(words):
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


def test_E7_the_page_lists_every_type_of_entry_and_reserves_none_that_is_used() -> None:
    types = part(page("entry"), "\n## Types\n", "\n**E7.**")
    listed = {int(number, 16) for row in ROW.findall(types) for number in row.split(", ")}
    assert listed == set(Type)
    kept = reserved(part(types, "\nReserved:", "\n\n"))
    assert {0x02, 0x3F, 0x70, 0xEF} <= kept
    assert not kept & listed


def test_E7_the_page_lists_every_key_of_a_header() -> None:
    keys = part(page("entry"), "\n**E7.**", "\nWhat is absent")
    assert {int(key) for row in ROW.findall(keys) for key in row.split(", ")} == {
        *Key,
        CERTIFIED,
    }


def test_S7_the_pages_name_every_kind_of_packet_and_reserve_none_that_is_used() -> None:
    named = re.findall(r"\*\*S\d+\.\*\* ([A-Z]+) \(kind (\d+)\)", page("seal"))
    assert {name: int(kind) for name, kind in named} == {kind.name: kind.value for kind in Kind}
    (row,) = re.findall(r"^\| 1 \| a packet about the line: (.*?) \|", page("wire"), re.MULTILINE)
    assert set(row.split(", ")) == {kind.name for kind in Kind}
    kept = part(page("wire"), "packet kinds ", ";")
    assert not any(re.search(rf"\b{kind.value}\b|{kind.name}", kept) for kind in Kind)


def test_every_module_that_the_overview_names_is_there() -> None:
    rows = [row for row in page("overview").splitlines() if row.startswith("| [")]
    assert len(rows) > 20
    wrong = []
    for row in rows:
        for name in re.findall(r"`([\w./-]+\.(?:py|js))`", row):
            places = ("", "core/", "console/static/")
            if not any(
                (SOURCE / f"{at}{name.removeprefix('src/parley/')}").is_file() for at in places
            ):
                wrong.append(name)
    assert not wrong
