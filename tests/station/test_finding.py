"""Everything said is found, by either side, and what is not allowed is not shown."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import Type
from parley.core.errors import Misused, Refused
from parley.core.wire import encode
from parley.station.serving import perform_here
from parley.station.texts import indexing
from parley.station.texts.finding import moment, terms
from parley.store.words import Query, word_index
from tests.playbook import Voice, two_stations

CHINESE = "我方飞机因机械故障偏离航线，机上两人，没有武器。请不要开火。"
ARABIC = "السَّلَامُ عَلَيْكُمْ. سفينة الإنقاذ «أميتي» تغادر الميناء الساعة ٠٤١٠."


def finds(voice: Voice, words: str = "", **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = voice.asks("find", words=words, **more)["found"]
    return found


def marked(view: dict[str, Any]) -> list[str]:
    return [view["excerpt"][start:end] for start, end in view["hits"]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A small history, with two stations that serve on."""
    with two_stations(tmp_path_factory.mktemp("found")) as (north, south):
        numbers = {
            "flash": north.sends(CHINESE, "FLASH", language="zh", subject="Aircraft 1127"),
            "ship": north.sends(ARABIC, "PRIORITY", language="ar"),
        }
        south.hears(numbers["ship"])
        south.watch.asks("open", n=numbers["flash"])
        south.watch.asks("unable", n=numbers["ship"], reason="Le port est fermé par la glace.")
        numbers["answer"] = south.sends("Nous ne tirerons pas.", answers=numbers["flash"])
        north.hears(numbers["answer"])
        yield north, south, numbers


def test_words_are_found_on_both_sides_in_every_language(said: Any) -> None:
    north, south, n = said
    for post, dir in ((north, "ours"), (south, "theirs")):
        (found,) = finds(post.auditor, "开火")
        assert (found["dir"], found["n"], marked(found)) == (dir, n["flash"], ["开火"])
        assert (found["precedence"], found["status"], found["kind"]) == (
            *("FLASH", "EXERCISE"),
            "text",
        )
        assert finds(post.watch, "机械故障 1127")[0]["n"] == n["flash"]
        (found,) = finds(post.watch, "السلام عليكم")
        assert (found["n"], marked(found)) == (n["ship"], ["السَّلَامُ", "عَلَيْكُمْ"])
        assert finds(post.watch, '"السلام عليكم" 0410 اميتي')[0]["n"] == n["ship"]
        assert finds(post.watch, "nothing of this") == []


def test_an_acknowledgement_is_found_and_says_what_it_is_about(said: Any) -> None:
    north, _, n = said
    (found,) = finds(north.watch, "FERME glace")
    assert (found["kind"], found["dir"], found["is_message"]) == ("unable", "theirs", False)
    assert (found["about"]["dir"], found["about"]["n"]) == ("ours", n["ship"])


def test_conditions_narrow_it(said: Any) -> None:
    north, south, n = said

    def of(**asked: Any) -> list[int]:
        return [each["n"] for each in finds(north.watch, **asked)]

    assert [each["dir"] for each in finds(north.watch)] == ["theirs", "ours", "ours"]
    assert of(dir="ours") == [n["ship"], n["flash"]]
    assert of(precedence="flash") == [n["flash"]]
    assert of(status="ACTUAL") == []
    assert of(unanswered=True) == [n["answer"], n["ship"]]
    assert of(person="moreau") == [n["answer"]]
    with pytest.raises(Refused, match="Nobody on either side has 'nobody'"):
        of(person="nobody")
    assert of(since="2099-01-01") == []
    assert of(until="2020-01-01") == []
    assert of(kind="unable") != []
    assert of(line=north.line()["name"], dir="theirs") == [n["answer"]]
    assert finds(south.watch, kind="opened", person="blanc")[0]["about"]["n"] == n["flash"]


