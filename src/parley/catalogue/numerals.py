"""Numbers in words, put into figures, so that three, три, trois, ثلاثة and 三 are read as 3.

What is found: whole numbers of six languages in words, with the parts between them (twenty-one,
двадцать один, vingt et un, خمسة وعشرون), as decimals (three point five) and with a half, and digits
that are said one by one (two seven zero). Words that are mostly no numbers are weak, and so is
what means both: no list shows them, and a number that a translation has in their place is not held
for added or omitted. What is not: ordinals, fractions, about so many (dozens, сотни), numbers
within another word (двухчасовой), hours by ordinals, other languages.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from parley.catalogue import hanzi
from parley.catalogue.number_words import ARABIC, ENGLISH, FRENCH, TONGUES, Tongue, folded

_SENTENCE = re.compile(r"[^.!?;\n。！？؟]+")
_WORD = re.compile("[^\\W\\d_](?:[^\\W\\d_]|[\u0300-\u036f\u064b-\u0652])*")
_STROKES = "-\u2010\u2011"
_GAPS = frozenset(f" \u00a0\u202f{_STROKES}")  # one sign between two words of a number
_DUAL = re.compile("(?:[وف]?[بلك]?ال|[وبل])?\\w{3,}(?:تان|تين)")
_PREFIXES = ("و", "ف", "ب", "ل", "ال", "وال", "بال", "فال", "لل", "وب", "ول", "ولل")  # and, by, for
_PLURAL = re.compile(
    r"\w+[sx]|janvier|février|avril|mai|juin|juillet|août|\w+bre|mille|millions?|milliards?"
)
_KNOWN = frozenset(word for each in TONGUES for word in (*each.adds, *each.times))
_ENGLISH_TOO = frozenset(["once", "seize"])
_ONE_BY_ONE_MIN = 3  # two digits beside each other are two numbers
# A number behind a capital letter is put behind a sign of no width: in May two ships is no date.
_APART = "\u2060"


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in words: where it stands, and in figures."""

    start: int
    end: int
    figures: str
    weak: bool = False
    digit: bool = False  # one of 0 to 9, said in one word


def numerals(text: str) -> list[Numeral]:
    """All of a text in its order, none within another."""
    found = [] if text.isascii() else [Numeral(*each) for each in hanzi.numerals(text)]
    home = _language(_WORD.findall(text))
    for sentence in _SENTENCE.finditer(text):
        found_words = _WORD.finditer(text, *sentence.span())
        # Marks of Arabic that stand by themselves are no word, and folded there is nothing of them.
        words = [_Word(*each.span(), each[0]) for each in found_words if folded(each[0])]
        found += _said_one_by_one(text, _Sentence(text, words, home).numerals())
    return sorted(found, key=lambda each: each.start)


