"""A service message from *Write* to the other side's paper, on a line that is suspended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Room
from tests.console.looking import style
from tests.console.world import World, world

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TEXT = "Text, in your own language"
OUTAGE = "Our second path is off from 0600Z to 0630Z."
CHOICE = re.compile("^Service message")


async def bears(page: Page, mark: str) -> None:
    """Both edges of the page say it."""
    for edge in ("top", "bottom"):
        bar = page.locator(f".mark-bar.{edge}").filter(visible=True)
        await expect(bar).to_have_class(re.compile(rf"^mark-bar {edge} {mark}$"))
        await expect(bar).to_contain_text(mark)
    await expect(page).to_have_title(re.compile(rf"(^| · ){mark} · "))


async def test_the_frame_says_what_is_chosen_while_one_writes(stations: World, room: Room) -> None:
    dana = await room.sit(stations.north, "Dana", "/compose")
    shown = dana.locator("#compose .frame-line").filter(visible=True)
    await expect(shown).to_have_text(["EXERCISE EXERCISE EXERCISE"] * 2)
    await dana.get_by_label(TEXT).fill("This is not a drill: the power fails.")
    await expect(dana.locator("#text-fault")).to_contain_text("marked EXERCISE")
    await dana.get_by_role("checkbox", name=CHOICE).check()
    await expect(shown).to_have_text(["SERVICE"] * 2)
    await bears(dana, "SERVICE")  # at once: nothing is kept yet
    await expect(dana.locator("#text-fault")).to_contain_text("marked SERVICE")
    await dana.get_by_role("button", name="Keep as draft").click()
    await expect(dana.locator(".notice.refused:not([hidden])")).to_contain_text("marked SERVICE")
    await expect(dana.get_by_role("checkbox", name=CHOICE)).to_be_checked()
    await bears(dana, "SERVICE")
    await dana.get_by_role("checkbox", name=CHOICE).uncheck()
    await expect(shown).to_have_text(["EXERCISE EXERCISE EXERCISE"] * 2)
    await bears(dana, "EXERCISE")


@pytest.mark.story
async def test_it_is_written_released_and_read_as_service(tmp_path: Path, room: Room) -> None:
    async with world(tmp_path, "ACTUAL") as stations:
        north, south = stations.north, stations.south
        order = await south.ask("Dmitri", "suspend", reason="Manoeuvres in the strait")
        await stations.release(south, order)

        async def suspended() -> bool:
            line = (await north.ask("Wanda", "status"))["lines"][0]
            return bool(line["declared"] == "suspended")

        await stations.until(suspended)
        dana = await room.sit(north, "Dana", "/compose")
        await expect(dana.locator("#compose .frame-line").filter(visible=True)).to_have_count(0)
        await dana.get_by_label(TEXT).fill(OUTAGE)
        await dana.get_by_role("checkbox", name=CHOICE).check()
        await dana.get_by_label("PRIORITY").check()
        await dana.get_by_role("button", name="Keep as draft").click()
        await dana.wait_for_url("**/drafts/1?done=drafted")
        await bears(dana, "SERVICE")

        await dana.goto(f"{north.seat('Dana')}/drafts/1/edit")
        await bears(dana, "SERVICE")
        await expect(dana.locator("#compose .frame-line")).to_have_text(["SERVICE"] * 2)
        await expect(dana.get_by_role("checkbox", name=CHOICE)).to_have_count(0)
        await dana.get_by_label(TEXT).fill(OUTAGE + " The first stays.")
        await dana.get_by_role("button", name="Keep the changed draft").click()
        await dana.wait_for_url("**/drafts/1?done=edited")

        rene = await room.sit(north, "Rene", "/drafts/1")
        await bears(rene, "SERVICE")
        await expect(rene.locator("article .frame-line")).to_have_text(["SERVICE"] * 2)
        await rene.get_by_role("checkbox").check()
        await rene.get_by_role("button", name=re.compile("as PRIORITY, SERVICE$")).click()
        await expect(rene.locator(".notice.done")).to_contain_text("Released")

        wen = await room.sit(south, "Wen", "/inbox")
        row = wen.locator("#inbox li", has_text="SERVICE").first
        await expect(row).to_contain_text("Our second path is off")
        await expect(row).not_to_contain_text("Sent although")
        await row.get_by_role("link").first.click()
        await bears(wen, "SERVICE")
        await expect(wen.locator("article .frame-line")).to_have_text(["SERVICE"] * 2)
        (colour,) = await style(wen, ".mark-bar.top", "backgroundColor")
        assert colour == "rgb(74, 90, 0)"
        here = wen.url.partition("?")[0].removeprefix(south.seat("Wen"))
        dmitri = await room.sit(south, "Dmitri", here)
        await dmitri.locator("#act").get_by_role("link", name="Answer", exact=False).first.click()
        await expect(dmitri.get_by_role("checkbox", name=CHOICE)).to_be_checked()
        printed = await wen.request.get(f"{wen.url.partition('?')[0]}/print")
        assert 'class="SERVICE"' in await printed.text()
