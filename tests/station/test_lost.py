"""Whole incarnations that were lost with a disk come back from the other side's evidence."""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Refused
from parley.core.keys import Prekey
from parley.core.resuming import End, Resume
from parley.evidence import audit
from parley.station.line.evidence import (
    END,
    ENTRIES,
    documents_of,
    entry_line,
    head_lines,
    opening,
    summary_of,
)
from tests.places import few
from tests.playbook import Post, two_stations
from tests.station.test_begun_anew import Held, begins, copied, put_back
from tests.station.test_resuming import exported, is_in, is_signed, resume, supplies


def speaks(north: Post, south: Post, when: str) -> None:
    """A message of each side, which the other holds and signs for."""
    ours = north.sends(f"From North, {when}.")
    south.hears(ours)
    theirs = south.sends(f"From South, {when}.")
    north.hears(theirs)
    north.watch.asks("open", n=theirs)
    south.until(lambda: is_signed(south, theirs, "ours"))
    south.until(lambda: is_signed(south, ours, "theirs"))
    south.until(lambda: "opened" in stages_of(south, theirs, "ours"))
    south.until(lambda: is_all_signed(south))  # that North opened it as well


def is_all_signed(post: Post) -> bool:
    state = post.station.state(post.station.lines[0])
    return state.their_cover.signed == state.their_size


def stages_of(post: Post, n: int, dir: str, line: str = "") -> list[str]:
    view = post.watch.asks("message", n=n, dir=dir, line=line)
    return [stage["stage"] for stage in view["stages"]]


@contextmanager
def put_back_by(
    folder: Path, incarnations: int, also: Callable[[Post, Post], None] = lambda north, south: None
) -> Iterator[tuple[Post, Post]]:
    """North has lost the tail of incarnation 1 and so many whole ones behind it."""
    with two_stations(folder) as (north, south):
        speaks(north, south, "before the copy")
        copy = copied(north)
        speaks(north, south, "after the copy")
        for inc in range(2, 2 + incarnations):
            resume(north, south)
            speaks(north, south, f"in incarnation {inc}")
            also(north, south)
        put_back(north, copy)
        begins(north, south, 2 + incarnations)
        yield north, south


def missing(post: Post) -> list[tuple[int, bool]]:
    return [(each["of"], each["whole"]) for each in post.line()["resumption"]["missing"]]


def reports(post: Post, inc: int) -> audit.Report:
    return audit.verify(io.BytesIO(exported(post, f"@{inc}").encode()))


def are_equal(north: Post, south: Post, incs: range) -> None:
    """Both records are one, and each station's export of it stands."""
    for inc in incs:
        here, there = reports(north, inc), reports(south, inc)
        assert here.documents.raw == there.documents.raw
        assert (here.entries, here.roots) == (there.entries, there.roots)
        assert (here.signed, here.cosigned) == (there.signed, there.cosigned)


def texts(post: Post, operation: str) -> list[str]:
    found = post.watch.asks(operation, all=True)["messages"]
    return sorted(m["text"] for m in found)


def everything(post: Post) -> list[Any]:
    """All that a supply could change; the incarnation that lives goes on by itself."""
    with closing(sqlite3.connect(f"file:{post.folder}/parley.db?mode=ro", uri=True)) as db:
        over = "WHERE inc < (SELECT max(inc) FROM records)"
        tables = [f"entries {over}", f"heads {over}"]
        tables += ["messages", "acts", "resumptions", "supplied", "supply_waits"]
        return [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]


