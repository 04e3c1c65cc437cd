"""Password, code, passkey and session: who is known, for how long, and what still rings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from parley.core.errors import Refused
from parley.station.staff import factors, passkeys
from parley.station.staff.factors import Asking, NotKnown, Waiting
from parley.station.staff.gate import ALARM_TRIES
from tests.console.conftest import Room
from tests.console.known import PASSWORD, Known, known
from tests.console.world import Post, World

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

AS_SERVED = factors._HASHER  # the tests' own costs little


def station_of(post: Post) -> Any:
    assert post.station is not None
    return post.station


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In which thread each password was compared."""
    threads: list[str] = []
    real: Callable[[str, str], bool] = factors._matches

    def matches(kept: str, password: str) -> bool:
        threads.append(threading.current_thread().name)
        return real(kept, password)

    monkeypatch.setattr(factors, "_matches", matches)
    return threads


async def test_a_code_is_good_once_and_a_step_around_now(stations: World) -> None:
    wanda = await known(stations.north, "Wanda")
    with pytest.raises(NotKnown):
        await wanda.signs_in(wanda.code())  # it was used to enrol
    token = await wanda.signs_in(wanda.next_code())
    sitting = wanda.sitting(token)
    assert sitting is not None
    assert sitting.awake
    assert sitting.fresh
    with pytest.raises(NotKnown):
        await wanda.signs_in(wanda.code())
    wanda.clock.later_s += 10 * factors.CODE_STEP_S
    for steps in (-2, 2):
        with pytest.raises(NotKnown):
            await wanda.signs_in(wanda.code(steps), Asking("192.0.2.1"))
    await wanda.signs_in(wanda.code(-1))
    await wanda.signs_in(wanda.code(1))
    with pytest.raises(NotKnown):
        await wanda.signs_in(wanda.code(0))  # before one that was used
    trail = str((await stations.north.ask("Aline", "audit"))["rows"])
    assert PASSWORD not in trail
    assert wanda.code(1) not in trail


async def test_a_password_is_kept_at_the_cost_that_was_chosen(
    stations: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors, "_HASHER", AS_SERVED)
    wanda = await known(stations.north, "Wanda")
    kept = station_of(stations.north).store.sql("SELECT password FROM factors")[0]["password"]
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    await wanda.signs_in(wanda.next_code())


async def test_whoever_is_not_here_is_answered_alike_and_as_late(
    stations: World, hashed: list[str]
) -> None:
    wanda = await known(stations.north, "Wanda")
    said = []
    wrong = [
        (wanda.name, "not the password", wanda.next_code()),
        (wanda.name, PASSWORD, "000000"),
        ("Nobody", PASSWORD, "000000"),
        ("Dana", PASSWORD, "000000"),  # who has enrolled nothing
    ]
    for n, (name, password, code) in enumerate(wrong):
        with pytest.raises(NotKnown) as refused:
            await factors.by_password(
                station_of(stations.north),
                Asking(f"192.0.2.{n}"),
                name=name,
                password=password,
                code=code,
            )
        said.append((refused.value.sentence, refused.value.hint))
    assert len(set(said)) == 1
    # Each was hashed once with the same parameters, never in the thread of the station's loop.
    assert len(hashed) == len(wrong)
    assert {thread.rpartition("_")[0] for thread in hashed} == {"passwords"}


async def test_guesses_wait_and_are_told_and_the_desk_does_not_wait(stations: World) -> None:
    north = stations.north
    wanda = await known(north, "Wanda")
    desk = Asking("127.0.0.1", "", await wanda.signs_in(wanda.next_code()))
    elsewhere = Asking("192.0.2.66")
    for _ in range(ALARM_TRIES):
        with pytest.raises(NotKnown):
            await wanda.signs_in("000000", elsewhere)
        wanda.clock.later_s += 60
    (told, _) = (await north.ask("Wanda", "status"))["sign_in_alarms"]
    assert told["sentence"] == f"Signing in failed {ALARM_TRIES} times for Wanda."
    trail = (await north.ask("Aline", "audit"))["rows"]
    assert [row["act"] for row in trail].count("sign-in alarm") == 1
    tried = [row for row in trail if row["act"] == "signin.password"]
    refused = [row for row in tried if "refused" in row["outcome"]]
    assert len(refused) == ALARM_TRIES
    with pytest.raises(NotKnown):
        await wanda.signs_in("000000", elsewhere)
    with pytest.raises(Waiting):
        await wanda.signs_in(wanda.code(), elsewhere)
    await wanda.signs_in(wanda.code(), desk)  # at once
    assert (await north.ask("Wanda", "session.seen"))["seen"]
    assert (await north.ask("Wanda", "status"))["sign_in_alarms"] == []


