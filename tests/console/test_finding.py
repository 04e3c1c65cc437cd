"""What was said is found at the desk, in any language, with what was looked for marked."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from playwright.async_api import expect

from parley.console.pages.finding import pieces
from parley.core.errors import Refused
from tests.console.conftest import Room
from tests.console.test_misread import interpreter
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


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.story
async def test_a_hit_beside_a_message_says_where_it_is_and_leads_there(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    draft = await south.ask("Dmitri", "draft.new", text="Буй сорван.", language="ru")
    note = b64encode("浮标在 <b>漂移</b>。\n".encode()).decode()
    given = await south.ask("Dmitri", "draft.attach.give", data=note)
    about = {"draft": draft["draft"], "upload": given["upload"], "name": "عوامة 7 <i>.txt"}
    said = await stations.release(south, await south.ask("Dmitri", "draft.attach", **about))

    async def shown() -> bool:
        try:
            message = await north.ask("Wanda", "message", n=said["n"])
        except Refused:
            return False  # it has not come yet
        return [each["state"] for each in message["attachments"]] == ["shown"]

    await stations.until(shown)
    await interpreter(north)
    text = {"n": said["n"], "language": "en", "text": "The buoy broke adrift, the buoy."}
    for stage in ("rough", "official"):
        await north.ask("Ivo", "translation.add", **text, stage=stage)

    page = await room.sit(north, "Aline", "/find?words=buoy+adrift")
    hit = page.locator(".hit")
    await expect(hit.locator("mark")).to_have_text(["buoy", "adrift", "buoy"])
    await expect(hit).to_contain_text("Found in OFFICIAL translation into en, by Ivo")
    await expect(hit).to_contain_text("Found in these too ROUGH translation into en, by Ivo")
    await hit.locator("a").click()
    await page.wait_for_url("**#translations")
    await expect(page.locator("#translations .tag.stage-official")).to_be_in_viewport()

    await page.goto(f"{north.seat('Aline')}/find?words=漂移")
    await expect(hit.locator("mark")).to_have_text(["漂移"])
    await expect(hit).to_contain_text(re.compile("Found in attachment .?عوامة 7 <i>.txt"))
    await expect(hit.locator(".said")).to_have_text("浮标在 <b>漂移</b>。")
    await hit.locator("a").click()
    await page.wait_for_url("**#attachments")
    await page.goto(f"{north.seat('Aline')}/find?words=عوامه")
    await expect(hit).to_contain_text(re.compile("Found in name of the attachment .?عوامة 7"))
    await page.goto(f"{north.seat('Aline')}/find?words=Буй")
    await expect(hit.locator("mark")).to_have_text(["Буй"])
    await expect(hit).not_to_contain_text("Found in")
