"""What a page offers can be had: no link of it leads whom it was shown to a refusal."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import pytest

from tests.console.conftest import Room
from tests.console.world import World
from tools.pictures.calls import after_a_call
from tools.pictures.desk import has_come

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.story]

PAGES_MAX = 400
ALSO = ("engineer", "principal", "adviser", "interpreter", "note-taker")  # beside those of `World`
LINK = re.compile(r'<a\b[^>]*\bhref="([^"]+)"')


async def _refused(room: Room, seat: str) -> tuple[set[str], list[str]]:
    """All pages that links lead to from the first one on, and what was refused of them."""
    seen: set[str] = set()
    refused, todo = [], [f"{seat}/"]
    while todo:
        address = todo.pop()
        if address in seen:
            continue
        seen.add(address)
        assert len(seen) < PAGES_MAX, "no end of pages"
        answer = await room.context.request.get(address)
        if answer.status >= 400:
            refused.append(f"{answer.status} {address}")
        if "text/html" in answer.headers["content-type"]:
            for link in LINK.findall(await answer.text()):
                found = urljoin(address, html.unescape(link)).partition("#")[0]
                todo += [found] if found.startswith(f"{seat}/") else []
    return seen, refused


async def test_no_link_of_any_seat_leads_to_a_refusal(room: Room, stations: World) -> None:
    north, south = stations.north, stations.south
    await stations.agree_on_a_call()
    await after_a_call(stations)
    await has_come(
        stations, north, (await stations.say(south, "Turn back at 14:00Z.", "FLASH"))["n"]
    )
    assert north.station is not None
    operator = north.station.people.must_be_here(1)
    for role in ALSO:
        given = {"name": role.title(), "office": "Staff", "roles": [role]}
        added = await north.station.call("person.add", operator, given)
        north.ids[role.title()] = added["id"]
    for name in north.ids:
        page = await room.sit(north, name)
        await page.close()
        seen, refused = await _refused(room, north.seat(name))
        assert refused == [], name
        assert len(seen) > 5, name
