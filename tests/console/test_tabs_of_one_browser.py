"""Tabs of one browser while somebody signs in there: what they ask for bears the old secret; and
two who sign in at one moment, of whom none loses a seat."""

from __future__ import annotations

import asyncio
import base64
import json
from types import SimpleNamespace

import pytest
import webauthn
from starlette.applications import Starlette

from parley.console.app import build
from parley.console.pages import signin
from parley.station.staff import passkeys
from parley.station.staff.factors import Asking
from parley.station.staff.passkeys import Place
from parley.station.staff.sessions import Overtaken
from parley.station.staff.turned import GRACE_S
from tests.console.asking import Answer, ask, path_of
from tests.console.conftest import Room
from tests.console.known import PASSWORD, Later, known
from tests.console.test_testing import cookies_of
from tests.console.world import Post, World

pytestmark = [pytest.mark.asyncio(loop_scope="session")]
NONE = "This browser has no such seat."


class Browser:
    """One browser, with the cookie that it has got so far."""

    def __init__(self, post: Post, app: Starlette, cookies: dict[str, str]) -> None:
        self.post, self.app, self.cookies = post, app, cookies

    async def gets(self, name: str, path: str = "/") -> Answer:
        """A page of somebody's seat."""
        return await ask(self.app, f"/s/{self.post.ids[name]}{path}", cookies=self.cookies)

    async def signs_in(self, name: str) -> dict[str, str]:
        """By a link; the cookie that the answer brings."""
        person = self.post.ids[name]
        link = (await self.post.ask(name, "signin.link", person=person))["path"]
        return (await ask(self.app, link, {}, self.cookies)).cookies()

    async def sends(self, path: str, form: dict[str, str] | None = None) -> Answer:
        """A form, or a page; as a browser does it, with the cookies that it has when it sends, and
        once more where it is told so."""
        while True:
            answer = await ask(self.app, path, form, self.cookies)
            self.cookies = self.cookies | answer.cookies()
            if answer.status != 307:
                return answer
            path = answer.header("location")


async def browser_of(post: Post, name: str) -> tuple[Browser, Later]:
    assert post.station is not None
    post.station.clock = clock = Later()
    app = build(post.station)
    return Browser(post, app, await cookies_of(post, app, name)), clock


async def test_a_tab_that_asks_while_somebody_signs_in_keeps_its_seat(stations: World) -> None:
    browser, clock = await browser_of(stations.north, "Wanda")
    clock.later_s += 1

    async def asks() -> list[int]:
        return [(await browser.gets("Wanda")).status for _ in range(8)]

    # The tab goes on asking with the cookie that it has, until the answer has come.
    asking = [asyncio.ensure_future(asks()) for _ in range(4)]
    new = await browser.signs_in("Rene")
    assert {status for each in asking for status in await each} == {200}
    assert new != browser.cookies
    assert (await browser.gets("Wanda")).status == 200
    # By the old secret nobody sits in the seat that was taken.
    refused = await browser.gets("Rene")
    assert refused.status == 403
    assert NONE in refused.text
    old, browser.cookies = browser.cookies, new
    for name in ("Wanda", "Rene"):
        assert (await browser.gets(name)).status == 200
    browser.cookies = old
    clock.later_s += GRACE_S
    assert (await browser.gets("Wanda")).status == 403


async def test_a_seat_that_was_taken_anew_sleeps_for_the_old_secret(stations: World) -> None:
    browser, clock = await browser_of(stations.north, "Wanda")
    clock.later_s += 1
    await stations.say(stations.south, "Nobody else reads this.")
    new = await browser.signs_in("Wanda")
    asleep = await browser.gets("Wanda", "/inbox")
    assert asleep.status == 401
    assert "Nobody else reads this" not in asleep.text
    browser.cookies = new
    assert (await browser.gets("Wanda", "/inbox")).status == 200


async def test_two_who_sign_in_at_one_moment_keep_both_seats(stations: World) -> None:
    browser, _ = await browser_of(stations.north, "Wanda")
    links = [await path_of(stations.north, name) for name in ("Dana", "Rene")]
    answers = await asyncio.gather(*(browser.sends(link, {}) for link in links))
    assert [each.status for each in answers] == [303, 303]
    for name in ("Wanda", "Dana", "Rene"):
        assert (await browser.gets(name)).status == 200


