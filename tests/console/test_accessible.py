"""Every page meets WCAG 2.2 AA as far as a program can say it: axe-core reads them all."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from starlette.routing import Route

from parley.console.app import build
from parley.station.staff import kept_forms
from tests.console import axe
from tests.console.conftest import Room
from tests.console.test_hostile_pages import as_if_days_had_gone
from tests.console.world import Post, World
from tests.playbook import day_of
from tools.pictures.calls import after_a_call

pytestmark = [
    pytest.mark.browser,
    pytest.mark.npm,
    pytest.mark.story,
    pytest.mark.asyncio(loop_scope="session"),
]
UNFOLD = "for (const each of document.querySelectorAll('details')) each.open = true"
DESK, TABLET, REFLOW, HIGH = 1280, 800, 320, 5000  # px; 320 is that of WCAG 2.2, 1.4.10
TEXT = "Our ship “Amity” leaves at 0410Z from 21°40′N 118°05′E with 2 crew."
# Where a form was refused, its page stands at the form's address: the same page once more.
AGAIN = re.compile(
    r"/watch/(hold|leave|accept|take)|/tests/answer|/test$|/overdue/take|/minutes/(accept|propose)|/glossary/end|\{verb:|/drafts/\{draft:int\}/(release|with)"
    r"|/watch/(roster/(strike|take)|delegations/end)|/(presence|stop|undo|resume)$|/calls/(at-once|skip|weekly|withdraw)"
    r"|/\{place:int\}"  # a picture or a text that is attached, which is no page
)
FAULTY = """<!doctype html><html lang="en"><title>t</title><main><h1>t</h1>
<p style="color:#999;background:#fff">pale</p><input>
<button style="width:9px;height:9px;padding:0;border:0">a</button
><button style="width:9px;height:9px;padding:0;border:0">b</button></main>"""


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe.install(tmp_path_factory.mktemp("axe"))


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, source: str) -> AsyncIterator[Page]:
    made = await browser.new_page()
    await made.add_init_script(source)
    yield made
    await made.close()


async def test_what_is_wrong_is_found(page: Page) -> None:
    await page.goto("about:blank")
    await page.set_content(FAULTY)
    found = {each["rule"] for each in await axe.faults(page)}
    assert found == {"color-contrast", "label", "target-size"}


class Walk:
    """From page to page, and what was wrong there."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.wrong: list[str] = []

    async def reads(self, page: Page, post: Post, *paths: str) -> None:
        for path in paths:
            # So high that nothing lies under the bars at both edges; what does is scrolled clear.
            await page.set_viewport_size({"width": DESK, "height": HIGH})
            await page.goto(post.console + path)
            self.seen.add(path.partition("?")[0])
            await page.evaluate(UNFOLD)
            self.says(path, await axe.faults(page))
            for width in (TABLET, REFLOW):
                await page.set_viewport_size({"width": width, "height": HIGH})
                over = await page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
                if over > 0:
                    self.wrong.append(f"{path}: {over} px wider than a screen of {width}")

    async def measures(self, page: Page, post: Post, *paths: str) -> None:
        """The same pages on the narrowest screen, in a language of long words."""
        await page.set_viewport_size({"width": REFLOW, "height": HIGH})
        for path in paths:
            await page.goto(post.console + path)
            await page.evaluate(UNFOLD)
            over = await page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            if over > 0:
                lang = await page.get_attribute("html", "lang")
                self.wrong.append(f"{path}: in {lang}, {over} px wider than a screen of {REFLOW}")

    async def reads_colours(self, page: Page, post: Post, theme: str, *paths: str) -> None:
        """The same pages in other colours: nothing else of them can have become wrong."""
        await page.set_viewport_size({"width": DESK, "height": HIGH})
        for path in paths:
            await page.goto(post.console + path)
            assert await page.get_attribute("html", "data-theme") == theme
            await page.evaluate(UNFOLD)
            self.says(f"{path} in the theme {theme}", await axe.faults(page, "color-contrast"))

    def says(self, where: str, found: list[dict[str, Any]]) -> None:
        self.wrong += [f"{where}: {each['rule']}: {each['html']}\n{each['why']}" for each in found]


async def numbered(world: World, post: Post, n: int) -> None:
    """The other side's entry has come here."""
    watch = "Wanda" if post is world.north else "Wen"

    async def come() -> bool:
        return bool((await post.ask(watch, "status"))["lines"][0]["their_size"] > n)

    await world.until(come)


