"""A file's messages through two real stations, and what a killed station changes: the times."""

import io
import json
import os
import random
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from parley.evidence import audit
from parley.exercise import report
from parley.exercise.exchange import Exchange
from parley.exercise.pair import Pair
from parley.exercise.post import command, environment
from parley.exercise.replay import AS_LONG_AS_IT_WAS, STAGES, Replayed, differences, replay_on
from parley.exercise.tally import Tally
from tests.cli.terminal import types

MESSAGES: list[dict[str, Any]] = [
    {
        "sender": "North",
        "receiver": "South",
        "text": "We have received your message.\nWe shall answer before noon." + " Word." * 200,
        "language": "en",
        "precedence": "FLASH",
        "date": "1967-06-05",
        "times_edt": {"transmitted": "07:47", "received": "07:59", "approved": "07:40"},
    },
    {
        "sender": "South",
        "receiver": "North",
        "text": "Получили. \u05e9\u05dc\u05d5\u05dd \U0001f54a\ufe0f e\u0301 <b>&amp;</b> ",
        "language": "ru",
        "precedence": "ROUTINE",
    },
    {
        "sender": "South",
        "receiver": "North",
        "text": "Again: 再一次。",
        "language": "ZH-hans",
        "precedence": "IMMEDIATE",
    },
]


def write(folder: Path, messages: list[dict[str, Any]]) -> Path:
    file = folder / "exchange.json"
    file.write_text(json.dumps({"title": "Three", "messages": messages}), "utf-8")
    return file


def replay(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("replay", *arguments),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
    )


def test_a_file_is_replayed_and_both_records_prove_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = replay(str(write(tmp_path, MESSAGES)), "--json", "--out", str(out))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == json.loads((out / "report.json").read_text("utf-8"))
    assert told["ok"]
    assert (told["lost"], told["duplicated"], told["reordered"]) == (0, 0, 0)
    assert [each["sha256"] for each in told["messages"]] == [
        telegram.sha256 for telegram in Exchange.parse({"messages": MESSAGES}).telegrams
    ]
    for message in told["messages"]:
        assert list(message["seconds"]) == list(STAGES)
        assert all(seconds >= 0 for seconds in message["seconds"].values())
    reports = [
        audit.verify(io.BytesIO((out / f"{name}.evidence").read_bytes()))
        for name in ("North", "South")
    ]
    assert reports[0] == reports[1]
    assert sorted(path.name for path in out.iterdir()) == [
        "North.evidence",
        "South.evidence",
        "report.json",
    ]


class Killer:
    """kill -9 of one station after the other, each at some moment of the message that is passing.

    Never by the clock alone: where a start takes longer than the time between two kills, nothing
    would ever pass.
    """

    def __init__(self, pair: Pair) -> None:
        self.kills = 0
        self._pair = pair
        self._chance = random.Random()

    def after(self, done: int) -> None:
        """So many messages have passed: one of the stations dies during the next."""
        threading.Timer(self._chance.uniform(0.0, 0.2), self._kill, [done]).start()

    def _kill(self, done: int) -> None:
        post = (self._pair.a, self._pair.b)[done // 2 % 2]
        if post.alive():
            os.kill(post.pid, signal.SIGKILL)
            self.kills += 1


@pytest.mark.story
def test_killing_stations_on_the_way_changes_nothing_but_the_times(tmp_path: Path) -> None:
    (tmp_path / "pair").mkdir()
    pair = Pair.make(tmp_path / "pair", settings=AS_LONG_AS_IT_WAS)
    exchange = Exchange.parse({"messages": MESSAGES * 7})
    killer, passed = Killer(pair), dict[int, str]()

    def progress(done: int, total: int, note: str) -> None:
        if passed.get(done) is None and done % 2 == 1 and done < total:
            passed[done] = note
            killer.after(done)

    told: list[str] = []
    replayed = replay_on(pair, exchange, told.append, progress)
    found = report.report(exchange, replayed)
    assert found["complaints"] == []
    assert found["ok"]
    assert killer.kills >= 3
    assert found["restarts"] == killer.kills
    assert any("killed by signal 9" in line for line in told)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sender": "East"}, "third name"),
        ({"precedence": "URGENT"}, "precedence"),
        ({"text": "\t"}, "tab"),
    ],
)
def test_what_does_not_pass_stops_everything_before_it_begins(
    change: dict[str, Any], says: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = replay(str(write(tmp_path, [*MESSAGES, MESSAGES[1] | change])), "--out", str(out))
    assert done.returncode == 1
    assert "Message 4 " in done.stderr
    assert says in done.stderr
    assert not out.exists()
    assert "Replaying" not in done.stderr  # no station was made


def test_what_is_not_whole_exits_1_and_says_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Tally(lost=1, reordered=2, complaints=["message 2 is not there"])
    evidence = {"North": "north", "South": "south"}

    def badly(*_: object) -> Replayed:
        return Replayed([], evidence, 0, found)

    monkeypatch.setattr("parley.exercise.replay.replay", badly)
    file, out = str(write(tmp_path, MESSAGES)), tmp_path / "out"
    done = types("replay", file, "--out", str(out))
    assert done.code == 1
    assert "NOT WHOLE. 1 lost, 0 duplicated, 2 reordered." in done.out
    assert "Message 2 is not there." in done.out
    assert (out / "South.evidence").read_text("utf-8") == "south"
    told = types("replay", file, "--json")
    assert told.code == 1
    assert (told.told["ok"], told.told["lost"]) == (False, 1)


def test_a_word_that_arrives_otherwise_is_a_complaint() -> None:
    telegram = Exchange.parse({"messages": MESSAGES}).telegrams[0]
    view = {
        "text": telegram.text,
        "language": "en",
        "precedence": "FLASH",
        "status": "EXERCISE",
        "sha256": "00",
    }
    assert differences(telegram, view, view) == []
    assert differences(telegram, view, view | {"status": "ACTUAL"}) == [
        "message 1 has another status at one station"
    ]


def test_the_table_has_figures_and_no_words_of_the_file() -> None:
    told = {
        "messages": [
            {
                "number": 1,
                "label": "1967-06-05",
                "sender": "North",
                "precedence": "FLASH",
                "words": 95,
                "seconds": dict.fromkeys(STAGES, 0.0125),
                "total_s": 0.1,
                "noted_minutes": {"sight_translation": 18, "received": 12, "approved": -10},
            }
        ]
    }
    _, _, head, ruler, row = report.markdown(told).splitlines()
    assert head.count("|") == ruler.count("|") == row.count("|")
    assert "| 0.013 |" in row or "| 0.012 |" in row
    assert row.endswith("| approved −10, received 12, sight translation 18 |")


def test_a_report_without_notes_has_no_column_for_them() -> None:
    message = {
        "number": 1,
        "label": "",
        "sender": "North",
        "precedence": "FLASH",
        "words": 1,
        "seconds": dict.fromkeys(STAGES, 0.0),
        "total_s": 0.0,
        "noted_minutes": {},
    }
    assert "noted" not in report.markdown({"messages": [message]})


def test_evidence_files_bear_the_names_of_the_parties() -> None:
    assert report.file_names(("Moscow", "Washington")) == {
        "Moscow": "Moscow.evidence",
        "Washington": "Washington.evidence",
    }
    assert set(report.file_names(("../a/b", "..\\A\\B")).values()) == {
        "-a-b-1.evidence",
        "-A-B-2.evidence",
    }