async def test_a_password_is_long_and_not_the_first_that_would_be_tried(stations: World) -> None:
    person = station_of(stations.north).people.must_be_here(stations.north.ids["Wanda"])
    for password in ("eleven boat", "aaaaaaaaaaaaaaaa", "wanda is on the watch", "x" * 2_000):
        with pytest.raises(Refused):
            factors.check_password(password, person)
    factors.check_password(PASSWORD, person)


async def test_a_new_link_makes_what_was_set_before_worthless(stations: World) -> None:
    north = stations.north
    wanda = await known(north, "Wanda")
    token = await wanda.signs_in(wanda.next_code())
    assert (await north.ask("Wanda", "signin.link", person=north.ids["Wanda"]))["anew"]
    again = await known(north, "Wanda")
    assert wanda.sitting(token) is None
    with pytest.raises(NotKnown):
        await wanda.signs_in(wanda.next_code())
    await again.signs_in(again.code())


async def test_of_several_links_the_newest_alone_is_good(stations: World) -> None:
    north = stations.north
    astray, newer = [(await north.link("Wanda")).rpartition("/")[2] for _ in range(2)]
    others = (await north.link("Dana")).rpartition("/")[2]
    with pytest.raises(Refused, match="has expired"):
        await north.ask("Wanda", "signin.use", secret=astray)
    assert await north.ask("Wanda", "signin.use", secret=newer)
    assert await north.ask("Dana", "signin.use", secret=others)


async def test_who_sets_a_password_or_a_passkey_has_proved_it_in_that_seat_alone(
    stations: World,
) -> None:
    wanda = await known(stations.north, "Wanda")
    station = station_of(stations.north)

    def fresh() -> list[bool]:
        sitting = [wanda.sitting(token) for token in tokens]
        return [each is not None and each.fresh for each in sitting]

    async def password() -> None:
        mine = wanda.sitting(tokens[0])
        assert mine is not None
        wanda.secret, _ = await factors.pending_secret(station, mine)
        await factors.enrol(station, mine, PASSWORD, wanda.code())

    async def passkey() -> None:
        mine = wanda.sitting(tokens[0])
        assert mine is not None
        made = {"id": "00", "name": "Key", "key": "00", "count": 0, "seat": mine.id}
        await station.ask(passkeys._add, mine.person, made)

    tokens = [await wanda.signs_in(wanda.next_code()) for _ in range(2)]  # in two browsers
    assert fresh() == [True, True]
    for sets in (password, passkey):
        wanda.clock.later_s += 10 * 60
        assert fresh() == [False, False]
        await sets()
        assert fresh() == [True, False]


async def test_the_secret_of_a_browser_changes_with_each_sign_in(stations: World) -> None:
    wanda = await known(stations.north, "Wanda")
    planted = await wanda.signs_in(wanda.next_code())
    token = await wanda.signs_in(wanda.next_code(), Asking("127.0.0.1", "", planted))
    assert token != planted
    assert wanda.sitting(planted) is None
    assert wanda.sitting(token) is not None


async def test_sessions_are_listed_and_ended_by_oneself_and_the_operator(stations: World) -> None:
    north = stations.north
    wanda, dana = await known(north, "Wanda"), await known(north, "Dana")
    token = await wanda.signs_in(wanda.next_code(), Asking("192.0.2.9", "a browser"))
    mine = (await north.ask("Wanda", "session.list"))["sessions"]
    assert {each["person"]["name"] for each in mine} == {"Wanda"}
    session = next(each for each in mine if each["address"] == "192.0.2.9")
    with pytest.raises(Refused, match="no session"):
        await north.ask("Dana", "session.revoke", session=session["session"])
    operator = station_of(north).people.must_be_here(1)
    everybody = await station_of(north).call("session.list", operator)
    assert {each["person"]["name"] for each in everybody["sessions"]} >= {"Wanda", dana.name}
    await station_of(north).call("session.revoke", operator, {"session": session["session"]})
    assert wanda.sitting(token) is None


