"""What is typed is held by the station, and two who change one draft at once lose nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from parley.console.app import build
from parley.core.errors import Unavailable
from tests.console.asking import ask, sit
from tests.console.conftest import Room
from tests.console.world import World, world

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TEXT = "Text, in your own language"


@pytest.mark.story
async def test_nothing_that_was_typed_is_lost(stations: World, room: Room) -> None:
    north = stations.north
    dana = await room.sit(north, "Dana", "/compose")
    names = dana.locator("#perhaps-names")
    await expect(names).to_be_hidden()
    await dana.get_by_label(TEXT).fill("She leaves Odessa for Port Said.")
    await expect(names).to_have_text("Odessa, Port Said")
    await dana.get_by_label(TEXT).fill("Our ship “Amity” leaves at 0410Z. This is not a drill.")
    await expect(dana.locator("#text-fault")).to_contain_text("character 43")
    await expect(dana.locator("#found")).to_contain_text("04:10")
    await expect(names).to_be_hidden()
    await dana.get_by_role("button", name="0410Z").click()
    await dana.wait_for_function(
        "() => text.value.slice(text.selectionStart, text.selectionEnd) === '0410Z'"
    )

    async def held() -> bool:
        return bool((await north.ask("Dana", "typing.show", place="/compose"))["form"])

    await stations.until(held)
    await dana.close(run_before_unload=False)
    again = await room.sit(north, "Dana", "/compose")
    typed = "Our ship “Amity” leaves at 0410Z. This is not a drill."
    await expect(again.get_by_label(TEXT)).to_have_value(typed)
    await again.get_by_label(TEXT).fill("Our ship “Amity” leaves at 0410Z.")
    await again.get_by_role("button", name="Keep as draft").click()
    await again.wait_for_url("**/drafts/1?done=drafted")
    await expect(again.locator("article .el.time")).to_have_text("0410Z")

    # Somebody else changes it while it is being edited.
    await again.goto(f"{north.seat('Dana')}/drafts/1/edit")
    await north.ask("Both", "draft.edit", draft=1, text="Our ship “Amity” leaves at 0500Z.")
    await again.get_by_label(TEXT).fill("Our ship “Amity” leaves at 0600Z.")
    await again.get_by_role("button", name="Keep the changed draft").click()
    await expect(again.locator("#refused")).to_contain_text("Both has changed draft 1")
    await expect(again.locator("#stands-now")).to_contain_text("0500Z")
    await expect(again.get_by_label(TEXT)).to_have_value("Our ship “Amity” leaves at 0600Z.")
    await again.get_by_role("button", name="Keep the changed draft").click()
    await again.wait_for_url("**/drafts/1?done=edited")

    rene = await room.sit(north, "Rene", "/drafts/1")
    await rene.get_by_text("Send back with a remark").click()
    await rene.get_by_label("Why").last.fill("Say which day.")
    await rene.get_by_role("button", name="Send it back").click()
    await expect(rene.locator("#decide")).to_contain_text("Say which day.")
    await expect(rene.get_by_role("button", name="Release to")).to_have_count(0)


@pytest.mark.story
async def test_a_full_disk_and_a_restarted_station_lose_no_word(
    stations: World, room: Room
) -> None:
    north = stations.north
    assert north.station is not None
    dana = await room.sit(north, "Dana", "/compose")
    store = north.station.store
    pages = store.sql("PRAGMA page_count")[0][0]
    store.sql(f"PRAGMA max_page_count = {pages}")
    with suppress(Unavailable):
        for _ in range(100):
            await north.ask("Both", "draft.new", text="x" * 60_000)
    # The page says that it has the only copy, and a draft that cannot be kept comes back whole.
    words = "We saw two ships. " * 400
    await dana.get_by_label(TEXT).fill(words)
    await expect(dana.locator("#not-held")).to_be_visible()
    await dana.get_by_role("button", name="Keep as draft").click()
    await expect(dana.locator("#refused")).to_contain_text("full")
    await expect(dana.get_by_label(TEXT)).to_have_value(words)
    await expect(dana.locator("#not-held")).to_be_visible()
    store.sql("PRAGMA max_page_count = 1000000")
    await dana.get_by_label(TEXT).press_sequentially("Two.")
    await expect(dana.locator("#not-held")).to_be_hidden()
    held = await dana.get_by_label(TEXT).input_value()

    async def is_held() -> bool:
        form = (await north.ask("Dana", "typing.show", place="/compose"))["form"]
        return bool(form and form["text"] == held)

    await stations.until(is_held)
    await dana.close(run_before_unload=False)
    await north.__aexit__()
    await north.__aenter__()
    again = await room.sit(north, "Dana", "/compose")
    await expect(again.get_by_label(TEXT)).to_have_value(held)
    await expect(again.get_by_role("status").first).to_contain_text("You typed this until")
    room.faults = [each for each in room.faults if "status of 503" not in each]


async def types(page: Page, words: str, field: str = TEXT) -> None:
    """Type, and wait until the station has it: then a page may go without a word."""
    async with page.expect_response(lambda answer: answer.url.endswith("/typed") and answer.ok):
        await page.get_by_label(field).fill(words)


async def asked_by_south(stations: World) -> str:
    """A FLASH of theirs; where it is answered."""
    asked = await stations.say(stations.south, "Where is your ship?", "FLASH")
    assert stations.north.station is not None
    (line,) = stations.north.station.lines
    return f"/compose?line={line.agreed.hex}&answers={asked['n']}&precedence=FLASH"


REPORT = "Our ship “Amity” left at 0410Z."


@pytest.mark.story
async def test_an_answer_leaves_an_unfinished_report_as_it_was(stations: World, room: Room) -> None:
    north = stations.north
    answer = await asked_by_south(stations)
    dana = await room.sit(north, "Dana", "/compose")
    await types(dana, REPORT)
    # The answer begins empty, and the report stands there as one that is unfinished.
    await dana.goto(north.seat("Dana") + answer)
    await expect(dana.get_by_label(TEXT)).to_have_value("")
    await expect(dana.locator("#unfinished")).to_contain_text(REPORT)
    await types(dana, "In port since 0300Z.")
    await dana.get_by_role("button", name="Keep as draft").click()
    await dana.wait_for_url("**/drafts/1?done=drafted")
    await dana.goto(f"{north.seat('Dana')}/compose")
    await expect(dana.get_by_label(TEXT)).to_have_value(REPORT)
    await expect(dana.get_by_role("status").first).to_contain_text("You typed this until")
    await expect(dana.locator("#unfinished")).to_have_count(0)


@pytest.mark.story
async def test_an_answer_that_was_left_is_there_again_and_in_the_list(
    stations: World, room: Room
) -> None:
    north = stations.north
    answer = await asked_by_south(stations)
    dana = await room.sit(north, "Dana", answer)
    await types(dana, "In port since")
    await dana.close(run_before_unload=False)
    again = await room.sit(north, "Dana", answer)
    await expect(again.get_by_label(TEXT)).to_have_value("In port since")
    await expect(again.get_by_role("status").first).to_contain_text("You typed this until")
    await types(again, "In port since 0300Z.")
    # Write begins empty; from its list one comes to the answer, which is one text still.
    await again.goto(f"{north.seat('Dana')}/compose")
    await expect(again.get_by_label(TEXT)).to_have_value("")
    await expect(again.locator("#unfinished .count")).to_have_text("1")
    await expect(again.locator("#unfinished")).to_contain_text("In port since 0300Z.")
    await again.get_by_role("link", name="This answers South").click()
    await expect(again.get_by_label(TEXT)).to_have_value("In port since 0300Z.")
    await again.get_by_role("button", name="Begin anew without it").click()
    await expect(again.get_by_label(TEXT)).to_have_value("")
    assert (await north.ask("Dana", "typing.list"))["texts"] == []


@pytest.mark.story
async def test_two_tabs_of_one_writer_keep_a_text_each(stations: World, room: Room) -> None:
    north = stations.north
    first = await room.sit(north, "Dana", "/compose")
    await types(first, "We saw one ship.")
    second = await room.tab()
    await second.goto(f"{north.seat('Dana')}/compose")
    await expect(second.get_by_label(TEXT)).to_have_value("We saw one ship.")
    await types(first, "We saw one ship, ours.")
    await types(second, "We saw one aircraft.")
    await types(first, "We saw one ship, theirs.")
    await second.close(run_before_unload=False)
    await first.close(run_before_unload=False)
    again = await room.sit(north, "Dana", "/compose")
    await expect(again.get_by_label(TEXT)).to_have_value("We saw one ship, theirs.")
    other = again.locator("#unfinished")
    await expect(other).to_contain_text("We saw one aircraft.")
    await other.get_by_role("link", name="Write a message").click()
    await expect(again.get_by_label(TEXT)).to_have_value("We saw one aircraft.")
    await expect(other).to_contain_text("We saw one ship, theirs.")
    # What one of them keeps takes nothing from the other.
    await again.get_by_role("button", name="Keep as draft").click()
    await again.wait_for_url("**/drafts/1?done=drafted")
    await again.goto(f"{north.seat('Dana')}/compose")
    await expect(again.get_by_label(TEXT)).to_have_value("We saw one ship, theirs.")
    await expect(other).to_have_count(0)


@pytest.mark.story
async def test_an_unfinished_text_is_thrown_away_from_the_list(stations: World, room: Room) -> None:
    north = stations.north
    for page, words in (("a", "One."), ("b", "Two.")):
        form = json.dumps({"text": words})
        await north.ask("Dana", "typing.keep", place="/drafts/9/edit", page=page, form=form)
    dana = await room.sit(north, "Dana", "/compose")
    await expect(dana.locator("#unfinished .count")).to_have_text("2")
    await dana.get_by_role("button", name="Throw it away").first.click()
    await expect(dana.locator("#unfinished .count")).to_have_text("1")
    await expect(dana.locator("#unfinished")).to_contain_text("One.")


async def test_the_page_names_the_form_of_address_that_was_agreed(tmp_path: Path) -> None:
    async with world(tmp_path, their_address="Mr. Chairman") as stations:
        north = stations.north
        assert north.station is not None
        app = build(north.station)
        cookies = await sit(north, app, "Dana")
        page = (await ask(app, f"/s/{north.ids['Dana']}/compose", cookies=cookies)).text
        assert 'Address them as <b dir="auto">Mr. Chairman</b>' in page
