"""An exchange as the first one on a direct line went in June 1967, in two browsers at two stations.

Operators ask whether the principal stands by; a message in the sender's language is read in sight,
rough and official translation, each timed and signed, with a ship's name lost and garbled on the
way and marked so. The other side answers it in its own language; the answer is passed on, read
back and confirmed, and both records are the same. The words are our own.
"""

from __future__ import annotations

import io
import re

import pytest
from playwright.async_api import Browser, Page, expect

from parley.evidence.audit import verify
from parley.exercise.ledger import entry_lines
from tests.console.conftest import PATIENCE_MS, Room
from tests.console.test_journey import make_tab_hear
from tests.console.test_misread import TEXT, interpreter, keeps, releases, writes
from tests.console.world import Post, World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.story,
    pytest.mark.asyncio(loop_scope="session"),
]
QUESTION = "Does your principal stand by the machine?"
SAID = "Корабль «Amity» обстрелян в 0550Z. Мы готовы действовать вместе с вами."
DROPPED = "A ship was shelled at 0550Z. We are ready to act together with you."
GARBLED = "The ship “Amtiy” was shelled at 0550Z. We are ready to act together with you."
ANSWER = "Our aircraft search for the “Amity”. None of them will attack anybody."
OFFICIAL = "The ship “Amity” was shelled at 0550Z. We stand ready to act together with you."


async def translates(page: Page, stage: str, text: str) -> None:
    """One more translation of the message on this page."""
    form = page.locator("#translations form[action$='translate?amends=']")
    if not await form.is_visible():
        await page.get_by_text("Add a translation").click()
    await form.locator("select[name=stage]").select_option(stage)
    await form.get_by_label("Into which language").fill("en")
    await form.get_by_label("Translation", exact=True).fill(text)
    await form.get_by_role("button", name="Keep the translation").click()
    await expect(page.locator(f"#translations .tag.stage-{stage}")).to_be_visible()


