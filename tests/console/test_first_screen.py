"""What is overdue, DEAF and the names of the pages leave room: on the first screen of a telephone
and of a tablet stand the words of the message, or the first thing to do."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.looking import style
from tests.console.test_testing import Hour, hour
from tests.console.world import World
from tests.playbook import HOUR_S

__all__ = ["hour"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
SCREENS = {"telephone": (320, 640), "tablet": (768, 1024), "tablet on its side": (1024, 768)}
# Where the first of these ends, whole lines of it, and where the mark at the bottom begins.
ENDS = """([selector, lines]) => {
  const first = document.querySelector(selector), box = first.getBoundingClientRect();
  const style = getComputedStyle(first);
  const words = parseFloat(style.paddingTop) + lines * parseFloat(style.lineHeight);
  const ends = box.top + (first.matches(".text, textarea") ? words : box.height);
  return [ends, document.querySelector(".mark-bar.bottom").getBoundingClientRect().top];
}"""
HERE_IS_SEEN = """() => {
  const box = document.querySelector(".pages [aria-current]")?.getBoundingClientRect();
  return box && box.left >= 0 && box.right <= innerWidth;
}"""


@pytest.mark.parametrize("tongue", ["en", pytest.param("ru", marks=pytest.mark.story)])
async def test_the_first_screen_shows_what_is_to_be_read_or_done(
    hour: Hour, room: Room, tongue: str
) -> None:
    first, other = hour.first, hour.other
    watch = hour.watch(first)
    await first.ask(watch, "person.tongue", person=first.ids[watch], tongue=tongue)
    said = await hour.world.say(other, "A ship was shelled at 0550Z.\nWe ask for help.", "FLASH")
    draft = "Dana" if first.party == "North" else "Dmitri"
    wrote = await first.ask(draft, "draft.new", text="We come.\nWe come now.", precedence="FLASH")

    async def came() -> bool:
        return bool((await first.ask(watch, "status"))["lines"][0]["their_size"] > said["n"])

    await hour.world.until(came)
    await first.ask(watch, "open", n=said["n"])
    await first.ask(watch, "pass", n=said["n"], office="Chief of staff")
    hour.clock.skip(HOUR_S + 901)  # a test of ours was missed, and an office is silent
    page = await room.sit(first, watch, "/inbox")
    await page.locator("#overdues > li").nth(1).wait_for(state="attached")
    seen = {}
    for path, shown in (
        ("/inbox", "a.msg .what" if tongue == "en" else "#inbox h2"),
        (f"/messages/{await hour.line(first)}/theirs/{said['n']}", "article .text"),
        ("/wall", ".wall .panel"),
        (f"/drafts/{wrote['draft']}", "article .text"),
    ):
        await page.goto(first.seat(watch) + path)
        await page.locator(shown).first.wait_for()
        for name, (width, height) in SCREENS.items():
            await page.set_viewport_size({"width": width, "height": height})
            seen[path, name] = await page.evaluate(ENDS, [shown, 2 if tongue == "en" else 1])
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            # Where the names of the pages are pushed along, the one that is open is in sight.
            await page.wait_for_function(HERE_IS_SEEN)
    assert {at: ends for at, ends in seen.items() if ends[0] > ends[1]} == {}


@pytest.mark.parametrize("tongue", ["en", pytest.param("ru", marks=pytest.mark.story)])
async def test_what_rings_leaves_room_on_a_tablet_and_a_flash_is_as_large_as_ever(
    stations: World, room: Room, tongue: str
) -> None:
    north = stations.north
    await north.ask("Wanda", "person.tongue", person=north.ids["Wanda"], tongue=tongue)
    for text, precedence in (("One.", "IMMEDIATE"), ("Two.", "IMMEDIATE"), ("Now.", "FLASH")):
        await stations.say(stations.south, text, precedence)
    page = await room.sit(north, "Wanda", "/inbox")
    await page.locator("#urgents > li").nth(1).wait_for()
    await page.locator("#alarms > li").wait_for()
    await page.locator("#hearing").wait_for()
    flash = {}
    for width, height, most in ((1024, 768, 0.48), (768, 1024, 0.46), (1280, 800, 0.5)):
        await page.set_viewport_size({"width": width, "height": height})
        # Nothing of it is cut off at the top and at the sides.
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        head = "(([a]) => [a.scrollHeight, a.clientHeight])(document.querySelectorAll('.head'))"
        whole, seen = await page.evaluate(head)
        assert whole <= seen + 1
        top = await page.evaluate("document.querySelector('main').getBoundingClientRect().top")
        assert top <= most * height, (width, top)
        await page.wait_for_function(HERE_IS_SEEN)
        flash[width] = await style(page, "#alarm .word", "fontSize", "fontWeight")
        flash[width] += await style(page, "#alarm", "backgroundColor", "animationName")
    assert flash[1024] == flash[768] == flash[1280]


@pytest.mark.parametrize("tongue", ["en", pytest.param("ru", marks=pytest.mark.story)])
async def test_beside_a_flash_the_next_step_stands_on_the_first_screen(
    stations: World, room: Room, tongue: str
) -> None:
    north = stations.north
    await north.ask("Both", "person.tongue", person=north.ids["Both"], tongue=tongue)
    said = await stations.say(stations.south, "A ship was shelled at 0550Z. We ask.", "FLASH")
    line = (await north.ask("Both", "status"))["lines"][0]["line"][:8]
    draft = (await north.ask("Dana", "draft.new", text="We come.", precedence="FLASH"))["draft"]
    page = await room.sit(north, "Both")
    await page.locator("#alarms > li").wait_for()
    for path, step in (
        (f"/messages/{line}/theirs/{said['n']}", "#act form button.main"),
        (f"/drafts/{draft}", "#decide form button.main"),
    ):
        await page.goto(north.seat("Both") + path)
        for width, height in ((1280, 800), (1024, 768)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.evaluate("scrollTo(0, 0)")
            ends, most = await page.evaluate(ENDS, [step, 0])
            assert ends <= most, (path, width)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_who_writes_sees_to_whom_and_what_is_answered(stations: World, room: Room) -> None:
    north = stations.north
    said = await stations.say(stations.south, "Is this yours?", "IMMEDIATE")
    page = await room.sit(north, "Both")
    await page.set_viewport_size({"width": 1024, "height": 768})
    await page.goto(f"{north.seat('Both')}/compose?answers={said['n']}")
    await page.wait_for_function("document.activeElement.id === 'text'")
    await page.wait_for_selector("html[data-connected=yes]", state="attached")
    assert await page.evaluate("scrollY") == 0
    await expect(page.get_by_text(f"South {said['n']}").first).to_be_in_viewport()


async def test_who_writes_sees_the_whole_of_what_is_written(stations: World, room: Room) -> None:
    page = await room.sit(stations.north, "Dana", "/compose")
    await page.set_viewport_size({"width": 1280, "height": 800})
    text = page.locator("#text")
    await text.fill("\n\n".join(["Our ship asks for help."] * 6))
    assert await text.evaluate("it => it.scrollHeight <= it.clientHeight && it.scrollTop === 0")
    # A long one keeps its frame on the screen.
    await text.fill("Our ship asks for help.\n" * 400)
    assert await text.evaluate("it => it.offsetHeight") <= 0.8 * 800
