"""Latitudes and longitudes in a text, in the ways in which six languages write them.

What is found: 21°40′N 118°05′E, 21°40'12"N, 54.512°N, N 54°30', 54 degrees 30 minutes north; as in
signals and notices to mariners 5430N 01833E, 54-30.5N 018-33.2E, 54 30 N, N54-30, and in pairs that
no number can be, 54N 018E, 54.5N 18.5E or N54 E018; the hemisphere as a letter (N, S, E, W, and O
as in ouest and oeste), in European, Russian (с. ш., северной широты), Chinese (北纬54度30分) or
Arabic (شمالاً) words; squares of the military grid (33U XP 12345 67890). What is not: other grids,
names of places, figures without a hemisphere; O is west, so that a German Ost is read wrongly.
"""

from __future__ import annotations

import re

_LETTERS = {
    "N": ("N", "с. ?ш", "северн", "شمال"),
    "S": ("S", "ю. ?ш", "южн", "جنوب"),
    "E": ("E", "в. ?д", "восточн", "شرق"),
    "W": ("W", "O", "з. ?д", "западн", "غرب"),
}
_HANZI = {"北纬": "N", "北緯": "N", "南纬": "S", "南緯": "S"} | {
    "东经": "E",
    "東經": "E",
    "西经": "W",
    "西經": "W",
}
_DEGREES = (
    r"(?P<d>\d{1,3}(?:[.,]\d+)?)\s?"
    r"(?:[°º˚度]|(?:deg(?:rees?)?|degrés?|grados?|градус\w*|درجة)(?![^\W\d_]))"
)
_MINUTES = (
    r"(?:\s?(?P<m>\d{1,2}(?:[.,]\d+)?)\s?"
    r"(?:['′’分]|(?:min(?:utes?|utos?)?|минут\w*|دقيقة)(?![^\W\d_])))?"
)
_SECONDS = r"(?:\s?(?P<s>\d{1,2}(?:[.,]\d+)?)\s?(?:[\"″”秒]|''|′′|’’))?"
_ANGLE = _DEGREES + _MINUTES + _SECONDS
_AFTER = (
    r"(?P<h>[NSEWO](?![^\W\d_])"
    r"|(?i:north|south|east|west|nord|sud|ouest|norte|oeste)(?![^\W\d_])"
    r"|(?i:est|este|sur)(?=\s*(?:[.,;:)]|$))"  # in the midst of a sentence: is, this, on
    r"|(?:[Сс]еверн|[Юю]жн|[Вв]осточн|[Зз]ападн)\w+(?:\s(?:широты|долготы))?|[сюСЮ]\.?\s?[шШ]\.?(?!\w)|[взВЗ]\.?\s?[дД]\.?(?!\w)"
    r"|(?:شمال|جنوب|شرق|غرب)[\w\u064b-\u0652]*)"
)
_PARTS = (
    r"(?P<d>\d{2,3})[ -](?P<m>[0-5]\d(?:[.,]\d+)?)['′’]?(?:[ -](?P<s>[0-5]\d(?:[.,]\d+)?)[\"″”]?)?"
)
COORDINATES = (
    re.compile(rf"(?<![\d.,]){_ANGLE}\s?{_AFTER}"),
    re.compile(rf"(?P<h>{'|'.join(_HANZI)})\s?{_ANGLE}"),
    re.compile(rf"(?<![^\W_])(?P<h>[NSEWO])\s?{_ANGLE}(?!\s?[NSEW]\b)"),
    re.compile(rf"(?<![\w.,-]){_PARTS}\s?(?P<h>[NSEW])(?![^\W_]|-[^\W\d])"),
    re.compile(rf"(?<![^\W_])(?P<h>[NSEW]){_PARTS}(?!\w)"),
    re.compile(r"(?<![^\W_])(?P<g>\d\d(?:[0-5]\d){1,2}(?:[.,]\d+)?)(?P<h>[NS])(?![^\W_])"),
    re.compile(r"(?<![^\W_])(?P<g>[01]\d\d(?:[0-5]\d){1,2}(?:[.,]\d+)?)(?P<h>[EW])(?![^\W_])"),
)
# Two that make a position only beside each other: 54N is also a force, and N5430 an aircraft.
_FIGURES = r"\d{1,7}(?:[.,]\d+)?"
PAIR = re.compile(
    rf"(?<![\w.,-])(?P<first>{_FIGURES} ?[NS]|[NS] ?{_FIGURES})[ ,;/-]{{0,3}}"
    rf"(?P<second>{_FIGURES} ?[EW]|[EW] ?{_FIGURES})(?!\w)"
)
GRID = re.compile(
    r"(?<![^\W_])(?P<zone>[1-9]|[1-5]\d|60)(?P<band>[C-HJ-NP-X]) ?"
    r"(?P<square>[A-HJ-NP-Z][A-HJ-NP-V]) ?"
    r"(?P<at>\d\d ?\d\d|\d{3} ?\d{3}|\d{4} ?\d{4}|\d{5} ?\d{5})(?![^\W_])"
)


def coordinate(found: re.Match[str]) -> str | None:
    """One latitude or longitude in degrees, minutes and seconds; None for what is none on Earth."""
    parts = found.groupdict()
    return _on_earth(_cut(parts["g"]) if parts.get("g") else parts, _side(parts["h"]))


def half(written: str) -> str | None:
    """One of a pair: 54N, N54.5, 5430N; None for what is none on Earth."""
    letters = re.sub(r"[\d., ]", "", written)
    return _on_earth(_cut(written.replace(letters, "").strip()), letters)


def square(found: re.Match[str]) -> str:
    """A square of the grid: 33U XP 12345 67890."""
    digits = found["at"].replace(" ", "")
    east, north = digits[: len(digits) // 2], digits[len(digits) // 2 :]
    return f"{found['zone']}{found['band']} {found['square']} {east} {north}"


def _cut(figures: str) -> dict[str, str | None]:
    """Degrees, minutes and seconds that stand without anything between them: the last in twos."""
    whole, point, fraction = figures.replace(",", ".").partition(".")
    parts: dict[str, str | None] = {"d": whole}
    if len(whole) > 5:
        parts = {"d": whole[:-4], "m": whole[-4:-2], "s": whole[-2:]}
    elif len(whole) > 3:
        parts = {"d": whole[:-2], "m": whole[-2:]}
    last = list(parts)[-1]
    return {**parts, last: f"{parts[last]}{point}{fraction}"}


def _on_earth(parts: dict[str, str | None], side: str | None) -> str | None:
    seconds = 0.0
    for name, of in (("d", 3600), ("m", 60), ("s", 1)):
        given = (parts.get(name) or "0").replace(",", ".")
        if name != "d" and float(given) >= 60:
            return None
        seconds += float(given) * of
    if side is None or seconds > 3600 * (90 if side in "NS" else 180):
        return None
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes // 60}°{minutes % 60:02}′{left:02}″{side}"


def _side(written: str) -> str | None:
    if written in _HANZI:
        return _HANZI[written]
    plain = re.sub(r"[.\s]", "", written).casefold()
    for side, ways in _LETTERS.items():
        if any(plain.startswith(re.sub(r"[. ?]", "", way).casefold()) for way in ways):
            return side
    return None
