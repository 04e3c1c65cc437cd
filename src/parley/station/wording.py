"""Which words may go out on which line: what stands beside the text rule of the core.

On a line marked EXERCISE, and in a test, no text may say that it is real. In January 2018 an alert
went out in Hawaii because the words "this is not a drill" stood in an exercise message; a person
believed them, as persons should.
"""

from __future__ import annotations

import re
import unicodedata

from parley.catalogue.prepared import blanks
from parley.core.entry import Precedence, Status
from parley.core.errors import Refused

WORDS_MAX = 200  # of FLASH and IMMEDIATE, as advice (ACP 121)

# Folded to lower case and single spaces. More languages come with the agreements that need them.
DENIALS = (
    r"\bnot\s+(?:a|an|any|another)\s+(?:\w+\s+)?(?:drill|exercise|test)\b",
    r"\bnot\s+(?:exercise|drill)\b",
    r"\bno\s+(?:drill|exercise)\b",
    r"\bisn['’]?t\s+(?:a|an)\s+(?:\w+\s+)?(?:drill|exercise|test)\b",
    r"\bне\s+(?:учени[ея]|учебная|тренировка|проверка)",
    r"\bn['’]est\s+pas\s+un\s+(?:exercice|test)\b",
    r"\b(?:keine?|kein)\s+(?:übung|test)\b",
    r"\bno\s+es\s+un\s+(?:ejercicio|simulacro)\b",
    r"(?:不是|并非|非)(?:演习|演習|演练|測試|测试)",
    r"(?:演習|訓練)では(?:ない|ありません)",
    r"(?:훈련|연습)이\s*아니",
)
_DENIALS = re.compile("|".join(DENIALS))
# Characters of category Cf: they are not seen, and would part a word for the search alone.
_INVISIBLE = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"
)


def check_mark(text: str, status: Status) -> None:
    """Refuse words that say it is real where the mark says that it is not."""
    if status not in (Status.EXERCISE, Status.TEST):
        return
    found = _DENIALS.search(fold(text))
    if found:
        raise Refused(
            f"The text says {found.group()!r}, and it would go out marked {status.name}.",
            "Write it without these words, or send it on a line marked ACTUAL.",
        )


def fold(text: str) -> str:
    """The text as a hasty reader takes it: compatible forms, no invisible characters, one case."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"\s+", " ", text.casefold())


def advice(text: str, precedence: Precedence) -> list[str]:
    """What a drafter might want to know; nothing is refused for it."""
    words, left = len(text.split()), blanks(text)
    if left:
        return [f"Blanks are left in it: {', '.join(dict.fromkeys(left))}."]
    if precedence >= Precedence.IMMEDIATE and words > WORDS_MAX:
        return [
            f"{words:,} words are many for a {precedence.name}; {WORDS_MAX} are read in a minute."
        ]
    return []
