"""Two readouts side by side with the minute, topic by topic: what one has and the other lacks.

Nothing is merged and nothing judged: each row says what stands where. The comparison reads no
language. It finds an item of the agenda where a topic line bears its number or its words, or where
its words stand in the statement; names where they stand as in the minute; dates, times and numbers
as `elements` finds them. What two languages say in different words is not found to be the same, and
a row that says `same` says so of these figures and names alone. Source: spec/minute.md Y8.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from parley.catalogue.elements import Elements, elements
from parley.catalogue.form import moment
from parley.catalogue.minutes import Attendee, Minute, Readout

_NUMBERED = re.compile(r"(?P<at>[1-9]\d?)\.\s+(?P<words>.+)")
IN_WORDS = "in its words"
NOT_TOUCHED = "not touched"

FIGURES_MAX = 200  # of a kind: more is a table, and read elsewhere


class Mark(StrEnum):
    """What a row comes to."""

    SAME = "same"
    DIFFER = "differ"
    FIRST_ONLY = "only the first"
    SECOND_ONLY = "only the second"
    NEITHER = "neither"
    ALONE = "no second readout"
    FITS = "as in the minute"
    APART = "not compared"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that may differ, with what stands where; empty where nothing does."""

    kind: str  # "date", "with", "topic", "date in words", "time", "number" or "name"
    what: str
    minute: str
    first: str
    second: str
    mark: Mark


def compare(minute: Minute | None, first: Readout, second: Readout | None) -> list[Row]:
    """Row by row, in the order in which people ask: when, with whom, about what, and then what
    figures and names the statements hold. Texts are parsed; each party's names stand in the
    minute, where there is one."""
    return [
        *_headings(minute, first, second),
        *_topics(minute, first, second),
        *_figures(minute, first, second),
        *_names(minute, first, second),
    ]


def _headings(minute: Minute | None, first: Readout, second: Readout | None) -> Iterator[Row]:
    day = datetime.fromtimestamp(minute.facts.began, UTC).date().isoformat() if minute else ""
    days = [each.day.isoformat() for each in (first, second) if each]
    known = {*days, *([day] if day else [])}
    yield _row("date", "Date of the call", day, *_two(days), mark=_agree(known, second))
    whom = [each.with_whom for each in (first, second) if each]
    # Each side speaks with the other, so only the minute tells whether that is true.
    present = "; ".join(each.name or each.office for each in minute.facts.present) if minute else ""
    mark = Mark.APART
    if minute is not None and minute.facts.present:
        mark = Mark.FITS if all(_is_present(minute, each) for each in whom) else Mark.DIFFER
    yield _row("with", "With whom", present, *_two(whom), mark=mark)


def _is_present(minute: Minute, whom: str) -> bool:
    named = [part for each in minute.facts.present for part in (each.name, each.office) if part]
    return any(stands_in(part, whom) for part in named)


def _topics(minute: Minute | None, first: Readout, second: Readout | None) -> Iterator[Row]:
    facts = minute.facts if minute else None
    items = [*facts.touched, *facts.not_touched] if facts else []
    both = [each for each in (first, second) if each]
    left: list[dict[str, str]] = []
    found: list[dict[int, str]] = []
    for readout in both:
        own, at = _read_topics(readout, items)
        found.append(at)
        left.append(own)
    for number, item in enumerate(items):
        said = "touched" if facts and number < len(facts.touched) else NOT_TOUCHED
        values = [each.get(number, "") for each in found]
        yield _topic(f"{number + 1}. {item}", said, values)
    for topic in dict.fromkeys(topic for own in left for topic in own):
        values = [own.get(topic, "") for own in left]
        yield _topic(next(filter(None, values), topic), "", values)


def _topic(what: str, minute: str, values: list[str]) -> Row:
    mark = _has(*_two(values), len(values) > 1)
    if mark is Mark.NEITHER and minute == NOT_TOUCHED:
        mark = Mark.FITS  # nobody spoke of it, and nobody says so
    return _row("topic", what, minute, *_two(values), mark=mark)


