"""A call is opened, joined, spoken in and ended; both sides read the same from the record."""

from __future__ import annotations

import base64
import os
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.call_events import KEY_BYTES, SECRET_BYTES, CallEvent, Happened
from parley.cli import shown
from parley.core.entry import Type, body_of
from parley.core.errors import Misused, Refused, Unavailable
from parley.station.acts.operations import find
from parley.station.call.held import EVENT_TYPES
from parley.station.machine.folder import Home
from parley.store.sqlite import SqliteStore
from tests.playbook import Post, Voice, two_stations
from tests.station.test_call_requests import answered, asked, at


def call(post: Post) -> dict[str, Any]:
    view: dict[str, Any] = post.watch.asks("call.show")["call"]
    return view


def sees(post: Post, what: str, count: int = 1) -> None:
    """Wait until that has happened at that station."""
    post.until(lambda: seen(post).count(what) >= count)


def seen(post: Post) -> list[str]:
    """Events of calls, in the order in which they joined the record there."""
    rows = post.watch.asks("record")["entries"]
    texts = [CallEvent.parse(row["text"]) for row in rows if row["type"] in EVENT_TYPES]
    return [str(event.event) for event in texts if event is not None]


def both(view: dict[str, Any]) -> dict[str, Any]:
    """A call without what differs by who looks at it."""
    sides = [each["dir"] for each in view["attendees"]] + [each["dir"] for each in view["texts"]]
    assert set(sides) <= {"ours", "theirs"}
    plain = {key: value for key, value in view.items() if key not in ("dir", "ended_by", "request")}
    for several in ("attendees", "texts"):
        plain[several] = [{k: v for k, v in each.items() if k != "dir"} for each in plain[several]]
    return plain


def test_V4_a_call_is_held_and_both_records_say_so(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south, earliest=at(north, 0), latest=at(north, 7_200))
        answered(south, north, n, "accept", time=at(north, 60))
        begun = south.watch.asks("call.begin")
        assert begun["request"]["purpose"] == "Open lines"
        sees(north, "opened")
        request = call(north)["request"]
        assert (request["dir"], request["n"]) == ("ours", n)
        north.watch.asks("call.join")
        sees(south, "joined")
        south.watch.asks("call.join", medium="video")
        south.watch.asks("call.say", text="We hear you.")
        south.watch.asks("call.mute")
        south.watch.asks("call.hold")
        sees(north, "held")
        assert call(north)["state"] == "on hold"
        north.watch.asks("call.hold", on=False)
        north.watch.asks("call.end", reason="All items were touched.")
        sees(south, "ended")
        ours, theirs = call(north), call(south)
        assert both(ours) == both(theirs)
        assert (ours["state"], ours["words"]) == ("ended", "All items were touched.")
        assert {e["role"] for e in theirs["attendees"]} == {"duty officer"}
        assert {e["medium"] for e in ours["attendees"]} == {"text", "video"}
        assert all(e["left"] is not None for e in ours["attendees"])
        assert [(e["name"], e["text"]) for e in ours["texts"]] == [("Blanc", "We hear you.")]
        (interruption,) = ours["interruptions"]
        assert interruption[1] is not None
        assert north.line()["call"] is None
        acts = [row["act"] for row in north.auditor.asks("audit")["rows"]]
        assert {"call.join", "call.end"} <= set(acts)


def test_V5_one_call_is_open_on_a_line_and_only_a_duty_officer_opens_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        with pytest.raises(Refused, match="No call is open"):
            north.watch.asks("call.join")
        with pytest.raises(Refused, match="Only a watch officer"):
            north.drafter.asks("call.begin")
        with pytest.raises(Misused, match="no medium"):
            north.watch.asks("call.begin", medium="smoke")
        north.watch.asks("call.begin", medium="voice")
        with pytest.raises(Refused, match="open already"):
            north.watch.asks("call.begin")
        sees(south, "opened")
        assert south.line()["call"]["medium"] == "voice"
        with pytest.raises(Refused, match="open already"):
            south.watch.asks("call.begin")


