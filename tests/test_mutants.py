"""What the tool of mutants takes for a mistake, which tests it tries, and what its page says."""

from __future__ import annotations

import re
from types import CodeType

from tools.mistakes import Mutant, mutants
from tools.mutants import Reach, differing, known

NUMBERS = "tests/core/test_entry.py::test_the_numbers"
SLOW = "tests/core/test_entry.py::test_slow"
OTHER = "tests/core/test_life.py::test_a_life"


def mutant_of(words: str) -> Mutant:
    """The first mistake of `entry` that its words begin with."""
    return next(each for each in mutants("entry")[1] if each.words().startswith(words))


def test_every_row_of_the_page_is_about_a_mutant_that_exists() -> None:
    reasons = known()
    modules = {re.split(r"[.:]", words)[0] for words in reasons}
    assert {"wire", "record", "keys"} <= modules
    assert not reasons - {each.words() for module in modules for each in mutants(module)[1]}


def test_a_constant_is_tried_with_the_tests_that_name_its_module_and_reach_no_line() -> None:
    constant = mutant_of("entry: EPOCH_2020 = 1577836800")
    far, naming = "tests/core/test_wire.py::test_far", "tests/core/test_speaking.py::test_says"
    seconds = {NUMBERS: 0.1, SLOW: 9.0, OTHER: 0.1, naming: 0.05, far: 0.1}
    reach = Reach(seconds, {"entry": {"900": [OTHER]}})
    assert reach.tests("entry", constant, 8.0)[0] == [NUMBERS, naming, OTHER]
    assert reach.tests("entry", constant, 60.0)[0] == [NUMBERS, SLOW, naming, OTHER]


def test_a_line_is_tried_with_the_tests_that_reach_it_its_own_first() -> None:
    inside = mutant_of("entry.Marks.parse: status = byte >> 3 & 7")
    lines = {str(inside.statement.lineno): [OTHER, SLOW], "900": [NUMBERS]}
    reach = Reach({NUMBERS: 0.1, SLOW: 0.5, OTHER: 0.1}, {"entry": lines})
    assert reach.tests("entry", inside, 8.0)[0] == [SLOW, OTHER]


def test_to_exchange_what_is_the_same_in_either_order_is_no_mistake() -> None:
    words = [each.words() for module in ("pulse", "keys") for each in mutants(module)[1]]
    assert not [each for each in words if "→ due = max(self._status_at" in each]
    assert not [each for each in words if "compare_digest(theirs, ours)" in each]
    by_key = [each.words() for each in mutants("resuming")[1]]
    assert [each for each in by_key if "max(a.own, b.held, key=" in each]  # the first of equals


def test_to_forget_a_name_is_no_mistake_and_to_forget_a_key_is_one() -> None:
    assert not [each for each in mutants("line")[1] if ": del now →" in each.words()]
    assert [each for each in mutants("rekeying")[1] if ": del self._ours[number] →" in each.words()]


def readings(before: str, after: str) -> list[tuple[CodeType, CodeType]] | None:
    """What differs between two readings of a module."""
    return differing(compile(before, "x.py", "exec"), compile(after, "x.py", "exec"))


def test_what_differs_within_functions_is_told_from_what_is_done_once() -> None:
    text = "LIMIT = 3\nclass Kind:\n    def least(self, at=2):\n        return at + 1\n"
    found = readings(text, text.replace("at + 1", "at - 1"))
    assert found is not None
    assert [[code.co_qualname for code in pair] for pair in found] == [["Kind.least"] * 2]
    assert readings(text, text) == []
    for once in (("LIMIT = 3", "LIMIT = 4"), ("at=2", "at=3")):  # a default is made with its class
        assert readings(text, text.replace(*once)) is None
