"""The counting itself: each kind of fault is seen, and a sound record is not accused."""

import random

from hypothesis import given
from hypothesis import strategies as st

from parley.core.entry import Type
from parley.exercise.ledger import Ledger, Said, Stands, compare, entries_of, entry_lines
from tests.exercise.record_of_two import TEXT, record_of_two


def text(n: int, words: str, precedence: int = 0, dir: int = 0) -> Stands:
    return Stands(dir, n, Type.TEXT, precedence, words)


def opened(n: int, about: int) -> Stands:
    return Stands(0, n, Type.OPENED, 0, [about, 7])


def ledger(*words: str, precedence: int = 0) -> Ledger:
    return Ledger([Said(word, precedence, True, n) for n, word in enumerate(words)])


def test_a_sound_record() -> None:
    found = compare(ledger("a", "b"), [text(0, "a"), text(1, "b"), text(0, "x", dir=1)], 0)
    assert found.whole
    assert found.sentence(3) == "3 cycles, 2 messages, 0 losses, 0 doubles, 0 reorderings"


def test_a_loss_is_only_what_was_acknowledged() -> None:
    said = ledger("a", "b")
    assert compare(said, [text(0, "a")], 0).lost == ["b"]
    said.said[1].sure = False
    assert compare(said, [text(0, "a")], 0).whole


def test_a_double() -> None:
    assert compare(ledger("a"), [text(0, "a"), text(1, "a")], 0).doubled == ["a"]


def test_a_reordering_counts_within_a_precedence() -> None:
    said = ledger("a", "b")
    assert compare(said, [text(0, "b"), text(1, "a")], 0).reordered == ["a"]
    said.said[1].precedence = 3
    assert compare(said, [text(0, "b", 3), text(1, "a")], 0).whole


def test_words_that_nobody_said_or_at_another_precedence() -> None:
    assert compare(ledger("a"), [text(0, "a"), text(1, "z")], 0).unsaid == ["z"]
    assert compare(ledger("a"), [text(0, "a", 2)], 0).unsaid == ["a at precedence 2"]


def test_openings() -> None:
    said = ledger()
    said.opened = {4: True, 5: False}
    assert compare(said, [opened(0, 4)], 0).whole
    assert compare(said, [], 0).lost == ["opening of 4"]
    assert compare(said, [opened(0, 4), opened(1, 4)], 0).doubled == ["opening of 4"]
    assert compare(said, [opened(0, 4), opened(1, 9)], 0).unsaid == ["opening of 9"]


@given(st.lists(st.integers(0, 3), max_size=30), st.randoms())
def test_any_interleaving_of_precedences_is_in_order(
    lanes: list[int], chance: random.Random
) -> None:
    said = Ledger([Said(f"{n}", lane, True, n) for n, lane in enumerate(lanes)])
    queues = [[each for each in said.said if each.precedence == lane] for lane in range(4)]
    record: list[Stands] = []
    while any(queues):
        lane = chance.choice([lane for lane in range(4) if queues[lane]])
        record.append(text(len(record), queues[lane].pop(0).text, lane))
    assert compare(said, record, 0).whole


def test_reading_an_evidence_file() -> None:
    evidence = record_of_two(6, signed_every=5).decode()
    record = list(entries_of(evidence))
    assert len(record) == len(entry_lines(evidence)) == 6
    assert sorted(str(entry.payload) for entry in record) == [f"{n} {TEXT}" for n in range(6)]
    assert {entry.dir for entry in record} == {0, 1}
