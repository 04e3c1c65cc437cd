"""A line is suspended, lifted and closed on the pages; both sides see what was declared and why."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REASON = "Manoeuvres in the strait"


async def release(page: Page) -> None:
    """The second person reads and releases the draft on this page."""
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name=re.compile("^Release")).click()
    await expect(page.locator(".notice.done")).to_contain_text("Released")


async def declares(page: Page, seat: str, line: str, button: str, words: str) -> int:
    """A drafter fills one of the three forms; the number of the draft."""
    await page.goto(f"{seat}/declare?line={line}")
    form = page.locator("form", has=page.get_by_role("button", name=button))
    await form.locator("[name=text]").fill(words)
    await form.get_by_role("button", name=button).click()
    await page.wait_for_url(re.compile(r"/drafts/\d+\?done=drafted"))
    return int(re.findall(r"/drafts/(\d+)", page.url)[0])


@pytest.mark.story
async def test_suspended_lifted_and_closed(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    line: str = (await north.ask("Wanda", "status"))["lines"][0]["line"]
    wen = await room.sit(south, "Wen")
    await expect(wen.locator("main")).to_contain_text("both stations may speak")
    dana = await room.sit(north, "Dana")
    await expect(wen.get_by_role("link", name="Suspend, lift or close")).to_have_count(0)
    await expect(dana.get_by_role("link", name="Suspend, lift or close")).to_have_count(1)

    number = await declares(dana, north.seat("Dana"), line, "Keep the order to suspend", REASON)
    rene = await room.sit(north, "Rene", f"/drafts/{number}")
    await expect(rene.locator("article")).to_contain_text("Suspends everything")
    await release(rene)

    # The page that was open all the while says so, beside what is observed.
    bar = wen.locator(".state-bar", has_text="SUSPENDED")
    await expect(bar).to_contain_text("Suspended by North since")
    await expect(bar).to_contain_text(REASON)
    await expect(bar).to_contain_text("What still passes: search and rescue")
    await expect(wen.locator("#strip")).to_contain_text("SUSPENDED")
    await expect(wen.locator("main")).to_contain_text("they answer what we send")

    # A text is refused with its words kept; marked as search and rescue it passes.
    dmitri = await room.sit(south, "Dmitri", "/compose")
    await expect(dmitri.locator("main")).to_contain_text("Suspended by North since")
    await dmitri.get_by_label("Text, in your own language").fill("A trawler burns.")
    await dmitri.get_by_role("button", name="Keep as draft").click()
    await expect(dmitri.locator(".notice.refused:not([hidden])")).to_contain_text(
        "is suspended by North"
    )
    await expect(dmitri.get_by_label("Text, in your own language")).to_have_value(
        "A trawler burns."
    )
    await dmitri.get_by_role("checkbox", name=re.compile("^Search and rescue")).check()
    await dmitri.get_by_role("button", name="Keep as draft").click()
    await expect(dmitri.locator("article")).to_contain_text("SEARCH AND RESCUE")
    rosa = await room.sit(south, "Rosa", re.sub(r".*(/drafts/\d+).*", r"\1", dmitri.url))
    await release(rosa)
    wanda = await room.sit(north, "Wanda", "/inbox")
    await expect(wanda.locator("#inbox")).to_contain_text("SEARCH AND RESCUE")

    # Both test, and the line is open.
    for post, drafter, name, releaser, second in (
        (south, dmitri, "Dmitri", rosa, "Rosa"),
        (north, dana, "Dana", rene, "Rene"),
    ):
        draft = await declares(drafter, post.seat(name), line, "Keep our test", "Seven swans.")
        await releaser.goto(f"{post.seat(second)}/drafts/{draft}")
        await release(releaser)
    await expect(wen.locator("main")).to_contain_text("both stations may speak")
    await expect(wen.locator("#strip")).not_to_contain_text("SUSPENDED")

    number = await declares(dana, north.seat("Dana"), line, "Keep the order to close", "It ends.")
    await rene.goto(f"{north.seat('Rene')}/drafts/{number}")
    await release(rene)
    await expect(wen.locator(".state-bar", has_text="CLOSED")).to_contain_text("Closed by North at")
    await expect(wen.locator("main")).to_contain_text("nothing more is said; the record stays")
    await dmitri.goto(f"{south.seat('Dmitri')}/declare?line={line}")
    await expect(dmitri.locator("main")).to_contain_text("nothing more is declared of it")


async def test_a_refused_order_comes_back_with_its_words(stations: World, room: Room) -> None:
    north = stations.north
    line: str = (await north.ask("Wanda", "status"))["lines"][0]["line"]
    dana = await room.sit(north, "Dana", f"/declare?line={line}")
    form: Any = dana.locator(
        "form", has=dana.get_by_role("button", name="Keep the order to suspend")
    )
    await form.locator("[name=text]").fill("a tab\there")
    await form.get_by_role("checkbox", name="ROUTINE").check()
    await form.locator("[name=hours]").fill("2")
    await form.get_by_role("button").click()
    await expect(dana.locator(".notice.refused:not([hidden])")).to_contain_text(
        "a tab cannot be sent"
    )
    await expect(form.locator("[name=text]")).to_have_value("a tab\there")
    await expect(form.get_by_role("checkbox", name="ROUTINE")).to_be_checked()
    await expect(form.locator("[name=hours]")).to_have_value("2")
    wanda = await room.sit(north, "Wanda")
    answer = await wanda.goto(f"{north.seat('Wanda')}/declare?line={line}")
    assert answer is not None
    assert answer.status == 422
    await expect(wanda.locator("body")).to_contain_text("Only a drafter")
