"""A deniable line on the pages: to whom its record can be proved stands on every one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.world import Post, World, world

WORDS = "This call did not take place."


async def sit(page: Page, post: Post, name: str) -> Page:
    await page.goto(await post.link(name))
    await page.get_by_role("button", name="Take this seat").click()
    await page.wait_for_url(f"{post.seat(name)}/")
    return page


async def is_vouched(stations: World) -> bool:
    (line,) = (await stations.south.ask("Wen", "status"))["lines"]
    return bool(line["records_agree"] and line["they_vouched"] == line["their_size"])


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.story
async def test_H3_every_page_says_that_it_is_provable_to_each_other_only(
    browser: Browser, tmp_path: Path
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    async with world(tmp_path, policy="deniable") as stations:
        n = (await stations.say(stations.north, WORDS))["n"]
        await stations.until(lambda: is_vouched(stations))
        page = await sit(await context.new_page(), stations.south, "Wen")
        await page.get_by_text("deniable: provable to each other only").first.wait_for()
        panel = page.locator(".panel", has_text="Records")
        await expect(panel).to_contain_text("Agree")
        await expect(panel).to_contain_text("vouched for")
        for path in ("/inbox", "/record", "/watch"):
            await page.goto(stations.south.seat("Wen") + path)
            await expect(page.locator("#strip .tag", has_text="DENIABLE")).to_have_count(1)
        (line,) = (await stations.south.ask("Wen", "status"))["lines"]
        await page.goto(f"{stations.south.seat('Wen')}/messages/{line['line'][:8]}/theirs/{n}")
        facts = page.locator("#facts header")
        await expect(facts).to_contain_text("Vouched for between the two")
        await expect(facts).not_to_contain_text("igned", use_inner_text=True)
        auditor = await sit(await context.new_page(), stations.south, "Amir")
        await auditor.goto(stations.south.seat("Amir") + "/record")
        heads = auditor.locator("#heads")
        await expect(heads).to_contain_text("vouched for between the two")
        await expect(heads).not_to_contain_text("signed", use_inner_text=True)
    await context.close()
