"""The green room: real frames of Chromium's fake camera and microphone, to the station and back."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from starlette.staticfiles import StaticFiles

from parley.console.guard import DEVICES, HEADERS
from tests.console.conftest import FLAGS, PATIENCE_MS, Room
from tests.console.world import World
from vectors import generate

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MEDIA = generate.read("media")
ALLOWED = ("camera", "microphone")
# A picture in a few numbers: fifteen places of it.
PIXELS = """(id) => {
  const paper = new OffscreenCanvas(30, 30).getContext("2d", { willReadFrequently: true });
  paper.drawImage(document.getElementById(id), 0, 0, 30, 30);
  const at = (x, y) => [...paper.getImageData(x, y, 1, 1).data.slice(0, 3)];
  return [5, 10, 15, 20, 25].flatMap((x) => [10, 15, 20].map((y) => at(x, y)));
}"""


@pytest.fixture
def browser(with_camera: Browser) -> Browser:
    """For all tests here."""
    return with_camera


async def enter(room: Room, stations: World, *, before: str = "", allowed: bool = True) -> Page:
    """Wanda opens the green room; `before` is script that makes her browser another one."""
    if allowed:
        await room.context.grant_permissions(list(ALLOWED))
    if before:
        await room.context.add_init_script(before)
    page = await room.sit(stations.north, "Wanda", "/green-room")
    await expect(page.locator("#green-room[data-ready=yes]")).to_be_attached()
    return page


async def loop(page: Page) -> None:
    """Turn on, and send it through the station."""
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    await page.get_by_role("button", name="Send it through the station").click()


async def figures_when(page: Page, true: str) -> dict[str, Any]:
    """The figures of the page, once that is true of them; `f` are they."""
    await page.wait_for_function(
        "() => { const told = document.getElementById('figures').dataset.figures;"
        f" const f = told && JSON.parse(told); return f && ({true}); }}",
        arg=None,
        timeout=PATIENCE_MS,
    )
    told = await page.locator("#figures").get_attribute("data-figures")
    return dict(json.loads(told or ""))


async def picture_moves(page: Page) -> None:
    """What came back is drawn anew, and is another picture than the last."""
    seen = await page.evaluate(PIXELS, "returned")
    await page.wait_for_function(
        f"seen => JSON.stringify(({PIXELS})('returned')) !== seen",
        arg=json.dumps(seen, separators=(",", ":")),
        timeout=PATIENCE_MS,
    )


@pytest.mark.story
async def test_what_a_person_shows_and_says_comes_back(stations: World, room: Room) -> None:
    page = await enter(room, stations)
    await expect(page.locator("#verdict")).to_contain_text("can hold video, voice and text")
    await loop(page)
    await expect(page.locator("#loop-state")).to_have_text(
        "The station gives back what this page sends."
    )
    for _ in range(3):
        await picture_moves(page)
    f = await figures_when(page, "f.fps > 5 && f.sound_back > 5 && f.station && f.sound_p95")
    assert 0 < f["picture_p50"] <= f["picture_p95"]
    assert 0 < f["sound_p50"] <= f["sound_p95"]
    assert f["sent_kbps"] > 20
    assert f["back_kbps"] > 20
    # What a busy machine leaves out may be missing; what it sends is right.
    assert (f["unopened"], f["faults"]) == (0, 0)
    wrong = ("malformed", "oversized", "foreign", "repeated", "too fast")
    assert not any(f["station"]["dropped"][why] for why in wrong)
    await expect(page.locator("#heard-back")).to_have_text("comes back")
    await expect(page.locator("#microphone-state")).to_contain_text("hears you")
    await expect(page.locator("#figure-fps")).to_contain_text("of 640 × 360")
    # Its colours are those of the camera: the corner of the fake one is of one green.
    ours, back = [(await page.evaluate(PIXELS, which))[0] for which in ("preview", "returned")]
    assert max(abs(a - b) for a, b in zip(ours, back, strict=True)) < 24, (ours, back)
    # The loudspeaker is the person's to judge.
    await expect(page.locator("#verdict")).to_contain_text("nobody has heard the tone")
    await page.get_by_role("button", name="Play a tone").click()
    await page.get_by_role("button", name="I did not").click()
    await expect(page.locator("#speaker-state")).to_contain_text("choose another loudspeaker")
    await page.get_by_role("button", name="Play a tone").click()
    await page.get_by_role("button", name="I heard it").click()
    await expect(page.locator("#verdict")).to_have_text("Ready for video, voice and text.")
    # Turned off is off: the camera's track has ended, and nothing more is sent.
    await page.evaluate(
        "() => { globalThis.track ="
        " document.getElementById('preview').srcObject.getVideoTracks()[0]; }"
    )
    await page.get_by_role("button", name="Turn off").click()
    await page.wait_for_function("() => track.readyState === 'ended'")
    await expect(page.locator("#camera-state")).to_have_text("Turned off.")
    await expect(page.locator("#run")).to_be_hidden()


@pytest.mark.story
async def test_X20_it_comes_back_from_the_other_station(stations: World, room: Room) -> None:
    page = await enter(room, stations)
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    await page.get_by_label("Through").select_option(index=1)
    await page.get_by_role("button", name="Send it through the other station").click()
    await expect(page.locator("#loop-state")).to_have_text(
        "The other station gives back what this page sends."
    )
    await figures_when(page, "f.fps > 1 && f.sound_back > 3 && f.station.link.rtt_ms > 0")
    await picture_moves(page)
    await expect(page.locator("#figure-way")).to_contain_text("% lost, by tcp")
    assert stations.south.station is not None
    assert stations.south.station.carrying.media.counts["given back"] > 20
    # A call has the line for itself.
    await stations.south.ask("Wen", "call.begin")
    await expect(page.locator("#loop-state")).to_contain_text("A call is open on this line")
    await page.get_by_role("button", name="Stop").click()
    await page.get_by_label("Through").select_option(index=0)
    await page.get_by_role("button", name="Send it through the station").click()
    await expect(page.locator("#loop-state")).to_have_text(
        "The station gives back what this page sends."
    )
    await picture_moves(page)


@pytest.mark.story
async def test_all_of_it_by_keyboard(stations: World, room: Room) -> None:
    page = await enter(room, stations)

    async def press(name: str) -> None:
        """Tab until the focus stands on it, then Enter."""
        for _ in range(60):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.textContent.trim()") == name:
                await page.keyboard.press("Enter")
                return
        raise AssertionError(f"Tab does not reach {name}")

    await press("Turn on")
    await expect(page.locator("#off")).to_be_visible()
    await press("Play a tone")
    await expect(page.locator("#heard")).to_be_visible()
    await press("I heard it")
    await press("Send it through the station")
    await expect(page.locator("#verdict")).to_have_text("Ready for video, voice and text.")
    assert await page.locator("#green-room [tabindex], #green-room [accesskey]").count() == 0


async def test_M5_M6_the_page_seals_and_opens_as_the_vectors_say(
    stations: World, room: Room
) -> None:
    page = await enter(room, stations)
    told = await page.evaluate(
        """async ({ secret, frames, refused }) => {
          const { Keys, read } = await import("/static/media-frame.js");
          const raw = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
          const two = (byte) => byte.toString(16).padStart(2, "0");
          const hex = (bytes) => [...bytes].map(two).join("");
          const made = [];
          for (const { header, plain, frame } of frames) {
            const keys = new Keys(raw(secret), header.epoch);
            const opened = await keys.open(read(raw(frame)), raw(frame));
            const other = raw(frame);
            other[8] ^= 1; // the time of capture is covered too
            const cut = await keys.open(read(other), other).catch(() => "refused");
            made.push([hex(await keys.seal(header, raw(plain))), hex(opened), cut]);
          }
          return { made, read: refused.map(({ frame }) => read(raw(frame))) };
        }""",
        MEDIA,
    )
    assert told["made"] == [[f["frame"], f["plain"], "refused"] for f in MEDIA["frames"]]
    by_length = ("sound of 21 ms", "sound of no length", "sound with", "picture with")
    for vector, read in zip(MEDIA["refused"], told["read"], strict=True):
        assert read is None or vector["why"].startswith(by_length), vector["why"]


# A socket that alters ten frames, and a decoder that is fed rubbish once.
SPOILT = """
const RightSocket = globalThis.WebSocket;
let came = 0;
globalThis.WebSocket = class extends RightSocket {
  set onmessage(take) {
    super.onmessage = (event) => {
      came += typeof event.data === "string" ? 0 : 1;
      if (typeof event.data !== "string" && came > 40 && came <= 50) {
        const bytes = new Uint8Array(event.data);
        bytes[bytes.length - 1] ^= 1;
      }
      take(event);
    };
  }
};
const decode = VideoDecoder.prototype.decode;
let fed = 0;
VideoDecoder.prototype.decode = function (chunk) {
  fed += 1;
  const rubbish = { type: "key", timestamp: chunk.timestamp, data: new Uint8Array(90) };
  return decode.call(this, fed === 30 ? new EncodedVideoChunk(rubbish) : chunk);
};
"""


@pytest.mark.story
async def test_M10_altered_frames_and_a_decoder_fault_do_not_freeze_the_picture(
    stations: World, room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spoilt, served = tmp_path / "spoilt.js", StaticFiles.lookup_path

    def look(files: StaticFiles, path: str) -> tuple[str, os.stat_result | None]:
        found = served(files, path)
        if path != "media-worker.js":
            return found
        spoilt.write_text(Path(found[0]).read_text(encoding="utf-8") + SPOILT, encoding="utf-8")
        return str(spoilt), spoilt.stat()

    monkeypatch.setattr(StaticFiles, "lookup_path", look)
    page = await enter(room, stations)
    await loop(page)
    f = await figures_when(page, "f.unopened === 10 && f.faults === 1 && f.keys_asked >= 1")
    assert f["lost"] > 0
    for _ in range(3):
        await picture_moves(page)
    for told in ("10 not opened", "1 × a codec failed"):
        await expect(page.locator("#figure-unopened")).to_contain_text(told)
    await expect(page.locator("#still")).to_be_hidden()


@pytest.mark.story
async def test_M7_a_station_that_comes_back_is_taken_up_again(stations: World, room: Room) -> None:
    page = await enter(room, stations)
    await loop(page)
    await figures_when(page, "f.fps > 5")
    north = stations.north
    port = urlsplit(north.console).port
    assert port
    await north.hide_pages()
    await expect(page.locator("#loop-state")).to_contain_text(
        "does not answer. The page calls it again"
    )
    await north.show_pages(port)
    await expect(page.locator("#loop-state")).to_contain_text("gives back")
    await picture_moves(page)
    await picture_moves(page)
    f = await figures_when(page, "f.station && f.station.came && f.still_ms < 1000")
    assert f["station"]["dropped"]["repeated"] == 0


@pytest.mark.story
async def test_M11_another_page_of_the_seat_takes_the_loop(stations: World, room: Room) -> None:
    first = await enter(room, stations)
    await loop(first)
    await figures_when(first, "f.fps > 1")
    second = await room.tab()
    await second.goto(first.url)
    await loop(second)
    await expect(first.locator("#loop-state")).to_contain_text(
        "Another page of this seat took the loop"
    )
    await figures_when(second, "f.fps > 1")
    await first.get_by_role("button", name="Send it through the station").click()
    await expect(second.locator("#loop-state")).to_contain_text("Another page of this seat")
    await picture_moves(first)


@pytest.mark.story
async def test_a_refused_permission_is_explained(stations: World, room: Room) -> None:
    page = await enter(room, stations, allowed=False)
    await page.get_by_role("button", name="Turn on").click()
    for device in ALLOWED:
        state = page.locator(f"#{device}-state")
        await expect(state).to_contain_text(f"Chromium refuses this page the {device}.")
        await expect(state).to_contain_text("Press the sign at the left of the address")
    await expect(page.locator("#run")).to_be_hidden()
    # Once it is allowed, the same button is enough; with the microphone alone, sound goes.
    await room.context.grant_permissions(["microphone"])
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.locator("#microphone-state")).to_contain_text("Fake")
    await expect(page.locator("#camera-state")).to_contain_text("refuses this page the camera")
    await page.get_by_role("button", name="Send it through the station").click()
    await expect(page.locator("#heard-back")).to_have_text("comes back")
    await page.get_by_role("button", name="Play a tone").click()
    await page.get_by_role("button", name="I heard it").click()
    await expect(page.locator("#verdict")).to_contain_text("Ready for voice and text.")


@pytest.mark.story
async def test_a_camera_that_goes_is_told_and_the_voice_goes_on(
    stations: World, room: Room
) -> None:
    page = await enter(room, stations)
    await loop(page)
    await figures_when(page, "f.fps > 5")
    await page.evaluate(
        """() => {
          const track = document.getElementById("preview").srcObject.getVideoTracks()[0];
          track.stop();
          track.dispatchEvent(new Event("ended"));
        }"""
    )
    await expect(page.locator("#camera-state")).to_contain_text("The camera is gone. Plug it in")
    await expect(page.locator("#verdict")).to_contain_text("your picture has not come back")
    before = (await figures_when(page, "f.sound_back > 0"))["sound_back"]
    await figures_when(page, f"f.sound_back > {before} + 3")
    await page.get_by_role("button", name="Turn on again").click()
    await expect(page.locator("#camera-state")).to_contain_text("gives pictures")
    await picture_moves(page)


@pytest.mark.story
async def test_without_pictures_there_is_voice_and_without_sound_there_is_text(
    stations: World, room: Room, browser: Browser
) -> None:
    page = await enter(room, stations, before="delete globalThis.VideoEncoder;")
    await expect(page.locator("#verdict")).to_contain_text("can hold voice and text.")
    await expect(page.locator("#features")).to_contain_text(
        "✕ Pictures as VP8 (WebCodecs): missing"
    )
    await loop(page)
    await expect(page.locator("#camera-state")).to_contain_text("can send no pictures")
    await expect(page.locator("#heard-back")).to_have_text("comes back")
    await page.close()
    poorer = await enter(room, stations, before="delete globalThis.AudioEncoder;")
    await expect(poorer.locator("#verdict")).to_contain_text("can hold text only.")
    await expect(poorer.locator("#on")).to_be_hidden()


@pytest.mark.story
async def test_without_a_stream_of_pictures_they_are_taken_from_the_preview(
    stations: World, room: Room
) -> None:
    page = await enter(room, stations, before="delete globalThis.MediaStreamTrackProcessor;")
    await loop(page)
    await figures_when(page, "f.fps > 2")
    await picture_moves(page)


@pytest_asyncio.fixture(loop_scope="session")
async def bare(chromium: Path) -> AsyncIterator[Browser]:
    """A browser on a machine with no camera and no microphone."""
    flags = [flag for flag in FLAGS if "fake-device" not in flag]
    none = "--use-fake-device-for-media-stream=device-count=0"
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium, args=[*flags, none])
        yield found
        await found.close()


@pytest.mark.story
async def test_a_machine_without_devices_says_so(stations: World, bare: Browser) -> None:
    context = await bare.new_context()
    page = await enter(Room(context), stations)
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.locator("#camera-state")).to_contain_text(
        "No camera is connected. Plug one in"
    )
    await context.close()


async def test_only_this_page_may_ask_for_devices(stations: World, room: Room) -> None:
    page = await enter(room, stations)
    answer = await room.context.request.get(page.url)
    assert answer.headers["permissions-policy"] == DEVICES["Permissions-Policy"]
    policy = "camera=(self), microphone=(self), display-capture=(), geolocation=()"
    assert policy in answer.headers["permissions-policy"]
    for name, value in HEADERS.items():
        if name not in DEVICES:
            assert answer.headers[name.lower()] == value
    other = await room.context.request.get(stations.north.seat("Wanda") + "/watch")
    assert "camera=(), microphone=()" in other.headers["permissions-policy"]
    await page.goto(stations.north.seat("Wanda") + "/watch")
    refused = "navigator.mediaDevices.getUserMedia({ video: true }).catch((error) => error.name)"
    assert await page.evaluate(refused) == "NotAllowedError"
    assert room.faults == ["Permissions policy violation: camera is not allowed in this document."]
    room.faults.clear()


@pytest.mark.parametrize(
    ("tongue", "said"),
    [("en", ["1,234.5", "9.9 %"]), ("ru", ["1\u00a0234,5", "9,9\u00a0%"])],
)
async def test_figures_of_a_script_follow_the_language(
    stations: World, room: Room, tongue: str, said: list[str]
) -> None:
    north = stations.north
    await north.ask("Wanda", "person.tongue", person=north.ids["Wanda"], tongue=tongue)
    page = await room.sit(north, "Wanda", "/watch")
    given = """async () => {
      const { tenths, percent } = await import("/static/tongue.js");
      return [tenths(1234.5), percent(0.0987)];
    }"""
    assert await page.evaluate(given) == said
