"""In 1967 a ship's name came back as a class of ships: what a translation loses is marked."""

from __future__ import annotations

import pytest

from parley.catalogue.elements import find
from parley.catalogue.translating import Mark, compare

ORIGINAL = (
    "The USS “Liberty” was attacked at 1403Z on 8 June 1967,"
    " 12 nautical miles from 31°23′N 33°25′E."
)
FAITHFUL = (
    "8 июня 1967 г. в 14:03 судно «Liberty» подверглось нападению в 12 морских милях от"
    " 31°23′ с. ш. 33°25′ в. д."
)


def marked(
    translation: str, terms: dict[str, str] | None = None, protect: str = ""
) -> list[tuple[str, str, Mark]]:
    at = ORIGINAL.find(protect)
    names = [(at, at + len(protect))] if protect else []
    there = find(translation, 1967)
    rows = compare(find(ORIGINAL, 1967, names), there, ORIGINAL, translation, terms)
    return [(row.kind.value, row.value, row.mark) for row in rows if row.mark is not Mark.SAME]


def test_a_faithful_translation_differs_in_nothing() -> None:
    assert marked(FAITHFUL) == []


@pytest.mark.parametrize(
    ("before", "after", "marks"),
    [
        ("«Liberty»", "типа либерти", [("name", "Liberty", Mark.OMITTED)]),
        (
            "14:03",
            "15:03",
            [("time", "14:03", Mark.OMITTED), ("time", "15:03", Mark.ADDED)],
        ),
        (
            "8 июня",
            "9 июня",
            [("date", "1967-06-08", Mark.OMITTED), ("date", "1967-06-09", Mark.ADDED)],
        ),
        ("12 морских", "12 сухопутных", [("number", "12 NM", Mark.OMITTED)]),
        (" 33°25′ в. д.", "", [("position", "33°25′00″E", Mark.OMITTED)]),
        ("судно", "судно № 4", [("number", "4", Mark.ADDED)]),
    ],
)
def test_what_is_lost_or_changed_is_marked(
    before: str, after: str, marks: list[tuple[str, str, Mark]]
) -> None:
    found = marked(FAITHFUL.replace(before, after))
    assert [each for each in marks if each not in found] == []


def test_a_protected_name_stands_as_it_is_or_as_the_glossary_has_it() -> None:
    translated = FAITHFUL.replace("«Liberty»", "Либерти")
    assert ("name", "Liberty", Mark.OMITTED) in marked(translated, protect="Liberty")
    assert marked(translated, {"Liberty": "Либерти"}, protect="Liberty") == []
    quoted = FAITHFUL.replace("Liberty", "Либерти")
    assert marked(quoted, {"Liberty": "Либерти"}, protect="Liberty") == []


@pytest.mark.parametrize(
    "translation",
    [
        "Liberty type ship",
        "a ship of the “Liberty” class",
        "судно типа «Liberty»",
        "navire de type Liberty",
        "buque de la clase Liberty",
        "“Liberty”级军舰",
        "سفينة من طراز Liberty",
    ],
)
def test_a_name_taken_for_a_class_is_marked(translation: str) -> None:
    assert ("name", "Liberty", Mark.CLASS) in marked(translation)


def test_a_name_that_shows_itself_needs_no_quotation_marks() -> None:
    original, text = "We have just learned that USS Liberty was torpedoed.", "Судно типа Liberty."
    (row,) = compare(find(original, 1967), find(text, 1967), original, text)
    assert (row.kind.value, row.value, row.mark) == ("name", "Liberty", Mark.CLASS)


def test_a_class_that_the_original_names_is_one() -> None:
    original = "The Liberty class ship “Amity” sails."
    text = "Судно «Amity» типа Liberty выходит."
    names = [(4, 11)]
    rows = compare(find(original, 1967, names), find(text, 1967), original, text)
    assert [row.mark for row in rows] == [Mark.SAME, Mark.SAME]
