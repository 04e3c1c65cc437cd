"""What the world does to a station: full disks, locks, strangers. Nothing is lost, all is said."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parley.bearers.framing import framed
from parley.core.errors import Unavailable
from parley.station.acts.operations import find
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.line.bearing import Bearing
from parley.station.serving import perform_here
from tests.playbook import Post, two_stations
from tests.ports import free_port
from tests.station.founded import found


@contextlib.contextmanager
def full_disk(post: Post) -> Iterator[None]:
    """SQLite may take no further page: what a full disk is to it."""
    store = post.station.store

    def fill() -> None:
        pages = store.sql("PRAGMA page_count")[0][0]
        store.sql(f"PRAGMA max_page_count = {pages}")

    post.stage.do(fill)
    try:
        yield
    finally:
        post.stage.do(lambda: store.sql("PRAGMA max_page_count = 4294967294") and None)


def writes_on(post: Post) -> None:
    """Write until the disk is full."""
    for _ in range(100):
        post.drafts("x" * 60_000)


def test_on_a_full_disk_nothing_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        kept = north.drafts("Kept before the disk was full.")
        with full_disk(north):
            with pytest.raises(Unavailable) as fault:
                writes_on(north)
            assert "full" in fault.value.sentence
            assert fault.value.hint
            assert north.drafter.asks("draft.show", draft=kept["draft"])["state"] == "open"
            size = south.line()["their_size"]
        n = north.releases(kept)["n"]
        assert n == size
        assert south.hears(n)["text"] == "Kept before the disk was full."
        assert north.line()["halted"] is south.line()["halted"] is None


def test_who_asks_of_a_folder_on_a_full_disk_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with found(tmp_path / "north", "North").at_work() as north:
        pages = north.station.store.sql("PRAGMA page_count")[0][0]
        north.station.store.sql(f"PRAGMA max_page_count = {pages}")
        fault: Unavailable | None = None
        for n in range(1000):
            try:
                north.does("person.add", name=f"Ekström {n}", office="y" * 90, roles=["watch"])
            except Unavailable as full:
                fault = full
                break
    assert fault is not None
    assert "full" in fault.sentence
    assert not caplog.records  # the command line would show them beside the error


def test_what_arrives_while_the_disk_is_full_arrives_later(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        with full_disk(south):
            with contextlib.suppress(Unavailable):
                writes_on(south)
            n = north.sends("y" * 60_000, "FLASH")
            assert north.line()["receipted"] <= n
            told = south.auditor.asks("status")["trouble"]
            assert "is full" in told["sentence"]
            (database,) = [
                check
                for check in south.auditor.asks("doctor")["checks"]
                if check["name"] == "database"
            ]
            assert (database["ok"], database["sentence"]) == (False, told["sentence"])
            assert len(database["troubles"]) == 1  # the rest of it was looked at, and is well
        south.clock.skip(60)
        south.hears(n)
        assert south.auditor.asks("status")["trouble"] is None
        north.until(lambda: north.line()["receipted"] > n)


def test_another_program_that_holds_the_database_is_named_and_waited_out(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        draft = north.drafts("Later.")
        other = sqlite3.connect(north.folder / "parley.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as fault:
            north.releases(draft)
        assert "locked by another program" in fault.value.sentence
        other.execute("ROLLBACK")
        other.close()
        n = north.releases(draft)["n"]
        assert south.hears(n)["text"] == "Later."


@contextlib.contextmanager
def locked(post: Post) -> Iterator[None]:
    """Another program holds the database, so that no step can be kept."""
    with contextlib.closing(
        sqlite3.connect(post.folder / "parley.db", isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def in_trouble(post: Post) -> object:
    return post.auditor.asks("status")["trouble"]


def test_what_was_to_be_done_in_a_step_that_was_undone_is_done_once_it_can_be(
    tmp_path: Path,
) -> None:
    done: list[int] = []
    with two_stations(tmp_path) as (north, _):
        station = north.station
        with locked(north):
            for n in range(3):
                north.stage.do(partial(station.in_next_step, partial(done.append, n)))
            north.until(lambda: in_trouble(north))
            assert done == []
        north.until(lambda: done == [0, 1, 2])


def test_a_deed_that_fails_is_not_done_again_and_those_beside_it_are(tmp_path: Path) -> None:
    done: list[str] = []

    def fails() -> None:
        done.append("failed")
        raise ZeroDivisionError

    with two_stations(tmp_path) as (north, _):

        def all_at_once() -> None:
            for each in (partial(done.append, "before"), fails, partial(done.append, "after")):
                north.station.in_next_step(each)

        north.stage.do(all_at_once)
        north.until(lambda: done[-1:] == ["after"])
        assert done == ["before", "failed", "before", "after"]
        assert north.says("Still here.")["n"] is not None


def test_a_caller_who_cannot_be_answered_keeps_no_answer_from_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[object] = []

    def breaks(answer: object) -> None:
        raise ZeroDivisionError

    with two_stations(tmp_path) as (north, _):

        def asks() -> None:
            station = north.station
            for reply in (breaks, answers.append):
                for name in ("person.list", "escalation.set"):
                    station.submit(find(name), AT_THE_MACHINE, {}, reply)

        north.stage.do(asks)
        north.until(lambda: len(answers) == 2)
    assert "could not be given" in caplog.text


def undoes(post: Post, patch: pytest.MonkeyPatch, when: Callable[[], bool]) -> list[bool]:
    """The disk is full at the end of the first step of which that is so; whether it was."""
    station, full = post.station, list[bool]()
    look = station.watch.look

    def looks() -> None:
        look()
        if not full and when():
            full.append(True)
            raise Unavailable("The disk is full.") from sqlite3.OperationalError("disk is full")

    patch.setattr(station.watch, "look", looks)
    return full


def tells(post: Post, state: str) -> Callable[[], bool]:
    """Whether the step of this station tells of that."""
    station = post.station
    return lambda: any(event.get("state") == state for event in station._happened)


def acts(post: Post, about: str) -> list[str]:
    """What the audit trail says of this, oldest first."""
    rows = post.auditor.asks("audit")["rows"]
    return [row["act"].rpartition(" (")[0] for row in rows if about in row["act"]]


def test_of_a_suspension_in_a_step_that_was_undone_nobody_is_told_that_it_was_lifted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        undoes(north, monkeypatch, tells(north, "suspended"))
        south.releases(south.drafter.asks("suspend", reason="Ties are cut."))
        assert north.event("line", state="suspended")
        assert not {"line open", "line partly"} & set(acts(north, "line"))
        assert acts(north, "line suspended") == ["line suspended"]


def test_of_a_clock_in_doubt_in_a_step_that_was_undone_nobody_is_told_that_it_is_trusted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        undoes(north, monkeypatch, tells(north, "their clock in doubt"))
        south.clock.set_wrong(3_600)
        assert north.event("line", state="their clock in doubt")
        assert acts(north, "their clock") == ["their clock in doubt"]


@pytest.mark.story
def test_that_both_records_agree_is_told_by_the_first_step_that_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        station, full = north.station, list[bool]()
        look, (line,) = station.watch.look, station.lines

        def looks() -> None:
            agree = line.records_agree(station.state(line))
            if full and not agree:  # the disk is still full, and nobody looks at anything
                raise Unavailable("The disk is full.") from sqlite3.OperationalError("full")
            look()
            if agree and not full:
                full.append(True)
                raise Unavailable("The disk is full.") from sqlite3.OperationalError("full")

        monkeypatch.setattr(station.watch, "look", looks)
        south.hears(north.sends("One."))
        north.until(lambda: bool(full))
        assert north.event("line", state="records agree")


def test_that_the_clocks_differ_is_told_though_the_step_that_found_it_was_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        south.until(lambda: south.line()["observed"] == "heard")
        full = undoes(south, monkeypatch, tells(south, "clocks differ"))
        north.clock.set_wrong(7200)
        first = north.sends("From the future.")
        assert south.hears(first)["went_back_s"] == 0
        second = north.sends("Once more.")
        south.hears(second)
        south.until(lambda: acts(south, "clocks differ"))
        assert full
        assert acts(south, "clocks differ") == ["clocks differ"]
        assert acts(south, "time went back") == []


def test_a_time_that_went_back_counts_once_though_its_step_was_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        north.clock.set_wrong(7200)
        south.hears(north.sends("From the future."))
        full = undoes(south, monkeypatch, tells(south, "time went back"))
        north.clock.set_wrong(0)
        south.hears(north.sends("And back."))
        assert full
        assert any("times went back once" in each for each in south.line()["clock"]["doubts"])
        assert acts(south, "time went back") == ["time went back"]


def test_a_silence_that_was_found_in_a_step_that_was_undone_is_told_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        north.until(lambda: north.line()["observed"] == "heard")
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        full = undoes(north, monkeypatch, tells(north, "silent"))
        north.clock.skip(26)
        north.event("line", state="silent")
        assert full
        assert north.line()["last_heard_s"] > 25
        assert acts(north, "line silent") == ["line silent"]
        south.starts()
        north.event("line", state="heard")


def test_a_line_that_falls_silent_after_a_step_that_was_undone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        north.until(lambda: north.line()["observed"] == "heard")
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        full = undoes(north, monkeypatch, lambda: True)
        north.stage.do(lambda: north.station.in_next_step(lambda: None))
        north.until(lambda: bool(full))
        assert north.line()["observed"] == "heard"
        north.clock.skip(26)
        north.event("line", state="silent")


def test_a_newer_version_that_was_found_in_a_step_that_was_undone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        full = undoes(south, monkeypatch, tells(south, "of another version"))

        def sends() -> None:
            (line,) = north.station.lines
            line.send([b"\x40" + bytes(60)])

        north.stage.do(sends)
        south.until(lambda: acts(south, "of another version"))
        assert full
        assert "seems to speak a newer version" in south.line()["newer"]
        assert acts(south, "of another version") == ["line of another version"]


@pytest.mark.parametrize("calls", ["North calls", "South calls"])
def test_a_path_that_came_or_went_in_a_step_that_was_undone_is_told(
    calls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        one, other = (north, south) if calls == "North calls" else (south, north)
        while not one.happened.empty():
            one.happened.get()
        went = undoes(one, monkeypatch, tells(one, "path down"))
        other.stops()
        assert one.event("line", state="path down")
        came = undoes(one, monkeypatch, tells(one, "path up"))
        other.starts()
        assert one.event("line", state="path up")
        assert went
        assert came
        one.until(lambda: one.line()["observed"] == "heard")
        assert one.line()["path_up"]


@pytest.mark.parametrize("what", ["a path", "a scrub"])
def test_what_fails_once_by_our_mistake_stops_no_step(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[str] = []

    def fails_once(works: Callable[..., None]) -> Callable[..., None]:
        def tried(*given: Any) -> None:
            if not failed and given != ([],):
                failed.append("once")
                raise ZeroDivisionError
            works(*given)

        return tried

    with two_stations(tmp_path) as (north, south):
        draft = north.drafts("Still here.", "FLASH")
        if what == "a path":
            path = north.station.lines[0].paths[0]
            monkeypatch.setattr(path, "send_all", fails_once(path.send_all))
        else:
            scrub = fails_once(south.station.store.scrub)
            monkeypatch.setattr(south.station._departures, "_store", SimpleNamespace(scrub=scrub))
        n = north.releases(draft)["n"]
        assert south.hears(n)["text"] == "Still here."
        south.until(lambda: failed)
        south.watch.asks("open", n=n)
        north.until(lambda: "opened" in north.stages(n))
    told = {"a path": "a path of the line", "a scrub": "retired keys were not cleared"}
    assert told[what] in caplog.text
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_strangers_and_junk_are_counted_and_cost_the_line_nothing(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        port = int(south.operator.asks("bearer.list")["bearers"][0]["listen"].rpartition(":")[2])
        junk = [
            b"\x20" + bytes(40),
            b"\x24" + bytes(60),
            b"\x2c" + bytes(200),
            b"\xff",
            b"\x00" * 9,
        ]
        for frame in junk:
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                stranger.sendall(framed(frame))
                n = north.sends("Still here.", "FLASH")
                assert south.hears(n)["text"] == "Still here."
        south.until(lambda: south.auditor.asks("status")["strange_frames"] >= len(junk))
        assert south.line()["halted"] is None
        assert len(south.line()["bearers"]) == 1


def test_a_recording_played_back_binds_no_path(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Once.")
        south.hears(n)
        north.stops()
        south.until(lambda: not south.line()["path_up"])
        south.watch.asks("open", n=n)
        port = int(south.operator.asks("bearer.list")["bearers"][0]["listen"].rpartition(":")[2])
        before = south.auditor.asks("status")["strange_frames"]
        store = sqlite3.connect(north.folder / "parley.db")
        sealed = [row[0] for row in store.execute("SELECT frame FROM outbox")]
        store.close()
        with socket.create_connection(("127.0.0.1", port)) as recorder:
            for frame in [*sealed, b"\x20" + bytes(30)]:
                recorder.sendall(framed(frame))
            south.until(lambda: south.auditor.asks("status")["strange_frames"] > before)
            assert not south.line()["path_up"]


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (_, south):
        with set_busy(south):
            with pytest.raises(Unavailable) as fault:
                south.starts()
            assert "already listening" in fault.value.sentence
            assert fault.value.hint
        south.starts()
        assert south.watch.asks("status")


def test_a_port_in_use_stops_no_other_bearer(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, south), socket.socket() as other:
        port = free_port()
        perform_here(south.folder, "bearer.add", "", {"listen": f"127.0.0.1:{port}"})
        other.bind(("127.0.0.1", port))
        other.listen()
        south.starts()
        north.starts()
        south.is_in_service()
        troubles = [each["trouble"] for each in south.watch.asks("status")["bearers"]]
        assert troubles[0] is None
        assert "already listening" in troubles[1]["sentence"]
        (check,) = [c for c in south.operator.asks("doctor")["checks"] if c["name"] == "paths"]
        assert "already listening" in check["sentence"]
        rows = south.auditor.asks("audit")["rows"]
        assert "already listening" in next(r["outcome"] for r in rows if r["act"] == "bearer down")


def test_a_bearer_that_was_removed_never_takes_its_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.station.line.bearing.RETRY_S", 0.01)
    started: list[int] = []
    start = Bearing.start

    async def counted(self: Bearing) -> None:
        started.append(self.id)
        await start(self)

    with two_stations(tmp_path, started=False) as (_, south), socket.socket() as other:
        port = free_port()
        perform_here(south.folder, "bearer.add", "", {"listen": f"127.0.0.1:{port}"})
        other.bind(("127.0.0.1", port))
        other.listen()
        monkeypatch.setattr(Bearing, "start", counted)
        south.starts()
        south.until(lambda: started.count(2) > 2)  # again and again, since it is taken
        south.operator.asks("bearer.remove", bearer=2)
        tried = started.count(2)
        other.close()
        south.stage.run(asyncio.sleep(0.1))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
        assert started.count(2) <= tried + 1


@contextlib.contextmanager
def set_busy(post: Post) -> Iterator[None]:
    """Somebody else listens on the port of this station."""
    place = perform_here(post.folder, "bearer.list", "")["bearers"][0]["listen"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(place.rpartition(":")[2])))
        other.listen()
        yield


def test_one_station_at_a_time_works_in_a_folder(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        with pytest.raises(Unavailable) as fault:
            perform_here(north.folder, "person.list", "")
        assert "works in" in fault.value.sentence
