"""Which words may go out on which line: what stands beside the text rule of the core.

No text may say that it is of another mark than the one it bears: in an exercise, a test or a
service message none that it is real, where all is meant none that it is an exercise, and so on for
each of the four. In January 2018 an alert went out in Hawaii because the words "this is not a
drill" stood in an exercise message; a person believed them, as persons should. The words are in
`catalogue/mark_words.py`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parley.catalogue.counting import count_words
from parley.catalogue.mark_words import SAYS
from parley.catalogue.prepared import blanks
from parley.core.entry import Precedence, Status
from parley.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from parley.station.machine.config import WritingConfig

PIECE = 32_768  # characters that are looked through at once: some milliseconds a pattern
SEAM = 512  # by which one reaches into the next; no words that say a mark are half as long

# Characters of category Cf: they are not seen, and would part a word for the search alone.
_INVISIBLE = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"
)


def check_mark(text: str, status: Status) -> None:
    """Refuse words that say another mark than the one under which they would go out."""
    check_said(said_in(text, status), status)


def check_said(found: Iterable[Contradiction], status: Status) -> None:
    """Refuse the first of what a text says of itself that is another mark than this."""
    others = [each for each in found if each.means is not status]
    if not others:
        return
    first = min(others, key=lambda each: (each.line, each.character))
    raise Refused(
        f"line {first.line}, character {first.character}: the text says {first.words!r}, and it"
        f" would go out marked {status.name}",
        "write it without these words, or send it as a test"
        if first.means is Status.TEST
        else "write it without these words, or send it as a service message"
        if first.means is Status.SERVICE
        else f"write it without these words, or send it on a line marked {first.means.name}",
    )


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Words that contradict a mark, where they begin (from 1), and which mark they say."""

    words: str
    line: int
    character: int
    means: Status


def said_in(
    text: str, besides: Status | None = None, rest: Callable[[], None] | None = None
) -> list[Contradiction]:
    """Of each mark but the one that is meant, the first words by which a text says it of itself. A
    long one is looked through in pieces; `rest` is called between them, where others wait for the
    processor."""
    folded = _folded(text, _line_or_space)
    found = []
    for means, patterns in SAYS.items():
        if means is besides:
            continue
        hits = [
            hit
            for needed, pattern in patterns
            if not needed or any(each in folded for each in needed)
            if (hit := _first(pattern, folded, rest))
        ]
        if hits:
            hit = min(hits, key=lambda each: each.start())
            found.append(_placed(text, hit.start(), " ".join(hit.group().split()), means))
    return found


def contradiction(text: str, status: Status) -> Contradiction | None:
    """The first words of a text that contradict its mark."""
    found = said_in(text, status)
    return min(found, key=lambda each: (each.line, each.character)) if found else None


def _first(
    pattern: re.Pattern[str], folded: str, rest: Callable[[], None] | None
) -> re.Match[str] | None:
    """Where it stands first. What ends near the end of a piece is left to the next one, which
    begins before it: there it is seen what follows."""
    for start in range(0, max(len(folded), 1), PIECE):
        end = start + PIECE + SEAM
        hit = pattern.search(folded, start, end)
        if hit is not None and (end >= len(folded) or hit.end() <= end - SEAM // 2):
            return hit
        if rest is not None:
            rest()
    return None


def _placed(text: str, start: int, words: str, means: Status) -> Contradiction:
    """The place in the text as written: the shortest beginning that folds to more than what stands
    before the words."""
    at = bisect_left(range(len(text)), start + 1, key=lambda n: len(fold(text[: n + 1])))
    line = text.count("\n", 0, at) + 1
    return Contradiction(words, line, at - (text.rfind("\n", 0, at) + 1) + 1, means)


def fold(text: str) -> str:
    """The text as a hasty reader takes it: compatible forms, no invisible characters, one case."""
    return _folded(text, " ")


def _folded(text: str, space: str | Callable[[re.Match[str]], str]) -> str:
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"\s+", space, text.casefold())


def _line_or_space(white: re.Match[str]) -> str:
    return "\n" if "\n" in white.group() else " "


def words_max(precedence: Precedence, limits: WritingConfig) -> int:
    """How many words a message of this precedence may have; 0 for as many as one likes."""
    if precedence is Precedence.FLASH:
        return limits.words_flash
    return limits.words_immediate if precedence is Precedence.IMMEDIATE else 0


def check_length(text: str, precedence: Precedence, limits: WritingConfig) -> None:
    """Refuse a FLASH or IMMEDIATE that takes long to read (ACP 121: 200 words)."""
    words, most = count_words(text), words_max(precedence, limits)
    if most and words > most:
        raise Refused(
            f"the text has {words:,} words, {words - most:,} more than the {most:,} that a"
            f" {precedence.name} may have here",
            "shorten it, send the rest after it, or choose a lower precedence",
        )


def advice(text: str) -> list[str]:
    """What a drafter might want to know; nothing is refused for it."""
    left = blanks(text)
    return [f"Blanks are left in it: {', '.join(dict.fromkeys(left))}."] if left else []
