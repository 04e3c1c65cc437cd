"""What a line says of itself: outcomes by the words of the page, and what an entry is proved by."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.core.effects import Covered, Outcome, Transmit
from tests.core.conversation import in_service

PAGE = Path(__file__).parents[2] / "spec" / "line.md"


def test_L1_an_outcome_is_counted_under_the_word_of_the_page() -> None:
    rule = " ".join(
        PAGE.read_text(encoding="utf-8").split("**L1.**")[1].split("**L2.**")[0].split()
    )
    listed = rule.split("returns an outcome: ")[1].split(". Each is counted")[0].split(", ")
    words = {outcome.value for outcome in Outcome}
    assert set(listed) - words == {"of an unknown kind"}  # the station says more about that one
    assert len(listed) == 11


def test_L1_only_what_is_fresh_vouches_for_the_path_it_came_by() -> None:
    assert {each for each in Outcome if each.authentic} == {Outcome.OK, Outcome.HALTED}
    assert {each.authentic for each in Outcome} == {True, False}


def test_L20_what_is_sent_goes_by_any_path_unless_it_is_meant_for_one() -> None:
    north, _ = in_service()
    north.says("words")
    north.clock.passes(11.0)
    north.settles()
    sent = [effect for effect in north.effects if isinstance(effect, Transmit)]
    assert sent
    assert not any(effect.alone for effect in sent[-3:])


def test_L29_without_a_head_an_entry_is_authentic_and_no_more() -> None:
    assert Covered().sizes == [0, 0, 0, 0]
    assert Covered().attribution(0) == "authentic"


@pytest.mark.parametrize(
    ("cover", "degree"),
    [
        (Covered(signed=2), "signed"),
        (Covered(signed=2, signed_both=2), "hybrid-signed"),
        (Covered(cosigned=2), "cosigned"),
        (Covered(vouched=2), "vouched"),
    ],
)
def test_L29_H3_a_head_covers_the_entries_below_its_size(cover: Covered, degree: str) -> None:
    assert [cover.attribution(n) for n in range(4)] == [degree, degree, "authentic", "authentic"]
