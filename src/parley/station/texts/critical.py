"""The critical elements of a text, with their places.

Both persons of a release and whoever reads a message see the same list: times, dates, positions,
numbers and names as they were read from the text, each with its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from parley.catalogue.elements import Element, find

LOOKED_AT_MAX = 16_384  # characters: ten pages, some 0.2 s where they are nothing but numbers


def critical(text: str | None, at: float, names: list[tuple[int, int]] | None = None) -> list[Any]:
    """The elements of the first ten pages, as plain JSON; `at` tells the year where none stands."""
    if text is None:
        return []
    looked_at = text[:LOOKED_AT_MAX]
    within = [(start, end) for start, end in names or [] if end <= len(looked_at)]
    return as_json(find(looked_at, year_of(at), within), looked_at)


def as_json(found: Iterable[Element], text: str) -> list[Any]:
    """What was found in a text, each with its words and its place."""
    return [
        {
            "kind": each.kind.value,
            "value": each.value,
            "text": text[each.start : each.end],
            "start": each.start,
            "end": each.end,
            "protected": each.protected,
        }
        for each in found
    ]


def year_of(at: float) -> int:
    """The year of a moment, which a counterpart may have put anywhere."""
    return datetime.fromtimestamp(min(max(at, 0), 4e9), UTC).year
