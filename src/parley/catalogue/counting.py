"""How many words a text has, in whatever script."""

from __future__ import annotations

import re

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def count_words(text: str) -> int:
    """Words as a limit counts them: between spaces; of scripts without any, two characters."""
    spaced = _UNSPACED.sub(" ", text)
    return len(spaced.split()) + (len(text) - len(_UNSPACED.sub("", text)) + 1) // 2
