"""Text is shown as written, with every sign that hides made visible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.console import signs, words


def shown(text: str) -> str:
    return "".join(f"[{piece.sign}]" if piece.sign else piece.text for piece in signs.pieces(text))


def test_plain_text_is_one_piece() -> None:
    assert list(signs.pieces("Dear Mr. President,\n«мир» 和平 سلام")) == [
        signs.Piece("Dear Mr. President,\n«мир» 和平 سلام")
    ]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u202eb", "a[U+202E]b"),
        ("a\u2066b\u2069", "a[U+2066]b[U+2069]"),
        ("a\x07b\x1b", "a[U+0007]b[U+001B]"),
        ("a\u200fb", "a[RLM]b"),
        ("a\ufeffb", "a[U+FEFF]b"),
        ("a\ue000b", "a[U+E000]b"),
        ("a\U000e0041b", "a[U+E0041]b"),
        ("a\u2028b", "a[LINE]b"),
    ],
)
def test_a_hidden_sign_gets_a_box(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_an_override_loses_its_effect_and_a_direction_mark_keeps_it() -> None:
    (override,) = [piece for piece in signs.pieces("a\u202eb") if piece.sign]
    (mark,) = [piece for piece in signs.pieces("a\u200fb") if piece.sign]
    assert override.text == ""
    assert override.name == "right-to-left override"
    assert mark.text == "\u200f"


def test_signs_within_words_stay_there_and_are_counted() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert shown(family) == family
    assert signs.unseen(family + "\u00a0") == "2 zero-width joiner, 1 no-break space"


@given(st.text())
def test_no_letter_is_lost(text: str) -> None:
    kept = "".join(piece.text if not piece.sign else "" for piece in signs.pieces(text))
    boxes = sum(1 for piece in signs.pieces(text) if piece.sign)
    assert len(kept) + boxes == len(text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (61, "1:01"), (3600, "1:00:00"), (86_400 * 3 + 3600 * 4, "3 d 04 h")],
)
def test_spans(seconds: float, shown: str) -> None:
    assert words.span(seconds) == shown
    assert words.left(seconds) == shown
    assert words.left(-seconds - 1) == f"OVERDUE {words.span(seconds + 1)}"


def test_a_clock_names_the_day_unless_it_is_today() -> None:
    moment = 1_700_000_000.0
    assert words.clock(moment, moment + 60) == "22:13:20Z"
    assert words.clock(moment, moment + 86_400) == "2023-11-14 22:13:20Z"
    assert words.iso(moment) == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("moment", [253_402_300_800.0, 9_007_200_832_577_792.0, float(1 << 63)])
def test_a_moment_no_calendar_has_is_shown_as_the_last_one(moment: float) -> None:
    assert words.clock(moment, 1_700_000_000.0) == "9999-12-31 23:59:59Z"
    assert words.iso(moment) == "9999-12-31T23:59:59Z"


def test_times_allowed_read_as_words() -> None:
    assert [words.within(s) for s in (30, 600, 1800, 3600, 10_800)] == [
        "30 seconds",
        "10 minutes",
        "30 minutes",
        "1 hour",
        "3 hours",
    ]


def test_bytes_are_shown_in_rows() -> None:
    dump = words.hexdump(b"Hello, \x00 world, 17")
    assert dump.splitlines()[0].startswith("000000  48 65 6c 6c 6f 2c 20 00  20 77")
    assert dump.splitlines()[1].endswith("17")
