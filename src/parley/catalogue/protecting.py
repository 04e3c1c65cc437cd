"""Names and terms that are not to be translated: where they stand in a text (spec/entry.md E17).

On the wire they are [start, length] in bytes of the text's UTF-8, since that is what both stations
hold alike; here they are places in characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from parley.core.wire import Value

SPANS_MAX = 64


def places(text: str, names: Iterable[str]) -> list[tuple[int, int]]:
    """Where these stand as whole words, letter for letter; a longer name goes before one within
    it. At most as many as a header may have."""
    ways = sorted({name for name in names if name}, key=lambda name: (-len(name), name))
    if not ways:
        return []
    pattern = re.compile("|".join(map(_whole, ways)))
    return [found.span() for found in pattern.finditer(text)][:SPANS_MAX]


def _whole(name: str) -> str:
    """A pattern for the name as a whole word; scripts without spaces have no such edge."""
    words = re.escape(name)
    if any(unicodedata.category(each) == "Lo" and not _is_spaced(each) for each in name):
        return words
    return rf"(?<![^\W_]){words}(?![^\W_])"


def _is_spaced(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("ARABIC", "HEBREW"))


def to_spans(text: str, found: Iterable[tuple[int, int]]) -> list[Value]:
    """Places as a header bears them."""
    return [[len(text[:start].encode()), len(text[start:end].encode())] for start, end in found]


def of_spans(text: str, value: Value) -> list[tuple[int, int]] | None:
    """The places of a header of whoever wrote it; None when they are not as E17 says."""
    if not isinstance(value, list) or not 0 < len(value) <= SPANS_MAX:
        return None
    raw, found, upto = text.encode(errors="surrogatepass"), [], 0
    for span in value:
        if not (isinstance(span, list) and len(span) == 2 and all(type(n) is int for n in span)):
            return None
        start, length = span
        if not (isinstance(start, int) and isinstance(length, int)):
            return None
        if start < upto or length < 1 or start + length > len(raw):
            return None
        try:
            first = len(raw[:start].decode())
            found.append((first, first + len(raw[start : start + length].decode())))
        except UnicodeDecodeError:
            return None
        upto = start + length
    return found