async def busy(world: World) -> dict[str, Any]:
    """A night in which everything has happened once; where it is to be seen."""
    north, south = world.north, world.south
    first = await world.say(south, TEXT, "PRIORITY", subject="Amity")
    await numbered(world, north, first["n"])
    about = {"n": first["n"], "line": (await north.ask("Wanda", "status"))["lines"][0]["line"]}
    await north.ask("Both", "open", **about)
    await north.ask("Both", "pass", **about, office="Chief of Staff")
    added = {**about, "dir": "theirs", "language": "en", "stage": "official"}
    operator = {"name": "Ivo", "office": "Language desk", "roles": ["interpreter"]}
    assert north.station is not None
    one = north.station.people.must_be_here(1)
    north.ids["Ivo"] = (await north.station.call("person.add", one, operator))["id"]
    text = "Amity leaves at 0510Z."
    place = {name: value for name, value in added.items() if name in ("n", "line", "dir")}
    word = (await north.ask("Ivo", "translation.compare", **place, text=text))["word"]
    await north.ask("Ivo", "translation.add", **added, text=text, seen=word)
    await north.ask("Dana", "glossary.add", ours="Amity", theirs="Amitié", protect=True)
    draft = await north.ask("Dana", "draft.new", text=TEXT, precedence="FLASH")
    for precedence, text in (("ROUTINE", "الآن 1127."), ("IMMEDIATE", "Soon."), ("FLASH", "Now.")):
        last = await world.say(south, text, precedence)
    await numbered(world, north, last["n"])
    ours = await world.say(north, "We have understood.", "FLASH")
    await numbered(world, south, ours["n"])
    mine = await north.ask("Both", "draft.new", text="الآن 1127.", language="ar")
    asked = {"purpose": "Direct lines", "asked_by": "General Yug", "text": "Vega drifts."}
    asked |= {"earliest": "2099-12-03 08:00Z", "latest": "2099-12-04 18:00Z"}
    call = await world.release(south, await south.ask("Dmitri", "call.ask", **asked))
    began = time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(time.time() - 3_600))
    late = {"desk": 1, "person": north.ids["Both"], "since": began, "for_s": 36_000}
    await north.ask("Wanda", "roster.add", **late)
    lent = {"role": "releaser", "to": north.ids["Wanda"], "for_s": 36_000}
    for end in (True, False):
        given = await north.ask("Rene", "delegation.give", **lent)
        if end:
            await north.ask("Rene", "delegation.end", delegation=given["delegation"])
    await numbered(world, north, call["n"])
    await world.release(north, await north.ask("Dana", "call.ask", **asked))  # to be withdrawn
    await after_a_call(world)
    called = await south.ask("Wen", "test.call")
    await numbered(world, north, called["n"])
    north.station.in_next_step(partial(as_if_days_had_gone, north.station))  # so it stands on top
    await south.ask("Wen", "call.begin")
    await south.ask("Wen", "call.join", medium="voice")
    await south.ask("Wen", "call.ask_to_show", item="Chart of the strait", shown="document")

    async def rings() -> bool:
        return bool((await north.ask("Wanda", "call.show"))["call"])

    await world.until(rings)
    return {
        "line": about["line"],
        "first": f"/{about['line'][:8]}/theirs/{first['n']}",
        "flash": f"/{about['line'][:8]}/theirs/{last['n']}",
        "ours": f"/{about['line'][:8]}/ours/{ours['n']}",
        "drafts": (draft["draft"], mine["draft"]),
        "call": f"/{about['line'][:8]}/{call['n']}",
    }


