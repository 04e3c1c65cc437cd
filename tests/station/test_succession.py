"""Keys that are lost: what one party's root says, and what the other party's station does."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from parley.core.errors import Halted, Misused, Refused
from parley.core.identity import ROOT, PartyRoot, commit_to
from parley.core.keys import SigningKey
from parley.core.succession import Revocation, Succession
from parley.station.machine.carried import REVOCATION, carry, kind_of
from parley.station.parties import lives
from parley.station.parties.heirs import revoke, take_next
from parley.station.parties.root import NEXT_NAME
from tests.station.founded import (
    CHEAP,
    NOW,
    PASSPHRASE,
    Founded,
    agreed,
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
    heir,
    key_cells,
    line,
    revocation,
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


def test_C7_a_revocation_stops_the_line_at_once_and_no_other(pair: Pair, tmp_path: Path) -> None:
    north, south = pair
    east = found(tmp_path / "east", "East")
    introduce(south, east)
    whole = agreed(south, east, name="Red")
    south.does("agree.accept", agreement=whole)
    paper = revocation(north)
    told = south.does("revocation.accept", revocation=paper)
    assert (told["party"], told["upto"], told["stopped"]) == ("North", 1, ["Blue Line"])
    lines = {each["name"]: each for each in status(south)["lines"]}
    assert lines["Red"]["declared"] == "waiting"
    blue = lines["Blue Line"]
    assert (blue["declared"], blue["stopped"]["kind"]) == ("stopped", "revoked")
    assert blue["halted"] == (
        "North has revoked the keys of its North watch (certificates up to 1): The building burned"
    )
    assert "agree anew" in blue["stopped"]["hint"]
    assert blue["papers"][0].startswith("certificates up to 1 revoked (The building burned.)")
    assert key_cells(south, "Blue Line") == set()
    assert any(act == "line stopped (Blue Line)" for act, _ in acts(south))
    checks = {each["name"]: each for each in south.does("doctor")["checks"]}
    assert "is stopped: North has revoked" in checks["letters and agreements"]["sentence"]
    assert south.does("revocation.accept", revocation=paper)["known"]
    with south.at_work() as at_work:
        people = staffed(at_work)
        with pytest.raises(Halted, match="North has revoked"):
            at_work.station.perform("draft.new", people["Dora"], {"text": "x", "line": "Blue Line"})
        given = {"reason": "I say so", "line": "Blue Line"}
        with pytest.raises(Refused, match="Nobody can let this line go on"):
            at_work.station.perform("line.undo", people["Wanda"], given)


def test_D9_a_line_that_is_closed_for_good_is_meant_only_by_its_name(pair: Pair) -> None:
    north, south = pair
    whole = agreed(north, south, name="Red Line")
    south.does("agree.accept", agreement=whole)
    with south.at_work() as at_work:
        with pytest.raises(Misused, match="which line"):
            at_work.station.line(None)
        blue = at_work.station.line("Blue Line")
        blue.line.line._closing.erased = True
        assert at_work.station.line(None) is at_work.station.line("Red Line")
        assert at_work.station.line("Blue Line") is blue


def test_C7_what_was_on_its_way_to_a_new_incarnation_is_erased_too(pair: Pair) -> None:
    north, south = pair
    with south.at_work() as at_work:
        wanda = staffed(at_work)["Wanda"]
        at_work.station.perform("line.resume", wanda, {"reason": "The disk was restored."})
    assert "prekey" in cells(south, 2)
    south.does("revocation.accept", revocation=revocation(north))
    assert cells(south, 2) == set()
    assert line(south)["declared"] == "stopped"


def cells(station: Founded, inc: int) -> set[str]:
    """What is kept of an incarnation of Blue Line that may still begin."""
    with station.at_work() as at_work:
        line = at_work.station.line("Blue Line")
        kept = at_work.station.store.load(line.id, inc, line.ours)
    return set(kept.cells) & {"prekey", "resume", "their resume"}


def test_C8_what_was_revoked_is_refused_by_name_for_ever(pair: Pair) -> None:
    north, south = pair
    waiting = south.does("agree.propose", party="North", terms={"name": "Green"})["agreement"]
    other = north.does("agree.propose", party="South", terms={"name": "Grey"})["agreement"]
    south.does("revocation.accept", revocation=revocation(north))
    assert south.does("agree.list")["agreements"][0]["state"] == "open"  # the proposal is burnt
    for op, given in (
        ("accept", {"letter": packed(north.letter.raw), "digits": north.letter.digits}),
        ("agree.sign", {"agreement": other, "words": WORDS}),
        ("agree.propose", {"replaces": "Blue Line", "terms": {}}),
        ("agree.show", {"agreement": waiting}),
    ):
        with pytest.raises(Refused, match=r"certificate 1 of North \(North watch\)") as error:
            south.does(op, **given)
        assert error.value.rule == "C8"
    assert any("refused and kept" in each for each in line(south)["papers"])
    # A newer certificate reopens the line, and only that.
    after = rotated(north)
    south.does("accept", letter=packed(after.letter.raw))
    whole = agree_anew(south, after)
    for each in (south, after):
        assert each.does("agree.accept", agreement=whole)["inc"] == 2
    assert line(south)["declared"] == "waiting"
    with pytest.raises(Refused, match="refused for ever"):
        south.does("accept", letter=packed(north.letter.raw), digits=north.letter.digits)


def test_C6_only_the_root_in_force_revokes(pair: Pair) -> None:
    north, south = pair
    told = Revocation(north.letter.fingerprint, 1, "A trick.", NOW)
    thief = PartyRoot("North", os.urandom(64), bytes(32))
    by_foreign = told.signed(thief)
    by_south = told.signed(south.root.unlock(PASSPHRASE))
    own = north.home().keys.station
    message = b"parley revocation v1" + told._body()
    by_station = replace(told, block=own.block([(1, message), (7, message)]))
    for paper in (by_foreign, by_south, by_station):
        with pytest.raises(Refused, match="not by the root of North that is in force") as error:
            south.does("revocation.accept", revocation=packed(paper.to_bytes()))
        assert "Nothing was revoked" in error.value.hint
    unknown = Revocation(bytes(20), 1, "Who?", NOW).signed(thief)
    with pytest.raises(Refused, match="whose letter was not accepted"):
        south.does("revocation.accept", revocation=packed(unknown.to_bytes()))
    with pytest.raises(Refused, match="does not stand"):
        south.does("revocation.accept", revocation=packed(b"junk"))
    assert line(south)["declared"] == "waiting"


def test_C7_a_backdated_revocation_takes_nothing_out_of_the_record(pair: Pair) -> None:
    north, south = pair
    with south.at_work() as at_work:
        before = at_work.station.store.entries(*at_work.station.line(None).key)
    root = north.root.unlock(PASSPHRASE)
    paper = revoke(north.root, root, 1, "Long ago.", 0)
    told = south.does("revocation.accept", revocation=packed(paper.to_bytes()))
    assert told["made"] == 0
    with south.at_work() as at_work:
        (stopped,) = at_work.station.lines
        assert at_work.station.store.entries(*stopped.key) == before
        assert stopped.stop is not None
        assert stopped.stop.at > NOW  # it stops when it is taken, not when it says it was made


def test_C7_our_own_station_stops_where_its_keys_were_copied(pair: Pair) -> None:
    north, south = pair
    north.does("revocation.accept", revocation=revocation(north, reason="Copied."))
    assert line(north)["stopped"]["kind"] == "revoked"
    told = status(north)["certificate"]
    assert (told["serial"], told["revoked"]) == (1, True)
    checks = {each["name"]: each for each in north.does("doctor")["checks"]}
    assert "Our own root has revoked" in checks["letters and agreements"]["sentence"]
    with pytest.raises(Refused, match="refused for ever"):
        north.does("agree.propose", replaces="Blue Line", terms={})
    after = rotated(north)
    south.does("accept", letter=packed(after.letter.raw))
    whole = agree_anew(south, after)
    for each in (after, south):
        each.does("agree.accept", agreement=whole)
    assert line(north)["declared"] == "waiting"


def test_C5_a_root_revokes_no_serial_that_is_still_to_come(pair: Pair) -> None:
    north, _ = pair
    root = north.root.unlock(PASSPHRASE)
    with pytest.raises(Refused, match="nothing beyond serial 1"):
        revoke(north.root, root, 2, "Too much.", NOW)
    with pytest.raises(Misused, match="reason"):
        revoke(north.root, root, 1, "", NOW)
    revoke(north.root, root, 1, "Lost.", NOW)
    assert [each["kind"] for each in north.root.signed()][-1] == "revocation"
    assert kind_of(carry(REVOCATION, b"x")) is REVOCATION


# --- a root is lost


@pytest.mark.parametrize("with_old", [True, False])
def test_C11_the_next_root_stands_under_the_old_introduction(
    pair: Pair, tmp_path: Path, with_old: bool
) -> None:
    north, south = pair
    root, _, paper = heir(north, tmp_path / "next-root", with_old=with_old)
    assert not (north.root.path / NEXT_NAME).exists()  # it succeeds once
    told = south.does("succession.accept", succession=paper)
    assert (told["party"], told["by_old_root"], told["ours"]) == ("North", with_old, False)
    assert told["digits"] == root.party.digits != north.letter.digits
    assert south.does("succession.accept", succession=paper)["known"]
    assert line(south)["declared"] == "waiting"  # what is open goes on
    # An old letter, replayed, is refused; so is a proposal between the old roots.
    with pytest.raises(Refused, match="another one has followed") as error:
        south.does("accept", letter=packed(north.letter.raw), digits=north.letter.digits)
    assert error.value.rule == "C11"
    with pytest.raises(Refused, match="under its new root was not accepted"):
        south.does("agree.propose", replaces="Blue Line", terms={})
    with pytest.raises(Refused, match="another one has followed"):
        south.does("agree.propose", party="North", terms={})
    # The station is certified by the new root once it knows of it.
    with pytest.raises(Refused, match="not by the root of this station's party"):
        rotated(north, root)
    assert north.does("succession.accept", succession=paper)["ours"]
    after = rotated(north, root)
    assert after.letter.certificate.serial == 3  # 2 was certified too, and not used
    taken = south.does("accept", letter=packed(after.letter.raw))
    assert (taken["compared"], taken["new_root"], taken["replaced"]) == (True, True, True)
    (known,) = south.does("letter.list")["letters"]
    assert known["digits"] == root.party.digits
    with pytest.raises(Refused, match="our own letter"):
        after.does("accept", letter=packed(north.letter.raw), digits=north.letter.digits)
    # And the line goes on under a new number, VERIFIED without new digits.
    whole = agree_anew(south, after)
    for each in (south, after):
        opened = each.does("agree.accept", agreement=whole)
        assert (opened["verified"], opened["inc"]) == (True, 1)
        assert opened["line"] != opened["replaced"]["line"]
        assert line(each)["name"] == "Blue Line"
        assert line(each)["clocks_s"]["FLASH"] == 300
    with south.at_work() as at_work:
        assert at_work.station.line("Blue Line@1").agreed.counterpart == "North"


def test_C10_any_other_root_is_told_to_meet_again(pair: Pair, tmp_path: Path) -> None:
    north, south = pair
    other = make_root(tmp_path / "other", "North").unlock(PASSPHRASE)
    alone = Succession.make(north.letter.who, other, None, "Trust us.", NOW)
    with pytest.raises(Refused, match="not the root that North had bound itself to") as error:
        south.does("succession.accept", succession=packed(alone.to_bytes()))
    assert error.value.hint.startswith("meet again")
    assert line(south)["papers"] == []  # anybody can write such a paper: it proves nothing
    old = north.root.unlock(PASSPHRASE)
    signed = Succession.make(north.letter.who, other, old, "Trust us.", NOW)
    with pytest.raises(Refused, match="signed for a root that its introduction excludes"):
        south.does("succession.accept", succession=packed(signed.to_bytes()))
    assert "refused and kept" in line(south)["papers"][0]
    with pytest.raises(Refused, match="does not stand"):
        south.does("succession.accept", succession=packed(b"junk"))
    strange = packed(Succession.make(other.party, other, None, "Who?", NOW).to_bytes())
    with pytest.raises(Refused, match="whose letter was not accepted"):
        south.does("succession.accept", succession=strange)
    # Without the paper, a letter under another root is refused under that name.
    east = found(tmp_path / "east", "North")
    with pytest.raises(Refused, match="Another party is known here as North"):
        south.does("accept", letter=packed(east.letter.raw), digits=east.letter.digits)


def test_C12_two_heirs_are_kept_as_evidence_and_shown(pair: Pair, tmp_path: Path) -> None:
    north, south = pair
    (tmp_path / "copy.key").write_bytes((north.root.path / NEXT_NAME).read_bytes())
    (tmp_path / "copy.key").chmod(0o600)
    _, _, first = heir(north, tmp_path / "first", with_old=False)
    seed = take_next(tmp_path / "copy.key", north.letter, PASSPHRASE)
    second = PartyRoot("North", seed, commit_to(SigningKey(ROOT, os.urandom(64), root=True).public))
    lie = packed(Succession.make(north.letter.who, second, None, "Me too.", NOW).to_bytes())
    south.does("succession.accept", succession=first)
    for _ in range(2):
        with pytest.raises(Refused, match="North named two different heirs") as error:
            south.does("succession.accept", succession=lie)
    assert error.value.rule == "C12"
    kept = [each for each in line(south)["papers"] if "two different heirs" in each]
    assert len(kept) == 1
    assert ("refused paper kept", "North named two different heirs of one root") in acts(south)
    checks = {each["name"]: each for each in south.does("doctor")["checks"]}
    assert "kept as evidence" in checks["letters and agreements"]["sentence"]
    assert line(south)["declared"] == "waiting"


def test_C6_a_root_that_was_followed_revokes_no_more(pair: Pair, tmp_path: Path) -> None:
    north, south = pair
    stale = revocation(north)
    root, _, paper = heir(north, tmp_path / "next-root")
    south.does("succession.accept", succession=paper)
    with pytest.raises(Refused, match="not by the root of North that is in force"):
        south.does("revocation.accept", revocation=stale)
    new = root.unlock(PASSPHRASE)
    told = revoke(root, new, 1, "Copied.", NOW, north.letter.fingerprint)
    stopped = south.does("revocation.accept", revocation=packed(told.to_bytes()))["stopped"]
    assert stopped == ["Blue Line"]


def test_C10_only_the_key_that_the_letter_names_succeeds(pair: Pair, tmp_path: Path) -> None:
    north, south = pair
    with pytest.raises(Refused, match="does not open"):
        take_next(north.root.path / NEXT_NAME, north.letter, "not the right words")
    other = make_root(tmp_path / "other", "North")
    with pytest.raises(Refused, match="is not the next root that this letter"):
        take_next(other.path / NEXT_NAME, north.letter, PASSPHRASE)
    old = (south.root, south.root.unlock(PASSPHRASE))
    with pytest.raises(Refused, match="not the one of this letter"):
        heir(north, tmp_path / "new", old=old)
    assert not (tmp_path / "new").exists()


def test_a_certificate_near_the_end_of_its_year_is_told(pair: Pair) -> None:
    north, _ = pair
    day = 86_400
    with north.at_work() as at_work:
        station = at_work.station

        def check(days: int) -> str:
            station.now = replace(station.now, wall=float(NOW + days * day))
            return "".join(sentence for sentence, _ in lives.troubles(station))

        assert check(334) == ""
        assert "certificate 1 of this station is 335 days old" in check(335)
