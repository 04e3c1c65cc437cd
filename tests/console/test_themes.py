"""A page is drawn in the colours of its seat; outside any seat, in those of the browser."""

from __future__ import annotations

import re

import pytest

from parley.console import themes
from parley.console.app import build
from parley.station.staff.theme import THEMES
from tests.console.asking import ask
from tests.console.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")
SHEETS = {
    "system": [("night", "(prefers-color-scheme: dark)"), ("contrast", None)],
    "day": [],
    "night": [("night", "all")],
    "contrast": [("contrast", "all")],
}


def sheets(text: str) -> list[tuple[str, str | None]]:
    """The style sheets of themes on a page; the medium of one for the system is long."""
    found = re.findall(r'href="/static/\w+/(night|contrast).css" media="([^"]+)"', text)
    return [(name, None if "contrast" in media else media) for name, media in found]


async def test_the_themes_are_those_of_the_station() -> None:
    assert tuple(themes.THEMES) == THEMES


async def test_a_seat_is_drawn_as_chosen_there(pair: World) -> None:
    north = pair.north
    assert north.station is not None
    app = build(north.station)
    cookies = (await ask(app, (await link(pair)), {})).cookies()
    watch = f"/s/{north.ids['Wanda']}/watch"
    page = await ask(app, watch, cookies=cookies)
    assert sheets(page.text) == SHEETS["system"]
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    for theme, expected in SHEETS.items():
        answer = await ask(
            app, watch.replace("/watch", "/theme"), {"theme": theme, "token": token}, cookies
        )
        assert (answer.status, answer.cookies()[themes.COOKIE]) == (303, theme)
        for path in ("watch", "wall", "call", "you"):
            page = await ask(app, watch.replace("watch", path), cookies=cookies)
            assert sheets(page.text) == expected, path
            assert f'data-theme="{theme}"' in page.text
        # The seat wins over what another seat of this browser has left in its cookie.
        page = await ask(app, watch, cookies={**cookies, themes.COOKIE: "night"})
        assert sheets(page.text) == expected
    pressed = re.findall(r'value="(\w+)" aria-pressed="true"', page.text)
    assert pressed[0] == "contrast"


async def test_a_page_outside_any_seat_is_drawn_as_the_browser_remembers(pair: World) -> None:
    assert pair.north.station is not None
    app = build(pair.north.station)
    for remembered, theme in (("night", "night"), ('"><script>', "system"), ("", "system")):
        page = await ask(app, "/", cookies={themes.COOKIE: remembered})
        assert sheets(page.text) == SHEETS[theme]
        assert "<script>" not in page.text


async def link(pair: World) -> str:
    north = pair.north
    path: str = (await north.ask("Wanda", "signin.link", person=north.ids["Wanda"]))["path"]
    return path
