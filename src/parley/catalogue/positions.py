"""Latitudes and longitudes in a text, in the ways in which six languages write them.

What is found: 21°40′N 118°05′E, 21°40'12"N, 54.512°N, N 54°30', 5430N 01833E as in signals, with
the hemisphere as a letter (N, S, E, W, and O as in ouest and oeste), in Russian (с. ш., ю. ш.,
в. д., з. д.), Chinese (北纬54度30分) or Arabic (شمالاً) words. What is not: grids (MGRS, UTM), names
of places, figures without a hemisphere; O is west, so that a German Ost is read wrongly.
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
_DEGREES = r"(?P<d>\d{1,3}(?:[.,]\d+)?)\s?[°º˚度]"
_MINUTES = r"(?:\s?(?P<m>\d{1,2}(?:[.,]\d+)?)\s?['′’分])?"
_SECONDS = r"(?:\s?(?P<s>\d{1,2}(?:[.,]\d+)?)\s?(?:[\"″”秒]|''|′′|’’))?"
_ANGLE = _DEGREES + _MINUTES + _SECONDS
_AFTER = (
    r"(?P<h>[NSEWO](?![^\W\d_])|[сюСЮ]\.?\s?[шШ]\.?(?!\w)|[взВЗ]\.?\s?[дД]\.?(?!\w)"
    r"|(?:شمال|جنوب|شرق|غرب)[\w\u064b-\u0652]*)"
)
COORDINATES = (
    re.compile(rf"(?<![\d.,]){_ANGLE}\s?{_AFTER}"),
    re.compile(rf"(?P<h>{'|'.join(_HANZI)})\s?{_ANGLE}"),
    re.compile(rf"(?<![^\W_])(?P<h>[NSEWO])\s?{_ANGLE}(?!\s?[NSEW]\b)"),
    re.compile(r"(?<![^\W_])(?P<d>\d{2})(?P<m>[0-5]\d)(?P<s>[0-5]\d)?(?P<h>[NS])(?![^\W_])"),
    re.compile(r"(?<![^\W_])(?P<d>[01]\d{2})(?P<m>[0-5]\d)(?P<s>[0-5]\d)?(?P<h>[EW])(?![^\W_])"),
    re.compile(r"(?<![^\W_])(?P<d>\d{2})(?P<m>[0-5]\d)(?P<h>[NS])(?=[01]\d{4}[EW](?![^\W_]))"),
)


def coordinate(found: re.Match[str]) -> str | None:
    """One latitude or longitude in degrees, minutes and seconds; None for what is none on Earth."""
    parts = found.groupdict()
    side = _side(parts["h"])
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
