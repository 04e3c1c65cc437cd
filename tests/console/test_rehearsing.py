"""A call is rehearsed at real pages of both sides: who comes in, what is tried, what both read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import Room
from tests.console.test_call import MEDIA_MS, digits, duty_room, enter, sees_and_hears
from tests.console.test_call_parts import LOWEST, person
from tests.console.test_calls import shown
from tests.console.world import Post, World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ITEMS = ("picture", "sound", "text", "digits")
# What is written over each picture of others.
OVER = """(words) => {
  const all = [...document.querySelectorAll("#others .other")];
  return all.length && all.every((each) => getComputedStyle(each, "::after").content === words);
}"""


# The colour of some words, and of the bar around them.
COLOURS = """(each) => [each, each.closest(".state-bar")].map((of) => getComputedStyle(of).color)"""


async def finds(page: Page, item: str, what: str, words: str = "") -> None:
    """What a duty officer says of one thing, by its button."""
    row = page.locator(f"#checklist [data-item={item}]")
    if words:
        await row.locator("summary").click()
        await row.locator("input[name=words]").fill(words)
        await row.get_by_role("button", name="Say it").click()
    else:
        await row.get_by_role("button", name=what, exact=True).click()
    await expect(row.locator("[data-side=ours]")).not_to_contain_text("not tried")


async def view(post: Post, name: str) -> dict[str, Any]:
    return await post.ask(name, "call.show")


@pytest.mark.story
async def test_two_duty_officers_rehearse_and_then_hold_the_call(
    stations: World, with_camera: Browser
) -> None:
    north, south = stations.north, stations.south
    await stations.agree_on_a_call()
    await person(north, "Chief", "principal")
    async with duty_room(with_camera) as northern, duty_room(with_camera) as southern:
        wanda = await enter(northern, north, "Wanda")
        wen = await enter(southern, south, "Wen")
        await expect(wanda.locator("#rehearsed")).to_contain_text("NOT REHEARSED")
        await wanda.get_by_role("button", name="Rehearse it with the other side").click()
        for page in (wanda, wen):
            await expect(page.locator("#rehearsal")).to_contain_text("This is not the call.")
            await expect(page.locator("h1")).to_contain_text("Rehearsal with")
            await expect(page.locator("#join-media")).to_contain_text("Join the rehearsal")
        await expect(wen.locator("#call-rings")).to_contain_text("A REHEARSAL RINGS")
        watching = await southern.sit(south, "Wen", "/inbox")
        await expect(watching.locator("#rehearsal")).to_contain_text("REHEARSAL")
        await watching.close()
        for page in (wanda, wen):
            await page.get_by_role("button", name="Join the rehearsal with camera").click()
        first = await digits(wanda)
        assert first == await digits(wen)
        await sees_and_hears(wanda)
        await sees_and_hears(wen)
        await wen.wait_for_function(OVER, arg='"REHEARSAL"')
        await wanda.locator("#caption-words").fill("One, two, three.")
        await wanda.locator("#caption-language").fill("English")
        await wanda.keyboard.press("Enter")
        await expect(wen.locator("#captions")).to_contain_text("One, two, three.")
        for item in ITEMS:
            await finds(wanda, item, "Good")
        for page in (wanda, wen):
            await finds(page, "channel", "Not needed")
        for item in ("picture", "text", "digits"):
            await finds(wen, item, "Good")
        await finds(wen, "sound", "Failed", "It howls at our side.")
        for page in (wanda, wen):
            await expect(page.locator("#verdict")).to_contain_text("NOT ALL GOOD")
            await expect(page.locator("#checklist")).to_contain_text("It howls at our side.")
        await shown(wanda, "rehearsal-failed")
        await finds(wen, "sound", "Good")
        for page in (wanda, wen):
            await expect(page.locator("#verdict")).to_have_attribute("data-verdict", "good")
        await shown(wen, "rehearsal-good")

        # From the rehearsal to the call: it is ended, the call is opened, each joins it.
        await wanda.get_by_role("button", name="End the rehearsal").click()
        for page in (wanda, wen):
            await expect(page.locator("#media-state")).to_contain_text("The rehearsal is over")
            await expect(page.locator("#rehearsal")).to_be_hidden()
            await expect(page.locator("#rehearsed")).to_contain_text(
                re.compile("Rehearsed .*all good")
            )
            await expect(page.locator("#others canvas")).to_have_count(0)
        await shown(wen, "rehearsal-over")
        await wanda.get_by_role("button", name="Open the call").click()
        for page in (wanda, wen):
            await expect(page.locator("#join-media")).to_have_text(
                "Join with camera and microphone"
            )
            await expect(page.locator("h1")).to_contain_text("Call with")
        assert (await view(south, "Wen"))["call"]["attendees"] == []
        chief = await northern.sit(north, "Chief", "/call")
        await expect(chief.locator("#rehearsed")).to_contain_text(
            re.compile("Rehearsed .*all good")
        )
        await shown(chief, "rehearsal-principal")
        await chief.close()
        for page in (wanda, wen):
            await page.get_by_role("button", name="Join with camera and microphone").click()
        assert await digits(wanda, first) != first
        await sees_and_hears(wen)
        await wen.wait_for_function(OVER, arg="none")
        listed = await southern.sit(south, "Wen", "/calls")
        await expect(listed.locator("#main")).to_contain_text("Open and direct lines")
        await shown(listed, "rehearsal-list")
        await north.ask("Wanda", "call.end")
        await expect(wen.locator("#media-state")).to_contain_text("The call is ended")


@pytest.mark.story
async def test_a_rehearsal_by_text_is_said_on_every_page_and_kept_from_the_principal(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    await stations.agree_on_a_call("text", 600)
    await person(north, "Chief", "principal")
    page = await enter(room, north, "Wanda")
    await page.get_by_role("button", name="Rehearse it with the other side").click()
    await page.get_by_role("button", name="Join the rehearsal by text").click()
    await expect(page.locator("#people")).to_contain_text("in the rehearsal")
    await finds(page, "text", "Good")
    await expect(page.locator("#verdict")).to_contain_text("NOT ALL TRIED")

    async def opened() -> bool:
        return bool((await view(south, "Wen"))["call"])

    await stations.until(opened, MEDIA_MS / 1000)
    await south.ask("Wen", "call.join", rehearsal=True)
    await south.ask("Wen", "call.check", item="text", result="good")
    await expect(page.locator("#verdict")).to_contain_text("All good at both sides")
    chief = await room.sit(north, "Chief", "/call")
    await expect(chief.locator("#rehearsal")).to_contain_text("This is not the call.")
    await expect(chief.get_by_text("Only duty officers and interpreters")).to_be_visible()
    await expect(chief.get_by_role("button", name="Join")).to_have_count(0)
    await chief.close()
    listed = await room.sit(north, "Wanda", "/calls")
    await expect(listed.locator("[data-rehearsed=good]")).to_contain_text("all good")
    await expect(listed.locator("#call-due")).to_contain_text("all good")
    colours = await listed.locator("#call-due .seen.heard").evaluate(COLOURS)
    assert colours[0] == colours[1]  # of the dark bar, which takes no green
    await shown(listed, "rehearsal-calls")


@pytest.mark.story
async def test_the_picture_stays_on_the_first_screen_in_a_rehearsal_and_after_one_that_failed(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    await stations.agree_on_a_call()
    await north.ask("Wanda", "call.rehearse")
    page = await enter(room, north, "Wanda")
    await page.set_viewport_size({"width": 1280, "height": 720})

    async def lowest() -> float:
        await page.evaluate('document.getElementById("digits").hidden = false')
        return float(await page.evaluate(LOWEST, 1))

    async def opened() -> bool:
        return bool((await view(south, "Wen"))["call"])

    await stations.until(opened, MEDIA_MS / 1000)
    for post, name in ((north, "Wanda"), (south, "Wen")):
        await post.ask(name, "call.join", rehearsal=True)
        for item in ("channel", *ITEMS):
            await post.ask(name, "call.check", item=item, result="failed", words="It howls here.")
    await expect(page.locator("#verdict")).to_contain_text("NOT ALL GOOD")
    await expect(page.locator("#checklist q")).to_have_count(10)
    assert await lowest() < 720 - 28  # the edge of an exercise

    await north.ask("Wanda", "call.end")
    faults = page.locator("#rehearsed li")
    await expect(faults.first).to_be_visible()
    await north.ask("Wanda", "call.begin")
    await expect(page.locator("#facts")).to_have_attribute("data-state", "open")
    await north.ask("Wanda", "call.join")
    await expect(page.locator("#people")).to_contain_text("in the call")
    await expect(page.locator("#rehearsed summary")).to_contain_text("NOT ALL GOOD")
    await expect(faults).to_have_count(10)
    assert await lowest() < 720 - 28
    await page.locator("#rehearsed summary").click()
    await expect(faults.first).to_be_visible()
    await north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_P9_a_call_at_once_ends_a_rehearsal_on_both_screens(
    stations: World, with_camera: Browser
) -> None:
    north, south = stations.north, stations.south
    await stations.agree_on_a_call()
    async with duty_room(with_camera) as northern, duty_room(with_camera) as southern:
        wanda = await enter(northern, north, "Wanda")
        wen = await enter(southern, south, "Wen")
        await wanda.get_by_role("button", name="Rehearse it with the other side").click()
        for page in (wanda, wen):
            await page.get_by_role("button", name="Join the rehearsal with camera").click()
        first = await digits(wanda)
        await expect(wen.locator("#others canvas")).to_have_count(1)
        await wen.get_by_role("button", name="Open a call at once").click()
        for page in (wanda, wen):
            await expect(page.locator("h1")).to_contain_text("Call with")
            await expect(page.locator("#rehearsal-over")).to_contain_text("REHEARSAL OVER")
            await expect(page.locator("#rehearsal-over")).to_contain_text("Wen, Watch desk")
            await expect(page.locator("#rehearsal")).to_be_hidden()
            await expect(page.locator("#call-rings")).to_contain_text("The rehearsal is over.")
            # P8: nothing of the page goes on in the call before its person joins that.
            await expect(page.locator("#media-state")).to_contain_text("You are not in it")
            await expect(page.locator("#others canvas")).to_have_count(0)
        assert (await view(north, "Wanda"))["call"]["attendees"] == []
        await shown(wanda, "rehearsal-over-at-once")
        for page in (wanda, wen):
            await page.get_by_role("button", name="Join with camera and microphone").click()

        async def other_keys() -> bool:
            now = (await view(north, "Wanda"))["call"]["digits"]
            return now is not None and now != first

        await stations.until(other_keys, MEDIA_MS / 1000)
        await north.ask("Wanda", "call.end")
        for page in (wanda, wen):
            await expect(page.locator("#media-state")).to_contain_text("The call is ended")
            await expect(page.locator("#rehearsal-over")).to_be_hidden()


@pytest.mark.story
async def test_P9_who_rehearses_by_text_reads_that_it_is_over(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    await stations.agree_on_a_call("text")
    page = await enter(room, north, "Wanda")
    await page.get_by_role("button", name="Rehearse it with the other side").click()
    await page.get_by_role("button", name="Join the rehearsal by text").click()
    await expect(page.locator("#people")).to_contain_text("in the rehearsal")

    async def opened() -> bool:
        return bool((await view(south, "Wen"))["call"])

    await stations.until(opened, MEDIA_MS / 1000)
    await south.ask("Wen", "call.begin", at_once=True)
    await expect(page.locator("#rehearsal-over")).to_contain_text("Wen, Watch desk")
    await expect(page.locator("#people")).to_contain_text("Nobody yet.")
    await expect(page.locator("#call-rings")).to_contain_text("The rehearsal is over.")
    await expect(page.get_by_role("button", name="Join by text")).to_be_visible()
    # The call agreed for later was not taken for this one.
    await south.ask("Wen", "call.end")
    await expect(page.get_by_role("button", name="Rehearse it with the other side")).to_be_visible()
