"""What waits to be played: the audio thread's own part, driven by a clock of the test.

A machine or a link that is late now and then needs more that waits, and one that is not needs less.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

import parley.console
from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SOUND = Path(parley.console.__file__).parent / "static" / "media-sound.js"
# Frames of 20 ms are captured one after the other but while the sender is muted, travel for 6 to 11
# ms, and come when no stall lasts. The device asks for 10 ms at a time. Half of a second is loud.
DRIVEN = """({ seconds, stalls, muted, loud }) => {
  let now = 0;
  const Date = { now: () => now };
  const made = {};
  const registerProcessor = (name, of) => (made[name] = of);
  class AudioWorkletProcessor {
    port = { postMessage: () => undefined };
  }
  %s
  const playout = new made.playout();
  const ages = [];
  playout.port.postMessage = ({ delays }) => delays.forEach((age) => ages.push([now, age]));
  const frames = [];
  let last = 0;
  for (let n = 0; n < 50 * seconds; n += 1) {
    let at = 20 * n + 26 + (n * 7 %% 6);
    for (const [from, ms] of stalls) if (at >= from && at < from + ms) at = from + ms;
    last = Math.max(last, at);
    if (muted.some(([from, ms]) => 20 * n >= from && 20 * n < from + ms)) continue;
    frames.push({ at: last, captured: 20 * n, loud: loud || n %% 50 < 25 });
  }
  const spoken = frames.filter((each) => each.loud).length * 960;
  const dry = [];
  let heard = 0;
  let asked = 0;
  let played = false;
  const out = new Float32Array(128);
  for (now = 1; now < 1000 * seconds; now += 10) {
    while (frames.length > 0 && frames[0].at <= now) {
      const { captured, loud } = frames.shift();
      playout.take({ samples: new Float32Array(960).fill(loud ? 0.5 : 0), at: captured + 1 });
    }
    for (asked += 480; asked >= 128; asked -= 128) {
      out.fill(0);
      playout.process([], [[out]]);
      heard += out.filter((sample) => sample !== 0).length;
      if (played && !playout.playing) dry.push(now / 1000);
      played = playout.playing;
    }
  }
  const age = (from, to) => {
    const some = ages.filter(([at]) => at >= 1000 * from && at < 1000 * to).map((each) => each[1]);
    return some.sort((a, b) => a - b)[some.length >> 1];
  };
  const waits = playout.blocks.reduce((sum, each) => sum + each.samples.length, 0) - playout.offset;
  return { begins: age(0, 3), then: age(10, 20), after: age(7, 10),
    ends: age(seconds - 10, seconds), dry,
    kept: (heard + 960 * frames.filter((each) => each.loud).length) / spoken,
    counted: playout.waiting === waits };
}"""


Times = list[tuple[float, float]]  # when each begins and how long it lasts, in ms


async def driven(
    page: Page, stalls: Times, seconds: int = 40, *, muted: Times | None = None, loud: bool = False
) -> dict[str, Any]:
    """What came of it."""
    script = DRIVEN % SOUND.read_text("utf-8")
    given = {"seconds": seconds, "stalls": stalls, "muted": muted or [], "loud": loud}
    told: dict[str, Any] = await page.evaluate(script, given)
    assert told["counted"]
    return told


async def test_sound_waits_no_longer_than_it_has_to(stations: World, room: Room) -> None:
    """A page is late while it makes all that a call needs, and not for as long as that goes on."""
    page = await room.sit(stations.north, "Wanda", "/call")
    calm = await driven(page, [])
    assert calm["dry"] == []
    assert calm["then"] < 55
    busy = await driven(page, [(300, 70), (700, 90), (1_500, 60), (2_600, 80)])
    assert 0 < len(busy["dry"]) <= 3
    assert busy["begins"] > 80
    assert busy["then"] < 65
    assert busy["dry"][-1] < 3


async def test_what_is_late_again_and_again_is_waited_for(stations: World, room: Room) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    stalls = [(2_000.0 * n, 60.0 + 12 * (n % 5)) for n in range(1, 60)]
    told = await driven(page, stalls, 120)
    assert len([at for at in told["dry"] if at < 20]) <= 4
    assert len([at for at in told["dry"] if at >= 60]) <= 2, told["dry"]  # of thirty stalls
    assert told["ends"] < 170


async def test_who_closes_the_microphone_is_not_heard_later_for_it(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    told = await driven(page, [], muted=[(4_000.0 * n, 1_500.0) for n in range(1, 9)])
    assert len(told["dry"]) == 8
    assert told["ends"] < 65


async def test_one_long_standstill_keeps_the_voice_back_for_a_moment_alone(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    told = await driven(page, [(6_000.0, 450.0)])
    assert told["after"] < 150
    assert told["ends"] < 70


async def test_of_too_much_that_waits_nobody_misses_what_is_left_out(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    once = [(6_000.0, 90.0)]  # no longer one is left out at once
    told = await driven(page, once)
    assert told["ends"] < 70
    assert told["kept"] > 0.99  # pauses were left out, and the voice was not
    # Where all is loud, a 370th of a second goes at most twice in each.
    loud = await driven(page, once, 60, loud=True)
    assert loud["kept"] > 0.994
    assert loud["ends"] < 170


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_late_it_plays_on(stations: World, room: Room, seed: int) -> None:
    page = await room.sit(stations.north, "Wanda", "/call")
    stalls = [(317.0 * n, float((n * (seed + 3) * 29) % 170)) for n in range(1, 120)]
    told = await driven(page, stalls)
    assert told["kept"] > 0.9
    assert told["ends"] < 500
