"""A watch change in the middle of a FLASH, in two browsers: North's duty room, and South's."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import PATIENCE_MS, Room
from tests.console.test_journey import make_tab_hear
from tests.console.test_misread import releases, writes
from tests.console.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.story,
    pytest.mark.asyncio(loop_scope="session"),
]
NOTE = "The ferry reports late."


async def goes_through_all(page: Page) -> None:
    while await (left := page.locator("#items input[type=checkbox]:not(:checked)")).count():
        await left.first.check()


async def test_a_watch_changes_in_the_middle_of_a_flash(
    stations: World, room: Room, browser: Browser
) -> None:
    north, south = stations.north, stations.south
    there = Room(await browser.new_context(viewport={"width": 1280, "height": 800}))
    there.context.set_default_timeout(PATIENCE_MS)
    dmitri, rosa = await there.sit(south, "Dmitri"), await there.sit(south, "Rosa")
    await north.ask("Wanda", "desk.hold", desk=1)
    snow = await stations.say(south, "Snow at the pass.", "ROUTINE")
    wanda = await room.sit(north, "Wanda", "/watch/hand-over")
    await make_tab_hear(wanda)
    await expect(wanda.locator("#has-watch")).to_contain_text("Wanda")
    await expect(wanda.locator("#items")).to_contain_text(f"ROUTINE {snow['n']} of South")
    wall = await room.sit(north, "Rene", "/wall")

    # Wanda signs; the list that she was shown is the list that is signed.
    await wanda.get_by_label("Your words to who comes on").fill(NOTE)
    await wanda.get_by_role("button", name="Sign: this is open").click()
    await expect(wanda.locator(".notice.done")).to_contain_text("until another person accepts")
    await expect(wall.locator("#wall-watch")).to_contain_text("HAND-OVER WAITS")
    await expect(wall.locator("#wall-watch b")).to_have_text("Wanda")

    # Both goes through it; a FLASH comes in the middle, rings at both, and stands on both lists.
    both = await room.sit(north, "Both", "/watch/hand-over")
    await make_tab_hear(both)
    await expect(both.locator("#who")).to_contain_text(NOTE)
    await goes_through_all(both)
    ticked = await both.locator("#items input:checked").count()
    draft = await writes(dmitri, south.seat("Dmitri"), "Fire on board.", "FLASH")
    await releases(rosa, south.seat("Rosa"), draft)
    number = re.findall(r"/ours/(\d+)", rosa.url)[0]
    for page in (wanda, both):
        await expect(page.locator("#alarm")).to_be_visible()
        new = page.locator("#items li", has_text=f"FLASH {number} of South")
        await expect(new).to_contain_text("NEW")
    await expect(both.locator("#items input:checked")).to_have_count(ticked)
    await both.get_by_role("button", name="Sign: I have the watch").click()
    await expect(both.locator("#accept")).to_have_count(1)  # the browser asks for the tick
    await expect(both.locator("#has-watch")).to_contain_text("Wanda")

    await goes_through_all(both)
    await both.get_by_role("button", name="Sign: I have the watch").click()
    await expect(both.locator(".notice.done")).to_have_text("You have the watch.")
    for page in (wanda, both):
        await expect(page.locator("#has-watch b")).to_have_text("Both")
        await expect(page.locator("html")).to_have_attribute("data-ringing", "yes")
    await expect(wall.locator("#wall-watch b")).to_have_text("Both")

    # It rings until a named person has opened it.
    await both.get_by_role("link", name="Read it").click()
    await both.get_by_role("button", name="Open: I have read it").click()
    for page in (wanda, both):
        await expect(page.locator("html")).to_have_attribute("data-ringing", "no")
    # South sees by whom, on a page that was open all the while.
    opened = rosa.locator("#stages tr", has_text="Opened")
    await expect(opened).to_contain_text("Both, Night staff")

    # The log shows what was signed, and its hash is right.
    log = (await north.ask("Aline", "watch.log"))["log"]
    assert [row["act"] for row in log] == ["accepted", "handed over", "taken up"]
    await wanda.locator("#log a", has_text=re.compile(rf"^{log[0]['sheet']}$")).click()
    await expect(wanda.locator(".text")).to_contain_text("(NEW)")
    await wanda.wait_for_load_state()  # with its style: lines are lines by that
    shown = await wanda.locator(".text").inner_text()
    assert log[0]["text"].rstrip("\n") == shown.rstrip("\n")
    await expect(wanda.locator(".hash")).to_have_text(
        f"SHA-256 {sha256(log[0]['text'].encode()).hexdigest()}"
    )
    await there.context.close()
    assert there.faults == []
