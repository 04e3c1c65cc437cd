"""No exercise may say that it is real."""

from __future__ import annotations

import pytest

from parley.core.entry import Precedence, Status
from parley.core.errors import Refused
from parley.station.wording import advice, check_mark


@pytest.mark.parametrize(
    "text",
    [
        "This is not a drill.",
        "THIS IS NOT A DRILL",
        "this is  not\na drill",
        "This is not an exercise!",
        "this is not any exercise",
        "this isn't a drill",
        "this isn’t a real exercise",
        "not a d\u200brill",
        "ｎｏｔ ａ ｄｒｉｌｌ",
        "No drill. Repeat: no drill.",
        "NOT EXERCISE",
        "Это не учения",
        "Это НЕ УЧЕБНАЯ тревога",
        "这不是演习",
        "Ceci n'est pas un exercice",
        "Das ist keine Übung",
        "これは演習ではない",
        "esto no es un simulacro",
    ],
)
@pytest.mark.parametrize("status", [Status.EXERCISE, Status.TEST])
def test_a_text_that_denies_its_mark_is_refused(text: str, status: Status) -> None:
    with pytest.raises(Refused) as fault:
        check_mark(text, status)
    assert status.name in fault.value.sentence


@pytest.mark.parametrize(
    "text",
    [
        "This is a drill.",
        "Exercise, exercise, exercise: fire at the north gate.",
        "We did not agree to a drill on Monday.",
        "The test was not answered.",
        "Drill bits are not available.",
        "Не надо.",
    ],
)
def test_other_words_pass(text: str) -> None:
    check_mark(text, Status.EXERCISE)


def test_what_is_actual_may_say_so() -> None:
    check_mark("This is not a drill.", Status.ACTUAL)


def test_advice_is_for_long_and_urgent_texts() -> None:
    assert advice("word " * 201, Precedence.IMMEDIATE)
    assert not advice("word " * 201, Precedence.PRIORITY)