@pytest.mark.story
def test_N12_a_whole_incarnation_that_was_lost_is_taken_in(tmp_path: Path) -> None:
    with put_back_by(tmp_path, 1) as (north, south):
        assert missing(north) == [(2, True)]
        assert north.line()["we_cosigned"] == 0
        told = supplies(north, exported(south, "@2"))
        assert (told["of"], told["waits"]) == (2, False)
        assert told["supplied"]["ours"] > 0
        assert [(each["of"], each["whole"]) for each in told["missing"]] == [(1, False)]
        # Where incarnation 1 had ended is known by it; its tail is asked for next.
        assert missing(north) == [(1, False)]
        supplies(north, exported(south, "@1"))
        assert missing(north) == []
        are_equal(north, south, range(1, 3))
        for own, other in (("outbox", "inbox"), ("inbox", "outbox")):
            assert texts(north, own) == texts(south, other)
        north.stops()
        north.starts()
        assert missing(north) == []
        are_equal(north, south, range(1, 3))
        speaks(north, south, "when all is whole")
        assert north.line()["we_cosigned"] > 0
        resume(north, south)
        are_equal(north, south, range(1, 4))


@pytest.mark.parametrize("order", few(["321", "123", "213", "231", "312", "132"], 1))
def test_N13_incarnations_that_were_lost_are_taken_in_in_any_order(
    tmp_path: Path, order: str
) -> None:
    with put_back_by(tmp_path, 2) as (north, south):
        assert missing(north) == [(3, True)]
        for inc in order[:-1]:
            supplies(north, exported(south, f"@{inc}"))
            north.stops()  # what was given before its turn is kept, and outlives a restart
            north.starts()
        assert missing(north)
        supplies(north, exported(south, f"@{order[-1]}"))
        assert missing(north) == []
        are_equal(north, south, range(1, 4))
        for own, other in (("outbox", "inbox"), ("inbox", "outbox")):
            assert texts(north, own) == texts(south, other)
        before = everything(north)
        with pytest.raises(Refused, match="Nothing is missing"):
            supplies(north, exported(south, "@2"))
        assert everything(north) == before


@pytest.mark.story
def test_N12_the_chain_leads_through_an_incarnation_that_only_one_side_began(
    tmp_path: Path,
) -> None:
    """South alone began the second; North went from the first to the third."""
    with two_stations(tmp_path) as (north, south):
        speaks(north, south, "before the copy")
        copy = copied(south)
        speaks(north, south, "after the copy")
        held = Held(north)
        north.watch.asks("line.resume", reason="A new machine.")
        south.until(lambda: south.line()["resumption"]["theirs"])
        south.watch.asks("line.resume", reason="Agreed.")
        south.until(lambda: south.line()["inc"] == 2)
        south.watch.asks("line.resume", reason="Nothing is heard.")
        north.until(lambda: north.station.lines[0].line.newest == 3)
        held.comes()
        for post in (north, south):
            post.until(partial(is_in, post, 3))
        speaks(north, south, "in incarnation 3")
        put_back(south, copy)
        begins(north, south, 4)
        assert missing(south) == [(3, True)]
        supplies(south, exported(north, "@3"))
        assert missing(south) == [(2, True)]
        supplies(south, exported(north, "@2"))
        assert missing(south) == [(1, False)]
        supplies(south, exported(north, "@1"))
        assert missing(south) == []
        are_equal(north, south, range(1, 4))
        with pytest.raises(Refused, match="has no incarnation 5"):
            exported(north, "@5")


