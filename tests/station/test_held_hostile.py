"""What a counterpart that means harm can say in a call: it ends, stays small, and keys stay true.

Entries are made as they join the record, and given to what reads calls from it.
"""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.call_events import KEY_BYTES, PAGES_MAX, CallEvent, Happened
from parley.catalogue.calls import Medium
from parley.core.entry import Key, Type, body_of
from parley.core.errors import Refused
from parley.core.kept import EntryRow
from parley.station.call import held, holding
from parley.station.call.held import Calls, Held
from parley.station.call.held_standing import Standing
from parley.station.line.lines import OpenLine
from tests.playbook import Posts, two_stations
from tests.station.test_declaring import orders, standing
from tests.station.test_held import call, sees


class Log:
    """Both logs of a line, as far as they are of calls."""

    def __init__(self, life: OpenLine) -> None:
        self.life = life
        self.calls = Calls()
        self.sizes = [0, 0]

    def says(self, dir: int, event: CallEvent, named: list[int] | None = None) -> EntryRow:
        n, seen = self.sizes[dir], self.sizes[1 - dir]
        self.sizes[dir] += 1
        header: dict[int, Any] = {} if named is None else {Key.ANSWERS: named}
        body = body_of(Type.CALL_EVENT, header, event.text())
        leaf = bytes((dir,)) + n.to_bytes(31)
        entry = EntryRow(dir, n, Type.CALL_EVENT, 0, n, seen, b"", b"", body, leaf, b"", 0.0)
        self.calls.add(self.life, entry)
        return entry

    def opens(self, dir: int = 0) -> list[int]:
        event = CallEvent(Happened.OPENED, 1, "Wanda", "Watch", medium=Medium.VIDEO, link=bytes(32))
        entry = self.says(dir, event)
        return [entry.dir, entry.n]

    @property
    def held(self) -> Held:
        found = self.calls.at_work()
        assert found is not None
        return found


def joined(person: int, medium: Medium = Medium.VIDEO) -> CallEvent:
    return CallEvent(Happened.JOINED, person, "Wen", "Watch", role="duty officer", medium=medium)


def committed(person: int, round: bytes, told: int) -> CallEvent:
    return CallEvent(Happened.COMMITTED, person, round=round, commitment=bytes((told,)) * 32)


@pytest.fixture
def log(shared: Posts) -> Log:
    return Log(shared[0].station.lines[0])


