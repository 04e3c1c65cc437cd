"""What a watch officer does with a message, and how its sender closes the circle."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.core.entry import Key, Type, body_of
from parley.core.errors import Misused, Refused
from parley.station.entries import messages
from parley.station.entries.messages import RANGES_MAX
from tests.playbook import Post, two_stations


def wrong(group: str) -> str:
    return f"{(int(group) + 1) % 1_000_000:06d}"


def sent(
    north: Post, south: Post, text: str = "Meet at 0600Z.", precedence: str = "ROUTINE"
) -> int:
    n: int = north.sends(text, precedence)
    south.hears(n)
    return n


def test_displayed_is_said_once_for_each_message(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        numbers = [north.sends(f"Message {n}.") for n in range(4)]
        south.hears(numbers[-1])
        first = numbers[0]
        assert south.watch.asks("display", n=first, count=2)["displayed"] == numbers[:2]
        assert south.watch.asks("display", n=first, count=100)["displayed"] == numbers[2:]
        assert south.watch.asks("display", n=first, count=4)["displayed"] == []
        north.until(lambda: all("displayed" in north.stages(n) for n in numbers))
        for n in numbers:
            assert north.stages(n).count("displayed") == 1


def test_who_names_the_whole_record_in_many_ranges_costs_no_walk_for_each(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("The first of very many.")
        south.hears(n)
        key = (*north.station.lines[0].key, north.station.lines[0].ours)
        thousands: list[int] = []

        def counts() -> int:
            thousands.append(1)
            return 0

        def begins() -> None:
            store = north.station.store
            for at in range(10_000, 13_000):
                store.sql(
                    "INSERT INTO messages (line_id, inc, dir, n, type, marks, precedence, kept,"
                    " displayed) VALUES (?, ?, ?, ?, 1, 0, 0, 0, 1)",
                    (*key, at),
                )
            store._connection.set_progress_handler(counts, 1000)

        north.stage.do(lambda: north.station.in_next_step(begins))
        ranges = [[0, 1 << 52]] * RANGES_MAX
        m = south.utters(Type.DISPLAYED, body_of(Type.DISPLAYED, {}, ranges))
        north.until(lambda: north.line()["their_size"] > m)
        north.stage.do(lambda: north.station.store._connection.set_progress_handler(None, 0))
        assert "displayed" in north.stages(n)
        assert len(thousands) < RANGES_MAX


def test_what_is_said_again_and_again_of_a_message_stands_in_the_record_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "ACTS_MAX", 3)
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Acknowledge.")
        south.hears(n)
        for person in range(5):
            m = south.utters(Type.OPENED, body_of(Type.OPENED, {}, [n, person]))
        m = south.utters(Type.UNABLE, body_of(Type.UNABLE, {}, [n, 0, "No."]))
        north.until(lambda: north.line()["their_size"] > m)
        assert [each for each in north.stages(n) if each == "opened"] == ["opened"] * 3
        assert north.stages(n)[-1] == "unable"


def test_an_inbox_on_a_watch_officers_screen_displays(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        south.auditor.asks("inbox")
        assert "displayed" not in south.stages(n, "theirs")
        south.watch.asks("inbox")
        north.until(lambda: "displayed" in north.stages(n))


def test_each_officer_opens_a_message_once(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        south.watch.asks("open", n=n)
        south.watch.asks("open", n=n)
        south.deputy.asks("open", n=n)
        north.until(lambda: north.stages(n).count("opened") == 2)
        by = [each["by"]["name"] for each in north.reads(n, "ours")["stages"] if each["by"]]
        assert by[-2:] == [south.watch.name, south.deputy.name]
        assert north.stages(n).count("displayed") == 1


def test_a_wrong_check_group_may_be_tried_twice_and_then_the_sender_knows(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        group = wrong(north.reads(n, "ours")["check_group"])
        assert south.watch.asks("readback", n=n, group=group)["tries_left"] == 2
        assert south.watch.asks("readback", n=n, group=group)["tries_left"] == 1
        assert "read back" not in south.stages(n, "theirs")
        third = south.watch.asks("readback", n=n, group=group)
        assert (third["stage"], third["matches"]) == ("read back", False)
        north.until(lambda: "read back" in north.stages(n))
        stage = north.reads(n, "ours")["stages"][-1]
        assert (stage["matches"], stage["detail"]) == (False, group)
        with pytest.raises(Refused) as fault:
            north.watch.asks("confirm", n=n)
        assert group in fault.value.sentence
        north.watch.asks("correct", n=n, text="It is not that group; look again.")
        south.until(lambda: "corrected" in south.stages(n, "theirs"))
        right = north.reads(n, "ours")["check_group"]
        assert south.watch.asks("readback", n=n, group=f"{right[:3]} {right[3:]}")["matches"]
        north.until(lambda: north.stages(n).count("read back") == 2)
        north.watch.asks("confirm", n=n)
        south.until(lambda: "confirmed" in south.stages(n, "theirs"))


def test_critical_elements_are_read_back_and_judged_by_the_sender(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        south.watch.asks("readback", n=n, fields={"time": "0700Z", "place": "the bridge"})
        north.until(lambda: "read back" in north.stages(n))
        assert north.reads(n, "ours")["stages"][-1]["detail"] == "time: 0700Z; place: the bridge"
        north.watch.asks("correct", n=n, text="The time is 0600Z.")
        south.until(lambda: "corrected" in south.stages(n, "theirs"))
        assert south.reads(n)["stages"][-1]["detail"] == "The time is 0600Z."


ORDER = "At 0600Z aircraft 1127 turns at 21°40′N 118°05′E."


def test_elements_and_digits_are_one_read_back(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south, ORDER)
        group = north.reads(n, "ours")["check_group"]
        said = {"time": "0600Z", "number": "1127", "position": "2140N 11805E"}
        assert south.watch.asks("readback", n=n, group=group, fields=said)["matches"]
        north.until(lambda: "read back" in north.stages(n))
        south.until(lambda: south.reads(n)["stages"][-1]["n"] is not None)
        for stage in (north.reads(n, "ours")["stages"][-1], south.reads(n)["stages"][-1]):
            assert stage["fields"] == {"check group": group, **said}
            assert f"check group: {group}" in stage["detail"].split("; ")
            assert stage["matches"] is True
            assert stage["read"]["differs"] == 0
            assert {each["value"] for each in stage["read"]["compared"]} == {
                *("06:00", "1127", "21°40′00″N", "118°05′00″E")
            }
        north.watch.asks("confirm", n=n)
        south.until(lambda: "confirmed" in south.stages(n, "theirs"))


def test_elements_that_differ_are_confirmed_by_whoever_has_seen_these(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south, ORDER)
        said = {"time": "0600Z", "number": "1137", "position": "2140N 11805E"}
        south.watch.asks("readback", n=n, fields=said)
        north.until(lambda: "read back" in north.stages(n))
        stage = north.reads(n, "ours")["stages"][-1]
        assert "matches" not in stage
        assert [
            (each["value"], each["mark"])
            for each in stage["read"]["compared"]
            if each["mark"] != "same"
        ] == [("1127", "omitted"), ("1137", "added")]
        for word in ("", "00000000"):
            with pytest.raises(Refused) as fault:
                north.watch.asks("confirm", n=n, seen=word)
            assert "differs from this message" in fault.value.sentence
        assert "confirmed" not in north.stages(n)
        north.watch.asks("confirm", n=n, seen=stage["read"]["word"])
        south.until(lambda: "confirmed" in south.stages(n, "theirs"))


def test_a_wrong_group_beside_right_elements_is_tried_again_and_not_confirmed(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south, ORDER)
        said = {"time": "0600Z", "number": "1127", "position": "2140N 11805E"}
        group = wrong(north.reads(n, "ours")["check_group"])
        for left in (2, 1):
            again = south.watch.asks("readback", n=n, group=group, fields=said)
            assert again["tries_left"] == left
        assert south.watch.asks("readback", n=n, group=group, fields=said)["matches"] is False
        north.until(lambda: "read back" in north.stages(n))
        assert north.reads(n, "ours")["stages"][-1]["matches"] is False
        with pytest.raises(Refused) as fault:
            north.watch.asks("confirm", n=n)
        assert group in fault.value.sentence


def test_a_read_back_is_confirmed_or_corrected_once(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        with pytest.raises(Refused) as fault:
            north.watch.asks("confirm", n=n)
        assert "not read message" in fault.value.sentence
        south.watch.asks("readback", n=n, group=north.reads(n, "ours")["check_group"])
        north.until(lambda: "read back" in north.stages(n))
        north.watch.asks("confirm", n=n)
        with pytest.raises(Refused):
            north.watch.asks("confirm", n=n)
        with pytest.raises(Refused):
            north.watch.asks("correct", n=n, text="Too late.")


def test_unable_and_wait_reach_the_sender_with_their_reasons(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        until = south.watch.asks("wait", n=n, minutes=30)["until"]
        south.watch.asks("unable", n=n, reason="The bridge is closed.")
        north.until(lambda: "unable" in north.stages(n))
        stages = {each["stage"]: each for each in north.reads(n, "ours")["stages"]}
        assert abs(stages["wait"]["until"] - until) < 1
        assert stages["unable"]["detail"] == "The bridge is closed."


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        for op, given, kind in (
            ("open", {"n": 99}, Refused),
            ("open", {"n": 0}, Refused),
            ("open", {"n": -1}, Refused),
            ("display", {"n": n, "count": 0}, Misused),
            ("display", {"n": n, "count": 5000}, Misused),
            ("pass", {"n": n, "office": "a\nb"}, Refused),
            ("readback", {"n": n}, Misused),
            ("readback", {"n": n, "group": "12345"}, Misused),
            ("readback", {"n": n, "group": "12345x"}, Misused),
            ("readback", {"n": n, "fields": {"check group": "123456"}}, Misused),
            ("readback", {"n": n, "group": "123456", "fields": {}}, Misused),
            ("readback", {"n": n, "fields": {}}, Misused),
            ("readback", {"n": n, "fields": {"time": "\t"}}, Refused),
            ("wait", {"n": n, "minutes": 0}, Misused),
            ("unable", {"n": n, "reason": "x" * 3000}, Refused),
            ("unable", {"n": n, "reason": "This is not a drill"}, Refused),
            ("message", {"n": n, "dir": "up"}, Misused),
        ):
            with pytest.raises(kind):
                south.watch.asks(op, **given)
        assert south.stages(n, "theirs")[-1] == "received"


def test_only_the_watch_acts_on_a_message(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        for voice in (south.drafter, south.releaser, south.auditor, south.operator):
            with pytest.raises(Refused):
                voice.asks("open", n=n)


def test_an_acknowledgement_waits_for_the_line_and_is_not_said_twice(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = sent(north, south)
        north.stops()
        south.until(lambda: not south.line()["path_up"])
        south.watch.asks("open", n=n)
        south.watch.asks("inbox")
        south.watch.asks("open", n=n)
        opened = south.reads(n)["stages"][-1]
        assert (opened["stage"], opened["n"]) == ("opened", None)
        assert opened["waiting"]
        north.starts()
        north.until(lambda: "opened" in north.stages(n))
        assert north.stages(n).count("opened") == north.stages(n).count("displayed") == 1
        assert "waiting" not in south.reads(n)["stages"][-1]


def test_E23_nobody_takes_back_corrects_or_answers_the_words_of_another(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Hold your fire.", "FLASH")
        south.hears(n)
        m = south.utters(Type.TEXT, body_of(Type.TEXT, {Key.REPLY_BY: 1 << 31}, "When?"))
        north.hears(m)
        ours, theirs = north.station.lines[0].ours, north.station.lines[0].theirs
        for key in (Key.FOLLOWS, Key.REVOKES):
            south.utters(Type.TEXT, body_of(Type.TEXT, {key: [ours, n]}, "Fire at will."))
        own: dict[int, list[int]] = {Key.ANSWERS: [theirs, m]}
        north.hears(south.utters(Type.TEXT, body_of(Type.TEXT, own, "Tomorrow.")))
        view = north.reads(n, "ours")
        assert not view["retracted"]
        assert not {"retracted by", "corrected by"} & set(north.stages(n))
        assert "answered" not in north.stages(m, "theirs")
        assert not north.reads(m)["reply"]["answered"]
        north.sends("Never mind.", retracts=n)  # its own speaker may
        assert north.reads(n, "ours")["retracted"]
