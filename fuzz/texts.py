"""What must not be misread in a text of whoever wrote it: each element stands where it says."""

from __future__ import annotations

import re
from itertools import pairwise

from parley.catalogue.elements import Kind, find, hinted
from parley.catalogue.numerals import InFigures, numerals

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?: \S+)?", re.ASCII)


def elements(data: bytes) -> None:
    """Any text is read, and every number of it is one."""
    text = data.decode(errors="replace")
    for each in (*find(text, 2026), *hinted(text)):
        assert 0 <= each.start < each.end <= len(text), "it stands outside of the text"
        assert text[each.start : each.end].strip(), "nothing is there"
        if each.kind is Kind.NUMBER:
            assert _NUMBER.fullmatch(each.value), "a number that is none"
    _in_figures(text)


def _in_figures(text: str) -> None:
    """What is no number stays, and each sign of it is found again."""
    found = numerals(text)
    for one, two in pairwise(found):
        assert one.end <= two.start, "a number stands in another"
    shown = InFigures(text, found)
    within = {at for each in found for at in range(each.start, each.end)}
    for at, sign in enumerate(shown.text):
        start, end = shown.there(at, at + 1)
        if start not in within:
            assert text[start:end] == sign, "a sign came from elsewhere"
