"""One page draws every element of the console, in each theme, and nothing on it is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.console import axe
from tools import elements

UNDRAWN = {"token", "proof"}  # macros that fill forms, or stand within another
STYLES = [elements.CONSOLE / "static" / name for name in ("page.css", "parts.css")]


def styled() -> set[str]:
    """Every class that a rule of our sheets names."""
    text = re.sub(r"/\*.*?\*/", "", "".join(each.read_text("utf-8") for each in STYLES), flags=re.S)
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"\{[^{}]*\}", "{}", text)))


def test_every_class_that_is_styled_stands_on_it() -> None:
    drawn = set(" ".join(re.findall(r'class="([^"]*)"', elements.page("day"))).split())
    assert len(styled()) > 150
    assert styled() - drawn == set(elements.ELSEWHERE)


def test_every_macro_and_every_shape_is_drawn() -> None:
    marks = (elements.CONSOLE / "templates" / "marks.html").read_text("utf-8")
    own = (elements.HERE / "elements.html").read_text("utf-8")
    macros = set(re.findall(r"{% macro (\w+)\(", marks))
    assert macros - set(re.findall(r"\bm\.(\w+)\(", own)) == UNDRAWN
    assert len(elements.shapes()) > 12
    language = (elements.HERE.parent / "docs" / "visual-language.md").read_text("utf-8")
    listed = re.findall(r"^\| (FLASH|IMMEDIATE|PRIORITY|ROUTINE) \|", language, re.MULTILINE)
    assert set(listed) <= set(elements.shapes())


@pytest.mark.browser
@pytest.mark.npm
@pytest.mark.story
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("theme", ["day", "night", "contrast"])
async def test_axe_finds_nothing_on_it(browser: Browser, tmp_path: Path, theme: str) -> None:
    elements.write(tmp_path)
    page = await browser.new_page()
    await page.add_init_script(axe.install(tmp_path))
    await page.goto((tmp_path / f"{theme}.html").as_uri())
    try:
        assert await axe.faults(page) == []
    finally:
        await page.close()
