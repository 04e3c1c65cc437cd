"""Looks at pages that renew themselves.

Between finding an element and asking it something another one may have taken its place, and what
has gone from a page has neither style nor size. So each look is one question to the page, put
again until it has an answer.
"""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

STYLE = """([selector, names]) => {
  const at = document.querySelector(selector);
  return at && names.map((name) => getComputedStyle(at)[name]);
}"""
BOXES = """([selector, count]) => {
  const all = [...document.querySelectorAll(selector)].map((each) => each.getBoundingClientRect());
  return all.length === count && all.map((box) => [box.x, box.y]);
}"""
# One that is loaded when it is seen has to be seen.
LOADED = """(selector) => {
  const image = document.querySelector(selector);
  image?.scrollIntoView();
  return image?.complete && image.naturalWidth;
}"""


async def style(page: Page, selector: str, *names: str) -> list[str]:
    """How the first of these is drawn, once it is there."""
    return [str(each) for each in await _asked(page, STYLE, [selector, [*names]])]


async def places(page: Page, selector: str, count: int) -> list[tuple[float, float]]:
    """Where these lie, once there are so many: from the left, from the top."""
    return [(x, y) for x, y in await _asked(page, BOXES, [selector, count])]


async def width_of_image(page: Page, selector: str) -> int:
    """How many pixels wide a picture is, once it has come."""
    return int(await _asked(page, LOADED, selector))


async def _asked(page: Page, question: str, about: Any) -> Any:
    return await (await page.wait_for_function(question, arg=about)).json_value()
