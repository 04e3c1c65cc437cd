"""A deniable line, from the typed word to evidence that convinces the two and nobody else."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from parley.cli.evidence import EXIT_UNPROVEN, facts, in_words
from parley.station.machine.carried import RECORD_KEY, take_up
from tests.cli.terminal import types
from tests.cli.test_journey import Side, agrees
from tests.evidence.test_audit import Record
from tests.evidence.test_deniable import key_of, verify
from tests.playbook import Post, two_stations

TEXT = "This call did not take place."


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    with two_stations(tmp_path, policy="deniable") as (north, south):
        yield Side(north), Side(south)


def spoken(north: Side, south: Side) -> int:
    n = north.says(TEXT)
    south.post.hears(n)
    m = south.says("Nor did this one.")
    north.post.hears(m)
    for side in (north, south):
        side.post.until(partial(settled, side.post, m))
    return n


def settled(post: Post, m: int) -> bool:
    """Whether both hold the same, and its code."""
    line = post.line()
    return bool(agrees(post) and line["we_vouched"] > m and line["they_vouched"] > m)


def test_H2_H3_H6_every_screen_says_what_the_record_is(sides: tuple[Side, Side]) -> None:
    north, south = sides
    n = spoken(north, south)
    status = south.watch.does("status").out
    assert "Record         deniable: provable to each other only" in status
    assert "Records agree  yes" in status
    line = south.post.line()
    assert (line["policy"], line["records_agree"]) == ("deniable", True)
    assert line["we_cosigned"] == line["they_cosigned"] == 0
    read = south.watch.does("message", str(n)).out
    assert "vouched for between the two" in read
    assert "signed" not in read
    assert south.watch.facts("message", str(n))["attribution"] == "vouched"
    record = south.auditor.does("record").out
    assert "of them vouched for between the two" in record
    assert "signed" not in record
    doctor = north.operator.types("doctor")
    assert doctor.out.count("ok ") + doctor.out.count("BAD") == 6


def test_H5_fresh_keys_come_and_words_still_pass(sides: tuple[Side, Side]) -> None:
    north, south = sides
    spoken(north, south)
    north.watch.does("renew")
    north.post.until(lambda: north.post.line()["epochs"]["ours"] > 0)
    south.post.until(lambda: south.post.line()["epochs"]["ours"] > 0)
    n = north.says("And under new keys.")
    assert south.post.hears(n)["text"] == "And under new keys."
    north.post.until(lambda: agrees(north.post))


def test_H8_H10_the_two_verify_with_the_key_and_others_cannot(
    sides: tuple[Side, Side], tmp_path: Path
) -> None:
    north, south = sides
    spoken(north, south)
    file, key = tmp_path / "evidence", tmp_path / "record.key"
    told = south.auditor.does("export", str(file)).out
    assert "proves nothing to anybody but the two parties" in told
    assert "Anyone can check it" not in told
    refused = south.auditor.types("export", str(tmp_path / "refused"), "--key", str(key))
    assert refused.code == 1
    assert not key.exists()
    assert north.operator.types("export", str(key), "--key", str(key)).code == 2
    told = north.operator.does("export", str(file), "--key", str(key), "--overwrite").out
    assert f"`parley verify {file} --key {key}`" in told
    assert "give it to nobody else" in told
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "export.key" in north.auditor.does("audit").out
    secret = take_up(RECORD_KEY, key.read_bytes())
    assert secret[-32:].hex() not in north.auditor.does("audit").out

    alone = types("verify", str(file))
    assert alone.code == EXIT_UNPROVEN == 5
    assert alone.out.startswith("UNPROVEN.")
    assert "WHOLE" not in alone.out
    assert "vouched for" not in alone.out
    assert types("verify", str(file), "--json").told["ok"] is False
    given = types("verify", str(file), "--key", str(key))
    assert given.code == 0
    assert given.out.startswith("WHOLE, BETWEEN THE TWO PARTIES.")
    assert "signed" not in given.out
    assert types("verify", str(file), "--key", str(key), "--json").told["ok"] is True

    other = tmp_path / "other.key"
    south.operator.does("export", str(file), "--key", str(other), "--overwrite")
    assert other.read_bytes() == key.read_bytes()
    state = tmp_path / "state"
    kept = types("verify", str(file), "--keep", str(state))
    assert kept.code == 2
    assert not state.exists()
    how = ("verify", str(file), "--key", str(key))
    assert types(*how, "--keep", str(state)).code == 0
    assert types(*how, "--since", str(state)).code == 0
    assert types("verify", str(file), "--key", str(file)).code == 1


def test_H9_one_message_is_shown_to_the_two(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, south = sides
    n = spoken(north, south)
    file, key = tmp_path / "proof", tmp_path / "record.key"
    south.operator.does("export", str(file), "--only", str(n), "--key", str(key))
    alone = types("verify", str(file))
    assert alone.code == EXIT_UNPROVEN
    assert alone.out.startswith("UNPROVEN.")
    assert TEXT in alone.out
    assert "Said, as this file has it, by North" in alone.out
    given = types("verify", str(file), "--key", str(key))
    assert given.code == 0
    assert given.out.startswith("WHOLE, BETWEEN THE TWO PARTIES.")
    assert "either could have written this" in given.out
    for done in (alone, given):
        assert "PROVED" not in done.out
        assert "signed" not in done.out


def test_H10_an_attributable_line_has_no_key_to_give(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        operator = Side(north).operator
        refused = operator.types("export", str(tmp_path / "e"), "--key", str(tmp_path / "k"))
        assert refused.code == 2
        assert "attributable" in refused.err
        assert not (tmp_path / "e").exists()


def test_H1_before_both_opened_the_line_there_is_no_key(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False, policy="deniable") as (north, _):
        operator = Side(north).operator
        refused = operator.types("export", str(tmp_path / "e"), "--key", str(tmp_path / "k"))
        assert refused.code == 1
        assert "no record key before both sides opened it" in refused.err


def test_H8_entries_that_nobody_vouched_for_are_named() -> None:
    record = Record(8, deniable=True)
    told = "\n".join(in_words(facts(verify(record.text(), key_of(record)))))
    assert "NOT VOUCHED FOR" not in told
    record.says(1, "We admit that we fired first.")
    at = record.logs[1].size - 1
    told = "\n".join(in_words(facts(verify(record.text(), key_of(record)))))
    assert f"NOT VOUCHED FOR: B {at} to B {at}; anybody could have written them" in told