async def test_a_program_finds_nothing_wrong_on_any_page(
    stations: World, room: Room, source: str
) -> None:
    north = stations.north
    night = await busy(stations)
    line, (to_release, mine) = night["line"], night["drafts"]
    walk = Walk()
    await room.context.add_init_script(source)
    tab = await room.tab()
    await walk.reads(tab, north, "/", "/sign-in", (await north.link("Both"))[len(north.console) :])
    pages = (
        *("/", "/inbox", "/sent", "/calls", f"/calls/ask?line={line}", "/calls/history"),
        *(f"/calls{night['call']}/answer", "/compose", "/declare", "/drafts"),
        *(f"/drafts/{to_release}", f"/drafts/{mine}", f"/drafts/{mine}/edit"),
        *(f"/messages{night[each]}" for each in ("first", "flash", "ours")),
        *(f"/messages{night['first']}/{each}" for each in ("readback", "print")),
        *(f"/thread{night['first']}", "/timeline?words=Amity", "/timeline/print?words=Amity"),
        *(
            "/record",
            "/record/export",
            "/record/contradiction",
            "/unlock",
            "/find?words=Amity",
            "/find?words=ship&since=1st",
            "/glossary",
            "/chat",
        ),
        *("/minutes", f"/minutes/call?line={line}", f"/minutes/draft?line={line}"),
        *(f"/minutes/readout?line={line}", "/wall", "/watch", "/green-room"),
        *("/tests", "/overdue"),
        *("/watch/hand-over", "/watch/log/print", "/watch/delegations"),
        "/watch/roster",
        *(f"/call?line={line}", "/keys", "/you", "/kept", "/nowhere"),
    )
    both = await room.sit(north, "Both")
    assert north.station is not None
    who = north.station.people.must_be_here(north.ids["Both"])
    await kept_forms.keep(north.station, who, "/compose", [("text", TEXT)])
    seat = north.seat("Both")[len(north.console) :]
    beside = await room.tab()  # two at a time: each tab has a process of its own
    await asyncio.gather(
        *(
            walk.reads(tab, north, *(seat + path for path in half))
            for tab, half in ((both, pages[::2]), (beside, pages[1::2]))
        )
    )
    aline = await room.sit(north, "Aline")
    audit = north.seat("Aline")[len(north.console) :]
    (said, *_) = (await north.ask("Aline", "find", words="Amity"))["found"]
    day = day_of(said["kept"])  # of which there is something to read
    await walk.reads(
        aline, north, *(audit + path for path in ("/audit", "/alarms", f"/daylog?date={day}"))
    )
    ivo = await room.sit(north, "Ivo")
    desk = north.seat("Ivo")[len(north.console) :]
    await walk.reads(ivo, north, f"{desk}/messages{night['first']}")
    # One with each kind of part: in other colours, then from right to left.
    some = (
        *("/", "/inbox", "/compose", f"/drafts/{to_release}", f"/messages{night['first']}"),
        *(f"/call?line={line}", "/record", "/find?words=Amity", "/wall", "/watch", "/you"),
    )
    paths = [seat + path for path in some]
    session = (await north.ask("Both", "session.list"))["sessions"][0]["session"]
    for theme in ("night", "contrast"):
        await north.ask("Both", "session.theme", session=session, theme=theme)
        await asyncio.gather(
            walk.reads_colours(both, north, theme, *paths[::2]),
            walk.reads_colours(beside, north, theme, *paths[1::2]),
        )
    await north.ask("Both", "session.theme", session=session, theme="day")
    await north.ask("Both", "person.tongue", person=north.ids["Both"], tongue="ar")
    await asyncio.gather(
        walk.reads(both, north, *paths[::2]), walk.reads(beside, north, *paths[1::2])
    )
    await north.ask("Both", "person.tongue", person=north.ids["Both"], tongue="ru")
    await walk.measures(both, north, *(seat + path for path in pages))
    assert not walk.wrong, "\n\n".join(walk.wrong)
    assert unseen(north, walk.seen) == []


async def test_a_program_finds_nothing_wrong_while_a_call_is_rehearsed(
    stations: World, room: Room, source: str
) -> None:
    """The bar on every page, what is tried, and how it went in a list."""
    north, south, walk = stations.north, stations.south, Walk()
    await stations.agree_on_a_call()
    await north.ask("Wanda", "call.rehearse")
    for post, name in ((north, "Wanda"), (south, "Wen")):

        async def is_open(post: Post = post, name: str = name) -> bool:
            return bool((await post.ask(name, "call.show"))["call"])

        await stations.until(is_open)
        await post.ask(name, "call.join", rehearsal=True)
    await north.ask("Wanda", "call.check", item="picture", result="good")
    await south.ask("Wen", "call.check", item="sound", result="failed", words="صوت")
    await room.context.add_init_script(source)
    tab = await room.sit(north, "Wanda")
    await expect(tab.locator("#rehearsal")).to_be_visible()
    seat = north.seat("Wanda")[len(north.console) :]
    pages = [seat + path for path in ("/", "/call", "/calls")]
    await walk.reads(tab, north, *pages)
    session = (await north.ask("Wanda", "session.list"))["sessions"][0]["session"]
    for theme in ("night", "contrast"):
        await north.ask("Wanda", "session.theme", session=session, theme=theme)
        await walk.reads_colours(tab, north, theme, *pages[1:])
    await north.ask("Wanda", "person.tongue", person=north.ids["Wanda"], tongue="ar")
    await walk.reads(tab, north, *pages[1:])
    assert not walk.wrong, "\n\n".join(walk.wrong)


def unseen(post: Post, seen: set[str]) -> list[str]:
    """The addresses of pages at which the walk has not been."""
    assert post.station is not None
    routes = [
        route
        for route in build(post.station).routes
        if isinstance(route, Route) and route.methods and "GET" in route.methods
    ]
    return [
        route.path
        for route in routes
        if not AGAIN.search(route.path) and not any(map(route.path_regex.match, seen))
    ]
