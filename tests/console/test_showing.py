"""A document is shown between real pages: only after consent, and until either side stops it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.console.conftest import FLAGS
from tests.console.test_call import MEDIA_MS, both_join, digits, duty_room, enter, joins
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RED, GREEN, BLUE, WHITE = (220, 30, 30), (20, 160, 60), (30, 60, 200), (255, 255, 255)
# The middle of each quarter of what is shown, as a person sees it; nothing while nothing is shown.
SHOWN = """() => {
  const picture = document.querySelector("#shown:not([hidden]) canvas");
  if (!picture) return null;
  const paper = new OffscreenCanvas(40, 40).getContext("2d", { willReadFrequently: true });
  paper.drawImage(picture, 0, 0, 40, 40);
  const at = (x, y) => [...paper.getImageData(x, y, 1, 1).data.slice(0, 3)];
  return [at(10, 10), at(30, 10), at(10, 30), at(30, 30)];
}"""
LIKE = f"""(wanted) => {{
  const found = ({SHOWN})();
  const near = (a, b) => a.every((value, at) => Math.abs(value - b[at]) < 40);
  return found !== null && found.every((each, at) => near(each, wanted[at]));
}}"""
PLACES = """() => {
  const paper = new OffscreenCanvas(64, 64).getContext("2d", { willReadFrequently: true });
  paper.drawImage(document.querySelector("#shown canvas"), 0, 0, 64, 64);
  return paper.getImageData(0, 0, 64, 64).data.join();
}"""


def png(*quarters: tuple[int, int, int], side: int = 320) -> bytes:
    """A picture of four colours, made by hand."""
    half = side // 2
    rows = b""
    for top in (0, 2):
        left, right = (bytes(each) * half for each in quarters[top : top + 2])
        rows += (b"\0" + left + right) * half

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in parts)


async def chooses(page: Page, picture: bytes, item: str) -> None:
    """By keyboard, but for the browser's own chooser of files."""
    await page.locator("h1").click()
    await page.keyboard.press("o")
    await page.locator("#show-file").set_input_files(
        {"name": "secret name.png", "mimeType": "image/png", "buffer": picture}
    )
    await expect(page.locator("#show-ask")).to_be_enabled()
    await page.locator("#show-item").focus()
    await page.keyboard.type(item)
    await page.keyboard.press("Enter")


