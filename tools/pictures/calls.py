"""A call from its request to its minute, as two watch desks and a drafter see it."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page

from tests.console.test_journey import make_tab_hear
from tests.console.world import Post, World, world
from tools.pictures import SIZE
from tools.pictures.camera import shoot
from tools.pictures.desk import are_filled, sit

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


# The other side's picture has come, and does not stand still as it may on a busy machine.
MOVES = """() => {
  const { others } = JSON.parse(document.getElementById("call")?.dataset.figures ?? "{}");
  const tile = document.querySelector("figure.other");
  const late = [...tile?.querySelectorAll("[data-still], [data-late]") ?? []];
  return Object.values(others ?? {}).some((each) => each.fps > 5) && late.every((at) => at.hidden);
}"""


async def take_calls(browser: Browser, folder: Path, out: Path) -> None:
    """All of calls, by name: green room, call, what is shown, request, minute, rehearsal."""
    context = await browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    async with world(folder) as stations:
        north, south = stations.north, stations.south
        await are_filled(stations)
        for post, name in ((north, "Wanda"), (south, "Wen")):
            await make_tab_hear(await sit(context, post, name, "/"))

        await context.grant_permissions(["camera", "microphone"])
        room = await sit(context, south, "Dmitri", "/green-room")
        await _rehearse(room)
        await room.evaluate("scrollTo(0, 0)")
        await shoot(room, out / "green-room.png")
        await room.close()
        await _call(context, north, south, out)

        asked = await north.ask(
            "Dana",
            "call.ask",
            **{"purpose": "Open and direct lines", "asked_by": "General North"},
            **{"earliest": "2099-12-03 08:00Z", "latest": "2099-12-04 18:00Z"},
            text="Our tanker Vega drifts without power.",
        )
        await stations.release(north, asked)
        calls = await sit(context, south, "Wen", "/calls")
        await make_tab_hear(calls)
        await calls.get_by_text("WAITS FOR US").wait_for()
        await shoot(calls, out / "calls.png")
        await calls.close()

        await after_a_call(stations)
        minutes = await sit(context, north, "Dana", "/minutes/call?line=")
        await minutes.locator("#compared").evaluate("it => it.scrollIntoView()")
        await shoot(minutes, out / "minute.png")
        await minutes.close()
        await _rehearsal(context, stations, out)
    await context.close()


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
        pages.append(await sit(context, post, name, "/call"))
        await make_tab_hear(pages[-1])
        await pages[-1].get_by_role("button", name="Join with camera").click()
    here = pages[0]
    await here.locator("#digits:not([data-digits=''])[data-digits]").wait_for()
    await south.ask("Wen", "call.say", text="We hear you. Our ship is on its way.")
    await here.get_by_text("Our ship is on its way").wait_for()
    await here.wait_for_function(MOVES)
    await here.evaluate("scrollTo(0, 0)")
    await shoot(here, out / "call.png")
    await here.keyboard.press("o")
    await here.locator("#show-text").fill(SHOWN)
    await here.locator("#show-item").fill("Rules for meetings at sea, second draft")
    await here.locator("#show-ask").click()
    there = pages[1]
    await there.get_by_role("button", name="Agree to see it").click()
    await there.locator("#shown:not([hidden])").wait_for()
    await there.get_by_role("button", name="Stop showing").wait_for()  # the record came here too
    await there.evaluate("scrollTo(0, 0)")
    await shoot(there, out / "showing.png")
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
        pages.append(await sit(context, post, name, "/call"))
        await pages[-1].get_by_role("button", name="Join the rehearsal with camera").click()
    here = pages[0]
    await make_tab_hear(here)
    await here.locator("#digits:not([data-digits=''])[data-digits]").wait_for()
    for post, name in ((north, "Wanda"), (south, "Wen")):
        await post.ask(name, "call.check", item="picture", result="good")
    howls = {"item": "sound", "result": "failed", "words": "It howls at our side."}
    await south.ask("Wen", "call.check", **howls)
    await here.locator("#checklist").get_by_text("It howls at our side.").wait_for()
    await here.wait_for_function(MOVES)
    await here.evaluate("scrollTo(0, 0)")
    await shoot(here, out / "rehearsal.png")
    await north.ask("Wanda", "call.end")
    for page in pages:
        await page.close()


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
