"""A call recorded at real pages of both sides: the file plays, and the record has its hash."""

from __future__ import annotations

import asyncio
import base64
import re
import struct
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.test_call import MEDIA_MS, both_join, duty_room, sees_and_hears
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SEGMENT, TRACKS, CLUSTER, BLOCK = 0x18538067, 0x1654AE6B, 0x1F43B675, 0xA3
NAME, CODEC, CUES, DURATION = 0x536E, 0x86, 0x1C53BB6B, 0x4489
NESTED = {SEGMENT, TRACKS, CLUSTER, 0xAE, 0x1549A966, CUES}


def elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Every element of a Matroska file, of nested ones what is in them (RFC 9559)."""
    while at < end:
        length = 9 - data[at].bit_length()
        id, at = int.from_bytes(data[at : at + length]), at + length
        length = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + length]) & ~(1 << 7 * length)
        at += length
        assert at + size <= end
        yield id, data[at : at + size]
        if id in NESTED:
            yield from elements(data, at, at + size)
        at += size


def tracks(file: bytes) -> list[dict[str, Any]]:
    """Each track with its blocks: time, whether a key frame, what was encoded."""
    found: list[dict[str, Any]] = []
    cluster = 0
    for id, value in elements(file, 0, len(file)):
        if id == 0xD7:
            found.append({"blocks": []})
        elif id in (NAME, CODEC):
            found[-1]["name" if id == NAME else "codec"] = value.decode()
        elif id == 0xE7:
            cluster = int.from_bytes(value)
        elif id == BLOCK:
            beside, flags = struct.unpack(">hB", value[1:4])
            encoded = base64.b64encode(value[4:]).decode()
            found[value[0] - 0x81]["blocks"].append([cluster + beside, flags == 0x80, encoded])
    return found


# Decode what the file's own blocks are, track by track: how many pictures were unlike each other by
# nine places of each, and the loudest sample.
DECODES = """async (tracks) => {
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const told = [];
  for (const { codec, blocks } of tracks) {
    const paper = new OffscreenCanvas(30, 30).getContext("2d", { willReadFrequently: true });
    const unlike = new Set();
    let loudest = 0;
    const see = (picture) => {
      paper.drawImage(picture, 0, 0, 30, 30);
      picture.close();
      unlike.add([5, 15, 25].flatMap((x) =>
        [10, 15, 20].map((y) => paper.getImageData(x, y, 1, 1).data.join())).join(" "));
    };
    const hear = (sound) => {
      const samples = new Float32Array(sound.numberOfFrames);
      sound.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      sound.close();
      for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
    };
    const error = (why) => { throw why; };
    const pictures = codec === "V_VP8";
    const decoder = pictures
      ? new VideoDecoder({ output: see, error })
      : new AudioDecoder({ output: hear, error });
    decoder.configure(pictures ? { codec: "vp8" }
      : { codec: "opus", sampleRate: 48000, numberOfChannels: 1 });
    const Chunk = pictures ? EncodedVideoChunk : EncodedAudioChunk;
    for (const [at, key, data] of blocks) {
      const about = { type: key ? "key" : "delta", timestamp: 1000 * at };
      decoder.decode(new Chunk({ ...about, data: bytes(data) }));
    }
    await decoder.flush();
    decoder.close();
    told.push([codec, pictures ? unlike.size : loudest]);
  }
  return told;
}"""
# And as any player would: the whole file in a <video>, its sound by the browser's own reader.
PLAYS = """async (text) => {
  const whole = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const video = document.createElement("video");
  video.muted = true;
  video.src = URL.createObjectURL(new Blob([whole], { type: "video/webm" }));
  document.body.append(video);
  const paper = new OffscreenCanvas(30, 30).getContext("2d", { willReadFrequently: true });
  const unlike = new Set();
  await video.play();
  await new Promise((done, failed) => {
    const next = () => {
      paper.drawImage(video, 0, 0, 30, 30);
      unlike.add(paper.getImageData(0, 0, 30, 30).data.join());
      if (!video.ended && unlike.size < 5) video.requestVideoFrameCallback(next);
      else done();
    };
    video.onended = done;
    video.onerror = () => failed(new Error(video.error?.message));
    video.requestVideoFrameCallback(next);
  });
  const sound = await new OfflineAudioContext(1, 48000, 48000).decodeAudioData(whole.buffer);
  const loudest = sound.getChannelData(0).reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  return [unlike.size, loudest, video.duration];
}"""


PLAYER = "<!doctype html><title>Player</title>"


async def saves(page: Page) -> bytes:
    """The file of the recording that this page made."""
    async with page.expect_download() as download:
        await page.locator("#recording-files [data-recording='1']").click()
    return await asyncio.to_thread(Path(await (await download.value).path()).read_bytes)


@pytest.mark.story
async def test_J7_J8_both_sides_record_what_both_agreed_to(
    stations: World, with_camera: Browser
) -> None:
    async with duty_room(with_camera) as northern, duty_room(with_camera) as southern:
        north, south = await both_join(stations, northern, southern)
        await sees_and_hears(north)
        await north.get_by_role("button", name="Ask to record").click()
        await expect(south.locator("#recording")).to_contain_text("RECORDING ASKED")
        await south.get_by_role("button", name="Agree to record").click()
        for page in (north, south):
            await expect(page.locator("#recording[data-makes=yes]")).to_contain_text("RECORDED")
            await page.evaluate("() => { window.unlike = new Set(); }")
        await asyncio.gather(sees_and_hears(north, 4), sees_and_hears(south, 4))
        await south.get_by_role("button", name="Stop recording").click()
        await expect(north.locator("#recording")).to_be_hidden()
        files = [await saves(page) for page in (north, south)]
        await expect(north.locator("#recordings code")).to_have_count(2, timeout=MEDIA_MS)
        shown = (await stations.north.ask("Wanda", "call.show"))["call"]["recordings"][0]
        told = {each["dir"]: each["hash"] for each in shown["kept"]}
        assert told == {
            "ours": sha256(files[0]).hexdigest(),
            "theirs": sha256(files[1]).hexdigest(),
        }
        # Who asks once more reads who refused, and who it was that stopped the first.
        await north.get_by_role("button", name="Ask to record").click()
        await south.get_by_role("button", name="Refuse").click()
        listed = north.locator("#recordings li")
        await expect(listed.nth(0)).to_contain_text(re.compile("withdrawn, .?Wen"))
        await expect(listed.nth(1)).to_contain_text("Wanda, North, asked")
        await expect(listed.nth(1)).to_contain_text(re.compile("REFUSED .*, .?Wen"))
        await stations.north.ask("Wanda", "call.end")
        for page in (north, south):
            await expect(page.locator("#media-state")).to_contain_text("The call is ended")
    made = tracks(files[0])
    assert sorted(each["codec"] for each in made) == [*["A_OPUS"] * 2, *["V_VP8"] * 2]
    assert len({each["name"] for each in made}) == 2
    player = await with_camera.new_page()
    await player.route("http://localhost/", lambda route: route.fulfill(body=PLAYER))
    await player.goto("http://localhost/")  # codecs are for secure contexts alone
    for each in made:  # of each person, whoever made the file
        assert each["name"].startswith(("Wanda, Watch desk (", "Wen, Watch desk ("))
    for codec, found in await player.evaluate(DECODES, made):
        assert found > (2 if codec == "V_VP8" else 0.01)
    unlike, loudest, length_s = await player.evaluate(PLAYS, base64.b64encode(files[1]).decode())
    assert unlike >= 5
    assert loudest > 0.01
    lengths = [each["length_ms"] for each in shown["kept"] if each["dir"] == "theirs"]
    assert abs(1000 * length_s - lengths[0]) < 1_000
    await player.close()
