"""The quality of a call in numbers: what a page shows on a click is what went over its socket, and
what the link between the stations is known to be."""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page, expect

from parley.conference.frame import Header, Kind
from parley.conference.room import CallPage
from parley.exercise.emulator import Conditions
from parley.exercise.relays import UdpRelay
from tests.console.conftest import launched
from tests.console.test_call import MEDIA_MS, both_join, cut, duty_room, expect_path
from tests.console.test_calls import shown
from tests.console.test_whole_call import FEWER_PICTURES
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CAMERA_FPS: Final = 10  # as FEWER_PICTURES says
DELAY_MS: Final = 60
LOSS: Final = 0.08
LINK: Final = Conditions(delay_ms=DELAY_MS, loss=LOSS)
WINDOW_S: Final = 5.0  # media-parts.js
READINGS: Final = 12
READING_S_MAX: Final = 120.0
SPOILT: Final = 7  # frames that are altered on their way to the page
TILE: Final = re.compile(r"^(\d+) pictures a second, (\d+) ms, (\d+) kbit/s$")
RATE: Final = re.compile(r"^(\d+) kbit/s of (\d+)$")
STATE: Final = re.compile(r"^up, ([\d.]+) ms there and back, (\d+) % lost$")
READ: Final = """() => [document.querySelector("#others [data-figures]"),
  ...["figure-rate", "figure-link"].map((id) => document.getElementById(id))]
  .map((each) => each?.textContent ?? "")"""


class Counts:
    """What went to a page of North's, and came from it, as its station saw it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: list[tuple[float, Header, int, float]] = []
        self.taken: list[tuple[float, int]] = []
        self.to_spoil = 0
        give, take = CallPage.give, CallPage.take

        def gives(page: CallPage, header: Header, frame: bytes, now: float) -> None:
            if page.person.name == "Wanda":
                if self.to_spoil and header.kind is Kind.PICTURE:
                    self.to_spoil -= 1
                    frame = frame[:-1] + bytes((frame[-1] ^ 1,))
                age_ms = 1000 * time.time() - header.captured_us / 1000
                self.given.append((time.monotonic(), header, len(frame), age_ms))
            give(page, header, frame, now)

        def takes(page: CallPage, frame: bytes, now: float) -> None:
            if page.person.name == "Wanda":
                self.taken.append((time.monotonic(), len(frame)))
            take(page, frame, now)

        monkeypatch.setattr(CallPage, "give", gives)
        monkeypatch.setattr(CallPage, "take", takes)

    def lately(self) -> tuple[float, float, float, float]:
        """Of the last seconds: pictures a second, their age in ms, kbit/s given and taken."""
        since = time.monotonic() - WINDOW_S
        given = [each for each in self.given if each[0] >= since]
        ages = [age for _, header, _, age in given if header.kind is Kind.PICTURE]
        kbps = sum(size for _, _, size, _ in given) * 8 / 1000 / WINDOW_S
        sent = sum(size for at, size in self.taken if at >= since) * 8 / 1000 / WINDOW_S
        return len(ages) / WINDOW_S, statistics.median(ages), kbps, sent


@asynccontextmanager
async def by_radio(stations: World) -> AsyncIterator[None]:
    """The stations reach each other by QUIC on a link that delays and loses, by nothing else."""
    north, south = stations.north.station, stations.south.station
    assert north is not None
    assert south is not None
    listens = {"listen": "127.0.0.1:0", "kind": "quic"}
    added = await north.call("bearer.add", north.people.must_be_here(1), listens)
    place = ""

    async def listening() -> bool:
        nonlocal place
        bearers = (await stations.north.ask("Wanda", "bearer.list"))["bearers"]
        (of,) = [each for each in bearers if each["bearer"] == added["bearer"]]
        place = of["listen"]
        return bool(place) and not place.endswith(":0")

    await stations.until(listening)
    link = UdpRelay(int(place.rsplit(":", 1)[1]), LINK, random.Random(1967))
    port = await link.start()
    try:
        await cut(stations)
        dial = {"dial": f"127.0.0.1:{port}", "line": "North – South", "kind": "quic"}
        await south.call("bearer.add", south.people.must_be_here(1), dial)
        await expect_path(stations, True)
        yield
    finally:
        link.close()


async def read(page: Page) -> list[float] | None:
    """Pictures a second, ms and kbit/s of the other side; kbit/s sent; ms and per cent of the link:
    as the page shows them to a person. None while pictures are given up, as a busy machine may."""
    tile, rate, state = await page.evaluate(READ)
    found = TILE.match(tile), RATE.match(rate), STATE.match(state)
    if not all(found):
        assert tile.startswith("0 pictures a second, · ms,"), (tile, rate, state)
        return None
    one, two, three = (each.groups() for each in found if each is not None)
    return [float(each) for each in (*one, two[0], *three)]


@pytest.mark.story
async def test_the_numbers_of_a_call_are_those_of_its_link(
    stations: World, chromium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counts(monkeypatch)
    async with (
        launched(chromium, FEWER_PICTURES) as browser,
        by_radio(stations),
        duty_room(browser) as northern,
        duty_room(browser) as southern,
    ):
        wanda, _ = await both_join(stations, northern, southern)
        numbers = (wanda.locator("#figure-link"), wanda.locator("#others [data-figures]"))
        await expect(numbers[1]).to_have_text(TILE, timeout=MEDIA_MS)
        for each in numbers:
            await expect(each).to_be_hidden()
        await wanda.get_by_text("Quality in numbers").click()
        for each in numbers:
            await expect(each).to_be_visible()
        await expect(wanda.locator("#figure-link")).to_have_text(STATE, timeout=MEDIA_MS)
        await expect(wanda.locator("#others [data-figures]")).to_have_text(TILE, timeout=MEDIA_MS)
        pairs: list[tuple[float, ...]] = []
        good_since = time.monotonic()  # pictures went on from then
        async with asyncio.timeout(READING_S_MAX):
            while len(pairs) < READINGS:
                if (shows := await read(wanda)) is None:
                    good_since = time.monotonic()
                elif time.monotonic() - good_since >= WINDOW_S:
                    pairs.append((*shows, *counts.lately()))
                await asyncio.sleep(0.5)
        await shown(wanda, "call-figures")
        mean = [statistics.mean(each) for each in zip(*pairs, strict=True)]
        told = f"{mean} of {pairs}"
        shown_fps, shown_ms, shown_kbps, shown_sent, rtt_ms, lost, fps, age_ms, kbps, sent = mean
        assert 0 < shown_fps <= CAMERA_FPS + 1, told  # a busy link is asked for fewer
        assert abs(shown_fps - fps) < 1.5, told
        assert age_ms < shown_ms < age_ms + 400, told  # what it takes to decode and to draw
        assert shown_ms > DELAY_MS, told
        assert abs(shown_kbps - kbps) < 0.2 * kbps, told
        assert abs(shown_sent - sent) < 0.2 * sent, told
        assert 2 * DELAY_MS <= rtt_ms < 2 * DELAY_MS + 600, told
        # What was repeated in time counts too.
        assert LOSS / 2 < lost / 100 < 2 * LOSS, told

        dropped = wanda.locator("#figure-dropped")
        # A frame that came before its key was not opened either.
        before = re.search(r"(\d+) not opened", await dropped.inner_text())
        counts.to_spoil = SPOILT
        then = SPOILT + int(before[1] if before else 0)
        unopened = re.compile(rf"(^|\D){then} not opened")
        await expect(dropped).to_contain_text(unopened, timeout=MEDIA_MS)
        await stations.north.ask("Wanda", "call.end")
