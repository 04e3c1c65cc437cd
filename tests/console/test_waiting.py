"""How many drafts wait for a person, beside *Drafts* on whatever page stands open."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import World

PICTURES = os.environ.get("PARLEY_PICTURES")  # a folder, to look at the pages

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_releaser_at_another_page_learns_of_a_draft_that_waits(
    stations: World, room: Room
) -> None:
    rene = await room.sit(stations.north, "Rene", "/find")
    waits = rene.locator('#pages a[href$="/drafts"] .count')
    await expect(waits).to_have_count(0)
    flash = await stations.north.ask("Dana", "draft.new", text="At once.", precedence="FLASH")
    await expect(waits).to_have_text("1")
    await expect(waits).to_have_attribute("title", "waiting for you")
    dana = await room.sit(stations.north, "Dana", "/inbox")  # who wrote it waits for somebody else
    await expect(dana.locator('#pages a[href$="/drafts"]')).to_be_visible()
    await expect(dana.locator('#pages a[href$="/drafts"] .count')).to_have_count(0)
    draft = flash["draft"]
    await stations.north.ask("Rene", "draft.send_back", draft=draft, reason="Which ship?")
    await expect(dana.locator('#pages a[href$="/drafts"] .count')).to_have_text("1")
    await expect(waits).to_have_count(0)
    assert room.faults == []


@pytest.mark.story
async def test_a_flash_among_the_drafts_that_wait_is_said_by_shape_and_word(
    stations: World, room: Room
) -> None:
    north = stations.north
    rene = await room.sit(north, "Rene", "/find")
    names = rene.locator('#pages a[href$="/drafts"]')
    urgent = names.locator(".waits")
    await rene.evaluate("window.same = true")
    slow = await north.ask("Dana", "draft.new", text="We come.", precedence="PRIORITY")
    await expect(names.locator(".count")).to_have_text("1")
    await expect(urgent).to_have_count(0)
    soon = await north.ask("Dana", "draft.new", text="Soon.", precedence="IMMEDIATE")
    await expect(urgent).to_have_text("IMMEDIATE")
    changed = {name: slow[name] for name in ("draft", "text")} | {"precedence": "FLASH"}
    await north.ask("Dana", "draft.edit", **changed)
    await expect(urgent).to_have_text("FLASH")
    await expect(urgent).to_have_attribute("title", "A draft of this precedence waits for you")
    await expect(names.locator(".count")).to_have_text("2")
    await expect(names).to_have_accessible_name("Drafts 2 FLASH")
    path = await urgent.locator("path").get_attribute("d")
    assert path == await rene.locator("#alarm-row").evaluate(
        "row => row.content.querySelector('[data-shape=FLASH] path').getAttribute('d')"
    )
    if PICTURES:
        for theme in ("light", "dark"):
            await rene.emulate_media(color_scheme=theme)
            await rene.screenshot(path=Path(PICTURES) / f"waits-{theme}.png")
        await rene.emulate_media(color_scheme="light")
    # It is in ink: a FLASH that has come is all that is red.
    red = "getComputedStyle(document.documentElement).getPropertyValue('--flash')"
    colours = "each => [getComputedStyle(each).color, getComputedStyle(each).backgroundColor]"
    assert await rene.evaluate(red) == "#b4001e"
    assert await urgent.evaluate(colours) == ["rgb(20, 24, 27)", "rgba(0, 0, 0, 0)"]
    assert await rene.evaluate("window.same")
    # Who reads another language reads the same word; who wrote the drafts is not told.
    await north.ask("Rene", "person.tongue", person=north.ids["Rene"], tongue="ar")
    await rene.goto(f"{north.seat('Rene')}/find")
    await expect(urgent).to_have_text("FLASH")
    if PICTURES:
        await rene.screenshot(path=Path(PICTURES) / "waits-ar.png")
    dana = await room.sit(north, "Dana", "/inbox")
    await expect(dana.locator("#pages .waits")).to_have_count(0)
    await north.ask("Dana", "draft.withdraw", draft=slow["draft"])
    await expect(urgent).to_have_text("IMMEDIATE")
    await north.ask("Rene", "draft.send_back", draft=soon["draft"], reason="Which ship?")
    await expect(urgent).to_have_count(0)
    await expect(dana.locator("#pages .waits")).to_have_text("IMMEDIATE")


@pytest.mark.story
async def test_a_page_says_what_was_done_as_long_as_it_holds(stations: World, room: Room) -> None:
    north = stations.north
    dana = await room.sit(north, "Dana", "/compose")
    await dana.get_by_label("Text, in your own language").fill("We come.")
    await dana.get_by_role("button", name="Keep as draft").click()
    done, mark = dana.locator("#done"), dana.locator("#draft-state")
    await expect(done).to_have_text("Kept as a draft. A second person releases it.")
    await expect(mark).to_have_text("DRAFT")
    draft = int(dana.url.partition("?")[0].rpartition("/")[2])
    await north.ask("Rene", "draft.hold", draft=draft, reason="The Chairman calls first.")
    await expect(done).to_contain_text("The draft is held.")
    await north.ask("Rene", "draft.free", draft=draft)
    await expect(done).to_have_text("Kept as a draft. A second person releases it.")
    await stations.until(stations.heard)
    await stations.release(north, await north.ask("Rene", "draft.show", draft=draft))
    await expect(done).to_have_text("Released.")
    await expect(mark).to_have_text("RELEASED")
    withdrawn = await north.ask("Dana", "draft.new", text="No.")
    await dana.goto(f"{north.seat('Dana')}/drafts/{withdrawn['draft']}?done=edited")
    await expect(done).to_have_text("The changed draft is kept.")
    await north.ask("Rene", "draft.send_back", draft=withdrawn["draft"], reason="Why?")
    await expect(done).to_contain_text("Sent back.")
    await north.ask("Dana", "draft.withdraw", draft=withdrawn["draft"])
    await expect(done).to_have_text("The draft is withdrawn.")
    await expect(mark).to_have_text("WITHDRAWN")


@pytest.mark.story
async def test_the_list_of_drafts_says_what_each_waits_for(stations: World, room: Room) -> None:
    north = stations.north
    draft = (await north.ask("Dana", "draft.new", text="We come.", precedence="FLASH"))["draft"]
    rows = [await room.sit(north, name, "/drafts") for name in ("Dana", "Rene")]
    dana, rene = (page.locator("#drafts li") for page in rows)
    await expect(dana).to_contain_text("waits for a second person to release it")
    await expect(rene).to_contain_text("waits for you to read and release it")
    await north.ask("Rene", "draft.hold", draft=draft, reason="The Chairman calls first.")
    for row in (dana, rene):
        await expect(row).to_contain_text("HELD by Rene: The Chairman calls first.")
        await expect(row).not_to_contain_text("waits")
    await north.ask("Rene", "draft.free", draft=draft)
    await expect(rene).to_contain_text("waits for you to read and release it")
    await north.ask("Rene", "draft.send_back", draft=draft, reason="Which ship?")
    for row in (dana, rene):
        await expect(row).to_contain_text("SENT BACK by Rene: Which ship?")
        await expect(row).not_to_contain_text("waits")
    await north.ask("Dana", "draft.edit", draft=draft, text="The Amity comes.")
    await expect(rene).to_contain_text("waits for you to read and release it")
    # Where the line asks for three people, it is one of them that it waits for.
    station = north.station
    assert station is not None
    home = station.home
    line = (await north.ask("Dana", "draft.show", draft=draft))["line_name"]
    writing = replace(home.config.writing, three_persons=(line,))
    station.home = replace(home, config=replace(home.config, writing=writing))
    for page in rows:
        await page.reload()
    await expect(rene).to_contain_text("waits for you to read and review it")
    await expect(dana).to_contain_text("waits for a review")
    shown = await north.ask("Rene", "draft.show", draft=draft)
    await north.ask("Rene", "draft.review", draft=draft, sha256=shown["sha256"])
    await expect(rene).to_contain_text("waits for another releaser than you, who reviewed it")
    await expect(dana).to_contain_text("waits for a second person to release it")
