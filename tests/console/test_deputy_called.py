"""A FLASH whose clock ran out: how long ago, who is called, and until when that person has time."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import world
from tests.playbook import Hours, MovedClock

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_clock_that_ran_out_stands_beside_the_deputy_who_is_called(
    tmp_path: Path, room: Room
) -> None:
    clock = MovedClock(Hours())
    async with world(tmp_path, clock=clock) as stations:
        north, south = stations.north, stations.south
        assert south.station is not None
        operator = south.station.people.must_be_here(1)
        await south.station.call(
            "desk.deputies", operator, {"desk": 1, "persons": [south.ids["Wen"]]}
        )
        wen = await room.sit(south, "Wen", "/chat")
        await stations.say(north, "At once.", "FLASH")
        row = wen.locator("#alarms > li")
        await expect(row.locator(".clock")).to_contain_text("9:5")
        await expect(row.locator(".called")).to_have_count(0)
        clock.skip(601)
        # On the page that is open, and on one that is opened now, the same.
        for _ in range(2):
            await expect(row.locator(".called")).to_contain_text("Wen is called, and has until")
            await expect(row.locator(".clock")).to_contain_text("OVERDUE 0:")
            await wen.reload()
