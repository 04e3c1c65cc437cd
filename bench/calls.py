"""`python -m bench.calls`: a call between two people's browsers, as they would see and hear it.

Two headless Chromiums with the pages as they are, each at its own `parley serve`, and between the
stations a link that delays, loses, narrows and cuts. Pictures bear a clock that is read from what
was decoded; each beep is matched to the moment it was made (bench/pages/). The worse of both ways
counts, and of several runs the median. In 720p each Chromium has half of the processors, as two
people have two machines (`Case.large`). The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.__main__ import find_chromium
from bench.browser import Browser, Page, browser
from bench.link import Link, linked
from bench.processor import Idleness, cpu_s, halves
from bench.table import machine, percentile
from parley.core.errors import Unavailable
from parley.exercise.emulator import Conditions
from parley.exercise.pair import Pair
from parley.exercise.post import Post

CLEAN: Final = Conditions()
SETTLES_S: Final = 8.0
IDLE_MIN: Final = 0.75  # of the processors, before a run
IDLE_S: Final = 2.0
IDLE_WAIT_S: Final = 40.0
PATIENCE_S: Final = 30
BEEP_S: Final = 1.5
LATE_MS: Final = 4_000  # what is heard later than this belongs to another beep
PAGES: Final = Path(__file__).parent / "pages"
FLAGS: Final = (
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
SMALL, LARGE = {"width": 640, "height": 360}, {"width": 1280, "height": 720}


@dataclass(frozen=True, slots=True)
class Case:
    """What the link is like, one part after the other; the last one is measured."""

    parts: tuple[tuple[Conditions, float], ...]
    # One way, in 1280 x 720: from that size on Chromium encodes in several threads, which wait for
    # each other at full speed. Two browsers on the same processors would keep each other's waiting.
    large: bool = False
    text: bool = False  # something is said by text each three seconds
    beeps: int = 0  # the first so many are listened for; 0 are all


CASES: Final = {
    "clean": Case(((CLEAN, 20.0),)),
    "loss": Case(((Conditions(delay_ms=40, jitter_ms=50, loss=0.05), 20.0),)),
    "64k": Case(
        ((CLEAN, 2.0), (Conditions(delay_ms=20, kbps=64, queue_ms=400), 33.0)), text=True, beeps=20
    ),
    "cut": Case(((CLEAN, 2.0), (Conditions(cut=True), 20.0), (CLEAN, 20.0))),
    "720p": Case(((CLEAN, 20.0),), large=True),
}


class Seat:
    """One side: a browser, and the page of the call in it."""

    def __init__(self, post: Post, chromium: Browser, size: dict[str, int]) -> None:
        self.post = post
        self._browser = chromium
        self._size = size
        self._page: Page | None = None
        self._worker = ""

    @property
    def page(self) -> Page:
        """The page of the call."""
        assert self._page is not None
        return self._page

    async def sit(self) -> None:
        """Take the seat and go to the page."""
        self._page = page = await self._browser.page(1280, 900)
        sound, frames = (json.dumps(_text(each)) for each in ("sound.js", "frames.js"))
        await page.before(
            f"globalThis.benchSound = {sound}; globalThis.benchFrames = {frames};\n"
            f"globalThis.benchSize = {json.dumps(self._size)};\n{_text('source.js')}"
        )
        await page.go(self.post.link("watch"))
        await page.until("document.querySelector('form button.main')")
        await page.run("document.querySelector('form button.main').click()")
        await page.until("document.documentElement.dataset.seat")
        person = self.post.ask("watch", "whoami")["person"]["id"]
        await page.go(f"{self.post.console}/s/{person}/call")
        await page.until("document.querySelector('#call')?.dataset.ready === 'yes'")
        if self._size is LARGE:
            await page.run("document.getElementById('large').click()")

    async def until_open(self) -> None:
        """The page shows that the call is open."""
        await self.page.until("document.querySelector('#facts')?.dataset.state === 'open'")

    async def joins(self) -> float:
        """Press the button; when, by the clock of this machine, in ms."""
        pressed: float = await self.page.run(
            """(() => {
              const pressed = performance.timeOrigin + performance.now();
              document.getElementById("join-media").click();
              return pressed;
            })()"""
        )
        self._worker = await self.page.worker("/static/call-worker.js")
        await self.page.run(_text("probe.js"), self._worker)
        return pressed

    async def seen(self) -> list[tuple[float, float, int]]:
        """Of each picture that was shown: when, how old, how wide."""
        return [tuple(each) for each in await self.page.run("bench.seen", self._worker)]

    async def sees(self) -> float:
        """When the first picture of the other was shown."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if seen := await self.seen():
                    return seen[0][0]
                await asyncio.sleep(0.1)

    async def beeps(self) -> tuple[list[float], list[float]]:
        """When a beep was made here, and when one was heard."""
        told = await self.page.run("[bench.beeped, bench.heard]")
        return told[0], told[1]

    async def figures(self) -> dict[str, Any]:
        """What the page says of itself."""
        told = await self.page.run("document.getElementById('call').dataset.figures")
        return dict(json.loads(told or "{}"))

    async def leaves(self) -> None:
        """Close the page."""
        await self.page.close()


