"""Signs of a text that show nothing: seen on a page, and kept from turning what stands around."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from parley.console.tongues import N_, _, pgettext

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


def seen_signs(text: str) -> str:
    """One line with its hidden signs written out, where there is no room for boxes."""
    return "".join(
        piece.text if not piece.sign else f"[{piece.sign}]{piece.text.strip()}"
        for piece in pieces(text)
    )
