"""Units behind a number, so that 12 nautical miles and 12 морских миль are seen to be the same."""

from __future__ import annotations

import re

# By symbol: how the six languages write it. What ends in letters goes on with letters of its own
# kind (tonne, tonnes, тонн, тонны), so beginnings serve.
_WRITTEN = {
    "NM": (
        "nmi|NM|nautical mile|морских мил|морские мил|морская мил|морской мил|"
        "mille marin|milles marin|milla náutica|millas náuticas|海里|浬|ميل بحري|"
        "أميال بحرية|ميلا بحريا|ميلاً بحرياً"
    ),
    "mi": "mi|mile|miles|миль|миля|мили|milla|millas|英里|ميل|أميال",
    "kn": "kn|kt|kts|knot|knots|узл|узел|nœud|noeud|nudo|nudos|节|節|عقدة|عقد",
    "km/h": "km/h|км/ч|公里每小时|كم/س",
    "km²": "km²|km2|км²|км2|平方公里|كم²",
    "km": "km|kilomet|kilomèt|kilómet|км|километр|公里|千米|كم|كيلومتر",
    "m": "m|metre|meter|mètre|metro|м|метр|米|متر|أمتار",
    "yd": "yd|yds|yard|yards|ярд|yarda|码|碼|ياردة",
    "ft": "ft|feet|foot|фут|pied|pieds|pie|pies|英尺|قدم|أقدام",
    "kg": "kg|kilogram|кг|килограмм|公斤|千克|كغ|كيلوغرام",
    "t": "t|ton|tons|tonne|т|тонн|tonelada|吨|噸|طن|أطنان",
    "GHz": "GHz|ГГц|gigahertz|吉赫|غيغاهرتز",
    "MHz": "MHz|МГц|megahertz|兆赫|ميغاهرتز",
    "kHz": "kHz|кГц|kilohertz|千赫|كيلوهرتز",
    "Hz": "Hz|Гц|hertz|赫兹|هرتز",
    "h": "h|hour|hours|час|ч|heure|hora|horas|小时|小時|ساعة|ساعات",
    "min": "min|minute|минут|мин|minuto|分钟|分鐘|دقيقة|دقائق",
    "d": "day|days|день|дня|дней|сут|jour|jours|día|días|天|يوم|أيام",
    "%": "%|per cent|percent|процент|pour cent|por ciento|٪",
    "°": "°|degree|градус|degré|grado|度|درجة",
}
_EXACT = 4  # letters of ours up to which what is written is whole and goes on with nothing
_SYMBOLS = {way.casefold(): unit for unit, ways in _WRITTEN.items() for way in ways.split("|")}


def _pattern(way: str) -> str:
    words = re.escape(way).replace(r"\ ", r"\s")
    if not way[-1].isalpha() or "\u4e00" <= way[-1] <= "\u9fff":
        return words
    if len(way) <= _EXACT and way.isascii():
        return words + r"(?![^\W\d_])"
    if len(way) <= 2:
        return words + r"\.?(?![^\W\d_])"
    return words + r"[^\W\d_]*"


_WAYS = sorted(_SYMBOLS, key=len, reverse=True)
_TOWARDS = "|".join(rf"(?<=\b{word} )" for word in ("bearing", "course", "heading", "brg", "hdg"))
# A T behind a bearing says true and an M magnetic; behind another number they are units.
BEARING = re.compile(
    r"(?<![\w.,])(?P<n>\d{1,3}(?:\.\d)?)\s?(?:[°º]|(?:deg|degrees)\b)\s?(?P<of>[TM]|true|magnetic)\b"
    rf"|(?<![\w.,])(?:{_TOWARDS}|(?=0))(?P<digits>[0-3]\d\d)(?P<letter>[TM])\b"
)
UNIT = re.compile(r"[\s\u00a0\u202f-]?(?P<unit>" + "|".join(map(_pattern, _WAYS)) + ")", re.I)


def unit(written: str) -> str:
    """The symbol of a unit as it is written; the longest way that it begins with decides."""
    folded = re.sub(r"\s", " ", written.casefold())
    return next(_SYMBOLS[way] for way in _WAYS if folded.startswith(way))


def bearing(found: re.Match[str]) -> str:
    """A bearing or course with what it is measured from: 45 °T, 270 °M."""
    degrees = (found["n"] or found["digits"]).lstrip("0") or "0"
    return f"{degrees} °{(found['of'] or found['letter'])[0].upper()}"
