"""Takes the pictures of the console that our pages show, of two real stations in a real Chromium.

python -m tools.pictures docs/pictures
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.conftest import CHROMIUM, NO_CHROMIUM
from tests.console.conftest import FLAGS
from tests.console.world import Post, World, world

SIZE = (1280, 800)
NAMES = (
    "release.png",
    "flash.png",
    "green-room.png",
    "minute.png",
    "calls.png",
    "call.png",
    "rehearsal.png",
    "showing.png",
)
WORDS = (
    "Our aircraft 1127 has lost its steering at 0352Z near 21°40′N 118°05′E and drifts towards"
    " your coast.\n\nIt is unarmed and has two crew. We ask you not to fire. Our rescue ship Amity"
    " leaves port at 0410Z."
)

SHOWN = """Rules for meetings at sea, second draft

1. Ships of both sides keep clear of each other by two miles.
2. By night each shows the lights of the rules of 1972, and no others.
3. Who cannot keep clear says so on channel 16, in plain English, and repeats it every minute.
4. Search and rescue goes before all of this.
"""

CALL = {
    "began": "2026-12-03 08:02Z",
    "ended": "2026-12-03 08:41Z",
    "present": ["North; Chairman; General North", "South; Chairman; General Yug"],
    "touched": ["Meetings at sea"],
}
OURS = {
    "with_whom": "General Yug",
    "topics": ["1", "Open and direct lines"],
    "text": "The Chairman spoke with General Yug on 3 December about meetings at sea.",
}
THEIRS = {
    "with_whom": "General North",
    "date": "2026-12-04",
    "topics": ["1", "Пролив"],
    "text": "4 декабря по приглашению северной стороны обсуждались встречи на море.",
}


async def take(browser: Browser, folder: Path, out: Path) -> None:
    """One FLASH: before it is released there, and as it rings here."""
    width, height = SIZE
    context = await browser.new_context(viewport={"width": width, "height": height})
    async with world(folder) as stations:
        north, south = stations.north, stations.south
        for post, name in ((north, "Wanda"), (south, "Wen")):
            desk = (await post.ask(name, "desk.list"))["desks"][0]
            await post.ask(name, "desk.hold", desk=desk["desk"])
        watch = await _sit(await context.new_page(), south, "Wen", "/inbox")
        await _hear(watch)
        await _hear(await _sit(await context.new_page(), north, "Wanda", "/"))

        await context.grant_permissions(["camera", "microphone"])
        room = await _sit(await context.new_page(), south, "Dmitri", "/green-room")
        await _rehearse(room)
        await room.evaluate("scrollTo(0, 0)")
        await room.screenshot(path=out / NAMES[2])
        await room.close()
        await _call(context, north, south, out / NAMES[5])

        asked = await north.ask(
            "Dana",
            "call.ask",
            **{"purpose": "Open and direct lines", "asked_by": "General North"},
            **{"earliest": "2099-12-03 08:00Z", "latest": "2099-12-04 18:00Z"},
            text="Our tanker Vega drifts without power.",
        )
        await north.ask(
            "Rene",
            "release",
            draft=asked["draft"],
            sha256=asked["sha256"],
            displayed=asked["displayed"],
        )
        calls = await _sit(await context.new_page(), south, "Wen", "/calls")
        await _hear(calls)
        await calls.get_by_text("WAITS FOR US").wait_for()
        await calls.screenshot(path=out / NAMES[4])
        await calls.close()

        await after_a_call(stations)
        minutes = await _sit(await context.new_page(), north, "Dana", "/minutes/call?line=")
        await minutes.locator("#compared").evaluate("it => it.scrollIntoView()")
        await minutes.screenshot(path=out / NAMES[3])
        await minutes.close()
        await _rehearsal(context, stations, out / NAMES[6])

        draft = await north.ask("Dana", "draft.new", text=WORDS, precedence="FLASH")
        releaser = await _sit(await context.new_page(), north, "Rene", f"/drafts/{draft['draft']}")
        await releaser.get_by_role("checkbox").check()
        await releaser.screenshot(path=out / NAMES[0])
        await releaser.get_by_role("button", name=re.compile("^Release")).click()

        await watch.locator("#alarm").wait_for(state="visible")
        await watch.get_by_role("link", name="Read it").click()
        await watch.locator("article .text").wait_for()
        await watch.locator("#alarm").evaluate("alarm => (alarm.style.animation = 'none')")
        await watch.screenshot(path=out / NAMES[1])
    await context.close()


async def _sit(page: Page, post: Post, name: str, path: str) -> Page:
    await page.goto(await post.link(name))
    await page.get_by_role("button", name="Take this seat").click()
    await page.wait_for_url(f"{post.seat(name)}/")
    await page.goto(post.seat(name) + path)
    await page.wait_for_selector("html[data-connected=yes]", state="attached")
    return page


async def after_a_call(stations: World) -> None:
    """Minute agreed; two readouts that disagree on the date."""
    north, south = stations.north, stations.south

    async def say(post: Post, op: str, **given: object) -> None:
        writes, releases = ("Dana", "Rene") if post is north else ("Dmitri", "Rosa")
        draft = await post.ask(writes, op, **given)
        found = await post.ask(releases, "draft.show", draft=draft["draft"])
        shown = {name: found[name] for name in ("draft", "sha256", "displayed")}
        n = (await post.ask(releases, "release", **shown))["n"]
        peer, watch = (south, "Wen") if post is north else (north, "Wanda")

        async def came() -> bool:
            return bool((await peer.ask(watch, "status"))["lines"][0]["their_size"] > n)

        await stations.until(came)

    text = (await north.ask("Dana", "minute.draft", **CALL))["text"]
    await say(north, "minute.propose", text=text)
    await say(south, "minute.propose", text=text)
    await say(north, "readout.write", **OURS)
    await say(south, "readout.write", **THEIRS)


async def _call(context: BrowserContext, north: Post, south: Post, out: Path) -> None:
    """A call of the two duty officers, as North's sees it."""
    await north.ask("Wanda", "call.begin")
    pages = []
    for post, name in ((north, "Wanda"), (south, "Wen")):
        pages.append(await _sit(await context.new_page(), post, name, "/call"))
        await pages[-1].get_by_role("button", name="Join with camera").click()
    here = pages[0]
    await here.locator("#digits:not([data-digits=''])[data-digits]").wait_for()
    await south.ask("Wen", "call.say", text="We hear you. Our ship is on its way.")
    await here.get_by_text("Our ship is on its way").wait_for()
    await here.wait_for_function(
        "() => Object.values(JSON.parse(document.getElementById('call').dataset.figures ?? '{}')"
        ".others ?? {}).some((each) => each.fps > 5)"
    )
    await here.evaluate("scrollTo(0, 0)")
    await here.screenshot(path=out)
    await here.keyboard.press("o")
    await here.locator("#show-text").fill(SHOWN)
    await here.locator("#show-item").fill("Rules for meetings at sea, second draft")
    await here.locator("#show-ask").click()
    there = pages[1]
    await there.get_by_role("button", name="Agree to see it").click()
    await there.locator("#shown:not([hidden])").wait_for()
    await there.evaluate("scrollTo(0, 0)")
    await there.screenshot(path=out.with_name(NAMES[7]))
    await north.ask("Wanda", "call.end")
    for page in pages:
        await page.close()


