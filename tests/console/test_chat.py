"""The operators' chat on its page, and its words on the way into a message."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import Post, World
from tests.playbook import day_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TEXT = "Text, in your own language"
SAID = "We change the modem of the second path tonight at 0200Z."
OURS = "Understood, the second path will be down until 0230Z."


async def _arrives(stations: World, post: Post, name: str, text: str) -> dict[str, Any]:
    async def there() -> bool:
        return any(each["text"] == text for each in (await post.ask(name, "chat.show"))["chat"])

    await stations.until(there)
    found: dict[str, Any] = (await post.ask(name, "chat.show"))["chat"][-1]
    return found


@pytest.mark.story
async def test_operators_talk_and_their_words_do_not_slip_into_a_message(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    wanda = await room.sit(north, "Wanda", "/chat")
    await expect(wanda.get_by_text("No official text.")).to_be_visible()
    await expect(wanda.locator("#chat")).to_contain_text("Nothing has been said")
    both = await room.sit(north, "Both", "/")
    await south.ask("Wen", "chat.say", text=SAID)
    # It is on the page by itself, marked, and nothing rings; elsewhere stands a quiet number.
    row = wanda.locator("#chat li")
    await expect(row).to_contain_text(SAID)
    await expect(row).to_contain_text("Wen, Watch desk")
    await expect(row.locator(".tag.CHAT")).to_have_text("CHAT")
    await expect(row.locator(".tag.EXERCISE")).to_have_text("EXERCISE")
    await expect(wanda.locator("#alarm")).to_be_hidden()
    quiet = both.locator("#pages .count.quiet")
    await expect(quiet).to_have_text("1")
    await expect(wanda.locator("#pages .count.quiet")).to_have_count(0)

    # Wanda answers, by keyboard alone.
    field = wanda.get_by_label("Say to South")
    await field.focus()
    await wanda.keyboard.type(OURS)
    await wanda.keyboard.press("Tab")
    await wanda.keyboard.press("Enter")
    await expect(wanda.locator("#chat li").first).to_contain_text(OURS)
    await _arrives(stations, south, "Wen", OURS)
    await wanda.get_by_label("Say to South").fill("Tab\there.")
    await wanda.get_by_role("button", name="Say it in the chat").click()
    await expect(wanda.locator("#refused")).to_contain_text("a tab")
    await expect(wanda.get_by_label("Say to South")).to_have_value("Tab\there.")

    # A few words copied from the page: the browser knows, and asks before anything is sent.
    await both.goto(f"{north.seat('Both')}/chat")
    await both.locator("#chat .said").first.click(click_count=2)
    await both.keyboard.press("Control+c")
    await both.goto(f"{north.seat('Both')}/compose")
    await both.get_by_label(TEXT).fill("Note: ")
    box = both.locator("#from-chat")
    await expect(box).to_be_hidden()
    await both.get_by_label(TEXT).focus()
    await both.keyboard.press("End")
    await both.keyboard.press("Control+v")
    await expect(box).to_be_visible()
    await both.get_by_role("button", name="Keep as draft").click()
    await expect(both).to_have_url(f"{north.seat('Both')}/compose")
    await both.get_by_label(TEXT).fill("")
    await expect(box).to_be_hidden()

    # Typed again word by word: the station knows, shows which line, and wants the tick.
    await both.get_by_label(TEXT).fill(f"For your record: {SAID.upper()}")
    await expect(box).to_contain_text(SAID)
    await box.get_by_role("checkbox").check()
    await both.get_by_role("button", name="Keep as draft").click()
    await both.wait_for_url("**/drafts/1?done=drafted")
    rene = await room.sit(north, "Rene", "/drafts/1")
    warned = rene.locator("#from-chat")
    await expect(warned).to_contain_text(SAID)
    await expect(warned).to_contain_text("Both said at")
    draft = await north.ask("Rene", "draft.show", draft=1)
    given = {"sha256": draft["sha256"], "displayed": draft["displayed"]}
    await north.ask("Rene", "release", draft=1, **given)

    # In the record and among what is found it is marked, and on paper it has sheets of its own.
    for tab in (wanda, both, rene):
        await tab.close(run_before_unload=False)
    aline = await room.sit(north, "Aline", "/find?words=modem")
    hits = aline.locator(".hit")
    await expect(hits).to_have_count(2)
    await expect(hits.filter(has_text="CHAT")).to_have_count(1)
    await hits.filter(has_text="CHAT").get_by_role("link").click()
    await expect(aline.locator("#chat li").first).to_contain_text(SAID)
    await aline.goto(f"{north.seat('Aline')}/record")
    await expect(aline.locator("#record .tag.CHAT")).to_have_count(2)
    (said, *_) = (await north.ask("Aline", "find", words="modem", kind="chat"))["found"]
    await aline.goto(f"{north.seat('Aline')}/daylog?date={day_of(said['kept'])}")
    sheet = aline.locator("section.CHAT-EXERCISE")
    await expect(sheet).to_contain_text(SAID)
    await expect(sheet).to_contain_text("No official text.")
    await expect(aline.locator("section.EXERCISE")).not_to_contain_text(OURS)


async def test_without_script_the_form_says_what_is_wrong_and_keeps_what_was_typed(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    await south.ask("Wen", "chat.say", text=SAID)
    await _arrives(stations, north, "Wanda", SAID)
    page = await room.context.request.post(await north.link("Dana"), max_redirects=0)
    assert page.headers["location"] == f"/s/{north.ids['Dana']}/"
    form = await room.context.request.get(f"{north.seat('Dana')}/compose")
    token = (await form.text()).partition('name="token" value="')[2].partition('"')[0]
    typed: dict[str, str | float | bool] = {"token": token, "text": SAID, "precedence": "ROUTINE"}
    where = f"{north.seat('Dana')}/compose"
    headers = {"Origin": north.console}
    answer = await room.context.request.post(where, form=typed, headers=headers, max_redirects=0)
    said = await answer.text()
    assert answer.status == 422, answer.status
    assert 'id="from-chat" role="status">' in said
    assert said.count(SAID) >= 2
    ticked: dict[str, str | float | bool] = {**typed, "from_chat": "yes"}
    answer = await room.context.request.post(where, form=ticked, headers=headers, max_redirects=0)
    assert answer.status == 303
    # In a subject too, and in a file that goes with it.
    about: dict[str, str | float | bool] = {**typed, "text": "See above.", "subject": SAID}
    answer = await room.context.request.post(where, form=about, headers=headers, max_redirects=0)
    said = await answer.text()
    assert answer.status == 422
    assert 'id="from-chat" role="status">' in said
    plain: dict[str, str | float | bool] = {**typed, "text": "See what goes with it."}
    answer = await room.context.request.post(where, form=plain, headers=headers, max_redirects=0)
    draft = f"{north.console}{answer.headers['location'].partition('?')[0]}"
    file: Any = {"name": "said.txt", "mimeType": "text/plain", "buffer": SAID.encode()}
    given: dict[str, Any] = {"token": token, "file": file}
    answer = await room.context.request.post(
        f"{draft}/attach", multipart=given, headers=headers, max_redirects=0
    )
    assert answer.status == 422
    assert 'name="from_chat" value="yes" required' in await answer.text()
    answer = await room.context.request.post(
        f"{draft}/attach",
        multipart={**given, "from_chat": "yes"},
        headers=headers,
        max_redirects=0,
    )
    assert answer.status == 303
    assert "said at" in await (await room.context.request.get(draft)).text()
    # Words too few for the station to know, which the browser saw pasted.
    short: dict[str, str | float | bool] = {**typed, "text": "At 0200Z.", "pasted": "yes"}
    answer = await room.context.request.post(where, form=short, headers=headers, max_redirects=0)
    assert answer.status == 422
    assert "O6" in await answer.text()
