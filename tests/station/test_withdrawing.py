"""A request is withdrawn and an agreed call is called off; both records say so, whoever crossed."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.call_events import CallEvent, Happened
from parley.catalogue.calls import CallAnswer, CallRequest, Medium, Verdict, moment, read_moment
from parley.core.entry import EPOCH_2020, Key, Type, body_of
from parley.core.errors import Refused
from parley.core.kept import EntryRow
from parley.station.call import calls
from parley.station.line.lines import OpenLine
from tests.playbook import Post, two_stations
from tests.station.test_call_history import history, turned
from tests.station.test_call_requests import HOUR_S, answered, asked, at, call
from tests.station.test_standing_calls import WEEK_S, agree, level, meet, states


def withdrawn(post: Post, peer: Post, reason: str = "The general is ill.", **given: Any) -> int:
    draft = post.drafter.asks("call.withdraw", reason=reason, **given)
    n: int = post.releases(draft)["n"]
    peer.hears(n)
    return n


def told(post: Post) -> tuple[str, str | None, str | None]:
    """What became of the newest call, who took it back and why."""
    view = call(post)
    off = view["off"] or {"by": None, "reason": None}
    return view["state"], off["by"], off["reason"]


def agreed(north: Post, south: Post, hours: float = 60) -> tuple[int, str]:
    """North asks, and South accepts: the request, and the time."""
    n = asked(north, south)
    time = at(south, hours * HOUR_S)
    answered(south, north, n, "accept", time=time)
    return n, time


def test_Q13_who_asked_withdraws_and_nobody_is_said_not_to_have_answered(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        assert (call(north)["withdraws"], call(south)["withdraws"]) == ("request", None)
        k = withdrawn(north, south)
        message = south.reads(k)
        assert message["text"] == "The general is ill."
        assert (message["subject"], message["retracts"]) == ("Call withdrawn: Open lines", n)
        assert south.reads(n)["retracted"]
        for post, whom in ((north, "We"), (south, "North")):
            by = "ours" if post is north else "theirs"
            assert told(post) == ("withdrawn", by, "The general is ill.")
            view = call(post)
            assert view["sentence"] == f"{whom} withdrew the request."
            assert (view["left_s"], view["withdraws"], view["next"]) == (None, None, None)
            # It is told for a day, and is nothing that anybody has still to see to.
            assert [each["off"]["n"] for each in post.line()["calls"]["live"]] == [k]
            items = post.watch.asks("watch.show")["items"]
            assert "call" not in [each["kind"] for each in items]
        north.clock.skip(49 * HOUR_S)
        for post, peer in ((north, south), (south, north)):
            assert call(post)["state"] == "withdrawn"
            assert post.line()["calls"]["live"] == []
            counted = history(post)["ours" if post is north else "theirs"]
            assert (counted["withdrawn"], counted["nobody_answered"]) == (1, 0)
            assert turned(history(peer)) == history(post)
        with pytest.raises(Refused, match="no such request") as refusal:
            withdrawn(north, south)
        assert refusal.value.rule == "Q13"
        south.stops()
        south.starts()
        assert told(south) == ("withdrawn", "theirs", "The general is ill.")


def test_Q13_a_second_person_releases_a_withdrawal(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        asked(north, south)
        draft = north.drafter.asks("call.withdraw", reason="No more")
        shown = {name: draft[name] for name in ("draft", "sha256", "displayed")}
        with pytest.raises(Refused):
            north.drafter.asks("release", **shown)
        assert call(north)["state"] == "waiting"
        with pytest.raises(Refused):
            north.watch.asks("call.withdraw", reason="No more")
        with pytest.raises(Refused):
            north.drafter.asks("call.withdraw", reason=" ")


@pytest.mark.parametrize("who", ["asked", "accepted"])
def test_Q13_either_side_calls_off_what_is_agreed(tmp_path: Path, who: str) -> None:
    with two_stations(tmp_path) as (north, south):
        _, time = agreed(north, south)
        assert (call(north)["withdraws"], call(south)["withdraws"]) == ("call", "call")
        assert north.watch.asks("minute.list")["calls"]
        post, peer = (north, south) if who == "asked" else (south, north)
        n = withdrawn(post, peer, "A storm")
        assert peer.reads(n)["subject"] == "Call called off: Open lines"
        name = "North" if post is north else "South"
        assert call(post)["sentence"] == f"We called off the call of {time}."
        assert call(peer)["sentence"] == f"{name} called off the call of {time}."
        for each in (north, south):
            assert (call(each)["state"], call(each)["next"]) == ("called off", None)
            assert [one["off"]["n"] for one in each.line()["calls"]["live"]] == [n]
            assert each.watch.asks("minute.list")["calls"] == []
        north.clock.skip(59.9 * HOUR_S)
        for each in (north, south):  # nothing says that a call is near
            (live,) = each.line()["calls"]["live"]
            assert (live["next"], live["state"]) == (None, "called off")
            assert each.watch.asks("call.show")["ahead"] is None
        north.clock.skip(HOUR_S)
        for each in (north, south):
            assert each.line()["calls"]["live"] == []
            counted = history(each)["ours" if each is north else "theirs"]
            assert (counted["called_off"], counted["accepted"], counted["missed"]) == (1, 0, 0)
            assert history(each)["missed"] == 0
        assert turned(history(south)) == history(north)
        for each in (north, south):
            before = call(each)
            each.stops()
            each.starts()
            assert call(each) == before


def test_Q13_a_refusal_of_what_was_agreed_calls_it_off(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n, time = agreed(north, south)
        answered(south, north, n, "decline", reason="The minister flies")
        for post in (north, south):
            assert told(post)[::2] == ("called off", "The minister flies")
        assert call(north)["sentence"] == f"South called off the call of {time}."
        # The request still stands, and its last answer counts, as ever (Q5).
        answered(south, north, n, "accept", time=time)
        for post in (north, south):
            assert (call(post)["state"], call(post)["off"]) == ("accepted", None)
        withdrawn(north, south)
        later = {"answer": "accept", "time": time}
        m = south.releases(south.drafter.asks("call.answer", n=n, **later))["n"]
        north.hears(m)
        for post, whom in ((north, "South"), (south, "We")):
            assert call(post)["state"] == "called off"
            assert f"{whom} accepted {time} once it was withdrawn" in call(post)["sentence"]
            assert call(post)["answers"][-1]["why_not"] == "withdrawn"


def test_Q13_another_time_is_withdrawn_by_who_proposed_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        later = at(south, 200 * HOUR_S)
        m = answered(south, north, n, "propose", time=later)
        assert (call(north)["withdraws"], call(south)["withdraws"]) == ("request", "time")
        withdrawn(south, north, "He must fly")
        for post, whom in ((north, "South withdrew the other time it had"), (south, "We withdrew")):
            assert call(post)["sentence"].startswith(whom)
            assert told(post)[::2] == ("withdrawn", "He must fly")
        # What is accepted now was withdrawn before.
        draft = north.drafter.asks("call.answer", n=m, answer="accept")
        south.hears(north.releases(draft)["n"])
        for post in (north, south):
            assert (call(post)["state"], call(post)["next"]) == ("withdrawn", None)
            assert "nothing is agreed" in call(post)["sentence"]
        # But the request stands, and may still be answered.
        answered(south, north, n, "accept", time=at(south, 60 * HOUR_S))
        for post in (north, south):
            assert (call(post)["state"], call(post)["off"]) == ("accepted", None)


def test_Q13_a_proposal_that_was_accepted_is_called_off_by_its_own_side(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        later = at(south, 200 * HOUR_S)
        m = answered(south, north, n, "propose", time=later)
        answered(north, south, m, "accept")
        assert (call(north)["withdraws"], call(south)["withdraws"]) == ("call", "call")
        k = withdrawn(south, north)
        assert north.reads(k)["retracts"] == m
        for post in (north, south):
            assert call(post)["state"] == "called off"
            assert call(post)["time"] == read_moment(later)


def test_Q13_what_is_withdrawn_late_still_says_that_nobody_had_answered(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        asked(north, south)
        north.clock.skip(49 * HOUR_S)
        withdrawn(north, south)
        for post in (north, south):
            assert call(post)["state"] == "withdrawn"
            assert call(post)["sentence"].endswith(
                f"Nobody had answered by {moment(call(post)['answer_by'])}."
            )


def test_Q13_what_was_declined_stays_declined(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        answered(south, north, n, "decline", reason="No")
        assert call(north)["withdraws"] is None
        draft = north.drafter.asks("draft.new", text="We take it back.", retracts=n)
        south.hears(north.releases(draft)["n"])
        for post in (north, south):
            assert (call(post)["state"], call(post)["off"]) == ("declined", None)


def test_Q13_an_open_call_is_ended_and_not_called_off(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n, time = agreed(north, south, 51)
        draft = south.drafter.asks("call.withdraw", reason="Too late")
        north.clock.skip(51 * HOUR_S)
        north.watch.asks("call.begin", medium="text")
        level(north, south)
        with pytest.raises(Refused, match="was opened") as refusal:
            south.releases(draft)
        assert refusal.value.rule == "Q13"
        for post in (north, south):
            assert call(post)["withdraws"] is None
            with pytest.raises(Refused, match="was opened"):
                post.drafter.asks("call.withdraw", reason="Too late", call=n)
        # A station that says so all the same changes nothing.
        line = north.station.lines[0]
        declines = "CALL ANSWER\nAnswer: decline\nReason: Too late"
        for post, peer, type, key, text in (
            (north, south, Type.TEXT, Key.REVOKES, "Too late"),
            (south, north, Type.CALL_ANSWER, Key.ANSWERS, declines),
        ):
            header: dict[int, Any] = {key: [line.ours, n]}
            peer.hears(post.utters(type, body_of(type, header, text)))
        for post in (north, south):
            assert (call(post)["state"], call(post)["time"]) == ("accepted", read_moment(time))
            assert [each["counts"] for each in call(post)["retractions"]] == [False]
            assert "once the call was opened or missed" in call(post)["sentence"]
            post.watch.asks("call.join")
        level(north, south)
        south.watch.asks("call.end")
        level(north, south)
        for _ in range(2):
            for post in (north, south):
                assert call(post)["past"][0]["state"] == "held"
                assert (history(post)["held"], history(post)["held_unasked"]) == (1, 0)
            south.stops()
            south.starts()


def test_Q12_the_time_of_a_call_that_was_held_is_moved_by_no_answer(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n, time = agreed(north, south, 51)
        draft = south.drafter.asks("call.answer", n=n, answer="accept", time=at(south, 60 * HOUR_S))
        north.clock.skip(51 * HOUR_S)
        meet(north, south)
        with pytest.raises(Refused, match="was held, and no answer"):
            south.releases(draft)
        for answer, more in (("accept", {"time": at(south, HOUR_S)}), ("propose", {})):
            with pytest.raises(Refused, match="was held, and no answer") as refusal:
                south.drafter.asks("call.answer", n=n, answer=answer, **more)
            assert refusal.value.rule == "Q12"
        # A station that says so all the same changes nothing, and both records show what it said.
        line = south.station.lines[0]
        offered = call(north)["latest"]
        for verdict in ("accept", "propose another time"):
            said = f"CALL ANSWER\nAnswer: {verdict}\nTime: {moment(offered)}"
            assert CallAnswer.parse(said) is not None
            header: dict[int, Any] = {Key.ANSWERS: [line.theirs, n]}
            north.hears(south.utters(Type.CALL_ANSWER, body_of(Type.CALL_ANSWER, header, said)))
        for post in (north, south):
            view = call(post)
            assert (view["state"], view["time"]) == ("accepted", read_moment(time))
            assert [each["counts"] for each in view["answers"]] == [True, False, False]
            assert "once the call was opened" in view["sentence"]
            assert history(post)["held"] == 1


def test_Q13_what_was_missed_is_not_called_off(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n, _ = agreed(north, south, 51)
        draft = north.drafter.asks("call.withdraw", reason="Too late")
        north.clock.skip(52 * HOUR_S)
        with pytest.raises(Refused, match="is over") as refusal:
            north.releases(draft)
        assert refusal.value.rule == "Q13"
        with pytest.raises(Refused, match="is over"):
            south.drafter.asks("call.withdraw", reason="Too late", call=n)
        # What is retracted for other reasons is a message like any other, and calls off nothing.
        draft = north.drafter.asks("draft.new", text="A wrong name stood there.", retracts=n)
        south.hears(north.releases(draft)["n"])
        for post in (north, south):
            assert (call(post)["state"], call(post)["missed"]) == ("accepted", 1)
            assert history(post)["missed"] == 1


def test_Q13_nobody_withdraws_what_the_other_side_said(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        dir = north.station.lines[0].ours
        body = body_of(Type.TEXT, {Key.REVOKES: [dir, n]}, "We retract what you asked.")
        north.hears(south.utters(Type.TEXT, body))
        for post in (north, south):
            assert (call(post)["state"], call(post)["retractions"]) == ("waiting", [])
        with pytest.raises(Refused, match="no such request"):
            south.drafter.asks("call.withdraw", reason="We do not want it", call=n)


def test_Q13_of_several_the_one_that_is_meant_is_named(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        first = asked(north, south, purpose="One")
        asked(north, south, purpose="Two")
        with pytest.raises(Refused, match="Several calls"):
            north.drafter.asks("call.withdraw", reason="Not now")
        withdrawn(north, south, call=first, dir="ours")
        found = south.watch.asks("call.list")["calls"]
        assert [each["state"] for each in found] == ["waiting", "withdrawn"]
        withdrawn(north, south)  # one is left
        # An urgent request is withdrawn as urgently, unless somebody chooses otherwise.
        asked(north, south, earliest=None, latest=None, at_once=True)
        k = withdrawn(north, south, "Not needed")
        assert south.reads(k)["precedence"] == "FLASH"


def test_Q13_a_standing_call_is_withdrawn_before_it_is_agreed_and_ended_after(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        first = at(north, 72 * HOUR_S)
        asked(north, south, earliest=first, latest=None, weekly_min=30)
        withdrawn(north, south)
        for post in (north, south):
            assert (call(post)["state"], call(post)["coming"]) == ("withdrawn", [])
        n, begins = agree(north, south)
        with pytest.raises(Refused, match="standing call that is agreed is ended") as refusal:
            north.drafter.asks("call.withdraw", reason="It served")
        assert refusal.value.rule == "Q9"
        for post in (north, south):
            assert call(post)["withdraws"] is None
        north.clock.skip(73 * HOUR_S)
        # What is retracted all the same ends it; the week that was missed before stays missed.
        draft = north.drafter.asks("draft.new", text="It has\nserved.", retracts=n)
        south.hears(north.releases(draft)["n"])
        for post, whom in ((north, "We"), (south, "North")):
            assert call(post)["outcome"] == f"{whom} ended the standing call: It has served."
        north.clock.skip(WEEK_S)
        for post in (north, south):
            assert states(post) == [(begins, "missed")]
            counted = history(post)["ours" if post is north else "theirs"]
            assert (counted["missed"], counted["standing"], counted["withdrawn"]) == (1, 0, 1)


# --- entries that crossed


NOW = 800_000_000  # by the clock of the record, seconds since 2020
BEGINS = int(EPOCH_2020 + NOW + 60 * HOUR_S) // 60 * 60
REQUEST = CallRequest(
    *("a", "b", "c", "d"), Medium.VIDEO, "en", "none", BEGINS, BEGINS + HOUR_S, BEGINS - 3_600
)


def entry(
    dir: int, n: int, seen: int, type: Type, text: str, header: dict[int, Any], at: int = 0
) -> EntryRow:
    body = body_of(type, header, text)
    return EntryRow(dir, n, type, 0, NOW + at, seen, b"", b"", body, b"", b"", 0.0)


def read(line: OpenLine, entries: tuple[EntryRow, ...]) -> calls.Call:
    found = calls.Calls()
    for each in entries:
        found.add(line, each)
    (call,) = found
    return call


def in_any_order(*entries: EntryRow) -> list[tuple[EntryRow, ...]]:
    """All orders in which a station may get them: each side's own log comes as it was said."""
    return [
        found
        for found in permutations(entries)
        if all(
            [each.n for each in found if each.dir == dir]
            == sorted(each.n for each in found if each.dir == dir)
            for dir in (0, 1)
        )
    ]


