"""A translation beside its original: which critical elements stand in both, and which do not.

Nothing is judged but numbers and names. An element counts as translated where it is read as the
same value: 0600Z and 06:00, 12 NM and двенадцать морских миль; a 1 or 2 also where the other text
has a word that may say it (one, une, both, an Arabic dual), and such a word by itself is looked for
nowhere. A protected name has to stand there letter
for letter, or as the glossary has it in the other language; in 1967 a ship of the name Liberty came
back as a "Liberty type ship".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from parley.catalogue.comparing import fold, stands_in
from parley.catalogue.elements import Element, Kind, hinted


class Mark(StrEnum):
    """What a row comes to."""

    SAME = "same"
    OMITTED = "omitted"  # the original says it, the translation does not
    ADDED = "added"  # the translation says it, the original does not
    CLASS = "taken for a class"  # a name of one thing in the original, of a kind of things here


@dataclass(frozen=True, slots=True)
class Row:
    """One element, as it is read and where it begins in either text; None where it is not."""

    kind: Kind
    value: str
    original: int | None
    translation: int | None
    mark: Mark


def compare(
    original: Sequence[Element],
    translation: Sequence[Element],
    whole: str,
    text: str,
    terms: Mapping[str, str] | None = None,
) -> list[Row]:
    """All elements of the original in its order, then what only the translation has; `whole` and
    `text` are the two, `terms` is how protected names are written in the translation."""
    there = {(each.kind, each.value): each.start for each in reversed(translation)}
    hints = _Hints(whole, text)
    rows: dict[tuple[Kind, str], Row] = {}
    accounted: set[tuple[Kind, str]] = set()
    for each in original:
        key = each.kind, each.value
        if key in rows:
            continue
        at = there.get(key)
        if each.kind is Kind.NAME and at is None:
            rendering = (terms or {}).get(each.value, each.value)
            accounted.add((Kind.NAME, rendering))
            at = _place(rendering, text)
        elif at is None:
            at = hints.in_translation(key)
        mark = Mark.OMITTED if at is None else Mark.SAME
        if each.kind is Kind.NAME and at is not None and _is_class(each.value, text):
            mark = Mark.SAME if _is_class(each.value, whole) else Mark.CLASS
        rows[key] = Row(each.kind, each.value, each.start, at, mark)
    added = [
        Row(each.kind, each.value, None, each.start, Mark.ADDED)
        for key, each in {(one.kind, one.value): one for one in reversed(translation)}.items()
        if key not in rows and key not in accounted and hints.in_original(key) is None
    ]
    return [*rows.values(), *sorted(added, key=lambda row: row.translation or 0)]


class _Hints:
    """What words of two texts may say; looked for only where something is missing."""

    def __init__(self, whole: str, text: str) -> None:
        self._texts = whole, text
        self._found: dict[str, dict[tuple[Kind, str], int]] = {}

    def in_original(self, key: tuple[Kind, str]) -> int | None:
        return self._place(self._texts[0], key)

    def in_translation(self, key: tuple[Kind, str]) -> int | None:
        return self._place(self._texts[1], key)

    def _place(self, text: str, key: tuple[Kind, str]) -> int | None:
        if key[0] not in (Kind.NUMBER, Kind.TIME):
            return None
        if text not in self._found:
            found = reversed(hinted(text))
            self._found[text] = {(each.kind, each.value): each.start for each in found}
        return self._found[text].get(key)


_BEFORE = r"(?:класса|типа|тип|classe|clase|type|tipo|class|طراز|فئة|نوع)"
_AFTER = r"(?:class|type|klasse|класс)"


def _is_class(name: str, text: str) -> bool:
    """Whether a name stands there as that of a class or type."""
    quoted, words = r"[\s«»“”\"「」《》-]{0,3}", re.escape(fold(name))
    return bool(
        re.search(rf"\b{_BEFORE}{quoted}{words}|{words}{quoted}{_AFTER}\b", fold(text))
        or re.search(rf"{words}{quoted}[级級型]", fold(text))
    )


def _place(name: str, text: str) -> int | None:
    """Where a name stands as a whole word, else None; its first letters tell where about."""
    if not stands_in(name, text):
        return None
    return max(text.find(name), 0)
