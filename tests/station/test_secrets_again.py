"""S19: one side was given other secrets of the meeting; both are told, and the right ones open."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.core.agreement import Agreement, Paper
from parley.core.errors import Refused
from parley.core.greeting import CARRIED
from parley.core.kept import Change
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.founding import set_up
from parley.station.serving import perform_here
from tests.playbook import Post, brought, found, two_stations
from tests.station.test_introductions import raw_files

SECRET: dict[str, Any] = {"psk0": True}


def agreement(post: Post) -> Agreement:
    """What both roots of a founded pair have signed."""
    with set_up(post.folder) as station:
        (row,) = station.store.sql("SELECT paper FROM agreements")
    return Paper.parse(row["paper"]).agreement


def told(post: Post) -> str:
    return str(post.line()["secret_differs"] or "")


@pytest.mark.story
def test_S19_both_are_told_and_the_right_secrets_open_the_line(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False, **SECRET) as (north, south):
        papers = agreement(north)
        perform_here(south.folder, "agree.secrets", "", {"psk": brought(papers, 8)})
        south.starts()
        north.starts()
        for post, there in ((north, "South"), (south, "North")):
            post.until(partial(told, post))
            assert f"Ask {there} by another way" in told(post)
            rows = post.auditor.asks("audit")["rows"]
            assert any(row["act"].startswith("line refused open") for row in rows)
        waits = north.says("Said as soon as it opens.", "FLASH")
        with pytest.raises(Refused, match="given here before"):
            south.operator.asks("agree.secrets", psk=brought(papers, 8))
        assert south.operator.asks("agree.secrets", psk=brought(papers, 9))["name"] == "Blue Line"
        south.until(lambda: told(south))
        south.operator.asks("agree.secrets", psk=brought(papers)[::-1])
        for post in (north, south):
            post.is_in_service()
            assert told(post) == ""
        n = north.drafter.asks("draft.show", draft=waits["draft"])["n"]
        assert south.hears(n)["text"] == "Said as soon as it opens."
        with pytest.raises(Refused, match="it is right") as fault:
            south.operator.asks("agree.secrets", psk=brought(papers, 8))
        assert fault.value.rule == "S19"
        # A person who gives secrets gives them to nobody else: no trail bears them.
        rows = str(south.auditor.asks("audit")["rows"])
        assert "agree.secrets" in rows
        assert not any(each in rows for fill in (7, 8, 9) for each in brought(papers, fill))
        for post in (north, south):
            post.stops()
            assert bytes([7]) * 32 not in raw_files(post.folder)
            post.starts()
        assert south.hears(north.sends("And it goes on."))["text"] == "And it goes on."


def test_S19_what_cannot_be_put_right_says_so(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False, **SECRET) as (north, south):
        papers = agreement(north)
        with pytest.raises(Refused, match="is missing"):
            perform_here(south.folder, "agree.secrets", "", {"psk": brought(papers, 8)[:1]})
        with set_up(south.folder) as station:
            station.perform("desk.add", AT_THE_MACHINE, {"name": "Second"})  # a step makes the OPEN
            (line,) = station.lines
            with station.store.transaction():  # as a version did that knew no S19
                station.store.keep(Change(*line.base_key, (0, 0), cells={CARRIED: None}))
        with pytest.raises(Refused, match="earlier version") as fault:
            perform_here(south.folder, "agree.secrets", "", {"psk": brought(papers, 8)})
        assert "--replaces" in fault.value.hint
        perform_here(north.folder, "line.stop", "", {"reason": "Not now."})
        with pytest.raises(Refused, match="stopped"):
            perform_here(north.folder, "agree.secrets", "", {"psk": brought(papers, 8)})


def test_S19_a_line_without_secrets_takes_none(tmp_path: Path) -> None:
    assert found(SECRET) != found({})
    with two_stations(tmp_path, started=False) as (north, _):
        papers = agreement(north)
        with pytest.raises(Refused, match="does without"):
            perform_here(north.folder, "agree.secrets", "", {"psk": brought(papers)})
