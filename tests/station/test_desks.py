"""Desks, who holds them, and what the other side is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.core.errors import Refused
from tests.playbook import two_stations


def test_the_watch_is_handed_over_and_the_other_side_sees_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        desk = south.line()["desks"]["theirs"][0]
        assert [each["name"] for each in desk["holders"]] == [north.watch.name]
        north.deputy.asks("desk.hold", desk=1)
        north.watch.asks("desk.leave", desk=1)
        assert [each["name"] for each in north.line()["desks"]["ours"][0]["holders"]] == [
            north.deputy.name
        ]

        def told() -> bool:
            holders = south.line()["desks"]["theirs"][0]["holders"]
            return [each["name"] for each in holders] == [north.deputy.name]

        south.until(told)


def test_a_message_may_go_from_desk_to_desk(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.operator.asks("desk.add", name="Chairman's office")
        north.until(lambda: len(north.line()["desks"]["theirs"]) == 2)
        n = north.says("For the Chairman.", from_desk=1, to_desks=[2])["n"]
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