class InFigures:
    """A text with its numbers in figures, which knows where each sign of it stood before."""

    def __init__(self, text: str, found: Iterable[Numeral]) -> None:
        parts, at, length = [], 0, 0
        self._places: list[tuple[int, int, int, int]] = []  # here from, to; there from, to
        for each in found:
            apart = _APART if _behind_a_capital(text, each.start) else ""
            parts += [text[at : each.start], figures := apart + each.figures]
            length += each.start - at
            self._places.append((length, length + len(figures), each.start, each.end))
            length += len(figures)
            at = each.end
        self.text = "".join([*parts, text[at:]])
        self._begins = [place[0] for place in self._places]

    def there(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of this text stood in the other one."""
        first, *_ = self._place(start)
        _, last = self._place(end - 1) if end > start else (0, first)
        return first, last

    def _place(self, at: int) -> tuple[int, int]:
        """Where one sign stood."""
        which = bisect_right(self._begins, at) - 1
        if which < 0:
            return at, at + 1
        _, end, there, upto = self._places[which]
        return (there, upto) if at < end else (at - end + upto, at - end + upto + 1)


def _behind_a_capital(text: str, at: int) -> bool:
    before = re.search(r"([^\W\d_])[^\W\d_]*\.?\s$", text[max(0, at - 24) : at])
    return before is not None and before[1].isupper()


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    written: str


def _language(words: Sequence[str]) -> Tongue | None:
    """Of which language a sentence is, by its small words and numbers; None where none is first."""
    known = [folded(word) for word in words]
    counts = [
        sum(word in each.common or (word in each.adds and word not in each.only) for word in known)
        for each in TONGUES
    ]
    most = max(counts)
    return TONGUES[counts.index(most)] if most and counts.count(most) == 1 else None


@dataclass(slots=True)
class _Sum:
    """A number as its words are heard one after the other."""

    tongue: Tongue
    total: int = 0
    group: int = 0  # what stands before the next thousand
    least: int = 10**13  # the thousand, million or milliard before

    @property
    def value(self) -> int:
        return self.total + self.group

    def adds(self, value: int, joined: bool) -> bool:
        """Whether a number belongs to it, and then it is added."""
        if not self._fits(value, joined):
            return False
        fourscore = self.tongue is FRENCH and value == 20 and self.group % 100 == 4
        self.group += 76 if fourscore else value
        return True

    def _fits(self, value: int, joined: bool) -> bool:
        rest = self.group % 100
        if not self.value:
            return value > 0
        if value >= 1_000 or value == 0:
            return False
        if self.tongue is ARABIC:
            return self._fits_in_arabic(value, joined)
        if value >= 100:
            return not self.group
        if self.tongue is FRENCH and self._fits_in_french(value, rest, joined):
            return True
        if joined and self.tongue is not ENGLISH and (value > 9 or rest not in range(20, 100, 10)):
            return False
        if joined and self.tongue is ENGLISH and rest:
            return False
        return not rest or (value < 10 and rest >= 20 and not rest % 10)

    def _fits_in_french(self, value: int, rest: int, joined: bool) -> bool:
        if joined:
            return value == 11 and rest == 60
        if value == 20:
            return rest == 4
        if value < 10:
            return value >= 7 and rest in (10, 70, 90)
        return value < 20 and rest in (60, 80)

    def _fits_in_arabic(self, value: int, joined: bool) -> bool:
        rest = self.group % 100
        if not joined:
            return value == 10 and 3 <= rest <= 9
        if value >= 100:
            return not self.group
        return not rest or (rest < 10 and 20 <= value < 100)

    def times(self, value: int, joined: bool) -> bool:
        """Whether it is so many of these, and then it is multiplied."""
        if joined:
            if self.group if value == 100 else not self.total or self.group or value >= self.least:
                return False
            self.group = 1
        if value < 1_000:
            if not 0 < self.group < 20 and not joined:
                return False
            self.group *= value
        elif self.group and value < self.least:
            self.total += self.group * value
            self.group, self.least = 0, value
        elif not self.group and self.total < 1_000 * self.least and value > self.least:
            self.total *= value  # two thousand million
            self.least = value
        else:
            return False
        return True


@dataclass(frozen=True, slots=True)
class _Part:
    """What a word says of a number; in Arabic with what is written together with it."""

    adds: int | None
    times: int | None
    attached: str = ""
    words: int = 1


class _Sentence:
    """One sentence of a text, whose words are looked up in all languages."""

    def __init__(self, text: str, words: list[_Word], home: Tongue | None) -> None:
        self._text, self._words, self._home = text, words, home
        self._folded = [folded(each.written) for each in words]
        self._tongues: list[Tongue | None] = []

    def numerals(self) -> Iterator[Numeral]:
        """Its numbers in words, in their order."""
        at = 0
        while at < len(self._words):
            found, upto = None, at
            for tongue in TONGUES if self._may_begin(at) else ():
                one, behind = self._number(at, tongue)
                if behind > upto:
                    found, upto = one, behind
            if upto == at:
                found, upto = self._weak(at), at + 1
            if found is not None:
                yield found
            at = upto

    def _may_begin(self, at: int) -> bool:
        return self._folded[at] in _KNOWN or "\u0600" <= self._folded[at][0] <= "\u06ff"

    def _number(self, at: int, tongue: Tongue) -> tuple[Numeral | None, int]:
        """The number that begins with a word, and with which word it is over; None where what
        stands beside it says that it is none."""
        said, upto = _Sum(tongue), at
        while upto < len(self._words) and (behind := self._takes(said, upto, at)):
            upto = behind
        if upto == at:
            return None, at
        if not self._stands(at, upto, tongue):
            return None, upto if said.tongue in (self._tongue(), self._home) else at
        attached = len(self._part(at, tongue).attached)
        alone, start = upto == at + 1, self._words[at].start + attached
        figures, behind = self._fraction(said, upto)
        both = said.value == 2 and self._before(at) in tongue.both
        weak = alone and behind == upto and (both or self._folded[at][attached:] in tongue.weak)
        end = self._words[behind - 1].end
        return Numeral(start, end, figures, weak, alone and said.value < 10), behind

    def _takes(self, said: _Sum, at: int, first: int) -> int:
        """Behind which word the number goes on when it takes this one; 0 where it does not."""
        tongue, joined = said.tongue, False
        if at > first:
            if not self._adjoins(at):
                return 0
            if joined := self._folded[at] in tongue.joins:
                at += 1
                if at == len(self._words) or not self._adjoins(at):
                    return 0
                if tongue is ENGLISH and self._behind(at + 1) in tongue.times:
                    return 0  # two hundred and three hundred are two numbers
        part = self._part(at, tongue)
        joined = joined or (at > first and part.attached.startswith("و"))
        if at > first and part.attached and not joined:
            return 0
        if part.adds is not None and said.adds(part.adds, joined):
            return at + part.words
        if part.times is None:
            return 0
        if at == first:
            if not self._is_alone(at, tongue):
                return 0
            said.group = 1
        elif tongue is FRENCH and self._folded[at] in tongue.alone and said.value == 1:
            return 0  # un mille is a mile
        return at + 1 if said.times(part.times, joined) else 0

    def _is_alone(self, at: int, tongue: Tongue) -> bool:
        """Whether what multiplies may begin a number: mille hommes, a hundred."""
        start = self._words[at].start
        if self._text[max(0, start - 2) : start - 1].isdigit():
            return False  # it belongs to the figures before it
        if tongue is ENGLISH:
            return self._before(at) == "a" and self._before(at - 1) != "half"
        return self._folded[at] in tongue.alone or bool(self._part(at, tongue).attached)

    def _part(self, at: int, tongue: Tongue) -> _Part:
        """What a word, or two of them, says in a language."""
        word = self._folded[at]
        if tongue is not ARABIC:
            return _Part(tongue.adds.get(word), tongue.times.get(word))
        two = f"{word} {self._folded[at + 1]}" if at + 1 < len(self._words) else ""
        for prefix in ("", *_PREFIXES):
            if word.startswith(prefix) and (
                not prefix or len(word) - len(prefix) > 2 or prefix == "و"
            ):
                if (adds := tongue.adds.get(two[len(prefix) :])) is not None:
                    return _Part(adds, None, prefix, 2)
                rest = word[len(prefix) :]
                if rest in tongue.adds or rest in tongue.times:
                    return _Part(tongue.adds.get(rest), tongue.times.get(rest), prefix)
        return _Part(None, None)

    def _adjoins(self, at: int) -> bool:
        """Whether nothing but a space or a stroke stands between a word and the one before it."""
        start, end = self._words[at - 1].end, self._words[at].start
        return end - start == 1 and self._text[start] in _GAPS

    def _before(self, at: int) -> str:
        return self._folded[at - 1] if at > 0 and self._adjoins(at) else ""

    def _behind(self, upto: int) -> str:
        return self._folded[upto] if upto < len(self._words) and self._adjoins(upto) else ""

    def _stands(self, at: int, upto: int, tongue: Tongue) -> bool:
        """Whether what stands beside it leaves it a number."""
        before, behind = self._before(at), self._behind(upto)
        if tongue is ARABIC and upto == at + 1 and self._is_monday_or_per_cent(at):
            return False
        if before in tongue.behind or behind in tongue.before:
            return False
        if re.fullmatch(tongue.ordinal_before, before):
            return False
        after = self._behind(upto + 1) if behind in tongue.joins else behind
        if after and re.fullmatch(tongue.ordinal, after) and self._is_tens(upto - 1, tongue):
            return False
        words = self._folded[at:upto]
        if upto == at + 1 and words[0] in tongue.counting and not _PLURAL.fullmatch(behind):
            return False
        if any(word in tongue.only for word in words) and not self._is_of(tongue, words):
            return False
        return not self._is_a_place(at, upto)

    def _is_tens(self, at: int, tongue: Tongue) -> bool:
        return (
            tongue.adds.get(self._folded[at], 0) >= 20 or tongue.times.get(self._folded[at], 0) > 0
        )

    def _is_of(self, tongue: Tongue, words: Sequence[str]) -> bool:
        own = self._tongue() or self._home
        return own is tongue or (own is None and _ENGLISH_TOO.isdisjoint(words))

    def _tongue(self) -> Tongue | None:
        if not self._tongues:
            self._tongues.append(_language([each.written for each in self._words]))
        return self._tongues[0]

    def _is_a_place(self, at: int, upto: int) -> bool:
        """Trois-Rivières."""
        first, end = self._words[at].written, self._words[upto - 1].end
        following = self._text[end : end + 2]
        return (
            first[0].isupper()
            and not first.isupper()
            and following[:1] in {*_STROKES}
            and following[1:].isupper()
        )

    def _is_monday_or_per_cent(self, at: int) -> bool:
        part = self._part(at, ARABIC)
        per_cent = part.attached == "بال" or self._before(at) == "في"
        return part.attached.endswith("ال") and (part.adds == 2 or (part.adds == 100 and per_cent))

    def _fraction(self, said: _Sum, upto: int) -> tuple[str, int]:
        """With what is said of the number behind its point, or with a half."""
        tongue, figures = said.tongue, str(said.value)
        for half in tongue.half:
            words = half.split()
            if self._behind(upto) and self._folded[upto : upto + len(words)] == words:
                if said.total and not said.group:  # two and a half million
                    return str(said.value + said.least // 2), upto + len(words)
                return f"{figures}.5", upto + len(words)
        if not said.value or self._behind(upto) not in tongue.point:
            return figures, upto
        behind, digits = upto + 1, ""
        while self._behind(behind):
            value = tongue.adds.get(self._folded[behind])
            if value is None or value > 9:
                break
            digits, behind = digits + str(value), behind + 1
        if not digits.strip("0") and self._behind(behind):  # trois virgule vingt-cinq
            found, after = self._number(behind, tongue)
            if found is not None and found.figures.isdigit():
                digits, behind = digits + found.figures, after
        return (f"{figures}.{digits}", behind) if digits else (figures, upto)

    def _weak(self, at: int) -> Numeral | None:
        word, each = self._folded[at], self._words[at]
        for tongue in TONGUES:
            if word in tongue.weak:
                value = tongue.weak[word]
                return Numeral(each.start, each.end, value, True, value == "0")
        if "\u0600" <= word[0] <= "\u06ff":
            for prefix in _PREFIXES:
                if word.startswith(prefix) and (value := ARABIC.weak.get(word[len(prefix) :], "")):
                    return Numeral(each.start, each.end, value, True)
            if _DUAL.fullmatch(word):
                return Numeral(each.start, each.end, "2", True)
        return None


def _said_one_by_one(text: str, found: Iterable[Numeral]) -> Iterator[Numeral]:
    """Digits beside each other as one number: two seven zero."""
    row: list[Numeral] = []
    for each in found:
        beside = row and each.start - row[-1].end == 1 and text[row[-1].end] in _GAPS
        if row and not (beside and each.digit):
            yield from _in_a_row(row)
            row = []
        if each.digit:
            row.append(each)
        else:
            yield each
    yield from _in_a_row(row)


def _in_a_row(row: Sequence[Numeral]) -> Sequence[Numeral]:
    if len(row) < _ONE_BY_ONE_MIN:
        return row
    return [Numeral(row[0].start, row[-1].end, "".join(each.figures for each in row))]
