"""The duty roster at the pages: filled by keyboard, read at 320 px, and said where it matters."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
HOUR_S = 3_600


def typed(ahead_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(time.time() + ahead_s))


@pytest.mark.story
async def test_the_roster_is_filled_read_and_said(stations: World, room: Room) -> None:
    north = stations.north
    await north.ask("Wanda", "desk.hold", desk=1)
    wall = await room.sit(north, "Rene", "/wall")
    both = await room.sit(north, "Both", "/watch")
    await both.get_by_role("link", name="Duty roster").click()
    await both.set_viewport_size({"width": 320, "height": 700})
    await expect(both.locator("#to-see-to")).to_be_hidden()  # an empty roster has no gaps to praise

    # By keyboard alone: the fields one after the other, and Enter. What was refused stays typed.
    await both.locator("select[name=person]").select_option(label="Wanda")
    await both.get_by_label("Until").fill("later")
    await both.get_by_label("Until").press("Enter")
    await expect(both.locator("#refused")).to_contain_text("is no time")
    await expect(both.get_by_label("Until")).to_have_value("later")
    await both.get_by_label("Until").fill(typed(2 * HOUR_S))
    await both.get_by_label("Until").press("Enter")
    await expect(both.locator("#due")).to_contain_text("Due: Wanda until")
    await expect(both.locator("#to-see-to")).to_contain_text("Nobody is due at")
    await both.locator("select[name=person]").select_option(label="Both")
    await both.get_by_label("From").fill(typed(HOUR_S))
    await both.get_by_label("Until").fill(typed(30 * HOUR_S))
    await both.get_by_label("Until").press("Enter")
    await expect(both.locator("#to-see-to")).to_contain_text("Wanda and Both are both due at")
    await both.wait_for_function("() => document.documentElement.scrollWidth <= 320")

    # The wall and the page of the desks have renewed themselves, or are asked.
    for place in (wall.locator("#wall-watch"), both.locator("#desks")):
        if place.page is both:
            await both.goto(f"{north.seat('Both')}/watch")
        await expect(place).to_contain_text("Due: Wanda until")
        await expect(place).to_contain_text("then Both from")
    await both.goto(f"{north.seat('Both')}/watch/roster")
    await both.get_by_role("button", name="Strike out Wanda").focus()
    await both.keyboard.press("Enter")
    await expect(both.locator(".notice.done")).to_have_text("Struck out of the roster.")
    await expect(wall.locator("#wall-watch")).to_contain_text("Due: nobody; then Both from")


async def test_who_has_not_come_is_said_on_every_page(stations: World, room: Room) -> None:
    north = stations.north
    assert north.station is not None
    await north.ask("Wanda", "desk.hold", desk=1)
    rene = await room.sit(north, "Rene", "/drafts")
    start = typed(-HOUR_S)
    given = {"desk": 1, "person": north.ids["Both"], "since": start, "for_s": 5 * HOUR_S}
    await north.ask("Wanda", "roster.add", **given)
    said = "Both was due at"
    await expect(rene.locator("#not-come")).to_contain_text(said)
    wanda = await room.sit(north, "Wanda", "/watch/roster")
    await wanda.get_by_role("button", name="I see to it").click()
    await expect(wanda.locator(".notice.done")).to_contain_text("Taken in hand.")
    await expect(rene.locator("#not-come")).to_be_hidden()
