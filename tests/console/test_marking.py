"""A text cut at its critical elements says every letter once, and marks each in its place."""

from __future__ import annotations

import pytest

from parley.catalogue.elements import find
from parley.console.marking import direction, frame_line, stretches
from parley.console.signs import InOrder
from parley.console.words import first_words
from parley.station.texts.critical import critical


def test_a_marked_text_is_the_text() -> None:
    text = "031200Z DEC 26: «Amity\u200b 7» sails\nat 12 kn to 21°40′N."
    cut = [(part.kind, list(part.pieces)) for part in stretches(text, critical(text, 0))]
    assert "".join(piece.text for _, pieces in cut for piece in pieces) == text
    assert [kind for kind, _ in cut if kind] == ["date", "name", "number", "position"]
    (name,) = (pieces for kind, pieces in cut if kind == "name")
    assert [piece.sign for piece in name] == ["", "ZWSP", ""]


def test_what_lies_within_a_name_is_not_marked_twice() -> None:
    text = "“Falcon 7” is lost"
    found = find(text, 2026, [(1, 9)])
    assert [each.value for each in found] == ["Falcon 7"]
    marked = [part for part in stretches(text, critical(text, 0, [(1, 9)])) if part.kind]
    assert [(part.value, part.protected) for part in marked] == [("Falcon 7", True)]


def test_a_text_without_elements_is_one_stretch() -> None:
    assert [part.kind for part in stretches("We agree.")] == [""]
    assert list(stretches("")) == []


def test_only_what_is_not_meant_has_its_mark_as_first_and_last_line() -> None:
    assert frame_line("EXERCISE") == "EXERCISE EXERCISE EXERCISE"
    assert frame_line("TEST")
    assert frame_line("ACTUAL") == ""


@pytest.mark.parametrize(
    ("language", "reads"),
    [("ar", "rtl"), ("AR-eg", "rtl"), ("ku-Latn", "ltr"), ("az-Arab", "rtl"), ("zh", "ltr")],
)
def test_a_language_tells_in_which_direction_it_is_read(language: str, reads: str) -> None:
    assert direction(language) == reads
    assert direction(None) == "auto"


def test_figures_are_kept_in_their_order_among_words_from_right_to_left() -> None:
    text = "قرب 21°40′ شمالاً"
    (position,) = [part for part in stretches(text, critical(text, 0)) if part.kind]
    assert [(piece.text, piece.figures) for piece in position.pieces] == [
        ("21°40′", True),
        (" شمالاً", False),
    ]


def shown(text: str) -> str:
    """A text as a page has it, what is kept from left to right in brackets."""
    cut = [piece for part in stretches(text, critical(text, 0)) for piece in part.pieces]
    return "".join(f"[{piece.text}]" if piece.figures else piece.text for piece in cut)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        # A letter behind figures is one of them: Z0352 and N21 are neither time nor place.
        ("عند 0352Z في 21°40′N 118°05′E.", "عند [0352Z] في [21°40′N] [118°05′E]."),
        ("عند 031200Z DEC 26 قرب الميناء", "عند [031200Z DEC 26] قرب الميناء"),
        ("رقمها 1127. نرجو", "رقمها [1127]. نرجو"),
        ("عند 03:52، ثم", "عند [03:52]، ثم"),
        ("الطائرة B-1127 تنجرف", "الطائرة B-1127 تنجرف"),
        ("على بعد 12 kn", "على بعد [12 kn]"),
        ("The ship Amity 7 at 0352Z.", "The ship Amity 7 at 0352Z."),
        ("На 21°40′N в 0352Z", "На 21°40′N в 0352Z"),
    ],
)
def test_figures_stand_among_words_from_right_to_left_as_they_were_written(
    text: str, kept: str
) -> None:
    assert shown(text) == kept


def test_figures_stand_in_their_order_in_lists() -> None:
    text = "عند 0352Z في 21°40′N 118°05′E، رقمها B-1127"
    assert first_words(text) == (
        "عند \u20660352Z\u2069 في \u206621°40′N\u2069 \u2066118°05′E\u2069، رقمها B-1127"
    )
    assert first_words("Amity 7 at 0352Z") == "Amity 7 at 0352Z"


def test_a_text_without_elements_keeps_its_figures_too() -> None:
    """As on paper, and in a translation."""
    (part,) = stretches("في 21°40′N")
    assert [(piece.text, piece.figures) for piece in part.pieces] == [
        ("في ", False),
        ("21°40′N", True),
    ]


def test_the_newest_word_decides_how_figures_stand_however_far_it_is() -> None:
    far = " ." * 400
    for text, kept in ((f"ن abc{far}0352Z", []), (f"abc ن{far}0352Z", ["0352Z"])):
        pieces = InOrder(text).pieces(0, len(text))
        assert [each.text for each in pieces if each.figures] == kept
