"""From the release request to the event handler of the counterpart's page, in a real Chromium.

The alarm has come when the page's handler begins, the row is there when it has put it into the
page, and paint is the end of the frame after that. The page's clock and ours are both monotonic
and differ by a constant, which is bounded by asking the page for its time over and over: it
answered after we asked and before we had the answer.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.driver import Crew, text_of
from bench.table import Figure, spread

MESSAGES = 200
PAUSE_S = (0.05, 0.10)
ASKED = 300

WATCHER = """
window.alarms = [];
document.addEventListener("parley:alarm", (event) => {
  const handler = event.detail.received - performance.timeOrigin;
  const seen = { n: event.detail.n, handler, row: performance.now(), paint: null };
  window.alarms.push(seen);
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { seen.paint = performance.now(); };
    channel.port2.postMessage(0);
  });
}, { capture: true });
"""


async def measure(here: Crew, there: Crew, address: str, chromium: Path) -> list[Figure]:
    """`address` signs a watch officer of `there` in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"], headless=True
        )
        page = await browser.new_page()
        await page.add_init_script(WATCHER)
        await page.goto(address)
        await page.get_by_role("button", name="Take this seat").click()
        await page.wait_for_selector('html[data-connected="yes"]', state="attached")
        await asyncio.sleep(1.0)
        ahead, doubt = await _clock(page)
        began = await _send(here, there)
        await asyncio.sleep(0.5)
        seen: list[dict[str, Any]] = await page.evaluate("window.alarms")
        await browser.close()
    handler = [each["handler"] - ahead - began[each["n"]] for each in seen]
    row = [each["row"] - ahead - began[each["n"]] for each in seen]
    paint = [each["paint"] - ahead - began[each["n"]] for each in seen if each["paint"]]
    figures = spread("release to alarm", handler, "ms", ("3", "15"))
    figures += spread("release to row", row, "ms", ("", ""))
    figures += spread("release to paint", paint, "ms", ("", "50"))
    figures.append(Figure("  doubt about the page's clock", doubt, "ms", "", "either way"))
    if len(seen) != MESSAGES:
        figures.append(Figure("  alarms missed", MESSAGES - len(seen), "", "0"))
    return figures


async def _send(here: Crew, there: Crew) -> dict[int, float]:
    """FLASH after FLASH, each opened before the next; when each was asked for, in ms."""
    chance = random.Random(1)
    began: dict[int, float] = {}
    for number in range(MESSAGES):
        draft = await here.draft(text_of(78, number), "FLASH")
        await asyncio.sleep(chance.uniform(*PAUSE_S))
        asked = time.monotonic() * 1e3
        n = (await here.release(draft))["n"]
        began[n] = asked
        await there.until_arrived(n)
        await asyncio.sleep(PAUSE_S[0])
        await there.watch.ask("open", n=n)
    return began


async def _clock(page: Page) -> tuple[float, float]:
    """How far the page's clock is ahead of ours, and how far that may be wrong, in ms."""
    low, high = float("-inf"), float("inf")
    for _ in range(ASKED):
        before = time.monotonic() * 1e3
        theirs = await page.evaluate("performance.now()")
        after = time.monotonic() * 1e3
        low, high = max(low, theirs - after), min(high, theirs - before)
    return (low + high) / 2, (high - low) / 2
