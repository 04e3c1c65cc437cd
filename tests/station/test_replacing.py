"""A station gets new keys, and its lines new lives: nothing is lost and nothing said twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parley.core.agreement import Paper
from parley.core.errors import Halted, Misused, Refused, Unavailable
from parley.station.founding import set_up
from parley.station.line.evidence import documents_of
from parley.station.machine.carried import ANSWER, carry
from parley.station.machine.folder import Home
from parley.station.parties.replacing import begin, finish
from parley.station.parties.root import RootFolder
from tests.station.founded import (
    CHEAP,
    NOW,
    PASSPHRASE,
    found,
    introduce,
    make_root,
    packed,
)
from tests.station.succeeding import (
    WORDS,
    Pair,
    acts,
    agree_anew,
    key_cells,
    line,
    read,
    rotated,
    staffed,
    status,
    with_a_line,
)


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Two stations with an open line."""
    monkeypatch.setattr(
        "parley.station.parties.root.RootFolder.make.__func__.__defaults__", (CHEAP,)
    )
    return with_a_line(tmp_path)


def test_C2_new_keys_need_no_new_digits(pair: Pair) -> None:
    north, south = pair
    after = rotated(north)
    assert after.letter.digits == north.letter.digits
    assert (north.letter.certificate.serial, after.letter.certificate.serial) == (1, 2)
    assert after.letter.certificate.station != north.letter.certificate.station
    shown = south.does("letter.show", letter=packed(after.letter.raw))
    assert shown["compared"]
    told = south.does("accept", letter=packed(after.letter.raw))
    assert (told["compared"], told["new_root"]) == (True, False)
    assert (told["before"]["serial"], told["serial"]) == (1, 2)
    assert told["before"]["valid_from"] == NOW
    # The line goes on with the keys it was agreed with, on both sides, through a restart.
    for each in pair:
        assert line(each)["declared"] == "waiting"
    assert line(north)["certificates"]["ours"]["serial"] == 1
    assert status(north)["certificate"]["serial"] == 2
    assert ("station keys replaced", "serial 2 after 1") in acts(north)


def test_C2_an_older_letter_is_refused_by_name(pair: Pair) -> None:
    north, south = pair
    south.does("accept", letter=packed(rotated(north).letter.raw))
    with pytest.raises(Refused, match="its certificate is 1, and 2 stands"):
        south.does("accept", letter=packed(north.letter.raw), digits=north.letter.digits)


def test_C3_the_agreement_that_replaces_opens_the_line_anew(pair: Pair) -> None:
    north, south = pair
    before = {each: line(each) for each in pair}
    north = rotated(north)
    south.does("accept", letter=packed(north.letter.raw))
    whole = agree_anew(south, north, flash_s=240)
    shown = north.does("agree.show", agreement=whole)
    assert "2, replacing the agreement" in " ".join(shown["text"].split())
    for each in (north, south):
        told = each.does("agree.accept", agreement=whole)
        assert (told["inc"], told["verified"], told["name"]) == (2, True, "Blue Line")
        assert told["replaced"]["read_it_as"] == "Blue Line@1"
        now = line(each)
        assert now["line"] == before[pair[0] if each is north else south]["line"]
        assert now["inc"] == 2
        assert now["clocks_s"]["FLASH"] == 240
        assert now["languages"] == before[south if each is south else pair[0]]["languages"]
        assert now["certificates"]["ours"]["serial"] == each.letter.certificate.serial
        (over,) = status(each)["earlier"]
        assert (over["inc"], over["read_it_as"]) == (1, "Blue Line@1")
        # Its record stays: found by name and incarnation, readable, and with its documents.
        with each.at_work() as at_work:
            old = at_work.station.line("Blue Line@1")
            assert at_work.station.line(f"{old.agreed.hex[:8]}@1") is old
            papers = documents_of(at_work.station.store, old)
            assert papers.agreement.inc == 1
            with pytest.raises(Halted, match="replaced this line's incarnation 1"):
                old.check_not_halted(at_work.station.state(old))
    # Keys that no line stands on any more are gone from the folder.
    assert [path.name for path in (north.folder / "keys").iterdir() if path.is_dir()] == []


