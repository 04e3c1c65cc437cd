"""A tab is DEAF until a person has heard its test tone in it; then it rings for FLASH."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.console.conftest import Room
from tests.console.looking import style
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def play(page: Page) -> None:
    await page.evaluate("Math.random = () => 0")  # two tones, always
    await page.locator("#hearing-play").click()
    await expect(page.locator("#hearing-count")).to_be_visible()


async def test_deaf_until_the_tones_were_counted(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    html = wanda.locator("html")
    await expect(html).to_have_attribute("data-hearing", "deaf")
    await expect(wanda.locator("#hearing")).to_contain_text("DEAF")
    assert "DEAF" in await wanda.title()
    await play(wanda)
    await wanda.locator("[data-heard='3']").click()
    await expect(wanda.locator("#hearing-why")).to_contain_text("Not 3")
    await expect(html).to_have_attribute("data-hearing", "deaf")
    await play(wanda)
    await wanda.locator("[data-heard='2']").click()
    await expect(html).to_have_attribute("data-hearing", "hears")
    await expect(wanda.locator("#hearing")).to_be_hidden()
    assert "DEAF" not in await wanda.title()


@pytest.mark.story
async def test_hearing_holds_for_this_tab_and_no_other(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    await play(wanda)
    await wanda.locator("[data-heard='2']").click()
    await wanda.get_by_role("link", name="Inbox").click()
    await expect(wanda.locator("h1")).to_have_text("Inbox")
    await expect(wanda.locator("html")).to_have_attribute("data-hearing", "hears")
    other = await room.tab()
    await other.goto(wanda.url)
    await expect(other.locator("html")).to_have_attribute("data-hearing", "deaf")
    # A duplicated tab copies the storage of the first; what was heard is not in it.
    assert await wanda.evaluate("sessionStorage.getItem('parley-heard')") is None


@pytest.mark.story
async def test_a_deaf_tab_shows_the_alarm_and_rings_once_it_hears(
    stations: World, room: Room
) -> None:
    wanda = await room.sit(stations.north, "Wanda", "/record")
    await stations.say(stations.south, "Stand by.", "FLASH")
    await expect(wanda.locator("#alarm")).to_be_visible()
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "no")
    await play(wanda)
    await wanda.locator("[data-heard='2']").click()
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "yes")
    # Silence is for this tab; the alarm and its clock stay.
    await wanda.keyboard.press("s")
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "no")
    await expect(wanda.locator("#alarm")).to_be_visible()
    await expect(wanda.locator("#alarm .clock")).to_contain_text("9:")
    # Another FLASH rings again.
    await stations.say(stations.south, "Now.", "FLASH")
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "yes")
    await expect(wanda.locator("#alarms > li")).to_have_count(2)


async def test_flash_and_immediate_ring_each_with_its_sound_and_only_at_the_watch(
    stations: World, room: Room
) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    dana = await room.sit(stations.north, "Dana")
    await play(wanda)
    await wanda.locator("[data-heard='2']").click()
    said = await stations.say(stations.south, "Soon.", "IMMEDIATE")
    await expect(wanda.locator("main")).to_contain_text(f"South {said['n']}")
    await expect(wanda.locator("#alarm")).to_be_hidden()
    await expect(wanda.locator("#urgent .ref")).to_have_text(f"South {said['n']}")
    await expect(wanda.locator("#urgent .word")).to_have_text("IMMEDIATE", use_inner_text=True)
    await expect(wanda.locator("html")).to_have_attribute("data-sound", "IMMEDIATE exercise")
    flash = await stations.say(stations.south, "Now.", "FLASH")
    await expect(wanda.locator("html")).to_have_attribute("data-sound", "FLASH exercise")
    await expect(dana.locator("#alarm")).to_be_visible()
    assert await dana.locator("#hearing").count() == 0
    await expect(dana.locator("html")).to_have_attribute("data-ringing", "no")
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "yes")
    # Each rings until a named person has opened it; the more urgent first.
    await stations.north.ask("Wanda", "open", n=flash["n"])
    await expect(wanda.locator("html")).to_have_attribute("data-sound", "IMMEDIATE exercise")
    await stations.north.ask("Wanda", "open", n=said["n"])
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "no")
    # A page that has lost its station rings, in a voice of its own, until it is back.
    port = int(stations.north.console.rpartition(":")[2])
    await stations.north.hide_pages()
    await expect(wanda.locator("#lost")).to_be_visible()
    await expect(wanda.locator("html")).to_have_attribute("data-sound", "lost")
    await stations.north.show_pages(port)
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "no")
    await expect(wanda.locator("#lost")).to_be_hidden()


@pytest.mark.story
@pytest.mark.parametrize("precedence", ["FLASH", "IMMEDIATE"])
async def test_what_nobody_opens_is_silent_for_a_minute_and_rings_again(
    stations: World, room: Room, precedence: str
) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    await play(wanda)
    await wanda.locator("[data-heard='2']").click()
    said = await stations.say(stations.south, "Now.", precedence)
    html = wanda.locator("html")
    await expect(html).to_have_attribute("data-ringing", "yes")
    await wanda.clock.install()
    await wanda.get_by_role("button", name="Silence for a minute").click()
    await expect(html).to_have_attribute("data-ringing", "no")
    await wanda.clock.fast_forward(58_000)
    await expect(html).to_have_attribute("data-ringing", "no")
    await wanda.clock.fast_forward(3_000)
    await expect(html).to_have_attribute("data-ringing", "yes")
    # Another page of this tab knows how long it is still silent.
    await wanda.keyboard.press("s")
    await wanda.get_by_role("link", name="Inbox").click()
    await expect(wanda.locator("h1")).to_have_text("Inbox")
    await expect(html).to_have_attribute("data-ringing", "no")
    await wanda.clock.fast_forward(61_000)
    await expect(html).to_have_attribute("data-ringing", "yes")
    await stations.north.ask("Wanda", "open", n=said["n"])
    await expect(html).to_have_attribute("data-ringing", "no")
    await wanda.clock.fast_forward(61_000)
    await expect(html).to_have_attribute("data-ringing", "no")


async def test_three_of_what_rings_are_seen_and_all_of_it_is_silenced(
    stations: World, room: Room
) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    await play(wanda)
    await wanda.locator("[data-heard='2']").click()
    for at in range(5):
        await stations.say(stations.south, f"Soon, {at}.", "IMMEDIATE")
    await expect(wanda.locator("#urgents > li")).to_have_count(5)
    await wanda.get_by_role("link", name="Inbox").click()
    await expect(wanda.locator("#urgents > li")).to_have_count(5)
    await expect(wanda.locator("#urgents > li .ref")).to_have_count(3)  # nobody sees the others
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "yes")
    await wanda.keyboard.press("s")
    await expect(wanda.locator("html")).to_have_attribute("data-ringing", "no")


async def test_an_alarm_that_came_while_the_page_was_made_stands_there_once(
    stations: World, room: Room
) -> None:
    """The station reads where it is, and then what there is: in between something may happen."""
    wanda = await room.sit(stations.north, "Wanda")

    async def made_before(route: Route) -> None:
        answer = await route.fetch()
        body, count = re.subn(r'data-seq="\d+"', 'data-seq="0"', await answer.text())
        assert count == 1
        await route.fulfill(response=answer, body=body)

    await room.context.route(wanda.url, made_before)
    said = await stations.say(stations.south, "Soon.", "IMMEDIATE")
    await expect(wanda.locator("#urgents > li")).to_have_count(1)
    await expect(wanda.locator("main")).to_contain_text(f"South {said['n']}")
    await expect(wanda.locator("#urgents > li")).to_have_count(1)


@pytest.mark.story
async def test_the_event_handler_itself_shows_the_alarm(stations: World, room: Room) -> None:
    """Nothing is fetched between the event and the alarm: fetching is made impossible here."""
    wanda = await room.sit(stations.north, "Wanda")
    await wanda.evaluate(
        """() => {
          globalThis.fetch = () => new Promise(() => {});
          document.addEventListener("parley:alarm", (event) => {
            const { n, received } = event.detail;
            const late = performance.timeOrigin + performance.now() - received;
            const shown = !document.getElementById("alarm").hidden;
            document.body.dataset.seen = `${n} ${shown} ${late >= 0 && late < 1000}`;
          });
        }"""
    )
    said = await stations.say(stations.south, "Now.", "FLASH")
    await expect(wanda.locator("body")).to_have_attribute("data-seen", f"{said['n']} true true")
    await expect(wanda.locator("#alarm")).to_contain_text(f"South {said['n']}")
    await expect(wanda.locator("#alarm .tag:not(.gap)")).to_have_text("EXERCISE")


@pytest.mark.story
async def test_the_alarm_stands_still_where_motion_is_not_wanted(
    stations: World, room: Room
) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    await stations.say(stations.south, "Now.", "FLASH")
    await expect(wanda.locator("#alarm")).to_be_visible()
    assert await style(wanda, "#alarm", "animationName") == ["beat"]
    await wanda.emulate_media(reduced_motion="reduce")
    assert await style(wanda, "#alarm", "animationName") == ["none"]


@pytest.mark.story
async def test_every_page_says_when_nobody_hears(stations: World, room: Room) -> None:
    dana = await room.sit(stations.north, "Dana")
    await expect(dana.locator("#unheard")).to_be_visible()
    wanda = await room.sit(stations.north, "Wanda")
    await play(wanda)
    await wanda.locator("[data-heard='2']").click()
    await expect(dana.locator("#unheard")).to_be_hidden()
    await dana.goto(f"{stations.north.seat('Dana')}/watch")
    await expect(dana.locator("#people")).to_contain_text("rings")
    await wanda.close()
    await expect(dana.locator("#unheard")).to_be_visible()
