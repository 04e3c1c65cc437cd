"""What the page of calls says of calls that nobody had asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.console.app import build
from tests.console.asking import ask, sit
from tests.console.world import Post, world

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_call_without_a_request_is_the_last_call_and_no_request_that_ended(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as stations:
        north, south = stations.north, stations.south

        async def page() -> str:
            assert north.station is not None
            app = build(north.station)
            cookies = await sit(north, app, "Wanda")
            return (await ask(app, f"/s/{north.ids['Wanda']}/calls", cookies=cookies)).text

        assert "No request for a call has come to its end yet." in await page()
        await north.ask("Wanda", "call.begin", medium="text")

        async def rings(post: Post = south, name: str = "Wen") -> bool:
            return bool((await post.ask(name, "call.show"))["call"])

        await stations.until(rings)
        for post, name in ((north, "Wanda"), (south, "Wen")):
            await post.ask(name, "call.join")

        async def held() -> bool:
            return bool((await north.ask("Wanda", "call.history"))["held_unasked"])

        await stations.until(held)
        shown = await page()
        assert "Last call <samp>0</samp> days ago" in shown
        assert "No request for a call has come to its end yet." in shown
        assert "No call has come to its end yet." not in shown
