"""The names of the pages stand on one line, or one below the other: whole, in every language."""

from __future__ import annotations

import pytest

from parley.console.tongues import TONGUES
from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PLACED = """() => {
  const boxes = [...document.querySelectorAll("#pages li")].map((li) => li.getBoundingClientRect());
  const names = [...document.querySelectorAll("#pages a")];
  const whole = names.every((a) => a.scrollWidth <= a.clientWidth);
  const one = (edge) => new Set(boxes.map((box) => Math.round(box[edge]))).size;
  const nav = document.querySelector("#pages").getBoundingClientRect();
  const main = document.querySelector("main").getBoundingClientRect();
  return {
    lines: one("top"),
    columns: Math.min(one("left"), one("right")),
    whole,
    beside: nav.right <= main.left || nav.left >= main.right || nav.bottom <= main.top,
    fits: document.documentElement.scrollWidth <= innerWidth,
  };
}"""


async def test_names_of_pages_take_one_line_or_one_column_of_a_desk(
    stations: World, room: Room
) -> None:
    north = stations.north
    page = await room.sit(north, "Both")
    for code in TONGUES:
        await north.ask("Both", "person.tongue", person=north.ids["Both"], tongue=code)
        await page.goto(north.seat("Both") + "/inbox")
        placed = await page.evaluate(PLACED)
        assert 1 in (placed["lines"], placed["columns"]), (code, placed)
        assert placed["whole"], code
        assert placed["beside"], code
        assert placed["fits"], code
    # On a tablet they are as many lines as it takes, above the page.
    await page.set_viewport_size({"width": 800, "height": 1280})
    placed = await page.evaluate(PLACED)
    assert placed["lines"] > 1
    assert placed["columns"] > 1
    assert placed["fits"]
