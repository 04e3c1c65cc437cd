"""Letters that look like those of another alphabet: «Аmity» may begin with a Cyrillic А.

Latin, Greek and Cyrillic share shapes. What is told is where one word has letters of two of them;
and a word all of whose letters have such shapes, in a text that has no other word of their
alphabet. It is told and not refused, for it may be meant. Source: Unicode Technical Standard 39,
sections 4 and 5.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

ALPHABETS = ("LATIN", "GREEK", "CYRILLIC")
LETTERS_MAX = 100_000  # of a text; what is longer is looked at so far
REMEMBERED_MAX = 4_096  # letters: nobody's texts fill the memory with all of Unicode
# Shapes that a reader cannot tell apart, in each of the three.
_SHARED = frozenset("ABCEHIJKMNOPSTXYZacehijopsvxyΑΒΕΖΗΙΚΜΝΟΡΤΥΧονϲϳАВЕКМНОРСТХЅІЈаеорсухѕіјһԛԝ")
_WORD = re.compile(r"[^\W\d_]+")
_UNIT = frozenset("°º′″'\"")


def lookalikes(text: str) -> list[int]:
    """The places of such letters, in order."""
    if text.isascii():
        return []
    text = text[:LETTERS_MAX]
    of_text: Counter[str] = Counter()
    known = set()
    for letter, count in Counter(text).items():  # few, however long the text is
        alphabet = _alphabet(letter)
        if alphabet:
            of_text[alphabet] += count
            if letter not in _SHARED:
                known.add(alphabet)
    if len(of_text) < 2:
        return []
    known.add(max(of_text, key=lambda each: of_text[each]))
    words = _WORD.finditer(text)
    return [at for found in words for at in _in_word(text, found.start(), found[0], known)]


def told(text: str) -> str:
    """Each letter once with its name: "А (cyrillic capital letter a)"."""
    letters = dict.fromkeys(text[at] for at in lookalikes(text))
    return ", ".join(f"{letter} ({name(letter)})" for letter in letters)


def name(letter: str) -> str:
    """What Unicode calls it."""
    return unicodedata.name(letter).lower()


def _in_word(text: str, start: int, word: str, known: set[str]) -> list[int]:
    own = {*map(_alphabet, word)} - {""}
    if len(own) > 1:
        most = _first(Counter(map(_alphabet, word)))
        return [start + at for at, each in enumerate(word) if _alphabet(each) not in ("", most)]
    if own and not known & own and _SHARED.issuperset(word):
        before = text[max(0, start - 2) : start].strip()[-1:]
        of_a_figure = before.isdigit() or before in _UNIT  # E of a longitude is no word
        return [] if before and of_a_figure else [*range(start, start + len(word))]
    return []


def _first(counted: Counter[str]) -> str:
    """The alphabet with most letters; of two with as many, the one that is named first above."""
    return max(ALPHABETS, key=lambda each: (counted[each], -ALPHABETS.index(each)))


@lru_cache(REMEMBERED_MAX)
def _alphabet(letter: str) -> str:
    of, _, __ = unicodedata.name(letter, "").partition(" ")
    return of if of in ALPHABETS and _WORD.match(letter) else ""
