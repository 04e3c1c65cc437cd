"""Human tests on a schedule: whose turn it is, what is missed, and the figures of both sides."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.harmless import TEXTS, harmless
from parley.core.errors import Misused, Refused
from parley.station.line.schedule import by_the_clock
from parley.station.line.wording import advice
from parley.station.texts.critical import critical
from tests.playbook import HOUR_S, HOURLY, Post, hourly, two_stations


def of(post: Post, window: str = "day") -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of a party's own tests and of the other's, as its station shows them."""
    view, party = shows(post), post.watch.asks("status")["station"]["party"]
    sides = view["figures"][window]["sides"]
    return (sides[0], sides[1]) if view["parties"][0] == party else (sides[1], sides[0])


def asks(post: Post) -> dict[str, Any]:
    """What the line asks of its watch."""
    view: dict[str, Any] = post.line()["tests"]
    return view


def shows(post: Post) -> dict[str, Any]:
    """What `parley test schedule` shows."""
    view: dict[str, Any] = post.watch.asks("test.schedule")
    return view


def _suspended(post: Post) -> bool:
    return bool(post.line()["declared"] == "suspended")


def found(post: Post) -> list[str]:
    """What the station itself found, in its audit trail."""
    return [row["act"] for row in post.auditor.asks("audit")["rows"] if row["person"] == 0]


def test_T1_each_side_is_asked_in_its_hour_and_both_know_whose_it_is(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, b):
        assert asks(a)["schedule"] == asks(b)["schedule"]
        assert asks(a)["schedule"]["sentence"].startswith("A human test every 1 hour")
        assert (asks(a)["due"]["by"], asks(b)["due"]["by"]) == ("ours", "theirs")
        assert (asks(a)["due"]["asked"], asks(b)["due"]["asked"]) == (True, False)
        assert a.line()["next_test"] == b.line()["next_test"] == asks(a)["due"]["from"] + 900
        called = a.watch.asks("test.call", text=asks(a)["next_text"])
        assert asks(a)["due"]["by"] == "theirs"
        b.hears(called["n"])
        waits = asks(b)["to_answer"]
        assert waits["n"] == called["n"]
        b.watch.asks("test.answer", n=called["n"], good=True)
        assert asks(b)["to_answer"] is None
        a.clock.skip(HOUR_S)
        assert (asks(a)["due"]["asked"], asks(b)["due"]["asked"]) == (False, True)


def test_T6_an_answer_bears_its_own_text_and_says_how_ours_came_through(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, b):
        called = a.watch.asks("test.call")
        b.hears(called["n"])
        answer = b.watch.asks("test.answer", n=called["n"], good=True)
        heard = a.hears(answer["n"])
        assert heard["certified"] == ""
        assert heard["text"] == answer["text"] != called["text"]
        again = a.watch.asks("test.call")
        b.hears(again["n"])
        bad = b.watch.asks("test.answer", n=again["n"], errors="The last word was cut off.")
        assert a.hears(bad["n"])["certified"] == "The last word was cut off."
        for post in (a, b):
            newest = shows(post)["newest"]
            assert [each["certified"] for each in newest] == ["The last word was cut off.", ""]
            assert post.line()["last_test"]["certified"] == "The last word was cut off."
        with pytest.raises(Misused):
            b.watch.asks("test.answer", n=again["n"], good=True, errors="Both.")


def test_T6_a_test_is_answered_once_and_one_that_waits_is_counted(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, b):
        n = a.watch.asks("test.call", number=1)["n"]
        b.hears(n)
        b.watch.asks("test.answer", n=n, good=True)
        with pytest.raises(Refused, match="was answered here already"):
            b.deputy.asks("test.answer", n=n, errors="The last word was cut off.")
        second = a.watch.asks("test.call", number=2)["n"]
        b.hears(second)
        a.stops()
        b.until(lambda: not b.line()["path_up"])
        assert b.watch.asks("test.answer", n=second, good=True)["n"] is None
        with pytest.raises(Refused, match="was answered here already"):
            b.deputy.asks("test.answer", n=second, good=True)
        waiting = b.watch.asks("test.call", number=1)
        assert waiting["n"] is None
        with pytest.raises(Refused, match="Test 1 is not the next one: that is test 2"):
            b.deputy.asks("test.call", number=1)
        following = b.deputy.asks("test.call", number=2)
        assert following["text"] != waiting["text"]
        assert b.line()["tests"]["next"]["number"] == 3


