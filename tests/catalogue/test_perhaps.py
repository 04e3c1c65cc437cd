"""Words that are perhaps names, for a person to look at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from parley.catalogue.elements import find
from parley.catalogue.perhaps import MOST, perhaps_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "General Petrov is dead. Our troops have left Odessa and Kaliningrad.",
            ["Petrov", "Odessa", "Kaliningrad"],
        ),
        ("The Liberty is at sea near Cyprus.", ["Liberty", "Cyprus"]),
        ("It is an American Liberty Type Ship off Port Said.", None),
        ("Корабль Либерти обстрелян у Одессы.", ["Либерти", "Одессы"]),
        ("约翰·史密斯将军在北京", ["约翰·史密斯"]),
        ("وصل الجنرال بيتروف إلى القاهرة", ["بيتروف"]),
        ("Le général Dupont est à Paris; M. Durand y est aussi.", ["Dupont", "Paris", "Durand"]),
        ("El buque del Almirante García de la Vega.", ["García de la Vega"]),
        ("We ask the United Nations, and the Soviet Union.", ["United Nations", "Soviet Union"]),
        # What is none, or already found.
        ("Dear Mr. President, I write to Your Excellency.", []),
        ("We met at 0600Z on 3 June. He said: Go.", []),
        ("MOVE ALL SHIPS TO PORT SAID", []),
        ("The USS Liberty sinks.", []),
        ("", []),
    ],
)
def test_what_is_perhaps_a_name_is_listed(text: str, names: list[str] | None) -> None:
    known = [(each.start, each.end) for each in find(text, 2026)]
    expected = ["American Liberty Type Ship", "Port Said"] if names is None else names
    assert perhaps_names(text, known) == expected


def test_of_the_exchange_of_1967_the_name_that_was_taken_for_a_class_is_seen() -> None:
    said = "An American ship, Liberty type, was torpedoed by Israel forces near Port Said."
    assert "Liberty" in perhaps_names(said)


def test_no_more_are_listed_than_somebody_reads() -> None:
    assert len(perhaps_names("we saw " + ", ".join(f"Name{'abcdef'[n % 6]}{n}" for n in range(99))))
    many = "we saw " + ", ".join("A" + chr(97 + n // 26) + chr(97 + n % 26) for n in range(99))
    assert len(perhaps_names(many)) == MOST


@given(some.text())
def test_whatever_is_written_each_stands_in_the_text(text: str) -> None:
    for name in perhaps_names(text):
        assert name in text
        assert len(name) > 1
