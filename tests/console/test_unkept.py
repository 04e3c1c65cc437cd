"""What was typed when a session ended, while the disk is full: the page has it until it is kept."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from html import unescape

import pytest
from playwright.async_api import expect
from starlette.applications import Starlette

from parley.console.app import build
from parley.core.errors import Unavailable
from parley.station.acts.operations import HIDDEN
from tests.console.asking import ask
from tests.console.conftest import Room
from tests.console.known import PASSWORD, Known, known
from tests.console.test_catalogues import TEMPLATES
from tests.console.test_sign_in import page_of
from tests.console.world import Post, World

WORDS = 'We saw «two» ships & a "third".\n' * 300
LEFT = "this page has the only copy"
SCRIPT = TEMPLATES.parent / "static" / "presence.js"


async def signed_in(app: Starlette, someone: Known) -> dict[str, str]:
    """The cookies of a browser in which somebody has signed in by password and code."""
    known_by = {"name": someone.name, "password": PASSWORD, "code": someone.next_code()}
    return (await ask(app, "/sign-in", known_by)).cookies()


async def asleep(post: Post) -> tuple[Starlette, str, Known, dict[str, str], str]:
    """A console, the path of somebody's seat there whose session has ended, whose it is, and the
    cookies and the token with which it was left."""
    both = await known(post, "Both")
    assert post.station is not None
    app, seat = build(post.station), f"/s/{post.ids['Both']}"
    cookies = await signed_in(app, both)
    page = (await ask(app, f"{seat}/compose", cookies=cookies)).text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    both.clock.later_s += 31 * 60
    return app, seat, both, cookies, token


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.story
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


@pytest.mark.asyncio(loop_scope="session")
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
    ("path", "typed", "label"),
    [
        (
            "/calls/ask?line=7",
            {"purpose": "Meetings at sea", "text": "", "medium": "video"},
            "Purpose",
        ),
        ("/glossary", {"ours": "Amity", "theirs": "", "protect": "yes"}, "As we say it"),
        ("/messages/ab/theirs/3/pass", {"office": "Rescue centre"}, "To which office"),
    ],
)
@pytest.mark.asyncio(loop_scope="session")
async def test_words_of_every_form_wait_for_who_signs_in_again(
    stations: World, path: str, typed: dict[str, str], label: str
) -> None:
    north = stations.north
    app, seat, both, cookies, token = await asleep(north)
    answer = await ask(app, seat + path, {"token": token, **typed}, cookies)
    assert (answer.status, "What you typed is kept" in answer.text) == (401, True)
    # A button is not words: nothing is said of it, and nothing kept.
    answer = await ask(app, f"{seat}/messages/ab/theirs/3/open", {"token": token}, cookies)
    assert (answer.status, "What you typed is kept" in answer.text) == (401, False)
    known_by = {"token": token, "password": PASSWORD, "code": both.next_code()}
    answer = await ask(app, f"{seat}/unlock", known_by, cookies)
    cookies |= answer.cookies()
    given = (await ask(app, f"{seat}/kept", cookies=cookies)).text
    assert given.count('<button class="main">') == 1
    assert f'action="{seat}{path}"' in given
    words = next(iter(typed.values()))
    assert re.search(rf"<span>{label}</span><textarea[^>]*>\n{words}</textarea>", given)


def test_no_secret_is_carried_by_a_page() -> None:
    """What the page leaves out by itself is what the station hides."""
    (listed,) = re.findall(r"const SECRET = \[(.*?)\]", SCRIPT.read_text(encoding="utf-8"))
    assert set(re.findall(r'"(\w+)"', listed)) >= HIDDEN


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
@pytest.mark.asyncio(loop_scope="session")
async def test_what_no_page_of_ours_carried_is_passed_over(stations: World, value: str) -> None:
    north = stations.north
    app, seat, both, cookies, token = await asleep(north)
    sent = {"token": token, "password": PASSWORD, "code": both.next_code(), "unkept": value}
    answer = await ask(app, f"{seat}/unlock", sent, cookies)
    assert (answer.status, answer.header("location")) == (303, f"{seat}/")
