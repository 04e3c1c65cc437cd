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
    watch.asks("unable", n=n, reason="word " * 30 + "end")
    watch.asks("wait", n=n, minutes=60)
    watch.asks("readback", n=n, fields={"time": "0600Z"})
    south.hears(north.says("السفينة عند 21°40′N و 0352Z")["n"])
    told = Person(south.folder, south.auditor.name).does("record", "--limit", "200")
    rows = told.out.split("\n\n")[0].splitlines()
    rows = [row for row in rows if " ours " in f" {row} " and f"theirs {n}" in row]
    said = {row.split()[3]: row.partition("Z  ")[2] for row in rows}
    assert said["opened"] == f"theirs {n}"
    assert said["passed"] == f"theirs {n} to General South"
    unable = [row.partition("Z  ")[2] for row in rows if row.split()[3] == "unable"]
    assert unable[0] == f"theirs {n}: He is in the air."
    assert unable[1].startswith(f"theirs {n}: word word")
    assert unable[1].endswith("…")
    # Figures among words from right to left are kept in order, and nothing is said of the signs.
    assert "السفينة عند \u206621°40′N\u2069 و \u20660352Z\u2069" in told.out
    assert said["wait"].startswith(f"theirs {n} until ")
    assert said["readback"] == f"theirs {n} time: 0600Z"
    assert f"theirs {n}" in said["displayed"]
    assert "names of people and desks" in told.out
    assert "[[" not in told.out
    assert "{" not in told.out


def test_one_word_is_one_word(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        drafter = Person(north.folder, north.drafter.name)
        assert "\n1 word, 5 bytes.\n" in drafter.does("check", "Stop!").out
        urgent = drafter.does("check", "Stop!", "--precedence", "flash").out
        assert "\n1 of 200 words, 5 bytes.\n" in urgent
        assert " 1 entries" not in Person(north.folder, north.auditor.name).does("record").out


def test_a_list_says_what_was_retracted_and_by_which_message(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        first = north.says("Meet at 0600Z.")["n"]
        second = north.says("Correction: meet at 0700Z.", corrects=first)["n"]
        third = north.says("RETRACTED", retracts=second)["n"]
        south.hears(third)
        reader = Person(south.folder, south.watch.name)
        rows = reader.does("inbox").out.splitlines()[2:]
        cells = [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows]
        assert [(row[0], row[2], row[4]) for row in cells] == [
            (str(first), "EXERCISE", "corrected later"),
            (str(second), "EXERCISE · RETRACTED", "retracted"),
            (str(third), "EXERCISE", "received"),
        ]
        shown = [reader.does("message", str(n)).out.splitlines() for n in (first, second)]
        for lines, stage, by in zip(
            shown, ("corrected later", "retracted"), (second, third), strict=True
        ):
            (line,) = (line for line in lines if line.startswith(stage))
            assert line.endswith(f"by theirs {by}")


def test_the_status_names_the_drafts_that_wait(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        numbers = [north.drafts(text)["draft"] for text in ("One.", "Two.")]
        told = Person(north.folder, north.releaser.name).does("status").out
        listed = ", ".join(map(str, numbers))
        assert f"Waiting for you: draft {listed}; `parley draft show {numbers[0]}`." in told
        assert "Waiting for you" not in Person(north.folder, north.drafter.name).does("status").out
        numbers.append(north.drafts("Three.", "FLASH")["draft"])
        told = Person(north.folder, north.releaser.name).does("status").out
        assert f"draft {listed}, {numbers[2]}, FLASH among them; `parley" in told
