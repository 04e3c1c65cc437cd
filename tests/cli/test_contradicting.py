"""`parley export` and `parley verify`, where the other side signed two things that contradict."""

from __future__ import annotations

from pathlib import Path

from tests.cli.terminal import Person, types
from tests.playbook import two_stations
from tests.station.test_contradicting import ANOTHER, sends, signed_upto, signs


def test_Z1_what_contradicts_lies_beside_the_record_and_anyone_can_check_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        auditor = Person(north.folder, north.auditor.name)
        out = tmp_path / "record"
        assert auditor.facts("export", str(out))["contradictions"] == []
        for words in ("One.", "Two."):
            n = north.hears(south.sends(words))["n"]
        north.until(lambda: signed_upto(north, n + 1))
        sends(south, signs(n, ANOTHER))
        north.until(lambda: north.line()["halted"])
        told = auditor.does("export", str(out), "--overwrite").out
        assert f"South signed two things that contradict each other: {out}.heads." in told
        again = auditor.types("export", str(tmp_path / "second"))
        assert again.code == 0
        (tmp_path / "second").unlink()
        beside = auditor.types("export", str(tmp_path / "second"))
        assert f"There is a file {tmp_path / 'second.heads'} already" in beside.err
        assert not (tmp_path / "second").exists()  # what is refused leaves no half behind
        (facts,) = auditor.facts("export", str(out), "--overwrite")["contradictions"]
        assert facts == {"file": f"{out}.heads", "kind": "heads", "signer": "South", "why": ""}

    assert types("verify", str(out)).code == 0  # the record is as whole as ever
    done = types("verify", f"{out}.heads")
    assert done.code == 0
    assert done.out.startswith("CONTRADICTED. South signed two heads of one log")
    assert "does not say which of the two is true" in done.out
    shown = types("verify", f"{out}.heads", "--json").told
    assert (shown["ok"], shown["signer"], shown["key"], shown["inc"]) == (True, "South", "log", 1)
    assert "Two." not in (tmp_path / "record.heads").read_text()

    damaged = (tmp_path / "record.heads").read_text().replace("\nheld ", "\nheld A", 1)
    (tmp_path / "damaged").write_text(damaged)
    done = types("verify", str(tmp_path / "damaged"))
    assert done.code == 1
    assert "contradiction" in done.err


def test_Z2_a_head_that_stands_alone_is_told_and_not_written(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.hears(south.sends("One."))["n"]
        north.until(lambda: signed_upto(north, n + 1))

        def forgets() -> None:
            north.station.store.sql("DELETE FROM heads")

        north.stage.do(lambda: north.station.in_next_step(forgets))
        sends(south, signs(n + 1, ANOTHER))
        north.until(lambda: north.line()["halted"])
        told = Person(north.folder, north.auditor.name).does("export", str(tmp_path / "record")).out
        assert "proves nothing to others" in told
        assert not (tmp_path / "record.heads").exists()
