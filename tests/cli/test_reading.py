"""`parley record` in a terminal: what people did with a message is said in words."""

from __future__ import annotations

from pathlib import Path

from tests.cli.terminal import Person
from tests.playbook import Post, two_stations


def test_the_record_says_acts_in_words(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        _says_acts_in_words(north, south)


def _says_acts_in_words(north: Post, south: Post) -> None:
    n = north.sends("Meet at 0600Z.")
    south.hears(n)
    watch = south.watch
    watch.asks("inbox")
    watch.asks("open", n=n)
    watch.asks("pass", n=n, office="General South")
    watch.asks("unable", n=n, reason="He is in the air.")
    watch.asks("wait", n=n, minutes=60)
    watch.asks("readback", n=n, fields={"time": "0600Z"})
    told = Person(south.folder, south.auditor.name).does("record", "--limit", "200")
    rows = told.out.split("\n\n")[0].splitlines()
    rows = [row for row in rows if " ours " in f" {row} " and f"theirs {n}" in row]
    said = {row.split()[3]: row.partition("Z  ")[2] for row in rows}
    assert said["opened"] == f"theirs {n}"
    assert said["passed"] == f"theirs {n} to General South"
    assert said["unable"] == f"theirs {n}: He is in the air."
    assert said["wait"].startswith(f"theirs {n} until ")
    assert said["readback"] == f"theirs {n} time: 0600Z"
    assert f"theirs {n}" in said["displayed"]
    assert "names of people and desks" in told.out
    assert "[[" not in told.out
    assert "{" not in told.out
