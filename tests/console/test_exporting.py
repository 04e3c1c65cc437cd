"""Whoever reads the record takes its evidence away from the page, and the audit trail says so."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from parley.console.app import build
from parley.evidence import audit
from parley.station.line import evidence
from tests.console.asking import ask, sit
from tests.console.conftest import Room
from tests.console.known import known
from tests.console.test_sign_in import page_of
from tests.console.world import Post, World

PICTURES = os.environ.get("PARLEY_PICTURES")  # a folder, to look at the pages


async def exports_of(post: Post, name: str) -> list[dict[str, str]]:
    """What the audit trail has of them: who, and what of."""
    rows = (await post.ask(name, "audit"))["rows"]
    return [{"name": row["name"], **row["arguments"]} for row in rows if row["act"] == "export"]


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_an_auditor_takes_the_evidence_away_from_the_page(
    stations: World, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "PIECE_CHARACTERS", 1)  # so that it comes in many pieces
    north = stations.north
    for text in ("Cease fire at 0600Z.", "On 6 June.", "At sea too."):
        n = (await stations.say(north, text))["n"]

    async def is_signed() -> bool:
        (line,) = (await north.ask("Aline", "status"))["lines"]
        return bool(line["records_agree"] and line["their_size"] and line["our_size"] > n)

    await stations.until(is_signed)
    aline = await known(north, "Aline")
    page = await page_of(room, aline)
    await page.goto(f"{north.seat('Aline')}/record")
    await page.wait_for_selector("html[data-connected=yes]", state="attached")
    form = page.locator("#evidence")
    await expect(form).to_contain_text("parley verify FILE")
    if PICTURES:
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            await page.screenshot(path=Path(PICTURES) / f"export-{theme}.png")
    async with page.expect_download() as coming:
        await form.get_by_role("button", name="Download the evidence").click()
    download = await coming.value
    line = (await north.ask("Aline", "status"))["lines"][0]
    assert download.suggested_filename == f"record-{line['line'][:8]}.evidence"
    await download.save_as(tmp_path / "file")
    report = audit.verify(io.BytesIO((tmp_path / "file").read_bytes()))
    (row,) = await exports_of(north, "Aline")
    assert row["name"] == "Aline"
    assert row["line"] == line["line"]
    told = {row["ours"], row["theirs"]}
    assert told == {
        f"{size} up to root {root.hex()}"
        for size, root in zip(report.entries, report.roots, strict=True)
    }
    # It is the same page still: once the session has ended, it shows no more of the record.
    aline.clock.later_s += 31 * 60
    await expect(page.locator("main")).to_contain_text("The session of Aline has ended")
    assert "Cease fire" not in await page.content()


@pytest.mark.asyncio(loop_scope="session")
async def test_what_cannot_be_exported_is_said_on_the_page(stations: World) -> None:
    north = stations.north
    assert north.station is not None
    app = build(north.station)
    cookies = await sit(north, app, "Aline")
    seat = f"/s/{north.ids['Aline']}"
    page = (await ask(app, f"{seat}/record", cookies=cookies)).text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    answer = await ask(app, f"{seat}/record/export", {"token": token, "line": "ffff"}, cookies)
    assert answer.status == 422
    assert "There is no such line" in answer.text
    assert await exports_of(north, "Aline") == []
    assert (await ask(app, f"{seat}/record/export", cookies=cookies)).status == 200
