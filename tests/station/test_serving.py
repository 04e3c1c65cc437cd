"""What can be asked in a folder while no station serves, and what cannot."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from parley.core.errors import Refused, Unavailable
from parley.evidence.audit import verify
from parley.station.machine.folder import DATABASE_NAME
from parley.station.serving import perform_here
from parley.store.sqlite import ROOM_BYTES
from tests.playbook import two_stations


def test_set_up_goes_on_while_nobody_serves(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        added = perform_here(
            north.folder, "person.add", "", {"name": "Ek", "office": "G3", "roles": ["watch"]}
        )
        held = perform_here(north.folder, "desk.hold", added["token"], {"desk": 1})
        assert "Ek" in [each["name"] for each in held["holders"]]
        view = perform_here(north.folder, "status", north.watch.token)
        assert view["lines"][0]["declared"] == "waiting"
        evidence = perform_here(north.folder, "export", north.auditor.token)["evidence"]
        assert verify(io.BytesIO(evidence.encode())).entries == (0, 0)


def test_what_would_be_said_needs_a_serving_station(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        with pytest.raises(Unavailable) as fault:
            perform_here(north.folder, "draft.new", north.drafter.token, {"text": "Hello."})
        assert "parley serve" in fault.value.hint


def test_a_token_of_nobody_opens_nothing(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        with pytest.raises(Refused):
            perform_here(north.folder, "status", "somebody else's")
        with pytest.raises(Refused):
            perform_here(
                north.folder,
                "person.add",
                north.watch.token,
                {"name": "Ek", "office": "G3", "roles": ["watch"]},
            )


def test_a_bearer_may_be_added_and_given_up_while_the_station_serves(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        place = south.operator.asks("bearer.list")["bearers"][0]["listen"]
        with pytest.raises(Refused):
            north.operator.asks("bearer.add", dial=place)
        north.operator.asks("bearer.remove", bearer=1)
        north.until(lambda: not north.line()["path_up"])
        north.operator.asks("bearer.add", dial=place)
        north.until(lambda: north.line()["path_up"])
        n = north.sends("On the new bearer.")
        assert south.hears(n)["text"] == "On the new bearer."


def test_in_a_moment_of_rest_the_journal_is_ready_for_what_comes_next(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.hears(north.sends("Nothing to report."))
        wals = [side.folder / f"{DATABASE_NAME}-wal" for side in (north, south)]
        north.until(lambda: [wal.stat().st_size for wal in wals] == [ROOM_BYTES] * 2)
        headers = [wal.read_bytes()[:32] for wal in wals]
        south.hears(north.sends("The next one.", "FLASH"))
        assert all(any(header) for header in headers)
