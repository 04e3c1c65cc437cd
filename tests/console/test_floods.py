"""What piles up by somebody else's doing, and what goes on all the same; no browser is asked."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette

from parley.station.staff.challenges import CHALLENGES_MAX
from parley.station.staff.gate import ALARM_TRIES, FREE_TRIES
from tests.console.asking import Answer, ask, sit
from tests.console.test_attacks import OURS, token
from tests.console.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCAL: dict[str, Any] = {**OURS, "host": "localhost", "origin": "http://localhost"}


async def is_asked(app: Starlette, cookies: dict[str, str] | None = None) -> str:
    """The challenge that a browser is given to sign with a passkey."""
    answer = await ask(app, "/sign-in/options", {}, cookies, **LOCAL)
    challenge: str = json.loads(answer.text)["challenge"]
    return challenge


def bytes_of(challenge: str) -> bytes:
    return base64.urlsafe_b64decode(challenge + "==")


async def answers(app: Starlette, challenge: str) -> Answer:
    """Somebody without a passkey answers it."""
    client = {"type": "webauthn.get", "challenge": challenge, "origin": "http://localhost"}
    told = base64.urlsafe_b64encode(json.dumps(client).encode()).decode().rstrip("=")
    made = {"id": "eHg", "rawId": "eHg", "type": "public-key", "response": {"clientDataJSON": told}}
    return await ask(app, "/sign-in", {"assertion": json.dumps(made)}, **LOCAL)


async def test_who_has_no_passkey_waits_and_is_told_of_like_who_has_no_password(
    pair: World, app: Starlette
) -> None:
    said = [(await answers(app, await is_asked(app))).status for _ in range(3 * ALARM_TRIES)]
    assert said[:FREE_TRIES] == [403] * FREE_TRIES
    assert set(said[FREE_TRIES + 1 :]) == {429}
    trail = (await pair.north.ask("Aline", "audit"))["rows"]
    assert len([row for row in trail if row["act"] == "signin.passkey"]) < ALARM_TRIES


async def test_who_asks_for_very_many_challenges_takes_none_from_others(
    pair: World, app: Starlette
) -> None:
    desk = await sit(pair.north, app, "Wanda")
    ours = await is_asked(app, desk)
    for _ in range(CHALLENGES_MAX + 1):
        last = await is_asked(app)
    station = pair.north.station
    assert station is not None
    take, mono = station.challenges.take, station.clock.now().mono
    assert take(mono, bytes_of(ours), 0)
    assert take(mono, bytes_of(last), 0)


async def test_a_watch_is_accepted_however_much_the_other_side_has_said(
    pair: World, app: Starlette
) -> None:
    north, south = pair.north, pair.south
    for n in range(70):
        await pair.say(south, f"Snow at the pass, {n}.", "ROUTINE")

    async def all_came() -> bool:
        return len((await north.ask("Wanda", "watch.show"))["items"]) >= 70

    await pair.until(all_came)
    await north.ask("Wanda", "desk.hold", desk=1)
    show = await north.ask("Wanda", "watch.show")
    await north.ask("Wanda", "watch.hand_over", text="", code=show["code"])
    cookies = await sit(north, app, "Both")
    items = (await north.ask("Both", "watch.show"))["items"]
    waits = (await north.ask("Both", "watch.show"))["sheet"]["sheet"]
    form = [("token", await token(pair, app, "Both", cookies)), ("sheet", str(waits))]
    typed = urlencode([*form, *(("item", item["key"]) for item in items)]).encode()
    answer = await ask(app, f"/s/{north.ids['Both']}/watch/accept", [typed], cookies, **OURS)
    assert answer.header("location").endswith("done=accepted"), answer.text[-600:]
    assert (await north.ask("Wanda", "watch.show"))["officer"]["name"] == "Both"
