"""A watch officer stops a line from the page, everybody sees it, and somebody else undoes it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from parley.station.acts.person import AT_THE_MACHINE
from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.story
async def test_C13_a_line_is_stopped_and_goes_on(stations: World, room: Room) -> None:
    south = stations.south
    wen = await room.sit(south, "Wen")
    dmitri = await room.sit(south, "Dmitri")
    assert await dmitri.get_by_text("Stop this line").count() == 0  # not for a drafter to do
    await wen.get_by_text("Stop this line").click()
    await wen.get_by_label("The reason").fill("The voice on the call was not theirs.")
    await wen.get_by_role("button", name="Stop North – South now").click()
    await wen.wait_for_url("**/?done=stopped")
    why = "Wen stopped the line: The voice on the call was not theirs."
    await expect(wen.locator(".state-bar", has_text="STOPPED")).to_contain_text(why)
    # Whoever looks at the page sees it without asking, and cannot write.
    await expect(dmitri.locator(".state-bar", has_text="STOPPED")).to_contain_text(why)
    await dmitri.goto(f"{south.seat('Dmitri')}/compose")
    await dmitri.get_by_label("Text, in your own language").fill("Not now.")
    await dmitri.get_by_role("button", name="Keep as draft").click()
    await expect(dmitri.locator("main")).to_contain_text("Wen stopped the line")
    # Whoever stopped it cannot undo it.
    await wen.get_by_text("Let this line go on").click()
    await wen.get_by_label("The reason").fill("It was theirs.")
    await wen.get_by_role("button", name="Let it go on").click()
    await expect(wen.locator("main")).to_contain_text("Wen stopped this line and cannot")
    assert south.station is not None
    await south.station.call("line.undo", AT_THE_MACHINE, {"reason": "We have called back."})
    await wen.goto(f"{south.seat('Wen')}/")
    await expect(wen.locator(".state-bar", has_text="STOPPED")).to_have_count(0)
    await expect(wen.locator("main")).to_contain_text("both stations may speak")
