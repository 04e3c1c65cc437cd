"""Events are numbered, told at once, and found again by who was away for a moment."""

from __future__ import annotations

from typing import Any

from parley.station.acts.events import KEPT_MAX, Event, Events


def told(count: int, start: int = 0) -> list[Event]:
    return [{"kind": "stage", "n": n} for n in range(start, start + count)]


def test_each_listener_hears_every_event_in_order() -> None:
    events = Events(1000.0)
    heard: list[Any] = []
    stop = events.listen(heard.extend)
    events.publish(told(3))
    stop()
    events.publish(told(1))
    assert [event["n"] for event in heard] == [0, 1, 2]
    first = heard[0]["seq"]
    assert [event["seq"] for event in heard] == [first, first + 1, first + 2]


def test_who_was_away_for_a_moment_goes_on_where_it_was() -> None:
    events = Events(1000.0)
    events.publish(told(5))
    seen = events.seq - 2
    assert [event["n"] for event in events.since(seen)] == [3, 4]
    assert events.since(events.seq) == []


def test_who_was_away_too_long_is_told_of_the_gap() -> None:
    events = Events(1000.0)
    start = events.seq
    events.publish(told(KEPT_MAX + 10))
    missed = events.since(start)
    assert missed[0]["kind"] == "gap"
    assert len(missed) == KEPT_MAX + 1


def test_numbers_of_an_earlier_start_show_a_gap() -> None:
    before = Events(1000.0)
    before.publish(told(2))
    after = Events(1001.0)
    after.publish(told(1))
    missed = after.since(before.seq)
    assert [event["kind"] for event in missed] == ["gap", "stage"]


def test_a_number_from_the_future_shows_a_gap() -> None:
    events = Events(1000.0)
    events.publish(told(2))
    assert events.since(events.seq + 1_000_000)[0]["kind"] == "gap"
