"""The record policy from proposal to open line: a word typed on both sides, what people read."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from parley.core.agreement import Paper
from parley.core.errors import Misused, Refused
from parley.station.line.clauses import difference
from tests.station.founded import Founded, copied, introduced


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Founded, Founded]:
    return copied(introduced, tmp_path)


def propose(station: Founded, **terms: str) -> str:
    told: str = station.does("agree.propose", party="South", terms=terms)["agreement"]
    return told


def sign(station: Founded, agreement: str, *words: str) -> str:
    """Made ready with these words typed, and signed by the root."""
    ready = station.does("agree.sign", agreement=agreement, words=list(words))["agreement"]
    return station.signs(ready)


def test_I19_a_record_that_proves_nothing_to_others_has_a_word_of_its_own(
    pair: tuple[Founded, Founded],
) -> None:
    north, south = pair
    paper = propose(north, policy="deniable")
    shown = south.does("agree.show", agreement=paper)
    assert "deniable: provable to each other only" in shown["text"]
    assert [caution["word"] for caution in shown["cautions"]] == ["WITHOUT", "DENIABLE"]
    for station in (south, north):
        with pytest.raises(Refused, match="proves nothing to anybody") as refusal:
            sign(station, paper, "WITHOUT")
        assert refusal.value.rule == "I19"
        paper = sign(station, paper, "WITHOUT", "DENIABLE")
    for station in pair:
        station.does("agree.accept", agreement=paper)
        with station.at_work() as at_work:
            assert [line.agreed.policy for line in at_work.station.lines] == ["deniable"]


def test_I20_another_policy_is_among_what_was_changed(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    first = propose(north)
    second = south.does("agree.propose", amends=first, terms={"policy": "deniable"})["agreement"]
    before, after = (Paper.parse(base64.b64decode(each)).agreement for each in (first, second))
    (change,) = [each for each in difference(before, after) if each.startswith("Record: ")]
    assert "was “attributable" in change
    assert "is now “deniable" in change
    with pytest.raises(Misused, match="is no policy"):
        propose(north, policy="secret")
