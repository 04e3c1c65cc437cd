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