def test_pages_of_an_answer_follow_each_other(said: Any) -> None:
    north, _, _ = said
    whole = [each["entry"] for each in finds(north.watch)]
    paged, before = [], None
    while True:
        more: dict[str, Any] = {} if before is None else {"before": before}
        page = north.watch.asks("find", limit=1, **more)
        paged += [each["entry"] for each in page["found"]]
        before = page["next"]
        if before is None:
            break
    assert paged == whole


def test_what_is_asked_wrongly_is_said(said: Any) -> None:
    north, _, _ = said
    for asked in (
        {"dir": "sideways"},
        {"precedence": "URGENT"},
        {"status": "REAL"},
        {"kind": "roster"},
        {"since": "yesterday"},
        {"until": "2026-02-30"},
        {"until": "9999-12-31"},
        {"words": "x" * 401},
        {"words": " ".join(f"word{at}" for at in range(17))},
        {"words": "\u200b"},
    ):
        with pytest.raises(Misused):
            north.watch.asks("find", **asked)
    with pytest.raises(Refused):
        north.watch.asks("find", line="no such line")
    with pytest.raises(Refused):
        north.operator.asks("find", words="ship")


def test_moments_are_utc_and_a_day_ends_with_its_last_second() -> None:
    assert moment("2026-11-29") == 1_795_910_400.0
    assert moment("2026-11-29", end=True) == 1_795_996_800.0
    assert moment("2026-11-29T08:30Z") == moment("2026-11-29 08:30:00")
    assert moment("2026-11-29 08:30", end=True) == 1_795_910_400.0 + 8 * 3600 + 31 * 60
    assert moment(None) is None


def test_words_and_phrases_are_told_apart() -> None:
    assert terms('Ship "Élan  vital" ship') == ("ship", "elan  vital")
    assert terms("") == ()


def test_what_a_liar_writes_is_indexed_or_left_out(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.utters(Type.TEXT, encode([{3: 4, 6: [], 7: [True], 11: "glacier"}, {"a": ["b"]}]))
        south.utters(0x2F, encode([{}, {1: "moraine", 2: [["till"] * 9]}]))
        south.utters(Type.READBACK, b"\xff\xff")
        south.utters(Type.CALL_EVENT, encode([{}, ["\ud7ff", b"bytes"]]))
        north.hears(south.sends("Drumlin."))
        assert finds(north.watch, "glacier")[0]["n"] == n
        assert finds(north.watch, "moraine till")[0]["kind"] == "unknown"
        assert len(finds(north.watch, "drumlin")) == 1


def test_a_long_text_is_found_and_shown_in_part(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        said = north.says("好" * 20_000 + "Amity" + "。" * 900, "ROUTINE")
        south.hears(said["n"])
        (found,) = finds(south.watch, "amity")
        assert marked(found) == ["Amity"]
        assert len(found["excerpt"]) < 300
        assert not found["begins"]
        assert not found["ends"]


def test_the_index_may_be_lost_or_of_another_copy_of_the_record(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        north.says("Before the backup.")
        assert len(finds(north.watch, "backup")) == 1
        assert north.operator.asks("find.rebuild") == {"forgotten": True}
        assert not (north.folder / "find.db").exists()
        assert len(finds(north.watch, "backup")) == 1
    index = sqlite3.connect(north.folder / "find.db")
    with index:
        index.execute("UPDATE words SET text = 'something else'")
        index.execute("UPDATE upto SET leaf = x'00'")
    index.close()
    # Also while no station serves.
    assert perform_here(north.folder, "find", "", {"words": "else"})["found"] == []
    assert len(perform_here(north.folder, "find", "", {"words": "backup"})["found"]) == 1


def test_an_old_record_is_indexed_after_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "LEFT_TO_SEARCHES", 0)
    monkeypatch.setattr(indexing, "SLICE_ENTRIES", 1)
    with two_stations(tmp_path) as (north, _):
        said = [north.sends(f"Moraine {at}.") for at in range(3)]
        north.stops()
        (north.folder / "find.db").unlink(missing_ok=True)
        north.starts()

        def indexed() -> bool:
            with word_index(north.folder) as index:
                return len(index.find(Query(words=("moraine",)), 9)) == len(said)

        north.until(indexed)
