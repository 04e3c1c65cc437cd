"""A call is recorded while both sides agree, and no longer: both stations read the same."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.call_events import CONSENTS, CallEvent, Happened
from parley.catalogue.calls import Medium
from parley.cli import holding as told
from parley.cli import shown
from parley.core.entry import Key, Type, body_of
from parley.core.errors import Misused, Refused
from parley.core.kept import EntryRow
from parley.station.call.held import CONSENTS_MAX, EVENTS_MAX, Calls
from tests.playbook import Post, Posts, two_stations
from tests.station.test_held import call, sees

FILE = {"hash": sha256(b"a file").hexdigest(), "size": 6, "length_ms": 1_500}


def both_join(north: Post, south: Post) -> None:
    """Two duty officers with a page each."""
    north.watch.asks("call.begin")
    sees(south, "opened")
    for post in (north, south):
        post.watch.asks("call.join", medium="voice")
    sees(north, "joined", 2)
    sees(south, "joined", 2)


def recordings(post: Post) -> list[Any]:
    found: list[Any] = call(post)["recordings"]
    return found


def test_J2_to_J6_a_recording_from_asking_to_its_file(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        both_join(north, south)
        with pytest.raises(Refused, match="Nothing is recorded"):
            south.watch.asks("call.record", how="withdraw")
        with pytest.raises(Misused, match="not 'secretly'"):
            north.watch.asks("call.record", how="secretly")
        north.watch.asks("call.record", how="ask")
        sees(south, "recording asked")
        with pytest.raises(Refused, match="asked for already"):
            south.watch.asks("call.record", how="ask")
        with pytest.raises(Refused, match="other side does not ask"):
            north.watch.asks("call.record", how="agree")
        assert not north.line()["call"]["recording"]
        south.watch.asks("call.record", how="agree")
        sees(north, "recording agreed")
        for post in (north, south):
            assert recordings(post)[0]["state"] == "on"
            assert "IT IS RECORDED" in shown.held(post.line()["call"])
        with pytest.raises(Refused, match="waits for a file"):
            north.watch.asks("call.recorded", recording=1, **FILE)  # it still goes on
        north.watch.asks("call.record", how="withdraw")
        sees(south, "recording withdrawn")
        for wrong in ({"hash": "00"}, {"size": 0}, {"length_ms": 0}):
            with pytest.raises(Misused):
                north.watch.asks("call.recorded", recording=1, **{**FILE, **wrong})
        north.watch.asks("call.recorded", recording=1, **FILE)
        with pytest.raises(Refused, match="waits for a file"):
            north.watch.asks("call.recorded", recording=1, **FILE)
        north.watch.asks("call.end")
        sees(south, "ended")
        south.watch.asks("call.recorded", recording=1, **FILE)  # whole a while after the call
        sees(north, "recorded", 2)
        (ours,), (theirs,) = recordings(north), recordings(south)
        assert (ours["why"], ours["asked_by"]["dir"], theirs["ended_by"]["dir"]) == (
            "withdrawn",
            "ours",
            "theirs",
        )
        assert {each["hash"] for each in ours["kept"]} == {FILE["hash"]}
        words = "\n".join(told.recording_in_words(ours, north.watch.asks("call.show")["now"]))
        assert "1.5 s" in words
        types = [row["type"] for row in north.watch.asks("record")["entries"]]
        assert types.count(Type.CONSENT) == 5
        south.stops()
        south.starts()
        assert recordings(south) == [theirs]


class Log:
    """Both logs of a line as far as calls read them; `says` gives an entry of the right type."""

    def __init__(self, shared: Posts) -> None:
        self.life = shared[0].station.lines[0]
        self.calls = Calls()
        self.sizes = [0, 0]
        self.place: list[int] | None = None

    def says(self, dir: int, event: CallEvent, type: Type | None = None) -> None:
        n, seen = self.sizes[dir], self.sizes[1 - dir]
        self.sizes[dir] += 1
        type = type or (Type.CONSENT if event.event in CONSENTS else Type.CALL_EVENT)
        header: dict[int, Any] = {} if self.place is None else {Key.ANSWERS: self.place}
        body = body_of(type, header, event.text())
        leaf = bytes((dir,)) + n.to_bytes(31)
        self.calls.add(
            self.life, EntryRow(dir, n, type, 0, n, seen, b"", b"", body, leaf, b"", 0.0)
        )
        self.place = self.place or [dir, n]

    def joins(self, dir: int, person: int, role: str, medium: Medium = Medium.VIDEO) -> None:
        event = CallEvent(Happened.JOINED, person, f"P{person}", "Desk", role=role, medium=medium)
        self.says(dir, event)

    def asks(self, dir: int, person: int = 1) -> None:
        self.says(dir, CallEvent(Happened.RECORDING_ASKED, person))

    def agrees(self, dir: int, person: int = 1, number: int = 1) -> None:
        self.says(dir, CallEvent(Happened.RECORDING_AGREED, person, recording=number))

    def withdraws(self, dir: int, person: int = 1, number: int = 1) -> None:
        self.says(dir, CallEvent(Happened.RECORDING_WITHDRAWN, person, recording=number))

    @property
    def state(self) -> str:
        """Of the newest recording, and why it is over."""
        (held,) = self.calls
        rows = held.standing.recordings.view(lambda dir: "AB"[dir])
        return f"{rows[-1]['state']} {rows[-1]['why'] or ''}".strip() if rows else "none"


@pytest.fixture
def log(shared: Posts) -> Log:
    made = Log(shared)
    opened = CallEvent(Happened.OPENED, 1, "P1", "Desk", medium=Medium.VIDEO, link=bytes(32))
    made.says(0, opened)
    for dir in (0, 1):
        made.joins(dir, 1, "duty officer")
        made.joins(dir, 2, "principal")
        made.joins(dir, 3, "duty officer", Medium.TEXT)
    return made


def test_J1_a_consent_is_an_entry_of_its_own_type(log: Log) -> None:
    log.says(0, CallEvent(Happened.RECORDING_ASKED, 1), Type.CALL_EVENT)
    assert log.state == "none"
    log.says(0, CallEvent(Happened.MUTED, 1), Type.CONSENT)
    (held,) = log.calls
    wanda = held.standing.present(0, 1)
    assert wanda is not None
    assert wanda.muted is None


def test_J3_what_is_no_consent_records_nothing(log: Log) -> None:
    for person in (2, 3, 9):  # no duty officer, no page, not in the call
        log.asks(0, person)
    assert log.state == "none"
    log.asks(0)
    log.asks(1)  # crossed: each has asked, and neither has agreed
    log.agrees(0)
    for person, number in ((2, 1), (3, 1), (1, 2)):
        log.agrees(1, person, number)
    assert log.state == "asked"
    log.withdraws(1)
    log.agrees(1)  # of what was withdrawn
    assert log.state == "over withdrawn"


@pytest.mark.parametrize("why", ["withdrawn", "on hold", "left", "call ended"])
def test_J4_whatever_is_in_doubt_ends_a_recording(log: Log, why: str) -> None:
    log.asks(0)
    log.agrees(1)
    log.withdraws(1, 3, 7)  # another one
    assert log.state == "on"
    if why == "withdrawn":
        log.withdraws(1, 2)
    elif why == "on hold":
        log.says(1, CallEvent(Happened.HELD, 1, "P1", "Desk"))
    elif why == "left":
        log.joins(0, 1, "duty officer")  # from another page: the one that recorded is gone
    else:
        log.says(1, CallEvent(Happened.ENDED, 1, "P1", "Desk"))
    assert log.state == f"over {why}"
    log.agrees(1)
    assert log.state == f"over {why}"


def test_J5_talk_stops_no_withdrawal_and_consents_have_an_end(log: Log) -> None:
    log.asks(0)
    log.agrees(1)
    for _ in range(EVENTS_MAX):
        log.says(1, CallEvent(Happened.SAID, 1, words="x"))
    log.withdraws(1)
    assert log.state == "over withdrawn"
    for _ in range(CONSENTS_MAX):
        log.asks(0)
        log.withdraws(0, number=2)
    (held,) = log.calls
    assert len(held.standing.recordings.all) <= CONSENTS_MAX


def test_J6_only_who_made_a_file_says_which(log: Log) -> None:
    log.asks(0)
    log.agrees(1)
    log.withdraws(0)
    for dir, person, number in ((0, 2, 1), (1, 1, 2)):
        kept: dict[str, Any] = {"recording": number, "hash": bytes(32), "size": 1, "length_ms": 1}
        log.says(dir, CallEvent(Happened.RECORDED, person, **kept))
    (held,) = log.calls
    assert held.standing.recordings.all[0].kept == {}
