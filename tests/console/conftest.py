"""A real Chromium, two real stations, and people who take seats in one browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from starlette.applications import Starlette

from parley.console.app import build
from parley.station.staff import factors
from tests.conftest import SHELL
from tests.console.known import forget_failures
from tests.console.world import Post, World, world

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A camera that draws and a microphone that beeps; a page must still be allowed to have them.
    "--use-fake-device-for-media-stream=fps=30",
]
PATIENCE_MS = 60_000  # for a busy machine: no test waits longer than what it waits for
expect.set_options(timeout=PATIENCE_MS)


class Room:
    """One browser of a duty room: many tabs, many seats, one profile."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.faults: list[str] = []

    async def tab(self) -> Page:
        """A new tab that tells what goes wrong in it."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        page.on("console", self._said)
        return page

    def _said(self, message: Any) -> None:
        # A refused form answers 4xx, and a stopped station is called again; Chromium notes both.
        # Policies that were broken matter here.
        noted = ("status of 4", "net::ERR_CONNECTION_REFUSED")
        if message.type == "error" and not any(each in message.text for each in noted):
            self.faults.append(message.text)

    async def sit(self, post: Post, name: str, path: str = "/") -> Page:
        """Take a seat by a fresh link, and go to a page of it.

        The form of the link is sent without its page, which costs a third of it all;
        `press` is for where the page itself matters.
        """
        taken = await self.context.request.post(await post.link(name), max_redirects=0)
        assert taken.headers["location"] == f"/s/{post.ids[name]}/"
        page = await self.tab()
        await page.goto(post.seat(name) + path)
        await page.wait_for_selector("html[data-connected=yes]", state="attached")
        return page

    async def press(self, post: Post, name: str) -> Page:
        """Take a seat as people do: open the link, press the button."""
        page = await self.tab()
        await page.goto(await post.link(name))
        await page.get_by_role("button", name="Take this seat").click()
        await page.wait_for_url(f"{post.seat(name)}/")
        await page.wait_for_selector("html[data-connected=yes]", state="attached")
        return page


@asynccontextmanager
async def launched(path: Path, *more: str) -> AsyncIterator[Browser]:
    """A browser that runs; of a flag that is given twice it takes the last."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more])
        yield found
        await found.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """One for all tests here that need no camera: the headless shell, where there is one."""
    async with launched(SHELL or chromium) as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def with_camera(chromium: Path) -> AsyncIterator[Browser]:
    """A whole Chromium: the shell has not even a camera and a microphone that pretend."""
    async with launched(chromium) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def stations(tmp_path: Path) -> AsyncIterator[World]:
    """North and South, with an open line marked EXERCISE."""
    async with world(tmp_path) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The same, once for all tests of a file."""
    async with world(tmp_path_factory.mktemp("pair")) as both:
        yield both


@pytest.fixture
def app(pair: World) -> Starlette:
    """The console of its North, asked without a browser; nobody has tried a password yet."""
    assert pair.north.station is not None
    forget_failures(pair)
    return build(pair.north.station)


@pytest_asyncio.fixture(loop_scope="session")
async def room(browser: Browser) -> AsyncIterator[Room]:
    """A browser profile of its own; the test fails if a page raised or broke its policy."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    made = Room(context)
    yield made
    await context.close()
    assert made.faults == []


@pytest.fixture(autouse=True)
def _passwords_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """To compare one as it is served takes a tenth of a second of both cores, by intent."""
    monkeypatch.setattr(factors, "_HASHER", PasswordHasher(1, 8, 1))
    factors._nobodys_password.cache_clear()


@pytest.fixture(autouse=True)
def _pages_need_a_browser(request: pytest.FixtureRequest) -> None:
    if {"browser", "with_camera"} & {*request.fixturenames}:
        assert request.node.get_closest_marker("browser"), "mark the test `browser`"
