"""What is typed is held by the station, and two who change one draft at once lose nothing."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.console.conftest import Room
from tests.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TEXT = "Text, in your own language"


@pytest.mark.story
async def test_nothing_that_was_typed_is_lost(stations: World, room: Room) -> None:
    north = stations.north
    dana = await room.sit(north, "Dana", "/compose")
    await dana.get_by_label(TEXT).fill("Our ship “Amity” leaves at 0410Z. This is not a drill.")
    await expect(dana.locator("#text-fault")).to_contain_text("character 43")
    await expect(dana.locator("#found")).to_contain_text("04:10")
    await dana.get_by_role("button", name="0410Z").click()
    await dana.wait_for_function(
        "() => text.value.slice(text.selectionStart, text.selectionEnd) === '0410Z'"
    )

    async def held() -> bool:
        return bool((await north.ask("Dana", "typing.show"))["form"])

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
