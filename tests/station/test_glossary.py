"""Names that nobody translates are marked from the drafter's desk to the reader's."""

from __future__ import annotations

import pytest

from parley.core.entry import Key, Type, body_of
from parley.core.errors import Misused, Refused
from tests.playbook import Posts

TEXT = "The Liberty met Amity at sea. It is no Liberty ship."


@pytest.fixture(scope="module")
def posts(shared: Posts) -> Posts:
    north, _ = shared
    north.drafter.asks("glossary.add", ours="Liberty", theirs="Liberté", protect=True,
                       warning="The name of one ship, not of a class.")  # fmt: skip
    return shared


def test_E17_a_protected_name_is_marked_for_writer_releaser_and_reader(posts: Posts) -> None:
    north, south = posts
    checked = north.drafter.asks("text.check", text=TEXT)
    assert checked["glossary"][0]["warning"] == "The name of one ship, not of a class."
    draft = north.drafts(TEXT, protect=["Amity"])
    seen = north.releaser.asks("draft.show", draft=draft["draft"])
    assert seen["protected"] == ["Liberty", "Amity"]
    n = north.releases(draft)["n"]
    read = south.hears(n)
    read = south.watch.asks("message", n=n)
    assert read["protected"] == [[4, 11], [16, 21], [39, 46]]
    named = [each["value"] for each in read["elements"] if each["protected"]]
    assert named == ["Liberty", "Amity", "Liberty"]
    assert read["raw_header"] == {}


def test_an_edit_moves_the_marks_with_the_words(posts: Posts) -> None:
    north, _ = posts
    draft = north.drafts(TEXT, protect=["Amity"])["draft"]
    north.drafter.asks("draft.edit", draft=draft, text="Now Amity met the Liberty.")
    assert north.drafter.asks("draft.show", draft=draft)["protected"] == ["Amity", "Liberty"]
    north.drafter.asks("draft.edit", draft=draft, protect=[])
    assert north.drafter.asks("draft.show", draft=draft)["protected"] == ["Liberty"]
    with pytest.raises(Refused, match="whole word"):
        north.drafter.asks("draft.edit", draft=draft, protect=["Unity"])


def test_E17_a_counterpart_may_write_any_span(posts: Posts) -> None:
    north, south = posts
    for span in ([[0, 99]], "all", [[1, 1]]):
        body = body_of(Type.TEXT, {int(Key.PROTECTED): span}, "Été.")
        n = south.utters(Type.TEXT, body)
        north.hears(n)
        read = north.watch.asks("message", n=n)
        assert (read["text"], read["protected"]) == ("Été.", [])
        assert "15" in read["raw_header"]


def test_both_sides_tell_whether_they_hold_the_same(posts: Posts) -> None:
    north, south = posts
    ours = north.drafter.asks("glossary.add", ours="cease-fire", theirs="cessez-le-feu")
    taken = south.drafter.asks("glossary.take", file=ours["file"])
    assert taken["sha256"] == ours["sha256"]
    pairs = {(each["ours"], each["theirs"]) for each in taken["terms"]}
    assert pairs == {("cessez-le-feu", "cease-fire"), ("Liberté", "Liberty")}
    assert all(each["warning"] == "" for each in taken["terms"])  # warnings are one's own
    again = south.drafter.asks("glossary.take", file=ours["file"])
    assert len(again["terms"]) == 2
    n = north.sends("The cease-fire holds.")
    south.hears(n)
    (found,) = south.watch.asks("message", n=n)["glossary"]
    assert (found["term"], found["rendering"]) == ("cease-fire", "cessez-le-feu")
    left = south.drafter.asks("glossary.end", term=taken["terms"][0]["term"])
    assert len(left["terms"]) == 1
    assert left["sha256"] != ours["sha256"]


def test_what_is_no_term_or_no_file_is_refused(posts: Posts) -> None:
    north, _ = posts
    for given in (
        {"ours": "Vega"},
        {"ours": " Vega", "protect": True},
        {"ours": "Ve\nga", "protect": True},
        {"ours": "Liberty", "protect": True},
        {"ours": "Vega", "theirs": "x" * 201},
        {"ours": "Vega", "protect": True, "warning": "w" * 501},
    ):
        with pytest.raises(Refused):
            north.drafter.asks("glossary.add", **given)
    for file in ("", "{}", "[]", '{"line": "00", "terms": []}', "[" * 100_000):
        with pytest.raises(Refused):
            north.drafter.asks("glossary.take", file=file)
    with pytest.raises(Refused):
        north.drafter.asks("glossary.end", term=999)
    with pytest.raises(Refused):
        north.watch.asks("glossary.add", ours="Vega", protect=True)


def test_prepared_texts_begin_with_the_form_of_address_and_name_their_message(
    posts: Posts,
) -> None:
    north, south = posts
    n = north.sends("Our aircraft is lost.", "FLASH")
    filled = north.drafter.asks("prepared.fill", name="retraction", about=n)
    assert f"our message {n} of 20" in filled["text"]
    assert filled["precedence"] == "FLASH"
    assert "[[form of address]]" in filled["blanks"]
    south.hears(n)
    asked = south.drafter.asks("prepared.fill", name="time", about=n)
    assert f"votre message {n} du 20" in asked["text"]  # in South's language on the line
    assert asked["language"] == "fr"
    english = south.drafter.asks("prepared.fill", name="time", about=n, language="en-GB")
    assert f"your message {n} of 20" in english["text"]
    assert english["language"] == "en-GB"
    assert south.drafter.asks("prepared.fill", name="time", language="de")["language"] == "en"
    with pytest.raises(Refused):
        north.drafter.asks("prepared.fill", name="retraction", about=999)
    with pytest.raises(Misused):
        north.drafter.asks("prepared.fill", name="accident", about=n)
    names = {each["name"] for each in north.drafter.asks("prepared.list")["prepared"]}
    assert names >= {"accident", "retraction", "yours", "time", "exercise-start", "exercise-stop"}
