"""A switch of a headset, a shutter, a key of the machine: the system mutes a device, and the page
says so until it is there again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.console.conftest import Room
from tests.console.test_call import duty_room
from tests.console.test_call_bad_days import KEEP, joined, pages_here
from tests.console.test_green_room import enter, figures_when, loop
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What a page is told when the system holds a device back, as by a switch on it, and gives it again.
MUTED = """([kind, muted]) => {
  const track = window.taken.find((each) => each.kind === kind && each.readyState === "live");
  Object.defineProperty(track, "muted", { get: () => muted, configurable: true });
  track.dispatchEvent(new Event(muted ? "mute" : "unmute"));
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def duty(with_camera: Browser) -> AsyncIterator[Room]:
    """The browser of North's duty officer."""
    async with duty_room(with_camera) as room:
        await room.context.add_init_script(KEEP)
        yield room


@pytest.mark.story
async def test_a_device_that_the_system_mutes_is_named_until_it_gives_it_again(
    stations: World, duty: Room
) -> None:
    page = await joined(stations, duty)
    await expect(page.locator("#mute")).to_be_visible()  # both devices were had
    for kind, device, says_so in (
        ("audio", "microphone", "The system has muted the microphone: nobody hears you."),
        ("video", "camera", "The system has turned the camera off: nobody sees you."),
    ):
        state = page.locator(f"#{device}-state")
        await page.evaluate(MUTED, [kind, True])
        await expect(state).to_contain_text(says_so)
        await expect(state).to_contain_text("Look for a s")  # a switch, or a shutter
        await expect(state).to_be_in_viewport()
        await page.evaluate(MUTED, [kind, False])
        await expect(state).to_have_text("")
    # What was to be said of it besides stands there again; and it goes with the camera.
    await page.evaluate(MUTED, ["video", True])
    await page.evaluate("localStorage.setItem('parley-device-camera', 'pulled-out')")
    await page.evaluate(MUTED, ["video", False])
    await expect(page.locator("#camera-state")).to_contain_text("that was chosen is not there")
    await page.evaluate(MUTED, ["video", True])
    await page.get_by_role("button", name="Turn my camera off").click()
    await expect(page.locator("#camera-state")).to_have_text("")
    await pages_here(stations, ["1"])
    await page.evaluate(MUTED, ["audio", True])
    await page.get_by_role("button", name="Leave the call").click()
    await expect(page.locator("#microphone-state")).to_have_text("")
    await stations.north.ask("Wanda", "call.end")


async def test_a_device_that_the_system_mutes_is_named_and_nothing_is_ready(
    stations: World, duty: Room
) -> None:
    page = await enter(duty, stations)
    await loop(page)
    await figures_when(page, "f.fps > 1 && f.sound_back > 0")
    await page.get_by_role("button", name="Play a tone").click()
    await page.get_by_role("button", name="I heard it").click()
    verdict = page.locator("#verdict")
    await expect(verdict).to_contain_text("Ready for video, voice and text.")
    for kind, device, says_so, comes in (
        (
            "video",
            "camera",
            "The system has turned the camera off",
            "your picture has not come back",
        ),
        (
            "audio",
            "microphone",
            "The system has muted the microphone",
            "your voice has not come back",
        ),
    ):
        state = page.locator(f"#{device}-state")
        await page.evaluate(MUTED, [kind, True])
        await expect(state).to_contain_text(says_so)
        await expect(verdict).to_contain_text(comes)
        await page.evaluate(MUTED, [kind, False])
        await expect(state).to_contain_text(re.compile("gives pictures|is on|hears you"))
        await expect(verdict).to_contain_text("Ready for video, voice and text.")
