"""Everything by keyboard alone, with the focus always seen."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOCUSED = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const ring = at.closest(".choice") ? getComputedStyle(at.closest(".choice")) : style;
  const box = at.getBoundingClientRect();
  return {
    name: (at.innerText || at.name || at.id || at.tagName).split("\\n")[0],
    seen: parseFloat(ring.outlineWidth) >= 2 && ring.outlineStyle !== "none",
    onScreen: box.bottom > 0 && box.top < innerHeight,
    body: at === document.body,
  };
}"""

FROM_THE_TOP = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
}"""


async def stops(page: Page, most: int = 80) -> list[str]:
    """All stops of the Tab key, each with its focus seen."""
    names: list[str] = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        at = await page.evaluate(FOCUSED)
        if at["body"] or (names and at["name"] == names[0]):
            return names
        assert at["seen"], f"no focus ring on {at['name']}"
        assert at["onScreen"], f"{at['name']} has the focus off screen"
        names.append(at["name"])
    raise AssertionError("the Tab key never comes round")


@pytest.mark.story
async def test_every_stop_is_seen_and_the_first_skips_to_the_page(
    stations: World, room: Room
) -> None:
    said = await stations.say(stations.south, "Now.", "IMMEDIATE")
    line = (await stations.north.ask("Both", "status"))["lines"][0]["line"][:8]
    both = await room.sit(stations.north, "Both")
    await stations.north.ask("Dana", "draft.new", text="Hello.")
    message = f"/messages/{line}/theirs/{said['n']}"
    others = ("/wall", "/chat", "/calls", "/find", "/tests", "/glossary", "/watch/roster", "/you")
    for path in ("/", "/inbox", "/compose", "/drafts/1", message, "/record", "/watch", *others):
        await both.goto(stations.north.seat("Both") + path)
        await both.evaluate(FROM_THE_TOP)
        found = await stops(both)
        assert found[0] == "Skip to the page", path
        assert "Seats in this browser" in found
        await both.goto(stations.north.seat("Both") + path)
        await both.evaluate(FROM_THE_TOP)
        await both.keyboard.press("Tab")
        await both.keyboard.press("Enter")
        assert await both.evaluate("document.activeElement.id") == "main"


@pytest.mark.story
async def test_a_message_is_written_released_and_opened_without_a_mouse(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    wen = await room.sit(south, "Wen")
    dana = await room.sit(north, "Dana")
    await dana.bring_to_front()
    await dana.keyboard.press("3")
    await dana.wait_for_url("**/compose")
    # The text field has the focus; keys are text there, and no shortcuts.
    await dana.keyboard.type("1 ship, 2 boats?")
    await dana.keyboard.press("Shift+Tab")
    await dana.keyboard.press("ArrowRight")  # from ROUTINE round to FLASH
    assert await dana.evaluate("document.activeElement.value") == "FLASH"
    for _ in range(12):  # what was found in the text, subject, language, and what is left out
        await dana.keyboard.press("Tab")
        if await dana.evaluate("document.activeElement.matches('button.main')"):
            break
    await dana.keyboard.press("Enter")
    await dana.wait_for_url("**/drafts/1?done=drafted")

    rene = await room.sit(north, "Rene")
    await rene.keyboard.press("3")
    await rene.wait_for_url("**/drafts")
    await rene.keyboard.press("j")
    await rene.keyboard.press("Enter")
    await rene.wait_for_url("**/drafts/1")
    await rene.locator("#decide input[type=checkbox]").focus()
    await rene.keyboard.press("Space")
    await rene.keyboard.press("Tab")
    await rene.keyboard.press("Enter")
    await expect(rene.locator(".notice.done")).to_contain_text("Released")

    await wen.bring_to_front()
    await expect(wen.locator("#alarm")).to_be_visible()
    await wen.keyboard.press("f")
    await wen.keyboard.press("Enter")
    await expect(wen.locator(".text")).to_have_text("1 ship, 2 boats?")
    await wen.wait_for_selector("html[data-connected=yes]", state="attached")
    await wen.keyboard.press("o")  # goes to the button; no word is sent by one key
    await expect(wen.get_by_role("button", name="Open: I have read it")).to_be_focused()
    await wen.keyboard.press("Enter")
    await expect(wen.locator(".notice.done")).to_contain_text("Opened")
    await wen.wait_for_selector("html[data-connected=yes]", state="attached")
    await wen.keyboard.press("p")
    await expect(wen.get_by_label("To which office")).to_be_focused()
    await wen.keyboard.type("Chief of staff")
    await wen.keyboard.press("Enter")
    await expect(wen.locator("#stages")).to_contain_text("to Chief of staff")


async def test_shortcuts_are_listed_and_can_be_switched_off(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda", "/keys")
    listed = set(await wanda.locator("main kbd").all_inner_texts())
    assert {"1", "2", "F", "S", "T", "O", "P", "B", "?"} <= listed
    await wanda.get_by_label("Single keys act").uncheck()
    # A key that acts clicks at once, before the browser goes anywhere.
    await wanda.evaluate(
        "document.addEventListener('click', () => { window.clicked = true; }, { capture: true })"
    )
    await wanda.locator("body").press("2")
    assert not await wanda.evaluate("window.clicked")
    assert wanda.url.endswith("/keys")
    await wanda.get_by_label("Single keys act").check()
    await wanda.locator("main").press("2")
    await wanda.wait_for_url("**/inbox")