@pytest.mark.parametrize("asker", [0, 1])
@pytest.mark.parametrize("retracted_first", [True, False])
def test_Q13_of_a_retraction_and_an_acceptance_that_crossed_the_joint_order_decides(
    tmp_path: Path, asker: int, retracted_first: bool
) -> None:
    with two_stations(tmp_path) as (north, south):
        other = 1 - asker
        request = entry(asker, 0, 0, Type.CALL_REQUEST, REQUEST.text(), {})
        # Neither side had the other's; what stands behind more words of its own is the later one.
        early, late = (asker, other) if retracted_first else (other, asker)
        first = 1 if late == asker else 0
        words = [
            entry(late, n, int(late == other), Type.TEXT, "A word", {})
            for n in range(first, first + 3)
        ]
        place = {late: first + 3, early: int(early == asker)}
        yes = CallAnswer(Verdict.ACCEPT, BEGINS).text()
        answers, revokes = {int(Key.ANSWERS): [asker, 0]}, {int(Key.REVOKES): [asker, 0]}
        accept = entry(other, place[other], 1, Type.CALL_ANSWER, yes, answers)
        retract = entry(asker, place[asker], 0, Type.TEXT, "No more", revokes)
        for line in (north.station.lines[0], south.station.lines[0]):
            whom = "We" if line.ours == asker else line.agreed.counterpart
            orders = in_any_order(*words, accept, retract)
            assert len(orders) == 5
            for order in orders:
                found = read(line, (request, *order))
                view = found.view(BEGINS + 3 * HOUR_S)
                assert found.agreed() is None
                assert (view["off"]["reason"], view["off"]["what"]) == (
                    "No more",
                    "request" if retracted_first else "call",
                )
                why, said = ("withdrawn", "withdrew") if retracted_first else ("", "called off")
                assert [each["why_not"] for each in view["answers"]] == [why]
                assert view["sentence"].startswith(f"{whom} {said} the ")
                assert ("once it was withdrawn" in view["sentence"]) is retracted_first


