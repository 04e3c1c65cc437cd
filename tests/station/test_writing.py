"""What must not be misread is shown to whoever writes, releases and reads the same text."""

from __future__ import annotations

import pytest

from parley.core.errors import Misused, Refused
from tests.playbook import Posts

TEXT = "At 0352Z on 3 December 2026 the ship “Amity” was at 21°40′N 118°05′E."
SAID = [
    ("time", "03:52"),
    ("date", "2026-12-03"),
    ("name", "Amity"),
    ("position", "21°40′00″N"),
    ("position", "118°05′00″E"),
]


def test_writer_releaser_and_reader_see_the_same_elements(shared: Posts) -> None:
    north, south = shared
    checked = north.drafter.asks("text.check", text=TEXT, precedence="FLASH")
    draft = north.drafts(TEXT, "FLASH")
    seen = north.releaser.asks("draft.show", draft=draft["draft"])
    n = north.releases(draft)["n"]
    south.hears(n)
    read = south.watch.asks("message", n=n)
    for view in (checked, seen, read):
        assert [(each["kind"], each["value"]) for each in view["elements"]] == SAID
        first = view["elements"][0]
        assert TEXT[first["start"] : first["end"]] == first["text"] == "0352Z"
    assert (checked["words"], checked["words_max"], checked["refused"]) == (13, 200, None)
    assert seen["words_max"] == 200


@pytest.mark.parametrize(
    ("text", "precedence", "kind", "says"),
    [
        ("This is not a drill.", "ROUTINE", "text", "line 1, character 9"),
        ("This is real.", "ROUTINE", "test", "marked TEST"),
        ("a\tb", "ROUTINE", "text", "line 1, character 2"),
        ("word " * 201, "FLASH", "text", "1 more than the 200"),
    ],
)
def test_what_a_check_refuses_a_draft_refuses_too(
    shared: Posts, text: str, precedence: str, kind: str, says: str
) -> None:
    north, _ = shared
    asked = {"text": text, "precedence": precedence, "kind": kind}
    checked = north.drafter.asks("text.check", **asked)
    assert says in checked["refused"]["sentence"]
    with pytest.raises(Refused) as fault:
        north.drafter.asks("draft.new", **asked)
    assert fault.value.sentence == checked["refused"]["sentence"]


def test_a_kind_that_nobody_drafts_is_no_kind(shared: Posts) -> None:
    with pytest.raises(Misused):
        shared[0].drafter.asks("text.check", text="a", kind="poem")


def test_only_the_beginning_of_a_long_text_is_looked_through(shared: Posts) -> None:
    view = shared[0].drafter.asks("text.check", text="1 a " * 10_000)
    assert view["looked_at"] == 16_384
    assert len(view["elements"]) == 4096
