"""Whatever an authentic counterpart writes is kept, receipted and shown; none of it stops us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import BODY_PARTS_MAX, Content, Precedence, Type, body_of, read_body
from parley.core.wire import encode
from parley.station.entries.messages import RANGES_MAX
from parley.station.line import roster
from parley.station.line.roster import HOLDERS_MAX, ID_MAX, ITEMS_A_ENTRY, NAME_BYTES_MAX
from tests.playbook import Post, Posts, two_stations


def goes_on(north: Post, south: Post) -> None:
    """The line still carries messages both ways, and nobody has stopped it."""
    n = north.sends("Still here.")
    assert south.hears(n)["text"] == "Still here."
    m = south.sends("So are we.")
    assert north.hears(m)["text"] == "So are we."
    assert north.line()["halted"] is south.line()["halted"] is None


def test_an_entry_of_a_type_we_do_not_know_is_shown_and_its_clock_runs(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        body = encode([{11: "Launch"}, [7, {1: "missile"}]])
        n = north.utters(0x02, body, Precedence.FLASH)
        south.event("alarm", state="ringing", n=n)
        heard = south.hears(n)
        assert heard["problem"] == "entry of a type this station does not know"
        assert heard["raw"] == body.hex()
        assert heard["clock"]["left_s"] > 500
        south.watch.asks("open", n=n)
        north.until(lambda: "opened" in north.stages(n))
        goes_on(north, south)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"\x82\xa0",
        encode([{}, None]),
        encode([{}, 5]),
        encode(["not a map", "text"]),
        encode("bare"),
        encode([{}, b"bytes"]),
        encode([{}, "a\x00b\u202e"]),
        encode([{3: 5, 4: "x", 6: -1, 7: 9, 8: "x", 9: [0], 10: [9, 9], 11: 5, 99: b"?"}, "odd"]),
        encode([{2: [-1], 8: [1, 1 << 62], 9: [0, 99], 14: "x", 15: {}}, "odd"]),
        encode([{2: [-(1 << 64)]}, "to a desk that no table holds"]),
    ],
)
def test_a_text_that_is_none_is_shown_as_what_it_is(shared: Posts, body: bytes) -> None:
    north, south = shared
    n = north.utters(Type.TEXT, body)
    heard = south.hears(n)
    assert (heard["text"] is None) is (heard["problem"] is not None)
    south.watch.asks("inbox")
    south.auditor.asks("record")
    goes_on(north, south)


@pytest.mark.parametrize("status", [4, 5, 7])
def test_a_status_nobody_uses_is_kept(shared: Posts, status: int) -> None:
    north, south = shared
    n = north.utters(Type.TEXT, body_of(Type.TEXT, {}, "Odd."), status=status)
    heard = south.hears(n)
    assert (heard["status"], heard["problem"]) == ("UNKNOWN", "an entry that cannot be read")
    goes_on(north, south)


ODD: list[Any] = [
    None,
    [],
    {},
    5,
    "text",
    [[]],
    [None],
    [-1, 1],
    [1 << 63, 1],
    ["1", 2],
    [99, 99],
    [0, 0],
    [0],
    [True, True],
    [1, {"a": [1, {"b": b"x"}]}],
    [1, "x" * 10_000, "y" * 10_000],
    [[0, 1 << 62]],
    [[0, -1]],
    [[-5, 5], [1, 2, 3], "x", [0, 1000]],
]


@pytest.mark.parametrize("type", [*range(0x10, 0x18), Type.TEST, Type.TEST_ANSWER, Type.ROSTER, 7])
def test_acknowledgements_without_sense_say_nothing(shared: Posts, type: int) -> None:
    north, south = shared
    n = south.sends("About this.")
    north.hears(n)
    for payload in ODD:
        bare = 0x10 <= type < 0x18
        north.utters(type, encode(payload if bare else [{}, payload]))
    last = north.sends("The end.")
    south.hears(last)
    south.reads(n, "ours")
    south.watch.asks("inbox", all=True)
    south.watch.asks("outbox")
    south.auditor.asks("record")
    south.watch.asks("status")
    goes_on(north, south)


def test_read_backs_without_measure_are_shown_and_compared_within_bounds(shared: Posts) -> None:
    north, south = shared
    n = south.sends("Meet at 0600Z.")
    north.hears(n)
    group = south.reads(n, "ours")["check_group"]
    fields = {f"field {at}": f"{at} " * 200 for at in range(60)} | {"check group": group}
    for _ in range(6):
        north.utters(Type.READBACK, encode([n, fields]))
    south.until(lambda: south.stages(n).count("read back") == 6)
    stages = [each for each in south.reads(n, "ours")["stages"] if each["stage"] == "read back"]
    for stage in stages:
        assert len(stage["fields"]) <= 32
        assert sum(len(name) + len(said) for name, said in stage["fields"].items()) <= 4096
        assert stage["matches"] is True
    assert ["read" in stage for stage in stages] == [False, False, True, True, True, True]
    goes_on(north, south)


def test_a_roster_of_junk_changes_no_name(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for payload in (
            {1: {2: ["x"]}},
            {1: {2: [5, 6]}},
            {1: {"2": ["Mallory", ""]}},
            {1: {2: ["M" * 1000, ""]}},
            {1: [2]},
            {2: {1: ["desk", "holders", []]}},
            {2: {1: ["desk", [-1], []]}},
            {1: {1 << 40: ["far", "away"]}},
            {3: {2: ["Mallory", ""]}},
        ):
            north.utters(Type.ROSTER, encode([{}, payload]))
        n = north.sends("Who am I?")
        heard = south.hears(n)
        assert heard["drafter"]["name"] == north.drafter.name
        assert south.line()["desks"]["theirs"][0]["name"] == "watch desk"


def test_names_of_numbers_nobody_told_are_numbers(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.utters(Type.TEXT, body_of(Type.TEXT, {6: 77, 7: [78], 1: 9}, "From strangers."))
        heard = south.hears(n)
        assert heard["drafter"]["name"] == "person 77"
        assert heard["releasers"][0]["name"] == "person 78"
        assert heard["desks"]["from"] == "desk 9"


def test_a_far_too_long_roster_is_bounded(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for start in range(0, 9000, 1000):
            people = {start + at: ["N", "O"] for at in range(1000)}
            north.utters(Type.ROSTER, encode([{}, {1: people}]))
        n = north.sends("After all these names.")
        south.hears(n)
        kept = south.stage.do(
            lambda: south.station.store.sql("SELECT count(*) AS n FROM roster_theirs")[0]["n"]
        )
        assert kept <= 4096


def test_E5_a_roster_of_any_size_is_told_in_entries_that_can_be_read() -> None:
    crowd = list(range(ID_MAX - HOLDERS_MAX, ID_MAX))
    people = [(1, id, ["N" * 120, "O" * 120]) for id in range(40)]
    small = [(1, id, None) for id in range(40, 40 + 2 * ITEMS_A_ENTRY)]
    desks = [(2, id, ["D" * NAME_BYTES_MAX, crowd, crowd]) for id in range(3)]
    changed = [*people, *small, *desks]
    told = [roster._portions(some) for some in (changed, [])]
    portions = [*told[0]]
    assert [*told[1]] == []
    assert [(what, id, value) for portion in portions for what in portion
            for id, value in portion[what].items()] == changed  # fmt: skip
    assert [sum(map(len, each.values())) for each in portions] == [16, 16, 128, 128, 9, 1, 1]
    for portion in portions:
        body = body_of(Type.ROSTER, {}, portion)
        assert len(body) < BODY_PARTS_MAX
        assert read_body(Type.ROSTER, 0, body) == Content({}, portion)


def test_a_desk_they_say_is_gone_is_shown_no_more(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.utters(Type.ROSTER, encode([{}, {2: {40: ["night desk", [], []]}}]))
        south.hears(north.sends("There is a night desk."))
        assert "night desk" in [desk["name"] for desk in south.line()["desks"]["theirs"]]
        north.utters(Type.ROSTER, encode([{}, {2: {40: None}}]))
        south.hears(north.sends("It is closed."))
        assert "night desk" not in [desk["name"] for desk in south.line()["desks"]["theirs"]]


def test_one_entry_costs_no_more_than_an_honest_one_could(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.sends("About this.")
        north.hears(n)
        many: dict[int, Any] = {100 + id: [f"P{id}", ""] for id in range(2 * ITEMS_A_ENTRY)}
        crowd = [1] * (HOLDERS_MAX + 1)
        north.utters(Type.ROSTER, encode([{}, {1: many, 2: {40: ["crowded", crowd, []]}}]))
        north.utters(Type.ROSTER, encode([{}, {2: {41: ["desk", [], [], "x" * 9_000]}}]))
        north.utters(Type.DISPLAYED, encode([[1 << 20, 1]] * RANGES_MAX + [[n, 1]]))
        south.hears(north.sends("The end."))
        assert "displayed" not in south.stages(n)
        desks = [desk["name"] for desk in south.line()["desks"]["theirs"]]
        assert "crowded" not in desks
        assert "desk" in desks
        rows = south.stage.do(
            lambda: south.station.store.sql("SELECT id, length(value) AS bytes FROM roster_theirs")
        )
        assert max(row["id"] for row in rows) == 100 + ITEMS_A_ENTRY - 1
        assert max(row["bytes"] for row in rows) < 100
        goes_on(north, south)
