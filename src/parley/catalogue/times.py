"""Times of day in a text, in the ways in which six languages write them.

What is found: 08:02, 08:02:30, 0802Z, 0600-0802Z, 24:00, 8:02 p.m., 8 h 02, 15 heures 30, 8时02分,
at 0802, к 08.00, a las 15.30; and to which half of the day it belongs where that is said: 8:02
вечера, de la noche, du soir, 下午3点半, مساءً. What is not: hours alone (8 h may last eight hours),
hours in words, and 3点 where no sign tells that no three points are meant.
"""

from __future__ import annotations

import re

_CLOCK = r"(?P<H>[01]\d|2[0-3])(?P<M>[0-5]\d)"
UTC = r"\s?(?:Z|UTC|GMT|hrs)\b"
_AT = "|".join(
    rf"(?<=\b{word} )" for word in ["at", "by", "from", "till", "until", "since", "before", "after"]
)
# Behind these two figures with a point between them are a time, unless a unit follows.
_DOTTED = "|".join(
    rf"(?<=\b{word} )" for word in ["в", "В", "к", "до", "с", "С", "после", "около", "las"]
)
# What follows a time tells its half of the day: by the clock of twelve hours, as people speak, by
# night, at noon.
_HALVES = {
    "am": "de la madrugada|صباح|فجر",
    "morning": "утра|de la mañana|du matin",
    "pm": "дня|вечера|de la tarde|de l['’]après-midi|du soir|مساء|بعد الظهر|عصر",
    "night": "ночи|de la noche|de la nuit|ليل",
    "noon": "del mediodía|ظهر",
}
_HANZI = {
    "am": "凌晨",
    "morning": "上午|早上|早晨|清晨|今早",
    "pm": "下午|午后|傍晚",
    "night": "晚上|今晚|昨晚|当晚|夜间|夜里|深夜|半夜|午夜|夜",
    "noon": "中午|正午",
}
_SAID = "|".join(_HALVES.values())
_HALF = rf"(?P<half>{_SAID})(?:\u064b?ا\u064b?|\u064b)?(?![^\W\d_])"
_BEFORE = rf"(?P<half>{'|'.join(_HANZI.values())})"
_HOUR = r"(?P<H>[01]?\d|2[0-3])"
_NO_MEASURE = r"(?![\d.,:]\d|\d)(?!\s?(?:%|раз|[кмс]?м\b|км|миль|т\b|тонн|кг|узл|m\b|km|kg|t\b))"
TIMES = (
    re.compile(
        r"(?<![\d:])(?P<H>1[0-2]|0?[1-9])(?:[:.](?P<M>[0-5]\d))?\s?(?P<half>[ap])\.?\s?m\b\.?", re.I
    ),
    re.compile(
        rf"(?<![\d:]){_HOUR}:(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d))?(?!\d)"
        rf"(?:\s?(?:Z|UTC|GMT)\b|\s?{_HALF})?"
    ),
    re.compile(rf"(?<![\d:])(?P<H>24)(?::|\s?[hч]\s?|(?=00{UTC}))(?P<M>00)(?!\d)(?:{UTC})?"),
    re.compile(rf"(?<![\d.,]){_HOUR}\.(?P<M>[0-5]\d)(?:{UTC}|\s?Uhr\b|\s?{_HALF})"),
    re.compile(
        r"(?<![\d.,])(?P<H>[01]\d|2[0-3])\.(?P<M>[0-5]\d)"
        r"\s?(?:horas|hs|мск|МСК|ч\.?|час(?:ов|а)?)(?![^\W\d_])"
    ),
    re.compile(
        rf"(?:{_DOTTED})(?P<H>[01]\d|2[0-3])(?:\.(?P<M>[0-5]\d)|-(?P<full>00)){_NO_MEASURE}"
    ),
    re.compile(rf"(?<!\d){_CLOCK}(?=Z?\s?(?:[-–/]|to|until|till|and)\s?[0-2]\d[0-5]\d{UTC})Z?"),
    re.compile(rf"(?:(?<!\d)|(?<=\b(?:0[1-9]|[12]\d|3[01])(?=\d{{4}}Z))){_CLOCK}{UTC}"),
    re.compile(rf"(?:{_AT})(?:{_CLOCK}\s?(?:hours|local)\b)"),
    re.compile(rf"(?:{_AT})(?=0){_CLOCK}(?![\d.,]\d|\d)"),
    re.compile(
        rf"(?<!\d){_HOUR}\s?(?:[hч]|heures?)\s?(?P<M>[0-5]\d)(?!\d)(?:\s?мин\b\.?)?(?:\s?{_HALF})?"
    ),
    # An hour alone is a time where its half of the day is said; 2 ночи may be two nights.
    re.compile(rf"(?<![\d.,:]){_HOUR}\s?(?:h|heures?|час(?:а|ов)?)\s{_HALF}"),
    re.compile(rf"(?<![\d.,:]){_HOUR}\s?(?!дня|вечера|ночи|утра){_HALF}"),
    re.compile(rf"(?:(?<=\bв )|(?<=\bВ )){_HOUR}\s(?!дня){_HALF}"),
    re.compile(
        rf"{_BEFORE}\s?{_HOUR}\s?(?:[时時点點]\s?(?:(?P<M>[0-5]?\d)\s?分|(?P<mid>半))?"
        r"|[:：](?P<minutes>[0-5]\d)(?!\d))(?!钟?方向|鐘?方向)"
    ),
    re.compile(
        r"(?<![\d第共])(?P<H>[01]?\d|2[0-4])\s?[时時]\s?(?:(?P<M>[0-5]?\d)\s?分|(?P<mid>半))?(?!间|間)"
    ),
    re.compile(
        rf"(?<![\d第共]){_HOUR}\s?[点點]\s?"
        r"(?:(?P<M>[0-5]?\d)\s?分|(?P<mid>半)|整|[钟鐘](?!方向)"
        r"|(?=$|[\s，。；、,.;)）至到前后後起左许]))"
    ),
    re.compile(rf"(?<=[\N{{BULLET}}日号天]){_HOUR}\s?[点點]"),  # behind a date
)


def time(found: re.Match[str]) -> str | None:
    """The time of day that a match says: 08:02; None for what is none."""
    parts = found.groupdict()
    hours = _hours(int(parts["H"]), parts.get("half"))
    minutes = "30" if parts.get("mid") else parts.get("M") or parts.get("minutes") or "0"
    seconds = int(parts.get("S") or 0)
    if hours == 24 and int(minutes):
        return None
    return f"{hours:02}:{int(minutes):02}" + (f":{seconds:02}" if seconds else "")


def _hours(hours: int, said: str | None) -> int:
    if said is None or hours > 12:
        return hours
    half = _half(said)
    if half == "am":
        return hours % 12
    if half == "pm":
        return hours % 12 + 12
    if half == "night":  # from the sixth hour on it is the evening, and before it the small hours
        return 0 if hours == 12 else hours + 12 if hours >= 6 else hours
    if half == "noon":
        return hours + 12 if hours <= 3 else hours
    return hours


def _half(said: str) -> str:
    if said in ("a", "A", "p", "P"):
        return f"{said.lower()}m"
    for ways in (_HALVES, _HANZI):
        for half, words in ways.items():
            if re.fullmatch(words, said):
                return half
    raise AssertionError(said)
