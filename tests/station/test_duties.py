"""The duty roster: who is due, what is wrong with it ahead of time, and who has not come."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Misused, Refused
from parley.station.staff.duty import Duty, Fault, faults, now_and_next, said
from tests.playbook import Post, Voice, two_stations

HOUR_S = 3_600
LATE_S = 600


def at(post: Post, ahead_s: float) -> str:
    """A time from now, as it is typed."""
    wall = post.clock.now().wall + ahead_s
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d %H:%MZ")


def duty(id: int, person: int, since: float, until: float, desk: int = 1) -> Duty:
    return Duty(id, desk, person, since, until, None, None, None, 0, None)


def due(post: Post, who: Voice, hours: float, since: float | None = None) -> dict[str, Any]:
    """Put somebody on the roster of the first desk."""
    given: dict[str, Any] = {"desk": 1, "person": who.id, "for_s": int(hours * HOUR_S)}
    if since is not None:
        given["since"] = at(post, since * HOUR_S)
    return post.operator.asks("roster.add", **given)


def roster(post: Post) -> dict[str, Any]:
    """The first desk's, as every page says it."""
    found: dict[str, Any] = post.watch.asks("status")["roster"][0]
    return found


def test_gaps_and_double_bookings_are_found_ahead() -> None:
    day = 86_400.0
    assert faults([], 0) == []
    whole = [duty(1, 1, 0, day), duty(2, 2, day, 3 * day)]
    assert faults(whole, 10) == []
    assert faults(whole, 2 * day + 1) == [Fault("gap", 1, 3 * day, None)]
    assert faults(whole, 4 * day) == [Fault("gap", 1, 4 * day, None)]
    holes = [duty(1, 1, 100, 200), duty(2, 2, 300, 2 * day)]
    assert faults(holes, 0) == [Fault("gap", 1, 0, 100), Fault("gap", 1, 200, 300)]
    two = [duty(1, 1, 0, 300), duty(2, 2, 200, 2 * day)]
    assert faults(two, 0) == [Fault("two", 1, 200, 300, (1, 2))]
    twice = [duty(1, 1, 0, 2 * day), duty(2, 1, 50, 2 * day, 2)]
    found = [each for each in faults(twice, 60) if each.kind == "twice"]
    assert found == [Fault("twice", 1, 50, 2 * day, (1,), 2)]
    inside = [duty(1, 1, 0, 2 * day), duty(2, 2, 100, 200)]
    assert [each.kind for each in faults(inside, 0)] == ["two"]


def test_what_stands_in_a_hand_over_does_not_change_while_it_is_read() -> None:
    desks, names = {1: "watch desk", 2: "annex"}, ["Dahl", "Lund"]
    rows = [duty(1, 1, 0, 500), duty(2, 2, 50, 600), duty(3, 1, 60, 300, 2)]
    for row_of_faults in zip(faults(rows, 70), faults(rows, 71), strict=True):
        first, later = (
            said(fault, desks, names, now)
            for fault, now in zip(row_of_faults, (70, 71), strict=True)
        )
        assert first == later


def test_who_is_due_now_and_who_comes_next() -> None:
    rows = [duty(1, 1, 0, 100), duty(2, 2, 100, 200)]
    assert [each and each.person for each in now_and_next(rows, 99.9)] == [1, 2]
    assert [each and each.person for each in now_and_next(rows, 100)] == [2, None]
    assert now_and_next(rows, 200) == (None, None)
    beside = [duty(1, 1, 0, 100), duty(2, 2, 50, 200)]
    assert [each and each.person for each in now_and_next(beside, 60)] == [1, 2]


