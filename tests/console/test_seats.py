"""Several people, two stations, one browser; links that work once; pages without script."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.console.conftest import PATIENCE_MS, Room
from tests.console.world import World, world

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.story
async def test_seats_of_both_stations_side_by_side(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    seats = [(north, "Dana"), (north, "Rene"), (north, "Wanda"), (south, "Wen"), (south, "Rosa")]
    tabs = [await room.sit(post, name) for post, name in seats]
    for (post, name), tab in zip(seats, tabs, strict=True):
        await tab.reload()
        await expect(tab.locator(".bar .station")).to_have_text(post.party)
        await expect(tab.locator(".bar .person")).to_contain_text(name)
    cookies = [cookie for cookie in await room.context.cookies() if cookie["name"][:7] == "parley-"]
    assert len({cookie["name"] for cookie in cookies}) == 2
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in cookies)
    assert await tabs[0].evaluate("document.cookie") == ""
    page = await room.tab()
    await page.goto(f"{north.console}/")
    assert await page.locator("main ul a.button").all_inner_texts() == ["Dana", "Rene", "Wanda"]


async def test_a_link_works_once_and_looking_does_not_use_it(stations: World, room: Room) -> None:
    link = await stations.north.link("Wanda")
    for _ in range(2):
        assert (await room.context.request.get(link)).status == 200
    page = await room.tab()
    await page.goto(link)
    await expect(page.get_by_role("button", name="Take this seat")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{stations.north.seat('Wanda')}/")
    again = await room.context.request.get(link)
    assert again.status == 422
    assert "was used already" in await again.text()
    assert f"/s/{stations.north.ids['Wanda']}/" in await again.text()  # where she sits already
    assert (await room.context.request.post(link)).status == 422
    trail = (await stations.north.ask("Aline", "audit"))["rows"]
    used = [row for row in trail if row["act"] == "signin.use"]
    assert [(row["name"], row["outcome"]) for row in used] == [("Wanda", "done")]
    assert link.rpartition("/")[2] not in str(trail)


async def test_links_expire_and_are_for_oneself(stations: World, room: Room) -> None:
    north = stations.north
    link = await north.link("Dana")
    assert north.station is not None
    with north.station.store.transaction():
        north.station.store.sql("UPDATE sign_in_links SET expires = 1000")
    answer = await room.context.request.get(link)
    assert answer.status == 422
    assert "has expired" in await answer.text()
    missing = await room.context.request.get(f"{north.console}/sign-in/nothing")
    assert "no sign-in link" in await missing.text()
    with pytest.raises(Exception, match="for Dana only"):
        await north.ask("Dana", "signin.link", person=north.ids["Wanda"])


async def test_a_page_for_others_is_refused_at_once(stations: World, room: Room) -> None:
    rene = await room.sit(stations.north, "Rene")
    answer = await rene.goto(f"{stations.north.seat('Rene')}/compose")
    assert answer is not None
    assert answer.status == 422
    await expect(rene.locator("main")).to_contain_text("Only a drafter writes messages.")
    await expect(rene.locator("textarea")).to_have_count(0)


@pytest.mark.story
async def test_who_ends_has_no_seat(stations: World, room: Room) -> None:
    north = stations.north
    dana = await room.sit(north, "Dana")
    wanda = await room.sit(north, "Wanda")
    assert north.station is not None
    operator = north.station.people.must_be_here(1)
    await north.station.call("person.end", operator, {"person": north.ids["Dana"]})
    await dana.reload()
    await expect(dana.locator(".notice")).to_contain_text("no such seat")
    await wanda.get_by_role("link", name="Watch").click()
    await wanda.get_by_role("button", name="Give up this seat").click()
    await expect(wanda.locator(".empty")).to_contain_text("Nobody has signed in here")
    # Nobody is left in this browser, so its stream ends.
    assert (await room.context.request.get(f"{north.console}/events")).status == 403


async def test_reading_and_acting_without_script(stations: World, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await stations.say(stations.south, "Now.", "FLASH")
    await page.goto(await stations.north.link("Wanda"))
    await page.get_by_role("button", name="Take this seat").click()
    await expect(page.locator("#alarm")).to_be_visible()
    await expect(page.locator("noscript .state-bar").first).to_contain_text("DEAF")
    await page.get_by_role("link", name="Inbox").click()
    await page.locator("a.msg").first.click()
    assert await page.locator(".text").inner_text() == "Now."
    await page.get_by_role("button", name="Open: I have read it").click()
    await expect(page.locator(".notice.done")).to_contain_text("Opened")
    await expect(page.locator("#alarm")).to_be_hidden()
    await context.close()


@pytest.mark.story
async def test_a_desk_is_held_and_left(stations: World, room: Room) -> None:
    await stations.north.ask("Both", "desk.hold", desk=1)
    wanda = await room.sit(stations.north, "Wanda", "/watch")
    await expect(wanda.locator("#desks")).not_to_contain_text("Wanda")
    await wanda.get_by_role("button", name="Hold this desk").click()
    await expect(wanda.locator("#desks")).to_contain_text("Wanda")
    wen = await room.sit(stations.south, "Wen")
    await expect(wen.locator("main")).to_contain_text("Wanda")
    await wanda.get_by_role("button", name="Leave").click()
    await expect(wanda.locator("#desks")).not_to_contain_text("Wanda")


async def test_an_actual_line_says_so(tmp_path_factory: pytest.TempPathFactory, room: Room) -> None:
    async with world(tmp_path_factory.mktemp("actual"), mark="ACTUAL") as actual:
        wanda = await room.sit(actual.north, "Wanda")
        assert (await wanda.title()).startswith("ACTUAL · ")
        await expect(wanda.locator(".mark-bar.ACTUAL")).to_have_count(2)
        await actual.say(actual.south, "This is not an exercise.", "FLASH")
        await expect(wanda.locator("#alarm .tag:not(.gap)")).to_have_text("ACTUAL")
        assert "EXERCISE" not in (await wanda.locator("body").inner_text()).replace(
            "an exercise", ""
        )
        await wanda.goto("about:blank")


async def test_lines_of_two_marks_are_never_mixed_up(
    tmp_path_factory: pytest.TempPathFactory, room: Room
) -> None:
    folder = tmp_path_factory.mktemp("mixed")
    async with world(folder, mark="EXERCISE", also="ACTUAL") as mixed:
        north, south = mixed.north, mixed.south
        both = await room.sit(north, "Both", "/compose")
        await expect(both.locator(".mark-bar:visible").first).to_contain_text("ACTUAL AND EXERCISE")
        # Nobody writes on a line that was not named.
        await both.locator("#text").fill("To whom?")
        await both.get_by_role("button", name="Keep as draft").click()
        assert await both.evaluate("document.activeElement.name") == "line"
        await both.locator("select").select_option(label="South: Leaders (ACTUAL)")
        await both.get_by_role("button", name="Keep as draft").click()
        await expect(both).to_have_title(re.compile("^ACTUAL · "))
        await expect(both.locator("article .tag.ACTUAL")).to_be_visible()
        await mixed.say(south, "In training.", "FLASH", line="North – South")
        await expect(both.locator("#alarm .ref")).to_contain_text("North – South")
        await expect(both.locator("#alarm .tag:not(.gap)")).to_have_text("EXERCISE")
        await expect(both).to_have_title(re.compile("^◆ FLASH EXERCISE · ACTUAL · "))
        await both.get_by_role("link", name="Read it").click()
        await expect(both).to_have_title(re.compile("^◆ FLASH EXERCISE · DEAF · "))
        await both.goto("about:blank")


async def test_the_auditor_sees_who_did_what(stations: World, room: Room) -> None:
    await stations.say(stations.north, "Hello.")
    aline = await room.sit(stations.north, "Aline", "/audit")
    await expect(aline.locator("#audit")).to_contain_text("draft.new")
    assert await aline.get_by_role("link", name="Write").count() == 0
    dana = await room.sit(stations.north, "Dana")
    assert await dana.get_by_role("link", name="Audit trail").count() == 0
    answer = await room.context.request.get(f"{stations.north.seat('Dana')}/audit")
    assert answer.status == 422
