"""The wall: what it draws, and that it is right with nobody touching it."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from parley.console.pages.wall import HIGH, WIDE, bars, dots, height_of, in_words, strip
from tests.console.conftest import Room
from tests.console.looking import style
from tests.console.world import LINES, World, world
from tests.places import few
from tests.playbook import Hours, MovedClock

SCREENS = ((3840, 2160), (1920, 1080))
# What is not whole: what lies below or beside the screen, and words that stick out of their place.
OUT = """() => {
  const over = (each) => each.scrollWidth > each.clientWidth + 1;
  const out = (box) => box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || box.left < -1;
  const all = document.querySelectorAll('.panel, figure, article header, #wall-bearers, .foot');
  return [...all].filter((each) => over(each) || out(each.getBoundingClientRect()))
    .map((each) => each.outerHTML);
}"""
LOUD = re.compile(r"\bloud\b")
LETTERS = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
FITS = "() => document.documentElement.scrollHeight <= innerHeight"
SMALLEST = 0.5  # the letters of the fullest wall, in parts of those of a quiet one with one line
DAY_S = 86_400.0
NOW = 100 * DAY_S


def test_a_day_is_drawn_as_bands_that_need_no_colour() -> None:
    observed = {
        "stretches": [
            {"from": NOW - DAY_S, "to": NOW - DAY_S / 2, "state": "heard"},
            {"from": NOW - DAY_S / 2, "to": NOW - DAY_S / 4, "state": "silent"},
            {"from": NOW - DAY_S / 4, "to": NOW, "state": "not running"},
        ]
    }
    heard, silent, gone = strip(observed, NOW)
    assert (heard["x"], heard["w"], heard["h"]) == (0, WIDE / 2, HIGH / 2)
    assert (silent["x"], silent["w"], silent["h"], silent["is"]) == (360, 180, HIGH, "silent")
    assert (gone["w"], gone["h"], gone["is"]) == (180, 3, "not-running")


def test_a_month_is_drawn_as_a_bar_for_each_day() -> None:
    days = [{"day": NOW - DAY_S, "availability": 1.0}, {"day": NOW, "availability": 0.25}]
    whole, quarter, missing = bars({"days": days}, NOW)
    assert whole["h"] == HIGH
    assert (quarter["h"], missing["h"]) == (HIGH / 4, HIGH * 3 / 4)
    assert quarter["y"] == missing["h"]


def test_slower_answers_stand_above_and_all_stay_on_the_plot() -> None:
    heights = [height_of(took) for took in (0, 1, 60, 600, 86_400, 1e9)]
    assert heights == sorted(heights, reverse=True)
    assert (heights[0], heights[-1]) == (HIGH, 0)
    (dot,) = dots([{"at": NOW - DAY_S / 2, "took_s": 5, "late": False}], NOW, DAY_S)
    assert dot["x"] == WIDE / 2
    (dot,) = dots([{"at": NOW - 90 * DAY_S, "took_s": 5, "late": False}], NOW)
    assert dot["x"] == 0


def test_the_alternative_says_what_the_plot_shows() -> None:
    told = {"availability": 0.5, "heard_s": 60, "silent_s": 0, "not_running_s": 60}
    said = in_words({**told, "from": 0, "to": 120})
    assert said == "Heard 1:00, silent 0:00, over the last 2:00. This station did not run for 1:00."
    assert in_words({**told, "availability": None}) == "Not observed yet."


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.browser
@pytest.mark.story
async def test_a_wall_left_alone_shows_what_comes(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    wall = await room.sit(north, "Wanda", "/wall")
    await expect(wall.locator("article .name")).to_have_text("South")
    await expect(wall.locator("article")).to_contain_text("HEARD")
    await expect(wall.locator("svg.plot[aria-label]")).to_have_count(6)
    said = await stations.say(south, "Soon.", "PRIORITY")
    oldest = wall.locator(".panel", has_text="Oldest unacknowledged here")
    await expect(oldest).to_contain_text(f"South {said['n']}")
    await expect(oldest.locator(".clock")).to_contain_text("2:59:")
    await north.ask("Wanda", "open", n=said["n"])
    await expect(oldest).to_contain_text("None")
    owed = wall.locator(".panel", has_text="Reply owed here")
    await expect(owed).to_have_count(0)
    asked = await stations.say(south, "May she enter?", "PRIORITY", reply_by="90")
    await expect(owed).to_contain_text(f"South {asked['n']}")
    await north.ask("Wanda", "open", n=asked["n"])
    await expect(oldest).to_contain_text("None")
    await expect(owed.locator(".clock")).to_contain_text("1:29:")
    await stations.say(north, "She may.", "PRIORITY", answers=asked["n"])
    await expect(owed).to_have_count(0)
    await expect(wall.locator("svg.plot .dot")).to_have_count(4)  # over a day, and over a month
    assert await style(wall, "html", "fontSize") == ["16px"]
    await wall.set_viewport_size({"width": 3840, "height": 2160})
    (large,) = await style(wall, "html", "fontSize")
    assert round(float(large.removesuffix("px"))) == 44
    await wall.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")


async def _of(stations: World, post: str, line: str) -> dict[str, Any]:
    """A line as one of the watch officers sees it."""
    north = post == "north"
    asked = stations.north if north else stations.south
    lines = (await asked.ask("Wanda" if north else "Wen", "status"))["lines"]
    return next(each for each in lines if each["name"] == line)


async def _is_full(stations: World, line: str) -> None:
    """A reply is owed on either side, and something waits to be opened there."""
    north, south = stations.north, stations.south
    asked = await stations.say(south, "May she enter?", "PRIORITY", reply_by="90", line=line)

    async def came() -> bool:
        return bool((await _of(stations, "north", line))["their_size"] > asked["n"])

    await stations.until(came)
    here = (await _of(stations, "north", line))["line"]
    await north.ask("Wanda", "open", n=asked["n"], line=here)
    ours = await stations.say(north, "Do you see her?", "IMMEDIATE", reply_by="60", line=line)
    await stations.say(north, "She is white.", "ROUTINE", line=line)

    async def went() -> bool:
        return bool((await _of(stations, "south", line))["their_size"] > ours["n"])

    await stations.until(went)
    await south.ask("Wen", "open", n=ours["n"], line=here)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.browser
@pytest.mark.parametrize(
    ("count", "tongue"),
    few(((4, "en"), (1, "en"), (2, "en"), (3, "fr"), (6, "en"), (6, "ru"), (6, "ar")), 1),
)
@pytest.mark.story
async def test_every_line_is_whole_on_the_screen_of_a_wall(
    tmp_path: Path, room: Room, count: int, tongue: str
) -> None:
    """With a desk that nobody holds, no sound, replies owed both ways and a FLASH."""
    also = "EXERCISE" if count > 1 else None
    async with world(tmp_path, mark="ACTUAL", also=also, lines=count) as stations:
        north, (first, *_) = stations.north, LINES
        assert north.station is not None
        operator = north.station.people.must_be_here(1)
        await north.station.call("place.set", operator, {"zone": "Europe/Oslo"})
        for line in LINES[:count]:
            place = {"zone": "Asia/Shanghai", "line": line}
            await north.station.call("place.set", operator, place)
            await _is_full(stations, line)
        await north.ask("Wanda", "person.tongue", person=north.ids["Wanda"], tongue=tongue)
        wall = await room.sit(north, "Wanda", "/wall")
        await expect(wall.locator("article")).to_have_count(count)
        await expect(wall.locator("svg.plot")).to_have_count(6 * count)
        await wall.set_viewport_size({"width": 3840, "height": 2160})
        await wall.wait_for_function(FITS)
        quiet = await _letters(wall)
        for line in LINES[:count]:
            await stations.say(stations.south, "Soon.", "PRIORITY", line=line)
        await stations.say(stations.south, "Fire on board.", "FLASH", line=first)
        await expect(wall.locator("#alarm .word")).to_be_visible()
        await expect(wall.locator(".panel.told")).to_have_count(count)
        await expect(wall.locator(".panel.asks .clock")).to_have_count(4 * count)
        for width, height in SCREENS:
            await wall.set_viewport_size({"width": width, "height": height})
            await wall.wait_for_function(FITS)
            assert await wall.evaluate(OUT) == []
            assert await _letters(wall) * 3840 / width > 44 * SMALLEST
        # What has gone makes room again.
        here = (await _of(stations, "north", first))["line"]
        flash = (await _of(stations, "north", first))["their_size"] - 1
        await north.ask("Wanda", "open", n=flash, line=here)
        await wall.set_viewport_size({"width": 3840, "height": 2160})
        await expect(wall.locator("#alarm")).to_be_hidden()
        await wall.wait_for_function(f"{LETTERS} > {quiet} * 0.9")
        await wall.set_viewport_size({"width": 1280, "height": 800})
        assert await _letters(wall) == 16  # on a desk it scrolls
        assert await wall.evaluate("document.documentElement.scrollWidth") <= 1280


async def _letters(wall: Page) -> float:
    return float(await wall.evaluate(LETTERS))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.browser
async def test_what_still_has_its_time_is_not_told_as_unanswered(
    tmp_path: Path, room: Room
) -> None:
    clock = MovedClock(Hours())
    async with world(tmp_path, clock=clock) as stations:
        wall = await room.sit(stations.north, "Wanda", "/wall")
        theirs = wall.locator("figure", has_text="They answer")
        await expect(theirs.first).to_contain_text("no message")
        await stations.say(stations.north, "Where are you?", "FLASH")
        await expect(theirs.first).to_contain_text("1 still waiting")
        await expect(theirs.first).not_to_contain_text("0 of 1")
        clock.skip(601)
        for figure in (theirs.first, theirs.last):
            await expect(figure).to_contain_text("0 of 1")
            await expect(figure).not_to_contain_text("waiting")


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.browser
async def test_what_waits_is_loud_once_its_time_has_run_out_and_not_before(
    tmp_path: Path, room: Room
) -> None:
    clock = MovedClock(Hours())
    async with world(tmp_path, clock=clock) as stations:
        pages = [await room.sit(stations.north, "Wanda", path) for path in ("/", "/wall")]
        said = await stations.say(stations.south, "Fire on board.", "FLASH")
        for page in pages:
            oldest = page.locator(".panel", has_text="Oldest unacknowledged here")
            await expect(oldest).to_contain_text(f"South {said['n']}")
            await expect(oldest.locator(".clock")).to_contain_text("9:5")
            await expect(oldest).not_to_have_class(LOUD)
        clock.skip(601)
        for page in pages:
            oldest = page.locator(".panel", has_text="Oldest unacknowledged here")
            await expect(oldest).to_have_class(LOUD)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.browser
async def test_a_wall_on_which_nothing_happens_looks_again_by_itself(
    stations: World, room: Room
) -> None:
    wall = await room.tab()
    await wall.clock.install()
    await room.context.request.post(await stations.north.link("Wanda"), max_redirects=0)
    await wall.goto(f"{stations.north.seat('Wanda')}/wall")
    await wall.wait_for_selector("html[data-connected=yes]", state="attached")
    async with wall.expect_request("**/wall"):
        await wall.clock.fast_forward(600_000)