@pytest.mark.story
def test_N12_forged_cut_foreign_or_contradicting_evidence_changes_nothing(tmp_path: Path) -> None:
    with put_back_by(tmp_path, 1) as (north, south):
        whole = exported(south, "@2")
        sample = (Path(__file__).parents[2] / "vectors" / "sample.evidence").read_text("utf-8")
        before = everything(north)
        for bad, why in (
            (whole.replace("--- resume B\n", "--- resume B\nA", 1), "resume B"),
            (whole[: len(whole) // 2], "does not begin"),
            (re.sub("--- entries\n([AB]) 0 ", r"--- entries\n\1 1 ", whole), "entry [AB]"),
            (written(south, 2, cut=True), "This evidence does not give log"),
            (written(south, 2, resumes=shorter(north, south)), "followed on what is not"),
            (sample, "This is not evidence of incarnation 2"),
            (exported(south, "@3"), "This is not evidence of incarnation 2"),
        ):
            with pytest.raises(Refused, match=why):
                supplies(north, bad)
            assert everything(north) == before
        supplies(north, whole)
        before = everything(north)
        with pytest.raises(Refused, match="Of incarnation 2 of the line"):
            supplies(north, whole)
        assert everything(north) == before


@pytest.mark.story
def test_N13_what_waits_is_given_once_and_put_away_where_it_does_not_fit(tmp_path: Path) -> None:
    with put_back_by(tmp_path, 1) as (north, south):
        cut = written(south, 1, cut=True)
        assert supplies(north, cut)["waits"]
        before = everything(north)
        for again, why in ((cut, "and waits\\."), (exported(south, "@1"), "this is another one")):
            with pytest.raises(Refused, match=why):
                supplies(north, again)
            assert everything(north) == before
        told = supplies(north, exported(south, "@2"))
        assert "incarnation 1 does not end as was signed, and was put away" in told["sentence"]
        assert missing(north) == [(1, False)]
        supplies(north, exported(south, "@1"))
        are_equal(north, south, range(1, 3))


@pytest.mark.story
def test_N14_what_was_supplied_is_shown_as_that_and_acknowledges_nothing_by_their_word(
    tmp_path: Path,
) -> None:
    with put_back_by(tmp_path, 1) as (north, south):
        side = north.station.lines[0].ours
        weak = written(south, 2, without=side)
        report = audit.verify(io.BytesIO(weak.encode()))
        assert report.signed[side] == report.cosigned[1 - side] == 0
        ours = report.entries[side]
        theirs = report.entries[1 - side] - report.signed[1 - side]
        told = supplies(north, weak)
        assert f"On South's word alone rest {ours} of ours and {theirs} of" in told["sentence"]
        rows = north.auditor.asks("record", line="@2")["entries"]
        assert all(row["supplied"] for row in rows)
        assert sum(row["supplied"]["by_word"] for row in rows) == ours + theirs
        n = max(row["n"] for row in rows if row["kind"] == "text" and row["dir"] == "theirs")
        view = north.watch.asks("message", n=n, line="@2")
        # Somebody here opened it, says the other side; nothing that we signed does.
        assert [each["by_word"] for each in view["stages"] if each["stage"] == "opened"] == [True]
        assert view["supplied"]["by_word"] is (n >= report.signed[1 - side])
        assert view["acknowledged"] is None
        found = north.auditor.asks("find", words="in incarnation 2", dir="ours")["found"]
        assert [each["supplied"]["by_word"] for each in found] == [True]
        rows = north.auditor.asks("timeline", words="in incarnation 2")["rows"]
        assert all(row["supplied"] for row in rows)
        counted = north.auditor.asks("export", line="@2")["supplied"]
        assert counted["ours"] == {"entries": ours, "by_word": ours}
        assert counted["theirs"] == {"entries": report.entries[1 - side], "by_word": theirs}
        north.watch.asks("open", n=n, line="@2")  # the same person, and now it is so
        view = north.watch.asks("message", n=n, line="@2")
        opened = [each["by_word"] for each in view["stages"] if each["stage"] == "opened"]
        assert sorted(opened) == [False, True]
        assert view["acknowledged"] is not None

        supplies(north, exported(south, "@1"))
        rows = north.auditor.asks("record", line="@1")["entries"]
        assert {bool(row["supplied"]) for row in rows} == {True, False}
        mine = [m for m in north.watch.asks("inbox", all=True)["messages"] if m["inc"] == 1]
        assert [m["acknowledged"] is None for m in mine] == [False, False]
        assert not any(
            row["supplied"] for row in south.auditor.asks("record", line="@1")["entries"]
        )


@pytest.mark.story
def test_N12_what_was_said_since_of_a_message_that_was_lost_is_noted_with_it(
    tmp_path: Path,
) -> None:
    with put_back_by(tmp_path, 1) as (north, south):
        lost = [m for m in south.watch.asks("inbox", all=True)["messages"] if m["inc"] == 2]
        (n,) = [m["n"] for m in lost]
        south.watch.asks("open", n=n, line="@2")
        south.until(lambda: south.line()["receipted"] == south.line()["our_size"])
        with pytest.raises(Refused):
            stages_of(north, n, "ours", "@2")  # it was heard, and speaks of nothing that is here
        supplies(north, exported(south, "@2"))
        assert "opened" in stages_of(north, n, "ours", "@2")
        view = north.watch.asks("message", n=n, dir="ours", line="@2")
        assert view["acknowledged"] is not None


@pytest.mark.story
def test_N14_a_read_back_that_we_confirmed_by_their_word_alone_can_be_confirmed(
    tmp_path: Path,
) -> None:
    with put_back_by(tmp_path, 1, also=reads_back) as (north, south):
        supplies(north, written(south, 2, without=north.station.lines[0].ours))
        (n,) = (m["n"] for m in north.watch.asks("outbox", all=True)["messages"] if m["inc"] == 2)
        for stated in ([True], [False, True]):  # who confirmed it here, does so once
            view = north.watch.asks("message", n=n, dir="ours", line="@2")
            said = [each["by_word"] for each in view["stages"] if each["stage"] == "confirmed"]
            assert sorted(said) == stated
            if len(stated) == 1:
                north.watch.asks("confirm", n=n, line="@2")
        with pytest.raises(Refused, match="confirmed already"):
            north.watch.asks("confirm", n=n, line="@2")


def reads_back(north: Post, south: Post) -> None:
    """South reads the newest message of North back, which confirms it."""
    n = south.watch.asks("inbox")["messages"][-1]["n"]
    group = north.watch.asks("message", n=n, dir="ours")["check_group"]
    south.watch.asks("readback", n=n, group=group)
    north.until(lambda: "read back" in stages_of(north, n, "ours"))
    north.watch.asks("confirm", n=n)
    south.until(lambda: "confirmed" in stages_of(south, n, "theirs"))
    south.until(lambda: is_all_signed(south))


def written(
    post: Post,
    inc: int,
    *,
    cut: bool = False,
    without: int | None = None,
    resumes: tuple[Resume, Resume] | None = None,
) -> str:
    """An export as its writer might change it, so that it stands by itself: its end cut off,
    without the heads of one side, or behind other RESUMEs with its entries 0 left out."""
    life = post.station.lines[0].life(inc)
    assert life is not None

    def write() -> str:
        store = post.station.store
        documents = documents_of(store, life)
        if resumes is not None:
            raw = (*documents.raw[:3], *(each.to_bytes() for each in resumes))
            documents = replace(documents, raw=raw, resumes=resumes)
        rows = store.entries(*life.key)
        if cut:
            rows = rows[: len(rows) // 2]
        sizes = [sum(row.dir == dir for row in rows) for dir in (0, 1)]
        heads = [
            head
            for head in store.heads(*life.key)
            if head.size <= sizes[head.dir]
            and without != (head.dir if head.kind == "checkpoint" else 1 - head.dir)
        ]
        lines = [entry_line(row, shown=resumes is None or row.n > 0) for row in rows]
        text = opening(documents, summary_of(rows)), *head_lines(heads), ENTRIES, *lines, END
        return "".join(text)

    return post.stage.do(write)


def shorter(*posts: Post) -> tuple[Resume, Resume]:
    """RESUMEs of both that begin incarnation 2 behind an empty first one."""
    nothing = (End(), End())
    made = [
        Resume.make(
            each.station.lines[0].base.terms, 2, 1, nothing, Prekey(bytes(32)), "As if nothing was."
        )
        for each in posts
    ]
    a, b = made if posts[0].station.lines[0].ours == 0 else made[::-1]
    return a, b
