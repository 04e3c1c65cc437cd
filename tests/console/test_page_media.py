"""What a page gives to its codecs, whoever sends: its own parts, tried in the page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# The door of what another page sends, before decoders that only note what they are given.
DOOR = """async () => {
  const { In } = await import("/static/media-in.js");
  const { Keys, PICTURE, SOUND } = await import("/static/media-frame.js");
  let decoded = 0;
  class Decoder {
    state = "unconfigured";
    decodeQueueSize = 0;
    configure() { this.state = "configured"; }
    close() { this.state = "closed"; }
    decode() { decoded += 1; }
  }
  globalThis.VideoDecoder = globalThis.AudioDecoder = Decoder;
  const counts = { gaps: 0, back: 0, unopened: 0, faults: 0, keys_asked: 0 };
  const way = new MessageChannel();
  const of = new In(new OffscreenCanvas(16, 16), way.port1, () => undefined, counts);
  of.place = { party: 1, sender: 2 };
  of.begin();
  const keys = [1, 2, 3, 4].map((n) => new Keys(new Uint8Array(32).fill(n), n));
  const seal = (about = {}, by = keys[0]) => by.seal({ kind: SOUND, track: 0, sequence: 0,
    captured_us: 1, length_ms: 20, epoch: by.epoch, ...of.place, ...about }, new Uint8Array(50));
  const picture = (about, by) => seal({ kind: PICTURE, track: 16, length_ms: 0, width: 16,
    height: 16, ...about }, by);
  const altered = async (at, about) => {
    const frame = await seal(about);
    frame[at] ^= 1;
    return frame;
  };
  const steps = {};
  const step = async (name, ...frames) => {
    const before = { ...counts, decoded };
    for (const frame of frames) of.came(await frame);
    await of.opening.last;
    const now = { ...counts, decoded };
    steps[name] = Object.fromEntries(Object.entries(now).map(([key, value]) =>
      [key, value - before[key]]).filter(([, more]) => more !== 0));
  };
  await step("no key yet", seal());
  of.admit(keys[0]);
  await step("the first", seal());
  await step("once more", seal());
  await step("after a gap, and one of the gap", seal({ sequence: 3 }), seal({ sequence: 2 }));
  await step("of another sender", seal({ sequence: 4, sender: 3 }),
    seal({ sequence: 4, party: 0 }));
  await step("by another key", seal({ sequence: 4, epoch: 1 }, keys[3]));
  await step("altered", ...[4, 15, 24, 60, 89].map((at) => altered(at, { sequence: 4 })));
  await step("no frame", new Uint8Array(0), new Uint8Array(90),
    (await seal({ sequence: 4 })).slice(0, 40), altered(0), altered(21));
  await step("of no epoch", seal({ sequence: 4, epoch: 9 }, keys[3]));
  await step("a picture without the one before", picture({ key: false }));
  await step("a whole picture", picture({ key: true, sequence: 1 }));
  await step("the next", picture({ key: false, sequence: 2 }));
  of.admit(keys[1]);
  await step("the epoch before goes on", seal({ sequence: 4 }));
  await step("the new one", seal({}, keys[1]));
  await step("the epoch before is over", seal({ sequence: 5 }));
  of.admit(keys[2]);
  of.admit(keys[3]);
  await step("two epochs ago", seal({ sequence: 6 }));
  return steps;
}"""


async def test_M10_no_decoder_gets_what_is_replayed_foreign_altered_or_over(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    nothing = {"unopened": 1}
    first = {"back": 1, "decoded": 1}
    assert await page.evaluate(DOOR) == {
        "no key yet": nothing,
        "the first": first,
        "once more": nothing,
        "after a gap, and one of the gap": {"gaps": 2, **first, "unopened": 1},
        "of another sender": {"unopened": 2},
        "by another key": nothing,
        "altered": {"unopened": 5},
        "no frame": {"unopened": 5},
        "of no epoch": nothing,
        "a picture without the one before": {"back": 1, "keys_asked": 1},
        "a whole picture": first,
        "the next": first,
        "the epoch before goes on": first,
        "the new one": first,
        "the epoch before is over": nothing,
        "two epochs ago": nothing,
    }


# What becomes of a camera's pictures, before an encoder that notes what it is given and has done
# with it at once: when each one comes is said, and whether the encoder can be had.
CAMERA = """async ({ comes, rate, fails }) => {
  const { Out } = await import("/static/media-out.js");
  let at = 0;
  Object.defineProperty(performance, "now", { value: () => at });
  let encoded = 0;
  let made = 0;
  globalThis.VideoEncoder = class {
    state = "unconfigured";
    encodeQueueSize = 0;
    constructor({ output }) { this.output = output; }
    configure() {
      made += 1;
      if (fails === "to begin" && made === 1) throw new TypeError("no such codec");
      this.state = "configured";
    }
    encode({ timestamp }) {
      if (fails === "in between" && made === 1 && encoded === 1) throw new DOMException("closed");
      encoded += 1;
      this.output({ type: "delta", timestamp });
    }
    close() { this.state = "closed"; }
  };
  const counts = { skipped: 0, faults: 0 };
  const socket = { ready: true, running: true, unsent: 0 };
  const out = new Out(socket, counts, () => undefined, () => undefined);
  out.keys = { epoch: 0 };
  out.send = () => undefined;
  out.most.rate = rate;
  const paper = new OffscreenCanvas(16, 16);
  paper.getContext("2d").fillRect(0, 0, 16, 16);
  const pictures = comes.map(() => new VideoFrame(paper, { timestamp: 0 }));
  pictures.forEach((picture, which) => {
    at = 1000 + comes[which];
    out.see(picture);
  });
  const open = pictures.filter((each) => each.format !== null).length;
  return { encoded, open, ...counts };
}"""
EACH_MS = 1000 / 30
# Of a camera of thirty pictures a second on a busy machine some come late by up to a third of that.
LATE_MS = (0, 10, 3, 11, 0, 9, 1, 10)


def comes(count: int, each_ms: float = EACH_MS) -> list[float]:
    return [n * each_ms + LATE_MS[n % len(LATE_MS)] for n in range(count)]


@pytest.mark.parametrize(
    ("given", "encoded"),
    [
        ({"comes": comes(90), "rate": 30}, 90),  # none is lost by coming late
        (
            {"comes": comes(180, EACH_MS / 2), "rate": 30},
            91,
        ),  # and the link gets no more of another
        ({"comes": comes(90), "rate": 15}, 45),
        ({"comes": comes(90), "rate": 6}, 18),
        # What was kept back for a second is not made good by a burst.
        ({"comes": [0.0, *(1_000.0 + n for n in range(20))], "rate": 30}, 3),
    ],
)
async def test_a_camera_that_is_late_loses_no_picture_by_it(
    stations: World, room: Room, given: dict[str, Any], encoded: int
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    told = await page.evaluate(CAMERA, {**given, "fails": ""})
    assert abs(told["encoded"] - encoded) <= (0 if encoded in (90, 3) else 1), (
        told
    )  # or one at an end
    assert (told["open"], told["skipped"], told["faults"]) == (0, 0, 0)


@pytest.mark.parametrize(("fails", "encoded"), [("to begin", 2), ("in between", 2)])
async def test_M10_an_encoder_that_fails_is_made_anew_and_no_picture_stays_open(
    stations: World, room: Room, fails: str, encoded: int
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    given = {"comes": comes(3), "rate": 30, "fails": fails}
    assert await page.evaluate(CAMERA, given) == {
        "encoded": encoded,
        "open": 0,
        "skipped": 0,
        "faults": 1,
    }


# Half a second of sound, a pause of three in which the microphone was closed, and as much again.
PAUSE = """async (length_ms) => {
  const { Out } = await import("/static/media-out.js");
  const { Keys } = await import("/static/media-frame.js");
  let at = 0;
  Object.defineProperty(performance, "now", { value: () => at });
  const socket = { ready: true, running: true, unsent: 0, send: () => undefined };
  const out = new Out(socket, { skipped: 0, faults: 0 }, () => undefined, () => undefined);
  const told = [];
  out.tap = (header) => told.push(header.captured_us / 1000 - performance.timeOrigin);
  out.most.sound_ms = length_ms;
  out.begin(new Keys(new Uint8Array(32), 0));
  Date.now = () => performance.timeOrigin + at;
  for (let n = 0; n < 48; n += 1) {
    at = 20 * n + (n < 24 ? 0 : 3000);
    out.hear({ block: new Float32Array(960), at: performance.timeOrigin + at });
    await new Promise((done) => setTimeout(done, 5));
  }
  await out.soundEncoder.flush();
  out.soundEncoder.close();
  return told;
}"""


@pytest.mark.parametrize("length_ms", [20, 60])
async def test_M1_sound_says_when_it_was_captured_also_after_a_pause(
    stations: World, room: Room, length_ms: int
) -> None:
    """Also in a recording its place is beside the picture of that moment."""
    page = await room.sit(stations.north, "Wanda", "/call")
    told = await page.evaluate(PAUSE, length_ms)
    when = [20.0 * n + (0 if n < 24 else 3_000) for n in range(0, 48, length_ms // 20)]
    assert told[: len(when)] == pytest.approx(when, abs=0.1)  # a flush fills up the last


# A clock of the machine that is set while somebody speaks: how many frames go, and where they are
# on the clock of the pictures.
SET = """async (set_ms) => {
  const { Out } = await import("/static/media-out.js");
  const { Keys } = await import("/static/media-frame.js");
  const { now } = await import("/static/media-parts.js");
  const told = [];
  const counts = { skipped: 0, faults: 0 };
  const socket = { ready: true, running: true, unsent: 0, send: () => undefined };
  const out = new Out(socket, counts, () => undefined, () => undefined);
  const begun = now();
  out.tap = (header) => told.push(header.captured_us / 1000 - begun);
  out.begin(new Keys(new Uint8Array(32), 0));
  const real = Date.now;
  for (let n = 0; n < 20; n += 1) {
    if (n === 10) Date.now = () => real() + set_ms;
    out.hear({ block: new Float32Array(960), at: Date.now() - 20 });
    await new Promise((done) => setTimeout(done, 5));
  }
  await out.soundEncoder.flush();
  out.soundEncoder.close();
  Date.now = real;
  return [counts.skipped, told];
}"""


@pytest.mark.parametrize("set_ms", [-5_000, 5_000])
async def test_a_clock_that_is_set_takes_nobodys_voice(
    stations: World, room: Room, set_ms: int
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    skipped, told = await page.evaluate(SET, set_ms)
    assert skipped == 0
    assert len(told) >= 20
    assert max(abs(at) for at in told[:20]) < 2_000
    assert told[:20] == pytest.approx(sorted(told[:20]), abs=10)


# A machine whose clock is another: sound of now, then a picture that is so old.
APART = """async ([apart_ms, old_ms, heard]) => {
  const { In } = await import("/static/media-in.js");
  const { now } = await import("/static/media-parts.js");
  const counts = { gaps: 0, back: 0, unopened: 0, faults: 0, keys_asked: 0 };
  const way = new MessageChannel();
  const of = new In(new OffscreenCanvas(16, 16), way.port1, () => undefined, counts);
  of.begin();
  const at = () => 1000 * (now() - apart_ms);
  for (let n = 0; n < 3; n += 1) of.compare({ kind: heard ? 1 : 2, captured_us: at() });
  of.compare({ kind: 2, captured_us: at() - 1000 * old_ms });
  const paper = new OffscreenCanvas(16, 16);
  paper.getContext("2d").fillRect(0, 0, 16, 16);
  await of.paint(new VideoFrame(paper, { timestamp: Math.round(at() - 1000 * old_ms) }));
  const age = of.seen.picture.percentile(0.5);
  of.close();
  way.port1.close();
  return age;
}"""


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("apart_ms", [0, 40_000, -40_000])
async def test_how_old_a_picture_is_does_not_hang_on_two_clocks(
    stations: World, room: Room, apart_ms: int, heard: bool
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    for old_ms in (0, 5_000):
        age = await page.evaluate(APART, [apart_ms, old_ms, heard])
        assert old_ms - 5 <= age < old_ms + 1_000


# Pictures of a camera of thirty a second, before an encoder that takes all it is given and is done
# with each after a while: how long that is for a width is said, for one part after the other.
SLOW = """async ({ parts, large }) => {
  const { Out } = await import("/static/media-out.js");
  let at = 0;
  Object.defineProperty(performance, "now", { value: () => at });
  const inside = [];
  let costs = {};
  globalThis.VideoEncoder = class {
    state = "unconfigured";
    encodeQueueSize = 0;
    constructor({ output }) { this.output = output; }
    configure({ width }) {
      this.state = "configured";
      this.width = width;
    }
    encode({ timestamp }) {
      const begins = Math.max(at, inside.at(-1)?.ready ?? 0);
      inside.push({ timestamp, of: this, ready: begins + costs[this.width] });
    }
    close() { this.state = "closed"; }
  };
  const counts = { skipped: 0, faults: 0 };
  const socket = { ready: true, running: true, unsent: 0 };
  const out = new Out(socket, counts, () => undefined, () => undefined);
  let made = [];
  out.keys = { epoch: 0 };
  out.send = ({ timestamp }, { width }) =>
    made.push({ age: at - (timestamp / 1000 - performance.timeOrigin), width });
  out.choose(large ? "large" : "small");
  const paper = new OffscreenCanvas(1280, 720);
  paper.getContext("2d").fillRect(0, 0, 16, 16);
  const open = new Set();
  const Picture = globalThis.VideoFrame;
  globalThis.VideoFrame = class extends Picture {
    constructor(...of) {
      super(...of);
      open.add(this);
    }
    close() {
      open.delete(this);
      super.close();
    }
  };
  const told = [];
  let due = 1000;
  for (const { seconds, takes } of parts) {
    costs = takes;
    made = [];
    const skipped = counts.skipped;
    for (let n = 0; n < 30 * seconds; n += 1) {
      due += 1000 / 30;
      while (inside.length > 0 && inside[0].ready <= due) {
        const { timestamp, of, ready } = inside.shift();
        at = ready;
        if (of.state === "configured") of.output({ type: "delta", timestamp });
      }
      at = due;
      out.see(new VideoFrame(paper, { timestamp: 0 }));
    }
    const last = made.slice(-30);
    told.push({ oldest: Math.max(...made.map((each) => each.age)), made: made.length,
      width: last.at(-1).width, widths: [...new Set(made.map((each) => each.width))],
      skipped: counts.skipped - skipped });
  }
  return { told, open: open.size, waits: inside.length, faults: counts.faults };
}"""
QUICK = {"1280": 8, "640": 3, "320": 1}
SLOW_IN_LARGE = {"1280": 90, "640": 20, "320": 6}
SLOW_IN_ALL = {"1280": 240, "640": 60, "320": 16}


def part(seconds: int, takes: dict[str, int]) -> dict[str, Any]:
    return {"seconds": seconds, "takes": takes}


async def test_M10_a_machine_that_is_behind_sends_smaller_pictures_and_no_older_ones(
    stations: World, room: Room
) -> None:
    """At most one is encoded and the newest waits, whatever the encoder would take; and more is
    tried again when there is time for it."""
    page = await room.sit(stations.north, "Wanda", "/call")
    parts = [part(5, QUICK), part(10, SLOW_IN_LARGE), part(20, SLOW_IN_LARGE), part(30, QUICK)]
    told = await page.evaluate(SLOW, {"parts": parts, "large": True})
    quick, falls, holds, again = told["told"]
    assert (quick["widths"], quick["skipped"]) == ([1280], 0)
    assert quick["made"] == 5 * 30 - 1  # the last is being made
    assert falls["skipped"] > 0
    assert falls["widths"] == [1280, 640]
    assert falls["oldest"] < 2 * 90 + EACH_MS
    assert (holds["width"], holds["made"], holds["skipped"]) == (640, 600, 0)
    assert holds["oldest"] <= 21
    assert again["widths"] == [640, 1280]
    assert again["made"] in (899, 900)
    assert told["faults"] == 0
    assert told["open"] <= 1 + told["waits"]  # what waits, and nothing that went


async def test_M10_a_machine_that_is_behind_with_small_pictures_sends_fewer(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    parts = [part(10, SLOW_IN_ALL), part(20, SLOW_IN_ALL), part(60, QUICK)]
    told = await page.evaluate(SLOW, {"parts": parts, "large": False})
    falls, holds, again = told["told"]
    assert falls["oldest"] < 2 * 60 + EACH_MS
    assert holds["widths"] == [640]
    assert abs(holds["made"] - 15 * 20) <= 1
    assert holds["skipped"] == 0
    assert holds["oldest"] <= 61
    assert again["made"] > 25 * 60  # thirty a second again


# Twenty pictures at one moment, for the browser's own encoder.
AT_ONCE = """async () => {
  const { Out } = await import("/static/media-out.js");
  let inside = 0;
  let most = 0;
  const Encoder = globalThis.VideoEncoder;
  globalThis.VideoEncoder = class extends Encoder {
    constructor({ output, error }) {
      super({ error, output: (...made) => {
        inside -= 1;
        output(...made);
      } });
    }
    encode(...of) {
      super.encode(...of);
      inside += 1;
      most = Math.max(most, inside);
    }
  };
  const counts = { skipped: 0, faults: 0 };
  const socket = { ready: true, running: true, unsent: 0 };
  const out = new Out(socket, counts, () => undefined, () => undefined);
  const made = [];
  out.keys = { epoch: 0 };
  out.isDue = () => true;
  const two = new Promise((done) => {
    out.send = ({ timestamp }) => made.push(timestamp) === 2 && done();
  });
  out.choose("large");
  const paper = new OffscreenCanvas(1280, 720);
  paper.getContext("2d").fillRect(0, 0, 16, 16);
  let last = 0;
  for (let n = 0; n < 20; n += 1) {
    last = 1000 * (performance.timeOrigin + performance.now());
    out.see(new VideoFrame(paper, { timestamp: 0 }));
  }
  await two;
  return { most, made: made.length, newest: made[1] >= Math.floor(last), ...counts };
}"""


async def test_M10_the_encoder_of_the_browser_has_one_picture_and_the_newest_waits(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    assert await page.evaluate(AT_ONCE) == {
        "most": 1,
        "made": 2,
        "newest": True,
        "skipped": 18,
        "faults": 0,
    }
