"""Numbers in a text: 1,200, 1 200, 12,5, .5, -5, and with a word that multiplies them.

Three thousand is written as 3 thousand, 3 тыс., 3 mille, 3 mil, 3千 or 3 آلاف: the word belongs to
the number, for 3 alone would be another. What is not: 1.200 is read as a decimal fraction; what is
wholly in words is not found.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from parley.catalogue.units import UNIT

# A bearing or a channel stands before another number, and is no thousand of it.
_NO_THOUSANDS = "".join(
    rf"(?<!\b{word} )"
    for word in (
        *("course", "bearing", "heading", "brg", "hdg", "channel", "FL"),
        *("cap", "canal", "rumbo", "курс", "пеленг", "азимут", "канал"),
    )
)
_MEASURE = UNIT.pattern.replace("?P<unit>", "?:")
_UNIT_OR_ZEROS = rf"(?: \d{{3}})* (?:000(?!\d)|\d{{3}}(?i:(?={_MEASURE})))"
FIGURES = re.compile(
    r"(?<!\d)\d{1,3}(?:[\u00a0\u202f\u2009]\d{3})+,\d{1,2}(?!\d)"
    r"|(?<!\d)\d{1,3}(?:[,\u00a0\u202f\u2009]\d{3})+(?!\d)(?:\.\d+)?"
    r"|(?<![\d.,])\d{1,3}(?:\.\d{3}){2,}(?![\d.])"
    rf"|(?<![\d.,])(?<!\d ){_NO_THOUSANDS}(?:[1-9]\d?(?: \d{{3}})+|[1-9]\d\d{_UNIT_OR_ZEROS})"
    r"(?:[.,]\d{1,2})?(?![\d.,]?\d)(?! \d)"
    r"|(?<![\w.,])\.\d+"
    r"|\d+(?:[.,]\d+)?"
)
# A stroke before a number may be a point of a list, or stand between two numbers or in a name.
_MINUS = re.compile(
    r"(?<=[^\d\W][^\S\n])-$|(?<=[(,;:] )-$|(?<!\d)\u2212$|\b(?:minus|минус)[ -]$|(?:零下|负)$"
)
_RUSSIAN = "(?:а|у|е|ы|и|ов|ам|ами|ах|ом)?"
_TIMES = {
    1_000: r"thousand|тыс\b\.?|тысяч(?:[аиуе]|ами?|ах|ью)?|mille(?! marin)|milliers?|mil|miles de"
    r"|millares de|آلاف|[أا]لف(?:ا\u064b?|\u064bا)?",
    1_000_000: rf"millions?|millón|millones|млн\b\.?|миллион{_RUSSIAN}|ملايين|مليون(?:ا\u064b?)?",
    1_000_000_000: rf"billions?|milliards?|mil millones|млрд\b\.?|миллиард{_RUSSIAN}|مليارات?",
}
_WORD = re.compile(
    r"[\s\u00a0\u202f]?(?:"
    + "|".join(rf"(?P<x{factor}>(?:{words})(?![^\W\d_]))" for factor, words in _TIMES.items())
    + ")",
    re.I,
)
_HANZI = {"百": 100, "千": 1_000, "万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}
# 千 before a unit makes another unit of it: 千米 is a kilometre.
_SIGNS = r"(?:百(?!分)|千(?![米克赫瓦伏帕卡])|[万萬亿億]){1,4}"  # 百万亿, and no number is longer
_HAN = re.compile(rf"\s?(?P<first>{_SIGNS})(?P<rest>(?:\d{{1,4}}{_SIGNS})*)")
_DIGITS_MORE = 64  # that words and signs may add
_PART = re.compile(r"(\d+)(\D+)")
_GROUPED = re.compile(r"\d{1,3}(?:[,\u00a0\u202f\u2009 ]\d{3})+(?:[.,]\d+)?|\d{1,3}(?:\.\d{3}){2,}")


def number(text: str, found: re.Match[str]) -> tuple[str, int, int]:
    """What figures at a place of a text say, with the word behind them that multiplies them and the
    sign before them; and where it begins and ends."""
    value, start, end = plain(found[0]), found.start(), found.end()
    word, han = _WORD.match(text, end), _HAN.match(text, end)
    if word is not None and (name := next(x for x, said in word.groupdict().items() if said)):
        value, end = _multiplied(value, int(name[1:]), 0), word.end()
    elif han is not None:
        parts = _PART.findall(han["rest"])
        more = sum(int(count) * _times(signs) for count, signs in parts)
        value = _multiplied(value, _times(han["first"]), more)
        end = han.end()
    before = _MINUS.search(text, max(0, start - 8), start)
    if before is not None and value != "0":
        value, start = f"-{value}", before.start()
    return value, start, end


def plain(figures: str) -> str:
    """Figures in one spelling: 1200, 12.5."""
    if _GROUPED.fullmatch(figures):
        if figures.count(".") > 1:
            figures = figures.replace(".", "")
        elif not re.search(r"[.]|,\d{1,2}$|,\d{4,}$", figures):
            figures = re.sub(r"\D", "", figures)
        else:
            at = max(figures.rfind("."), figures.rfind(","))
            figures = re.sub(r"\D", "", figures[:at]) + "." + figures[at + 1 :]
    integer, point, rest = figures.replace(",", ".").partition(".")
    return (integer.lstrip("0") or "0") + point + rest


def _times(signs: str) -> int:
    product = 1
    for sign in signs:
        product *= _HANZI[sign]
    return product


def _multiplied(value: str, factor: int, more: int) -> str:
    """So many times a number, and more; exactly, since whoever wrote it chose how many digits."""
    with localcontext(prec=len(value) + _DIGITS_MORE):
        product = Decimal(value) * factor + more
        whole = product.to_integral_value()
        return format(whole if whole == product else product, "f")