def _read_topics(readout: Readout, items: list[str]) -> tuple[dict[str, str], dict[int, str]]:
    """The topics of its own, and where each item of the agenda stands in it."""
    own: dict[str, str] = {}
    at: dict[int, str] = {}
    folded = [fold(item) for item in items]
    for topic in readout.topics:
        numbered = _NUMBERED.fullmatch(topic)
        words = fold(numbered["words"] if numbered else topic)
        number = len(items)
        if numbered and int(numbered["at"]) <= len(items):
            number = int(numbered["at"]) - 1
        elif words in folded:
            number = folded.index(words)
        if number < len(items) and number not in at:
            at[number] = topic
        elif at.get(number) != topic:  # one more under the number of another is its own
            own[fold(topic)] = topic
    for number, item in enumerate(items):
        if number not in at and stands_in(item, readout.words):
            at[number] = IN_WORDS
    return own, at


def _figures(minute: Minute | None, first: Readout, second: Readout | None) -> Iterator[Row]:
    said = [elements(each.words, each.day.year) for each in (first, second) if each]
    known = _known(minute)
    for kind in ("dates", "times", "numbers"):
        values = sorted({value for each in said for value in getattr(each, kind)}, key=_rank)
        del values[FIGURES_MAX:]
        for value in values:
            has = [value if value in getattr(each, kind) else "" for each in said]
            yield _row(
                {"dates": "date in words"}.get(kind, kind.removesuffix("s")),
                value,
                value if value in getattr(known, kind) else "",
                *_two(has),
                mark=_has(*_two(has), second is not None),
            )


def _known(minute: Minute | None) -> Elements:
    if minute is None:
        return elements("", 1)
    facts = minute.facts
    done = (*facts.recorded, *facts.shown)
    spans = (*facts.interruptions, *(each.span for each in done))
    times = [moment(at) for span in spans for at in span]
    items = [each.item for each in done]
    text = [moment(facts.began), moment(facts.ended), *times, *items, *minute.agreed]
    year = datetime.fromtimestamp(facts.began, UTC).year
    return elements("\n".join((*text, *facts.touched, *facts.not_touched)), year)


def _names(minute: Minute | None, first: Readout, second: Readout | None) -> Iterator[Row]:
    for each in minute.facts.present if minute else ():
        if each.name:
            has = [
                each.name if _is_named(each, readout) else ""
                for readout in (first, second)
                if readout
            ]
            if any(has):
                mark = _has(*_two(has), second is not None)
                yield _row("name", each.name, each.party, *_two(has), mark=mark)


def _is_named(who: Attendee, readout: Readout) -> bool:
    """Whether it bears the whole name, or the last word of it, as most statements do."""
    last = who.name.split()[-1]
    text = f"{readout.with_whom}\n{readout.words}"
    return stands_in(who.name, text) or stands_in(last, text)


# --- marks


def _row(kind: str, what: str, minute: str, first: str, second: str, *, mark: Mark) -> Row:
    return Row(kind, what, minute, first, second, mark)


def _two(values: list[str]) -> tuple[str, str]:
    return values[0], values[1] if len(values) > 1 else ""


def _agree(known: set[str], second: Readout | None) -> Mark:
    if len(known) > 1:
        return Mark.DIFFER
    return Mark.SAME if second else Mark.ALONE


def _has(first: str, second: str, two: bool) -> Mark:
    if not two:
        return Mark.ALONE
    if first and second:
        return Mark.SAME
    return Mark.FIRST_ONLY if first else Mark.SECOND_ONLY if second else Mark.NEITHER


def _rank(value: str) -> tuple[int, str]:
    return len(value), value


# --- words


def fold(text: str) -> str:
    """The text as one compares it: compatible forms, one case, single spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


@lru_cache(maxsize=8)
def _folded(statement: str) -> str:
    """A whole statement, which is searched for each name and topic."""
    return fold(statement)


def stands_in(part: str, text: str) -> bool:
    """Whether words stand in a text as whole words; scripts without spaces have no such edge."""
    words = re.escape(fold(part))
    if not any(unicodedata.category(character) == "Lo" for character in part):
        words = rf"(?<![^\W\d_]){words}(?![^\W\d_])"
    return re.search(words, _folded(text)) is not None
