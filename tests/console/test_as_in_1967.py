"""An exchange as the first one on a direct line went in June 1967, in two browsers at two stations.

Operators ask whether the principal stands by; a message in the sender's language is read in sight,
rough and official translation, each timed and signed, with a ship's name lost and garbled on the
way and marked so. The words are our own. How one is read back and answered: `test_journey.py`.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import PATIENCE_MS, Room
from tests.console.test_journey import make_tab_hear
from tests.console.test_misread import interpreter, releases, writes
from tests.console.world import Post, World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.story,
    pytest.mark.asyncio(loop_scope="session"),
]
QUESTION = "Does your principal stand by the machine?"
SAID = "Корабль «Amity» обстрелян в 0550Z. Мы готовы действовать вместе с вами."
DROPPED = "A ship was shelled at 0550Z. We are ready to act together with you."
GARBLED = "The ship “Amtiy” was shelled at 0550Z. We are ready to act together with you."
OFFICIAL = "The ship “Amity” was shelled at 0550Z. We stand ready to act together with you."


async def translates(page: Page, stage: str, text: str) -> None:
    """One more translation of the message on this page."""
    form = page.locator("#translations form[action$='translate?amends=']")
    if not await form.is_visible():
        await page.get_by_text("Add a translation").click()
    await form.locator("select[name=stage]").select_option(stage)
    await form.get_by_label("Into which language").fill("en")
    await form.get_by_label("Translation", exact=True).fill(text)
    await form.get_by_role("button", name="Keep the translation").click()
    await expect(page.locator(f"#translations .tag.stage-{stage}")).to_be_visible()


async def reads_and_opens(page: Page, text: str) -> None:
    """From the alarm on the page to the message, opened by whoever sits there."""
    await expect(page.locator("#alarm")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("data-ringing", "yes")
    await page.get_by_role("link", name="Read it").click()
    await expect(page.locator("article .text").first).to_contain_text(text)
    await page.get_by_role("button", name="Open: I have read it").click()
    await expect(page.locator("html")).to_have_attribute("data-ringing", "no")


async def joins(post: Post, name: str, office: str, role: str) -> None:
    assert post.station is not None
    operator = post.station.people.must_be_here(1)
    person = {"name": name, "office": office, "roles": [role]}
    post.ids[name] = (await post.station.call("person.add", operator, person))["id"]


async def test_an_exchange_as_in_1967_is_announced_said_and_translated(
    stations: World, room: Room, browser: Browser
) -> None:
    north, south = stations.north, stations.south
    there = Room(await browser.new_context(viewport={"width": 1280, "height": 800}))
    there.context.set_default_timeout(PATIENCE_MS)
    await interpreter(north)
    await joins(north, "Ines", "Language desk", "interpreter")
    await joins(south, "Kostin", "Chairman", "principal")
    wanda, wen = await room.sit(north, "Wanda", "/chat"), await there.sit(south, "Wen", "/chat")

    # Operators talk shop, apart from official text. Who stands by is stated, not allegedly so.
    await wanda.get_by_label("Say to South").fill(QUESTION)
    await wanda.get_by_role("button", name="Say it in the chat").click()
    await expect(wen.locator("#chat")).to_contain_text(QUESTION)
    await wen.goto(f"{south.seat('Wen')}/")
    await wen.get_by_role("button", name="State: our principal is at the terminal").click()
    await wanda.goto(f"{north.seat('Wanda')}/")
    stated = wanda.locator("table[id^=presence-] tr", has_text="South")
    await expect(stated).to_contain_text("At the terminal Kostin, Chairman")
    await expect(stated).to_contain_text("Wen, Watch desk")
    await wen.close()
    await make_tab_hear(wanda)

    # South writes in its own language; a second person releases exactly that.
    dmitri, rosa = await there.sit(south, "Dmitri"), await there.sit(south, "Rosa")
    draft = await writes(dmitri, south.seat("Dmitri"), SAID, "FLASH")
    await releases(rosa, south.seat("Rosa"), draft)
    await reads_and_opens(wanda, SAID)
    await there.context.close()

    # Sight drops the name, rough garbles it: both marked, where it is written and where it is read.
    ivo = await room.sit(north, "Ivo")
    await ivo.goto(wanda.url.replace(north.seat("Wanda"), north.seat("Ivo")).partition("?")[0])
    await translates(ivo, "sight", DROPPED)
    for page in (ivo, wanda):
        marked = page.locator("#translations .translation", has_text=DROPPED)
        await expect(marked.locator(".differs tr", has_text="OMITTED")).to_contain_text("Amity")
    await translates(ivo, "rough", GARBLED)
    for page in (ivo, wanda):
        marked = page.locator("#translations .translation", has_text="Amtiy")
        await expect(marked.locator(".differs tr", has_text="OMITTED")).to_contain_text("Amity")
        added = marked.locator(".differs tr", has_text="NOT IN THE ORIGINAL")
        await expect(added).to_contain_text("Amtiy")
    await translates(ivo, "official", OFFICIAL)
    ines = await room.sit(north, "Ines")
    await ines.goto(ivo.url.replace(north.seat("Ivo"), north.seat("Ines")).partition("?")[0])
    await ines.get_by_text("Certify translation 3").click()
    await ines.get_by_label("What you certify").fill("Compared word by word.")
    await ines.get_by_role("button", name="Certify it as its reviewer").click()
    official = wanda.locator("#translations .translation", has_text=OFFICIAL)
    await expect(official).to_contain_text("Certified by Ines")
    await expect(official).to_contain_text("Ivo, Language desk")
    await expect(official).to_contain_text("All critical elements")
    assert SAID in await wanda.locator("article .text").inner_text()  # above them, as it was said
    # Nothing of the chat is in what was said officially.
    assert QUESTION not in str((await south.ask("Wen", "inbox", all=True))["messages"])
    assert there.faults == []
