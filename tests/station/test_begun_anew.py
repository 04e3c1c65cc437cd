"""What a new beginning makes of orders that come with it, of drafts, and of what never joined."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Refused
from parley.core.kept import EntryRow
from parley.core.speaking import RESUME, frame
from parley.core.terms import Instant
from parley.evidence import audit
from tests.playbook import Post, two_stations
from tests.station.test_halt import is_halted, restore_old_copy
from tests.station.test_resuming import exported, is_in, resume, supplies, texts_of

RESUME_HEADER = frame(RESUME, b"")


class Held:
    """What comes to a station but RESUMEs waits, and then comes in one step."""

    def __init__(self, post: Post) -> None:
        self._station = post.station
        self._do = post.stage.do
        self._waiting: list[tuple[Any, bytes]] = []
        self._hear = self._station.carrying.hear
        self._do(lambda: setattr(self._station.carrying, "hear", self._waits))

    def _waits(self, path: Any, frames: Sequence[bytes], now: Instant) -> Any:
        self._waiting += [(path, each) for each in frames if each[:1] != RESUME_HEADER]
        return self._hear(path, [each for each in frames if each[:1] == RESUME_HEADER], now)

    def comes(self) -> None:
        """All of it, in one step."""

        def hear() -> None:
            vars(self._station.carrying).pop("hear")
            for path, each in self._waiting:
                self._hear(path, [each], self._station.now)

        self._do(lambda: self._station.in_next_step(hear))


@pytest.mark.parametrize("order", ["suspend", "close"])
def test_N11_an_order_that_comes_with_their_OPEN_binds_what_is_said_again(
    tmp_path: Path, order: str
) -> None:
    """Only a counterpart that does not wait for our answer can send both in one step."""
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("line.resume", reason="A new machine.")
        waiting = north.says("Said when nothing passes any more.", "FLASH")["draft"]
        south.until(lambda: south.line()["resumption"]["theirs"])
        held = Held(north)
        south.watch.asks("line.resume", reason="Agreed.")
        south.until(lambda: south.line()["inc"] == 2)
        line = south.station.lines[0].line.line

        def speaks_at_once() -> None:
            line._in_service = line._receipts_moved = True

        south.stage.do(lambda: south.station.in_next_step(speaks_at_once))
        south.releases(south.drafter.asks(order, reason="Ties are cut."))
        south.until(lambda: any(row.type in (0x50, 0x52) for row in said_in(south, 2)))
        held.comes()
        north.until(lambda: north.line()["inc"] == 2)
        assert north.line()["declared"] == {"suspend": "suspended", "close": "closed"}[order]
        shown = north.drafter.asks("draft.show", draft=waiting)
        assert (shown["state"], shown["n"]) == ("open", None)
        assert shown["given_back"]
        south.until(lambda: south.line()["their_size"] > 0)
        assert not any("nothing passes" in text for text in texts_of(south))
        assert north.line()["queued"] == 0


def said_in(post: Post, inc: int) -> list[EntryRow]:
    """Our log of an incarnation."""
    line = post.station.lines[0]
    return post.stage.do(lambda: post.station.store.entries(line.id, inc, line.ours))


def test_N10_a_draft_that_retracts_an_entry_that_they_never_had_retracts_no_other(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        first = north.sends("First, and received.")
        south.hears(first)
        north.until(lambda: north.line()["receipted"] == north.line()["our_size"])
        open_line = north.station.lines[0]
        north.stage.do(lambda: setattr(open_line, "send", lambda *_: None))  # a path into nothing
        wrong = north.says("Wrong.", "FLASH")
        north.until(lambda: north.line()["our_size"] > wrong["n"])
        draft = north.drafts("That was wrong.", retracts=wrong["n"])
        sound = north.drafts("The first was wrong.", corrects=first)
        north.stage.do(lambda: delattr(open_line, "send"))
        resume(north, south)
        shown = north.drafter.asks("draft.show", draft=draft["draft"])
        assert (shown["state"], shown["retracts"]) == ("open", None)
        assert str(wrong["n"]) in shown["returned"]
        kept = north.drafter.asks("draft.show", draft=sound["draft"])
        assert (kept["corrects"], kept["corrects_line"][-2:]) == (first, "@1")
        assert kept["returned"] is None
        changed = north.releases(shown)["n"]
        assert south.hears(changed)["retracts"] is None


def test_N9_what_was_lost_is_taken_in_after_a_further_beginning_too(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        restore_old_copy(north, south, "After the copy, and lost here.")
        north.until(lambda: is_halted(north))
        resume(north, south)
        south.hears(north.sends("Said before anything was taken in."))
        resume(north, south)
        assert north.line()["inc"] == 3
        told = supplies(north, exported(south, "@1"))
        assert (told["of"], told["supplied"]["ours"]) == (1, 1)
        assert "After the copy, and lost here." in [
            m["text"] for m in north.watch.asks("outbox", all=True)["messages"]
        ]
        for line in ("@1", "@2", ""):
            here, there = (audit.verify(io.BytesIO(exported(post, line).encode()))
                           for post in (north, south))  # fmt: skip
            if line:
                assert here.roots == there.roots
        with pytest.raises(Refused, match="Nothing is missing"):
            supplies(north, exported(south, "@1"))


def put_back(post: Post, copy: Path) -> None:
    """Its folder becomes an older copy, and it starts."""
    post.stops()
    shutil.rmtree(post.folder)
    copy.rename(post.folder)
    post.starts()


def copied(post: Post) -> Path:
    copy = post.folder.with_name("copy")
    post.stops()
    shutil.copytree(post.folder, copy)
    post.starts()
    return copy


def begins(north: Post, south: Post, inc: int) -> None:
    """North, which was put back, asks for the second; both meet in a later one."""
    north.watch.asks("line.resume", reason="We were put back.")
    south.until(lambda: south.line()["resumption"]["theirs"])
    south.watch.asks("line.resume", reason="Agreed.")
    for post in (north, south):
        post.until(partial(is_in, post, inc))


def suspends(post: Post) -> None:
    post.releases(post.drafter.asks("suspend", reason="Ties are cut."))


def lifts(post: Post, peer: Post) -> None:
    """Until both know it: what has no receipt is no part of an incarnation's end (N2)."""
    n = post.releases(post.drafter.asks("lift"))["n"]
    peer.hears(n)
    post.until(lambda: post.line()["receipted"] > n)


