"""A call is asked for, answered, left unanswered; both sides read the same from the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.calls import CallRequest, Medium, moment, read_moment
from parley.core.entry import Type, body_of
from parley.core.errors import Misused, Refused
from parley.core.kept import EntryRow
from parley.station.call import call_requests, calls
from tests.playbook import Post, two_stations
from tests.station.test_early import LONG, Gap, mended

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
        assert south.line()["calls"]["live"][0]["state"] == "waiting"
        time = at(south, 60 * HOUR_S)
        answered(south, north, n, "accept", time=time)
        assert call(north)["sentence"] == f"South accepted: {time}."
        assert call(south)["sentence"] == f"We accepted: {time}."
        shared = ("n", "state", "late", "time", "answer_by", "agenda", "text", "at")
        assert [call(north)[key] for key in shared] == [call(south)[key] for key in shared]
        history = north.watch.asks("call.list")["history"]
        assert history["ours"]["accepted"] == history["ours"]["answered"] == 1
        assert history["theirs"]["asked"] == 0
        assert north.watch.asks("call.history")["days_since_asked"] == 0
        south.stops()
        south.starts()
        assert call(south)["state"] == "accepted"


def test_Q5_another_time_goes_back_and_forth(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        later = at(south, 200 * HOUR_S)
        m = answered(south, north, n, "propose", time=later, reason="He travels")
        assert call(north)["state"] == "proposed another time"
        assert 47 * HOUR_S < call(north)["left_s"] <= 48 * HOUR_S + 60  # the agreed clock (Q10)
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


@pytest.mark.parametrize("said", ["accept", "deputy"])
def test_Q12_who_accepts_a_time_that_was_not_offered_agrees_on_nothing(
    tmp_path: Path, said: str
) -> None:
    """Else either side could name an hour alone, and both records would say that it was missed."""
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        far = at(south, 2 * HOUR_S)
        text = f"CALL ANSWER\nAnswer: {said}\nTime: {far}" + "\nDeputy: Two" * (said == "deputy")
        dir = south.station.lines[0].theirs
        m = south.utters(Type.CALL_ANSWER, body_of(Type.CALL_ANSWER, {8: [dir, n]}, text))
        north.hears(m)
        for post, who in ((north, "South"), (south, "We")):
            view = call(post)
            assert (view["state"], view["time"], view["next"]) == ("waiting", None, None)
            assert view["left_s"] > 47 * HOUR_S
            first = f"{who} accepted {far}, which was not offered: nothing is agreed. An answer is"
            assert view["sentence"].startswith(first)
            assert [each["counts"] for each in view["answers"]] == [False]
            assert [each["n"] for each in post.line()["calls"]["live"]] == [n]
            assert post.watch.asks("minute.list")["calls"] == []
        assert north.watch.asks("call.history")["ours"]["answered"] == 0
        for post in (north, south):
            post.clock.skip(4 * HOUR_S)
        assert north.watch.asks("call.history")["missed"] == 0
        answered(south, north, n, "accept", time=at(south, 60 * HOUR_S))
        for post in (north, south):
            assert call(post)["state"] == "accepted"
            assert "not offered" not in call(post)["sentence"]
            assert [each["counts"] for each in call(post)["answers"]] == [False, True]


def test_a_time_that_is_only_proposed_has_no_minute_yet(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        m = answered(south, north, n, "propose", time=at(south, 200 * HOUR_S))
        for post in (north, south):
            assert post.watch.asks("minute.list")["calls"] == []
        answered(north, south, m, "accept")
        for post in (north, south):
            (talk,) = post.watch.asks("minute.list")["calls"]
            assert talk["call"] == f"North {n}"


def test_Q10_another_time_has_its_own_clock_and_runs_out_in_both_records(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        m = answered(south, north, n, "propose", time=at(south, 200 * HOUR_S))
        for post in (north, south):
            view = call(post)
            assert "An answer is asked for by" in view["sentence"]
            assert 47 * HOUR_S < view["left_s"] <= 48 * HOUR_S + 60
            assert [each["n"] for each in post.line()["calls"]["live"]] == [n]
        north.clock.skip(49 * HOUR_S)
        for post in (north, south):
            view = call(post)
            assert (view["state"], view["left_s"]) == ("nobody answered", None)
            assert view["sentence"].count("Nobody answered by") == 1
            assert [each["n"] for each in post.line()["calls"]["live"]] == [n]
        counted = north.watch.asks("call.history")["ours"]
        assert (counted["answered"], counted["nobody_answered"]) == (1, 1)
        answered(north, south, m, "accept")
        for post in (north, south):
            assert (call(post)["state"], call(post)["late"]) == ("accepted", True)
            assert call(post)["sentence"].endswith(f"Nobody had answered by {by(view)}.")
        # No time is left beyond the one that is proposed.
        n = asked(north, south)
        answered(south, north, n, "propose", time=at(south, HOUR_S))
        assert HOUR_S - 120 < call(north)["left_s"] <= HOUR_S + 60


def by(view: dict[str, Any]) -> str:
    """Until when an answer was asked for, as its sentence says."""
    found: str = view["sentence"].split(" by ")[-1].rstrip(".")
    return found


def test_Q6_a_request_that_runs_out_stands_unanswered_in_both_records(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south, text="Our ship is adrift.")
        sizes = south.line()["our_size"], south.line()["their_size"]
        north.clock.skip(49 * HOUR_S)
        for post in (north, south):
            view = call(post)
            assert view["state"] == "nobody answered"
            assert view["sentence"] == f"Nobody answered by {moment(view['answer_by'])}."
            assert [each["n"] for each in post.line()["calls"]["live"]] == [n]
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


# Out of the bounds of Q2: the other side runs other software.
BEYOND = CallRequest(
    *("a", "b", "c", "d"), Medium.VIDEO, "en", "none", 240, 120, 60, ("Item",) * 900
)


def test_Q3_what_has_not_the_form_is_shown_as_text_and_is_no_call(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for type, payload in (
            (Type.CALL_REQUEST, "Call me."),
            (Type.CALL_ANSWER, "CALL ANSWER\nAnswer: text instead"),
            (Type.CALL_ANSWER, "CALL ANSWER\nAnswer: accept"),
            (Type.CALL_REQUEST, [1, 2]),
            (Type.CALL_REQUEST, BEYOND.text()),
        ):
            n = north.utters(type, body_of(type, {8: [9, "x"]}, payload))
            assert south.hears(n)["text"] in (payload, None)
        assert south.watch.asks("call.list")["calls"] == []
        assert south.line()["calls"]["live"] == []
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
        assert ours["calls"]["live"][0]["state"] == call(south)["state"] == "waiting"


def test_Q5_a_request_behind_a_gap_is_no_call_before_it_joins(tmp_path: Path) -> None:
    with two_stations(tmp_path, provisional="FLASH") as (north, south):
        gap = Gap(south)
        north.says(LONG)
        n = north.releases(request(north, precedence="FLASH"))["n"]
        south.event("alarm", n=n)
        assert south.line()["calls"] == {"live": [], "more": 0}
        mended(south, gap, n)
        assert [each["n"] for each in south.line()["calls"]["live"]] == [n]


def test_Q5_what_is_known_of_calls_grows_with_the_record_and_has_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "KEPT_MAX", 3)
    monkeypatch.setattr(calls, "ANSWERS_MAX", 2)
    monkeypatch.setattr(call_requests, "SHOWN_MAX", 1)
    with two_stations(tmp_path) as (north, south):
        first = asked(north, south)
        assert south.line()["calls"]["more"] == 0
        for hours in (60, 61, 62):
            time = at(south, hours * HOUR_S)
            answered(south, north, first, "propose", time=time)
        assert [each["time"] for each in call(north)["answers"]] == [
            call(south)["answers"][0]["time"],
            read_moment(time),
        ]
        later = [asked(north, south, purpose=f"Purpose {each}") for each in range(3)]
        assert [each["n"] for each in south.watch.asks("call.list")["calls"]] == later[::-1]
        shown = south.line()["calls"]
        assert (len(shown["live"]), shown["more"]) == (1, 2)
        assert answered(south, north, first, "text")  # too old to be listed, and still answered
        # Read anew from the record, it is the same.
        before = south.watch.asks("call.history")["theirs"]
        south.stops()
        south.starts()
        again = south.watch.asks("call.list")["calls"]
        assert [each["n"] for each in again] == later[::-1]
        assert south.watch.asks("call.history")["theirs"] == before


def test_Q5_answers_that_crossed_stand_in_the_joint_order(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        line = north.stage.do(lambda: north.station.lines[0])
        theirs, ours = line.theirs, line.ours
        asking = CallRequest("a", "b", "c", "d", Medium.VIDEO, "en", "none", 120, 240, 60)
        first = [
            entry(theirs, 0, 0, Type.CALL_REQUEST, asking.text()),
            entry(
                ours, 0, 1, *says("Answer: propose another time\nTime: 1970-01-01 00:05Z", theirs)
            ),
        ]
        crossed = [
            entry(theirs, 1, 1, *says("Answer: text instead", ours)),
            entry(ours, 1, 1, *says("Answer: decline\nReason: Late", theirs)),
        ]
        orders = []
        for rest in (crossed, crossed[::-1]):
            found = calls.Calls()
            for each in (*first, *rest):
                found.add(line, each)
            (call,) = found
            orders.append([(row.dir, row.n) for _, row, _ in call.answers])
        assert len(orders[0]) == 3
        assert orders[0] == orders[1]


def says(lines: str, dir: int) -> tuple[Type, str, dict[int, Any]]:
    """An answer to the first entry of a side."""
    return Type.CALL_ANSWER, f"CALL ANSWER\n{lines}", {8: [dir, 0]}


def entry(
    dir: int, n: int, seen: int, type: Type, text: str, header: dict[int, Any] | None = None
) -> EntryRow:
    body = body_of(type, header or {}, text)
    return EntryRow(dir, n, type, 0, 0, seen, b"", b"", body, b"", b"", 0.0)


def test_Q4_the_agreement_says_how_long_an_answer_may_take(tmp_path: Path) -> None:
    with two_stations(tmp_path, call_s=4 * HOUR_S, flash_call_s=300) as (north, south):
        for post, peer in ((north, south), (south, north)):
            assert tuple(post.watch.asks("status")["lines"][0]["calls_s"]) == (4 * HOUR_S, 300)
            asked(post, peer)
            left_s = call(peer)["left_s"]
            assert 4 * HOUR_S - 60 < left_s <= 4 * HOUR_S + 60
        asked(north, south, at_once=True, earliest=None, latest=None)
        assert 240 < call(south)["left_s"] <= 360
        asked(north, south, within_s=HOUR_S)
        assert HOUR_S - 60 < call(south)["left_s"] <= HOUR_S + 60