def _text(name: str) -> str:
    return (PAGES / name).read_text("utf-8")


@asynccontextmanager
async def seats(case: Case, kind: str) -> AsyncIterator[tuple[Pair, Link, list[Seat]]]:
    """Both stations serve, and somebody sits before each in a browser of the own."""
    chromium = find_chromium()
    if chromium is None:
        raise Unavailable("No Chromium was found here.", "PARLEY_CHROMIUM may name one.")
    async with AsyncExitStack() as stack:
        pair, link = await stack.enter_async_context(linked(CLEAN, kind))
        for post in (pair.a, pair.b):
            stack.callback(post.stop)
            post.start()
        for post in (pair.a, pair.b):
            await asyncio.to_thread(post.until_serving)
        await _until_up(pair)
        made = []
        owned = halves() if case.large else (set[int](), set[int]())
        for post, large, own in zip((pair.a, pair.b), (case.large, False), owned, strict=True):
            shown = await stack.enter_async_context(browser(chromium, *FLAGS, processors=own))
            made.append(Seat(post, shown, LARGE if large else SMALL))
        yield pair, link, made


async def _until_up(pair: Pair) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            told = [post.ask("watch", "status")["lines"][0] for post in (pair.a, pair.b)]
            if all(each["path_up"] for each in told):
                break
            await asyncio.sleep(0.1)
    await asyncio.sleep(2)  # the second path proves itself


async def run(case: Case, pair: Pair, link: Link, both: list[Seat]) -> dict[str, Any]:
    """One call, from the press of a button to its end."""
    near, far = both
    link.becomes(CLEAN)
    await asyncio.gather(near.sit(), far.sit())
    near.post.ask("watch", "call.begin")
    await asyncio.gather(near.until_open(), far.until_open())
    await near.joins()
    await near.page.until("document.querySelector('#alone:not([hidden])') !== null")
    pressed = await far.joins()
    sees_s = (max(await near.sees(), await far.sees()) - pressed) / 1000
    await asyncio.sleep(SETTLES_S)
    said = 0
    since = until = time.time() * 1000
    cpu, watch, idle = [0.0, 0.0], Idleness(), 0.0
    for conditions, seconds in case.parts:
        link.becomes(conditions)
        since, watch = time.time() * 1000, Idleness()
        cpu = [cpu_s(post.pid) for post in (pair.a, pair.b)]
        if case.text:
            for _ in range(int(seconds / 3)):
                said += 1
                await asyncio.to_thread(near.post.ask, "watch", "call.say", text=f"Text {said}")
                await asyncio.sleep(3)
        else:
            await asyncio.sleep(seconds)
        until, idle = time.time() * 1000, watch.share()
    spent = [cpu_s(post.pid) - before for post, before in zip((pair.a, pair.b), cpu, strict=True)]
    pictures = [_pictures(await seat.seen(), since, until) for seat in both]
    made_and_heard = [await seat.beeps() for seat in both]
    beeps = [
        _beeps(made_and_heard[1 - at][0], made_and_heard[at][1], since, until, case.beeps)
        for at in (0, 1)
    ]
    figures = [await seat.figures() for seat in both]
    texts = len((far.post.ask("watch", "call.show")["call"] or {"texts": []})["texts"])
    near.post.ask("watch", "call.end")
    await asyncio.gather(*(seat.leaves() for seat in both))
    # Where one side sends larger pictures, those are measured; of the others both ways.
    counted = pictures[1:] if case.large else pictures
    return {
        "fps": round(min(each["fps"] for each in counted), 1),
        **{
            name: _worst([each[name] for each in counted])
            for name in ("video_p50_ms", "video_p95_ms")
        },
        "audio_p50_ms": _worst([each["p50_ms"] for each in beeps]),
        "beeps": min(each["heard"] for each in beeps),
        "beeps_of": min(each["made"] for each in beeps),
        "texts": texts,
        "texts_of": said,
        "cpu_share": round(max(spent) * 1000 / (until - since), 3),
        "sees_s": round(sees_s, 2),
        "width": min(each["width"] for each in counted),
        "idle": round(idle, 2),
        "by_side": {"pictures": pictures, "beeps": beeps, "pages": figures},
    }


