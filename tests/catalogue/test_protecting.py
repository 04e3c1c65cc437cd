"""Where a name stands that is not to be translated, in characters here and in bytes on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.catalogue.protecting import SPANS_MAX, of_spans, places, to_spans


@given(
    st.text(alphabet="aé船 .𝔄ع", max_size=60),
    st.lists(st.text(alphabet="aé船𝔄ع", min_size=1, max_size=3), max_size=4),
)
def test_E17_what_is_marked_is_read_back(text: str, names: list[str]) -> None:
    found = places(text, names)
    assert all(text[start:end] in names for start, end in found)
    if found:
        assert of_spans(text, to_spans(text, found)) == found


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("Liberty, Liberty", "Liberty", 2),
        ("Libertyville", "Liberty", 0),
        ("liberty", "Liberty", 0),
        ("我们的辽宁舰出航", "辽宁", 1),
        ("السفينة أمل", "أمل", 1),
        ("السفينة أملنا", "أمل", 0),
        ("USS Liberty-2", "USS Liberty", 1),
    ],
)
def test_a_name_is_a_whole_word(text: str, name: str, count: int) -> None:
    assert len(places(text, [name])) == count


def test_the_longer_name_goes_first() -> None:
    assert places("The USS Liberty", ["Liberty", "USS Liberty"]) == [(4, 15)]
    assert places("a", []) == []
    assert len(places("a " * 100, ["a"])) == SPANS_MAX


@pytest.mark.parametrize(
    "value",
    [
        *(None, [], 7, "a", [7], [[0]], [[0, 0]], [[-1, 1]], [[0, 5]], [[1, 1]], [[2, 1], [0, 2]]),
        *([[True, 1]], [[0, "2"]], [[0, 2, 0]], [[0, 2], [1, 2]], [[0, 1 << 60]]),
        [[2, 1]] * (SPANS_MAX + 1),
    ],
)
def test_E17_what_is_not_so_marks_nothing(value: Any) -> None:
    assert of_spans("éab", value) is None
