"""How many drafts wait for a person, beside *Drafts* on whatever page stands open."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import World

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
