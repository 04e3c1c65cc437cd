"""No exercise may say that it is real."""

from __future__ import annotations

import pytest

from parley.catalogue.counting import count_words
from parley.catalogue.prepared import LANGUAGES, PREPARED
from parley.core.entry import Precedence, Status
from parley.core.errors import Refused
from parley.station.line.wording import advice, check_length, check_mark, contradiction
from parley.station.machine.config import WritingConfig


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
        "Esto es real.",
        "Ce n'est pas un exercice, c'est une attaque réelle",
        "Alerte réelle",
        "This is real.",
        "REAL WORLD: engine fire",
        "No duff, man overboard",
        "This is the real thing",
        "Это реальная тревога",
        "боевая тревога",
        "это не учебная тревога",
        "这是真实事件",
        "真实警报",
        "هذا ليس تمريناً",
        "ليست مناورة",
        "هذا إنذار حقيقي",
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
        "The real question is the date of the exercise.",
        "Real estate near the test range",
        "Les vrais chiffres suivront.",
        "实际人数为十二人。",
    ],
)
def test_other_words_pass(text: str) -> None:
    check_mark(text, Status.EXERCISE)


@pytest.mark.parametrize(
    "text",
    [
        "EXERCISE EXERCISE EXERCISE\nFire at the north gate",
        "Exercise, exercise, exercise: fire",
        "Учение. Учение. Учение.",
        "EXERCICE – EXERCICE – EXERCICE",
        "ejercicio ejercicio ejercicio",
        "演习演习演习",
        "演习，演习，演习",
        "تمرين تمرين تمرين",
        "DRILL DRILL DRILL",
        "This is only a drill.",
        "For exercise only",
        "Ceci n'est qu'un exercice",
        "这只是演习",
    ],
)
def test_what_is_actual_is_not_framed_as_an_exercise(text: str) -> None:
    check_mark(text, Status.EXERCISE)
    with pytest.raises(Refused) as fault:
        check_mark(text, Status.ACTUAL)
    assert "marked ACTUAL" in fault.value.sentence
    assert fault.value.sentence.startswith("line 1, character ")


@pytest.mark.parametrize(
    "text",
    ["This is not a drill.", "Exercise NORTH WIND begins on Monday. The exercise ends on Friday."],
)
def test_what_is_actual_may_say_so_and_speak_of_exercises(text: str) -> None:
    check_mark(text, Status.ACTUAL)


@pytest.mark.parametrize(
    ("text", "line", "character"),
    [
        ("This is not a drill.", 1, 9),
        ("Engine fire.\n\nThis is not a\ndrill.", 3, 9),
        ("Ok.\n\u200b\u200bｎｏｔ a dr\u200bill", 2, 3),
        ("e\u0301e\u0301\nno\u200b drill", 2, 1),
    ],
)
def test_a_refusal_names_the_place_in_the_text_as_written(
    text: str, line: int, character: int
) -> None:
    found = contradiction(text, Status.EXERCISE)
    assert found is not None
    assert (found.line, found.character) == (line, character)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one two\nthree", 3),
        ("我们同意停火", 3),
        ("停火 0600Z 生效。", 4),
        ("سفينة واحدة", 2),
    ],
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert count_words(text) == words


def test_a_flash_that_takes_long_to_read_is_refused_with_its_count() -> None:
    long, limits = "word " * 201, WritingConfig()
    for urgent in (Precedence.FLASH, Precedence.IMMEDIATE):
        with pytest.raises(Refused) as fault:
            check_length(long, urgent, limits)
        assert "201 words, 1 more than the 200" in fault.value.sentence
        check_length("word " * 200, urgent, limits)
    check_length(long, Precedence.PRIORITY, limits)
    check_length(long, Precedence.FLASH, WritingConfig(words_flash=0))


def test_advice_names_blanks() -> None:
    assert advice("We are [[how many]] ships.") == ["Blanks are left in it: [[how many]]."]
    assert not advice("word " * 201)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_prepared_text_contradicts_a_mark(language: str, status: Status) -> None:
    for each in PREPARED.values():
        assert contradiction(each.in_language(language).fill({})[1], status) is None, each.name
