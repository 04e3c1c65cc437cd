"""A picture goes from a drafter's hands to a watch officer's, past a releaser who saw it."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import FilePayload, expect

from tests.console.conftest import Room
from tests.console.looking import width_of_image
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def chart() -> bytes:
    """A sketch of two tracks, as a JPEG with the name of a camera in it."""
    picture = Image.new("RGB", (900, 500), "#dfe9f2")
    pen = ImageDraw.Draw(picture)
    pen.line([(60, 440), (420, 240), (840, 200)], fill="#1b3a5c", width=6)
    pen.line([(90, 60), (430, 260), (820, 430)], fill="#a02020", width=6)
    pen.ellipse([(410, 230), (450, 270)], outline="black", width=4)
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Camera of Olsen"
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.story
async def test_a_picture_is_seen_by_the_releaser_and_by_the_other_side(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    drafted = await north.ask("Dana", "draft.new", text="Tracks of both ships at 0600Z.")
    number = drafted["draft"]
    dana = await room.sit(north, "Dana", f"/drafts/{number}")
    for name, mime, raw in (
        ("tracks.jpg", "image/jpeg", chart()),
        ("positions.txt", "text/plain", b"Amity 55 10 N, 012 30 E\n"),
    ):
        if await dana.locator("#attachments details:not([open])").count():
            await dana.get_by_text("Attach a file").click()
        await dana.get_by_label("A picture (PNG or JPEG)").set_input_files(
            FilePayload(name=name, mimeType=mime, buffer=raw)
        )
        await dana.get_by_role("button", name="Attach it").click()
        await dana.wait_for_url("**?done=attached")
    # What is neither is said beside the field, and the draft stays as it is.
    await dana.get_by_text("Attach a file").click()
    await dana.get_by_label("A picture (PNG or JPEG)").set_input_files(
        FilePayload(name="x.png", mimeType="image/png", buffer=b"<svg/>\x00")
    )
    await dana.get_by_role("button", name="Attach it").click()
    await expect(dana.locator("#refused")).to_contain_text("control character")

    rene = await room.sit(north, "Rene", f"/drafts/{number}")
    seen = rene.get_by_role("article", name="tracks.png")
    assert await width_of_image(rene, "article img") == 900
    await expect(rene.get_by_role("article", name="positions.txt")).to_contain_text("Amity 55 10 N")
    hash = await seen.locator(".hash").inner_text()
    await rene.get_by_role("checkbox").check()
    await rene.get_by_role("button", name="Release to").click()
    await rene.wait_for_url("**?done=released")

    line = (await south.ask("Wen", "status"))["lines"][0]["line"][:8]
    n = int(rene.url.split("?")[0].rsplit("/", 1)[1])

    async def whole() -> bool:
        found = (await south.ask("Wen", "message", n=n))["attachments"]
        return all(each["shown"] for each in found)

    await stations.until(whole)
    wen = await room.sit(south, "Wen", f"/messages/{line}/theirs/{n}")
    there = wen.get_by_role("article", name="tracks.png")
    assert await width_of_image(wen, "article img") == 900
    await expect(there.locator(".hash")).to_have_text(hash)
    await expect(there).to_contain_text("its hash is the one that the message names")
    address = await there.locator("img").get_attribute("src") or ""
    answer = await room.context.request.get(f"{south.console}{address}")
    assert answer.headers["content-type"] == "image/png"
    nothing_runs = "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["content-security-policy"] == nothing_runs
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"Olsen" not in await answer.body()
    text = await room.context.request.get(f"{south.console}{address[:-1]}2")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    await wen.goto(f"{wen.url.split('?')[0]}/print")
    await expect(wen.locator("body")).to_contain_text(hash[:19])
