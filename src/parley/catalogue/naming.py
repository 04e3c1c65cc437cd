"""Names that show themselves by the word before them: call signs, ships and aircraft.

In 1967 a message said "USS Liberty", without quotation marks, and came back as a "Liberty Type
Ship". So a word with a capital letter behind the prefix of a navy, or behind a word like ship,
frigate or vessel in English, French, German or Spanish, is a name; in
Chinese what stands between the kind of ship and 号. In Russian a country stands there as often, and
Arabic has no capital letters: names are quoted or protected there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CALL_SIGN = (
    r"(?:\b(?i:call[ -]?sign|indicatif(?: d['’]appel)?|indicativo|distintivo(?: de llamada)?)"
    r"|[Пп]озывн\w+|呼号)(?: is| est| es)?[:\s]*[«“\"]?(?P<sign>[A-Z0-9]{3,10})(?![^\W_])"
)

# Prefixes of navies and merchant ships; those of two letters are words elsewhere, and need a name
# that is not in capitals alone.
_PREFIXES = (
    "USS USNS USCGC USNV HMS HMCS HMAS HMNZS HNLMS HDMS HNoMS HSwMS RFA RMS BNS BRP KRI KD RSS"
    " ROKS PNS NRP TCG SAS ARA BAP SPS CNS PLANS JDS USAV MV M/V MS M/S MT M/T SS S/S RV R/V FV F/V"
    " FS FGS ITS INS JS LÉ"
)
_LONG = " ".join(each for each in _PREFIXES.split() if len(each) > 2)
_KINDS = (
    # English
    "ship warship vessel vessels carrier destroyer frigate corvette cruiser submarine minesweeper"
    " minehunter patrol-boat gunboat cutter tanker freighter trawler tug ferry yacht icebreaker"
    " steamer liner boat drone airship"
    # French
    " navire bâtiment bateau frégate croiseur destroyer contre-torpilleur porte-avions sous-marin"
    " pétrolier chalutier remorqueur paquebot vedette aviso dragueur"
    # German
    " Schiff Fregatte Korvette Kreuzer Zerstörer Flugzeugträger Frachter Tanker Trawler Fähre"
    # Spanish
    " buque barco fragata corbeta crucero destructor portaaviones submarino petrolero carguero"
    " pesquero remolcador transbordador"
)
_TITLE = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ][\w’'-]*"
_TITLES = rf"{_TITLE}(?: (?:of |de |du |la |von )?{_TITLE}){{0,2}}(?: [IVX]{{1,4}}\b)?"
_CAPITALS = r"[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ-]{2,}"


def _either(words: str) -> str:
    return "|".join(sorted(map(re.escape, words.split()), key=len, reverse=True))


_SIGNS = (
    re.compile(_CALL_SIGN),
    re.compile(rf"\b(?:{_either(_PREFIXES)})[ \u00a0](?P<sign>{_TITLES})"),
    re.compile(rf"\b(?:{_either(_LONG)})[ \u00a0](?P<sign>{_CAPITALS})(?![^\W_])"),
    re.compile(rf"\b(?:{_either(_KINDS)})[ \u00a0](?P<sign>{_TITLES}|{_CAPITALS}(?![^\W_]))"),
    re.compile(
        r"(?:船|舰|艦|轮|輪|艇|航母)(?P<sign>[\u4e00-\u9fff]{1,5}?)(?<![信编編型代舷称稱符批])[号號]"
    ),
)
_COUNTED = re.compile(r"[一二三四五六七八九十百千零〇两]+")  # 第二号 and the like
# What begins with a capital letter and is no name of a ship.
_WORDS = (
    "The This That These Those It They We You Our Your His Her I January February March April May"
    " June July August September October November December"
)
_NOT_NAMES = frozenset(_WORDS.split())


def named(text: str) -> Iterator[tuple[int, int]]:
    """Where names stand that show themselves, in the order of the text, none within another."""
    upto = 0
    for start, end in sorted(
        found.span("sign") for pattern in _SIGNS for found in pattern.finditer(text)
    ):
        name = text[start:end]
        if start < upto or _COUNTED.fullmatch(name) or name.split()[0] in _NOT_NAMES:
            continue
        upto = end
        yield start, end
