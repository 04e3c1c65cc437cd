"""A call is asked for, answered, left unanswered; both sides read the same from the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.calls import moment
from parley.core.entry import Type, body_of
from parley.core.errors import Misused, Refused
from tests.playbook import Post, two_stations

HOUR_S = 3_600


def at(post: Post, seconds: float) -> str:
    """A moment from now on, as it is typed."""
    return moment(post.watch.asks("status")["now"] + seconds)


def request(post: Post, **given: Any) -> dict[str, Any]:
    times = {"earliest": at(post, 50 * HOUR_S), "latest": at(post, 90 * HOUR_S)}
    return post.drafter.asks(
        "call.ask", **{"purpose": "Open lines", "asked_for": "General Liu", **times, **given}
    )


def asked(post: Post, peer: Post, **given: Any) -> int:
    n: int = post.releases(request(post, **given))["n"]
    peer.hears(n)
    return n


def answered(post: Post, peer: Post, n: int, answer: str, **given: Any) -> int:
    draft = post.drafter.asks("call.answer", n=n, answer=answer, **given)
    m: int = post.releases(draft)["n"]
    peer.hears(m)
    return m


def call(post: Post) -> dict[str, Any]:
    view: dict[str, Any] = post.watch.asks("call.list")["calls"][0]
    return view


def test_Q5_a_call_is_asked_for_and_accepted_and_both_sides_read_the_same(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south, agenda=["Lines", "Strait"], text="Our ship is adrift.")
        message = south.reads(n)
        assert message["kind"] == "call request"
        assert message["text"].startswith("CALL REQUEST\nAsked by: North\n")
        assert message["text"].endswith("\n\nOur ship is adrift.")
        waiting = call(south)
        assert (waiting["dir"], waiting["state"]) == ("theirs", "waiting")
        assert 47 * HOUR_S < waiting["left_s"] <= 48 * HOUR_S + 60
        assert south.line()["calls"][0]["state"] == "waiting"
        time = at(south, 60 * HOUR_S)
        answered(south, north, n, "accept", time=time)
        assert call(north)["sentence"] == f"South accepted: {time}."
        assert call(south)["sentence"] == f"We accepted: {time}."
        shared = ("n", "state", "late", "time", "answer_by", "agenda", "text", "at")
        assert [call(north)[key] for key in shared] == [call(south)[key] for key in shared]
        history = north.watch.asks("call.list")["history"]
        assert history["ours"]["accepted"] == history["ours"]["answered"] == 1
        assert history["theirs"]["asked"] == 0
        assert north.watch.asks("call.list")["days_since"] == 0
        south.stops()
        south.starts()
        assert call(south)["state"] == "accepted"


def test_Q5_another_time_goes_back_and_forth(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        later = at(south, 200 * HOUR_S)
        m = answered(south, north, n, "propose", time=later, reason="He travels")
        assert call(north)["state"] == "proposed another time"
        assert call(north)["left_s"] is None
        with pytest.raises(Refused, match="asked for a call at") as refusal:
            answered(north, south, m, "accept", time=at(north, 201 * HOUR_S))
        assert refusal.value.rule == "Q2"
        answered(north, south, m, "accept")
        for post, who in ((north, "We"), (south, "North")):
            assert call(post)["sentence"] == f"{who} accepted: {later}."
            assert [each["dir"] for each in call(post)["answers"]] == (
                ["theirs", "ours"] if post is north else ["ours", "theirs"]
            )
        with pytest.raises(Refused, match="proposes no time"):
            south.drafter.asks("call.answer", n=south.line()["their_size"] - 1, answer="text")


def test_Q6_a_request_that_runs_out_stands_unanswered_in_both_records(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south, text="Our ship is adrift.")
        sizes = south.line()["our_size"], south.line()["their_size"]
        north.clock.skip(49 * HOUR_S)
        for post in (north, south):
            view = call(post)
            assert view["state"] == "nobody answered"
            assert view["sentence"] == f"Nobody answered by {moment(view['answer_by'])}."
            assert post.line()["calls"] == [view]
        assert sizes[1] == n + 1
        assert "adrift" in south.reads(n)["text"]
        history = north.watch.asks("call.list")["history"]["ours"]
        assert (history["nobody_answered"], history["answered"]) == (1, 0)
        answered(south, north, n, "decline", reason="The atmosphere")
        for post in (north, south):
            assert call(post)["late"]
            assert "Nobody had answered by" in call(post)["sentence"]
        assert call(north)["answers"][0]["reason"] == "The atmosphere"


def test_Q4_a_call_at_once_is_a_flash_with_minutes_to_answer(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south, earliest=None, latest=None, at_once=True, medium="voice")
        view = call(south)
        assert view["precedence"] == "FLASH"
        assert 9 * 60 < view["left_s"] <= 11 * 60
        answered(south, north, n, "deputy", time=moment(view["earliest"]), deputy="Colonel Two")
        assert call(north)["state"] == "sends a deputy"
        assert call(north)["answers"][0]["deputy"] == "Colonel Two"
        assert call(south)["sentence"].startswith("We send a deputy")


def test_Q4_a_request_is_not_released_when_its_hour_has_passed(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = request(north, within_s=60)
        north.clock.skip(200)
        with pytest.raises(Refused, match="has passed") as refusal:
            north.releases(draft)
        assert refusal.value.rule == "Q4"
        with pytest.raises(Refused, match="within a minute"):
            request(north, within_s=59)
        with pytest.raises(Refused, match="has passed"):
            request(north, earliest=at(north, -9 * HOUR_S), latest=at(north, -8 * HOUR_S))


def test_Q3_an_edit_keeps_the_form(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = request(north)
        with pytest.raises(Refused, match="no longer the form"):
            north.releaser.asks("draft.edit", draft=draft["draft"], text="Call me.")
        text = draft["text"].replace("Open lines", "Closed lines")
        changed = north.releaser.asks("draft.edit", draft=draft["draft"], text=text)
        with pytest.raises(Refused, match="changed"):
            north.releases(changed)


@pytest.mark.parametrize(
    "given",
    [
        {"medium": "telex"},
        {"earliest": None},
        {"latest": "tomorrow"},
        {"purpose": "This is not a drill"},
        {"purpose": "two\nlines"},
    ],
)
def test_Q2_what_cannot_be_asked_is_refused_before_it_is_a_draft(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    with two_stations(tmp_path) as (north, _):
        with pytest.raises((Refused, Misused)):
            request(north, **given)
        assert north.drafter.asks("draft.list")["drafts"] == []


def test_Q3_what_has_not_the_form_is_shown_as_text_and_is_no_call(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for type, payload in (
            (Type.CALL_REQUEST, "Call me."),
            (Type.CALL_ANSWER, "CALL ANSWER\nAnswer: text instead"),
            (Type.CALL_ANSWER, "CALL ANSWER\nAnswer: accept"),
            (Type.CALL_REQUEST, [1, 2]),
        ):
            n = north.utters(type, body_of(type, {8: [9, "x"]}, payload))
            assert south.hears(n)["text"] in (payload, None)
        assert south.watch.asks("call.list")["calls"] == []
        assert south.line()["calls"] == []
        with pytest.raises(Refused, match="asks for no call"):
            south.drafter.asks("call.answer", n=n, answer="text")
        m = asked(north, south)
        with pytest.raises(Misused, match="no answer"):
            south.drafter.asks("call.answer", n=m, answer="perhaps")


def test_Q5_nobody_answers_the_own_request(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        ours = south.line()
        dir = 1 - south.station.lines[0].ours
        body = body_of(Type.CALL_ANSWER, {8: [dir, n]}, "CALL ANSWER\nAnswer: text instead")
        m = north.utters(Type.CALL_ANSWER, body)
        south.hears(m)
        assert ours["calls"][0]["state"] == call(south)["state"] == "waiting"