def test_C3_a_new_station_of_a_party_takes_the_line_over(pair: Pair, tmp_path: Path) -> None:
    """North's machine burned: another one, certified by the same root, has none of its papers."""
    north, south = pair
    second = found(tmp_path / "second", "North", north.root)
    assert second.letter.certificate.serial == 2
    second.does("accept", letter=packed(south.letter.raw), digits=south.letter.digits)
    south.does("accept", letter=packed(second.letter.raw))
    whole = agree_anew(south, second)
    for each in (second, south):
        assert each.does("agree.accept", agreement=whole)["inc"] == 2
    assert line(second)["verified"]
    assert status(second)["earlier"] == []


def test_C3_what_does_not_name_the_agreement_in_force_replaces_nothing(
    pair: Pair, tmp_path: Path
) -> None:
    north, south = pair
    proposal = south.does("agree.propose", replaces="Blue Line", terms={})["agreement"]
    paper = read(proposal)
    for changes, why in (
        ({"replaces": bytes(32)}, "does not name the one"),
        ({"replaces": b""}, "does not name the one"),
        ({"inc": 1}, "already in incarnation 1"),
    ):
        other = Paper(replace(paper.agreement, **changes))
        with pytest.raises(Refused, match=why):
            north.does("agree.sign", agreement=packed(other.to_bytes()), words=WORDS)
    with pytest.raises(Misused, match="or replaces an agreement"):
        south.does("agree.propose", replaces="Blue Line", party="North", terms={})
    east = found(tmp_path / "east", "East")
    introduce(south, east)
    theirs = east.does("agree.propose", party="South", terms={"name": "Red"})["agreement"]
    old = paper.agreement.replaces
    stolen = Paper(replace(read(theirs).agreement, replaces=old))
    with pytest.raises(Refused, match="with another party"):
        south.does("agree.sign", agreement=packed(stolen.to_bytes()), words=WORDS)
    # What was replaced once is not replaced again.
    whole = agree_anew(south, north)
    south.does("agree.accept", agreement=whole)
    again = Paper(replace(paper.agreement, inc=3))
    with pytest.raises(Refused, match="was replaced before"):
        south.does("agree.sign", agreement=packed(again.to_bytes()), words=WORDS)


def test_I17_what_the_line_has_reached_by_RESUME_is_not_agreed_on_again(pair: Pair) -> None:
    """The agreement was on its way when people began the line anew, into the same incarnation."""
    north, south = pair
    whole = agree_anew(south, north)
    with north.at_work() as at_work:
        store, open_line = at_work.station.store, at_work.station.line(None)
        with store.transaction():
            store.enrol(open_line.id, 2, open_line.ours)
            store.sql(
                "INSERT INTO resumptions VALUES (?, 2, 1, 0, ?, 0, ?, ?, '', '', 0, 0, 0, NULL)",
                (open_line.id, bytes(32), bytes(32), NOW),
            )
    with pytest.raises(Refused, match="already in incarnation 2"):
        north.does("agree.accept", agreement=whole)
    assert line(north)["inc"] == 1


def test_C4_what_was_not_received_comes_back_to_its_drafter(pair: Pair) -> None:
    north, south = pair
    whole = agree_anew(south, north)
    with north.at_work() as at_work:
        people = staffed(at_work)
        does = at_work.station.perform

        def write(text: str, **more: Any) -> dict[str, Any]:
            told = does("draft.new", people["Dora"], {"text": text, "precedence": "FLASH", **more})
            return told

        def release(draft: dict[str, Any]) -> None:
            given = {"draft": draft["draft"], "sha256": draft["sha256"]}
            assert does("release", people["Rolf"], given)["waiting"]

        never, maybe, test = write("Never sent."), write("Sent."), write("Calling.", kind="test")
        for draft in (never, maybe, test):
            release(draft)
        begun = write("Not finished.")
        with at_work.station.store.transaction():
            at_work.station.store.sql(
                "UPDATE releases SET n = 4 WHERE draft = ?", (maybe["draft"],)
            )
        told = at_work.does("agree.accept", agreement=whole)["replaced"]
        assert [each["n"] for each in told["returned"]] == [None, 4]
        drafts = does("draft.list", people["Dora"])["drafts"]
        assert [(each["text"], each["state"]) for each in drafts] == [
            ("Not finished.", "open"),
            ("Never sent.", "open"),
            ("Sent.", "open"),
        ]
        assert drafts[0]["draft"] == begun["draft"]
        assert drafts[0]["returned"] == "Begun in incarnation 1."
        assert "and never sent" in drafts[1]["returned"]
        assert "as number 4 of incarnation 1; South did not confirm" in drafts[2]["returned"]
        assert {each["by"]["name"] for each in drafts} == {"Dora"}
        given = {"draft": drafts[1]["draft"], "sha256": drafts[1]["sha256"]}
        dora = replace(people["Dora"], roles=frozenset(("drafter", "releaser")))
        with pytest.raises(Refused, match="Dora wrote draft"):
            does("release", dora, given)
        for draft in drafts:  # and each goes out on the new life of the line, once released again
            release(draft)


