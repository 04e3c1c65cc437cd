"""A letter that looks like one of another alphabet is seen, and no other is."""

from __future__ import annotations

import pytest

from parley.console.app import build
from parley.console.lookalikes import REMEMBERED_MAX, _alphabet, lookalikes, told
from parley.console.marking import stretches
from tests.console.asking import ask, sit
from tests.console.world import World


def framed(text: str) -> str:
    """A text with what a page frames in brackets."""
    cut = [piece for part in stretches(text) for piece in part.pieces]
    assert "".join(piece.text for piece in cut) == text
    return "".join(f"[{piece.text}]" if piece.alike else piece.text for piece in cut)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Our ship \u0410mity is lost.", "Our ship [\u0410]mity is lost."),
        ("Корабль «Воcток» пропал.", "Корабль «Во[c]ток» пропал."),
        # A word of such shapes alone, in a text of another alphabet.
        ("The \u0421\u041e\u0420 is here.", "The [\u0421][\u041e][\u0420] is here."),
        ("Наши BMC идут.", "Наши [B][M][C] идут."),
        ("Αmity with Greek A", "[Α]mity with Greek A"),
        # What is meant: another alphabet that is seen as such, and figures.
        ("Our ship Восток is lost.", "Our ship Восток is lost."),
        ("Судно «Amity» у 21°40′N 118°05′E", "Судно «Amity» у 21°40′N 118°05′E"),
        ("Ход 5 E", "Ход 5 E"),
        ("我方飞机 Amity 失去操纵", "我方飞机 Amity 失去操纵"),
        ("Plain words.", "Plain words."),
    ],
)
def test_letters_of_another_alphabet_are_framed(text: str, shown: str) -> None:
    assert framed(text) == shown


def test_each_letter_is_named_once() -> None:
    assert told("\u0410mity, \u0410mity") == "\u0410 (cyrillic capital letter a)"
    assert told("Amity") == ""
    assert lookalikes("") == []


@pytest.mark.asyncio(loop_scope="session")
async def test_the_reader_and_the_releaser_are_told(stations: World) -> None:
    north, south = stations.north, stations.south
    text = "Our ship \u0410mity is lost."
    draft = await north.ask("Dana", "draft.new", text=text)
    said = await stations.say(north, text)

    async def came() -> bool:
        return bool((await south.ask("Wen", "status"))["lines"][0]["their_size"] > said["n"])

    await stations.until(came)
    line = (await south.ask("Wen", "status"))["lines"][0]["line"]
    for post, name, path in (
        (north, "Rene", f"/drafts/{draft['draft']}"),
        (south, "Wen", f"/messages/{line}/theirs/{said['n']}"),
    ):
        assert post.station is not None
        app = build(post.station)
        cookies = await sit(post, app, name)
        page = (await ask(app, f"/s/{post.ids[name]}{path}", cookies=cookies)).text
        assert '<span class="alike" title="cyrillic capital letter a">\u0410</span>mity' in page
        assert "another alphabet are framed: \u0410 (cyrillic capital letter a)." in page


def test_all_letters_there_are_fill_no_memory() -> None:
    letters = [chr(code) for code in range(0x80, 0x2_0000) if chr(code).isalpha()]
    for start in range(0, len(letters), 10_000):
        lookalikes("".join(letters[start : start + 10_000]))
    assert len(letters) > 60_000
    assert _alphabet.cache_info().currsize == REMEMBERED_MAX
