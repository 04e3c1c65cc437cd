"""A whole call by the keyboard alone: asked for, answered, opened, joined, held, ended, and its
minute agreed. Nothing here clicks, fills or focuses: whoever has no mouse has Tab, Enter, Space,
the arrows and letters, and sees where they are."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.async_api import Locator, Page, expect

from parley.catalogue.calls import moment
from tests.console.conftest import Room, launched
from tests.console.test_call import MEDIA_MS, digits, duty_room, sees_and_hears
from tests.console.test_calls import shown
from tests.console.test_keyboard import FOCUSED
from tests.console.test_minutes import has
from tests.console.test_whole_call import FEWER_PICTURES
from tests.console.world import Post, World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOUR_S: Final = 3_600
STOPS_MAX: Final = 120
IS_FOCUSED: Final = "each => each === document.activeElement"
# That nobody has used a mouse: what Enter clicks has no place on the screen.
MOUSE: Final = """for (const kind of ["pointerdown", "mousedown", "click"])
  addEventListener(kind, (event) => {
    if (event.detail > 0) window.mouse = kind;
  }, { capture: true });"""


class Hands:
    """Two hands at one keyboard, before one page."""

    def __init__(self, post: Post, page: Page) -> None:
        self.post, self.page = post, page

    @classmethod
    async def of(cls, room: Room, post: Post, name: str) -> Hands:
        """That person has sat down."""
        return cls(post, await room.sit(post, name))

    async def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def types(self, words: str) -> None:
        """In place of what stands there."""
        await self.press("Control+a")
        await self.page.keyboard.type(words)

    async def to(self, wanted: Locator) -> None:
        """By the Tab key, until it has the focus, which is seen."""
        for _ in range(STOPS_MAX):
            if await wanted.count() == 1 and await wanted.evaluate(IS_FOCUSED):
                at = await self.page.evaluate(FOCUSED)
                assert at["seen"], f"no focus ring on {at['name']}"
                assert at["onScreen"], f"{at['name']} has the focus off screen"
                return
            await self.press("Tab")
        raise AssertionError(f"the Tab key never comes to {wanted}")

    async def does(self, role: Literal["link", "button"], name: str) -> None:
        """A link or a button of that name, by Enter; of several the first."""
        found = self.page.get_by_role(role, name=re.compile(name))
        await self.to(found.first)
        await self.press("Enter")

    async def fills(self, label: str, words: str) -> None:
        """A field of that label."""
        await self.to(self.page.get_by_label(label))
        await self.types(words)

    async def chooses(self, name: str) -> None:
        """One of several that exclude each other: Tab comes to them, arrows go among them."""
        radio = self.page.get_by_role("radio", name=re.compile(name))
        group = await radio.get_attribute("name")
        for _ in range(STOPS_MAX):
            if await self.page.evaluate("name => document.activeElement.name === name", group):
                break
            await self.press("Tab")
        for _ in range(STOPS_MAX):
            await self.press("ArrowDown")
            if await radio.is_checked():
                return
        raise AssertionError(f"the arrows never come to {name}")

    async def goes(self, path: str) -> None:
        """To a page of the bar, by its key or else by Tab."""
        place = self.page.locator(f"nav a[href$='{path}']").first
        key = await place.get_attribute("data-key")
        if key:
            await self.page.wait_for_selector("html[data-connected=yes]", state="attached")
            await self.press(key)
        else:
            await self.to(place)
            await self.press("Enter")
        await self.page.wait_for_url(f"**{path}")
        await self.page.wait_for_selector("html[data-connected=yes]", state="attached")


async def releases(world: World, drafter: Hands, releaser: Hands) -> None:
    """The draft that was just kept is read and released by a second person, and comes."""
    await drafter.page.wait_for_url(re.compile(r"/drafts/\d+\?done=drafted"))
    await releaser.goes("/drafts")
    await releaser.press("j", "Enter")
    await releaser.page.wait_for_url(re.compile(r"/drafts/\d+$"))
    await releaser.to(releaser.page.get_by_role("checkbox"))
    await releaser.press("Space")
    await releaser.does("button", "^Release")
    await releaser.page.wait_for_url(re.compile(r"/ours/\d+\?done=released"))
    (n,) = re.findall(r"/ours/(\d+)", releaser.page.url)
    other = world.south if releaser.post is world.north else world.north
    await has(world, other, int(n))


async def agree(world: World, dana: Hands, rene: Hands, dmitri: Hands, rosa: Hands) -> None:
    """North asks for a call, and South accepts."""
    now = int(time.time())
    await dana.goes("/calls")
    await dana.does("link", "Ask South for a call")
    await dana.fills("Purpose", "Open and direct lines")
    await dana.fills("Earliest", moment(now))
    await dana.fills("Latest", moment(now + 20 * HOUR_S))
    await dana.fills("Agenda", "Meetings at sea")
    await dana.does("button", "Keep as draft")
    await releases(world, dana, rene)
    await dmitri.goes("/calls")
    await dmitri.does("link", "Answer this request")
    await dmitri.chooses("^Accept")
    await dmitri.fills("Time of the call", moment(now + 300))
    await dmitri.does("button", "Keep the answer")
    await releases(world, dmitri, rosa)


async def meet(wanda: Hands, wen: Hands) -> None:
    """The call is opened at one side, and joined at both."""
    for hands in (wanda, wen):
        await hands.goes("/call")
        await expect(hands.page.locator("#call[data-ready=yes]")).to_be_attached()
    await wanda.press("b", "Enter")
    await expect(wen.page.locator("#facts")).to_contain_text("Open since")
    for hands in (wanda, wen):
        await hands.does("button", "Join with camera and microphone")
    assert await digits(wanda.page) == await digits(wen.page)
    for hands in (wanda, wen):
        await sees_and_hears(hands.page)


async def speak(wanda: Hands, wen: Hands) -> None:
    """Microphone, camera, cough, text and captions, the agenda, and a hold."""
    muted = wen.page.locator("#others [data-muted]")
    await wanda.press("m")
    await expect(muted).to_be_visible()
    await wanda.press("m")
    await expect(muted).to_be_hidden()
    await wanda.press("v")
    await expect(wanda.page.get_by_role("button", name="Turn my camera on")).to_be_visible()
    await wanda.press("v")
    await expect(wanda.page.get_by_role("button", name="Turn my camera off")).to_be_visible()
    silent = wanda.page.locator("#silent")
    cough = wanda.page.locator("#cough")
    for key in ("Space", "Enter"):
        await wanda.to(cough)
        await wanda.page.keyboard.down(key)
        await expect(silent).to_be_visible()
        await wanda.page.keyboard.up(key)
        await expect(silent).to_be_hidden()
    await wanda.page.keyboard.down("x")
    await expect(silent).to_be_visible()
    await wanda.page.keyboard.up("x")
    await expect(silent).to_be_hidden()
    push = wanda.page.locator("#push-on")
    await wanda.to(push)
    await wanda.press("Space")
    await expect(silent).to_be_visible()
    await wanda.page.keyboard.down("Space")
    await expect(silent).to_be_hidden()
    await wanda.page.keyboard.up("Space")
    await expect(silent).to_be_visible()
    await wanda.to(push)
    await wanda.press("Space")
    await expect(silent).to_be_hidden()

    await wanda.press("w")
    await wanda.types("By keys alone.")
    await wanda.press("Enter")
    await expect(wen.page.locator("#texts")).to_contain_text("By keys alone.")
    await wen.press("d")
    await wen.types("We hear you well.")
    await wen.press("Tab")
    await wen.types("English")
    await wen.press("Enter")
    await expect(wanda.page.locator("#captions")).to_contain_text("We hear you well.")
    await wanda.does("button", "Mark as touched")
    await expect(wen.page.locator("#agenda")).to_contain_text("TOUCHED")
    await shown(wanda.page, "call-by-keys")

    await wanda.press("h", "Enter")
    for hands in (wanda, wen):
        await expect(hands.page.locator("#on-hold")).to_be_visible()
    await wen.does("button", "Go on")
    for hands in (wanda, wen):
        await expect(hands.page.locator("#on-hold")).to_be_hidden()
        await hands.page.evaluate("() => window.unlike = new Set()")
    for hands in (wanda, wen):
        await sees_and_hears(hands.page)


async def end(wanda: Hands, wen: Hands) -> None:
    """With a word for the record."""
    await wanda.press("e")
    await wanda.types("All was said.")
    await wanda.press("Enter")
    for hands in (wanda, wen):
        state = hands.page.locator("#media-state")
        await expect(state).to_contain_text("The call is ended", timeout=MEDIA_MS)


async def sign(world: World, dana: Hands, rene: Hands, dmitri: Hands, rosa: Hands) -> None:
    """The minute is drafted, proposed, and said by the other side byte for byte."""
    await dana.goes("/minutes")
    await dana.to(dana.page.locator("#minutes a").first)
    await dana.press("Enter")
    await dana.does("link", "Draft the minute")
    await dana.does("button", "Make the text of it")
    await dana.page.wait_for_selector("textarea[name=text]")
    await dana.does("button", "Keep as a draft to propose")
    await releases(world, dana, rene)
    await dmitri.goes("/minutes")
    await dmitri.to(dmitri.page.locator("#minutes a").first)
    await dmitri.press("Enter")
    await dmitri.does("button", "Accept these very bytes")
    await releases(world, dmitri, rosa)
    (call,) = (await world.north.ask("Dana", "minute.list"))["calls"]
    assert call["state"] == "agreed"


@pytest.mark.story
async def test_a_whole_call_without_a_mouse(stations: World, chromium: Path) -> None:
    north, south = stations.north, stations.south
    async with (
        launched(chromium, FEWER_PICTURES) as browser,
        duty_room(browser) as northern,
        duty_room(browser) as southern,
    ):
        for room in (northern, southern):
            await room.context.add_init_script(MOUSE)
        four = [
            await Hands.of(room, post, name)
            for room, post, name in (
                (northern, north, "Dana"),
                (northern, north, "Rene"),
                (southern, south, "Dmitri"),
                (southern, south, "Rosa"),
            )
        ]
        await agree(stations, *four)
        wanda = await Hands.of(northern, north, "Wanda")
        wen = await Hands.of(southern, south, "Wen")
        await meet(wanda, wen)
        await speak(wanda, wen)
        await end(wanda, wen)
        await sign(stations, *four)
        for hands in (*four, wanda, wen):
            assert await hands.page.evaluate("window.mouse ?? null") is None
