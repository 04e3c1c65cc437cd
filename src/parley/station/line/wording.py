"""Which words may go out on which line: what stands beside the text rule of the core.

On a line marked EXERCISE, and in a test, no text may say that it is real. In January 2018 an alert
went out in Hawaii because the words "this is not a drill" stood in an exercise message; a person
believed them, as persons should. On a line marked ACTUAL none may be framed as an exercise.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parley.catalogue.counting import count_words
from parley.catalogue.prepared import blanks
from parley.core.entry import Precedence, Status
from parley.core.errors import Refused

if TYPE_CHECKING:
    from parley.station.machine.config import WritingConfig

# Folded to lower case and single spaces: English, Russian, French, Spanish, Chinese, Arabic, and
# some German, Japanese and Korean.
DENIALS = (
    r"\bnot\s+(?:a|an|any|another)\s+(?:\w+\s+)?(?:drill|exercise|test|simulation)\b",
    r"\bnot\s+(?:exercise|drill|simulated)\b",
    r"\bno\s+(?:drill|exercise|duff)\b",
    r"\bisn['’]?t\s+(?:a|an)\s+(?:\w+\s+)?(?:drill|exercise|test)\b",
    r"\b(?:this|it)\s+is\s+(?:for\s+)?real\b",
    r"\b(?:for\s+real|the\s+real\s+thing|real[\s-]world)\b",
    r"\breal\s+(?:attack|alert|alarm|emergency|event|fire|incident|launch|missile|world)\b",
    r"\bне\s+(?:учени[ея]|учебн\w+|тренировк\w+|проверк\w+)",
    r"\b(?:это|всё|все)\s+(?:по[\s-]настоящему|реальн\w+|взаправду)",
    r"\b(?:реальн|настоящ|боев)(?:ая|ый|ое)\s+(?:тревога|пуск|атака|нападение|случай|событие)\b",
    r"\bn['’]est\s+pas\s+un\s+(?:exercice|test)\b",
    r"\b(?:ceci|cela|c['’])\s*est\s+(?:bien\s+)?(?:réel|vrai)\b",
    r"\b(?:cas|alerte|attaque|incident|situation)\s+réell?e?\b",
    r"\b(?:keine?|kein)\s+(?:übung|test)\b",
    r"\b(?:dies|das)\s+ist\s+(?:der\s+)?ernst(?:fall)?\b",
    r"\bno\s+es\s+(?:un|una)\s+(?:ejercicio|simulacro|prueba)\b",
    r"\besto\s+es\s+(?:real|de\s+verdad)\b",
    r"\b(?:caso|alerta|ataque|incidente|situación)\s+real\b",
    r"(?:不是|并非|並非|非)(?:演习|演習|演练|演練|測試|测试)",
    r"(?:这是|這是|此为|此為)(?:真的|真实|真實|实战|實戰)",
    r"(?:真实|真實)(?:情况|情況|警报|警報|事件|袭击|襲擊|攻击|攻擊)",
    r"(?:演習|訓練)では(?:ない|ありません)",
    r"(?:훈련|연습)이\s*아니",
    r"(?:ليس|ليست|لا\s+هذا)\s+(?:هذا\s+|هذه\s+)?(?:تمرين|تدريب|مناورة|اختبار)",
    r"(?:هذا|هذه|الأمر)\s+(?:أمر\s+)?(?:حقيقي|حقيقية)",
    r"(?:حالة|إنذار|هجوم|حادث)\s+(?:حقيقي|حقيقية)",
)
# How exercises are framed. A single such word passes: people write about exercises on real lines.
_THRICE = (
    "exercises?|drill|учени[ея]|тренировка|exercice|ejercicio|simulacro|übung|تمرين|تدريب|مناورة"
)
FRAMES = (
    rf"\b({_THRICE})\b(?:[\W_]{{0,3}}\b\1\b){{2}}",
    r"(演习|演習|演练|演練|訓練)(?:[\W_]{0,3}\1){2}",
    r"\bthis\s+is\s+only\s+(?:a|an)\s+(?:drill|exercise|test)\b",
    r"\bfor\s+exercise(?:\s+purposes)?\s+only\b",
    r"\bэто\s+(?:только|лишь|всего\s+лишь)\s+(?:учени[ея]|учебная|тренировка)",
    r"\bce\s*(?:ci\s+)?n['’]est\s+qu['’]un\s+exercice\b",
    r"\besto\s+es\s+s[oó]lo\s+un\s+(?:ejercicio|simulacro)\b",
    r"(?:这|這)只是(?:一次)?(?:演习|演習|演练|演練)",
    r"(?:هذا|هذه)\s+مجرد\s+(?:تمرين|تدريب|مناورة)",
)
_DENIALS = re.compile("|".join(DENIALS))
_FRAMES = tuple(map(re.compile, FRAMES))  # one by one: they refer to groups of their own
# Characters of category Cf: they are not seen, and would part a word for the search alone.
_INVISIBLE = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"
)


def check_mark(text: str, status: Status) -> None:
    """Refuse words that say it is real where the mark says that it is not, and the reverse."""
    found = contradiction(text, status)
    if found is None:
        return
    other = "EXERCISE" if status is Status.ACTUAL else "ACTUAL"
    raise Refused(
        f"line {found.line}, character {found.character}: the text says {found.words!r}, and it"
        f" would go out marked {status.name}",
        f"write it without these words, or send it on a line marked {other}",
    )


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Words that contradict a mark, and where they begin; both are counted from 1."""

    words: str
    line: int
    character: int


def contradiction(text: str, status: Status) -> Contradiction | None:
    """The first words of a text that contradict its mark."""
    folded = fold(text)
    patterns = _FRAMES if status is Status.ACTUAL else (_DENIALS,)
    if status is Status.SERVICE:
        return None
    hits = [hit for pattern in patterns if (hit := pattern.search(folded))]
    if not hits:
        return None
    first = min(hits, key=lambda hit: hit.start())
    # The place in the text as written: the shortest beginning that folds to more than what stands
    # before the words.
    at = bisect_left(range(len(text)), first.start() + 1, key=lambda n: len(fold(text[: n + 1])))
    line = text.count("\n", 0, at) + 1
    return Contradiction(first.group(), line, at - (text.rfind("\n", 0, at) + 1) + 1)


def fold(text: str) -> str:
    """The text as a hasty reader takes it: compatible forms, no invisible characters, one case."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"\s+", " ", text.casefold())


def words_max(precedence: Precedence, limits: WritingConfig) -> int:
    """How many words a message of this precedence may have; 0 for as many as one likes."""
    if precedence is Precedence.FLASH:
        return limits.words_flash
    return limits.words_immediate if precedence is Precedence.IMMEDIATE else 0


def check_length(text: str, precedence: Precedence, limits: WritingConfig) -> None:
    """Refuse a FLASH or IMMEDIATE that takes long to read (ACP 121: 200 words)."""
    words, most = count_words(text), words_max(precedence, limits)
    if most and words > most:
        raise Refused(
            f"the text has {words:,} words, {words - most:,} more than the {most:,} that a"
            f" {precedence.name} may have here",
            "shorten it, send the rest after it, or choose a lower precedence",
        )


def advice(text: str) -> list[str]:
    """What a drafter might want to know; nothing is refused for it."""
    left = blanks(text)
    return [f"Blanks are left in it: {', '.join(dict.fromkeys(left))}."] if left else []
