"""Units behind a number, so that 12 nautical miles and 12 морских миль are seen to be the same."""

from __future__ import annotations

import re

# By symbol: how the six languages write it. What ends in letters goes on as words of its
# language do (tonne, tonnes, тонн, тонны).
_WRITTEN = {
    "NM": (
        "nmi|NM|nautical mile|морских миль|морские мили|морская миля|морской мили|морскую милю|"
        "морских милях|морским милям|"
        "mille marin|milles marin|milla náutica|millas náuticas|海里|浬|ميل بحري|"
        "أميال بحرية|ميلا بحريا|ميلاً بحرياً"
    ),
    "mi": "mi|mile|miles|миль|миля|мили|милю|милям|милях|milla|millas|英里|ميل|أميال",
    "kn": "kn|kt|kts|knot|knots|узел|узл|nœud|noeud|nudo|节|節|عقدة|عقد",
    "km/h": "km/h|км/ч|公里每小时|كم/س",
    "m/s": "m/s|м/с|米每秒|م/ث",
    "km²": "km²|km2|км²|км2|平方公里|كم²",
    "m²": "m²|m2|м²|м2|平方米|م²",
    "m³": "m³|m3|м³|м3|立方米|م³",
    "km": "km|kilometer|kilometre|kilomètre|kilómetro|км|километр|公里|千米|كم|كيلومتر",
    "m": "m|metre|meter|mètre|metro|м|метр|米|متر|أمتار",
    "yd": "yd|yds|yard|yards|ярд|yarda|码|碼|ياردة",
    "ft": "ft|feet|foot|фут|pied|pieds|pie|pies|英尺|قدم|أقدام",
    "kg": "kg|kilogram|kilogramme|kilogramo|кг|килограмм|公斤|千克|كغ|كيلوغرام",
    "t": "t|ton|tons|tonne|т|тонн|tonelada|吨|噸|طن|طنا|طناً|أطنان",
    "GHz": "GHz|ГГц|gigahertz|吉赫|غيغاهرتز",
    "MHz": "MHz|МГц|megahertz|兆赫|ميغاهرتز",
    "kHz": "kHz|кГц|kilohertz|千赫|كيلوهرتز",
    "Hz": "Hz|Гц|hertz|赫兹|هرتز",
    "h": "h|hour|hours|час|ч|heure|hora|horas|小时|小時|ساعة|ساعات",
    "min": "min|minute|минут|мин|minuto|分钟|分鐘|دقيقة|دقائق",
    "d": "day|days|день|дня|дней|суток|сутки|jour|jours|día|días|天|يوم|أيام",
    "%": "%|per cent|percent|процент|pour cent|por ciento|٪",
    "°C": "°C|° C|℃|摄氏度",
    "°F": "°F|° F|℉|华氏度",
    "°": "°|degree|градус|degré|grado|度|درجة|درجات",
}
_EXACT = 4  # letters of ours up to which what is written is whole and goes on with nothing
_SYMBOLS = {way.casefold(): unit for unit, ways in _WRITTEN.items() for way in ways.split("|")}
# How a word may go on. Anything else is another word: a Minuteman is no minute, millares are no
# miles, and минных тральщиков are minesweepers.
_LATIN = "s?"
_CYRILLIC = (
    "(?:ами?|ах|ов|ом|ой|ою|ям|ем|а|у|е|ы|и|я|ю"
    "|(?:ов|н)(?:ый|ая|ое|ого|ому|ым|ом|ой|ую|ые|ых|ыми))?"
)
_ARABIC = "(?:\u064b?ا\u064b?|ين|ان|ات)?[\u064b-\u0652]*"
_ENDS = r"(?![^\W\d_])"


def _pattern(way: str) -> str:
    words, last = re.escape(way).replace(r"\ ", r"\s"), way[-1]
    if not last.isalpha() or "\u4e00" <= last <= "\u9fff":
        return words
    if len(way) <= _EXACT and way.isascii():
        return words + _ENDS
    if len(way) <= 2 or way == "мин":
        return words + r"\.?" + _ENDS
    if "\u0400" <= last <= "\u04ff":
        return words + _CYRILLIC + _ENDS
    return words + (_ARABIC if "\u0600" <= last <= "\u06ff" else _LATIN) + _ENDS


_WAYS = sorted(_SYMBOLS, key=len, reverse=True)
_TOWARDS = "|".join(rf"(?<=\b{word} )" for word in ("bearing", "course", "heading", "brg", "hdg"))
# A T behind a bearing says true and an M magnetic; behind another number they are units.
BEARING = re.compile(
    r"(?<![\w.,])(?P<n>\d{1,3}(?:\.\d)?)\s?"
    r"(?:[°º]|(?:deg|degrees)\b)\s?(?P<of>[TM]|true|magnetic)\b"
    rf"|(?<![\w.,])(?:{_TOWARDS}|(?=0))(?P<digits>[0-3]\d\d)(?P<letter>[TM])\b"
)
# What goes on with a stroke or a power is another unit than what stands before that.
UNIT = re.compile(
    r"[\s\u00a0\u202f-]?(?P<unit>"
    + "|".join(map(_pattern, _WAYS))
    + r")(?!\s?/\s?[^\W\d_]|[²³]|(?<=[^\W\d_])[23](?!\d))",
    re.I,
)


def unit(written: str) -> str:
    """The symbol of a unit as it is written; the longest way that it begins with decides."""
    folded = re.sub(r"\s", " ", written.casefold())
    return next(_SYMBOLS[way] for way in _WAYS if folded.startswith(way))


def bearing(found: re.Match[str]) -> str:
    """A bearing or course with what it is measured from: 45 °T, 270 °M."""
    degrees = (found["n"] or found["digits"]).lstrip("0") or "0"
    return f"{degrees} °{(found['of'] or found['letter'])[0].upper()}"
