"""Two persons send a message: what one writes, the other releases, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import Type, body_of
from parley.core.errors import Misused, ParleyError, Refused
from parley.station.texts.drafts import LISTED_MAX
from tests.playbook import Post, Posts, Voice, two_stations


def test_the_station_refuses_a_release_by_whoever_wrote_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        both = north.operator.asks(
            "person.add", name="Nilsen", office="staff", roles=["drafter", "releaser"]
        )
        nilsen = _voice(north, both)
        draft = nilsen.asks("draft.new", text="I can do this alone.")
        with pytest.raises(Refused) as fault:
            nilsen.asks("release", draft=draft["draft"], sha256=draft["sha256"])
        assert "wrote draft" in fault.value.sentence
        assert "second person" in fault.value.hint
        n = north.releases(draft)["n"]
        assert south.hears(n)["drafter"]["name"] == "Nilsen"


def test_whoever_changed_a_draft_cannot_release_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Meet at 0600Z.")
        edited = north.releaser.asks("draft.edit", draft=draft["draft"], text="Meet at 0700Z.")
        assert [each["name"] for each in edited["editors"]] == [north.releaser.name]
        with pytest.raises(Refused) as fault:
            north.releases(draft)
        assert "changed" in fault.value.sentence
        both = north.operator.asks("person.add", name="Nilsen", office="s", roles=["releaser"])
        third = _voice(north, both)
        released = third.asks("release", draft=draft["draft"], sha256=edited["sha256"])
        assert released["n"] is not None


def test_a_release_quotes_what_was_read(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Meet at 0600Z.")
        edited = north.drafter.asks("draft.edit", draft=draft["draft"], text="Meet at 0700Z.")
        assert edited["sha256"] != draft["sha256"]
        with pytest.raises(Refused) as fault:
            north.releaser.asks("release", draft=draft["draft"], sha256=draft["sha256"])
        assert "not what you have read" in fault.value.sentence


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Meet at 0601Z."},
        {"precedence": "PRIORITY"},
        {"subject": "Meeting"},
        {"language": "ru"},
        {"from_desk": 1},
    ],
)
def test_every_part_of_a_draft_is_in_its_hash(tmp_path: Path, change: dict[str, Any]) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Meet at 0600Z.")
        edited = north.drafter.asks("draft.edit", draft=draft["draft"], **change)
        assert edited["sha256"] != draft["sha256"]
        back = {"text": "Meet at 0600Z.", "precedence": "ROUTINE", "subject": "", "language": "en"}
        again = north.drafter.asks("draft.edit", draft=draft["draft"], **back)
        assert (again["sha256"] == draft["sha256"]) is ("from_desk" not in change)


def test_a_releaser_has_seen_what_arrived_since(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        draft = north.drafts("We agree to everything.")
        assert draft["arrived_since"] == []
        n = south.sends("We have changed our mind.", "FLASH")
        north.hears(n)
        with pytest.raises(Refused) as fault:
            north.releaser.asks("release", draft=draft["draft"], sha256=draft["sha256"])
        assert f"{n} (FLASH)" in fault.value.sentence
        assert f"--displayed {n + 1}" in fault.value.hint
        with pytest.raises(Refused):
            north.releases(draft, displayed=n)
        shown = north.releaser.asks("draft.show", draft=draft["draft"])
        assert [each["n"] for each in shown["arrived_since"]] == [n]
        assert shown["displayed"] == n + 1
        assert north.releases(draft, displayed=n + 1)["n"] is not None


@pytest.mark.story
def test_what_no_list_has_room_for_was_not_seen_either(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        draft = north.drafts("We agree to everything.")
        for _ in range(LISTED_MAX):
            last = south.utters(Type.TEXT, body_of(Type.TEXT, {}, "Wait."))
        n = south.sends("We have changed our mind.", "FLASH")
        north.hears(n)
        assert n == last + 1
        with pytest.raises(Refused) as fault:
            north.releases(draft, displayed=n)
        assert f"{n} (FLASH)" in fault.value.sentence
        assert north.releases(draft, displayed=n + 1)["n"] is not None


def test_nobody_has_seen_what_was_not_written(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("We agree.")
        for count in (-1, 1000):
            with pytest.raises(Refused):
                north.releases(draft, displayed=count)


def test_a_draft_is_released_once(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Once.")
        north.releases(draft)
        number = draft["draft"]
        again: list[Callable[[], object]] = [
            lambda: north.releases(draft),
            lambda: north.drafter.asks("draft.edit", draft=number, text="Twice."),
            lambda: north.drafter.asks("draft.withdraw", draft=number),
        ]
        for each in again:
            with pytest.raises(Refused) as fault:
                each()
            assert "has been released" in fault.value.sentence


def test_a_draft_is_found_however_many_were_written_since(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        old, last = north.drafts("Still to be read."), north.drafts("Never mind.")
        north.drafter.asks("draft.withdraw", draft=last["draft"])
        written = "SELECT * FROM drafts WHERE id = ?"
        columns = "line_id, inc, person, at, base, type, precedence, status, body, withdrawn"
        (row,) = north.station.store.sql(written, (last["draft"],))

        def write() -> None:
            for _ in range(LISTED_MAX):
                north.station.store.sql(
                    f"INSERT INTO drafts ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [row[name] for name in columns.split(", ")],
                )

        north.stage.do(lambda: north.station.in_next_step(write))
        north.until(lambda: north.station.store.sql(written, (last["draft"] + LISTED_MAX,)))
        listed = north.releaser.asks("draft.list")["drafts"]
        assert [draft["draft"] for draft in listed] == [old["draft"]]
        assert north.releaser.asks("status")["drafts"] == [old["draft"]]
        assert north.releases(old)["n"] is not None
        assert not north.releaser.asks("draft.list")["drafts"]
        assert len(north.releaser.asks("draft.list", all=True)["drafts"]) == LISTED_MAX


def test_a_draft_that_was_withdrawn_stays_so(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Never mind.")
        assert north.drafter.asks("draft.withdraw", draft=draft["draft"])["state"] == "withdrawn"
        with pytest.raises(Refused):
            north.releases(draft)
        assert north.drafter.asks("draft.list")["drafts"] == []
        assert len(north.drafter.asks("draft.list", all=True)["drafts"]) == 1
        with pytest.raises(Refused):
            north.drafter.asks("draft.show", draft=99)


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"text": "a\tb"}, Refused, "line 1, character 2"),
        ({"text": "one\ntwo\u202e"}, Refused, "line 2, character 4"),
        ({"text": "\ud800"}, Refused, "lone surrogate"),
        ({"text": " \n "}, Refused, "white space"),
        ({"text": "x" * 65_537}, Refused, "65,537"),
        ({"text": "Hello.", "subject": "a\nb"}, Refused, "subject"),
        ({"text": "Hello.", "subject": "x" * 201}, Refused, "200 bytes"),
        ({"text": "Hello.", "precedence": "URGENT"}, Misused, "URGENT"),
        ({"text": "Hello.", "language": "en us"}, Refused, "language"),
        ({"text": "Hello.", "kind": "call"}, Misused, "call"),
        ({"text": "Hello.", "answers": 5}, Refused, "no message 5 of theirs"),
        ({"text": "Hello.", "corrects": 5}, Refused, "no message 5 of ours"),
        ({"text": "Hello.", "retracts": 0}, Refused, "no message 0 of ours"),
        ({"text": "Hello.", "from_desk": 7}, Refused, "no desk 7"),
        ({"text": "Hello.", "line": "Red Line"}, Refused, "no line 'Red Line'"),
        ({"text": "This is NOT a  drill."}, Refused, "not a drill"),
        ({"text": "Hello.", "subject": "Not an exercise"}, Refused, "not an exercise"),
    ],
)
def test_what_cannot_be_sent_is_refused_while_it_is_a_draft(
    shared: Posts, given: dict[str, Any], kind: type[ParleyError], said: str
) -> None:
    north, _ = shared
    with pytest.raises(kind) as fault:
        north.drafter.asks("draft.new", **given)
    assert said in fault.value.sentence
    assert fault.value.hint
    assert north.drafter.asks("draft.list")["drafts"] == []


def test_on_a_line_marked_actual_words_mean_what_they_say(tmp_path: Path) -> None:
    with two_stations(tmp_path, mark="ACTUAL") as (north, south):
        n = north.sends("This is not a drill.")
        assert south.hears(n)["status"] == "ACTUAL"
        with pytest.raises(Refused):
            north.drafts("This is not a test.", kind="test")


def test_the_first_language_of_a_party_goes_without_saying(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        plain = north.drafts("Hello.")
        assert plain["sha256"] == north.drafts("Hello.", language="en")["sha256"]
        n = south.sends("Bonjour.")
        assert north.hears(n)["language"] == "fr"
        n = south.sends("Hello.", language="en")
        assert north.hears(n)["language"] == "en"


def test_a_message_is_about_one_other(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.says("We are here.")["n"]
        m = south.says("So are we.")["n"]
        north.hears(m)
        pairs: tuple[dict[str, Any], ...] = (
            {"answers": m, "corrects": n},
            {"answers": m, "retracts": n},
            {"corrects": n, "retracts": n},
        )
        for about in pairs:
            with pytest.raises(Misused, match="answers, corrects or retracts one other"):
                north.drafts("Both.", **about)
        draft = north.drafts("One.", corrects=n)["draft"]
        with pytest.raises(Misused, match="one other"):
            north.drafter.asks("draft.edit", draft=draft, retracts=n)
        edited = north.drafter.asks("draft.edit", draft=draft, text="One, better.", corrects=n)
        assert edited["text"] == "One, better."
        assert len(north.drafter.asks("draft.list")["drafts"]) == 1


def _voice(post: Post, added: dict[str, Any]) -> Voice:
    voice = Voice(post, added["id"], "added", added["token"])
    post.people[str(added["id"])] = voice
    return voice
