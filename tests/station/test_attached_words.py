"""The words of an attached text are words of its message: they contradict no mark, and nothing of
the operators' chat stands in them unless a writer says that it is meant."""

from __future__ import annotations

import pytest

from parley.core.errors import Refused
from tests.playbook import Posts
from tests.station.test_attachments import attaches
from tests.station.test_chat import arrives

SAID = "Our second path is slow tonight, we change the modem at 0200Z."


def test_F8_an_attached_text_and_its_name_contradict_no_mark(shared: Posts) -> None:
    north, _ = shared
    number = north.drafts("See it.")["draft"]
    for raw, name in (
        (b"All stations.\nThis is not a drill.\n", "note.txt"),
        (b"Position 1\n", "This is not a drill.txt"),
    ):
        with pytest.raises(Refused, match=r"says .[Tt]his is not a drill|says .not a drill"):
            attaches(north.drafter, number, raw, name)
    assert north.drafter.asks("draft.show", draft=number)["attachments"] == []


def test_O6_words_of_the_chat_in_an_attached_text_are_meant_or_refused(shared: Posts) -> None:
    north, south = shared
    south.watch.asks("chat.say", text=SAID)
    arrives(north, SAID)
    number = north.drafts("See what they say.")["draft"]
    with pytest.raises(Refused, match="stand in the operators' chat") as fault:
        attaches(north.drafter, number, f"For the staff:\n{SAID}\n".encode(), "said.txt")
    assert fault.value.rule == "O6"
    attaches(
        north.drafter, number, f"For the staff:\n{SAID}\n".encode(), "said.txt", from_chat=True
    )
    shown = north.releaser.asks("draft.show", draft=number)
    assert [each["text"] for each in shown["chat"]] == [SAID]
    assert shown["from_chat"]["by"]["name"] == north.drafter.name


def test_O6_what_is_said_later_is_found_in_an_attached_text_and_in_a_subject(shared: Posts) -> None:
    north, south = shared
    later = "The ferry leaves the northern quay an hour before the tide."
    one = north.drafts("See it.")["draft"]
    attaches(north.drafter, one, f"{later}\n".encode(), "later.txt")
    two = north.drafts("See above.", subject=later)["draft"]
    south.watch.asks("chat.say", text=later)
    arrives(north, later)
    for number in (one, two):
        shown = north.releaser.asks("draft.show", draft=number)
        assert [each["text"] for each in shown["chat"]] == [later]
    with pytest.raises(Refused, match="stand in the operators' chat"):
        north.drafts("See above.", subject=later)
    with pytest.raises(Refused, match="stand in the operators' chat"):
        north.drafter.asks(
            "draft.edit", draft=north.drafts("See all.")["draft"], text="See all.", subject=later
        )
