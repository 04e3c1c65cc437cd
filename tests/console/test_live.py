"""Pages live without reload: one stream per browser, whatever its tabs do, and what is old is
said to be old."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect
from starlette.requests import Request

from parley.console.app import beat
from parley.console.stream import Stream
from parley.core.errors import Unavailable
from tests.console.conftest import PATIENCE_MS, Room
from tests.console.world import World
from tests.places import few

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NO_WORKER = "delete globalThis.SharedWorker;"
NO_LOCKS = NO_WORKER + "Object.defineProperty(navigator, 'locks', { value: undefined });"


def count_streams(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many event streams were asked for."""
    asked: list[Request] = []
    serve = Stream._serve

    async def counted(self: Stream, request: Request, *rest: Any) -> None:
        asked.append(request)
        await serve(self, request, *rest)

    monkeypatch.setattr(Stream, "_serve", counted)
    return lambda: len(asked)


@pytest.mark.parametrize(
    ("without", "streams"),
    few([("", 1), (NO_WORKER, 1), (NO_LOCKS, 3)], 1),
    ids=["worker", "led", "each"],
)
async def test_one_stream_serves_all_tabs(
    stations: World,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    without: str,
    streams: int,
) -> None:
    counted = count_streams(monkeypatch)
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(without)
    room = Room(context)
    tabs = [await room.sit(stations.north, "Wanda")]
    for path in ("/inbox", "/record"):
        tab = await room.tab()
        await tab.goto(stations.north.seat("Wanda") + path)
        await tab.wait_for_selector("html[data-connected=yes]", state="attached")
        tabs.append(tab)
    await stations.say(stations.south, "Now.", "FLASH")
    for tab in tabs:
        await expect(tab.locator("#alarm")).to_be_visible()
    # The sign-in itself leaves one page for another, so each tab of its own may ask twice.
    assert counted() == streams or (streams == 3 and counted() <= 4)
    # When the leading tab goes, another one leads.
    await tabs[0].close()
    await stations.say(stations.south, "Again.", "FLASH")
    for tab in tabs[1:]:
        await expect(tab.locator("#alarms > li")).to_have_count(2)
    await context.close()
    assert room.faults == []


