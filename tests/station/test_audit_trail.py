"""Who did what, refusals included, in a chain that shows every change."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from pathlib import Path

import pytest

from parley.core.errors import Refused
from parley.station.line import evidence
from parley.station.serving import perform_here
from tests.playbook import two_stations


def test_everything_that_changes_something_stands_in_it_with_its_person(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Meet at 0600Z.")
        north.releases(draft)
        rows = north.auditor.asks("audit")["rows"]
        last = [(row["name"], row["act"], row["outcome"]) for row in rows[-2:]]
        assert last == [
            (north.drafter.name, "draft.new", "done"),
            (north.releaser.name, "release", "done"),
        ]
        assert rows[-1]["arguments"]["sha256"] == draft["sha256"]
        assert "0600Z" not in str(rows)


def test_refusals_stand_in_it_too(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Meet at 0600Z.")
        with pytest.raises(Refused):
            north.drafter.asks("release", draft=draft["draft"], sha256=draft["sha256"])
        row = north.auditor.asks("audit")["rows"][-1]
        assert (row["name"], row["act"]) == (north.drafter.name, "release")
        assert row["outcome"].startswith("refused: ")


def test_what_people_wrote_stands_in_it_as_a_hash_alone(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Meet at 0600Z.", protect=["0600Z"])
        for step, reason in (("hold", "Ask Ulan."), ("send_back", "Ulan says no.")):
            north.releaser.asks(f"draft.{step}", draft=draft["draft"], reason=reason)
            with pytest.raises(Refused, match="Ulan"):
                north.releases(draft)
            if step == "hold":
                north.releaser.asks("draft.free", draft=draft["draft"])
        window = {"earliest": "2030-01-01 08:00Z", "latest": "2030-01-02 08:00Z"}
        given = {"purpose": "Ulan and the ferry", "agenda": ["Ulan"], "asked_for": "General South"}
        north.drafter.asks("call.ask", **window, **given)
        rows = north.auditor.asks("audit")["rows"]
        assert [row["act"] for row in rows].count("release") == 2
        for words in ("0600Z", "Ulan"):
            assert words not in str(rows)


def test_names_of_files_and_terms_stand_in_it_as_a_hash_alone(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        drafter = north.drafter
        drafter.asks("glossary.add", ours="Ulan", theirs="паром Улан")
        for again in ({"ours": "Ulan", "theirs": "паром"}, {"ours": "Ulan ferry"}):
            with pytest.raises(Refused, match="Ulan"):  # who works with the words reads them
                drafter.asks("glossary.add", **again)
        with pytest.raises(Refused):
            drafter.asks("glossary.take", file='{"line": "", "terms": [[true, "Ulan", "Ulan"]]}')
        with pytest.raises(Refused, match="Ulan"):
            north.drafts("Meet at 0600Z.", protect=["Ulan"])
        draft = north.drafts("See the list.")["draft"]
        given = drafter.asks("draft.attach.give", data=b64encode(b"One.").decode())
        upload = given["upload"]
        shown = drafter.asks("draft.attach", draft=draft, upload=upload, name="Ulan ferry.txt")
        assert shown["attachments"][0]["name"] == "Ulan ferry.txt"
        rows = north.auditor.asks("audit")["rows"]
        acts = [row["act"] for row in rows]
        assert acts.count("glossary.add") == 3
        assert "draft.attach" in acts
        for words in ("Ulan", "паром", "ferry"):
            assert words not in str(rows)


def test_reading_leaves_no_trace(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        head = north.auditor.asks("audit")["head"]
        assert north.watch.asks("status")["audit_head"] == head
        north.auditor.asks("record")
        assert north.auditor.asks("audit")["head"] == head


def test_an_export_leaves_one_row_with_who_which_line_and_which_roots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "PIECE_CHARACTERS", 1)
    with two_stations(tmp_path) as (north, _):
        for text in ("Meet at 0600Z.", "At sea.", "With both ships."):
            north.says(text)
        line = north.watch.asks("status")["lines"][0]["line"]

        def exports() -> list[tuple[str, str]]:
            rows = north.auditor.asks("audit")["rows"]
            return [(row["name"], row["outcome"]) for row in rows if row["act"] == "export"]

        told = north.auditor.asks("export")
        heads = north.auditor.asks("record")["heads"]
        row = north.auditor.asks("audit")["rows"][-1]
        assert (row["name"], row["act"], row["outcome"]) == (north.auditor.name, "export", "done")
        assert row["arguments"] == {"line": line} | {
            side: f"{heads[side]['size']} up to root {heads[side]['root']}"
            for side in ("ours", "theirs")
        }
        begun = told["next"]
        while told["next"] is not None:
            told = north.auditor.asks("export", after=told["next"])
        assert len(exports()) == 1
        # What belongs to no export that began is read by nobody without a row: not by another
        # person, not up to other sizes, and not once the export had ended.
        north.drafter.asks("export", after=begun)
        north.auditor.asks("export", after=[*begun[:1], begun[1] - 1, *begun[2:]])
        north.auditor.asks("export", after=begun)
        assert len(exports()) == 4
        assert north.auditor.asks("audit")["rows"][-1]["arguments"]["after"] == begun


def test_an_export_that_is_refused_and_a_proof_leave_rows_too(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        n = north.says("Meet at 0600Z.")["n"]
        line = north.watch.asks("status")["lines"][0]["line"]
        with pytest.raises(Refused):
            north.auditor.asks("export", line="ffff")
        row = north.auditor.asks("audit")["rows"][-1]
        assert row["act"] == "export"
        assert row["outcome"].startswith("refused: ")
        north.until(lambda: north.line()["they_cosigned"] > n)
        north.auditor.asks("prove", n=n, dir="ours")
        row = north.auditor.asks("audit")["rows"][-1]
        assert (row["act"], row["outcome"]) == ("prove", "done")
        assert row["arguments"] == {"n": n, "dir": "ours", "line": line}


def test_set_up_by_whoever_holds_the_folder_says_so(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        row = north.auditor.asks("audit", start=1, limit=1)["rows"][0]
        assert row["name"] == "somebody at the machine"
        assert row["act"] == "person.add"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE trail SET outcome = 'refused' WHERE id = 5",
        "UPDATE trail SET name = 'Nobody' WHERE id = 5",
        "UPDATE trail SET at = at + 1 WHERE id = 5",
        "UPDATE trail SET arguments = '{}' WHERE id = 5",
        "DELETE FROM trail WHERE id = 5",
    ],
)
def test_a_changed_row_is_found(tmp_path: Path, damage: str) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        connection = sqlite3.connect(north.folder / "parley.db")
        connection.execute(damage)
        changed = connection.total_changes
        connection.commit()
        connection.close()
        assert changed == 1
        with pytest.raises(Refused) as fault:
            perform_here(north.folder, "audit", "")
        assert "of the audit trail" in fault.value.sentence