async def _rehearsal(context: BrowserContext, stations: World, out: Path) -> None:
    """The two duty officers try the call, as North's sees it."""
    north, south = stations.north, stations.south
    await stations.agree_on_a_call()
    await north.ask("Wanda", "call.rehearse")
    pages = []
    for post, name in ((north, "Wanda"), (south, "Wen")):
        pages.append(await _sit(await context.new_page(), post, name, "/call"))
        await pages[-1].get_by_role("button", name="Join the rehearsal with camera").click()
    here = pages[0]
    await _hear(here)
    await here.locator("#digits:not([data-digits=''])[data-digits]").wait_for()
    for post, name in ((north, "Wanda"), (south, "Wen")):
        await post.ask(name, "call.check", item="picture", result="good")
    howls = {"item": "sound", "result": "failed", "words": "It howls at our side."}
    await south.ask("Wen", "call.check", **howls)
    await here.locator("#checklist").get_by_text("It howls at our side.").wait_for()
    await here.wait_for_function(
        "() => Object.values(JSON.parse(document.getElementById('call').dataset.figures ?? '{}')"
        ".others ?? {}).some((each) => each.fps > 5)"
    )
    await here.evaluate("scrollTo(0, 0)")
    await here.screenshot(path=out)
    await north.ask("Wanda", "call.end")
    for page in pages:
        await page.close()


async def _hear(page: Page) -> None:
    await page.evaluate("Math.random = () => 0")  # two tones
    await page.get_by_role("button", name="Play the test tone").click()
    await page.locator("button[data-heard='2']").click()
    await page.wait_for_selector("html[data-hearing=hears]", state="attached")


async def _rehearse(page: Page) -> None:
    """Until all is tried and the figures stand."""
    await page.get_by_role("button", name="Turn on").click()
    await page.get_by_role("button", name="Play a tone").click()
    await page.get_by_role("button", name="I heard it").click()
    await page.get_by_role("button", name="Send it through the station").click()
    await page.get_by_text("Ready for video, voice and text.").wait_for()
    await page.get_by_text("comes back", exact=True).wait_for()
    await page.wait_for_function(
        "!document.getElementById('figure-sound').textContent.includes('·')"
    )


async def _take(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            await take(browser, Path(folder), out)
            await browser.close()


def main() -> None:
    """Take them all."""
    if CHROMIUM is None:
        raise SystemExit(NO_CHROMIUM)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take(out))


if __name__ == "__main__":
    main()
