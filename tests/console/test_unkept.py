"""What was typed when a session ended, while the disk is full: the page has it until it is kept."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest
from playwright.async_api import expect
from starlette.applications import Starlette

from parley.console.app import build
from parley.core.errors import Unavailable
from tests.console.asking import ask
from tests.console.conftest import Room
from tests.console.known import PASSWORD, Known, known
from tests.console.test_sign_in import page_of
from tests.console.world import World

PICTURES = os.environ.get("PARLEY_PICTURES")  # a folder, to look at the page
WORDS = 'We saw «two» ships & a "third".\n' * 300
LEFT = "this page has the only copy"

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def signed_in(app: Starlette, someone: Known) -> dict[str, str]:
    """The cookies of a browser in which somebody has signed in by password and code."""
    known_by = {"name": someone.name, "password": PASSWORD, "code": someone.next_code()}
    return (await ask(app, "/sign-in", known_by)).cookies()


@pytest.mark.browser
async def test_a_page_that_falls_asleep_on_a_full_disk_gives_back_what_was_typed(
    stations: World, room: Room
) -> None:
    north = stations.north
    both = await known(north, "Both")
    assert north.station is not None
    page = await page_of(room, both)
    await page.goto(f"{north.seat('Both')}/compose")
    await page.wait_for_selector("html[data-connected=yes]", state="attached")
    store = north.station.store
    store.sql(f"PRAGMA max_page_count = {store.sql('PRAGMA page_count')[0][0]}")
    with suppress(Unavailable):
        for _ in range(100):
            await north.ask("Dana", "draft.new", text="x" * 60_000)
    await page.locator("#text").fill(WORDS)
    await expect(page.locator("#not-held")).to_be_visible()
    both.clock.later_s += 31 * 60
    await expect(page.locator("main")).to_contain_text("The session of Both has ended")
    await expect(page.locator("#only-copy")).to_contain_text(LEFT)
    await expect(page.locator("main")).not_to_contain_text("We saw", use_inner_text=True)
    if PICTURES:
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            await page.screenshot(path=Path(PICTURES) / f"unkept-{theme}.png")
    # A wrong password, and the page that answers it, lose nothing.
    await page.get_by_label("Password").fill("another one")
    await page.get_by_label("Code of now").fill(both.next_code())
    await page.get_by_role("button", name="Sign in as Both").click()
    await expect(page.locator("#refused")).to_be_visible()
    await expect(page.locator("#only-copy")).to_be_visible()
    await stations.say(stations.south, "Turn back now.", "FLASH")
    store.sql("PRAGMA max_page_count = 1000000")
    await expect(page.locator("main")).to_contain_text("A FLASH waits")
    both.clock.later_s += 60
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Code of now").fill(both.next_code())
    await page.get_by_role("button", name="Sign in as Both").click()
    await expect(page.get_by_label("Text")).to_have_value(WORDS)
    assert page.url.endswith("/kept")
    await page.get_by_role("button", name="Send it now").click()
    await expect(page.locator(".notice.done")).to_contain_text("Kept as a draft")
    room.faults = [each for each in room.faults if "status of 503" not in each]


async def test_a_form_that_cannot_be_kept_comes_back_whole_with_the_seat(stations: World) -> None:
    north = stations.north
    both = await known(north, "Both")
    station = north.station
    assert station is not None
    app, seat = build(station), f"/s/{north.ids['Both']}"
    cookies = await signed_in(app, both)
    page = (await ask(app, f"{seat}/compose", cookies=cookies)).text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    both.clock.later_s += 31 * 60
    # The disk takes a session, which is small, and not what was typed.
    refuses = "BEFORE INSERT ON kept_forms BEGIN SELECT RAISE(ABORT, 'full'); END"
    with station.store.transaction():
        station.store.sql(f"CREATE TRIGGER full {refuses}")
    typed = {"token": token, "text": WORDS, "precedence": "PRIORITY", "code": "123456"}
    answer = await ask(app, f"{seat}/compose", typed, cookies)
    assert answer.status == 503
    assert LEFT in answer.text
    packed = unescape(answer.text.partition('name="unkept" value="')[2].partition('"')[0])
    assert json.loads(packed) == [f"{seat}/compose", [["text", WORDS], ["precedence", "PRIORITY"]]]
    known_by = {"token": token, "password": PASSWORD, "code": both.next_code(), "unkept": packed}
    answer = await ask(app, f"{seat}/unlock", known_by, cookies)
    assert answer.status == 200
    assert LEFT in answer.text
    given = answer.text.partition('<textarea name="text"')[2].partition(">")[2]
    assert unescape(given.partition("</textarea>")[0]) == f"\n{WORDS}"
    assert f'action="{seat}/compose"' in answer.text
    # It is a page of the new session: what stands there is sent by it.
    cookies |= answer.cookies()
    token = answer.text.partition('name="token" value="')[2].partition('"')[0]
    sent = {"token": token, "text": WORDS, "precedence": "PRIORITY"}
    assert (await ask(app, f"{seat}/compose", sent, cookies)).status == 303
    drafts = (await north.ask("Both", "draft.list"))["drafts"]
    assert [each["precedence"] for each in drafts] == ["PRIORITY"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "7",
        '["/s/1/x"]',
        '["https://elsewhere/", []]',
        '["/s/99/compose", []]',
        "[" * 9999,
    ],
)
async def test_what_no_page_of_ours_carried_is_passed_over(stations: World, value: str) -> None:
    north = stations.north
    both = await known(north, "Both")
    assert north.station is not None
    app, seat = build(north.station), f"/s/{north.ids['Both']}"
    cookies = await signed_in(app, both)
    page = (await ask(app, f"{seat}/compose", cookies=cookies)).text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    both.clock.later_s += 31 * 60
    sent = {"token": token, "password": PASSWORD, "code": both.next_code(), "unkept": value}
    answer = await ask(app, f"{seat}/unlock", sent, cookies)
    assert (answer.status, answer.header("location")) == (303, f"{seat}/")