async def reads_and_opens(page: Page, text: str) -> None:
    """From the alarm on the page to the message, opened by whoever sits there."""
    await expect(page.locator("#alarm")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("data-ringing", "yes")
    await page.get_by_role("link", name="Read it").click()
    await expect(page.locator("article .text").first).to_contain_text(text)
    await page.get_by_role("button", name="Open: I have read it").click()
    await expect(page.locator("html")).to_have_attribute("data-ringing", "no")


async def passes_on(page: Page, office: str) -> None:
    await page.get_by_label("To which office").fill(office)
    await page.get_by_role("button", name="Record that it was passed").click()
    await expect(page.locator("section.notice.done")).to_contain_text("Passed on")


async def reads_back(page: Page, group: str) -> None:
    """What the sender's page shows, read out by voice, is typed where it is not shown."""
    await page.get_by_role("link", name="Read back").click()
    await page.get_by_label("Check group").fill(group)
    await page.get_by_role("button", name="Send the read-back").click()
    await expect(page.locator("section.notice.done")).to_contain_text("Read back")


async def joins(post: Post, name: str, office: str, role: str) -> None:
    assert post.station is not None
    operator = post.station.people.must_be_here(1)
    person = {"name": name, "office": office, "roles": [role]}
    post.ids[name] = (await post.station.call("person.add", operator, person))["id"]


async def evidence(post: Post, name: str) -> str:
    """The record as that side exports it."""
    told = await post.ask(name, "export")
    pieces = [told["evidence"]]
    while told["next"]:
        told = await post.ask(name, "export", after=told["next"])
        pieces.append(told["evidence"])
    return "".join(pieces)


async def agree_on_it(stations: World) -> bool:
    """Both stations say that the other has signed for what they hold."""
    posts = ((stations.north, "Aline"), (stations.south, "Amir"))
    told = [(await post.ask(name, "status"))["lines"][0] for post, name in posts]
    return all(line["records_agree"] for line in told)


async def test_an_exchange_as_in_1967_is_announced_said_translated_and_answered(
    stations: World, room: Room, browser: Browser
) -> None:
    north, south = stations.north, stations.south
    there = Room(await browser.new_context(viewport={"width": 1280, "height": 800}))
    there.context.set_default_timeout(PATIENCE_MS)
    await interpreter(north)
    await joins(north, "Ines", "Language desk", "interpreter")
    await joins(south, "Kostin", "Chairman", "principal")
    wanda, wen = await room.sit(north, "Wanda", "/chat"), await there.sit(south, "Wen", "/chat")

    # Operators talk shop, apart from official text. Who stands by is stated, not allegedly so.
    await wanda.get_by_label("Say to South").fill(QUESTION)
    await wanda.get_by_role("button", name="Say it in the chat").click()
    await expect(wen.locator("#chat")).to_contain_text(QUESTION)
    await make_tab_hear(wen)
    await wen.goto(f"{south.seat('Wen')}/")
    await wen.get_by_role("button", name="State: our principal is at the terminal").click()
    await wanda.goto(f"{north.seat('Wanda')}/")
    stated = wanda.locator("table[id^=presence-] tr", has_text="South")
    await expect(stated).to_contain_text("At the terminal Kostin, Chairman")
    await expect(stated).to_contain_text("Wen, Watch desk")
    await make_tab_hear(wanda)

    # South writes in its own language; a second person releases exactly that.
    dmitri, rosa = await there.sit(south, "Dmitri"), await there.sit(south, "Rosa")
    draft = await writes(dmitri, south.seat("Dmitri"), SAID, "FLASH")
    await releases(rosa, south.seat("Rosa"), draft)
    await reads_and_opens(wanda, SAID)
    n = int(re.findall(r"/theirs/(\d+)", wanda.url)[0])

    # Sight drops the name, rough garbles it: both marked, where it is written and where it is read.
    ivo = await room.sit(north, "Ivo")
    await ivo.goto(wanda.url.replace(north.seat("Wanda"), north.seat("Ivo")).partition("?")[0])
    await translates(ivo, "sight", DROPPED)
    for page in (ivo, wanda):
        marked = page.locator("#translations .translation", has_text=DROPPED)
        await expect(marked.locator(".differs tr", has_text="OMITTED")).to_contain_text("Amity")
    await translates(ivo, "rough", GARBLED)
    for page in (ivo, wanda):
        marked = page.locator("#translations .translation", has_text="Amtiy")
        await expect(marked.locator(".differs tr", has_text="OMITTED")).to_contain_text("Amity")
        added = marked.locator(".differs tr", has_text="NOT IN THE ORIGINAL")
        await expect(added).to_contain_text("Amtiy")
    await translates(ivo, "official", OFFICIAL)
    ines = await room.sit(north, "Ines")
    await ines.goto(ivo.url.replace(north.seat("Ivo"), north.seat("Ines")).partition("?")[0])
    await ines.get_by_text("Certify translation 3").click()
    await ines.get_by_label("What you certify").fill("Compared word by word.")
    await ines.get_by_role("button", name="Certify it as its reviewer").click()
    official = wanda.locator("#translations .translation", has_text=OFFICIAL)
    await expect(official).to_contain_text("Certified by Ines")
    await expect(official).to_contain_text("Ivo, Language desk")
    await expect(official).to_contain_text("All critical elements")
    assert SAID in await wanda.locator("article .text").inner_text()  # above them, as it was said

    # It goes to the President's office; South hears its own group and confirms.
    await passes_on(wanda, "Office of the President")
    await reads_back(wanda, await rosa.locator("#act .group6").inner_text())
    await rosa.get_by_role("button", name="Confirm the read-back").click()
    await expect(rosa.locator("#act")).to_contain_text("understood")

    # North answers in its own language, and a second person releases exactly that.
    dana, rene = await room.sit(north, "Dana"), await room.sit(north, "Rene")
    await dana.goto(wanda.url.replace(north.seat("Wanda"), north.seat("Dana")).partition("?")[0])
    await dana.locator("a.main[data-key=a]").click()
    await expect(dana.locator("main")).to_contain_text(f"This answers South {n}")
    await expect(dana.get_by_role("radio", name="FLASH")).to_be_checked()
    await dana.get_by_label(TEXT).fill(ANSWER)
    await releases(rene, north.seat("Rene"), await keeps(dana))
    await reads_and_opens(wen, ANSWER)
    await expect(wen.locator("main")).to_contain_text(f"South {n}")  # which of theirs it answers
    await passes_on(wen, "Office of the Chairman")
    await reads_back(wen, await rene.locator("#act .group6").inner_text())
    await rene.get_by_role("button", name="Confirm the read-back").click()
    await expect(rene.locator("#act")).to_contain_text("understood")
    await expect(wen.locator("#stages")).to_contain_text("Confirmed")
    await expect(rosa.locator("#stages")).to_contain_text("Answered")

    # Both export the record; anybody finds both whole, and the same to the byte.
    await stations.until(lambda: agree_on_it(stations))
    files = [await evidence(north, "Aline"), await evidence(south, "Amir")]
    reports = [verify(io.BytesIO(each.encode())) for each in files]
    assert reports[0].roots == reports[1].roots
    assert entry_lines(files[0]) == entry_lines(files[1])
    assert len(entry_lines(files[0])) == sum(reports[0].entries)
    # Nothing of the chat is in what was said officially.
    assert QUESTION not in str((await south.ask("Wen", "inbox", all=True))["messages"])
    await there.context.close()
    assert there.faults == []
