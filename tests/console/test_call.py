"""A call between two stations: real pages with Chromium's fake camera and microphone at both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from playwright.async_api import Browser, Error, Page, expect

from tests.console.conftest import PATIENCE_MS, Room
from tests.console.world import Post, World
from vectors import generate

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HELD = generate.read("held")
CLOSES_S = 8
MEDIA_MS = 2 * PATIENCE_MS  # on a machine that is too busy, pictures are given up for a while
# Pictures of the other side that were unlike each other, by fifteen places of each.
PICTURES = """(least) => {
  const picture = document.querySelector("#others canvas");
  if (!picture) return false;
  const paper = new OffscreenCanvas(30, 30).getContext("2d", { willReadFrequently: true });
  paper.drawImage(picture, 0, 0, 30, 30);
  const at = (x, y) => paper.getImageData(x, y, 1, 1).data.slice(0, 3).join();
  window.unlike ??= new Set();
  const seen = [5, 10, 15, 20, 25].flatMap((x) => [10, 15, 20].map((y) => at(x, y)));
  window.unlike.add(seen.join(" "));
  return window.unlike.size >= least && window.unlike.size;
}"""


# How long the call is open by its clock, in seconds.
CLOCK = """() => {
  const told = document.querySelector("#facts .clock[data-age]").textContent.trim();
  const parts = told.replace(/ s$/, "").split(":").map(Number);
  return parts.reduce((whole, each) => 60 * whole + each);
}"""


async def clock_of(page: Page) -> float:
    """What the clock of the call shows."""
    return float(await page.evaluate(CLOCK))


@asynccontextmanager
async def duty_room(browser: Browser) -> AsyncIterator[Room]:
    """The browser of one side, that may use camera and microphone."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    await context.grant_permissions(["camera", "microphone"])
    made = Room(context)
    yield made
    faults = [*made.faults]  # what a test has put into each page fits no empty one
    # A call that ends loads its page anew. Of a browser's context that is closed at that moment
    # Chromium now and then never says that it is, so nothing loads then, and it is not waited for.
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSES_S):
            for page in context.pages:
                with suppress(Error):
                    await page.goto("about:blank")
            await context.close()
    assert faults == []


async def enter(room: Room, post: Post, name: str) -> Page:
    page = await room.sit(post, name, "/call")
    await expect(page.locator("#call[data-ready=yes]")).to_be_attached()
    return page


async def joins(page: Page) -> None:
    await page.get_by_role("button", name="Join with camera and microphone").click()


async def both_join(stations: World, northern: Room, southern: Room) -> tuple[Page, Page]:
    """The pages of the watch officers of both sides, in a call that North has begun."""
    wanda = await enter(northern, stations.north, "Wanda")
    wen = await enter(southern, stations.south, "Wen")
    await stations.north.ask("Wanda", "call.begin")
    await expect(wen.locator("#facts")).to_contain_text("Open since")
    for page in (wanda, wen):
        await joins(page)
    return wanda, wen


async def sees_and_hears(page: Page, pictures: int = 3) -> None:
    """The picture of the other side changes, and its sound is heard."""
    await page.wait_for_function(PICTURES, arg=pictures, timeout=MEDIA_MS, polling=200)
    await hears(page)


async def hears(page: Page) -> None:
    """The sound of the other side is heard, from now on."""
    before = int(await page.locator("#call").get_attribute("data-heard") or "0")
    await page.wait_for_function(
        "before => Number(document.getElementById('call').dataset.heard ?? 0) > before + 1",
        arg=before,
        timeout=MEDIA_MS,
    )


async def digits(page: Page, other_than: str = "") -> str:
    await page.wait_for_function(
        "other => { const now = document.getElementById('digits').dataset.digits;"
        " return now && now !== other; }",
        arg=other_than,
    )
    return await page.locator("#digits-value").inner_text()


async def says(page: Page, text: str) -> None:
    """By keyboard alone."""
    await page.keyboard.press("w")
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def cut(stations: World) -> None:
    """The only path between the stations is gone."""
    assert stations.south.station is not None
    operator = stations.south.station.people.must_be_here(1)
    for each in (await stations.south.ask("Wen", "bearer.list"))["bearers"]:
        await stations.south.station.call("bearer.remove", operator, {"bearer": each["bearer"]})
    await expect_path(stations, False)


