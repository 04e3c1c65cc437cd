"""A call was held by telephone: its minute is agreed, and two readouts disagree on the date."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Room
from tests.console.looking import places
from tests.console.world import Post, World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PRESENT = "North; Chairman; General North\nSouth; Chairman; General Yug"
AGREED = "Both sides keep the rules of 1972 at sea."
OURS = (
    "The Chairman spoke with General Yug on 3 December for 39 minutes, about meetings at sea and"
    " the importance of open and direct lines."
)
THEIRS = (
    "4 декабря по приглашению северной стороны состоялся разговор. Обсуждались встречи на море и"
    " обстановка в проливе."
)


async def released(page: Page, releaser: Page, post: Post) -> int:
    """The draft that a page has just kept, released by a second person; its number."""
    await page.wait_for_url(re.compile(r"/drafts/\d+\?done=drafted"))
    (number,) = re.findall(r"/drafts/(\d+)", page.url)
    await releaser.goto(f"{post.seat('Rene' if post.party == 'North' else 'Rosa')}/drafts/{number}")
    await releaser.get_by_role("checkbox").check()
    await releaser.get_by_role("button", name=re.compile("^Release")).click()
    await releaser.wait_for_url(re.compile(r"/messages/\w+/ours/\d+\?done=released"))
    return int(re.findall(r"/ours/(\d+)", releaser.url)[0])


async def has(world: World, post: Post, n: int) -> None:
    """The other side's entry has come."""
    watch = "Wanda" if post is world.north else "Wen"

    async def come() -> bool:
        return bool((await post.ask(watch, "status"))["lines"][0]["their_size"] > n)

    await world.until(come)


def row(page: Page, what: str) -> Any:
    return page.locator(".compared tr", has=page.get_by_role("cell", name=what, exact=True).first)


