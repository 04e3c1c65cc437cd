"""A role is lent at a page, used at another, shown where it was used, and taken back at once."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_role_is_lent_used_shown_and_taken_back(stations: World, room: Room) -> None:
    north, until = stations.north, time.time() + 7_200
    end = time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(until))
    first = await north.ask("Dana", "draft.new", text="Snow at the pass.", precedence="FLASH")
    second = await north.ask("Dana", "draft.new", text="More snow.", precedence="ROUTINE")
    wanda = await room.sit(north, "Wanda", f"/drafts/{first['draft']}")
    decide = wanda.locator("#decide")
    await expect(decide).to_contain_text("A person with the role of releaser releases it.")

    # What was typed stays when the station refuses it.
    rene = await room.sit(north, "Rene", "/watch")
    await rene.get_by_role("link", name="Roles that are lent").click()
    await rene.locator("select[name=to]").select_option(label="Wanda")
    await rene.get_by_label("Until").fill("tomorrow")
    for name in ("ROUTINE", "PRIORITY"):
        await rene.get_by_label(name).uncheck()
    await rene.get_by_role("button", name="Lend it").click()
    await expect(rene.locator("#refused")).to_contain_text("is no time")
    await expect(rene.get_by_label("ROUTINE")).not_to_be_checked()
    await rene.get_by_label("Until").fill(end)
    await rene.get_by_role("button", name="Lend it").click()
    await expect(rene.locator(".notice.done")).to_contain_text("The role is lent.")
    await expect(rene.locator("#lent li")).to_contain_text("Rene lends Wanda the role: releaser.")
    await expect(rene.locator("#lent li")).to_contain_text("IN FORCE", ignore_case=True)

    # Her page has renewed itself; what is not within the scope is still not hers.
    await expect(decide.locator("#by-delegation")).to_contain_text("You release it for Rene")
    await decide.get_by_label("I have read this text").check()
    await decide.get_by_role("button", name="Release to South").click()
    await expect(wanda.locator(".notice.done")).to_have_text("Released.")
    stages = wanda.locator("#stages")
    await expect(stages).to_contain_text("for Rene by delegation until")
    await wanda.goto(f"{north.seat('Wanda')}/drafts/{first['draft']}")
    await expect(decide).to_contain_text("Released by Wanda for Rene by delegation until")
    await wanda.goto(f"{north.seat('Wanda')}/drafts/{second['draft']}")
    await expect(decide).to_contain_text("A person with the role of releaser releases it.")

    # At 320 px nothing is cut off, and the list is gone through by keyboard.
    await rene.set_viewport_size({"width": 320, "height": 700})
    await rene.wait_for_function("() => document.documentElement.scrollWidth <= 320")
    await rene.get_by_role("button", name="Take it back from Wanda now").focus()
    await rene.keyboard.press("Enter")
    await expect(rene.locator(".notice.done")).to_contain_text("Taken back.")
    await expect(rene.locator("#lent-before li")).to_contain_text("Taken back by Rene at")
