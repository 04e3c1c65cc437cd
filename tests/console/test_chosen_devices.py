"""Camera, microphone and loudspeaker that a person chose are those of the call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import launched
from tests.console.test_call import both_join, duty_room, joins, sees_and_hears
from tests.console.test_calls import shown
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Of three cameras the second one tells depths, which no encoder takes; of microphones and
# loudspeakers there are three in any case.
THREE: Final = "--use-fake-device-for-media-stream=device-count=3,fps=10"
FILMS: Final = "document.getElementById('self').srcObject?.getVideoTracks()[0].label ?? ''"
CHOSEN: Final = "each => each.selectedOptions[0]?.label"
SINKS: Final = """const sink = AudioContext.prototype.setSinkId;
AudioContext.prototype.setSinkId = function (id) {
  window.sinks = [...(window.sinks ?? []), id];
  return sink.call(this, id);
};"""


@pytest_asyncio.fixture(loop_scope="session")
async def cameras(chromium: Path) -> AsyncIterator[Browser]:
    async with launched(chromium, THREE) as found:
        yield found


async def choose(page: Page, device: str, at: int) -> str:
    """One of a list, by its place; and its name."""
    await page.locator(f"#{device}").select_option(index=at)
    return str(await page.locator(f"#{device}").evaluate(CHOSEN))


async def test_what_was_chosen_in_the_green_room_is_what_a_call_uses(
    stations: World, cameras: Browser
) -> None:
    await stations.north.ask("Wanda", "call.begin")
    async with duty_room(cameras) as room:
        page = await room.sit(stations.north, "Wanda", "/green-room")
        await page.get_by_role("button", name="Turn on").click()
        await expect(page.locator("#microphone-state")).to_contain_text("Fake")  # both are on
        chose = {each: await choose(page, each, 1) for each in ("camera", "microphone", "speaker")}
        for device in ("camera", "microphone"):
            await expect(page.locator(f"#{device}-state")).to_contain_text(chose[device])
        await shown(page, "chosen-green-room")
        await page.get_by_role("button", name="Turn off").click()
        speaker = await page.locator("#speaker").input_value()
        await room.context.add_init_script(SINKS)
        await page.goto(stations.north.seat("Wanda") + "/call")
        await expect(page.locator("#call[data-ready=yes]")).to_be_attached()
        await joins(page)
        await page.get_by_text("Camera, microphone and loudspeaker").click()
        for device, name in chose.items():
            await expect(page.locator(f"#{device} option:checked")).to_have_text(name)
        await page.wait_for_function(f"name => {FILMS} === name", arg=chose["camera"])
        assert await page.evaluate("sinks.at(-1)") == speaker
        await shown(page, "chosen-call")
        # One that was pulled out since gives way to another, and the page says which.
        await page.evaluate("localStorage.setItem('parley-device-camera', 'pulled-out')")
        await page.get_by_role("button", name="Turn my camera off").click()
        await page.get_by_role("button", name="Turn my camera on").click()
        await expect(page.locator("#camera-state")).to_contain_text(
            "The camera that was chosen is not there: fake_device"
        )
        await page.get_by_role("button", name="Leave the call").click()
        await expect(page.locator("#devices")).to_be_hidden()


@pytest.mark.story
async def test_another_device_is_chosen_while_the_call_goes_on(
    stations: World, cameras: Browser
) -> None:
    async with duty_room(cameras) as northern, duty_room(cameras) as southern:
        wanda, wen = await both_join(stations, northern, southern)
        await sees_and_hears(wen)
        await wanda.get_by_text("Camera, microphone and loudspeaker").click()
        name = await choose(wanda, "camera", 2)
        await wanda.wait_for_function(f"name => {FILMS} === name", arg=name)
        await choose(wanda, "microphone", 2)
        await wen.evaluate("() => { window.unlike = new Set(); }")
        await sees_and_hears(wen)
        await expect(wanda.locator("#camera-off")).to_have_text("Turn my camera off V")
        # The next page of this browser begins with it.
        await wanda.goto(stations.north.seat("Wanda") + "/green-room")
        await wanda.get_by_role("button", name="Turn on").click()
        await expect(wanda.locator("#camera option:checked")).to_have_text(name)
