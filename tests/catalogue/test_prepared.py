"""Prepared texts are there in each of the six languages, and say the same."""

from __future__ import annotations

import re

import pytest

from parley.catalogue.prepared import LANGUAGES, PREPARED, blanks
from parley.catalogue.prepared_texts.limits import span_in

FIELDS = re.compile(r"\{(\w+)\|")
OTHERS = [each for each in LANGUAGES if each != "en"]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", PREPARED)
def test_each_is_there_with_the_same_fields(name: str, language: str) -> None:
    english, other = PREPARED[name], PREPARED[name].in_language(language)
    assert other.text != english.text
    for one, two in ((english.subject, other.subject), (english.text, other.text)):
        assert set(FIELDS.findall(one)) - {"level"} == set(FIELDS.findall(two))
    assert (other.precedence, other.about) == (english.precedence, english.about)
    # Nothing of English is left but the words of the field.
    bare = re.sub(r"FLASH|IMMEDIATE|UTC|\{\w+", "", f"{other.subject} {other.text}")
    if language in ("zh", "ru", "ar"):
        assert re.findall(r"[A-Za-z]", bare) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_known_is_filled_in_and_the_rest_is_a_blank(language: str) -> None:
    text = PREPARED["yours"].in_language(language).fill({"time": "0352Z"})[1]
    assert "0352Z" in text
    assert len(blanks(text)) == len(set(FIELDS.findall(PREPARED["yours"].text))) - 1


def test_a_language_that_there_is_not_is_english_and_one_with_a_region_is_found() -> None:
    english = PREPARED["time"]
    assert english.in_language("de") is english
    assert english.in_language("en-GB") is english
    assert english.in_language("zh-Hans").text == english.in_language("ZH").text != english.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["1 minute", "10 minutes", "2 hours"]),
        ("fr", ["1 min", "10 min", "2 h"]),
        ("ru", ["1 мин", "10 мин", "2 ч"]),
        ("zh", ["1分钟", "10分钟", "2小时"]),
        ("ar", ["دقيقة واحدة", "10 دقائق", "ساعتين"]),
    ],
)
def test_a_time_limit_is_said_in_the_same_language(language: str, said: list[str]) -> None:
    assert [span_in(language, seconds) for seconds in (60, 600, 7_200)] == said