def test_V10_what_is_said_of_keys_costs_no_walk_through_all_that_was_said(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = log.opens()
    for dir in (0, 1):
        log.says(dir, joined(3), call)
        log.says(dir, CallEvent(Happened.SAID, 3, words="x"), call)
    before, folded, fold = log.held.round(), list[Happened](), Standing.fold

    def counted(self: Standing, *said: Any) -> None:
        folded.append(said[-1].event)
        fold(self, *said)

    monkeypatch.setattr(Standing, "fold", counted)
    for at in range(100):
        log.says(1, committed(3, bytes((at,)) * 16, at), call)
        log.says(1, CallEvent(Happened.SAID, 3, words="x"), call)
    assert folded == []
    assert log.held.round() == before
    log.says(1, CallEvent(Happened.LEFT, 3), call)
    assert log.held.round() != before
    assert Happened.LEFT in folded


def test_V8_a_call_that_was_talked_to_the_limit_still_ends(log: Log) -> None:
    call = log.opens()
    log.says(1, joined(3), call)
    for _ in range(held.EVENTS_MAX + 5):
        log.says(1, CallEvent(Happened.SAID, 3, words="x"), call)
    standing = log.held.standing
    assert len(standing.texts) == held.EVENTS_MAX - 1
    for _ in range(3):
        log.says(1, CallEvent(Happened.ENDED, 3, "Wen", "Watch"), call)
    assert log.calls.at_work() is None


def test_V8_pages_of_those_who_never_joined_are_not_kept(log: Log) -> None:
    call = log.opens()
    for person in range(3_000):
        log.says(1, committed(person, bytes(16), 1), call)
    for person in range(40):
        log.says(1, joined(person), call)
        log.says(1, committed(person, bytes(16), 1), call)
    assert log.held.kept <= 40 + PAGES_MAX


def test_V6_no_more_than_sixteen_pages_send_whoever_joins(log: Log) -> None:
    call = log.opens()
    for person in range(2 * PAGES_MAX):
        log.says(person % 2, joined(person), call)
    standing = log.held.standing
    assert len(standing.pages()) == PAGES_MAX
    assert {each.medium for each in standing.attendees[PAGES_MAX:]} == {Medium.TEXT}
    log.says(0, CallEvent(Happened.LEFT, 0), call)
    log.says(0, joined(0), call)
    assert [each.page for each in log.held.standing.pages()][-1] != "A17"
    assert "A17" in [each.page for each in log.held.standing.pages()]


def test_V9_a_round_never_comes_again(log: Log) -> None:
    call = log.opens()
    log.says(0, joined(1), call)
    log.says(1, joined(2), call)
    first = log.held.round()
    log.says(1, joined(9), call)
    second = log.held.round()
    log.says(1, joined(8, Medium.TEXT), call)
    assert log.held.round() == second  # who takes part by text has no key
    log.says(1, CallEvent(Happened.LEFT, 9), call)
    assert len({first, second, log.held.round()}) == 3


def test_V10_what_a_page_said_first_of_its_key_stands(log: Log) -> None:
    call = log.opens()
    log.says(0, joined(1), call)
    log.says(1, joined(2), call)
    round = log.held.round()
    log.says(1, committed(2, round, 7), call)
    log.says(1, committed(2, round, 8), call)
    for key in (bytes(KEY_BYTES), b"\1" * KEY_BYTES):
        log.says(1, CallEvent(Happened.REVEALED, 2, round=round, key=key), call)
    (view,) = [each for each in log.held.for_page(None)["pages"] if each["party"] == 1]
    assert view["commitment"]["hash"] == "07" * 32
    assert base64.b64decode(view["key"]["key"]) == bytes(KEY_BYTES)


def test_V10_what_a_page_said_first_stands_after_a_word_of_another_round(log: Log) -> None:
    call = log.opens()
    log.says(0, joined(1), call)
    log.says(1, joined(2), call)
    round, other = log.held.round(), bytes(16)
    for told in (7, 8):
        log.says(1, committed(2, round, told), call)
        log.says(1, committed(2, other, told), call)
        key = bytes((told,)) * KEY_BYTES
        log.says(1, CallEvent(Happened.REVEALED, 2, round=round, key=key), call)
        log.says(1, CallEvent(Happened.REVEALED, 2, round=other, key=key), call)
    (view,) = [each for each in log.held.for_page(None)["pages"] if each["party"] == 1]
    assert view["commitment"] == {"round": round.hex(), "hash": "07" * 32}
    assert base64.b64decode(view["key"]["key"]) == b"\7" * KEY_BYTES
    log.says(0, joined(3), call)
    round = log.held.round()
    log.says(1, committed(2, round, 9), call)
    (view,) = [each for each in log.held.for_page(None)["pages"] if each["party"] == 1]
    assert view["commitment"] == {"round": round.hex(), "hash": "09" * 32}


def test_V5_a_side_that_has_a_call_open_opens_no_other(log: Log) -> None:
    call = log.opens(1)
    for _ in range(held.KEPT_MAX + 5):
        log.opens(1)
    assert [log.held.entry.dir, log.held.entry.n] == call
    log.says(0, CallEvent(Happened.ENDED, 1, "Wanda", "Watch"), call)
    assert log.calls.at_work() is None


def test_V8_old_calls_give_way_and_the_one_at_work_does_not(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "KEPT_MAX", 4)
    stays = log.opens(0)
    for _ in range(9):
        other = log.opens(1)
        log.says(1, CallEvent(Happened.ENDED, 3, "Wen", "Watch"), other)
    assert len(list(log.calls)) == 4
    assert [log.held.entry.dir, log.held.entry.n] == stays


def test_V8_what_no_longer_counts_is_refused_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        north.watch.asks("call.join", medium="video")
        monkeypatch.setattr(held, "EVENTS_MAX", 2)
        north.watch.asks("call.say", text="Still here.")
        with pytest.raises(Refused, match="no more would count"):
            north.watch.asks("call.say", text="And here.")
        given = {"round": "00" * 16, "commitment": "11" * 32}
        for _ in range(3):
            north.watch.asks("call.commit", **given)
        # A station that starts reads what was said, however much there was of keys after it.
        monkeypatch.setattr(held, "KEYS_READ_MAX", 1)
        monkeypatch.setattr(held, "READ_MAX", 3)
        sees(south, "committed", 3)
        south.stops()
        south.starts()
        (blanc,) = call(south)["attendees"]
        assert (blanc["page"][1:], blanc["left"]) == ("1", None)
        assert [each["text"] for each in call(south)["texts"]] == ["Still here."]
        short = south.line()["call"]
        assert (short["state"], sum(short["present"].values()), short["opened_by"]["name"]) == (
            "open", 1, "Dahl",
        )  # fmt: skip
        assert "texts" not in short
        north.watch.asks("call.end")
        sees(south, "ended")


def test_M14_a_page_is_missed_on_a_line_that_says_nothing_any_more(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        north.watch.asks("call.begin")
        north.watch.asks("call.join", medium="video")
        orders(north, "close", reason="Done")
        north.until(lambda: len(standing(north)["closed"]) == 2)
        line = north.station.lines[0]
        page = Calls.of(north.station, line).at_work()
        assert page is not None
        (gone,) = page.standing.pages()
        north.stage.do(
            lambda: north.station.in_next_step(partial(holding.lost, north.station, line, gone))
        )
        assert north.watch.asks("status")["trouble"] is None
