"""Between drafter and releaser: held, sent back, reviewed, taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parley.core.errors import Refused
from tests.playbook import Post, Posts, Voice, two_stations


def hired(post: Post, name: str, *roles: str) -> Voice:
    made = post.operator.asks("person.add", name=name, office="Staff", roles=list(roles))
    voice = post.people[name] = Voice(post, made["id"], name, made["token"])
    return voice


def test_what_is_held_is_released_by_nobody_until_it_is_free(shared: Posts) -> None:
    north, _ = shared
    draft = north.drafts("Cease fire at 0600Z.")
    number = draft["draft"]
    held = north.watch.asks("draft.hold", draft=number, reason="The Chairman calls first.")
    assert held["held"]["by"]["name"] == north.watch.name
    with pytest.raises(Refused, match="The Chairman calls first"):
        north.releases(draft)
    with pytest.raises(Refused, match="held already"):
        north.releaser.asks("draft.hold", draft=number, reason="Me too.")
    assert north.releaser.asks("draft.free", draft=number)["held"] is None
    with pytest.raises(Refused):
        north.releaser.asks("draft.free", draft=number)
    assert north.releases(draft)["n"] is not None
    steps = north.drafter.asks("draft.show", draft=number)["steps"]
    assert [step["step"] for step in steps] == ["held", "freed"]


def test_what_is_sent_back_is_edited_before_it_goes_out(shared: Posts) -> None:
    north, _ = shared
    draft = north.drafts("Meet at 0600Z.")
    number = draft["draft"]
    north.releaser.asks("draft.send_back", draft=number, reason="Say which day.")
    assert north.drafter.asks("draft.list")["drafts"][-1]["sent_back"]["remark"] == "Say which day."
    with pytest.raises(Refused, match="Say which day"):
        north.releases(draft)
    edited = north.drafter.asks("draft.edit", draft=number, text="Meet at 0600Z on 3 June 2026.")
    assert edited["sent_back"] is None
    assert north.releases(draft)["n"] is not None
    for step in ("draft.hold", "draft.send_back"):
        with pytest.raises(Refused, match="has been released"):
            north.releaser.asks(step, draft=number, reason="Too late.")


def test_two_who_change_one_draft_at_once_are_both_told(shared: Posts) -> None:
    north, _ = shared
    draft = north.drafts("Meet at 0600Z.")
    number, seen = draft["draft"], draft["sha256"]
    first = north.releaser.asks("draft.edit", draft=number, text="Meet at 0700Z.", seen=seen)
    with pytest.raises(Refused, match=f"{north.releaser.name} has changed draft {number}"):
        north.drafter.asks("draft.edit", draft=number, text="Meet at 0800Z.", seen=seen)
    assert north.drafter.asks("draft.show", draft=number)["text"] == "Meet at 0700Z."
    both = north.drafter.asks("draft.edit", draft=number, text="0700Z.", seen=first["sha256"])
    assert both["text"] == "0700Z."


def test_three_people_where_the_line_asks_for_them(shared: Posts) -> None:
    north, _ = shared
    third = hired(north, "Tveit", "releaser")
    line = north.drafter.asks("glossary.list")["line_name"]
    station, home = north.station, north.station.home
    writing = replace(home.config.writing, three_persons=(line,))
    station.home = replace(home, config=replace(home.config, writing=writing))
    try:
        draft = north.drafts("We open the border.")
        number = draft["draft"]
        assert draft["needs_review"] is True
        with pytest.raises(Refused, match="a third person reviews"):
            north.releases(draft)
        both = hired(north, "Both", "drafter", "releaser")
        own = both.asks("draft.new", text="Mine.")
        with pytest.raises(Refused, match="wrote draft"):
            both.asks("draft.review", draft=own["draft"], sha256=own["sha256"])
        with pytest.raises(Refused, match="not what you have read"):
            third.asks("draft.review", draft=number, sha256="0" * 64)
        assert number in third.asks("status")["drafts"]
        reviewed = third.asks("draft.review", draft=number, sha256=draft["sha256"])
        assert number not in third.asks("status")["drafts"]  # another one releases it
        assert number in north.releaser.asks("status")["drafts"]
        assert reviewed["reviewed"]["by"]["name"] == "Tveit"
        with pytest.raises(Refused, match="reviewed draft"):
            third.asks("release", draft=number, sha256=draft["sha256"])
        edited = north.drafter.asks("draft.edit", draft=number, text="We open it at 0600Z.")
        assert edited["reviewed"] is None  # other bytes: nobody has reviewed them
        third.asks("draft.review", draft=number, sha256=edited["sha256"])
        assert north.releases(draft)["n"] is not None
        # Who reviewed first may release once a third person has reviewed too; and not before.
        draft = north.drafts("We close the border.")
        given = {"draft": draft["draft"], "sha256": draft["sha256"]}
        for reviewer in (north.releaser, north.releaser):
            reviewer.asks("draft.review", **given)
            with pytest.raises(Refused, match=f"{north.releaser.name} reviewed draft"):
                north.releases(draft)
        shown = third.asks("draft.review", **given)
        assert [each["by"]["id"] for each in shown["reviews"]] == [north.releaser.id, third.id]
        assert north.releases(draft)["n"] is not None
    finally:
        station.home = home


def test_a_release_that_has_not_left_is_taken_back(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        gone = north.drafts("This one left.")
        n = north.releases(gone)["n"]
        with pytest.raises(Refused, match=f"has left as message {n}"):
            north.drafter.asks("draft.take_back", draft=gone["draft"], reason="No.")
        south.stops()
        north.event("line", state="path down")
        draft = north.drafts("Fire at will.")
        with pytest.raises(Refused, match="has not been released"):
            north.drafter.asks("draft.take_back", draft=draft["draft"], reason="No.")
        assert north.releases(draft)["n"] is None
        north.watch.asks("draft.take_back", draft=draft["draft"], reason="Wrong line.")
        back = north.drafter.asks("draft.show", draft=draft["draft"])
        assert back["state"] == "open"
        assert "taken back by Dahl: Wrong line." in back["given_back"]["why"]
        south.starts()
        after = north.sends("We wait.")
        north.event("line", state="path up")
        south.hears(after)
        heard = [each["text"] for each in south.watch.asks("inbox")["messages"]]
        assert heard == ["This one left.", "We wait."]


def test_each_person_is_told_which_drafts_wait_for_them(shared: Posts) -> None:
    north, _ = shared

    def waiting(voice: Voice) -> bool:
        return number in voice.asks("status")["drafts"]

    number = north.drafts("Meet at 0600Z.")["draft"]
    everybody = (north.drafter, north.releaser, north.watch, north.auditor, north.operator)
    assert [waiting(each) for each in everybody] == [False, True, False, False, False]
    north.watch.asks("draft.hold", draft=number, reason="The Chairman calls first.")
    assert not any(map(waiting, everybody))
    north.watch.asks("draft.free", draft=number)
    north.releaser.asks("draft.send_back", draft=number, reason="Say which day.")
    assert [waiting(each) for each in everybody] == [True, False, False, False, False]
    edited = north.drafter.asks("draft.edit", draft=number, text="Meet at 0600Z on 3 June 2026.")
    assert waiting(north.releaser)
    north.releases(edited)
    assert not any(map(waiting, everybody))
