"""Whether the principal is at the terminal: one watch officer states it, both sides show it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.attendance import Presence
from parley.core.entry import Key, Precedence, Type, body_of
from parley.core.errors import Misused, Refused
from parley.core.wire import Value
from parley.station.acts.operations import find
from parley.station.texts.attendance import WAITING_MAX
from tests.playbook import Post, Posts, two_stations


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Posts]:
    with two_stations(tmp_path, flash_s=60) as posts:
        yield posts


def add(post: Post, name: str = "Lindqvist", role: str = "principal") -> int:
    given = {"name": name, "office": "Prime Minister", "roles": [role]}
    id: int = post.operator.asks("person.add", **given)["id"]
    return id


def presence(post: Post, side: str) -> Any:
    return post.line()["presence"][side]


def states(post: Post, here: bool, **more: Any) -> dict[str, Any]:
    return post.watch.asks("presence.state", here=here, **more)


def holds(post: Post, n: int, side: str = "theirs") -> dict[str, Any]:
    """Wait until that statement is the one that holds, and read it."""
    post.until(lambda: (presence(post, side) or {}).get("n") == n)
    found: dict[str, Any] = presence(post, side)
    return found


def utter(post: Post, payload: Value, precedence: Precedence = Precedence.ROUTINE) -> int:
    return post.utters(Type.PRESENCE, body_of(Type.PRESENCE, {Key.DRAFTER: 4}, payload), precedence)


def test_E20_both_sides_show_who_is_there_by_name_and_who_says_so(pair: Posts) -> None:
    north, south = pair
    assert (presence(south, "theirs"), presence(north, "ours")) == (None, None)
    id = add(north)
    assert [each["name"] for each in north.line()["presence"]["principals"]] == ["Lindqvist"]
    said = states(north, here=True)
    assert (said["status"], said["person"]["id"], said["waiting"]) == ("EXERCISE", id, None)
    heard = holds(south, said["n"])
    assert (heard["here"], heard["status"], heard["waiting"]) == (True, "EXERCISE", False)
    assert (heard["person"]["name"], heard["person"]["office"]) == ("Lindqvist", "Prime Minister")
    assert heard["by"]["name"] == "Dahl"
    assert {**heard, "since": 0} == {**holds(north, said["n"], "ours"), "since": 0}
    left = states(north, here=False)
    assert (holds(south, left["n"])["here"], left["person"]["id"]) == (False, id)
    rows = south.auditor.asks("record")["entries"]
    told = [each["text"] for each in rows if each["kind"] == "presence"]
    assert told == [
        "The principal, Lindqvist, Prime Minister, is at the terminal.",
        "The principal, Lindqvist, Prime Minister, has left the terminal.",
    ]


def test_E20_only_a_watch_officer_states_it_and_only_of_a_principal(pair: Posts) -> None:
    north, _ = pair
    assert find("presence.state").roles == ("watch",)
    with pytest.raises(Refused, match="Nobody at this station has the role of principal"):
        states(north, here=True)
    with pytest.raises(Refused, match="Olsen has not the role of principal"):
        states(north, here=True, person=north.drafter.id)
    first, second = add(north), add(north, "Holm")
    with pytest.raises(Misused, match="several principals") as fault:
        states(north, here=True)
    assert f"{second} Holm" in fault.value.hint
    assert states(north, here=True, person=second)["person"]["name"] == "Holm"
    # Who left is who was there, also once that person works here no more.
    north.operator.asks("person.end", person=second)
    assert states(north, here=False)["person"]["id"] == second
    assert states(north, here=True)["person"]["id"] == first


def test_E20_what_has_not_the_form_states_nothing() -> None:
    assert Presence.parse([7, 1, "more"]) == Presence(7, here=True)
    for payload in (
        None,
        7,
        [],
        [7],
        [7, 2],
        [7, True],
        [True, 1],
        [-1, 1],
        [1 << 32, 1],
        ["7", 1],
    ):
        assert Presence.parse(payload) is None, payload


def test_E21_it_is_no_message_and_rings_nowhere_whatever_it_claims(pair: Posts) -> None:
    north, south = pair
    n = utter(north, [4, 1], Precedence.FLASH)
    assert holds(south, n)["person"]["name"] == "Dahl"
    status = south.watch.asks("status")
    assert status["alarms"] == []
    assert status["lines"][0]["oldest_unanswered"] is None
    assert status["lines"][0]["days_since_contact"] is None
    assert south.watch.asks("inbox")["messages"] == []
    with pytest.raises(Refused, match=f"There is no message {n} of theirs"):
        south.watch.asks("open", n=n)
    seen = set()
    while not south.happened.empty():
        seen.add(south.happened.get()["kind"])
    assert "presence" in seen
    assert not seen & {"alarm", "message"}


def test_E22_the_next_statement_ends_the_one_before_even_unread(pair: Posts) -> None:
    north, south = pair
    first, second = utter(north, [4, 1]), utter(north, [5, 1])
    assert (first < second, holds(south, second)["person"]["id"]) == (True, 5)
    heard = holds(south, utter(north, ["somebody", 1]))
    assert (heard["here"], heard["person"]) == (None, None)
    assert holds(south, utter(north, [77, 0]))["person"]["name"] == "person 77"


def test_E22_its_age_counts_from_the_earlier_clock(pair: Posts) -> None:
    north, south = pair
    add(north)
    north.clock.set_wrong(7200)
    fast = holds(south, states(north, here=True)["n"])
    assert fast["at"] - fast["since"] > 7000
    assert fast["since"] <= south.watch.asks("status")["now"]
    north.clock.set_wrong(-7200)
    slow = holds(south, states(north, here=True)["n"])
    assert slow["since"] == slow["at"]
    assert south.watch.asks("status")["now"] - slow["since"] > 7000


def test_E22_what_waits_is_shown_as_that_and_its_time_is_when_it_was_stated(pair: Posts) -> None:
    north, south = pair
    add(north)
    south.stops()
    north.until(lambda: not north.line()["path_up"])
    for _ in range(WAITING_MAX - 1):
        said = states(north, here=True)
    assert said["n"] is None
    stated = presence(north, "ours")
    assert (stated["here"], stated["waiting"], stated["n"]) == (True, True, None)
    assert states(north, here=False)["waiting"]
    assert presence(north, "ours")["here"] is False
    with pytest.raises(Refused) as fault:
        states(north, here=True)
    assert fault.value.rule == "E22"
    at = presence(north, "ours")["at"]
    north.clock.skip(3600)
    south.starts()
    south.until(lambda: (presence(south, "theirs") or {}).get("here") is False)
    assert presence(south, "theirs")["at"] == at
    assert south.watch.asks("status")["now"] - presence(south, "theirs")["since"] > 3500


def test_E22_a_close_ends_it(pair: Posts) -> None:
    north, south = pair
    add(north)
    holds(south, states(north, here=True)["n"])
    draft = south.drafter.asks("close", reason="The talks are over.")
    south.releases(draft)
    north.until(lambda: north.line()["declared"] == "closed")
    south.until(lambda: south.line()["declared"] == "closed")
    assert (presence(north, "ours"), presence(south, "theirs")) == (None, None)
