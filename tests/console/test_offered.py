"""What a page offers can be had: no link of it leads whom it was shown to a refusal, however the
line stands."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urljoin

import pytest
from starlette.applications import Starlette

from parley.console.app import build
from tests.console.asking import ask, sit
from tests.console.world import Post, World
from tests.station.test_contradicting import ANOTHER, signs
from tools.pictures.calls import after_a_call
from tools.pictures.desk import has_come

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.story]

PAGES_MAX = 400
ALSO = ("engineer", "principal", "adviser", "interpreter", "note-taker")  # beside those of `World`
LINK = re.compile(r'<a\b[^>]*\bhref="([^"]+)"')


async def _refused(
    app: Starlette, seat: str, cookies: Mapping[str, str]
) -> tuple[set[str], list[str]]:
    """All pages that links lead to from the first one on, and what was refused of them."""
    seen: set[str] = set()
    refused, todo = [], [(f"{seat}/", "")]
    while todo:
        address, shown_at = todo.pop()
        if address in seen:
            continue
        seen.add(address)
        assert len(seen) < PAGES_MAX, "no end of pages"
        answer = await ask(app, address, cookies=cookies)
        if answer.status >= 400:
            refused.append(f"{answer.status} {address}, of which {shown_at} has a link")
        if "text/html" in answer.header("content-type"):
            for link in LINK.findall(answer.text):
                found = urljoin(address, html.unescape(link)).partition("#")[0]
                todo += [(found, address)] if found.startswith(f"{seat}/") else []
    return seen, refused


async def _is_held(world: World) -> None:
    """A call, with what is said of it while it is held."""
    north, south = world.north, world.south
    await south.ask("Wen", "call.begin", medium="text")
    await world.until(lambda: _in_call(north))
    for name in ("Wanda", "Principal", "Interpreter"):
        await north.ask(name, "call.join")
    await north.ask("Principal", "call.say", text="We see you.")


async def _in_call(post: Post) -> bool:
    return bool((await post.ask("Wanda", "call.show"))["call"])


async def _is_suspended(world: World) -> None:
    south = world.south
    await world.north.ask("Wanda", "call.end")
    await world.release(south, await south.ask("Dmitri", "suspend", reason="For a while."))
    await world.until(lambda: _stands(world, "suspended"))


async def _stands(world: World, state: str) -> bool:
    (line,) = (await world.north.ask("Wanda", "status"))["lines"]
    return bool(line["standing"]["state"] == state)


async def _is_halted(world: World) -> None:
    """The other side signs what it never said."""
    station = world.south.station
    assert station is not None

    def lie() -> None:
        open_line = station.lines[0]
        for path in open_line.paths:
            path.send_all([signs(1, ANOTHER)(open_line.line.line)])

    station.in_next_step(lie)

    async def halted() -> bool:
        return bool((await world.north.ask("Wanda", "status"))["lines"][0]["halted"])

    await world.until(halted)


async def _is_begun_anew(world: World) -> None:
    await world.south.ask("Wen", "line.resume", reason="Begin anew.")
    await world.north.ask("Wanda", "line.resume", reason="Yes.")

    async def begun() -> bool:
        (line,) = (await world.north.ask("Wanda", "status"))["lines"]
        return not line["halted"] and bool(line["our_size"] and line["their_size"])

    await world.until(begun)


async def _is_closed(world: World) -> None:
    south = world.south
    await world.release(south, await south.ask("Dmitri", "close", reason="It is over."))
    await world.until(lambda: _stands(world, "closed"))


STATES: tuple[Callable[[World], Awaitable[None]], ...] = (
    _is_held,
    _is_suspended,
    _is_halted,
    _is_begun_anew,
    _is_closed,
)


async def test_no_link_of_any_seat_leads_to_a_refusal(stations: World) -> None:
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
    app = build(north.station)
    cookies = {name: await sit(north, app, name) for name in north.ids}
    for become in (None, *STATES):
        if become is not None:
            await become(stations)
        for name, id in north.ids.items():
            seen, refused = await _refused(app, f"/s/{id}", cookies[name])
            assert refused == [], (become, name)
            assert len(seen) > 5, (become, name)
