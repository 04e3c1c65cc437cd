"""From a proposal to an open line, and everything that must not open one."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parley.core.agreement import UNSIGNED, Agreement, Paper
from parley.core.entry import Status
from parley.core.errors import Misused, ParleyError, Refused, Unavailable
from parley.core.kept import Change
from parley.core.keys import Prekey
from parley.core.wire import decode
from parley.station.line.evidence import documents_of
from parley.station.line.meeting import Brought, unmixed
from parley.station.line.opened import agreed as open_agreements
from parley.store.sqlite import SqliteStore
from tests.station.founded import (
    AtWork,
    Founded,
    agreed,
    copied,
    found,
    introduce,
    introduced,
    make_root,
    packed,
)

WORDS = ["WITHOUT"]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Founded, Founded]:
    """Two stations that have accepted each other's letter."""
    return copied(introduced, tmp_path)


def read(agreement: str) -> Paper:
    return Paper.parse(base64.b64decode(agreement))


def write(paper: Paper) -> str:
    return packed(paper.to_bytes())


def propose(station: Founded | AtWork, party: str = "South", **terms: Any) -> str:
    told: str = station.does("agree.propose", party=party, terms=terms)["agreement"]
    return told


def sign(station: Founded | AtWork, agreement: str) -> str:
    told: str = station.does("agree.sign", agreement=agreement, words=WORDS)["agreement"]
    return told


# --- the way that leads to a line


def test_a_proposal_signed_by_both_opens_the_line_on_both_sides(
    pair: tuple[Founded, Founded],
) -> None:
    north, south = pair
    proposal = north.does("agree.propose", party="south", terms={"name": "Blue Line"})
    assert "Carry it to South" in proposal["next"]
    shown = south.does("agree.show", agreement=proposal["agreement"])
    assert shown["text"] == proposal["text"]
    assert (shown["complete"], shown["differences"]) == (False, None)
    ready = south.does("agree.sign", agreement=proposal["agreement"], words=WORDS)
    assert ready["complete"]
    assert "Let our root sign it" in ready["next"]
    half = south.signs(ready["agreement"])
    assert "Carry it to North" in south.does("agree.show", agreement=half)["next"]
    back = north.does("agree.sign", agreement=half, words=WORDS)
    assert back["signed"] == {"ours": False, "theirs": True}
    whole = north.signs(back["agreement"])
    assert "Both roots have signed" in north.does("agree.show", agreement=whole)["next"]
    for station, other in ((north, "South"), (south, "North")):
        told = station.does("agree.accept", agreement=whole)
        assert told == {
            "inc": 1,
            "replaced": None,
            "line": read(whole).agreement.line_id.hex(),
            "name": "Blue Line",
            "counterpart": other,
            "mark": "EXERCISE",
            "level": "duty",
            "verified": True,
        }
        with station.at_work() as at_work:
            (line,) = at_work.station.lines
            assert line.agreed.name == "Blue Line"
            assert line.agreed.our_language == station.letter.languages[0]


