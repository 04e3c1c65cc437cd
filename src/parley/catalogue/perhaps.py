"""Words that are perhaps names: of persons, places and peoples, which no sign of their own shows.

A page that found no name in "The Liberty is at sea near Cyprus" must not seem to say that there is
none. So what is written with a capital letter within a sentence is listed, and what stands beside a
title in Chinese and Arabic, which have no such letters. They are for a person to look at: nothing
is compared by them, since each language writes them in its own way. A name that begins a sentence
and stands nowhere else, and one in a text of capitals alone, is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MOST = 24  # at once; a list that nobody reads helps nobody

_CAPITALISED = r"(?:[A-ZÀ-ÖØ-ÞА-ЯЁ](?:[^\W\d_]|[’'-](?=[^\W\d_]))*)"
_JOINED = r"(?: |\u00a0)(?:(?:of|the|de|du|des|del|la|las|los|el|von|al|ibn|bin)(?: |\u00a0)){0,2}"
_GROUP = re.compile(rf"(?<![\w@]){_CAPITALISED}(?:{_JOINED}{_CAPITALISED})*")
# Behind these a word is capital because a sentence begins.
_BEGINS = re.compile(r"(?:^|[.!?:;…\n])[\s«“\"„‘'()\[\]*•–—-]*$")
_SHORTENED = re.compile(r"\b(?:M|Mr|Mrs|Ms|Dr|St|Sr|Sra|Gen|Adm|Col|Capt|Lt)\. $")
_HAN_TITLED = re.compile(
    r"(?P<before>[\u4e00-\u9fff·]{2,12}?)(?:总统|主席|总理|部长|将军|上将|大使|司令|先生|女士)"
)
_ARAB_TITLED = re.compile(
    r"(?:الجنرال|الرئيس|الوزير|السفير|اللواء|العميد|الفريق|السيد|السيدة)"
    r" (?P<after>[\u0621-\u064a]{2,}(?: (?:بن |آل )[\u0621-\u064a]{2,})?)"
)
# What is written so in English, and words of the field; forms of address and titles.
_WORDS = (
    "I I'm I'll I've I'd UTC GMT OK Z NM KM KT FLASH IMMEDIATE PRIORITY ROUTINE EXERCISE ACTUAL"
    " TEST SERVICE"
    " January February March April May June July August September October November December"
    " Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
    " Mr Mrs Ms Dr Sir Madam Dear President Chairman Chairwoman Minister Prime Excellency Your Our"
    " His Her General Admiral Captain Colonel Commander Major Lieutenant Ambassador Secretary"
    " Government Embassy State Foreign Defence Defense Council"
    " M Mme Monsieur Madame Président Ministre Général Amiral Excellence Votre Gouvernement"
    " Sr Sra Señor Señora Presidente Ministro Almirante Excelencia Gobierno Su"
    " Г-н Г-жа Господин Госпожа Президент Председатель Министр Генерал Адмирал Посол Вы Вас Вам"
    " Вами Ваш Ваша Ваше Ваши Вашего Вашей Вашему Вашим Вашу Правительство"
)
_NO_NAMES = frozenset(_WORDS.split())


def perhaps_names(text: str, known: Iterable[tuple[int, int]] = ()) -> list[str]:
    """What is perhaps a name, each once in the order of the text, but for what stands within a
    place that is `known`."""
    taken = list(known)
    found: dict[str, None] = {}
    for start, end in sorted(_places(text)):
        name = re.sub(r"['’]s?$", "", text[start:end])
        if len(name) < 2 or name in _NO_NAMES:
            continue
        if not any(start < upto and begin < end for begin, upto in taken):
            found[name] = None
        if len(found) == MOST:
            break
    return list(found)


def _places(text: str) -> Iterator[tuple[int, int]]:
    letters = [sign for sign in text if sign.isalpha()]
    if sum(map(str.isupper, letters)) * 2 <= len(letters):
        for each in _GROUP.finditer(text):
            yield from _within(text, each)
    yield from (each.span("before") for each in _HAN_TITLED.finditer(text))
    yield from (each.span("after") for each in _ARAB_TITLED.finditer(text))


def _within(text: str, group: re.Match[str]) -> Iterator[tuple[int, int]]:
    """What of words with capital letters is perhaps a name: without what begins a sentence, and
    without titles at its beginning."""
    start, end = group.span()
    words = [each.span() for each in re.finditer(r"[^ \u00a0]+", group.group())]
    before = text[max(0, start - 40) : start]
    if _BEGINS.search(before) and not _SHORTENED.search(before):
        words = words[1:]
    while words and (
        text[start + words[0][0] : start + words[0][1]] in _NO_NAMES
        or text[start + words[0][0]].islower()
    ):
        words = words[1:]
    if words:
        yield start + words[0][0], end
