"""A message crosses the line through the pages: written, released, rung, read, understood."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TEXT = "Dear Mr. President,\nWe hope that you will act in the same manner.\nRespectfully,"


async def reads(page: Page, text: str) -> None:
    """The page shows these words with their line ends, once it has the style that keeps them."""
    exactly = re.compile(f"^{re.escape(text)}$")  # a string would be compared without line ends
    await expect(page.locator(".text")).to_have_text(exactly, use_inner_text=True)


async def make_tab_hear(page: Page) -> None:
    """Play the test tone and count as many as were played."""
    await page.evaluate("Math.random = () => 0")  # two tones, always
    await page.get_by_role("button", name="Play the test tone").click()
    await page.locator("button[data-heard='2']").click()
    await expect(page.locator("html")).to_have_attribute("data-hearing", "hears")


@pytest.mark.story
async def test_the_whole_way(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    wen = await room.press(south, "Wen")
    await make_tab_hear(wen)
    await wen.evaluate("window.sameDocument = true")

    # Dana writes. What the browser sends with CR LF is shown with line feeds only.
    dana = await room.sit(north, "Dana", "/compose")
    await dana.get_by_role("radio", name="FLASH").check()
    await dana.get_by_label("Text, in your own language").fill(TEXT)
    await dana.get_by_role("button", name="Keep as draft").click()
    await dana.wait_for_url("**/drafts/1?done=drafted")
    await reads(dana, TEXT)
    assert await dana.get_by_role("button", name=re.compile("^Release")).count() == 0

    # Rene reads the exact bytes and releases them.
    rene = await room.sit(north, "Rene", "/drafts/1")
    draft = await north.ask("Rene", "draft.show", draft=1)
    shown = await rene.locator(".hash").first.inner_text()
    assert shown.replace(" ", "") == draft["sha256"]
    await rene.get_by_role("checkbox").check()
    await rene.get_by_role("button", name="Release to South as FLASH, EXERCISE").click()
    await rene.wait_for_url(re.compile(r"/messages/\w+/ours/\d+\?done=released"))
    n = int(re.findall(r"/ours/(\d+)", rene.url)[0])

    # The other side rings, in the page that was open all the while.
    await expect(wen.locator("#alarm")).to_be_visible()
    await expect(wen.locator("#alarm")).to_contain_text(f"North {n}")
    await expect(wen.locator("html")).to_have_attribute("data-ringing", "yes")
    assert await wen.evaluate("window.sameDocument") is True
    await wen.get_by_role("link", name="Read it").click()
    await reads(wen, TEXT)
    await wen.get_by_role("button", name="Open: I have read it").click()
    await expect(wen.locator(".notice.done")).to_contain_text("Opened")
    await expect(wen.locator("#alarm")).to_be_hidden()
    await expect(wen.locator("html")).to_have_attribute("data-ringing", "no")

    # Pass it on, and read it back on a page that does not show the group.
    await wen.get_by_label("To which office").fill("Chief of staff")
    await wen.get_by_role("button", name="Record that it was passed").click()
    await expect(wen.locator(".notice.done")).to_contain_text("Passed on")
    group = await rene.locator("#act .group6").inner_text()
    # Not even the message's own page shows it here: who copies it proves nothing.
    assert group not in await wen.locator("body").inner_text()
    await wen.get_by_role("link", name="Read back").click()
    body = await wen.locator("body").inner_text()
    assert group not in body
    assert group.replace(" ", "") not in await wen.content()
    assert "same manner" not in body
    await wen.get_by_label("Check group").fill(group)
    await wen.get_by_role("button", name="Send the read-back").click()
    await expect(wen.locator(".notice.done")).to_contain_text("Read back")
    await expect(wen.locator("#facts")).to_contain_text(group)
    await expect(wen.locator("#act .button.main")).to_have_count(0)  # it is their turn now

    # The sender confirms, on a page that renewed itself.
    await rene.get_by_role("button", name="Confirm the read-back").click()
    await expect(rene.locator(".notice.done")).to_contain_text("Confirmed")
    await expect(rene.locator("#act")).to_contain_text("understood")
    await expect(wen.locator("#done")).to_contain_text("both sides have understood the same")
    stages = await rene.locator("#stages tr td:first-child").all_inner_texts()
    assert stages == [
        "Drafted",
        "Released",
        "Numbered",
        "Received",
        "Displayed",
        "Opened",
        "Passed",
        "Read back",
        "Confirmed",
    ]
    await expect(wen.locator("#stages")).to_contain_text("Confirmed")
    await expect(wen.locator("#act details[open]")).to_have_count(0)  # no step is left

    # They answer.
    dmitri = await room.sit(south, "Dmitri", "/inbox")
    await dmitri.locator("a.msg").first.click()
    await dmitri.locator("a.main[data-key=a]").click()
    await expect(dmitri.locator("main")).to_contain_text(f"This answers North {n}")
    await dmitri.get_by_text("Its words").click()
    await expect(dmitri.locator("details .text")).to_have_text(TEXT)
    await expect(dmitri.get_by_role("radio", name="FLASH")).to_be_checked()
    await dmitri.get_by_label("Text, in your own language").fill("We have received your message.")
    await dmitri.get_by_role("button", name="Keep as draft").click()
    rosa = await room.sit(south, "Rosa", "/drafts")
    await rosa.locator("a.msg").click()
    await rosa.get_by_role("checkbox").check()
    await rosa.get_by_role("button", name=re.compile("^Release")).click()
    await expect(rosa.locator(".notice.done")).to_contain_text("Released")
    await expect(rene.locator("#stages")).to_contain_text("Answered")

    await stations.until(lambda: same_record(stations))
    assert await references(room, north, "Rene") == await references(room, south, "Rosa")


async def same_record(stations: World) -> bool:
    """Both hold the same entries in the same order."""
    north = (await stations.north.ask("Aline", "record"))["entries"]
    south = (await stations.south.ask("Amir", "record"))["entries"]
    return len(north) > 8 and [e["leaf"] for e in north] == [e["leaf"] for e in south]


async def references(room: Room, post: Any, name: str) -> list[str]:
    """The record as its page lists it."""
    page = await room.tab()
    await page.goto(f"{post.seat(name)}/record")
    rows = await page.locator("#record tr td:first-child").all_inner_texts()
    await page.close()
    return [row.replace("⤫ crossed", "").strip() for row in rows]


async def test_a_refused_text_comes_back_whole_with_its_place(stations: World, room: Room) -> None:
    dana = await room.sit(stations.north, "Dana", "/compose")
    typed = "One line.\nA tab\there, and 🙂 before it."
    await dana.get_by_role("radio", name="IMMEDIATE").check()
    await dana.locator("#text").fill(typed)
    await dana.get_by_label("Subject").fill("Tabs")
    await dana.get_by_role("button", name="Keep as draft").click()
    await expect(dana.locator("#refused")).to_contain_text("Line 2, character 6: a tab")
    await expect(dana.locator("#refused mark")).to_have_text("U+0009")
    await expect(dana.locator("#text-fault")).to_contain_text("Line 2, character 6: a tab")
    assert await dana.locator("#text").input_value() == typed
    assert await dana.get_by_label("Subject").input_value() == "Tabs"
    assert await dana.get_by_role("radio", name="IMMEDIATE").is_checked()
    where = await dana.evaluate("[document.activeElement.id, text.selectionStart]")
    assert where == ["text", typed.index("\t")]
    # Mended and sent: nothing else was lost.
    await dana.locator("#text").fill(typed.replace("\t", " "))
    await dana.get_by_role("button", name="Keep as draft").click()
    await dana.wait_for_url("**/drafts/1?done=drafted")


async def test_a_release_shows_what_arrived_and_asks_again_when_more_does(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    await north.ask("Dana", "draft.new", text="We will hold our fire.")
    rene = await room.sit(north, "Rene", "/drafts/1")
    await expect(rene.locator("#arrived .count")).to_have_text("0")
    await rene.get_by_role("checkbox").check()
    await stations.say(south, "The incident is closed.", "IMMEDIATE")
    await expect(rene.locator("#arrived")).to_contain_text("The incident is closed.")
    # The tick vouched for another page; it is asked for anew.
    await expect(rene.get_by_role("checkbox")).not_to_be_checked()
    await rene.get_by_role("checkbox").check()
    await rene.get_by_role("button", name=re.compile("^Release")).click()
    await expect(rene.locator(".notice.done")).to_have_text("Released.")


async def test_a_refused_release_still_shows_what_arrives(stations: World, room: Room) -> None:
    await stations.north.ask("Dana", "draft.new", text="We will hold our fire.")
    rene = await room.sit(stations.north, "Rene", "/drafts/1")
    # At the moment of sending: a page that renews itself puts the right hash back.
    await rene.evaluate(
        """() => document.addEventListener("submit", (event) => {
          event.target.elements.sha256.value = "00".repeat(32);
        })"""
    )
    await rene.get_by_role("checkbox").check()
    await rene.get_by_role("button", name=re.compile("^Release")).click()
    await expect(rene.locator("#refused")).to_contain_text("is not what you have read")
    assert rene.url.endswith("/drafts/1/release")
    await stations.say(stations.south, "The incident is closed.")
    await expect(rene.locator("#arrived")).to_contain_text("The incident is closed.")


@pytest.mark.story
async def test_three_wrong_groups_are_told_and_corrected(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    said = await stations.say(north, "Meet at 34°12′N.", "PRIORITY")
    line = (await south.ask("Wen", "status"))["lines"][0]["line"][:8]
    wen = await room.sit(south, "Wen", f"/messages/{line}/theirs/{said['n']}/readback")
    right = (await south.ask("Wen", "message", n=said["n"]))["check_group"]
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for left in (2, 1):
        await wen.get_by_label("Check group").fill(wrong)
        await wen.get_by_role("button", name="Send the read-back").click()
        await expect(wen.locator("#refused")).to_contain_text(f"after {left} more wrong")
    await wen.get_by_label("Check group").fill(wrong)
    await wen.get_by_role("button", name="Send the read-back").click()
    await expect(wen.locator(".notice.done")).to_contain_text("wrongly a third time")
    rene = await room.sit(north, "Rene", f"/messages/{line}/ours/{said['n']}")
    await expect(rene.locator("#act")).to_contain_text("not this message's group")
    assert await rene.get_by_role("button", name="Confirm").count() == 0
    await rene.get_by_label("What is wrong").fill("The group is another one: read it again.")
    await rene.get_by_role("button", name="Send the correction").click()
    await expect(wen.locator("#stages")).to_contain_text("read it again")


@pytest.mark.story
async def test_a_human_test_is_called_and_answered(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    wen = await room.sit(stations.south, "Wen", "/inbox")
    await expect(wanda.locator("main")).to_contain_text("no test was answered")
    await wanda.get_by_text("Call a human test").click()
    await wanda.get_by_role("button", name="Call the test").click()
    await expect(wanda.locator(".notice.done")).to_have_text("The test is called.")
    await expect(wen.locator("#inbox")).to_contain_text("human test")
    await wen.locator("a.msg").click()
    await wen.get_by_role("button", name="Good copy").click()
    await expect(wen.locator(".notice.done")).to_have_text("The test is answered.")
    await expect(wanda.locator("main")).to_contain_text("answered by a person there")