async def test_the_engineer_sees_sessions_and_refusals_and_no_text(stations: World) -> None:
    station = station_of(stations.north)
    operator = station.people.must_be_here(1)
    added = await station.call(
        "person.add", operator, {"name": "Enno", "office": "Engineer", "roles": ["engineer"]}
    )
    enno = station.people.must_be_here(added["id"])
    for seen in ("session.list", "audit", "doctor", "bearer.list", "status"):
        await station.call(seen, enno)
    for kept in ("inbox", "outbox", "record", "draft.list"):
        with pytest.raises(Refused, match="Enno is an engineer"):
            await station.call(kept, enno)
    with pytest.raises(Refused, match="Enno is an engineer"):
        await station.call("message", enno, {"n": 0, "dir": "theirs"})


async def page_of(room: Room, someone: Known, path: str = "/sign-in") -> Any:
    """Sign in on the page, as people do."""
    page = await room.tab()
    await page.goto(someone.post.console + path)
    await page.get_by_label("Name").fill(someone.name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Code of now").fill(someone.next_code())
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_selector("html[data-connected=yes]", state="attached")
    return page


@pytest.mark.browser
@pytest.mark.story
async def test_a_session_that_sleeps_rings_and_keeps_what_was_typed(
    stations: World, room: Room
) -> None:
    north = stations.north
    both = await known(north, "Both")
    page = await page_of(room, both)
    await page.goto(f"{north.seat('Both')}/compose")
    await page.wait_for_selector("html[data-connected=yes]", state="attached")
    await page.evaluate("window.same = true")
    await page.locator("#text").fill("We saw two ships.")
    both.clock.later_s += 31 * 60
    await expect(page.locator("html")).to_have_attribute("data-locked", "")
    await expect(page.locator("main")).to_contain_text("The session of Both has ended")
    assert await page.evaluate("window.same")  # the same document: its sound goes on
    assert await page.locator("#text").count() == 0
    await stations.say(stations.south, "Turn back now.", "FLASH")
    await expect(page.locator("#alarm")).to_be_visible()
    assert "Turn back" not in await page.content()
    answer = await room.context.request.get(f"{north.seat('Both')}/inbox")
    assert answer.status == 401
    assert "Turn back" not in await answer.text()
    await expect(page.locator("main")).to_contain_text("A FLASH waits")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Code of now").fill(both.next_code())
    await page.get_by_role("button", name="Sign in as Both").click()
    await expect(page.get_by_label("Text")).to_have_value("We saw two ships.")
    await page.get_by_role("button", name="Send it now").click()
    await expect(page.locator(".notice.done")).to_contain_text("Kept as a draft")
    assert (await north.ask("Both", "draft.show", draft=1))["text"] == "We saw two ships."


@pytest.mark.browser
@pytest.mark.story
async def test_the_wall_stays_when_its_session_sleeps(stations: World, room: Room) -> None:
    north = stations.north
    both = await known(north, "Both")
    wall = await page_of(room, both)
    await wall.goto(f"{north.seat('Both')}/wall")
    await wall.wait_for_selector("html[data-connected=yes]", state="attached")
    await expect(wall.locator("#wall-asleep")).to_be_hidden()
    both.clock.later_s += 13 * 3_600
    await expect(wall.locator("html")).to_have_attribute("data-locked", "")
    await expect(wall.locator("#wall-asleep")).to_contain_text("The session of Both has ended.")
    said = await stations.say(stations.south, "Turn back now.", "FLASH")
    await expect(wall.locator("#alarm")).to_be_visible()
    oldest = wall.locator(".panel", has_text="Oldest unacknowledged here")
    await expect(oldest).to_contain_text(f"South {said['n']}")
    assert "Turn back" not in await wall.content()
    assert await wall.locator("main form, main button, #pages a").count() == 0
    answers = [
        (await room.context.request.get(f"{north.seat('Both')}{path}")).status
        for path in ("/wall", "/", "/inbox", "/alarms", "/record")
    ]
    assert answers == [200, 401, 401, 401, 401]  # and to look at the wall wakes nothing
    await wall.locator("#wall-asleep a").click()
    await expect(wall.locator("main")).to_contain_text("The session of Both has ended")
    await expect(wall.get_by_label("Password")).to_be_visible()


@pytest.mark.browser
async def test_a_release_asks_once_more_who_it_is(stations: World, room: Room) -> None:
    north = stations.north
    rene = await known(north, "Rene")
    page = await page_of(room, rene)
    await north.ask("Dana", "draft.new", text="Proceed.")
    await page.goto(f"{north.seat('Rene')}/drafts/1")
    assert await page.get_by_label("Code of now").count() == 0  # just signed in
    rene.clock.later_s += 6 * 60
    await page.reload()
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Release to").click()
    await expect(page.locator("#refused")).to_contain_text("once more who you are")
    await expect(page.locator("#fault-code")).to_contain_text("Type the code of now")
    await page.get_by_role("checkbox").check()
    await page.get_by_label("Code of now").fill("000000")
    await page.get_by_role("button", name="Release to").click()
    await expect(page.locator("#fault-code")).to_contain_text("This code is not the one of now")
    await expect(page.locator("#refused")).to_contain_text("This code is not the one of now")
    assert (await north.ask("Dana", "draft.show", draft=1))["state"] == "open"
    await page.get_by_role("checkbox").check()
    await page.get_by_label("Code of now").fill(rene.next_code())
    await page.get_by_role("button", name="Release to").click()
    await expect(page.locator(".notice.done")).to_contain_text("Released")


@pytest.mark.browser
async def test_to_lend_a_role_asks_once_more_who_it_is(stations: World, room: Room) -> None:
    north = stations.north
    rene = await known(north, "Rene")
    page = await page_of(room, rene)
    rene.clock.later_s += 6 * 60
    await page.goto(f"{north.seat('Rene')}/watch/delegations")
    end = time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(rene.clock.now().wall + 7_200))
    await page.get_by_label("Until").fill(end)
    await page.get_by_role("button", name="Lend it").click()
    await expect(page.locator("#refused")).to_contain_text("once more who you are")
    await expect(page.get_by_label("Until")).to_have_value(end)
    assert (await north.ask("Rene", "delegation.list"))["delegations"] == []
    await page.get_by_label("Code of now").fill(rene.next_code())
    await page.get_by_role("button", name="Lend it").click()
    await expect(page.locator(".notice.done")).to_contain_text("The role is lent.")


