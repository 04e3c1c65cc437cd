"""Interpreters, captions, hand-over and agenda of a call, at real pages of both sides."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from parley.station.acts.person import AT_THE_MACHINE
from tests.console.conftest import Room
from tests.console.test_call import MEDIA_MS, digits, duty_room, enter, joins
from tests.console.world import Post, World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def person(post: Post, name: str, role: str) -> None:
    """Somebody more, with a role in calls."""
    assert post.station is not None
    given = {"name": name, "office": f"Office of {name}", "roles": [role]}
    post.ids[name] = (await post.station.call("person.add", AT_THE_MACHINE, given))["id"]


# Where what is said of sound and pictures as a whole would end on the screen.
STATES = """() => [
  ["alone", "paused", "on-hold", "silenced", "sound-asleep", "silent", "talks-muted"],
  ["media-state", "camera-state", "microphone-state", "speaker-state"],
].flatMap((ids, are) => ids.map((id) => {
  const each = document.getElementById(id);
  if (are === 0) each.hidden = false;
  else each.textContent = "What is to be done about it now is said in a sentence.";
  scrollTo(0, 0);
  const { bottom } = each.getBoundingClientRect();
  if (are === 0) each.hidden = true;
  else each.textContent = "";
  return bottom;
}))"""
# The lowest edge of so many pictures of others, empty as they are before the first one comes.
LOWEST = """(count) => {
  const others = document.getElementById("others");
  const tile = document.getElementById("tile").content.firstElementChild;
  others.replaceChildren(...Array.from({ length: count }, () => tile.cloneNode(true)));
  scrollTo(0, 0);
  const pictures = [...others.querySelectorAll("canvas")];
  const edges = pictures.map((each) => each.getBoundingClientRect().bottom);
  others.replaceChildren();
  return Math.max(...edges);
}"""


@pytest.mark.story
async def test_an_interpreter_has_a_channel_that_listeners_choose(
    stations: World, with_camera: Browser
) -> None:
    north, south = stations.north, stations.south
    for name in ("Irina", "Ivo"):
        await person(south, name, "interpreter")
    await person(north, "Chief", "principal")
    await north.ask("Wanda", "call.begin")
    async with duty_room(with_camera) as northern, duty_room(with_camera) as southern:
        wanda = await enter(northern, north, "Wanda")
        irina = await enter(southern, south, "Irina")
        await joins(wanda)
        await joins(irina)
        await stations.until(lambda: _open(south), MEDIA_MS / 1000)
        await south.ask("Wen", "call.join")
        await south.ask("Wen", "call.mode", mode="simultaneous")
        await irina.locator("#channels input[name=language]").fill("English")
        await irina.get_by_role("button", name="Take the microphone").click()
        await expect(wanda.locator("#channels")).to_contain_text("Into English: Irina")
        tile = wanda.locator("#others .other").first
        await expect(tile).to_have_attribute("data-gain", "0", timeout=MEDIA_MS)  # the original
        await wanda.locator("h1").click()
        await wanda.keyboard.press("n")
        await expect(tile).to_have_attribute("data-gain", "1")
        # Whoever has chosen by the arrows what to hear still has the keys of the call.
        await wanda.locator("#listening input[value=interpreted]").focus()
        await wanda.keyboard.press("m")
        await expect(irina.locator("#others [data-muted]")).to_be_visible()
        await wanda.keyboard.press("m")
        await expect(irina.locator("#others [data-muted]")).to_be_hidden()
        await expect(wanda.locator("#speaks")).to_contain_text(
            "Irina, Office of Irina, South, into English", timeout=MEDIA_MS
        )

        # Who has come by text alone has no microphone to take, or to be handed.
        await south.ask("Ivo", "call.join")
        await expect(irina.locator("#people")).to_contain_text("Ivo")
        await expect(irina.locator("#channels [data-key=r]")).to_have_count(0)
        ivo = await enter(southern, south, "Ivo")
        await expect(ivo.locator("#channels")).to_contain_text("Into English: Irina")
        await expect(ivo.locator("#channels input[name=language]")).to_have_count(0)
        await ivo.close()

        await irina.locator("h1").click()
        await irina.keyboard.down("x")
        await expect(irina.locator("#silent")).to_be_visible()
        await irina.keyboard.up("x")
        await expect(irina.locator("#silent")).to_be_hidden()
        await irina.locator("#push-on").check()
        await expect(irina.locator("#silent")).to_be_visible()
        await irina.keyboard.down(" ")
        await expect(irina.locator("#silent")).to_be_hidden()
        await irina.keyboard.up(" ")
        await expect(irina.locator("#silent")).to_be_visible()
        # The space bar is for talking, and not for the button that was pressed last.
        await irina.locator("#camera-off").click()
        await irina.keyboard.down(" ")
        await expect(irina.locator("#silent")).to_be_hidden()
        await irina.keyboard.up(" ")
        await expect(irina.locator("#silent")).to_be_visible()
        await expect(irina.locator("#camera-words")).to_have_text("Turn my camera on")
        await irina.locator("#camera-off").click()

        await irina.keyboard.press("d")
        await irina.keyboard.type("We hear you well.")
        await irina.keyboard.press("Enter")  # language and channel are those of her microphone
        interpreted = wanda.locator("#captions .interpreted")
        await expect(interpreted).to_contain_text("We hear you well.")
        await expect(interpreted).to_contain_text("English, interpreted, Irina, South")

        await north.ask("Chief", "call.join")
        await wanda.get_by_role("button", name="Hand the call to Chief").click()
        await expect(irina.locator("#holders")).to_contain_text("Wanda hands the call to Chief")
        await south.ask("Wen", "call.acknowledge")
        for page in (wanda, irina):
            await expect(page.locator("[data-holder]").first).to_be_visible()
            await expect(page.locator("#holders")).to_contain_text(
                "the principal is at the terminal, Chief"
            )

        await wanda.locator("h1").click()
        await wanda.keyboard.press("g")
        await wanda.locator("textarea[name=items]").fill("20 min Meetings at sea\nThe next call")
        await wanda.get_by_role("button", name="Set it for both sides").click()
        await expect(irina.locator("#agenda")).to_contain_text("20 min planned")
        await wanda.get_by_role("button", name="Mark as touched").first.click()
        await expect(irina.locator("#agenda")).to_contain_text("TOUCHED")

        # Who has read the digits aloud is told why there are others.
        before = await digits(wanda)
        await expect(wanda.locator("#digits-new")).to_be_hidden()
        await irina.get_by_role("button", name="Leave the call").click()
        await joins(irina)
        await digits(wanda, before)
        await expect(wanda.locator("#digits-new")).to_contain_text("read them aloud again")
        await digits(irina)
        await expect(irina.locator("#digits-new")).to_be_hidden()
    await north.ask("Wanda", "call.end")


async def _open(post: Post) -> bool:
    return bool((await post.ask("Wen", "call.show"))["call"])


async def test_captions_are_typed_and_read_below_the_pictures(stations: World, room: Room) -> None:
    page = await enter(room, stations.north, "Wanda")
    fields = page.locator("#caption-words, #words-of-mine")
    alone = page.locator("#mine, #speaking, #quality")  # of who sees and hears
    for unseen in (*await fields.all(), *await alone.all()):
        await expect(unseen).to_be_hidden()  # nobody says anything in no call
    await stations.north.ask("Wanda", "call.begin")
    await page.get_by_role("button", name="Join by text").click()
    await expect(page.locator("#people")).to_contain_text("duty officer")
    for unseen in await alone.all():
        await expect(unseen).to_be_hidden()
    await expect(page.locator("#holders")).to_contain_text("Wanda, Watch desk, holds the call")
    await page.locator("#caption-words").fill("Good morning.")
    await page.locator("#caption-language").fill("English")
    await page.keyboard.press("Enter")
    await expect(page.locator("#captions .original")).to_contain_text("Good morning.")
    await expect(page.locator("#caption-language")).to_have_value("English")
    for width, height in ((1280, 800), (1180, 820)):
        await page.set_viewport_size({"width": width, "height": height})
        assert max(await page.evaluate(STATES)) < height - 28
        for pictures in (1, 2, 3):
            assert await page.evaluate(LOWEST, pictures) < height - 28  # the edge of an exercise
    await stations.north.ask("Wanda", "call.end")
    await expect(page.locator("#holders")).to_be_hidden()  # nobody holds it any more
    for unseen in (page.locator("#channels"), *await fields.all()):
        await expect(unseen).to_be_hidden()


@pytest.mark.story
async def test_a_refusal_goes_when_what_it_speaks_of_is_over(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda", "/call")
    await wanda.evaluate(
        "() => { document.getElementById('words-of-mine').value = 'Good evening.';"
        " document.getElementById('say').submit(); }"  # as of a page that is behind
    )
    refused = wanda.locator("#refused")
    await expect(refused).to_contain_text("No call is open")
    await stations.say(stations.south, "This renews the page.", "IMMEDIATE")
    await expect(wanda.locator("#urgents > li")).to_have_count(1)
    await expect(refused).to_be_visible()
    await stations.north.ask("Wanda", "call.begin")
    await expect(refused).to_have_count(0)
    await stations.north.ask("Wanda", "call.end")


TILE = """async (told) => {
  const { tell } = await import("/static/call-tile.js");
  const tile = document.getElementById("tile").content.firstElementChild.cloneNode(true);
  tell(tile, told);
  return ["still", "late"].map((name) => {
    const part = tile.querySelector(`[data-${name}]`);
    return part.hidden ? "" : part.textContent;
  });
}"""


async def test_a_picture_that_stands_still_or_is_old_says_so(stations: World, room: Room) -> None:
    wanda = await room.sit(stations.north, "Wanda", "/call")
    for told, words in (
        ({"picture_p50": None, "still_ms": None}, ["", ""]),
        ({"picture_p50": 2_900, "still_ms": 1_400}, ["", ""]),
        ({"picture_p50": 41_718, "still_ms": 100}, ["", "PICTURE IS 42 s OLD"]),
        ({"picture_p50": 90, "still_ms": 1_600}, ["PICTURE STANDS STILL", ""]),
    ):
        assert await wanda.evaluate(TILE, {"fps": 1.0, "kbps": 60.0, **told}) == words


# How a picture stands in a place of a size.
FITS = """async ({ place, picture }) => {
  const { tell } = await import("/static/call-tile.js");
  const tile = document.getElementById("tile").content.firstElementChild.cloneNode(true);
  document.getElementById("others").append(tile);
  const canvas = tile.querySelector("canvas");
  Object.assign(canvas.style, { boxSizing: "content-box", aspectRatio: "auto", maxHeight: "none",
    width: `${place[0]}px`, height: `${place[1]}px` });
  const told = { fps: 30, picture_p50: 9, kbps: 600, still_ms: 9 };
  const fits = picture.map(([width, height]) => {
    tell(tile, { ...told, width, height });
    return getComputedStyle(canvas).objectFit;
  });
  tile.remove();
  return fits;
}"""


async def test_a_picture_that_fills_nearly_its_place_stands_in_its_own_size(
    stations: World, room: Room
) -> None:
    """And never beyond its place, nor lost in it."""
    wanda = await room.sit(stations.north, "Wanda", "/call")
    pictures = [[640, 360], [1280, 720], [320, 184], [640, 360]]
    for place, fits in (
        ([640, 360], "none"),
        ([734, 376], "none"),
        ([734, 413], "none"),
        ([760, 420], "contain"),
        ([639, 376], "contain"),
    ):
        told = await wanda.evaluate(FITS, {"place": place, "picture": pictures})
        assert told == [fits, "contain", "contain", fits], place