def test_V18_a_call_rings_at_each_side_until_somebody_there_has_joined(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        sees(south, "opened")
        assert north.line()["call"]["rings"] is south.line()["call"]["rings"] is True
        assert "IT RINGS" in shown.held(south.line()["call"])
        north.watch.asks("call.join")
        sees(south, "joined")
        assert (north.line()["call"]["rings"], south.line()["call"]["rings"]) == (False, True)
        south.stops()
        south.starts()
        assert south.line()["call"]["rings"] is True
        south.until(lambda: south.line()["path_up"])  # what is said gets its number at once
        south.watch.asks("call.join")
        south.watch.asks("call.leave")
        call = south.line()["call"]
        assert (call["rings"], call["present"]) == (False, {"ours": 0, "theirs": 1})
        assert "0 of ours and 1 of theirs take part" in shown.held(call)
        north.watch.asks("call.end")
        sees(south, "ended")
        assert south.line()["call"] is None


def test_no_call_begins_without_a_path(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        with pytest.raises(Unavailable, match="No path"):
            north.watch.asks("call.begin")


def person(post: Post, name: str, *roles: str) -> Voice:
    added = post.operator.asks("person.add", name=name, office="Ministry", roles=list(roles))
    return Voice(post, added["id"], name, added["token"])


def test_V6_who_takes_part_says_in_which_role_and_speaks_only_then(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        chief = person(north, "Chief", "principal", "adviser")
        with pytest.raises(Refused, match="not in the call"):
            chief.asks("call.say", text="Good morning.")
        with pytest.raises(Refused, match="not an interpreter"):
            chief.asks("call.join", role="interpreter")
        with pytest.raises(Refused, match="Only"):
            north.drafter.asks("call.join")
        chief.asks("call.join")
        chief.asks("call.join", role="adviser", medium="voice")  # from another page
        sees(south, "joined", 2)
        first, second = call(south)["attendees"]
        assert (first["page"][1:], first["role"], first["office"]) == ("1", "principal", "Ministry")
        assert first["left"] is not None
        assert (second["page"][1:], second["role"], second["left"]) == ("2", "adviser", None)
        chief.asks("call.leave")
        with pytest.raises(Refused, match="not in the call"):
            chief.asks("call.leave")
        with pytest.raises(Refused, match="may have 2,000 bytes"):
            north.watch.asks("call.say", text="x" * 2_001)
        chief.hangs_up()


def test_V7_hold_and_mute_are_said_once(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        north.watch.asks("call.join")
        assert north.watch.asks("call.mute", on=False)["n"] is None
        assert north.watch.asks("call.mute")["event"] == "muted"
        assert north.watch.asks("call.mute")["n"] is None
        with pytest.raises(Refused, match="not on hold"):
            north.watch.asks("call.hold", on=False)
        north.watch.asks("call.hold")
        with pytest.raises(Refused, match="on hold already"):
            north.watch.asks("call.hold")
        sees(south, "held")
        assert call(south)["attendees"][0]["muted"] is not None


def utters(post: Post, event: str | bytes, named: list[int]) -> int:
    """Say an event that no honest station would."""
    return post.utters(Type.CALL_EVENT, body_of(Type.CALL_EVENT, {8: named}, event))


def test_V3_what_a_counterpart_says_out_of_place_changes_nothing(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        opened = north.watch.asks("call.begin")
        sees(south, "opened")
        place = [north.station.lines[0].ours, opened["n"]]
        before = call(north)
        n = 0
        for event, named in (
            ("CALL EVENT\nEvent: shouted\nPerson: 1", place),
            ("CALL EVENT\nPerson: 1\nEvent: left", place),
            (CallEvent(Happened.LEFT, 3).text(), place),  # who never joined
            (CallEvent(Happened.SAID, 3, words="boo").text(), place),
            (CallEvent(Happened.ENDED, 3, "Blanc", "Watch").text(), [7, 7]),
            (CallEvent(Happened.ENDED, 3, "Blanc", "Watch").text(), [1 - place[0], 0]),
            (b"CALL EVENT", place),
        ):
            n = utters(south, event, named)
        north.until(lambda: north.line()["their_size"] > n)
        assert call(north) == before
        assert len([r for r in north.watch.asks("record")["entries"] if r["type"] == 0x32]) == 8


def test_V8_a_station_reads_its_calls_again_when_it_starts(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        north.watch.asks("call.join")
        north.watch.asks("call.say", text="Still here.")
        sees(south, "said")
        before = call(south)
        south.stops()
        south.starts()
        assert call(south) == before
        south.until(lambda: south.line()["path_up"])
        north.watch.asks("call.end")
        sees(south, "ended")


def test_V4_calls_are_read_in_the_joint_order_whatever_was_kept_first(tmp_path: Path) -> None:
    """What was lost with a disk and supplied since stands in the store behind what came later."""
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        south.until(lambda: south.line()["call"])
        south.watch.asks("call.join")
        north.watch.asks("call.end")
        sees(south, "ended")
        before = call(south)
        south.stops()
        with closing(SqliteStore(Home.open(south.folder).database)) as store, store.transaction():
            store.sql("UPDATE entries SET id = -id WHERE type = 50", ())
        south.starts()
        assert call(south) == before
        assert (before["state"], len(before["attendees"])) == ("ended", 1)


def test_V5_openings_that_crossed_leave_one_call_and_the_other_is_ended(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        answers: list[Any] = []

        def at_once() -> None:  # one loop serves both: neither has heard of the other's
            for post in (north, south):
                person = post.station.people.must_be_here(post.watch.id)
                post.station.submit(find("call.begin"), person, {}, answers.append)

        north.stage.do(at_once)
        for post in (north, south):
            sees(post, "opened", 2)
        assert [each["event"] for each in answers] == ["opened", "opened"]
        first = [call(post) for post in (north, south)]
        assert both(first[0]) == both(first[1])
        assert {each["dir"] for each in first} == {"ours", "theirs"}
        south.watch.asks("call.join")
        sees(north, "joined")
        south.watch.asks("call.leave")
        north.watch.asks("call.end")
        sees(south, "ended")
        second = [call(post) for post in (north, south)]
        assert both(second[0]) == both(second[1])
        assert second[0]["state"] == "open"  # the other one, until a duty officer ends it too
        assert second[0]["dir"] != first[0]["dir"]
        south.watch.asks("call.end")
        sees(north, "ended", 2)
        assert north.line()["call"] is south.line()["call"] is None


class Page:
    """What a page says of its key, by the rules that the console's script follows."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.key = os.urandom(KEY_BYTES)

    def joins(self) -> None:
        self.post.watch.asks("call.join", medium="video")

    def round(self) -> bytes:
        (line,) = self.post.station.lines
        assert line.held is not None
        held = line.held.at_work()
        assert held is not None
        return held.round()

    def commits(self, key: bytes | None = None) -> None:
        line = self.post.station.lines[0]
        assert line.held is not None
        held = line.held.at_work()
        assert held is not None
        me = held.standing.present(line.ours, self.post.watch.id)
        assert me is not None
        number = line.ours.to_bytes(2) + me.sender.to_bytes(2)
        told = sha256(
            b"parley call commitment 1" + self.round() + number + (key or self.key)
        ).hexdigest()
        self.post.watch.asks("call.commit", round=self.round().hex(), commitment=told)

    def reveals(self) -> None:
        key = base64.b64encode(self.key).decode()
        self.post.watch.asks("call.reveal", round=self.round().hex(), key=key)


def test_V11_both_stations_tell_the_same_digits_once_all_keys_are_shown(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        pages = [Page(north), Page(south)]
        north.watch.asks("call.begin")
        sees(south, "opened")
        for page, other in zip(pages, (south, north), strict=True):
            page.joins()
            sees(other, "joined", 1 if page is pages[0] else 2)
        assert pages[0].round() == pages[1].round()
        for count, (page, other) in enumerate(zip(pages, (south, north), strict=True), 1):
            page.commits()
            sees(other, "committed", count)
        pages[0].reveals()
        sees(south, "revealed")
        assert call(south)["digits"] is None
        pages[1].reveals()
        sees(north, "revealed", 2)
        assert call(north)["digits"] == call(south)["digits"] is not None
        secrets = {"A1": base64.b64encode(bytes(SECRET_BYTES)).decode()}
        round = pages[0].round().hex()
        north.watch.asks("call.seal", round=round, epoch=1, secrets=secrets)
        sees(south, "sealed")
        for wrong in ({"epoch": 256}, {"round": "00"}, {"secrets": {"A1": "AA=="}}):
            given = {"round": round, "epoch": 1, "secrets": secrets, **wrong}
            with pytest.raises(Misused):
                north.watch.asks("call.seal", **given)
        north.watch.asks("call.leave")
        sees(south, "left")
        assert call(south)["digits"] is None
        assert pages[1].round().hex() != round  # V9: who is there has changed


def test_V10_a_key_that_was_not_the_one_committed_to_gives_no_digits(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        pages = [Page(north), Page(south)]
        north.watch.asks("call.begin")
        sees(south, "opened")
        pages[0].joins()
        sees(south, "joined")
        pages[1].joins()
        sees(north, "joined", 2)
        pages[0].commits()
        pages[1].commits(os.urandom(KEY_BYTES))
        sees(north, "committed", 2)
        for page in pages:
            page.reveals()
        sees(north, "revealed", 2)
        sees(south, "revealed", 2)
        assert call(north)["digits"] is call(south)["digits"] is None