@pytest.mark.parametrize("opened", [False, True])
def test_Q13_of_a_retraction_and_an_opening_the_first_in_the_joint_order_decides(
    tmp_path: Path, opened: bool
) -> None:
    with two_stations(tmp_path) as (north, south):
        n, _ = agreed(north, south, 51)
        north.clock.skip(51 * HOUR_S)
        line = north.station.lines[0]
        event = CallEvent(Happened.OPENED, 1, "Dahl", "Watch", medium=Medium.TEXT, link=bytes(32))
        opening = body_of(Type.CALL_EVENT, {Key.ANSWERS: [line.ours, n]}, event.text())
        for opens in (True, False) if opened else (False, True):
            if opens:
                north.utters(Type.CALL_EVENT, opening)
            else:  # in words of its own, as a message may be retracted for any reason
                north.releases(north.drafter.asks("draft.new", text="A storm", retracts=n))
            level(north, south)
        for _ in range(2):
            for post in (north, south):
                assert call(post)["state"] == ("accepted" if opened else "called off")
            for post in (north, south):
                post.stops()
                post.starts()
        for post in (north, south):
            post.watch.asks("call.join")
        level(north, south)
        south.watch.asks("call.end")
        level(north, south)
        for post in (north, south):
            assert history(post)["held"] == 1
            assert history(post)["held_unasked"] == (0 if opened else 1)
            assert history(post)["missed"] == 0


def test_Q13_what_is_known_of_retractions_has_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "KEPT_MAX", 1)
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south)
        meet(north, south)
        for words in ("First", "Second"):
            draft = north.drafter.asks("draft.new", text=words, retracts=n)
            south.hears(north.releases(draft)["n"])
        for post in (north, south):
            assert told(post)[2] == "First"
        south.stops()
        south.starts()
        assert told(south)[2] == "First"
        south.until(lambda: bool(south.line()["path_up"]))
        later = asked(north, south)
        draft = north.drafter.asks("draft.new", text="Third", retracts=n)  # no longer listed
        south.hears(north.releases(draft)["n"])
        for post in (north, south):
            assert [each["n"] for each in post.watch.asks("call.list")["calls"]] == [later]
