"""What was said is found at the desk, in any language, with what was looked for marked."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from parley.console.pages.finding import pieces
from tests.console.conftest import Room
from tests.console.world import World


def test_an_excerpt_is_cut_where_the_words_stand() -> None:
    assert pieces("aBc", [[1, 2]]) == [("a", False), ("B", True), ("c", False)]
    assert pieces("ab", [[0, 2]]) == [("ab", True)]
    assert pieces("", []) == []


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.story
async def test_an_incident_is_found_by_keyboard(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    await stations.say(south, "请不要开火 <b>now</b>", "FLASH")
    last = await stations.say(south, "سفينة الإنقاذ تُغادر الميناء")

    async def came() -> bool:
        return bool((await north.ask("Wanda", "status"))["lines"][0]["their_size"] > last["n"])

    await stations.until(came)
    page = await room.sit(north, "Aline", "/watch")
    await page.keyboard.press("/")
    await page.wait_for_url(f"{north.seat('Aline')}/find")
    await page.keyboard.type("开火 NOW")
    await page.keyboard.press("Enter")
    hits = page.locator(".hit mark")
    await expect(hits).to_have_text(["开火", "now"])
    await expect(page.locator(".hit .said")).to_have_text("请不要开火 <b>now</b>")
    await page.locator(".hit a").click()
    await expect(page.locator("article .text")).to_contain_text("请不要开火")

    await page.goto(f"{north.seat('Aline')}/find?words=تغادر+الانقاذ&dir=theirs&unanswered=yes")
    await expect(hits).to_have_text(["الإنقاذ", "تُغادر"])
    await page.goto(f"{north.seat('Aline')}/find?words=ship&since=1st")
    await expect(page.get_by_role("alert").filter(has_text="no day")).to_be_visible()
    await expect(page.locator("#words-sought")).to_have_value("ship")
