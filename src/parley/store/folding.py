"""Text as it is compared when people look for words: what is written differently and read alike is
made the same. What is shown is never touched.

Width and compatibility forms (Unicode NFKD, UAX 15), case, accents of European letters, the points
of Hebrew and the tashkeel of Arabic fall away, as do signs that cannot be seen. Arabic letters that
people write one for another become one: the forms of alef, alef maksura and ya, ta marbuta and ha.
Digits of all scripts become ASCII, every kind of space a space. Chinese stays as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

CHUNK = 1024  # characters of a long text that are looked at in one go

# Marks of Latin, Greek, Cyrillic, Hebrew and Arabic. Vowel signs of others are letters there.
_MARKS = (
    *((0x0300, 0x036F), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670)),
    *((0x06D6, 0x06DC), (0x06DF, 0x06E4), (0x06E7, 0x06E8), (0x06EA, 0x06ED), (0x08D3, 0x08FF)),
)
_ALIKE = str.maketrans(
    {
        "\u0671": "\u0627",  # alef wasla; with hamza or madda NFKD takes the sign off
        "\u0649": "\u064a",  # alef maksura, written for a final ya
        "\u06cc": "\u064a",  # Farsi ya
        "\u06a9": "\u0643",  # Farsi kaf
        "\u0629": "\u0647",  # ta marbuta
        "\u0640": "",  # tatweel, which only makes a word longer
        "ı": "i",
    }
)


class _Folds(dict[int, str]):
    """What each character becomes, found when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) in ("Cf", "Cc"):
        return ""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    apart = unicodedata.normalize("NFKD", character).casefold()
    kept = "".join(each for each in apart if not any(a <= ord(each) <= b for a, b in _MARKS))
    return unicodedata.normalize("NFC", kept.translate(_ALIKE))


_FOLDS = _Folds()


def fold(text: str) -> str:
    """The text as it is compared."""
    return text.translate(_FOLDS)


def origin(text: str, at: int) -> int:
    """Which character of the text became the one at place `at` of what it folds to."""
    start = 0
    while start < len(text):
        length = len(fold(text[start : start + CHUNK]))
        if at < length:
            break
        at -= length
        start += CHUNK
    for place in range(start, min(start + CHUNK, len(text))):
        at -= len(_FOLDS[ord(text[place])])
        if at < 0:
            return place
    return len(text)


def hits(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where folded words stand in a text, as [from, to) of its characters; those that touch are
    one."""
    folded, origins = "", list[int]()
    for place, character in enumerate(text):
        piece = _FOLDS[ord(character)]
        folded += piece
        origins += [place] * len(piece)
    spans: list[tuple[int, int]] = []
    for word in words:
        at = folded.find(word) if word else -1
        while at >= 0:
            end = origins[at + len(word) - 1] + 1
            while end < len(text) and not _FOLDS[ord(text[end])]:
                end += 1  # the marks that belong to the last letter
            spans.append((origins[at], end))
            at = folded.find(word, at + len(word))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
