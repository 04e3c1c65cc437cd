"""Six checks that matter, each with a sentence and a next step."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parley.cli.doctor import in_words
from parley.core.errors import Refused
from parley.station import doctor
from parley.station.machine.clock import SYNCHRONISED
from parley.station.serving import perform_here
from tests.playbook import Post, two_stations


def findings(post: Post) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in post.operator.asks("doctor")["checks"]}


def bad(post: Post) -> list[str]:
    return [name for name, check in findings(post).items() if not check["ok"]]


def test_a_station_that_is_well_passes_all_six(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        assert north.operator.asks("doctor")["ok"]
        assert len(findings(south)) == 6
        assert bad(south) == []
        told = north.operator.asks("status")["station"]["clock_synchronised"]
        assert findings(north)["clock"]["sentence"].endswith(SYNCHRONISED[told])


def test_what_others_can_read_is_found(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        (north.folder / "tokens" / f"{north.watch.name}.token").chmod(0o644)
        assert bad(north) == ["folder and keys"]
        assert "chmod" in findings(north)["folder and keys"]["hint"]


def test_a_disk_that_is_nearly_full_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, _):
        monkeypatch.setattr(doctor, "FREE_BYTES_MIN", 1 << 62)  # no disk has so much left
        assert bad(north) == ["database"]
        found = findings(north)["database"]
        assert f"The disk that holds {north.folder} has " in found["sentence"]
        assert found["sentence"].endswith(" MB left.")
        assert found["hint"].startswith("Free some space on it")


def test_one_thing_that_is_wrong_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, _):
        watch, drafter = (
            north.folder / "tokens" / f"{each.name}.token" for each in (north.watch, north.drafter)
        )
        for token in (watch, drafter):
            token.chmod(0o644)
        monkeypatch.setattr(doctor, "FREE_BYTES_MIN", 1 << 62)
        monkeypatch.setattr(doctor, "checked", refused)
        north.clock.set_wrong(-100)
        assert bad(north) == ["folder and keys", "database", "clock"]
        found = findings(north)
        folder = [each["sentence"] for each in found["folder and keys"]["troubles"]]
        for token in (watch, drafter):
            assert f"Others on this machine may read {token}." in folder
        database = [each["sentence"] for each in found["database"]["troubles"]]
        assert database[0].endswith(" MB left.")
        assert database[1:] == ["Row 3 of the audit trail is not the one that was written."]
        for check in found.values():
            assert all(each["hint"] for each in check["troubles"])
            assert check["ok"] is not bool(check["troubles"])


def refused(*_: object) -> None:
    raise Refused("Row 3 of the audit trail is not the one that was written.", "Keep a copy.")


def test_a_check_that_cannot_look_is_one_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "keys"))

    with two_stations(tmp_path) as (north, _):
        monkeypatch.setattr(doctor, "read_keys", unreadable)
        assert bad(north) == ["folder and keys"]
        found = findings(north)["folder and keys"]
        assert found["sentence"] == f"{tmp_path / 'keys'} cannot be examined: Permission denied."
        assert found["hint"]


def test_every_line_that_is_unverified_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, _):
        (agreed,) = north.station.lines
        lines = [agreed]
        for name in ("Narrow Line", "Wide Line"):
            unverified = copy(agreed)
            unverified.agreed = replace(agreed.agreed, name=name, verified=False)
            lines.append(unverified)
        with monkeypatch.context() as patched:
            patched.setattr(type(north.station), "lines", lines)
            found = findings(north)["letters and agreements"]
        assert [each["sentence"].split(":")[0] for each in found["troubles"]] == [
            "The line Narrow Line is UNVERIFIED",
            "The line Wide Line is UNVERIFIED",
        ]
        told = "\n".join(in_words({"checks": [found]}))
        assert told.count("UNVERIFIED") == 2
        assert told.count("next: Read the 48 digits to each other") == 1


def test_an_operator_token_that_is_not_there_is_found(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):

        def folder() -> dict[str, Any]:
            checks = perform_here(north.folder, "doctor", "")["checks"]
            return next(each for each in checks if each["name"] == "folder and keys")

        token = north.folder / "tokens" / "operator.token"
        was = token.read_text()
        token.unlink()
        assert not folder()["ok"]
        assert folder()["sentence"] == f"No token of an operator lies in {token.parent}."
        assert "`parley person add NAME operator`" in folder()["hint"]
        token.write_text("of somebody else\n")
        token.chmod(0o600)
        assert folder()["sentence"] == f"The token in {token} is nobody's who works here."
        token.write_text(was)
        assert folder()["ok"]


def test_a_clock_that_was_set_is_found(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        north.clock.set_wrong(3600)
        assert bad(north) == ["clock"]
        assert "moved by 3600" in findings(north)["clock"]["sentence"]
        north.clock.set_wrong(-40 * 365 * 86_400)
        assert "before this program was made" in findings(north)["clock"]["sentence"]


def test_a_counterpart_whose_clock_is_ahead_is_found(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.clock.set_wrong(7200)
        south.hears(north.sends("From the future."))
        assert "The clock of North is 7" in findings(south)["clock"]["sentence"]


def test_a_clock_that_was_set_back_is_found_by_the_record(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        north.says("Now.")
        north.clock.set_wrong(-100)
        assert "later than now" in findings(north)["clock"]["sentence"]


def test_a_path_that_is_missing_is_found(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        north.until(lambda: bad(north) == ["paths"])


def test_a_path_on_which_nobody_answers_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        north.until(lambda: findings(north)["paths"]["ok"])
        monkeypatch.setattr(south.station, "path_frames", lambda *_: None)
        north.clock.skip(30)
        north.until(lambda: bad(north) == ["paths"])
        assert north.line()["path_up"]
        assert "connected, and nothing has been answered" in findings(north)["paths"]["sentence"]


def test_it_works_while_no_station_serves(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        checks = {each["name"]: each for each in perform_here(north.folder, "doctor", "")["checks"]}
        assert checks["database"]["ok"]
        assert not checks["paths"]["ok"]
