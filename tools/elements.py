"""A page on which every element of the console's pages is drawn, once for each theme.

python -m tools.elements build/elements

It has the templates, macros and style sheets of a station and no station behind it: whoever changes
one of them sees here what becomes of all. docs/visual-language.md says what each is for.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader

from parley.console import themes
from parley.console.guard import Form
from parley.console.patterns import templates
from parley.console.returned import Returned
from parley.console.views import PRECEDENCES
from parley.station.texts.critical import critical

HERE = Path(__file__).parent
CONSOLE = HERE.parent / "src" / "parley" / "console"
AT = 1_796_000_000.0  # a moment in December 2026
WORDS = (
    "Our aircraft 1127 is at 21°40′N 118°05′E since 0352Z.\n"
    "The Amity has two crew; <b>markup</b> is text, and here\u200b is a sign that cannot be seen."
    " \u0421ape is spelt with a letter of another alphabet."
)
# What belongs to one page alone and would fill this one: the class, and where it is seen.
ELSEWHERE = {
    "wall": "Wall",
    "wall-panels": "Wall",
    "wide": "Wall",
    **dict.fromkeys(("several", "asks", "told", "stated"), "a wall of several lines"),
    "attachment": "a message with a picture",
    "shown": "a call in which something is shown",
}


def _messages() -> Iterator[dict[str, Any]]:
    for precedence in PRECEDENCES:
        yield {
            "unopened": precedence in ("FLASH", "ROUTINE"),
            "precedence": precedence,
            "href": "#main",
            "ref": "Nobody 12",
            "first_words": "The first words of a message",
            "stage": "opened",
            "clock": {"due": AT + 90, "left_s": 90.0, "overdue": False},
            "status": "EXERCISE",
            "by_words": "received",
            "kept": AT,
            "kind": "text",
            "refs": [],
            "rescue": precedence == "PRIORITY",
            "in_spite": "",
            "gap": "",
            "retracted": precedence == "ROUTINE",
            "supplied": None,
        }


def shapes() -> list[str]:
    """The names of all shapes that are drawn."""
    marks = (CONSOLE / "templates" / "marks.html").read_text(encoding="utf-8")
    drawing = marks.partition("{% macro shape(name)")[2].partition("{%- endmacro %}")[0]
    return re.findall(r'name == "([\w-]+)"', drawing)


def page(theme: str) -> str:
    """The page in one theme."""
    station = templates()
    assert station.loader is not None
    own = station.overlay(loader=ChoiceLoader([FileSystemLoader(HERE), station.loader]))
    amity = WORDS.index("Amity")
    elements = critical(WORDS, AT, [(amity, amity + len("Amity"))])
    refusal = {
        "sentence": "Line 1, character 3: a tab cannot be sent.",
        "hint": "Use spaces.",
        "rule": "E10",
        "kind": "refused",
        "field": "",
        "at": {"line": 1, "character": 3, "before": "ab", "sign": "→", "after": "c"},
    }
    values: dict[str, Any] = {
        "at": AT,
        "page": {"now": AT},
        "running": {"due": AT + 90, "left_s": 90.0, "overdue": False},
        "late": {"due": AT - 75, "left_s": -75.0, "overdue": True},
        "precedences": PRECEDENCES,
        "shapes": shapes(),
        "messages": list(_messages()),
        "words": WORDS,
        "elements": elements,
        "terms": [
            {"term": "Amity", "rendering": "Amity", "protected": True, "warning": ""},
            {"term": "strait", "rendering": "пролив", "protected": False, "warning": "no canal"},
        ],
        "refusal": refusal,
        "sent": Returned("/b", Form([("b", "ab\tc")]), refusal).of("/b"),
    }

    def fill() -> str:
        themes.use(theme)
        return own.get_template("elements.html").render(**values)

    return copy_context().run(fill)


def write(out: Path) -> list[Path]:
    """The pages, with the style sheets beside them."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.copytree(CONSOLE / "static", out / "static", dirs_exist_ok=True)
    pages = []
    for theme in ("day", "night", "contrast"):
        pages.append(out / f"{theme}.html")
        pages[-1].write_text(page(theme), encoding="utf-8")
    return pages


if __name__ == "__main__":
    for each in write(Path(sys.argv[1])):
        print(f"open {each}")
