"""A document is shown while both sides agree, and no longer: both stations read the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.call_events import CallEvent, Happened, Shown
from parley.catalogue.calls import Medium
from parley.cli import holding as told
from parley.cli import shown
from parley.core.entry import Type
from parley.core.errors import Misused, Refused
from parley.station.call.held import CONSENTS_MAX, EVENTS_MAX, SHOWN_SAID_MAX
from parley.station.call.held_showing import SHOWINGS_MAX
from tests.playbook import Post, Posts, two_stations
from tests.station.test_held import call, sees
from tests.station.test_recording import Log, both_join

CHART = {"item": "Chart of the strait", "shown": "document"}


def showings(post: Post) -> list[Any]:
    found: list[Any] = call(post)["showings"]
    return found


def test_B2_to_B4_a_document_from_asking_to_its_end(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        both_join(north, south)
        with pytest.raises(Refused, match="Nothing is shown"):
            south.watch.asks("call.stop_showing")
        with pytest.raises(Misused, match="Nothing is shown as 'file'"):
            north.watch.asks("call.ask_to_show", item="A", shown="file")
        for item in ("", "  ", "ü" * 101):
            with pytest.raises(Refused, match="needs a name"):
                north.watch.asks("call.ask_to_show", item=item, shown="document")
        north.watch.asks("call.ask_to_show", **CHART)
        sees(south, "showing asked")
        with pytest.raises(Refused, match="asked for already, by"):
            south.watch.asks("call.ask_to_show", **CHART)
        with pytest.raises(Refused, match="other side does not ask"):
            north.watch.asks("call.agree_to_see")
        with pytest.raises(Refused, match="That is over"):
            south.watch.asks("call.agree_to_see", showing=2)
        assert not north.line()["call"]["showing"]
        assert "nobody agreed yet" in told.showing_in_words(showings(south)[0], 0)
        south.watch.asks("call.agree_to_see", showing=1)
        sees(north, "showing agreed")
        for post in (north, south):
            assert (showings(post)[0]["state"], showings(post)[0]["item"]) == ("on", CHART["item"])
            assert "SOMETHING IS SHOWN" in shown.held(post.line()["call"])
            assert "IT IS SHOWN NOW" in told.showing_in_words(showings(post)[0], 0)
        north.watch.asks("call.stop_showing")
        sees(south, "showing stopped")
        south.watch.asks("call.ask_to_show", item="A letter", shown="screen")
        sees(north, "showing asked", 2)
        north.watch.asks("call.stop_showing", showing=2)
        sees(south, "showing stopped", 2)
        ours, theirs = showings(north), showings(south)
        assert [(each["why"], each["agreed"] is None) for each in ours] == [
            ("stopped", False),
            ("refused", True),
        ]
        assert "refused" in told.showing_in_words(theirs[1], 0)
        assert [each["asked_by"]["dir"] for each in theirs] == ["theirs", "ours"]
        types = [row["type"] for row in north.watch.asks("record")["entries"]]
        assert types.count(Type.CONSENT) == 5
        south.stops()
        south.starts()
        assert showings(south) == theirs


def test_B2_who_takes_part_by_text_or_on_hold_shows_nothing(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        both_join(north, south)
        north.watch.asks("call.join")
        with pytest.raises(Refused, match="takes part by text"):
            north.watch.asks("call.ask_to_show", **CHART)
        south.watch.asks("call.hold")
        with pytest.raises(Refused, match="on hold"):
            south.watch.asks("call.ask_to_show", **CHART)


class Shows(Log):
    """The same logs, with what is shown."""

    def asks(self, dir: int, person: int = 1) -> None:
        self.says(dir, CallEvent(Happened.SHOWING_ASKED, person, item="A", shown=Shown.DOCUMENT))

    def agrees(self, dir: int, person: int = 1, number: int = 1) -> None:
        self.says(dir, CallEvent(Happened.SHOWING_AGREED, person, showing=number))

    def stops(self, dir: int, person: int = 1, number: int = 1) -> None:
        self.says(dir, CallEvent(Happened.SHOWING_STOPPED, person, showing=number))

    @property
    def state(self) -> str:
        """Of the newest, and why it is over."""
        (held,) = self.calls
        rows = held.standing.showings.view(lambda dir: "AB"[dir])
        return f"{rows[-1]['state']} {rows[-1]['why'] or ''}".strip() if rows else "none"

    @property
    def page(self) -> str:
        (held,) = self.calls
        return held.standing.showings.page


@pytest.fixture
def log(shared: Posts) -> Shows:
    made = Shows(shared)
    opened = CallEvent(Happened.OPENED, 1, "N1", "Desk", medium=Medium.VIDEO, link=bytes(32))
    made.says(0, opened)
    for dir in (0, 1):
        made.joins(dir, 1, "duty officer")
        made.joins(dir, 2, "principal", Medium.TEXT)
        made.joins(dir, 3, "adviser")
    return made


def test_B1_a_consent_to_see_is_an_entry_of_the_type_of_consents(log: Shows) -> None:
    event = CallEvent(Happened.SHOWING_ASKED, 1, item="A", shown=Shown.DOCUMENT)
    log.says(0, event, Type.CALL_EVENT)
    assert log.state == "none"
    log.says(0, event)
    assert log.state == "asked"


def test_B3_what_is_no_consent_shows_nothing(log: Shows) -> None:
    log.asks(0, 2)  # without a page
    log.asks(0, 9)  # not in the call
    assert log.state == "none"
    log.asks(0, 3)
    log.asks(1)  # crossed: one thing at a time, and the first of them
    log.agrees(0)
    log.agrees(0, 2)
    log.agrees(1, 3)  # an adviser
    log.agrees(1, 1, 2)  # another one
    assert (log.state, log.page) == ("asked", "")
    log.agrees(1, 2)  # the principal, who sees it at another screen
    assert (log.state, log.page) == ("on", "A3")


@pytest.mark.parametrize(
    ("dir", "person", "agreed", "why"),
    [
        (0, 3, False, "taken back"),
        (0, 1, False, "taken back"),
        (1, 1, False, "refused"),
        (1, 2, False, "refused"),
        (0, 3, True, "stopped"),
        (0, 2, True, "stopped"),
        (1, 1, True, "stopped"),
    ],
)
def test_B4_either_side_stops_it_at_once(
    log: Shows, dir: int, person: int, agreed: bool, why: str
) -> None:
    log.asks(0, 3)
    if agreed:
        log.agrees(1)
    was = log.state
    log.stops(dir, person, 2)  # another one
    log.stops(1, 3)  # an adviser of theirs
    assert log.state == was
    log.stops(dir, person)
    assert (log.state, log.page) == (f"over {why}", "")
    log.agrees(1)  # of what is over
    assert log.state == f"over {why}"


@pytest.mark.parametrize("why", ["on hold", "left", "asker left", "call ended"])
def test_B5_whatever_is_in_doubt_ends_it(log: Shows, why: str) -> None:
    log.asks(0, 3)
    log.agrees(1)
    if why == "on hold":
        log.says(1, CallEvent(Happened.HELD, 1, "N1", "Desk"))
    elif why == "left":
        log.says(1, CallEvent(Happened.LEFT, 1))
    elif why == "asker left":
        log.joins(0, 3, "adviser")  # from another page
    else:
        log.says(1, CallEvent(Happened.ENDED, 1, "N1", "Desk"))
    assert (log.state, log.page) == (f"over {why.removeprefix('asker ')}", "")
    if why == "on hold":
        log.asks(0, 3)
        assert log.state == "over on hold"


def test_B5_talk_stops_no_stop_and_a_flood_stops_no_recording_from_being_stopped(
    log: Shows,
) -> None:
    log.asks(0)
    log.agrees(1)
    log.says(0, CallEvent(Happened.RECORDING_ASKED, 1))
    log.says(1, CallEvent(Happened.RECORDING_AGREED, 1, recording=1))
    for _ in range(EVENTS_MAX):
        log.says(1, CallEvent(Happened.SAID, 1, words="x"))
    for _ in range(CONSENTS_MAX):
        log.says(1, CallEvent(Happened.RECORDING_ASKED, 1))
    log.stops(1)
    assert log.state == "over stopped"
    for n in range(SHOWN_SAID_MAX):
        log.asks(0)
        log.stops(0, number=n + 2)
    (held,) = log.calls
    assert len(held.standing.showings.all) <= SHOWINGS_MAX
    log.says(0, CallEvent(Happened.RECORDING_WITHDRAWN, 1, recording=1))
    assert held.standing.recordings.now is None


def test_B2_in_a_rehearsal_nothing_is_shown(shared: Posts) -> None:
    for event, found in ((Happened.REHEARSING, "none"), (Happened.OPENED, "asked")):
        log = Shows(shared)
        log.says(0, CallEvent(event, 1, "N1", "Desk", medium=Medium.VIDEO, link=bytes(32)))
        log.joins(0, 1, "duty officer")
        log.asks(0)
        assert log.state == found
