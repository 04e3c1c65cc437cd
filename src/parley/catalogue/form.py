"""What the forms of the catalogue have in common: lines of `Label: value` under a title, then an
empty line and free words. Source: spec/calls.md Q1, spec/minute.md Y1.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from parley.core.errors import Refused

MOMENT = "%Y-%m-%d %H:%MZ"
VALUE_BYTES_MAX = 200  # of one line, as of a subject


def moment(at: float) -> str:
    """A moment as a form has it: UTC, to the minute."""
    return datetime.fromtimestamp(at, UTC).strftime(MOMENT)


def read_moment(text: str) -> int:
    """A moment of a form in POSIX seconds; ValueError for anything else."""
    return int(datetime.strptime(text, MOMENT).replace(tzinfo=UTC).timestamp())


def check_lines(rule: str, *values: str, bytes_max: int = VALUE_BYTES_MAX) -> None:
    """Refuse a value that is not one line, or is too long to be read in one."""
    for value in values:
        if value.strip() != value or not value or value.splitlines() != [value]:
            raise Refused(f"{value!r:.40} is not one line of text.", "Write it in one line.", rule)
        if len(value.encode()) > bytes_max:
            raise Refused(
                f"{value!r:.40} has {len(value.encode())} bytes; a line of the form has"
                f" {bytes_max} at most.",
                "Shorten it. A Latin letter is one byte, a Cyrillic or Arabic one two, a Chinese"
                " character three.",
                rule,
            )


def compose(title: str, lines: Iterable[tuple[str, str]], words: str = "") -> str:
    """The text of a form."""
    form = "\n".join((title, *(f"{label}: {value}" for label, value in lines)))
    return f"{form}\n\n{words}" if words else form


def read(text: str, title: str) -> tuple[list[tuple[str, str]], str]:
    """The labelled lines, and the words behind the first empty line."""
    form, _, words = text.partition("\n\n")
    first, *rest = form.split("\n")
    if first != title:
        return [], ""
    found = [line.partition(": ") for line in rest]
    return [(label, value) for label, _, value in found], words
