"""A line is begun anew: by people of both sides, with nothing lost and nothing said twice."""

from __future__ import annotations

import base64
import io
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Halted, Refused, Unavailable
from parley.core.life import Life
from parley.core.line import Line
from parley.core.terms import Instant
from parley.evidence import audit
from tests.playbook import Post, two_stations
from tests.station.test_halt import is_halted, restore_old_copy
from tests.station.test_trouble import undoes


def resume(north: Post, south: Post) -> None:
    """Both agree, and wait for the new incarnation."""
    inc = north.line()["inc"]
    asked = north.watch.asks("line.resume", reason="The engineers have changed a machine.")
    assert not asked["answers"]
    south.until(lambda: south.line()["resumption"]["theirs"])
    told = south.line()["resumption"]
    assert told["theirs"]["reason"] == "The engineers have changed a machine."
    assert "asks to begin the line anew" in told["next"]
    assert south.watch.asks("line.resume", reason="Agreed by telephone.")["answers"]
    for post in (north, south):
        post.until(partial(is_in, post, inc + 1))


def is_in(post: Post, inc: int) -> bool:
    """Whether the line is in service in this incarnation."""
    view = post.line()
    return view["inc"] == inc and bool(view["in_service"])


def test_N8_a_line_begins_anew_and_old_messages_are_dealt_with(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.sends("Before.", "FLASH")
        north.hears(n)
        resume(north, south)
        for post in (north, south):
            told = post.line()["resumption"]
            assert told["next"] is None
            assert told["last"]["lost"] == {"ours": 0, "theirs": 0}
            assert told["last"]["whole"]
        rows = north.auditor.asks("audit")["rows"]
        assert any(row["act"].startswith("line begun anew") for row in rows)

        line = north.line()["line"]
        inbox = north.watch.asks("inbox")["messages"]
        assert [(m["text"], m["line"]) for m in inbox] == [("Before.", f"{line}@1")]
        # It is dealt with as ever, and its sender hears of it.
        north.watch.asks("open", n=n, line=f"{line}@1")
        south.until(lambda: "opened" in [s["stage"] for s in south.watch.asks(
            "message", n=n, dir="ours", line="@1")["stages"]])  # fmt: skip
        after = north.sends("After.")
        assert south.hears(after)["text"] == "After."


def test_N10_what_they_never_had_is_said_again_and_nothing_twice(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.hears(north.sends("First, and received."))
        north.until(lambda: north.line()["receipted"] == north.line()["our_size"])
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        waiting = north.says("Second, released while there is no path.", "FLASH")
        open_draft = north.drafts("Third, still a draft.")
        north.watch.asks("line.resume", reason="The other station is down.")
        fourth = north.says("Fourth, released while it begins anew.")
        south.starts()
        south.until(lambda: south.line()["resumption"]["theirs"])
        south.watch.asks("line.resume", reason="It is up again.")
        north.until(lambda: north.line()["inc"] == 2 and not north.line()["queued"])
        south.until(lambda: len(south.watch.asks("inbox")["messages"]) == 3)
        told = [(m["text"], m["inc"]) for m in south.watch.asks("inbox")["messages"]]
        assert sorted(told) == [
            ("First, and received.", 1),
            ("Fourth, released while it begins anew.", 2),
            ("Second, released while there is no path.", 2),
        ]
        # Each keeps the history of its draft: who wrote and who released it.
        for released in (waiting, fourth):
            shown = north.drafter.asks("draft.show", draft=released["draft"])
            stages = north.watch.asks("message", n=shown["n"], dir="ours")["stages"]
            assert [s["stage"] for s in stages][:3] == ["drafted", "released", "numbered"]
            assert stages[0]["by"]["name"] == "Olsen"
        n = north.releases(open_draft)["n"]
        assert south.hears(n)["text"] == "Third, still a draft."
        texts = [m["text"] for m in north.watch.asks("outbox", all=True)["messages"]]
        assert len(texts) == len(set(texts)) == 4


def test_N8_what_is_said_of_old_messages_names_their_incarnation(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.sends("Answer this.")
        north.hears(n)
        begun = north.drafts("An answer begun before.", answers=n)
        resume(north, south)
        old = f"{north.line()['line']}@1"
        shown = north.drafter.asks("draft.show", draft=begun["draft"])
        assert (shown["answers"], shown["answers_line"]) == (n, old)
        first = north.releases(begun)["n"]
        assert south.hears(first)["answers_line"] == old
        second = north.sends("An answer begun after.", answers=n, line=old)
        assert south.hears(second)["answers"] == n
        stages = south.watch.asks("message", n=n, dir="ours", line="@1")["stages"]
        assert [s["stage"] for s in stages].count("answered") == 2

        assert north.watch.asks("display", n=n, line=old)["displayed"] == [n]
        north.watch.asks("pass", n=n, office="Chairman", line=old)
        group = south.watch.asks("message", n=n, dir="ours", line="@1")["check_group"]
        assert north.watch.asks("readback", n=n, group=group, line=old)["matches"]
        theirs = f"{south.line()['line']}@1"

        def stages_there() -> list[str]:
            view = south.watch.asks("message", n=n, dir="ours", line=theirs)
            return [s["stage"] for s in view["stages"]]

        south.until(lambda: "read back" in stages_there())
        south.watch.asks("confirm", n=n, line=theirs)
        assert {"displayed", "passed", "confirmed"} <= set(stages_there())
        with pytest.raises(Refused):
            north.watch.asks("open", n=n, line="@7")
        rows = north.auditor.asks("record", line=old)["entries"]
        assert {row["n"] for row in rows if row["dir"] == "theirs"} >= {n}


def test_N8_a_test_called_before_is_answered_after(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.watch.asks("test.call")["n"]
        north.hears(n)
        resume(north, south)
        north.watch.asks("test.answer", n=n, text="Seen and answered.", line="@1")

        def stages() -> list[str]:
            view = south.watch.asks("message", n=n, dir="ours", line="@1")
            return [s["stage"] for s in view["stages"]]

        south.until(lambda: "answered" in stages())


def test_N10_a_halted_line_begins_anew_and_what_they_hold_is_not_said_twice(tmp_path: Path) -> None:
    """North is put back to before it said something that South holds, and then said another."""
    with two_stations(tmp_path) as (north, south):
        restore_old_copy(north, south, "Said after the copy, and lost here.")
        north.until(lambda: is_halted(north))
        assert north.line()["resumption"]["next"].startswith("Call South by another way.")
        with pytest.raises(Halted) as halt:
            north.drafts("Said in a halt.")
        assert "parley resume" in halt.value.hint
        resume(north, south)
        last = north.line()["resumption"]["last"]
        assert last["lost"]["ours"] == 1
        assert last["whole"] is None
        with pytest.raises(Refused):
            north.reads(north.line()["our_size"] + 5)
        told = south.line()["resumption"]["last"]
        assert (told["lost"], told["said_again"]) == ({"ours": 0, "theirs": 0}, 0)
        assert told["whole"]
        texts = [m["text"] for m in south.watch.asks("inbox")["messages"]]
        assert texts == ["Said after the copy, and lost here."]
        assert south.hears(north.sends("And on it goes."))["text"] == "And on it goes."


def test_a_watch_officer_asks_and_says_why(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for reason in ("", "x" * 401, "two\nlines"):
            with pytest.raises(Refused):
                north.watch.asks("line.resume", reason=reason)
        with pytest.raises(Refused) as fault:
            north.operator.asks("line.resume", reason="I have put the old folder back.")
        assert "watch officer" in fault.value.sentence
        assert north.line()["resumption"]["next"] is None
        north.watch.asks("line.resume", reason="Asked once.")
        again = north.watch.asks("line.resume", reason="Asked twice.")
        assert again["reason"] == "Asked once."
        assert north.line()["declared"] == "resuming"
        assert "is to agree" in north.line()["resumption"]["next"]
        south.until(lambda: south.line()["resumption"]["theirs"])
        north.stops()
        north.starts()
        assert north.line()["declared"] == "resuming"
        south.watch.asks("line.resume", reason="Agreed.")
        north.until(partial(is_in, north, 2))


def test_N11_a_suspension_stands_on_and_a_closed_line_does_not_begin_anew(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        draft = north.drafter.asks("suspend", reason="Ties are cut.")
        n = north.releases(draft)["n"]
        south.until(lambda: south.line()["declared"] == "suspended")
        resume(north, south)
        for post in (north, south):
            assert post.line()["declared"] == "suspended"
            assert "Ties are cut" in post.line()["standing"]["sentence"]
            with pytest.raises(Refused):
                post.drafts("This does not pass.")
        north.releases(north.drafter.asks("lift"))
        south.until(lambda: south.line()["standing"]["suspensions"][0]["tested"]["theirs"])
        south.releases(south.drafter.asks("lift"))
        north.until(lambda: north.line()["declared"] == "open")
        assert south.hears(north.sends("And we speak again."))["text"]
        assert n >= 0

        north.releases(north.drafter.asks("close", reason="For good."))
        south.until(lambda: south.line()["declared"] == "closed")
        with pytest.raises(Refused) as fault:
            south.watch.asks("line.resume", reason="Once more.")
        assert fault.value.rule == "D8"


def exported(post: Post, line: str) -> str:
    """The evidence of one incarnation, as it is written to a file."""
    text, after = "", None
    while True:
        told = post.auditor.asks("export", line=line, after=after)
        text += str(told["evidence"])
        after = told["next"]
        if after is None:
            return text


def own_messages(post: Post) -> list[int]:
    """Numbers of ours in the first incarnation."""
    return [m["n"] for m in post.watch.asks("outbox", all=True, line="@1")["messages"]]


def is_signed(post: Post, n: int, dir: str) -> bool:
    """Whether this station holds a signature over a message."""
    view = post.watch.asks("message", n=n, dir=dir)
    return view["attribution"] in ("signed", "hybrid-signed", "cosigned")


def supplies(post: Post, text: str, patch: pytest.MonkeyPatch | None = None) -> dict[str, Any]:
    """Give this post what it lacks; with `patch` the step that takes it in is undone once."""
    half = len(text) // 2
    first, rest = (base64.b64encode(each.encode()).decode() for each in (text[:half], text[half:]))
    broken_off = post.operator.asks("line.supply", evidence=rest, more=True)["upload"]
    upload = post.operator.asks("line.supply", evidence=first, more=True)["upload"]
    for operation, given in (("line.supply", {"evidence": rest}), ("line.supply.take", {})):
        with pytest.raises(Refused, match="Another file was given since"):
            post.operator.asks(operation, upload=broken_off, **given)
    checked = post.operator.asks("line.supply", evidence=rest, upload=upload)
    if patch is not None:
        undoes(post, patch, lambda: "'supplied'" in str(post.station._answers))
        with pytest.raises(Unavailable):
            post.operator.asks("line.supply.take", upload=upload)
    told = post.operator.asks("line.supply.take", upload=upload)
    assert checked["of"] == told["of"]
    with pytest.raises(Refused, match="No evidence was checked"):
        post.operator.asks("line.supply.take")
    return told


def test_N9_what_was_lost_is_taken_in_from_the_counterparts_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.sends("From South, lost at North.")
        north.says("From North, before the copy.")

        def more() -> None:
            n = south.sends("After the copy, from South.", "FLASH")
            north.hears(n)
            north.watch.asks("open", n=n)
            south.until(lambda: is_signed(south, n, "ours"))

        north.stops()
        copy = north.folder.with_name("copy")
        shutil.copytree(north.folder, copy)
        north.starts()
        north.hears(n)
        more()
        last = north.sends("After the copy, from North.")
        south.hears(last)
        south.until(lambda: is_signed(south, last, "theirs"))
        north.stops()
        shutil.rmtree(north.folder)
        copy.rename(north.folder)
        north.starts()
        north.until(lambda: is_halted(north))
        resume(north, south)
        lost = north.line()["resumption"]["last"]["lost"]
        assert lost["ours"] > 0
        with pytest.raises(Refused, match="may have other numbers"):
            north.drafts("Wrong.", retracts=min(own_messages(north)), line="@1")
        with pytest.raises(Refused):  # South lacks nothing
            supplies(south, exported(south, "@1"))
        text = exported(south, "@1")
        for bad in (text.replace("--- heads", "--- haeds"), exported(south, "")):
            with pytest.raises(Refused):
                supplies(north, bad)
        told = supplies(north, text, monkeypatch)
        assert told["supplied"] == lost
        sound = north.drafts("Wrong.", retracts=min(own_messages(north)), line="@1")
        assert sound["retracts_line"].endswith("@1")
        view = north.line()["resumption"]["last"]
        assert view["whole"]
        assert view["said_again"] == 0
        there = south.auditor.asks("record", line="@1")
        here = north.auditor.asks("record", line="@1")
        for side, other in (("ours", "theirs"), ("theirs", "ours")):
            assert here["heads"][side]["root"] == there["heads"][other]["root"]
        assert north.watch.asks("message", n=last, dir="ours", line="@1")["text"]
        mine = [m for m in north.watch.asks("inbox")["messages"] if m["text"].startswith("After")]
        assert [stage["stage"] for stage in mine[0]["stages"]][-1] == "opened"
        assert mine[0]["attribution"] in ("signed", "hybrid-signed", "cosigned")
        north.stops()
        north.starts()
        assert north.line()["resumption"]["last"]["whole"]
        for post in (north, south):
            for line in ("@1", ""):
                report = audit.verify(io.BytesIO(exported(post, line).encode()))
                assert report.documents.inc == (1 if line else 2)


def test_N9_what_was_said_before_under_other_numbers_is_not_said_twice(tmp_path: Path) -> None:
    """It waited when the backup was made; South holds it under its first number."""
    with two_stations(tmp_path) as (north, south):
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        draft = north.says("Released before the copy.")["draft"]
        north.stops()
        copy = north.folder.with_name("copy")
        shutil.copytree(north.folder, copy)
        north.starts()
        n = north.line()["our_size"]
        south.starts()
        north.until(lambda: not north.line()["queued"])
        south.until(lambda: south.line()["their_announced"] > n)
        south.until(lambda: "Released before the copy." in texts_of(south))
        north.stops()
        south.stops()
        shutil.rmtree(north.folder)
        copy.rename(north.folder)
        north.starts()
        again = north.says("Released after the restoring.")["draft"]
        north.watch.asks("line.resume", reason="We were restored.")
        south.starts()
        south.until(lambda: south.line()["resumption"]["theirs"])
        south.watch.asks("line.resume", reason="Agreed.")
        north.until(partial(is_in, north, 2))
        assert north.line()["resumption"]["last"]["lost"]["ours"] > 0
        supplies(north, exported(south, "@1"))
        south.until(lambda: "Released after the restoring." in texts_of(south))
        assert sorted(texts_of(south)) == [
            "Released after the restoring.",
            "Released before the copy.",
        ]
        shown = north.drafter.asks("draft.show", draft=draft)
        assert (shown["n"], shown["line"]) == (n, north.line()["line"])
        assert north.drafter.asks("draft.show", draft=again)["n"] is not None


def texts_of(post: Post) -> list[str]:
    """What was heard, in all incarnations."""
    return [m["text"] for m in post.watch.asks("inbox", all=True)["messages"]]


def test_N10_a_line_closed_while_it_begins_anew_is_closed_in_the_new_incarnation(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("line.resume", reason="A new machine.")
        north.releases(north.drafter.asks("close", reason="For good."))
        south.until(lambda: south.line()["resumption"]["theirs"])
        south.watch.asks("line.resume", reason="Agreed.")
        south.until(lambda: south.line()["declared"] == "closed")

        def is_over() -> bool:
            north.clock.skip(10)
            return bool(north.line()["observed"] == "over")

        north.until(is_over)
        assert (north.line()["inc"], north.line()["halted"]) == (2, None)


def test_N10_a_lie_that_comes_with_their_OPEN_halts_the_line_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Life._begin

    def begin_and_halt(life: Life, begun: Line) -> None:
        """What a STATUS that lies does in the step in which their OPEN came."""
        begin(life, begun)
        if life.terms.side == liars_reader:
            life.line._halt("they lied", Instant(0.0, 0.0))

    with two_stations(tmp_path) as (north, south):
        liars_reader = north.station.lines[0].ours
        monkeypatch.setattr(Life, "_begin", begin_and_halt)
        north.watch.asks("line.resume", reason="A new machine.")
        draft = north.says("Released while it begins anew.")["draft"]
        south.until(lambda: south.line()["resumption"]["theirs"])
        south.watch.asks("line.resume", reason="Agreed.")
        north.until(lambda: north.line()["halted"])
        view = north.line()
        assert (view["inc"], view["halted"], view["queued"]) == (2, "they lied", 2)
        north.stops()
        north.starts()
        assert north.line()["queued"] == 2
        assert north.drafter.asks("draft.show", draft=draft)["n"] is None


def test_N9_a_head_that_we_signed_for_what_was_never_receipted_stands_in_no_evidence(
    tmp_path: Path,
) -> None:
    """Put back, North numbered and signed for another entry, which South never took in."""
    with two_stations(tmp_path) as (north, south):
        north.stops()
        copy = north.folder.with_name("copy")
        shutil.copytree(north.folder, copy)
        north.starts()
        last = north.sends("After the copy, from North.")
        south.hears(last)
        south.until(lambda: south.line()["their_announced"] > last)
        north.stops()
        south.stops()
        shutil.rmtree(north.folder)
        copy.rename(north.folder)
        north.starts()
        draft = north.says("Said in its place.", "FLASH")["draft"]
        open_line = north.station.lines[0]
        store, ours = north.station.store, open_line.ours

        def says_and_signs() -> None:
            """A path for a moment, and nobody hears."""
            line = open_line.line.line
            line.path_up(north.station.now)
            north.station.settle_line(open_line)
            line.path_down(north.station.now)

        north.stage.do(lambda: north.station.in_next_step(says_and_signs))
        north.until(lambda: north.line()["our_size"] > last)
        tall = [h for h in north.stage.do(lambda: store.heads(*open_line.key)) if h.dir == ours]
        assert max(head.size for head in tall) > last
        south.starts()
        north.until(lambda: is_halted(north))
        resume(north, south)
        supplies(north, exported(south, "@1"))
        report = audit.verify(io.BytesIO(exported(north, "@1").encode()))
        assert report.documents.inc == 1
        there = audit.verify(io.BytesIO(exported(south, "@1").encode()))
        assert report.roots == there.roots
        south.until(lambda: "Said in its place." in texts_of(south))
        assert draft


def test_N10_what_retracts_an_entry_that_they_never_had_comes_back_to_its_drafter(
    tmp_path: Path,
) -> None:
    """The entry gets another number, and its old one may be that of another message."""
    with two_stations(tmp_path) as (north, south):
        south.hears(north.sends("First, and received."))
        north.until(lambda: north.line()["receipted"] == north.line()["our_size"])
        open_line = north.station.lines[0]
        north.stage.do(
            lambda: setattr(open_line, "send", lambda frames: None)
        )  # a path into nothing
        wrong = north.says("Wrong.", "FLASH")
        north.until(lambda: north.line()["our_size"] > wrong["n"])
        retraction = north.says("That was wrong.", "FLASH", retracts=wrong["n"])
        north.until(lambda: north.line()["our_size"] > retraction["n"])
        north.stage.do(lambda: delattr(open_line, "send"))
        north.watch.asks("line.resume", reason="A new machine.")
        south.until(lambda: south.line()["resumption"]["theirs"])
        south.watch.asks("line.resume", reason="Agreed.")
        south.until(lambda: "Wrong." in texts_of(south))
        for post in (north, south):
            post.until(partial(is_in, post, 2))
        shown = north.drafter.asks("draft.show", draft=retraction["draft"])
        assert shown["state"] == "open"
        assert "That was wrong." not in texts_of(south)
        assert str(wrong["n"]) in shown["given_back"]["why"]


def test_N8_an_answer_to_an_old_message_that_is_given_back_answers_it_no_more(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.sends("Answer this.")
        north.hears(n)
        resume(north, south)
        old = f"{north.line()['line']}@1"
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        north.says("An answer that waits.", answers=n, line=old)
        assert "answered" in stages(north, n)
        north.releases(north.drafter.asks("suspend", reason="An exercise of theirs."))
        south.starts()
        north.until(lambda: north.line()["declared"] == "suspended")
        assert "answered" not in stages(north, n)


def stages(post: Post, n: int) -> list[str]:
    """What became of a message of theirs of the first incarnation."""
    view = post.watch.asks("message", n=n, dir="theirs", line="@1")
    return [each["stage"] for each in view["stages"]]