@pytest.mark.story
async def test_two_readouts_that_disagree_on_the_date(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    dana = await room.sit(north, "Dana", "/minutes")
    rene = await room.sit(north, "Rene")
    dmitri = await room.sit(south, "Dmitri")
    rosa = await room.sit(south, "Rosa")

    # North drafts the minute from facts; what nobody could sign comes back with what was typed.
    await dana.get_by_role("link", name="Minute of a call held by other means").click()
    await dana.get_by_label("Began").fill("2026-12-03 08:02Z")
    await dana.get_by_label("Ended").fill("2026-12-03 07:41Z")
    await dana.get_by_label("Present").fill(PRESENT)
    await dana.get_by_label("Other topics touched").fill("Meetings at sea\nThe next call")
    await dana.get_by_role("button", name="Make the text of it").click()
    await expect(dana.locator("#refused")).to_contain_text("ends after it began")
    await expect(dana.get_by_label("Present")).to_have_value(PRESENT)
    await dana.get_by_label("Ended").fill("2026-12-03 08:41Z")
    await dana.get_by_role("button", name="Make the text of it").click()
    text = dana.get_by_label("Keep the labels and their order")
    await expect(text).to_have_value(re.compile("^CALL MINUTE\nCall: not in this record, begun"))
    minute = await text.input_value()
    await dana.get_by_role("button", name="Keep as a draft to propose").click()
    n = await released(dana, rene, north)
    await has(stations, south, n)

    # South reads it on its first page, proposes another text, and North accepts that.
    await dmitri.goto(f"{south.seat('Dmitri')}/")
    await dmitri.get_by_role(
        "link", name=re.compile(f"North proposed a minute .North {n}.")
    ).click()
    await dmitri.get_by_role("link", name="Propose another text").click()
    await dmitri.get_by_label("Keep the labels").fill(f"{minute}\nagreed: {AGREED}")
    await dmitri.get_by_role("button", name="Keep as a draft to propose").click()
    await expect(dmitri.locator("#refused")).to_contain_text("not the form of its kind")
    await dmitri.get_by_label("Keep the labels").fill(f"{minute}\nAgreed: {AGREED}")
    await dmitri.get_by_role("button", name="Keep as a draft to propose").click()
    m = await released(dmitri, rosa, south)
    await has(stations, north, m)
    await dana.goto(f"{north.seat('Dana')}/messages/{await short(north)}/theirs/{m}")
    await dana.get_by_role("link", name="To the minute of this call").click()
    await expect(dana.locator("#minute")).to_contain_text("two differ")
    await dana.get_by_role("button", name="Accept these very bytes").click()
    last = await released(dana, rene, north)
    await has(stations, south, last)
    for post, page in ((north, dana), (south, dmitri)):
        await page.goto(f"{post.seat('Dana' if post is north else 'Dmitri')}/minutes")
        await expect(page.locator("#minutes")).to_contain_text(
            f"AGREED Both have said this text (South {m} and North {last})."
        )
        await page.locator("#minutes a").click()
        await expect(page.locator("#minute .text")).to_contain_text(f"Agreed: {AGREED}")

    # Each side states for itself.
    await dana.get_by_role("link", name="Attach our readout").click()
    await dana.get_by_label("With whom").fill("General Yug")
    await dana.get_by_label("1. Meetings at sea").check()
    await dana.get_by_label("Other topics").fill("Open and direct lines")
    await dana.get_by_label("Statement").fill(OURS)
    await dana.get_by_role("button", name="Keep as draft").click()
    await has(stations, south, await released(dana, rene, north))
    await dmitri.get_by_role("link", name="Attach our readout").click()
    await dmitri.get_by_label("Date of the call").fill("4 December")
    await dmitri.get_by_label("With whom").fill("General North")
    await dmitri.get_by_label("1. Meetings at sea").check()
    await dmitri.get_by_label("Other topics").fill("Пролив")
    await dmitri.locator("[name=language]").fill("ru")
    await dmitri.get_by_label("Statement").fill(THEIRS)
    await dmitri.get_by_role("button", name="Keep as draft").click()
    await expect(dmitri.locator("#refused")).to_contain_text("is no date")
    await dmitri.get_by_label("Date of the call").fill("2026-12-04")
    await dmitri.get_by_role("button", name="Keep as draft").click()
    await has(stations, north, await released(dmitri, rosa, south))

    # They lie side by side, and the date is marked.
    await dana.goto(f"{north.seat('Dana')}/minutes/call?line={await short(north)}")
    date = row(dana, "Date of the call")
    await expect(date.get_by_role("cell")).to_have_text(
        ["Date of the call", "2026-12-03", "2026-12-03", "2026-12-04", "DIFFER"]
    )
    await expect(row(dana, "1. Meetings at sea").locator(".mark")).to_have_text("same")
    await expect(row(dana, "Пролив").locator(".mark")).to_have_text("ONLY SOUTH")
    await expect(row(dana, "Open and direct lines").locator(".mark")).to_have_text("ONLY NORTH")
    await expect(date.locator(".mark svg")).to_have_count(1)  # a shape beside the word
    await expect(dana.locator("#readouts article")).to_contain_text([OURS, THEIRS])
    left, right = await places(dana, "#readouts article", 2)
    assert left[1] == right[1]  # beside each other
    assert left[0] < right[0]

    # On paper the same stands there, without what can be pressed.
    await dana.emulate_media(media="print")
    await expect(dana.get_by_role("link", name="Attach our readout")).to_be_hidden()
    await expect(date).to_be_visible()
    await dana.emulate_media(media="screen")

    # A note of thanks begins with what the record knows; what it does not know is said.
    await dana.get_by_role("link", name="Thank-you note").click()
    note = dana.get_by_label("Text, in your own language")
    await expect(note).to_have_value(re.compile("call of 2026-12-03, from 08:02 to 08:41 UTC"))
    await expect(note).to_have_value(re.compile("^Dear General Yug,"))
    await dana.goto(f"{north.seat('Dana')}/compose")
    await dana.get_by_role("link", name="Letter of introduction").click()
    await expect(note).to_have_value(re.compile(r"direct line at military level"))
    await expect(dana.locator(".notice:not([hidden])")).to_have_count(0)
    await dana.get_by_role("button", name="Keep as draft").click()
    await dana.wait_for_url(re.compile(r"/drafts/\d+\?done=drafted"))


async def short(post: Post) -> str:
    """The beginning of the number of the one line."""
    watch = "Wanda" if post.party == "North" else "Wen"
    return str((await post.ask(watch, "status"))["lines"][0]["line"][:8])


async def test_Y9_the_draft_begins_with_what_was_shown_and_recorded(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south

    async def has_come(post: Post, event: str) -> None:
        async def come() -> bool:
            watch = "Wanda" if post is north else "Wen"
            shown = (await post.ask(watch, "call.show"))["call"]
            return bool(shown) and event in (
                *(f"{each['state']} {each['number']}" for each in shown["showings"]),
                *(f"recording {each['state']}" for each in shown["recordings"]),
                f"{len(shown['attendees'])} here",
                shown["state"],
            )

        await stations.until(come, 30)

    await north.ask("Wanda", "call.begin")
    await has_come(south, "open")
    await north.ask("Wanda", "call.join", medium="voice")
    await south.ask("Wen", "call.join", medium="voice")
    await has_come(north, "2 here")
    await has_come(south, "2 here")
    await north.ask("Wanda", "call.record", how="ask")
    await north.ask("Wanda", "call.ask_to_show", item="Chart of the <b>strait", shown="document")
    await has_come(south, "asked 1")
    await south.ask("Wen", "call.record", how="agree")
    await south.ask("Wen", "call.agree_to_see")
    await has_come(north, "on 1")
    await has_come(north, "recording on")
    await north.ask("Wanda", "call.end")
    await has_come(south, "ended")

    # Any text of theirs is a text, and the drafter of either side begins with the same.
    line = (await south.ask("Wen", "status"))["lines"][0]["line"]
    (held,) = (await south.ask("Dmitri", "minute.list"))["calls"]
    address = f"/minutes/draft?line={line}&call={held['call'].replace(' ', '+')}"
    dmitri = await room.sit(south, "Dmitri", address)
    await expect(dmitri.get_by_label("Shown, as both sides agreed")).to_have_value(
        re.compile(r"^2\d{3}-.*Z; document; Chart of the <b>strait; North; Watch desk; Wanda$")
    )
    recorded = dmitri.get_by_label("Recorded, as both sides agreed")
    await expect(recorded).to_have_value(
        re.compile("North; Watch desk; Wanda\n.*South; Watch desk; Wen$")
    )
    mine = (await recorded.input_value()).split("\n")[0]
    await recorded.fill(mine.replace("; North; Watch desk; Wanda", ""))
    await dmitri.get_by_role("button", name="Make the text of it").click()
    await expect(dmitri.locator("#refused")).to_contain_text("says not what was recorded")
    await recorded.fill(mine)
    await dmitri.get_by_role("button", name="Make the text of it").click()
    text = dmitri.get_by_label("Keep the labels and their order")
    await expect(text).to_have_value(
        re.compile("\nRecorded: .*Wanda\nShown: .*; Chart of the <b>strait; North;")
    )
    # What is struck out stays so, also where something else was refused; its field is still there.
    await dmitri.goto(south.seat("Dmitri") + address)
    await dmitri.get_by_label("Shown, as both sides agreed").fill("")
    await recorded.fill("")
    began = dmitri.get_by_label("Began")
    when = await began.input_value()
    await began.fill("at noon")
    await dmitri.get_by_role("button", name="Make the text of it").click()
    await expect(dmitri.locator("#refused")).to_be_visible()
    await expect(recorded).to_have_value("")
    await recorded.fill(mine)
    await began.fill(when)
    await dmitri.get_by_role("button", name="Make the text of it").click()
    await expect(text).to_have_value(re.compile("\nRecorded: .*Wanda(?!.*Shown)", re.DOTALL))
