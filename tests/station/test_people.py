"""Persons: each acts with a token of their own, and nobody as somebody else."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Misused, Refused, Unavailable
from parley.station.acts.calling import Caller
from tests.playbook import Posts, two_stations


def test_a_person_gets_a_token_that_only_its_owner_can_read(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        added = north.operator.asks("person.add", name="Ekström", office="G3", roles=["watch"])
        token = Path(added["file"])
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
        assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700
        assert token.read_text().strip() == added["token"]
        with Caller(north.folder, added["token"]) as caller:
            person = caller.call("whoami")["person"]
        assert person == {"id": added["id"], "name": "Ekström", "office": "G3", "roles": ["watch"]}


def test_the_file_of_a_token_is_durable_before_anybody_is_told_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync = os.fsync

    def noted(file: int) -> None:
        synced.append(os.fstat(file).st_ino)
        sync(file)

    with two_stations(tmp_path) as (north, _):
        monkeypatch.setattr(os, "fsync", noted)
        added = north.operator.asks("person.add", name="Ekström", office="G3", roles=["watch"])
        token = Path(added["file"])
        at = synced.index(token.stat().st_ino)
        assert token.parent.stat().st_ino in synced[at:]  # its name too
        assert [each.name for each in token.parent.glob(".*")] == []


def test_the_database_does_not_hold_a_token(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        tokens = [voice.token.encode() for voice in north.people.values()]
        for file in north.folder.glob("parley.db*"):
            content = file.read_bytes()
            assert not any(token in content for token in tokens)


def test_who_ends_has_no_token_from_that_moment_on(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.sends("Before.")
        north.drafter.asks("whoami")
        gone = north.operator.asks("person.end", person=north.drafter.id)
        assert gone["person"]["name"] == north.drafter.name
        with pytest.raises(Refused):
            north.drafter.asks("whoami")
        assert not (north.folder / "tokens" / f"{north.drafter.name}.token").exists()
        listed = [each["name"] for each in north.operator.asks("person.list")["persons"]]
        assert north.drafter.name not in listed
        assert south.hears(n)["drafter"]["name"] == north.drafter.name


def test_an_end_that_could_not_be_kept_leaves_the_token_where_it_is(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):

        def full() -> None:
            raise Unavailable("The disk is full.", "Make room.")

        async def ends() -> None:
            boss = north.station.people.must_be_here(north.operator.id)
            call = north.station.call("person.end", boss, {"person": north.drafter.id})
            asked = asyncio.ensure_future(call)
            await asyncio.sleep(0)  # it was asked, and its step has not begun
            north.station.in_next_step(full)
            await asked

        with pytest.raises(Unavailable, match="full"):
            north.stage.run(ends())
        token = (north.folder / "tokens" / f"{north.drafter.name}.token").read_text().strip()
        with Caller(north.folder, token) as still:
            assert still.call("whoami")["person"]["id"] == north.drafter.id


def test_who_comes_under_the_name_of_one_who_ends_in_that_step_has_a_token(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        name = north.drafter.name
        given = {"name": name, "office": "G3", "roles": ["drafter"]}

        async def both() -> tuple[dict[str, Any], dict[str, Any]]:
            boss = north.station.people.must_be_here(north.operator.id)
            return await asyncio.gather(
                north.station.call("person.end", boss, {"person": north.drafter.id}),
                north.station.call("person.add", boss, given),
            )

        _, added = north.stage.run(both())
        token = Path(added["file"]).read_text().strip()
        with Caller(north.folder, token) as newcomer:
            assert newcomer.call("whoami")["person"]["id"] == added["id"]


def test_the_only_operator_stays_until_there_is_another(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        me = north.operator.id
        with pytest.raises(Refused, match="the only operator here") as told:
            north.operator.asks("person.end", person=me)
        assert told.value.hint == "Add another first: `parley person add NAME operator`."
        added = north.operator.asks("person.add", name="Ekholm", office="G6", roles=["operator"])
        with Caller(north.folder, added["token"]) as second:
            assert second.call("person.end", person=me)["person"]["id"] == me
        with Caller(north.folder, north.operator.token) as first:
            with pytest.raises(Refused, match="belongs to nobody") as refused:
                first.call("whoami")
            assert "`parley person add`" in refused.value.hint


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        give = {"name": "Ekström", "office": "G3", "roles": ["watch"]}
        first = north.operator.asks("person.add", **give)["id"]
        north.operator.asks("person.end", person=first)
        assert north.operator.asks("person.add", **give)["id"] == first + 1


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"name": ""}, Refused),
        ({"name": "a/b"}, Refused),
        ({"name": ".hidden"}, Refused),
        ({"name": "a\nb"}, Refused),
        ({"name": " spaced "}, Refused),
        ({"name": "x" * 65}, Refused),
        ({"name": "a\u202eb"}, Refused),
        ({"name": "Olsen"}, Refused),
        ({"office": "\t"}, Refused),
        ({"roles": []}, Misused),
        ({"roles": ["king"]}, Misused),
    ],
)
def test_a_person_who_does_not_fit_is_refused(
    shared: Posts, change: dict[str, object], kind: type[Exception]
) -> None:
    north, _ = shared
    give = {"name": "Ekström", "office": "G3", "roles": ["watch"], **change}
    with pytest.raises(kind):
        north.operator.asks("person.add", **give)
    assert len(north.operator.asks("person.list")["persons"]) == 6


def test_only_the_operator_hires(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        for voice in (north.drafter, north.releaser, north.watch, north.auditor):
            with pytest.raises(Refused):
                voice.asks("person.add", name="Ekström", office="G3", roles=["releaser"])


def test_the_operator_alone_neither_writes_nor_reads_what_is_said(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        north.says("Not for the engineer.")
        for op, arguments in (
            ("draft.new", {"text": "x"}),
            ("inbox", {}),
            ("outbox", {}),
            ("message", {"n": 1}),
            ("record", {}),
            ("draft.list", {}),
        ):
            with pytest.raises(Refused):
                north.operator.asks(op, **arguments)
        assert north.operator.asks("status")["lines"]
