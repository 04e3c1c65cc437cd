"""Tabs of one browser while somebody signs in there: what they ask for bears the old secret."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette

from parley.console.app import build
from parley.station.staff.turned import GRACE_S
from tests.console.asking import Answer, ask
from tests.console.known import Later
from tests.console.test_testing import cookies_of
from tests.console.world import Post, World

pytestmark = [pytest.mark.asyncio(loop_scope="session")]
NONE = "This browser has no such seat."


class Browser:
    """One browser, with the cookie that it has got so far."""

    def __init__(self, post: Post, app: Starlette, cookies: dict[str, str]) -> None:
        self.post, self.app, self.cookies = post, app, cookies

    async def gets(self, name: str, path: str = "/") -> Answer:
        """A page of somebody's seat."""
        return await ask(self.app, f"/s/{self.post.ids[name]}{path}", cookies=self.cookies)

    async def signs_in(self, name: str) -> dict[str, str]:
        """By a link; the cookie that the answer brings."""
        person = self.post.ids[name]
        link = (await self.post.ask(name, "signin.link", person=person))["path"]
        return (await ask(self.app, link, {}, self.cookies)).cookies()


async def browser_of(post: Post, name: str) -> tuple[Browser, Later]:
    assert post.station is not None
    post.station.clock = clock = Later()
    app = build(post.station)
    return Browser(post, app, await cookies_of(post, app, name)), clock


async def test_a_tab_that_asks_while_somebody_signs_in_keeps_its_seat(stations: World) -> None:
    browser, clock = await browser_of(stations.north, "Wanda")
    clock.later_s += 1

    async def asks() -> list[int]:
        return [(await browser.gets("Wanda")).status for _ in range(8)]

    # The tab goes on asking with the cookie that it has, until the answer has come.
    asking = [asyncio.ensure_future(asks()) for _ in range(4)]
    new = await browser.signs_in("Rene")
    assert {status for each in asking for status in await each} == {200}
    assert new != browser.cookies
    assert (await browser.gets("Wanda")).status == 200
    # By the old secret nobody sits in the seat that was taken.
    refused = await browser.gets("Rene")
    assert refused.status == 403
    assert NONE in refused.text
    old, browser.cookies = browser.cookies, new
    for name in ("Wanda", "Rene"):
        assert (await browser.gets(name)).status == 200
    browser.cookies = old
    clock.later_s += GRACE_S
    assert (await browser.gets("Wanda")).status == 403


async def test_a_seat_that_was_taken_anew_sleeps_for_the_old_secret(stations: World) -> None:
    browser, clock = await browser_of(stations.north, "Wanda")
    clock.later_s += 1
    await stations.say(stations.south, "Nobody else reads this.")
    new = await browser.signs_in("Wanda")
    asleep = await browser.gets("Wanda", "/inbox")
    assert asleep.status == 401
    assert "Nobody else reads this" not in asleep.text
    browser.cookies = new
    assert (await browser.gets("Wanda", "/inbox")).status == 200
