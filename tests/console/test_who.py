"""Who did what to a message: each page names whom the record names, and nobody else."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from parley.console.app import build
from tests.console.asking import ask, sit
from tests.console.world import Post, World

ROW = re.compile(
    r"<tr><td>(.*?)</td><td>.*?</td><td>.*?</td><td>(.*?)</td><td[^>]*>(.*?)</td></tr>"
)


async def told(post: Post, name: str, path: str) -> dict[str, tuple[str, str]]:
    """Of each stage who and what, as the page of a message says it."""
    assert post.station is not None
    app = build(post.station)
    page = await ask(app, f"/s/{post.ids[name]}{path}", cookies=await sit(post, app, name))
    table = html.unescape(page.text.partition('id="stages"')[2].partition("</table>")[0])
    return {stage: (who, detail) for stage, who, detail in ROW.findall(table)}


@pytest.mark.asyncio(loop_scope="session")
async def test_E8_the_page_of_a_message_names_whom_the_record_names(stations: World) -> None:
    north, south = stations.north, stations.south
    n = (await stations.say(north, "Meet at 0600Z.", "PRIORITY"))["n"]

    async def stages(post: Post, name: str, dir: str) -> list[Any]:
        view = await post.ask(name, "message", n=n, dir=dir)
        return [stage["stage"] for stage in view["stages"]]

    async def came() -> bool:
        return bool((await south.ask("Wen", "status"))["lines"][0]["their_size"] > n)

    async def read_back() -> bool:
        return "read back" in await stages(north, "Rene", "ours")

    async def confirmed() -> bool:
        return "confirmed" in await stages(south, "Wen", "theirs")

    await stations.until(came)
    group = (await north.ask("Rene", "message", n=n, dir="ours"))["check_group"]
    await south.ask("Wen", "open", n=n)
    await south.ask("Wen", "pass", n=n, office="Chief of staff")
    await south.ask("Wen", "readback", n=n, group=group)
    await stations.until(read_back)
    await north.ask("Rene", "confirm", n=n)
    await stations.until(confirmed)
    line = (await north.ask("Rene", "status"))["lines"][0]["line"][:8]
    sender = await told(north, "Rene", f"/messages/{line}/ours/{n}")
    # An opening bears a person, a passing on an office, a read-back neither.
    nobody = "South, which names no person"
    assert sender["Opened"] == ("Wen, Watch desk", "")
    assert sender["Passed"] == (nobody, "to Chief of staff")
    assert sender["Read back"] == (nobody, f"{group}: right")
    assert sender["Confirmed"] == ("Rene, Releasing officer", "")
    # At home it is known who did it.
    reader = await told(south, "Wen", f"/messages/{line}/theirs/{n}")
    assert reader["Passed"] == ("Wen, Watch desk", "to Chief of staff")
    assert reader["Read back"] == ("Wen, Watch desk", f"{group}: right")
    assert reader["Confirmed"] == ("North, which names no person", "")
