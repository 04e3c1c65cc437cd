"""On paper every sheet says what it is and which of how many; a thread and a timeline on screen."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from parley.console import printed
from tests.console.conftest import Room
from tests.console.paper import sheets
from tests.console.world import World, world
from tests.playbook import Hours, MovedClock, day_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.story,
    pytest.mark.asyncio(loop_scope="session"),
]
LONG = "\n".join(
    f"{at}. The convoy keeps its course and answers on channel 16." for at in range(150)
)


async def paper(page: Page) -> list[str]:
    return sheets(await page.pdf(prefer_css_page_size=True))


def say_what_they_are(found: list[str], marks: list[str]) -> None:
    """Each sheet bears its mark twice, at the top and the bottom, and its number."""
    assert len(found) == len(marks)
    for number, (sheet, mark) in enumerate(zip(found, marks, strict=True), 1):
        assert sheet.replace("\n", "").count(mark) >= 2, sheet
        assert f"{number} / {len(found)}" in sheet.replace("\n", "")


async def test_each_sheet_says_what_it_is(browser: Browser, tmp_path: Path) -> None:
    clock = MovedClock(Hours())
    clock.skip_midnight()
    async with world(tmp_path, also="ACTUAL", clock=clock) as stations:
        north = stations.north
        said = await stations.say(north, LONG, "PRIORITY", line="North – South")
        await stations.say(north, "The talks begin at 0900Z.", line="Leaders")
        log = await north.ask("Aline", "daylog", date=day_of(clock.now().wall))
        line = log["rows"][0]["line"]
        message = await north.ask("Aline", "message", n=said["n"], dir="ours", line=line)
        record = await north.ask("Aline", "record", limit=1, line=line)
    page = await browser.new_page(java_script_enabled=False)
    await page.set_content(printed.rows("daylog", log, "North"))
    found = await paper(page)
    middle = ["EXERCISE EXERCISE EXERCISE"] * (len(found) - 2)
    assert len(middle) >= 3
    say_what_they_are(found, ["ACTUAL", *middle, "HEADS OF THE RECORD"])
    assert "The talks begin" in found[0]
    assert not any("The talks begin" in sheet for sheet in found[1:])
    assert log["heads"][0]["root"][:8] in found[-1]
    assert sha256(LONG.encode()).hexdigest() in "".join(found).replace("\n", "")

    await page.set_content(printed.message(message, record, "North", "South"))
    found = await paper(page)
    assert len(found) >= 3
    say_what_they_are(found, ["EXERCISE EXERCISE EXERCISE"] * len(found))
    shown = "".join(found).replace("\n", "")
    assert "PRIORITY · North" in shown
    digits = sha256(LONG.encode()).hexdigest()
    assert " ".join(digits[at : at + 8] for at in range(0, 64, 8)) in shown
    await page.close()


async def test_a_thread_a_timeline_and_their_paper_at_the_desk(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    asked = await stations.say(south, "Is aircraft 1127 yours?", "IMMEDIATE")

    async def came() -> bool:
        return bool((await north.ask("Wanda", "status"))["lines"][0]["their_size"] > asked["n"])

    await stations.until(came)
    await north.ask("Wanda", "open", n=asked["n"])
    await stations.say(north, "Yes: 1127.", "IMMEDIATE", answers=asked["n"])
    line = (await north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    page = await room.sit(north, "Aline", f"/messages/{line}/theirs/{asked['n']}")
    await page.get_by_role("link", name="Thread").click()
    await expect(page.locator(".thread > li")).to_contain_text(["1127 yours?", "Yes: 1127."])
    await page.goto(f"{north.seat('Aline')}/timeline?words=1127")
    rows = page.locator("main table tr")
    await expect(rows).to_contain_text(["Our clock", "1127 yours?", "opened", "Yes: 1127."])
    await page.get_by_role("link", name="Print").click()
    say_what_they_are(await paper(page), ["EXERCISE EXERCISE EXERCISE"])
    await page.goto(f"{north.seat('Aline')}/messages/{line}/theirs/{asked['n']}/print")
    (sheet,) = await paper(page)
    say_what_they_are([sheet], ["EXERCISE EXERCISE EXERCISE"])
    assert re.search("South [0-9]+", sheet)
