"""A text is set out once, and a long one beside the station's loop."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from markupsafe import Markup

from parley.catalogue.elements import find
from parley.console import set_out, signs
from parley.console.app import build
from parley.console.patterns import templates
from parley.console.set_out import AT_ONCE_MAX, Later
from parley.station.texts.critical import critical
from tests.console.asking import ask, sit
from tests.console.world import World
from tests.playbook import day_of

# Markup, a hidden sign, a letter of another alphabet, figures in an Arabic sentence, a name.
TEXT = "<b>\u0410mity\u200b</b> & в 21°40′N, «Falcon 7» عند 0352Z.\n"
LONG = TEXT * 40
SHOWN = (
    '&lt;b&gt;<span class="alike" title="cyrillic capital letter a">\u0410</span>mity'
    '<span class="sign" title="zero width space" dir="ltr">ZWSP</span>\u200b&lt;/b&gt; &amp; в '
)
TIME = '<mark class="el time" id="el-{}" title="time: 03:52"><bdi dir="ltr">0352Z</bdi></mark>'


def test_markup_is_text_and_each_sign_is_seen() -> None:
    assert find(TEXT, 2026)
    shown = set_out.set_out(TEXT, critical(TEXT, 0))
    assert shown.startswith(SHOWN)
    assert TIME.format(TEXT.index("0352Z")) in shown
    assert shown.count("<mark") == 3
    remarks = set_out.remarks(TEXT + "a\u00a0b")
    assert remarks.count('<p class="hidden-signs">') == 2
    assert "\u0410 (cyrillic capital letter a)" in remarks
    assert set_out.remarks("Plain.") == ""


def test_what_a_value_says_ends_no_attribute() -> None:
    element = {"start": 0, "end": 1, "kind": "name", "value": '"><i>', "protected": True}
    shown = set_out.set_out("A", [element], prefix='t"')
    assert shown == (
        '<mark class="el name protected" id="t&#34;-0"'
        ' title="name: &#34;&gt;&lt;i&gt; (not to be translated)">A</mark>'
    )


@pytest.mark.asyncio(loop_scope="session")
async def test_a_long_text_is_put_in_its_place_afterwards() -> None:
    assert len(LONG) > AT_ONCE_MAX
    elements = critical(LONG, 0)
    with Later() as later:
        long, short = set_out.set_out(LONG, elements), set_out.set_out(TEXT)
        page = f"<p>{long}|{short}</p>{set_out.remarks(LONG)}"
    assert "ZWSP" not in long
    whole = set_out.set_out(LONG, elements)  # outside a page nothing is left for later
    expected = f"<p>{whole}|{set_out.set_out(TEXT)}</p>{set_out.remarks(LONG)}"
    assert await later.fill(page) == expected
    assert await Later().fill("no text") == "no text"


def test_what_was_set_out_is_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, made = set_out._Kept(), list[bytes]()
    monkeypatch.setattr(set_out, "KEPT_CHARACTERS_MAX", 25)

    def find(key: bytes) -> Markup:
        def make() -> Markup:
            made.append(key)
            return Markup("x" * 10)

        return kept.find(key, make)

    for key in (b"a", b"b", b"a", b"c", b"a", b"b"):
        assert len(find(key)) == 10
    assert made == [b"a", b"b", b"c", b"b"]  # the oldest went, and not the newest used


@pytest.mark.asyncio(loop_scope="session")
async def test_the_loop_sets_out_no_long_text(
    stations: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = stations.north
    where: list[threading.Thread] = []
    cut = signs.InOrder.__init__

    def watched(self: signs.InOrder, text: str) -> None:
        if text == LONG:
            where.append(threading.current_thread())
        cut(self, text)

    monkeypatch.setattr(signs.InOrder, "__init__", watched)
    monkeypatch.setattr(set_out, "_kept", set_out._Kept())
    said = await stations.say(north, LONG)
    assert north.station is not None
    app = build(north.station)
    cookies = await sit(north, app, "Dana")
    line = (await north.ask("Dana", "status"))["lines"][0]["line"]
    path = f"/s/{north.ids['Dana']}/messages/{line}/ours/{said['n']}"
    pages = [await ask(app, path, cookies=cookies) for _ in range(2)]
    assert [page.text.count(SHOWN) for page in pages] == [40, 40]
    assert "another alphabet are framed: \u0410" in pages[0].text
    assert len(where) == 1  # and once for all that ask
    seat = f"/s/{north.ids['Dana']}"
    day = day_of(north.station.clock.now().wall)
    sheets = (f"{path}/print", f"{seat}/timeline/print", f"{seat}/daylog?date={day}")
    for sheet in sheets:
        assert SHOWN in (await ask(app, sheet, cookies=cookies)).text
    assert len(where) == 1 + len(sheets)
    assert threading.main_thread() not in where


def test_beside_the_elements_stands_what_is_perhaps_a_name() -> None:
    said = "At 0600Z the Liberty was near <b>Cyprus</b>."
    marks: Any = templates().get_template("marks.html").make_module({"page": {"now": 0}})
    listed = str(marks.elements(critical(said, 0), said))
    perhaps = listed.partition('id="perhaps"')[2]
    assert '<b dir="auto">Liberty</b>, <b dir="auto">Cyprus</b>' in perhaps
    assert "Look for others yourself" in perhaps
    nothing = str(marks.elements([], "we agree"))
    assert "<span hidden>Perhaps names" in nothing
    assert "Look for others yourself" in nothing