def test_the_roster_turns_by_itself_and_says_what_is_missing(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        added = due(north, north.watch, 2)
        assert [each["kind"] for each in added["warnings"]] == ["gap"]
        due(north, north.deputy, 2, 3)
        shown = north.auditor.asks("roster.list")
        assert [each["person"]["name"] for each in shown["duties"]] == ["Dahl", "Lund"]
        first, second = shown["warnings"]
        assert first["sentence"].startswith("Nobody is due at watch desk from ")
        assert (first["until"], second["until"]) == (shown["duties"][1]["since"], None)
        assert (roster(north)["now"]["person"]["name"], roster(north)["late"]) == ("Dahl", [])
        assert roster(north)["next"]["person"]["name"] == "Lund"
        items = [each["text"] for each in north.watch.asks("watch.show")["items"]]
        assert first["sentence"] in items

        north.clock.skip(3.1 * HOUR_S)
        north.event("roster", state="turn")
        assert roster(north)["now"]["person"]["name"] == "Lund"
        struck = shown["duties"][1]["duty"]
        assert north.operator.asks("roster.strike", duty=struck)["warnings"][0]["kind"] == "gap"
        assert roster(north)["now"] is None
        with pytest.raises(Refused, match="no entry"):
            north.operator.asks("roster.strike", duty=struck)


def test_who_has_not_come_is_said_and_rings_for_deputies(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        north.operator.asks("desk.deputies", desk=1, persons=[north.deputy.id])
        due(north, north.watch, 1)
        due(north, north.deputy, 8, 1)
        start = roster(north)["next"]["since"]
        north.clock.skip(start - north.clock.now().wall + LATE_S - 5)
        assert (roster(north)["now"]["person"]["name"], roster(north)["late"]) == ("Lund", [])
        north.clock.skip(6)
        north.event("roster", state="late")
        (late,) = roster(north)["late"]
        assert "Lund was due at watch desk at" in late["sentence"]
        assert "has not taken the watch" in late["sentence"]
        north.clock.skip(LATE_S + 1)
        assert "Lund is called" in north.event("roster", state="deputy called")["sentence"]
        north.clock.skip(LATE_S + 1)
        north.event("roster", state="nobody came")
        items = north.watch.asks("watch.show")["items"]
        assert [item["loud"] for item in items if item["text"] == late["sentence"]] == [True]

        # It ends by their coming, and stands in the trail.
        north.deputy.asks("watch.take", reason="I was late.")
        north.event("roster", state="came")
        assert roster(north)["late"] == []
        acts = [row["act"] for row in north.auditor.asks("audit")["rows"]]
        assert [act for act in acts if act.startswith("roster: ")] == [
            *("roster: late", "roster: deputy called", "roster: nobody came", "roster: came")
        ]


def test_somebody_takes_it_in_hand_and_nobody_more_is_called(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        entry = due(north, north.deputy, 8)["entry"]["duty"]
        with pytest.raises(Refused, match="Nobody is missed"):
            north.watch.asks("roster.take", duty=entry)
        north.clock.skip(LATE_S + 1)
        north.event("roster", state="late")
        # A station that was started anew goes on with what it had said.
        north.stops()
        north.starts()
        assert len(roster(north)["late"]) == 1
        north.watch.asks("roster.take", duty=entry)
        assert roster(north)["late"] == []
        north.clock.skip(3 * LATE_S)
        acts = [row["act"] for row in north.auditor.asks("audit")["rows"]]
        assert "roster: deputy called" not in acts


def test_who_goes_leaves_a_gap_that_is_said(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        due(north, north.watch, 30)
        due(north, north.deputy, 30, 30)
        assert roster(north)["next"]["person"]["name"] == "Lund"
        north.operator.asks("person.end", person=north.deputy.id)
        assert roster(north)["next"] is None
        north.clock.skip(20 * HOUR_S)
        (gap,) = north.auditor.asks("roster.list")["warnings"]
        assert gap["kind"] == "gap"


def test_what_fits_no_roster_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        good: dict[str, Any] = {"desk": 1, "person": north.watch.id, "for_s": HOUR_S}
        refused: list[tuple[dict[str, Any], str]] = [
            ({"desk": 9}, "There is no desk 9"),
            ({"person": north.drafter.id}, "does not have the role watch"),
            ({"person": 999}, "Nobody at this station"),
            ({"for_s": 8 * 24 * HOUR_S}, "168 hours"),
            ({"for_s": 0}, "is over"),
            ({"for_s": -(1 << 50)}, "not after the start"),
            ({"for_s": 1 << 50}, "168 hours"),
            ({"since": at(north, -3 * HOUR_S)}, "is over"),
            ({"since": at(north, HOUR_S), "for_s": -60}, "not after the start"),
        ]
        for given, why in refused:
            with pytest.raises(Refused, match=why):
                north.operator.asks("roster.add", **{**good, **given})
        for no_time in ("soon", "9999-12-31 23:59Z"):
            with pytest.raises(Misused, match="is no time"):
                north.operator.asks("roster.add", **{**good, "since": no_time})
        with pytest.raises(Misused, match="Until when"):
            north.operator.asks("roster.add", desk=1, person=north.watch.id)
        with pytest.raises(Refused, match="Only an operator or a watch officer"):
            north.drafter.asks("roster.add", **good)
