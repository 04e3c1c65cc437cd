"""An official translation that differs from its original is kept by who says to have seen how."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.test_misread import interpreter
from tests.console.world import World

PICTURES = os.environ.get("PARLEY_PICTURES")  # a folder, to look at the page
ORIGINAL = "Le «Amity» quitte le port à 14h30."
WRONG = "The “Amity” leaves port at 15:30."

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_interpreter_ticks_what_an_official_translation_differs_in(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    await interpreter(north)
    n = (await stations.say(south, ORIGINAL))["n"]

    async def came() -> bool:
        return bool((await north.ask("Wanda", "status"))["lines"][0]["their_size"] > n)

    await stations.until(came)
    line = (await north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    ivo = await room.sit(north, "Ivo", f"/messages/{line}/theirs/{n}")
    form = ivo.locator("#translations form[action$='translate?amends=']")
    await form.locator("select[name=stage]").select_option("official")
    await form.get_by_label("Into which language").fill("en")
    await form.get_by_label("Translation", exact=True).fill(WRONG)
    await form.get_by_role("button", name="Keep the translation").click()
    await expect(ivo.locator("#refused")).to_contain_text("must not be misread")
    await expect(form.locator("textarea")).to_have_value(WRONG)
    await expect(form.locator("select[name=stage]")).to_have_value("official")
    await expect(form.locator("tr", has_text="OMITTED")).to_contain_text("14:30")
    await expect(form.locator("tr", has_text="NOT IN THE ORIGINAL")).to_contain_text("15:30")
    tick = form.get_by_label("I have seen the differences")
    await expect(tick).not_to_be_checked()
    assert await tick.get_attribute("required") is not None
    if PICTURES:
        for theme in ("light", "dark"):
            await ivo.emulate_media(color_scheme=theme)
            await ivo.screenshot(path=Path(PICTURES) / f"tick-{theme}.png", full_page=True)
    # Somebody else translates it meanwhile: this form stays, with what it asks.
    sight = {"n": n, "stage": "sight", "language": "en", "text": "Amity sails."}
    await north.ask("Ivo", "translation.add", **sight)
    await expect(ivo.locator("#translations .translation")).to_have_count(1)
    await tick.check()
    await form.get_by_role("button", name="Keep the translation").click()
    official = ivo.locator("#translations .translation", has_text=WRONG)
    await expect(official).to_contain_text("Ivo kept it having seen 2 differences")
    await expect(official.locator(".differs tr", has_text="OMITTED")).to_contain_text("14:30")
    if PICTURES:
        await ivo.screenshot(path=Path(PICTURES) / "ticked.png", full_page=True)
    # The tick was for these differences: with others it is asked for again.
    amends = ivo.locator("form[action$='translate?amends=2']")
    await ivo.get_by_text("Amend translation 2").click()
    await amends.locator("textarea").fill("It leaves port.")
    await amends.get_by_label("What is amended, and why").fill("Shorter.")
    await amends.get_by_role("button", name="Keep the amended translation").click()
    await expect(amends.get_by_label("I have seen the differences")).not_to_be_checked()
    await amends.locator("textarea").fill("The “Amity” leaves port at 14:30.")
    await amends.get_by_label("I have seen the differences").check()
    await amends.get_by_role("button", name="Keep the amended translation").click()
    await expect(ivo.locator("#translations")).to_contain_text("All critical elements")
