"""A reply that does not come, and an office that says nothing: they ring, and go on to others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import Type
from parley.core.errors import Refused
from parley.core.kept import EntryRow
from tests.playbook import Post, two_stations
from tests.station.test_escalation import SHORT, program
from tests.station.test_watch import acts


def overdue(post: Post) -> list[dict[str, Any]]:
    """What did not come and is in nobody's hands."""
    found: list[dict[str, Any]] = post.watch.asks("overdue.list")["overdue"]
    return found


def asked(asker: Post, other: Post, precedence: str = "FLASH") -> int:
    """A message that asks for a reply within a minute, opened by the other side's watch."""
    n: int = asker.sends("May our ship enter your port?", precedence, reply_by="1")
    other.hears(n)
    other.watch.asks("open", n=n)
    return n


def test_T10_a_reply_that_is_not_given_goes_the_way_of_a_missed_clock(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with two_stations(tmp_path, **SHORT) as (north, south):
        south.operator.asks("escalation.set", command=[program(tmp_path, f"cat > {told}")])
        n = asked(north, south)
        assert overdue(south) == []
        north.clock.skip(62)
        for post in (north, south):
            post.event("overdue", state="reply missed", n=n)
        [late] = overdue(south)
        assert (late["kind"], late["dir"], late["precedence"]) == ("reply", "theirs", "FLASH")
        assert late["sentence"].endswith("; none was given here.")
        assert overdue(north)[0]["sentence"].endswith("; South gave none.")
        north.clock.skip(61)
        south.event("overdue", state="deputy called", n=n)
        assert [each["name"] for each in overdue(south)[0]["called"]] == [south.deputy.name]
        north.clock.skip(61)
        south.event("overdue", state="everyone")
        north.clock.skip(121)
        south.until(lambda: told.exists() and told.read_text())
        facts = json.loads(told.read_text())
        assert (facts["state"], facts["number"]) == ("no reply was given", n)
        # The program has written before it ends, and stands in the trail once it has.
        south.until(lambda: "escalation: command (Blue Line)" in acts(south))
        assert [act for act in acts(south) if not act.startswith("line ")][-4:] == [
            "reply missed (Blue Line)",
            "deputy called (Blue Line)",
            "escalation: everyone (Blue Line)",
            "escalation: command (Blue Line)",
        ]
        at_theirs = [act for act in acts(north) if act.startswith(("reply", "deputy", "escal"))]
        assert at_theirs == ["reply missed (Blue Line)"]  # nobody is called where it is theirs
        answer = south.sends("It may.", "FLASH", answers=n)
        assert overdue(south) == []
        north.hears(answer)
        assert overdue(north) == []


def test_T10_a_reply_in_time_rings_nobody_and_a_wait_rings_later(tmp_path: Path) -> None:
    with two_stations(tmp_path, **SHORT) as (north, south):
        n = asked(north, south)
        south.says("It may.", answers=n)
        m = asked(north, south)
        south.watch.asks("wait", n=m, minutes=10)
        unable = asked(north, south)
        south.watch.asks("unable", n=unable, reason="No berth is free.")
        north.until(lambda: "unable" in north.stages(unable))
        north.clock.skip(300)
        assert overdue(north) == overdue(south) == []
        north.clock.skip(310)
        for post in (north, south):
            post.event("overdue", state="reply missed", n=m)
            assert [each["n"] for each in overdue(post)] == [m]


def test_T10_a_wait_calls_the_outside_off_until_its_time_has_run_out_again(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with two_stations(tmp_path, **SHORT) as (north, south):
        south.operator.asks("escalation.set", command=[program(tmp_path, f"cat >> {told}")])
        n = asked(north, south)
        for seconds, state in ((62, "reply missed"), (61, "deputy called"), (61, "everyone")):
            north.clock.skip(seconds)
            south.event("overdue", state=state)
        south.watch.asks("wait", n=n, minutes=10)
        north.clock.skip(300)
        assert overdue(south) == []
        for seconds, state in ((310, "reply missed"), (61, "deputy called"), (61, "everyone")):
            north.clock.skip(seconds)
            south.event("overdue", state=state)
        assert not told.exists()
        north.clock.skip(121)
        south.until(lambda: [act for act in acts(south) if act.startswith("escalation: command")])
        assert told.read_text()
        assert len([act for act in acts(south) if act.startswith("escalation: command")]) == 1


def test_T11_an_office_that_says_nothing_rings_and_the_next_deputy_is_called(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path, **SHORT) as (north, south):
        n = south.sends("A rocket for the aurora starts.", "IMMEDIATE")
        north.hears(n)
        north.watch.asks("pass", n=n, office="Foreign ministry")
        north.watch.asks("pass", n=n, office="General staff")
        ministry = north.watch.asks("distribution.list", n=n)["offices"][0]["passing"]
        north.watch.asks("distribution.acknowledge", passing=ministry, by="Lt Holm")
        north.clock.skip(61)
        north.event("overdue", state="word of an office missed", n=n)
        [late] = overdue(north)
        assert late["sentence"].startswith("General staff has not said by ")
        assert late["office"] == "General staff"
        assert overdue(south) == []  # beyond the first office nobody there is told
        north.clock.skip(61)
        north.event("overdue", state="deputy called", n=n)
        north.stops()
        north.starts()
        [late] = overdue(north)
        taken = north.watch.asks("overdue.take", id=late["id"])
        assert taken["by"]["name"] == north.watch.name
        north.clock.skip(300)
        assert overdue(north) == []
        assert not [act for act in acts(north) if act.startswith("escalation")]
        with pytest.raises(Refused, match="taken it in hand"):
            north.watch.asks("overdue.take", id=late["id"])
        with pytest.raises(Refused, match="Nothing overdue"):
            north.watch.asks("overdue.take", id=999)


def test_T9_a_test_that_is_called_costs_the_missed_ones_that_are_open(tmp_path: Path) -> None:
    """Years of tests that were missed and came later are not read for it, in steps of SQLite."""
    with two_stations(tmp_path, mark="ACTUAL", test_s=86_400) as (north, _):
        line, steps = north.station.lines[0], [0, 0]

        def counted(at: int, n: int) -> None:
            def count() -> None:
                steps[at] += 1

            called = EntryRow(line.theirs, n, Type.TEST, 8, 0, 0, b"", b"", b"", b"", b"", 0.0)
            north.station.store._connection.set_progress_handler(count, 1)
            north.station.watch.expecting._called(line, called)
            north.station.store._connection.set_progress_handler(None, 0)

        def missed() -> None:
            counted(0, 900_000)
            for due in range(3_000):
                north.station.store.sql(
                    "INSERT INTO expected (line_id, inc, kind, dir, n, precedence, due, missed,"
                    " came) VALUES (?, ?, 'test', ?, ?, 0, ?, ?, ?)",
                    (*line.key, line.theirs, due, due, due, due if due < 2_999 else None),
                )
            counted(1, 900_001)
            left = "SELECT count(*) FROM expected WHERE kind = 'test' AND came IS NULL"
            assert north.station.store.sql(left)[0][0] == 0
            done.append(True)

        done: list[bool] = []
        north.stage.do(lambda: north.station.in_next_step(missed))
        north.until(lambda: bool(done))
        assert 0 < steps[1] < steps[0] + 200, steps
