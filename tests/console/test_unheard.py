"""While the other side is connected and answers nothing, no page says that it was told anything."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.story
async def test_who_releases_or_opens_while_nothing_answers_is_told_so(
    stations: World, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = stations.north, stations.south
    said = await stations.say(south, "Our ship Amity burns.", "FLASH")
    wanda = await room.sit(north, "Wanda")
    await wanda.get_by_role("link", name="Read it").click()
    draft = await north.ask("Dana", "draft.new", text="We send help.", precedence="FLASH")
    rene = await room.sit(north, "Rene", f"/drafts/{draft['draft']}")
    await expect(rene.locator("#silent")).to_have_count(0)

    monkeypatch.setattr(south.station, "path_frames", lambda *_: None)  # it hangs
    await expect(rene.locator("#silent")).to_contain_text("Nothing of South answers now")
    await wanda.get_by_role("button", name="Open: I have read it").click()
    await expect(wanda.locator("#done")).to_contain_text("is told once it is heard again")
    await expect(wanda.locator("#done")).to_have_class("notice")
    await rene.get_by_label("I have read this text").check()
    await rene.get_by_role("button", name="Release to South").click()
    await expect(rene.locator("#done")).to_contain_text("not received there")
    await rene.get_by_role("link", name="Sent", exact=True).click()
    await expect(rene.locator("#sent li").first).to_contain_text("not received there")
    await rene.get_by_role("link", name="Lines", exact=True).click()
    missing = rene.locator(".panel", has_text="Not received there")
    await expect(missing).to_have_class("panel loud")
    await expect(missing).to_contain_text("no receipt has come yet")

    monkeypatch.undo()
    await expect(wanda.locator("#done")).to_have_text("Opened. The other side is told.")
    await expect(wanda.locator("#done")).to_have_class("notice done")
    await expect(missing.locator(".figures")).to_have_text("0")
    await expect(missing).to_contain_text("has arrived there")
    stages = (await south.ask("Rosa", "message", n=said["n"], dir="ours"))["stages"]
    assert "opened" in {stage["stage"] for stage in stages}