async def mend(stations: World) -> None:
    """And is there again."""
    (bearer,) = (await stations.north.ask("Wanda", "bearer.list"))["bearers"]
    assert stations.south.station is not None
    operator = stations.south.station.people.must_be_here(1)
    dial = {"dial": bearer["listen"], "line": "North – South"}
    await stations.south.station.call("bearer.add", operator, dial)
    await expect_path(stations, True)


async def expect_path(stations: World, up: bool) -> None:
    async def is_so() -> bool:
        lines = (await stations.south.ask("Wen", "status"))["lines"]
        return bool(lines[0]["path_up"]) is up

    await stations.until(is_so, PATIENCE_MS / 1000)


@pytest.mark.story
async def test_two_sides_see_hear_and_read_each_other(
    stations: World, with_camera: Browser
) -> None:
    async with duty_room(with_camera) as northern, duty_room(with_camera) as southern:
        north = await enter(northern, stations.north, "Wanda")
        south = await enter(southern, stations.south, "Wen")
        await north.get_by_role("button", name="Open the call").click()
        await joins(north)
        await expect(north.locator("#alone")).to_be_visible()
        await expect(south.locator("#facts")).to_contain_text("Open since")
        await joins(south)
        first = await digits(north)
        assert first == await digits(south)
        shown = (await stations.north.ask("Wanda", "call.show"))["call"]
        assert shown["digits"] == first
        clocks = [await clock_of(page) for page in (north, south)]
        await asyncio.gather(sees_and_hears(north), sees_and_hears(south))
        for page, before in zip((north, south), clocks, strict=True):
            await page.wait_for_function(f"before => ({CLOCK})() > before + 1", arg=before)
        await expect(north.locator("#others figcaption")).to_contain_text("Wen, Watch desk, South")
        await expect(north.locator("#seal")).to_contain_text("STATION AUTHENTICATED")

        await says(south, "We hear you.")
        await expect(north.locator("#texts")).to_contain_text("We hear you.")
        await south.keyboard.press("Escape")
        await south.locator("h1").click()
        await south.keyboard.press("m")
        await expect(north.locator("#others")).to_contain_text("MICROPHONE CLOSED")
        await expect(north.locator("#people")).to_contain_text("CLOSED")
        await south.keyboard.press("m")
        await expect(north.locator("#others [data-muted]")).to_be_hidden()

        await cut(stations)
        await says(south, "Still here.")
        await mend(stations)
        await expect(north.locator("#texts")).to_contain_text("Still here.")
        await north.evaluate("() => window.unlike = new Set()")
        await sees_and_hears(north)
        assert first == await digits(south)

        await north.locator("h1").click()
        await north.keyboard.press("e")
        await north.keyboard.type("All was said.")
        await north.keyboard.press("Enter")
        for page in (north, south):
            await expect(page.locator("#facts")).to_contain_text("Ended")
            await expect(page.locator("#media-state")).to_contain_text("The call is ended")
            await expect(page.locator("#others canvas")).to_have_count(0)
    ended = (await stations.south.ask("Wen", "call.show"))["call"]
    assert ended["words"] == "All was said."
    assert [each["text"] for each in ended["texts"]] == ["We hear you.", "Still here."]


@pytest.mark.story
async def test_a_page_without_the_keys_of_a_call_holds_it_by_text(
    stations: World, room: Room
) -> None:
    """A browser without ML-KEM is told so, and its person takes part all the same."""
    await room.context.add_init_script(
        "const make = crypto.subtle.generateKey.bind(crypto.subtle);"
        "SubtleCrypto.prototype.generateKey = (how, ...rest) => how.name === 'ML-KEM-768'"
        " ? Promise.reject(new DOMException('', 'NotSupportedError')) : make(how, ...rest);"
    )
    page = await enter(room, stations.north, "Wanda")
    await expect(page.locator("#call-rings")).to_be_hidden()
    await page.evaluate(
        "() => document.addEventListener('parley:call-rings', () => { window.rang = true; })"
    )
    await stations.north.ask("Wanda", "call.begin")
    await expect(page.locator("#call-rings")).to_contain_text("opened a call on the line")
    await page.wait_for_function("() => window.rang")  # V18
    await expect(page.locator("#media-state")).to_contain_text("ML-KEM-768")
    await expect(page.locator("#join-media")).to_be_hidden()
    await page.get_by_role("button", name="Join by text").click()
    await expect(page.locator("#people")).to_contain_text("duty officer")
    await expect(page.locator("#call-rings")).to_be_hidden()
    await expect(page.locator("#call[data-ready=yes]")).to_be_attached()
    await says(page, "By text only.")
    await expect(page.locator("#texts")).to_contain_text("By text only.")


