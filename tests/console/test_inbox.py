"""Lists of messages and drafts count what waits, name the line, and say what became of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parley.cli import shown
from parley.console import printed
from parley.console.app import build
from tests.console.asking import ask, sit
from tests.console.world import World, world

HEADING = re.compile(r"<h2>.*?class=\"prec (\w+)\".*?class=\"soft aside\">(.*?)</span></h2>", re.S)
WAITING = re.compile(r'data-key="\w*">Drafts <span class="count" title="waiting for you">(\d+)<')


@pytest.mark.asyncio(loop_scope="session")
async def test_a_heading_counts_what_still_waits(stations: World) -> None:
    north, south = stations.north, stations.south
    assert south.station is not None
    for text, precedence in (("One.", "FLASH"), ("Two.", "FLASH"), ("Three.", "PRIORITY")):
        last = await stations.say(north, text, precedence)

    async def all_came() -> bool:
        return bool((await south.ask("Wen", "status"))["lines"][0]["their_size"] > last["n"])

    await stations.until(all_came)
    app = build(south.station)
    path, cookies = f"/s/{south.ids['Wen']}/inbox", await sit(south, app, "Wen")

    async def headings() -> dict[str, str]:
        return dict(HEADING.findall((await ask(app, path, cookies=cookies)).text))

    found = await headings()
    assert found["FLASH"] == "2 messages, to be acknowledged within 10 minutes"
    assert found["PRIORITY"] == "1 message, to be acknowledged within 3 hours"
    flashes = [each["n"] for each in (await south.ask("Wen", "inbox"))["messages"]][:2]
    await south.ask("Wen", "open", n=flashes[0])
    assert (await headings())["FLASH"] == "1 message, to be acknowledged within 10 minutes"
    await south.ask("Wen", "open", n=flashes[1])
    assert (await headings())["FLASH"] == "None waits to be acknowledged."


@pytest.mark.asyncio(loop_scope="session")
async def test_a_retracted_message_says_by_which(stations: World) -> None:
    north, south = stations.north, stations.south
    assert south.station is not None
    wrong = (await stations.say(north, "Meet at 0600Z."))["n"]
    n = (await stations.say(north, "We do not meet.", retracts=wrong))["n"]
    await stations.until(lambda: came(stations, n))
    app = build(south.station)
    seat, cookies = f"/s/{south.ids['Wen']}", await sit(south, app, "Wen")
    listed = (await ask(app, f"{seat}/inbox", cookies=cookies)).text
    assert "<span>retracted</span>" in listed
    assert "retracted by" not in listed
    view = await south.ask("Wen", "message", n=wrong)
    path = f"{seat}/messages/{view['line'][:8]}/theirs/{wrong}"
    page = (await ask(app, path, cookies=cookies)).text
    (row,) = re.findall(r"<tr><td>Retracted</td>.*?</tr>", page)
    assert f">by North {n}</td>" in row
    record = await south.ask("Amir", "record", limit=1)
    assert f">by North {n}</td>" in printed.message(view, record, "South", "North")


async def came(stations: World, n: int) -> bool:
    """Whether the other side has it."""
    return bool((await stations.south.ask("Wen", "status"))["lines"][0]["their_size"] > n)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_pages_say_to_a_releaser_that_a_draft_waits(stations: World) -> None:
    north = stations.north
    assert north.station is not None
    app = build(north.station)
    draft = await north.ask("Dana", "draft.new", text="Hello.")
    told = (await north.ask("Rene", "status"))["drafts"]
    assert draft["draft"] in told
    for name, expected in (("Dana", []), ("Rene", [str(len(told))])):
        cookies = await sit(north, app, name)
        page = (await ask(app, f"/s/{north.ids[name]}/", cookies=cookies)).text
        assert WAITING.findall(page) == expected
        # A blank that was left is not refused: it stands out where somebody is about to release.
        await north.ask(
            "Dana", "draft.edit", draft=draft["draft"], text="Why: [[in one sentence]]."
        )
        page = (
            await ask(app, f"/s/{north.ids[name]}/drafts/{draft['draft']}", cookies=cookies)
        ).text
        assert '<p class="notice">Blanks are left in it: [[in one sentence]].</p>' in page
    await north.ask("Dana", "draft.withdraw", draft=draft["draft"])


@pytest.mark.asyncio(loop_scope="session")
async def test_a_list_of_several_lines_names_each(tmp_path: Path) -> None:
    async with world(tmp_path, also="ACTUAL") as stations:
        north = stations.north
        await stations.say(north, "On manoeuvres.", line="North – South")
        named = shown.messages(await north.ask("Dana", "outbox", line="North – South"))
        assert named[0].split()[0] == "n"
        assert shown.messages(await north.ask("Dana", "outbox"))[2].startswith("North – South  ")
        await stations.say(north, "The talks begin.", line="Leaders")
        heads, _, *rows = shown.messages(await north.ask("Dana", "outbox"))
    assert heads.split()[:2] == ["line", "n"]
    assert [row.split("  ")[0] for row in rows] == ["North – South", "Leaders"]
