"""What a person hears of a call and lets others hear: at real pages, and by the page's parts."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import Room
from tests.console.test_call import (
    MEDIA_MS,
    both_join,
    duty_room,
    enter,
    hears,
    joins,
    says,
    sees_and_hears,
)
from tests.console.test_calls import shown
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SILENT = 150  # frames of 20 ms: the fake microphone beeps each half second
# So many frames of sound came one after another, and nobody was heard.
NOTHING = """(least) => {
  const { heard, figures } = document.getElementById("call").dataset;
  const came = JSON.parse(figures).link?.counts["sound in"] ?? 0;
  if (window.quiet?.heard !== heard) window.quiet = { heard, came };
  return came - window.quiet.came >= least;
}"""
# The context of the page's sound, and what it says of itself.
CONTEXTS = """const Context = globalThis.AudioContext;
window.states = [];
globalThis.AudioContext = class extends Context {
  constructor(...how) {
    super(...how);
    window.sound = this;
    this.addEventListener("statechange", () => window.states.push(this.state));
  }
};"""
LEVEL = """() => Number(document.getElementById("self-level").getAttribute("aria-valuenow")) > 10"""


async def hears_nothing(page: Page) -> None:
    """Sound comes from the other page, and it is silence once what was on its way is played."""
    await page.evaluate("() => { window.quiet = undefined; }")
    await page.wait_for_function(NOTHING, arg=SILENT, timeout=2 * MEDIA_MS, polling=100)


@pytest.mark.story
async def test_who_coughs_or_does_not_press_to_talk_is_not_heard(
    stations: World, with_camera: Browser
) -> None:
    async with duty_room(with_camera) as northern, duty_room(with_camera) as southern:
        wanda, wen = await both_join(stations, northern, southern)
        await hears(wanda)
        await wen.locator("h1").click()
        await wen.keyboard.down("x")
        await expect(wen.locator("#silent")).to_be_visible()
        await hears_nothing(wanda)
        await wen.keyboard.up("x")
        await hears(wanda)
        await wen.locator("#push-on").check()
        await hears_nothing(wanda)
        await wen.locator("h1").click()
        await wen.keyboard.down(" ")
        await hears(wanda)
        await wen.keyboard.up(" ")
        await hears_nothing(wanda)
        call = (await stations.north.ask("Wanda", "call.show"))["call"]
        assert [each["muted"] for each in call["attendees"]] == [None, None]  # of a cough no word
        await stations.north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_who_comes_back_to_a_station_that_was_away_is_seen_and_heard(
    stations: World, with_camera: Browser
) -> None:
    async with duty_room(with_camera) as northern, duty_room(with_camera) as southern:
        wanda, wen = await both_join(stations, northern, southern)
        await hears(wen)
        port = urlsplit(stations.north.console).port
        assert port
        await stations.north.hide_pages()
        await expect(wanda.locator("#media-state")).to_contain_text("does not answer")
        await stations.north.show_pages(port)
        await expect(wanda.locator("#media-state")).to_have_text("", timeout=MEDIA_MS)
        await wen.evaluate("() => { window.unlike = new Set(); }")
        await sees_and_hears(wen)
        await sees_and_hears(wanda)
        await stations.north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_sound_that_the_system_put_to_sleep_is_told_and_wakes_with_a_button(
    stations: World, with_camera: Browser
) -> None:
    async with duty_room(with_camera) as room:
        await room.context.add_init_script(CONTEXTS)
        page = await enter(room, stations.north, "Wanda")
        await stations.north.ask("Wanda", "call.begin")
        await joins(page)
        await expect(page.locator("#alone")).to_be_visible(timeout=MEDIA_MS)
        await page.wait_for_function(LEVEL)
        asleep = page.locator("#sound-asleep")
        await expect(asleep).to_be_hidden()

        await page.evaluate("sound.suspend()")
        await expect(asleep).to_be_visible()
        await expect(asleep).to_contain_text("you hear nobody, and nobody hears you")
        await shown(page, "sound-asleep")
        await says(page, "I hear nobody.")
        await expect(page.locator("#texts")).to_contain_text("I hear nobody.")
        await page.get_by_role("button", name="Wake the sound").click()
        await expect(asleep).to_be_hidden()
        await page.wait_for_function(LEVEL)

        # A device that went says that it runs, and its time stands still.
        await page.evaluate(
            "() => { window.states = [];"
            " Object.defineProperty(sound, 'currentTime', { value: 7, configurable: true }); }"
        )
        await expect(asleep).to_be_visible()
        await page.get_by_role("button", name="Wake the sound").click()
        await page.wait_for_function("() => states.join() === 'suspended,running'")
        await page.evaluate("delete sound.currentTime")
        await expect(asleep).to_be_hidden()
        await page.wait_for_function(LEVEL)

        await page.evaluate("sound.suspend()")
        await expect(asleep).to_be_visible()
        await page.get_by_role("button", name="Leave the call").click()
        await expect(asleep).to_be_hidden()
        await stations.north.ask("Wanda", "call.end")


# Which sender has which level, by what a listener chose and who interprets. A1 and B1 speak on the
# floor; B2 and B3 interpret.
MIXED = """async ({ rows, mode, how, language }) => {
  const { Parts } = await import("/static/call-parts.js");
  document.getElementById("channels").dataset.mode = mode;
  document.getElementById("channels").replaceChildren(...rows.map(([page, into]) => {
    const row = document.createElement("p");
    [row.dataset.channel, row.dataset.language] = [page, into];
    return row;
  }));
  const parts = new Parts(() => null);
  parts.choices().find((each) => each.value === how).checked = true;
  const tiles = new Map(["A1", "B1", "B2", "B3"].map((page) => {
    const gain = { value: -1, setTargetAtTime(level) { this.value = level; } };
    return [page, { gain: { gain, context: { currentTime: 0 } },
      tile: document.createElement("div") }];
  }));
  parts.mix(tiles, true);
  if (language) document.getElementById("hear-language").value = language;
  parts.mix(tiles, true);
  return [...tiles.values()].map(({ gain }) => gain.gain.value);
}"""
BOTH = [["B2", "English"], ["B3", "Français"]]
LOWERED = 0.2


@pytest.mark.parametrize(
    ("rows", "mode", "how", "language", "levels"),
    [
        (BOTH, "simultaneous", "original", "", [1, 1, 0, 0]),
        (BOTH, "simultaneous", "interpreted", "English", [0, 0, 1, 0]),
        (BOTH, "simultaneous", "interpreted", "Français", [0, 0, 0, 1]),
        (BOTH, "simultaneous", "both", "English", [LOWERED, LOWERED, 1, 0]),
        (BOTH[:1], "simultaneous", "both", "English", [LOWERED, LOWERED, 1, LOWERED]),
        ([], "simultaneous", "interpreted", "", [1, 1, 1, 1]),  # nobody interprets
        (BOTH, "consecutive", "interpreted", "", [1, 1, 1, 1]),
    ],
)
async def test_V13_a_listener_hears_the_original_the_interpreter_or_both(
    stations: World,
    room: Room,
    rows: list[list[str]],
    mode: str,
    how: str,
    language: str,
    levels: list[float],
) -> None:
    page = await enter(room, stations.north, "Wanda")
    given = {"rows": rows, "mode": mode, "how": how, "language": language}
    assert await page.evaluate(MIXED, given) == levels, json.dumps(given)
