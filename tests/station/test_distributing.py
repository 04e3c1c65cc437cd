"""A message is followed to the last office, and its reply has a clock at both sides."""

from __future__ import annotations

import pytest

from parley.core.entry import Key, Type, body_of
from parley.core.errors import Misused, Refused
from tests.playbook import Posts


def test_each_office_acknowledges_for_itself(shared: Posts) -> None:
    north, south = shared
    n = south.sends("A rocket for the aurora starts at 0624Z.", "PRIORITY")
    north.hears(n)
    assert north.watch.asks("distribution.list", n=n)["offices"] == []
    north.watch.asks("pass", n=n, office="Foreign ministry")
    north.watch.asks("pass", n=n, office="General staff")
    offices = north.watch.asks("distribution.list", n=n)["offices"]
    ministry, staff = (each["passing"] for each in offices)
    north.watch.asks("distribution.onward", passing=ministry, office="Radar command")
    found = north.watch.asks("distribution.onward", passing=staff, office="Chairman's office")
    assert [(each["office"], each["depth"], each["last"]) for each in found["offices"]] == [
        ("Foreign ministry", 0, False),
        ("Radar command", 1, True),
        ("General staff", 0, False),
        ("Chairman's office", 1, True),
    ]
    radar = found["offices"][1]["passing"]
    deep = north.watch.asks("distribution.onward", passing=radar, office="Radar crew, sector 4")
    assert deep["unacknowledged"] == 5
    crew = deep["offices"][2]["passing"]
    taken = north.watch.asks(
        "distribution.acknowledge", passing=crew, by="Lt Holm", text="All crews told."
    )
    assert taken["unacknowledged"] == 4
    assert (taken["offices"][2]["by"], taken["offices"][2]["remark"]) == (
        "Lt Holm",
        "All crews told.",
    )
    with pytest.raises(Refused, match="Lt Holm"):
        north.watch.asks("distribution.acknowledge", passing=crew, by="Lt Bull")
    south.until(lambda: south.stages(n).count("passed") == 2)  # beyond the first nobody is told


def test_what_is_no_office_or_no_passing_is_refused(shared: Posts) -> None:
    north, south = shared
    n = south.sends("Hello.")
    north.hears(n)
    north.watch.asks("pass", n=n, office="Staff")
    passing = north.watch.asks("distribution.list", n=n)["offices"][0]["passing"]
    for op, given in (
        ("distribution.onward", {"passing": passing, "office": " "}),
        ("distribution.onward", {"passing": 999, "office": "Staff"}),
        ("distribution.acknowledge", {"passing": passing, "by": "a\nb"}),
        ("distribution.acknowledge", {"passing": passing, "by": "Holm", "text": "x" * 2_001}),
        ("distribution.list", {"n": 999}),
    ):
        with pytest.raises(Refused):
            north.watch.asks(op, **given)
    with pytest.raises(Refused):
        north.drafter.asks("distribution.onward", passing=passing, office="Staff")


def test_E18_a_reply_has_a_clock_until_it_comes(shared: Posts) -> None:
    north, south = shared
    draft = north.drafts("May our ship enter your port?", "PRIORITY", reply_by="30")
    due = draft["reply_by"]
    edited = north.drafter.asks("draft.edit", draft=draft["draft"], text="May the Amity enter?")
    assert edited["reply_by"] == due
    n = north.releases(draft)["n"]
    south.hears(n)
    for view in (north.reads(n, "ours"), south.reads(n)):
        assert view["reply"]["due"] == due
        assert 29 * 60 < view["reply"]["left_s"] <= 30 * 60
        assert view["reply"]["answered"] is False
    south.watch.asks("open", n=n)  # acknowledged, and still owed
    for owed in (north.line()["oldest_owed_there"], south.line()["oldest_owed"]):
        assert (owed["n"], owed["precedence"]) == (n, "PRIORITY")
        assert (owed["clock"]["due"], owed["clock"]["overdue"]) == (due, False)
    assert north.line()["oldest_owed"] is south.line()["oldest_owed_there"] is None
    later = north.releases(north.drafts("And when?", "PRIORITY", reply_by="5"))["n"]
    south.hears(later)
    assert south.line()["oldest_owed"]["n"] == n  # the oldest, not the one that is due first
    answer = south.sends("She may.", answers=n)
    north.hears(answer)
    assert north.line()["oldest_owed_there"]["n"] == later
    assert south.line()["oldest_owed"]["n"] == later
    north.hears(south.sends("At noon.", answers=later))
    assert north.line()["oldest_owed_there"] is south.line()["oldest_owed"] is None
    assert north.reads(n, "ours")["reply"]["answered"] is True
    assert north.hears(answer)["reply"] is None


def test_E18_a_time_that_is_none_is_refused_here_and_shown_raw_there(shared: Posts) -> None:
    north, south = shared
    for given in ("soon", "tomorrow", "30x", "2026-12-01", "2026-13-01 08:00Z"):
        with pytest.raises(Misused, match="is no time by which") as told:  # as of every other time
            north.drafts("Hello.", reply_by=given)
        assert told.value.hint.startswith("Minutes from now, 3h or 2d, or a time such as ")
    for given in ("0", "99999", "15d", "2020-01-01 00:00Z", "2099-01-01 00:00Z"):
        with pytest.raises(Refused):
            north.drafts("Hello.", reply_by=given)
    for given, minutes in (("30m", 30), ("3h", 180), ("2d", 2880)):
        due = north.drafts("Hello.", reply_by=given)["reply_by"]
        assert abs(due - north.clock.now().wall - 60 * minutes) < 60
    kept = north.drafts("Hello.", reply_by="60")
    gone = north.drafter.asks("draft.edit", draft=kept["draft"], reply_by="")
    assert gone["reply_by"] is None
    body = body_of(Type.TEXT, {int(Key.REPLY_BY): "tomorrow"}, "Hello.")
    n = south.utters(Type.TEXT, body)
    north.hears(n)
    read = north.reads(n)
    assert (read["reply"], read["raw_header"]) == (None, {"17": "tomorrow"})
