"""Dates, times and numbers in a text of any language, as far as figures tell them.

What is found: dates as 2026-12-03, 3.12.2026 or 2026年12月3日, and with a month by name in English,
French, German, Russian or Spanish, the year of the heading where none stands; times as 08:02, 0802Z
or in a date-time group; all other figures as numbers, also in the digits of other scripts.

What is not: numbers in words, Chinese numerals, times with a.m. and p.m., other calendars, months
of other languages; 1.200 is read as a decimal fraction and 3/12/2026 as a date that is unclear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_MONTHS = (  # by number from 1; beginnings serve, since what follows them is letters
    "January Januar janvier января enero",
    "February Februar février февраля febrero",
    "March März mars марта marzo",
    "April April avril апреля abril",
    "May Mai mai мая mayo",
    "June Juni juin июня junio",
    "July Juli juillet июля julio",
    "August August août августа agosto",
    "September September septembre сентября septiembre",
    "October Oktober octobre октября octubre",
    "November November novembre ноября noviembre",
    "December Dezember décembre декабря diciembre",
)
_NUMBERS = {name: at for at, names in enumerate(_MONTHS, 1) for name in names.split()}
_GROUPS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAME = "|".join(sorted({*_NUMBERS, *(name.upper() for name in _NUMBERS)}, key=len, reverse=True))
_DAY = r"(?P<d>\d{1,2})"
_YEAR = r"(?P<y>\d{4})"
_DTG = re.compile(
    rf"\b(?P<d>\d\d)(?P<H>[01]\d|2[0-3])(?P<M>[0-5]\d)Z\s?(?P<g>{'|'.join(_GROUPS)})\s?(?P<y>\d\d)\b"
)
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_YEAR}-(?P<m>\d\d)-(?P<d>\d\d)(?!\d)",
        rf"(?<![\d.]){_DAY}\.(?P<m>\d{{1,2}})\.{_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR}\s?[年년]\s?(?P<m>\d{{1,2}})\s?[月월]\s?{_DAY}\s?[日일]",
        rf"(?<!\d)(?P<m>\d{{1,2}})\s?[月월]\s?{_DAY}\s?[日일]",
        rf"(?<!\d){_DAY}(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?(?P<name>{_NAME})\b"
        rf"(?:,?\s+(?:de\s+)?{_YEAR}(?!\d))?",
        rf"\b(?P<name>{_NAME})\s+{_DAY}(?:st|nd|rd|th)?(?![\d:]|\.\d)(?:,?\s+{_YEAR}(?!\d))?",
    )
)
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_TIMES = (
    re.compile(r"(?<![\d:])(?P<H>[01]?\d|2[0-3]):(?P<M>[0-5]\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<H>[01]\d|2[0-3])(?P<M>[0-5]\d)Z\b"),
)
_FIGURES = re.compile(
    r"(?<!\d)\d{1,3}(?:[,\u00a0\u202f\u2009]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?"
)
_SEPARATORS = re.compile(r"[,\u00a0\u202f\u2009]")


@dataclass(frozen=True, slots=True)
class Elements:
    """What a text says in figures."""

    dates: frozenset[str]  # 2026-12-03; one that is unclear as it stands there
    times: frozenset[str]  # 08:02
    numbers: frozenset[str]  # 1200, 12.5


def elements(text: str, year: int) -> Elements:
    """The dates, times and numbers of a text; a date without a year is taken to be of `year`."""
    text = "".join(_western(character) for character in text)
    dates: set[str] = set()
    times: set[str] = set()

    def group(found: re.Match[str]) -> str | None:
        month = _GROUPS.index(found["g"]) + 1
        day = _date(2000 + int(found["y"]), month, int(found["d"]))
        if day is None:
            return None
        times.add(f"{found['H']}:{found['M']}")
        return day

    def clear(found: re.Match[str]) -> str | None:
        parts = found.groupdict()
        name = parts.get("name")
        month = _month(name) if name else int(found["m"])
        return _date(int(parts.get("y") or year), month, int(found["d"]))

    def slashed(found: re.Match[str]) -> str | None:
        first, second, of = map(int, found.groups())
        ways = {_date(of, second, first), _date(of, first, second)} - {None}
        return next(iter(ways)) if len(ways) == 1 else found[0] if ways else None

    def time(found: re.Match[str]) -> str:
        return f"{int(found['H']):02}:{found['M']}"

    text = _take(text, _DTG, group, dates)
    for pattern in _DATES:
        text = _take(text, pattern, clear, dates)
    text = _take(text, _SLASHED, slashed, dates)
    for pattern in _TIMES:
        text = _take(text, pattern, time, times)
    numbers = frozenset(_number(found) for found in _FIGURES.findall(text))
    return Elements(frozenset(dates), frozenset(times), numbers)


def _take(
    text: str,
    pattern: re.Pattern[str],
    read: Callable[[re.Match[str]], str | None],
    into: set[str],
) -> str:
    """The text without what was read; what is no date or time stays for the numbers."""

    def replaced(found: re.Match[str]) -> str:
        value = read(found)
        if value is None:
            return found[0]
        into.add(value)
        return " \N{BULLET} "

    return pattern.sub(replaced, text)


def _western(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _month(name: str) -> int:
    return next(at for known, at in _NUMBERS.items() if known.upper() == name.upper())


def _date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _number(text: str) -> str:
    whole = re.fullmatch(r"\d{1,3}(?:[,\u00a0\u202f\u2009]\d{3})+(?:\.\d+)?", text)
    plain = _SEPARATORS.sub("", text) if whole else text.replace(",", ".")
    integer, point, rest = plain.partition(".")
    return (integer.lstrip("0") or "0") + point + rest
