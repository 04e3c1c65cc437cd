"""A morning at two watch desks: a ship is lost, a FLASH comes, and the watch changes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from tests.console.test_journey import make_tab_hear
from tests.console.test_misread import interpreter
from tests.console.world import Post, World, world
from tools.pictures import SIZE
from tools.pictures.camera import shoot

FLASH = (
    "Our aircraft 1127 has lost its steering at 0352Z near 21°40′N 118°05′E and drifts towards"
    " your coast.\n\nIt is unarmed and has two crew. We ask you not to fire. Our rescue ship Amity"
    " leaves port at 0410Z."
)
LOST = "Пропал наш корабль «Amity», связи нет с 0410Z. Последнее место 21°40′N 118°05′E."
AS_NAME = "Our ship “Amity” is lost, nothing heard since 0410Z. Last position 21°40′N 118°05′E."
AS_CLASS = (
    "One of our ships of the “Amity” class is lost, nothing heard since 0510Z."
    " Last position 21°40′N 118°05′E."
)
QUIET = (
    ("ROUTINE", "Snow at the pass. The road is closed."),
    ("PRIORITY", "Convoy 7 passes point Delta."),
)
NOTE = "South looks for the Amity; the ferry reports late."


async def take_desk(browser: Browser, folder: Path, out: Path) -> None:
    """All of the desk, by name: pictures of a page each, from the page *Lines* to the wall."""
    context = await browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    async with world(folder) as stations:
        north, south = stations.north, stations.south
        await are_filled(stations)
        await interpreter(north)
        watch = await sit(context, south, "Wen", "/inbox")
        await make_tab_hear(watch)
        here = await sit(context, north, "Wanda", "/")
        await make_tab_hear(here)
        await _is_read(context, stations, here, out)
        await _is_written(context, stations, watch, out)
        await _is_handed_over(context, stations, here, out)
    await context.close()


async def sit(context: BrowserContext, post: Post, name: str, path: str) -> Page:
    """Take a seat as people do, and go to a page of it."""
    page = await context.new_page()
    await page.goto(await post.link(name))
    await page.get_by_role("button", name="Take this seat").click()
    await page.wait_for_url(f"{post.seat(name)}/")
    await go(page, post.seat(name) + path)
    return page


async def go(page: Page, address: str) -> None:
    """To another page of that seat, alive; a tab that rang rings there too."""
    rings = await page.get_attribute("html", "data-hearing") == "hears"
    await page.goto(address)
    await page.wait_for_selector("html[data-connected=yes]", state="attached")
    if rings:
        await page.wait_for_selector("html[data-hearing]", state="attached")
        await page.keyboard.press("Home")  # a page that nobody has touched gets no sound
        await page.wait_for_selector("html[data-hearing=hears]", state="attached")


async def are_filled(stations: World) -> None:
    """The first desk of each side is held, and has a deputy: the line is in service."""
    for post, name, deputy in ((stations.north, "Wanda", "Both"), (stations.south, "Wen", "Wei")):
        assert post.station is not None
        operator = post.station.people.must_be_here(1)
        if deputy not in post.ids:
            wei = {"name": deputy, "office": "Watch desk", "roles": ["watch"]}
            post.ids[deputy] = (await post.station.call("person.add", operator, wei))["id"]
        deputies = {"desk": 1, "persons": [post.ids[deputy]]}
        await post.station.call("desk.deputies", operator, deputies)
        await post.ask(name, "desk.hold", desk=1)

    async def filled() -> bool:
        asked = [
            await post.ask(name, "status")
            for post, name in ((stations.north, "Wanda"), (stations.south, "Wen"))
        ]
        return all(line["in_service"] for each in asked for line in each["lines"])

    await stations.until(filled)


async def has_come(stations: World, post: Post, n: int) -> None:
    """The other side's entry of that number is here."""
    name = "Wanda" if post is stations.north else "Wen"

    async def come() -> bool:
        return bool((await post.ask(name, "status"))["lines"][0]["their_size"] > n)

    await stations.until(come)


