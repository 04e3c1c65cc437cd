"""The event that all of this is for, in one piece: a call asked for, countered, agreed, rehearsed,
held with an interpreter over a link that becomes narrow and wide again, its minute signed, and two
readouts that disagree on its date. What each part does in full is tested by itself."""

from __future__ import annotations

import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page, expect

from parley.catalogue.calls import moment
from parley.exercise.emulator import Conditions
from parley.exercise.relays import TcpRelay
from tests.console.conftest import Room, launched
from tests.console.test_call import (
    MEDIA_MS,
    cut,
    digits,
    duty_room,
    enter,
    expect_path,
    hears,
    joins,
    sees_and_hears,
)
from tests.console.test_call_parts import person
from tests.console.test_calls import shown
from tests.console.test_minutes import has, row
from tests.console.test_rehearsing import finds
from tests.console.world import Post, World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOUR_S: Final = 3_600
NARROW: Final = Conditions(delay_ms=20, kbps=64, queue_ms=400)  # as of `make bench-call CASE=64k`
# Two browsers encode and decode in this story, beside others that run: its cameras draw less often.
FEWER_PICTURES: Final = "--use-fake-device-for-media-stream=fps=10"
PURPOSE: Final = "Open and direct lines"
CAPTIONS: Final = tuple(f"{n} cables apart, ships keep clear." for n in range(3, 9))
ALL_CAPTIONS: Final = """all => [...document.querySelectorAll("#captions details li .text")]
  .map((each) => each.textContent.trim()).join("|") === all"""
MINUTES: Final = "/minutes"
NAMES: Final = {"North": ("Dana", "Rene"), "South": ("Dmitri", "Rosa")}


class Staff:
    """Who writes at one station, with a tab for the whole story, and who releases there."""

    def __init__(self, post: Post, page: Page) -> None:
        self.post, self.page = post, page
        self.drafter, self.releaser = NAMES[post.party]

    @classmethod
    async def of(cls, room: Room, post: Post) -> Staff:
        """The drafter sits down."""
        return cls(post, await room.sit(post, NAMES[post.party][0]))

    async def goes(self, path: str) -> Page:
        """The drafter looks at a page."""
        await self.page.goto(self.post.seat(self.drafter) + path)
        return self.page

    async def keeps(self, button: str, world: World) -> None:
        """The drafter keeps it, the other one releases it, and it comes to the other station."""
        await self.page.get_by_role("button", name=button).click()
        await self.page.wait_for_url(re.compile(r"/drafts/\d+\?done=drafted"))
        (number,) = re.findall(r"/drafts/(\d+)", self.page.url)
        draft = await self.post.ask(self.releaser, "draft.show", draft=int(number))
        n = (await world.release(self.post, draft))["n"]
        await has(world, world.south if self.post is world.north else world.north, n)


@asynccontextmanager
async def by_a_link(stations: World) -> AsyncIterator[TcpRelay]:
    """The stations reach each other through a link that can become narrow, and by nothing else."""
    (bearer,) = (await stations.north.ask("Wanda", "bearer.list"))["bearers"]
    link = TcpRelay(int(bearer["listen"].rsplit(":", 1)[1]), Conditions(), random.Random(1967))
    port = await link.start()
    try:
        await cut(stations)
        assert stations.south.station is not None
        operator = stations.south.station.people.must_be_here(1)
        dial = {"dial": f"127.0.0.1:{port}", "line": "North – South"}
        await stations.south.station.call("bearer.add", operator, dial)
        await expect_path(stations, True)
        yield link
    finally:
        await link.close()


