"""A FLASH behind a gap on the screens: it rings at once as PROVISIONAL, and once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import world

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LONG = "The bridge is open again. " * 100


@pytest.mark.story
async def test_G2_G3_a_flash_behind_a_gap_is_read_and_opened_at_once(
    tmp_path: Path, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, provisional="FLASH") as stations:
        north, south = stations.north, stations.south
        assert south.station is not None
        hear, lost = south.station.carrying.hear, [True]

        def lossy(path: Any, frames: Sequence[bytes], now: Any) -> Any:
            return hear(path, [f for f in frames if not lost[0] or len(f) < len(LONG)], now)

        monkeypatch.setattr(south.station.carrying, "hear", lossy)
        wen = await room.sit(south, "Wen", "/inbox")
        for _ in range(2):
            await stations.say(north, LONG)
        said = await stations.say(north, "Hold your fire.", "FLASH")
        n = said["n"]
        missing = f"{n - 2}–{n - 1} outstanding"
        row = wen.locator("#alarms > li")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text(f"PROVISIONAL: {missing}")
        await expect(wen.locator("#inbox")).to_contain_text(missing)
        await row.get_by_role("link", name="Read it").click()
        await expect(wen.locator("article")).to_contain_text("PROVISIONAL")
        await expect(wen.locator("article")).to_contain_text(missing)
        await expect(wen.locator("article .text")).to_have_text("Hold your fire.")
        await expect(wen.get_by_role("link", name="Read back")).to_have_count(0)

        # The gap closes while it rings: the word goes, the row stays, and nothing rings anew.
        lost[0] = False
        await stations.until(lambda: has_joined(south, n))
        await expect(row).not_to_contain_text("PROVISIONAL")
        await expect(row).to_have_count(1)
        await expect(wen.locator("article")).not_to_contain_text("PROVISIONAL")
        await expect(wen.get_by_role("link", name="Read back")).to_have_count(1)
        await expect(wen.locator("#stages")).to_contain_text("Shown provisionally")

        # And once more, opened before the gap closes.
        lost[0] = True
        await stations.say(north, LONG)
        n = (await stations.say(north, "Cease fire.", "FLASH"))["n"]
        line = (await south.ask("Wen", "status"))["lines"][0]["line"][:8]
        await stations.until(lambda: rings(south, n))
        await wen.goto(f"{south.seat('Wen')}/messages/{line}/theirs/{n}")
        await wen.get_by_role("button", name="Open: I have read it").click()
        await expect(wen.locator(".notice.done")).to_contain_text("once it has joined the record")
        await expect(wen.get_by_role("button", name="Open: I have read it")).to_have_count(0)
        lost[0] = False
        await stations.until(lambda: has_joined(south, n))
        await expect(wen.locator("#stages")).to_contain_text("Opened provisionally")
        await expect(wen.locator("#stages tr", has_text="Opened")).to_have_count(2)
        await wen.close()


async def has_joined(post: Any, n: int) -> bool:
    return bool((await post.ask("Wen", "status"))["lines"][0]["their_size"] > n)


async def rings(post: Any, n: int) -> bool:
    return n in [alarm["n"] for alarm in (await post.ask("Wen", "status"))["alarms"]]
