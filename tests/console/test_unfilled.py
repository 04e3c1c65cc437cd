"""What stands of a line on every page, that its desks are not filled; and an order on paper."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import World
from tools.pictures.desk import are_filled

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
CYRILLIC = re.compile("[а-я]{4}")


async def test_every_page_says_until_both_desks_are_filled_that_a_line_is_not_in_service(
    stations: World, room: Room
) -> None:
    north = stations.north
    pages = [await room.sit(north, "Rene", path) for path in ("/inbox", "/drafts", "/you")]
    for page in pages:
        await expect(page.locator("#strip .unfilled")).to_have_text("NOT IN SERVICE")
    # While it rings on a small screen, what rings needs the room.
    wanda = await room.sit(north, "Wanda", "/inbox")
    await stations.say(stations.south, "Now.", "FLASH")
    await expect(wanda.locator("#alarm")).to_be_visible()
    await expect(wanda.locator("#strip .unfilled")).to_be_visible()
    await wanda.set_viewport_size({"width": 1024, "height": 768})
    await expect(wanda.locator("#strip .unfilled")).to_be_hidden()
    await are_filled(stations)
    for page in pages:
        await expect(page.locator("#strip .unfilled")).to_have_count(0)


async def test_an_order_is_printed_in_the_readers_language(stations: World, room: Room) -> None:
    north = stations.north
    order = await north.ask("Dana", "suspend", reason="Maintenance of the cable.")
    n = (await stations.release(north, order))["n"]
    await north.ask("Aline", "person.tongue", person=north.ids["Aline"], tongue="ru")
    line = (await north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    aline = await room.sit(north, "Aline")
    said = {}
    for where in ("", "/print"):
        await aline.goto(f"{north.seat('Aline')}/messages/{line}/ours/{n}{where}")
        bold = aline.locator("p > b")
        said[where] = next(
            words for words in await bold.all_inner_texts() if CYRILLIC.search(words)
        )
    assert said[""] == said["/print"]
