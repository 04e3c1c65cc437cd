"""What a hostile page, text or neighbour gets: text stays text, forms need their seat's token."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import APIResponse, Browser, expect

from tests.console.conftest import Room
from tests.console.world import Post, World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = (
    "<script>document.title='owned'</script>\n"
    "<img src=x onerror=\"document.title='owned'\">\n"
    "</textarea></div><a href='javascript:alert(1)'>click</a> {{ 7 * 7 }} &lt;b&gt;"
)


async def line_of(post: Post, name: str) -> str:
    line: str = (await post.ask(name, "status"))["lines"][0]["line"]
    return line[:8]


@pytest.mark.story
async def test_markup_is_text_on_every_page(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    said = await stations.say(north, HOSTILE, "FLASH", subject="<b onmouseover=alert(1)>S</b>")
    await north.ask("Dana", "draft.new", text=HOSTILE)
    line = await line_of(south, "Wen")
    wen = await room.sit(south, "Wen", f"/messages/{line}/theirs/{said['n']}")
    assert await wen.locator(".text").inner_text() == HOSTILE
    await south.ask("Wen", "unable", n=said["n"], reason="<script>alert(1)</script>")
    await expect(wen.locator("#stages")).to_contain_text("<script>alert(1)</script>")
    for path in ("/inbox", "/record", "/"):
        await wen.goto(south.seat("Wen") + path)
        assert "owned" not in await wen.title()
        assert await wen.locator("main script, main img, main b[onmouseover]").count() == 0
    dana = await room.sit(north, "Dana", "/drafts/2")
    assert await dana.locator(".text").inner_text() == HOSTILE
    await dana.get_by_role("link", name="Edit").click()
    assert await dana.locator("#text").input_value() == HOSTILE


async def test_hidden_signs_are_seen(stations: World, room: Room) -> None:
    # Our own drafting refuses most of these; a counterpart's software might not.
    text = "Hold\u200f fire.\u00a0Wait\u200d."
    said = await stations.say(stations.north, text)
    line = await line_of(stations.south, "Wen")
    wen = await room.sit(stations.south, "Wen", f"/messages/{line}/theirs/{said['n']}")
    await expect(wen.locator(".text .sign")).to_have_text("RLM")
    await expect(wen.locator(".hidden-signs")).to_contain_text(
        "1 no-break space, 1 zero-width joiner"
    )


async def test_every_answer_bears_the_policy(stations: World, room: Room) -> None:
    north = stations.north
    await room.sit(north, "Aline")
    await room.sit(north, "Both")
    said = await stations.say(stations.south, "Hello.")
    await north.ask("Both", "draft.new", text="Hello.")
    line = await line_of(north, "Both")
    message = f"/messages/{line}/theirs/{said['n']}"
    paths = ["/", "/inbox", "/sent", "/compose", "/drafts", "/drafts/1", "/drafts/1/edit"]
    paths += ["/record", "/watch", "/keys", "/alarms", message, f"{message}/readback"]
    addresses = [north.seat("Both") + path for path in paths]
    addresses += [f"{north.seat('Aline')}/audit", f"{north.console}/"]
    addresses += [f"{north.console}/nothing", await north.link("Wanda")]
    for address in addresses:
        answer = await room.context.request.get(address)
        assert answer.status == (404 if address.endswith("/nothing") else 200), address
        check_headers(answer)
        page = await answer.text()
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page)
        # The mark stands at the top, at the bottom, and first in the title.
        assert page.count('<div class="mark-bar') == 2, address  # one more waits on Write
        assert page.count(">EXERCISE</span>") >= 6
        assert re.search(r"<title>EXERCISE · ", page), address
    for name in ("live.js", "worker.js", "tokens.css", "icon.svg"):
        check_headers(await room.context.request.get(f"{north.console}/static/{name}"))


# Written out once more: what the code no longer says must be missed here.
POLICY = {
    "default-src 'none'",  # so what is not named below comes from nowhere
    *(f"{kind}-src 'self'" for kind in ("script", "style", "connect", "img")),
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types parley-renewal parley-worker parley-media",
}
WANTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
}
DENIED = {"camera", "microphone", "display-capture", "geolocation", "payment", "usb"}


def check_headers(answer: APIResponse) -> None:
    policy = answer.headers["content-security-policy"]
    assert set(policy.split("; ")) == POLICY
    assert {name: answer.headers[name] for name in WANTED} == WANTED
    permissions = answer.headers["permissions-policy"]
    assert set(permissions.split(", ")) == {f"{what}=()" for what in DENIED}


async def test_forms_need_their_seats_token(stations: World, room: Room) -> None:
    north = stations.north
    dana = await room.sit(north, "Dana", "/compose")
    rene = await room.sit(north, "Rene")
    token = await dana.locator("#compose input[name=token]").get_attribute("value")
    await rene.goto(f"{north.seat('Rene')}/watch")
    other = await rene.locator("input[name=token]").first.get_attribute("value")
    assert token
    assert other
    assert token != other
    address, ours = f"{north.seat('Dana')}/compose", {"Origin": north.console}
    text = {"text": "Forged.", "precedence": "FLASH"}

    async def send(headers: dict[str, str], **form: str | float | bool) -> int:
        answer = await room.context.request.post(address, form=form, headers=headers)
        check_headers(answer)
        return answer.status

    assert await send(ours, **text) == 403
    assert await send(ours, **text, token="") == 403
    assert await send(ours, **text, token=other) == 403
    assert await send({"Origin": "http://127.0.0.1:1"}, **text, token=token) == 403
    assert await send({"Origin": "null"}, **text, token=token) == 403
    assert await send({**ours, "Sec-Fetch-Site": "same-site"}, **text, token=token) == 403
    assert (await north.ask("Dana", "draft.list"))["drafts"] == []
    assert await send(ours, **text, token=token) == 200
    assert len((await north.ask("Dana", "draft.list"))["drafts"]) == 1


async def test_no_seat_no_page_no_events(stations: World, browser: Browser, room: Room) -> None:
    north = stations.north
    stranger = await browser.new_context()
    paths = ("/inbox", "/", "/drafts/1", "/record")
    for address in [*(north.seat("Wanda") + p for p in paths), f"{north.console}/events"]:
        assert (await stranger.request.get(address)).status == 403
    await stranger.add_cookies(
        [{"name": "parley-000000000000", "value": "x" * 43, "url": north.console}]
    )
    assert (await stranger.request.get(north.seat("Wanda"))).status == 403
    await stranger.close()
    # A browser with a seat has that seat only.
    await room.sit(north, "Dana")
    assert (await room.context.request.get(f"{north.seat('Wanda')}/inbox")).status == 403


async def test_whoever_wrote_it_cannot_release_it(stations: World, room: Room) -> None:
    north = stations.north
    both = await room.sit(north, "Both", "/compose")
    await both.locator("#text").fill("Written by the one who would release it.")
    await both.get_by_role("button", name="Keep as draft").click()
    await expect(both.locator("#decide")).to_contain_text("cannot")
    assert await both.locator("form[action$='/release']").count() == 0
    # Even by hand, with everything else right, the station refuses.
    draft = await north.ask("Both", "draft.show", draft=1)
    token = await both.locator("input[name=token]").first.get_attribute("value")
    answer = await room.context.request.post(
        f"{north.seat('Both')}/drafts/1/release",
        form={
            "token": token or "",
            "read": "yes",
            "sha256": draft["sha256"],
            "displayed": str(draft["displayed"]),
        },
    )
    assert answer.status == 422
    assert "Both wrote draft 1 and cannot release it" in await answer.text()
    assert (await north.ask("Both", "draft.show", draft=1))["state"] == "open"


@pytest.mark.story
async def test_a_draft_changed_meanwhile_is_not_released(stations: World, room: Room) -> None:
    north = stations.north
    await north.ask("Dana", "draft.new", text="We will not attack.")
    # No page is renewed, not even by what was asked for before.
    await room.context.add_init_script("globalThis.fetch = () => new Promise(() => {});")
    rene = await room.sit(north, "Rene", "/drafts/1")
    await north.ask("Dana", "draft.edit", draft=1, text="We will attack.")
    await rene.get_by_role("checkbox").check()
    await rene.get_by_role("button", name=re.compile("^Release")).click()
    await expect(rene.locator("#refused")).to_contain_text("is not what you have read")
    assert await rene.locator(".text").first.inner_text() == "We will attack."


async def test_a_form_without_limits_is_cut_off(stations: World, room: Room) -> None:
    dana = await room.sit(stations.north, "Dana", "/compose")
    token = await dana.locator("input[name=token]").first.get_attribute("value") or ""
    address = f"{stations.north.seat('Dana')}/compose"
    answer = await room.context.request.post(
        address, form={"token": token, "text": "x" * 1_100_000}
    )
    assert answer.status == 422
    answer = await room.context.request.post(address, form={"token": token, "text": "x" * 70_000})
    assert answer.status == 422
    page = await answer.text()
    assert "more than the 65,536 that one message carries" in page
    assert "x" * 70_000 in page
    junk = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await room.context.request.post(address, data=b"\xff\xfe%zz&text=%ff", headers=junk)
    assert answer.status == 422
