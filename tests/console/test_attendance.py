"""The presence statement on the pages: one click of the watch officer, seen on both sides."""

from __future__ import annotations

import pytest

from parley.console.app import build
from tests.console.asking import ask, sit
from tests.console.world import Post, World

pytestmark = pytest.mark.asyncio(loop_scope="module")
SAME = {"origin": "http://console", "sec_fetch_site": "same-origin"}
CLICK = "State: our principal is at the terminal"


async def looks(post: Post, name: str, path: str) -> str:
    assert post.station is not None
    app = build(post.station)
    cookies = await sit(post, app, name)
    return (await ask(app, f"/s/{post.ids[name]}{path}", cookies=cookies)).text


async def clicks(post: Post, name: str, here: str, **more: str) -> tuple[int, str]:
    """Press a button of the page; the status, and where it leads."""
    assert post.station is not None
    app = build(post.station)
    cookies = await sit(post, app, name)
    seat = f"/s/{post.ids[name]}"
    page = (await ask(app, seat + "/", cookies=cookies)).text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    line = next(iter(post.station.lines)).agreed.hex
    form = {"token": token, "line": line, "here": here, **more}
    answer = await ask(app, f"{seat}/presence", form, cookies, **SAME)
    return answer.status, answer.header("location")


async def test_one_click_states_it_and_both_sides_see_it_until_he_has_left(pair: World) -> None:
    north, south = pair.north, pair.south
    assert north.station is not None
    assert CLICK not in await looks(north, "Wanda", "/")  # nobody here is a principal yet
    operator = next(each for each in north.station.people.here() if "operator" in each.roles)
    given = {"name": "Lind <b>", "office": "Prime Minister", "roles": ["principal"]}
    first = (await north.station.call("person.add", operator, given))["id"]
    page = await looks(north, "Wanda", "/")
    assert CLICK in page
    assert "State: our principal has left" not in page
    assert CLICK not in await looks(north, "Dana", "/")

    status, where = await clicks(north, "Wanda", "1")
    assert (status, where.rpartition("?")[2]) == (303, "done=presence-here")
    assert (await clicks(north, "Dana", "1"))[0] == 403

    async def told(here: bool) -> bool:
        line = (await south.ask("Wen", "status"))["lines"][0]
        return bool(line["presence"]["theirs"] and line["presence"]["theirs"]["here"] is here)

    await pair.until(lambda: told(here=True))
    for post, name, path in (
        (north, "Wanda", "/"),
        (north, "Wanda", "/wall"),
        (south, "Wen", "/"),
        (south, "Wen", "/wall"),
    ):
        page = await looks(post, name, path)
        assert "At the terminal" in page, path
        assert "Lind &lt;b&gt;, Prime Minister" in page, path
        assert "data-age=" in page
    assert "Wanda, Watch desk" in await looks(south, "Wen", "/")
    record = await looks(south, "Wen", "/record")
    assert "statement of presence" in record
    assert "The principal, Lind &lt;b&gt;, Prime Minister, is at the terminal." in record

    assert (await clicks(north, "Wanda", "0"))[1].endswith("done=presence-left")
    await pair.until(lambda: told(here=False))
    assert "Has left the terminal" in await looks(south, "Wen", "/")

    # With a second principal the page asks which one.
    await north.station.call("person.add", operator, {**given, "name": "Holm"})
    assert 'select name="person"' in await looks(north, "Wanda", "/")
    second = str(first + 1)
    assert (await clicks(north, "Wanda", "1", person=second))[0] == 303
    stated = (await north.ask("Wanda", "status"))["lines"][0]["presence"]["ours"]
    assert stated["person"]["name"] == "Holm"
