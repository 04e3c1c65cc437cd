"""People stop a line at once, and other people let it go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.core.errors import Halted, Misused, ParleyError, Refused
from parley.station.acts.person import AT_THE_MACHINE
from tests.station.founded import (
    CHEAP,
)
from tests.station.succeeding import (
    Pair,
    acts,
    staffed,
    with_a_line,
)


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Two stations with an open line."""
    monkeypatch.setattr(
        "parley.station.parties.root.RootFolder.make.__func__.__defaults__", (CHEAP,)
    )
    return with_a_line(tmp_path)


def test_C13_a_phrase_spoken_in_distress_stops_a_line(pair: Pair) -> None:
    north, _ = pair
    with north.at_work() as at_work:
        people = staffed(at_work)
        does = at_work.station.perform
        wanda = people["Wanda"]
        with pytest.raises(Refused, match="No distress phrase is kept"):
            does("line.stop", wanda, {"phrase": "the roses are late"})
        with pytest.raises(Refused, match="at least 8 letters"):
            does("line.phrase", wanda, {"phrase": "a  b  c !"})
        does("line.phrase", wanda, {"phrase": "The roses are late"})
        with pytest.raises(Refused, match="not the phrase that was agreed"):
            does("line.stop", wanda, {"phrase": "the roses are red"})
        assert does("status", wanda)["lines"][0]["stopped"] is None
        told = does("line.stop", wanda, {"phrase": "the ROSES, are late."})
        assert told["why"] == "Wanda stopped the line: the distress phrase was spoken"
        view = does("status", wanda)["lines"][0]
        assert (view["declared"], view["stopped"]["by"]) == ("stopped", "Wanda")
        assert (view["halted"], view["path_up"]) == (told["why"], False)
        with pytest.raises(Refused, match="stopped already"):
            does("line.stop", wanda, {"reason": "again"})
        with pytest.raises(Halted, match="the distress phrase was spoken") as error:
            does("draft.new", people["Dora"], {"text": "x"})
        assert error.value.exit_code == 4
    # It is so after a restart, and only a second person undoes it.
    with north.at_work() as at_work:
        does = at_work.station.perform
        with pytest.raises(Refused, match="Wanda stopped this line and cannot"):
            does("line.undo", wanda, {"reason": "false alarm"})
        assert does("line.undo", AT_THE_MACHINE, {"reason": "We have called back."})["was"]
        assert does("status", wanda)["lines"][0]["declared"] == "waiting"
        assert does("draft.new", people["Dora"], {"text": "x"})["state"] == "open"
        with pytest.raises(Refused, match="not stopped"):
            does("line.undo", AT_THE_MACHINE, {"reason": "again"})
        does("line.stop", wanda, {"reason": "Their voice was wrong."})
    raw = b"".join(p.read_bytes() for p in north.folder.rglob("*") if p.is_file())
    assert b"roses" not in raw.lower()
    trail = "\n".join(outcome for _, outcome in acts(north))
    assert "person: Wanda stopped the line: Their voice was wrong" in trail
    assert "let the line go on: We have called back" in trail


def test_C13_a_stop_says_why_in_one_line(pair: Pair) -> None:
    north, _ = pair
    for given in ({}, {"reason": "x", "phrase": "y"}):
        with pytest.raises(Misused):
            north.does("line.stop", **given)
    for reason in ("", " . ", "two\nlines", "x" * 500):
        with pytest.raises(Refused, match="A reason is one line"):
            north.does("line.stop", reason=reason)


def test_C13_what_failed_has_stopped_nothing(pair: Pair) -> None:
    """The step is undone: the line goes on in memory as it does on disk."""
    north, _ = pair
    with north.at_work() as at_work:
        station = at_work.station
        with station.store.transaction():
            station.store.sql(
                "CREATE TRIGGER no BEFORE INSERT ON stops BEGIN SELECT RAISE(ABORT, 'x'); END"
            )
        with pytest.raises(ParleyError):
            at_work.does("line.stop", reason="Now.")
        assert station.line(None).stop is None
        assert at_work.does("status")["lines"][0]["declared"] == "waiting"