async def test_a_page_renews_itself_and_keeps_what_is_typed(stations: World, room: Room) -> None:
    said = await stations.say(stations.south, "First.")
    line = (await stations.north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    wanda = await room.sit(stations.north, "Wanda", f"/messages/{line}/theirs/{said['n']}")
    await wanda.evaluate("window.sameDocument = true")
    await wanda.locator("summary", has_text="Unable").click()
    reason = wanda.get_by_label("Why it cannot be done")
    await reason.fill("The bridge is")
    await stations.north.ask("Wanda", "open", n=said["n"])
    await expect(wanda.locator("#stages")).to_contain_text("Opened")
    await expect(reason).to_have_value("The bridge is")
    await expect(reason).to_be_focused()
    await reason.press_sequentially(" down")
    await expect(reason).to_have_value("The bridge is down")
    assert await wanda.evaluate("window.sameDocument") is True


async def test_an_inbox_grows_by_precedence(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda", "/inbox")
    for precedence in ("ROUTINE", "FLASH", "PRIORITY"):
        await stations.say(stations.south, f"This is {precedence}.", precedence)
    await expect(wanda.locator("a.msg")).to_have_count(3)
    words = ["This is FLASH.", "This is PRIORITY.", "This is ROUTINE."]
    await expect(wanda.locator("a.msg .what")).to_have_text(words)
    await expect(wanda.locator("a.msg [data-due]").nth(1)).to_contain_text("2:59:")
    # A watch officer's screen shows them, and the other side is told so.
    await stations.until(lambda: displayed(stations))


@pytest.mark.story
async def test_a_message_that_was_read_from_the_alarm_is_displayed(
    stations: World, room: Room
) -> None:
    wanda = await room.sit(stations.north, "Wanda", "/")
    aline = await room.sit(stations.north, "Aline", "/")
    said = await stations.say(stations.south, "Now.", "FLASH")
    await aline.get_by_role("link", name="Read it").click()
    await expect(aline.locator("#stages")).to_contain_text("Received")
    assert not await displayed(stations)  # an auditor's screen is not the watch
    await wanda.get_by_role("link", name="Read it").click()
    await expect(wanda.locator("#stages")).to_contain_text("Displayed")
    await stations.until(lambda: displayed(stations))
    seen = await stations.north.ask("Wanda", "message", n=said["n"])
    assert [stage["stage"] for stage in seen["stages"]].count("displayed") == 1
    assert "opened" not in {stage["stage"] for stage in seen["stages"]}


async def displayed(stations: World) -> bool:
    sent = (await stations.south.ask("Rosa", "outbox"))["messages"]
    return all("displayed" in {s["stage"] for s in message["stages"]} for message in sent)


@pytest.mark.story
async def test_a_tab_in_the_background_rings_and_displays_nothing(
    stations: World, room: Room
) -> None:
    wanda = await room.sit(stations.north, "Wanda", "/inbox")
    await wanda.evaluate(
        """() => {
          const get = () => globalThis.seen ?? "hidden";
          Object.defineProperty(document, "visibilityState", { get });
        }"""
    )
    async with wanda.expect_response("**/alarms") as renewed:  # all that it renews there
        said = await stations.say(stations.south, "Now.", "FLASH")
    await (await renewed.value).finished()
    await expect(wanda.locator("#alarm")).to_be_attached()
    await expect(wanda.locator("#alarms > li")).to_have_count(1)
    await expect(wanda).to_have_title("◆ FLASH EXERCISE · DEAF · Inbox · North")
    assert await wanda.locator("a.msg").count() == 0
    assert not await displayed(stations)
    await wanda.evaluate(
        "globalThis.seen = 'visible'; document.dispatchEvent(new Event('visibilitychange'))"
    )
    await expect(wanda.locator("a.msg")).to_have_count(1)
    await stations.until(lambda: displayed(stations))
    await stations.north.ask("Wanda", "open", n=said["n"])
    await expect(wanda).to_have_title("EXERCISE · DEAF · Inbox · North")


async def test_what_is_typed_in_one_of_several_rows_stays_in_that_row(
    stations: World, room: Room
) -> None:
    """Rows of a page have the same form, and tell by what it carries which they are."""
    dana = await room.sit(stations.north, "Dana", "/calls")
    found = await dana.evaluate(
        """async () => {
          const live = document.querySelector("script[src$='/live.js']").src;
          const { carryOver } = await import(live.replace("live.js", "renewal.js"));
          const make = (tag, ...inside) => {
            const made = document.createElement(tag);
            made.append(...inside);
            return made;
          };
          const row = (week, token) => {
            const form = make("form");
            form.setAttribute("action", "skip");
            for (const [name, value] of [["week", week], ["token", token]]) {
              const carried = make("input");
              const given = { type: "hidden", name, value };
              for (const [key, is] of Object.entries(given)) carried.setAttribute(key, is);
              form.append(carried);
            }
            const why = make("input");
            why.name = "reason";
            form.append(why);
            return make("details", make("summary", "Skip it"), form);
          };
          const old = make("ul", row("first", "1"), row("second", "1"), row("third", "1"));
          const typed = old.children[1];
          typed.open = true;
          typed.querySelector("[name=reason]").value = "A holiday";
          const fresh = make("ul", row("zeroth", "2"), row("second", "2"), row("third", "2"));
          carryOver(old, fresh);
          const why = (each) => each.querySelector("[name=reason]").value;
          return [...fresh.children].map((each) => [each.open, why(each)]);
        }"""
    )
    assert found == [[False, ""], [True, "A holiday"], [False, ""]]


async def test_a_tick_stays_in_a_form_that_says_what_was_wrong_and_nothing_new(
    stations: World, room: Room
) -> None:
    """A renewed page says nothing of what was refused; the words that are vouched for are the same.
    Where they are others, the tick is asked for again."""
    dana = await room.sit(stations.north, "Dana", "/calls")
    found = await dana.evaluate(
        """async () => {
          const live = document.querySelector("script[src$='/live.js']").src;
          const { carryOver } = await import(live.replace("live.js", "renewal.js"));
          const form = (words, fault) => {
            const made = document.createElement("form");
            made.setAttribute("action", "release");
            const tick = document.createElement("input");
            tick.type = "checkbox";
            tick.name = "read";
            const label = document.createElement("label");
            const code = document.createElement("input");
            code.name = "code";
            label.append(code);
            if (fault) {
              code.setAttribute("data-refused", "");
              const wrong = document.createElement("span");
              wrong.className = "fault";
              wrong.append("It is another one.");
              label.append(wrong);
            }
            made.append(tick, words, label);
            const part = document.createElement("div");
            part.append(made);
            return part;
          };
          const renewed = (words) => {
            const old = form("I have read this text.", true);
            old.querySelector("[name=read]").checked = true;
            const fresh = form(words, false);
            carryOver(old, fresh);
            const ticked = fresh.querySelector("[name=read]").checked;
            return [ticked, fresh.textContent.includes("It is another one.")];
          };
          return [renewed("I have read this text."), renewed("I have read another text.")];
        }"""
    )
    assert found == [[True, True], [False, True]]


@pytest.mark.story
async def test_a_page_that_lost_its_station_says_so(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    port = int(stations.north.console.rpartition(":")[2])
    await stations.north.hide_pages()
    await expect(wanda.locator("#lost")).to_be_visible()
    await expect(wanda.locator("#lost")).to_contain_text("What it shows is old")
    await stations.say(stations.south, "Now.", "FLASH")
    await stations.north.show_pages(port)
    await expect(wanda.locator("#lost")).to_be_hidden()
    # What happened meanwhile is made up for.
    await expect(wanda.locator("#alarm")).to_be_visible()


@pytest.mark.story
async def test_every_page_says_in_its_language_that_nothing_can_be_kept(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    said = await stations.say(south, "Soon.")
    pages = {"en": await room.sit(north, "Wanda", "/inbox")}
    for name, tongue in (("Rene", "ru"), ("Dana", "ar")):
        await north.ask(name, "person.tongue", person=north.ids[name], tongue=tongue)
        pages[tongue] = await room.sit(north, name, "/inbox")
    line = (await north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    # To show a message for the first time is written down, which is not to be had now.
    message = await room.sit(north, "Both")
    for page in pages.values():
        await expect(page.locator("#trouble")).to_be_hidden()
    assert north.station is not None
    store = north.station.store
    store.sql(f"PRAGMA max_page_count = {store.sql('PRAGMA page_count')[0][0]}")  # a full disk
    with suppress(Unavailable):
        for _ in range(100):
            await north.ask("Dana", "draft.new", text="x" * 60_000)
    whole = {}
    for tongue, page in pages.items():
        bar = page.locator("#trouble")
        await expect(bar).to_contain_text("parley.db")
        await expect(bar).to_have_attribute("data-trouble", beat(north.station)["trouble"])
        whole[tongue] = await bar.inner_text()
        await page.reload()
        await expect(bar).to_have_text(whole[tongue], use_inner_text=True)
    assert "is full" in whole["en"]
    assert "call the engineer" in whole["en"]
    for tongue in ("ru", "ar"):
        assert not re.search(r"[A-Za-z]{4,} [a-z]{2,} ", whole[tongue]), whole[tongue]
    await message.goto(f"{north.seat('Both')}/messages/{line}/theirs/{said['n']}")
    await expect(message.locator("#trouble")).to_contain_text("is full")


@pytest.mark.story
async def test_the_wall_tells_a_line_that_fell_silent(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda")
    await expect(wanda.locator("#strip")).to_contain_text("HEARD")
    await expect(wanda.locator("main")).to_contain_text("does not prove that the line lives now")
    await stations.south.__aexit__()
    await expect(wanda.locator("#strip")).to_contain_text("SILENT", timeout=PATIENCE_MS)
    await expect(wanda.locator("main .panel.loud").first).to_contain_text("SILENT")
    heard = wanda.locator("[data-which=heard]")
    first = await heard.inner_text()
    await expect(heard).not_to_have_text(first)


@pytest.mark.story
async def test_what_happened_while_a_page_was_on_its_way_is_shown_by_it(
    stations: World, room: Room
) -> None:
    """The browser's one stream told it to the other tabs; the next beat tells this one."""
    wanda = await room.sit(stations.north, "Wanda")
    script = asyncio.Event()

    async def hold(route: Route) -> None:
        await script.wait()
        await route.continue_()

    late = await room.tab()
    await late.route("**/static/*/live.js", hold)
    await late.goto(f"{stations.north.seat('Wanda')}/inbox", wait_until="commit")
    await expect(late.locator("#inbox")).to_be_visible()
    said = await stations.say(stations.south, "The incident is closed.", "IMMEDIATE")
    await expect(wanda.locator("main")).to_contain_text(f"South {said['n']}")
    script.set()
    await expect(late.locator("#inbox")).to_contain_text("The incident is closed.")


FIRST = """async () => {
  const { open } = await import("/static/stream.js");
  const told = [];
  let source;
  globalThis.EventSource = class { constructor() { source = this; } close() {} };
  const state = open((word) => told.push(word.connected));
  const before = [state().connected ?? null, ...told];
  source.onerror();
  const failed = [state().connected, ...told];
  source.onmessage({ data: "{}" });
  return [before, failed, [state().connected, ...told.slice(-1)]];
}"""


async def test_a_page_has_not_lost_a_station_that_is_still_about_to_answer(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda")
    assert await page.evaluate(FIRST) == [[None], [False, False], [True, True]]