async def test_V12_the_page_agrees_on_keys_as_the_vectors_say(stations: World, room: Room) -> None:
    page = await enter(room, stations.north, "Wanda")
    told = await page.evaluate(
        """async ({ leaf, round, pages, secret }) => {
          const keys = await import("/static/call-keys.js");
          const { commitment, digits, hex, joined, pairKey, transcript, unbase64, unhex } = keys;
          const shown = pages.map((page) => ({ page, key: unbase64(page.key) }));
          const digest = await transcript(unhex(leaf), unhex(round), shown);
          const said = [];
          for (const { page, key } of shown)
            said.push(hex(await commitment(unhex(round), page, key)));
          const shared = joined(unhex(secret.x25519), unhex(secret["ml-kem"]));
          const [from, to] = [pages[secret.from], pages[secret.to]];
          const key = await pairKey(shared, digest, from, to, secret.epoch);
          const how = { name: "AES-GCM", iv: new Uint8Array(12) };
          const plain = await crypto.subtle.decrypt(how, key, unhex(secret.sealed));
          // Two pages of one round, with keys of their own, and a third that was not meant.
          const round3 = [[0, 1], [1, 1], [1, 2]].map(([party, sender]) => ({ party, sender }));
          const made = [];
          for (const each of round3) made.push(await keys.Round.make(round, unhex(leaf)));
          const all = [];
          for (const [at, each] of round3.entries()) {
            const key = { round, key: keys.base64(made[at].key) };
            const hash = hex(await made[at].commitment(each));
            const page = `${"AB"[each.party]}${each.sender}`;
            all.push({ ...each, page, key, commitment: { round, hash } });
          }
          for (const [at, each] of made.entries()) {
            each.reveals(all);
            await each.take(all, all[at]);
          }
          const sealed = await made[0].seal(new Uint8Array(32).fill(9), all[0], all[1], 1);
          const opened = hex(await made[1].open(sealed, all[0], all[1], 1));
          const refusals = [];
          for (const [at, epoch] of [[2, 1], [1, 2]])
            refusals.push(
              await made[at].open(sealed, all[0], all[at], epoch).catch(() => "refused"),
            );
          // V10: once ours is shown, no other page can be another than it said until then.
          const mine = await keys.Round.make(round, unhex(leaf));
          const key0 = { round, key: keys.base64(mine.key) };
          const hash0 = hex(await mine.commitment(all[0]));
          const ours = [{ ...all[0], key: key0, commitment: { round, hash: hash0 } }, all[1]];
          const early = await mine.take(ours, ours[0]);
          mine.reveals(ours);
          const hash2 = hex(await commitment(unhex(round), all[1], made[2].key));
          ours[1] = { ...all[1], key: all[2].key, commitment: { round, hash: hash2 } };
          const late = await mine.take(ours, ours[0]).catch((error) => error.message);
          const foul = await keys.Round.make(round, unhex(leaf));
          foul.reveals(all);
          const why = await foul.take(all, all[0]).catch((error) => error.message);
          // V11: what the digits are made of is settled before any key is shown.
          const still = await keys.Round.make(round, unhex(leaf));
          const own = { round, key: keys.base64(still.key) };
          const ownHash = { round, hash: hex(await still.commitment(all[0])) };
          const listed = [{ ...all[0], key: own, commitment: ownHash }, all[1], all[2]];
          still.reveals(listed);
          for (const other of [[listed[0], all[2], all[1]], listed.slice(0, 2)])
            refusals.push(await still.take(other, listed[0]).catch((error) => error.message));
          refusals.push(await still.take(listed, listed[0]));
          const secretly = hex(new Uint8Array(plain));
          const fouls = [early, late, why];
          return [hex(digest), digits(digest), said, secretly, opened, refusals, fouls];
        }""",
        {name: HELD[name] for name in ("leaf", "round", "pages", "secret")},
    )
    eight = HELD["digits"]
    assert told == [
        HELD["transcript"],
        f"{eight[:4]} {eight[4:]}",
        [each["commitment"] for each in HELD["pages"]],
        HELD["secret"]["plain"],
        "09" * 32,
        ["refused", "refused", "B2", "B2", True],
        [False, "B1", "A1"],  # whose key is not the one it said, or not the one of this page
    ]
