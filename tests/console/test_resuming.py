"""A line begins anew from the pages: one side asks, the other is told in a sentence and agrees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def shown(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    folder = os.environ.get("PARLEY_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.story
async def test_both_sides_agree_and_old_messages_stay_at_hand(room: Room, stations: World) -> None:
    north, south = stations.north, stations.south
    n = (await stations.say(north, "Said before the new beginning.", "FLASH"))["n"]
    wanda = await room.sit(north, "Wanda", "/")
    wen = await room.sit(south, "Wen", "/")
    await wanda.get_by_text("Ask to begin the line anew").click()
    await wanda.get_by_label("Why").last.fill("We have put in another disk.")
    await wanda.get_by_role("button", name="Ask", exact=True).click()
    await expect(wen.get_by_text("asks to begin the line anew")).to_have_count(0)
    await wanda.get_by_label("From now on nothing is said").check()
    await wanda.get_by_role("button", name="Ask", exact=True).click()
    await expect(wanda.get_by_text("BEGINNING ANEW")).to_be_visible()
    await expect(wen.get_by_text("asks to begin the line anew")).to_be_visible()
    await expect(wen.get_by_text("We have put in another disk.")).to_be_visible()
    await shown(wen, "resume-asked")
    await wen.get_by_label("Why").last.fill("Agreed by telephone.")
    await wen.get_by_role("button", name="Agree", exact=True).click()
    for page in (wanda, wen):
        await expect(page.get_by_text("Begun anew", exact=True)).to_be_visible()
        await expect(page.get_by_text("BEGINNING ANEW")).to_have_count(0)
    await shown(wanda, "resume-done")
    await wen.get_by_role("link", name="Inbox").first.click()
    link = wen.get_by_role("link", name=f"North {n}, incarnation 1")
    await expect(link.first).to_be_visible()
    await link.first.click()
    await expect(wen.locator(".text")).to_contain_text("Said before the new beginning.")
    await shown(wen, "resume-old-message")
