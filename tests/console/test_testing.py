"""Human tests on pages: called, missed, taken in hand, answered; what rings, and when it is silent.

What the stations do with them is tested in `tests/station/test_scheduled_tests.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette

from parley.console.app import build
from tests.console.asking import ask
from tests.console.conftest import PATIENCE_MS, Room
from tests.console.looking import style
from tests.console.test_hearing import play
from tests.console.world import Post, World, world
from tests.playbook import HOUR_S, HOURLY, Hours, MovedClock

pytestmark = pytest.mark.asyncio(loop_scope="session")

WATCH = {"North": "Wanda", "South": "Wen"}


@dataclass
class Hour:
    """A line that is tested hourly, five seconds into an hour."""

    world: World
    clock: MovedClock
    first: Post  # whose hour it is
    other: Post

    def watch(self, post: Post) -> str:
        """The watch officer of that side."""
        return WATCH[post.party]

    async def line(self, post: Post) -> str:
        """The number of the line, as in addresses."""
        found = (await post.ask(self.watch(post), "status"))["lines"][0]["line"]
        return str(found)[:8]

    async def calls(self, post: Post, other: Post) -> int:
        """A test of that side, come to the other."""
        n: int = (await post.ask(self.watch(post), "test.call"))["n"]

        async def come() -> bool:
            status = await other.ask(self.watch(other), "status")
            return bool(status["lines"][0]["their_size"] > n)

        await self.world.until(come)
        return n


@pytest_asyncio.fixture(loop_scope="session")
async def hour(tmp_path: Path) -> AsyncIterator[Hour]:
    left_s = HOUR_S - time.time() % HOUR_S
    if left_s < 30:  # founded in one hour and started in the next, they would have missed a test
        await asyncio.sleep(left_s)
    clock = MovedClock(Hours())
    async with world(tmp_path, clock=clock, **HOURLY) as made:
        clock.skip(HOUR_S - clock.now().wall % HOUR_S + 5)
        status = await made.north.ask("Wanda", "test.schedule")
        norths = status["due"]["by"] == "ours"
        await made.until(made.heard)
        sides = (made.north, made.south) if norths else (made.south, made.north)
        yield Hour(made, clock, *sides)


async def hears(page: Page) -> None:
    await play(page)
    await page.locator("[data-heard='2']").click()
    await expect(page.locator("html")).to_have_attribute("data-hearing", "hears")


async def rings(page: Page, sound: str) -> None:
    await expect(page.locator("html")).to_have_attribute("data-sound", sound)
    await expect(page.locator("html")).to_have_attribute("data-ringing", "yes" if sound else "no")


@pytest.mark.browser
@pytest.mark.story
async def test_T12_a_missed_test_rings_on_every_page_of_the_watch_until_it_is_called(
    hour: Hour, room: Room, browser: Browser
) -> None:
    first, other = hour.first, hour.other
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    there = Room(context)
    mine = await room.sit(first, hour.watch(first))
    theirs = await there.sit(other, hour.watch(other), "/inbox")
    beside = await there.tab()
    await beside.goto(other.seat(hour.watch(other)) + "/tests")
    # Which text comes next, whose turn, until when: shown before, and calm.
    await expect(mine.locator("main")).to_contain_text("It is our turn.")
    shown = await mine.locator("main q").first.inner_text()
    await expect(beside.locator("main")).to_contain_text(f"It is the turn of {first.party}.")
    await hears(mine)
    await hears(theirs)
    hour.clock.skip(901)
    for page in (mine, theirs, beside):
        await expect(page.locator("#overdues > li")).to_contain_text("TEST MISSED")
    await rings(mine, "OVERDUE")
    await rings(theirs, "OVERDUE")
    # Never beside a FLASH that nobody has opened, not even one that is silenced here.
    await hour.world.say(first, "Now.", "FLASH")
    await rings(theirs, "FLASH")
    await theirs.keyboard.press("s")
    await rings(theirs, "")
    flash = (await other.ask(hour.watch(other), "inbox"))["messages"][0]["n"]
    await other.ask(hour.watch(other), "open", n=flash)
    await rings(theirs, "OVERDUE")
    # A person takes it in hand: silent there on every page, and still ours to call.
    await beside.locator("#overdues").get_by_role("button", name="Take in hand").click()
    await expect(beside.locator(".notice.done")).to_contain_text("in your hands")
    await expect(beside.locator("#in-hand")).to_contain_text(hour.watch(other))
    await rings(theirs, "")
    await expect(theirs.locator("#overdue")).to_be_hidden()
    await rings(mine, "OVERDUE")
    # One press sends the text that was shown, and nothing is overdue any more.
    await mine.get_by_role("button", name="Call the test").first.click()
    await expect(mine.locator(".notice.done")).to_have_text("The test is called.")
    await rings(mine, "")
    await expect(mine.locator("#overdue")).to_be_hidden()
    await expect(beside.locator("#in-hand")).to_contain_text("Nothing is in hand.")
    await beside.goto(other.seat(hour.watch(other)) + "/tests")
    await expect(beside.locator("main .text")).to_have_text(shown)
    # With errors needs words: said beside the field, and what was typed stays.
    await beside.get_by_role("button", name="With errors").click()
    await expect(beside.locator("#fault-errors")).to_have_text("Say what was wrong with the test.")
    await beside.get_by_label("What was wrong").fill("The last word was cut off.")
    seq = await beside.locator("html").get_attribute("data-seq") or ""
    await hour.world.say(first, "Meanwhile.")
    await expect(beside.locator("html")).not_to_have_attribute("data-seq", seq)  # it was renewed
    await expect(beside.get_by_label("What was wrong")).to_have_value("The last word was cut off.")
    await expect(beside.locator("#fault-errors")).to_be_visible()
    await beside.get_by_role("button", name="With errors").click()
    await expect(beside.locator(".notice.done")).to_have_text("The test is answered.")
    await expect(beside.locator("main")).to_contain_text("with errors: The last word was cut off.")
    await mine.goto(first.seat(hour.watch(first)) + "/tests")
    await expect(mine.locator("main")).to_contain_text("with errors: The last word was cut off.")
    assert there.faults == []
    await context.close()


@pytest.mark.browser
@pytest.mark.story
async def test_T12_what_is_overdue_sounds_at_its_desk_and_is_shown_at_all(
    hour: Hour, room: Room, browser: Browser
) -> None:
    north = hour.world.north
    await north.ask("Wanda", "desk.hold", desk=1)
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    there = Room(context)
    at_desk = await room.sit(north, "Wanda")
    elsewhere = await there.sit(north, "Both", "/inbox")
    await hears(at_desk)
    await hears(elsewhere)
    hour.clock.skip(901)
    for page in (at_desk, elsewhere):
        await expect(page.locator("#overdues > li")).to_contain_text("TEST MISSED")
    await rings(at_desk, "OVERDUE")
    await expect(at_desk.locator("#overdues .at-desk")).to_have_count(0)
    await expect(elsewhere.locator("#overdues .at-desk")).to_have_text("It sounds at Watch desk.")
    await rings(elsewhere, "")
    # A FLASH is for everybody who has the watch, whoever sits at the desk.
    said = await hour.world.say(hour.world.south, "Now.", "FLASH")
    await rings(elsewhere, "FLASH")
    await north.ask("Wanda", "open", n=said["n"])
    await rings(elsewhere, "")
    # Nobody who sits at the desk can be rung: then it sounds at every tab of the watch.
    await at_desk.close()
    await rings(elsewhere, "OVERDUE")
    await expect(elsewhere.locator("#overdues .at-desk")).to_have_count(0)
    again = await room.sit(north, "Wanda")
    await rings(elsewhere, "OVERDUE")  # it is deaf until its tone was heard
    await hears(again)
    await rings(again, "OVERDUE")
    await rings(elsewhere, "")
    # Whoever takes the desk has the sound as well, and nobody has it at a desk that is left.
    await north.ask("Both", "desk.hold", desk=1)
    await rings(elsewhere, "OVERDUE")
    assert there.faults == []
    await context.close()


async def test_T6_a_test_is_certified_on_the_page_of_its_message(hour: Hour) -> None:
    first, other = hour.first, hour.other
    n = await hour.calls(first, other)
    assert first.station is not None
    assert other.station is not None
    there, who = build(other.station), hour.watch(other)
    cookies = await cookies_of(other, there, who)
    path = f"/s/{other.ids[who]}/messages/{await hour.line(other)}/theirs/{n}"
    page = (await ask(there, path, cookies=cookies)).text
    form = {"token": page.partition('data-token="')[2].partition('"')[0]}
    assert f'action="{path}/open"' in page
    for words in ("", " ", "A sign that turns: \u202e"):
        refused = await ask(there, f"{path}/answer-test", {**form, "errors": words}, cookies)
        assert refused.status == 422
        assert 'id="fault-errors"' in refused.text
        assert f"data-refused>\n{words}</textarea>" in refused.text
    done = await ask(there, f"{path}/answer-test", {**form, "came": "good"}, cookies)
    assert done.header("location").endswith("?done=answered")
    page = (await ask(there, path, cookies=cookies)).text
    assert ">good copy</b>" in page
    assert "answer-test" not in page
    assert f'action="{path}/open"' not in page  # nothing of it is left to be done
    here, who = build(first.station), hour.watch(first)
    cookies = await cookies_of(first, here, who)
    path = f"/s/{first.ids[who]}/messages/{await hour.line(first)}"

    async def certified() -> bool:
        return ">good copy</b>" in (await ask(here, f"{path}/ours/{n}", cookies=cookies)).text

    await hour.world.until(certified)
    answer = await first.ask(who, "message", n=n, dir="ours")
    own = await ask(here, f"{path}/theirs/{answer['tested']['n']}", cookies=cookies)
    assert "Certifies the test it answers" in own.text


async def test_T9_pages_say_it_to_whom_it_concerns_and_the_wall_for_its_line(hour: Hour) -> None:
    first = hour.first
    assert first.station is not None
    app = build(first.station)
    hour.clock.skip(901)

    async def missed() -> bool:
        return bool((await first.ask(hour.watch(first), "status"))["overdue"])

    await hour.world.until(missed)
    row = '<li data-alarm="overdue-'
    for name, concerned in (
        (hour.watch(first), True),
        ("Aline" if first.party == "North" else "Amir", False),
    ):
        seat = f"/s/{first.ids[name]}"
        cookies = await cookies_of(first, app, name)
        for path in ("/", "/overdue", "/tests"):
            page = await ask(app, seat + path, cookies=cookies)
            assert (row in page.text) is concerned, (name, path)
        wall = (await ask(app, f"{seat}/wall", cookies=cookies)).text
        assert (
            "Our human test was not called by" in wall[wall.index('class="panel loud wide told"') :]
        )
        taken = await ask(app, f"{seat}/overdue/take", {"id": "1"}, cookies)
        assert taken.status == 403  # a form of no page of ours
    assert await missed()


async def test_T12_once_everyone_is_called_every_page_says_so_anew(hour: Hour) -> None:
    north, south = hour.world.north, hour.world.south
    assert north.station is not None
    said = await hour.world.say(south, "May our ship enter?", "FLASH", reply_by="1")

    async def opened() -> bool:
        lines = (await north.ask("Wanda", "status"))["lines"]
        return bool(lines[0]["their_size"] > said["n"])

    await hour.world.until(opened)
    await north.ask("Wanda", "open", n=said["n"])
    hour.clock.skip(62)
    app = build(north.station)
    seats = {name: await cookies_of(north, app, name) for name in ("Wanda", "Dana")}

    async def shows(name: str, row: str) -> bool:
        page = await ask(app, f"/s/{north.ids[name]}/", cookies=seats[name])
        return row in page.text

    await hour.world.until(lambda: shows("Wanda", 'data-alarm="overdue-1-0"'))
    assert not await shows("Dana", "data-alarm")
    hour.clock.skip(601)  # no deputy is named: everyone is next
    row = 'data-alarm="overdue-1-everyone" data-status="ACTUAL" data-everyone'
    await hour.world.until(lambda: shows("Wanda", row))
    assert await shows("Dana", row)
    assert await shows("Dana", "Fetch a watch officer.")


async def cookies_of(post: Post, app: Starlette, name: str) -> dict[str, str]:
    link = (await post.ask(name, "signin.link", person=post.ids[name]))["path"]
    return (await ask(app, link, {})).cookies()


async def test_a_test_is_called_once_by_those_who_were_shown_it(hour: Hour) -> None:
    first = hour.first
    assert first.station is not None
    app, who = build(first.station), hour.watch(first)
    cookies = await cookies_of(first, app, who)
    seat = f"/s/{first.ids[who]}"
    page = (await ask(app, f"{seat}/tests", cookies=cookies)).text
    token = page.partition('data-token="')[2].partition('"')[0]
    form = {"token": token, "line": await hour.line(first), "number": "1"}
    assert (await ask(app, f"{seat}/test", form, cookies)).status == 303
    again = await ask(app, f"{seat}/test", form, cookies)
    assert again.status == 422
    assert "Test 1 is not the next one: that is test 2." in again.text
    assert len((await first.ask(who, "test.schedule"))["newest"]) == 1


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_a_test_stands_under_a_banner_of_its_own_type(tmp_path: Path, room: Room) -> None:
    async with world(tmp_path, "ACTUAL") as stations:
        north, south = stations.north, stations.south
        n = (await south.ask("Wen", "test.call"))["n"]

        async def came() -> bool:
            return bool((await north.ask("Wanda", "status"))["lines"][0]["their_size"] > n)

        await stations.until(came)
        line = (await north.ask("Wanda", "status"))["lines"][0]["line"][:8]
        page = await room.sit(north, "Wanda", f"/messages/{line}/theirs/{n}")
        for edge in ("top", "bottom"):
            bar = page.locator(f".mark-bar.{edge}")
            await expect(bar).to_have_text("TEST TEST TEST")
            await expect(bar).to_have_class(f"mark-bar {edge} TEST")
        colours = {}
        for name in ("/inbox", f"/messages/{line}/theirs/{n}"):
            await page.goto(north.seat("Wanda") + name)
            (colours[name],) = await style(page, ".mark-bar.top", "backgroundImage")
        assert len(set(colours.values())) == 2
        await page.goto(f"{north.seat('Wanda')}/")
        await expect(page.locator(".mark-bar.top")).to_have_text("ACTUAL")