def test_T8_both_sides_print_the_same_figures(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, b):
        answered = a.watch.asks("test.call")["n"]
        b.hears(answered)
        a.hears(b.watch.asks("test.answer", n=answered, good=True)["n"])
        a.clock.skip(HOUR_S)
        silent = b.watch.asks("test.call")["n"]  # of B's hour, and A sleeps
        a.hears(silent)
        a.clock.skip(HOUR_S)  # A's hour: nobody calls
        b.event("overdue", state="answer to a test missed")
        a.clock.skip(HOUR_S)  # B's hour: called late
        a.event("overdue", state="test missed")
        b.clock.skip(1_000)
        a.hears(b.watch.asks("test.call")["n"])
        assert shows(a)["figures"] == shows(b)["figures"]
        ours, theirs = of(a)
        assert (ours["sent"], ours["answered"], ours["missed"]) == (1, 1, 1)
        assert (theirs["sent"], theirs["unanswered"], theirs["missed"]) == (2, 1, 1)
        assert ours["median_s"] is not None
        assert of(b) == (theirs, ours)
        assert of(a, "month") == (ours, theirs)


def test_T9_a_missed_test_rings_on_both_sides_until_it_comes(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, b):
        a.clock.skip(901)
        for post, whose in ((a, "Our"), (b, "Their")):
            post.event("overdue", state="test missed")
            [late] = post.watch.asks("overdue.list")["overdue"]
            assert late["sentence"].startswith(f"{whose} human test was not called by ")
            assert found(post).count("test missed (Blue Line)") == 1
        assert asks(a)["due"]["late"]
        called = a.watch.asks("test.call")["n"]
        b.hears(called)
        for post in (a, b):
            assert post.watch.asks("overdue.list")["overdue"] == []
        a.clock.skip(601)
        for post in (a, b):
            post.event("overdue", state="answer to a test missed")
            [late] = post.watch.asks("status")["overdue"]
            assert (late["kind"], late["n"]) == ("answer", called)
        b.watch.asks("overdue.take", id=b.watch.asks("status")["overdue"][0]["id"])
        assert b.watch.asks("status")["overdue"] == []
        with pytest.raises(Refused, match="has taken it in hand"):
            b.watch.asks("overdue.take", id=late["id"])
        b.watch.asks("test.answer", n=called, good=True)
        a.until(lambda: a.watch.asks("status")["overdue"] == [])


def test_T9_a_station_that_did_not_run_says_what_was_missed_meanwhile(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, _):
        a.stops()
        a.clock.skip(2 * HOUR_S)
        a.clock.skip(HOUR_S)
        a.starts()
        a.event("overdue", state="test missed")
        assert (of(a)[0]["missed"], of(a)[1]["missed"]) == (2, 1)


def test_T2_without_turns_either_may_call_and_nobody_s_miss_is_both_sides(tmp_path: Path) -> None:
    with two_stations(tmp_path, mark="ACTUAL", test_s=HOUR_S) as (north, south):
        assert asks(north)["due"]["by"] == "either"
        assert not asks(north)["due"]["asked"]
        north.clock.skip(HOUR_S - 600)
        assert asks(north)["due"]["asked"]
        assert asks(south)["due"]["asked"]
        north.clock.skip(700)
        for post in (north, south):
            post.event("overdue", state="test missed")
            assert shows(post)["figures"]["day"]["missed_by_either"] == 1
        called = south.watch.asks("test.call")["n"]
        north.hears(called)
        assert not asks(north)["due"]["asked"]  # it waits for an answer
        south.hears(north.watch.asks("test.answer", n=called, good=True)["n"])
        assert shows(north)["figures"] == shows(south)["figures"]


def test_T3_where_nothing_was_agreed_the_station_s_own_setting_asks(tmp_path: Path) -> None:
    with two_stations(tmp_path, mark="ACTUAL", test_s=0, started=False) as (north, south):
        (tmp_path / "north" / "station.toml").write_text("[tests]\nevery_hours = 6\n")
        south.starts()
        north.starts()
        north.is_in_service()
        assert asks(north)["schedule"]["source"] == "settings"
        assert asks(south)["schedule"]["source"] == "none"
        assert asks(south)["due"] is None
        north.clock.skip(6 * HOUR_S)
        north.event("overdue", state="test missed")


