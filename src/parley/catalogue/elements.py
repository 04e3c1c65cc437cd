"""What must not be misread in a text of any language: dates, times, positions, numbers, names.

What is found: dates as 2026-12-03, 3.12.2026 or 2026年12月3日, and with a month by name in English
(3 DEC 26 too), French, German, Russian, Spanish or Arabic, the year of the heading where none
stands; times of day (`times`), and those in a date-time group; latitudes and longitudes
(`positions`); all other figures as numbers (`figures`), with the unit behind them (`units`), also
in the digits of other scripts and in words (`numerals`); names that somebody protected, that show
themselves (`naming`), or that stand in quotation marks.

What is not: hours by ordinals, other calendars, months of other languages; 1.200 is read as a
decimal fraction and 3/12/2026 as a date that is unclear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from parley.catalogue.figures import FIGURES, number
from parley.catalogue.naming import named
from parley.catalogue.numerals import InFigures, Numeral, numerals
from parley.catalogue.positions import COORDINATES, GRID, PAIR, coordinate, half, square
from parley.catalogue.times import TIMES, UTC, time
from parley.catalogue.units import BEARING, UNIT, bearing, unit

_MONTHS = (  # by number from 1; beginnings serve, since what follows them is letters
    "January Januar janvier janv января янв enero ene يناير كانون_الثاني",
    "February Februar février févr февраля февр фев febrero فبراير شباط",
    "March März mars марта marzo مارس آذار",
    "April April avril avr апреля апр abril abr أبريل نيسان",
    "May Mai mai мая mayo مايو أيار",
    "June Juni juin июня junio يونيو حزيران",
    "July Juli juillet juil июля julio يوليو تموز",
    "August August août августа авг agosto أغسطس آب",
    "September September septembre сентября сент сен septiembre سبتمبر أيلول",
    "October Oktober octobre октября окт octubre أكتوبر تشرين_الأول",
    "November November novembre ноября нояб ноя noviembre نوفمبر تشرين_الثاني",
    "December Dezember décembre déc декабря дек diciembre dic ديسمبر كانون_الأول",
)
_NUMBERS = {
    name.replace("_", " "): at for at, names in enumerate(_MONTHS, 1) for name in names.split()
}
_GROUPS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBERS |= {name: at for at, name in enumerate(_GROUPS, 1)} | {"Sept": 9}
_NAME = "|".join(sorted({*_NUMBERS, *(name.upper() for name in _NUMBERS)}, key=len, reverse=True))
_DAY = r"(?P<d>\d{1,2})"
_CLOCK = r"(?P<H>[01]\d|2[0-3])(?P<M>[0-5]\d)"
_YEAR = rf"(?P<y>\d{{4}}(?!\d|{UTC}|\s?(?:hours|local)\b))"
_DTG = re.compile(
    rf"\b(?P<d>\d\d){_CLOCK}Z\s?(?P<name>{_NAME})(?![^\W\d_])(?:\s?(?P<y>(?:20)?\d\d)(?!\d))?"
)
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\d./-]){_YEAR}(?P<between>[-/.])(?P<m>\d\d)(?P=between)(?P<d>\d\d)(?!\d)",
        rf"(?<![\d.]){_DAY}\.(?P<m>\d{{1,2}})\.{_YEAR}",
        r"(?<![\d.])(?P<d>\d\d)\.(?P<m>\d\d)\.(?P<y>\d\d)(?![\d.]\d|\d)",
        rf"(?<!\d){_YEAR}\s?[年년]\s?(?P<m>\d{{1,2}})\s?[月월]\s?{_DAY}\s?[日号일]",
        rf"(?<!\d)(?P<m>\d{{1,2}})\s?[月월]\s?{_DAY}\s?[日号일]",
        rf"(?<!\d){_DAY}[ -]?(?P<name>{'|'.join(_GROUPS).upper()})[ -]?(?P<y>\d\d)(?!\d|[:.,]\d)",
        rf"(?<!\d){_DAY}(?:st|nd|rd|th|er|\.)?(?:\s+(?:of\s+|de\s+)?|-)?(?P<name>{_NAME})"
        rf"(?![^\W\d_])(?:\.?,?[\s-]*(?:de\s+)?{_YEAR})?",
        rf"(?<!\d[ -])(?<!\dZ )(?<![^\W_])(?P<name>{_NAME})\.?\s+{_DAY}(?:st|nd|rd|th)?"
        rf"(?![\d:]|\.\d)(?:,?\s+{_YEAR})?",
    )
)
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_QUOTES = (("«", "»"), ("“", "”"), ('"', '"'), ("「", "」"), ("《", "》"))
_QUOTED = re.compile(
    "|".join(
        rf"{opening}\s?(?P<q{at}>[^{opening}{closing}\n]{{1,80}}?)\s?{closing}"
        for at, (opening, closing) in enumerate(_QUOTES)
    )
)
_ARABIC = {"\u066c": ",", "\u066b": "."}  # between thousands, and before a fraction
_ANY_YEAR = 2000
_NAME_WORDS_MAX, _NAME_SIGNS_MAX = 3, 24  # what is quoted and longer is a sentence
_FILLED = "\N{BULLET}"  # in the place of what was read: no letter, no digit, no space


class Kind(StrEnum):
    """What an element is."""

    DATE = "date"
    TIME = "time"
    POSITION = "position"
    NUMBER = "number"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Element:
    """One of them, where it stands, in characters of the text."""

    kind: Kind
    value: str  # 2026-12-03, 08:02, 21°40′00″N, 12 NM, Liberty; an unclear date as it stands there
    start: int
    end: int
    protected: bool = False  # a name that somebody marked as not to be translated


@dataclass(frozen=True, slots=True)
class Elements:
    """What a text says in figures, without places and units."""

    dates: frozenset[str]  # 2026-12-03; one that is unclear as it stands there
    times: frozenset[str]  # 08:02
    numbers: frozenset[str]  # 1200, 12.5


def elements(text: str, year: int) -> Elements:
    """The dates, times and numbers in figures; a date without a year is taken to be of `year`."""
    found = _Search(text, year)
    found.run()

    def of(kind: Kind) -> frozenset[str]:
        return frozenset(each.value for each in found.found if each.kind is kind)

    numbers = frozenset(each.partition(" ")[0] for each in of(Kind.NUMBER))
    return Elements(of(Kind.DATE), of(Kind.TIME), numbers)


def find(text: str, year: int, names: Iterable[tuple[int, int]] = ()) -> list[Element]:
    """All elements in the order of the text; `names` are where protected names stand."""
    search = _Search(text, year)
    search.take_names(names, protected=True)
    search.take_names(named(search.text), protected=False)
    search.read_words()
    search.run()
    quoted = (found.span(found.lastgroup or 0) for found in _QUOTED.finditer(search.text))
    search.take_names(quoted, protected=False)
    return sorted(search.found, key=lambda each: (each.start, -each.end, each.kind))


def hinted(text: str) -> list[Element]:
    """Numbers and times that weak words would say if they were numbers: one another, both sides."""
    search = _Search(text, _ANY_YEAR)
    places = [(each.start, each.end) for each in search.read_words(weak=True) if each.weak]
    if not places:
        return []
    search.run()
    kinds = Kind.NUMBER, Kind.TIME
    said = {each.start: each for each in search.found if each.kind in kinds}
    return [said[start] for start, _ in places if start in said]


class _Search:
    """A text from which what was read is taken out, so that nothing is read twice."""

    def __init__(self, text: str, year: int) -> None:
        self._whole = text
        self._year = year
        self.text = text if text.isascii() else "".join(map(_western, text))
        self.found: list[Element] = []
        self._figures: InFigures | None = None

    def read_words(self, *, weak: bool = False) -> list[Numeral]:
        """Put numbers in words into figures, but in quotation marks that may hold a name."""
        unquoted = _QUOTED.sub(_without_a_name, self.text)
        found = [each for each in numerals(unquoted) if weak or not each.weak]
        self._figures = InFigures(self.text, found)
        self.text = self._figures.text
        return found

    def run(self) -> None:
        """Look for everything that figures tell."""
        self._take(Kind.DATE, _DTG, self._group)
        for pattern in COORDINATES:
            self._take(Kind.POSITION, pattern, coordinate)
        self._take_pairs()
        for pattern in _DATES:
            self._take(Kind.DATE, pattern, self._clear)
        self._take(Kind.DATE, _SLASHED, _slashed)
        self._take(Kind.POSITION, GRID, square)
        for pattern in TIMES:
            self._take(Kind.TIME, pattern, time)
        self._take(Kind.NUMBER, BEARING, bearing)
        self._take_numbers()

    def take_names(self, spans: Iterable[tuple[int, int]], *, protected: bool) -> None:
        """Names, in the order of the text; figures in those that are protected are part of them."""
        taken: list[tuple[int, int]] = []
        for start, end in spans:
            at, upto = self._there(start, end)
            name = self._whole[at:upto]
            if name.strip() and (protected or _FILLED not in self.text[start:end]):
                self.found.append(Element(Kind.NAME, name, at, upto, protected))
                taken.append((start, end))
        self._fill(taken)

    def _take(
        self, kind: Kind, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str | None]
    ) -> None:
        """Take out what reads as `kind`; what does not stays for the numbers."""
        spans: list[tuple[int, int]] = []
        for found in pattern.finditer(self.text):
            value = read(found)
            if value is not None:
                self._add(kind, value, *found.span())
                spans.append(found.span())
        self._fill(spans)

    def _take_pairs(self) -> None:
        """Latitudes and longitudes that are seen to be some by standing beside each other."""
        spans: list[tuple[int, int]] = []
        for found in PAIR.finditer(self.text):
            both = {side: half(found[side]) for side in ("first", "second")}
            if None not in both.values():
                for side, value in both.items():
                    self._add(Kind.POSITION, str(value), *found.span(side))
                    spans.append(found.span(side))
        self._fill(spans)

    def _take_numbers(self) -> None:
        upto = 0
        for found in FIGURES.finditer(self.text):
            if found.start() < upto:
                continue  # part of the number before: 3万2千
            value, start, upto = number(self.text, found)
            behind = UNIT.match(self.text, upto)
            if behind and self.text[start - 1 : start] != "第":  # 第3节 is the third section
                value, upto = f"{value} {unit(behind['unit'])}", behind.end()
            self._add(Kind.NUMBER, value, start, upto)

    def _add(self, kind: Kind, value: str, start: int, end: int) -> None:
        self.found.append(Element(kind, value, *self._there(start, end)))

    def _there(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of what is looked through stands in the text itself."""
        return self._figures.there(start, end) if self._figures else (start, end)

    def _fill(self, spans: list[tuple[int, int]]) -> None:
        """Put signs of no meaning where these stood; once for all, since a text may be long."""
        left, at = [], 0
        for start, end in spans:
            left += [self.text[at:start], _FILLED * (end - start)]
            at = end
        self.text = "".join([*left, self.text[at:]])

    def _group(self, found: re.Match[str]) -> str | None:
        """A date-time group: its date where the whole stands, and its time."""
        day = self._clear(found)
        if day is not None:
            self._add(Kind.TIME, f"{found['H']}:{found['M']}", *found.span())
        return day

    def _clear(self, found: re.Match[str]) -> str | None:
        parts = found.groupdict()
        name = parts.get("name")
        month = _month(name) if name else int(found["m"])
        year = int(parts.get("y") or self._year)
        return _date(year + (2000 if year < 100 else 0), month, int(found["d"]))


def _slashed(found: re.Match[str]) -> str | None:
    first, second, of = map(int, found.groups())
    ways = {_date(of, second, first), _date(of, first, second)} - {None}
    return next(iter(ways)) if len(ways) == 1 else found[0] if ways else None


def _without_a_name(quoted: re.Match[str]) -> str:
    words = quoted[0]
    is_name = len(words) <= _NAME_SIGNS_MAX and len(words.split()) <= _NAME_WORDS_MAX
    return _FILLED * len(words) if is_name else words


def _western(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return _ARABIC.get(character, character)


def _month(name: str) -> int:
    return next(at for known, at in _NUMBERS.items() if known.upper() == name.upper())


def _date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
