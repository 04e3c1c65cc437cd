"""A text cut at its critical elements, so that a page marks each of them in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from parley.console.signs import InOrder, Piece

FRAMES = {"EXERCISE": "EXERCISE EXERCISE EXERCISE", "TEST": "TEST TEST TEST", "SERVICE": "SERVICE"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text: an element with what it was read as, or what stands between two."""

    pieces: Iterator[Piece]  # to be taken before the next part is
    kind: str = ""
    value: str = ""
    start: int = 0
    protected: bool = False


def stretches(text: str, elements: Sequence[dict[str, Any]] = ()) -> Iterator[Stretch]:
    """The whole text in order; what lies within another element is not marked again."""
    at, order = 0, InOrder(text)
    for each in elements:
        start, end = each["start"], each["end"]
        if start < at:
            continue
        if start > at:
            yield Stretch(order.pieces(at, start))
        value = each["value"]
        whole = each["kind"] != "name"
        cut = order.pieces(start, end, whole=whole)
        yield Stretch(cut, each["kind"], value, start, each["protected"])
        at = end
    if at < len(text):
        yield Stretch(order.pieces(at, len(text)))


def frame_line(status: str) -> str:
    """What stands as the first and the last line of a text that is not meant; not of its bytes."""
    return FRAMES.get(status, "")


# ISO 639 languages that are written from right to left, and ISO 15924 scripts that say so.
_RIGHT_TO_LEFT = frozenset(
    ["ar", "arc", "ckb", "dv", "fa", "he", "ks", "ku", "ps", "sd", "syr", "ug", "ur", "yi"]
)
_SCRIPTS = {"arab": True, "hebr": True, "syrc": True, "thaa": True, "latn": False, "cyrl": False}


def direction(language: str | None) -> str:
    """In which direction a text of that language is read; auto where the language tells nothing."""
    first, *more = (language or "").lower().split("-")
    if not first:
        return "auto"
    script = next((_SCRIPTS[each] for each in more if each in _SCRIPTS), None)
    right = first in _RIGHT_TO_LEFT if script is None else script
    return "rtl" if right else "ltr"


FILTERS = {"frame_line": frame_line, "direction": direction}