async def agree(stations: World, north: Staff, south: Staff) -> None:
    """North asks, South proposes another time, North accepts that; each released by a second."""
    now = int(time.time())
    dana = await north.goes("/calls")
    await dana.get_by_role("link", name="Ask South for a call").click()
    await dana.get_by_label("Purpose").fill(PURPOSE)
    await dana.get_by_label("Who asks").fill("General North")
    await dana.get_by_label("Agenda").fill("Meetings at sea\nThe next call")
    await dana.get_by_label("Earliest").fill(moment(now + HOUR_S))
    await dana.get_by_label("Latest").fill(moment(now + 20 * HOUR_S))
    await north.keeps("Keep as draft", stations)
    dmitri = await south.goes("/calls")
    await dmitri.get_by_role("link", name="Answer this request").click()
    await dmitri.get_by_role("radio", name=re.compile("^Propose")).check()
    await dmitri.get_by_label("Time of the call").fill(moment(now + 2 * HOUR_S))
    await south.keeps("Keep the answer", stations)
    await north.goes("/calls")
    await dana.get_by_role("link", name="Answer the other time").click()
    await dana.get_by_role("radio", name=re.compile("^Accept")).check()
    await north.keeps("Keep the answer", stations)


async def rehearse(stations: World, wanda: Page) -> None:
    """Its room is opened before it, and both say what they found."""
    await wanda.get_by_role("button", name="Rehearse it with the other side").click()
    await wanda.get_by_role("button", name="Join the rehearsal by text").click()
    await finds(wanda, "text", "Good")

    async def opened() -> bool:
        call = (await stations.south.ask("Wen", "call.show"))["call"]
        return bool(call) and call["state"] == "open"

    await stations.until(opened, MEDIA_MS / 1000)
    await stations.south.ask("Wen", "call.join", rehearsal=True)
    await stations.south.ask("Wen", "call.check", item="text", result="good")
    await expect(wanda.locator("#checklist [data-item=text] [data-side=theirs]")).to_contain_text(
        "good"
    )
    await wanda.get_by_role("button", name="End the rehearsal").click()
    await expect(wanda.locator("#rehearsed")).to_contain_text("NOT ALL TRIED")


async def hold(stations: World, wanda: Page, irina: Page, link: TcpRelay) -> None:
    """The call: an interpreter in a channel, captions while pictures do not pass, and its end."""
    south = stations.south
    await wanda.get_by_role("button", name="Open the call").click()
    await joins(wanda)
    await expect(irina.locator("#facts")).to_contain_text("Open since")
    await joins(irina)
    assert await digits(wanda) == await digits(irina)
    for page in (wanda, irina):
        await sees_and_hears(page)
    await south.ask("Wen", "call.join")
    await south.ask("Wen", "call.mode", mode="simultaneous")
    await irina.locator("#channels input[name=language]").fill("English")
    await irina.get_by_role("button", name="Take the microphone").click()
    await expect(wanda.locator("#channels")).to_contain_text("Into English: Irina")
    await wanda.locator("h1").click()
    await wanda.keyboard.press("n")
    await expect(wanda.locator("#speaks")).to_contain_text("into English", timeout=MEDIA_MS)

    link.becomes(NARROW)
    for page in (wanda, irina):
        await pictures(page, paused=True)
    await hears(wanda)
    for words in CAPTIONS:
        await irina.locator("#caption-words").fill(words)
        await irina.keyboard.press("Enter")
        await expect(irina.locator("#captions")).to_contain_text(words, timeout=MEDIA_MS)
    for page in (wanda, irina):
        await page.wait_for_function(
            ALL_CAPTIONS, arg="|".join(CAPTIONS), timeout=MEDIA_MS, polling=200
        )
    await hears(wanda)
    await shown(wanda, "whole-narrow")

    for post, auditor in ((stations.north, "Aline"), (south, "Amir")):
        await stations.until(partial(told_to, post, auditor), MEDIA_MS / 1000)
    link.becomes(Conditions())
    for page in (wanda, irina):
        await pictures(page, paused=False)
        await page.evaluate("() => window.unlike = new Set()")
    for page in (wanda, irina):
        await sees_and_hears(page)
    await shown(wanda, "whole-call")
    await wanda.get_by_role("button", name="Mark as touched").first.click()
    await expect(irina.locator("#agenda")).to_contain_text("TOUCHED")
    await wanda.locator("h1").click()
    await wanda.keyboard.press("e")
    await wanda.keyboard.type("All was said.")
    await wanda.keyboard.press("Enter")
    for page in (wanda, irina):
        await expect(page.locator("#media-state")).to_contain_text("The call is ended")


