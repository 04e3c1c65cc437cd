"""What belongs together, what happened when, and how the logs stood when a day ended."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import Key, Type
from parley.core.errors import Misused, Refused
from parley.core.wire import encode
from tests.playbook import DAY_S, Posts, day_of, two_stations


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Posts, dict[str, int]]]:
    """A question, its answer, a correction of the answer, and a message about something else."""
    with two_stations(tmp_path_factory.mktemp("incident")) as (north, south):
        north.clock.skip_midnight()
        n = {"asked": north.sends("Is aircraft 1127 yours?", "IMMEDIATE")}
        south.hears(n["asked"])
        south.watch.asks("open", n=n["asked"])
        south.watch.asks("pass", n=n["asked"], office="Air staff")
        n["answer"] = south.sends("Oui, 1127.", "IMMEDIATE", answers=n["asked"])
        n["fixed"] = south.sends("Non: 1172.", "IMMEDIATE", corrects=n["answer"])
        n["other"] = south.sends("Bonne nuit.")
        north.hears(n["other"])
        yield (north, south), n


def test_a_thread_is_the_same_from_each_of_its_messages(
    incident: tuple[Posts, dict[str, int]],
) -> None:
    (north, south), n = incident
    for post, asked, answers in ((north, "ours", "theirs"), (south, "theirs", "ours")):
        for dir, which in ((asked, "asked"), (answers, "answer"), (answers, "fixed")):
            found = post.auditor.asks("thread", n=n[which], dir=dir)
            assert not found["more"]
            assert [(each["dir"], each["n"], each["depth"]) for each in found["messages"]] == [
                (asked, n["asked"], 0),
                (answers, n["answer"], 1),
                (answers, n["fixed"], 2),
            ]
    alone = north.watch.asks("thread", n=n["other"])["messages"]
    assert [each["n"] for each in alone] == [n["other"]]
    with pytest.raises(Refused):
        north.watch.asks("thread", n=999)
    with pytest.raises(Misused):
        north.watch.asks("thread", n=0, dir="up")


def test_a_liars_circle_ends(tmp_path_factory: pytest.TempPathFactory) -> None:
    with two_stations(tmp_path_factory.mktemp("circle")) as (north, south):
        theirs = south.line()["our_size"]
        side = south.stage.do(lambda: south.station.lines[0].ours)
        for at in (0, 1):  # each corrects the other, and retracts itself
            refs = {Key.FOLLOWS: [side, theirs + 1 - at], Key.REVOKES: [side, theirs + at]}
            header = {int(key): value for key, value in refs.items()}
            south.utters(Type.TEXT, encode([header, f"Round {at}."]))
        north.hears(theirs + 1)
        found = north.watch.asks("thread", n=theirs)["messages"]
        assert sorted(each["n"] for each in found) == [theirs, theirs + 1]


def test_a_timeline_has_messages_and_what_became_of_them_with_both_clocks(
    incident: tuple[Posts, dict[str, int]],
) -> None:
    (north, _), n = incident
    rows = north.auditor.asks("timeline", words="11")["rows"]
    assert [(row["dir"], row["kind"]) for row in rows] == [
        ("ours", "text"),
        ("theirs", "opened"),
        ("theirs", "passed"),
        ("theirs", "text"),
        ("theirs", "text"),
    ]
    assert rows[1]["about"]["n"] == n["asked"]
    assert rows[1]["by"][0]["name"] == "Blanc"
    assert rows[2]["text"] == "Air staff"
    assert all(abs(row["time"] - row["kept"]) < 60 for row in rows)
    assert rows[0]["sha256"] == sha256(b"Is aircraft 1127 yours?").hexdigest()
    assert rows[0]["by"][0]["name"] == "Berg"
    assert north.auditor.asks("timeline", since="2099-01-01")["rows"] == []


def test_the_log_of_a_day_says_how_the_logs_stood(
    incident: tuple[Posts, dict[str, int]],
) -> None:
    (north, south), _ = incident
    (first, *_) = north.auditor.asks("timeline", words="11")["rows"]
    log = north.auditor.asks("daylog", date=day_of(first["kept"]))
    texts = [row["text"] for row in log["rows"] if row["kind"] == "text"]
    assert texts == ["Is aircraft 1127 yours?", "Oui, 1127.", "Non: 1172.", "Bonne nuit."]
    line = north.line()
    heads = {head["dir"]: head for head in log["heads"]}
    assert heads["theirs"]["size"] == line["their_size"]
    shown = north.auditor.asks("record", limit=1)["heads"]
    assert {dir: head["root"] for dir, head in heads.items()} == {
        dir: shown[dir]["root"] for dir in ("ours", "theirs")
    }
    assert log["trail"]["hash"] == north.auditor.asks("audit", limit=1)["head"]
    assert south.auditor.asks("daylog", date="2020-01-01")["rows"] == []
    for wrong in ("today", "2026-02-30", "2026-11-29 08:00Z"):
        with pytest.raises(Misused):
            north.auditor.asks("daylog", date=wrong)


def test_the_log_of_a_day_ends_at_midnight_utc(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        now = north.clock.now().wall
        north.clock.skip(DAY_S - now % DAY_S - 60)
        north.is_in_service()
        said = [north.sends("Before midnight.")]
        south.hears(said[0])
        today = day_of(north.clock.now().wall)
        north.clock.skip(60)
        north.is_in_service()
        said.append(north.sends("After midnight."))
        south.hears(said[1])
        for post in (north, south):
            for day, text in ((today, "Before"), (day_of(post.clock.now().wall), "After")):
                rows = post.auditor.asks("daylog", date=day)["rows"]
                assert [row["text"] for row in rows if row["kind"] == "text"] == [
                    f"{text} midnight."
                ]


def test_entries_of_several_pages_keep_their_order(
    incident: tuple[Posts, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (north, _), _ = incident

    def kinds() -> list[Any]:
        return [row["entry"] for row in north.auditor.asks("timeline")["rows"]]

    whole = kinds()
    monkeypatch.setattr("parley.station.texts.chronicle.ROWS_MAX", 2)
    cut = north.auditor.asks("timeline")
    assert cut["more"]
    assert [row["entry"] for row in cut["rows"]] == whole[: len(cut["rows"])]
