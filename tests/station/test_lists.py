"""Long lists come page by page, the gravest of what waits first, and only what was shown counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.core.errors import Misused
from tests.playbook import two_stations


def test_a_long_list_is_read_page_by_page_and_what_waits_by_gravity(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stops()  # so that all come at one moment, where a page may end between two
        texts = [f"Number {n}." for n in range(7)]
        for text in texts:
            north.says(text)
        south.starts()
        south.until(lambda: len(south.auditor.asks("inbox", all=True)["messages"]) == len(texts))
        last = north.sends("Now.", "FLASH")
        texts.append("Now.")
        south.hears(last)
        for post, verb in ((south, "inbox"), (north, "outbox")):
            found, place = [], None
            for left in (5, 2, 0):
                page = post.auditor.asks(verb, all=True, most=3, before=place)
                found += [each["text"] for each in page["messages"]]
                place = page["older"]
                assert (place is not None) == (left > 0)
            assert sorted(found) == sorted(texts)
        shown = south.auditor.asks("inbox", most=3)
        assert shown["messages"][0]["text"] == "Now."
        for wrong in ("1", "x,1,2,3", f"1.0,2,{'0' * 31},1"):
            with pytest.raises(Misused, match="no place"):
                south.auditor.asks("inbox", all=True, before=wrong)
        with pytest.raises(Misused, match="at once"):
            south.auditor.asks("inbox", all=True, most=0)


def test_what_is_on_no_screen_is_not_told_as_displayed(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        numbers = [north.sends(text) for text in ("One.", "Two.", "Three.")]
        south.hears(numbers[-1])
        newest = south.watch.asks("inbox", all=True, most=1)
        assert [each["n"] for each in newest["messages"]] == numbers[-1:]
        south.until(lambda: "displayed" in south.stages(numbers[-1], "theirs"))
        assert all("displayed" not in south.stages(n, "theirs") for n in numbers[:2])
        south.watch.asks("inbox", all=True)
        south.until(lambda: all("displayed" in south.stages(n, "theirs") for n in numbers))


def test_many_that_wait_leave_room_for_a_few_of_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page stays one that can be drawn at once, and still shows what came last."""
    monkeypatch.setattr("parley.station.texts.inbox.NEWEST", 4)
    monkeypatch.setattr("parley.station.texts.inbox.NEWEST_LEAST", 2)
    with two_stations(tmp_path) as (north, south):
        numbers = [north.sends(f"Number {n}.") for n in range(9)]
        south.hears(numbers[-1])

        def shown(most: int) -> tuple[list[int], bool]:
            found = south.auditor.asks("inbox", most=most)
            return [numbers.index(each["n"]) for each in found["messages"]], found["more"]

        assert shown(5) == ([0, 1, 2, 3, 4, 7, 8], True)
        assert shown(7) == ([0, 1, 2, 3, 4, 5, 6, 7, 8], False)
        assert shown(8) == ([0, 1, 2, 3, 4, 5, 6, 7, 8], False)
        for n in numbers[:8]:
            south.watch.asks("open", n=n)
        assert shown(5) == ([6, 7, 8], False)  # one waits, and is among the newest three


def test_a_list_made_in_turns_says_how_it_stood_before_it_was_displayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.station.answering.TURN_S", 0.0)
    with two_stations(tmp_path) as (north, south):
        for n in range(20):
            last = north.sends(f"One of many, {n}.")
        south.hears(last)

        def displayed() -> list[bool]:
            listed = south.watch.asks("inbox")["messages"]
            return ["displayed" in [each["stage"] for each in m["stages"]] for m in listed]

        assert displayed() == [False] * 20
        south.until(lambda: displayed() == [True] * 20)