def test_C4_an_exercise_does_not_come_back_as_meant(pair: Pair) -> None:
    north, south = pair
    whole = agree_anew(south, north, mark="ACTUAL")
    with north.at_work() as at_work:
        people = staffed(at_work)
        draft = at_work.station.perform("draft.new", people["Dora"], {"text": "Exercise words."})
        told = at_work.does("agree.accept", agreement=whole)["replaced"]
        assert told["returned"] == []
        assert at_work.station.perform("draft.list", people["Dora"])["drafts"] == []
        old = {"line": "Blue Line@1"}
        drafts = at_work.station.perform("draft.list", people["Dora"], old)["drafts"]
        assert [each["draft"] for each in drafts] == [draft["draft"]]
        with pytest.raises(Halted, match="replaced this line"):
            at_work.station.perform("draft.show", people["Dora"], {"draft": draft["draft"]})
        given = {"draft": draft["draft"], "sha256": draft["sha256"]}
        with pytest.raises(Halted, match="replaced this line"):
            at_work.station.perform("release", people["Rolf"], given)


def test_C4_the_keys_of_a_life_that_is_over_are_erased(pair: Pair) -> None:
    north, south = pair
    assert "prekey" in key_cells(south, "Blue Line")
    whole = agree_anew(south, north)
    south.does("agree.accept", agreement=whole)
    assert key_cells(south, "Blue Line@1") == set()
    assert "prekey" in key_cells(south, "Blue Line")


def test_C2_an_answer_that_is_not_for_these_new_keys_changes_nothing(
    pair: Pair, tmp_path: Path
) -> None:
    north, _ = pair
    root = north.root.unlock(PASSPHRASE)

    def refused(answer: bytes, why: str) -> None:
        with set_up(north.folder) as station, pytest.raises(Refused, match=why):
            finish(station, carry(ANSWER, answer))
        assert north.home().letter == north.letter

    request = begin(north.folder)
    foreign = make_root(tmp_path / "other-root", "North")
    refused(foreign.certify(request, foreign.unlock(PASSPHRASE), NOW).to_bytes(), "not by the root")
    earlier = begin(north.folder)
    asked = begin(north.folder)  # the keys before are no longer waiting
    refused(north.root.certify(earlier, root, NOW).to_bytes(), "does not certify this station")
    low = make_root(tmp_path / "low", "North")
    for name in ("root.key", "root.json", "next-root.key"):
        (low.path / name).write_bytes((north.root.path / name).read_bytes())
    forgetful = RootFolder(low.path)  # a copy of the root that does not know what it signed
    refused(forgetful.certify(asked, root, NOW).to_bytes(), "bears serial 1, and 1 is in force")
    with set_up(north.folder) as station:
        answer = carry(ANSWER, north.root.certify(asked, root, NOW).to_bytes())
        assert finish(station, answer).certificate.serial > 1
        with pytest.raises(Refused, match="No new keys"):
            finish(station, answer)


def test_C2_the_keys_change_with_the_letter_whatever_is_cut_off(pair: Pair, tmp_path: Path) -> None:
    north, _ = pair
    answer = north.root.certify(begin(north.folder), north.root.unlock(PASSPHRASE), NOW)
    assert Home.open(north.folder).letter == north.letter  # keys wait beside those in force
    shutil.copytree(north.folder / "keys", tmp_path / "keys as they were")
    with set_up(north.folder) as station:
        letter = finish(station, carry(ANSWER, answer.to_bytes()))
    # As if the power had failed when the letter was written: the next one puts the keys in place.
    shutil.copytree(tmp_path / "keys as they were", north.folder / "keys", dirs_exist_ok=True)
    assert (north.folder / "keys" / "next").exists()
    assert Home.open(north.folder).letter == letter
    assert not (north.folder / "keys" / "next").exists()
    with set_up(north.folder) as station:
        assert len(station.lines) == 1
    for file in (north.folder / "keys" / "1").iterdir():
        file.unlink()
    (north.folder / "keys" / "1").rmdir()
    with pytest.raises(Unavailable, match="keys of serial 1"), set_up(north.folder):
        pass
