"""Every page headed DRAFT, and a translation, has again what was typed there and not kept."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Room
from tests.console.test_misread import interpreter
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
HELD = "You typed this until"


def line_of(stations: World) -> str:
    assert stations.north.station is not None
    (line,) = stations.north.station.lines
    return line.agreed.hex


async def types(page: Page, label: str, words: str) -> None:
    """Type, and wait until the station has it: then a page may go without a word."""
    async with page.expect_response(lambda answer: answer.url.endswith("/typed") and answer.ok):
        await page.get_by_label(label, exact=label == "Translation").first.fill(words)


@pytest.mark.story
async def test_a_request_for_a_call_is_there_again(stations: World, room: Room) -> None:
    north = stations.north
    dana = await room.sit(north, "Dana", "/calls/ask")
    await dana.get_by_label("Purpose").fill("Meetings at sea")
    await dana.get_by_label("Medium").select_option("text")
    await types(dana, "Agenda", "The «Amity»\nThe next meeting")
    await dana.close(run_before_unload=False)
    again = await room.sit(north, "Dana", "/calls/ask")
    await expect(again.get_by_label("Purpose")).to_have_value("Meetings at sea")
    await expect(again.get_by_label("Agenda")).to_have_value("The «Amity»\nThe next meeting")
    await expect(again.get_by_label("Medium")).to_have_value("text")
    await expect(again.get_by_role("status").first).to_contain_text(HELD)
    # A refusal ends nothing of it; Write leads to it; to keep it does.
    await again.get_by_label("Earliest").fill("tomorrow")
    await again.get_by_role("button", name="Keep as draft").click()
    await expect(again.locator("#fault-earliest")).to_contain_text("UTC to the minute")
    await again.goto(f"{north.seat('Dana')}/compose")
    await again.locator("#unfinished").get_by_role("link", name="Ask for a call").click()
    await expect(again.get_by_label("Earliest")).to_have_value("tomorrow")
    await again.get_by_label("Earliest").fill("2026-12-01 08:00Z")
    await again.get_by_label("Latest").fill("2099-12-01 08:00Z")
    await again.get_by_role("button", name="Keep as draft").click()
    await again.wait_for_url("**/drafts/1?done=drafted")
    assert (await north.ask("Dana", "typing.list"))["texts"] == []


@pytest.mark.story
async def test_the_answer_to_a_request_is_there_again(stations: World, room: Room) -> None:
    north, south = stations.north, stations.south
    draft = await south.ask("Dmitri", "call.ask", purpose="Meetings at sea", at_once=True)
    asked = await stations.release(south, draft)

    async def came() -> bool:
        return bool((await north.ask("Dana", "call.list"))["calls"])

    await stations.until(came)
    address = f"/calls/{line_of(stations)[:8]}/{asked['n']}/answer"
    dana = await room.sit(north, "Dana", address)
    await dana.get_by_role("radio", name="Decline").check()
    await types(dana, "Reason", "The Chairman is at sea.")
    await dana.close(run_before_unload=False)
    again = await room.sit(north, "Dana", "/compose")
    listed = again.locator("#unfinished")
    await listed.get_by_role("link", name="Answer a request for a call").click()
    await expect(again.get_by_label("Reason")).to_have_value("The Chairman is at sea.")
    await expect(again.get_by_role("radio", name="Decline")).to_be_checked()
    await again.get_by_role("button", name="Keep the answer as a draft").click()
    await again.wait_for_url("**/drafts/1?done=drafted")
    assert (await north.ask("Dana", "typing.list"))["texts"] == []


@pytest.mark.story
async def test_a_page_that_leaves_with_words_that_are_not_held_asks(
    stations: World, room: Room
) -> None:
    dana = await room.sit(stations.north, "Dana", "/calls/ask")
    await dana.route("**/typed", lambda route: route.abort())
    await dana.get_by_label("Purpose").press_sequentially("Meetings")
    await expect(dana.locator("#not-held")).to_be_visible()
    async with dana.expect_event("dialog") as asked:
        await dana.close(run_before_unload=True)
    assert (await asked.value).type == "beforeunload"
    await (await asked.value).dismiss()
    assert not dana.is_closed()
    await dana.unroute("**/typed")
    await expect(dana.locator("#not-held")).to_be_hidden()
    room.faults = [
        each for each in room.faults if "dialog" not in each and "ERR_FAILED" not in each
    ]


@pytest.mark.story
async def test_a_translation_is_there_again_while_its_page_renews_itself(
    stations: World, room: Room
) -> None:
    north, south = stations.north, stations.south
    await interpreter(north)
    n = (await stations.say(south, "Le «Amity» quitte le port à 14h30."))["n"]

    async def came() -> bool:
        return bool((await north.ask("Ivo", "inbox"))["messages"])

    await stations.until(came)
    page = f"/messages/{line_of(stations)[:8]}/theirs/{n}"
    ivo = await room.sit(north, "Ivo", page)
    await ivo.get_by_label("Into which language").fill("en")
    await types(ivo, "Translation", "The “Amity” leaves")
    # Somebody else keeps one meanwhile: the form is exchanged, and holds what is typed on.
    sight = {"n": n, "stage": "sight", "language": "en", "text": "Amity sails."}
    await north.ask("Ivo", "translation.add", **sight)
    await expect(ivo.locator("#translations .translation")).to_have_count(1)
    form = ivo.locator("form[action$='translate?amends=']")
    text = form.locator("textarea")
    await expect(text).to_have_value("The “Amity” leaves")
    async with ivo.expect_response(lambda answer: answer.url.endswith("/typed") and answer.ok):
        await text.fill("The “Amity” leaves port")
    await ivo.get_by_text("Amend translation 1").click()
    async with ivo.expect_response(lambda answer: answer.url.endswith("/typed") and answer.ok):
        await ivo.locator("form[action$='amends=1'] textarea").fill("Amity sails at 14:30.")
    assert len((await north.ask("Ivo", "typing.list"))["texts"]) == 2
    await ivo.close(run_before_unload=False)
    again = await room.sit(north, "Ivo", page)
    form = again.locator("form[action$='translate?amends=']")
    await expect(form.locator("textarea")).to_have_value("The “Amity” leaves port")
    await expect(form.get_by_label("Into which language")).to_have_value("en")
    amends = again.locator("form[action$='amends=1'] textarea")
    await expect(amends).to_be_visible()
    await expect(amends).to_have_value("Amity sails at 14:30.")
    await form.get_by_role("button", name="Keep the translation").click()
    await expect(again.locator("#translations .translation")).to_have_count(2)
    await expect(amends).to_have_value("Amity sails at 14:30.")
    (left,) = (await north.ask("Ivo", "typing.list"))["texts"]
    assert left["words"] == "Amity sails at 14:30."


@pytest.mark.story
async def test_orders_are_there_again(stations: World, room: Room) -> None:
    north = stations.north
    address = f"/declare?line={line_of(stations)}"
    dana = await room.sit(north, "Dana", address)
    await dana.locator("form[action$='/declare/suspend']").get_by_label("IMMEDIATE").check()
    await types(dana, "Reason", "A storm.")
    await dana.close(run_before_unload=False)
    again = await room.sit(north, "Dana", "/compose")
    await again.locator("#unfinished").get_by_role("link", name="Suspend, lift or close").click()
    suspend = again.locator("form[action$='/declare/suspend']")
    await expect(suspend.get_by_label("Reason")).to_have_value("A storm.")
    await expect(suspend.get_by_label("IMMEDIATE")).to_be_checked()
    await expect(suspend.get_by_label("PRIORITY")).not_to_be_checked()
    await expect(again.locator("form[action$='/declare/close'] textarea")).to_have_value("")
    await suspend.get_by_role("button", name="Keep the order").click()
    await again.wait_for_url("**/drafts/1?done=drafted")
    assert (await north.ask("Dana", "typing.list"))["texts"] == []


@pytest.mark.story
async def test_minutes_and_readouts_are_there_again(stations: World, room: Room) -> None:
    north = stations.north
    address = f"/minutes/draft?line={line_of(stations)}"
    # The facts of a minute, and then the text that the station makes of them.
    dana = await room.sit(north, "Dana", address)
    await dana.get_by_label("Began").fill("2026-12-01 08:00Z")
    await types(dana, "Ended", "2026-12-01 08:30Z")
    await dana.close(run_before_unload=False)
    again = await room.sit(north, "Dana", address)
    await expect(again.get_by_label("Began")).to_have_value("2026-12-01 08:00Z")
    await expect(again.get_by_role("status").first).to_contain_text(HELD)
    await again.get_by_label("Present").fill("North; Staff; Dana\nSouth; Staff; Dmitri")
    await again.get_by_label("Other topics touched").fill("Ships")
    await again.get_by_role("button", name="Make the text of it").click()
    text = again.get_by_label("Keep the labels and their order")
    minute = await text.input_value()
    assert minute.startswith("CALL MINUTE\n")
    # Both wait where they were typed; the text leads to a draft, and ends its facts too.
    await again.goto(north.seat("Dana") + address)
    await expect(again.get_by_label("Other topics touched")).to_have_value("Ships")
    await again.locator("#unfinished").get_by_role("link", name="Minute").click()
    await expect(text).to_have_value(minute)
    await again.get_by_role("button", name="Keep as a draft to propose").click()
    await again.wait_for_url("**/drafts/1?done=drafted")
    assert (await north.ask("Dana", "typing.list"))["texts"] == []
    draft = await north.ask("Rene", "draft.show", draft=1)
    await stations.release(north, draft)
    (call,) = (await north.ask("Dana", "minute.list"))["calls"]
    about = f"{address}&call={call['call'].replace(' ', '+')}".replace("draft", "readout")
    await again.goto(north.seat("Dana") + about)
    await again.get_by_label("With whom").fill("Admiral Ito")
    await types(again, "Statement", "We spoke of the “Amity”.")
    await again.close(run_before_unload=False)
    last = await room.sit(north, "Dana", "/compose")
    await last.locator("#unfinished").get_by_role("link", name="Readout").click()
    await expect(last.get_by_label("Statement")).to_have_value("We spoke of the “Amity”.")
    await expect(last.get_by_label("With whom")).to_have_value("Admiral Ito")
    await last.get_by_role("button", name="Keep as draft").click()
    await last.wait_for_url("**/drafts/2?done=drafted")
    assert (await north.ask("Dana", "typing.list"))["texts"] == []


async def test_short_words_about_a_message_are_there_again(stations: World, room: Room) -> None:
    """An office to pass it to, and why it cannot be done: each where it was typed."""
    north, south = stations.north, stations.south
    n = (await stations.say(south, "Can you turn your ship away?"))["n"]

    async def came() -> bool:
        return bool((await north.ask("Wanda", "inbox"))["messages"])

    await stations.until(came)
    page = f"/messages/{line_of(stations)[:8]}/theirs/{n}"
    wanda = await room.sit(north, "Wanda", page)
    await wanda.locator("summary", has_text="Unable").click()
    await types(wanda, "Why it cannot be done", "Its engine")
    # The message is opened meanwhile: the form is exchanged, and holds what is typed on.
    await north.ask("Wanda", "open", n=n)
    await expect(wanda.locator("#stages")).to_contain_text("Opened")
    reason = wanda.get_by_label("Why it cannot be done")
    await expect(reason).to_have_value("Its engine")
    await types(wanda, "Why it cannot be done", "Its engine has failed.")
    await wanda.locator("summary", has_text="Pass on").click()
    await types(wanda, "To which office", "Harbour office")
    texts = (await north.ask("Wanda", "typing.list"))["texts"]
    assert [each["words"] for each in texts] == ["Harbour office", "Its engine has failed."]
    await wanda.close(run_before_unload=False)
    again = await room.sit(north, "Wanda", page)
    office = again.get_by_label("To which office")
    await expect(office).to_be_visible()
    await expect(office).to_have_value("Harbour office")
    reason = again.get_by_label("Why it cannot be done")
    await expect(reason).to_be_visible()
    await expect(reason).to_have_value("Its engine has failed.")
    await expect(again.locator("#act").get_by_role("status").first).to_contain_text(HELD)
    await again.get_by_role("button", name="Record that it was passed").click()
    await again.wait_for_url("**?done=passed")
    await expect(again.get_by_label("Why it cannot be done")).to_have_value(
        "Its engine has failed."
    )
    (left,) = (await north.ask("Wanda", "typing.list"))["texts"]
    assert left["words"] == "Its engine has failed."
    await again.get_by_role("button", name="Tell them").last.click()
    await again.wait_for_url("**?done=unable")
    assert (await north.ask("Wanda", "typing.list"))["texts"] == []