def _worst(values: Sequence[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return max(known) if len(known) == len(values) else None


def _pictures(seen: list[tuple[float, float, int]], since: float, until: float) -> dict[str, Any]:
    ages = [age for at, age, _ in seen if since <= at < until]
    return {
        "fps": len(ages) * 1000 / (until - since),
        "video_p50_ms": round(statistics.median(ages), 1) if ages else None,
        "video_p95_ms": round(percentile(ages, 95), 1) if ages else None,
        "width": min((width for at, _, width in seen if since <= at < until), default=0),
    }


def _beeps(
    made: Sequence[float], heard: Sequence[float], since: float, until: float, most: int
) -> dict[str, Any]:
    asked = [at for at in made if since <= at < until - 1000 * BEEP_S][: most or None]
    delays = []
    for at in asked:
        after = [each - at for each in heard if 0 <= each - at < min(LATE_MS, 1000 * BEEP_S)]
        delays += after[:1]
    return {
        "made": len(asked),
        "heard": len(delays),
        "p50_ms": round(statistics.median(delays), 1) if delays else None,
    }


COLUMNS: Final = (
    ("fps", 6),
    ("video_p50_ms", 13),
    ("video_p95_ms", 13),
    ("audio_p50_ms", 13),
    ("beeps", 6),
    ("beeps_of", 9),
    ("texts", 6),
    ("texts_of", 9),
    ("cpu_share", 10),
    ("sees_s", 7),
    ("width", 6),
    ("idle", 5),
)


def median_of(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of each figure the median of all runs; nothing where one run had none."""
    middle: dict[str, Any] = {}
    for name, _ in COLUMNS:
        values = [each[name] for each in runs]
        middle[name] = None if None in values else round(statistics.median(values), 3)
    return middle


async def measure(name: str, kind: str, count: int) -> dict[str, Any]:
    """One case, so many runs."""
    case = CASES[name]
    runs: list[dict[str, Any]] = []
    async with seats(case, kind) as (pair, link, both):
        again = False
        while len(runs) < count:
            idle = await asyncio.to_thread(_idle)
            told = {"case": name, "idle_before": round(idle, 2)}
            told |= await run(case, pair, link, both)
            print(_row(name, told) + f"  idle before {idle:.0%}", flush=True)
            if idle < IDLE_MIN and not again:
                again = True  # once, for others work on this machine too
                continue
            again = False
            runs.append(told)
    return {"case": name, "by": kind, **median_of(runs), "runs": runs}


def _idle() -> float:
    """How much of the processors is idle; waits a while for it to be enough."""
    deadline = time.monotonic() + IDLE_WAIT_S
    while True:
        watch = Idleness()
        time.sleep(IDLE_S)
        if (idle := watch.share()) >= IDLE_MIN or time.monotonic() > deadline:
            return idle


def _row(name: str, told: dict[str, Any]) -> str:
    return f"{name:<7}" + "".join(f"{told[name]!s:>{width}} " for name, width in COLUMNS)


def main() -> None:
    """Measure, print a table, and a last line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description="measure calls")
    parser.add_argument("--case", choices=tuple(CASES), action="append")
    parser.add_argument("--by", choices=("quic", "tcp"), default="quic")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    chromium = find_chromium()
    facts = {
        **machine(),
        "cores per browser in 720p": len(halves()[0]),
        "aioquic": version("aioquic"),
        "chromium": chromium
        and subprocess.run([chromium, "--version"], capture_output=True, text=True).stdout.strip(),
    }
    for name, value in facts.items():
        print(f"{name:<16}{value}")
    print("\n" + " " * 7 + "".join(f"{name:>{width}} " for name, width in COLUMNS), flush=True)
    rows = []
    for name in asked.case or CASES:
        rows.append(asyncio.run(measure(name, asked.by, asked.runs)))
        print(_row(name, rows[-1]) + f"  median of {asked.runs}", flush=True)
    for row in rows:
        row["runs"] = [
            {key: value for key, value in each.items() if key != "by_side"} for each in row["runs"]
        ]
    told = {**rows[0]} if len(rows) == 1 else {}  # the figures of the one case that was asked for
    print(json.dumps({**told, "machine": facts, "calls": rows}, separators=(",", ":")))


if __name__ == "__main__":
    main()
