"""Signs of a text that show nothing: seen on a page, and kept from turning what stands around."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from parley.console.lookalikes import lookalikes, name
from parley.console.tongues import N_, _, pgettext

KEPT_MAX = 4_096  # different signs; a text has few, and may have each of them thousands of times
# Signs that do something and show nothing. A person reading a crisis message must see that they
# are there; where the text needs them to read well, they also keep their effect.
_NAMED = {
    0x00AD: "SHY",
    0x061C: "ALM",
    0x180E: "MVS",
    0x200B: "ZWSP",
    0x200E: "LRM",
    0x200F: "RLM",
    0x2028: "LINE",
    0x2029: "PARA",
    0x2060: "WJ",
}
_KEEPS_EFFECT = frozenset(_NAMED) - {0x2028, 0x2029}
# Parts of letters and of emoji: a box between them would tear the word apart, so they are counted
# below the text instead.
_WITHIN_WORDS = {
    0x200C: N_("zero-width non-joiner"),
    0x200D: N_("zero-width joiner"),
    0x00A0: N_("no-break space"),
    0x202F: N_("narrow no-break space"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text as it is, or one sign with the box that stands for it."""

    text: str
    sign: str = ""
    name: str = ""
    figures: bool = False  # to be read from left to right wherever it stands
    alike: bool = False  # a letter that looks like one of another alphabet


def pieces(text: str) -> Iterator[Piece]:
    """Cut a text so that a page can show each hidden sign; joined again it means the same."""
    if text.replace("\n", "").isprintable():
        yield Piece(text)
        return
    start = 0
    for at, character in enumerate(text):
        piece = _sign(character)
        if piece is None:
            continue
        if at > start:
            yield Piece(text[start:at])
        yield piece
        start = at + 1
    if start < len(text):
        yield Piece(text[start:])


# Among words from right to left 21°40′N would be shown as N40′21° and 0352Z as Z0352. The last sign
# of figures is one of them: a full stop behind belongs to the sentence.
_DIGIT, _UNIT = "0-9٠-٩۰-۹", "°º′″'\""
_FIGURES = re.compile(rf"[{_DIGIT}](?:[{_DIGIT}{_UNIT}.,:/+-]*[{_DIGIT}{_UNIT}])?[A-Za-z]*")
_RIGHT_TO_LEFT = ("R", "AL")


class InOrder:
    """Cuts a text, part by part from its beginning, so that its figures keep their order where
    words are read from right to left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._turns = not text.isascii() and any(map(_is_turned, text))
        self._alike = lookalikes(text)
        self._read = 0  # so far; what is kept in order turns nothing behind it and is passed over
        self._right_to_left = True  # the newest word read, if there was one in this line

    def pieces(self, start: int, end: int, *, whole: bool = False) -> Iterator[Piece]:
        """The pieces of a part; the `whole` of it where it is one figure with no word to be turned
        in it."""
        part = self._text[start:end]
        if whole and part.isprintable() and not any(map(_is_turned, part)) and self._turned(start):
            yield self._keep(start, end)
            return
        at = start
        for found in _FIGURES.finditer(self._text, start, end) if self._turns else ():
            if not self._turned(found.start()):
                continue
            if found.start() > at:
                yield from self._words(at, found.start())
            yield self._keep(*found.span())
            at = found.end()
        if at < end:
            yield from self._words(at, end)

    def _words(self, start: int, end: int) -> Iterator[Piece]:
        at = start
        for place in self._alike[bisect_left(self._alike, start) : bisect_left(self._alike, end)]:
            if place > at:
                yield from pieces(self._text[at:place])
            yield _alike(self._text[place])
            at = place + 1
        if at < end:
            yield from pieces(self._text[at:end])

    def _keep(self, start: int, end: int) -> Piece:
        self._read = end
        return Piece(self._text[start:end], figures=True)

    def _turned(self, at: int) -> bool:
        """Whether figures that begin there follow a word from right to left, and not one from left
        to right, whose order they keep (UAX 9, W2 and W7)."""
        if not self._turns:
            return False
        for character in self._text[self._read : at]:
            kind = unicodedata.bidirectional(character)
            if kind in ("L", "B", *_RIGHT_TO_LEFT):  # B: a line ends
                self._right_to_left = kind != "L"
        self._read = max(self._read, at)
        return self._right_to_left


def _is_turned(character: str) -> bool:
    return unicodedata.bidirectional(character) in _RIGHT_TO_LEFT


@lru_cache(KEPT_MAX)
def _alike(letter: str) -> Piece:
    return Piece(letter, name=name(letter), alike=True)


@lru_cache(KEPT_MAX)
def _sign(character: str) -> Piece | None:
    code = ord(character)
    if code == 0x0A or code in _WITHIN_WORDS or _is_variation(code):
        return None
    category = unicodedata.category(character)
    if code not in _NAMED and category not in ("Cc", "Cf", "Co", "Cn", "Cs"):
        return None
    label = _NAMED.get(code, f"U+{code:04X}")
    name = unicodedata.name(character, "a character without a name").lower()
    if code in (0x2028, 0x2029):
        kept = "\n"
    elif code == 0x09 or code in _KEEPS_EFFECT or category in ("Co", "Cn"):
        kept = character  # what our tables do not know may be a letter to the reader's browser
    else:
        kept = ""
    return Piece(kept, label, name)


def _is_variation(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0x180B <= code <= 0x180D or 0xE0100 <= code <= 0xE01EF


def unseen(text: str) -> str:
    """The signs within words, counted: "2 zero-width joiner, 1 no-break space"."""
    found = Counter(_WITHIN_WORDS[ord(c)] for c in text if ord(c) in _WITHIN_WORDS)
    return pgettext("list", ", ").join(f"{count} {_(name)}" for name, count in found.items())


def figures_in_order(line: str) -> str:
    """A line for a list, whose figures stand between LRI and PDI where they would be turned."""
    return "".join(
        f"\u2066{piece.text}\u2069" if piece.figures else piece.text
        for piece in InOrder(line).pieces(0, len(line))
    )


def seen_signs(text: str) -> str:
    """One line with its hidden signs written out, where there is no room for boxes."""
    return "".join(
        piece.text if not piece.sign else f"[{piece.sign}]{piece.text.strip()}"
        for piece in pieces(text)
    )
