"""What `parley verify` says of entries that nobody signed: they stand, and prove nothing."""

from __future__ import annotations

from parley.cli.evidence import facts, in_words
from tests.evidence.test_audit import Record, verify


def test_R14_entries_after_the_last_head_are_named() -> None:
    record = Record(8)
    told = "\n".join(in_words(facts(verify(record.text()))))
    assert "NOT SIGNED" not in told
    record.says(1, "We admit that we fired first.")
    at = record.logs[1].size - 1
    told = "\n".join(in_words(facts(verify(record.text()))))
    party = record.sides[1].letter.party
    assert f"NOT SIGNED by {party}: B {at} to B {at}; whoever made this file could" in told


def test_R14_a_record_without_any_signature_says_so_of_both() -> None:
    record = Record(8)
    record.heads.clear()
    told = "\n".join(in_words(facts(verify(record.text()))))
    for name, log in zip("AB", record.logs, strict=True):
        assert f": {name} 0 to {name} {log.size - 1}; whoever made this file could" in told
