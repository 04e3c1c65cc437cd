"""What pages bring with them is asked for once: its address says what is in it."""

from __future__ import annotations

import re

import pytest

from parley.console.app import build
from tests.console.asking import ask, sit
from tests.console.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_browser_asks_for_a_file_once_while_it_stays_the_same(stations: World) -> None:
    assert stations.north.station is not None
    app = build(stations.north.station)
    cookies = await sit(stations.north, app, "Wanda")
    seat = f"/s/{stations.north.ids['Wanda']}"
    for path in (f"{seat}/", f"{seat}/green-room", "/", "/nothing"):
        page = (await ask(app, path, cookies=cookies)).text
        found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert len(found) >= 5
        for address in found:
            came = await ask(app, address)
            assert (came.status, came.header("cache-control")) == (
                200,
                "public, max-age=31536000, immutable",
            )
    # By its plain name, as a worker has it, or by the address of an earlier release: each time.
    for address in ("/static/worker.js", "/static/0123456789abcdef/worker.js"):
        came = await ask(app, address)
        assert (came.status, came.header("cache-control")) == (200, "no-cache")
        again = await ask(app, address, if_none_match=came.header("etag"))
        assert again.status == 304
    assert (await ask(app, "/static/0123456789abcdef/nothing.js")).status == 404
    assert (await ask(app, "/static/../app.py")).status == 404
