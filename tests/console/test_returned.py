"""A form that is refused comes back with what was typed, and what is wrong beside the field."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect
from starlette.applications import Starlette

from parley.console.guard import Form
from parley.console.returned import Returned
from tests.console.asking import Answer, ask, sit
from tests.console.conftest import Room
from tests.console.test_catalogues import TEMPLATES
from tests.console.world import Post, World

by_itself = pytest.mark.asyncio(loop_scope="module")

FIELD = re.compile(r"<(?:textarea|input)\b((?:\{\{.*?\}\}|\{%.*?%\}|\{(?![{%])|[^>{])*)>")
UNTYPED = re.compile(r'type="(hidden|checkbox|radio)"')
# What is wrong with a password or a code at sign-in is not said beside one of them, so that nobody
# learns which; and of a call the script keeps what was chosen. What was kept from a session that
# slept is sent to the form it came from.
ELSEWHERE = {
    "factors.html": {"password", "code"},
    "sign_in_form.html": {"name"},
    "call_showing.html": {"", "item"},
    "kept.html": {"{{ name }}"},
}


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.stem)
def test_every_field_has_a_place_for_what_is_wrong(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    for found in FIELD.finditer(page):
        tag, beside = found[1], page[found.end() :].partition("</label>")[0]
        name = (re.findall(r'\bname="([^"]*)"', tag) or [""])[0]
        if UNTYPED.search(tag) or name in ELSEWHERE.get(path.name, ()):
            continue
        assert "wrong(" in tag or "aria-describedby" in tag, f"{name} is marked by nothing"
        says = any(place in beside for place in ("beside(", "m.fault(", "m.here(", 'class="fault"'))
        assert says, f"beside {name} nothing is said"


def test_the_form_that_was_sent_is_known_among_others() -> None:
    wrong = {"field": "", "kind": "refused"}
    sent = Returned("/s/1/skip", Form([("n", "2"), ("why", "Rain.")]), wrong)
    mine, other = sent.of("/s/1/skip", n=2), sent.of("/s/1/skip", n=3)
    assert (mine.open, mine.get("why")) == (True, "Rain.")
    assert (other.open, other.get("why", "-")) == (False, "-")
    assert not sent.of("/s/1/else", n=2).open
    assert not Returned("/s/1/skip", Form([("n", "2")]), None).of("/s/1/skip", n=2).open
    # Alone in its form a field is meant by whatever was not said of another; a halt is of none.
    assert mine.fault("why", True) is wrong
    assert mine.fault("why") is None
    assert other.fault("why", True) is None
    assert Returned("/a", Form([]), {**wrong, "field": "x"}).of("/a").fault("why", True) is None
    assert Returned("/a", Form([]), {**wrong, "kind": "halted"}).of("/a").fault("why", True) is None


class Desk:
    """Somebody whose forms are sent as a browser without script does."""

    def __init__(self, post: Post, app: Starlette, name: str, cookies: dict[str, str]) -> None:
        self.seat = f"/s/{post.ids[name]}"
        self._app, self._cookies = app, cookies

    async def sends(self, path: str, /, **typed: str) -> Answer:
        page = (await ask(self._app, f"{self.seat}/watch", cookies=self._cookies)).text
        token = page.partition('name="token" value="')[2].partition('"')[0]
        given = {"token": token, **typed}
        return await ask(self._app, self.seat + path, given, self._cookies)


async def desk(pair: World, app: Starlette, name: str) -> Desk:
    return Desk(pair.north, app, name, await sit(pair.north, app, name))


def field_of(page: str, name: str) -> tuple[str, str]:
    """Of the field that was refused: what stands in it, and what is said beside it."""
    said = re.findall(rf'<span class="fault" id="fault-{name}">(.*?)</span>', page)
    assert len(said) == 1, (name, said, re.findall(r'id="refused".*?</section>', page, re.DOTALL))
    (tag,) = re.findall(
        rf'<(?:input|textarea|select)[^>]* aria-describedby="fault-{name}"[^>]*>', page
    )
    assert f'name="{name}"' in tag
    assert 'aria-invalid="true"' in tag
    if tag.startswith("<textarea"):
        value = page.partition(tag)[2].partition("</textarea>")[0].removeprefix("\n")
    else:
        value = (re.findall(r' value="([^"]*)"', tag) or [""])[0]
    return unescape(value), unescape(said[0])


@by_itself
async def test_what_a_watch_officer_typed_comes_back(pair: World, app: Starlette) -> None:
    north = pair.north
    n = (await pair.say(pair.south, "Where are you?", "PRIORITY"))["n"]

    async def came() -> bool:
        return bool((await north.ask("Both", "status"))["lines"][0]["their_size"] > n)

    await pair.until(came)
    watch = await desk(pair, app, "Both")
    await north.ask("Both", "desk.hold", desk=1)  # who has the watch hands it over
    line = (await north.ask("Both", "status"))["lines"][0]["line"]
    message = f"/messages/{line[:8]}/theirs/{n}"
    words = "We cannot. This is not a drill."
    for path, name, typed, said in (
        (f"{message}/unable", "reason", words, "not a drill"),
        (f"{message}/unable", "reason", "a\tb", "Line 1, character 2"),
        (f"{message}/pass", "office", "x" * 200, "An office"),
        (f"{message}/wait", "minutes", "99999", "A wait is"),
        (f"{message}/readback", "group", "12", "six digits"),
        ("/chat", "text", words, "not a drill"),
        ("/stop", "reason", "", "one line"),
        ("/resume", "reason", "a\tb", "Line 1, character 2"),
        ("/undo", "reason", "", "one line"),
        ("/test", "text", words, "not a drill"),
        ("/watch/roster", "until", "tomorrow", "is no time"),
        ("/watch/roster", "since", "tomorrow", "is no time"),
        ("/watch/hand-over", "text", "a\tb", "Line 1, character 2"),
        ("/watch/take", "reason", " ", "some words"),
        ("/glossary", "ours", "x" * 300, "A term"),
        ("/glossary", "theirs", "y" * 300, "A rendering"),
        ("/glossary", "warning", "a\tb", "Line 1, character 2"),
        ("/declare/suspend", "hours", "soon", "number of hours"),
        ("/compose", "language", "klingonese", "language tag"),
        ("/compose", "reply_by", "soon", "no time"),
    ):
        more = {"line": line, "desk": "1", "person": str(north.ids["Both"])}
        more |= {"until": "2099-01-01 08:00Z", "ours": "Liberty", "theirs": "Liberty"}
        more |= {"text": "We come."} if path == "/compose" else {}
        more |= {"page": "lines", "number": "", "code": "x", "precedence": "ROUTINE"}
        answer = await (await as_(pair, app, watch, path)).sends(path, **{**more, name: typed})
        if "/undo" in path:  # of a line that goes on nothing is undone, and no such form is there
            assert answer.status >= 400
            assert "Refused" in answer.text
            continue
        assert answer.status in (400, 422), path
        kept, fault = field_of(answer.text, name)
        assert kept == typed, path
        assert said in fault, path
    assert (await north.ask("Both", "status"))["lines"][0]["declared"] != "stopped"


async def as_(pair: World, app: Starlette, both: Desk, path: str) -> Desk:
    """Who does that: the watch is taken by somebody else than who has it."""
    if path != "/watch/take":
        return both
    return await desk(pair, app, "Wanda")


@by_itself
async def test_a_day_that_is_none_comes_back_beside_the_log_of_a_day(
    pair: World, app: Starlette
) -> None:
    cookies = await sit(pair.north, app, "Aline")
    seat = f"/s/{pair.north.ids['Aline']}"
    for day in ("2026-02-31", "yesterday", "2026-11-29 08:30Z"):
        page = await ask(app, f"{seat}/daylog?{urlencode({'date': day})}", cookies=cookies)
        assert page.status == 400
        kept, fault = field_of(page.text, "date")
        assert kept == day
        assert "is no day. Write it as 2026-11-29" in fault
    assert (await ask(app, f"{seat}/daylog?date=2026-11-29", cookies=cookies)).status == 200


@by_itself
async def test_what_a_releaser_typed_comes_back_in_its_own_form(
    pair: World, app: Starlette
) -> None:
    draft = (await pair.north.ask("Dana", "draft.new", text="We come."))["draft"]
    rene = await desk(pair, app, "Rene")
    page = (await rene.sends(f"/drafts/{draft}/send-back", reason="a\tb")).text
    assert field_of(page, "reason")[0] == "a\tb"
    assert page.count("a\tb") == 1  # and not in the form to hold it
    await pair.north.ask("Dana", "draft.withdraw", draft=draft)


@by_itself
async def test_words_of_the_chat_are_said_of_a_message_by_a_tick(
    pair: World, app: Starlette
) -> None:
    north = pair.north
    words = "Our second pump is broken and the crew has no spare part."
    n = (await pair.say(pair.south, "Send your ship.", "PRIORITY"))["n"]
    line = (await north.ask("Both", "status"))["lines"][0]["line"]

    async def came() -> bool:
        return bool((await north.ask("Both", "status"))["lines"][0]["their_size"] > n)

    await pair.until(came)
    await north.ask("Both", "chat.say", text=words)
    watch = await desk(pair, app, "Both")
    message = f"/messages/{line[:8]}/theirs/{n}"
    for path, name in (("unable", "reason"), ("readback", "name")):
        page = (await watch.sends(f"{message}/{path}", **{name: words})).text
        assert "no official text" in page
        assert page.count('name="from_chat"') == 1
        for given in ({name: "Amity"}, {name: words, "from_chat": "yes"}):
            assert (await watch.sends(f"{message}/{path}", **given)).status == 303


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_what_was_refused_outlasts_a_renewal_of_all_around_it(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    said = await stations.say(south, "Where are you?", "FLASH")
    line = (await north.ask("Wanda", "status"))["lines"][0]["line"][:8]
    wanda = await room.sit(north, "Wanda", f"/messages/{line}/theirs/{said['n']}")
    await wanda.locator("#act summary", has_text="Unable").click()
    await wanda.get_by_label("Why it cannot be done").fill("This is not a drill.")
    await wanda.get_by_role("button", name="Tell them").last.click()
    reason = wanda.locator("textarea[name=reason]")
    await expect(wanda.locator("#fault-reason")).to_contain_text("not a drill")
    await expect(reason).to_have_value("This is not a drill.")
    # Another officer opens it: the part renews itself, what it offers too, and the words stay.
    await north.ask("Both", "open", n=said["n"])
    await expect(wanda.locator("#act")).not_to_contain_text("Open: I have read it")
    await expect(reason).to_have_value("This is not a drill.")
    await expect(reason).to_have_attribute("aria-describedby", "fault-reason")
    await expect(wanda.locator("#fault-reason")).to_contain_text("not a drill")
    await reason.fill("We have no ship there.")
    await wanda.get_by_role("button", name="Tell them").last.click()
    await expect(wanda.locator(".notice.done")).to_contain_text("They are told")
