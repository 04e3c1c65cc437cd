"""What officers of two tongues sign is one list of facts, and both were shown all of it."""

from __future__ import annotations

import html
import re

import pytest

from parley.catalogue.facts import SENTENCES
from parley.console import tongues
from parley.console.app import build
from parley.console.tongues import TONGUES
from parley.console.vocabulary import fact
from tests.console.asking import ask
from tests.console.test_testing import cookies_of
from tests.console.world import World

SIGNED = re.compile(r'<samp class="fact[^>]*>([^<]*)</samp>')


@pytest.mark.asyncio(loop_scope="session")
async def test_both_officers_are_shown_the_lines_that_they_sign(stations: World) -> None:
    north = stations.north
    assert north.station is not None
    await north.ask("Wanda", "desk.hold", desk=1)
    await north.ask("Wanda", "roster.add", desk=1, person=north.ids["Wanda"], for_s=3_600)
    said = await stations.say(stations.south, "Snow at the pass.")

    async def all_known() -> bool:
        """Both lists stand still: the message has come, and so has the roster of South."""
        items = {item["what"]: item for item in (await north.ask("Wanda", "watch.show"))["items"]}
        gap = items.get("line.theirs-not-filled", {"values": {}})["values"].get("gap")
        return "message.theirs.running" in items and gap == "nobody holds the desk Watch desk"

    await stations.until(all_known)
    app = build(north.station)
    shown, words = {}, {}
    for name, tongue in (("Wanda", "ru"), ("Both", "ar")):
        await north.ask(name, "person.tongue", person=north.ids[name], tongue=tongue)
        path, cookies = f"/s/{north.ids[name]}/watch/hand-over", await cookies_of(north, app, name)
        words[name] = (await ask(app, path, cookies=cookies)).text
        shown[name] = [html.unescape(line) for line in SIGNED.findall(words[name])]
        assert all(line.isascii() for line in shown[name] if "South" not in line)
    assert "Пост Watch desk: с " in words["Wanda"]  # the gap of the roster
    assert f"ROUTINE {said['n']} от South" in words["Wanda"]
    assert "المكتب" in words["Both"]
    assert "Nobody is due" not in words["Wanda"] + words["Both"]
    assert "U+2068" not in words["Both"]  # no sign of ours that turns a value is shown as theirs

    code = (await north.ask("Wanda", "watch.show"))["code"]
    sheet = await north.ask("Wanda", "watch.hand_over", text="Всё тихо.", code=code)
    keys = [item["key"] for item in (await north.ask("Both", "watch.show"))["items"]]
    accepted = await north.ask("Both", "watch.accept", sheet=sheet["sheet"], items=keys)
    for text in (sheet["text"], accepted["text"]):
        lines = re.findall(r"^\d+\. (.*)$", text, re.MULTILINE)
        assert lines == shown["Wanda"] == shown["Both"]

    # On paper the sheet stands as it was signed, and below it the same facts in the reader's words.
    path = f"/s/{north.ids['Wanda']}/watch/log/print?sheet={sheet['sheet']}"
    paper = (await ask(app, path, cookies=await cookies_of(north, app, "Wanda"))).text
    assert shown["Wanda"][0] in html.unescape(paper)
    assert "Открытые пункты словами" in paper
    assert paper.index("SHA-256") < paper.index("Пост Watch desk: с ")


@pytest.mark.parametrize("tongue", TONGUES.values(), ids=lambda tongue: tongue.code)
def test_every_fact_is_a_sentence_in_every_language_with_all_its_values(
    tongue: tongues.Tongue,
) -> None:
    before = tongues.current()
    tongues.use(tongue)
    try:
        for what, template in SENTENCES.items():
            values = {
                name: f"v{at}" for at, name in enumerate(re.findall(r"%\((\w+)\)s", template))
            }
            said = str(fact({"what": what, "values": values}))
            assert all(value in said for value in values.values()), what
            english = said.rstrip(".") == (template % values).rstrip(".")
            assert english is (tongue is tongues.ENGLISH), what
    finally:
        tongues.use(before)


def test_a_value_that_turns_the_line_around_is_shown_and_not_obeyed() -> None:
    said = str(fact({"what": "desk.empty", "values": {"desk": "North\u202e<b>"}}))
    assert "\u202e" not in said
    assert "<b>" not in said