def test_N11_a_suspension_of_an_incarnation_that_was_lost_is_told_again(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        copy = copied(north)
        resume(north, south)
        suspends(south)
        north.until(lambda: north.line()["declared"] == "suspended")
        put_back(north, copy)
        begins(north, south, 3)
        north.until(lambda: north.line()["declared"] == "suspended")
        assert "Ties are cut." in north.line()["standing"]["sentence"]
        # Nothing of the other side's is signed for while the incarnation between is missing.
        assert north.line()["we_cosigned"] == 0
        lifts(north, south)
        lifts(south, north)
        assert north.line()["declared"] == south.line()["declared"] == "open"
        resume(north, south)
        south.says("It is signed for again.")
        north.until(lambda: north.line()["we_cosigned"])


def test_N11_one_that_was_lifted_in_an_incarnation_that_was_lost_is_lifted_once_more(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        suspends(south)
        north.until(lambda: north.line()["declared"] == "suspended")
        copy = copied(north)
        resume(north, south)
        lifts(north, south)
        lifts(south, north)
        put_back(north, copy)
        begins(north, south, 3)
        assert (north.line()["declared"], south.line()["declared"]) == ("suspended", "open")
        suspends(south)
        north.until(lambda: len(north.line()["standing"]["suspensions"]) == 2)
        lifts(north, south)
        lifts(south, north)
        assert north.line()["declared"] == south.line()["declared"] == "open"


def test_N11_a_lift_without_a_receipt_is_no_part_of_the_incarnation_that_was_lost(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        suspends(south)
        north.until(lambda: north.line()["declared"] == "suspended")
        copy = copied(north)
        resume(north, south)
        lifts(north, south)
        open_line = north.station.lines[0]
        north.stage.do(lambda: setattr(open_line, "send", lambda *_: None))  # a path into nothing
        north.hears(south.releases(south.drafter.asks("lift"))["n"])
        put_back(north, copy)
        begins(north, south, 3)
        assert north.line()["declared"] == south.line()["declared"] == "suspended"
        lifts(north, south)
        lifts(south, north)
        assert north.line()["declared"] == south.line()["declared"] == "open"


def test_N10_what_was_released_where_an_incarnation_was_lost_comes_back_to_its_drafter(
    tmp_path: Path,
) -> None:
    """Nobody here can tell whether it was said in what is missing; people ask."""
    with two_stations(tmp_path) as (north, south):
        copy = copied(north)
        resume(north, south)
        south.says("Said in the incarnation that will be lost.")
        put_back(north, copy)
        draft = north.says("Released by a station that knows nothing of it.")["draft"]
        begins(north, south, 3)
        view = north.drafter.asks("draft.show", draft=draft)
        assert view["state"] == "open"
        assert "is not known here" in view["given_back"]["why"]
        assert "1 released here" in str(north.auditor.asks("audit")["rows"])
        north.releases({"draft": draft, "sha256": view["sha256"]})
        south.until(lambda: "Released by a station that knows nothing of it." in texts_of(south))


def both_closed(post: Post, inc: int) -> bool:
    view = post.line()
    return view["inc"] == inc and len(view["standing"]["closed"]) == 2


def is_over(post: Post) -> bool:
    """Whether its keys are erased; the second signature takes a minute."""
    post.clock.skip(30)
    return bool(post.line()["erased"])


def test_N11_a_CLOSE_that_a_RESUME_crossed_is_said_again_and_ends_the_line(tmp_path: Path) -> None:
    """Who asks listens no more, and heard no CLOSE: the line would be at rest for good."""
    with two_stations(tmp_path) as (north, south):
        south.hears(north.sends("Said and received."))
        north.until(lambda: north.line()["receipted"] == north.line()["our_size"])
        south.stops()
        north.watch.asks("line.resume", reason="The other station is down.")
        north.stops()
        south.starts()
        waits = south.says("Released before the line was closed.")
        close = south.releases(south.drafter.asks("close", reason="For good."))
        with pytest.raises(Refused) as fault:
            south.watch.asks("line.resume", reason="Not asked by anyone.")
        assert fault.value.rule == "D8"
        north.starts()
        south.until(lambda: south.line()["resumption"]["theirs"])
        told = south.line()
        assert told["declared"] == "closed"
        assert "before it heard that we closed it" in told["resumption"]["next"]
        assert told["resumption"]["by"] == "parley resume"
        south.watch.asks("line.resume", reason="Then it hears that the line is closed.")
        for post in (north, south):
            post.until(partial(both_closed, post, 2))
            assert "For good" in post.line()["standing"]["sentence"]
        # What waited behind the CLOSE is with its drafter; the CLOSE itself kept who released it.
        assert south.drafter.asks("draft.show", draft=waits["draft"])["state"] == "open"
        shown = south.drafter.asks("draft.show", draft=close["draft"])
        stages = south.watch.asks("message", n=shown["n"], dir="ours")["stages"]
        assert [s["stage"] for s in stages][:3] == ["drafted", "released", "numbered"]
        for post in (north, south):
            post.until(partial(is_over, post))


def test_N11_a_CLOSE_that_they_hold_ends_the_line_though_they_lost_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.stops()
        shutil.copytree(north.folder, north.folder.with_name("copy"))
        north.starts()
        south.releases(south.drafter.asks("close", reason="For good."))
        north.until(lambda: north.line()["declared"] == "closed")
        south.until(lambda: south.line()["receipted"] == south.line()["our_size"])
        north.stops()
        shutil.rmtree(north.folder)
        north.folder.with_name("copy").rename(north.folder)
        north.starts()
        north.watch.asks("line.resume", reason="We were put back.")
        south.until(lambda: south.line()["resumption"]["theirs"])
        told = south.line()["resumption"]
        assert "agree on a new line" in told["next"]
        assert (told["by"], told["close_unheard"]) == (None, False)
        with pytest.raises(Refused) as fault:
            south.watch.asks("line.resume", reason="It was closed.")
        assert fault.value.rule == "D8"


def test_C13_a_line_is_stopped_by_the_name_of_an_incarnation_that_has_ended_too(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        resume(north, south)
        told = north.watch.asks("line.stop", reason="They sound odd.", line="@1")
        assert told["line"] == north.line()["line"]
        assert north.stage.do(lambda: list(north.station.lines[0].paths)) == []
        with pytest.raises(Refused, match="stopped already"):
            north.watch.asks("line.stop", reason="Again.", line="@1")
        north.deputy.asks("line.undo", reason="It was the telephone.", line="@1")
        north.until(lambda: north.line()["path_up"])
        north.says("It goes on.")
        south.until(lambda: "It goes on." in texts_of(south))
