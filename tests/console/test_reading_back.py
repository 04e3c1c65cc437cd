"""A message is read back in its reader's own figures, and its sender sees in what they differ."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.story, pytest.mark.asyncio(loop_scope="session")]

ORDER = "At 0600Z on 7 June aircraft 1127 turns at 21°40′N 118°05′E, 12 NM off the USS Amity."


async def test_what_was_misread_is_seen_before_it_is_confirmed(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    n = (await stations.say(north, ORDER, "PRIORITY"))["n"]
    line = (await south.ask("Wen", "status"))["lines"][0]["line"][:8]
    wen = await room.sit(south, "Wen", f"/messages/{line}/theirs/{n}/readback")
    fields = wen.get_by_role("group", name="Critical elements").get_by_role("textbox")
    await expect(fields).to_have_count(5)
    for word in ("1127", "Amity", "21°", "7 June 2"):  # neither the text nor what was read of it
        assert word not in await wen.locator("main").inner_text()

    await wen.get_by_role("button", name="Send the read-back").click()
    await expect(wen.locator("#fault-group")).to_contain_text("Type the six digits")
    await wen.get_by_label("Time").fill("0600Z")
    await wen.get_by_label("Date").fill("7 June")
    await wen.get_by_label("Position").fill("2140N 11805E")
    await wen.get_by_label("Number").fill("1137; 12 NM")
    await wen.get_by_label("Name").fill("USS Amity")
    await wen.get_by_label("Check group").fill("12")
    await wen.locator("#group").evaluate("each => each.removeAttribute('pattern')")
    await wen.get_by_role("button", name="Send the read-back").click()
    await expect(wen.locator("#fault-group")).to_contain_text("six digits")
    await expect(wen.get_by_label("Number")).to_have_value("1137; 12 NM")
    group = (await north.ask("Rene", "message", n=n, dir="ours"))["check_group"]
    await wen.get_by_label("Check group").fill(group)
    await wen.get_by_role("button", name="Send the read-back").click()
    await expect(wen.locator(".notice.done")).to_contain_text("Read back")
    said = wen.locator("#stages tr", has_text="Read back")
    await expect(said).to_contain_text(f"{group}: right")
    await expect(said).to_contain_text("number: 1137; 12 NM")
    await expect(said).to_contain_text("2 critical elements differ from the original")

    rene = await room.sit(north, "Rene", f"/messages/{line}/ours/{n}")
    act = rene.locator("#act")
    await expect(act.get_by_role("table")).to_contain_text("NOT IN THE ORIGINAL")
    await expect(act.locator("tr", has_text="OMITTED")).to_contain_text("1127")
    confirm = rene.get_by_role("button", name="Confirm the read-back")
    await confirm.click()  # not without the tick
    await expect(rene.locator("#stages")).not_to_contain_text("Confirmed")
    await rene.get_by_label("What is wrong").fill("The aircraft is 1127, not 1137.")
    await rene.get_by_role("button", name="Send the correction").click()

    await expect(wen.locator("#stages")).to_contain_text("The aircraft is 1127, not 1137.")
    await wen.get_by_role("link", name="Read back").click()
    for name, value in (("Time", "0600Z"), ("Date", "7 June"), ("Position", "2140N 11805E")):
        await wen.get_by_label(name).fill(value)
    await wen.get_by_label("Number").fill("1127; 12 NM")
    await wen.get_by_label("Name").fill("Amity")
    await wen.get_by_role("button", name="Send the read-back").click()
    await expect(act).to_contain_text("All critical elements of the original stand in it")
    await confirm.click()
    await expect(rene.locator(".notice.done")).to_contain_text("Confirmed")
    await expect(wen.locator("#done")).to_contain_text("both sides have understood the same")


async def test_a_tick_for_these_differences_confirms_it(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    n = (await stations.say(north, ORDER, "PRIORITY"))["n"]
    line = (await south.ask("Wen", "status"))["lines"][0]["line"][:8]
    await south.ask("Wen", "readback", n=n, fields={"time": "0600Z", "ship": "Amity"})
    rene = await room.sit(north, "Rene", f"/messages/{line}/ours/{n}")
    await expect(rene.locator("#act")).to_contain_text("ship: Amity")
    await rene.get_by_label("I have seen the differences").check()
    await rene.get_by_role("button", name="Confirm the read-back").click()
    await expect(rene.locator(".notice.done")).to_contain_text("Confirmed")