async def test_two_keep_both_seats_in_a_browser_where_nobody_sat(stations: World) -> None:
    north = stations.north
    wanda, rene = await known(north, "Wanda"), await known(north, "Rene")
    assert north.station is not None
    browser = Browser(north, build(north.station), {})
    link = await path_of(north, "Dana")
    # The first page gives the browser something to be known by, once, and that opens nothing.
    assert (await browser.sends(link)).status == 200
    (first,) = browser.cookies
    assert not (await browser.sends("/sign-in")).cookies()
    assert (await browser.gets("Dana")).status == 403
    typed = [
        {"name": each.name, "password": PASSWORD, "code": each.next_code()}
        for each in (wanda, rene)
    ]
    forms = [(link, {}), *(("/sign-in", each) for each in typed)]
    answers = await asyncio.gather(*(browser.sends(*form) for form in forms))
    assert [each.status for each in answers] == [303] * 3
    for name in ("Wanda", "Dana", "Rene"):
        assert (await browser.gets(name)).status == 200
    # Nobody's password was wrong, so nobody waits and the watch is told of nothing.
    assert (await north.ask("Wanda", "status"))["sign_in_alarms"] == []
    alone = Browser(north, browser.app, {first: browser.cookies[first]})
    assert (await alone.gets("Dana")).status == 403


async def test_fixation_who_signs_in_beside_by_a_planted_secret_sits_alone(
    stations: World,
) -> None:
    planted, _ = await browser_of(stations.north, "Both")  # whose secret is put into the desk's
    desk = Browser(stations.north, planted.app, dict(planted.cookies))
    links = [await path_of(stations.north, name) for name in ("Wanda", "Dana")]
    # The victim first; the other, at the same moment and from elsewhere, is sent round until it is
    # let in by itself.
    answers = await asyncio.gather(desk.sends(links[0], {}), planted.sends(links[1], {}))
    assert [each.status for each in answers] == [303, 303]
    assert (await desk.gets("Wanda")).status == 200
    assert (await planted.gets("Dana")).status == 200
    assert (await planted.gets("Wanda")).status == 403
    assert (await desk.gets("Dana")).status == 403
    assert planted.cookies != desk.cookies


async def test_whom_no_answer_reached_is_let_in_by_a_link_that_was_not_used_up(
    stations: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin, "AGAIN_S", 0.0)
    browser, _ = await browser_of(stations.north, "Wanda")
    old = dict(browser.cookies)
    await browser.signs_in("Rene")  # the answer is lost on its way
    assert browser.cookies == old
    link = await path_of(stations.north, "Dana")
    answer = await ask(browser.app, link, {}, old)
    assert (answer.status, answer.header("location")) == (307, f"{link}?again=1")
    assert (await browser.sends(link, {})).status == 303
    assert (await browser.gets("Dana")).status == 200
    rows = (await stations.north.ask("Aline", "audit"))["rows"]
    used = [row["outcome"] for row in rows if (row["act"], row["name"]) == ("signin.use", "Dana")]
    assert used[-1] == "done"
    assert len(used) == 1 + signin.AGAIN_MAX + 1
    assert all("Somebody else signed in" in each for each in used[:-1])


async def test_a_passkey_that_was_overtaken_is_asked_for_nothing_new(
    stations: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = stations.north
    browser, _ = await browser_of(north, "Wanda")
    station = north.station
    assert station is not None
    who = station.people.must_be_here(north.ids["Wanda"])
    made = {"id": "00", "name": "Key", "key": "00", "count": 0, "seat": 1}
    await station.ask(passkeys._add, who, made)
    verified = SimpleNamespace(new_sign_count=1)
    monkeypatch.setattr(webauthn, "verify_authentication_response", lambda **_: verified)
    place = Place("localhost", "http://localhost")
    (old,) = browser.cookies.values()
    asking = Asking("127.0.0.1", "", old)
    challenge = json.loads(passkeys.request(station, asking, place))["challenge"]
    client = {"type": "webauthn.get", "challenge": challenge, "origin": place.origin}
    signed = base64.urlsafe_b64encode(json.dumps(client).encode()).decode().rstrip("=")
    answer = json.dumps({"rawId": "AA", "response": {"clientDataJSON": signed}})
    (new,) = (await browser.signs_in("Rene")).values()
    with pytest.raises(Overtaken):
        await passkeys.sign_in(station, asking, place, answer)
    again = await passkeys.sign_in(station, Asking("127.0.0.1", "", new), place, answer)
    assert again["person"]["name"] == "Wanda"


@pytest.mark.browser
async def test_a_real_browser_sends_it_again_with_the_secret_it_has_then(
    stations: World, room: Room
) -> None:
    north = stations.north
    page = await room.tab()
    await page.goto(f"{north.console}/sign-in")
    names = ("Wanda", "Dana", "Rene", "Both")
    links = [await north.link(name) for name in names]
    sent = """links => Promise.all(links.map(async link => {
        const answer = await fetch(link, { method: "POST", body: new URLSearchParams() });
        return [answer.status, answer.url];
    }))"""
    assert await page.evaluate(sent, links) == [[200, f"{north.seat(name)}/"] for name in names]
    for name in names:
        assert (await room.context.request.get(f"{north.seat(name)}/")).status == 200
