"""A standing call: agreed on once, and each week held, skipped or missed in both records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.calls import moment, read_moment
from parley.core.entry import Type, body_of
from parley.core.errors import Refused
from tests.playbook import Post, two_stations
from tests.station.test_call_requests import answered, asked, at, call

HOUR_S, DAY_S = 3_600, 86_400
WEEK_S = 7 * DAY_S


def agree(north: Post, south: Post, hours: float = 72) -> tuple[int, int]:
    """North proposes one, and South agrees to it: its request, and its first time."""
    first = at(north, hours * HOUR_S)
    given = {"earliest": first, "latest": None, "weekly_min": 30, "purpose": "Every week"}
    n = asked(north, south, **given)
    answered(south, north, n, "accept")
    return n, read_moment(first)


def level(north: Post, south: Post) -> None:
    """Each has all that the other has said."""
    for post, peer in ((north, south), (south, north)):
        _hears_all(post, peer)


def _hears_all(post: Post, peer: Post) -> None:
    post.until(lambda: not post.line()["queued"])
    peer.until(lambda: bool(peer.line()["their_size"] == post.line()["our_size"]))


def meet(north: Post, south: Post) -> None:
    """Both sides come to a call, and it ends."""
    north.watch.asks("call.begin", medium="text")
    level(north, south)
    for post in (north, south):
        post.watch.asks("call.join")
    level(north, south)
    north.watch.asks("call.end")
    level(north, south)


def states(post: Post) -> list[tuple[int, str]]:
    view = call(post)
    return [(each["at"], each["state"]) for each in (*view["past"], *view["coming"])]


def test_Q7_a_standing_call_is_agreed_once_and_each_week_stands_by_itself(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n, first = agree(north, south)
        assert "Every week for: 30 min" in south.reads(n)["text"]
        for post in (north, south):
            view = call(post)
            assert (view["standing"], view["weekly_min"], view["live"]) == (True, 30, True)
            assert 71 * HOUR_S < view["next"]["left_s"] <= 72 * HOUR_S
            weeks = [first + week * WEEK_S for week in range(4)]
            assert states(post) == [(each, "to come") for each in weeks]
            assert post.line()["calls"]["live"][0]["next"]["at"] == first
        north.clock.skip(73 * HOUR_S)  # nobody came to the first
        for post in (north, south):
            assert states(post)[:2] == [(first, "missed"), (first + WEEK_S, "to come")]
        north.clock.skip(WEEK_S - 73 * HOUR_S + 72 * HOUR_S)
        meet(north, south)
        for post in (north, south):
            assert states(post)[1] == (first + WEEK_S, "held")
            history = post.watch.asks("call.history")
            assert (history["held"], history["missed"], history["held_unasked"]) == (1, 1, 0)
            # Each has a minute of its own, and the standing call has none.
            (talk,) = post.watch.asks("minute.list")["calls"]
            assert talk["call"] != f"North {n}"
        south.stops()
        south.starts()
        assert states(south) == states(north)


def test_Q9_either_side_skips_one_or_ends_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        _, first = agree(north, south)
        for post, peer, week in ((south, north, 0), (north, south, 1)):
            draft = post.drafter.asks("call.skip", reason="A holiday")
            m = post.releases(draft)["n"]
            peer.hears(m)
            for each in (post, peer):
                found = call(each)["coming"][week]
                assert (found["at"], found["state"]) == (first + week * WEEK_S, "skipped")
                assert (found["by"], found["reason"]) == (
                    "ours" if each is post else "theirs",
                    "A holiday",
                )
        assert call(north)["next"]["at"] == first + 2 * WEEK_S
        with pytest.raises(Refused, match=r"no time .* to come") as refusal:
            north.drafter.asks("call.skip", reason="Again", time=moment(first))
        assert refusal.value.rule == "Q9"
        m = north.releases(north.drafter.asks("call.finish", reason="It served"))["n"]
        south.hears(m)
        north.clock.skip(5 * WEEK_S)
        for post, whom in ((north, "We"), (south, "North")):
            assert call(post)["outcome"] == f"{whom} ended the standing call: It served."
            assert call(post)["coming"] == []
            history = post.watch.asks("call.history")
            counted = history["ours" if post is north else "theirs"]
            # The two that were skipped lay behind the end: then they were never to come.
            assert (history["missed"], counted["skipped"], counted["standing"]) == (0, 0, 0)
        with pytest.raises(Refused, match="No such standing call"):
            north.drafter.asks("call.finish", reason="Twice")


def test_Q9_what_has_begun_is_not_skipped(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        _, first = agree(north, south)
        draft = north.drafter.asks("call.skip", reason="Too late")
        north.clock.skip(73 * HOUR_S)
        with pytest.raises(Refused, match="has begun") as refusal:
            north.releases(draft)
        assert refusal.value.rule == "Q9"
        # A station that says so all the same changes nothing: it was missed.
        text = f"CALL ANSWER\nAnswer: skip\nTime: {moment(first)}\nReason: Late"
        dir = south.station.lines[0].ours
        m = north.utters(Type.CALL_ANSWER, body_of(Type.CALL_ANSWER, {8: [dir, 0]}, text))
        south.hears(m)
        assert states(south)[0] == (first, "missed")


def test_Q8_only_a_time_that_was_offered_makes_a_standing_call(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        first = at(north, 72 * HOUR_S)
        n = asked(north, south, earliest=first, latest=None, weekly_min=30)
        with pytest.raises(Refused, match="deputy"):
            south.drafter.asks("call.answer", n=n, answer="deputy", time=first, deputy="Two")
        other = at(north, 90 * HOUR_S)
        with pytest.raises(Refused, match="asked for a call"):
            south.drafter.asks("call.answer", n=n, answer="accept", time=other)
        # One that says so all the same has agreed to nothing.
        text = f"CALL ANSWER\nAnswer: accept\nTime: {other}"
        dir = south.station.lines[0].theirs
        south.utters(Type.CALL_ANSWER, body_of(Type.CALL_ANSWER, {8: [dir, n]}, text))
        level(north, south)
        for post in (north, south):
            assert (call(post)["next"], call(post)["coming"]) == (None, [])
        m = answered(south, north, n, "propose", time=other)
        answered(north, south, m, "accept")
        for post in (north, south):
            assert call(post)["next"]["at"] == read_moment(other)
            assert call(post)["live"]


@pytest.mark.parametrize(
    "given", [{"weekly_min": 0}, {"weekly_min": 1441}, {"latest": "2099-01-01 00:00Z"}]
)
def test_Q7_a_standing_call_has_one_time_and_a_length(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    with two_stations(tmp_path) as (north, _):
        first = at(north, 90 * HOUR_S)
        asking = {
            "purpose": "Weekly",
            "earliest": first,
            "latest": first,
            "weekly_min": 30,
            **given,
        }
        with pytest.raises(Refused) as refusal:
            north.drafter.asks("call.ask", **asking)
        assert refusal.value.rule == "Q7"
