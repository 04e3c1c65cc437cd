"""The table in README: as `parley replay --markdown` writes it, figures and no historical texts."""

import re
from pathlib import Path

import pytest

from parley.exercise.replay import STAGES
from tools.between import between

README = Path(__file__).parent.parent.parent / "README.md"


def test_readme_shows_the_eleven_messages_with_all_stages() -> None:
    _, table, _ = README.read_text("utf-8").split("<!-- replay -->\n")
    rows = [line[2:-2].split(" | ") for line in table.splitlines() if line.startswith("|")]
    heads, _, *messages = rows
    assert heads[5 : 5 + len(STAGES)] == list(STAGES)
    assert len(messages) == 11
    for row in messages:
        assert all(re.fullmatch(r"\d+\.\d{3}", cell) for cell in row[5 : 6 + len(STAGES)])
        assert len(row[-1].split()) < 20  # notes, not texts


def test_what_stands_between_two_marks_is_replaced() -> None:
    page = "before\n<!-- x -->\nold\n<!-- x -->\nafter\n"
    new = between(page, "x", "new\n")
    assert new == "before\n<!-- x -->\nnew\n<!-- x -->\nafter\n"
    assert between(new, "x", "new") == new
    with pytest.raises(ValueError, match="not two"):
        between(page, "y", "new")