def test_T4_an_exercise_line_asks_for_those_by_the_clock(tmp_path: Path) -> None:
    with two_stations(tmp_path, **{**HOURLY, "mark": "EXERCISE"}) as (north, south):
        assert asks(north)["schedule"] == asks(south)["schedule"]
        assert asks(north)["due"]["until"] == asks(south)["due"]["until"]
        assert north.line()["next_test"] == south.line()["next_test"] is not None
        north.clock.skip(5 * HOUR_S)
        north.event("overdue", state="test missed")


def test_T4_an_exercise_line_without_turns_asks_for_none(tmp_path: Path) -> None:
    terms = {"mark": "EXERCISE", "test_s": HOUR_S}
    with two_stations(tmp_path, started=False, **terms) as (north, south):
        (tmp_path / "north" / "station.toml").write_text("[tests]\nevery_hours = 4\n")
        south.starts()
        north.starts()
        north.is_in_service()
        north.clock.skip(5 * HOUR_S)
        assert asks(north)["due"] is None
        assert north.line()["next_test"] is None
        assert "No human test is asked for." in asks(north)["schedule"]["sentence"]
        assert north.watch.asks("status")["overdue"] == []


def test_T4_a_suspended_line_asks_for_none_and_counts_none(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, b):
        called = a.watch.asks("test.call")["n"]
        b.hears(called)
        draft = a.drafter.asks("suspend", reason="Work on the cable.")
        a.releaser.asks("release", draft=draft["draft"], sha256=draft["sha256"])
        for post in (a, b):
            post.until(partial(_suspended, post))
            assert asks(post)["due"] is None
        a.clock.skip(5 * HOUR_S)
        for post in (a, b):
            assert post.watch.asks("status")["overdue"] == []
            assert sum(each["missed"] for each in shows(post)["figures"]["day"]["sides"]) == 0


def test_T7_a_message_that_answers_it_answers_a_test(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, b):
        called = a.watch.asks("test.call")["n"]
        b.hears(called)
        answer = b.sends("Read well, and the garden shines here too.", answers=called)
        a.hears(answer)
        b.watch.asks("test.answer", n=called, errors="Comes second, and counts no more.")
        for post in (a, b):
            [test] = shows(post)["newest"]
            assert test["took_s"] is not None
            assert test["certified"] is None
        assert shows(a)["figures"] == shows(b)["figures"]


def test_T5_texts_are_harmless_in_all_six_languages() -> None:
    assert set(TEXTS) == {"en", "fr", "es", "ru", "zh", "ar"}
    for language, texts in TEXTS.items():
        assert len(texts) == len(set(texts)) == len(TEXTS["en"])
        for text in texts:
            assert critical(text, 0.0) == [], text  # no date, time, place or number in it
            assert not any(each.isdigit() for each in text)
            assert advice(text) == []
        assert harmless([language], 3)[0] == language
    assert harmless(["de", "fr-CA"], 0)[0] == "fr"
    assert harmless(["de"], 0)[0] == "en"
    assert harmless(["en"], 1)[1] != harmless(["en"], 2)[1]


def test_T1_terms_of_tests_by_the_clock_fit_together() -> None:
    assert by_the_clock((0, 0, 0), {}) == (0, 0, 0)
    assert by_the_clock((0, 0, 0), {"test_turns_s": 3_600}) == (3_600, 900, 900)
    assert by_the_clock((3_600, 900, 900), {"test_answer_s": 60}) == (3_600, 900, 60)
    assert by_the_clock((3_600, 900, 900), {"test_turns_s": 0}) == (0, 0, 0)
    for wrong in (
        {"test_turns_s": 60},
        {"test_window_s": 60},
        {"test_turns_s": 3_600, "test_answer_s": 4_000},
        {"test_turns_s": 3_600, "test_window_s": -1},
    ):
        with pytest.raises(Misused):
            by_the_clock((0, 0, 0), wrong)
