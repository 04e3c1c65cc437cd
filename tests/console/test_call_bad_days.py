"""What goes wrong on one side of a call: it goes on, or the page says in a sentence what to do, and
text goes on meanwhile. Real pages; the other side takes part without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from parley.conference import room as conference
from parley.conference.room import LOST_S
from tests.console.conftest import Room
from tests.console.known import known
from tests.console.test_call import (
    MEDIA_MS,
    cut,
    duty_room,
    enter,
    joins,
    mend,
    says,
    sees_and_hears,
)
from tests.console.test_call_parts import person
from tests.console.test_sign_in import page_of
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What a driver does when the device is pulled out.
GONE = """(kind) => {
  const track = window.taken.find((each) => each.kind === kind && each.readyState === "live");
  track.stop();
  track.dispatchEvent(new Event("ended"));
}"""
# What a page is told of itself when another tab stands before it.
HIDE = """() => {
  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
  Object.defineProperty(document, "hidden", { get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# Whoever is asked for a device may take their time; `allow` is their answer.
KEEP = """const ask = MediaDevices.prototype.getUserMedia;
window.taken = [];
window.asked = Promise.resolve();
window.waits = 0;
window.thinks = () => {
  window.asked = new Promise((allow) => (window.allow = allow));
};
MediaDevices.prototype.getUserMedia = async function (...how) {
  window.waits += 1;
  await window.asked;
  const stream = await ask.apply(this, how);
  window.taken.push(...stream.getTracks());
  return stream;
};
const copy = MediaStreamTrack.prototype.clone;
window.copied = [];
MediaStreamTrack.prototype.clone = function () {
  const made = copy.call(this);
  window.copied.push(made);
  return made;
};"""


@pytest_asyncio.fixture(loop_scope="session")
async def duty(with_camera: Browser) -> AsyncIterator[Room]:
    """The browser of North's duty officer."""
    async with duty_room(with_camera) as room:
        await room.context.add_init_script(KEEP)
        yield room


async def joined(stations: World, room: Room) -> Page:
    """North's duty officer is in the call with camera and microphone, South's by text."""
    await stations.north.ask("Wanda", "call.begin")
    page = await enter(room, stations.north, "Wanda")
    await joins(page)
    await expect(page.locator("#alone")).to_be_visible(timeout=MEDIA_MS)

    async def opened() -> bool:
        return bool((await stations.south.ask("Wen", "call.show"))["call"])

    await stations.until(opened, MEDIA_MS / 1000)
    await stations.south.ask("Wen", "call.join")
    return page


async def told(stations: World, text: str) -> None:
    """South has read it in the call."""

    async def read() -> bool:
        texts = (await stations.south.ask("Wen", "call.show"))["call"]["texts"]
        return text in [each["text"] for each in texts]

    await stations.until(read, MEDIA_MS / 1000)


async def pages_here(stations: World, pages: list[str]) -> None:
    """Which pages of North have ever joined, and that the last of them is there."""

    async def so() -> bool:
        call = (await stations.north.ask("Wanda", "call.show"))["call"]
        ours = [each for each in call["attendees"] if each["dir"] == "ours"]
        return [each["page"][1:] for each in ours] == pages and ours[-1]["left"] is None

    await stations.until(so, MEDIA_MS / 1000)


@pytest.mark.story
async def test_devices_that_go_are_named_and_the_call_goes_on(stations: World, duty: Room) -> None:
    page = await joined(stations, duty)
    await page.evaluate(GONE, "video")
    await expect(page.locator("#camera-state")).to_contain_text("The camera is gone")
    await expect(page.locator("#camera-state")).to_contain_text("“Turn my camera on”")
    await says(page, "Our camera fell.")
    await told(stations, "Our camera fell.")
    # Plugged in again: no other keys, and nobody has to leave.
    await page.get_by_role("button", name="Turn my camera on").click()
    await expect(page.locator("#camera-state")).to_have_text("")
    await expect(page.get_by_role("button", name="Turn my camera off")).to_be_visible()
    await pages_here(stations, ["1"])
    await page.evaluate(GONE, "audio")
    await expect(page.locator("#microphone-state")).to_contain_text("The microphone is gone")
    await page.get_by_role("button", name="Turn my microphone on").click()
    await expect(page.locator("#microphone-state")).to_have_text("")
    await expect(page.locator("#microphone-on")).to_be_hidden()
    await pages_here(stations, ["1"])
    await stations.north.ask("Wanda", "call.end")


LIVE = """() => window.taken
  .filter((each) => each.readyState === "live")
  .map((each) => each.kind)"""
ALL_OFF = (
    """() => [...window.taken, ...window.copied].every((each) => each.readyState === "ended")"""
)
# What the own picture shows, beside the camera that it is of.
MIRROR = """() => {
  const [shown] = document.getElementById("self").srcObject?.getTracks() ?? [];
  const camera = window.taken.find((each) => each.kind === "video" && each.readyState === "live");
  return [shown, camera].map((each) => {
    const { width, height, frameRate } = each?.getSettings() ?? {};
    return [each?.readyState, width, height, frameRate];
  });
}"""


@pytest.mark.story
async def test_the_own_picture_is_small_and_goes_with_the_camera(
    stations: World, duty: Room
) -> None:
    page = await joined(stations, duty)
    await page.wait_for_function("() => document.getElementById('self').videoWidth === 320")
    assert await page.evaluate(MIRROR) == [["live", 320, 180, 15], ["live", 640, 360, 30]]
    await page.locator("h1").click()
    await page.keyboard.press("v")
    assert await page.evaluate("window.copied.map((each) => each.readyState)") == ["ended"]
    await page.keyboard.press("v")
    await page.wait_for_function("() => document.getElementById('self').videoWidth === 320")
    assert (await page.evaluate(MIRROR))[0] == ["live", 320, 180, 15]
    await page.get_by_role("button", name="Leave the call").click()
    await page.wait_for_function(ALL_OFF)
    await stations.north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_a_camera_that_is_allowed_too_late_stays_off(stations: World, duty: Room) -> None:
    """The browser asks, and meanwhile the call is left, or the camera asked for once more."""
    page = await joined(stations, duty)
    await expect(page.locator("#microphone-on")).to_be_hidden()
    await page.locator("h1").click()
    await page.keyboard.press("v")
    assert await page.evaluate(LIVE) == ["audio"]
    await page.evaluate("thinks()")
    before = await page.evaluate("waits")
    for _ in range(2):
        await page.keyboard.press("v")
    await page.wait_for_function("before => waits === before + 2", arg=before)
    await page.evaluate("allow()")
    await page.wait_for_function("() => window.taken.length === 4")
    await expect(page.get_by_role("button", name="Turn my camera off")).to_be_visible()
    assert await page.evaluate(LIVE) == ["audio", "video"]  # one, that the button turns off

    await page.keyboard.press("v")
    await page.evaluate("thinks()")
    await page.keyboard.press("v")
    await page.wait_for_function("before => waits === before + 3", arg=before)
    await page.get_by_role("button", name="Leave the call").click()
    await page.evaluate("allow()")
    await page.wait_for_function("() => window.taken.length === 5")
    await page.wait_for_function(ALL_OFF)
    assert await page.evaluate("document.getElementById('self').srcObject") is None
    await stations.north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_a_microphone_that_is_closed_while_the_station_is_away_is_closed_in_the_record(
    stations: World, duty: Room
) -> None:
    page = await joined(stations, duty)
    port = urlsplit(stations.north.console).port
    assert port
    for closed in (True, False):
        await stations.north.hide_pages()
        await expect(page.locator("#media-state")).to_contain_text("does not answer")
        await page.locator("h1").click()
        await page.keyboard.press("m")
        await stations.north.show_pages(port)
        await expect(page.locator("#media-state")).to_have_text("", timeout=MEDIA_MS)

        async def so(closed: bool = closed) -> bool:
            call = (await stations.north.ask("Wanda", "call.show"))["call"]
            (me,) = [each for each in call["attendees"] if each["dir"] == "ours"]
            return (me["muted"] is not None) is closed

        await stations.until(so, MEDIA_MS / 1000)
    await pages_here(stations, ["1"])
    await stations.north.ask("Wanda", "call.end")


@pytest.mark.parametrize("lacks", ["call-worker", "media-sound"])
@pytest.mark.story
async def test_a_page_that_gets_no_script_of_the_call_says_so_and_can_join_again(
    stations: World, duty: Room, lacks: str
) -> None:
    """As where the station was just stopped."""
    await stations.north.ask("Wanda", "call.begin")
    page = await enter(duty, stations.north, "Wanda")
    await duty.context.route(f"**/{lacks}.js", lambda route: route.abort("connectionrefused"))
    if lacks == "media-sound":  # which no route of a test ever sees
        await page.evaluate(
            "() => { AudioWorklet.prototype.addModule ="
            " () => Promise.reject(new DOMException('gone')); }"
        )
    await joins(page)
    await expect(page.locator("#media-state")).to_contain_text("could not be made ready")
    await expect(page.locator("#join-media")).to_be_enabled()
    await page.wait_for_function(ALL_OFF)
    await duty.context.unroute(f"**/{lacks}.js")
    await page.reload()
    await expect(page.locator("#call[data-ready=yes]")).to_be_attached()
    await joins(page)
    await expect(page.locator("#alone")).to_be_visible(timeout=MEDIA_MS)
    await stations.north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_a_page_of_a_call_that_falls_asleep_shows_nothing_of_it(
    stations: World, duty: Room
) -> None:
    """Also where something was said by text before, which does not leave the page."""
    both = await known(stations.north, "Both")
    await stations.north.ask("Wanda", "call.begin")
    page = await page_of(duty, both)
    await page.goto(stations.north.seat("Both") + "/call")
    await expect(page.locator("#call[data-ready=yes]")).to_be_attached()
    await joins(page)
    await expect(page.locator("#alone")).to_be_visible(timeout=MEDIA_MS)
    await says(page, "For our eyes.")
    await expect(page.locator("#texts")).to_contain_text("For our eyes.")
    both.clock.later_s += 31 * 60
    await expect(page.locator("html")).to_have_attribute("data-locked", "")
    assert "For our eyes." not in await page.content()
    await page.wait_for_function(ALL_OFF)
    await page.keyboard.press("x")  # no key of the call has anything to act on
    await stations.north.ask("Wanda", "call.end")


# A picture that says it is whole and is not, and a canvas that fails once.
SPOILT = """async () => {
  const { In } = await import("/static/media-in.js");
  const counts = { gaps: 0, back: 0, unopened: 0, faults: 0, keys_asked: 0 };
  const way = new MessageChannel();
  const of = new In(new OffscreenCanvas(16, 16), way.port1, () => undefined, counts);
  of.begin();
  of.show({ kind: 2, key: true, captured_us: 1 }, new Uint8Array(90).fill(1), 0);
  const asked = [of.needsKey, counts.faults, counts.keys_asked];
  const draw = of.paper.draw.bind(of.paper);
  let drawn = 0;
  of.paper.draw = (picture) => {
    drawn += 1;
    return drawn === 1 ? Promise.reject(new DOMException("", "OperationError")) : draw(picture);
  };
  const papers = [0, 1].map(() => {
    const canvas = new OffscreenCanvas(16, 16);
    canvas.getContext("2d").fillRect(0, 0, 16, 16);
    return new VideoFrame(canvas, { timestamp: 0 });
  });
  await of.paint(papers[0]).catch(() => undefined);
  await of.paint(papers[1]);
  const closed = papers.map((each) => each.format === null);
  of.close();
  way.port1.close();
  return [asked, of.seen.fps.values().length, counts.faults, closed];
}"""


async def test_M10_a_picture_that_is_refused_or_cannot_be_drawn_stops_none_that_follow(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    assert await page.evaluate(SPOILT) == [[True, 1, 1], 1, 2, [True, True]]


@pytest.mark.story
async def test_a_permission_that_is_withdrawn_is_told_from_a_camera_that_fell(
    stations: World, duty: Room
) -> None:
    page = await joined(stations, duty)
    both = ["camera", "microphone"]
    for how in ("taken back", "refused"):
        await duty.context.clear_permissions()  # the browser itself ends the tracks
        if how == "refused":
            await duty.context.grant_permissions([])
        for device in both:
            state = page.locator(f"#{device}-state")
            await expect(state).to_contain_text(f"refuses this page the {device}")
            await expect(state).to_contain_text(f"then press “Turn my {device} on” again")
        await says(page, f"The right is {how}.")
        await told(stations, f"The right is {how}.")
        await duty.context.grant_permissions(both)
        for device in both:
            await page.get_by_role("button", name=f"Turn my {device} on").click()
            await expect(page.locator(f"#{device}-state")).to_have_text("")
    await pages_here(stations, ["1"])
    await stations.north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_who_was_away_for_too_long_is_told_and_joins_again(
    stations: World, duty: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a laptop was asleep: its page comes back and is in the call no longer."""
    page = await joined(stations, duty)
    port = urlsplit(stations.north.console).port
    assert port
    await stations.north.hide_pages()
    monkeypatch.setattr(conference, "LOST_S", 0.0)
    await stations.north.show_pages(0)  # where this page does not look
    await expect(page.locator("#media-state")).to_contain_text("does not answer")

    async def has_left() -> bool:
        call = (await stations.north.ask("Wanda", "call.show"))["call"]
        return call["attendees"][0]["left"] is not None

    await stations.until(has_left, MEDIA_MS / 1000)
    await stations.north.hide_pages()
    monkeypatch.setattr(conference, "LOST_S", LOST_S)
    await stations.north.show_pages(port)
    await expect(page.locator("#media-state")).to_contain_text(
        "You are no longer in the call", timeout=MEDIA_MS
    )
    await joins(page)  # the button is there, and one press is enough
    await pages_here(stations, ["1", "2"])
    await says(page, "We are back.")
    await told(stations, "We are back.")
    await stations.north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_a_station_that_is_started_anew_finds_its_page_in_the_call(
    stations: World, duty: Room
) -> None:
    page = await joined(stations, duty)
    port = urlsplit(stations.north.console).port
    assert port
    await stations.north.__aexit__()
    await expect(page.locator("#media-state")).to_contain_text("the call goes on by itself")
    await stations.north.__aenter__()
    await stations.north.hide_pages()
    await stations.north.show_pages(port)
    await expect(page.locator("#media-state")).to_have_text("", timeout=MEDIA_MS)
    await pages_here(stations, ["1"])
    await cut(stations)  # its port is another one now
    await mend(stations)
    await says(page, "Still here.")
    await told(stations, "Still here.")
    await stations.north.ask("Wanda", "call.end")


@pytest.mark.story
async def test_a_tab_that_nobody_looks_at_sends_on_and_hears_whom_it_chose(
    stations: World, duty: Room, with_camera: Browser
) -> None:
    """As of somebody who reads a paper in another tab: an interpreter begins meanwhile."""
    south = stations.south
    await person(south, "Irina", "interpreter")
    page = await joined(stations, duty)
    async with duty_room(with_camera) as southern:
        irina = await enter(southern, south, "Irina")
        await joins(irina)
        tile = page.locator("#others .other")
        await expect(tile).to_have_attribute("data-gain", "1", timeout=MEDIA_MS)
        await page.evaluate(HIDE)
        await south.ask("Wen", "call.mode", mode="simultaneous")
        await south.ask("Irina", "call.interpret", language="English")
        # Who hears the original does not hear the interpreter over it.
        await expect(tile).to_have_attribute("data-gain", "0", timeout=MEDIA_MS)
        await south.ask("Wen", "call.say", text="Do you hear?")
        await expect(page.locator("#texts")).to_contain_text("Do you hear?", timeout=MEDIA_MS)
        await sees_and_hears(irina)
        await stations.north.ask("Wanda", "call.end")
        for each in (page, irina):
            await expect(each.locator("#media-state")).to_contain_text("The call is ended")
    # Outside of a call it fetches what rings, and nothing more.
    async with page.expect_response("**/alarms"):
        await stations.say(south, "Now.", "FLASH")


@pytest.mark.story
async def test_what_is_typed_while_the_last_words_are_sent_is_kept(
    stations: World, duty: Room
) -> None:
    """Who types captions begins the next before the station has the last."""
    page = await joined(stations, duty)
    taken = asyncio.Event()

    async def slowly(route: Route) -> None:
        await taken.wait()
        await route.continue_()

    async def never(route: Route) -> None:
        await route.abort("connectionrefused")

    await page.route("**/call/caption", slowly)
    words = page.locator("#caption-words")
    await page.locator("#caption-language").fill("English")
    await words.fill("Ships keep clear.")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Of each")
    taken.set()
    await expect(page.locator("#captions")).to_contain_text("Ships keep clear.")
    await page.keyboard.type(" other.")
    await expect(words).to_have_value("Of each other.")
    await page.keyboard.press("Enter")
    await expect(page.locator("#captions")).to_contain_text("Of each other.")
    await expect(page.locator("#caption-language")).to_have_value("English")
    # What the station refuses, or never had, stands there again before what was typed since.
    field = page.locator("#words-of-mine")
    await field.fill("ж" * 1_500)
    await page.keyboard.press("Enter")
    await expect(page.locator("#said-state")).to_contain_text("has refused that")
    await expect(field).to_have_value("ж" * 1_500)
    await page.route("**/call/say", never)
    await field.fill("We go on.")
    await page.keyboard.press("Enter")
    await expect(page.locator("#said-state")).to_contain_text("did not reach the station")
    await expect(field).to_have_value("We go on.")
    await page.unroute("**/call/say")
    await page.keyboard.press("Enter")
    await told(stations, "We go on.")
    await expect(page.locator("#said-state")).to_have_text("")
    await stations.north.ask("Wanda", "call.end")


@pytest.mark.parametrize(
    ("lacks", "says_so"),
    [
        ("VideoEncoder", "can send no pictures: it lacks Pictures as VP8 (WebCodecs)."),
        ("AudioEncoder", "can hold the call by text only: it lacks"),
    ],
)
@pytest.mark.story
async def test_a_browser_without_webcodecs_holds_what_it_can(
    stations: World, duty: Room, lacks: str, says_so: str
) -> None:
    await stations.north.ask("Wanda", "call.begin")
    await duty.context.add_init_script(f"delete globalThis.{lacks};")
    page = await enter(duty, stations.north, "Wanda")
    await expect(page.locator("#media-state")).to_contain_text(says_so)
    if lacks == "VideoEncoder":
        await page.get_by_role("button", name="Join with the microphone").click()
        await expect(page.locator("#alone")).to_be_visible(timeout=MEDIA_MS)
        await expect(page.locator("#camera-off")).to_be_hidden()
        medium = "voice"
    else:
        await expect(page.locator("#join-media")).to_be_hidden()
        await page.get_by_role("button", name="Join by text").click()
        await expect(page.locator("#people")).to_contain_text("duty officer")
        medium = "text"
    (me,) = (await stations.north.ask("Wanda", "call.show"))["call"]["attendees"]
    assert me["medium"] == medium
    await expect(page.locator("#call[data-ready=yes]")).to_be_attached()
    await says(page, "By what we have.")
    await told(stations, "By what we have.")
    await stations.north.ask("Wanda", "call.end")
