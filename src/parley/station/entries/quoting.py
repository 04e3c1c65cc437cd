"""Words of the operators' chat that turn up in a draft, however they came there.

Whoever writes must say that they are meant; the releaser sees which they are and who said so. The
station compares words with words: it does not matter whether they were copied, typed again, or
pasted into a file first. Source: spec/chat.md O5 and O6; docs/decisions/0036.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from parley.catalogue.chat import words_of
from parley.core.entry import Type, read_body
from parley.core.errors import Refused
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import READERS, Person
from parley.station.entries import draft_steps
from parley.station.line.lines import OpenLine
from parley.station.line.wording import fold

if TYPE_CHECKING:
    from parley.station.station import Station

RECENT = 200  # lines of chat of one line that a text is held against, both sides together
COMPARED_MAX = 40_000  # characters of them, newest first: some ten milliseconds at most
SHOWN_MAX = 5
RUN = 12  # six words one behind the other, or twelve signs of a script without spaces
SHORT = 6  # a whole sentence of three words, or of six such signs
_SIGN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_SIGN}]|[^\W_{_SIGN}]+")
_SENTENCE = re.compile(r"[\n\u2028\u2029]+|(?<=[.!?;؟।])\s+|[。！？；]")
_IS_SIGN = re.compile(f"[{_SIGN}]")


@dataclass(frozen=True, slots=True)
class Prints:
    """What two texts are compared by: runs of words, and short sentences as a whole."""

    runs: frozenset[str]
    shorts: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Prints:
        """Those of a text; case, punctuation and white space make no difference."""
        shorts: set[str] = set()
        for sentence in _SENTENCE.split(text):
            words = _TOKEN.findall(fold(sentence))
            if SHORT <= sum(map(_weight, words)) < RUN:
                shorts.add(" ".join(words))
        return cls(_runs(_TOKEN.findall(fold(text))), frozenset(shorts))

    def meets(self, other: Prints) -> bool:
        """Whether the two have words in common."""
        return not (self.runs.isdisjoint(other.runs) and self.shorts.isdisjoint(other.shorts))


def _weight(word: str) -> int:
    return 1 if _IS_SIGN.match(word) else 2


def _runs(words: list[str]) -> frozenset[str]:
    weights = list(map(_weight, words))
    found: set[str] = set()
    end = weight = 0
    for start, first in enumerate(weights):
        while weight < RUN and end < len(words):
            weight += weights[end]
            end += 1
        if weight < RUN:
            break
        found.add(" ".join(words[start:end]))
        weight -= first
    return frozenset(found)


@lru_cache(maxsize=512)
def _of_chat(text: str) -> Prints:
    return Prints.of(text)  # the same lines of chat are held against every draft


def found_in(station: Station, *texts: str) -> list[dict[str, Any]]:
    """Lines of chat, of any line of this station, whose words stand in a text; newest first."""
    wanted = [each for each in map(Prints.of, texts) if each.runs or each.shorts]
    if not wanted:
        return []
    found = []
    for open_line in station.lines:
        for said in _recent(station, open_line):
            prints = _of_chat(said["text"])
            if any(each.meets(prints) for each in wanted):
                found.append(said)
    found.sort(key=lambda each: -each["kept"])
    return found


def _recent(station: Station, open_line: OpenLine) -> list[dict[str, Any]]:
    """The newest lines of chat, and those that have no number yet."""
    rows = [
        (life, row)
        for life in open_line.lives
        for row in station.store.sql(
            "SELECT id, dir, n, marks, body, wall FROM entries"
            " WHERE line_id = ? AND inc = ? AND type = 3 ORDER BY id DESC LIMIT ?",
            (*life.key, RECENT),
        )
    ]
    rows.sort(key=lambda item: -item[1]["id"])
    waiting = station.store.sql(
        "SELECT ? AS dir, NULL AS n, marks, body, ? AS wall FROM queue"
        " WHERE line_id = ? AND inc = ? AND type = 3",
        (open_line.ours, station.now.wall, *open_line.key),
    )
    found, left = [], COMPARED_MAX
    for life, row in [*((open_line, row) for row in waiting), *rows[:RECENT]]:
        words = words_of(read_body(Type.CHAT, row["marks"], row["body"]))
        if words is None:
            continue
        left -= len(words)
        if left >= 0:
            found.append(
                {
                    "line": life.address,
                    "line_name": life.agreed.name,
                    "counterpart": life.agreed.counterpart,
                    "dir": life.side(row["dir"]),
                    "n": row["n"],
                    "kept": row["wall"],
                    "text": words,
                }
            )
    return found


def check(station: Station, from_chat: bool, *texts: str) -> list[dict[str, Any]]:
    """What of the chat stands in what is written; Refused unless its writer says so (O6)."""
    found = found_in(station, *texts)
    if found and not from_chat:
        raise Refused(
            "These words stand in the operators' chat, which is no official text.",
            "Say that they are meant as a message, or write it in words of your own.",
            "O6",
        )
    return found


def check_said(station: Station, from_chat: bool, *texts: str) -> None:
    """The same of what one person says of a message, and nobody releases (O8)."""
    if not from_chat and found_in(station, *texts):
        raise Refused(
            "These words stand in the operators' chat, which is no official text.",
            "Say that they are meant to be said here, or write it in words of your own.",
            "O8",
        )


def note(
    station: Station, draft: int, who: Person, found: list[dict[str, Any]], sha256: str
) -> None:
    """A writer has said that words of a draft are from the chat, and meant (O6)."""
    which = ", ".join(
        f"{each['dir']} {each['n']}" for each in found[:SHOWN_MAX] if each["n"] is not None
    )
    draft_steps.note(station, draft, who.id, draft_steps.FROM_CHAT, which, sha256)


@operation("chat.compare", roles=READERS, reads=True)
def compare(
    station: Station, who: Person, *, text: Words, subject: Words | None = None
) -> dict[str, Any]:
    """Which recent lines of the chat a text, or its subject, has words of."""
    return view(found_in(station, text, subject or ""))


def view(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What was found as a page shows it: the newest few, and how many there are."""
    return {"chat": found[:SHOWN_MAX], "chat_found": len(found)}
