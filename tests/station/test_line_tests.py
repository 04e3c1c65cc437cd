"""Tests of the line by people: out, answered by a person there, and shown on both first pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import Key, Type, body_of
from parley.core.errors import Refused
from parley.station.alarms import tested
from tests.playbook import two_stations


def test_a_test_is_answered_by_a_person_and_both_sides_see_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        assert north.line()["last_test"] is None
        called = north.watch.asks("test.call")
        heard = south.hears(called["n"])
        assert (heard["kind"], heard["status"], heard["text"]) == ("test", "TEST", called["text"])
        assert south.line()["last_test"] is None
        answer = south.watch.asks("test.answer", n=called["n"], text="214 centimetres, heard.")
        assert north.hears(answer["n"])["kind"] == "test answer"
        north.until(lambda: north.line()["last_test"])
        seen = north.line()["last_test"]
        assert seen["by"] == "theirs"
        assert 0 <= seen["answered_s"] < 20
        assert south.line()["last_test"]["by"] == "ours"
        assert "answered" in north.stages(called["n"])


def test_texts_of_tests_differ_and_are_numbered(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        called = [north.watch.asks("test.call") for _ in range(5)]
        assert [each["test"] for each in called] == [1, 2, 3, 4, 5]
        assert len({each["text"] for each in called}) == 5


def test_a_test_may_be_drafted_and_released_like_a_message(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("The lighthouse is lit.", kind="test")
        heard = south.hears(n)
        assert (heard["kind"], heard["text"]) == ("test", "The lighthouse is lit.")


def test_a_test_is_no_message_and_no_contact(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.watch.asks("test.call")["n"]
        south.hears(n)
        assert south.line()["days_since_contact"] is None
        m = north.sends("A message.")
        south.hears(m)
        assert south.line()["days_since_contact"] == 0
        north.clock.skip(3 * 86_400 + 60)
        assert south.line()["days_since_contact"] == 3


def test_only_tests_are_answered_so_and_only_harmlessly(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("A message.")
        south.hears(n)
        with pytest.raises(Refused) as fault:
            south.watch.asks("test.answer", n=n, text="Heard.")
        assert "not a test" in fault.value.sentence
        with pytest.raises(Refused):
            north.watch.asks("test.call", text="This is not a test.")
        with pytest.raises(Refused):
            north.watch.asks("test.call", text="x" * 3000)
        with pytest.raises(Refused):
            north.drafter.asks("test.call")


def test_of_many_answers_to_a_test_the_first_alone_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.watch.asks("test.call")["n"]
        south.hears(n)
        first = south.watch.asks("test.answer", n=n, text="Heard.")["n"]
        about = {Key.ANSWERS: [north.station.lines[0].ours, n]}
        answers = body_of(
            Type.TEXT, {int(key): value for key, value in about.items()}, "And again."
        )
        for _ in range(5):
            last = south.utters(Type.TEXT, answers)
        north.until(lambda: north.line()["their_size"] > last)
        sql, read = north.station.store.sql, list[int]()

        def reads(query: str, *given: Any) -> Any:
            rows = sql(query, *given)
            if "act = 'answered'" in query:
                read.append(len(rows))
            return rows

        def looks() -> int | None:
            (line,) = north.station.lines
            with monkeypatch.context() as counted:
                counted.setattr(north.station.store, "sql", reads)
                (test,) = tested._of_life(north.station, line)
            return test.answer and test.answer[1]

        assert north.stage.do(looks) == first
        assert max(read) == 1
