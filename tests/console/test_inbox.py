"""The headings of the inbox count what waits to be acknowledged, and not what was understood."""

from __future__ import annotations

import re

import pytest

from parley.console.app import build
from tests.console.asking import ask, sit
from tests.console.world import World

HEADING = re.compile(r"<h2>.*?class=\"prec (\w+)\".*?class=\"soft aside\">(.*?)</span></h2>", re.S)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_heading_counts_what_still_waits(stations: World) -> None:
    north, south = stations.north, stations.south
    assert south.station is not None
    for text, precedence in (("One.", "FLASH"), ("Two.", "FLASH"), ("Three.", "PRIORITY")):
        last = await stations.say(north, text, precedence)

    async def all_came() -> bool:
        return bool((await south.ask("Wen", "status"))["lines"][0]["their_size"] > last["n"])

    await stations.until(all_came)
    app = build(south.station)
    path, cookies = f"/s/{south.ids['Wen']}/inbox", await sit(south, app, "Wen")

    async def headings() -> dict[str, str]:
        return dict(HEADING.findall((await ask(app, path, cookies=cookies)).text))

    found = await headings()
    assert found["FLASH"] == "2 messages, to be acknowledged within 10 minutes"
    assert found["PRIORITY"] == "1 message, to be acknowledged within 3 hours"
    flashes = [each["n"] for each in (await south.ask("Wen", "inbox"))["messages"]][:2]
    await south.ask("Wen", "open", n=flashes[0])
    assert (await headings())["FLASH"] == "1 message, to be acknowledged within 10 minutes"
    await south.ask("Wen", "open", n=flashes[1])
    assert (await headings())["FLASH"] == "None waits to be acknowledged."
