"""Calls from the pages: asked for, countered, accepted; refused; and left without an answer."""

from __future__ import annotations

import html
import os
import re
import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from parley.catalogue.calls import moment
from parley.console.app import build
from parley.console.asked import in_language
from parley.console.pages.calls import AT_ONCE, EVERY_WEEK
from parley.core.terms import Instant
from parley.station.call import call_requests
from parley.station.machine.clock import SystemClock
from tests.console.asking import ask
from tests.console.conftest import Room
from tests.console.test_minutes import has
from tests.console.test_testing import cookies_of
from tests.console.world import HOUR_S, Post, World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


NUMBERS = """[...document.querySelectorAll("table.numbers tbody tr")].map(
  (row) => [...row.querySelectorAll("td")].map((cell) => cell.innerText))"""


class Later(SystemClock):
    """The clock of a machine, some time later."""

    def __init__(self, seconds: float = 200) -> None:
        self._seconds = seconds

    def now(self) -> Instant:
        """This moment, as it will be."""
        moment = super().now()
        return Instant(moment.wall + self._seconds, moment.mono)


async def shown(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    folder = os.environ.get("PARLEY_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def release(room: Room, post: Post, drafter: Page, releaser: str) -> None:
    """A second person reads the draft that the drafter has before them, and releases it."""
    await drafter.wait_for_url(re.compile(r"/drafts/\d+"))
    number = drafter.url.split("/drafts/")[1].split("?")[0]
    page = await room.sit(post, releaser, f"/drafts/{number}")
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name=re.compile("^Release")).click()
    await expect(page.get_by_text("Released.", exact=True)).to_be_visible()
    await page.close()


async def released(stations: World, post: Post, drafter: Page) -> None:
    """The same without a second person's page."""
    await drafter.wait_for_url(re.compile(r"/drafts/\d+"))
    number = int(drafter.url.split("/drafts/")[1].split("?")[0])
    releaser = "Rene" if post is stations.north else "Rosa"
    await stations.release(post, await post.ask(releaser, "draft.show", draft=number))


@pytest.mark.story
async def test_what_one_side_asks_for_the_other_accepts(room: Room, stations: World) -> None:
    north, south = stations.north, stations.south
    dana = await room.sit(north, "Dana", "/calls")
    await dana.get_by_role("link", name="Ask South for a call").click()
    await dana.get_by_label("Purpose").fill("Open and direct lines")
    await dana.get_by_label("Who asks").fill("General North")
    latest = await dana.get_by_label("Latest").input_value()
    await dana.get_by_role("button", name="Keep as draft").click()
    await released(stations, north, dana)

    dmitri = await room.sit(south, "Dmitri", "/calls")
    await expect(dmitri.get_by_text("WAITS FOR US")).to_be_visible()
    await dmitri.get_by_role("link", name="Answer this request").click()
    await dmitri.get_by_role("radio", name=re.compile("^Accept")).check()
    await dmitri.get_by_label("Time of the call").fill(latest)
    await dmitri.get_by_role("button", name="Keep the answer").click()
    await released(stations, south, dmitri)
    await dana.goto(north.seat("Dana") + "/calls")
    await expect(dana.get_by_text("South accepted: " + latest)).to_be_visible()


@pytest.mark.story
async def test_a_call_is_asked_for_countered_and_accepted(room: Room, stations: World) -> None:
    north, south = stations.north, stations.south
    watching = await room.sit(south, "Wen", "/calls")
    await expect(watching.get_by_text("No call is asked for or agreed.")).to_be_visible()

    dana = await room.sit(north, "Dana", "/calls")
    await dana.get_by_role("link", name="Ask South for a call").click()
    await expect(dana.locator("form")).to_contain_text("within 48 hours, of a FLASH within 10 min")
    await dana.get_by_label("Purpose").fill("Open and direct lines")
    await dana.get_by_label("Who asks").fill("General North")
    await dana.get_by_label("Agenda").fill("Meetings at sea\n\nThe next call")
    await dana.get_by_label("Text that cannot wait").fill("Our tanker Vega drifts without power.")
    latest = await dana.get_by_label("Latest").input_value()
    await dana.get_by_label("Latest").fill("on Tuesday")
    await dana.get_by_role("button", name="Keep as draft").click()
    await expect(dana.locator("#fault-latest")).to_contain_text("UTC to the minute")
    assert await dana.get_by_label("Agenda").input_value() == "Meetings at sea\n\nThe next call"
    await shown(dana, "calls-fault")
    await dana.get_by_label("Latest").fill(latest)
    await dana.get_by_role("button", name="Keep as draft").click()
    await release(room, north, dana, "Rene")

    # The other side's page renews itself: the request, its words, and the clock that runs.
    await expect(watching.get_by_text("WAITS FOR US")).to_be_visible()
    await expect(watching.get_by_text("Our tanker Vega drifts without power.")).to_be_visible()
    await expect(watching.locator("section .clock[data-due]")).to_contain_text(
        re.compile(r"\d d \d\d h")
    )
    await expect(watching.locator("nav .count")).to_have_text("1")
    await shown(watching, "calls-waiting")

    dmitri = await room.sit(south, "Dmitri", "/calls")
    await dmitri.get_by_role("link", name="Answer this request").click()
    await dmitri.get_by_role("radio", name=re.compile("^Propose")).check()
    await dmitri.get_by_label("Time of the call").fill("tomorrow")
    await dmitri.get_by_role("button", name="Keep the answer").click()
    await expect(dmitri.locator("#fault-time")).to_be_visible()
    await expect(dmitri.get_by_role("radio", name=re.compile("^Propose"))).to_be_checked()
    await shown(dmitri, "calls-answer")
    await dmitri.get_by_label("Time of the call").fill(latest.replace("18:00Z", "19:30Z"))
    await dmitri.get_by_role("button", name="Keep the answer").click()
    await release(room, south, dmitri, "Rosa")

    await dana.goto(north.seat("Dana") + "/calls")
    await expect(dana.get_by_text("WAITS FOR US")).to_be_visible()
    await dana.get_by_role("link", name="Answer the other time").click()
    await expect(dana.get_by_label("Time of the call")).to_have_value(re.compile("19:30Z"))
    await dana.get_by_role("radio", name=re.compile("^Accept")).check()
    await dana.get_by_role("button", name="Keep the answer").click()
    await release(room, north, dana, "Rene")
    agreed = watching.get_by_text("North accepted: " + latest.replace("18:00Z", "19:30Z"))
    await expect(agreed).to_be_visible()
    await expect(watching.locator("nav .count")).to_have_count(0)
    await shown(watching, "calls-agreed")


@pytest.mark.story
async def test_a_refusal_keeps_nothing_back_and_a_clock_that_runs_out_says_so(
    room: Room, stations: World
) -> None:
    north, south = stations.north, stations.south
    dana = await room.sit(north, "Dana", "/calls")
    await dana.get_by_label("Purpose of a call at once").fill("The tanker Vega")
    await dana.get_by_role("button", name="Ask for it at once").click()
    await release(room, north, dana, "Rene")

    inbox = await room.sit(south, "Dmitri", "/inbox")
    await inbox.get_by_role("link", name=re.compile("Call: The tanker Vega")).click()
    await inbox.get_by_role("link", name=re.compile("Answer the request")).click()
    await inbox.get_by_role("radio", name="Decline").check()
    await inbox.get_by_role("button", name="Keep the answer").click()
    await expect(inbox.locator("#fault-reason")).to_be_visible()
    await inbox.get_by_label("Reason").fill("The minister is in the air")
    await inbox.get_by_role("button", name="Keep the answer").click()
    await release(room, south, inbox, "Rosa")
    watching = await room.sit(north, "Wanda", "/calls")
    await expect(watching.get_by_text("The minister is in the air")).to_be_visible()
    await shown(watching, "calls-declined")

    # What could not wait for the call is delivered whatever the answer.
    text = "Our tanker Vega drifts without power."
    draft = await north.ask("Dana", "call.ask", purpose="Once more", at_once=True, text=text)
    await north.ask("Rene", "release", draft=draft["draft"], sha256=draft["sha256"], displayed=1)
    reading = await room.sit(south, "Dmitri", "/inbox")
    await reading.get_by_role("link", name=re.compile("Call: Once more")).click()
    address = reading.url
    await reading.get_by_role("link", name=re.compile("Answer the request")).click()
    await reading.get_by_role("radio", name="Decline").check()
    await reading.get_by_label("Reason").fill("The minister is asleep")
    await reading.get_by_role("button", name="Keep the answer").click()
    await release(room, south, reading, "Rosa")
    await expect(watching.get_by_text("The minister is asleep")).to_be_visible()
    await reading.goto(address)
    await expect(reading.locator("main")).to_contain_text(text)

    # Nothing happens at either station when a clock runs out: each page finds it by itself.
    draft = await north.ask("Dana", "call.ask", purpose="A third try", at_once=True, within_s=60)
    await north.ask("Rene", "release", draft=draft["draft"], sha256=draft["sha256"], displayed=1)
    other = await room.sit(south, "Wen", "/calls")
    for page in (watching, other):
        clock = page.locator("section .clock[data-due]")
        await expect(clock).to_be_visible()
    for post in (north, south):
        assert post.station is not None
        post.station.clock = Later()
    for page in (watching, other):
        await expect(page.get_by_text(re.compile("Nobody answered by"))).to_be_visible()
        await expect(page.locator("section .clock[data-due]")).to_have_count(0)
    await shown(other, "calls-nobody")
    late = await room.sit(south, "Dmitri", "/calls")
    await late.get_by_role("link", name="Answer it late").click()
    await expect(late.get_by_text("Nobody answered by")).to_be_visible()


@pytest.mark.story
async def test_a_request_runs_out_of_its_48_hours(room: Room, stations: World) -> None:
    north, south = stations.north, stations.south
    dana = await room.sit(north, "Dana", "/calls")
    await dana.get_by_role("link", name="Ask South for a call").click()
    await dana.get_by_label("Purpose").fill("Open and direct lines")
    await dana.get_by_label("Latest").fill(moment(time.time() + 96 * 3_600))
    await dana.get_by_role("button", name="Keep as draft").click()
    await release(room, north, dana, "Rene")
    for hours in (47, 49):
        for post in (north, south):
            assert post.station is not None
            post.station.clock = Later(hours * 3_600)
        for post, name in ((north, "Dana"), (south, "Dmitri")):
            page = await room.sit(post, name, "/calls")  # the seat of two days ago sleeps
            call = page.locator("li", has_text="Open and direct lines")
            if hours == 47:
                left = call.locator(".clock[data-due]")
                await expect(left).to_have_text(re.compile(r"^(5\d:\d\d|1:0\d:\d\d)$"))
            else:
                await expect(call).to_contain_text("Nobody answered by")
                await expect(call.locator(".clock[data-due]")).to_have_count(0)
            await page.close()


async def test_Q12_an_hour_that_nobody_offered_is_shown_as_the_word_of_one_side(
    stations: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other station runs software that lets any acceptance pass."""
    north, south, now = stations.north, stations.south, time.time()
    assert north.station is not None
    window = {"earliest": moment(now + HOUR_S), "latest": moment(now + 5 * HOUR_S)}
    draft = await north.ask("Dana", "call.ask", purpose="Open lines", **window)
    n = (await stations.release(north, draft))["n"]
    await has(stations, south, n)
    monkeypatch.setattr(call_requests, "_check_offered", lambda said, answer: None)
    alone = moment(now + 9 * HOUR_S)
    said = {"answer": "accept", "time": alone, "text": "He comes alone."}
    draft = await south.ask("Dmitri", "call.answer", n=n, **said)
    await has(stations, north, (await stations.release(south, draft))["n"])
    app = build(north.station)
    page = await ask(
        app, f"/s/{north.ids['Dana']}/calls", cookies=await cookies_of(north, app, "Dana")
    )
    words = html.unescape(page.text)
    assert f"South accepted {alone}, which was not offered: nothing is agreed." in words
    assert "WAITS FOR SOUTH" in words
    assert "NOT OFFERED" in words
    assert "He comes alone." in words
    assert "NEXT" not in words


async def test_a_purpose_that_nobody_typed_is_in_the_language_of_the_line(
    room: Room, stations: World
) -> None:
    """The other side reads it; the page is in the language of its drafter."""
    north = stations.north
    await north.ask("Dana", "person.tongue", person=north.ids["Dana"], tongue="ru")
    dana = await room.sit(north, "Dana", "/calls")
    await expect(dana.locator("input[name=purpose]").first).to_have_value("To speak at once")
    await expect(dana.locator("input[name=purpose]").last).to_have_value("Every week")
    assert await in_language("fr-CA", AT_ONCE) == "Se parler immédiatement"
    assert await in_language("nb", EVERY_WEEK) == "Every week"  # none of our six


@pytest.mark.story
async def test_a_standing_call_is_proposed_and_agreed_with_a_button_and_each_week_stands_by_itself(
    room: Room, stations: World
) -> None:
    north, south = stations.north, stations.south
    at = time.time() + 600
    dana = await room.sit(north, "Dana", "/calls")
    # What is typed and wrong is said beside its field, and stays.
    await dana.get_by_label("Purpose of a call at once").fill("two  \u2028 lines")
    await dana.get_by_role("button", name="Ask for it at once").click()
    await expect(dana.locator("#fault-at_once")).to_contain_text("one line")
    await expect(dana.get_by_label("Purpose of a call at once")).to_have_value(re.compile("lines"))
    weekly = dana.get_by_role("group", name="A standing call, every week")
    await weekly.get_by_label("First time").fill("Thursdays")
    await weekly.get_by_label("Minutes").fill("45")
    await dana.get_by_role("button", name="Propose it every week").click()
    await expect(weekly.locator("#fault-earliest")).to_contain_text("UTC to the minute")
    await expect(weekly.get_by_label("Minutes")).to_have_value("45")
    await shown(dana, "weekly-fault")
    await weekly.get_by_label("First time").fill(moment(at))
    await dana.get_by_role("button", name="Propose it every week").click()
    await release(room, north, dana, "Rene")

    # It is named on the first page and on Watch, with its clock.
    wen = await room.sit(south, "Wen")
    await expect(wen.get_by_text("CALL TO ANSWER")).to_be_visible()
    await shown(wen, "weekly-first-page")
    await wen.goto(south.seat("Wen") + "/watch")
    await expect(wen.locator("#calls-near .clock")).to_be_visible()
    await shown(wen, "weekly-watch")
    dmitri = await room.sit(south, "Dmitri", "/calls")
    await shown(dmitri, "weekly-to-agree")
    await dmitri.get_by_role("button", name="Agree to it every week").click()
    await expect(dmitri.get_by_text("What it says")).to_be_visible()
    await shown(dmitri, "weekly-draft")
    await release(room, south, dmitri, "Rosa")

    # Ten minutes before the first, every page of both consoles says that it is near.
    await dana.goto(north.seat("Dana") + "/calls")
    wanda = await room.sit(north, "Wanda", "/inbox")
    for page in (wen, wanda):
        await expect(page.locator("#call-due")).to_contain_text("A CALL IS NEAR")
    await shown(wanda, "weekly-near")
    await expect(dana.locator("[data-week='to come']")).to_have_count(4)
    await shown(dana, "weekly-agreed")
    second = dana.locator("[data-week]").nth(1)
    await second.get_by_text("Skip it").first.click()
    await second.get_by_label("Why").fill("A holiday")
    await second.get_by_role("button", name="Skip it").click()
    await release(room, north, dana, "Rene")
    await dmitri.goto(south.seat("Dmitri") + "/calls")
    await expect(dmitri.locator("[data-week=skipped]")).to_contain_text("North: A holiday")

    # An hour later nobody came: both records say that it was missed, and count the same.
    for post in (north, south):
        assert post.station is not None
        post.station.clock = Later(3_600)
    tables = []
    for post, name in ((north, "Dana"), (south, "Dmitri")):
        page = await room.sit(post, name, "/calls/history")  # the old seat sleeps by then
        await expect(page.locator("[data-week=missed]")).to_contain_text("Nobody of both sides")
        tables.append(await page.evaluate(NUMBERS))
    assert tables[0] == [row[::-1] for row in tables[1]]
    assert ["1", "0"] in tables[0]
    await shown(page, "weekly-history")


async def test_Q13_a_call_is_called_off_with_a_button_and_the_other_side_reads_why(
    room: Room, stations: World
) -> None:
    north, south = stations.north, stations.south
    await stations.agree_on_a_call(in_s=600)
    wen = await room.sit(south, "Wen", "/inbox")
    await expect(wen.locator("#call-due")).to_contain_text("A CALL IS NEAR")
    await wen.locator("#call-due").get_by_role("link", name="Go to the call").click()
    await expect(wen.locator("#call-due")).to_contain_text("A CALL IS NEAR")
    await expect(wen.locator("#call-due").get_by_role("link")).to_have_text(["Green room"])
    dana = await room.sit(north, "Dana", "/calls")
    row = dana.locator("li", has_text="Open and direct lines")
    await row.get_by_text("Call it off").first.click()
    # What is typed and cannot be sent is said beside its field, and stays.
    await row.get_by_label("Why").fill("A tab\there")
    await row.get_by_role("button", name="Call it off").click()
    fault = row.locator(".fault")
    await expect(fault).to_be_visible()
    await expect(row.get_by_label("Why")).to_have_value("A tab\there")
    await row.get_by_label("Why").fill("The general is ill.\nWe ask for your patience.")
    await shown(dana, "withdraw-typed")
    await row.get_by_role("button", name="Call it off").click()
    await expect(dana.locator("main")).to_contain_text("Call called off: Open and direct lines")
    await release(room, north, dana, "Rene")

    # No page of theirs says any longer that a call is near; the inbox, the first page and Calls
    # say what happened, who did it and why.
    await expect(wen.locator("#call-due")).not_to_contain_text("A CALL IS NEAR")
    await wen.goto(south.seat("Wen") + "/inbox")
    await expect(wen.locator("main")).to_contain_text("Call called off: Open and direct lines")
    await shown(wen, "withdraw-inbox")
    await wen.goto(south.seat("Wen"))
    notice = wen.locator(".notice", has_text="CALLED OFF")
    await expect(notice).to_contain_text("North called off the call of")
    await expect(notice).to_contain_text("The general is ill.")
    await shown(wen, "withdraw-first-page")
    tables = []
    for post, name, who in ((north, "Dana", "We"), (south, "Dmitri", "North")):
        page = await room.sit(post, name, "/calls")
        row = page.locator("li", has_text="Open and direct lines")
        await expect(row).to_contain_text(f"{who} called off the call of")
        await expect(row).to_contain_text("We ask for your patience.")
        await expect(row.get_by_text("Call it off")).to_have_count(0)
        await shown(page, f"withdraw-calls-{post.party}")
        await page.goto(post.seat(name) + "/calls/history")
        figures = page.locator("[data-key=called_off] td")
        tables.append(await figures.all_inner_texts())
        await shown(page, f"withdraw-history-{post.party}")
    assert tables == [["1", "0"], ["0", "1"]]