async def told_to(post: Post, auditor: str) -> bool:
    """Whether the audit trail says what is given up; at once, or a minute after it said another
    thing of the call."""
    rows = (await post.ask(auditor, "audit"))["rows"]
    said = [each["outcome"] for each in rows if each["act"].startswith("media of the call")]
    return any(each.startswith("pictures given up, sound") for each in said)


async def pictures(page: Page, *, paused: bool) -> None:
    """Pictures of this page are given up, or go again; where they do not, how its link is."""
    try:
        await expect(page.locator("#paused")).to_be_visible(visible=paused, timeout=MEDIA_MS)
    except AssertionError as error:
        figures = await page.locator("#call").get_attribute("data-figures")
        raise AssertionError(f"{page.url}: {figures}") from error


async def sign(stations: World, north: Staff, south: Staff) -> None:
    """North drafts the minute from the record and proposes it; South says the same bytes."""
    dana = await north.goes(MINUTES)
    await dana.locator("#minutes a").first.click()
    await dana.get_by_role("link", name="Draft the minute").click()
    await expect(dana.get_by_label("Present")).to_have_value(
        re.compile("South; Office of Irina; Irina")
    )
    await dana.get_by_role("button", name="Make the text of it").click()
    await expect(dana.get_by_label("Keep the labels")).to_have_value(
        re.compile("\nTouched: Meetings at sea\nNot touched: The next call$")
    )
    await north.keeps("Keep as a draft to propose", stations)
    dmitri = await south.goes(MINUTES)
    await dmitri.locator("#minutes a").first.click()
    await south.keeps("Accept these very bytes", stations)
    for staff in (north, south):
        page = await staff.goes(MINUTES)
        await page.locator("#minutes a").first.click()
        await expect(page.locator("#minute")).to_contain_text("AGREED")
    ours, theirs = [
        (await each.post.ask(each.drafter, "minute.list"))["calls"] for each in (north, south)
    ]
    assert ours[0]["state"] == theirs[0]["state"] == "agreed"


async def state(stations: World, staff: Staff, whom: str, days: int = 0) -> None:
    """The readout of one side, that puts the call so many days later than it was."""
    page = staff.page
    await page.get_by_role("link", name="Attach our readout").click()
    if days:
        told = datetime.now(UTC).date() + timedelta(days=days)
        await page.get_by_label("Date of the call").fill(told.isoformat())
    await page.get_by_label("With whom").fill(whom)
    await page.get_by_label("1. Meetings at sea").check()
    await page.get_by_label("Statement").fill("We spoke of meetings at sea.")
    await staff.keeps("Keep as draft", stations)


@pytest.mark.story
async def test_a_whole_call_from_its_request_to_two_readouts(
    stations: World, chromium: Path
) -> None:
    await person(stations.south, "Irina", "interpreter")
    async with (
        launched(chromium, FEWER_PICTURES) as browser,
        by_a_link(stations) as link,
        duty_room(browser) as northern,
        duty_room(browser) as southern,
    ):
        north = await Staff.of(northern, stations.north)
        south = await Staff.of(southern, stations.south)
        await agree(stations, north, south)
        for staff in (north, south):  # while others hold the call their tabs ask for nothing
            await staff.page.goto("about:blank")
        wanda = await enter(northern, stations.north, "Wanda")
        await rehearse(stations, wanda)
        irina = await enter(southern, stations.south, "Irina")
        await hold(stations, wanda, irina, link)
        for page in (wanda, irina):
            await page.close()
        await sign(stations, north, south)
        await state(stations, north, "General Yug")
        await state(stations, south, "General North", days=1)
        for staff in (north, south):
            page = await staff.goes(MINUTES)
            await page.locator("#minutes a").first.click()
            await expect(row(page, "Date of the call").locator(".mark")).to_have_text("DIFFER")
            await expect(row(page, "1. Meetings at sea").locator(".mark")).to_have_text("same")
        await shown(north.page, "whole-readouts")
    for post, name in ((stations.north, "Wanda"), (stations.south, "Wen")):
        history = await post.ask(name, "call.history")
        assert (history["held"], history["missed"]) == (1, 0)
