"""Errors: a sentence, a next step, a rule, and whose hand it was."""

from __future__ import annotations

import pytest

from parley.core.errors import Halted, Malformed, Misused, ParleyError, Refused, Unavailable
from parley.core.kept import Conflict


@pytest.mark.parametrize(
    ("error", "kind", "exit"),
    [
        (ParleyError, "error", 1),
        (Refused, "refused", 1),
        (Malformed, "malformed", 1),
        (Misused, "misused", 2),
        (Unavailable, "unavailable", 3),
        (Conflict, "conflict", 3),
        (Halted, "halted", 4),
    ],
)
def test_an_error_tells_programs_what_it_tells_people(
    error: type[ParleyError], kind: str, exit: int
) -> None:
    raised = error("The disk is full.", "Make room.", "W1")
    assert str(raised) == "The disk is full."
    assert raised.to_dict() == {
        "kind": kind,
        "sentence": "The disk is full.",
        "hint": "Make room.",
        "rule": "W1",
        "exit": exit,
    }


def test_a_next_step_and_a_rule_may_be_missing() -> None:
    assert Refused("No.").to_dict() == {
        "kind": "refused",
        "sentence": "No.",
        "hint": "",
        "rule": "",
        "exit": 1,
    }


def test_malformed_is_refused() -> None:
    with pytest.raises(Refused):
        raise Malformed("bytes follow")
