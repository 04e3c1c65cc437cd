"""What was misread on real lines, played in two browsers against two stations: a ship's name that a
translation took for a class of ships, and an exercise that was taken for the real thing."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import PATIENCE_MS, Room
from tests.console.world import Post, World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.story,
    pytest.mark.asyncio(loop_scope="session"),
]
LOST = "Пропал наш корабль «Amity», связи нет с 0410Z."
AS_CLASS = "One of our ships of the “Amity” class is lost, nothing heard since 0410Z."
AS_NAME = "Our ship “Amity” is lost, nothing heard since 0410Z."
TEXT = "Text, in your own language"
SECONDS_MAX = 300  # from the message to its retraction, as the product promises


async def writes(page: Page, seat: str, text: str, precedence: str) -> str:
    """From the page Write to the page of the draft; its path."""
    await page.goto(f"{seat}/compose")
    await page.get_by_role("radio", name=precedence).check()
    await page.get_by_label(TEXT).fill(text)
    return await keeps(page)


async def keeps(page: Page) -> str:
    await page.get_by_role("button", name="Keep as draft").click()
    await page.wait_for_url("**/drafts/*?done=drafted")
    return str(re.findall(r"/drafts/\d+", page.url)[0])


async def releases(page: Page, seat: str, draft: str) -> None:
    await page.goto(seat + draft)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name=re.compile("^Release to")).click()
    await page.wait_for_url(re.compile(r"/messages/\w+/ours/\d+\?done=released"))


async def interpreter(post: Post) -> None:
    assert post.station is not None
    operator = post.station.people.must_be_here(1)
    ivo = {"name": "Ivo", "office": "Language desk", "roles": ["interpreter"]}
    post.ids["Ivo"] = (await post.station.call("person.add", operator, ivo))["id"]


async def test_two_misreadings_are_seen_and_put_right(
    stations: World, room: Room, browser: Browser
) -> None:
    north, south = stations.north, stations.south
    there = Room(await browser.new_context(viewport={"width": 1280, "height": 800}))
    there.context.set_default_timeout(PATIENCE_MS)
    await interpreter(north)
    dmitri, rosa = await there.sit(south, "Dmitri"), await there.sit(south, "Rosa")
    wanda, ivo = await room.sit(north, "Wanda", "/inbox"), await room.sit(north, "Ivo")

    # A lost ship's name. South says it in its own language; it rings at North, who reads it.
    await releases(
        rosa, south.seat("Rosa"), await writes(dmitri, south.seat("Dmitri"), LOST, "FLASH")
    )
    await expect(wanda.locator("#alarm")).to_be_visible()
    await wanda.get_by_role("link", name="Read it").click()
    await wanda.get_by_role("button", name="Open: I have read it").click()
    await expect(wanda.locator("article .el.name")).to_have_text("Amity")
    await expect(wanda.locator("#translations")).to_contain_text("Nobody has translated it")

    # The interpreter takes the name for a class; whoever reads is told, and so is the interpreter.
    await ivo.goto(wanda.url.replace(north.seat("Wanda"), north.seat("Ivo")).partition("?")[0])
    await ivo.get_by_label("Into which language").fill("en")
    await ivo.get_by_label("Translation", exact=True).fill(AS_CLASS)
    await ivo.get_by_role("button", name="Keep the translation").click()
    await expect(ivo.locator("#done")).to_contain_text("differs from the original")
    await expect(ivo.locator("#done")).to_have_class("notice")
    for page in (ivo, wanda):
        marked = page.locator("#translations .differs tr", has_text="TAKEN FOR A CLASS")
        await expect(marked).to_contain_text("Amity")
    # The original stands above, as it was said.
    assert LOST in await wanda.locator("article .text").inner_text()
    await ivo.get_by_text("Amend translation 1").click()
    amending = ivo.locator("form[action$='amends=1']")
    await amending.locator("textarea").fill(AS_NAME)
    await amending.get_by_label("What is amended, and why").fill("“Amity” is the ship itself.")
    await amending.get_by_role("button", name="Keep the amended translation").click()
    for page in (ivo, wanda):
        await expect(page.locator("#translations")).to_contain_text("All critical elements")
        await expect(page.locator("#translations .differs")).to_have_count(0)

    # An exercise. North's watch reads it as if it were meant, and asks; South retracts at once.
    alarming = "Two rockets have left site 7 at 0500Z."
    first = await writes(dmitri, south.seat("Dmitri"), alarming, "FLASH")
    await releases(rosa, south.seat("Rosa"), first)
    sent = rosa.url.partition("?")[0]
    await wanda.goto(f"{north.seat('Wanda')}/inbox")
    await wanda.locator("#alarm a").click()
    await wanda.get_by_role("button", name="Open: I have read it").click()
    await expect(wanda.locator("article h1 + .tag")).to_have_text("EXERCISE")
    await expect(wanda.locator(".mark-bar.top")).to_contain_text("EXERCISE")
    lines = (await wanda.locator("article").inner_text()).count("EXERCISE EXERCISE EXERCISE")
    assert lines == 2  # above the words and below them
    question = "Is this real? Our forces have seen nothing."
    dana, rene = await room.sit(north, "Dana"), await room.sit(north, "Rene")
    asked = await writes(dana, north.seat("Dana"), question, "FLASH")
    await releases(rene, north.seat("Rene"), asked)

    await dmitri.goto(sent.replace(south.seat("Rosa"), south.seat("Dmitri")))
    await dmitri.get_by_role("link", name="Write a retraction").click()
    await expect(dmitri.locator("main")).to_contain_text("This retracts South")
    words = await dmitri.get_by_label(TEXT).input_value()
    await dmitri.get_by_label(TEXT).fill(re.sub(r"\[\[[^\[\]]*\]\]", "it was an exercise", words))
    await releases(rosa, south.seat("Rosa"), await keeps(dmitri))

    # Where the first was read it says so now, on a page that nobody touched.
    await expect(wanda.locator("#stages")).to_contain_text("Retracted")
    await wanda.reload()
    await expect(wanda.locator("article header")).to_contain_text("RETRACTED")
    assert alarming in await wanda.locator("article .text").inner_text()
    heard = (await north.ask("Wanda", "inbox", all=True))["messages"]
    (retracted,) = [each for each in heard if each["retracted"]]
    (retraction,) = [each for each in heard if each["retracts"] == retracted["n"]]
    assert 0 < retraction["kept"] - retracted["kept"] < SECONDS_MAX
    await there.context.close()
    assert there.faults == []