def test_terms_are_as_proposed(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    whole = agreed(
        north,
        south,
        name="Leaders",
        mark="ACTUAL",
        level="leaders",
        flash_s=300,
        routine_s=86_400,
        heartbeat_s=2,
        window=256,
        test_s=3_600,
        tests="At the full hour.",
        suspension="In writing.",
        suspension_flash=True,
        suspension_notice_s=3600,
        provisional="IMMEDIATE",
        our_address="Madam President",
        their_address="Mister President",
    )
    south.does("agree.accept", agreement=whole)
    with south.at_work() as at_work:
        (line,) = at_work.station.lines
    assert line.agreed.mark is Status.ACTUAL
    assert line.agreed.clocks_s == (86_400, 10_800, 1_800, 300)
    assert (line.agreed.terms.heartbeat_s, line.agreed.terms.window) == (2.0, 256)
    text = south.does("agree.list")["agreements"]
    assert [each["level"] for each in text] == ["leaders"]
    agreement = read(whole).agreement
    assert agreement.address[agreement.parties.index("North")] == "Madam President"
    assert agreement.suspending == (True, 3600)
    assert agreement.provisional == line.agreed.provisional == 2
    assert agreement.address[agreement.parties.index("South")] == "Mister President"


def test_both_sides_read_the_same_terms(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    whole = agreed(north, south)
    terms = []
    for station in pair:
        station.does("agree.accept", agreement=whole)
        with station.at_work() as at_work:
            (line,) = at_work.station.lines
            terms.append(line.agreed.terms)
    ours, theirs = terms
    assert {ours.side, theirs.side} == {0, 1}
    assert ours.h_agr == theirs.h_agr
    assert ours.our_prekey == theirs.their_prekey
    assert ours.their_keys.log == theirs.our_keys.log.public


def test_other_terms_may_be_proposed_instead(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    first = propose(north, heartbeat_s=10)
    amended = south.does("agree.propose", amends=first, terms={"heartbeat_s": 30})
    assert amended["differences"] is None  # South has no earlier paper of its own
    seen = north.does("agree.show", agreement=amended["agreement"])
    (change,) = [each for each in seen["differences"] if each.startswith("Heartbeat")]
    assert "once in 10 seconds”, is now" in change
    assert "once in 30 seconds" in change
    assert seen["line"] == read(first).agreement.line_id.hex()
    ready = sign(north, amended["agreement"])
    whole = south.signs(sign(south, north.signs(ready)))
    for station in pair:
        assert station.does("agree.accept", agreement=whole)["verified"]
    with pytest.raises(Refused, match="incarnation"):
        sign(south, first)  # what was amended is of no use any more


def test_signing_again_gives_the_same_answer(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    proposal = propose(north)
    assert sign(south, proposal) == sign(south, proposal)


def test_a_second_line_is_compared_with_the_first(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    north.does("agree.accept", agreement=agreed(north, south, name="First", flash_s=600))
    told = north.does("agree.propose", party="South", terms={"name": "Second", "flash_s": 300})
    assert told["compared_with"]["name"] == "First"
    assert any(
        change.startswith("Answer times") and "5 minutes" in change
        for change in told["differences"]
    )
    other_level = north.does(
        "agree.propose", party="South", terms={"name": "Third", "level": "leaders"}
    )
    assert other_level["differences"] is None


def test_I8_a_letter_nobody_compared_leaves_the_line_unverified(tmp_path: Path) -> None:
    north, south = found(tmp_path / "north", "North"), found(tmp_path / "south", "South")
    north.does("accept", letter=packed(south.letter.raw), digits=south.letter.digits)
    south.does("accept", letter=packed(north.letter.raw), fingerprint=north.letter.digits)
    whole = agreed(north, south)
    assert "nobody of South compared the digits of North" in " ".join(
        north.does("agree.show", agreement=whole)["text"].split()
    )
    for station in (north, south):
        assert station.does("agree.accept", agreement=whole)["verified"] is False


def test_evidence_finds_its_documents(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    whole = agreed(north, south)
    north.does("agree.accept", agreement=whole)
    agreement = read(whole).agreement
    with north.at_work() as at_work:
        found_ = documents_of(at_work.station.store, at_work.station.line(None))
        assert found_.agreement == agreement
        assert [letter.party for letter in found_.letters] == list(agreement.parties)


# --- the prekey


def secret_of(store: SqliteStore, agreement: Agreement, side: int) -> bytes | None:
    return store.secret(f"prekey {agreement.without(1 - side).hash.hex()}")


def raw_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_I16_the_prekey_is_in_one_place_and_moves_with_the_line(
    pair: tuple[Founded, Founded],
) -> None:
    north, south = pair
    proposal = propose(north)
    proposed = read(proposal).agreement
    side = proposed.side_of(north.letter.fingerprint)
    with north.at_work() as at_work:
        seed = secret_of(at_work.station.store, proposed, side)
        assert seed is not None
        assert Prekey(seed).public == proposed.prekeys[side]
    assert raw_files(north.folder).count(seed) == 1
    half = south.signs(sign(south, proposal))
    whole = north.signs(sign(north, half))
    assert raw_files(north.folder).count(seed) == 1
    with north.at_work() as at_work:
        at_work.does("agree.accept", agreement=whole)
        store = at_work.station.store
        assert secret_of(store, proposed, side) is None
        cells = store.load(proposed.line_id, 1, side).cells
        assert decode(cells["prekey"]) == seed
    assert raw_files(north.folder).count(seed) == 1


def test_I16_prekeys_of_proposals_that_came_to_nothing_are_erased(
    pair: tuple[Founded, Founded],
) -> None:
    north, south = pair
    first = propose(north)
    side = read(first).agreement.side_of(north.letter.fingerprint)
    with north.at_work() as at_work:
        seed = secret_of(at_work.station.store, read(first).agreement, side)
    assert seed is not None
    amended = south.does("agree.propose", amends=first, terms={"heartbeat_s": 30})["agreement"]
    whole = south.signs(sign(south, north.signs(sign(north, amended))))
    north.does("agree.accept", agreement=whole)
    assert seed not in raw_files(north.folder)


def test_a_folder_whose_prekey_is_gone_opens_nothing(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    whole = agreed(north, south)
    agreement = read(whole).agreement
    side = agreement.side_of(north.letter.fingerprint)
    with north.at_work() as at_work:
        store = at_work.station.store
        with store.transaction():
            store.put_secret(f"prekey {agreement.without(1 - side).hash.hex()}", None)
        with pytest.raises(Unavailable, match="prekey"):
            at_work.does("agree.accept", agreement=whole)
        assert list(at_work.station.lines) == []
        assert store.sql("SELECT 1 FROM agreements") == []


# --- what must not open a line


def refused(station: Founded, op: str, agreement: str, why: str, rule: str | None = None) -> None:
    """It is refused with a sentence and a next step, and nothing has changed."""
    with station.at_work() as at_work:
        store = at_work.station.store
        tables = ("proposals", "agreements", "records", "cells WHERE line_id = x''")
        before = [[tuple(row) for row in store.sql(f"SELECT * FROM {table}")] for table in tables]
        with pytest.raises(Refused, match=why) as refusal:
            at_work.does(op, agreement=agreement)
        assert refusal.value.hint
        assert refusal.value.sentence.endswith(".") or refusal.value.sentence[0].islower()
        if rule:
            assert refusal.value.rule == rule
        after = [[tuple(row) for row in store.sql(f"SELECT * FROM {table}")] for table in tables]
        assert before == after


def test_I13_an_agreement_with_a_party_we_do_not_know(
    pair: tuple[Founded, Founded], tmp_path: Path
) -> None:
    north, south = pair
    east = found(tmp_path / "east", "East")
    east.does("accept", letter=packed(north.letter.raw), digits=north.letter.digits)
    proposal = propose(east, "North")
    for op in ("agree.show", "agree.sign", "agree.accept"):
        refused(north, op, proposal, "letter of East .* was not accepted", "I13")
    refused(south, "agree.show", proposal, "two other parties", "I13")
    with pytest.raises(Refused, match="No letter of 'East'"):
        propose(north, "East")


def test_I13_an_agreement_with_another_station_of_a_party(
    pair: tuple[Founded, Founded], tmp_path: Path
) -> None:
    north, south = pair
    spare = found(tmp_path / "spare", "South", south.root, name="South spare")
    spare.does("accept", letter=packed(north.letter.raw), digits=north.letter.digits)
    refused(north, "agree.show", propose(spare, "North"), "another station of South", "I13")
    north.does("accept", letter=packed(spare.letter.raw))
    north.does("agree.show", agreement=propose(spare, "North"))


def test_I17_what_we_did_not_propose_or_answer(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    ready = sign(south, propose(north))
    agreement = read(ready).agreement
    side = agreement.side_of(north.letter.fingerprint)
    others = (Prekey(os.urandom(32)).public, Prekey(os.urandom(32)).public)
    forged = replace(agreement, prekeys=others)
    for made in (forged, replace(agreement, heartbeat_s=11), replace(agreement, name="Other")):
        refused(north, "agree.sign", write(Paper(made)), "not what we proposed to South", "I17")
    refused(
        north,
        "agree.accept",
        south.signs(write(Paper(replace(agreement, window=256)))),
        "not what we proposed",
        "I17",
    )
    lying = agreement.with_ours(side, agreement.prekeys[side], False)
    refused(north, "agree.sign", write(Paper(lying)), "not what we proposed", "I17")


def test_I15_an_altered_file_or_signature(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    whole = agreed(north, south)
    paper = read(whole)
    raw = bytearray(base64.b64decode(whole))
    raw[-1] ^= 1
    refused(north, "agree.accept", packed(bytes(raw)), "not as .* signed it", "I15")
    swapped = replace(paper, blocks=(paper.blocks[1], paper.blocks[0]))
    refused(north, "agree.accept", write(swapped), "not as .* signed it", "I15")
    refused(north, "agree.accept", packed(base64.b64decode(whole)[:-1]), "does not stand")
    refused(north, "agree.accept", packed(b"junk"), "does not stand")
    for missing, party in enumerate(paper.agreement.parties):
        a, b = paper.blocks
        blocks = (UNSIGNED, b) if missing == 0 else (a, UNSIGNED)
        for station in pair:
            refused(
                station,
                "agree.accept",
                write(replace(paper, blocks=blocks)),
                f"not signed by the root of {party}",
                "I15",
            )


def test_I14_our_own_proposal_is_not_ours_to_answer(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    proposal = propose(north)
    with pytest.raises(Refused, match="our own proposal") as refusal:
        sign(north, proposal)
    assert "Carry it to South" in refusal.value.hint
    refused(north, "agree.accept", proposal, "not signed by the root")
    without = Paper(read(proposal).agreement.without(0).without(1))
    refused(south, "agree.show", write(without), "lacks the prekey of North", "I14")


def test_I17_a_line_is_opened_once(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    whole = agreed(north, south)
    north.does("agree.accept", agreement=whole)
    refused(north, "agree.accept", whole, "opened with this agreement before", "I17")
    shown = north.does("agree.show", agreement=whole)  # the terms that hold can be read again
    assert shown["next"].endswith(" opened with it; there is nothing to do.")
    agreement = read(whole).agreement
    again = replace(agreement, heartbeat_s=11).without(agreement.side_of(north.letter.fingerprint))
    refused(north, "agree.sign", write(Paper(again)), "already in incarnation 1", "I17")
    refused(
        north,
        "agree.sign",
        write(Paper(replace(again, inc=2))),
        "does not name the one of the line",
        "C3",
    )
    fresh = replace(again, nonce=os.urandom(32), inc=2)
    refused(north, "agree.sign", write(Paper(fresh)), "names none that it replaces", "I17")


def test_I19_a_word_is_typed_before_a_weak_line_is_signed(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    proposal = propose(north)
    (caution,) = south.does("agree.show", agreement=proposal)["cautions"]
    assert caution["word"] == "WITHOUT"
    refused(south, "agree.sign", proposal, "no secret exchanged in person", "I19")


def test_two_lines_never_bear_one_name(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    waiting = sign(south, propose(north, name="Blue Line"))
    other = propose(north, name="Blue Line")
    north.does("agree.accept", agreement=agreed(north, south, name="Blue Line"))
    with pytest.raises(Refused, match="There is a line Blue Line already"):
        propose(north, name="Blue Line")
    both = north.signs(sign(north, south.signs(waiting)))
    refused(north, "agree.accept", both, "There is a line Blue Line already")
    south.does("agree.accept", agreement=both)
    with pytest.raises(Refused, match="There is a line Blue Line already"):
        sign(south, other)


@pytest.mark.parametrize(
    ("terms", "why", "kind"),
    [
        ({"heartbeat": 1}, "no term 'heartbeat'", Misused),
        ({"heartbeat_s": "10"}, "does not fit", Misused),
        ({"heartbeat_s": True}, "does not fit", Misused),
        ({"mark": "TEST"}, "no mark", Misused),
        ({"heartbeat_s": 0}, "heartbeat", Refused),
        ({"flash_s": 90_000}, "higher precedence", Refused),
        ({"name": " "}, "name", Refused),
        ({"suspension": "a\tb"}, "tab", Refused),
        ({"window": 1}, "window", Refused),
    ],
)
def test_terms_that_cannot_be_agreed(
    pair: tuple[Founded, Founded], terms: dict[str, Any], why: str, kind: type[ParleyError]
) -> None:
    north, _ = pair
    with pytest.raises(kind, match=why):
        propose(north, **terms)
    assert north.does("agree.list")["agreements"] == []


def test_a_proposal_names_a_party_or_what_it_amends(pair: tuple[Founded, Founded]) -> None:
    north, _ = pair
    with pytest.raises(Misused):
        north.does("agree.propose", terms={})
    with pytest.raises(Misused):
        north.does("agree.propose", party="South", amends="", terms={})


def test_lines_are_found_again_at_every_start(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    for name in ("One", "Two"):
        north.does("agree.accept", agreement=agreed(north, south, name=name))
    home = north.home()
    with north.at_work() as at_work:
        found_ = open_agreements(at_work.station.store, home)
    assert [each.name for each in found_] == ["One", "Two"]
    states = [each["state"] for each in north.does("agree.list")["agreements"]]
    assert states == ["open", "open"]


def test_a_party_with_a_new_root_is_another_party(tmp_path: Path) -> None:
    north, south = found(tmp_path / "north", "North"), found(tmp_path / "south", "South")
    introduce(north, south)
    again = found(tmp_path / "again", "South", make_root(tmp_path / "other", "South"))
    with pytest.raises(Refused, match="Another party is known"):
        north.does("accept", letter=packed(again.letter.raw), digits=again.letter.digits)


# --- the secret of a meeting


def test_I18_what_both_brought_to_the_meeting_enters_the_keys(
    pair: tuple[Founded, Founded],
) -> None:
    north, south = pair
    brought = [
        packed(Brought.fresh(each.letter.fingerprint, os.urandom).to_bytes()) for each in pair
    ]
    whole = agreed(north, south, psk0=True)
    assert north.does("agree.show", agreement=whole)["cautions"] == []
    for missing in ([], brought[:1], brought[1:], [brought[0], brought[0]]):
        with pytest.raises(Refused, match=r"The secret that (North|South) brought"):
            north.does("agree.accept", agreement=whole, psk=missing)
    with pytest.raises(Refused, match="wrong form"):
        north.does("agree.accept", agreement=whole, psk=[brought[0], packed(b"\x80")])
    north.does("agree.accept", agreement=whole, psk=brought)
    south.does("agree.accept", agreement=whole, psk=brought[::-1])
    found_ = []
    for station in pair:
        with station.at_work() as at_work:
            found_.append(unmixed(at_work.station.store, *at_work.station.lines[0].base_key))
            assert not any(each in str(at_work.does("audit")["rows"]) for each in brought)
    assert found_[0] is not None
    assert found_[0] == found_[1]


# The second: the line has begun anew since, without a restart between.
@pytest.mark.parametrize("gone", [{"prekey": None}, {"prekey": None, "open": None}])
def test_I18_the_secret_is_erased_once_both_directions_are_open(
    pair: tuple[Founded, Founded], gone: dict[str, bytes | None]
) -> None:
    north, south = pair
    brought = [
        packed(Brought.fresh(each.letter.fingerprint, os.urandom).to_bytes()) for each in pair
    ]
    whole = agreed(north, south, psk0=True)
    north.does("agree.accept", agreement=whole, psk=brought)
    with north.at_work() as at_work:
        at_work.does("whoami")
        at_work.does("desk.add", name="Watch")  # a step, in which the line makes its OPEN
        agreement = read(whole).agreement
        secret = unmixed(at_work.station.store, agreement.line_id, 1)
        side = agreement.side_of(north.letter.fingerprint)
        cells = at_work.station.store.load(agreement.line_id, 1, side).cells
        assert {"open", "prekey"} <= cells.keys()
    assert secret is not None
    assert secret in raw_files(north.folder)
    with north.at_work() as at_work:
        store = at_work.station.store
        with store.transaction():  # their OPEN was accepted
            store.keep(Change(agreement.line_id, 1, (0, 0), cells=gone))
    with north.at_work() as at_work:
        assert unmixed(at_work.station.store, agreement.line_id, 1) is None
    assert secret not in raw_files(north.folder)


def test_I18_a_secret_nobody_agreed_upon_is_refused(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    brought = packed(Brought.fresh(north.letter.fingerprint, os.urandom).to_bytes())
    with pytest.raises(Refused, match="does without"):
        north.does("agree.accept", agreement=agreed(north, south), psk=[brought])
