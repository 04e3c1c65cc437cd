"""Desks, who holds them, and what the other side is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Refused
from tests.playbook import Post, two_stations


def test_a_desk_changes_hands_and_the_other_side_sees_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        desk = south.line()["desks"]["theirs"][0]
        assert [each["name"] for each in desk["holders"]] == [north.watch.name]
        north.operator.asks("desk.add", name="night desk")
        north.deputy.asks("desk.hold", desk=1)
        north.deputy.asks("desk.hold", desk=2)
        north.deputy.asks("desk.leave", desk=1)
        held = [desk["holders"] for desk in north.line()["desks"]["ours"]]
        assert [[each["name"] for each in holders] for holders in held] == [
            [north.watch.name],
            [north.deputy.name],
        ]

        def told() -> bool:
            desks = south.line()["desks"]["theirs"]
            return [[each["name"] for each in desk["holders"]] for desk in desks] == [
                [north.watch.name],
                [north.deputy.name],
            ]

        south.until(told)


def test_a_message_may_go_from_desk_to_desk(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.operator.asks("desk.add", name="Chairman's office")
        north.until(lambda: len(north.line()["desks"]["theirs"]) == 2)
        n = north.sends("For the Chairman.", from_desk=1, to_desks=[2])
        assert south.hears(n)["desks"] == {"from": "watch desk", "to": ["Chairman's office"]}
        with pytest.raises(Refused) as fault:
            north.drafts("For nobody.", to_desks=[3])
        assert "no desk 3" in fault.value.sentence


def test_only_a_watch_officer_is_a_deputy_and_only_a_holder_leaves(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        with pytest.raises(Refused):
            north.operator.asks("desk.deputies", desk=1, persons=[north.drafter.id])
        with pytest.raises(Refused):
            north.operator.asks("desk.deputies", desk=1, persons=[5, 5])
        with pytest.raises(Refused):
            north.operator.asks("desk.deputies", desk=1, persons=[99])
        with pytest.raises(Refused):
            north.deputy.asks("desk.leave", desk=1)
        with pytest.raises(Refused):
            north.watch.asks("desk.hold", desk=9)
        with pytest.raises(Refused):
            north.operator.asks("desk.add", name="watch desk")
        desk = north.operator.asks("desk.deputies", desk=1, persons=[])
        assert desk["deputies"] == []


def test_who_ends_holds_no_desk(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        north.operator.asks("person.end", person=north.watch.id)
        desk = north.operator.asks("desk.list")["desks"][0]
        assert desk["holders"] == []


def test_E19_a_line_is_in_service_once_both_sides_have_filled_their_desks(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):

        def says(post: Post) -> dict[str, Any]:
            filled: dict[str, Any] = post.line()["filled"]
            return filled

        def both_say(north_filled: bool, south_filled: bool) -> bool:
            pairs = [(says(post)["ours"], says(post)["theirs"]) for post in (north, south)]
            return pairs == [(north_filled, south_filled), (south_filled, north_filled)]

        for post, number in ((north, north.deputy.id), (south, south.deputy.id)):
            post.operator.asks("desk.deputies", desk=1, persons=[number])
        north.until(lambda: both_say(True, True))
        assert says(north)["sentence"] == ""
        south.operator.asks("desk.deputies", desk=1, persons=[])
        north.until(lambda: both_say(True, False))
        assert says(north)["sentence"] == (
            "Not in service, their desk is not filled: the desk watch desk has no deputy."
        )
        north.operator.asks("person.end", person=north.watch.id)
        south.until(lambda: not says(south)["theirs"])
        assert "their desk is not filled: nobody holds" in says(south)["sentence"]
        # It bars nothing.
        assert north.sends("Is anybody there?", "FLASH") is not None
