"""Numbers in Chinese signs: 三架, 二十一, 三百, 两万五, 二〇二六年, 百分之三点五.

One sign alone is a number only before a word that measures or a unit, since 十分, 四川, 三思 and
万一 are none. What is not: ordinals (第三), days of the week, months alone, about so many (十几,
数百, 七八架), three parts of four, 三点 where no sign tells that no three points are meant. 一 with
a measure, and 两 of both sides, are weak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parley.catalogue.units import UNIT

_DIGITS = {
    sign: str(digit)
    for digit, signs in enumerate(("零〇", "一", "二两兩", *"三四五六七八九"))
    for sign in signs
}
_PLACES = {"十": 10, "百": 100, "千": 1_000}
_GREAT = {"万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}
_RUN = re.compile(rf"[{''.join((*_DIGITS, *_PLACES, *_GREAT))}]+|[双雙](?=方)")
_MEASURES = (
    "架艘枚个個只隻条條辆輛发發次人位名颗顆支座件份封项項国國家天日年届屆步票倍层層级級批组組"
    "队隊起轮輪所排连連营營团團师師口类類段篇页頁句秒元岁歲"
)
_MEASURED = re.compile(
    rf"[多余餘]?(?:[{_MEASURES}]|台(?!山)|门(?!峡)|方(?!面|向)|(?<!四)周(?!围|边)|周年|[点點][钟鐘半]"
    r"|[个個]?小[时時]|[时時](?![间間候代期刻])"
    rf"|{UNIT.pattern.replace('?P<unit>', '?:')})",
    re.I,
)
_ABOUT = re.compile(r"(?:[第几幾数數好初老周週]|星期|礼拜|禮拜|[面\d.,点點])$")
_PARTS = re.compile(r"[几幾]|分之|[进進]制")
_POINT = re.compile(r"[点點](?P<rest>[零〇一二三四五六七八九]+)")
_HALF_DAY = re.compile(
    r"(?:[凌早]晨|早上|清晨|[上中下]午|午后|傍晚|[今昨当]?晚上?|[夜半深][里间夜])$"
)
_HOURS = frozenset("点點时時")
_HOUR = re.compile(r"[点點时時]")
_MINUTES = re.compile(r"[点點时時][零〇一二三四五六七八九十\d]+分")
_MONTH = re.compile(r"月[一二三四五六七八九十\d]+[日号]")
_DIGITS_MIN = 3  # two beside each other are about so many
_KNOWN_DAYS = frozenset(["九一八", "四一二"])  # by which something that happened is called


def numerals(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Where they stand, what they say in figures, and whether they are weak."""
    upto = 0
    for found in _RUN.finditer(text):
        if found.start() >= upto and (each := _read(text, *found.span())):
            upto = each[1]
            yield each


def _read(text: str, start: int, end: int) -> tuple[int, int, str, bool] | None:
    if text[start] in "双雙":
        return start, end, "2", True
    before = text[max(0, start - 3) : start]
    if text[end - 1] == "千" and end - start > 1 and re.match("[米克赫瓦伏帕卡]", text[end:]):
        end -= 1  # the unit's: 五千米 is written as 5千米
    value = _value(text[start:end])
    if value is None or _PARTS.match(text, end):
        return None
    if before[-1:] in _HOURS and text[end : end + 1] == "分":
        return start, end, value, False
    if _ABOUT.search(before):
        return None
    if before.endswith("分之"):
        return _share(text, start, end, value) if before == "百分之" else None
    point = _POINT.match(text, end)
    if point and (
        _MEASURED.match(text, point.end()) or text[point.end() : point.end() + 1] in _GREAT
    ):
        return start, point.end(), value + _fraction(point["rest"]), False
    if _MEASURED.match(text, end) and text[end : end + 2] in ("个半", "個半"):
        return start, end + 2, f"{value}.5", False
    if _is_hour(text, before, end) or _is_date(text, before, end):
        return start, end, value, False
    behind = text[end : end + 1]
    if behind == "月" or (behind in ("点", "點") and not _MEASURED.match(text, end)):
        return None
    if text[start] in "两兩" and behind and behind in "国國军軍岸边邊侧側党黨方":
        return start, end, value, True
    measured = _MEASURED.match(text, end) is not None
    if end - start > 1 or (measured and value != "1"):
        return start, end, value, False
    return (start, end, value, True) if measured else None


def _is_hour(text: str, before: str, end: int) -> bool:
    return bool((_HALF_DAY.search(before) and _HOUR.match(text, end)) or _MINUTES.match(text, end))


def _is_date(text: str, before: str, end: int) -> bool:
    behind = text[end : end + 1]
    return bool(_MONTH.match(text, end)) or (before.endswith("月") and behind in ("日", "号"))


def _share(text: str, start: int, end: int, value: str) -> tuple[int, int, str, bool]:
    """So many of a hundred."""
    point = _POINT.match(text, end)
    if point:
        value, end = value + _fraction(point["rest"]), point.end()
    return start - len("百分之"), end, f"{value}%", False


def _fraction(signs: str) -> str:
    return "." + "".join(_DIGITS[sign] for sign in signs)


def _value(signs: str) -> str | None:
    """What numerals say; None where they are no one number."""
    if all(sign in _DIGITS for sign in signs):
        if 1 < len(signs) < _DIGITS_MIN and not set(signs) & set("零〇"):
            return None
        return None if signs in _KNOWN_DAYS else "".join(_DIGITS[sign] for sign in signs)
    if signs[0] in _GREAT or signs[0] in "百千零〇":
        return None
    total = group = digit = 0
    place = 10  # of the sign before
    greatest, least = 10**12, 10_000
    for sign in signs:
        if sign in _DIGITS:
            if digit:
                return None
            digit = int(_DIGITS[sign])
            place = 10 if not digit else place
        elif sign in _PLACES:
            if (not digit and sign != "十") or _PLACES[sign] >= least:
                return None
            least = _PLACES[sign]
            group += (digit or 1) * _PLACES[sign]
            digit, place = 0, _PLACES[sign]
        else:
            great = _GREAT[sign]
            section, least = group + digit, 10_000
            if great == greatest or not section:
                return None
            total = (total + section) * great if great > greatest else total + section * great
            group, digit, place, greatest = 0, 0, great, great
    return str(total + group + digit * (place // 10 if place > 10 else 1))