async def _is_read(context: BrowserContext, stations: World, here: Page, out: Path) -> None:
    """What South says, at North: inbox, a message with its translations, the page *Lines*."""
    north, south = stations.north, stations.south
    for precedence, text in QUIET:
        await stations.say(south, text, precedence)
    lost = await stations.say(south, LOST, "IMMEDIATE", language="ru", subject="Amity")
    await has_come(stations, north, lost["n"])
    await go(here, f"{north.seat('Wanda')}/inbox")
    await here.locator("#urgent").wait_for(state="visible")
    await shoot(here, out / "inbox.png")
    await north.ask("Wanda", "open", n=lost["n"])
    about: dict[str, Any] = {"n": lost["n"], "dir": "theirs", "language": "en"}
    await north.ask("Ivo", "translation.add", **about, stage="sight", text=AS_CLASS)
    await north.ask("Ivo", "translation.add", **about, stage="rough", text=AS_NAME)
    line = (await north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    await go(here, f"{north.seat('Wanda')}/messages/{line}/theirs/{lost['n']}")
    await here.locator("#translations .differs").first.wait_for()
    await here.locator("#translations").evaluate("it => it.scrollIntoView()")
    await shoot(here, out / "translation.png")
    await go(here, f"{north.seat('Wanda')}/")
    await here.wait_for_selector("html[data-ringing=no]", state="attached")
    await shoot(here, out / "lines.png")


async def _is_written(context: BrowserContext, stations: World, watch: Page, out: Path) -> None:
    """One FLASH of North: written, released, as it rings at South, and how far it came."""
    north, south = stations.north, stations.south
    drafter = await sit(context, north, "Dana", "/compose")
    await drafter.get_by_role("radio", name="FLASH").check()
    await drafter.get_by_label("Text, in your own language").fill(FLASH)
    await drafter.locator("#found table").wait_for()
    await shoot(drafter, out / "write.png")
    await drafter.get_by_role("button", name="Keep as draft").click()
    await drafter.wait_for_url("**/drafts/*?done=drafted")
    draft = re.findall(r"/drafts/\d+", drafter.url)[0]
    await drafter.close()
    releaser = await sit(context, north, "Rene", draft)
    await releaser.get_by_role("checkbox").check()
    await shoot(releaser, out / "release.png")
    await releaser.get_by_role("button", name=re.compile("^Release")).click()
    await releaser.wait_for_url("**/ours/*?done=released")
    n = int(re.findall(r"/ours/(\d+)", releaser.url)[0])

    await watch.locator("#alarm").wait_for(state="visible")
    await watch.get_by_role("link", name="Read it").click()
    await watch.locator("article .text").wait_for()
    await shoot(watch, out / "flash.png")
    await south.ask("Wen", "open", n=n)
    await south.ask("Wen", "pass", n=n, office="Rescue centre")
    group = (await north.ask("Rene", "message", n=n, dir="ours"))["check_group"]
    await south.ask("Wen", "readback", n=n, group=group)
    await releaser.get_by_text("Read back", exact=True).first.wait_for()
    await shoot(releaser, out / "sent.png")
    await go(releaser, f"{north.seat('Rene')}/find?words=Amity")
    await shoot(releaser, out / "find.png")
    await releaser.close()


async def _is_handed_over(context: BrowserContext, stations: World, here: Page, out: Path) -> None:
    """Wanda signs what is open, the next officer goes through it; and the wall of that room."""
    north = stations.north
    await go(here, f"{north.seat('Wanda')}/watch/hand-over")
    await here.get_by_label("Your words to who comes on").fill(NOTE)
    await here.get_by_role("button", name="Sign: this is open").click()
    both = await sit(context, north, "Both", "/watch/hand-over")
    await make_tab_hear(both)
    await both.locator("#items input[type=checkbox]").first.check()
    await shoot(both, out / "hand-over.png")
    await go(both, f"{north.seat('Both')}/wall")
    await shoot(both, out / "wall.png")