@pytest.mark.browser
async def test_to_hand_the_watch_over_asks_once_more_who_it_is(stations: World, room: Room) -> None:
    north = stations.north
    wanda = await known(north, "Wanda")
    page = await page_of(room, wanda)
    await north.ask("Wanda", "watch.take", reason="The night begins.")
    wanda.clock.later_s += 6 * 60
    await page.goto(f"{north.seat('Wanda')}/watch/hand-over")
    await page.get_by_label("Your words to who comes on").fill("A test is due at six.")
    await page.get_by_label("Code of now").fill("000000")
    await page.get_by_role("button", name="Sign: this is open").click()
    await expect(page.locator("#fault-code")).to_contain_text("This code is not the one of now")
    await expect(page.get_by_label("Your words")).to_have_value("A test is due at six.")
    assert (await north.ask("Wanda", "watch.show"))["sheet"] is None
    await page.get_by_label("Code of now").fill(wanda.next_code())
    await page.get_by_role("button", name="Sign: this is open").click()
    await expect(page.locator(".notice.done")).to_be_visible()
    assert (await north.ask("Wanda", "watch.show"))["sheet"] is not None


@pytest.mark.browser
async def test_a_passkey_is_made_and_signs_in(stations: World, room: Room) -> None:
    north = stations.north
    wanda = await known(north, "Wanda")
    north.console = north.console.replace("127.0.0.1", "localhost")
    page = await page_of(room, wanda)
    client = await room.context.new_cdp_session(page)
    await client.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await client.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    await page.goto(f"{north.seat('Wanda')}/you")
    await page.get_by_label("Name of a new one").fill("Key of the desk")
    await page.get_by_role("button", name="Make a passkey").click()
    await expect(page.locator(".notice.done")).to_contain_text("The passkey is yours")
    await page.goto(f"{north.seat('Wanda')}/watch")
    await page.get_by_role("button", name="Give up this seat").click()
    await page.goto(f"{north.console}/sign-in")
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url(f"{north.seat('Wanda')}/")
    trail = (await north.ask("Aline", "audit"))["rows"]
    assert [row["act"] for row in trail if row["name"] == "Wanda"][-1] == "signin.passkey"
