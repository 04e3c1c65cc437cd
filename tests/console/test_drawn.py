"""How pages are drawn, as far as a browser measures it: nothing shines through or is cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.console.conftest import Room
from tests.console.looking import style
from tests.console.world import World, world

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
COLOUR = "backgroundColor"
BARS = """[...document.querySelectorAll(".mark-bar")].map(
  (each) => getComputedStyle(each).backgroundColor)"""
CUT = """() => [...document.querySelectorAll('.mark-bar span, .bar span, .panel .big')].filter(
  each => {
    const box = each.getBoundingClientRect();
    return box.left < 0 || box.right > innerWidth;
  }).map(each => each.textContent)"""
# How far the words of a cell are from the edge at which its column begins, and from the other one.
GAPS = """said => {
  const each = [...document.querySelectorAll('td[dir]')].find(it => it.textContent.includes(said));
  const text = document.createRange(), cell = each.getBoundingClientRect();
  text.selectNodeContents(each);
  const [words] = text.getClientRects();
  const gaps = [words.left - cell.left, cell.right - words.right];
  return document.dir === 'ltr' ? gaps : gaps.reverse();
}"""


async def test_a_flash_is_the_loudest_in_the_colours_of_the_system_too(
    stations: World, room: Room
) -> None:
    await stations.say(stations.south, "Now.", "FLASH")
    page = await room.sit(stations.north, "Wanda", "/inbox")
    await page.locator("#alarm").wait_for(state="visible")
    await page.emulate_media(forced_colors="active")
    (alarm,) = await style(page, "#alarm", COLOUR)
    assert await style(page, "#inbox h2 .prec.FLASH", COLOUR) == [alarm]
    # Bars that stay while the page scrolls beneath them have a ground of their own.
    bars = await page.evaluate(BARS)
    assert len(bars) == 2
    assert not [each for each in bars if each == "rgba(0, 0, 0, 0)"]
    assert alarm not in bars


async def test_a_mark_is_whole_on_a_narrow_screen(stations: World, room: Room) -> None:
    page = await room.sit(stations.north, "Wanda", "/wall")
    await page.set_viewport_size({"width": 320, "height": 900})
    for tongue in ("en", "ru"):
        person = stations.north.ids["Wanda"]
        await stations.north.ask("Wanda", "person.tongue", person=person, tongue=tongue)
        await page.reload()
        assert await page.evaluate(CUT) == []


async def test_a_line_that_nobody_compared_is_as_wide_as_a_narrow_screen(
    browser: Browser, tmp_path: Path
) -> None:
    async with world(tmp_path, compared=False) as stations:
        context = await browser.new_context(viewport={"width": 320, "height": 900})
        page = await context.new_page()
        await page.goto(await stations.north.link("Wanda"))
        await page.get_by_role("button", name="Take this seat").click()
        await page.get_by_text("UNVERIFIED: the letter was not compared").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await context.close()


async def test_words_of_the_other_direction_stand_in_their_column(
    stations: World, room: Room
) -> None:
    """At its beginning, with a gap to the next: in a page of either direction."""
    n = (await stations.say(stations.south, "الآن 1127."))["n"]
    await stations.say(stations.south, "Soon.")

    async def come() -> bool:
        return bool((await stations.north.ask("Wanda", "status"))["lines"][0]["their_size"] > n + 1)

    await stations.until(come)
    page = await room.sit(stations.north, "Wanda", "/record")
    for tongue, words in (("en", "1127"), ("ar", "Soon.")):
        person = stations.north.ids["Wanda"]
        await stations.north.ask("Wanda", "person.tongue", person=person, tongue=tongue)
        await page.reload()
        start, end = await page.evaluate(GAPS, words)  # at once: the page renews its rows
        assert start < 2, tongue
        assert end > 8, tongue
    # Joined letters need a face that joins them: Arabic among figures is drawn as words are.
    assert await page.evaluate(
        "() => { const at = document.body.appendChild(document.createElement('span'));"
        " at.className = 'figures';"
        " return getComputedStyle(at).fontFamily === getComputedStyle(document.body).fontFamily }"
    )


async def test_a_page_that_lost_its_station_shows_no_line_as_heard(
    stations: World, room: Room
) -> None:
    """Until it is back, in the same page: nobody has to load it again."""
    north = stations.north
    page = await room.sit(north, "Wanda", "/inbox")
    drawn = ("#strip .seen.heard", "textDecorationLine", "color")
    before = await style(page, *drawn)
    assert before[0] == "none"
    await page.evaluate("window.kept = true")
    port = int(north.console.rpartition(":")[2])
    await north.hide_pages()
    await page.wait_for_selector("#lost:not([hidden])")
    line, colour = await style(page, *drawn)
    assert line == "line-through"
    assert colour != before[1]
    await north.show_pages(port)
    await page.locator("#lost").wait_for(state="hidden")
    assert await style(page, *drawn) == before
    assert await page.evaluate("window.kept") is True