async def figures(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = await page.evaluate(
        "() => JSON.parse(document.getElementById('call').dataset.figures ?? '{}')"
    )
    return told


@pytest.mark.story
async def test_B6_B7_a_document_is_seen_after_consent_and_no_longer(
    stations: World, browser: Browser
) -> None:
    async with duty_room(browser) as northern, duty_room(browser) as southern:
        north, south = await both_join(stations, northern, southern)
        await digits(north)
        await digits(south)
        await chooses(north, png(RED, GREEN, BLUE, WHITE), "Chart of the strait")
        await expect(south.locator("#showing")).to_contain_text("ASKS TO SHOW")
        await expect(south.locator("#showing")).to_contain_text("Chart of the strait")
        await expect(north.locator("#showing[data-state=asked]")).to_be_visible()
        assert await south.evaluate(SHOWN) is None
        assert not (await figures(north)).get("shown_sent")

        await south.keyboard.press("a")
        await south.keyboard.press("Enter")
        wanted = [RED, GREEN, BLUE, WHITE]
        await south.wait_for_function(LIKE, arg=wanted, timeout=MEDIA_MS)
        for page in (north, south):
            await expect(page.locator("#showing[data-state=on]")).to_contain_text("Wanda")
        assert (await figures(south))["not_agreed"] == 0
        shown = (await stations.south.ask("Wen", "call.show"))["call"]["showings"]
        assert [(each["item"], each["state"]) for each in shown] == [("Chart of the strait", "on")]

        await south.keyboard.press("q")
        await south.keyboard.press("Enter")
        await expect(south.locator("#shown")).to_be_hidden()
        await expect(north.locator("#showing")).to_be_hidden()
        assert await south.evaluate(SHOWN) is None
        await expect(north.locator("#showings")).to_contain_text("STOPPED")
        shown = (await stations.north.ask("Wanda", "call.show"))["call"]["showings"]
        assert (shown[0]["why"], shown[0]["ended_by"]["name"]) == ("stopped", "Wen")
        await stations.north.ask("Wanda", "call.end")
        for page in (north, south):
            await expect(page.locator("#media-state")).to_contain_text("The call is ended")


@pytest.mark.story
async def test_a_screen_is_shown_as_it_changes_and_a_text_part_by_part(
    stations: World, chromium: Path
) -> None:
    flags = [*FLAGS, "--use-fake-ui-for-media-stream"]  # the browser's own choice of a screen
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
        async with duty_room(browser) as northern, duty_room(browser) as southern:
            north = await enter(northern, stations.north, "Wanda")
            south = await enter(southern, stations.south, "Wen")
            policy = (await northern.context.request.get(north.url)).headers["permissions-policy"]
            assert "display-capture=(self)" in policy
            await stations.north.ask("Wanda", "call.begin")
            await joins(north)
            await joins(south)
            await digits(south)
            await north.locator("summary[data-key=o]").click()
            await north.locator("#show-screen").click()
            await expect(north.locator("#show-ask")).to_be_enabled()
            await north.locator("#show-item").fill("My window")
            await north.locator("#show-ask").click()
            await expect(south.locator("#showing")).to_contain_text("A screen or window")
            await expect(north.locator("#show-file")).to_be_disabled()  # nothing in its place
            await south.get_by_role("button", name="Agree to see it").click()
            await expect(south.locator("#shown")).to_be_visible(timeout=MEDIA_MS)
            wide, high = (await south.locator("#shown").get_attribute("data-size") or "").split("x")
            assert int(wide) > 400
            assert int(high) > 200
            await north.get_by_role("button", name="Stop showing").click()
            await expect(south.locator("#shown")).to_be_hidden()
            await expect(north.locator("#show-file")).to_be_enabled()

            await north.locator("summary[data-key=o]").click()
            lines = "\n".join(f"{n}. " + "A line of a long paper. " * 4 for n in range(60))
            await north.locator("#show-text").fill(lines)
            await north.locator("#show-item").fill("A long paper")
            await north.locator("#show-ask").click()
            await south.get_by_role("button", name="Agree to see it").click()
            await expect(south.locator("#shown")).to_be_visible(timeout=MEDIA_MS)
            first = await south.evaluate(PLACES)
            await expect(north.locator("#show-part")).to_contain_text("Part 1 of")
            await north.get_by_role("button", name="Next part").click()
            await south.wait_for_function(f"was => ({PLACES})() !== was", arg=first)
            await south.keyboard.press("h")
            await south.keyboard.press("Enter")  # on hold: nothing is shown
            await expect(south.locator("#shown")).to_be_hidden()
            shown = (await stations.south.ask("Wen", "call.show"))["call"]["showings"]
            assert [each["why"] for each in shown] == ["stopped", "on hold"]
        await browser.close()


# The page's own part, given frames as a station that lies would: what was decoded, what counted.
HOSTILE = """async () => {
  const { Shown } = await import("/static/media-shown.js");
  const { Keys, SHOWN } = await import("/static/media-frame.js");
  let decoded = 0;
  const Decoder = globalThis.VideoDecoder;
  globalThis.VideoDecoder = class extends Decoder {
    decode(chunk) { decoded += 1; super.decode(chunk); }
  };
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const keys = new Keys(secret, 1);
  const place = { party: 1, sender: 1 };
  const call = { page: "A1", others: new Map([["B1", { ring: [keys], place }]]), counts:
    { unopened: 0, skipped: 0, faults: 0 }, out: { ready: true, keys }, say: () => undefined };
  const told = [];
  const shown = new Shown(call, (word) => told.push(word));
  shown.place(new OffscreenCanvas(16, 16));
  const paper = new OffscreenCanvas(320, 240).getContext("2d", { alpha: false });
  paper.fillStyle = "#c00";
  paper.fillRect(0, 0, 320, 240);
  const made = [];
  const encoder = new VideoEncoder({ error: () => undefined, output: (chunk) => {
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    made.push(bytes);
  } });
  encoder.configure({ codec: "vp8", width: 320, height: 240, latencyMode: "realtime" });
  for (const keyFrame of [true, false]) {
    const frame = new VideoFrame(paper.canvas, { timestamp: made.length });
    encoder.encode(frame, { keyFrame });
    frame.close();
  }
  await encoder.flush();
  const [whole, delta] = made;
  let sequence = 0;
  const seal = (plain, about = {}, by = keys) => by.seal({ kind: SHOWN, track: 32, key: true,
    captured_us: 1, epoch: 1, width: 320, height: 240, ...place, sequence: sequence++, ...about },
    plain);
  const settle = () => new Promise((done) => setTimeout(done, 150));
  const state = (showing) => shown.stands({ state: "open", me: "A1", showing });
  const steps = {};
  const step = async (name, frames, page = "B1") => {
    const before = { ...call.counts, decoded };
    for (const frame of frames) shown.came(page, frame);
    await settle();
    const now = { ...call.counts, decoded };
    steps[name] = Object.fromEntries(Object.entries(now).map(([key, value]) =>
      [key, value - before[key]]).filter(([, more]) => more !== 0));
  };
  const early = await seal(whole);
  state(null);
  await step("nobody agreed", [early]);
  state({ number: 1, page: "B2" });
  await step("another page shows", [await seal(whole)]);
  state({ number: 1, page: "B1" });
  await step("agreed", [early]);
  await step("again", [early]);
  const bad = whole.slice();
  bad[6] ^= 0xff; // it says another width than its header
  const huge = whole.slice();
  [huge[7], huge[9]] = [0x3f, 0x3f];
  const wrong = new Keys(crypto.getRandomValues(new Uint8Array(32)), 1);
  const broken = (await seal(whole)).slice();
  broken[60] ^= 1;
  const flags = (await seal(whole)).slice();
  flags[2] = 0;
  await step("no picture", [await seal(delta), await seal(bad), await seal(huge),
    await seal(new TextEncoder().encode("<script>alert(1)</script>")),
    await seal(new Uint8Array(3)), await seal(whole, { width: 640 })]);
  await step("not opened", [broken, flags, new Uint8Array(5), await seal(whole, {}, wrong),
    await seal(whole, { sender: 2 }), await seal(whole, { epoch: 2 })]);
  await step("oversized", [new Uint8Array(262145).fill(0x15)]);
  await step("agreed still", [await seal(whole)]);
  shown.halt();
  await step("stopped here", [await seal(whole)]);
  state(null);
  await step("over", [await seal(whole)]);
  state({ number: 2, page: "A1" });
  await step("ours is shown", [await seal(whole)]);
  globalThis.VideoDecoder = Decoder;
  return [steps, told.filter((word) => word.shown).length];
}"""


@pytest.mark.story
async def test_B11_a_page_gives_no_decoder_what_nobody_agreed_to(
    stations: World, browser: Browser
) -> None:
    async with duty_room(browser) as northern:
        page = await enter(northern, stations.north, "Wanda")
        steps, seen = await page.evaluate(HOSTILE)
    assert steps == {
        "nobody agreed": {"not_agreed": 1},
        "another page shows": {"not_agreed": 1},
        "agreed": {"decoded": 1},
        "again": {"unopened": 1},
        "no picture": {"no_picture": 6},
        "not opened": {"unopened": 6},
        "oversized": {"no_picture": 1},
        "agreed still": {"decoded": 1},
        "stopped here": {"not_agreed": 1},
        "over": {"not_agreed": 1},
        "ours is shown": {"not_agreed": 1},
    }
    assert seen == 2
