"""Six attacks by name, each against every page it could be made on; no browser is asked.

Forgery (CSRF), clickjacking, injection, session fixation, enumeration of names, open redirect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Route

from parley.station.staff.gate import ALARM_TRIES
from parley.station.staff.turned import GRACE_S
from tests.console.asking import Answer, ask, path_of, sit
from tests.console.known import PASSWORD, Known, forget_failures, known
from tests.console.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS: dict[str, Any] = {"origin": "http://console", "sec_fetch_site": "same-origin"}
FOREIGN: tuple[dict[str, Any], ...] = (
    {"origin": "http://evil.example"},
    {"origin": "http://console:8080"},  # another port has the same cookies
    {"origin": "null"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wanda(pair: World) -> Known:
    """Somebody with a password and codes; the others of the house have none."""
    return await known(pair.north, "Wanda")


async def token(pair: World, app: Starlette, name: str, cookies: dict[str, str]) -> str:
    """What every form of that seat bears."""
    page = await ask(app, f"/s/{pair.north.ids[name]}/watch", cookies=cookies)
    return page.text.partition('name="token" value="')[2].partition('"')[0]


def forms(app: Starlette) -> Iterator[str]:
    """The path of every form there is, with something in each of its places."""
    filled = {"verb": "hold", "line": "abc", "dir": "theirs", "secret": "x"}
    for route in app.routes:
        if isinstance(route, Route) and "POST" in (route.methods or ()):
            places = route.param_convertors
            yield route.path_format.format_map(
                {name: "{seat}" if name == "seat" else filled.get(name, "1") for name in places}
            )


async def test_csrf_no_form_is_taken_from_another_site_or_seat(pair: World, app: Starlette) -> None:
    north, cookies = pair.north, await sit(pair.north, app, "Both")
    cookies = await sit(pair.north, app, "Dana", cookies)
    right, other = [await token(pair, app, name, cookies) for name in ("Both", "Dana")]
    assert len({right, other, ""}) == 3
    link = await path_of(pair.north, "Rene")
    seat = f"/s/{north.ids['Both']}"
    paths = [each.replace("/s/{seat}", seat).replace("/sign-in/x", link) for each in forms(app)]
    assert len(paths) > 40
    before = await ask(app, f"{seat}/drafts", cookies=cookies)
    typed = {"text": "Forged.", "precedence": "FLASH", "name": "Rene", "tongue": "ar"}
    for path in paths:
        for hostile in FOREIGN:
            answer = await ask(app, path, {**typed, "token": right}, cookies, **hostile)
            assert (answer.status, answer.cookies()) == (403, {}), (path, hostile)
        if path.startswith(seat):
            for wrong in ("", other, right[:-1], "é"):
                answer = await ask(app, path, {**typed, "token": wrong}, cookies, **OURS)
                assert (answer.status, answer.cookies()) == (403, {}), (path, wrong)
    after = await ask(app, f"{seat}/drafts", cookies=cookies)
    assert after.text.count("<tr") == before.text.count("<tr")
    # The same form from our own page, with its own token, is taken: nothing else was wrong.
    answer = await ask(app, f"{seat}/compose", {**typed, "token": right}, cookies, **OURS)
    assert answer.status == 303
    # And no browser sends the cookie with what another site asks for.
    kept = (await ask(app, link, {}, **OURS)).header("set-cookie")
    assert "samesite=strict" in kept.lower()
    assert "httponly" in kept.lower()


async def test_clickjacking_no_answer_stands_in_a_frame(pair: World, app: Starlette) -> None:
    cookies = await sit(pair.north, app, "Both")
    seat = f"/s/{pair.north.ids['Both']}"
    said = await pair.say(pair.north, "Hello.")
    line = (await pair.north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    message = f"/messages/{line}/ours/{said['n']}"
    paths = ["/", "/sign-in", "/sign-in/unknown", "/nothing", "/static/live.js"]
    inside = ("/", "/inbox", "/you", "/wall", "/call", message, f"{message}/print", "/drafts/999")
    answers = [await ask(app, path, cookies=cookies) for path in paths]
    answers += [await ask(app, seat + path, cookies=cookies) for path in inside]
    answers += [await ask(app, f"{seat}/compose", {}, cookies), await ask(app, f"{seat}/you")]
    assert {answer.status for answer in answers} == {200, 403, 404, 422}
    for answer in answers:
        policy = [value for name, value in answer.headers if name == "content-security-policy"]
        assert len(policy) == 1
        assert "frame-ancestors 'none'" in policy[0].split("; ")
        assert answer.header("x-frame-options") == "DENY"  # for browsers older than the policy
        assert answer.header("cross-origin-opener-policy") == "same-origin"


@pytest.mark.parametrize(
    "name",
    [
        "<b>{{ 7191 * 7191 }}</b>",
        '" autofocus onfocus="alert(1)',
        "x\r\nSet-Cookie: a=b\r\n\r\n<b>",
        "' OR 1=1 --",
        "%(person)s %s %",
        "\u202e<b>\x00\ufeff",
    ],
)
async def test_injection_what_is_typed_is_neither_markup_nor_template_nor_header_nor_query(
    pair: World, app: Starlette, wanda: Known, name: str
) -> None:
    cookies = await sit(pair.north, app, "Both")
    seat, right = f"/s/{pair.north.ids['Both']}", await token(pair, app, "Both", cookies)
    typed = {"name": name, "password": PASSWORD, "code": "000000", "token": right, "next": name}
    typed |= dict.fromkeys(("text", "subject", "line", "ours", "theirs", "purpose"), name)
    sent = [
        await ask(app, "/sign-in", typed, {"other": "1"}),
        await ask(app, f"{seat}/compose", typed, cookies),
        await ask(app, f"{seat}/glossary", typed, cookies),
        await ask(app, f"{seat}/calls/ask", typed, cookies),
        await ask(app, f"{seat}/call/begin", typed, cookies),
    ]
    sent += [await _sought(app, seat, cookies, page, name) for page in ("find", "timeline")]
    for answer in sent:
        assert answer.status in (200, 303, 403, 422), answer.text[-600:]
        assert "set-cookie" not in dict(answer.headers)
        assert "\r" not in str(answer.headers) + answer.header("location")
        body = answer.text
        assert "51710481" not in body
        assert not re.search(r"<b>(?:\{\{|\s*\ufeff|\x00)|\bonfocus=\"", body)
    assert await pair.north.ask("Wanda", "status")  # no query was cut in two


async def _sought(
    app: Starlette, seat: str, cookies: dict[str, str], page: str, words: str
) -> Answer:
    query = urlencode({"words": words, "person": words, "line": words})
    return await ask(app, f"{seat}/{page}?{query}", cookies=cookies)


async def test_fixation_a_planted_secret_opens_nothing_afterwards(
    pair: World, app: Starlette, wanda: Known
) -> None:
    seat = f"/s/{pair.north.ids['Wanda']}/"
    # A hostile person of the house takes a seat, and plants that browser's secret at the desk;
    # another plants what this station never gave.
    planted = await sit(pair.north, app, "Dana")
    ((name, _),) = planted.items()
    for secret in (planted, {name: "x" * 43}):
        typed = {"name": "Wanda", "password": PASSWORD, "code": wanda.next_code()}
        answer = await ask(app, "/sign-in", typed, secret, **OURS)
        desk = answer.cookies()
        assert answer.status == 303
        assert desk[name] != secret[name]
        assert (await ask(app, seat, cookies=desk)).status == 200
        assert (await ask(app, seat, cookies=secret)).status == 403
    # By a link it is the same; and the seat that was in the planted browser is at the desk now.
    planted = await sit(pair.north, app, "Dana")
    desk = await sit(pair.north, app, "Both", planted)
    path = f"/s/{pair.north.ids['Both']}/"
    assert (await ask(app, path, cookies=planted)).status == 403
    wanda.clock.later_s += GRACE_S  # so long it opens what it opened before: Dana's own seat
    for who in ("Both", "Dana"):
        path = f"/s/{pair.north.ids[who]}/"
        assert (await ask(app, path, cookies=planted)).status == 403
        assert (await ask(app, path, cookies=desk)).status == 200


async def test_enumeration_whoever_is_not_here_is_answered_like_whoever_is(
    pair: World, app: Starlette, wanda: Known
) -> None:
    def alike(answer: Answer, name: str) -> tuple[object, ...]:
        told = [(key, value) for key, value in answer.headers if key != "content-length"]
        return answer.status, told, answer.text.replace(name, "NAME")

    async def tries(name: str, password: str, count: int = 1) -> list[tuple[object, ...]]:
        forget_failures(pair, still=True)  # they are counted by address too
        typed = {"name": name, "password": password, "code": "000000"}
        return [alike(await ask(app, "/sign-in", typed), name) for _ in range(count)]

    # Who has enrolled, with a wrong password and the right one; who has not; who is nobody.
    here = await tries("Wanda", "x" * 12, ALARM_TRIES)
    assert {status for status, *_ in here} == {403, 429}  # they wait alike, too
    assert await tries("Nobody", "x" * 12, ALARM_TRIES) == here
    assert await tries("Wanda", PASSWORD) == await tries("Dana", "x" * 12) == here[:1]
    # A stranger learns from no address who has a seat, nor which drafts there are.
    paths = [f"/s/{pair.north.ids['Wanda']}/", "/s/999/", "/s/999/drafts/1", "/s/1/drafts/999"]
    answers = {alike(await ask(app, path), "")[::2] for path in paths}
    assert len(answers) == 1


async def test_open_redirect_signing_in_leads_to_ones_own_pages_only(
    pair: World, app: Starlette, wanda: Known
) -> None:
    ours = f"/s/{pair.north.ids['Wanda']}"
    hostile = (
        *("https://evil.example/", f"{ours}//evil.example", f"{ours}/\\evil.example"),
        *(f"{ours}/../1/inbox", f"/s/{pair.north.ids['Dana']}/"),
        f"{ours}/a\r\nLocation: //evil.example",
    )
    wanted = {**dict.fromkeys(hostile, f"{ours}/"), f"{ours}/inbox": f"{ours}/inbox"}
    typed = {"name": "Wanda", "password": PASSWORD, "code": wanda.next_code()}
    cookies = (await ask(app, "/sign-in", typed, **OURS)).cookies()
    for onward, leads in wanted.items():
        right = await token(pair, app, "Wanda", cookies)
        typed = {"token": right, "next": onward, "password": PASSWORD, "code": wanda.next_code()}
        answer = await ask(app, f"{ours}/unlock", typed, cookies, **OURS)
        assert (answer.status, answer.header("location")) == (303, leads), onward
        cookies = answer.cookies()
    for back in ("//evil.example", "/sign-in/../../x", "https://evil.example", "/sign-in\n"):
        answer = await ask(app, "/tongue", {"back": back, "tongue": "fr"}, **OURS)
        assert (answer.status, answer.header("location")) == (303, "/"), back
