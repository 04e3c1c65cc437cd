"""Pages in a real Chromium: how soon the first is painted, and ten thousand messages in the inbox.

The messages come in by the wire as all others; an inbox shows the gravest of those that wait, and
older ones page by page. What a person feels is the longest time for which the page does nothing
else: the longest task while it loads (Long Tasks API), and the longest gap between two frames
while it is scrolled from top to bottom.
"""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.driver import Crew, text_of
from bench.table import Figure, spread

MESSAGES = 10_000
LOADS = 30
AT_ONCE = 200  # drafts released before their receipts are waited for

WATCHER = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.tasks.push(each.duration);
}).observe({ type: "longtask", buffered: true });
"""
PAINTED = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const [came] = performance.getEntriesByType("navigation");
  return paint && came.loadEventEnd
    ? { paint: paint.startTime, wait: came.responseEnd - came.requestStart } : null;
}"""
SCROLL = """() => new Promise((done) => {
  let before = performance.now(), longest = 0;
  const step = (now) => {
    longest = Math.max(longest, now - before);
    before = now;
    const y = scrollY;
    scrollBy(0, innerHeight / 4);
    if (scrollY > y) requestAnimationFrame(step);
    else done(longest);
  };
  requestAnimationFrame((now) => { before = now; requestAnimationFrame(step); });
})"""


async def measure(here: Crew, there: Crew, address: str, chromium: Path) -> list[Figure]:
    """`address` signs a watch officer of `there` in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"], headless=True
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.add_init_script(WATCHER)
        await page.goto(address)
        await page.get_by_role("button", name="Take this seat").click()
        await page.wait_for_selector('html[data-connected="yes"]', state="attached")
        seat = re.sub(r"/s/(\d+)/.*", r"/s/\1", page.url)
        first = [await _load(page, f"{seat}/") for _ in range(LOADS)]
        figures = spread(
            "first paint, page Lines", [one["paint"] for one in first], "ms", ("", "300")
        )
        await _fill(here, there)
        for path, words in (("/inbox", f"{MESSAGES:,} wait"), ("/inbox?all=1", "all, page 1")):
            loads = [await _load(page, seat + path) for _ in range(LOADS)]
            name = f"inbox, {words}"
            figures += spread(f"{name}: station", [one["wait"] for one in loads], "ms", ("", ""))
            figures += spread(f"{name}: paint", [one["paint"] for one in loads], "ms", ("", "300"))
            figures += spread(f"{name}: pause", [one["pause"] for one in loads], "ms", ("", "100"))
        await browser.close()
    return figures


async def _load(page: Page, address: str) -> dict[str, Any]:
    """Open a page and scroll it to its end: times of first paint and of the station's answer, and
    the longest pause, in ms."""
    await page.goto(address)
    found: dict[str, Any] = await (await page.wait_for_function(PAINTED)).json_value()
    scrolled: float = await page.evaluate(SCROLL)
    tasks: list[float] = await page.evaluate("window.tasks")
    return {**found, "pause": max([scrolled, *tasks])}


async def _fill(here: Crew, there: Crew) -> None:
    """Ten thousand messages, of which one in a hundred is IMMEDIATE, that nobody opens."""
    for start in range(0, MESSAGES, AT_ONCE):
        end = min(start + AT_ONCE, MESSAGES)
        asked = [
            here.draft(text_of(120, number), "ROUTINE" if number % 100 else "IMMEDIATE")
            for number in range(start, end)
        ]
        for draft in await asyncio.gather(*asked):
            here.release(draft)
        await there.until(partial(_has, there, end))


def _has(crew: Crew, messages: int) -> bool:
    return len(crew.arrived) >= messages
