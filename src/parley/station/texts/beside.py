"""What is put beside a message: which of its critical elements stand in it, and which do not.

A translation is, and so is what its reader read back in his own words.
"""

from __future__ import annotations

import json
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.catalogue.elements import Element, find
from parley.catalogue.translating import Mark, Row, compare
from parley.station.line.lines import OpenLine
from parley.station.texts import glossary
from parley.station.texts.critical import LOOKED_AT_MAX, as_json, year_of

if TYPE_CHECKING:
    from parley.station.station import Station

WORD_DIGITS = 8  # it is against haste, not against anybody


class Beside:
    """A message, as `Viewer.message` gives it, and what may be put beside it. Once made it asks the
    station for nothing, so that the looking may be done beside the loop."""

    def __init__(self, station: Station, open_line: OpenLine, message: dict[str, Any]) -> None:
        self._at = message["composed"]
        self._whole = (message["text"] or "")[:LOOKED_AT_MAX]
        self._names = [each for each in message["protected"] if each[1] <= len(self._whole)]
        self._ours = message["dir"] == "ours"
        self._terms = glossary.entries(station, open_line)

    @cached_property
    def _original(self) -> list[Element]:
        return find(self._whole, year_of(self._at), self._names)

    @property
    def elements(self) -> list[Any]:
        """The critical elements of the message itself, as plain JSON."""
        return as_json(self._original, self._whole)

    @property
    def glossary(self) -> list[dict[str, Any]]:
        """The terms that stand in the message."""
        return glossary.found_in(self._terms, self._whole, ours=self._ours)

    def look_at(self, whole: str) -> dict[str, Any]:
        """The critical elements of a text, how they compare with the message's, and the word by
        which somebody says to have seen these differences and no others."""
        text = whole[:LOOKED_AT_MAX]
        found = find(text, year_of(self._at))
        renderings = {each.said(self._ours): each.rendered(self._ours) for each in self._terms}
        rows = compare(self._original, found, self._whole, text, renderings)
        differing = [each for each in rows if each.mark is not Mark.SAME]
        return {
            "elements": as_json(found, text),
            "compared": [
                {
                    "kind": each.kind.value,
                    "value": each.value,
                    "original": each.original,
                    "translation": each.translation,
                    "mark": each.mark.value,
                }
                for each in rows
            ],
            "differs": len(differing),
            "word": _word_for(differing),
        }


def _word_for(differing: list[Row]) -> str:
    told = json.dumps([[each.kind.value, each.value, each.mark.value] for each in differing])
    return sha256(told.encode()).hexdigest()[:WORD_DIGITS]
