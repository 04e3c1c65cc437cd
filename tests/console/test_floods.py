"""What piles up by somebody else's doing, and what goes on all the same; no browser is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from starlette.applications import Starlette

from parley.console.app import build
from tests.console.asking import ask, sit
from tests.console.test_attacks import OURS, forget_failures, token
from tests.console.world import World, world

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(tmp_path_factory.mktemp("floods")) as both:
        yield both


@pytest.fixture
def app(pair: World) -> Starlette:
    assert pair.north.station is not None
    forget_failures(pair)
    return build(pair.north.station)


async def test_a_watch_is_accepted_however_much_the_other_side_has_said(
    pair: World, app: Starlette
) -> None:
    north, south = pair.north, pair.south
    for n in range(70):
        await pair.say(south, f"Snow at the pass, {n}.", "ROUTINE")

    async def all_came() -> bool:
        return len((await north.ask("Wanda", "watch.show"))["items"]) >= 70

    await pair.until(all_came)
    await north.ask("Wanda", "desk.hold", desk=1)
    show = await north.ask("Wanda", "watch.show")
    await north.ask("Wanda", "watch.hand_over", text="", code=show["code"])
    cookies = await sit(north, app, "Both")
    items = (await north.ask("Both", "watch.show"))["items"]
    waits = (await north.ask("Both", "watch.show"))["sheet"]["sheet"]
    form = [("token", await token(pair, app, "Both", cookies)), ("sheet", str(waits))]
    typed = urlencode([*form, *(("item", item["key"]) for item in items)]).encode()
    answer = await ask(app, f"/s/{north.ids['Both']}/watch/accept", [typed], cookies, **OURS)
    assert answer.header("location").endswith("done=accepted"), answer.text[-600:]
    assert (await north.ask("Wanda", "watch.show"))["officer"]["name"] == "Both"
