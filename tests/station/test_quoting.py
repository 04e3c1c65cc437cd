"""Which words two texts have in common: enough of them to have been copied."""

from __future__ import annotations

import pytest

from parley.station.entries.quoting import COMPARED_MAX, Prints


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("We change the modem at two o'clock.", "Note: WE CHANGE the modem, at two tomorrow."),
        ("Hold at noon.", "To all.\nHold at noon!\nEnd."),
        ("54°21'N 018°40'E, in fog", "The ship lies at 54 21 N 018 40 E."),
        ("我方舰艇将于明日上午离开该海域", "通知：我方舰艇将于明日上午离开。"),
        ("سنرسل السفينة إلى الميناء غدا صباحا", "سنرسل السفينة إلى الميناء غدا صباحا، إن شاء الله"),
        ("Мы сменим модем сегодня ночью в два", "МЫ СМЕНИМ МОДЕМ СЕГОДНЯ НОЧЬЮ В ДВА ЧАСА"),
        ("We cha\u200bnge the mo\u00addem at two", "We change the modem at two."),
    ],
)
def test_O5_words_that_were_copied_are_found(said: str, written: str) -> None:
    assert Prints.of(said).meets(Prints.of(written))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("yes", "Yes.\nyes\nWe agree."),
        ("Radio check, over.", "The next radio check over the bay is at noon."),
        ("The ship is in the bay.", "The ship is at sea. The bay is empty."),
        ("Hold", "Hold at noon and wait for the pilot."),
        ("好的", "好的。"),
        ("", "Anything at all."),
    ],
)
def test_O5_words_that_anybody_would_write_are_not(said: str, written: str) -> None:
    assert not Prints.of(said).meets(Prints.of(written))


def test_a_long_text_is_compared_in_bounded_work() -> None:
    prints = Prints.of("one two three four five six " * (COMPARED_MAX // 28))
    assert len(prints.runs) == 6
