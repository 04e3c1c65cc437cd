"""What an acknowledgement says in a list, however much of it there is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from parley.console.recorded import in_words
from parley.console.words import LINE_MAX


def words(kind: str, payload: Any) -> str:
    row = {"kind": kind, "dir": "theirs", "text": json.dumps(payload), "gist": None}
    return in_words(row, lambda dir, n: f"{dir} {n if isinstance(n, int) else n[0]}")


def test_what_was_displayed_is_told_by_its_first_stretches() -> None:
    assert words("displayed", [[3, 1], [5, 4]]) == "ours 3, ours 5 to 8"
    runs = [[3 * n, 2] for n in range(10)]
    shown = [f"ours {3 * n} to {3 * n + 1}" for n in range(8)]
    assert words("displayed", runs[:8]) == ", ".join(shown)
    assert words("displayed", runs) == ", ".join([*shown, "and 4 more"])


@pytest.mark.parametrize(
    ("kind", "payload", "begins"),
    [
        ("unable", [7, 1, "a" * 60_000], "ours 7: aaa"),
        ("passed", [7, "a" * 60_000], "ours 7 to aaa"),
        ("readback", [7, {"a" * 60_000: "b"}], "ours 7 aaa"),
        ("readback", [7, {str(n): "b" for n in range(9_000)}], "ours 7 0: b; 1: b"),
        ("corrected", [7, "a" * 60_000], "read-back ours 7: aaa"),
        ("opened", "a" * 60_000, "ours a"),
        ("wait", "a" * 60_000, '"aaa'),
        ("displayed", "a" * 60_000, '"aaa'),
    ],
)
def test_a_long_one_is_cut(kind: str, payload: Any, begins: str) -> None:
    shown = words(kind, payload)
    assert shown.startswith(begins)
    assert len(shown) < LINE_MAX + 40


def test_of_a_list_of_any_length_only_what_belongs_to_it_is_looked_at() -> None:
    assert words("opened", [7, 3, *["x"] * 4_000]) == "ours 7"
    assert words("passed", [7, "Minister", 60, *["x"] * 4_000]) == "ours 7 to Minister"
