"""A page renews itself under a person's hands: nothing that was begun there is lost by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Locator, Page, Response, Route, expect

from parley.console.stream import _Listener
from parley.station.acts.person import AT_THE_MACHINE
from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
# A press is believed for three seconds, and on a busy machine a page takes longer: meanwhile the
# page's own clock stands.
STANDS = "() => { const at = performance.now(); performance.now = () => at; }"
GOES_ON = "() => { delete performance.now; }"
DRAWN = "() => new Promise((go) => requestAnimationFrame(() => setTimeout(go, 100)))"


def renews(answer: Response) -> bool:
    """Whether a page has fetched itself."""
    return "x-parley-renewal" in answer.request.headers


@asynccontextmanager
async def while_it_is_fetched(page: Page) -> AsyncIterator[None]:
    """Afterwards the page has been fetched anew, and had the time to exchange its parts."""
    await page.evaluate(STANDS)
    async with page.expect_response(renews) as renewed:
        yield
    await (await renewed.value).finished()
    await page.evaluate(DRAWN)
    await page.evaluate(GOES_ON)


async def test_a_button_is_pressed_though_the_page_renews_under_the_finger(
    stations: World, room: Room
) -> None:
    north = stations.north
    wanda = await room.sit(north, "Wanda", "/watch")
    await expect(wanda.locator("#desks")).not_to_contain_text("Both")
    await wanda.get_by_role("button", name="Hold this desk").hover()
    await wanda.mouse.down()
    async with while_it_is_fetched(wanda):
        await north.ask("Both", "desk.hold", desk=1)
    await wanda.mouse.up()
    await expect(wanda.locator(".notice.done")).to_be_visible()
    await expect(wanda.locator("#desks")).to_contain_text("Wanda")
    # The same by the space bar, which presses when it is let go. What this page was still to renew
    # of the first press would wait for the second, so it begins anew.
    await wanda.goto(north.seat("Wanda") + "/watch")
    await wanda.wait_for_selector("html[data-connected=yes]", state="attached")
    leave = wanda.get_by_role("button", name="Leave")
    await leave.focus()
    await wanda.keyboard.down(" ")
    async with while_it_is_fetched(wanda):
        assert north.station is not None
        await north.station.call("desk.add", AT_THE_MACHINE, {"name": "Night desk"})
        await wanda.evaluate("document.dispatchEvent(new Event('due'))")
    await wanda.keyboard.up(" ")
    await expect(wanda.locator("#desks")).not_to_contain_text("Wanda")
    await expect(wanda.locator("#desks")).to_contain_text("Night desk")


@pytest.mark.story
async def test_a_press_whose_end_is_not_told_holds_no_page_back_for_long(
    stations: World, room: Room
) -> None:
    wanda = await room.sit(stations.north, "Wanda", "/inbox")
    await wanda.evaluate("document.dispatchEvent(new Event('pointerdown'))")
    await stations.say(stations.south, "Soon.")
    await expect(wanda.locator("#inbox")).to_contain_text("Soon.")


async def gives_a_reason(stations: World, room: Room) -> tuple[int, Page, Locator]:
    """A message to North, its page, and the field that says there why it cannot be done."""
    n: int = (await stations.say(stations.south, "First."))["n"]
    line = (await stations.north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    wanda = await room.sit(stations.north, "Wanda", f"/messages/{line}/theirs/{n}")
    await wanda.locator("summary", has_text="Unable").click()
    return n, wanda, wanda.get_by_label("Why it cannot be done")


async def test_a_word_that_is_being_composed_is_not_cut_off(stations: World, room: Room) -> None:
    """As Chinese is written: letters become signs when the word is chosen."""
    n, wanda, reason = await gives_a_reason(stations, room)
    await reason.focus()
    keys = await room.context.new_cdp_session(wanda)
    begun = {"text": "qiao", "selectionStart": 4, "selectionEnd": 4}
    await keys.send("Input.imeSetComposition", begun)
    async with while_it_is_fetched(wanda):
        await stations.north.ask("Wanda", "open", n=n)
    await keys.send("Input.insertText", {"text": "桥"})
    await expect(wanda.locator("#stages")).to_contain_text("Opened")
    await expect(reason).to_have_value("桥")


async def test_who_corrects_a_word_goes_on_where_the_word_is(stations: World, room: Room) -> None:
    n, wanda, reason = await gives_a_reason(stations, room)
    await reason.fill("The bridge down")
    for _ in range(len(" down")):
        await reason.press("ArrowLeft")
    await stations.north.ask("Wanda", "open", n=n)
    await expect(wanda.locator("#stages")).to_contain_text("Opened")
    await expect(reason).to_be_focused()
    await wanda.keyboard.type(" is")
    await expect(reason).to_have_value("The bridge is down")


async def test_of_several_links_to_one_place_the_same_one_keeps_the_focus(
    stations: World, room: Room
) -> None:
    dana = await room.sit(stations.north, "Dana", "/keys")
    found = await dana.evaluate(
        """async () => {
          const live = document.querySelector("script[src$='/live.js']").src;
          const { carryOver } = await import(live.replace("live.js", "renewal.js"));
          const make = (count) => {
            const made = document.createElement("div");
            for (let at = 0; at < count; at++) {
              const link = document.createElement("a");
              link.href = "/the/same";
              made.append(link);
            }
            return made;
          };
          const old = make(3);
          document.body.append(old);
          const kept = [];
          for (const [at, count] of [[0, 3], [1, 3], [2, 3], [2, 2]]) {
            old.children[at].focus();
            const fresh = make(count);
            kept.push([...fresh.children].indexOf(carryOver(old, fresh)));
          }
          return kept;
        }"""
    )
    assert found == [0, 1, 2, 1]


@pytest.mark.story
async def test_a_part_in_which_only_clocks_ran_stays_as_it_is(stations: World, room: Room) -> None:
    """A long list is not laid out anew for nothing."""
    await stations.say(stations.south, "First.", "IMMEDIATE")
    wanda = await room.sit(stations.north, "Wanda", "/inbox")
    clock = wanda.locator("#inbox .msg .clock[data-due]")
    await expect(clock).to_be_visible()
    for _ in range(10):  # until what its arrival and its display brought about is on the page
        await wanda.evaluate("document.getElementById('inbox').marked = true")
        await asyncio.sleep(0.3)
        async with while_it_is_fetched(wanda):
            await wanda.evaluate("document.dispatchEvent(new Event('due'))")
        if await wanda.evaluate("document.getElementById('inbox').marked"):
            break
    began = await clock.text_content()
    await wanda.evaluate("document.getElementById('inbox').marked = true")
    await expect(clock).not_to_have_text(began or "")
    async with while_it_is_fetched(wanda):
        await wanda.evaluate("document.dispatchEvent(new Event('due'))")
    assert await wanda.evaluate("document.getElementById('inbox').marked")
    await stations.say(stations.south, "Second.")
    await expect(wanda.locator("#inbox")).to_contain_text("Second.")
    assert not await wanda.evaluate("document.getElementById('inbox').marked")


@pytest.mark.story
async def test_a_renewal_that_failed_is_tried_again(stations: World, room: Room) -> None:
    """Nothing else may happen for hours that asks for another one."""
    wanda = await room.sit(stations.north, "Wanda", "/record")
    failed: list[str] = []

    async def fail(route: Route) -> None:
        if "x-parley-renewal" not in route.request.headers or failed:
            await route.continue_()
            return
        failed.append(route.request.url)
        await route.abort("connectionrefused")

    await wanda.route("**/record", fail)
    async with wanda.expect_response(renews):
        await wanda.evaluate("document.dispatchEvent(new Event('due'))")
    assert len(failed) == 1


async def test_an_alarm_that_is_told_late_does_not_stay_when_it_is_over(
    stations: World, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a stream was lost all that was missed is told, to pages too that know better."""
    north = stations.north
    late: list[tuple[_Listener, bytes]] = []
    put = _Listener.put

    def hold_back(self: _Listener, told: bytes) -> None:
        if b'"kind":"hello"' in told or b'"kind":"beat"' in told:
            put(self, told)
        else:
            late.append((self, told))

    monkeypatch.setattr(_Listener, "put", hold_back)
    first = await room.sit(north, "Wanda")  # whose stream the other one shares
    said = await stations.say(stations.south, "Now.", "FLASH")

    async def opened() -> bool:
        lines = (await north.ask("Wanda", "status"))["lines"]
        if lines[0]["their_size"] <= said["n"]:
            return False
        await north.ask("Wanda", "open", n=said["n"])
        return True

    await stations.until(opened)
    page = await room.tab()
    await page.goto(f"{north.seat('Wanda')}/record")
    await page.wait_for_selector("html[data-connected=yes]", state="attached")
    await page.evaluate(
        "document.addEventListener('parley:alarm', () => { window.told = true; }, { once: true })"
    )
    for browser, told in late:
        put(browser, told)
    await page.wait_for_function("() => window.told")
    await expect(page.locator("#alarm")).to_be_hidden()
    await first.close()
