"""What a call gives up for its link stands in the audit trail, and a peer that has it change
without end writes no more into it than one line in an hour."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from parley.conference.given_up import FIRST_S, MOST_S, GivenUp
from parley.conference.rate import KBPS_FIRST, KBPS_MAX, Rate
from tests.conference.test_room import Seat
from tests.playbook import Post, two_stations
from tests.station.test_held import sees

DAY_S = 86_400


def full(rate: Rate, now: float) -> None:
    """The other side says that its link is full, until pictures are given up."""
    for at in range(20):
        rate.report(now + at, queue_ms=400, lost=0.0, received_kbps=64, sent_kbps=600)
    assert rate.shed


def written(post: Post) -> list[tuple[str, str, str]]:
    """Of the media of calls, as the auditor and the engineer read it."""
    rows = post.auditor.asks("audit")["rows"]
    return [(e["name"], e["act"], e["outcome"]) for e in rows if e["act"].startswith("media of")]


def test_X21_what_was_given_up_is_told_once_and_when_it_goes_again() -> None:
    rate, told = Rate(0.0, KBPS_FIRST, KBPS_MAX), GivenUp()
    assert told.look(rate, 1.0) is None
    full(rate, 1.0)
    said = told.look(rate, 25.0)
    assert said is not None
    assert said.startswith("pictures given up, sound and text go on with ")
    assert said.endswith(" kbit/s; in this call given up: 1, cut off: 0")
    assert told.look(rate, 26.0) is None
    rate.shed = False
    assert told.look(rate, 25.0 + FIRST_S - 1) is None
    assert told.look(rate, 25.0 + FIRST_S) == "pictures go; in this call given up: 1, cut off: 0"
    assert told.look(rate, 200.0, over=True) is None  # nothing is new
    rate.cuts = 2
    assert told.look(rate, 200.0) is None
    assert told.look(rate, 200.0, over=True) == "it is over; in this call given up: 1, cut off: 2"


def test_X21_a_peer_that_changes_it_without_end_writes_little() -> None:
    rate, told = Rate(0.0, KBPS_FIRST, KBPS_MAX), GivenUp()
    at: list[int] = []
    for now in range(1, DAY_S):
        rate.shed = not rate.shed
        rate.sheds += rate.shed
        if told.look(rate, float(now)) is not None:
            at.append(now)
    apart = [after - before for before, after in pairwise(at)]
    assert apart[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert max(apart) == MOST_S
    assert len(at) < 32


def test_X21_the_trail_has_what_a_call_gave_up(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        seat = Seat(north, north.watch)
        seat.joins()
        sees(south, "joined")
        room = seat.room
        north.stage.do(room.tell_given_up)
        north.watch.asks("whoami")  # another step
        assert written(north) == []
        north.stage.do(lambda: full(room.link.rate, seat.rooms.now()))
        north.stage.do(room.tell_given_up)
        north.until(lambda: len(written(north)) == 1)
        ((name, act, outcome),) = written(north)
        assert (name, act) == ("the station", f"media of the call ({room.open_line.agreed.name})")
        assert outcome.startswith("pictures given up, sound and text go on")
        north.stage.do(lambda: setattr(room.link.rate, "cuts", 1))
        north.stage.do(room.tell_given_up)  # too soon
        north.watch.asks("call.end")
        north.stage.do(seat.rooms.look)
        north.until(lambda: len(written(north)) == 2)
        assert written(north)[1][2] == "it is over; in this call given up: 1, cut off: 1"
        assert written(south) == []  # none of its pages was there
